"""`guidang schedule`: the records table, how it is read and put in force."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from errno import EEXIST
from functools import partial
from pathlib import Path

import click

from console import terminal
from console.archive import hanging, now
from console.frame import Commands, Exit, answer, common, prints_data, the_office
from console.terminal import argument, option
from foundation.language import _, ngettext
from office.archive import people, schedules
from office.archive.ledgers import open_ledger
from office.views import schedule as views
from office.views.as_json import as_data
from office.views.schedule import SchedulePreview, ScheduleRead
from office.views.times import business_date


@click.group(cls=Commands)
@common
def schedule() -> None:
    """How long each kind of record is kept: the office's schedule.csv, and the version of it that is in force.

    A change of schedule.csv counts for nothing until it is adopted. Versions in force never change; shorter terms
    count for what is filed from then on, and for earlier records only where a second person approves.
    """


# --- show -------------------------------------------------------------------------------------------------------


@schedule.command()
@prints_data
def show(as_json: bool) -> Exit:
    """Show how schedule.csv is read: each class with its term, and from when that counts.

    What cannot be read with certainty is listed below: records of such a class are kept and reported, never due.
    """
    office = the_office()
    return answer(views.schedule(office, office.schedule()), _print_schedule, as_json=as_json)


def _print_schedule(found: ScheduleRead) -> None:
    heading = (_("record"), _("code"), _("kept for"), _("counted from"), _("start rule"), _("used by"))
    terminal.print_table(heading, [each.cells for each in found.classes])
    click.echo(_("Digest: {digest}").format(digest=found.digest))
    click.echo(_in_force(found))
    terminal.print_problems(found.problems, colour="yellow")


def _in_force(found: ScheduleRead) -> str:
    adopted = found.in_force
    if adopted is None:
        return _("No schedule is in force yet, so nothing is ever due: `guidang schedule adopt`.")
    if adopted.digest == found.digest:
        return _("This is in force as version {number} since {day}.").format(number=adopted.number, day=adopted.on)
    text = _("In force is version {number} of {day}, which says otherwise: `guidang schedule adopt --preview`.")
    return text.format(number=adopted.number, day=adopted.on)


# --- import -----------------------------------------------------------------------------------------------------


@schedule.command(name="import")
@prints_data
@argument("file", metavar="FILE", type=terminal.ExistingFile(), help="A CSV file or a workbook with the new table.")
@option("--force", is_flag=True, help="Replace schedule.csv without asking.")
def import_table(file: Path, force: bool, as_json: bool) -> Exit:
    """Check a new schedule table, show what it would change, and make it the office's schedule.csv.

    Nothing comes into force by this: that is `guidang schedule adopt`. The schedule.csv that is there is replaced
    only after a question, or with --force.
    """
    office = the_office()
    handed = schedules.handed_in(office, file)
    shown = views.previewed(office, handed.reading.version, business_date(now()), harmless="schedule.unchanged")
    if not as_json:
        _print_schedule(views.schedule(office, handed.reading))
        _print_preview(shown)
    place = office.folder / "schedule.csv"
    if place.exists() and place.read_bytes() != handed.content and not force:
        _asked(_("Replace {file}?").format(file=place), place, as_json=as_json)
    schedules.keep(office, handed)
    text = _("{file} is written. `guidang schedule adopt` puts it in force.").format(file=place)
    told = {"file": place, **as_data(shown), "problems": handed.reading.doubts}
    return answer(told, lambda _told: click.echo(text), as_json=as_json)


def _asked(question: str, place: Path, *, as_json: bool) -> None:
    """Go on only where a person at a terminal says yes."""
    if as_json or not sys.stdin.isatty():
        raise FileExistsError(EEXIST, _("is there already and is kept; --force replaces it"), str(place))
    if not click.confirm(question):
        raise click.Abort


# --- adopt ------------------------------------------------------------------------------------------------------


@schedule.command()
@prints_data
@option("--preview", is_flag=True, help="Only show what adopting would do.")
@option(
    "--shorten-approved",
    "shorten",
    is_flag=True,
    help="Let shorter terms count for what is filed already too; an approver has said approve-shortening.",
)
@option("--count", metavar="N", type=click.IntRange(min=0), help="How many records get another day, instead of typing.")
def adopt(preview: bool, shorten: bool, count: int | None, as_json: bool) -> Exit:
    """Put schedule.csv in force, after a preview: how many records go earlier, go later, become due.

    It cannot be taken back, only superseded. So the number of records that get another day has to be typed, or
    given as --count; where it is another by then, nothing is adopted.
    """
    office = the_office()
    version = office.schedule().version
    previewed = partial(views.previewed, office, version, business_date(now()), shorten=shorten)
    if preview:
        return answer(previewed(), _print_preview, as_json=as_json)
    with open_ledger(office, make=True) as ledger:
        stamp = people.stamp_of(office, ledger, now())
        if count is None:
            shown = previewed()
            count = _typed(shown, shown.count, as_json=as_json)
        done = views.preview(schedules.adopt(ledger, stamp, version, count, shorten=shorten))
    text = _("The schedule is in force as version {number}. Records due by it today: {due} more than before.")
    told = text.format(number=done.version, due=len(done.becoming_due))
    return answer({"number": done.version, **as_data(done)}, lambda _told: click.echo(told), as_json=as_json)


@schedule.command()
@prints_data
@argument("digest", metavar="DIGEST", help="The first letters of the schedule's digest, eight or more.")
@option("--count", metavar="N", type=click.IntRange(min=1), help="How many records go earlier, instead of typing.")
@option("--reason", metavar="TEXT", default="", help="Why; it is kept for ever.")
def approve_shortening(digest: str, count: int | None, reason: str, as_json: bool) -> Exit:
    """As an approver, allow schedule.csv to shorten the terms of records that are filed already.

    Without this its shorter terms count for what is filed from its adoption on. Whoever adopts it has to be another
    person. The approval is for the next adoption of exactly this table, and never for records held or listed then.
    """
    office = the_office()
    version = office.schedule().version
    schedules.see_that_it_is(version, digest)
    with open_ledger(office) as ledger:
        stamp = people.stamp_of(office, ledger, now())
        if count is None:
            shown = views.previewed(office, version, business_date(now()), approver=stamp.actor.name)
            count = _typed(shown, shown.earlier, as_json=as_json)
        becoming = schedules.approve_shortening(ledger, stamp, version, count, reason)
    text = _("Approved. Another person may now adopt it: `guidang schedule adopt --shorten-approved`.")
    told = {"digest": version.digest, "by": stamp.actor.name, "becoming_due": becoming}
    return answer(told, lambda _told: click.echo(text), as_json=as_json)


def _typed(shown: SchedulePreview, wanted: int, *, as_json: bool) -> int:
    """The number a person types after reading the preview. Refused where nobody can type one."""
    if not as_json:
        _print_preview(shown)
    if as_json or not sys.stdin.isatty():
        raise click.UsageError(
            _("Read the preview (--preview), then give the number of records it names: --count {n}.").format(n=wanted)
        )
    typed: int = click.prompt(_("Type the number of records ({n}) to go on").format(n=wanted), type=int)
    return typed


# --- the preview ------------------------------------------------------------------------------------------------


def _print_preview(found: SchedulePreview) -> None:
    text = _("Preview: what version {number} would change").format(number=found.version)
    click.echo(click.style(text, bold=True))
    titles = (_("class"), _("records"), _("kept now"), _("kept then"), _("earlier"), _("later"), _("not earlier"))
    if rows := [shift.cells for shift in found.classes if shift.known]:
        terminal.print_table((*titles, _("become due")), rows, right=frozenset({1, 4, 5, 6, 7}))
    if others := found.of_no_class:
        text = _("{n} records are of no class of the schedule: kept and reported, now as then.")
        click.echo(text.format(n=others))
    n = found.count
    text = ngettext("{n} record gets another day", "{n} records get another day", n).format(n=n)
    due = _("{n} become due").format(n=len(found.becoming_due))
    click.echo(click.style(f"{text}，{due}", bold=True))
    for line in _spared(found):
        hanging("", line)


def _spared(found: SchedulePreview) -> Iterator[str]:
    """P3: what does not go earlier, and what would allow it."""
    if found.shortened_by:
        text = _("Shorter terms count for earlier records too, as {name} approves; not for those held or listed.")
        yield text.format(name=found.shortened_by)
    elif found.not_earlier:
        text = _(
            "{n} records were filed before and keep their later day. For them too only where an approver says "
            "`guidang schedule approve-shortening {digest}`."
        )
        yield text.format(n=found.not_earlier, digest=found.digest[:12])
