"""What the commands about records share: the archive they open, which records are meant, pages, alerts."""

from __future__ import annotations

from contextlib import AbstractContextManager
from datetime import UTC, date, datetime

import click

from console import terminal
from console.frame import PeriodType, options_of, the_office
from console.terminal import option
from foundation.language import _
from office.archive.archive import Archive
from office.views.records import AlertCounts, TablePage
from office.views.times import business_date

PAGE = 50


def the_archive() -> AbstractContextManager[Archive]:
    """The office of this command line with its ledger. UnknownError where there is none yet."""
    return Archive.open(the_office())


def now() -> datetime:
    """Taken after whatever was asked, since the clock goes on meanwhile."""
    return datetime.now(UTC)


def day_of(on: datetime | None) -> date:
    """The business date: the one named, else today's."""
    return on.date() if on else business_date(now())


# --- options ----------------------------------------------------------------------------------------------------


def page_of(limit: int, number: int, everything: bool) -> TablePage:
    return TablePage(None) if everything else TablePage(limit, number)


def rest_of(page: TablePage, shown: int, total: int) -> str:
    """How to see the others; empty where all are shown."""
    if page.limit is None or (page.number == 1 and shown >= total):
        return ""
    text = _("Shown: {first}–{last} of {total}. --page {next} goes on, --all shows all.")
    if page.skip + shown >= total:
        text = _("Shown: {first}–{last} of {total}, the last page.")
    return text.format(first=page.skip + 1, last=page.skip + shown, total=total, next=page.number + 1)


paged = options_of(
    option("--limit", metavar="N", type=click.IntRange(min=1), default=PAGE, help="How many on a page; 50."),
    option("--page", "number", metavar="N", type=click.IntRange(min=1), default=1, help="Which page; the first."),
    option("--all", "everything", is_flag=True, help="Show all of them at once."),
)
on_day = option(
    "--on",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day to judge by; today where the office is without it.",
)
chosen = options_of(
    option("--class", "class_text", metavar="CLASS", help="Only of this class: its title, code or an alias."),
    option("--period", metavar="PERIOD", type=PeriodType(), help="Only about this time: 2026-10, 2026-10-03 or 2026."),
    option("--under", metavar="FOLDER", help="Only in this folder of a share, its name first: 归档/2023年."),
)


# --- printing ---------------------------------------------------------------------------------------------------


def hanging(lead: str, text: str) -> None:
    """A line that begins with ``lead`` and goes on under its text."""
    columns = terminal.width(lead)
    for n, part in enumerate(terminal.wrap(text, terminal.line_width() - columns)):
        click.echo((lead if n == 0 else " " * columns) + part)


def print_filed(path: object, *, new: bool) -> None:
    """Where a paper lies that was made, or was there already."""
    click.echo((_("Written: {file}") if new else _("There already: {file}")).format(file=path))


def print_alerts(alarm: AlertCounts) -> None:
    """What a person has to look at, loudly: a line for each with the command that lists it (W3–W5, W7, D4)."""
    lines = (
        (alarm.missing, "missing", _("Missing: {n} records are gone, and nobody approved that")),
        (alarm.altered, "altered", _("Altered: {n} records no longer have the content that was filed")),
        (alarm.resurfaced, "resurfaced", _("Appeared again: {n} destroyed records lie on the share once more")),
        (alarm.unclassified, "unclassified", _("Not classified: of {n} records nobody knows what they are")),
        (alarm.repeated, "duplicates", _("Several files for one class and period: {n} times")),
        (alarm.copies, "duplicates", _("One content in several places: {n} times")),
    )
    for n, word, text in lines:
        if n:
            told = click.style(f"！{text.format(n=n)}", fg="red", bold=True)
            click.echo(f"{told}  `guidang records --{word}`")
