"""What may happen to a record, a hold, a list, and what may not; events and their payloads: D, W, L statements."""

from __future__ import annotations

import json
from dataclasses import is_dataclass, replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import language as i18n
from foundation.period import Period
from retention.errors import ConflictError, RefusedError
from retention.rules import events as ev
from retention.rules.canonical import Canonical, object_of
from retention.rules.events import KINDS, Change, Event, RecordChange, change_from
from retention.rules.lifecycle import TRANSITIONS, apply, apply_hold, overlay_name, state_name
from retention.rules.model import Extension, Outcome, Overlay, Record, State, Wish
from retention.rules.people import Actor
from retention.rules.schedule import Term, TermKind
from retention.rules.terms import read_term

DIGEST, OTHER = "a" * 64, "b" * 64
ON = date(2026, 11, 23)
PERSON = Actor("谭晓雯")


def event(change: Change, on: date = ON, subject: str = "17") -> Event:
    return Event(datetime(2026, 11, 23, 4, 0, tzinfo=UTC), on, PERSON, subject, change)


def after(*changes: Change, record: Record | None = None) -> Record:
    """The record, or one newly filed, after these changes."""
    record = record or apply(None, event(FILED))
    for change in changes:
        record = apply(record, event(change))
    return record


def refusal(change: Change, record: Record) -> tuple[str, ...]:
    """The rules that refuse."""
    with pytest.raises(RefusedError) as raised:
        apply(record, event(change))
    assert all(problem.message and problem.hint and "17" in problem.where for problem in raised.value.problems)
    return raised.value.rules


PERIOD = Period(date(2023, 10, 1), date(2023, 10, 31))
FILED = ev.Filed("share", "月报.docx", DIGEST, 9, "QG-FW-01-01", PERIOD, date(2023, 11, 3), "经理室", ("code",))


def listed(eligible_on: date) -> ev.Listed:
    return ev.Listed("L1", eligible_on, 1, 1, "月报", date(2023, 10, 31), Term(TermKind.FIXED, "2年", 24))


LISTED = listed(date(2026, 1, 1))
APPROVED = ev.Approved("L1", DIGEST)
INTENT = ev.DestroyIntended("L1", DIGEST, 1)
QUARANTINED = ev.Quarantined(1, DIGEST, "quarantine/17.1")
UNLINK = ev.UnlinkIntended(1, DIGEST)
DONE = ev.Destroyed(Outcome.REMOVED, 1)
TO_THE_END = (LISTED, APPROVED, INTENT, QUARANTINED, UNLINK, DONE, ev.Closed())
HELD = ev.Held("H1")


def at(state: State) -> Record:
    """A record in this state."""
    path = {
        State.RETAINED: 0,
        State.LISTED: 1,
        State.APPROVED: 2,
        State.QUARANTINED: 4,
        State.DESTROYED: 6,
        State.CLOSED: 7,
    }
    return after(*TO_THE_END[: path[state]])


# --- the way through ----------------------------------------------------------------------------------------------


def test_a_record_is_filed_as_it_was_found() -> None:  # W1
    record = apply(None, event(FILED))
    assert record == Record(
        *("17", "share", "月报.docx", DIGEST, 9, ON, "QG-FW-01-01"),
        period=PERIOD,
        dated=date(2023, 11, 3),
        department="经理室",
    )
    with pytest.raises(ConflictError):
        apply(record, event(FILED))
    with pytest.raises(ConflictError):
        apply(None, event(LISTED))


def test_the_way_from_filing_to_proof() -> None:
    states = [after(*TO_THE_END[:n]).state for n in range(len(TO_THE_END) + 1)]
    assert states == [
        State.RETAINED,
        State.LISTED,
        State.APPROVED,
        State.APPROVED,
        State.QUARANTINED,
        State.QUARANTINED,
        State.DESTROYED,
        State.CLOSED,
    ]
    end = after(*TO_THE_END)
    assert (end.list_id, end.intent, end.outcome) == ("L1", None, Outcome.REMOVED)


