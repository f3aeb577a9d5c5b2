"""The schedule as people see it: how schedule.csv is read, what is in force, what adopting would change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from foundation.problem import Problem
from office.archive import ledgers
from office.office import Office
from office.views.as_json import HIDDEN
from retention.acts import schedule as acts
from retention.acts import schedule_preview
from retention.acts.schedule_preview import Preview, Shift
from retention.errors import RefusedError
from retention.rules.schedule import Base, RecordClass, ScheduleVersion, Start, Term
from retention.rules.schedule_table import ScheduleReading, base_name, find, start_name
from retention.rules.terms import in_words

# --- as it is read ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScheduleClass:
    """One row of the schedule."""

    key: str
    title: str
    code: str
    aliases: Sequence[str]
    term: Term
    base: Base
    start: Start
    users: str

    @property
    def cells(self) -> tuple[str, ...]:
        """Title, code, term, from what and from when it counts, users."""
        term = self.term
        counted = (base_name(self.base), start_name(self.start)) if term.months or term.days else ("", "")
        return (self.title, self.code, in_words(term), *counted, self.users)


@dataclass(frozen=True)
class VersionInForce:
    """The version in force, and since when."""

    number: int
    on: date
    digest: str


@dataclass(frozen=True)
class ScheduleRead:
    """How a schedule is read, and what a person should look at; ``in_force``: None where nothing is yet."""

    digest: str
    in_force: VersionInForce | None
    classes: tuple[ScheduleClass, ...]
    problems: tuple[Problem, ...]


def schedule(office: Office, reading: ScheduleReading) -> ScheduleRead:
    """A schedule as it was read, beside the one in force."""
    version = reading.version
    return ScheduleRead(version.digest, _in_force(office), tuple(map(_class, version.classes)), reading.doubts)


def _in_force(office: Office) -> VersionInForce | None:
    if not ledgers.is_there(office):
        return None
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        adopted = next(reversed(view.adoptions()), None)
    return VersionInForce(adopted.number, adopted.on, adopted.version.digest) if adopted else None


def _class(each: RecordClass) -> ScheduleClass:
    rule = each.rule
    return ScheduleClass(each.key, each.title, each.code, each.aliases, rule.term, rule.base, rule.start, each.users)


# --- the preview ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ClassShift:
    """What adopting does to the records of one class; terms as the schedule writes them."""

    class_: str
    records: int
    before: str | None
    after: str | None
    earlier: int
    later: int
    not_earlier: int
    becoming_due: int
    no_longer_due: int
    names: tuple[str, ...] = field(metadata=HIDDEN)

    @property
    def known(self) -> bool:
        """Whether it is a class of either schedule."""
        return self.before is not None or self.after is not None

    @property
    def cells(self) -> tuple[str, ...]:
        """Class, records, term now and then, and how many go earlier, later, not earlier, become due."""
        title, before, after = self.names
        counts = (self.earlier, self.later, self.not_earlier, self.becoming_due)
        return (title, str(self.records), before, after, *(str(n or "") for n in counts))


@dataclass(frozen=True)
class SchedulePreview:
    """What adopting would do (P2). ``count``: how many records get another day; ``earlier``: how many go earlier."""

    digest: str
    version: int
    shortening_approved_by: str | None
    count: int
    classes: tuple[ClassShift, ...]
    becoming_due: Sequence[str]
    shortened_by: str = field(metadata=HIDDEN)

    @property
    def earlier(self) -> int:
        return sum(shift.earlier for shift in self.classes)

    @property
    def not_earlier(self) -> int:
        return sum(shift.not_earlier for shift in self.classes)

    @property
    def of_no_class(self) -> int:
        """How many records are of no class of either schedule."""
        return sum(shift.records for shift in self.classes if not shift.known)


def previewed(  # noqa: PLR0913 - by whom shortening is approved, and what does not matter here
    office: Office,
    version: ScheduleVersion,
    on: date,
    *,
    shorten: bool = False,
    approver: str = "",
    harmless: str = "",
) -> SchedulePreview:
    """What adopting the version on a day would do. RefusedError where anything but ``harmless`` forbids it (P1, P3)."""
    if not ledgers.is_there(office):
        return preview(schedule_preview.preview((), (), schedule_preview.propose(version, (), (), on)))
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        approved = acts.approver_of(view, version.digest)
        by = approver or (approved if shorten else "")
        if problems := [each for each in acts.obstacles(view, version, on, by) if each.code != harmless]:
            raise RefusedError(problems)
        return preview(acts.preview(view, version, on, by), approved)


def preview(of: Preview, approved: str = "") -> SchedulePreview:
    """A preview as it is shown; ``approved``: by whom shortening was."""
    proposed = of.proposed
    classes = tuple(_shift(proposed.version, shift) for shift in of.shifts)
    digest, number, count = proposed.version.digest, proposed.number, acts.moving(of)
    return SchedulePreview(digest, number, approved or None, count, classes, of.becoming_due, proposed.shortened_by)


def _shift(version: ScheduleVersion, shift: Shift) -> ClassShift:
    known = find(version, shift.key)
    before, after = (term.text if term else None for term in (shift.before, shift.after))
    words = [in_words(term) if term else "—" for term in (shift.before, shift.after)]
    names = (known.title if known else shift.key, *words)
    moved = (shift.earlier, shift.later, shift.spared, shift.becoming_due, shift.no_longer_due)
    return ClassShift(shift.key, shift.records, before, after, *moved, names)
