"""Terms in every spelling, the schedule and its versions, which of them decides, and why: requirements P1–P4, T5."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from given.places import ROOT
from hypothesis import given
from hypothesis import strategies as st

from foundation import language as i18n
from foundation.period import Period
from retention.acts.schedule_preview import objections, preview, propose
from retention.errors import SourceError
from retention.rules.model import Extension, Record, State
from retention.rules.people import Actor
from retention.rules.reasons import explain
from retention.rules.reckoning import Never, reckon, reckonings
from retention.rules.schedule import Adoption, Base, RecordClass, Rule, ScheduleVersion, Start, Term, TermKind
from retention.rules.schedule_table import find, lost_classes, read_schedule, version_of
from retention.rules.terms import in_words, read_term


def day(text: str) -> date:
    return date.fromisoformat(text)


# --- P4: spellings ------------------------------------------------------------------------------------------------

FIXED = {
    (12, 0): [
        "1年",
        "一年",
        "１年",
        "壹年",
        " 1 年",
        "1年整",
        "保存1年",
        "保管期限：1年",
        "1 year",
        "12个月",
        "十二个月",
    ],
    (24, 0): ["2年", "2 年", "二年", "两年", "贰年", "24个月", "２４个月", "二十四个月", "2年\n"],
    (36, 0): ["3年", "三年", "叁年", "3周年", "3 years", "定期3年", "定期（3年）"],
    (6, 0): ["半年", "6个月", "六个月", "0.5年"],
    (18, 0): ["一年半", "1.5年", "1年6个月", "1年零6个月", "1年半"],
    (120, 0): ["10年", "十年", "拾年", "一〇年", "定期10年"],
    (180, 0): ["15年", "十五年"],
    (360, 0): ["30年", "三十年", "三〇年", "定期30年"],
    (0, 30): ["30天", "30日", "三十天"],
    (0, 14): ["2周", "两个星期", "14天"],
}
UNCERTAIN = {
    TermKind.PERMANENT: ["永久", "永久保存", "永远", "保存永久", "Permanent"],
    TermKind.INDEFINITE: ["长期", "短期", "定期", "长期保存", "长期（16-50年）"],
    TermKind.CONDITIONAL: ["合同到期后3年", "到期后…", "离职后一年", "有效期内", "设备报废之日起2年", "在职期间"],
    TermKind.BLANK: ["", " ", "　", "—", "-", "/", "无", "未定", "待定", "…"],
    TermKind.UNREADABLE: [
        *("30", "3", "二", "3y", "6月", "半个月", "1-3年", "1～3年", "1年/2年", "不少于3年", "3年以上", "约3年"),
        *("3年后", "三年后销毁", "0年", "零年", "999年", "2026年", "1年2年", "6个月1年", "半年半", "十十年"),
        *("年", "5.5个月", "10年(30年)", "1年6月", "JY", "同上", "〃"),
    ],
}  # fmt: skip


@pytest.mark.parametrize(("amount", "text"), [(amount, text) for amount, texts in FIXED.items() for text in texts])
def test_a_term_is_read_in_every_spelling(amount: tuple[int, int], text: str) -> None:  # P4
    term = read_term(text)
    assert (term.kind, term.months, term.days) == (TermKind.FIXED, *amount)
    assert term.text == text.strip()


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in UNCERTAIN.items() for text in texts])
def test_what_is_not_certain_is_not_a_number(kind: TermKind, text: str) -> None:
    """P4: keep and report, never guess."""
    term = read_term(text)
    assert (term.kind, term.months, term.days) == (kind, 0, 0)
    assert term.known is (kind is TermKind.PERMANENT)


@given(st.text(alphabet="0123456789.一二两三十百零〇半年个月天周日 -至后（）()永久长期", max_size=12))
def test_reading_a_term_never_raises_and_never_gives_nought(text: str) -> None:  # P4
    term = read_term(text)
    assert (term.kind is TermKind.FIXED) == (term.months + term.days > 0)


@given(st.integers(1, 99), st.sampled_from([("年", 12), ("个月", 1)]))
def test_figures_and_numerals_are_one(number: int, unit: tuple[str, int]) -> None:  # P4
    tens, ones = divmod(number, 10)
    digits = "零一二三四五六七八九"
    numerals = ("" if tens < 2 else digits[tens]) + ("十" if tens else "") + (digits[ones] if ones else "")
    assert read_term(f"{numerals}{unit[0]}").months == read_term(f"{number}{unit[0]}").months == number * unit[1]


def test_a_term_in_words_of_both_languages() -> None:
    cases = {"2年": ("2年", "2 years"), "一年半": ("1年 6个月", "1 year 6 months"), "永久": ("永久", "for ever")}
    cases |= {"": ("未规定", "not given"), "长期": ("“长期”，没有写明年数", "“长期”, which is no number of years")}
    for text, (chinese, english) in cases.items():
        with i18n.use("zh_CN"):
            assert in_words(read_term(text)) == chinese
        with i18n.use("en"):
            assert in_words(read_term(text)) == english


# --- schedule.csv -------------------------------------------------------------------------------------------------


def schedule(*rows: str, titles: str = "序号,记录名称,标识,保存期限,使用部门") -> bytes:
    return "\n".join([titles, *rows]).encode()


@pytest.mark.parametrize("folder", ["office", "starter"])
def test_the_shipped_schedule_is_the_procedures_table(folder: str) -> None:
    """Clause 4.0: 2年, 3年, 1年, and the row whose period is unknown: kept and reported."""
    reading = read_schedule((ROOT / "samples" / folder / "schedule.csv").read_bytes(), "schedule.csv")
    assert [(each.key, each.title, each.rule.term.months) for each in reading.version.classes] == [
        ("QG-FW-01-01", "物业管理月度工作报告", 24),
        ("QG-FW-04-01", "突发事件处理记录表", 36),
        ("JY-QM7.5.1-02", "月工作计划", 12),
        ("每日检查表", "每日检查表", 0),
    ]
    assert {(each.rule.start, each.rule.base) for each in reading.version.classes} == {
        (Start.NEXT_YEAR, Base.PERIOD_END)
    }
    assert reading.version.classes[3].rule.term.kind is TermKind.BLANK
    assert ("schedule.csv schedule!D5", "schedule.term") in {(doubt.where, doubt.code) for doubt in reading.doubts}
    assert find(reading.version, "《月度工作计划》") is find(reading.version, "JY—QM7.5.1—02")  # gap G7, dashes


def test_a_schedule_kept_in_excel_is_read() -> None:
    """Headings above, columns in another order, titles under other names, full width, GB18030, tabs."""
    text = "相关记录（须报批后才能销毁）\n\n保管期限\t通用记录名称\t标 识\n２ 年\t《月工作计划》\tJY-QM7.5.1-02\n\n"
    version = read_schedule(text.encode("gb18030"), "表.csv").version
    assert [(each.key, each.title, each.rule.term.months) for each in version.classes] == [
        ("JY-QM7.5.1-02", "《月工作计划》", 24)
    ]


def test_rules_and_aliases_of_a_row() -> None:
    data = schedule(
        "合同,HT-01,3年,归档日期,次日,租赁合同、承包合同",
        "培训记录,,1年,最晚日期,次年1月1日,",
        "纪要,,1年,,,",
        titles="记录名称,标识,保存期限,起算日,起算规则,别名",
    )
    version = read_schedule(data, "s.csv", start=Start.ANNIVERSARY, base=Base.DOCUMENT).version
    assert [(each.rule.base, each.rule.start) for each in version.classes] == [
        (Base.FILING, Start.ANNIVERSARY),
        (Base.LATEST, Start.NEXT_YEAR),
        (Base.DOCUMENT, Start.ANNIVERSARY),
    ]
    assert find(version, "承包合同") is version.classes[0]


def test_every_fault_is_told_at_once_with_its_cell() -> None:
    data = schedule(
        "月报,QG-01,2年,,,报告",
        ",QG-02,2年,,,",
        "年报,qg—01,2年,,次次年,",
        "周报,,30,昨天,,《报告》",
        titles="记录名称,标识,保存期限,起算日,起算规则,别名",
    )
    with pytest.raises(SourceError) as raised:
        read_schedule(data, "s.csv")
    assert sorted((problem.where, problem.code) for problem in raised.value.problems) == [
        ("s.csv s!A3", "schedule.title"),
        ("s.csv s!B4", "schedule.name_twice"),
        ("s.csv s!D5", "schedule.word"),
        ("s.csv s!E4", "schedule.word"),
        ("s.csv s!F5", "schedule.name_twice"),
    ]
    assert all(problem.message and problem.hint for problem in raised.value.problems)


@pytest.mark.parametrize(
    ("data", "where", "code"),
    [
        (b"\xff\xfe\xff", "s.csv", "csv.encoding"),
        ("记录名称,标识\n月报,QG\n".encode(), "s.csv", "csv.no_titles"),
        (b"", "s.csv", "csv.no_titles"),
        ("记录名称,保存期限,保管期限\n月报,2年,3年\n".encode(), "s.csv s!C1", "csv.column_twice"),
        ('记录名称,保存期限\n"月报,2年\n年报,3年\n'.encode(), "s.csv s!2", "csv.open_quote"),
    ],
)
def test_a_file_that_is_no_schedule_is_refused(data: bytes, where: str, code: str) -> None:
    with pytest.raises(SourceError) as raised:
        read_schedule(data, "s.csv")
    assert [(problem.where, problem.code) for problem in raised.value.problems] == [(where, code)]


def test_what_says_nothing_certain_is_a_doubt_and_no_fault() -> None:
    """P4: the class is there, kept and reported; nothing of the file is dropped in silence."""
    data = schedule(
        "1,检查表,JY-…,,,甲,乙", "2,合同,,合同到期后3年,", titles="序号,记录名称,标识,保存期限,使用部门,备注"
    )
    reading = read_schedule(data, "s.csv")
    assert [(doubt.where, doubt.code) for doubt in reading.doubts] == [
        ("s.csv s!D2", "schedule.term"),
        ("s.csv s!C2", "schedule.code"),
        ("s.csv s!D3", "schedule.term"),
        ("s.csv s!F1", "schedule.unread"),
        ("s.csv s!G2", "schedule.unread"),
    ]
    assert [each.key for each in reading.version.classes] == ["检查表", "合同"]


# --- P1: versions -------------------------------------------------------------------------------------------------


def kept(term: str, **rule: object) -> RecordClass:
    return RecordClass("QG-01", "月报", "QG-01", Rule(read_term(term), **rule))  # type: ignore[arg-type]


def test_a_version_is_known_by_its_meaning() -> None:
    """P1: neither the order of rows nor the name of the file makes another version; any other change does."""
    first, second = kept("2年"), RecordClass("检查表", "检查表")
    digest = version_of([first, second], "a.csv").digest
    assert version_of([second, first], "b.csv").digest == digest
    for changed in (
        kept("3年"),
        kept("2年", start=Start.ANNIVERSARY),
        kept("2年", base=Base.FILING),
        replace(first, users="经理室"),
        replace(first, aliases=("报告",)),
    ):
        assert version_of([changed, second]).digest != digest


def test_a_version_cannot_be_changed() -> None:  # P1
    version = version_of([kept("2年")])
    with pytest.raises(AttributeError):
        version.classes = ()  # type: ignore[misc]


def test_a_class_in_use_is_superseded_never_removed() -> None:  # P1
    old = version_of([kept("2年"), RecordClass("检查表", "检查表")])
    renamed = version_of([replace(kept("2年"), key="QG-09", code="QG-09", aliases=("QG-01",))])
    assert [problem.code for problem in lost_classes(renamed, ["QG-01", "检查表", "检查表"])] == ["schedule.class_lost"]
    assert lost_classes(renamed, ["QG-01"]) == []
    with_code = version_of([RecordClass("JY-01", "检查表", "JY-01")])
    assert find(with_code, "检查表") is with_code.classes[0]
    proposed = propose(renamed, [Adoption(1, day("2026-01-01"), old)], [], day("2026-02-01"))
    assert [problem.clause for problem in objections(proposed, [], Actor("档案员"), ["检查表"])] == ["P1"]


def test_adopting_what_is_in_force_is_pointless() -> None:  # P1
    version = version_of([kept("2年")])
    adoptions = [Adoption(1, day("2026-01-01"), version)]
    again = propose(version, adoptions, [], day("2026-02-01"))
    assert [problem.code for problem in objections(again, adoptions, Actor("甲"), [])] == ["schedule.unchanged"]
    approved = propose(version, adoptions, [], day("2026-02-01"), shortened_by="乙")
    assert objections(approved, adoptions, Actor("甲"), []) == []


# --- P3: which version decides ------------------------------------------------------------------------------------


def record(filed: str = "2024-01-05", key: str | None = "QG-01", **facts: object) -> Record:
    base = Record(
        "17", "share", "月报.docx", "0" * 64, 1, day(filed), key, Period(day("2023-12-01"), day("2023-12-31"))
    )
    return replace(base, **facts)  # type: ignore[arg-type]


def history(*terms: str, shortened_by: str = "", exempt: frozenset[str] = frozenset()) -> list[Adoption]:
    """Versions adopted on 1 January 2024, 1 July 2024, 1 January 2025 …; the last with a second person's word."""
    days = (day("2024-01-01"), day("2024-07-01"), day("2025-01-01"), day("2025-07-01"))
    adoptions = [Adoption(n, days[n - 1], version_of([kept(term)])) for n, term in enumerate(terms, 1)]
    adoptions[-1] = replace(adoptions[-1], shortened_by=shortened_by, exempt=exempt)
    return adoptions


