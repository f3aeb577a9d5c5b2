"""What a person says about records: their class, altered and reappeared files, holds."""

from __future__ import annotations

from datetime import datetime

import click

from console import terminal
from console.archive import chosen, hanging, now, print_filed, the_archive
from console.frame import Commands, Exit, PeriodType, answer, common, prints_data
from console.terminal import argument, option
from foundation.language import _, ngettext
from foundation.period import Period
from office.archive import records as acts
from office.archive.archive import Wanted
from office.disposal import filing_papers
from office.views import records as views
from office.views.records import Candidates, ChangedRecords, HoldRow, Holds

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
    with the_archive() as archive:
        if class_text is None:
            return answer(views.candidates(archive, texts), _print_candidates, as_json=as_json)
        found = archive.named(texts)
        said = acts.Description.of(archive.classes, class_text, period, dated.date() if dated else None, department)
        acts.classify(archive.office, archive.ledger, archive.stamp(now()), found, said)
        changed = views.changed(archive, [record.id for record in found])
    return answer(changed, _print_changed, as_json=as_json)


def _print_candidates(found: Candidates) -> None:
    for each in found.records:
        click.echo(click.style(f"{each.record}  {each.place}", bold=True))
        for line in each.lines:
            hanging("  • ", line)
    click.echo(_("Say what they are with --class, and with --period where no period is known."))


def _print_changed(found: ChangedRecords) -> None:
    """Records as they are after an act, with their new days."""
    for row in found.records:
        said = " ".join(filter(None, (row.title, row.period, row.department)))
        day = _("eligible on {day}").format(day=row.eligible_on) if row.eligible_on else _("never due")
        hanging(f"{row.record}  ", f"{row.place}：" + "，".join(filter(None, (said, row.standing(), day))))


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
    if how is None:
        raise click.UsageError(_("Name one of --correction, --new-record, --restored and --gone."))
    with the_archive() as archive:
        (record,) = archive.named([text])
        verdict = acts.Verdict.of(how, reason)
        entries = acts.settle(archive.office, archive.ledger, archive.stamp(now()), record, verdict)
        changed = views.changed(archive, [entry.event.subject for entry in entries])
    return answer(changed, _print_changed, as_json=as_json)


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
    if not (texts or class_text or period or under):
        raise click.UsageError(_("Say which records: name them, or use --class, --period or --under."))
    with the_archive() as archive:
        meant = archive.meant(Wanted(texts, class_text, period, under))
        hold_id, covered = acts.hold(archive.ledger, archive.stamp(now()), reason, meant)

    def show(_told: object) -> None:
        n = len(covered)
        text = ngettext("Hold {id} stands over {n} record.", "Hold {id} stands over {n} records.", n)
        click.echo(text.format(id=hold_id, n=n))
        click.echo(_("Release it with `guidang hold release {id} --reason …`.").format(id=hold_id))

    return answer({"hold": hold_id, "records": [record.id for record in covered]}, show, as_json=as_json)


@hold.command()
@prints_data
@argument("hold_id", metavar="HOLD", help="The hold's number, such as H12.")
@option("--reason", metavar="TEXT", required=True, help="Why it may end; it is kept for ever.")
def release(hold_id: str, reason: str, as_json: bool) -> Exit:
    """End a hold. Its records stay under other holds, and no longer under this one."""
    hold_id = hold_id.upper()
    with the_archive() as archive:
        covered = acts.release(archive.ledger, archive.stamp(now()), hold_id, reason)
    n = len(covered)
    text = ngettext("Hold {id} no longer stands over {n} record.", "Hold {id} no longer stands over {n} records.", n)
    told = {"hold": hold_id, "records": [record.id for record in covered]}
    return answer(told, lambda _told: click.echo(text.format(id=hold_id, n=n)), as_json=as_json)


@hold.command(name="list")
@prints_data
@option("--all", "everything", is_flag=True, help="Show released ones too.")
def list_holds(everything: bool, as_json: bool) -> Exit:
    """List the holds that stand: since when, by whom, over how many records, and why."""
    with the_archive() as archive:
        found = views.holds(archive, released=everything)
    return answer(found, _print_holds, as_json=as_json)


def _print_holds(found: Holds) -> None:
    if not found.holds:
        click.echo(_("No hold stands."))
        return
    titles = (_("hold"), _("since"), _("placed by"), _("records"), _("released"))
    below = [(each.reason,) for each in found.holds]
    terminal.print_table(titles, map(_hold_row, found.holds), right=frozenset({3}), below=below)


def _hold_row(each: HoldRow) -> tuple[str, ...]:
    return (each.hold, str(each.since), each.who, str(each.records), str(each.released_on or ""))


@hold.command()
@prints_data
@argument("hold_id", metavar="HOLD", help="The hold's number, such as H12.")
def notice(hold_id: str, as_json: bool) -> Exit:
    """Make the notice of a hold, which names its records and why they stay, and file it as a permanent record."""
    hold_id = hold_id.upper()
    with the_archive() as archive:
        codes, stamp = archive.classes.codes, archive.stamp(now())
        kept = filing_papers.make_hold(archive.office, archive.ledger, stamp, hold_id, codes)
    told = {"hold": hold_id, "file": kept.path, "new": kept.new}
    return answer(told, lambda _told: print_filed(kept.path, new=kept.new), as_json=as_json)
