"""`guidang audit`: the ledger proved, exported and read."""

from __future__ import annotations

from pathlib import Path

import click

from console import terminal
from console.archive import now
from console.frame import Commands, Exit, answer, common, office_here, prints_data, the_office
from console.terminal import argument, option
from foundation.language import _
from office.archive import ledgers
from office.papers.writing import target_of
from office.views import audit as views
from office.views.audit import LedgerVerdict, NewestEvents, PaperFaults


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
    if paper is not None:
        if points or replay:
            raise click.UsageError(_("--paper brings its own checkpoint; leave --checkpoint and --replay out."))
        office = office_here() if events else the_office()
        found = views.verified_paper(paper, office, events, key)
    elif events:
        found = views.verdict(ledgers.verify_export(events, points, key))
    else:
        found = views.verdict(ledgers.verify(the_office(), points, key, replay=replay))
    return answer(found, _print_verdict, as_json=as_json, code=Exit.TAMPERED if found.findings else Exit.DONE)


def _print_verdict(found: LedgerVerdict) -> None:
    if found.paper:
        number = found.paper.list_
        about = _("certificate of list {number}").format(number=number) if number else _("typed groups")
        click.echo(_("{about}, checkpoint at event {seq}").format(about=about, seq=found.paper.event))
        if not number:
            click.echo(_("The groups do not say which list they were printed for; the QR code and the file do."))
    for finding in found.findings:
        click.echo(click.style("  • ", fg="red") + finding.message, err=True)
    if found.findings:
        text = _("The ledger was tampered with. Leave everything as it is, and look for the last backup.")
    elif found.proven:
        text = _("{n} events, none changed; proven by a checkpoint up to event {proven}.")
    else:
        text = _("{n} events, none changed by mistake; without a checkpoint nothing proves that none was replaced.")
    click.echo(text.format(n=found.events, proven=found.proven), err=bool(found.findings))


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
    point, place = ledgers.take_checkpoint(the_office(), now(), folder)
    told = {"events": point.seq, "hash": point.hash.hex(), "code": point.code(), "file": place}
    return answer(told, lambda _told: click.echo(f"{point.text()}{place}"), as_json=as_json)


@audit.command()
@prints_data
@argument("target", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path), help="Where to write them.")
@option("--force", is_flag=True, help="Replace a file that is there already.")
def export(target: Path, force: bool, as_json: bool) -> Exit:
    """Write every event into one file, which can be verified on any machine."""
    head = ledgers.export(the_office(), target_of(target, "", force=force))
    text = _("{n} events, SHA-256 {hash}: {file}").format(n=head.seq, hash=head.hash.hex(), file=target)
    told = {"events": head.seq, "hash": head.hash.hex(), "file": target}
    return answer(told, lambda _told: click.echo(text), as_json=as_json)


@audit.command()
@prints_data
def papers(as_json: bool) -> Exit:
    """Look whether every paper of a disposal is there as it was filed; exit code 13 where one is not."""
    found = views.paper_faults(the_office())
    return answer(found, _print_papers, as_json=as_json, code=Exit.TAMPERED if found.problems else Exit.DONE)


def _print_papers(found: PaperFaults) -> None:
    terminal.print_problems(found.problems)
    if not found.problems:
        click.echo(_("Every paper of a disposal is there as it was filed."))


@audit.command()
@prints_data
@option("--subject", metavar="ID", help="Of which record, hold or list; of all without it.")
@option("--last", metavar="N", type=click.IntRange(min=1), default=50, help="How many, counted from the newest; 50.")
def log(subject: str | None, last: int, as_json: bool) -> Exit:
    """Print the newest events in their order: number, time, who, what, to what."""
    return answer(views.newest(the_office(), last, subject), _print_events, as_json=as_json)


def _print_events(found: NewestEvents) -> None:
    titles = (_("event number"), _("time"), _("actor"), _("kind"), _("subject"), _("contents"))
    terminal.print_table(titles, [each.cells for each in found.events], right=frozenset({0}))