def eligible(adoptions: list[Adoption], filed: str = "2024-01-05") -> str:
    return str(reckon(record(filed), adoptions).eligible_on)


def test_lengthening_applies_to_what_is_filed_already() -> None:  # P3
    assert eligible(history("2年")) == "2026-01-01"
    assert eligible(history("2年", "3年")) == "2027-01-01"
    assert eligible(history("2年", "永久")) == "None"


def test_shortening_applies_to_what_is_filed_afterwards_only() -> None:  # P3
    shortened = history("3年", "2年")
    assert eligible(shortened, filed="2024-01-05") == "2027-01-01"
    assert eligible(shortened, filed="2024-07-01") == "2027-01-01"  # on the day itself the longer one counts still
    assert eligible(shortened, filed="2024-07-02") == "2026-01-01"
    assert [basis.adoption.number for basis in reckon(record(), shortened).spared] == [2]
    assert eligible(history("永久", "10年")) == "None"


def test_a_second_person_can_let_shortening_reach_back() -> None:  # P3
    assert eligible(history("3年", "2年", shortened_by="总经办")) == "2026-01-01"


def test_shortening_never_reaches_what_is_held_or_listed() -> None:  # P3
    assert eligible(history("3年", "2年", shortened_by="总经办", exempt=frozenset({"17"}))) == "2027-01-01"
    held, listed = record(id="1", holds=frozenset({"H1"})), record(id="2", state=State.LISTED, list_id="L1")
    proposed = propose(version_of([kept("2年")]), history("3年"), [held, listed, record()], day("2024-07-01"), "总经办")
    assert proposed.exempt == {"1", "2"}
    assert (proposed.number, proposed.shortened_by) == (2, "总经办")


