"""A disposal list from draft to approval, and its ends, on SQLite and PostgreSQL: D1–D5, D9, D10, D12, R1, R5, L8."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from given.disposals import LETTER, MONTHLY, PLAN, SERVICE, World, refused, stamp
from given.laws import Laws
from sqlalchemy import select

from retention.disposal import approval as disposal
from retention.disposal.approval import Answer, Selection
from retention.errors import ConflictError, RefusedError, TamperedError, UnknownError
from retention.ledger import schema
from retention.ledger.ledger import Draft
from retention.rules import disposal_lists as lists
from retention.rules.events import Altered, ClockVouched, Missed, ScheduleAdopted
from retention.rules.model import ListState, Policy, Refused, State, Wish
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind
from retention.rules.terms import read_term

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TWO_YEARS = read_term("2年")


@pytest.fixture
def world(target: str, tmp_path: Path) -> Iterator[World]:
    made = World.made(target, tmp_path / "share")
    yield made
    assert made.differences() == []  # L1: whatever was done, the events alone say it
    with made.ledger.read() as view:
        broken = Laws(lambda key, base: date(base.year + 3, 1, 1) if key and base else None).through(view.log())
    assert broken == []
    made.ledger.close()


def approve(world: World, number: str, name: str = "zhao.gang", days: float = 0, **more: Any) -> object:
    return disposal.approve(world.ledger, stamp(name, days), number, world.list(number).digest or "", **more)


# --- drafting ---------------------------------------------------------------------------------------------------


def test_what_is_due_is_listed_in_order_and_leaves_the_due_list(world: World) -> None:
    ids = [world.file(f"{month:02d}月报.docx") for month in (2, 1, 3)]
    world.file("今年月报.docx", year=2026)
    number = world.drafted()
    found = world.list(number)
    assert (number, found.state, found.drafted_by) == ("2026-001", ListState.DRAFT, "chen.lu")
    assert [item.record_id for item in found.items] == [ids[1], ids[0], ids[2]]
    assert [item.row for item in found.items] == [1, 2, 3]
    first = found.items[0]
    assert (first.title, first.class_title, first.schedule) == ("01月报", MONTHLY, 1)
    assert (first.base_day, first.term.text, first.eligible_on) == (date(2022, 1, 31), "2年", date(2025, 1, 1))
    with world.ledger.read() as view:
        assert view.due(date(2026, 11, 23)) == []
    assert world.drafted(world.file("又一份.docx")) == "2026-002"


def test_a_list_can_be_drawn_from_a_class_or_a_department(world: World) -> None:
    monthly, plan = world.file("月报.docx"), world.file("计划.docx", key=PLAN)
    number = disposal.draft(world.ledger, stamp(), Selection(keys=frozenset({PLAN})))
    assert [item.record_id for item in world.list(number).items] == [plan]
    assert world.list(number).selection == PLAN
    number = disposal.draft(world.ledger, stamp(), Selection(department="客户服务部"))
    assert [item.record_id for item in world.list(number).items] == [monthly]
    assert refused(disposal.draft, world.ledger, stamp(), Selection(department="工程维修部")) == ("D4",)


def test_every_record_that_cannot_be_listed_is_named_with_its_rule(world: World) -> None:  # D3, D4, D12
    held, altered, missing = (world.file(f"{name}.docx") for name in ("冻结", "改动", "缺失"))
    unclassified, unknown = world.file("不明.docx", key=None), world.file("函.docx", key=LETTER)
    early, proof = world.file("未到期.docx", year=2025), world.file("销毁证明.docx", proof=True)
    listed = world.file("在册.docx")
    world.hold("H1", held)
    world.ledger.append([Draft(altered, Altered("f" * 64, 1)), Draft(missing, Missed())], stamp())
    world.drafted(listed)
    everything = Selection(ids=(held, altered, missing, unclassified, unknown, early, proof, listed))
    with pytest.raises(RefusedError) as raised:
        disposal.draft(world.ledger, stamp(), everything)
    rules: dict[str, set[str]] = {}
    for problem in raised.value.problems:
        rules.setdefault(problem.where.split()[-1], set()).add(problem.clause)
    assert rules == {
        held: {"D3"},
        altered: {"W3"},
        missing: {"W4"},
        unclassified: {"D4"},
        unknown: {"D4"},
        early: {"D4"},
        proof: {"D12", "D4"},
        listed: {"D1"},
    }
    assert world.refusals()[-1][0] == "list.drafted"
    with pytest.raises(UnknownError):
        world.drafted("999")


def test_the_days_in_force_are_written_into_the_list_and_cannot_be_nought(world: World) -> None:  # D5
    world.file("月报.docx")
    assert refused(disposal.draft, world.ledger, stamp(), None, Policy(0, 30, 7)) == ("D5",)
    assert refused(disposal.draft, world.ledger, stamp(), None, Policy(7, 5, 7)) == ("D5",)
    number = disposal.draft(world.ledger, stamp(), None, Policy(9, 40, 3))
    assert world.list(number).policy == Policy(9, 40, 3)


@pytest.mark.parametrize("name", ["zhao.gang", "li.hua", "he.fang", "admin", "nobody", "guidang"])
def test_only_archivists_draft(world: World, name: str) -> None:  # R1, L6
    world.file("月报.docx")
    who = stamp(name) if name != "guidang" else replace(stamp(), actor=SERVICE)
    assert set(refused(disposal.draft, world.ledger, who)) <= {"R1", "L6"}


# --- opinions ---------------------------------------------------------------------------------------------------


def test_the_latest_word_counts_and_the_same_again_writes_nothing(world: World) -> None:  # R3
    record = world.file("月报.docx")
    number = world.drafted(record)
    assert world.list(number).items[0].decision is None
    world.decide(number)
    keep = Answer(record, Wish.KEEP, "诉讼未结", TWO_YEARS)
    assert len(disposal.opine(world.ledger, stamp("he.fang"), number, [keep])) == 1
    assert disposal.opine(world.ledger, stamp("he.fang"), number, [keep]) == ()
    (said,) = world.list(number).opinions
    assert (said.wish, said.by, said.on, said.reason) == (Wish.KEEP, "he.fang", date(2026, 11, 23), "诉讼未结")


@pytest.mark.parametrize(
    ("wish", "reason", "term"),
    [
        (Wish.KEEP, "诉讼未结", None),
        (Wish.KEEP, " ", TWO_YEARS),
        (Wish.KEEP, "诉讼未结", Term(TermKind.INDEFINITE, "长期")),
        (Wish.PERMANENT, "", None),
        (Wish.PERMANENT, "史料", TWO_YEARS),
        (Wish.DESTROY, "", TWO_YEARS),
    ],
)
def test_keeping_needs_a_term_and_a_reason(world: World, wish: Wish, reason: str, term: Term | None) -> None:  # R5
    record = world.file("月报.docx")
    number = world.drafted(record)
    answers = [Answer(record, wish, reason, term)]
    assert refused(disposal.opine, world.ledger, stamp(), number, answers) == ("R5",)


def test_a_department_speaks_about_its_own_records_only(world: World) -> None:  # R1
    record = world.file("月报.docx")
    number = world.drafted(record)
    answers = [Answer(record, Wish.DESTROY)]
    assert refused(disposal.opine, world.ledger, stamp("zhao.gang"), number, answers) == ("R1",)
    disposal.opine(world.ledger, stamp("he.fang"), number, answers)
    with pytest.raises(UnknownError):
        disposal.opine(world.ledger, stamp(), number, [Answer("999", Wish.DESTROY)])


def test_a_row_that_was_struck_out_is_kept_and_may_be_listed_again(world: World) -> None:
    first, second = world.file("1.docx"), world.file("2.docx")
    number = world.drafted()
    assert refused(disposal.strike, world.ledger, stamp(), number, [first], " ") == ("4.0",)
    disposal.strike(world.ledger, stamp(), number, [first], "仍在使用")
    item = world.list(number).items[0]
    assert (item.open, item.left_by, item.reason, item.left_on) == (
        False,
        "record.unlisted",
        "仍在使用",
        date(2026, 11, 23),
    )
    assert [each.record_id for each in world.list(number).open_items] == [second]
    assert world.drafted(first) == "2026-002"


# --- submitting -------------------------------------------------------------------------------------------------


def test_a_missing_decision_is_not_destroy(world: World) -> None:  # D9
    first, second = world.file("1.docx"), world.file("2.docx")
    number = world.drafted()
    disposal.opine(world.ledger, stamp(), number, [Answer(first, Wish.DESTROY)])
    assert refused(disposal.submit, world.ledger, stamp(), number) == ("D9",)
    disposal.opine(world.ledger, stamp(), number, [Answer(second, Wish.DESTROY)])
    digest = disposal.submit(world.ledger, stamp(), number)
    found = world.list(number)
    assert (found.state, found.digest, found.frozen) == (ListState.SUBMITTED, digest, (first, second))
    answers = [Answer(first, Wish.PERMANENT, "史料")]
    assert refused(disposal.opine, world.ledger, stamp(), number, answers) == ("D1",)
    assert refused(disposal.strike, world.ledger, stamp(), number, [first], "不") == ("D1",)
    assert refused(disposal.submit, world.ledger, stamp(), number) == ("D1",)


def test_the_digest_covers_every_byte_of_what_is_approved(world: World) -> None:  # D2
    world.file("1.docx")
    number = world.submitted()
    (item,) = world.list(number).items
    whole = lists.digest_of([item])
    assert whole == world.list(number).digest
    said = item.opinion
    assert said is not None
    changed = [
        replace(item, record_id="99"),
        replace(item, digest="f" * 64),
        replace(item, size=item.size + 1),
        replace(item, class_key=PLAN),
        replace(item, schedule=2),
        replace(item, eligible_on=item.eligible_on + timedelta(days=1)),
        replace(item, row=2),
        replace(item, opinion=replace(said, wish=Wish.PERMANENT)),
        replace(item, opinion=replace(said, reason="因")),
        replace(item, opinion=replace(said, term=TWO_YEARS)),
        replace(item, opinion=None),
    ]
    assert len({whole, *(lists.digest_of([each]) for each in changed)}) == len(changed) + 1
    second = replace(item, row=2, record_id="100")
    assert lists.digest_of([item, second]) == lists.digest_of([second, item])


def test_what_a_hold_or_an_alteration_takes_off_the_list_is_not_submitted(world: World) -> None:  # D3, W3
    first, second, third = (world.file(f"{n}.docx") for n in range(3))
    number = world.drafted()
    world.decide(number)
    world.hold("H1", first)
    world.ledger.append([Draft(second, Altered("f" * 64, 1))], stamp())
    disposal.submit(world.ledger, stamp(), number)
    found = world.list(number)
    assert found.frozen == (third,)
    assert [item.left_by for item in found.items] == ["record.held", "record.altered", ""]
    world.hold("H2", third)
    assert refused(disposal.approve, world.ledger, stamp("zhao.gang"), number, found.digest) == ("D1",)


def test_a_newer_version_of_the_schedule_counts_at_every_step(world: World) -> None:  # D4
    record = world.file("1.docx")
    number = world.submitted(record)
    longer = RecordClass(MONTHLY, MONTHLY, MONTHLY, Rule(Term(TermKind.FIXED, "10年", 120)))
    version = ScheduleVersion("1" * 64, (longer,))
    world.ledger.append([Draft("schedule", ScheduleAdopted(2, version))], stamp())
    digest = world.list(number).digest
    assert refused(disposal.approve, world.ledger, stamp("zhao.gang"), number, digest) == ("D4",)
    disposal.give_back(world.ledger, stamp("zhao.gang"), number, "保存期限已延长")
    assert refused(disposal.submit, world.ledger, stamp(), number) == ("D4",)


# --- approving --------------------------------------------------------------------------------------------------


def test_an_approval_is_given_by_another_person_and_by_an_approver(world: World) -> None:  # D1, R1
    world.file("1.docx")
    number = disposal.draft(world.ledger, stamp("wang.min"))
    world.decide(number)
    disposal.submit(world.ledger, stamp(), number)
    digest = world.list(number).digest
    assert refused(disposal.approve, world.ledger, stamp("wang.min"), number, digest) == ("D1",)  # drafted it
    assert refused(disposal.approve, world.ledger, stamp("chen.lu"), number, digest) == ("R1",)  # no approver
    service = replace(stamp(), actor=SERVICE)
    assert refused(disposal.approve, world.ledger, service, number, digest) == ("L6",)  # D10
    assert refused(disposal.approve, world.ledger, stamp("Zhao.Gang"), number, digest) == ("L6",)
    approve(world, number)
    approval = world.list(number).approval
    assert approval is not None
    assert (approval.by, approval.not_before) == ("zhao.gang", date(2026, 11, 30))  # D5
    assert approval.expires_on == date(2026, 12, 23)
    assert refused(disposal.approve, world.ledger, stamp("zhao.gang"), number, digest) == ("D1",)


def test_who_submitted_a_returned_list_before_does_not_approve_it_either(world: World) -> None:  # D1
    world.file("1.docx")
    number = world.drafted()
    world.decide(number)
    disposal.submit(world.ledger, stamp("wang.min"), number)
    disposal.give_back(world.ledger, stamp("zhao.gang"), number, "补充意见")
    assert world.list(number).notes[-1].reason == "补充意见"
    disposal.submit(world.ledger, stamp("chen.lu"), number)
    assert refused(disposal.approve, world.ledger, stamp("wang.min"), number, world.list(number).digest) == ("D1",)


def test_an_approval_is_of_exactly_the_list_that_was_read(world: World) -> None:  # D2
    world.file("1.docx")
    number = world.submitted()
    for digest in ("", "f" * 64, (world.list(number).digest or "")[:-1]):
        assert refused(disposal.approve, world.ledger, stamp("zhao.gang"), number, digest) == ("D2",)


def test_a_list_changed_in_the_database_is_not_approved(world: World) -> None:  # D2, L1
    record = world.file("1.docx")
    number = world.submitted(record)
    digest = world.list(number).digest
    table = schema.disposal_items
    with world.ledger._engine.begin() as connection:
        before = connection.execute(select(table.c.body)).scalar_one()
        changed = before.replace('"destroy"', '"permanent"').replace('"size":', '"size":1')
        assert changed != before
        connection.execute(table.update().values(body=changed))
    with pytest.raises((RefusedError, TamperedError)):
        disposal.approve(world.ledger, stamp("zhao.gang"), number, digest or "")
    with world.ledger._engine.begin() as connection:
        connection.execute(table.update().values(body=before))
        connection.execute(schema.disposal_lists.update().values(state="approved"))
    with pytest.raises(TamperedError):
        world.list(number)
    with world.ledger._engine.begin() as connection:
        connection.execute(schema.disposal_lists.update().values(state="submitted"))


def test_rows_are_refused_kept_longer_or_made_permanent_one_by_one(world: World) -> None:  # R5, D9
    destroyed, struck, longer, forever = (world.file(f"{n}.docx") for n in range(4))
    number = world.drafted()
    answers = [
        Answer(destroyed, Wish.DESTROY),
        Answer(struck, Wish.DESTROY),
        Answer(longer, Wish.KEEP, "诉讼未结", TWO_YEARS),
        Answer(forever, Wish.PERMANENT, "史料"),
    ]
    disposal.opine(world.ledger, stamp(), number, answers)
    disposal.submit(world.ledger, stamp(), number)
    digest = world.list(number).digest
    who = stamp("zhao.gang")
    assert refused(disposal.approve, world.ledger, who, number, digest, [Refused(struck, "")]) == ("4.0",)
    with pytest.raises(UnknownError):
        disposal.approve(world.ledger, who, number, digest or "", [Refused("999", "不同意")])
    every = [Refused(answer.record_id, "不同意") for answer in answers]
    assert refused(disposal.approve, world.ledger, who, number, digest, every) == ("D1",)
    disposal.approve(world.ledger, who, number, digest or "", [Refused(struck, "仍需查阅")])
    with world.ledger.read() as view:
        records = view.records_by_id([destroyed, struck, longer, forever])
        assert view.eligible_on(longer) == date(2029, 1, 1)
        assert view.eligible_on(forever) is None
    states = [records[key].state for key in (destroyed, struck, longer, forever)]
    assert states == [State.APPROVED, State.RETAINED, State.RETAINED, State.RETAINED]
    assert [item.left_by for item in world.list(number).items] == ["", "record.unlisted", *["record.extended"] * 2]


def test_a_list_of_which_nothing_is_to_be_destroyed_is_over_with_its_approval(world: World) -> None:
    record = world.file("1.docx")
    number = world.drafted(record)
    disposal.opine(world.ledger, stamp(), number, [Answer(record, Wish.PERMANENT, "史料")])
    disposal.submit(world.ledger, stamp(), number)
    approve(world, number)
    assert world.list(number).state is ListState.WITHDRAWN
    assert world.list(number).approval is not None


# --- the ends ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "name", "state"),
    [
        (disposal.reject, "zhao.gang", ListState.REJECTED),
        (disposal.withdraw, "chen.lu", ListState.WITHDRAWN),
    ],
)
def test_a_list_that_ends_early_lets_its_records_go(world: World, act: Any, name: str, state: ListState) -> None:
    record = world.file("1.docx")
    number = world.submitted(record)
    assert refused(act, world.ledger, stamp(name), number, " ") == ("4.0",)
    assert refused(act, world.ledger, stamp("li.hua"), number, "不") == ("R1",)
    act(world.ledger, stamp(name), number, "材料不全")
    assert world.list(number).state is state
    assert world.list(number).open_items == ()
    assert world.drafted(record) == "2026-002"
    with pytest.raises((RefusedError, ConflictError)):
        act(world.ledger, stamp(name), number, "再来")


def test_an_approval_runs_out_and_is_written_when_it_is_noticed(world: World) -> None:  # D5, D10
    record = world.file("1.docx")
    number = world.approved(record)
    assert disposal.expire(world.ledger, stamp(days=30)) == ()
    assert world.list(number).state is ListState.APPROVED
    assert disposal.expire(world.ledger, stamp(days=31)) == (number,)
    assert world.list(number).state is ListState.EXPIRED
    assert disposal.draft(world.ledger, stamp(days=31), Selection(ids=(record,))) == "2026-002"
    assert disposal.expire(world.ledger, stamp(days=31)) == ()


def test_nothing_is_approved_by_waiting(world: World) -> None:  # D10
    number = world.submitted(world.file("1.docx"))
    disposal.expire(world.ledger, stamp(days=400))
    assert world.list(number).state is ListState.SUBMITTED


def test_a_clock_behind_the_last_event_decides_nothing(world: World) -> None:  # T4
    world.file("1.docx")
    number = world.submitted()
    world.ledger.append([Draft("clock", ClockVouched("校时"))], stamp(days=2))
    assert refused(disposal.approve, world.ledger, stamp("zhao.gang"), number, world.list(number).digest) == ("T4",)
    assert "T4" in refused(disposal.draft, world.ledger, stamp())
    approve(world, number, days=2.1)


def test_two_lists_are_numbered_through_the_year(world: World) -> None:
    for name in "一二":
        world.file(f"{name}.docx")
        world.drafted()
    world.file("三.docx")
    assert disposal.draft(world.ledger, stamp(days=60)) == "2027-001"
    with pytest.raises(UnknownError):
        world.list("2026-003")
