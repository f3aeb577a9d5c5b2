"""One service centre: a folder with its settings, forms and registers, and the flows over them.

The flows read, compute and only then write: while anything is wrong nothing is written at all. Progress is a value
that is called with each step's name; nothing here prints, and the day printed on a paper is passed in.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tomllib
from contextlib import ExitStack
from dataclasses import dataclass
from errno import EEXIST
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foundation.document_properties import properties_of
from foundation.language import N_, _
from foundation.period import Period
from foundation.problem import Problem, ProblemKind, Remedy
from foundation.temporary_files import passing_name
from office.papers.checking import original_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from docgen import ExcelTemplate, WordTemplate
    from docgen.figures.declarations import Declarations
    from docgen.figures.objectives import Verdict
    from docgen.figures.results import Measures
    from docgen.forms.declaration import Form
    from docgen.registers.reading import Reading, Row
    from office.papers.carry_over import Change
    from office.papers.month import Month
    from office.settings import Settings
    from retention.rules.schedule_table import ScheduleReading

FILE = "guidang.toml"
SCHEDULE = "schedule.csv"
REPORT = "monthly-report"
DEPARTMENT = "department"
OBJECTIVES = "objectives.toml"
SHIPPED = Path(__file__).parent.parent / "templates"
SAMPLES = Path(__file__).parent.parent / "samples"
DEMO_PERIOD = "2026-10"
"""The sample month with a month before it."""

READ = frozenset({".xlsx", ".xlsm", ".xls", ".et", ".csv", ".txt"})
"""What may hold a register. Other files (scans, photos) may lie beside; they are not read, and that is said."""

_WRITTEN = ".written.json"


# --- where an office is ---------------------------------------------------------------------------------------


def find_office(start: Path) -> Path | None:
    """The nearest folder from ``start`` upward that holds a guidang.toml."""
    return next((folder for folder in (start, *start.absolute().parents) if (folder / FILE).is_file()), None)


def language_of(folder: Path) -> str | None:
    """The ``language`` of an office's guidang.toml; None where there is none, or it cannot be read (yet)."""
    try:
        language = tomllib.loads((folder / FILE).read_text(encoding="utf-8-sig")).get("language")
    except (OSError, ValueError):
        return None
    return language if isinstance(language, str) else None