def test_every_kind_of_change_of_a_record_is_in_the_table() -> None:
    assert set(TRANSITIONS) | {ev.Filed} == {kind for kind in KINDS.values() if issubclass(kind, RecordChange)}
    with pytest.raises(TypeError):
        apply(None, event(ev.HoldPlaced("诉讼")))


EXAMPLES: dict[type[Change], Change] = {
    type(change): change
    for change in (
        *TO_THE_END,
        HELD,
        ev.Classified("QG-FW-04-01"),
        ev.Moved("share", "2023/月报.docx"),
        ev.Altered(OTHER, 8),
        ev.AlterationSettled(ev.Decision.CORRECTION, OTHER, 8, "改错字"),
        ev.Missed(),
        ev.Found("share", "旧/月报.docx"),
        ev.Resurfaced("share", "月报.docx"),
        ev.ResurfacingSettled("已再次处置"),
        ev.Released("H1"),
        ev.Extended(read_term("2年"), "诉讼未结"),
        ev.Appraised("L1", Wish.DESTROY),
        ev.Unlisted("剔除"),
        ev.DestroyAborted(1, "内容不符"),
        ev.Restored(1, "误列"),
    )
}


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("change", EXAMPLES.values(), ids=lambda change: change.kind)
def test_a_change_starts_only_from_its_states(state: State, change: Change) -> None:
    """Whoever comes too late is told, and nothing happens."""
    record = at(state)
    if state in TRANSITIONS[type(change)].sources:
        try:
            assert apply(record, event(change)).id == record.id
        except RefusedError as error:
            assert error.rules  # noqa: PT017 - which rule refuses is tested below
    else:
        with pytest.raises(ConflictError):
            apply(record, event(change))


def test_what_is_gone_stays_gone() -> None:
    """Destroyed and closed lead nowhere but to closed: nothing un-destroys."""
    for change, transition in TRANSITIONS.items():
        for state in transition.sources & {State.DESTROYED, State.CLOSED}:
            record = replace(at(state), holds=frozenset({"H1"}), resurfaced_at="share/x")
            target = transition.effect(record, event(EXAMPLES[change]), EXAMPLES[change]).state
            assert target is state or (state, target) == (State.DESTROYED, State.CLOSED)


# --- what refuses -------------------------------------------------------------------------------------------------


def test_nothing_is_listed_before_its_day() -> None:  # D4
    tomorrow = listed(date(2026, 11, 24))
    assert refusal(tomorrow, after()) == ("D4",)
    assert after(listed(ON)).state is State.LISTED


def test_what_is_not_classified_is_never_listed() -> None:  # D4
    unclassified = apply(None, event(replace(FILED, class_key=None)))
    assert refusal(LISTED, unclassified) == ("D4",)
    assert after(ev.Classified("QG-FW-01-01", PERIOD), LISTED, record=unclassified).state is State.LISTED


def test_every_rule_that_refuses_is_told_at_once() -> None:  # L8
    record = after(HELD, ev.Altered(OTHER, 8), record=apply(None, event(replace(FILED, class_key=None, proof=True))))
    assert refusal(listed(date(2027, 1, 1)), record) == ("D4", "D4", "D3", "W3", "D12")


@pytest.mark.parametrize("state", [State.RETAINED, State.LISTED, State.APPROVED, State.QUARANTINED])
def test_a_hold_is_accepted_in_every_state_before_the_unlink(state: State) -> None:  # D3
    assert after(HELD, record=at(state)).holds == {"H1"}


def test_a_hold_always_wins() -> None:  # D3
    assert refusal(LISTED, after(HELD)) == ("D3",)
    for way in ((LISTED, HELD), (LISTED, APPROVED, HELD)):
        assert (after(*way).state, after(*way).list_id) == (State.RETAINED, None)  # it leaves its list
    assert refusal(UNLINK, after(LISTED, APPROVED, INTENT, QUARANTINED, HELD)) == ("D3",)
    between = after(LISTED, APPROVED, INTENT, HELD)
    assert (between.state, between.intent) == (State.APPROVED, 1)
    restored = after(QUARANTINED, ev.Restored(1, "冻结"), record=between)
    assert (restored.state, restored.holds, restored.intent) == (State.RETAINED, {"H1"}, None)


