"""Attempts by the workbook that goes round, by the command line, and by the clock."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from given.bypass import FIRST, Site, by_sql, execute, kinds, order, rules_of, unguarded
from given.disposals import AT, World, stamp
from given.doors import CommandLine
from given.workbooks import saved
from openpyxl import load_workbook

from docgen import ExcelTemplate
from office.disposal import round_trip as roundtrip
from office.disposal.papers import Around
from office.folder import SHIPPED
from retention.acts import records as keeping
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import RetentionError
from retention.ledger import schema
from retention.ledger.ledger import Stamp
from retention.rules.events import DestroyIntended
from retention.rules.model import Wish
from retention.rules.people import Actor

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# --- the workbook that departments fill in ------------------------------------------------------------------------

TEMPLATE = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx")
AROUND = Around("服务中心", "物业公司", "项目", "A/0", {})
HEAD = 6
"""The first row of the list on the sheet."""


def sent(world: World, number: str) -> bytes:
    return TEMPLATE.render(roundtrip.context(AROUND, world.list(number)))


def worked_in(content: bytes, change: Callable[[Any], object]) -> bytes:
    book = load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    return saved(book)


def put(row: int, title: str, value: object) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.cell(HEAD + row - 1, roundtrip.TITLES.index(title) + 1).value = value

    return change


def in_two(change: Callable[[Any], object]) -> Callable[[Site], Callable[[], object]]:
    """A draft of two rows comes back with the first decided, and something else done to it."""

    def prepare(world: Site) -> Callable[[], object]:
        number = world.drafted(world.file("月报.docx"), world.file("月报二.docx"))
        content = worked_in(worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁")), change)
        return lambda: world.by.take_back("he.fang", content)

    return prepare


def copied_row(sheet: Any) -> None:
    for column in range(1, len(roundtrip.TITLES) + 1):
        sheet.cell(HEAD + 2, column).value = sheet.cell(HEAD, column).value


def stale(world: Site) -> Callable[[], object]:
    """A record was struck out, and another one taken in by a new draft: the old workbook is of another list."""
    first, second = world.file("月报.docx"), world.file("月报二.docx")
    number = world.drafted(first, second)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
    disposal.withdraw(world.ledger, stamp(), number, "重拟")
    world.drafted(first)
    return lambda: world.by.take_back("he.fang", content)


def frozen(world: Site) -> Callable[[], object]:
    number = world.drafted(world.file("月报.docx"))
    world.decide(number, Wish.DESTROY)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "永久"))
    content = worked_in(content, put(1, roundtrip.REASON, "改主意"))
    disposal.submit(world.ledger, stamp(), number)
    return lambda: world.by.take_back("he.fang", content)


def overtaken(world: Site) -> Callable[[], object]:
    """An old workbook that says 销毁 is sent in again after an archivist decided 永久."""
    record = world.file("月报.docx")
    number = world.drafted(record)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
    disposal.opine(world.ledger, stamp(), number, [Answer(record, Wish.PERMANENT, "有诉讼")])
    return lambda: world.by.take_back("he.fang", content)


def by_nobody(by: str) -> Callable[[Site], Callable[[], object]]:
    def prepare(world: Site) -> Callable[[], object]:
        number = world.drafted(world.file("月报.docx"))
        content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
        return lambda: world.by.take_back(by, content)

    return prepare


WORKBOOKS: dict[str, tuple[str, Callable[[Site], Callable[[], object]]]] = {
    "a formula decides": ("R3", in_two(put(2, roundtrip.WISH, '=IF(1=1,"销毁","永久")'))),
    "a formula gives the reason": ("R3", in_two(put(2, roundtrip.REASON, "=A1"))),
    "a row is there twice": ("R3", in_two(copied_row)),
    "a row is missing": ("R3", in_two(lambda sheet: sheet.delete_rows(HEAD + 1))),
    "a row is of no list": ("R3", in_two(put(2, roundtrip.TOKEN, "0" * 20))),
    "a row is another record": ("R3", in_two(put(2, roundtrip.LOCKED["title"], "别的文件"))),
    "a row has another last day": ("R3", in_two(put(2, roundtrip.LOCKED["kept_until"], "2020-12-31"))),
    "a decision is none": ("R3", in_two(put(2, roundtrip.WISH, "同意"))),
    "kept longer without a reason": ("R5", in_two(put(2, roundtrip.WISH, "永久"))),
    "a term without a decision": ("D9", in_two(put(2, roundtrip.TERM, "2年"))),
    "a term is no certain one": (
        "R5",
        in_two(lambda sheet: put(2, roundtrip.WISH, "续存")(sheet) or put(2, roundtrip.TERM, "长期")(sheet)),
    ),
    "a name is typed where people approve": ("R3", in_two(put(2, roundtrip.WISH, "已批准 赵刚"))),
    "the workbook of a list that was drafted anew": ("R3 D1", stale),
    "a decision is changed after the list was frozen": ("D1", frozen),
    "an old workbook is sent in over a newer decision": ("R3", overtaken),
    "an approver sends it in": ("R1", by_nobody("zhao.gang")),
    "a witness sends it in": ("R1", by_nobody("li.hua")),
    "a typed name sends it in": ("L6", by_nobody("何芳")),
}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_that_is_not_honest_changes_nothing(site: Site, name: str) -> None:  # R2, R3
    rules, prepare = WORKBOOKS[name]
    world = site
    trying = prepare(world)
    before = [kind for kind in kinds(world) if kind not in {"act.refused", "session.begun"}]
    assert rules_of(trying) & {*rules.split()}
    assert [kind for kind in kinds(world) if kind not in {"act.refused", "session.begun"}] == before
    assert world.differences() == []


def test_a_workbook_taken_back_twice_changes_nothing_the_second_time(site: Site) -> None:  # R3
    number = site.drafted(site.file("月报.docx"))
    content = worked_in(sent(site, number), put(1, roundtrip.WISH, "销毁"))
    site.by.take_back("he.fang", content)
    assert site.list(number).items[0].decision is Wish.DESTROY
    before = kinds(site).count("record.appraised")
    site.by.take_back("he.fang", content)
    assert kinds(site).count("record.appraised") == before == 1


def test_a_workbook_replayed_onto_the_next_list_of_the_same_record_decides_nothing(site: Site) -> None:  # R3
    record = site.file("月报.docx")
    number = site.drafted(record)
    content = worked_in(sent(site, number), put(1, roundtrip.WISH, "销毁"))
    site.by.take_back("he.fang", content)
    disposal.withdraw(site.ledger, stamp(), number, "重拟")
    again = site.drafted(record)
    rules_of(lambda: site.by.take_back("he.fang", content))
    assert again != number
    assert site.list(again).items[0].decision is None


# --- what only a command line has ---------------------------------------------------------------------------------


@pytest.fixture
def line(world: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine.of(world, tmp_path / "office", monkeypatch)


def test_a_session_that_has_run_out_destroys_nothing(line: CommandLine) -> None:  # L6
    world = line.world
    number = world.approved(world.file("月报.docx"))
    begun = line.session("chen.lu", FIRST)
    told = ("execute", number, "--confirm", number, "1")
    assert rules_of(lambda: line.run(begun, FIRST + 0.4, *told)) == {"L6"}
    assert rules_of(lambda: line.run("", FIRST, *told)) == {"L6"}
    assert DestroyIntended.kind not in kinds(world)
    line.run(begun, FIRST + 0.3, *told)
    assert DestroyIntended.kind in kinds(world)


def test_settings_without_a_cooling_off_are_refused(line: CommandLine) -> None:  # D5
    world = line.world
    record = world.file("月报.docx")
    for value in ("cooling_days = 0", "cooling_days = -1", "approval_days = 3"):
        settings = (line.folder / "guidang.toml").read_text(encoding="utf-8")
        (line.folder / "guidang.toml").write_text(f"{settings}\n[disposal]\n{value}\n", encoding="utf-8")
        with pytest.raises(RetentionError):
            line.draft("chen.lu", [record])
        (line.folder / "guidang.toml").write_text(settings, encoding="utf-8")
    assert "list.drafted" not in kinds(world)


def test_a_hold_whose_event_is_filed_elsewhere_still_holds(line: CommandLine) -> None:  # L1, D3
    """The chain is sound, for it is over what was said; changed are the event's columns, and the rows as they were."""
    world = line.world
    record = world.file("月报.docx")
    number = world.approved(record)
    before = rows_of(world, "records"), rows_of(world, "disposal_items")
    world.hold("H1", record, days=1)
    unguarded(world)
    by_sql(world, "UPDATE events SET subject = '1' WHERE kind = 'record.held'", "DELETE FROM record_holds")
    with world.ledger._engine.begin() as connection:
        for table, kept in zip((schema.records, schema.disposal_items), before, strict=True):
            connection.execute(table.delete())
            connection.execute(table.insert(), kept)
    assert world.ledger.verify().sound
    assert len(world.differences()) == 1
    assert rules_of(lambda: line.execute("chen.lu", FIRST, order(world, number), world.roots)) == {"L2"}
    assert DestroyIntended.kind not in kinds(world)


