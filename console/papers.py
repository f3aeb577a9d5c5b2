"""`guidang forms`, `new`, `check`, `render` and `lint`: forms, their blanks, filled ones, printed ones."""

from __future__ import annotations

from collections import Counter
from errno import EEXIST
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import (
    Exit,
    PeriodType,
    office_folder,
    prints_data,
    problem_data,
    the_office,
    to_json,
)
from console.terminal import argument, option
from foundation.language import _, ngettext
from foundation.period import Period, PeriodError
from office.papers.writing import target_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from docgen.errors import Problem
    from docgen.forms.declaration import Field, Form
    from docgen.registers.reading import Reading
    from office.office import Office
    from office.papers.checking import Checked


@click.command(cls=terminal.Command)
@prints_data
@argument(
    "name",
    metavar="[FORM]",
    default=None,
    required=False,
    help="A form's id, title, alias or code.",
)
def forms(name: str | None, as_json: bool) -> Exit:
    """List the forms there are, or the columns of one form.

    A form is named by its id (repairs), its title (报修登记), an alias or its code (QG-FW-01-01). With --json, one
    form comes with the JSON Schema of its data.
    """
    known = _forms()
    if name is None:
        _show_forms(list(known.values()), as_json=as_json)
    else:
        _show_form(_form(name, known), as_json=as_json)
    return Exit.DONE


def _show_forms(known: Sequence[Form], *, as_json: bool) -> None:
    if as_json:
        click.echo(to_json([_form_data(form) for form in known]))
        return
    rows = [(form.id, form.title, form.code, _each(form.period), form.department) for form in known]
    terminal.print_table((_("form"), _("title"), _("code"), _("period"), _("department")), rows)


def _form_data(form: Form) -> dict[str, Any]:
    return {
        "id": form.id,
        "title": form.title,
        "aliases": form.aliases,
        "code": form.code,
        "period": form.period,
        "department": form.department,
        "tables": {table.key: [column.key for column in table.columns] for table in form.tables},
    }


def _each(kind: str) -> str:
    return {"month": _("month"), "day": _("day"), "half": _("half-year"), "year": _("year"), "none": ""}[kind]


def _show_form(form: Form, *, as_json: bool) -> None:
    if as_json:
        click.echo(to_json(_form_data(form) | {"schema": form.json_schema()}))
        return
    click.echo(click.style(" ".join(filter(None, (form.title, form.code))), bold=True))
    for title, columns in ((_("head"), form.fields), *((table.title, table.columns) for table in form.tables)):
        if columns:
            click.echo(f"\n{title}")
            heading = ("", _("column"), _("key"), _("kind"), _("required"), _("choices or unit"))
            terminal.print_table(heading, [_column_row(number, column) for number, column in enumerate(columns, 1)])


def _column_row(number: int, column: Field) -> tuple[str, ...]:
    label = getattr(column, "label", column.title)
    required = "*" if column.required else ""
    choices = "、".join(column.choices) or column.unit
    return (str(number), label, column.key, _kind(column.type), required, choices)


def _kind(kind: str) -> str:
    return {
        "text": _("text"),
        "code": _("code"),
        "integer": _("whole number"),
        "number": _("number"),
        "money": _("amount"),
        "percent": _("percent"),
        "date": _("date"),
        "datetime": _("date and time"),
        "choice": _("choice"),
        "tick": _("tick"),
    }[kind]


