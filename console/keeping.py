"""What a person says about records: their class, altered and reappeared files, holds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

import click

from console import terminal
from console.archive import (
    Archive,
    chosen,
    folder_of,
    full_names,
    guess_lines,
    guessed,
    hanging,
    place_of,
    record_data,
    selected,
    standing_of,
    the_archive,
)
from console.frame import Commands, Exit, PeriodType, common, prints_data, to_json
from console.terminal import argument, option
from foundation.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foundation.period import Period
    from office.archive.classes import Classes
    from retention.filing.identify import Identification
    from retention.rules.model import Record

# --- classify ---------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("texts", metavar="RECORD...", nargs=-1, required=True, help="Records by number, path or words of it.")
@option("--class", "class_text", metavar="CLASS", help="What they are: title, code or alias of a class.")
@option("--period", metavar="PERIOD", type=PeriodType(), help="What they are about: 2026-10, 2026-10-03 or 2026.")
@option("--dated", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The date the paper itself bears.")
@option("--department", metavar="NAME", help="Whose they are.")
def classify(  # noqa: PLR0913, PLR0917 - one parameter an option
    texts: tuple[str, ...],
    class_text: str | None,
    period: Period | None,
    dated: datetime | None,
    department: str | None,
    as_json: bool,
) -> Exit:
    """Say what records are, or correct it; without --class show what each may be, and why nobody could tell.

    What is not said stays as it was. The class decides how long a record stays, so every change is an event with
    its author. While a record is on a disposal list its class cannot change.
    """
    from office.archive import people
    from office.archive.records import Description, records_named
    from office.archive.records import classify as say

    with the_archive() as archive:
        with archive.ledger.read() as view:
            found = records_named(archive.office, view, texts)
        if class_text is None:
            with archive.ledger.read() as view:
                guesses = [(record, guessed(archive, view, record)) for record in found]
            return _show_candidates(archive.classes, guesses, as_json=as_json)
        kind = archive.classes.named(class_text)
        said = Description(kind, period, dated.date() if dated else None, department)
        stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
        say(archive.office, archive.ledger, stamp, found, said)
        return _show_changed(archive, [record.id for record in found], as_json=as_json)


def _show_candidates(classes: Classes, guesses: Sequence[tuple[Record, Identification]], *, as_json: bool) -> Exit:
    if as_json:
        rows = [
            {
                "record": record.id,
                "share": record.share,
                "path": record.path,
                "class": record.class_key,
                "candidates": guess.candidates,
                "period": str(guess.period) if guess.period else None,
                "department": guess.department,
                "reasons": guess.reasons,
            }
            for record, guess in guesses
        ]
        click.echo(to_json({"exit": 0, "records": rows}))
        return Exit.DONE
    for record, guess in guesses:
        click.echo(click.style(f"{record.id}  {place_of(record)}", bold=True))
        now = classes.title(record.class_key) or _("not known")
        hanging("  • ", _("Class: {name}").format(name=now))
        for line in guess_lines(classes, guess):
            hanging("  • ", line)
    click.echo(_("Say what they are with --class, and with --period where no period is known."))
    return Exit.DONE


def _show_changed(archive: Archive, ids: Sequence[str], *, as_json: bool) -> Exit:
    """Records as they are after an act, with their new days."""
    from retention.ledger.schema import records as table

    with archive.ledger.read() as view:
        found = view.found(table.c.id.in_(ids))
    if as_json:
        click.echo(to_json({"exit": 0, "records": [record_data(archive.classes, each) for each in found]}))
        return Exit.DONE
    for each in found:
        record = each.record
        said = (archive.classes.title(record.class_key), str(record.period or ""), record.department)
        day = _("eligible on {day}").format(day=each.eligible_on) if each.eligible_on else _("never due")
        told = "，".join(filter(None, (" ".join(filter(None, said)), standing_of(record, None, date.min), day)))
        hanging(f"{record.id}  ", f"{place_of(record)}：{told}")
    return Exit.DONE


# --- settle -----------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("text", metavar="RECORD", help="A record's number, its path, or words of its path.")
@option("--correction", "how", flag_value="correction", help="The new content is the record; its dates stay.")
@option("--new-record", "how", flag_value="new_record", help="The content that lies there is a record of its own.")
@option("--restored", "how", flag_value="restored", help="The filed content lies there again.")
@option("--gone", "how", flag_value="gone", help="The reappeared copy is gone once more.")
@option("--reason", metavar="TEXT", required=True, help="Why; it is kept for ever.")
def settle(text: str, how: str | None, reason: str, as_json: bool) -> Exit:
    """Decide about a record whose file was altered, or about a destroyed one that appeared again.

    The file is looked at first: --restored is refused where the filed content is not back, --correction where
    something else lies there than was found. With --new-record what lies there is filed on its own; an altered
    record is missing from then on, because its content is.
    """
    from office.archive import people
    from office.archive.records import Verdict, record_named
    from office.archive.records import settle as decide
    from retention.rules.events import Decision

    if how is None:
        raise click.UsageError(_("Name one of --correction, --new-record, --restored and --gone."))
    verdict = Verdict(None if how == "gone" else Decision(how), reason)
    with the_archive() as archive:
        with archive.ledger.read() as view:
            record = record_named(archive.office, view, text)
        stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
        entries = decide(archive.office, archive.ledger, stamp, record, verdict)
        return _show_changed(archive, [entry.event.subject for entry in entries], as_json=as_json)


# --- holds ------------------------------------------------------------------------------------------------------


@click.group(cls=Commands)
@common
def hold() -> None:
    """Keep records whatever their day: place a hold, release it, list them.

    A hold is accepted in every state until the file is removed, and always wins: over lists, approvals and
    quarantine. It covers the records that are there when it is placed.
    """


@hold.command()
@prints_data
@argument("texts", metavar="[RECORD]...", nargs=-1, help="Records by number, path or words of it.")
@chosen
@option("--reason", metavar="TEXT", required=True, help="Why; it is kept for ever.")
def add(  # noqa: PLR0913, PLR0917 - one parameter an option
    texts: tuple[str, ...],
    class_text: str | None,
    period: Period | None,
    under: str | None,
    reason: str,
    as_json: bool,
) -> Exit:
    """Place a hold over records: those named, or all of a class, a period, a folder.

    What is said beside each other narrows: --class 月工作计划 --period 2026-10 means that month's plans.
    """
    from office.archive import people
    from office.archive.records import records_named
    from retention.acts import records as keeping
    from retention.ledger.selection import conditions

    if not (texts or class_text or period or under):
        raise click.UsageError(_("Say which records: name them, or use --class, --period or --under."))
    with the_archive() as archive:
        with archive.ledger.read() as view:
            ids = tuple(record.id for record in records_named(archive.office, view, texts))
            where = conditions(selected(archive, view, class_text, period, under=folder_of(under), ids=ids))
        stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
        hold_id, covered = keeping.hold(archive.ledger, stamp, reason, lambda view: view.records(*where))
    if as_json:
        click.echo(to_json({"exit": 0, "hold": hold_id, "records": [record.id for record in covered]}))
        return Exit.DONE
    n = len(covered)
    text = ngettext("Hold {id} stands over {n} record.", "Hold {id} stands over {n} records.", n)
    click.echo(text.format(id=hold_id, n=n))
    click.echo(_("Release it with `guidang hold release {id} --reason …`.").format(id=hold_id))
    return Exit.DONE


@hold.command()
@prints_data
@argument("hold_id", metavar="HOLD", help="The hold's number, such as H12.")
@option("--reason", metavar="TEXT", required=True, help="Why it may end; it is kept for ever.")
def release(hold_id: str, reason: str, as_json: bool) -> Exit:
    """End a hold. Its records stay under other holds, and no longer under this one."""
    from office.archive import people
    from retention.acts import records as keeping

    with the_archive() as archive:
        stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
        covered = keeping.release(archive.ledger, stamp, hold_id.upper(), reason)
    if as_json:
        click.echo(to_json({"exit": 0, "hold": hold_id.upper(), "records": [record.id for record in covered]}))
        return Exit.DONE
    n = len(covered)
    text = ngettext("Hold {id} no longer stands over {n} record.", "Hold {id} no longer stands over {n} records.", n)
    click.echo(text.format(id=hold_id.upper(), n=n))
    return Exit.DONE


@hold.command(name="list")
@prints_data
@option("--all", "everything", is_flag=True, help="Show released ones too.")
def list_holds(everything: bool, as_json: bool) -> Exit:
    """List the holds that stand: since when, by whom, over how many records, and why."""
    from retention.ledger import counting as tally

    with the_archive() as archive, archive.ledger.read() as view:
        found = [each for each in view.holds() if everything or each.stands]
        covered, names = tally.covered(view), full_names(view)
    if as_json:
        rows = [
            {
                "hold": each.id,
                "reason": each.reason,
                "by": each.placed_by.name,
                "since": each.placed_on,
                "released_on": each.released_on,
                "records": covered.get(each.id, 0),
            }
            for each in found
        ]
        click.echo(to_json({"exit": 0, "holds": rows}))
        return Exit.DONE
    if not found:
        click.echo(_("No hold stands."))
        return Exit.DONE
    titles = (_("hold"), _("since"), _("placed by"), _("records"), _("released"))
    rows_shown = [
        (
            each.id,
            str(each.placed_on),
            names.get(each.placed_by.name, each.placed_by.name),
            str(covered.get(each.id, 0)),
            str(each.released_on or ""),
        )
        for each in found
    ]
    terminal.print_table(titles, rows_shown, right=frozenset({3}), below=[(each.reason,) for each in found])
    return Exit.DONE


@hold.command()
@prints_data
@argument("hold_id", metavar="HOLD", help="The hold's number, such as H12.")
def notice(hold_id: str, as_json: bool) -> Exit:
    """Make the notice of a hold, which names its records and why they stay, and file it as a permanent record."""
    from office.archive import people
    from office.disposal import filing_papers as proofs

    with the_archive() as archive:
        stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
        codes = {key: kind.code for key, kind in archive.classes.catalogue.kinds.items()}
        kept = proofs.make_hold(archive.office, archive.ledger, stamp, hold_id.upper(), codes)
    if as_json:
        click.echo(to_json({"exit": 0, "hold": hold_id.upper(), "file": str(kept.path), "new": kept.new}))
    else:
        click.echo((_("Written: {file}") if kept.new else _("There already: {file}")).format(file=kept.path))
    return Exit.DONE
