"""What persons say about records, on SQLite and PostgreSQL: classes, altered and reappeared files, holds, schedules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import openpyxl
import pytest
from given import archives
from given.archives import CHECK, INCIDENT, PLAN, REPORT, SCANNED, SHARE, approved, destroyed, listed, quarantined

from docgen.registers.blank import new_workbook
from foundation.period import Period
from office.archive.classes import Classes
from office.archive.finding import record_named
from office.archive.records import Description, Verdict, classify, identified, settle
from retention.acts import records as keeping
from retention.acts import schedule as enactment
from retention.errors import ConflictError, RefusedError, RetentionError, UnknownError
from retention.filing.titles import Catalogue, Kind
from retention.ledger import counting as tally
from retention.ledger import proving, schema
from retention.ledger.ledger import Draft
from retention.ledger.selection import Selection, by_place, conditions
from retention.rules.dates import ClockFault
from retention.rules.events import (
    ActRefused,
    ClockVouched,
    Decision,
    ScheduleAdopted,
    Unlisted,
)
from retention.rules.model import Overlay, State
from retention.rules.reckoning import Never, reckon
from retention.rules.schedule_table import read_schedule
from samples.making.share import docx

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from given.archives import Archive

    from retention.rules.schedule import ScheduleVersion

ON = date(2026, 11, 23)
JANUARY = Period(date(2023, 1, 1), date(2023, 1, 31))


@pytest.fixture
def archive(tmp_path: Path, target: str) -> Iterator[Archive]:
    """An office with one record of each kind, scanned; no schedule is adopted."""
    made = archives.make(tmp_path, target)
    for path in (REPORT, PLAN, INCIDENT, CHECK):
        made.write(path)
    made.write(SCANNED, b"%PDF-1.4 nothing is said")
    made.scan()
    with made.ledger:
        yield made


def version(text: str = archives.SCHEDULE) -> ScheduleVersion:
    return read_schedule(text.encode(), "schedule.csv").version


def adopt(archive: Archive, text: str = archives.SCHEDULE, *, by: str = "wang.min", shorten: bool = False) -> int:
    """Adopt a schedule with the count its preview names; the number of records that moved."""
    with archive.ledger.read() as view:
        approver = enactment.approver_of(view, version(text).digest) if shorten else ""
        count = enactment.moving(enactment.preview(view, version(text), archive.stamp(by).on, approver))
    enactment.adopt(archive.ledger, archive.stamp(by), version(text), count, shorten=shorten)
    return count


def day(archive: Archive, path: str) -> date | None:
    with archive.ledger.read() as view:
        return view.eligible_on(archive.record(path).id)


def due(archive: Archive, on: date = ON) -> set[str]:
    with archive.ledger.read() as view:
        return {each.record.path for each in view.due(on)}


def refused(archive: Archive) -> ActRefused:
    """The refusal that was written last (L8)."""
    with archive.ledger.read() as view:
        entry = view.last()
    assert entry is not None
    assert isinstance(entry.event.change, ActRefused)
    return entry.event.change


def codes(error: pytest.ExceptionInfo[RetentionError]) -> list[str]:
    return [problem.code for problem in error.value.problems]


def said(archive: Archive, text: str, **more: Any) -> Description:
    return Description(Classes.of(archive.office).catalogue.kinds[text], **more)


# --- due, and why not -------------------------------------------------------------------------------------------


def test_without_an_adopted_schedule_nothing_is_due_and_everything_is_counted(archive: Archive) -> None:  # D4
    assert due(archive, date(2099, 1, 1)) == set()
    with archive.ledger.read() as view:
        counted = tally.tally(view, ON)
    assert (counted.due, counted.later) == (0, 0)
    assert {(never, number) for never, _key, number in counted.never} == {
        (Never.UNCLASSIFIED, 1),
        (Never.NO_SCHEDULE, 1),
    }
    assert sum(number for _never, _key, number in counted.never) == 5


def test_what_is_due_and_what_keeps_the_rest_add_up(archive: Archive) -> None:  # D4, P4
    adopt(archive)
    assert due(archive) == {REPORT, PLAN}
    assert due(archive, date(2025, 12, 31)) == {PLAN}
    keeping.hold(archive.ledger, archive.stamp("wang.min"), "诉讼", lambda view: view.records_at(SHARE, PLAN))
    with archive.ledger.read() as view:
        counted = tally.tally(view, ON)
    assert (counted.due, counted.listed, counted.later) == (1, 0, 1)
    assert dict(counted.kept) == {Overlay.HELD: 1, Overlay.ALTERED: 0, Overlay.MISSING: 0}
    assert counted.never == ((Never.UNCLASSIFIED, None, 1), (Never.UNKNOWN_TERM, "每日检查表", 1))


def test_the_reasons_counted_are_those_each_record_has(archive: Archive) -> None:
    """Whatever the versions of a schedule make of records filed before and after them."""
    adopt(archive)
    archive.write("2024年/XF-01 消防档案 2024年.docx")
    archive.write("2024年/突发事件处理记录表-20240102-2栋水管爆裂.docx")
    archive.scan()
    adopt(archive, archives.SCHEDULE.replace("3年", "长期").replace("每日检查表,,,", "每日检查表,,永久,"))
    with archive.ledger.read() as view:
        adoptions = view.adoptions()
        expected: dict[tuple[Never, str | None], int] = {}
        for record in view.records():
            if never := reckon(record, adoptions).never:
                expected[never, record.class_key] = expected.get((never, record.class_key), 0) + 1
        counted = tally.tally(view, ON)
    assert {(never, key): number for never, key, number in counted.never} == expected
    assert len(expected) == 4


def test_records_are_chosen_by_class_period_place_and_words(archive: Archive) -> None:
    archive.write("2023年_续/JY-QM7.5.1-02 特勤部月工作计划(2023年6月).docx")
    archive.scan()

    def found(**chosen: Any) -> set[str]:
        meant = Selection(**chosen)
        with archive.ledger.read() as view:
            listed = [each.record.path for each in view.found(*conditions(meant), order=by_place(meant))]
        assert sorted(listed) == listed
        return {path.rpartition("/")[2] for path in listed}

    plans = {PLAN.rpartition("/")[2], "JY-QM7.5.1-02 特勤部月工作计划(2023年6月).docx"}
    assert found(keys=frozenset({"JY-QM7.5.1-02"})) == plans
    assert found(period=Period(date(2023, 5, 1), date(2023, 5, 31))) == {PLAN.rpartition("/")[2]}
    assert found(under=f"{SHARE}/2023年_续") == plans - {PLAN.rpartition("/")[2]}
    assert len(found(under=f"{SHARE}/2023年")) == 5
    assert len(found(under=SHARE)) == 6
    assert found(under="别处") == set()
    assert found(text="qg-fw-01") == {REPORT.rpartition("/")[2]}
    assert found(text="100%") == set()
    assert found(department="特勤部") == {CHECK.rpartition("/")[2], *plans} - {PLAN.rpartition("/")[2]}
    assert found(overlay=Overlay.UNCLASSIFIED) == {SCANNED.rpartition("/")[2]}


def test_a_blank_on_the_share_becomes_a_record_when_it_is_filled_in(archive: Archive) -> None:  # W1
    path = "2026年/报修登记 2026年10月.xlsx"
    blank = new_workbook(archive.office.forms["repairs"], period=Period.parse("2026-10"))
    place = archive.write(path, blank)
    archive.scan()
    with archive.ledger.read() as view:
        assert view.records_at(SHARE, path) == []
    book = openpyxl.load_workbook(place)
    book.worksheets[0]["A4"] = "WX2610001"
    book.save(place)
    archive.scan()
    record = archive.record(path)
    assert (record.class_key, str(record.period)) == ("报修登记", "2026-10")


# --- which record is meant --------------------------------------------------------------------------------------


def test_a_record_is_named_by_number_path_or_words(archive: Archive) -> None:
    record = archive.record(REPORT)
    names = (record.id, REPORT, f"{SHARE}/{REPORT}", str(archive.root / REPORT), REPORT.rpartition("/")[2], "QG-fw-01")
    with archive.ledger.read() as view:
        assert {record_named(archive.office, view, name).id for name in names} == {record.id}
        with pytest.raises(UnknownError) as several:
            record_named(archive.office, view, "2023年")
        with pytest.raises(UnknownError) as none:
            record_named(archive.office, view, "没有这样的文件")
        with pytest.raises(UnknownError) as no_number:
            record_named(archive.office, view, "2023")
    assert codes(no_number) == ["record.unknown"]
    assert codes(several) == ["record.several"]
    assert record.id in several.value.problems[0].hint
    assert codes(none) == ["record.unknown"]


def test_a_class_is_named_by_title_code_or_alias(archive: Archive) -> None:
    classes = Classes.of(archive.office)
    assert {classes.named(text).key for text in ("月报", "物业管理月度工作报告", "qg—fw—01—01")} == {"QG-FW-01-01"}
    assert classes.named("消防档案").key == "XF-01"
    with pytest.raises(UnknownError) as none:
        classes.named("随便")
    assert "月工作计划" in none.value.problems[0].hint
    with pytest.raises(UnknownError) as several:
        Classes(Catalogue([Kind("A", "甲", aliases=("月表",)), Kind("B", "乙", aliases=("月表",))]), version()).named(
            "月表"
        )
    assert codes(several) == ["class.several"]


def test_records_keep_their_class_when_a_new_schedule_renames_it(archive: Archive) -> None:  # P1
    adopt(archive)
    renamed = archives.SCHEDULE.replace(
        "月工作计划,JY-QM7.5.1-02,1年,", "部门月计划,JY-09,1年,JY-QM7.5.1-02、月工作计划"
    )
    adopt(archive, renamed)
    classes = Classes.of(archive.office)
    assert classes.title("JY-QM7.5.1-02") == "部门月计划"
    with archive.ledger.read() as view:
        assert classes.keys_of(view, classes.named("部门月计划")) == {"JY-09", "JY-QM7.5.1-02"}
    assert due(archive) == {REPORT, PLAN}


# --- classify ---------------------------------------------------------------------------------------------------


def test_an_unclassified_record_becomes_due_once_a_person_says_what_it_is(archive: Archive) -> None:  # D4
    adopt(archive)
    record = archive.record(SCANNED)
    classify(
        archive.office,
        archive.ledger,
        archive.stamp("wang.min"),
        [record],
        said(archive, "QG-FW-01-01", period=JANUARY),
    )
    now = archive.record(SCANNED)
    assert (now.class_key, now.period, now.overlays) == ("QG-FW-01-01", JANUARY, frozenset())
    assert due(archive) == {REPORT, PLAN, SCANNED}


def test_a_correction_moves_the_day_and_keeps_what_was_said_before(archive: Archive) -> None:  # T5
    adopt(archive)
    assert day(archive, PLAN) == date(2025, 1, 1)
    record = archive.record(PLAN)
    entries = classify(
        archive.office, archive.ledger, archive.stamp("wang.min"), [record], said(archive, "QG-FW-04-01")
    )
    assert day(archive, PLAN) == date(2027, 1, 1)
    now = archive.record(PLAN)
    assert (now.period, now.department) == (record.period, record.department)
    (change,) = [entry.event.change for entry in entries]
    assert "JY-QM7.5.1-02 2023-05" in change.evidence[0]  # type: ignore[union-attr]


def test_a_class_that_goes_by_periods_needs_one(archive: Archive) -> None:  # D4
    """Without it the term would count from the day of filing, which is earlier for a plan of the year to come."""
    with pytest.raises(RefusedError) as error:
        classify(
            archive.office,
            archive.ledger,
            archive.stamp("wang.min"),
            [archive.record(SCANNED)],
            said(archive, "QG-FW-01-01"),
        )
    assert codes(error) == ["record.no_period"]
    classify(
        archive.office, archive.ledger, archive.stamp("wang.min"), [archive.record(SCANNED)], said(archive, "XF-01")
    )
    assert archive.record(SCANNED).class_key == "XF-01"


def test_several_records_are_classified_together_or_not_at_all(archive: Archive) -> None:
    adopt(archive)
    listed(archive, PLAN)
    both = [archive.record(SCANNED), archive.record(PLAN)]
    with pytest.raises(RefusedError) as error:
        classify(
            archive.office,
            archive.ledger,
            archive.stamp("wang.min"),
            both,
            said(archive, "QG-FW-01-01", period=JANUARY),
        )
    assert codes(error) == ["record.listed"]
    assert refused(archive).rules == ("D2",)
    assert [archive.record(path).class_key for path in (SCANNED, PLAN)] == [None, "JY-QM7.5.1-02"]


def test_a_department_has_to_be_one_of_the_office(archive: Archive) -> None:
    with pytest.raises(RefusedError) as error:
        classify(
            archive.office,
            archive.ledger,
            archive.stamp("wang.min"),
            [archive.record(PLAN)],
            said(archive, "XF-01", department="财务部"),
        )
    assert codes(error) == ["record.department"]


def test_what_an_unclassified_file_may_be_is_read_from_its_name_and_text(archive: Archive) -> None:
    archive.write("2023年/10月份月报.docx", docx(["物业管理月度工作报告"]))
    archive.scan()
    with archive.ledger.read() as view:
        guess = identified(archive.office, Classes.of(archive.office), view, archive.record("2023年/10月份月报.docx"))
    assert guess.candidates == ("QG-FW-01-01",)
    assert guess.reasons


# --- altered, missing, resurfaced -------------------------------------------------------------------------------


@pytest.fixture
def altered(archive: Archive) -> Archive:
    """The report's content is another one (W3)."""
    adopt(archive)
    archive.write(REPORT, docx(["改过的月报"]))
    archive.scan()
    assert archive.record(REPORT).altered_to is not None
    assert REPORT not in due(archive)
    return archive


