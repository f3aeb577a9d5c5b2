"""The monthly report of an office: registers read, figures computed, three files written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from docgen import WordTemplate
from docgen.errors import DataError
from docgen.figures import declarations
from docgen.figures.annex import annex_workbook, base_data_workbook
from docgen.figures.declarations import Declarations
from docgen.figures.evaluation import evaluate
from docgen.figures.objectives import Verdict, judge, load_objectives
from docgen.figures.results import Measures
from docgen.figures.value_sheets import ReportHead
from docgen.forms.declaration import Form
from docgen.registers.reader import read_any
from docgen.registers.reading import Reading
from foundation.language import _
from foundation.period import Period
from foundation.problem import Problem, Remedy
from office.folder import OBJECTIVES
from office.office import REPORT, Office
from office.papers import month as monthly
from office.papers.carried import plan_warnings
from office.papers.handed_in import is_other_paper, registers, unread
from office.papers.month import Month
from office.papers.writing import write_all


@dataclass(frozen=True)
class MadeReport:
    """What a report came to: three files, the objectives judged, what a person should look at."""

    report: Path
    base_data: Path
    annex: Path
    verdicts: tuple[Verdict, ...]
    measures: Measures
    warnings: tuple[Problem, ...]


def between(office: Office, period: Period, readings: Iterable[Reading]) -> tuple[list[Problem], list[Problem]]:
    """What is wrong with a period's registers taken together, and what is still missing for its report."""
    month = Month(period, tuple(readings))
    problems = [*monthly.repeated(month), *monthly.unfinished_explained(month)]
    return problems, list(monthly.missing(office.forms[REPORT], office.forms, office.settings, month))


def monthly_report(  # noqa: PLR0913 - each is a choice of the person who asks for it
    office: Office,
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
    flow = _ReportFlow(office, period, progress)
    flow.read(incomplete=incomplete)
    flow.compute()
    outputs = flow.render(prepared_on)
    progress(_("Writing"))
    report, base_data, annex = write_all(office.folder / "out" / str(period), outputs, force=force)
    return MadeReport(report, base_data, annex, flow.verdicts, flow.measures, tuple(flow.warnings))


class _ReportFlow:
    """One report on its way: read, compute, render. Warnings gather along the way."""

    def __init__(self, office: Office, period: Period, progress: Callable[[str], None]) -> None:
        self.office, self.period, self.progress = office, period, progress
        self.form = office.forms[REPORT]
        self.sources: dict[str, Form] = {form_id: office.forms[form_id] for form_id in self.form.sources}
        self.warnings: list[Problem] = []
        self.months: list[Month] = []
        self.measures: Measures
        self.previous: Measures | None = None
        self.verdicts: tuple[Verdict, ...] = ()

    # read

    def read(self, *, incomplete: bool) -> None:
        """All registers of the month and, for 环比 and what is carried over, of the month before."""
        month, problems = self._month(self.period)
        wrong, gaps = between(self.office, self.period, month.readings)
        if not problems:  # a register that cannot be read is not missing
            (self.warnings if incomplete else wrong).extend(gaps)
        if problems := [*problems, *wrong]:
            raise DataError(problems)
        self.warnings += [warning for reading in month.readings for warning in reading.warnings]
        self.warnings += [*monthly.several_files(month), *unread(self.office, self.period)]
        self.warnings += plan_warnings(self.office, self.period, month.readings)
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
        readings: list[Reading] = []
        problems: list[Problem] = []
        for path in registers(self.office, period):
            self.progress(_("Reading {file}").format(file=path.name))
            if is_other_paper(self.office, path, self.sources):
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
        self.progress(_("Computing"))
        path = self.office.file_of(REPORT, "form.toml")
        declared = declarations.load(path, monthly.columns_of(self.sources.values()))
        if len(self.months) > 1:
            try:
                self.previous = self._evaluated(declared, self.months[1], None)
            except DataError as error:
                self._leave_out_last_month(len(error.problems))
        self.measures = self._evaluated(declared, self.months[0], self.previous)
        objectives = load_objectives(self.office.file_of("", OBJECTIVES))
        self.verdicts = judge(objectives, self.measures.figures)
        if self.previous:
            self.warnings += monthly.lost(self.form, self.sources, self.previous, self.months[0])

    def _evaluated(self, declared: Declarations, month: Month, previous: Measures | None) -> Measures:
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
        self.progress(_("Rendering"))
        settings, period = self.office.settings, self.period
        digest = monthly.digest(self.months, settings)
        people = settings.people
        context = monthly.context(
            self.form,
            settings,
            self.months[0],
            self.measures,
            self.previous,
            self.verdicts,
            monthly.Prepared(people.prepared, people.checked, people.approved, prepared_on),
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
