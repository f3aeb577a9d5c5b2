"""Papers and registers printed from filled workbooks: one, or all an office has."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from errno import EEXIST
from pathlib import Path

from docgen import ExcelTemplate, WordTemplate
from docgen.errors import DataError, DocgenError, Problem
from docgen.excel.row_heights import fitted
from docgen.figures import declarations
from docgen.figures.objectives import Verdict, load_objectives
from docgen.figures.results import Measures
from docgen.forms.declaration import Form
from docgen.printing.register import register_template
from docgen.registers.reader import read, read_any
from docgen.registers.reading import Reading
from foundation.atomic_file import write_atomic
from foundation.language import _
from foundation.period import Period
from office.folder import OBJECTIVES, SHIPPED
from office.office import Office, shipped_forms
from office.papers import paper
from office.papers.carried import plan_changes
from office.papers.carry_over import PLAN
from office.papers.handed_in import papers, period_of, registers
from office.papers.month import columns_of
from office.papers.writing import target_of, write_all


@dataclass(frozen=True)
class MadePapers:
    """The papers written, and what was in the way of the others."""

    papers: tuple[Path, ...]
    problems: tuple[Problem, ...]


def render_all(office: Office, period: Period, *, progress: Callable[[str], None] = lambda _step: None) -> MadePapers:
    """Every paper below ``papers``, and the registers of ``period`` as they are printed, into ``out``.

    A workbook with problems gets no paper; the others do. FileExistsError where a paper was changed by hand.
    """
    made: dict[Path, dict[str, bytes]] = {}
    problems: list[Problem] = []
    wanted = [(path, "papers", form) for form, path in papers(office)]
    for path, folder, form in [*wanted, *((path, f"registers/{period}", None) for path in registers(office, period))]:
        progress(_("Rendering {file}").format(file=path.name))
        try:
            name, content = printed_paper(office, form, path) if form else _printed_register(office, path, period)
            made.setdefault(office.folder / "out" / folder, {})[name] = content
        except DocgenError as error:
            problems += error.problems
    paths = [path for folder, outputs in made.items() for path in write_all(folder, outputs, force=False)]
    return MadePapers(tuple(paths), tuple(problems))


def render_files(  # noqa: PLR0913 - each is a choice of the person who asks for it
    office: Office | None,
    form: Form,
    files: Sequence[Path],
    *,
    period: Period | None = None,
    output: Path | None = None,
    force: bool = False,
) -> MadePapers:
    """A document for each filled workbook, at ``output`` or beside it; one with problems gets none, the others do."""
    done: list[Path] = []
    problems: list[Problem] = []
    filled_form = paper.input_form(form, office.forms if office else shipped_forms())
    for path in files:
        try:
            about = period or period_of(path)
            content = render_form(form, read(path, filled_form, period=about), office, period=about)
            target = _beside(path, output or path.parent, paper.ending_of(form), force=force)
        except DocgenError as error:
            problems += error.problems
        else:
            write_atomic(target, content)
            done.append(target)
    return MadePapers(tuple(done), tuple(problems))


def _beside(path: Path, wanted: Path, ending: str, *, force: bool) -> Path:
    """Where a workbook's document goes: it takes the workbook's name where a folder is wanted, never its place."""
    name = path.with_suffix(ending).name
    into = wanted.is_dir() or not wanted.suffix
    if into and (wanted / name).exists() and path.samefile(wanted / name):
        name = f"{path.stem}（打印）.xlsx"
    elif not into and wanted.exists() and path.samefile(wanted):
        raise FileExistsError(EEXIST, _("is the filled workbook itself; name another file"), str(wanted))
    return target_of(wanted, name, force=force)


def printed_paper(office: Office, form: Form, path: Path) -> tuple[str, bytes]:
    """A paper of the office from one filled workbook: file name and document. DataError with every fault."""
    reading = read(path, paper.input_form(form, office.forms))
    return paper.file_name(form, reading), render_form(form, reading, office)


def _printed_register(office: Office, path: Path, period: Period) -> tuple[str, bytes]:
    reading = read_any(path, office.forms, period=period)
    return f"{path.stem}{paper.ending_of(reading.form)}", render_form(reading.form, reading, office)


def render_form(form: Form, reading: Reading, office: Office | None, *, period: Period | None = None) -> bytes:
    """A form's document from one filled workbook: a Word or Excel paper, or the register as its columns say.

    ``office`` is None where there is none; ``period`` what the paper is about, where neither it nor its name says so.
    TemplateError and DataError as the template says, DataError too where it prints a period and nothing tells which;
    a workbook's rows fit their text.
    """
    settings = office.settings if office else None
    path = _file_of(office, form.id, form.template or "form.toml")
    known = office.templates if office else {}
    template = known.get(form.id) or known.setdefault(form.id, _loaded(form, path))
    about = _about(form, reading, period, template)
    measures: Measures | None = None
    verdicts: tuple[Verdict, ...] = ()
    if form.derive or form.figures or form.breakdowns or form.lists:
        declared = declarations.load(path.with_name("form.toml"), columns_of([reading.form]))
        measures = paper.computed(reading, declared, about, settings)
        verdicts = paper.judged(measures, load_objectives(_file_of(office, "", OBJECTIVES)))
    kept = office.kept(form) if office else ""
    changes = plan_changes(office, reading, about) if office and about and reading.form.id == PLAN else []
    context = paper.context(form, reading, about, settings, measures, verdicts, kept)
    content = template.render(context | {"changes": changes}, compression="compact")
    return content if form.template.endswith(".docx") else fitted(content, form.title)


def _file_of(office: Office | None, form_id: str, name: str) -> Path:
    return office.file_of(form_id, name) if office else SHIPPED / form_id / name


def _loaded(form: Form, path: Path) -> WordTemplate | ExcelTemplate:
    """The form's template; of a form without one, its register's."""
    if form.template.endswith(".docx"):
        return WordTemplate.load(path)
    return ExcelTemplate.load(path) if form.template else ExcelTemplate.load(register_template(form), name=form.title)


def _about(form: Form, reading: Reading, given: Period | None, template: WordTemplate | ExcelTemplate) -> Period | None:
    """The period of a paper; a template that prints none can do without."""
    try:
        return paper.period_of(form, reading, given)
    except DataError:
        if any(str(path).partition(".")[0] == "period" for path in template.needs()):
            raise
        return None
