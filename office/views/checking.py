"""Files that were checked as people see them: what is wrong, what was left out, what took interpreting."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foundation.problem import Problem
from office.papers.checking import Checked
from office.views.as_json import HIDDEN


@dataclass(frozen=True)
class LeftOut:
    """Rows from ``place`` to row ``last`` that are no data, and what stands in the first of them."""

    place: str
    last: int
    reason: str
    text: str


@dataclass(frozen=True)
class Interpreted:
    """A cell whose reading took more than looking."""

    place: str
    text: str


@dataclass(frozen=True)
class FileCheck:
    """A file, or a period's registers together. Hidden: whether it could be read, rows by title, rows left out by why.

    ``copy``: where its marked copy was written.
    """

    name: str
    form: str | None
    rows: Mapping[str, int]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...]
    ignored: tuple[LeftOut, ...]
    remarks: tuple[Interpreted, ...]
    copy: Path | None
    is_read: bool = field(metadata=HIDDEN)
    counted: tuple[tuple[str, int], ...] = field(metadata=HIDDEN)
    left_out: Mapping[str, int] = field(metadata=HIDDEN)


def file_check(found: Checked) -> FileCheck:
    """What ``found`` says, without the rows themselves."""
    tables = found.reading.tables if found.reading else {}
    left_out = Counter[str]()
    for left in found.ignored:
        left_out[left.reason.text] += left.last - left.place.row + 1
    return FileCheck(
        found.name,
        found.form.id if found.form else None,
        {key: len(data.rows) for key, data in tables.items()},
        found.problems,
        found.warnings,
        tuple(LeftOut(str(left.place), left.last, left.reason.value, left.text) for left in found.ignored),
        tuple(Interpreted(remark.where, remark.text) for remark in found.remarks),
        found.copy,
        is_read=found.reading is not None,
        counted=tuple((data.table.title, len(data.rows)) for data in tables.values()),
        left_out=left_out,
    )
