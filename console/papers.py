"""`guidang new`, `check`, `render` and `lint`: blanks of forms, filled ones, printed ones, and templates."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import click

from console import terminal
from console.forms import form_named, forms_of
from console.frame import Exit, PeriodType, office_here, prints_data, the_office, to_json
from console.terminal import argument, option
from foundation.language import _, ngettext
from foundation.period import Period, PeriodError
from office.papers.blanks import by_department, period_on, write_blanks
from office.papers.checking import Checked, check_file, check_period, write_copies
from office.papers.linting import annotated, faults, lintable
from office.papers.printing import render_files
from office.views.checking import FileCheck, file_check
from office.views.forms import Form


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
    office = office_here()
    form = form_named(name, forms_of(office))
    if not form.tables and not form.fields:
        raise click.UsageError(_made_otherwise(form, forms_of(office)))
    if department and not by_department(form):
        raise click.UsageError(_("{form} is not filled in by departments.").format(form=form.title))
    period = period or period_on(form, date.today())  # noqa: DTZ011 - the clerk's own calendar
    made = []
    for blank in write_blanks(office, form, period, department=department, output=output, force=force):
        terminal.print_problems(blank.warnings, colour="yellow")
        made.append(str(blank.path))
    click.echo(to_json({"exit": 0, "file": made[0], "files": made}) if as_json else "\n".join(made))
    return Exit.DONE


def _made_otherwise(form: Form, known: Mapping[str, Form]) -> str:
    """Why there is no blank of a form."""
    if len(form.sources) == 1:
        source = known[form.sources[0]].title
        return _("{form} is made from {source}: fill that one in.").format(form=form.title, source=source)
    return _("{form} is not filled in; it is made by `guidang report`.").format(form=form.title)


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
    if (mark and unmark) or (output and not (mark or unmark)):
        raise click.UsageError(_("Name one of --mark and --unmark; --output goes with them."))
    office = office_here()
    known = forms_of(office)
    form = form_named(name, known) if name else None
    checked: list[Checked] = []
    with terminal.progress(quiet=as_json) as step:
        for target in targets:
            if (path := Path(target)).is_file():
                step(path.name)
                checked.append(check_file(path, form, known, period))
            else:
                checked += _check_period(target, form, step)
    if mark or unmark:
        if output and output.suffix and not output.is_dir() and sum(1 for found in checked if found.path) > 1:
            raise click.UsageError(_("Several copies need a folder as --output; {path} is none.").format(path=output))
        checked = write_copies(checked, marks=mark, output=output, force=force)
    code = _outcome(not found.problems for found in checked)
    found = [*map(file_check, checked)]
    click.echo(to_json({"exit": code, "checked": found})) if as_json else _print_checks(found)
    return code


def _check_period(target: str, form: Form | None, step: Callable[[str], None]) -> list[Checked]:
    """The registers of the period named, each alone and then together."""
    try:
        period = Period.parse(target)
    except PeriodError:
        raise click.UsageError(_("'{name}' is neither a file nor a period.").format(name=target)) from None
    if checked := check_period(the_office(), period, form, step):
        return checked
    raise click.UsageError(_("There are no registers of {period}.").format(period=period.label))


def _print_checks(checked: Sequence[FileCheck]) -> None:
    for found in checked:
        click.echo("  ".join([_verdict(not found.problems), found.name, *_rows(found)]))
        terminal.print_problems(found.problems, err=False, heading=not found.is_read)
        terminal.print_problems(found.warnings, err=False, colour="yellow", heading=not found.is_read)
        if aside := _asides(found):
            click.echo(click.style(f"  {aside}", dim=True))
        if found.copy:
            click.echo("  " + _("Copy: {file}").format(file=found.copy))
    problems, warnings = (sum(len(getattr(found, kind)) for found in checked) for kind in ("problems", "warnings"))
    total = _("{files} files read, {problems} problems, {warnings} reminders")
    files = sum(found.is_read for found in checked)
    click.echo(total.format(files=files, problems=problems, warnings=warnings))


def _rows(found: FileCheck) -> Iterator[str]:
    """How many rows each table of a file has: ``报修登记 302 行``."""
    for title, n in found.counted:
        yield ngettext("{title}: {n} row", "{title}: {n} rows", n).format(title=title, n=n)


def _asides(found: FileCheck) -> str:
    """What was left out of a file, by its reason, and how many cells took interpreting."""
    left_out = "、".join(f"{reason} {n}" for reason, n in found.left_out.items())
    n = len(found.remarks)
    interpreted = ngettext("{n} cell took interpreting", "{n} cells took interpreting", n).format(n=n)
    said = [_("not data: {what}").format(what=left_out)] if left_out else []
    return "；".join([*said, interpreted] if n else said)


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
    if output is not None and len(inputs) > 1 and not output.is_dir():
        raise click.UsageError(_("Several documents need a folder as --output; {path} is none.").format(path=output))
    office = office_here()
    form = form_named(name, forms_of(office))
    if not form.template and not form.tables:
        raise click.UsageError(_("{form} has no template to render.").format(form=form.title))
    made = render_files(office, form, inputs, period=period, output=output, force=force)
    if as_json:
        click.echo(to_json({"files": made.papers, "problems": made.problems}))
    else:
        for path in made.papers:
            click.echo(str(path))
        terminal.print_problems(made.problems)
    return _outcome(number < len(made.papers) for number in range(len(inputs)))


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
    found = [(path, faults(path)) for given in templates for path in _lintable(given)]
    code = _outcome(not wrong for _path, wrong in found)
    copies = [copy for path, wrong in found if annotate and wrong and (copy := annotated(path, wrong, force=force))]
    if as_json:
        files = [{"file": path, "problems": wrong} for path, wrong in found]
        click.echo(to_json({"exit": code, "files": files, "annotated": copies}))
        return code
    for path, wrong in found:
        click.echo(f"{_verdict(not wrong)}  {path}")
        terminal.print_problems(wrong, err=False, heading=False)
    for copy in copies:
        click.echo(_("The faults stand as comments in {file}.").format(file=copy))
    return code


def _lintable(given: Path) -> list[Path]:
    if found := lintable(given):
        return found
    raise click.UsageError(_("There is no template and no form.toml in {folder}.").format(folder=given))


# --- what the commands share ----------------------------------------------------------------------------------


def _outcome(good: Iterable[bool]) -> Exit:
    """Whether all, some or none of several are good."""
    every = [*good]
    if all(every):
        return Exit.DONE
    return Exit.PARTLY if any(every) else Exit.DATA


def _verdict(good: bool) -> str:
    return click.style(_("good"), fg="green") if good else click.style(_("faults"), fg="red")