def test_the_second_person_is_another_person() -> None:  # P3
    adoptions = history("3年")
    own = propose(version_of([kept("2年")]), adoptions, [], day("2024-07-01"), "档案员")
    assert [problem.clause for problem in objections(own, adoptions, Actor("档案员"), ["QG-01"])] == ["P3"]
    assert objections(own, adoptions, Actor("总经办"), ["QG-01"]) == []


def test_an_unreadable_term_between_does_not_open_a_way_to_a_shorter_one() -> None:
    """P3, P4: 3年 → 30 → 1年 leaves three years to what was filed under three years."""
    assert reckon(record(), history("3年", "30")).never is Never.UNKNOWN_TERM
    assert eligible(history("3年", "30", "1年")) == "2027-01-01"
    assert eligible(history("30", "1年")) == "2025-01-01"  # nothing had been promised


terms = st.sampled_from(["1年", "2年", "3年", "6个月", "永久", "30", ""])


@given(st.lists(terms, min_size=1, max_size=4), terms)
def test_without_a_second_person_no_adoption_moves_a_day_forward(before: list[str], then: str) -> None:
    """P3: what was promised to a record when it was filed is the least it gets."""
    adoptions = history(*before)
    later = Adoption(9, day("2026-01-01"), version_of([kept(then)]))
    old, new = reckon(record(), adoptions), reckon(record(), [*adoptions, later])
    promised = old.never is not Never.UNKNOWN_TERM
    if promised:
        assert (new.eligible_on or date.max) >= (old.eligible_on or date.max)


