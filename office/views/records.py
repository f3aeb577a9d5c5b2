"""Records as people see them: what is due and why, which there are, how the day of one came about, holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from foundation.language import _
from office.archive.archive import Archive, Wanted
from office.archive.classes import Classes
from office.archive.finding import record_named, records_named
from office.archive.people import full_names
from office.views.as_json import HIDDEN, IF_ANY, SPREAD
from retention.filing.identify import Identification
from retention.ledger import counting
from retention.ledger.counting import Alerts, Group
from retention.ledger.history import history
from retention.ledger.schema import records as table
from retention.ledger.selection import by_place, conditions
from retention.ledger.view import Dated, View, due_on
from retention.rules.lifecycle import overlay_name, state_name
from retention.rules.model import Hold, Overlay, Record, State
from retention.rules.reasons import Reason, explain, in_one_line, never_name
from retention.rules.reckoning import Never, reckon, reckonings


class TablePage(NamedTuple):
    """Which rows of a long table: ``limit`` None for all of them."""

    limit: int | None
    number: int = 1

    @property
    def skip(self) -> int:
        return (self.limit or 0) * (self.number - 1)


# --- one record -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RecordRow:
    """A record as lists show it; ``title``: its class as the schedule calls it, ``list_``: the disposal list."""

    record: str
    class_: str | None
    title: str
    period: str | None
    dated: date | None
    department: str
    filed_on: date
    share: str
    path: str
    digest: str
    size: int
    kept_until: date | None
    eligible_on: date | None
    state: State
    overlays: frozenset[Overlay]
    holds: frozenset[str]
    list_: str | None
    missing_since: date | None
    altered_to: str | None
    resurfaced_at: str | None

    @property
    def place(self) -> str:
        """Where it lies, the share's name first."""
        return f"{self.share}/{self.path}"

    def standing(self, on: date | None = None) -> str:
        """How it stands, in a few words: what lies over it, its state, and whether it is due ``on`` a day."""
        lying = [each for each in Overlay if each in self.overlays and each is not Overlay.UNCLASSIFIED]
        names = [overlay_name(each) for each in lying]
        if Overlay.HELD in lying:
            names[lying.index(Overlay.HELD)] += " " + "、".join(sorted(self.holds))
        if self.state is not State.RETAINED:
            names.append(state_name(self.state))
        elif on and self.eligible_on and self.eligible_on <= on and not {*lying} & {*counting.KEEPING}:
            names.append(_("due"))
        return "，".join(names)


_SAME = (
    *("dated", "department", "filed_on", "share", "path", "digest", "size", "state", "overlays", "holds"),
    *("missing_since", "altered_to", "resurfaced_at"),
)
"""What a row says by the same names as the record."""


def _row(classes: Classes, each: Dated, list_number: str | None = None) -> RecordRow:
    day, record = each
    return RecordRow(
        record=record.id,
        class_=record.class_key,
        title=classes.title(record.class_key),
        period=str(record.period) if record.period else None,
        kept_until=day - timedelta(days=1) if day else None,
        eligible_on=day,
        list_=list_number,
        **{name: getattr(record, name) for name in _SAME},
    )


@dataclass(frozen=True)
class PlacedRecord:
    """A record by its number, and where it lies."""

    record: str
    share: str
    path: str

    @property
    def place(self) -> str:
        return f"{self.share}/{self.path}"


def _placed(record: Record) -> PlacedRecord:
    return PlacedRecord(record.id, record.share, record.path)


def _guess_lines(classes: Classes, guess: Identification) -> tuple[str, ...]:
    """What an unclassified record may be, and why nobody could tell."""
    titles = "、".join(classes.catalogue.title(key) for key in guess.candidates)
    may_be = _("may be: {titles}").format(titles=titles) if titles else ""
    return tuple(filter(None, (may_be, "；".join(guess.reasons))))


def _list_number(view: View, list_id: str) -> str:
    """What people call the disposal list of an id; the id itself where there is no such list."""
    found = view.list_head(list_id)
    return found.number if found else list_id


# --- alerts -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class AlertCounts:
    """How many records want a person, the most alarming first (W3–W5, W7, D4)."""

    missing: int
    altered: int
    resurfaced: int
    unclassified: int
    repeated: int
    copies: int


