"""Broken form declarations, one case each: the place, the code and words the message must hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from given.broken_inputs import FORM, FORM_ID

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class FormCase:
    """One form.toml that must be refused, as a change of the sound one."""

    id: str
    old: str
    new: str
    where: str
    code: str
    says: str

    def source(self) -> bytes:
        """The declaration."""
        assert self.old in FORM, self.id
        return FORM.replace(self.old, self.new, 1).encode()


def _form(line: int, path: str) -> str:
    return f"{FORM_ID}/form.toml:{line} {path}"


_COLUMN = "tables.repairs.columns"

FORMS = (
    FormCase(
        "quote left open",
        'title = "报修登记"\n',
        'title = "报修登记\n',
        f"{FORM_ID}/form.toml:1",
        "form.syntax",
        "TOML",
    ),
    FormCase(
        "key twice",
        'period = "month"',
        'period = "month"\nperiod = "year"',
        f"{FORM_ID}/form.toml:4",
        "form.syntax",
        "TOML",
    ),
    FormCase(
        "unknown key", 'period = "month"', 'periode = "month"', _form(3, "periode"), "form.unknown_key", "periode"
    ),
    FormCase("id written down", 'period = "month"', 'id = "x"', _form(3, "id"), "form.unknown_key", "id"),
    FormCase("unknown period", 'period = "month"', 'period = "monat"', _form(3, "period"), "form.bad_value", "monat"),
    FormCase(
        "title missing", 'title = "报修登记"\naliases', "aliases", f"{FORM_ID}/form.toml", "form.missing_key", "title"
    ),
    FormCase(
        "text for a list",
        'signers = ["填单", "审核"]',
        'signers = "填单"',
        _form(4, "signers"),
        "form.wrong_kind",
        "填单",
    ),
    FormCase(
        "word for a number", "max = 99", 'max = "many"', _form(68, f"{_COLUMN}.quantity.max"), "form.wrong_kind", "many"
    ),
    FormCase(
        "unknown type", 'type = "money"', 'type = "geld"', _form(74, f"{_COLUMN}.fee.type"), "form.bad_value", "geld"
    ),
    FormCase(
        "key used twice", 'key = "phone"', 'key = "room"', _form(40, f"{_COLUMN}.room.key"), "form.double_key", "room"
    ),
    FormCase(
        "key that is none",
        'key = "phone"',
        'key = "Phone-No"',
        _form(40, f"{_COLUMN}.Phone-No.key"),
        "form.bad_key",
        "Phone-No",
    ),
    FormCase(
        "key that is taken",
        'key = "phone"',
        'key = "period"',
        _form(40, f"{_COLUMN}.period.key"),
        "form.bad_key",
        "period",
    ),
    FormCase(
        "heading twice",
        'title = "联系电话"',
        'title = "工单号"',
        _form(39, f"{_COLUMN}.phone"),
        "form.double_label",
        "工单号",
    ),
    FormCase(
        "choice without choices",
        'choices = ["给排水", "电梯", "公共照明"]\n',
        "",
        _form(44, f"{_COLUMN}.category"),
        "form.no_choices",
        "",
    ),
    FormCase(
        "choices without a choice",
        'title = "已收费"',
        'title = "已收费"\nchoices = ["是"]',
        _form(92, f"{_COLUMN}.paid.choices"),
        "form.stray_choices",
        "tick",
    ),
    FormCase(
        "choice twice",
        '"给排水", "电梯"',
        '"电梯", "电梯"',
        _form(48, f"{_COLUMN}.category.choices"),
        "form.double_choice",
        "",
    ),
    FormCase(
        "bounds of a text",
        'title = "报修内容"',
        'title = "报修内容"\nmin = 1',
        _form(51, f"{_COLUMN}.content"),
        "form.stray_bounds",
        "text",
    ),
    FormCase(
        "bounds crossed",
        "min = 1\nmax = 99",
        "min = 100\nmax = 99",
        _form(67, f"{_COLUMN}.quantity.min"),
        "form.bad_bounds",
        "100",
    ),
    FormCase(
        "sample that breaks the rule",
        "max = 99",
        'max = 99\nsample = "很多"',
        _form(69, f"{_COLUMN}.quantity.sample"),
        "form.bad_sample",
        "很多",
    ),
    FormCase(
        "total of no column",
        'total = ["fee"]',
        'total = ["fees"]',
        _form(16, "tables.repairs.total"),
        "form.unknown_column",
        "fees",
    ),
    FormCase(
        "total of a text",
        'total = ["fee"]',
        'total = ["content"]',
        _form(16, "tables.repairs.total"),
        "form.bad_total",
        "content",
    ),
    FormCase(
        "sheet name that is none",
        'key = "repairs"\ntitle = "报修登记"',
        'key = "repairs"\ntitle = "报修/登记"',
        _form(15, "tables.repairs.title"),
        "form.bad_sheet",
        "报修/登记",
    ),
    FormCase(
        "table without columns",
        FORM[FORM.index("total = ") :],
        "columns = []\n",
        _form(13, "tables.repairs"),
        "form.no_columns",
        "",
    ),
    FormCase(
        "rule about no column",
        'column = "paid"',
        'column = "payed"',
        _form(102, "tables.repairs.checks.2.column"),
        "form.unknown_column",
        "payed",
    ),
    FormCase(
        "rule over no column",
        "paid and fee <= 0",
        "paid and fees <= 0",
        _form(101, "tables.repairs.checks.2.when"),
        "form.unknown_column",
        "fees",
    ),
    FormCase(
        "rule that is none",
        "paid and fee <= 0",
        "paid and and fee",
        _form(101, "tables.repairs.checks.2.when"),
        "form.bad_expression",
        "",
    ),
    FormCase(
        "file name with a colon",
        'period = "month"',
        'period = "month"\nfile = "报修:{period}.xlsx"',
        _form(4, "file"),
        "form.bad_file",
        ":",
    ),
    FormCase(
        "file name of nothing",
        'period = "month"',
        'period = "month"\nfile = "{monat}.xlsx"',
        _form(4, "file"),
        "form.bad_file",
        "monat",
    ),
    FormCase(
        "period of a text",
        'title = "报修内容"',
        'title = "报修内容"\nwithin_period = true',
        _form(51, f"{_COLUMN}.content"),
        "form.stray_period",
        "text",
    ),
    FormCase(
        "thousands of empty rows",
        'key = "repairs"',
        'key = "repairs"\nempty_rows = 999999',
        _form(15, "tables.repairs.empty_rows"),
        "form.bad_value",
        "999999",
    ),
)


def write_form(folder: Path, source: bytes = FORM.encode()) -> Path:
    """The form of these cases as a folder below ``folder`` (an office's ``templates``)."""
    place = folder / FORM_ID
    place.mkdir(parents=True, exist_ok=True)
    (place / "form.toml").write_bytes(source)
    return place
