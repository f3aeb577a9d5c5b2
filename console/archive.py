"""What the commands about records share: the archive they open, which records are meant, how one is shown."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from console import terminal
from console.frame import PeriodType, options_of, the_office
from console.terminal import option
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator

    from foundation.period import Period
    from office import Office
    from office.archive.classes import Classes
    from retention.filing.identify import Identification
    from retention.ledger.counting import Alerts
    from retention.ledger.ledger import Ledger
    from retention.ledger.selection import Selection
    from retention.ledger.view import Dated, View
    from retention.rules.model import Record

PAGE = 50

# --- the archive, and which records are meant ---------------------------------------------------------------------


@dataclass(frozen=True)
class Archive:
    """An office with its classes and its ledger open."""

    office: Office
    classes: Classes
    ledger: Ledger


@contextmanager
def the_archive() -> Iterator[Archive]:
    """The office of this command line with its ledger. UnknownError where there is none yet."""
    from office.archive import ledgers
    from office.archive.classes import Classes

    office = the_office()
    with ledgers.open_ledger(office) as ledger:
        with ledger.read() as view:
            classes = Classes.of(office, view)
        yield Archive(office, classes, ledger)


class Page(NamedTuple):
    """Which rows of a long table: ``limit`` None for all of them."""

    limit: int | None
    number: int

    @property
    def skip(self) -> int:
        return (self.limit or 0) * (self.number - 1)

    def rest(self, shown: int, total: int) -> str:
        """How to see the others; empty where all are shown."""
        if self.limit is None or (self.number == 1 and shown >= total):
            return ""
        text = _("Shown: {first}–{last} of {total}. --page {next} goes on, --all shows all.")
        if self.skip + shown >= total:
            text = _("Shown: {first}–{last} of {total}, the last page.")
        return text.format(first=self.skip + 1, last=self.skip + shown, total=total, next=self.number + 1)


def page_of(limit: int, number: int, everything: bool) -> Page:
    return Page(None if everything else limit, 1 if everything else number)


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


def day_of(on: datetime | None) -> date:
    """The business date: the one named, else today's."""
    from retention.rules.dates import business_date

    return on.date() if on else business_date(datetime.now(UTC))


def selected(archive: Archive, view: View, class_text: str | None, period: Period | None, **more: Any) -> Selection:
    """The records a command line means."""
    from foundation.period import Period
    from retention.ledger.selection import Selection

    keys = archive.classes.keys_of(view, archive.classes.named(class_text)) if class_text else None
    # How a list was chosen is written down, and days are written down as days: 2026-07-01/2026-12-31, not 2026-H2.
    return Selection(keys=keys, period=Period(period.first, period.last) if period else None, **more)


def folder_of(under: str | None) -> str:
    return (under or "").replace("\\", "/").strip("/")


# --- how a record is shown ---------------------------------------------------------------------------------------


def standing_of(record: Record, eligible_on: date | None, on: date) -> str:
    """How a record stands on a day, in a few words: what lies over it, its state, due."""
    from retention.ledger.counting import KEEPING
    from retention.rules.lifecycle import overlay_name, state_name
    from retention.rules.model import Overlay, State

    lying = [each for each in Overlay if each in record.overlays and each is not Overlay.UNCLASSIFIED]
    names = [overlay_name(each) for each in lying]
    if Overlay.HELD in lying:
        names[lying.index(Overlay.HELD)] += " " + "、".join(sorted(record.holds))
    if record.state is not State.RETAINED:
        names.append(state_name(record.state))
    elif eligible_on is not None and eligible_on <= on and not {*lying} & {*KEEPING}:
        names.append(_("due"))
    return "，".join(names)


def full_names(view: View) -> dict[str, str]:
    """What the persons behind accounts are called."""
    return {account.person.name: account.person.full_name for account in view.accounts()}


def number_of(view: View, list_id: str) -> str:
    """What people call the disposal list of an id; the id itself where there is no such list."""
    found = view.list_head(list_id)
    return found.number if found else list_id


def place_of(record: Record) -> str:
    """Where a record lies, the share's name first."""
    return f"{record.share}/{record.path}"


def record_data(classes: Classes, each: Dated) -> dict[str, Any]:
    """A record for programs."""
    record, day = each.record, each.eligible_on
    return {
        "record": record.id,
        "class": record.class_key,
        "title": classes.title(record.class_key),
        "period": str(record.period) if record.period else None,
        "dated": record.dated,
        "department": record.department,
        "filed_on": record.filed_on,
        "share": record.share,
        "path": record.path,
        "digest": record.digest,
        "size": record.size,
        "kept_until": day - timedelta(days=1) if day else None,
        "eligible_on": day,
        "state": record.state.value,
        "overlays": sorted(overlay.value for overlay in record.overlays),
        "holds": sorted(record.holds),
        "list": record.list_id,
        "missing_since": record.missing_since,
        "altered_to": record.altered_to,
        "resurfaced_at": record.resurfaced_at,
    }


def guessed(archive: Archive, view: View, record: Record) -> Identification:
    """What an unclassified record may be, by its name and its file."""
    from office.archive.records import identified

    return identified(archive.office, archive.classes, view, record)


def guess_lines(classes: Classes, guess: Identification) -> list[str]:
    """What an unclassified record may be, and why nobody could tell."""
    titles = "、".join(classes.catalogue.title(key) for key in guess.candidates)
    lines = [_("may be: {titles}").format(titles=titles)] if titles else []
    return [*lines, *(["；".join(guess.reasons)] if guess.reasons else [])]


def hanging(lead: str, text: str) -> None:
    """A line that begins with ``lead`` and goes on under its text."""
    columns = terminal.width(lead)
    for n, part in enumerate(terminal.wrap(text, terminal.line_width() - columns)):
        click.echo((lead if n == 0 else " " * columns) + part)


# --- alerts -----------------------------------------------------------------------------------------------------


def print_alerts(alarm: Alerts) -> None:
    """What a person has to look at, loudly: a line for each with the command that lists it (W3–W5, W7, D4)."""
    for text, command in _alert_lines(alarm):
        click.echo(click.style(f"！{text}", fg="red", bold=True) + f"  `guidang records {command}`")


def _alert_lines(alarm: Alerts) -> Iterator[tuple[str, str]]:
    from retention.rules.model import Overlay

    texts = {
        Overlay.MISSING: _("Missing: {n} records are gone, and nobody approved that"),
        Overlay.ALTERED: _("Altered: {n} records no longer have the content that was filed"),
        Overlay.RESURFACED: _("Appeared again: {n} destroyed records lie on the share once more"),
        Overlay.UNCLASSIFIED: _("Not classified: of {n} records nobody knows what they are"),
    }
    for overlay, number in alarm.lying:
        if number:
            yield texts[overlay].format(n=number), f"--{overlay.value}"
    if alarm.repeated:
        yield _("Several files for one class and period: {n} times").format(n=alarm.repeated), "--duplicates"
    if alarm.copies:
        yield _("One content in several places: {n} times").format(n=alarm.copies), "--duplicates"


def alert_data(alarm: Alerts) -> dict[str, int]:
    """The alerts for programs."""
    lying = {overlay.value: number for overlay, number in alarm.lying}
    return lying | {"repeated": alarm.repeated, "copies": alarm.copies}