def decide(archive: Archive, path: str, decision: Decision | None, reason: str = "核对过") -> None:
    settle(archive.office, archive.ledger, archive.stamp("wang.min"), archive.record(path), Verdict(decision, reason))


def test_a_correction_takes_the_new_content_and_keeps_the_dates(altered: Archive) -> None:  # W3
    before = altered.record(REPORT)
    decide(altered, REPORT, Decision.CORRECTION)
    now = altered.record(REPORT)
    content = (altered.root / REPORT).read_bytes()
    assert (now.digest, now.size, now.altered_to) == (sha256(content).hexdigest(), len(content), None)
    assert (now.filed_on, now.period, now.id) == (before.filed_on, before.period, before.id)
    assert REPORT in due(altered)
    altered.scan()
    assert altered.record(REPORT) == now


def test_restored_needs_the_filed_content_back(altered: Archive) -> None:  # W3
    with pytest.raises(RefusedError) as error:
        decide(altered, REPORT, Decision.RESTORED)
    assert codes(error) == ["record.not_the_filed"]
    assert refused(altered).rules == ("W3",)
    altered.write(REPORT)
    decide(altered, REPORT, Decision.RESTORED)
    assert altered.record(REPORT).altered_to is None
    altered.scan()
    assert REPORT in due(altered)


