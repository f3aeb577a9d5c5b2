"""A list sent out as a workbook and taken back: decision, reason and new term, nothing else, and nothing in silence."""

from __future__ import annotations

import io
import random
import subprocess
from dataclasses import astuple, replace
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from given.disposal_lists import AROUND, REASON, TWO, archive, draft, drafted, item, stamp
from given.workbooks import needs_libreoffice, saved
from openpyxl import load_workbook

from docgen import ExcelTemplate
from docgen.errors import DataError
from office.disposal import round_trip as roundtrip
from office.disposal import wording
from office.disposal.round_trip import LOCKED, SAID, TERM, TOKEN, WISH
from office.disposal.round_trip import REASON as WHY
from office.folder import SHIPPED
from office.views.lists import taken_back
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import ConflictError, RefusedError, UnknownError
from retention.ledger.ledger import Draft
from retention.rules import events
from retention.rules.model import DisposalList, ListState, Opinion, Wish
from retention.rules.schedule import Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from given.disposal_lists import Archive
    from openpyxl.worksheet.worksheet import Worksheet

TEMPLATE = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx")
NAME = "征求表.xlsx"
FIRST = 6
"""The first row of the list on the sheet."""
COLUMN = {title: number for number, title in enumerate(roundtrip.TITLES, 1)}


def sent(of: DisposalList, department: str = "") -> bytes:
    return TEMPLATE.render(roundtrip.context(AROUND, of, department))


def returned(content: bytes, change: Callable[[Worksheet], object]) -> bytes:
    """The workbook after somebody worked in it."""
    book = load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    return saved(book)


def put(row: int, title: str, value: Any) -> Callable[[Worksheet], None]:
    """Write into one cell; ``row`` counts the items from 1."""

    def change(sheet: Worksheet) -> None:
        sheet.cell(FIRST + row - 1, COLUMN[title]).value = value

    return change


def filled(of: DisposalList, *changes: Callable[[Worksheet], object]) -> bytes:
    def every(sheet: Worksheet) -> None:
        for change in changes:
            change(sheet)

    return returned(sent(of), every)


def answers(of: DisposalList, *changes: Callable[[Worksheet], object]) -> tuple[Answer, ...]:
    return roundtrip.read(filled(of, *changes), NAME, of).answers


def problems(content: bytes, of: DisposalList) -> list[tuple[str, str]]:
    """What refuses a workbook: code and place."""
    with pytest.raises(RefusedError) as refused:
        roundtrip.read(content, NAME, of)
    assert all(problem.message and problem.hint for problem in refused.value.problems)
    assert {problem.clause for problem in refused.value.problems} <= {"R3", "R5", "D9"}
    return [(problem.code.removeprefix("roundtrip."), problem.where) for problem in refused.value.problems]


def at(row: int, title: str) -> str:
    letter = "ABCDEFGHIJKLM"[COLUMN[title] - 1]
    return f"{NAME} 鉴定意见!{letter}{FIRST + row - 1}"


# --- out --------------------------------------------------------------------------------------------------------


def test_a_workbook_offers_the_three_decisions_and_locks_all_else() -> None:  # R3
    sheet = load_workbook(io.BytesIO(sent(draft(3)))).worksheets[0]
    assert [cell.value for cell in sheet[FIRST - 1]] == list(roundtrip.TITLES)
    (choice,) = sheet.data_validations.dataValidation
    assert (str(choice.sqref), choice.formula1) == (f"I{FIRST}:I{FIRST + 2}", '"销毁,续存,永久"')
    assert sheet.protection.sheet
    for row in range(FIRST, FIRST + 3):
        open_cells = [title for title, column in COLUMN.items() if not sheet.cell(row, column).protection.locked]
        assert open_cells == [WISH, TERM, WHY]
    assert sheet.column_dimensions["L"].hidden
    assert sheet.column_dimensions["M"].hidden
    assert sheet.max_row == FIRST + 2


def test_a_workbook_that_nobody_wrote_in_changes_nothing() -> None:
    of = draft(30)
    assert roundtrip.read(sent(of), NAME, of) == roundtrip.Returned("2026-003", (), 30)
    assert sent(of) == sent(of)


