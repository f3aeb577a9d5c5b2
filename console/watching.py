"""`guidang scan` and `guidang watch`: the office's shares looked at, once or for as long as the service runs."""

from __future__ import annotations

import signal
import threading
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Exit, prints_data, problem_data, the_office, to_json
from console.terminal import argument, option
from foundation.language import _

if TYPE_CHECKING:
    from office import Office
    from office.archive.service import Found
    from retention.watching.status import ShareStatus, Since, Status


def _now() -> datetime:
    return datetime.now(UTC)


@click.command(cls=terminal.Command)
@prints_data
@argument("names", metavar="[SHARE…]", nargs=-1, help="Which shares of guidang.toml; all of them without it.")
@option(
    "--believe-missing",
    "believe",
    metavar="N",
    type=click.IntRange(min=1),
    help="That many records which are gone at once are missing indeed, and not a share that is half there.",
)
@option("--wait", is_flag=True, help="Wait until everything has settled, what may have to be missed too.")
def scan(names: tuple[str, ...], believe: int | None, wait: bool, as_json: bool) -> Exit:
    """Look at the office's shares: register what was filed, and find what was moved, changed, or is gone.

    Nothing is ever written on a share. Files that are still being written, and those that somebody has open, are
    left for the next time. A share that cannot be reached, is empty or another one is left alone altogether.

    Exit code 3 where a share was away, or a folder could not be read: of what lies there nothing is known.
    """
    from office.archive import service as watching

    office = the_office()
    with terminal.progress(quiet=as_json):
        found = [*watching.scan(office, names, _now, believe=believe, wait=wait)]
    code = Exit.DONE if all(each.whole for each in found) else Exit.PARTLY
    if as_json:
        click.echo(to_json({"exit": int(code), "shares": [*map(_found_data, found)]}))
    else:
        _show_found(found)
    return code


@click.command(cls=terminal.Command)
@prints_data
@option("--once", is_flag=True, help="Look once at every share as `scan --wait` does, write it into the log, and end.")
@option("--status", "asked", is_flag=True, help="Show how the service and its shares stand, and end.")
def watch(once: bool, asked: bool, as_json: bool) -> Exit:
    """Watch the office's shares until stopped: the service of the file server.

    It runs in the foreground and ends with SIGTERM or Ctrl-C, when what it is writing is written. How it stands is
    kept in watch/status.json of the office, what happened in watch/watch.log. docs/watching.md says how to install it.

    With --status: exit code 3 where no service runs, or a share is not well.
    """
    from office.archive import service as watching

    office = the_office()
    if asked:
        return _show_status(office, as_json=as_json)
    if once:
        found = watching.watch_once(office, _now)
        return Exit.DONE if all(each.whole for each in found) else Exit.PARTLY
    stop = threading.Event()
    _on_signals(stop)
    ended = watching.watch(office, stop, _now)
    if as_json:
        click.echo(to_json({"exit": 0, "ended": ended}))
    return Exit.DONE


def _on_signals(stop: threading.Event) -> None:
    """Stop cleanly when asked to; a second time at once.

    A signal comes in the midst of anything, also while this thread holds the lock inside ``stop``: so another thread
    sets it, and what tells that thread is a queue made for being used there.
    """
    names = ("SIGTERM", "SIGINT", "SIGBREAK")
    before = {number: signal.getsignal(number) for name in names if (number := getattr(signal, name, None))}
    requests = SimpleQueue[int]()

    def asked(number: int, _frame: object) -> None:
        requests.put(number)
        signal.signal(number, before[signal.Signals(number)])

    def ends() -> None:
        requests.get()
        stop.set()

    threading.Thread(target=ends, daemon=True).start()
    for number in before:
        signal.signal(number, asked)


# --- what was found -------------------------------------------------------------------------------------------------


def _show_found(found: list[Found]) -> None:
    from retention.watching.log import count_names

    names = count_names()
    titles = (_("share"), _("files"), _("folders"), *names.values(), _("not settled"), _("left alone"))
    rows = [_found_row(each) for each in found]
    terminal.print_table(titles, rows, right=frozenset(range(1, len(titles))))
    for each in found:
        _show_trouble(each)


def _found_row(found: Found) -> tuple[str, ...]:
    from retention.watching.log import count_names

    counts = (str(getattr(found.counts, name)) for name in count_names())
    return (found.share, str(found.files), str(found.folders), *counts, str(found.waiting), str(found.left_alone))


def _show_trouble(found: Found) -> None:
    from retention.watching.status import shown

    if found.trouble:
        click.echo(click.style(f"{found.share}：{found.trouble}", fg="red"), err=True)
    for path, reason in found.unreadable.items():
        text = _("{share}: {path} cannot be read: {reason}").format(share=found.share, path=shown(path), reason=reason)
        click.echo(click.style(text, fg="yellow"), err=True)
    for path, who in found.editing.items():
        click.echo(_("{share}: {path} is open ({who})").format(share=found.share, path=shown(path), who=who or "?"))
    terminal.print_problems(found.problems, colour="yellow")