def _alerts(alarm: Alerts) -> AlertCounts:
    return AlertCounts(*[number for _overlay, number in alarm.lying] + [alarm.repeated, alarm.copies])


# --- due --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DueRecord:
    """A record whose term has run out, and by what."""

    row: RecordRow = field(metadata=SPREAD)
    why: str


@dataclass(frozen=True)
class KeptCounts:
    """Records whose day has come, and what keeps them."""

    held: int
    altered: int
    missing: int
    listed: int


@dataclass(frozen=True)
class NeverDue:
    """Records of a class that have no day, and why; None: their class is not known."""

    reason: Never
    class_: str | None
    title: str = field(metadata=HIDDEN)
    records: int


@dataclass(frozen=True)
class DueRecords:
    """What is due on a day, a page of it, and what is not; ``schedule``: the version in force, None without one."""

    on: date
    due: int
    records: tuple[DueRecord, ...]
    kept: KeptCounts
    later: int
    never: tuple[NeverDue, ...]
    alerts: AlertCounts
    schedule: int | None

    def not_due(self) -> Iterator[str]:
        """What is not due, and why: a line for each reason."""
        kept = [(overlay_name(each), getattr(self.kept, each.value)) for each in counting.KEEPING]
        told = [f"{name} {n}" for name, n in (*kept, (_("on a disposal list"), self.kept.listed)) if n]
        if told:
            yield _("Their day has come, but they are kept: {what}.").format(what="、".join(told))
        if self.later:
            yield _("Not due yet: {n}.").format(n=self.later)
        for reason in dict.fromkeys(each.reason for each in self.never):
            groups = [each for each in self.never if each.reason is reason]
            named = "、".join(f"{each.title} {each.records}" for each in groups if each.class_)
            text = _("Never due, {reason}: {n}")
            told_so = text.format(reason=never_name(reason), n=sum(each.records for each in groups))
            yield f"{told_so}（{named}）" if named else told_so


def due(archive: Archive, on: date, wanted: Wanted, page: TablePage) -> DueRecords:
    """What is due on a day of the records meant, each with the rule and the dates that led there."""
    classes, order = archive.classes, (table.c.eligible_on, table.c.id)
    with archive.ledger.read() as view:
        where = conditions(archive.selection(view, wanted))
        found = view.found(due_on(on), *where, order=order, limit=page.limit, skip=page.skip)
        adoptions = view.adoptions()
        reckoned = reckonings((each.record for each in found), adoptions)
        counted = counting.tally(view, on, *where)
        alarm = counting.alerts(view, classes.single(view))
    rows = tuple(
        DueRecord(_row(classes, each, each.record.list_id), in_one_line(record, why))
        for each, (record, why) in zip(found, reckoned, strict=True)
    )
    kept = KeptCounts(*[number for _overlay, number in counted.kept] + [counted.listed])
    never = tuple(NeverDue(reason, key, classes.title(key), n) for reason, key, n in counted.never)
    in_force = adoptions[-1].number if adoptions else None
    return DueRecords(on, counted.due, rows, kept, counted.later, never, _alerts(alarm), in_force)


# --- records ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListedRecord:
    """A record of a list; of an unclassified one what it may be, and why nobody could tell."""

    row: RecordRow = field(metadata=SPREAD)
    candidates: Sequence[str] | None = field(metadata=IF_ANY)
    reasons: Sequence[str] | None = field(metadata=IF_ANY)
    notes: tuple[str, ...] = field(metadata=HIDDEN)


@dataclass(frozen=True)
class RecordList:
    """A page of the records there are."""

    alerts: AlertCounts
    total: int
    records: tuple[ListedRecord, ...]


def listed(  # noqa: PLR0913 - what is asked of them
    archive: Archive, wanted: Wanted, page: TablePage, *, text: str, lying: str | None, gone: bool
) -> RecordList:
    """The records meant. ``text``: what stands in their places; ``lying``: what lies over them; ``gone``: all."""
    over = Overlay(lying) if lying else None
    with archive.ledger.read() as view:
        alarm = counting.alerts(view, archive.classes.single(view))
        selection = archive.selection(view, wanted, text=text, overlay=over, gone=gone)
        where = conditions(selection)
        found = view.found(*where, order=by_place(selection), limit=page.limit, skip=page.skip)
        total = counting.count(view, *where)
        rows = tuple(_listed(archive, view, each, guess=over is Overlay.UNCLASSIFIED) for each in found)
    return RecordList(_alerts(alarm), total, rows)