def test_what_was_said_already_goes_out_with_it() -> None:
    of = replace(draft(2), items=(item(1, Wish.KEEP), item(2, Wish.PERMANENT)))
    sheet = load_workbook(io.BytesIO(sent(of))).worksheets[0]
    said = [[sheet.cell(row, COLUMN[title]).value for title in (WISH, TERM, WHY)] for row in (FIRST, FIRST + 1)]
    assert said == [["续存", "2年", REASON], ["永久", None, REASON]]


@pytest.mark.parametrize(
    "title", ["=1+1", "+8613800000000", "@SUM(A1)", " 月报  终稿", "月\x07报", "月\x01报", "－＝２"]
)
def test_titles_that_look_like_something_else_stay_texts(title: str) -> None:
    """File names are people's: no formula comes of one, and it comes back the same."""
    of = replace(draft(1), items=(item(1, None, title=title),))
    template = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx", control="remove")
    content = template.render(roundtrip.context(AROUND, of))
    assert load_workbook(io.BytesIO(content)).worksheets[0].cell(FIRST, 2).data_type == "s"
    assert roundtrip.read(returned(content, put(1, WISH, "销毁")), NAME, of).answers == (Answer("101", Wish.DESTROY),)


# --- back: what is taken over -----------------------------------------------------------------------------------


def test_decision_reason_and_new_term_are_taken_over() -> None:  # R3, R5
    found = answers(
        draft(4),
        put(1, WISH, "销毁"),
        *(put(2, WISH, "续存"), put(2, TERM, "18个月"), put(2, WHY, "合同未了")),
        *(put(3, WISH, "永久"), put(3, WHY, "建筑图纸")),
    )
    assert found == (
        Answer("101", Wish.DESTROY),
        Answer("102", Wish.KEEP, "合同未了", Term(TermKind.FIXED, "18个月", 18)),
        Answer("103", Wish.PERMANENT, "建筑图纸"),
    )


@pytest.mark.parametrize(
    ("typed", "months"), [("2 年", 24), ("２年", 24), ("三年", 36), ("1年6个月", 18), (" 半年 ", 6)]
)
def test_a_new_term_is_read_in_every_certain_spelling(typed: str, months: int) -> None:  # P4
    (found,) = answers(draft(1), put(1, WISH, "续存"), put(1, TERM, typed), put(1, WHY, "x"))
    assert found.term is not None
    assert found.term.months == months


@pytest.mark.parametrize("wish", [" 销毁", "销毁\n", "　销毁　"])
def test_blanks_around_a_decision_do_not_matter(wish: str) -> None:
    assert [each.wish for each in answers(draft(1), put(1, WISH, wish))] == [Wish.DESTROY]


def sorted_backwards(sheet: Worksheet) -> None:
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]
    for number, values in enumerate(reversed(rows), FIRST):
        for column, value in enumerate(values, 1):
            sheet.cell(number, column).value = value


def with_blank_rows(sheet: Worksheet) -> None:
    sheet.insert_rows(FIRST + 1, 3)


def moved_down(sheet: Worksheet) -> None:
    sheet.insert_rows(1, 2)


def with_a_note(sheet: Worksheet) -> None:
    sheet.cell(FIRST, 20).value = "请王经理看一下"


def with_hidden_rows(sheet: Worksheet) -> None:
    for row in range(FIRST, FIRST + 4):
        sheet.row_dimensions[row].hidden = True


def column_inserted(sheet: Worksheet) -> None:
    sheet.insert_cols(3)


@pytest.mark.parametrize(
    "habit", [sorted_backwards, with_blank_rows, moved_down, with_a_note, with_hidden_rows, column_inserted]
)
def test_what_people_do_in_workbooks_does_no_harm(habit: Callable[[Worksheet], None]) -> None:
    """Sorted, filtered, blank rows and columns put in, notes beside: the decision stays with its record."""
    of = draft(5)
    found = answers(of, put(2, WISH, "销毁"), put(5, WISH, "销毁"), habit)
    assert found == (Answer("102", Wish.DESTROY), Answer("105", Wish.DESTROY))


