"""Values: how long records are kept, and the schedule that says so in its versions. Words: docs/design.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from enum import Enum


class TermKind(Enum):
    """What a 保存期限 comes to. Only the first two say something certain; the others mean keep and report (P4)."""

    FIXED = "fixed"
    PERMANENT = "permanent"
    INDEFINITE = "indefinite"  # 长期, 短期: no number of years
    CONDITIONAL = "conditional"  # 合同到期后3年: counts from an event nobody reported
    BLANK = "blank"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class Term:
    """保存期限: months and days to keep, for ever, or unknown; ``text`` as the schedule writes it."""

    kind: TermKind
    text: str = ""
    months: int = 0
    days: int = 0

    @property
    def known(self) -> bool:
        """Whether it says with certainty how long; a record without a known term is never due (D4)."""
        return self.kind in {TermKind.FIXED, TermKind.PERMANENT}


class Start(Enum):
    """起算规则: the day from which a term counts (T1)."""

    NEXT_YEAR = "next_year"  # 1 January after the base date
    ANNIVERSARY = "anniversary"  # the day after the base date, 民法典 201


class Base(Enum):
    """起算日: which of a record's dates is the base date (T1); each falls back on those below it."""

    LATEST = "latest"  # the latest of those known
    PERIOD_END = "period_end"
    DOCUMENT = "document"
    FILING = "filing"


@dataclass(frozen=True, slots=True)
class Rule:
    """保管规则: how long, from which date, and from which day after it."""

    term: Term
    start: Start = Start.NEXT_YEAR
    base: Base = Base.PERIOD_END


@dataclass(frozen=True, slots=True)
class RecordClass:
    """记录类别: one row of the schedule. ``key`` is its code, or its title where it has no complete code."""

    key: str
    title: str
    code: str = ""
    rule: Rule = field(default_factory=lambda: Rule(Term(TermKind.BLANK)))
    users: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScheduleVersion:
    """One state of the schedule, immutable (P1). ``digest``: SHA-256 over the meaning of its classes, in hex."""

    digest: str
    classes: tuple[RecordClass, ...]
    source: str = ""


@dataclass(frozen=True, slots=True)
class Adoption:
    """A version put in force. ``shortened_by``: the second person who approved that terms of records filed earlier
    become shorter; ``exempt``: ids of the records held or listed on that day, which nothing shortens (P3).
    """

    number: int
    on: date
    version: ScheduleVersion
    shortened_by: str = ""
    exempt: frozenset[str] = frozenset()
