"""`guidang schedule`: the records table, how it is read and put in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Commands, Exit, common, prints_data, problem_data, the_office, to_json
from i18n import _

if TYPE_CHECKING:
    from retention.model import RecordClass
    from retention.schedule import ScheduleReading


@click.group(cls=Commands)
@common
def schedule() -> None:
    """How long each kind of record is kept: the office's schedule.csv."""


@schedule.command()
@prints_data
def show(as_json: bool) -> Exit:
    """Show how schedule.csv is read: each class with its term, and from when that counts.

    What cannot be read with certainty is listed below: records of such a class are kept and reported, never due.
    """
    reading = the_office().schedule()
    _show_schedule(reading, as_json=as_json)
    return Exit.DONE


def _show_schedule(reading: ScheduleReading, *, as_json: bool) -> None:
    if as_json:
        classes = [*map(_class_data, reading.version.classes)]
        problems = [*map(problem_data, reading.doubts)]
        click.echo(to_json({"exit": 0, "digest": reading.version.digest, "classes": classes, "problems": problems}))
        return
    heading = (_("record"), _("code"), _("kept for"), _("counted from"), _("starting"), _("used by"))
    terminal.print_table(heading, [*map(_class_row, reading.version.classes)])
    click.echo(_("Digest: {digest}").format(digest=reading.version.digest))
    terminal.print_problems(reading.doubts, colour="yellow")


def _class_row(each: RecordClass) -> tuple[str, ...]:
    from retention.schedule import base_name, start_name
    from retention.terms import in_words

    rule = each.rule
    counted = (base_name(rule.base), start_name(rule.start)) if rule.term.months or rule.term.days else ("", "")
    return (each.title, each.code, in_words(rule.term), *counted, each.users)


def _class_data(each: RecordClass) -> dict[str, Any]:
    rule = each.rule
    return {
        "key": each.key,
        "title": each.title,
        "code": each.code,
        "aliases": each.aliases,
        "term": {
            "kind": rule.term.kind.value,
            "text": rule.term.text,
            "months": rule.term.months,
            "days": rule.term.days,
        },
        "base": rule.base.value,
        "start": rule.start.value,
        "users": each.users,
    }
