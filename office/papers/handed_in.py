"""The files that were handed in: a period's registers, the papers below ``papers``; which are read, and which not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from docgen.forms.declaration import Form
from docgen.registers.reader import forms_named
from foundation.document_properties import properties_of
from foundation.language import _
from foundation.period import Period, PeriodError
from foundation.problem import Problem
from foundation.temporary_files import passing_name
from office.office import REPORT, Office

READ = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".csv", ".txt"})
"""What may hold a register. Other files (scans, photos) may lie beside; they are not read, and that is said."""

MARKED, UNMARKED = " 标注", " 去标注"
"""What the name of a copy with marks, and of one without them, ends in."""

COPY = re.compile(rf"(.+?)(?:{MARKED}|{UNMARKED})(\d*)")


def registers(office: Office, period: Period) -> list[Path]:
    """The files handed in for a period, in the order of their names; marked copies and passing files left out."""
    handed_in = _handed_in(office, period)
    return [path for path in handed_in if path.suffix.lower() in READ and original_of(path) is None]


def marked_copies(office: Office, period: Period) -> list[Problem]:
    """The marked copies beside a period's registers, which are not read while the register itself is there."""
    hint = _("If it is the corrected one, give it the name of {name} and put that away.")
    pairs = [(path, original_of(path)) for path in _handed_in(office, period)]
    message = _("this marked copy was not read; the register beside it was")
    return [
        Problem(path.name, message, hint.format(name=register.name), "report.marked_copy")
        for path, register in pairs
        if register
    ]


def unread(office: Office, period: Period) -> list[Problem]:
    """Files beside a period's registers that are not read: nothing is left out in silence."""
    message = _("this file is not a workbook and was not read")
    hint = _("Registers are read from .xlsx and .csv; scans and photos may stay where they are.")
    others = [path.name for path in _handed_in(office, period) if path.suffix.lower() not in READ]
    found = [Problem(name, message, hint, "report.not_read") for name in others] + marked_copies(office, period)
    sources = {form_id: office.forms[form_id] for form_id in office.forms[REPORT].sources}
    message = _("this paper is not among the registers the report draws on and was not read")
    hint = _("Nothing to do; papers belong below papers, but may lie here.")
    papers = [path.name for path in registers(office, period) if is_other_paper(office, path, sources)]
    return found + [Problem(name, message, hint, "report.other_paper") for name in papers]


def is_other_paper(office: Office, path: Path, sources: Mapping[str, Form]) -> bool:
    """Whether a file says, by its mark or its name, that it is of a form that is not among ``sources``."""
    marked = properties_of(path).get("guidang.form")
    if marked in office.forms:
        return marked not in sources
    named = forms_named(path.name, office.forms.values())
    return bool(named) and not any(form.id in sources for form in named)


def _handed_in(office: Office, period: Period) -> list[Path]:
    folder = office.folder / "registers" / str(period)
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.is_file() and not passing_name(path.name))


def original_of(path: Path) -> Path | None:
    """The file a marked copy was made of, where it lies beside it; None for what is no copy, or has lost it."""
    found = COPY.fullmatch(path.stem)
    beside = path.with_name(f"{found[1]}{path.suffix}") if found else None
    return beside if beside and beside.is_file() else None


def filled(office: Office, form: Form, period: Period) -> list[Path]:
    """Filled workbooks of a form for a period, below ``papers`` and among the period's registers."""
    own = [path for path in _papers(office, form) if period_of_file(path, form) == period]
    known = office.forms
    return own + [path for path in registers(office, period) if _is_of(path, form, known)]


def latest(office: Office, form: Form, before: Period) -> list[Path]:
    """The filled workbooks of a form for the last period before ``before`` that has any."""
    folders = (office.folder / "registers").glob("*/")
    named = {period for folder in folders if (period := Period.named(folder.name, form.period))}
    named |= {period for path in _papers(office, form) if (period := period_of_file(path, form))}
    earlier = sorted((period for period in named if period.first < before.first), reverse=True)
    return next((found for period in earlier if (found := filled(office, form, period))), [])


def _papers(office: Office, form: Form) -> list[Path]:
    folder = office.folder / "papers" / form.id
    paths = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in paths if path.suffix.lower() in READ and not passing_name(path.name)]


def papers(office: Office) -> list[tuple[Form, Path]]:
    """Every filled workbook below ``papers`` with its form: the folder's name says which."""
    folder = office.folder / "papers"
    ids = sorted(sub.name for sub in folder.iterdir() if sub.is_dir()) if folder.is_dir() else []
    return [(form, path) for form in map(office.forms.get, ids) if form for path in _papers(office, form)]


def period_of(path: Path) -> Period | None:
    """The period whose registers a file lies among: the name of its folder below ``registers``."""
    folder = path.absolute().parent
    if folder.parent.name != "registers":
        return None
    try:
        return Period.parse(folder.name)
    except PeriodError:
        return None


def period_of_file(path: Path, form: Form) -> Period | None:
    """The period in a file's name, else the one guidang wrote into the blank it was made from."""
    for text in (path.name, properties_of(path).get("guidang.period", "")):
        if period := Period.named(text, form.period):
            return period
    return None


def _is_of(path: Path, form: Form, known: Mapping[str, Form]) -> bool:
    """Whether a file says, by its mark or else its name, that it is of that form. It is not opened for more."""
    marked = properties_of(path).get("guidang.form")
    return marked == form.id if marked in known else forms_named(path.name, known.values()) == [form]