def test_however_rows_are_mixed_each_decision_stays_with_its_record() -> None:
    of = draft(40)
    dice = random.Random(7)
    chosen = {number: dice.choice(["销毁", None]) for number in range(1, 41)}

    def shuffled(sheet: Worksheet) -> None:
        rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=FIRST)]
        dice.shuffle(rows)
        for number, values in enumerate(rows, FIRST):
            for column, value in enumerate(values, 1):
                sheet.cell(number, column).value = value

    found = answers(of, *(put(number, WISH, wish) for number, wish in chosen.items()), shuffled)
    assert {each.record_id for each in found} == {str(100 + number) for number, wish in chosen.items() if wish}


def test_what_would_change_is_shown_first() -> None:  # R3
    of = replace(draft(2), items=(item(1, Wish.DESTROY), item(2, None)))
    content = filled(of, put(1, WISH, "续存"), put(1, TERM, "2年"), put(1, WHY, "诉讼未结"), put(2, WISH, "销毁"))
    shown = [astuple(each) for each in taken_back(roundtrip.read(content, NAME, of)).changes]
    assert shown == [
        ("1", of.items[0].title, "销毁", "续存 2年：诉讼未结"),
        ("2", of.items[1].title, "—", "销毁"),
    ]


def test_only_the_rows_of_a_department_go_out_and_come_back() -> None:  # R1
    of = replace(draft(3), items=(item(1, None), item(2, None, department="工程维修部"), item(3, None)))
    content = returned(sent(of, "工程维修部"), put(1, WISH, "销毁"))
    found = roundtrip.read(content, NAME, of)
    assert (found.rows, [each.record_id for each in found.answers]) == (1, ["102"])


# --- back: what is refused --------------------------------------------------------------------------------------


def test_a_list_that_was_changed_meanwhile_is_stale() -> None:  # R3
    of = draft(3)
    longer = draft(4)
    assert problems(sent(of), longer) == [("stale", NAME)]
    other_file = replace(of, items=(replace(of.items[0], digest="0" * 64), *of.items[1:]))
    assert problems(sent(of), other_file) == [("stale", NAME)]


def test_the_workbook_of_another_list_is_refused() -> None:  # R3
    assert problems(sent(draft(3)), replace(draft(3), number="2026-004")) == [("other_list", NAME)]


def without_properties(content: bytes) -> bytes:
    book = load_workbook(io.BytesIO(content))
    for name in list(book.custom_doc_props.names):
        del book.custom_doc_props[name]
    return saved(book)


def test_rows_betray_their_list_where_the_file_has_lost_its_properties() -> None:  # R3
    """A program that drops properties does no harm, and hides nothing: every row carries its token."""
    of = draft(2)
    kept = without_properties(filled(of, put(1, WISH, "销毁")))
    assert roundtrip.read(kept, NAME, of).answers == (Answer("101", Wish.DESTROY),)
    found = problems(without_properties(sent(replace(of, id="78"))), of)
    assert found == [("stale", NAME)]


def test_a_changed_mark_of_what_was_said_is_found() -> None:  # R3
    of = draft(2)
    for mark in (None, "0" * 20):
        assert problems(filled(of, put(1, WISH, "销毁"), put(1, SAID, mark)), of) == [("changed", at(1, SAID))]


def test_a_department_is_known_by_what_is_printed_too() -> None:
    of = replace(draft(3), items=(item(1, None), item(2, None, department="工程维修部"), item(3, None)))
    content = without_properties(returned(sent(of, "工程维修部"), put(1, WISH, "销毁")))
    assert [each.record_id for each in roundtrip.read(content, NAME, of).answers] == ["102"]


def test_a_row_of_another_list_is_refused() -> None:  # R3
    of, other = draft(3), replace(draft(3), id="78")
    tokens = [row["token"] for row in roundtrip.context(AROUND, other)["rows"]]
    found = problems(filled(of, put(2, TOKEN, tokens[1])), of)
    assert found == [("unknown_row", at(2, "序号")), ("missing_rows", NAME)]


def test_missing_and_repeated_rows_are_refused() -> None:  # R3
    of = draft(4)

    def twice(sheet: Worksheet) -> None:
        for cell in sheet[FIRST + 1]:
            sheet.cell(FIRST + 4, cell.column).value = cell.value

    assert problems(filled(of, lambda sheet: sheet.delete_rows(FIRST + 1)), of) == [("missing_rows", NAME)]
    assert problems(filled(of, twice), of) == [("repeated", at(5, WISH))]