def test_a_hold_covers_once_and_is_released_once() -> None:  # D3
    two = after(HELD, ev.Held("H2"))
    assert refusal(HELD, two) == ("D3",)
    one = after(ev.Released("H1"), record=two)
    assert Overlay.HELD in one.overlays
    assert refusal(ev.Released("H1"), one) == ("D3",)
    assert Overlay.HELD not in after(ev.Released("H2"), record=one).overlays


def test_an_approval_covers_one_digest_on_one_list() -> None:  # D1, D6
    listed = after(LISTED)
    assert refusal(ev.Approved("L2", DIGEST), listed) == ("D1",)
    assert refusal(ev.Approved("L1", OTHER), listed) == ("D1",)
    approved = after(APPROVED, record=listed)
    assert refusal(ev.DestroyIntended("L1", OTHER, 1), approved) == ("D1",)
    assert refusal(ev.DestroyIntended("L2", DIGEST, 1), approved) == ("D1",)
    assert refusal(ev.Quarantined(1, OTHER, "quarantine/17.1"), after(INTENT, record=approved)) == ("D1",)


def test_disposal_papers_and_what_was_made_permanent_are_never_listed() -> None:  # D12
    assert refusal(LISTED, apply(None, event(replace(FILED, proof=True)))) == ("D12",)
    permanent = after(ev.Extended(Term(TermKind.PERMANENT, "永久"), "史料"))
    assert Overlay.PERMANENT in permanent.overlays
    assert refusal(LISTED, permanent) == ("4.0",)


def test_every_intent_has_exactly_one_outcome() -> None:  # D7
    open_intent = after(LISTED, APPROVED, INTENT)
    assert refusal(ev.DestroyIntended("L1", DIGEST, 2), open_intent) == ("D7",)
    assert refusal(ev.Quarantined(2, DIGEST, "x"), open_intent) == ("D7",)
    assert refusal(ev.Destroyed(Outcome.REMOVED, 1), open_intent) == ("D7",)  # it is not in quarantine
    assert refusal(ev.Destroyed(Outcome.BY_HAND), open_intent) == ("D7",)
    for change in (ev.Unlisted("剔除"), ev.Missed(), ev.Altered(OTHER, 1), ev.Moved("share", "x")):
        assert refusal(change, open_intent) == ("D7",)
    gone = after(ev.Destroyed(Outcome.UNOBSERVED, 1), record=open_intent)
    assert (gone.state, gone.outcome, gone.intent) == (State.DESTROYED, Outcome.UNOBSERVED, None)
    kept = after(ev.DestroyAborted(1, "内容不符"), record=open_intent)
    assert (kept.state, kept.list_id, kept.intent) == (State.RETAINED, None, None)
    with pytest.raises(ConflictError):
        apply(gone, event(ev.DestroyAborted(1, "")))


def test_what_people_destroyed_by_hand_is_recorded_though_it_was_missed() -> None:  # D11, W4
    approved = after(LISTED, APPROVED, ev.Missed())
    gone = after(ev.Destroyed(Outcome.BY_HAND, copies=("share/旧/月报.docx",)), record=approved)
    assert (gone.state, gone.outcome, gone.missing_since) == (State.DESTROYED, Outcome.BY_HAND, None)
    assert refusal(ev.Destroyed(Outcome.UNOBSERVED), after(LISTED, APPROVED)) == ("D7",)


# --- what happens to the file -------------------------------------------------------------------------------------


def test_a_move_keeps_the_record_and_its_dates() -> None:  # W2
    moved = after(LISTED, ev.Moved("share", "2023/月报.docx"))
    assert moved == replace(after(LISTED), path="2023/月报.docx")


def test_an_altered_record_leaves_its_list_and_keeps_what_was_filed() -> None:  # W3
    altered = after(LISTED, APPROVED, ev.Altered(OTHER, 8))
    assert (altered.state, altered.list_id, altered.digest, altered.size) == (State.RETAINED, None, DIGEST, 9)
    assert (altered.filed_on, altered.period, altered.dated) == (ON, PERIOD, date(2023, 11, 3))
    assert altered.overlays == {Overlay.ALTERED}
    assert refusal(LISTED, altered) == ("W3",)
    assert refusal(ev.Altered(DIGEST, 9), altered) == ("W3",)