def _guess(archive: Archive, view: View, record: Record) -> Identification:
    """What a file seems to be; reading files is loaded where somebody asks for it, which few commands do."""
    from office.archive.records import identified

    return identified(archive.office, archive.classes, view, record)


def _listed(archive: Archive, view: View, each: Dated, *, guess: bool) -> ListedRecord:
    record, classes = each.record, archive.classes
    number = _list_number(view, record.list_id) if record.list_id else None
    found = _guess(archive, view, record) if guess else None
    notes = _guess_lines(classes, found) if found else ()
    if record.resurfaced_at:
        text = _("destroyed by list {list}; lies there again: {place}")
        notes = (*notes, text.format(list=number or "", place=record.resurfaced_at))
    row = _row(classes, each, number)
    guess_of = (found.candidates, found.reasons) if found else (None, None)
    return ListedRecord(row, guess_of[0], guess_of[1], notes)


@dataclass(frozen=True)
class DuplicateGroup:
    """Records one of which may be one too many: of one content, or of one class, period and department."""

    same: str
    digest: str | None = field(metadata=IF_ANY)
    class_: str | None = field(metadata=IF_ANY)
    period: str | None = field(metadata=IF_ANY)
    department: str | None = field(metadata=IF_ANY)
    title: str
    records: tuple[PlacedRecord, ...]

    def __str__(self) -> str:
        n = len(self.records)
        if self.digest is not None:
            return _("the same content {n} times").format(n=n)
        what = " ".join(filter(None, (self.title, self.period, self.department)))
        return _("{what}: {n} files").format(what=what, n=n)


@dataclass(frozen=True)
class Duplicates:
    """A page of the groups of records of which there may be one too many."""

    alerts: AlertCounts
    groups: tuple[DuplicateGroup, ...]

    @property
    def total(self) -> int:
        """Of the longer of both kinds, how many groups there are; pages go through both at once."""
        return max(self.alerts.repeated, self.alerts.copies)

    @property
    def shown(self) -> int:
        """Of the longer of both kinds, how many are on this page."""
        contents = sum(group.digest is not None for group in self.groups)
        return max(contents, len(self.groups) - contents)


def duplicates(archive: Archive, page: TablePage) -> Duplicates:
    """The records of which there may be one too many."""
    with archive.ledger.read() as view:
        single = archive.classes.single(view)
        alarm = counting.alerts(view, single)
        groups = counting.repeated(view, single, page.limit, page.skip) + counting.copied(view, page.limit, page.skip)
    return Duplicates(_alerts(alarm), tuple(_group(archive.classes, group) for group in groups))


def _group(classes: Classes, group: Group) -> DuplicateGroup:
    first = group.records[0]
    members = (classes.title(first.class_key), tuple(map(_placed, group.records)))
    if group.content:
        return DuplicateGroup("content", first.digest, None, None, None, *members)
    return DuplicateGroup("period", None, first.class_key, str(first.period), first.department, *members)


# --- why --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldBy:
    """A hold over a record, and the account that placed it."""

    hold: str
    reason: str
    by: str


@dataclass(frozen=True)
class HistoryEntry:
    """One event as a person reads it; ``who``: the person's full name, or the service."""

    number: int
    at: datetime
    on: date
    actor: str
    text: str
    who: str = field(metadata=HIDDEN)


@dataclass(frozen=True)
class RecordExplained:
    """Everything that is known of a record; ``lines``: its reckoning, holds, list and copies in words."""

    row: RecordRow = field(metadata=SPREAD)
    steps: Sequence[Reason]
    held: tuple[HeldBy, ...]
    copies: tuple[PlacedRecord, ...]
    history: tuple[HistoryEntry, ...]
    lines: tuple[str, ...] = field(metadata=HIDDEN)


