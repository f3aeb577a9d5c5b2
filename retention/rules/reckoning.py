"""Pure: a record's dates by the schedule in all its versions: which rule decides, and which day follows (T1, P2, P3).

Versions lie one over the other in the order they were adopted. A term that ends later replaces an earlier one. A term
that ends sooner does so only for records filed afterwards, or where a second person approved it, and never for those
held or listed on that day. A term that says nothing certain makes a record one to keep and report, and takes nothing
away from what was promised before.

    adopted 2024: 2年, 2026: 1年, 2027: 3年
    filed in 2025      2年; the 1年 of 2026 ends sooner and is spared; 3年 from 2027 on
    filed in late 2026 1年 from the start; 3年 from 2027 on
    filed in 2025, the 1年 approved by a second person: 1年, or 2年 where it was held or listed that day
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING

from retention.rules.dates import BaseDate, base_date, eligible_day
from retention.rules.schedule import Term, TermKind
from retention.rules.schedule_table import find

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from retention.rules.model import Extension, Record
    from retention.rules.schedule import Adoption, RecordClass, Rule


class Never(Enum):
    """Why a record has no eligible day. All but the first two want a person's attention (D4, P4)."""

    PERMANENT = "permanent"
    PROOF = "proof"
    UNCLASSIFIED = "unclassified"
    NO_SCHEDULE = "no_schedule"
    NO_CLASS = "no_class"
    UNKNOWN_TERM = "unknown_term"
    BEYOND_CALENDAR = "beyond_calendar"


@dataclass(frozen=True, slots=True)
class Basis:
    """What one version says about a record: its class as that version has it, the base date, the eligible day."""

    adoption: Adoption
    record_class: RecordClass
    base: BaseDate
    eligible_on: date | None

    @property
    def rule(self) -> Rule:
        return self.record_class.rule

    @property
    def kept_to(self) -> date:
        """For comparing terms that are known: for ever is the end of the calendar."""
        return self.eligible_on or date.max


@dataclass(frozen=True, slots=True)
class Reckoning:
    """When a record may go, or why ``never``, and by what.

    ``spared``: what later versions say that would end sooner, and does not apply (P3). ``extended_on``: the eligible
    day an appraisal gave, which counts where it is later.
    """

    eligible_on: date | None
    never: Never | None
    basis: Basis | None = None
    spared: tuple[Basis, ...] = ()
    extended_on: date | None = None

    def due(self, on: date) -> bool:
        """Whether the day has come. Being due is not being approved (clause 4.0)."""
        return self.eligible_on is not None and self.eligible_on <= on


def reckon(record: Record, adoptions: Sequence[Adoption]) -> Reckoning:
    """The reckoning of a record by all versions adopted so far, in their order."""
    basis, spared = _deciding(record, adoptions)
    extended_on = _extended_on(record.extension, basis)
    if never := _never(record, adoptions, basis, extended_on):
        return Reckoning(None, never, basis, spared, extended_on)
    days = (basis.eligible_on if basis else None, extended_on)
    return Reckoning(max(day for day in days if day), None, basis, spared, extended_on)


def _never(
    record: Record, adoptions: Sequence[Adoption], basis: Basis | None, extended_on: date | None
) -> Never | None:
    """The first reason that holds."""
    term = basis.rule.term if basis else Term(TermKind.BLANK)
    appraised = record.extension.term.kind if record.extension else None
    known = bool(adoptions) and find(adoptions[-1].version, record.class_key or "") is not None
    reasons = (
        (Never.PROOF, record.proof),
        (Never.PERMANENT, appraised is TermKind.PERMANENT),
        (Never.UNCLASSIFIED, record.class_key is None),
        (Never.NO_SCHEDULE, not adoptions),
        (Never.NO_CLASS, not known),
        (Never.PERMANENT, term.kind is TermKind.PERMANENT),
        (Never.UNKNOWN_TERM, not term.known),
        (Never.BEYOND_CALENDAR, basis is None or basis.eligible_on is None or (appraised and extended_on is None)),
    )
    return next((never for never, holds in reasons if holds), None)


def _extended_on(extension: Extension | None, basis: Basis | None) -> date | None:
    """The day an appraisal moved the record to; its term counts as the class starts."""
    if extension is None or basis is None:
        return None
    return eligible_day(extension.appraised_on, replace(basis.rule, term=extension.term))


def _deciding(record: Record, adoptions: Sequence[Adoption]) -> tuple[Basis | None, tuple[Basis, ...]]:
    """What decides, and what would end sooner but does not apply (P3)."""
    deciding: Basis | None = None
    promised: Basis | None = None
    spared: list[Basis] = []
    for basis in _since_filing(record, adoptions):
        if not basis.rule.term.known:
            deciding = basis
        elif promised is None or basis.kept_to >= promised.kept_to or _may_shorten(basis.adoption, record):
            deciding = promised = basis
            spared.clear()
        else:
            deciding = promised
            spared.append(basis)
    return deciding, tuple(spared)


def _since_filing(record: Record, adoptions: Sequence[Adoption]) -> Iterator[Basis]:
    """What the version in force at filing says, and each after it. On the day itself the earlier one counts still."""
    before = sum(adoption.on < record.filed_on for adoption in adoptions)
    for adoption in adoptions[max(before - 1, 0) :]:
        record_class = find(adoption.version, record.class_key or "")
        if record_class is not None:
            base = base_date(record, record_class.rule.base)
            yield Basis(adoption, record_class, base, eligible_day(base.day, record_class.rule))


def _may_shorten(adoption: Adoption, record: Record) -> bool:
    return bool(adoption.shortened_by) and record.id not in adoption.exempt


def reckonings(records: Iterable[Record], adoptions: Sequence[Adoption]) -> Iterator[tuple[Record, Reckoning]]:
    """Each record with its reckoning; equal facts are reckoned once, so that a million records take seconds."""
    known: dict[object, Reckoning] = {}
    for record in records:
        facts = _facts(record, adoptions)
        if facts not in known:
            known[facts] = reckon(record, adoptions)
        yield record, known[facts]


def _facts(record: Record, adoptions: Sequence[Adoption]) -> object:
    """Everything a reckoning looks at."""
    exempt = tuple(record.id in adoption.exempt for adoption in adoptions)
    return record.class_key, record.period, record.dated, record.filed_on, record.proof, record.extension, exempt