def test_a_person_decides_about_an_altered_record() -> None:  # W3
    altered = after(ev.Altered(OTHER, 8))

    def settled(decision: ev.Decision, digest: str, size: int) -> Record:
        return after(ev.AlterationSettled(decision, digest, size, "原因"), record=altered)

    corrected = settled(ev.Decision.CORRECTION, OTHER, 8)
    assert corrected == replace(after(), digest=OTHER, size=8)
    assert settled(ev.Decision.RESTORED, DIGEST, 9) == after()
    assert settled(ev.Decision.NEW_RECORD, DIGEST, 9).overlays == {Overlay.MISSING}
    third = ev.AlterationSettled(ev.Decision.CORRECTION, "c" * 64, 8, "")
    assert refusal(third, altered) == ("W3",)
    assert "W3" in refusal(ev.AlterationSettled(ev.Decision.RESTORED, DIGEST, 9, ""), after())


def test_a_missing_record_is_reported_and_heals() -> None:  # W4
    missing = after(LISTED, ev.Missed())
    assert (missing.missing_since, missing.overlays) == (ON, {Overlay.MISSING})
    assert refusal(ev.Missed(), missing) == ("W4",)
    assert refusal(APPROVED, missing) == ("W4",)
    assert after(ev.Found("share", "月报.docx"), record=missing) == after(LISTED)
    assert refusal(ev.Found("share", "月报.docx"), after()) == ("W4",)
    assert after(ev.Altered(OTHER, 8), record=missing).overlays == {Overlay.ALTERED}


def test_a_destroyed_content_that_appears_again_is_marked_and_nothing_else() -> None:  # W5
    back = after(*TO_THE_END, ev.Resurfaced("share", "回收站/月报.docx"))
    assert (back.state, back.resurfaced_at) == (State.CLOSED, "share/回收站/月报.docx")
    assert back.overlays == {Overlay.RESURFACED}
    assert after(ev.ResurfacingSettled("已处置"), record=back) == after(*TO_THE_END)
    assert refusal(ev.ResurfacingSettled(""), after(*TO_THE_END)) == ("W5",)


def test_keeping_longer_needs_a_term_and_a_reason_and_never_shortens() -> None:  # R5
    extended = after(LISTED, ev.Extended(read_term("2年"), "诉讼未结"))
    assert (extended.state, extended.list_id) == (State.RETAINED, None)
    assert extended.extension == Extension(read_term("2年"), ON, "诉讼未结")
    assert extended.overlays == {Overlay.EXTENDED}
    assert refusal(ev.Extended(read_term("长期"), "诉讼未结"), after()) == ("R5",)
    assert refusal(ev.Extended(read_term("2年"), " "), after()) == ("R5",)
    assert refusal(ev.Extended(read_term("1年"), "够了"), extended) == ("R5",)
    permanent = after(ev.Extended(read_term("永久"), "史料"), record=extended)
    assert refusal(ev.Extended(read_term("100年"), "够了"), permanent) == ("R5",)


# --- any sequence -------------------------------------------------------------------------------------------------


@settings(max_examples=300)
@given(st.lists(st.sampled_from([*EXAMPLES.values()]), max_size=30))
def test_whatever_is_tried_no_rule_is_broken(changes: list[Change]) -> None:
    """D1, D3, D7: every destruction has its approval and its intent; no hold stood when it was decided."""
    record, done = apply(None, event(FILED)), [ev.Filed]
    for change in changes:
        try:
            record = apply(record, event(change))
        except (RefusedError, ConflictError):
            continue
        if isinstance(change, ev.DestroyIntended | ev.UnlinkIntended):
            assert not record.holds
            assert Overlay.MISSING not in record.overlays
        done.append(type(change))
        assert (record.list_id is None) == (record.state is State.RETAINED)
        assert record.intent is None or record.state in {State.APPROVED, State.QUARANTINED}
        assert (record.outcome is None) == (record.state not in {State.DESTROYED, State.CLOSED})
    if record.outcome is Outcome.REMOVED:
        way = [kind for kind in done if kind in {ev.Approved, ev.DestroyIntended, ev.Quarantined, ev.Destroyed}]
        assert way[-4:] == [ev.Approved, ev.DestroyIntended, ev.Quarantined, ev.Destroyed]
        assert done.count(ev.Destroyed) == 1