@click.command(cls=terminal.Command)
@prints_data
@argument("name", metavar="FORM", help="A form's id, title, alias or code.")
@option(
    "--period",
    metavar="PERIOD",
    type=PeriodType(),
    help="2026-10, 2026-10-03 or 2026; now without it.",
)
@option(
    "--output",
    "-o",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File or folder to write to; without it the office's registers of that period, or the current folder.",
)
@option("--department", metavar="NAME", help="Whose blank; without it one for each department of the office.")
@option("--force", is_flag=True, help="Replace a file that is there already.")
def new(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str, period: Period | None, output: Path | None, department: str | None, force: bool, as_json: bool
) -> Exit:
    """Write a blank workbook for a form: dropdowns, validation, a sample row and help.

    What earlier papers leave open comes in by itself: last month's unfinished items into this month's plan, the
    plan of the 25th into the department's report. Registers go to registers/PERIOD of the office, papers to
    papers/FORM. A file that is there already is kept, and the command refuses with exit code 12, unless --force is
    given.
    """
    form = _form(name, _forms())
    if not form.tables and not form.fields:
        raise click.UsageError(_made_otherwise(form))
    period = period or _now(form)
    wanted = output or _place(form, period)
    made = [_blank(form, period, who, wanted, force=force) for who in _departments(form, department, wanted)]
    if as_json:
        click.echo(to_json({"exit": 0, "file": str(made[0]), "files": [*map(str, made)]}))
        return Exit.DONE
    for path in made:
        click.echo(str(path))
    return Exit.DONE


def _made_otherwise(form: Form) -> str:
    """Why there is no blank of a form."""
    if len(form.sources) == 1:
        source = _forms()[form.sources[0]].title
        return _("{form} is made from {source}: fill that one in.").format(form=form.title, source=source)
    return _("{form} is not filled in; it is made by `guidang report`.").format(form=form.title)


def _now(form: Form) -> Period | None:
    """The period of today, as the form counts."""
    from datetime import date

    today = date.today()  # noqa: DTZ011 - the clerk's own calendar
    return None if form.period == "none" else Period.of(form.period, today)


def _place(form: Form, period: Period | None) -> Path:
    """Where a filled form belongs: registers of the report with their period, papers with their like; else here."""
    from office.office import REPORT

    folder = office_folder()
    if folder is None:
        return Path()
    if form.id not in _forms()[REPORT].sources:
        return folder / "papers" / form.id
    return folder / "registers" / str(period) if period else Path()


def _departments(form: Form, department: str | None, wanted: Path) -> Sequence[str]:
    """Who gets a blank: the department named, each of the office's where each fills the form, else nobody by name."""
    from office.papers.month import DEPARTMENT

    asked = any(field.key == DEPARTMENT for field in form.fields)
    if department and not asked:
        raise click.UsageError(_("{form} is not filled in by departments.").format(form=form.title))
    if department or not asked or wanted.suffix or "{department}" not in form.file or not office_folder():
        return [department or ""]
    return the_office().settings.departments.names


def _blank(form: Form, period: Period | None, department: str, wanted: Path, *, force: bool) -> Path:
    """Write one blank, with what earlier papers hand on."""
    from docgen.registers.blank import new_workbook
    from foundation.atomic_file import write_atomic
    from office.papers.carried import carried as carried_rows
    from office.papers.month import DEPARTMENT

    target = target_of(wanted, form.file_name(period, department), force=force)
    known: dict[str, Any] = {DEPARTMENT: department} if department else {}
    if period and period.kind == "day":
        dates = (field for field in form.fields if field.within_period and field.type == "date")  # no hour is guessed
        known |= {field.key: period.first for field in dates}
    carried = (
        carried_rows(the_office(), form, period, department) if period and form.carry and office_folder() else None
    )
    write_atomic(target, new_workbook(form, period=period, carry=carried.rows if carried else None, fields=known))
    terminal.print_problems(carried.warnings if carried else (), colour="yellow")
    return target