def test_a_row_somebody_added_is_refused() -> None:  # R3
    of = draft(2)
    assert problems(filled(of, put(3, "题名", "再销毁一份"), put(3, WISH, "销毁")), of) == [
        ("unknown_row", at(3, "序号"))
    ]


def test_a_sheet_copied_within_the_workbook_is_refused() -> None:  # R3
    book = load_workbook(io.BytesIO(sent(draft(2))))
    book.copy_worksheet(book.worksheets[0])
    assert {code for code, _place in problems(saved(book), draft(2))} == {"repeated"}


@pytest.mark.parametrize("title", [WISH, TERM, WHY])
def test_formulas_in_the_open_cells_are_refused(title: str) -> None:  # R3
    of = draft(2)
    content = filled(of, put(1, WISH, "续存"), put(1, TERM, "2年"), put(1, WHY, "x"), put(1, title, '=IF(1,"销毁","")'))
    assert problems(content, of) == [("formula", at(1, title))]


def test_a_computed_formula_is_refused_as_well() -> None:  # R3
    """Excel leaves the result beside the formula; it is a formula all the same."""
    of = draft(1)
    content = filled(of, put(1, WISH, "销毁"))
    from docgen.template.package import read_package, repack

    (name,) = [each for each in read_package(content, "x") if each.startswith("xl/worksheets/sheet")]
    xml = read_package(content, "x")[name].read().decode()
    cell = xml[xml.index(f'<c r="I{FIRST}"') :]
    cell = cell[: cell.index("</c>") + 4]
    style = cell[cell.index('s="') : cell.index('"', cell.index('s="') + 3) + 1]
    computed = f'<c r="I{FIRST}" {style} t="str"><f>"销"&amp;"毁"</f><v>销毁</v></c>'
    assert problems(repack(content, {name: xml.replace(cell, computed).encode()}), of) == [("formula", at(1, WISH))]


@pytest.mark.parametrize("title", LOCKED.values())
def test_every_locked_cell_is_compared(title: str) -> None:  # R3
    of = draft(2)
    assert problems(filled(of, put(2, title, "别的")), of) == [("changed", at(2, title))]
    assert ("changed", at(2, title)) in problems(filled(of, put(2, title, "=A1")), of)


def test_tokens_of_two_rows_exchanged_are_found_by_what_stands_beside_them() -> None:  # R3
    """A decision cannot be moved to another record by exchanging its token."""
    of = draft(2)
    one, two = (row["token"] for row in roundtrip.context(AROUND, of)["rows"])
    codes = {code for code, _place in problems(filled(of, put(1, TOKEN, two), put(2, TOKEN, one)), of)}
    assert codes == {"changed"}


@pytest.mark.parametrize(
    "wish", ["同意", "续存2年", "续存：3年", "是", "销毁/续存", "destroy", "√", 1, date(2026, 1, 1)]
)
def test_a_decision_that_is_none_of_the_three_is_refused(wish: Any) -> None:  # R3
    of = draft(1)
    assert problems(filled(of, put(1, WISH, wish)), of) == [("decision", at(1, WISH))]


def test_a_term_written_into_the_decision_is_told_where_it_belongs() -> None:
    of = draft(1)
    with pytest.raises(RefusedError) as refused:
        roundtrip.read(filled(of, put(1, WISH, "续存2年")), NAME, of)
    assert "2年" in refused.value.problems[0].hint
    assert "续存" in refused.value.problems[0].hint


@pytest.mark.parametrize("term", [None, "2", 2, "长期", "永久", "6月", "不少于3年", "合同到期后3年", 46_298.5])
def test_keeping_longer_needs_a_term_that_is_certain(term: Any) -> None:  # R5, P4
    of = draft(1)
    content = filled(of, put(1, WISH, "续存"), put(1, TERM, term), put(1, WHY, "x"))
    assert problems(content, of) == [("term", at(1, TERM))]