def why(archive: Archive, text: str, on: date) -> RecordExplained:
    """A record's day: class, term, base date, rule and sum, what lies over it, and what happened to it."""
    classes = archive.classes
    with archive.ledger.read() as view:
        record = record_named(archive.office, view, text)
        names = full_names(view)
        steps = explain(record, reckon(record, view.adoptions()), on)
        holds = [hold for hold in map(view.hold, sorted(record.holds)) if hold]
        copies = [each for each in view.records_with(record.digest) if each.id != record.id]
        happened = tuple(
            HistoryEntry(
                one.seq,
                one.at,
                one.on,
                one.actor.name,
                one.text,
                _("the service") if one.actor.is_service else names.get(one.actor.name, one.actor.name),
            )
            for one in history(view.log(record.id), classes.title, lambda name: _list_number(view, name))
        )
        number = _list_number(view, record.list_id or "")
        row = _row(classes, Dated(view.eligible_on(record.id), record), record.list_id)
    held = tuple(HeldBy(hold.id, hold.reason, hold.placed_by.name) for hold in holds)
    lines = (*map(str, steps), *(_hold_line(hold, names) for hold in holds))
    lines += (_("On disposal list {list}").format(list=number),) if number else ()
    lines += tuple(map(_copy_line, copies))
    return RecordExplained(row, steps, held, tuple(map(_placed, copies)), happened, lines)


def _hold_line(hold: Hold, names: dict[str, str]) -> str:
    text, who = _("Hold {id} of {day}, by {who}: {reason}"), names.get(hold.placed_by.name, hold.placed_by.name)
    return text.format(id=hold.id, day=hold.placed_on, who=who, reason=hold.reason)


def _copy_line(copy: Record) -> str:
    text = _("The same content: {id} {place} ({state})")
    return text.format(id=copy.id, place=_placed(copy).place, state=state_name(copy.state))


# --- classified, settled, held ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Candidate:
    """What a record is now, what it may be, and why nobody could tell."""

    record: str
    share: str
    path: str
    class_: str | None
    candidates: Sequence[str]
    period: str | None
    department: str
    reasons: Sequence[str]
    place: str = field(metadata=HIDDEN)
    lines: tuple[str, ...] = field(metadata=HIDDEN)


@dataclass(frozen=True)
class Candidates:
    """What records may be, by their names and their files."""

    records: tuple[Candidate, ...]


def candidates(archive: Archive, texts: Sequence[str]) -> Candidates:
    """What the records named may be. UnknownError where a name is none."""
    with archive.ledger.read() as view:
        found = records_named(archive.office, view, texts)
        return Candidates(tuple(_candidate(archive, view, record) for record in found))


def _candidate(archive: Archive, view: View, record: Record) -> Candidate:
    guess = _guess(archive, view, record)
    now = _("Class: {name}").format(name=archive.classes.title(record.class_key) or _("not known"))
    period, at = str(guess.period) if guess.period else None, _placed(record)
    lines = (now, *_guess_lines(archive.classes, guess))
    found = (guess.candidates, period, guess.department, guess.reasons)
    return Candidate(at.record, at.share, at.path, record.class_key, *found, at.place, lines)


@dataclass(frozen=True)
class ChangedRecords:
    """Records as they are after an act, with their new days."""

    records: tuple[RecordRow, ...]


def changed(archive: Archive, ids: Sequence[str]) -> ChangedRecords:
    """The records with these ids as they are now."""
    with archive.ledger.read() as view:
        found = view.found(table.c.id.in_(ids))
    return ChangedRecords(tuple(_row(archive.classes, each, each.record.list_id) for each in found))


@dataclass(frozen=True)
class HoldRow:
    """A hold: since when, by whose account, over how many records; ``who``: the person's full name."""

    hold: str
    reason: str
    by: str
    since: date
    released_on: date | None
    records: int
    who: str = field(metadata=HIDDEN)


@dataclass(frozen=True)
class Holds:
    """The holds that stand, or all there ever were."""

    holds: tuple[HoldRow, ...]


def holds(archive: Archive, *, released: bool) -> Holds:
    """The holds that stand, and with ``released`` those that ended."""
    with archive.ledger.read() as view:
        covered, names = counting.covered(view), full_names(view)
        found = [each for each in view.holds() if released or each.stands]
    return Holds(tuple(_hold(each, covered.get(each.id, 0), names) for each in found))


def _hold(each: Hold, records: int, names: dict[str, str]) -> HoldRow:
    by = each.placed_by.name
    return HoldRow(each.id, each.reason, by, each.placed_on, each.released_on, records, names.get(by, by))
