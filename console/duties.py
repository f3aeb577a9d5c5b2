"""`guidang duties`: the procedure's deadlines of a period, and the calendar file of them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from console import terminal
from console.frame import Exit, PeriodType, answer, prints_data, the_office
from console.terminal import argument, option
from foundation.language import _
from foundation.period import Period
from office.views import duties as views
from office.views.duties import DutyList, DutyRow


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
    found = views.duties(the_office(), period, on.date() if on else None, only_open=only_open, file=ics)
    return answer(found, _print, as_json=as_json)


def _print(found: DutyList) -> None:
    heading = (_("due"), _("clause"), _("duty"), _("about"), _("who"), _("status"), _("done on"), _("remark"))
    terminal.print_table(heading, map(_cells, found.duties))
    click.echo("  ".join(f"{_status(status)} {n}" for status, n in found.counts.items()))
    for notice in found.notices:
        click.echo(click.style(notice, fg="yellow"))
    terminal.print_problems(found.problems, colour="yellow")


def _cells(row: DutyRow) -> tuple[str, ...]:
    due = row.moment[:16] if row.moment else str(row.due)
    colours = {"on_time": "green", "late": "yellow", "missing": "red"}
    shown = click.style(_status(row.status), fg=colours.get(row.status))
    return (due, row.clause, row.title, row.about, row.by, shown, str(row.done_on or ""), "；".join(row.remarks))


def _status(status: str) -> str:
    return {
        "on_time": _("on time"),
        "late": _("late"),
        "missing": _("missing"),
        "coming": _("coming"),
        "undated": _("done, day not known"),
        "waiting": _("waiting"),
    }[status]
