"""Blank workbooks, and how a file is known to be of a form: by its mark, its name, its headings."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import time
import zipfile
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from given.broken_forms import write_form
from given.broken_inputs import FORM, FORM_ID, HEADINGS, book, saved
from given.places import ROOT
from given.registers import FORM_OBJECT, OCTOBER, SHIPPED, reading, rows
from given.workbooks import filled_in
from openpyxl import Workbook, load_workbook

from docgen.errors import DataError
from docgen.forms.loading import parse_form
from docgen.registers.blank import new_workbook
from docgen.registers.reader import read_any

if TYPE_CHECKING:
    from pathlib import Path


# --- which form -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("报修登记 2026年10月.xlsx", "repairs"),
        ("10月维修台帐-终稿(2).xlsx", "repairs"),
        ("投诉登记2026.10.xlsx", "complaints"),
        ("未命名.xlsx", "repairs"),
    ],
)
def test_the_form_is_told_by_name_then_by_headings(name: str, expected: str, tmp_path: Path) -> None:
    """Titles and aliases in the file's name; where it says nothing, the headings."""
    form = SHIPPED[expected]
    data = new_workbook(form, period=OCTOBER)
    unmarked = io.BytesIO()
    made = load_workbook(io.BytesIO(data))
    made.custom_doc_props.props.clear()
    made.save(unmarked)
    (tmp_path / name).write_bytes(unmarked.getvalue())
    assert read_any(tmp_path / name, SHIPPED).form.id == expected


def test_a_renamed_blank_is_still_known(tmp_path: Path) -> None:
    """The mark guidang wrote into it outlives any name; its period gives dates their year."""
    made = load_workbook(io.BytesIO(new_workbook(SHIPPED["training"], period=OCTOBER)))
    path = tmp_path / "新建 Microsoft Excel 工作表(1).xlsx"
    made.save(path)
    found = read_any(path, SHIPPED)
    assert (found.form.id, found.period) == ("training", OCTOBER)


def test_a_file_of_no_form_is_refused(tmp_path: Path) -> None:
    """Neither guessed nor forced: the message lists what is known."""
    made = Workbook()
    made.active.append(["甲", "乙"])
    made.save(tmp_path / "数据.xlsx")
    with pytest.raises(DataError) as caught:
        read_any(tmp_path / "数据.xlsx", SHIPPED)
    (problem,) = caught.value.problems
    assert problem.code == "form.unrecognised"
    assert "报修登记" in problem.hint


def test_a_file_that_could_be_two_forms_is_refused(tmp_path: Path) -> None:
    """Two forms of the same headings cannot be told apart by them."""
    forms = {
        name: parse_form(
            FORM.replace('title = "报修登记"', f'title = "{name}"', 1).replace('aliases = ["报修台账"]', "").encode(),
            name,
        )
        for name in ("one", "two")
    }
    (tmp_path / "数据.xlsx").write_bytes(saved(book()))
    with pytest.raises(DataError) as caught:
        read_any(tmp_path / "数据.xlsx", forms)
    assert [problem.code for problem in caught.value.problems] == ["form.ambiguous"]


# --- blank workbooks ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name, form in SHIPPED.items() if form.tables])
def test_a_blank_filled_with_its_own_samples_is_read_back(name: str) -> None:
    """For every shipped form: blank → one row → reading, without a problem and with nothing unexplained."""
    form = SHIPPED[name]
    found = reading(filled_in(form, new_workbook(form, period=OCTOBER)), "x.xlsx", form)
    begun = {table.key: max(1, len(table.rows)) for table in form.tables}
    assert {key: len(table.rows) for key, table in found.tables.items()} == begun
    assert not [w for w in found.warnings if w.code.startswith(("heading", "sheet", "cell", "period"))]


