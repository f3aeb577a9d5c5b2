"""Pure: what events make of a list and its items, and nothing else does (L1)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from foundation import language as i18n
from retention.errors import ConflictError
from retention.rules import disposal_lists as lists
from retention.rules import events as ev
from retention.rules.disposal_lists import TRANSITIONS, apply
from retention.rules.events import KINDS, Event, ListChange
from retention.rules.model import DisposalList, ListState, Policy, Refused
from retention.rules.people import Actor

ON = date(2026, 11, 23)
CHANGES: tuple[ListChange, ...] = (
    ev.ListSubmitted("d" * 64, ("7", "8")),
    ev.ListApproved("d" * 64, date(2026, 11, 30), date(2026, 12, 23), (Refused("8", "仍需查阅"),)),
    ev.ListReturned("补意见"),
    ev.ListRejected("不同意"),
    ev.ListWithdrawn("改日"),
    ev.ListExpired(),
    ev.ListExecuting("移除", "归档"),
    ev.ListExecuted(1),
    ev.ListWitnessed("全程在场"),
)


def event(change: ev.Change, by: str = "chen.lu") -> Event:
    return Event(datetime(2026, 11, 23, 4, tzinfo=UTC), ON, Actor(by), "5", change)


def after(*changes: ev.Change) -> DisposalList:
    found = apply(None, event(ev.ListDrafted("2026-001", Policy())))
    for number, change in enumerate(changes):
        found = apply(found, event(change, f"person{number}"))
    return found


def test_every_kind_of_change_of_a_list_is_in_the_table() -> None:
    assert set(TRANSITIONS) | {ev.ListDrafted} == {kind for kind in KINDS.values() if issubclass(kind, ListChange)}
    assert {type(change) for change in CHANGES} == set(TRANSITIONS)
    with pytest.raises(TypeError):
        apply(after(), event(ev.HoldPlaced("诉讼")))


@pytest.mark.parametrize("state", ListState)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.kind)
def test_a_change_starts_only_from_its_states(state: ListState, change: ListChange) -> None:
    found = DisposalList("5", "2026-001", state, Policy(), "chen.lu", ON)
    if state in TRANSITIONS[type(change)].sources:
        assert apply(found, event(change)).number == "2026-001"
    else:
        with pytest.raises(ConflictError):
            apply(found, event(change))


def test_a_list_moves_forward_or_out() -> None:
    moves = {
        state: {each.target for each in TRANSITIONS.values() if state in each.sources} - {state} for state in ListState
    }
    ended = {state for state, targets in moves.items() if not targets}
    assert ended == {ListState.WITNESSED, ListState.REJECTED, ListState.WITHDRAWN, ListState.EXPIRED}
    reached, frontier = {ListState.DRAFT}, {ListState.DRAFT}
    while frontier:
        frontier = set[ListState]().union(*(moves[state] for state in frontier)) - reached
        reached |= frontier
    assert reached == set(ListState)
    assert {state for state, targets in moves.items() if ListState.EXECUTING in targets} == {ListState.APPROVED}


def test_a_list_is_drafted_once_and_nothing_happens_to_one_that_never_was() -> None:
    with pytest.raises(ConflictError):
        apply(after(), event(ev.ListDrafted("2026-002", Policy())))
    with pytest.raises(ConflictError):
        apply(None, event(CHANGES[0]))


def test_the_way_to_its_end_is_remembered() -> None:
    submitted, approved, returned, *_others = CHANGES
    executing, executed, witnessed = CHANGES[-3:]
    end = after(submitted, returned, submitted, approved, executing, executing, executed, witnessed, witnessed)
    assert end.state is ListState.WITNESSED
    assert end.proposers == {"chen.lu", "person0", "person2"}
    assert end.executors == ("person4", "person5")
    assert [each.by for each in end.witnesses] == ["person7", "person8"]
    assert [(note.state, note.reason) for note in end.notes] == [(ListState.RETURNED, "补意见")]
    assert end.frozen == ("7", "8")
    assert end.approval is not None
    assert end.approval.refused == (Refused("8", "仍需查阅"),)


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_states_have_a_name_each(language: str) -> None:
    with i18n.use(language):
        assert len({lists.state_name(state) for state in ListState}) == len(ListState)