@pytest.mark.parametrize(
    ("facts", "adoptions", "never"),
    [
        ({"class_key": None}, history("2年"), Never.UNCLASSIFIED),
        ({}, [], Never.NO_SCHEDULE),
        ({"class_key": "QG-99"}, history("2年"), Never.NO_CLASS),
        ({}, history(""), Never.UNKNOWN_TERM),
        ({}, history("永久"), Never.PERMANENT),
        ({"proof": True}, history("2年"), Never.PROOF),
        ({"extension": Extension(Term(TermKind.PERMANENT), day("2026-02-01"), "")}, history("2年"), Never.PERMANENT),
        ({"period": Period(day("9999-12-01"), date.max)}, history("2年"), Never.BEYOND_CALENDAR),
    ],
)
def test_what_is_not_known_is_never_due(facts: dict[str, object], adoptions: list[Adoption], never: Never) -> None:
    """D4, D12, P4."""
    reckoning = reckon(record(**facts), adoptions)  # type: ignore[arg-type]
    assert (reckoning.eligible_on, reckoning.never) == (None, never)
    assert not reckoning.due(date.max)


def test_an_extension_counts_from_its_appraisal_and_never_shortens() -> None:  # R5
    longer = record(extension=Extension(read_term("2年"), day("2026-03-10"), "诉讼未结"))
    assert str(reckon(longer, history("2年")).eligible_on) == "2029-01-01"
    shorter = record(extension=Extension(read_term("1年"), day("2024-03-10"), "还需用"))
    assert str(reckon(shorter, history("5年")).eligible_on) == "2029-01-01"