def test_a_correction_is_of_what_was_found_and_not_of_what_came_after(altered: Archive) -> None:  # W3
    altered.write(REPORT, docx(["又改了一次"]))
    with pytest.raises(RefusedError) as error:
        decide(altered, REPORT, Decision.CORRECTION)
    assert codes(error) == ["record.not_the_found"]
    altered.scan()
    decide(altered, REPORT, Decision.CORRECTION)
    assert altered.record(REPORT).digest == sha256((altered.root / REPORT).read_bytes()).hexdigest()


def test_new_content_filed_on_its_own_leaves_the_old_record_missing(altered: Archive) -> None:  # W3, W4
    old = altered.record(REPORT)
    decide(altered, REPORT, Decision.NEW_RECORD)
    new = altered.record(REPORT)
    assert new.id != old.id
    assert (new.class_key, new.period) == (old.class_key, old.period)
    with altered.ledger.read() as view:
        before = view.record(old.id)
    assert before is not None
    assert before.overlays == {Overlay.MISSING}
    altered.scan()
    with altered.ledger.read() as view:
        assert {(each.id, each.missing_since is None) for each in view.records_at(SHARE, REPORT)} == {
            (old.id, False),
            (new.id, True),
        }


def test_an_altered_file_that_is_gone_or_a_share_that_is_away_decides_nothing(altered: Archive) -> None:  # W8
    (altered.root / REPORT).unlink()
    with pytest.raises(RefusedError) as gone:
        decide(altered, REPORT, Decision.CORRECTION)
    assert codes(gone) == ["record.not_the_found"]
    altered.root.rename(altered.root.with_name("away"))
    with pytest.raises(RefusedError) as away:
        decide(altered, REPORT, Decision.CORRECTION)
    assert codes(away) == ["share.away"]


