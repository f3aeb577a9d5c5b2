"""Pure: putting a version of the schedule in force: what that would move (P2), and what forbids it (P1, P3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from itertools import tee
from typing import TYPE_CHECKING

from foundation.language import _
from retention.errors import Problem
from retention.rules.model import State
from retention.rules.reckoning import reckonings
from retention.rules.schedule import Adoption
from retention.rules.schedule_table import find, lost_classes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from retention.rules.model import Record
    from retention.rules.people import Actor
    from retention.rules.reckoning import Reckoning
    from retention.rules.schedule import ScheduleVersion, Term

_DESTROYED = frozenset({State.DESTROYED, State.CLOSED})
_MOVES = ("records", "earlier", "later", "spared", "becoming_due", "no_longer_due")


@dataclass(frozen=True, slots=True)
class Shift:
    """What adopting does to the undestroyed records of one class: how many there are, and how many days move.

    ``spared`` would end earlier, and do not (P3); a day that goes away (no term known any more) is later.
    """

    key: str
    before: Term | None
    after: Term | None
    records: int
    earlier: int
    later: int
    spared: int
    becoming_due: int
    no_longer_due: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What adopting would do, class by class, and the ids of the records that become due that day (P2)."""

    proposed: Adoption
    shifts: tuple[Shift, ...]
    becoming_due: tuple[str, ...]

    @property
    def spared(self) -> int:
        """How many records keep a later day: nobody else approved the earlier one, or they are held or listed."""
        return sum(shift.spared for shift in self.shifts)


def propose(
    version: ScheduleVersion, adoptions: Sequence[Adoption], records: Iterable[Record], on: date, shortened_by: str = ""
) -> Adoption:
    """The adoption that would come next. Where shorter terms reach back, what is held or listed now is exempt (P3)."""
    exempt = (record.id for record in records if record.holds or record.list_id) if shortened_by else ()
    return Adoption(len(adoptions) + 1, on, version, shortened_by, frozenset(exempt))


def objections(
    proposed: Adoption, adoptions: Sequence[Adoption], adopter: Actor, in_use: Iterable[str]
) -> list[Problem]:
    """What forbids adopting; nothing where it may be done. ``in_use``: the classes undestroyed records have."""
    source, approver = proposed.version.source, proposed.shortened_by
    found = lost_classes(proposed.version, in_use)
    if approver == adopter.name:
        message = _("shorter terms for what is filed already need the word of a second person")
        hint = _("Let somebody else approve them, or adopt without: then they count for what is filed from now on.")
        found.append(Problem(source, message, hint, "schedule.one_person", "P3"))
    if adoptions and adoptions[-1].version.digest == proposed.version.digest and not approver:
        message = _("this schedule is in force already, as version {number}").format(number=adoptions[-1].number)
        found.append(Problem(source, message, _("There is nothing to do."), "schedule.unchanged", "P1"))
    return found


def preview(records: Iterable[Record], adoptions: Sequence[Adoption], proposed: Adoption) -> Preview:
    """What adopting would do to the undestroyed among ``records``, which are gone through once."""
    kept = (record for record in records if record.state not in _DESTROYED)
    first, second = tee(kept)
    moves, due = Counter[tuple[str, str]](), list[str]()
    for (record, before), (_same, after) in zip(
        reckonings(first, adoptions), reckonings(second, (*adoptions, proposed)), strict=True
    ):
        moves.update((record.class_key or "", move) for move in _moves(before, after, proposed))
        if after.due(proposed.on) and not before.due(proposed.on):
            due.append(record.id)
    keys = sorted({key for key, _move in moves})
    return Preview(proposed, tuple(_shift(key, moves, adoptions, proposed) for key in keys), tuple(due))


def _moves(before: Reckoning, after: Reckoning, proposed: Adoption) -> Iterator[str]:
    """The counts of a Shift that a record adds to."""
    yield "records"
    was, becomes = before.eligible_on or date.max, after.eligible_on or date.max
    if was != becomes:
        yield "earlier" if becomes < was else "later"
    if any(basis.adoption is proposed for basis in after.spared):
        yield "spared"
    if before.due(proposed.on) is not after.due(proposed.on):
        yield "becoming_due" if after.due(proposed.on) else "no_longer_due"


def _shift(key: str, moves: Counter[tuple[str, str]], adoptions: Sequence[Adoption], proposed: Adoption) -> Shift:
    before = _term(adoptions[-1].version, key) if adoptions else None
    return Shift(key, before, _term(proposed.version, key), **{move: moves[key, move] for move in _MOVES})


def _term(version: ScheduleVersion, key: str) -> Term | None:
    record_class = find(version, key)
    return record_class.rule.term if record_class else None
