"""`guidang demo`, `init` and `report`: an office begun, and its monthly report made."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from console import terminal
from console.frame import Exit, PeriodType, answer, prints_data, the_office, to_json
from console.terminal import argument, option
from foundation import language
from foundation.language import _, ngettext
from foundation.period import Period
from office.demo import FOLDER, Story, live
from office.office import Office
from office.papers.month_flow import monthly_report
from office.papers.printing import MadePapers, render_all
from office.starting import DEMO_PERIOD, copy_sample, create_office
from office.views.report import ObjectiveRow, ReportView, report_view


@click.command(cls=terminal.Command)
@prints_data
@argument(
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="The folder to make or to fill.",
)
@option("--name", metavar="NAME", help="The service centre's name; the folder's name without it.")
def init(folder: Path, name: str | None, as_json: bool) -> Exit:
    """Make a new office: a folder with settings, records schedule, holidays and places for registers.

    Nothing that exists is overwritten: where DIR is an office already, the command refuses.
    """
    made = create_office(folder, name=name or folder.resolve().name, language=language.language())
    if as_json:
        click.echo(to_json({"exit": 0, "folder": folder, "files": made}))
        return Exit.DONE
    for path in made:
        click.echo(str(path))
    click.echo(_("The office is ready. First fill in guidang.toml, then ask for blank registers with `guidang new`."))
    return Exit.DONE


@click.command(cls=terminal.Command)
@prints_data
@argument(
    "folder",
    metavar="[DIR]",
    default=Path("guidang-demo"),
    type=click.Path(path_type=Path),
    help="Where to put the sample office; ./guidang-demo without it.",
)
@option("--all", "everything", is_flag=True, help="Render every other paper and register of the sample office as well.")
def demo(folder: Path, everything: bool, as_json: bool) -> Exit:
    """Make the sample office's monthly report, and follow a few papers to the proof of their destruction.

    Copies the sample office into DIR, computes October 2026, and prints the quality objectives and where the
    report, the base-data workbook and the annex lie. Then the report and other papers are filed in a folder of
    their own, two years pass, they fall due, another person approves, they are removed, witnesses sign, and the
    ledger is verified. A sample office that is there already is used as it is, with whatever was changed in it;
    any other folder with something in it is left alone. Nothing is opened.

    With --all the plans, records and yearly papers below papers and the registers of the month are printed as well.
    """
    copied = copy_sample(folder)
    if not (copied or as_json):
        click.echo(_("{folder} is there already and is used as it is.").format(folder=folder))
    period = Period.parse(DEMO_PERIOD)
    with terminal.progress(quiet=as_json) as step:
        office = Office.load(folder)
        made = monthly_report(office, period, prepared_on=period.following().first, progress=step)
        papers = render_all(office, period, progress=step) if everything else None
        story = live(office, made.report, step)

    def show(view: ReportView) -> None:
        _print_report(view, period)
        if papers:
            _print_papers(papers)
        _print_story(story, office.folder / FOLDER)

    code = Exit.PARTLY if papers and papers.problems else Exit.DONE
    answer(report_view(made, papers, story), show, as_json=as_json, code=code)
    return code if story is None or story.ledger.sound else Exit.TAMPERED


@click.command(cls=terminal.Command)
@prints_data
@argument("period", metavar="PERIOD", type=PeriodType(), help="The month, such as 2026-10.")
@option(
    "--date",
    "on",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day printed on the papers; today without it.",
)
@option("--incomplete", is_flag=True, help="Make it though registers are missing; their figures are left without data.")
@option("--force", is_flag=True, help="Replace outputs that were changed by hand since.")
def report(period: Period, on: datetime | None, incomplete: bool, force: bool, as_json: bool) -> Exit:
    """Make the monthly report of a period, with the base-data workbook and the annex of rows.

    Reads registers/PERIOD of the office and writes to out/PERIOD. While the registers have problems, they are printed
    and nothing is written. A report that was changed by hand since it was made is kept, unless --force is given.
    """
    day = on.date() if on else date.today()  # noqa: DTZ011 - the day on the clerk's own calendar
    with terminal.progress(quiet=as_json) as step:
        office = the_office()
        made = monthly_report(office, period, prepared_on=day, incomplete=incomplete, force=force, progress=step)
    return answer(report_view(made), lambda view: _print_report(view, period), as_json=as_json)


def _print_report(view: ReportView, period: Period) -> None:
    terminal.print_problems(view.warnings, colour="yellow")
    click.echo(click.style(_("Quality objectives, {period}").format(period=period.label), bold=True))
    heading = (_("clause"), _("objective"), _("target"), _("actual"), _("basis"), _("verdict"))
    terminal.print_table(heading, map(_cells, view.objectives), right=frozenset({2, 3}))
    click.echo()
    titles = (_("monthly report"), _("base data"), _("annex"))
    for title, path in zip(titles, (view.report, view.base_data, view.annex), strict=True):
        click.echo(f"{terminal.pad(title, 14)}  {path}")


def _cells(row: ObjectiveRow) -> tuple[str, ...]:
    colours = {"met": "green", "missed": "red", "no_data": "yellow"}
    status = {"met": _("met"), "missed": _("not met"), "no_data": _("no data"), "info": ""}[row.status]
    return (row.clause, row.title, *row.words, click.style(status, fg=colours.get(row.status)))


def _print_papers(printed: MadePapers) -> None:
    click.echo()
    for path in printed.papers:
        click.echo(str(path))
    n = len(printed.papers)
    click.echo(ngettext("{n} paper and register printed", "{n} papers and registers printed", n).format(n=n))
    terminal.print_problems(printed.problems)


def _print_story(story: Story | None, folder: Path) -> None:
    click.echo()
    if story is None:
        click.echo(_("{folder} is there already: the papers' life was played before.").format(folder=folder))
        return
    click.echo(_("From filing to proof, in {folder}:").format(folder=folder))
    rows = [(step.on.isoformat(), step.who, step.what) for step in story.steps]
    terminal.print_table((_("day"), _("who"), _("what")), rows)
    for path in story.papers:
        click.echo(str(path))
    if story.ledger.sound:
        text = _("The ledger holds: {n} events, proven by a checkpoint up to event {proven}.")
        click.echo(text.format(n=story.ledger.events, proven=story.ledger.proven))
