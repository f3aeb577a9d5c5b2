"""`guidang scan` and `guidang watch`: the office's shares looked at, once or for as long as the service runs."""

from __future__ import annotations

import signal
import threading
from queue import SimpleQueue

import click

from console import terminal
from console.archive import now
from console.frame import Exit, answer, prints_data, the_office
from console.terminal import argument, option
from foundation.language import _
from office.archive import service
from office.views import watching as views
from office.views.watching import Looks, ServiceStanding, ShareLook


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
    office = the_office()
    with terminal.progress(quiet=as_json):
        found = views.looks(service.scan(office, names, now, believe=believe, wait=wait))
    return answer(found, _print_looks, as_json=as_json, code=Exit.DONE if found.whole else Exit.PARTLY)


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
    office = the_office()
    if asked:
        found = views.service_standing(office, now())
        return answer(found, _print_service, as_json=as_json, code=Exit.DONE if found.well else Exit.PARTLY)
    if once:
        return Exit.DONE if all(each.whole for each in service.watch_once(office, now)) else Exit.PARTLY
    stop = threading.Event()
    _on_signals(stop)
    return answer({"ended": service.watch(office, stop, now)}, lambda _told: None, as_json=as_json)


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


def _print_looks(found: Looks) -> None:
    titles = views.look_titles()
    rows = [each.cells for each in found.shares]
    terminal.print_table(titles, rows, right=frozenset(range(1, len(titles))))
    for each in found.shares:
        _print_trouble(each)


def _print_trouble(found: ShareLook) -> None:
    if found.words:
        click.echo(click.style(f"{found.share}：{found.words}", fg="red"), err=True)
    for path, reason in found.unreadable.items():
        text = _("{share}: {path} cannot be read: {reason}").format(share=found.share, path=path, reason=reason)
        click.echo(click.style(text, fg="yellow"), err=True)
    for path, who in found.editing.items():
        click.echo(_("{share}: {path} is open ({who})").format(share=found.share, path=path, who=who or "?"))
    terminal.print_problems(found.problems, colour="yellow")


def _print_service(found: ServiceStanding) -> None:
    click.echo(str(found))
    titles = (_("share"), _("state"), _("since"), _("changes"), _("last look"), _("whole"), _("files"), _("waiting"))
    if found.shares:
        terminal.print_table(titles, map(views.share_cells, found.shares), right=frozenset({6, 7}))
    for share in found.shares:
        for line in views.share_lines(share):
            click.echo(f"  {share.name}: {line}")
