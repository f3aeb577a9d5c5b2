"""`guidang forms`: which forms there are, the columns of one, and how a command line names one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

import click

from console import terminal
from console.frame import Exit, office_here, prints_data, to_json
from console.terminal import argument
from foundation.language import _
from office.office import Office, shipped_forms, spellings
from office.views.forms import ColumnRow, Form, FormRow, FormView, form_row, form_view


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
    known = forms_of(office_here())
    if name is None:
        rows = [*map(form_row, known.values())]
        click.echo(to_json(rows)) if as_json else _print_forms(rows)
    else:
        form = form_view(form_named(name, known))
        click.echo(to_json(form)) if as_json else _print_form(form)
    return Exit.DONE


def _print_forms(known: Sequence[FormRow]) -> None:
    kinds = {"month": _("month"), "day": _("day"), "half": _("half-year"), "year": _("year"), "none": ""}
    rows = [(form.id, form.title, form.code, kinds[form.period], form.department) for form in known]
    terminal.print_table((_("form"), _("title"), _("code"), _("period"), _("department")), rows)


def _print_form(form: FormView) -> None:
    click.echo(click.style(" ".join(filter(None, (form.row.title, form.row.code))), bold=True))
    for title, columns in ((_("head"), form.head), *form.columns):
        if columns:
            click.echo(f"\n{title}")
            heading = ("", _("column"), _("key"), _("kind"), _("required"), _("choices or unit"))
            terminal.print_table(heading, [_column_cells(number, column) for number, column in enumerate(columns, 1)])


def _column_cells(number: int, column: ColumnRow) -> tuple[str, ...]:
    required = "*" if column.required else ""
    return (str(number), column.label, column.key, _kind(column.kind), required, column.choices)


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


def forms_of(office: Office | None) -> Mapping[str, Form]:
    """The forms of an office, else the shipped ones."""
    return office.forms if office else shipped_forms()


def form_named(name: str, known: Mapping[str, Form]) -> Form:
    """The form of that id, title, code or alias. A usage error with what comes near where there is none."""
    words = spellings(known)
    if name in words:
        return words[name]
    near = get_close_matches(name, words, 3, 0.5)
    hint = _("Did you mean {names}?").format(names=", ".join(near)) if near else _("`guidang forms` lists them.")
    raise click.UsageError(_("There is no form '{name}'.").format(name=name) + " " + hint)