def create_office(folder: Path, *, name: str, language: str = "zh_CN") -> list[Path]:
    """Make ``folder`` an office: settings, schedule, holidays, places for registers and papers. Returns the files.

    FileExistsError where it is one already; other files in it are left as they are, and so is one of ours.
    """
    if (folder / FILE).exists():
        raise FileExistsError(EEXIST, _("is an office already"), str(folder))
    for sub in ("registers", "out", "templates"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    made = []
    for source in sorted((SAMPLES / "starter").iterdir()):
        target = folder / source.name
        if not target.exists():
            text = source.read_text(encoding="utf-8")
            target.write_text(_started(text, name, language) if source.name == FILE else text, encoding="utf-8")
            made.append(target)
    return made


def _started(settings: str, name: str, language: str) -> str:
    """The starter's settings with the centre's name and the language of its messages in them."""
    quoted = json.dumps(name, ensure_ascii=False)  # a JSON string is a TOML string
    named = settings.replace('name = "服务中心"', f"name = {quoted}", 1)
    return named.replace('language = "zh_CN"', f'language = "{language}"', 1)


def copy_sample(folder: Path) -> bool:
    """Copy the sample office into ``folder``; False, and nothing done, where an office is there already.

    FileExistsError where the folder holds anything else.
    """
    if (folder / FILE).is_file():
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(EEXIST, _("is not empty and not an office; name a new folder"), str(folder))
    answers = shutil.ignore_patterns("expected.json")  # the key of the tests is nothing of an office
    shutil.copytree(SAMPLES / "office", folder, dirs_exist_ok=True, copy_function=shutil.copyfile, ignore=answers)
    return True


def shipped_forms() -> dict[str, Form]:
    """The forms that come with guidang, by id."""
    from docgen.forms.loading import load_forms

    return load_forms(SHIPPED)


# --- the office -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class MadeReport:
    """What a report came to: three files, the objectives judged, what a person should look at."""

    report: Path
    base_data: Path
    annex: Path
    verdicts: tuple[Verdict, ...]
    measures: Measures
    warnings: tuple[Problem, ...]


@dataclass(frozen=True)
class MadePapers:
    """The papers written, and what was in the way of the others."""

    paths: tuple[Path, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True)
class CarriedOver:
    """Rows by table key that come into a blank, and earlier papers that could not be read."""

    rows: Mapping[str, Sequence[Mapping[str, Any]]]
    warnings: tuple[Problem, ...] = ()


@dataclass(frozen=True)
class Office:
    """A service centre's folder and its settings."""

    folder: Path
    settings: Settings

    @classmethod
    def load(cls, folder: Path) -> Office:
        """The office in ``folder``. DataError with every fault of its guidang.toml."""
        from office import settings

        return cls(folder, settings.load(folder / FILE))

    @property
    def name(self) -> str:
        return self.settings.name

    @cached_property
    def forms(self) -> dict[str, Form]:
        """Shipped forms by id, those in the office's own ``templates`` before them. TemplateError with all faults."""
        from docgen.forms.loading import load_forms

        return load_forms(SHIPPED, self.folder / "templates")

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
        from docgen.errors import DataError
        from retention.errors import SourceError
        from retention.rules.schedule_table import find

        try:
            kept = find(self.schedule().version, form.code)
        except (DataError, SourceError):
            return ""
        return kept.rule.term.text if kept else ""

    def schedule(self) -> ScheduleReading:
        """The office's schedule.csv as it lies there, in force or not. SourceError with every fault in it."""
        from docgen.errors import DataError

        try:
            data = (self.folder / SCHEDULE).read_bytes()
        except FileNotFoundError:
            raise DataError(_NO_SCHEDULE(SCHEDULE)) from None
        return self.read_schedule(data, SCHEDULE)

    def read_schedule(self, data: bytes, name: str) -> ScheduleReading:
        """A schedule in CSV as this office's settings have it read. SourceError with every fault in it."""
        from retention.rules.schedule import Base, Start
        from retention.rules.schedule_table import read_schedule

        chosen = self.settings.retention
        return read_schedule(data, name, start=Start(chosen.start), base=Base(chosen.base))

    def registers(self, period: Period) -> list[Path]:
        """The files handed in for a period, in the order of their names; marked copies and passing files left out."""
        handed_in = self._handed_in(period)
        return [path for path in handed_in if path.suffix.lower() in READ and original_of(path) is None]

    def marked_copies(self, period: Period) -> list[Problem]:
        """The marked copies beside a period's registers, which are not read while the register itself is there."""
        hint = _("If it is the corrected one, give it the name of {name} and put that away.")
        pairs = [(path, original_of(path)) for path in self._handed_in(period)]
        message = _("this marked copy was not read; the register beside it was")
        return [
            Problem(path.name, message, hint.format(name=register.name), "report.marked_copy")
            for path, register in pairs
            if register
        ]

    def unread(self, period: Period) -> list[Problem]:
        """Files beside a period's registers that are not read: nothing is left out in silence."""
        message = _("this file is not a workbook and was not read")
        hint = _("Registers are read from .xlsx and .csv; scans and photos may stay where they are.")
        others = [path.name for path in self._handed_in(period) if path.suffix.lower() not in READ]
        found = [Problem(name, message, hint, "report.not_read") for name in others] + self.marked_copies(period)
        sources = {form_id: self.forms[form_id] for form_id in self.forms[REPORT].sources}
        message = _("this paper is not among the registers the report draws on and was not read")
        hint = _("Nothing to do; papers belong below papers, but may lie here.")
        papers = [path.name for path in self.registers(period) if self.is_other_paper(path, sources)]
        return found + [Problem(name, message, hint, "report.other_paper") for name in papers]

    def is_other_paper(self, path: Path, sources: Mapping[str, Form]) -> bool:
        """Whether a file says, by its mark or its name, that it is of a form that is not among ``sources``."""
        from docgen.registers.reader import forms_named

        marked = properties_of(path).get("guidang.form")
        if marked in self.forms:
            return marked not in sources
        named = forms_named(path.name, self.forms.values())
        return bool(named) and not any(form.id in sources for form in named)

    def _handed_in(self, period: Period) -> list[Path]:
        folder = self.folder / "registers" / str(period)
        if not folder.is_dir():
            return []
        return sorted(path for path in folder.iterdir() if path.is_file() and not passing_name(path.name))

    # --- papers: found again, carried over, compared ---

    def filled(self, form: Form, period: Period) -> list[Path]:
        """Filled workbooks of a form for a period, below ``papers`` and among the period's registers."""
        own = [path for path in self._papers(form) if _period_of_file(path, form) == period]
        known = self.forms
        return own + [path for path in self.registers(period) if _is_of(path, form, known)]

    def latest(self, form: Form, before: Period) -> list[Path]:
        """The filled workbooks of a form for the last period before ``before`` that has any."""
        folders = (self.folder / "registers").glob("*/")
        named = {period for folder in folders if (period := Period.named(folder.name, form.period))}
        named |= {period for path in self._papers(form) if (period := _period_of_file(path, form))}
        earlier = sorted((period for period in named if period.first < before.first), reverse=True)
        return next((found for period in earlier if (found := self.filled(form, period))), [])

    def _papers(self, form: Form) -> list[Path]:
        folder = self.folder / "papers" / form.id
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        return [path for path in paths if path.suffix.lower() in READ and not passing_name(path.name)]

    def papers(self) -> list[tuple[Form, Path]]:
        """Every filled workbook below ``papers`` with its form: the folder's name says which."""
        folder = self.folder / "papers"
        ids = sorted(sub.name for sub in folder.iterdir() if sub.is_dir()) if folder.is_dir() else []
        return [
            (self.forms[name], path) for name in ids if name in self.forms for path in self._papers(self.forms[name])
        ]

    def carried(self, form: Form, period: Period, department: str = "") -> CarriedOver:
        """What earlier papers hand on to a blank of ``form``; of one department where the form is filled by each.

        An earlier paper that cannot be read hands on nothing, and that is said: a blank does not wait for it.
        """
        from docgen.errors import DataError
        from docgen.registers.reader import read
        from office.papers import carry_over as carryover

        rows: dict[str, list[Mapping[str, Any]]] = {}
        warnings: list[Problem] = []
        for carry in form.carry:
            source = self.forms[carry.form or form.id]
            wanted = carryover.wanted_period(carry, period)
            for path in self.filled(source, wanted) if wanted else self.latest(source, period):
                try:
                    reading = read(path, source, period=wanted or _period_of_file(path, source))
                    if reading.fields.get(DEPARTMENT, department) in (department, None) or not department:
                        found = rows.setdefault(carry.table, [])
                        found += carryover.unknown(
                            form.table(carry.table), found, carryover.carried(form, carry, reading, period)
                        )
                except DataError as error:
                    warnings.append(_NOT_CARRIED(path.name, n=len(error.problems)))
        return CarriedOver(rows, tuple(warnings))

    def plan_changes(self, period: Period, department: str, reported: Iterable[Row]) -> list[Change]:
        """What the plan for ``period`` handed in again on the 3rd says otherwise than the one of the 25th (gap G8)."""
        from docgen.errors import DataError
        from docgen.registers.reader import read
        from office.papers import carry_over as carryover

        form = self.forms.get(carryover.PLAN)
        for path in self.filled(form, period) if form else ():
            try:
                reading = read(path, form, period=period) if form else None
            except DataError:
                continue
            if reading and reading.fields.get(DEPARTMENT) == department:
                table = self.forms[carryover.REPORT].table(carryover.REPORTED)
                return carryover.plan_changes(reading.tables[carryover.PLANNED].rows, reported, table)
        return []

    def plan_warnings(self, period: Period, readings: Iterable[Reading]) -> list[Problem]:
        """For the department reports of ``period``: where their next plan departs from the plan of the 25th."""
        from office.papers import carry_over as carryover

        found: list[Problem] = []
        for reading in readings:
            rows = reading.tables.get(carryover.REPORTED)
            if reading.form.id == carryover.REPORT and rows and rows.rows:
                changes = self.plan_changes(period.following(), str(reading.fields.get(DEPARTMENT)), rows.rows)
                found += carryover.change_warnings(changes)
        return found

    def render_all(self, period: Period, *, progress: Callable[[str], None] = lambda _step: None) -> MadePapers:
        """Every paper below ``papers``, and the registers of ``period`` as they are printed, into ``out``.

        A workbook with problems gets no paper; the others do. FileExistsError where a paper was changed by hand.
        """
        from docgen.errors import DocgenError
        from docgen.registers.reader import read_any

        made: dict[Path, dict[str, bytes]] = {}
        problems: list[Problem] = []

        def render(path: Path, folder: str, given: Form | None) -> None:
            progress(_("Rendering {file}").format(file=path.name))
            try:
                if given:
                    name, content = self.rendered(given, path)
                else:
                    reading = read_any(path, self.forms, period=period)
                    name = f"{path.stem}{Path(reading.form.template).suffix or '.xlsx'}"
                    content = _rendered(reading.form, reading, self)
                made.setdefault(self.folder / "out" / folder, {})[name] = content
            except DocgenError as error:
                problems.extend(error.problems)

        for form, path in self.papers():
            render(path, "papers", form)
        for path in self.registers(period):
            render(path, f"registers/{period}", None)
        paths = [path for folder, outputs in made.items() for path in _write_all(folder, outputs, force=False)]
        return MadePapers(tuple(paths), tuple(problems))

    def rendered(self, form: Form, path: Path) -> tuple[str, bytes]:
        """A paper of the office from one filled workbook: file name and document. DataError with every fault."""
        from docgen.registers.reader import read
        from office.papers import paper as papers

        reading = read(path, papers.input_form(form, self.forms))
        return papers.file_name(form, reading), _rendered(form, reading, self)

    def between(self, period: Period, readings: Iterable[Reading]) -> tuple[list[Problem], list[Problem]]:
        """What is wrong with a period's registers taken together, and what is still missing for its report."""
        from office.papers import month as report

        form, month = self.forms[REPORT], report.Month(period, tuple(readings))
        problems = [*report.repeated(month), *report.unfinished_explained(month)]
        return problems, list(report.missing(form, self.forms, self.settings, month))

    def report(
        self,
        period: Period,
        *,
        prepared_on: date,
        incomplete: bool = False,
        force: bool = False,
        progress: Callable[[str], None] = lambda _step: None,
    ) -> MadeReport:
        """Make the monthly report of ``period`` with base-data workbook and annex, in ``out/<period>``.

        ``prepared_on`` is the 编制日期. ``incomplete`` lets registers be missing: what rests on them is printed as no
        data. Raises DataError with every problem of all registers together,
        TemplateError, and FileExistsError where an output was changed by hand and not ``force``; in each case
        nothing is written.
        """
        flow = _ReportFlow(self, self.forms[REPORT], period, progress)
        flow.read(incomplete=incomplete)
        flow.compute()
        outputs = flow.render(prepared_on)
        progress(_("Writing"))
        folder = self.folder / "out" / str(period)
        paths = _write_all(folder, outputs, force=force)
        return MadeReport(
            report=paths[0],
            base_data=paths[1],
            annex=paths[2],
            verdicts=flow.verdicts,
            measures=flow.measures,
            warnings=tuple(flow.warnings),
        )


def _period_of_file(path: Path, form: Form) -> Period | None:
    """The period in a file's name, else the one guidang wrote into the blank it was made from."""
    for text in (path.name, properties_of(path).get("guidang.period", "")):
        if period := Period.named(text, form.period):
            return period
    return None


def _is_of(path: Path, form: Form, known: Mapping[str, Form]) -> bool:
    """Whether a file says, by its mark or else its name, that it is of that form. It is not opened for more."""
    from docgen.registers.reader import forms_named

    marked = properties_of(path).get("guidang.form")
    return marked == form.id if marked in known else forms_named(path.name, known.values()) == [form]


_NO_SCHEDULE = ProblemKind("file.missing", N_("there is no such file"), Remedy("schedule.begin"))
_NOT_CARRIED = ProblemKind(
    "paper.not_carried",
    N_("the earlier paper has {n} problems; nothing was carried over from it"),
    Remedy("register.mend"),
)


# --- the report -----------------------------------------------------------------------------------------------


class _ReportFlow:
    """One report on its way: read, compute, render. Warnings gather along the way."""

    def __init__(self, office: Office, form: Form, period: Period, progress: Callable[[str], None]) -> None:
        self.office, self.form, self.period, self.progress = office, form, period, progress
        self.sources: dict[str, Form] = {form_id: office.forms[form_id] for form_id in form.sources}
        self.warnings: list[Problem] = []
        self.months: list[Month] = []
        self.measures: Measures
        self.previous: Measures | None = None
        self.verdicts: tuple[Verdict, ...] = ()

    # read

    def read(self, *, incomplete: bool) -> None:
        """All registers of the month and, for 环比 and what is carried over, of the month before."""
        from docgen.errors import DataError
        from office.papers import month as report

        month, problems = self._month(self.period)
        wrong, gaps = self.office.between(self.period, month.readings)
        if not problems:  # a register that cannot be read is not missing
            (self.warnings if incomplete else wrong).extend(gaps)
        if problems := [*problems, *wrong]:
            raise DataError(problems)
        self.warnings += [warning for reading in month.readings for warning in reading.warnings]
        self.warnings += [*report.several_files(month), *self.office.unread(self.period)]
        self.warnings += self.office.plan_warnings(self.period, month.readings)
        self.months = [month]
        self._read_before()

    def _read_before(self) -> None:
        period = self.period.previous()
        month, problems = self._month(period)
        if problems:
            self._leave_out_last_month(len(problems))
        elif not month.readings:
            message = _("there are no registers of last month; its figures and the change are left out")
            self.warnings.append(Problem(f"registers/{period}", message, "", "report.last_month"))
        else:
            self.months.append(month)

    def _leave_out_last_month(self, n: int) -> None:
        """A report does not wait for last month's registers to be mended; what it loses is said."""
        period = self.period.previous()
        message = _("last month's registers have {n} problems; figures of last month are left out").format(n=n)
        hint = Remedy("registers.check", period=period)
        self.warnings.append(Problem(f"registers/{period}", message, hint, "report.last_month"))

    def _month(self, period: Period) -> tuple[Month, list[Problem]]:
        from docgen.errors import DataError
        from docgen.registers.reader import read_any
        from office.papers.month import Month

        readings: list[Reading] = []
        problems: list[Problem] = []
        for path in self.office.registers(period):
            self.progress(_("Reading {file}").format(file=path.name))
            if self.office.is_other_paper(path, self.sources):
                continue
            try:
                readings.append(read_any(path, self.sources, period=period))
            except DataError as error:
                problems += error.problems
        readings.sort(key=self._order)
        return Month(period, tuple(readings)), problems

    def _order(self, reading: Reading) -> tuple[int, int, str]:
        """Forms as the report names them, departments as the settings do, files by name."""
        names = self.office.settings.departments.names
        department = reading.fields.get("department")
        place = names.index(department) if department in names else len(names)
        return self.form.sources.index(reading.form.id), place, reading.source

    # compute

    def compute(self) -> None:
        """Figures of both months, and the objectives judged by this month's."""
        from docgen.errors import DataError
        from docgen.figures import declarations
        from docgen.figures.objectives import judge, load_objectives
        from office.papers import month as report

        self.progress(_("Computing"))
        path = self.office.file_of(REPORT, "form.toml")
        declared = declarations.load(path, report.columns_of(self.form, self.sources))
        if len(self.months) > 1:
            try:
                self.previous = self._evaluated(declared, self.months[1], None)
            except DataError as error:
                self._leave_out_last_month(len(error.problems))
        self.measures = self._evaluated(declared, self.months[0], self.previous)
        objectives = load_objectives(self.office.file_of("", OBJECTIVES))
        self.verdicts = judge(objectives, self.measures.figures)
        if self.previous:
            self.warnings += report.lost(self.form, self.sources, self.previous, self.months[0])

    def _evaluated(self, declared: Declarations, month: Month, previous: Measures | None) -> Measures:
        from docgen.figures.evaluation import evaluate

        return evaluate(
            declared,
            month.tables(),
            period=month.period,
            settings=self.office.settings.for_expressions(),
            previous=previous.figures if previous else None,
        )

    # render

    def render(self, prepared_on: date) -> dict[str, bytes]:
        """File name → bytes of report, base-data workbook and annex."""
        from docgen import WordTemplate
        from docgen.figures.annex import annex_workbook, base_data_workbook
        from docgen.figures.value_sheets import ReportHead
        from office.papers import month as report

        self.progress(_("Rendering"))
        settings, period = self.office.settings, self.period
        digest = report.digest(self.months, settings)
        people = settings.people
        context = report.context(
            self.form,
            settings,
            self.months[0],
            self.measures,
            self.previous,
            self.verdicts,
            report.Prepared(people.prepared, people.checked, people.approved, prepared_on),
            digest,
        )
        heading = ReportHead(
            company=settings.company,
            office=settings.name,
            form=REPORT,
            code=self.form.code,
            period=period,
            digest=digest,
            prepared_on=prepared_on,
        )
        tables = {table.key: table for form in self.sources.values() for table in form.tables}
        template = WordTemplate.load(self.office.file_of(REPORT, self.form.template))
        return {
            self.form.file_name(period): template.render(context, compression="compact"),  # the same bytes anywhere
            f"基础数据汇总表 {period.label}.xlsx": base_data_workbook(self.measures, heading),
            f"指标明细 {period.label}.xlsx": annex_workbook(self.measures, self.verdicts, heading, tables),
        }


def render_form(form: Form, reading: Reading, folder: Path | None, *, period: Period | None = None) -> bytes:
    """A form's document from one filled workbook: a Word or Excel paper, or the register as its columns say.

    ``folder`` is the office's, None where there is none; ``period`` what the paper is about, where neither it nor its
    name says so. TemplateError and DataError as the template says, DataError too where it prints a period and nothing
    tells which; a workbook's rows fit their text.
    """
    return _rendered(form, reading, Office.load(folder) if folder else None, period)


def _rendered(form: Form, reading: Reading, office: Office | None, period: Period | None = None) -> bytes:
    from docgen.excel.row_heights import fitted
    from docgen.figures import declarations
    from docgen.figures.objectives import load_objectives
    from office.papers import paper as papers

    settings = office.settings if office else None
    path = _template_of(form, office)
    known = office.templates if office else {}
    template = known.get(form.id) or known.setdefault(form.id, _loaded(form, path))
    about = _about(form, reading, period, template)
    measures: Measures | None = None
    verdicts: tuple[Verdict, ...] = ()
    if form.derive or form.figures or form.breakdowns or form.lists:
        declared = declarations.load(path.with_name("form.toml"), papers.columns_of(reading.form))
        measures = papers.computed(reading, declared, about, settings)
        objectives = office.file_of("", OBJECTIVES) if office else SHIPPED / OBJECTIVES
        verdicts = papers.judged(measures, load_objectives(objectives))
    kept = office.kept(form) if office else ""
    context = papers.context(form, reading, about, settings, measures, verdicts, kept)
    content = template.render(context | {"changes": _changes(office, reading, about)}, compression="compact")
    return content if form.template.endswith(".docx") else fitted(content, form.title)


def _loaded(form: Form, path: Path) -> WordTemplate | ExcelTemplate:
    """The form's template; of a form without one, its register's."""
    if form.template.endswith(".docx"):
        from docgen import WordTemplate

        return WordTemplate.load(path)
    from docgen import ExcelTemplate
    from docgen.printing.register import register_template

    return ExcelTemplate.load(path) if form.template else ExcelTemplate.load(register_template(form), name=form.title)


def _about(form: Form, reading: Reading, given: Period | None, template: WordTemplate | ExcelTemplate) -> Period | None:
    """The period of a paper; a template that prints none can do without."""
    from docgen.errors import DataError
    from office.papers import paper as papers

    try:
        return papers.period_of(form, reading, given)
    except DataError:
        if any(str(path).partition(".")[0] == "period" for path in template.needs()):
            raise
        return None


def _template_of(form: Form, office: Office | None) -> Path:
    name = form.template or "form.toml"
    return office.file_of(form.id, name) if office else SHIPPED / form.id / name


def _changes(office: Office | None, reading: Reading, period: Period | None) -> list[Change]:
    """For a month's plan: what the department's report, handed in on the 3rd, says otherwise."""
    from docgen.errors import DataError
    from docgen.registers.reader import read
    from office.papers import carry_over as carryover

    if office is None or period is None or reading.form.id != carryover.PLAN:
        return []
    form, department = office.forms[carryover.REPORT], reading.fields.get(DEPARTMENT)
    for path in office.filled(form, period.previous()):
        try:
            report = read(path, form, period=period.previous())
        except DataError:
            continue
        rows = report.tables[carryover.REPORTED].rows
        if report.fields.get(DEPARTMENT) == department and rows:
            table = form.table(carryover.REPORTED)
            return carryover.plan_changes(reading.tables[carryover.PLANNED].rows, rows, table)
    return []


# --- writing --------------------------------------------------------------------------------------------------


def _write_all(folder: Path, outputs: Mapping[str, bytes], *, force: bool) -> Sequence[Path]:
    """Write all files or none. What a person changed since it was written is kept, unless ``force``."""
    from foundation.atomic_file import atomic, write_atomic

    folder.mkdir(parents=True, exist_ok=True)
    written = _written(folder)
    changed = [name for name, content in outputs.items() if _changed_by_hand(folder / name, content, written)]
    if changed and not force:
        raise FileExistsError(
            EEXIST,
            str(Remedy("file.replace_changed")),
            "、".join(str(folder / name) for name in changed),
        )
    with ExitStack() as stack:
        files = {name: stack.enter_context(atomic(folder / name)) for name in outputs}
        for name, content in outputs.items():
            files[name].write(content)
    written.update({name: _sha256(content) for name, content in outputs.items()})
    write_atomic(folder / _WRITTEN, json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True).encode())
    return [folder / name for name in outputs]


def _written(folder: Path) -> dict[str, str]:
    """Digests of what guidang itself wrote into a folder, by file name."""
    try:
        found = json.loads((folder / _WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed_by_hand(path: Path, content: bytes, written: Mapping[str, str]) -> bool:
    if not path.exists():
        return False
    there = path.read_bytes()
    return there != content and _sha256(there) != written.get(path.name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