# --- holds, lists, words ------------------------------------------------------------------------------------------


def test_a_hold_is_placed_once_and_released_once() -> None:  # D3
    hold = apply_hold(None, event(ev.HoldPlaced("诉讼"), subject="H1"))
    assert (hold.id, hold.reason, hold.placed_by, hold.placed_on, hold.stands) == ("H1", "诉讼", PERSON, ON, True)
    released = apply_hold(hold, event(ev.HoldReleased("结案"), date(2027, 1, 4), "H1"))
    assert (released.stands, released.released_on) == (False, date(2027, 1, 4))
    for state, change in ((hold, ev.HoldPlaced("")), (released, ev.HoldReleased("")), (None, ev.HoldReleased(""))):
        with pytest.raises(ConflictError):
            apply_hold(state, event(change, subject="H1"))
    with pytest.raises(TypeError):
        apply_hold(None, event(FILED))


@pytest.mark.parametrize("language", i18n.LANGUAGES)
def test_states_and_overlays_have_a_name_each(language: str) -> None:
    with i18n.use(language):
        assert len({state_name(state) for state in State}) == len(State)
        assert len({overlay_name(overlay) for overlay in Overlay}) == len(Overlay)


# --- events -------------------------------------------------------------------------------------------------------

changes = st.one_of([st.builds(kind) for kind in KINDS.values()])


@settings(max_examples=300)
@given(changes)
def test_a_payload_gives_back_the_change(change: Change) -> None:  # L1
    text = json.dumps(object_of(change), ensure_ascii=False)
    assert change_from(change.kind, json.loads(text)) == change


def test_kinds_are_named_once() -> None:
    changes = [each for each in vars(ev).values() if is_dataclass(each) and issubclass(each, Change)]
    assert len(KINDS) == len(changes)
    assert all(kind.count(".") == 1 for kind in KINDS)


def test_equal_changes_have_equal_payloads_whatever_order_sets_come_in() -> None:  # L7
    version = ev.ScheduleVersion("d", ())
    first, second = (
        ev.ScheduleAdopted(1, version, "乙", frozenset(ids)) for ids in (["2", "10", "1"], ["1", "2", "10"])
    )
    assert json.dumps(object_of(first)) == json.dumps(object_of(second))
    assert object_of(first)["exempt"] == ["1", "10", "2"]


def test_a_payload_leaves_out_what_is_not_said() -> None:
    """A kind can gain fields without changing a byte of what was written before."""
    assert object_of(ev.Filed("share", "a.docx", DIGEST, 9)) == {
        "share": "share",
        "path": "a.docx",
        "digest": DIGEST,
        "size": 9,
    }


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("record.moved", {"share": "s"}),
        ("record.moved", {"share": "s", "path": 7}),
        ("record.moved", {"share": "s", "path": "p", "more": 1}),
        ("record.filed", {"share": "s", "path": "p", "digest": "d", "size": True}),
        ("record.filed", {"share": "s", "path": "p", "digest": "d", "size": 1, "dated": "2026-13-01"}),
        ("record.filed", {"share": "s", "path": "p", "digest": "d", "size": 1, "dated": 20261301}),
        ("record.filed", {"share": "s", "path": "p", "digest": "d", "size": 1, "evidence": "code"}),
        ("record.filed", {"share": "s", "path": "p", "digest": "d", "size": 1, "period": "2026-10"}),
        ("destroy.done", {"outcome": "vaporised"}),
    ],
)
def test_a_payload_that_does_not_fit_is_refused(kind: str, payload: dict[str, Canonical]) -> None:
    with pytest.raises(ValueError, match=r"."):
        change_from(kind, payload)
    with pytest.raises(KeyError):
        change_from("record.vanished", payload)
