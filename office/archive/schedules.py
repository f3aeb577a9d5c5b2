"""The office's schedule on its way into force: read from what people hand in, kept as schedule.csv, held against it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docgen.sheets.book import Sheet
from docgen.sheets.cell import Cell, Kind, shown
from docgen.sheets.opening import open_book, read_bytes
from foundation.atomic_file import write_atomic
from foundation.language import N_, _
from office.folder import SCHEDULE
from office.office import Office
from retention.acts.schedule import adopt, approve_shortening
from retention.errors import ConflictError, Problem, ProblemKind, Remedy, SourceError
from retention.rules.schedule import ScheduleVersion
from retention.rules.schedule_table import ScheduleReading

__all__ = ["adopt", "approve_shortening"]

_WORKBOOK = b"PK"


class HandedIn(NamedTuple):
    """A schedule handed in: as a CSV file, and how that is read."""

    content: bytes
    reading: ScheduleReading


def handed_in(office: Office, path: Path) -> HandedIn:
    """The schedule in a CSV file or a workbook. DataError, SourceError with every fault in it.

    Of a workbook the one visible sheet with the titles of a schedule is read; a merged cell has its value only in its
    first row, so a term merged over several classes is said to be missing in the others (P4).
    """
    content = read_bytes(path)
    if not content.startswith(_WORKBOOK):
        return HandedIn(content, office.read_schedule(content, path.name))
    read: list[HandedIn] = []
    untitled: SourceError | None = None
    for sheet in open_book(content, path.name).sheets:
        if sheet.hidden:
            continue
        text = _as_csv(sheet)
        try:
            read.append(HandedIn(text, office.read_schedule(text, path.name)))
        except SourceError as error:
            if any(problem.code != "csv.no_titles" for problem in error.problems):
                raise
            untitled = error
    if len(read) > 1:
        raise SourceError(_SEVERAL_SHEETS(path.name))
    if not read:
        raise untitled or SourceError(_NO_SHEET(path.name))
    return read[0]


def keep(office: Office, handed: HandedIn) -> Path:
    """Make it the office's schedule.csv; what was there before is replaced."""
    place = office.folder / SCHEDULE
    write_atomic(place, handed.content)
    return place


def see_that_it_is(version: ScheduleVersion, digest: str) -> None:
    """Approving names what they have seen. ConflictError where the digest (eight letters at least) is another."""
    if len(digest) < 8 or not version.digest.startswith(digest.lower()):
        message = _("schedule.csv has another digest: {digest}").format(digest=version.digest)
        problem = Problem(SCHEDULE, message, Remedy("schedule.look"), "schedule.other_digest", "P3")
        raise ConflictError(problem)


def _as_csv(sheet: Sheet) -> bytes:
    """A sheet as CSV, each row where it stands, so that places in messages are those of the workbook."""
    file = io.StringIO()
    writer = csv.writer(file)
    for number in range(1, max(sheet.rows, default=0) + 1):
        writer.writerow(_texts(sheet, number))
    return file.getvalue().encode("utf-8-sig")


def _texts(sheet: Sheet, number: int) -> Iterator[str]:
    row = sheet.rows.get(number, {})
    for column in range(1, max(row, default=0) + 1):
        cell = row.get(column)
        yield _text(cell) if cell else ""


def _text(cell: Cell) -> str:
    return shown(cell) if cell.kind is Kind.NUMBER else cell.text


_SEVERAL_SHEETS = ProblemKind(
    "schedule.sheets", N_("several sheets hold a schedule"), N_("Keep one of them, or hide the others."), "P4"
)
_NO_SHEET = ProblemKind(
    "schedule.no_sheet",
    N_("no sheet that is shown holds a schedule"),
    N_("Show the sheet with 记录名称 and 保存期限."),
    "P4",
)