def test_due_begins_on_the_eligible_day() -> None:  # T1
    reckoning = reckon(record(), history("2年"))
    assert not reckoning.due(day("2025-12-31"))
    assert reckoning.due(day("2026-01-01"))


def test_many_records_are_reckoned_as_each_alone() -> None:
    adoptions = history("3年", "2年", shortened_by="乙", exempt=frozenset({"3"}))
    records = [record(id=str(n), filed=filed) for n, filed in enumerate(["2024-01-05", "2025-01-05", "2024-01-05"] * 3)]
    assert [each for _record, each in reckonings(records, adoptions)] == [reckon(each, adoptions) for each in records]


# --- P2: preview --------------------------------------------------------------------------------------------------


def test_a_preview_counts_what_moves_and_names_what_becomes_due() -> None:  # P2
    adoptions = [
        Adoption(1, day("2024-01-01"), version_of([kept("3年"), RecordClass("B", "乙", "", kept("1年").rule)]))
    ]
    version = version_of([kept("1年"), RecordClass("B", "乙", "", kept("2年").rule)])
    records = [
        record(id="a"),
        record(id="held", holds=frozenset({"H"})),
        record(id="b", key="B"),
        record(id="gone", state=State.DESTROYED),
        record(id="nobody", key=None),
    ]
    proposed = propose(version, adoptions, records, day("2025-06-01"), shortened_by="乙")
    seen = preview(iter(records), adoptions, proposed)
    counts = {
        shift.key: (shift.records, shift.earlier, shift.later, shift.spared, shift.becoming_due, shift.no_longer_due)
        for shift in seen.shifts
    }
    assert counts == {"": (1, 0, 0, 0, 0, 0), "QG-01": (2, 1, 0, 1, 1, 0), "B": (1, 0, 1, 0, 0, 1)}
    assert (seen.becoming_due, seen.spared) == (("a",), 1)
    alone = preview(records, adoptions, propose(version, adoptions, records, day("2025-06-01")))
    assert (alone.becoming_due, alone.spared) == ((), 2)


def test_a_preview_of_the_first_version_names_everything_that_is_due() -> None:  # P2
    proposed = propose(version_of([kept("1年")]), [], [], day("2026-06-01"))
    assert preview([record(), record(id="18", key=None)], [], proposed).becoming_due == ("17",)


