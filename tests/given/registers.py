"""The register of repairs that most tests read, and what reading it gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from docgen.errors import DataError, Problem
from docgen.forms.loading import load_forms, parse_form
from docgen.registers.reader import read_book
from docgen.registers.reading import Reading, Reason
from docgen.sheets.opening import open_book
from foundation.period import Period
from given.broken_inputs import FORM, FORM_ID, book, saved
from given.places import ROOT

if TYPE_CHECKING:
    from openpyxl import Workbook

    from docgen.forms.declaration import Form

OCTOBER = Period.parse("2026-10")
FORM_OBJECT = parse_form(FORM.encode(), FORM_ID)
SHIPPED = load_forms(ROOT / "templates")


def reading(made: Workbook | bytes, name: str = "报修登记.xlsx", form: Form = FORM_OBJECT, **how: Any) -> Reading:
    data = made if isinstance(made, bytes) else saved(made)
    return read_book(open_book(data, name), form, **{"period": OCTOBER, **how})


def rows(made: Workbook | bytes, **how: Any) -> list[dict[str, Any]]:
    return [dict(row) for row in reading(made, **how).tables["repairs"].rows]


def ignored(made: Workbook | bytes, **how: Any) -> list[tuple[Reason, int, int]]:
    return [(left.reason, left.place.row, left.last) for left in reading(made, **how).tables["repairs"].ignored]


def problems(made: Workbook | bytes, **how: Any) -> tuple[Problem, ...]:
    with pytest.raises(DataError) as caught:
        reading(made, **how)
    return caught.value.problems


SOUND = rows(book())