@pytest.mark.parametrize("wish", ["续存", "永久"])
def test_keeping_needs_a_reason(wish: str) -> None:  # R5
    of = draft(1)
    term = "2年" if wish == "续存" else None
    for reason in (None, "  ", "　"):
        content = filled(of, put(1, WISH, wish), put(1, TERM, term), put(1, WHY, reason))
        assert problems(content, of) == [("no_reason", at(1, WHY))]


@pytest.mark.parametrize("wish", ["销毁", "永久"])
def test_a_term_beside_another_decision_is_not_passed_over(wish: str) -> None:
    of = draft(1)
    assert problems(filled(of, put(1, WISH, wish), put(1, TERM, "2年"), put(1, WHY, "x")), of) == [
        ("needless_term", at(1, TERM))
    ]


def test_a_reason_without_a_decision_is_not_passed_over() -> None:  # D9
    of = draft(1)
    assert problems(filled(of, put(1, WHY, "可以销毁")), of) == [("no_decision", at(1, WISH))]


def test_merged_decisions_are_refused() -> None:
    """Of merged cells only the first has a value: the others would be left without a decision in silence."""
    of = draft(3)
    content = filled(of, put(1, WISH, "销毁"), lambda sheet: sheet.merge_cells(f"I{FIRST}:I{FIRST + 2}"))
    assert problems(content, of) == [("merged", at(1, WISH))]


def test_everything_wrong_is_told_at_once() -> None:
    of = draft(6)
    content = filled(
        of,
        put(1, "题名", "改了"),
        put(2, WISH, "=1"),
        put(3, WISH, "续存"),
        put(4, WISH, "同意"),
        lambda sheet: sheet.delete_rows(FIRST + 5),
    )
    assert sorted(code for code, _place in problems(content, of)) == [
        *("changed", "decision", "formula", "missing_rows", "no_reason", "term")
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "file.old_format"),
        (b"%PDF-1.7", "file.other_kind"),
        (b"<html><table>", "file.markup"),
        (b"", "file.empty"),
        (b"PK\x03\x04broken", "file.damaged"),
    ],
)
def test_other_files_are_told_by_what_they_are(content: bytes, code: str) -> None:
    """.xls and .et, a PDF, a web page, half a file: named, with how to save it."""
    with pytest.raises(DataError) as refused:
        roundtrip.read(content, "征求表.xls", draft(1))
    assert refused.value.problems[0].code == code


def test_a_csv_is_not_taken_back() -> None:
    assert problems(",".join(roundtrip.TITLES).encode(), draft(1)) == [("csv", NAME)]


def test_another_workbook_is_not_taken_for_the_list() -> None:
    from given.workbooks import book

    assert problems(book(表="甲 | 乙\n1 | 2"), draft(1)) == [("headings", NAME)]


def test_a_heading_that_was_renamed_is_refused() -> None:
    of = draft(1)
    assert problems(filled(of, put(0, WISH, "意见")), of) == [("headings", NAME)]


# --- somebody else spoke meanwhile ------------------------------------------------------------------------------


def said(of: DisposalList, row: int, wish: Wish) -> DisposalList:
    """The list after somebody said something about a row elsewhere."""
    items = [replace(each, opinion=item(row, wish).opinion) if each.row == row else each for each in of.items]
    return replace(of, items=tuple(items))


def test_what_somebody_else_said_meanwhile_is_not_overwritten() -> None:  # R3
    """A workbook that lay about for a week does not undo a decision made in the meantime."""
    of = draft(2)
    old = filled(of, put(1, WISH, "销毁"))
    assert problems(old, said(of, 1, Wish.KEEP)) == [("overtaken", at(1, WISH))]


def test_a_row_nobody_wrote_in_leaves_alone_what_was_said_elsewhere() -> None:
    of = draft(2)
    content = filled(of, put(2, WISH, "销毁"))
    assert roundtrip.read(content, NAME, said(of, 1, Wish.KEEP)).answers == (Answer("102", Wish.DESTROY),)


def test_taking_it_over_twice_changes_nothing() -> None:  # R3
    of = draft(2)
    content = filled(of, put(1, WISH, "续存"), put(1, TERM, "2年"), put(1, WHY, REASON))
    assert roundtrip.read(content, NAME, said(of, 1, Wish.KEEP)).changes == ()


