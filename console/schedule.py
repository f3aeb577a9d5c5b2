"""`guidang schedule`: the records table, how it is read and put in force."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Commands, Exit, common, prints_data, problem_data, the_office, to_json
from console.terminal import argument, option
from foundation.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from office import Office
    from retention.acts.schedule_preview import Preview, Shift
    from retention.errors import Problem
    from retention.rules.schedule import Adoption, RecordClass, ScheduleVersion, Term
    from retention.rules.schedule_table import ScheduleReading


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
    reading = office.schedule()
    _show_schedule(reading, _adopted(office), as_json=as_json)
    return Exit.DONE


def _adopted(office: Office) -> Adoption | None:
    """The version in force; None where there is none yet."""
    from office.archive import ledgers

    if not ledgers.is_there(office):
        return None
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        return next(reversed(view.adoptions()), None)


def _show_schedule(reading: ScheduleReading, adopted: Adoption | None, *, as_json: bool) -> None:
    version = reading.version
    if as_json:
        classes = [*map(_class_data, version.classes)]
        problems = [*map(problem_data, reading.doubts)]
        force = {"number": adopted.number, "on": adopted.on, "digest": adopted.version.digest} if adopted else None
        data = {"exit": 0, "digest": version.digest, "in_force": force, "classes": classes, "problems": problems}
        click.echo(to_json(data))
        return
    heading = (_("record"), _("code"), _("kept for"), _("counted from"), _("start rule"), _("used by"))
    terminal.print_table(heading, [*map(_class_row, version.classes)])
    click.echo(_("Digest: {digest}").format(digest=version.digest))
    click.echo(_in_force(version, adopted))
    terminal.print_problems(reading.doubts, colour="yellow")


def _in_force(version: ScheduleVersion, adopted: Adoption | None) -> str:
    if adopted is None:
        return _("No schedule is in force yet, so nothing is ever due: `guidang schedule adopt`.")
    if adopted.version.digest == version.digest:
        return _("This is in force as version {number} since {day}.").format(number=adopted.number, day=adopted.on)
    text = _("In force is version {number} of {day}, which says otherwise: `guidang schedule adopt --preview`.")
    return text.format(number=adopted.number, day=adopted.on)


def _class_row(each: RecordClass) -> tuple[str, ...]:
    from retention.rules.schedule_table import base_name, start_name
    from retention.rules.terms import in_words

    rule = each.rule
    counted = (base_name(rule.base), start_name(rule.start)) if rule.term.months or rule.term.days else ("", "")
    return (each.title, each.code, in_words(rule.term), *counted, each.users)


def _class_data(each: RecordClass) -> dict[str, Any]:
    rule = each.rule
    return {
        "key": each.key,
        "title": each.title,
        "code": each.code,
        "aliases": each.aliases,
        "term": {
            "kind": rule.term.kind.value,
            "text": rule.term.text,
            "months": rule.term.months,
            "days": rule.term.days,
        },
        "base": rule.base.value,
        "start": rule.start.value,
        "users": each.users,
    }


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
    from office.archive import schedules

    office = the_office()
    handed = schedules.handed_in(office, file)
    shown = _previewed(office, handed.reading.version).free("schedule.unchanged")
    if not as_json:
        _show_schedule(handed.reading, _adopted(office), as_json=False)
        shown.print()
    place = office.folder / "schedule.csv"
    if place.exists() and place.read_bytes() != handed.content and not force:
        _asked(_("Replace {file}?").format(file=place), place, as_json=as_json)
    schedules.keep(office, handed)
    if as_json:
        doubts = [*map(problem_data, handed.reading.doubts)]
        click.echo(to_json({"exit": 0, "file": str(place), **shown.as_data(), "problems": doubts}))
    else:
        click.echo(_("{file} is written. `guidang schedule adopt` puts it in force.").format(file=place))
    return Exit.DONE


def _asked(question: str, place: Path, *, as_json: bool) -> None:
    """Go on only where a person at a terminal says yes."""
    from errno import EEXIST

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
    from office.archive import ledgers, people
    from retention.acts import schedule as enactment

    office = the_office()
    version = office.schedule().version
    if preview:
        shown = _previewed(office, version, shorten=shorten).free()
        click.echo(to_json({"exit": 0, **shown.as_data()})) if as_json else shown.print()
        return Exit.DONE
    with ledgers.open_ledger(office, make=True) as ledger:
        stamp = people.stamp_of(office, ledger, datetime.now(UTC))
        if count is None:
            shown = _previewed(office, version, shorten=shorten).free()
            count = _typed(shown, shown.moving, as_json=as_json)
        done = enactment.adopt(ledger, stamp, version, count, shorten=shorten)
    proposed = done.proposed
    if as_json:
        click.echo(to_json({"exit": 0, "number": proposed.number, **_Preview(done, "").as_data()}))
    else:
        text = _("The schedule is in force as version {number}. Records due by it today: {due} more than before.")
        click.echo(text.format(number=proposed.number, due=len(done.becoming_due)))
    return Exit.DONE


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
    from office.archive import ledgers, people
    from retention.acts import schedule as enactment
    from retention.errors import ConflictError

    office = the_office()
    version = office.schedule().version
    if len(digest) < 8 or not version.digest.startswith(digest.lower()):
        raise ConflictError([_other_digest(version)])
    with ledgers.open_ledger(office) as ledger:
        stamp = people.stamp_of(office, ledger, datetime.now(UTC))
        if count is None:
            shown = _previewed(office, version, approver=stamp.actor.name).free()
            count = _typed(shown, shown.earlier, as_json=as_json)
        becoming = enactment.approve_shortening(ledger, stamp, version, count, reason)
    if as_json:
        click.echo(to_json({"exit": 0, "digest": version.digest, "by": stamp.actor.name, "becoming_due": becoming}))
    else:
        click.echo(_("Approved. Another person may now adopt it: `guidang schedule adopt --shorten-approved`."))
    return Exit.DONE


def _other_digest(version: ScheduleVersion) -> Problem:
    from retention.errors import Problem

    message = _("schedule.csv has another digest: {digest}").format(digest=version.digest)
    hint = _("Approve only what you have seen: look at it again with `guidang schedule show`.")
    return Problem("schedule.csv", message, hint, "schedule.other_digest", "P3")


def _typed(shown: _Preview, wanted: int, *, as_json: bool) -> int:
    """The number a person types after reading the preview. Refused where nobody can type one."""
    if not as_json:
        shown.print()
    if as_json or not sys.stdin.isatty():
        raise click.UsageError(
            _("Read the preview (--preview), then give the number of records it names: --count {n}.").format(n=wanted)
        )
    typed: int = click.prompt(_("Type the number of records ({n}) to go on").format(n=wanted), type=int)
    return typed


# --- the preview ------------------------------------------------------------------------------------------------


def _previewed(office: Office, version: ScheduleVersion, *, shorten: bool = False, approver: str = "") -> _Preview:
    """What adopting the version today would do (P2)."""
    from office.archive import ledgers
    from retention.acts import schedule as enactment
    from retention.acts import schedule_preview as adoption
    from retention.rules.dates import business_date

    today = business_date(datetime.now(UTC))
    if not ledgers.is_there(office):
        return _Preview(adoption.preview((), (), adoption.propose(version, (), (), today)), "", ())
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        approved = enactment.approver_of(view, version.digest)
        shortened_by = approver or (approved if shorten else "")
        obstacles = enactment.obstacles(view, version, today, shortened_by)
        return _Preview(enactment.preview(view, version, today, shortened_by), approved, tuple(obstacles))


@dataclass(frozen=True)
class _Preview:
    """A preview ready to be told; ``approved``: by whom shortening was; ``obstacles``: what forbids adopting it."""

    preview: Preview
    approved: str
    obstacles: tuple[Problem, ...] = ()

    def free(self, *harmless: str) -> _Preview:
        """The preview itself. RefusedError where something but what is harmless here forbids adopting."""
        from retention.errors import RefusedError

        if problems := [problem for problem in self.obstacles if problem.code not in harmless]:
            raise RefusedError(problems)
        return self

    @property
    def moving(self) -> int:
        return sum(shift.earlier + shift.later for shift in self.preview.shifts)

    @property
    def earlier(self) -> int:
        return sum(shift.earlier for shift in self.preview.shifts)

    def as_data(self) -> dict[str, Any]:
        proposed = self.preview.proposed
        return {
            "digest": proposed.version.digest,
            "version": proposed.number,
            "shortening_approved_by": self.approved or None,
            "count": self.moving,
            "classes": [*map(_shift_data, self.preview.shifts)],
            "becoming_due": self.preview.becoming_due,
        }

    def print(self) -> None:
        number, shifts = self.preview.proposed.number, self.preview.shifts
        click.echo(click.style(_("Preview: what version {number} would change").format(number=number), bold=True))
        titles = (_("class"), _("records"), _("kept now"), _("kept then"), _("earlier"), _("later"), _("not earlier"))
        known = [shift for shift in shifts if shift.before or shift.after]
        if known:
            rows = [*map(self._row, known)]
            terminal.print_table((*titles, _("become due")), rows, right=frozenset({1, 4, 5, 6, 7}))
        if others := sum(shift.records for shift in shifts if shift not in known):
            text = _("{n} records are of no class of the schedule: kept and reported, now as then.")
            click.echo(text.format(n=others))
        n = self.moving
        text = ngettext("{n} record gets another day", "{n} records get another day", n).format(n=n)
        due = _("{n} become due").format(n=len(self.preview.becoming_due))
        click.echo(click.style(f"{text}，{due}", bold=True))
        for line in self._spared():
            for part in terminal.wrap(line, terminal.line_width()):
                click.echo(part)

    def _row(self, shift: Shift) -> tuple[str, ...]:
        from retention.rules.schedule_table import find

        known = find(self.preview.proposed.version, shift.key)
        counts = (shift.earlier, shift.later, shift.spared, shift.becoming_due)
        named = known.title if known else shift.key
        return (named, str(shift.records), _words(shift.before), _words(shift.after), *(str(n or "") for n in counts))

    def _spared(self) -> Iterator[str]:
        """P3: what does not go earlier, and what would allow it."""
        proposed = self.preview.proposed
        if proposed.shortened_by:
            yield _(
                "Shorter terms count for earlier records too, as {name} approves; not for those held or listed."
            ).format(name=proposed.shortened_by)
        elif self.preview.spared:
            text = _(
                "{n} records were filed before and keep their later day. For them too only where an approver says "
                "`guidang schedule approve-shortening {digest}`."
            )
            yield text.format(n=self.preview.spared, digest=proposed.version.digest[:12])


def _words(term: Term | None) -> str:
    from retention.rules.terms import in_words

    return in_words(term) if term else "—"


def _shift_data(shift: Shift) -> dict[str, Any]:
    return {
        "class": shift.key,
        "records": shift.records,
        "before": shift.before.text if shift.before else None,
        "after": shift.after.text if shift.after else None,
        "earlier": shift.earlier,
        "later": shift.later,
        "not_earlier": shift.spared,
        "becoming_due": shift.becoming_due,
        "no_longer_due": shift.no_longer_due,
    }