def rows_of(world: World, name: str) -> list[dict[str, Any]]:
    with world.ledger._engine.connect() as connection:
        return [dict(row) for row in connection.execute(schema.metadata.tables[name].select()).mappings()]


def test_another_list_typed_than_the_one_named_is_not_executed(line: CommandLine) -> None:  # R4
    world = line.world
    one, other = world.approved(world.file("月报.docx")), world.approved(world.file("月报二.docx"))
    session = line.session("chen.lu", FIRST)
    assert rules_of(lambda: line.run(session, FIRST, "execute", one, "--confirm", other, "1")) == {"R4"}
    assert DestroyIntended.kind not in kinds(world)


def test_a_few_letters_of_a_digest_approve_nothing(line: CommandLine) -> None:  # D2
    """A list can be made to begin like another one: an hour's work for eight letters, too long for sixteen."""
    world = line.world
    number = world.submitted(world.file("月报.docx"))
    digest = world.list(number).digest or ""
    for typed in (digest[:8], digest[:15], digest[:8] * 2, digest + "0", ""):
        assert rules_of(lambda typed=typed: line.approve("zhao.gang", number, typed)) == {"D2"}
    line.approve("zhao.gang", number, digest[:16].upper())
    assert world.list(number).approval is not None


# --- the clock (T4) -----------------------------------------------------------------------------------------------