def test_a_decision_is_not_taken_back_by_emptying_it() -> None:  # D9
    of = draft(1, Wish.DESTROY)
    assert problems(filled(of, put(1, WISH, None)), of) == [("emptied", at(1, WISH))]


def test_a_record_that_left_the_list_takes_no_decision() -> None:  # W3
    of = draft(2)
    left = replace(of, items=(replace(of.items[0], left_by="record.altered"), of.items[1]))
    assert problems(filled(of, put(1, WISH, "销毁")), left) == [("left", at(1, WISH))]
    assert roundtrip.read(filled(of, put(2, WISH, "销毁")), NAME, left).answers == (Answer("102", Wish.DESTROY),)


def test_the_same_term_in_other_words_is_no_change() -> None:
    of = replace(
        draft(1), items=(item(1, None, opinion=Opinion("101", Wish.KEEP, "x", date(2026, 1, 1), "因为", TWO)),)
    )
    assert answers(of, put(1, TERM, "24个月")) == ()
    assert answers(of, put(1, TERM, "两年")) == ()
    assert len(answers(of, put(1, TERM, "25个月"))) == 1


# --- through LibreOffice ----------------------------------------------------------------------------------------


@needs_libreoffice
def test_a_workbook_saved_by_another_program_comes_back(tmp_path: Path) -> None:
    """LibreOffice, as WPS does, writes every part anew: nothing that is compared is lost."""
    of = draft(30)
    content = filled(of, put(1, WISH, "销毁"), put(2, WISH, "续存"), put(2, TERM, "2年"), put(2, WHY, "诉讼"))
    (tmp_path / NAME).write_bytes(content)
    saved_again = tmp_path / "saved"
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    words = ["soffice", profile, "--headless", "--convert-to", "xlsx:Calc MS Excel 2007 XML", "--outdir"]
    subprocess.run([*words, str(saved_again), str(tmp_path / NAME)], check=True, capture_output=True, timeout=300)
    again = (saved_again / NAME).read_bytes()
    assert [each.record_id for each in roundtrip.read(again, NAME, of).answers] == ["101", "102"]


# --- through the ledger -----------------------------------------------------------------------------------------


@pytest.fixture
def listed(tmp_path: Path, target: str) -> Iterator[Archive]:
    with archive(tmp_path / "office", target) as empty:
        yield drafted(empty, 4)


def exported(made: Archive, department: str = "") -> bytes:
    with made.ledger.read() as view:
        return roundtrip.export(made.office, view, made.number, department)


def test_a_list_goes_out_and_its_opinions_come_in_by_the_person_who_hands_them_in(listed: Archive) -> None:  # R2, L6
    content = returned(exported(listed), put(1, WISH, "销毁"))
    content = returned(
        content, lambda sheet: [put(2, t, v)(sheet) for t, v in ((WISH, "续存"), (TERM, "2年"), (WHY, "x"))]
    )
    found = roundtrip.take_back(listed.ledger, content, NAME)
    with listed.ledger.read() as view:
        before = view.head
    assert len(found.changes) == 2
    assert roundtrip.apply(listed.ledger, stamp("peng.jh"), found) == 2
    with listed.ledger.read() as view:
        entries = list(view.log(after=before.seq))
    assert [entry.event.kind for entry in entries] == ["record.appraised"] * 2
    assert {entry.event.actor.name for entry in entries} == {"peng.jh"}
    opinions = {each.row: each.opinion for each in listed.list().items}
    assert opinions[1] is not None
    assert opinions[2] is not None
    assert (opinions[1].wish, opinions[2].wish, opinions[2].term) == (Wish.DESTROY, Wish.KEEP, TWO)
    assert opinions[3] is None


def test_handing_it_in_again_writes_nothing(listed: Archive) -> None:  # R3
    content = returned(exported(listed), put(1, WISH, "销毁"))
    assert roundtrip.apply(listed.ledger, stamp("peng.jh"), roundtrip.take_back(listed.ledger, content, NAME)) == 1
    with listed.ledger.read() as view:
        head = view.head
    again = roundtrip.take_back(listed.ledger, content, NAME)
    assert again.changes == ()
    assert roundtrip.apply(listed.ledger, stamp("peng.jh"), again) == 0
    with listed.ledger.read() as view:
        assert view.head == head