@given(st.lists(st.tuples(st.integers(0, 1500), st.booleans()), max_size=30), terms, terms, st.booleans())
def test_a_preview_says_what_adopting_does(filed: list[tuple[int, bool]], old: str, new: str, approved: bool) -> None:
    """P2: the counts are those of reckoning every record before and after."""
    records = [
        record(str(day("2022-01-01") + timedelta(days=n)), id=str(at), holds=frozenset({"H"} if held else ()))
        for at, (n, held) in enumerate(filed)
    ]
    adoptions = history(old)
    proposed = propose(version_of([kept(new)]), adoptions, records, day("2025-06-01"), "乙" if approved else "")
    before = {each.id: reckon(each, adoptions) for each in records}
    after = {each.id: reckon(each, [*adoptions, proposed]) for each in records}
    seen = preview(records, adoptions, proposed)
    due = [key for key in before if after[key].due(proposed.on) and not before[key].due(proposed.on)]
    moved = [key for key in before if before[key].eligible_on != after[key].eligible_on]
    assert list(seen.becoming_due) == due
    assert sum(shift.earlier + shift.later for shift in seen.shifts) == len(moved)
    assert sum(shift.records for shift in seen.shifts) == len(records)


# --- T5: why ------------------------------------------------------------------------------------------------------


def texts(each: Record, adoptions: list[Adoption], on: str, language: str) -> list[str]:
    with i18n.use(language):
        return [str(step) for step in explain(each, reckon(each, adoptions), day(on))]


def test_a_date_explains_itself() -> None:
    """T5: base date, rule, period, schedule version, arithmetic; in both languages."""
    assert texts(record(), history("2年"), "2026-02-01", "zh_CN") == [
        "记录类别：月报 QG-01",
        "保存期限：2年（保存期限表第1版，2024-01-01起执行）",
        "起算依据：所属期末（2023-12）2023-12-31",
        "次年1月1日起算：2024-01-01 + 2年 → 保存至 2025-12-31，可处置日 2026-01-01",
        "2026-02-01：已于 2026-01-01 到期，须报批后才能销毁（规程4.0）",
    ]
    assert texts(record(), history("2年"), "2025-12-31", "en")[-2:] == [
        "Starts from 1 January of the next year: 2024-01-01 + 2 years → kept until 2025-12-31, eligible on 2026-01-01",
        "On 2025-12-31: not due, 1 day to go",
    ]


def codes(each: Record, adoptions: list[Adoption], on: str = "2026-02-01") -> list[str]:
    return [step.code for step in explain(each, reckon(each, adoptions), day(on))]


def test_every_reason_has_its_step() -> None:  # T5
    assert codes(record(), history("3年", "2年")) == ["class", "term", "spared", "base", "sum", "not_due"]
    assert codes(record(key=None), history("2年")) == ["class", "never"]
    assert codes(record(), history("永久")) == ["class", "term", "base", "never"]
    over = record(
        holds=frozenset({"H1"}),
        altered_to="1" * 64,
        missing_since=day("2026-01-02"),
        resurfaced_at="share/a",
        extension=Extension(read_term("2年"), day("2026-01-05"), "诉讼"),
        state=State.LISTED,
    )
    assert codes(over, history("2年"))[3:] == [
        *("sum", "extension", "held", "altered", "missing", "resurfaced", "state", "not_due")
    ]
    assert codes(record(state=State.DESTROYED), history("2年"))[-1] == "destroyed"


@pytest.mark.parametrize("language", i18n.LANGUAGES)
@pytest.mark.parametrize("exempt", [frozenset(), frozenset({"17"})])
def test_why_a_shorter_term_does_not_count_is_said(language: str, exempt: frozenset[str]) -> None:  # P3, T5
    adoptions = history("3年", "2年", shortened_by="乙" if exempt else "", exempt=exempt)
    spared = texts(record(), adoptions, "2026-02-01", language)[2]
    assert ("2024-01-05" in spared) is not bool(exempt)
    assert "2024-07-01" in spared


def test_a_missing_date_is_named() -> None:  # T5
    filed = record(period=None)
    assert texts(filed, history("2年"), "2026-02-01", "zh_CN")[2] == "起算依据：归档日期 2024-01-05（所属期末未知）"


def test_an_empty_version_is_one_too() -> None:
    assert find(ScheduleVersion("", ()), "QG-01") is None
