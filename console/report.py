"""`guidang demo`, `init` and `report`: an office begun, and its monthly report made."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Exit, PeriodType, prints_data, problem_data, the_office, to_json
from console.terminal import argument, option
from foundation import language
from foundation.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from docgen.figures.objectives import Verdict
    from foundation.period import Period
    from office.demo import Story
    from office.papers.month_flow import MadeReport
    from office.papers.printing import MadePapers


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
    from office.starting import create_office

    made = create_office(folder, name=name or folder.resolve().name, language=language.language())
    if as_json:
        click.echo(to_json({"exit": 0, "folder": str(folder), "files": [str(path) for path in made]}))
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
    from foundation.period import Period
    from office import demo as played
    from office.office import Office
    from office.papers.month_flow import monthly_report
    from office.papers.printing import render_all
    from office.starting import DEMO_PERIOD, copy_sample

    copied = copy_sample(folder)
    if not (copied or as_json):
        click.echo(_("{folder} is there already and is used as it is.").format(folder=folder))
    period = Period.parse(DEMO_PERIOD)
    with terminal.progress(quiet=as_json) as step:
        office = Office.load(folder)
        made = monthly_report(office, period, prepared_on=period.following().first, progress=step)
        papers = render_all(office, period, progress=step) if everything else None
        story = played.live(office, made.report, step)
    code = _show_report(made, period, papers, _story_data(story), as_json=as_json)
    if not as_json:
        _show_story(story, office.folder / played.FOLDER)
    return code if story is None or story.verdict.sound else Exit.TAMPERED


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
    from datetime import date

    from office.papers.month_flow import monthly_report

    day = on.date() if on else date.today()  # noqa: DTZ011 - the day on the clerk's own calendar
    with terminal.progress(quiet=as_json) as step:
        made = monthly_report(the_office(), period, prepared_on=day, incomplete=incomplete, force=force, progress=step)
    return _show_report(made, period, as_json=as_json)


def _show_report(
    made: MadeReport,
    period: Period,
    papers: MadePapers | None = None,
    more: Mapping[str, Any] | None = None,
    *,
    as_json: bool = False,
) -> Exit:
    outcome = Exit.PARTLY if papers and papers.problems else Exit.DONE
    if as_json:
        data = _report_data(made) | {"exit": int(outcome)} | dict(more or {})
        if papers:
            data |= {"papers": [*map(str, papers.paths)], "problems": [*map(problem_data, papers.problems)]}
        click.echo(to_json(data))
        return outcome
    terminal.print_problems(made.warnings, colour="yellow")
    click.echo(click.style(_("Quality objectives, {period}").format(period=period.label), bold=True))
    heading = (_("clause"), _("objective"), _("target"), _("actual"), _("basis"), _("verdict"))
    terminal.print_table(heading, [_objective_row(verdict) for verdict in made.verdicts], right=frozenset({2, 3}))
    click.echo()
    titles = (_("monthly report"), _("base data"), _("annex"))
    for title, path in zip(titles, (made.report, made.base_data, made.annex), strict=True):
        click.echo(f"{terminal.pad(title, 14)}  {path}")
    if papers:
        _show_papers(papers)
    return outcome


def _report_data(made: MadeReport) -> dict[str, Any]:
    return {
        "exit": 0,
        "report": str(made.report),
        "base_data": str(made.base_data),
        "annex": str(made.annex),
        "objectives": [_objective_data(verdict) for verdict in made.verdicts],
        "warnings": [*map(problem_data, made.warnings)],
    }


def _objective_data(verdict: Verdict) -> dict[str, Any]:
    figure, objective = verdict.figure, verdict.objective
    return {
        "clause": objective.clause,
        "title": objective.title,
        "figure": figure.key,
        "target": objective.target,
        "value": figure.value,
        "numerator": figure.numerator,
        "denominator": figure.denominator,
        "status": verdict.status.name.lower(),
    }


def _objective_row(verdict: Verdict) -> tuple[str, ...]:
    colours = {"达标": "green", "未达标": "red", "无数据": "yellow"}
    status = {"达标": _("met"), "未达标": _("not met"), "无数据": _("no data"), "—": ""}[verdict.text]
    shown = click.style(status, fg=colours.get(verdict.text))
    return (
        verdict.objective.clause,
        verdict.objective.title,
        verdict.target,
        verdict.actual,
        verdict.figure.basis,
        shown,
    )


def _show_papers(papers: MadePapers) -> None:
    click.echo()
    for path in papers.paths:
        click.echo(str(path))
    n = len(papers.paths)
    click.echo(ngettext("{n} paper and register printed", "{n} papers and registers printed", n).format(n=n))
    terminal.print_problems(papers.problems)


def _show_story(story: Story | None, folder: Path) -> None:
    click.echo()
    if story is None:
        click.echo(_("{folder} is there already: the papers' life was played before.").format(folder=folder))
        return
    click.echo(_("From filing to proof, in {folder}:").format(folder=folder))
    rows = [(step.on.isoformat(), step.who, step.what) for step in story.steps]
    terminal.print_table((_("day"), _("who"), _("what")), rows)
    for path in story.papers:
        click.echo(str(path))
    if story.verdict.sound:
        text = _("The ledger holds: {n} events, proven by a checkpoint up to event {proven}.")
        click.echo(text.format(n=story.verdict.head.seq, proven=story.verdict.proven))


def _story_data(story: Story | None) -> dict[str, Any]:
    if story is None:
        return {}
    steps = [{"on": step.on, "who": step.who, "what": step.what} for step in story.steps]
    verdict = {"sound": story.verdict.sound, "events": story.verdict.head.seq, "proven": story.verdict.proven}
    return {"life": {"steps": steps, "papers": [*map(str, story.papers)], "ledger": verdict}}
