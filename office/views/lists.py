"""Disposal lists as people see them: where each stands, who did what when, its rows, what a run did."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from foundation.language import _
from foundation.problem import Problem
from office.archive.archive import Archive
from office.archive.people import full_names
from office.disposal import acts
from office.disposal.round_trip import Returned
from office.views.as_json import HIDDEN, IF_ANY, SPREAD
from retention.disposal.execution import Report
from retention.rules.canonical import object_of
from retention.rules.disposal_lists import OPEN, state_name
from retention.rules.lifecycle import state_name as record_state_name
from retention.rules.model import DisposalList, Item, ListState, Wish

# --- lists ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListRow:
    """A list by its number. ``items``: how many were ever on it; ``open_``: how many still are."""

    list_: str
    state: ListState
    items: int
    open_: int
    drafted_on: date
    drafted_by: str

    @property
    def state_name(self) -> str:
        return state_name(self.state)


@dataclass(frozen=True)
class ListsThereAre:
    """The lists there are."""

    lists: tuple[ListRow, ...]


def lists(archive: Archive, *, ended: bool) -> ListsThereAre:
    """The lists on which something is still to be done; with ``ended`` those that are over as well."""
    with archive.ledger.read() as view:
        found = view.disposal_lists(*(() if ended else (*OPEN, ListState.EXECUTED)))
        counts = view.item_counts()
    return ListsThereAre(tuple(_row(each, *counts.get(each.id, (0, 0))) for each in found))


def _row(found: DisposalList, items: int, still: int) -> ListRow:
    return ListRow(found.number, found.state, items, still, found.drafted_on, found.drafted_by)


# --- one list ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignedAs:
    """What a witness signed."""

    by: str
    on: date
    statement: str


@dataclass(frozen=True)
class ListDetail:
    """A list with its rows as they stand in the ledger; what it does not have yet is left out."""

    row: ListRow = field(metadata=SPREAD)
    digest: str | None = field(metadata=IF_ANY)
    approval: Mapping[str, Any] | None = field(metadata=IF_ANY)
    method: str | None = field(metadata=IF_ANY)
    place: str | None = field(metadata=IF_ANY)
    executors: Sequence[str] | None = field(metadata=IF_ANY)
    notes: Sequence[Mapping[str, Any]] | None = field(metadata=IF_ANY)
    submitted_on: date | None
    executed_on: date | None
    begun_on: date | None
    witnesses: tuple[SignedAs, ...]
    rows: tuple[Mapping[str, Any], ...]
    of: DisposalList = field(metadata=HIDDEN)
    names: Mapping[str, str] = field(metadata=HIDDEN)

    @property
    def grouped_digest(self) -> str:
        """The digest in groups of eight, as it stands on papers."""
        digest = self.of.digest or ""
        return " ".join(digest[at : at + 8] for at in range(0, len(digest), 8))

    @property
    def undecided(self) -> int:
        """How many rows nobody has decided about."""
        return sum(item.decision is None for item in self.of.open_items)

    @property
    def decided(self) -> dict[str, int]:
        """How many rows are to be destroyed, kept longer, made permanent, by these words."""
        return {wish.value: sum(item.decision is wish for item in self.of.open_items) for wish in Wish}

    @property
    def to_go(self) -> int:
        """How many items are still to be destroyed."""
        return acts.to_go(self.of)

    @property
    def usable(self) -> tuple[date, date] | None:
        """The first and the last day on which it may be executed; None where nothing is to be."""
        granted = self.of.approval if self.of.open_items else None
        return (granted.not_before, granted.expires_on) if granted else None

    @property
    def witnessed(self) -> bool:
        """Whether it was witnessed twice, and is closed."""
        return self.of.state is ListState.WITNESSED

    @property
    def shares(self) -> str:
        """Where its records lie."""
        return "、".join(sorted({item.share for item in self.of.items}))

    @property
    def items(self) -> tuple[ItemRow, ...]:
        """Every row there ever was, with what became of it."""
        return tuple(map(_item, self.of.items))

    def history(self) -> Iterator[str]:
        """Who did what when, and what may happen next."""
        of = self.of
        heading = _("List {number}: {state}").format(number=of.number, state=state_name(of.state))
        yield f"{heading}（{of.selection}）" if of.selection else heading
        yield _("{day} drafted by {name}").format(day=of.drafted_on, name=self._who(of.drafted_by))
        if of.submitted_on:
            text = _("{day} submitted by {name}, digest {digest}")
            name = self._who(of.submitted_by)
            yield text.format(day=of.submitted_on, name=name, digest=self.grouped_digest)
        if granted := of.approval:
            text = _("{day} approved by {name}; to be executed from {first} to {last}")
            name = self._who(granted.by)
            yield text.format(day=granted.on, name=name, first=granted.not_before, last=granted.expires_on)
        for note in of.notes:
            text = _("{day} {state} by {name}: {reason}")
            name = self._who(note.by)
            yield text.format(day=note.on, state=state_name(note.state), name=name, reason=note.reason)
        if of.begun_on:
            text = _("{day} executed by {name}: {method}, {place}")
            people = "、".join(map(self._who, of.executors))
            yield text.format(day=of.begun_on, name=people, method=of.method, place=of.place)
        for each in of.witnesses:
            text = _("{day} witnessed by {name}: {reason}")
            yield text.format(day=each.on, name=self._who(each.by), reason=each.statement)

    def _who(self, account: str) -> str:
        return self.names.get(account, account)


@dataclass(frozen=True)
class ItemRow:
    """A row of a list in words; ``notes``: why, and where copies remain."""

    row: int
    record: str
    eligible_on: date
    decision: str
    standing: str
    place: str
    notes: tuple[str, ...]


def detail(archive: Archive, number: str) -> ListDetail:
    """The list with this number. UnknownError where there is none."""
    found = acts.find(archive.ledger, number)
    with archive.ledger.read() as view:
        return _detail(found, full_names(view))


def _detail(found: DisposalList, names: Mapping[str, str]) -> ListDetail:
    told: dict[str, Any] = dict(object_of(found))
    return ListDetail(
        row=_row(found, len(found.items), len(found.open_items)),
        **{key: told.get(key) for key in ("digest", "approval", "method", "place", "executors", "notes")},
        submitted_on=found.submitted_on,
        executed_on=found.executed_on,
        begun_on=found.begun_on,
        witnesses=tuple(SignedAs(each.by, each.on, each.statement) for each in found.witnesses),
        rows=tuple({**object_of(item), "open": item.open, "state": item.state.value} for item in found.items),
        of=found,
        names=names,
    )


def _item(item: Item) -> ItemRow:
    decisions = {Wish.DESTROY: _("destroy"), Wish.KEEP: _("keep longer"), Wish.PERMANENT: _("permanent"), None: "—"}
    standing = _("left the list") if item.left_by else record_state_name(item.state)
    said = item.opinion
    term = said.term.text if said and said.term else ""
    opinion = "，".join(part for part in (term, said.reason) if part) if said else ""
    copies = _("copies known to remain: {places}").format(places="、".join(item.copies)) if item.copies else ""
    notes = tuple(part for part in (opinion, item.reason if item.left_by else "", copies) if part)
    place = f"{item.share}/{item.path}"
    return ItemRow(item.row, item.record_id, item.eligible_on, decisions[item.decision], standing, place, notes)


# --- what a run did ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class RunReport:
    """What a run did. ``waiting_until``: from when what waits in quarantine may be removed."""

    list_: str
    state: ListState
    quarantined: int
    destroyed: int
    restored: int
    left: int
    waiting: int
    waiting_until: date | None
    problems: tuple[Problem, ...]

    def counts(self) -> Iterator[str]:
        """Where the list stands, and how many files went which way."""
        yield _("List {number} is {state}.").format(number=self.list_, state=state_name(self.state))
        counts = (
            (self.quarantined, _("moved into quarantine: {n}")),
            (self.destroyed, _("destroyed: {n}")),
            (self.restored, _("put back to their places: {n}")),
            (self.left, _("left the list: {n}")),
            (self.waiting, _("waiting in quarantine: {n}")),
        )
        yield from (f"  {text.format(n=n)}" for n, text in counts if n)


@dataclass(frozen=True)
class RunReports:
    """What became of every list that was being executed."""

    lists: tuple[RunReport, ...]


def report(of: Report) -> RunReport:
    """A run of retention as it is shown."""
    counts = (of.quarantined, of.destroyed, of.restored, of.left, of.waiting)
    return RunReport(of.number, of.state, *counts, of.waiting_until, of.problems)


# --- a workbook that came back ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class RowDifference:
    """What one row of a returned workbook would change."""

    row: str
    title: str
    before: str
    after: str


@dataclass(frozen=True)
class TakenBack:
    """A returned workbook: what it would change in its list, and how many rows were taken over."""

    list_: str
    changes: tuple[RowDifference, ...]
    taken: int = 0


def taken_back(returned: Returned) -> TakenBack:
    """What a person looks at before a workbook is taken over: row, 题名, what was said, what is said now."""
    found = returned.changes
    rows = [(str(each.item.row), each.item.title, each.before.in_words(), each.after.in_words()) for each in found]
    return TakenBack(returned.number, tuple(RowDifference(*row) for row in rows))
