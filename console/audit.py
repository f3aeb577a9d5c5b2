"""`guidang audit`: the ledger proved, exported and read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import (
    Commands,
    Exit,
    common,
    office_folder,
    prints_data,
    problem_data,
    target_of,
    the_office,
    to_json,
)
from console.terminal import argument, option
from foundation.language import _

if TYPE_CHECKING:
    from retention.ledger.chain import Verdict as Verification
    from retention.ledger.rows import Entry as LedgerEntry
    from retention.rules.people import Actor


@click.group(cls=Commands)
@common
def audit() -> None:
    """Prove that the ledger is what was written: verify, sign checkpoints, export, read.

    Whoever owns the database can rewrite it, chain and all. A checkpoint that lies elsewhere shows that it was done:
    keep some on another machine, in a mail, on paper.
    """


@audit.command()
@prints_data
@option(
    "--events",
    metavar="FILE",
    type=terminal.ExistingFile(),
    help="An export to verify; the office's ledger without it.",
)
@option(
    "--checkpoint",
    "points",
    metavar="FILE",
    multiple=True,
    type=terminal.ExistingFile(),
    help="A checkpoint that was kept; may be repeated. The office's own without it.",
)
@option(
    "--key",
    metavar="FILE",
    type=terminal.ExistingFile(),
    help="The public key that checkpoints are verified with; the office's own without it.",
)
@option("--replay", is_flag=True, help="Replay all events too, and compare every row of the state with the result.")
@option(
    "--paper",
    metavar="FILE|TEXT",
    help="A certificate of destruction: its .docx file, the text of its QR code, or the groups printed beside it.",
)
def verify(  # noqa: PLR0913, PLR0917 - each is an option
    events: Path | None, points: tuple[Path, ...], key: Path | None, replay: bool, paper: str | None, as_json: bool
) -> Exit:
    """Hold the ledger, or an export of it, against checkpoints; exit code 13 where something was tampered with."""
    from office.archive import ledgers

    if paper is not None:
        if points or replay:
            raise click.UsageError(_("--paper brings its own checkpoint; leave --checkpoint and --replay out."))
        return _verify_paper(paper, events, key, as_json=as_json)
    if events:
        verdict = ledgers.verify_export(events, points, key)
    else:
        verdict = ledgers.verify(the_office(), points, key, replay=replay)
    return _show_verdict(verdict, as_json=as_json)


@audit.command()
@prints_data
@option(
    "--to",
    "folder",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep it as well: another machine, a stick.",
)
def checkpoint(folder: Path | None, as_json: bool) -> Exit:
    """Sign where the ledger ends now, and print that as groups to copy onto paper or into a mail.

    The first time a key is made, in keys below the office. Keep a copy of ledger.pub with whoever is to verify.
    """
    from datetime import UTC, datetime

    from office.archive import ledgers

    point, place = ledgers.take_checkpoint(the_office(), datetime.now(UTC), folder)
    if as_json:
        data = {"exit": 0, "events": point.seq, "hash": point.hash.hex(), "code": point.code(), "file": str(place)}
        click.echo(to_json(data))
    else:
        click.echo(point.text() + str(place))
    return Exit.DONE


@audit.command()
@prints_data
@argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where to write them.")
@option("--force", is_flag=True, help="Replace a file that is there already.")
def export(target: Path, force: bool, as_json: bool) -> Exit:
    """Write every event into one file, which can be verified on any machine."""
    from office.archive import ledgers

    head = ledgers.export(the_office(), target_of(target, "", force=force))
    if as_json:
        click.echo(to_json({"exit": 0, "events": head.seq, "hash": head.hash.hex(), "file": str(target)}))
    else:
        click.echo(_("{n} events, SHA-256 {hash}: {file}").format(n=head.seq, hash=head.hash.hex(), file=target))
    return Exit.DONE


@audit.command()
@prints_data
def papers(as_json: bool) -> Exit:
    """Look whether every paper of a disposal is there as it was filed; exit code 13 where one is not."""
    from office.archive import ledgers
    from office.disposal import filing_papers as proofs

    office = the_office()
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        problems = list(proofs.faults(office, view))
    code = Exit.TAMPERED if problems else Exit.DONE
    if as_json:
        click.echo(to_json({"exit": code, "problems": [*map(problem_data, problems)]}))
    elif problems:
        terminal.print_problems(problems)
    else:
        click.echo(_("Every paper of a disposal is there as it was filed."))
    return code


@audit.command()
@prints_data
@option("--subject", metavar="ID", help="Of which record, hold or list; of all without it.")
@option("--last", metavar="N", type=click.IntRange(min=1), default=50, help="How many, counted from the newest; 50.")
def log(subject: str | None, last: int, as_json: bool) -> Exit:
    """Print the newest events in their order: number, time, who, what, to what."""
    from office.archive import ledgers

    with ledgers.open_ledger(the_office()) as ledger, ledger.read() as view:
        entries = view.newest(last, subject)
    if as_json:
        click.echo(to_json({"exit": 0, "events": [*map(_event_data, entries)]}))
    else:
        titles = (_("event number"), _("time"), _("actor"), _("kind"), _("subject"), _("contents"))
        terminal.print_table(titles, map(_event_row, entries), right=frozenset({0}))
    return Exit.DONE


def _verify_paper(paper: str, events: Path | None, key: Path | None, *, as_json: bool) -> Exit:
    from office import Office
    from office.disposal import proof_code as papercode

    folder = office_folder()
    office = Office.load(folder) if folder else the_office() if events is None else None
    found = papercode.verify_paper(paper, office, events, key)
    code = found.code
    told = {"list": code.number, "digest": code.digest, "taken": str(code.checkpoint.at), "filed": found.filed}
    if not as_json:
        about = _("certificate of list {number}").format(number=code.number) if code.number else _("typed groups")
        taken = _("{about}, checkpoint at event {seq}").format(about=about, seq=code.checkpoint.seq)
        click.echo(taken)
        if not code.number:
            click.echo(_("The groups do not say which list they were printed for; the QR code and the file do."))
    return _show_verdict(found.verdict, as_json=as_json, paper=told)


def _show_verdict(verdict: Verification, *, as_json: bool, paper: dict[str, Any] | None = None) -> Exit:
    code = Exit.DONE if verdict.sound else Exit.TAMPERED
    if as_json:
        findings = [{"event": each.seq, "fault": each.fault, "message": each.message} for each in verdict.findings]
        head = {"events": verdict.head.seq, "hash": verdict.head.hash.hex(), "proven": verdict.proven}
        click.echo(to_json({"exit": code, **head, "findings": findings, **({"paper": paper} if paper else {})}))
        return code
    for finding in verdict.findings:
        click.echo(click.style("  • ", fg="red") + finding.message, err=True)
    if not verdict.sound:
        click.echo(
            _("The ledger was tampered with. Leave everything as it is, and look for the last backup."), err=True
        )
    elif verdict.proven:
        text = _("{n} events, none changed; proven by a checkpoint up to event {proven}.")
        click.echo(text.format(n=verdict.head.seq, proven=verdict.proven))
    else:
        text = _("{n} events, none changed by mistake; without a checkpoint nothing proves that none was replaced.")
        click.echo(text.format(n=verdict.head.seq))
    return code


def _event_row(entry: LedgerEntry) -> tuple[str, ...]:
    from retention.rules.dates import CHINA

    event = entry.event
    what = json.dumps(_event_data(entry)["what"], ensure_ascii=False)
    at = f"{event.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    return (str(entry.seq), at, _actor(event.actor), event.kind, event.subject, what)


def _event_data(entry: LedgerEntry) -> dict[str, Any]:
    from retention.rules.canonical import object_of

    event = entry.event
    return {
        "number": entry.seq,
        "at": event.at.isoformat(),
        "on": event.on,
        "actor": _actor(event.actor),
        "kind": event.kind,
        "subject": event.subject,
        "what": object_of(event.change),
    }


def _actor(actor: Actor) -> str:
    return f"{actor.name} {actor.version}".strip()
