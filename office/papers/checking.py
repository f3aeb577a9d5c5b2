"""The flow of `guidang check`: files read one by one and together, their problems written into marked copies.

Reads, judges, and only then writes: no copy is written where one of them would replace a file that is there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from errno import EEXIST
from pathlib import Path

from docgen.errors import DataError
from docgen.forms.declaration import Form
from docgen.registers.marked_copy import MarkedCopy, mark
from docgen.registers.reader import form_of, read_book
from docgen.registers.reading import Ignored, Reading, Remark
from docgen.sheets.opening import open_book, read_bytes
from foundation.atomic_file import write_atomic
from foundation.language import N_, _
from foundation.period import Period
from foundation.problem import Problem, ProblemKind, Remedy
from office.office import Office
from office.papers.carried import plan_warnings
from office.papers.handed_in import COPY, MARKED, UNMARKED, marked_copies, period_of, registers
from office.papers.month_flow import between

_CANNOT_HOLD_MARKS = ProblemKind(
    "mark.kind",
    N_("a file that is no .xlsx workbook cannot hold marks"),
    N_("Save it as “Excel workbook (*.xlsx)” to have its problems marked."),
)


@dataclass(frozen=True)
class Checked:
    """What was looked at: a file or, without a path, a period's registers together; what is wrong with it."""

    name: str
    path: Path | None = None
    form: Form | None = None
    reading: Reading | None = None
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    copy: Path | None = None

    @property
    def ignored(self) -> tuple[Ignored, ...]:
        """The rows and cells that are no data."""
        return tuple(left for data in self.reading.tables.values() for left in data.ignored) if self.reading else ()

    @property
    def remarks(self) -> tuple[Remark, ...]:
        """The cells whose reading took more than looking."""
        if self.reading is None:
            return ()
        return (*self.reading.remarks, *(remark for data in self.reading.tables.values() for remark in data.remarks))


def check_file(path: Path, form: Form | None, known: Mapping[str, Form], period: Period | None = None) -> Checked:
    """One file, read for ``form`` or for the one of ``known`` it says it is.

    Without ``period`` its folder says which it is: ``registers/2026-10``.
    """
    try:
        book = open_book(read_bytes(path), path.name)
        form = form or form_of(book, known)
        reading = read_book(book, form, period=period or period_of(path))
    except DataError as error:
        return Checked(str(path), path, form, None, error.problems)
    return Checked(str(path), path, form, reading, (), tuple(reading.warnings))


def check_period(
    office: Office, period: Period, form: Form | None, step: Callable[[str], None] = lambda _name: None
) -> list[Checked]:
    """The registers of a period, each alone and then together; empty where there are none."""
    checked = []
    for path in registers(office, period):
        step(path.name)
        checked.append(check_file(path, form, office.forms, period))
    if not checked:
        return []
    readings = [found.reading for found in checked if found.reading]
    problems, missing = between(office, period, readings)
    changes = plan_warnings(office, period, readings)
    gaps = missing if all(found.reading for found in checked) else []
    copies = marked_copies(office, period)
    return [*checked, Checked(period.label, problems=tuple(problems), warnings=(*gaps, *changes, *copies))]


# --- marked copies --------------------------------------------------------------------------------------------


def write_copies(
    checked: Sequence[Checked], *, marks: bool, output: Path | None = None, force: bool = False
) -> list[Checked]:
    """Each file with problems gets a copy with its problems marked in it, or (not ``marks``) one without any marks.

    A file without problems whose marks are of no use any more gets a copy without them. A CSV file cannot hold
    marks, and that is said. FileExistsError where a copy would replace a file, unless ``force``; where it would
    replace the very file that was checked, always. Then nothing is written.
    """
    between = [problem for found in checked if found.path is None for problem in found.problems]
    made = [(found, *_copy(found, (*found.problems, *between) if marks else ())) for found in checked]
    targets = {
        found.name: _target(found.path, output, marks=marks, force=force)
        for found, copy, _warnings in made
        if copy and found.path
    }
    for found, copy, _warnings in made:
        if copy:
            targets[found.name].parent.mkdir(parents=True, exist_ok=True)
            write_atomic(targets[found.name], copy.content)
    return [
        replace(found, copy=targets.get(found.name), warnings=(*found.warnings, *warnings))
        for found, _copied, warnings in made
    ]


def _copy(found: Checked, problems: Iterable[Problem]) -> tuple[MarkedCopy | None, tuple[Problem, ...]]:
    """A file's copy, None where it would be no other than the file; what there is to say about it."""
    if found.path is None:
        return None, ()
    own = [problem for problem in problems if problem.place.file == found.path.name and problem.place.inside]
    data = found.path.read_bytes()
    if not data.startswith(b"PK"):
        return None, (_CANNOT_HOLD_MARKS(found.path.name),) if own else ()
    if any(problem.code.startswith("file.") for problem in found.problems):
        return None, ()
    marked = mark(data, own, name=found.path.name, tables=found.form.tables if found.form else ())
    return (marked if marked.content != data else None), ()


def _target(path: Path, output: Path | None, *, marks: bool, force: bool) -> Path:
    wanted = output or path.parent
    target = wanted if wanted.suffix and not wanted.is_dir() else wanted / _name(path, MARKED if marks else UNMARKED)
    if target.exists() and path.samefile(target):
        raise FileExistsError(EEXIST, _("is the file that was checked; name another"), str(target))
    if target.exists() and not force:
        raise FileExistsError(EEXIST, str(Remedy("file.replace")), str(target))
    return target


def _name(path: Path, ending: str) -> str:
    """``报修登记.xlsx`` → ``报修登记 标注.xlsx``; a marked copy marked again gets the next number."""
    found = COPY.fullmatch(path.stem)
    stem = f"{found[1] if found else path.stem}{ending}"
    return f"{stem}{int(found[2] or 1) + 1 if found and path.stem.startswith(stem) else ''}{path.suffix}"