def test_a_missing_file_that_comes_back_needs_nobody(archive: Archive) -> None:  # W4
    content = (archive.root / REPORT).read_bytes()
    (archive.root / REPORT).unlink()
    archive.scan()
    with archive.ledger.read() as view:
        assert dict(tally.alerts(view, ()).lying)[Overlay.MISSING] == 1
    archive.write(REPORT, content)
    archive.scan()
    with archive.ledger.read() as view:
        assert dict(tally.alerts(view, ()).lying)[Overlay.MISSING] == 0


@pytest.fixture
def resurfaced(archive: Archive) -> Archive:
    """The plan was destroyed, and its content lies there again under another name (W5)."""
    adopt(archive)
    content = (archive.root / PLAN).read_bytes()
    destroyed(archive, PLAN)
    archive.write("2024年/JY-QM7.5.1-02 工程维修部月工作计划(2023年5月) - 副本.docx", content)
    archive.scan()
    assert archive.record(PLAN).resurfaced_at
    return archive


COPY = "2024年/JY-QM7.5.1-02 工程维修部月工作计划(2023年5月) - 副本.docx"


def test_a_reappeared_content_is_filed_only_where_a_person_says_so(resurfaced: Archive) -> None:  # W5
    with resurfaced.ledger.read() as view:
        assert view.records_at(SHARE, COPY) == []
    decide(resurfaced, PLAN, Decision.NEW_RECORD)
    assert resurfaced.record(PLAN).resurfaced_at is None
    new = resurfaced.record(COPY)
    assert (new.state, new.class_key, str(new.period)) == (State.RETAINED, "JY-QM7.5.1-02", "2023-05")
    resurfaced.scan()
    assert resurfaced.record(PLAN).resurfaced_at is None