def test_a_blank_is_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Same form, same period, same file: whatever the hash seed, whenever it is made."""
    code = (
        "import sys, hashlib; from pathlib import Path; from docgen.forms.loading import load_form;"
        "from foundation.period import Period;"
        "from docgen.registers.blank import new_workbook;"
        "print(hashlib.sha256(new_workbook(load_form(Path(sys.argv[1])), period=Period.parse('2026-10'))).hexdigest())"
    )
    folder = write_form(tmp_path)
    digests = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        root = ROOT
        done = subprocess.run(
            [sys.executable, "-c", code, str(folder)],
            check=True,
            capture_output=True,
            text=True,
            env=environment,
            cwd=root,
        )
        digests.add(done.stdout)
    assert len(digests) == 1


def test_a_blank_guides_the_hand() -> None:
    """Dropdowns, kinds and bounds are enforced in the cell; each cell says what it wants; headings stay in sight."""
    made = load_workbook(io.BytesIO(new_workbook(FORM_OBJECT, period=OCTOBER)))
    sheet = made["报修登记"]
    rules = {str(rule.sqref).split(":")[0]: rule for rule in sheet.data_validations.dataValidation}
    assert rules["E5"].formula1 == '"给排水,电梯,公共照明"'
    assert (rules["H5"].type, rules["H5"].formula1, rules["H5"].formula2) == ("whole", "1", "99")
    assert rules["J5"].type == "date"
    assert rules["A5"].formula1 == "COUNTIF($A$5:$A$34,A5)=1"
    assert all(rule.promptTitle and rule.prompt for rule in rules.values())
    assert rules["C5"].prompt.startswith("【必填】")
    assert sheet["C5"].number_format == "@"
    assert (sheet.freeze_panes, sheet.print_title_rows) == ("B5", "$3:$4")
    assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
    assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0)
    assert made.custom_doc_props["guidang.form"].value == FORM_ID


def test_long_lists_of_choices_get_a_sheet_of_their_own() -> None:
    """Excel's rule holds 255 characters; the list still drops down, and its sheet is out of sight."""
    choices = ", ".join(f'"第{n}号楼东侧绿化带"' for n in range(60))
    form = parse_form(FORM.replace('["给排水", "电梯", "公共照明"]', f"[{choices}]").encode(), FORM_ID)
    made = load_workbook(io.BytesIO(new_workbook(form)))
    rule = next(rule for rule in made["报修登记"].data_validations.dataValidation if str(rule.sqref).startswith("E"))
    assert rule.formula1 == "选项!$A$1:$A$60"
    assert made["选项"].sheet_state == "hidden"
    assert made["选项"]["A60"].value == "第59号楼东侧绿化带"


def test_the_help_sheet_explains_every_column() -> None:
    """Title, duty, kind, choices and sample of each, and the rules of filling in."""
    made = load_workbook(io.BytesIO(new_workbook(SHIPPED["repairs"])))
    texts = {cell.value for row in made["填写说明"].iter_rows() for cell in row if cell.value}
    assert {column.label for column in SHIPPED["repairs"].tables[0].columns} <= texts
    assert any("WX2610001" in text for text in texts)


def test_carried_rows_are_values_and_read_back() -> None:
    """Last month's unfinished rows stand first; a text that begins with = stays a text."""
    carried = [
        {
            "order_no": "WX000",
            "received": datetime(2026, 9, 30, 20, 0),
            "room": "=1+1",
            "category": "电梯",
            "fee": Decimal("12.30"),
        }
    ]
    data = new_workbook(FORM_OBJECT, period=OCTOBER, carry={"repairs": carried})
    made = load_workbook(io.BytesIO(data))
    sheet = made["报修登记"]
    assert (sheet["C5"].value, sheet["C5"].data_type) == ("=1+1", "s")
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        assert b"<f>SUM(I5:I34)</f><v>12.30</v>" in package.read("xl/worksheets/sheet1.xml")


def test_reading_a_register_of_five_thousand_rows() -> None:
    """The largest register an office keeps is read at once (about a second; the bound is for slow machines)."""
    made = Workbook()
    sheet = made.active
    sheet.append(["部门：工程维修部"])
    sheet.append(list(HEADINGS))
    for n in range(5000):
        sheet.append(
            [
                f"WX{n:05}",
                "2026.10.3 8:05",
                "3-2-501",
                "16100000001",
                "给排水",
                "角阀滴水",
                "角阀",
                1,
                "1,045.50",
                "2026/10/4",
                "50%",
                "√",
            ]
        )
    data = saved(made)
    started = time.process_time()
    assert len(rows(data)) == 5000
    assert time.process_time() - started < 10