def _found_data(found: Found) -> dict[str, Any]:
    from dataclasses import asdict

    from retention.watching.status import shown

    return {
        "share": found.share,
        "health": found.health.name.lower(),
        "words": found.trouble,
        "files": found.files,
        "folders": found.folders,
        **asdict(found.counts),
        "left_alone": found.left_alone,
        "not_settled": found.waiting,
        "braked": found.braked,
        "editing": {shown(path): who for path, who in found.editing.items()},
        "unreadable": {shown(path): reason for path, reason in found.unreadable.items()},
        "problems": [*map(problem_data, found.problems)],
    }


# --- how the service stands -----------------------------------------------------------------------------------------


def _show_status(office: Office, *, as_json: bool) -> Exit:
    from office.archive import service as watching
    from retention.watching.status import Condition

    status, runs = watching.status_of(office), watching.runs(office)
    shares = status.shares if status else ()
    well = runs and all(share.condition is Condition.WELL for share in shares)
    code = Exit.DONE if well else Exit.PARTLY
    if as_json:
        click.echo(to_json({"exit": int(code), "runs": runs, **_status_data(status)}))
        return code
    click.echo(_service_line(status, runs=runs))
    titles = (_("share"), _("state"), _("since"), _("changes"), _("last look"), _("whole"), _("files"), _("waiting"))
    if shares:
        terminal.print_table(titles, [*map(_share_row, shares)], right=frozenset({6, 7}))
    for share in shares:
        for line in _share_lines(share):
            click.echo(f"  {line}")
    return code


def _status_data(status: Status | None) -> dict[str, Any]:
    import json

    from pydantic import TypeAdapter

    return json.loads(TypeAdapter(type(status)).dump_json(status)) if status else {"shares": []}


def _service_line(status: Status | None, *, runs: bool) -> str:
    if status is None:
        return _("The service runs; it has written nothing yet.") if runs else _("The service never ran here.")
    if runs and not status.alive(_now()):
        text = _("The service has a process but has written nothing since {time}: see the log.")
        return text.format(time=_time(status.written_at))
    if runs:
        text = _("The service runs since {time} (guidang {version}, process {process} on {machine}).")
        return text.format(
            time=_time(status.started_at), version=status.version, process=status.process, machine=status.machine
        )
    if status.ended_at:
        return _("The service does not run; it was stopped at {time}.").format(time=_time(status.ended_at))
    return _("The service does not run; it last showed life at {time}.").format(time=_time(status.written_at))


def _share_row(share: ShareStatus) -> tuple[str, ...]:
    words = {"told": _("told"), "asked": _("asked for")}
    hints = "+".join(words[way] for way in share.hints) or (_("not heard") if share.blind_since else "–")
    times = (_time(when) for when in (share.looked_at, share.whole_at))
    return (share.name, _condition(share), _time(share.since), hints, *times, str(share.files), str(share.waiting))


def _condition(share: ShareStatus) -> str:
    from retention.watching.status import Condition

    return {
        Condition.STARTING: _("starting"),
        Condition.WELL: _("well"),
        Condition.AWAY: _("away"),
        Condition.SILENT: _("does not answer"),
        Condition.UNWRITTEN: _("ledger not written"),
        Condition.FAILING: _("failing"),
    }[share.condition]


def _share_lines(share: ShareStatus) -> list[str]:
    from retention.watching.log import counts_in_words

    lines = [share.words] if share.words else []
    if share.counts:
        lines.append(_("since the start: {counts}").format(counts=counts_in_words(share.counts)))
    if share.blind_since:
        lines.append(_("nothing can be listened to since {time}").format(time=_time(share.blind_since)))
    if share.unwatched:
        lines.append(_("{n} folders could not be listened to").format(n=share.unwatched))
    if share.looking_since:
        lines.append(_("looking since {time}").format(time=_time(share.looking_since)))
    lines += [_("cannot be read since {time}: {path} ({what})").format(**_of(each)) for each in share.unreadable]
    lines += [_("open since {time}: {path} ({what})").format(**_of(each)) for each in share.editing]
    lines += share.problems
    if share.errors:
        text = _("{n} errors since the start, the last at {time}: {error}")
        lines.append(text.format(n=share.errors, time=_time(share.last_error_at), error=share.last_error))
    return [f"{share.name}: {line}" for line in lines]


def _of(since: Since) -> dict[str, str]:
    return {"time": _time(since.since), "path": since.path or "/", "what": since.what or "?"}


def _time(when: datetime | None) -> str:
    """In the machine's own zone: an administrator holds it against the clock on the wall."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}" if when else "–"