def test_a_reappeared_copy_is_gone_only_when_it_is(resurfaced: Archive) -> None:  # W5
    with pytest.raises(RefusedError) as error:
        decide(resurfaced, PLAN, None)
    assert codes(error) == ["record.still_there"]
    (resurfaced.root / COPY).unlink()
    decide(resurfaced, PLAN, None)
    assert resurfaced.record(PLAN).resurfaced_at is None


@pytest.mark.parametrize("decision", [Decision.CORRECTION, Decision.RESTORED])
def test_a_destroyed_record_is_neither_corrected_nor_restored(resurfaced: Archive, decision: Decision) -> None:  # W5
    with pytest.raises(RefusedError) as error:
        decide(resurfaced, PLAN, decision)
    assert codes(error) == ["record.resurfaced"]


def test_a_decision_needs_a_reason_and_something_to_decide(altered: Archive) -> None:
    with pytest.raises(RefusedError) as error:
        decide(altered, REPORT, Decision.CORRECTION, " ")
    assert codes(error) == ["act.reason"]
    with pytest.raises(RefusedError) as nothing:
        decide(altered, PLAN, Decision.RESTORED)
    assert codes(nothing) == ["lifecycle.not_altered"]


# --- holds ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("reach", [lambda _archive, _path: None, listed, approved, quarantined])
def test_a_hold_is_accepted_in_every_state_before_a_file_is_gone(archive: Archive, reach: Any) -> None:  # D3
    adopt(archive)
    reach(archive, PLAN)
    hold_id, covered = keeping.hold(
        archive.ledger, archive.stamp("zhao.qi"), "投诉未结", lambda view: view.records_at(SHARE, PLAN)
    )
    assert [record.path for record in covered] == [PLAN]
    assert archive.record(PLAN).holds == {hold_id}
    assert PLAN not in due(archive)


def test_what_is_destroyed_cannot_be_held(archive: Archive) -> None:  # D3
    adopt(archive)
    destroyed(archive, PLAN)
    with pytest.raises(UnknownError) as error:
        keeping.hold(archive.ledger, archive.stamp("wang.min"), "晚了", lambda view: view.records_at(SHARE, PLAN))
    assert codes(error) == ["hold.nothing"]


def test_a_hold_ends_by_another_act_with_its_own_reason(archive: Archive) -> None:  # D3
    adopt(archive)
    first, _covered = keeping.hold(archive.ledger, archive.stamp("wang.min"), "诉讼", lambda view: view.records())
    second, _covered = keeping.hold(
        archive.ledger, archive.stamp("wang.min"), "审计", lambda view: view.records_at(SHARE, PLAN)
    )
    assert due(archive) == set()
    with archive.ledger.read() as view:
        assert tally.covered(view) == {first: 5, second: 1}
    keeping.release(archive.ledger, archive.stamp("li.gang"), first, "已结案")
    assert due(archive) == {REPORT}
    assert archive.record(PLAN).holds == {second}
    with pytest.raises(ConflictError):
        keeping.release(archive.ledger, archive.stamp("li.gang"), first, "再来一次")
    with archive.ledger.read() as view:
        assert [(hold.id, hold.stands) for hold in view.holds()] == [(first, False), (second, True)]


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_hold_needs_a_reason(archive: Archive, reason: str) -> None:
    for act in (
        lambda: keeping.hold(archive.ledger, archive.stamp("wang.min"), reason, lambda view: view.records()),
        lambda: keeping.release(archive.ledger, archive.stamp("wang.min"), "H1", reason),
    ):
        with pytest.raises(RefusedError) as error:
            act()
        assert codes(error) == ["act.reason"]


