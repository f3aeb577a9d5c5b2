"""What is due and why, which records there are, and how the day of one came about."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from functools import partial

import click

from console import terminal
from console.archive import (
    chosen,
    day_of,
    hanging,
    now,
    on_day,
    page_of,
    paged,
    print_alerts,
    print_filed,
    rest_of,
    the_archive,
)
from console.frame import Exit, answer, prints_data
from console.terminal import argument, option
from foundation.language import _, ngettext
from foundation.period import Period
from office.archive.archive import Wanted
from office.views import records as views
from office.views.records import (
    DueRecord,
    DueRecords,
    Duplicates,
    ListedRecord,
    RecordExplained,
    RecordList,
    TablePage,
)

# --- due --------------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@on_day
@chosen
@paged
@option("--paper", is_flag=True, help="Make the 到期清单 of all of them as a Word paper, and file it.")
def due(  # noqa: PLR0913, PLR0917 - one parameter an option
    on: datetime | None,
    class_text: str | None,
    period: Period | None,
    under: str | None,
    limit: int,
    number: int,
    everything: bool,
    paper: bool,
    as_json: bool,
) -> Exit:
    """List the records whose term has run out, each with the rule and the dates that led there.

    Due is not approved: nothing is destroyed before a disposal list is approved by another person. What is counted
    below is kept: held, altered or missing records, records on a list, and all whose term nobody knows.
    """
    day, page, wanted = day_of(on), page_of(limit, number, everything), Wanted((), class_text, period, under)
    with the_archive() as archive:
        if paper:
            from office.disposal import filing_papers

            rows = filing_papers.due_rows(archive, wanted, day)
            kept = filing_papers.make_due(archive.office, archive.ledger, archive.stamp(now()), rows, day)
            told = {"on": day, "due": len(rows), "file": kept.path, "new": kept.new}
            return answer(told, lambda _told: print_filed(kept.path, new=kept.new), as_json=as_json)
        found = views.due(archive, day, wanted, page)
    return answer(found, partial(_print_due, page), as_json=as_json)


def _print_due(page: TablePage, found: DueRecords) -> None:
    if found.schedule is None:
        text = _("No schedule was adopted yet, so nothing is ever due: every record is kept.")
        click.echo(click.style(text, fg="yellow"))
        click.echo(
            _("`guidang schedule show` shows how schedule.csv is read; `guidang schedule adopt` puts it in force.")
        )
    elif found.records:
        _print_due_table(page, found)
    else:
        click.echo(_("On {on} nothing is due.").format(on=found.on))
    for line in found.not_due():
        hanging("", line)
    print_alerts(found.alerts)


def _print_due_table(page: TablePage, found: DueRecords) -> None:
    titles = (
        *(_("record number"), _("class"), _("period covered"), _("department")),
        *(_("kept until"), _("eligible on")),
    )
    below = [(each.row.place, each.why) for each in found.records]
    terminal.print_table(titles, map(_due_row, found.records), below=below, right=frozenset({0}))
    text = ngettext("{n} record is due on {on}.", "{n} records are due on {on}.", found.due)
    _print_total(text.format(n=found.due, on=found.on), rest_of(page, len(found.records), found.due))


def _print_total(text: str, rest: str) -> None:
    click.echo("\n" + click.style(text, bold=True) + (f" {rest}" if rest else ""))


def _due_row(each: DueRecord) -> tuple[str, ...]:
    row = each.row
    return (row.record, row.title, row.period or "", row.department, str(row.kept_until), str(row.eligible_on))


# --- records ----------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("text", metavar="[TEXT]", default="", required=False, help="Words that stand in the path or the name.")
@option("--unclassified", "lying", flag_value="unclassified", help="Only those whose class nobody knows yet.")
@option("--missing", "lying", flag_value="missing", help="Only those whose file is gone without an approval.")
@option("--altered", "lying", flag_value="altered", help="Only those whose content is not what was filed.")
@option("--resurfaced", "lying", flag_value="resurfaced", help="Only destroyed ones whose content appeared again.")
@option("--held", "lying", flag_value="held", help="Only those that a hold covers.")
@option("--extended", "lying", flag_value="extended", help="Only those that an appraisal keeps longer.")
@option("--duplicates", is_flag=True, help="Only those of which there may be one too many.")
@option("--destroyed", "gone", is_flag=True, help="Show those too that were destroyed.")
@on_day
@chosen
@option("--department", metavar="NAME", help="Only of this department.")
@paged
def records(  # noqa: PLR0913, PLR0917 - one parameter an option
    text: str,
    lying: str | None,
    duplicates: bool,
    gone: bool,
    on: datetime | None,
    class_text: str | None,
    period: Period | None,
    under: str | None,
    department: str | None,
    limit: int,
    number: int,
    everything: bool,
    as_json: bool,
) -> Exit:
    """List the records there are: class, period, department, from when each may go, how it stands, where it lies.

    First it says loudly what wants a person: missing, altered and reappeared files, files nobody could classify,
    and duplicates.
    """
    page = page_of(limit, number, everything)
    with the_archive() as archive:
        if duplicates:
            if text or lying or class_text or period or under or department:
                raise click.UsageError(_("--duplicates shows all of them; leave the other words out."))
            return answer(views.duplicates(archive, page), partial(_print_duplicates, page), as_json=as_json)
        wanted = Wanted((), class_text, period, under, department)
        found = views.listed(archive, wanted, page, text=text, lying=lying, gone=gone)
    return answer(found, partial(_print_records, page, day_of(on)), as_json=as_json)


_STANDING = 20
"""Columns that how a record stands may take in the table; where it takes more it has a line of its own."""


def _print_records(page: TablePage, on: date, found: RecordList) -> None:
    print_alerts(found.alerts)
    if not found.records:
        click.echo(_("There is no such record."))
        return
    titles = (_("record number"), _("class"), _("period covered"), _("department"), _("eligible on"), _("standing"))
    rows = [_row(each, on) for each in found.records]
    below = [[each.row.place, *_notes(each, on)] for each in found.records]
    terminal.print_table(titles, rows, below=below, right=frozenset({0}))
    text = ngettext("{n} record.", "{n} records.", found.total).format(n=found.total)
    _print_total(text, rest_of(page, len(found.records), found.total))


def _row(each: ListedRecord, on: date) -> tuple[str, ...]:
    row, standing = each.row, each.row.standing(on)
    short = standing if terminal.width(standing) <= _STANDING else ""
    title = row.title or _("not known")
    return (row.record, title, row.period or "", row.department, str(row.eligible_on or ""), short)


def _notes(each: ListedRecord, on: date) -> Iterator[str]:
    """How it stands, where that takes many words; what an unclassified one may be; by which list a reappeared one
    was destroyed, and where it lies (W5).
    """
    if terminal.width(standing := each.row.standing(on)) > _STANDING:
        yield standing
    yield from each.notes


def _print_duplicates(page: TablePage, found: Duplicates) -> None:
    print_alerts(found.alerts)
    for group in found.groups:
        click.echo(click.style(str(group), bold=True))
        for record in group.records:
            lead = f"  {record.record}  "
            for n, part in enumerate(terminal.fold(record.place, terminal.line_width() - len(lead))):
                click.echo((lead if n == 0 else " " * len(lead)) + part)
    if rest := rest_of(page, found.shown, found.total):
        click.echo(rest)
    if found.groups:
        click.echo(_("Look at them, and say which is the record; guidang does not choose."))


# --- why --------------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("text", metavar="RECORD", help="A record's number, its path, or words of its path.")
@on_day
def why(text: str, on: datetime | None, as_json: bool) -> Exit:
    """Explain a record's day: class, term, base date, rule and sum, what lies over it, and what happened to it."""
    with the_archive() as archive:
        found = views.why(archive, text, day_of(on))
    return answer(found, _print_why, as_json=as_json)


def _print_why(found: RecordExplained) -> None:
    for line in terminal.fold(f"{found.row.record}  {found.row.place}", terminal.line_width()):
        click.echo(click.style(line, bold=True))
    for line in found.lines:
        hanging("  • ", line)
    click.echo(click.style(_("What happened"), bold=True))
    for one in found.history:
        hanging(f"  {one.on}  ", f"{one.who}：{one.text}")
