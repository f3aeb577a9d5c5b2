"""One service centre: its folder with its settings, forms and schedule. The flows over them are functions elsewhere.

The flows read, compute and only then write: while anything is wrong nothing is written at all. Progress is a value
that is called with each step's name; nothing here prints, and the day printed on a paper is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from docgen.errors import DataError
from docgen.forms.outline import DECLARATION, FormOutline, outlines
from foundation.language import N_
from foundation.problem import ProblemKind, Remedy
from office import settings
from office.folder import FILE, SCHEDULE, SHIPPED
from retention.errors import SourceError
from retention.rules.schedule import Base, Start
from retention.rules.schedule_table import ScheduleReading, find, read_schedule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from docgen import ExcelTemplate, WordTemplate
    from docgen.forms.declaration import Form
    from office.settings import Settings

REPORT = "monthly-report"
_NO_SCHEDULE = ProblemKind("file.missing", N_("there is no such file"), Remedy("schedule.begin"))


@dataclass(frozen=True)
class Office:
    """A service centre's folder and its settings."""

    folder: Path
    settings: Settings

    @classmethod
    def load(cls, folder: Path) -> Office:
        """The office in ``folder``. DataError with every fault of its guidang.toml."""
        return cls(folder, settings.load(folder / FILE))

    @property
    def name(self) -> str:
        return self.settings.name

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Shipped forms by id, those in the office's own ``templates`` before them. TemplateError with all faults."""
        from docgen.forms.loading import (
            load_forms,  # half of what it costs to begin; whoever asks for a record needs none
        )

        return load_forms(SHIPPED, self.folder / "templates", sound=SHIPPED)

    @cached_property
    def outlines(self) -> Sequence[Form | FormOutline]:
        """What the forms are called and about, by id; read whole only where the office has some of its own."""
        own = any((self.folder / "templates").glob(f"*/{DECLARATION}"))
        return [*self.forms.values()] if own else outlines(SHIPPED)

    @cached_property
    def templates(self) -> dict[str, WordTemplate | ExcelTemplate]:
        """Templates compiled so far, by form."""
        return {}

    def file_of(self, form_id: str, name: str) -> Path:
        """A file of a form (or, with form_id "", of all): the office's own where there is one, else the shipped."""
        own = self.folder / "templates" / form_id / name
        return own if own.is_file() else SHIPPED / form_id / name

    def kept(self, form: Form) -> str:
        """How long the office's schedule says a form's records are kept: ``3年``; empty where it says nothing."""
        try:
            kept = find(self.schedule().version, form.code)
        except (DataError, SourceError):
            return ""
        return kept.rule.term.text if kept else ""

    def schedule(self) -> ScheduleReading:
        """The office's schedule.csv as it lies there, in force or not. SourceError with every fault in it."""
        try:
            data = (self.folder / SCHEDULE).read_bytes()
        except FileNotFoundError:
            raise DataError(_NO_SCHEDULE(SCHEDULE)) from None
        return self.read_schedule(data, SCHEDULE)

    def read_schedule(self, data: bytes, name: str) -> ScheduleReading:
        """A schedule in CSV as this office's settings have it read. SourceError with every fault in it."""
        chosen = self.settings.retention
        return read_schedule(data, name, start=Start(chosen.start), base=Base(chosen.base))


def shipped_forms() -> dict[str, Form]:
    """The forms that come with guidang, by id."""
    from docgen.forms.loading import load_forms  # as above

    return load_forms(SHIPPED, sound=SHIPPED)


def spellings(known: Mapping[str, Form]) -> dict[str, Form]:
    """Every word by which a person may name a form: its id, its title, its code and its aliases."""
    words = {word: form for form in known.values() for word in (form.code, *form.aliases) if word}
    return words | {word: form for form in known.values() for word in (form.title, form.id)}