# --- who may ----------------------------------------------------------------------------------------------------


def acts(archive: Archive) -> dict[str, Any]:
    """Every act with the roles that may."""
    record, content = archive.record(REPORT), version()
    return {
        "classify": lambda by: keeping.classify(archive.ledger, by, [(record.id, said_change(record))]),
        "settle": lambda by: settle(archive.office, archive.ledger, by, record, Verdict(Decision.RESTORED, "x")),
        "hold": lambda by: keeping.hold(archive.ledger, by, "x", lambda view: view.records()),
        "release": lambda by: keeping.release(archive.ledger, by, "H1", "x"),
        "adopt": lambda by: enactment.adopt(archive.ledger, by, content, 0),
        "approve": lambda by: enactment.approve_shortening(archive.ledger, by, content, 1),
        "vouch": lambda by: keeping.vouch(archive.ledger, by, "看过手表"),
    }


def said_change(record: Any) -> Any:
    from retention.rules.events import Classified

    return Classified(record.class_key, record.period)


MAY = {
    "classify": {"wang.min"},
    "settle": {"wang.min"},
    "hold": {"wang.min", "li.gang", "zhao.qi"},
    "release": {"wang.min", "li.gang"},
    "adopt": {"wang.min"},
    "approve": {"li.gang"},
    "vouch": {"wang.min"},
}


@pytest.mark.parametrize("act", sorted(MAY))
@pytest.mark.parametrize("name", ["admin", "wang.min", "li.gang", "zhao.qi", "qian.bo", "nobody", "guidang"])
def test_only_those_who_may_say_it(archive: Archive, act: str, name: str) -> None:  # L6, R1, L8
    """The others are refused in the transaction itself, and the attempt stays in the ledger."""
    stamp = replace(archive.stamp(name), actor=archives.SERVICE) if name == "guidang" else archive.stamp(name)
    try:
        acts(archive)[act](stamp)
        rules = frozenset[str]()
    except (RefusedError, ConflictError) as error:
        rules = frozenset(problem.clause for problem in error.problems)
        assert frozenset(refused(archive).rules) == rules
    assert bool(rules & {"L6", "R1"}) is (name not in MAY[act])


# --- schedules --------------------------------------------------------------------------------------------------


def test_a_preview_counts_what_an_adoption_moves(archive: Archive) -> None:  # P2
    with archive.ledger.read() as view:
        shown = enactment.preview(view, version(), ON)
    shifts = {shift.key: shift for shift in shown.shifts}
    assert (shifts["JY-QM7.5.1-02"].earlier, shifts["JY-QM7.5.1-02"].becoming_due) == (1, 1)
    assert enactment.moving(shown) == 3
    assert set(shown.becoming_due) == {archive.record(path).id for path in (PLAN, REPORT)}
    assert adopt(archive) == 3
    with archive.ledger.read() as view:
        assert [adoption.number for adoption in view.adoptions()] == [1]


def test_an_adoption_with_another_count_than_shown_does_not_happen(archive: Archive) -> None:  # P2
    for count in (2, 4):
        with pytest.raises(ConflictError) as error:
            enactment.adopt(archive.ledger, archive.stamp("wang.min"), version(), count)
        assert codes(error) == ["schedule.count"]
    with archive.ledger.read() as view:
        assert view.adoptions() == ()
    assert refused(archive).rules == ("P2",)


SHORTER = archives.SCHEDULE.replace("3年", "1年")


def test_a_shorter_term_does_not_reach_back_by_itself(archive: Archive) -> None:  # P3
    adopt(archive)
    assert day(archive, INCIDENT) == date(2027, 1, 1)
    with archive.ledger.read() as view:
        shown = enactment.preview(view, version(SHORTER), archive.stamp("wang.min").on)
    assert (enactment.moving(shown), shown.spared) == (0, 1)
    assert adopt(archive, SHORTER) == 0
    assert day(archive, INCIDENT) == date(2027, 1, 1)