def test_a_replayed_workbook_does_not_undo_a_later_word(listed: Archive) -> None:  # R3
    content = returned(exported(listed), put(1, WISH, "销毁"))
    first = listed.list().items[0].record_id
    disposal.opine(listed.ledger, stamp("tan.xw"), listed.number, [Answer(first, Wish.PERMANENT, "图纸")])
    with pytest.raises(RefusedError) as refused:
        roundtrip.take_back(listed.ledger, content, NAME)
    assert [problem.code for problem in refused.value.problems] == ["roundtrip.overtaken"]


def test_what_is_said_while_a_person_looks_is_not_overwritten(listed: Archive) -> None:  # R3
    """Between the preview and the yes somebody else spoke: nothing is taken over."""
    content = returned(exported(listed), put(1, WISH, "销毁"))
    found = roundtrip.take_back(listed.ledger, content, NAME)
    first = listed.list().items[0].record_id
    disposal.opine(listed.ledger, stamp("tan.xw"), listed.number, [Answer(first, Wish.PERMANENT, "图纸")])
    with pytest.raises(ConflictError):
        roundtrip.apply(listed.ledger, stamp("peng.jh"), found)
    opinion = listed.list().items[0].opinion
    assert opinion is not None
    assert opinion.wish is Wish.PERMANENT


def test_who_may_not_give_opinions_cannot_by_a_workbook_either(listed: Archive) -> None:  # R1, R2, L8
    found = roundtrip.take_back(listed.ledger, returned(exported(listed), put(1, WISH, "销毁")), NAME)
    for who in ("xue.jh", "lei.zh", "admin", "nobody"):
        with pytest.raises(RefusedError):
            roundtrip.apply(listed.ledger, stamp(who), found)
    assert [each.opinion for each in listed.list().items] == [None] * 4
    with listed.ledger.read() as view:
        assert [entry.event.kind for entry in view.newest(4)] == ["act.refused"] * 4


def test_a_frozen_list_takes_no_workbook_any_more(listed: Archive) -> None:  # D2
    content = returned(exported(listed), put(1, WISH, "续存"))
    content = returned(content, lambda sheet: [put(1, t, v)(sheet) for t, v in ((TERM, "2年"), (WHY, "x"))])
    found = roundtrip.take_back(listed.ledger, content, NAME)
    of = listed.list()
    frozen = events.ListSubmitted("0" * 64, tuple(each.record_id for each in of.items))
    listed.ledger.append([Draft(of.id, frozen)], stamp("tan.xw"))
    assert listed.list().state is ListState.SUBMITTED
    with pytest.raises((RefusedError, ConflictError)):
        roundtrip.apply(listed.ledger, stamp("peng.jh"), found)


def test_a_list_there_is_not_and_a_file_of_none_are_named(listed: Archive) -> None:
    with pytest.raises(UnknownError), listed.ledger.read() as view:
        roundtrip.export(listed.office, view, "2026-099")
    assert roundtrip.take_back(listed.ledger, without_properties(exported(listed)), NAME).rows == 4
    nameless = returned(without_properties(exported(listed)), lambda sheet: sheet.delete_rows(3))
    with pytest.raises(RefusedError) as refused:
        roundtrip.take_back(listed.ledger, nameless, NAME)
    assert refused.value.problems[0].code == "roundtrip.no_list"
    renamed = sent(replace(draft(1), number="2026-099"))
    with pytest.raises(UnknownError):
        roundtrip.take_back(listed.ledger, renamed, NAME)


def test_long_titles_are_readable_in_the_workbook(listed: Archive) -> None:
    """Rows are as high as their text, so that nothing is cut off on the screen or on paper."""
    sheet = load_workbook(io.BytesIO(exported(listed))).worksheets[0]
    heights = {sheet.cell(row, 1).value: sheet.row_dimensions[row].height for row in range(FIRST, FIRST + 4)}
    assert heights[3] > heights[1]
    assert wording.title_of(listed.list().items[2].path) == sheet.cell(FIRST + 2, 2).value
    assert sheet.cell(FIRST, COLUMN[SAID]).value
