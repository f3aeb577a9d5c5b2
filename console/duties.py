"""`guidang duties`: the procedure's deadlines of a period, and the calendar file of them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Exit, PeriodType, prints_data, problem_data, the_office, to_json
from console.terminal import argument, option
from foundation.language import _

if TYPE_CHECKING:
    from datetime import datetime

    from foundation.period import Period
    from office.archive.deadlines import Judged
    from office.office import Office
    from retention.duties.judging import Agenda, DutyEntry, DutyStatus


@click.command(cls=terminal.Command)
@prints_data
@argument("period", metavar="PERIOD", type=PeriodType(), help="The month, half-year or year, such as 2026-11.")
@option(
    "--on",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to judge by, to its end; this moment without it.",
)
@option("--open", "only_open", is_flag=True, help="Leave out what was done in time.")
@option(
    "--ics",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="Write the deadlines as a calendar file too, for Outlook and phones; replaces an earlier one.",
)
def duties(period: Period, on: datetime | None, only_open: bool, ics: Path | None, as_json: bool) -> Exit:
    """List the procedure's deadlines of a period: on time, late, missing, coming.

    Papers are found among registers, papers and out; on which day they were handed in, sent up and answered stands in
    the office's transmittals.csv. Visits, training and complaints are judged by the registers. Only answers count
    working days, by holidays.csv and then the known notices of the State Council.
    """
    from datetime import datetime

    from office.archive.deadlines import judged
    from retention.duties.judging import end_of
    from retention.rules.dates import CHINA

    office = the_office()
    found = judged(office, period, end_of(on.date()) if on else datetime.now(CHINA).replace(tzinfo=None))
    if ics:
        _write_calendar(found.agenda, office, ics)
    _show_duties(found, only_open=only_open, as_json=as_json)
    return Exit.DONE


def _write_calendar(agenda: Agenda, office: Office, target: Path) -> None:
    from datetime import UTC, datetime

    from foundation.atomic_file import write_atomic
    from retention.duties.calendar_file import calendar

    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(target, calendar(agenda, office.name, datetime.now(UTC)))


def _show_duties(found: Judged, *, only_open: bool, as_json: bool) -> None:
    from retention.duties.judging import DutyStatus

    agenda = found.agenda
    entries = [entry for entry in agenda.entries if not (only_open and entry.status is DutyStatus.ON_TIME)]
    if as_json:
        problems = [*map(problem_data, found.problems)]
        data = {"exit": 0, "on": agenda.on, "duties": [*map(_duty_data, entries)], "notices": agenda.notices}
        click.echo(to_json(data | {"problems": problems}))
        return
    heading = (_("due"), _("clause"), _("duty"), _("about"), _("who"), _("status"), _("done on"), _("remark"))
    terminal.print_table(heading, [_duty_row(entry) for entry in entries])
    counts = Counter(entry.status for entry in agenda.entries)
    click.echo("  ".join(f"{_status(status)} {counts[status]}" for status in DutyStatus if counts[status]))
    for notice in agenda.notices:
        click.echo(click.style(notice, fg="yellow"))
    terminal.print_problems(found.problems, colour="yellow")


def _duty_row(entry: DutyEntry) -> tuple[str, ...]:
    due = f"{entry.moment:%Y-%m-%d %H:%M}" if entry.moment else str(entry.due)
    done = str(entry.on or "")
    colours = {"on_time": "green", "late": "yellow", "missing": "red"}
    shown = click.style(_status(entry.status), fg=colours.get(entry.status.value))
    remarks = "；".join(entry.remarks)
    return (due, entry.duty.clause, entry.duty.title, str(entry.period), entry.by, shown, done, remarks)


def _status(status: DutyStatus) -> str:
    return {
        "on_time": _("on time"),
        "late": _("late"),
        "missing": _("missing"),
        "coming": _("coming"),
        "undated": _("done, day not known"),
        "waiting": _("waiting"),
    }[status.value]


def _duty_data(entry: DutyEntry) -> dict[str, Any]:
    return {
        "duty": entry.duty.key,
        "clause": entry.duty.clause,
        "title": entry.duty.title,
        "about": str(entry.period),
        "by": entry.by,
        "due": entry.due,
        "moment": str(entry.moment) if entry.moment else None,
        "status": entry.status.value,
        "done_on": entry.on,
        "done": entry.done,
        "wanted": entry.duty.count,
        "estimated": entry.estimated,
        "remarks": entry.remarks,
    }