def test_shortening_takes_an_approval_by_another_persons_own_act(archive: Archive) -> None:  # P3
    adopt(archive)
    with pytest.raises(RefusedError) as nobody:
        enactment.adopt(archive.ledger, archive.stamp("wang.min"), version(SHORTER), 1, shorten=True)
    assert codes(nobody) == ["schedule.not_approved"]
    becoming = enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(SHORTER), 1, "合同已了")
    assert becoming == (archive.record(INCIDENT).id,)
    assert adopt(archive, SHORTER, shorten=True) == 1
    assert day(archive, INCIDENT) == date(2025, 1, 1)
    with archive.ledger.read() as view:
        assert view.adoptions()[-1].shortened_by == "li.gang"


def test_an_approval_is_for_one_adoption_of_one_table(archive: Archive) -> None:  # P3
    adopt(archive)
    enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(SHORTER), 1)
    other = SHORTER.replace("2年", "1年")
    with archive.ledger.read() as view:
        assert enactment.approver_of(view, version(other).digest) == ""
        assert enactment.approver_of(view, version(SHORTER).digest) == "li.gang"
    longer = archives.SCHEDULE.replace("2年", "5年")
    adopt(archive, longer)
    with archive.ledger.read() as view:
        assert enactment.approver_of(view, version(SHORTER).digest) == ""


def test_who_approved_shortening_does_not_adopt_it(archive: Archive, tmp_path: Path) -> None:  # P3, R1
    from retention.acts import accounts
    from retention.rules.people import Role

    adopt(archive)
    both = frozenset({Role.ARCHIVIST, Role.APPROVER})
    accounts.change(archive.ledger, archive.stamp("admin"), "li.gang", roles=both)
    enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(SHORTER), 1)
    with pytest.raises(RefusedError) as error:
        enactment.adopt(archive.ledger, archive.stamp("li.gang"), version(SHORTER), 1, shorten=True)
    assert codes(error) == ["schedule.one_person"]
    assert adopt(archive, SHORTER, shorten=True) == 1


def test_an_approval_names_how_many_go_earlier(archive: Archive) -> None:  # P2, P3
    adopt(archive)
    with pytest.raises(ConflictError) as error:
        enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(SHORTER), 7)
    assert codes(error) == ["schedule.count"]
    with pytest.raises(RefusedError) as nothing:
        enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(), 1)
    assert codes(nothing) == ["schedule.nothing_shorter"]


def test_held_and_listed_records_are_never_shortened(archive: Archive) -> None:  # P3
    adopt(archive)
    keeping.hold(archive.ledger, archive.stamp("wang.min"), "诉讼", lambda view: view.records_at(SHARE, INCIDENT))
    shorter = SHORTER.replace("2年", "1年")
    enactment.approve_shortening(archive.ledger, archive.stamp("li.gang"), version(shorter), 1)
    adopt(archive, shorter, shorten=True)
    assert day(archive, INCIDENT) == date(2027, 1, 1)
    assert day(archive, REPORT) == date(2025, 1, 1)


def test_a_class_in_use_is_superseded_never_lost(archive: Archive) -> None:  # P1
    adopt(archive)
    without = "\n".join(line for line in archives.SCHEDULE.splitlines() if "月工作计划" not in line)
    with pytest.raises(RefusedError) as error:
        adopt(archive, without)
    assert codes(error) == ["schedule.class_lost"]
    adopt(archive, without.replace("每日检查表,,,", "每日检查表,,1年,月工作计划、JY-QM7.5.1-02"))


def test_a_class_the_schedule_never_had_stands_in_nobodys_way(archive: Archive) -> None:  # P1, P4
    archive.write("2023年/报修登记 2023年1月.docx")
    archive.scan()
    adopt(archive)
    adopt(archive, archives.SCHEDULE.replace("2年", "3年"))
    assert day(archive, "2023年/报修登记 2023年1月.docx") is None


def test_the_same_schedule_is_adopted_once(archive: Archive) -> None:  # P1
    adopt(archive)
    with pytest.raises(RefusedError) as error:
        adopt(archive)
    assert codes(error) == ["schedule.unchanged"]