@click.command(cls=terminal.Command)
@prints_data
@argument(
    "targets",
    metavar="FILE|PERIOD...",
    nargs=-1,
    required=True,
    help="Filled workbooks or CSV files, or a period such as 2026-10 for all registers of the office.",
)
@option("--form", "name", metavar="FORM", help="The form the files follow; found out without it.")
@option(
    "--period",
    metavar="PERIOD",
    type=PeriodType(),
    help="What the files are about; without it what their folder says, such as registers/2026-10.",
)
@option("--mark", is_flag=True, help="Write a copy of each faulty workbook with its problems marked in it.")
@option("--unmark", is_flag=True, help="Write a copy of each marked workbook without its marks.")
@option(
    "--output",
    "-o",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File or folder for the copies; without it beside each file.",
)
@option("--force", is_flag=True, help="Replace a copy that is there already.")
def check(  # noqa: PLR0913, PLR0917 - one parameter an option
    targets: tuple[str, ...],
    name: str | None,
    period: Period | None,
    mark: bool,
    unmark: bool,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> Exit:
    """Read filled workbooks and print every problem, each at its cell, with what to do.

    With --mark a copy named `… 标注.xlsx` is written beside each workbook with problems: faulty cells red, each with
    a note, and a column 错误说明 to filter by; marking a corrected copy again replaces its marks, and --unmark takes
    them out. The files themselves are never changed. Warnings do not count as problems. The exit code is 10 where
    every file has problems and 3 where some have none.
    """
    from office.papers.checking import write_copies

    if (mark and unmark) or (output and not (mark or unmark)):
        raise click.UsageError(_("Name one of --mark and --unmark; --output goes with them."))
    known = _forms()
    form = _form(name, known) if name else None
    checked: list[Checked] = []
    with terminal.progress(quiet=as_json) as step:
        for target in targets:
            checked += _check(target, form, known, period, step)
    if mark or unmark:
        if output and output.suffix and not output.is_dir() and sum(1 for found in checked if found.path) > 1:
            raise click.UsageError(_("Several copies need a folder as --output; {path} is none.").format(path=output))
        checked = write_copies(checked, marks=mark, output=output, force=force)
    _show_checks(checked, as_json=as_json)
    return _outcome([not found.problems for found in checked])


def _check(
    target: str, form: Form | None, known: Mapping[str, Form], period: Period | None, step: Callable[[str], None]
) -> list[Checked]:
    """The file named, or the registers of the period named, each alone and then together."""
    from office.papers.checking import check_file, check_period

    if (path := Path(target)).is_file():
        step(path.name)
        return [check_file(path, form, known, period)]
    office, named = _office_and_period(target)
    checked = check_period(office, named, form, step)
    if not checked:
        raise click.UsageError(_("There are no registers of {period}.").format(period=named.label))
    return checked


def _office_and_period(target: str) -> tuple[Office, Period]:

    try:
        period = Period.parse(target)
    except PeriodError:
        raise click.UsageError(_("'{name}' is neither a file nor a period.").format(name=target)) from None
    return the_office(), period


def _show_checks(checked: Sequence[Checked], *, as_json: bool) -> None:
    if as_json:
        code = _outcome([not found.problems for found in checked])
        click.echo(to_json({"exit": code, "checked": [_checked_data(found) for found in checked]}))
        return
    for found in checked:
        click.echo("  ".join(filter(None, (_verdict(not found.problems), found.name, _rows(found.reading)))))
        terminal.print_problems(found.problems, err=False, heading=found.reading is None)
        terminal.print_problems(found.warnings, err=False, colour="yellow", heading=found.reading is None)
        if aside := _asides(found):
            click.echo(click.style(f"  {aside}", dim=True))
        if found.copy:
            click.echo("  " + _("Copy: {file}").format(file=found.copy))
    problems, warnings = (sum(len(getattr(found, kind)) for found in checked) for kind in ("problems", "warnings"))
    total = _("{files} files read, {problems} problems, {warnings} reminders")
    files = sum(1 for found in checked if found.reading)
    click.echo(total.format(files=files, problems=problems, warnings=warnings))


def _asides(found: Checked) -> str:
    """What was left out of a file, by its reason, and how many cells took interpreting."""
    counts = Counter[str]()
    for left in found.ignored:
        counts[left.reason.text] += left.last - left.place.row + 1
    left_out = "、".join(f"{reason} {n}" for reason, n in counts.items())
    n = len(found.remarks)
    interpreted = ngettext("{n} cell took interpreting", "{n} cells took interpreting", n).format(n=n)
    said = [_("not data: {what}").format(what=left_out)] if left_out else []
    return "；".join([*said, interpreted] if n else said)


def _rows(reading: Reading | None) -> str:
    """How many rows each table of a reading has: ``报修登记 302 行``."""
    if reading is None:
        return ""
    counts = ((data.table.title, len(data.rows)) for data in reading.tables.values())
    return "  ".join(
        ngettext("{title}: {n} row", "{title}: {n} rows", n).format(title=title, n=n) for title, n in counts
    )


def _checked_data(found: Checked) -> dict[str, Any]:
    tables = found.reading.tables if found.reading else {}
    return {
        "name": found.name,
        "form": found.form.id if found.form else None,
        "rows": {key: len(data.rows) for key, data in tables.items()},
        "problems": [*map(problem_data, found.problems)],
        "warnings": [*map(problem_data, found.warnings)],
        "ignored": [
            {"place": str(left.place), "last": left.last, "reason": left.reason.value, "text": left.text}
            for left in found.ignored
        ],
        "remarks": [{"place": remark.where, "text": remark.text} for remark in found.remarks],
        "copy": str(found.copy) if found.copy else None,
    }


@click.command(cls=terminal.Command)
@prints_data
@argument("name", metavar="FORM", help="A form's id, title, alias or code.")
@argument(
    "inputs",
    metavar="INPUT...",
    nargs=-1,
    required=True,
    type=terminal.ExistingFile(),
    help="Workbooks filled for the form.",
)
@option(
    "--output",
    "-o",
    metavar="PATH",
    type=click.Path(path_type=Path),
    help="File, or folder for several; without it beside each input.",
)
@option(
    "--period",
    metavar="PERIOD",
    type=PeriodType(),
    help="What the papers are about, where neither they nor their names say so.",
)
@option("--force", is_flag=True, help="Replace a file that is there already.")
def render(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str, inputs: tuple[Path, ...], output: Path | None, period: Period | None, force: bool, as_json: bool
) -> Exit:
    """Render a form's document from filled workbooks, one document for each.

    A form without a template is printed as a register: clean rows, totals, numbered empty rows, room to sign. A
    workbook with problems gets no document. With several, the others are still rendered and the exit code is 3.
    """
    from docgen.errors import DocgenError

    if output is not None and len(inputs) > 1 and not output.is_dir():
        raise click.UsageError(_("Several documents need a folder as --output; {path} is none.").format(path=output))
    form = _form(name, _forms())
    if not form.template and not form.tables:
        raise click.UsageError(_("{form} has no template to render.").format(form=form.title))
    done: list[Path] = []
    problems: list[Problem] = []
    for path in inputs:
        try:
            done.append(_rendered(form, path, output or path.parent, period, force=force))
        except DocgenError as error:
            problems += error.problems
    _show_rendered(done, problems, as_json=as_json)
    return _outcome([True] * len(done) + [False] * (len(inputs) - len(done)))


def _rendered(form: Form, path: Path, wanted: Path, period: Period | None, *, force: bool) -> Path:
    """Render one filled workbook; the document takes the workbook's name where a folder is wanted, never its place."""
    from docgen.registers.reader import read
    from foundation.atomic_file import write_atomic
    from office.papers.checking import period_of
    from office.papers.paper import input_form
    from office.papers.printing import render_form

    period = period or period_of(path)
    content = render_form(
        form,
        read(path, input_form(form, _forms()), period=period),
        the_office() if office_folder() else None,
        period=period,
    )
    name = path.with_suffix(Path(form.template).suffix or ".xlsx").name
    into = wanted.is_dir() or not wanted.suffix
    if into and (wanted / name).exists() and path.samefile(wanted / name):
        name = f"{path.stem}（打印）.xlsx"
    elif not into and wanted.exists() and path.samefile(wanted):
        raise FileExistsError(EEXIST, _("is the filled workbook itself; name another file"), str(wanted))
    target = target_of(wanted, name, force=force)
    write_atomic(target, content)
    return target


def _show_rendered(done: Sequence[Path], problems: Sequence[Problem], *, as_json: bool) -> None:
    if as_json:
        data = {"files": [str(path) for path in done], "problems": [*map(problem_data, problems)]}
        click.echo(to_json(data))
        return
    for path in done:
        click.echo(str(path))
    terminal.print_problems(problems)


@click.command(cls=terminal.Command)
@prints_data
@argument(
    "templates",
    metavar="TEMPLATE...",
    nargs=-1,
    required=True,
    type=terminal.ExistingFile(folders=True),
    help="Word and Excel templates, form folders, or folders of forms.",
)
@option("--annotate", is_flag=True, help="Write a copy beside each faulty template, with a Word comment at each fault.")
@option("--force", is_flag=True, help="Replace an annotated copy that is there already.")
def lint(templates: tuple[Path, ...], annotate: bool, force: bool, as_json: bool) -> Exit:
    """Compile templates and read form declarations; print every fault with its place and its remedy."""
    found = [(path, _faults(path)) for given in templates for path in _lintable(given)]
    good = [not faults for _path, faults in found]
    copies = [_annotated(path, faults, force=force) for path, faults in found if annotate and faults]
    if as_json:
        files = [{"file": str(path), "problems": [*map(problem_data, faults)]} for path, faults in found]
        annotated = [str(copy) for copy in copies if copy]
        click.echo(to_json({"exit": _outcome(good), "files": files, "annotated": annotated}))
        return _outcome(good)
    for path, faults in found:
        click.echo(f"{_verdict(not faults)}  {path}")
        terminal.print_problems(faults, err=False, heading=False)
    for copy in filter(None, copies):
        click.echo(_("The faults stand as comments in {file}.").format(file=copy))
    return _outcome(good)


def _annotated(path: Path, faults: tuple[Problem, ...], *, force: bool) -> Path | None:
    """A copy of a Word template with its faults as comments; None for what is no Word document."""
    from docgen.word.annotate import annotate
    from foundation.atomic_file import write_atomic

    if path.suffix != ".docx" or any(fault.code.startswith(("package.", "part.")) for fault in faults):
        return None
    target = target_of(path.with_name(f"{path.stem}-批注.docx"), "", force=force)
    write_atomic(target, annotate(path, faults, path.name))
    return target


def _lintable(given: Path) -> list[Path]:
    """The templates and declarations in a folder, or the one file named."""
    if given.is_file():
        return [given]
    found = sorted(path for pattern in ("**/*.docx", "**/*.xlsx", "**/form.toml") for path in given.glob(pattern))
    if not found:
        raise click.UsageError(_("There is no template and no form.toml in {folder}.").format(folder=given))
    return found


def _faults(path: Path) -> tuple[Problem, ...]:
    from docgen import ExcelTemplate, WordTemplate
    from docgen.errors import TemplateError
    from docgen.forms.loading import load_form

    try:
        if path.name == "form.toml":
            load_form(path.parent)
        elif path.suffix == ".xlsx":
            ExcelTemplate.load(path)
        else:
            WordTemplate.load(path)
    except TemplateError as error:
        return error.problems
    return ()


def _outcome(good: Sequence[bool]) -> Exit:
    if all(good):
        return Exit.DONE
    return Exit.PARTLY if any(good) else Exit.DATA


def _verdict(good: bool) -> str:
    return click.style(_("good"), fg="green") if good else click.style(_("faults"), fg="red")


def _forms() -> Mapping[str, Form]:
    """The forms of the office in reach, else the shipped ones."""
    from office.office import Office, shipped_forms

    folder = office_folder()
    return Office.load(folder).forms if folder else shipped_forms()


def _form(name: str, known: Mapping[str, Form]) -> Form:
    from difflib import get_close_matches

    aliases = {word: form for form in known.values() for word in (form.code, *form.aliases) if word}
    spellings = aliases | {word: form for form in known.values() for word in (form.title, form.id)}
    if name in spellings:
        return spellings[name]
    near = get_close_matches(name, spellings, 3, 0.5)
    hint = _("Did you mean {names}?").format(names=", ".join(near)) if near else _("`guidang forms` lists them.")
    raise click.UsageError(_("There is no form '{name}'.").format(name=name) + " " + hint)
