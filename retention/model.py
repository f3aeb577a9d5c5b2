"""The values retention speaks of: records and how long they stay, the schedule, holds, lists. Words: docs/design.md."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import Enum


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person by the name of their account, or the service with its version. Never a typed name (L6)."""

    name: str
    version: str = ""

    @property
    def is_service(self) -> bool:
        return bool(self.version)


# --- how long ---------------------------------------------------------------------------------------------------


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


# --- records ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """所属期: the days a paper covers, first and last included."""

    first: date
    last: date

    def __str__(self) -> str:
        """``2026``, ``2026-10``, ``2026-10-03``, or both days with a slash between."""
        if self.first == self.last:
            return self.first.isoformat()
        after = self.last + timedelta(days=1)
        if self.first.day == after.day == 1:
            months = (after.year - self.first.year) * 12 + after.month - self.first.month
            if months == 1:
                return f"{self.first:%Y-%m}"
            if months == 12 and self.first.month == 1:
                return f"{self.first:%Y}"
        return f"{self.first}/{self.last}"


class State(Enum):
    """Where a record stands between filing and proof of destruction. *Due* is no state: it follows from the date."""

    RETAINED = "retained"
    LISTED = "listed"
    APPROVED = "approved"
    QUARANTINED = "quarantined"
    DESTROYED = "destroyed"
    CLOSED = "closed"


class Overlay(Enum):
    """What may lie over a state; each but ``extended`` keeps a record from being destroyed."""

    HELD = "held"
    ALTERED = "altered"
    MISSING = "missing"
    RESURFACED = "resurfaced"
    UNCLASSIFIED = "unclassified"
    PERMANENT = "permanent"
    EXTENDED = "extended"


@dataclass(frozen=True, slots=True)
class Extension:
    """续存: an appraisal gave a new term, counted from the day of the appraisal; never earlier than the class says."""

    term: Term
    appraised_on: date
    reason: str


class Outcome(Enum):
    """What was seen of a destruction, and no more than was seen (D7, D11)."""

    REMOVED = "removed"  # removed by guidang from the share, absence confirmed
    BY_HAND = "by_hand"  # reported by people, absence confirmed
    UNOBSERVED = "unobserved"  # absent on recovery; the moment of removal was not observed


@dataclass(frozen=True, slots=True)
class Record:
    """记录: one filed document at one place. The same content elsewhere is another record with the same digest (W7).

    ``path`` is relative to ``share``, with ``/`` between; ``digest`` is SHA-256 in hex of the bytes as filed;
    ``dated`` is the document's own date, ``filed_on`` the business date of its registration. ``altered_to`` is the
    digest found instead of the filed one. ``proof`` marks disposal papers, which are permanent (D12).
    """

    id: str
    share: str
    path: str
    digest: str
    size: int
    filed_on: date
    class_key: str | None = None
    period: Period | None = None
    dated: date | None = None
    department: str = ""
    proof: bool = False
    state: State = State.RETAINED
    holds: frozenset[str] = frozenset()
    altered_to: str | None = None
    missing_since: date | None = None
    resurfaced_at: str | None = None
    extension: Extension | None = None
    list_id: str | None = None
    intent: int | None = None
    outcome: Outcome | None = None

    @property
    def overlays(self) -> frozenset[Overlay]:
        """All that lies over the state. A class that is permanent shows in its rule, not here."""
        permanent = self.proof or (self.extension is not None and self.extension.term.kind is TermKind.PERMANENT)
        shown = {
            Overlay.HELD: bool(self.holds),
            Overlay.ALTERED: self.altered_to is not None,
            Overlay.MISSING: self.missing_since is not None,
            Overlay.RESURFACED: self.resurfaced_at is not None,
            Overlay.UNCLASSIFIED: self.class_key is None,
            Overlay.PERMANENT: permanent,
            Overlay.EXTENDED: self.extension is not None and not permanent,
        }
        return frozenset(overlay for overlay, lies in shown.items() if lies)


@dataclass(frozen=True, slots=True)
class Hold:
    """冻结: nothing it covers is destroyed while it stands (D3). Which records it covers is written at each of them."""

    id: str
    reason: str
    placed_by: Actor
    placed_on: date
    released_on: date | None = None

    @property
    def stands(self) -> bool:
        return self.released_on is None


# --- disposal lists ---------------------------------------------------------------------------------------------


class ListState(Enum):
    """销毁清册: from draft to the witnesses' signatures; the last four are side exits."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    EXECUTING = "executing"
    EXECUTED = "executed"
    WITNESSED = "witnessed"
    RETURNED = "returned"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