def test_an_adoption_is_whole_in_its_event(archive: Archive) -> None:  # L1, P1
    adopt(archive)
    with archive.ledger.read() as view:
        (entry,) = [entry for entry in view.log(enactment.SCHEDULE) if isinstance(entry.event.change, ScheduleAdopted)]
        assert entry.event.change == ScheduleAdopted(1, version())
        assert list(proving.differences(view)) == []


# --- duplicates -------------------------------------------------------------------------------------------------


def test_files_of_one_period_and_copies_of_one_content_are_shown_together(archive: Archive) -> None:  # W7
    archive.write("2023年/签字/QG-FW-01-01 物业管理月度工作报告 2023年1月（签字版扫描）.pdf", b"%PDF-1.4 x")
    archive.write("2023年/别处/" + INCIDENT.rpartition("/")[2], (archive.root / INCIDENT).read_bytes())
    archive.scan()
    with archive.ledger.read() as view:
        single = Classes.of(archive.office).single(view)
        alarm = tally.alerts(view, single)
        (repeated,) = tally.repeated(view, single)
        (copied,) = tally.copied(view)
    assert (alarm.repeated, alarm.copies) == (1, 1)
    assert {record.path.rpartition("/")[2] for record in repeated.records} == {
        REPORT.rpartition("/")[2],
        "QG-FW-01-01 物业管理月度工作报告 2023年1月（签字版扫描）.pdf",
    }
    assert {record.digest for record in copied.records} == {archive.record(INCIDENT).digest}
    assert len(copied.records) == 2


def test_several_incidents_of_one_day_are_no_duplicates(archive: Archive) -> None:
    archive.write("2023年/突发事件处理记录表-20231018-地库水管爆裂.docx")
    archive.scan()
    with archive.ledger.read() as view:
        assert tally.repeated(view, Classes.of(archive.office).single(view)) == []


def test_destroyed_and_missing_files_are_no_duplicates(archive: Archive) -> None:  # W7
    adopt(archive)
    archive.write("2024年/副本.docx", (archive.root / PLAN).read_bytes())
    archive.scan()
    with archive.ledger.read() as view:
        assert len(tally.copied(view)) == 1
    (archive.root / "2024年/副本.docx").unlink()
    archive.scan()
    with archive.ledger.read() as view:
        assert tally.copied(view) == []


# --- clock ------------------------------------------------------------------------------------------------------


def test_a_person_vouches_for_a_clock_that_is_ahead(archive: Archive) -> None:  # T4
    from datetime import timedelta

    archive.at += timedelta(days=3)
    with archive.ledger.read() as view:
        assert view.clock().fault(archive.now()) is ClockFault.AHEAD
    keeping.vouch(archive.ledger, archive.stamp("wang.min"), "停电三天")
    with archive.ledger.read() as view:
        assert view.clock().fault(archive.now()) is None
        last = view.last()
    assert last is not None
    assert last.event.change == ClockVouched("停电三天")


# --- pages ------------------------------------------------------------------------------------------------------


def test_pages_follow_on_each_other_and_leave_nothing_out(archive: Archive) -> None:
    for number in range(7):
        archive.write(f"2023年/报修登记 2023年{number + 1}月.docx")
    archive.scan()
    order = (schema.records.c.filed_on, schema.records.c.id)
    with archive.ledger.read() as view:
        everything = [each.record.id for each in view.found(order=order)]
        pages = [[each.record.id for each in view.found(order=order, limit=5, skip=skip)] for skip in (0, 5, 10, 15)]
        assert tally.count(view) == len(everything) == 12
    assert [len(page) for page in pages] == [5, 5, 2, 0]
    assert [record for page in pages for record in page] == everything


def test_class_keys_are_found_by_leaps(archive: Archive) -> None:
    with archive.ledger.read() as view:
        keys = {record.class_key for record in view.records()} - {None}
        assert tally.class_keys(view) == sorted(key for key in keys if key)


def test_a_record_off_its_list_may_be_corrected_again(archive: Archive) -> None:
    adopt(archive)
    listed(archive, PLAN)
    archive.ledger.append([Draft(archive.record(PLAN).id, Unlisted("撤回"))], archive.stamp("wang.min"))
    classify(
        archive.office, archive.ledger, archive.stamp("sun.yu"), [archive.record(PLAN)], said(archive, "QG-FW-04-01")
    )
    assert archive.record(PLAN).class_key == "QG-FW-04-01"