def test_an_event_written_by_a_clock_set_back_does_not_make_it_right(site: Site) -> None:  # T4
    """Its approval has expired; a clock set back to before that, and any event written by it, revives nothing."""
    number = site.approved(site.file("月报.docx"))
    site.hold("H1", site.file("以后的.docx"), days=40)
    site.hold("H2", site.file("又一份.docx"), days=20)
    assert rules_of(lambda: execute(site, number, 20)) == {"T4"}
    assert "D5" in rules_of(lambda: execute(site, number, 41, count=1))
    assert DestroyIntended.kind not in kinds(site)


@pytest.mark.parametrize("days", [-2, 2, FIRST, 400])
def test_a_day_cannot_be_given_beside_the_instant(days: int) -> None:  # T4, D5
    """The clock is held against the ledger: the day that cooling-off is counted by follows from it."""
    with pytest.raises(ValueError, match="business date"):
        Stamp(AT, AT.date() + timedelta(days=days), Actor("chen.lu"))


def test_a_vouch_that_was_refused_vouches_for_nothing(site: Site) -> None:  # T4, R1
    number = site.approved(site.file("月报.docx"))
    keeping.vouch(site.ledger, stamp(), "对过表")
    for name in ("zhao.gang", "he.fang", "nobody"):
        assert rules_of(lambda name=name: keeping.vouch(site.ledger, stamp(name, FIRST), "相信我")) & {"R1", "L6"}
    assert rules_of(lambda: execute(site, number, FIRST)) == {"T4"}
    keeping.vouch(site.ledger, stamp(days=FIRST), "对过表")
    execute(site, number, FIRST)
    assert DestroyIntended.kind in kinds(site)
