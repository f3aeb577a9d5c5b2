"""How guidang speaks on a terminal: help, tables, problems and progress, in columns that hold for Chinese.

A Chinese character is two columns wide and a line may break beside it; click measures in characters and breaks
at blanks. So what is printed here is measured in columns, and broken by the rules of Chinese setting
(no line begins with 。 or ends with 《).
"""

from __future__ import annotations

import gettext
import inspect
import os
import re
import shutil
import sys
import unicodedata
from contextlib import contextmanager
from functools import cache, partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import remedies
from foundation import language
from foundation.language import _
from foundation.problem import set_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from foundation.problem import Place, Problem


NOT_FIRST = frozenset("，。、；：？！）》】〉」』〕％…—·,.;:?!)]}%")
NOT_LAST = frozenset("（《【〈「『〔([{")
_WORDS = re.compile(r"\s+|[^\s\u1100-\uffff]+|.", re.DOTALL)
_FILE = re.compile(r"\.(?:xlsx|xlsm|xls|et|csv|txt|docx|docm|doc|wps|toml|zip)$", re.IGNORECASE)


def width(text: str) -> int:
    """Columns that ``text`` takes on a terminal: two for a wide character, none for a combining one or a colour."""
    return sum(map(_columns, click.unstyle(text)))


@cache
def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, columns: int) -> str:
    """``text`` filled with blanks up to ``columns``."""
    return text + " " * max(columns - width(text), 0)


def wrap(text: str, columns: int) -> list[str]:
    """Lines of ``text`` no wider than ``columns`` (a longer single word stays whole)."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width(line) + width(piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = piece.lstrip()
        else:
            line += piece if line else piece.lstrip()
    return [*lines, line.rstrip()] if line.rstrip() or not lines else lines


def fold(text: str, columns: int) -> list[str]:
    """``text`` letter by letter in lines no wider than ``columns``: put together they are the text again."""
    lines = [""]
    for character in text:
        if width(lines[-1]) + _columns(character) > columns:
            lines.append("")
        lines[-1] += character
    return lines


def _pieces(text: str) -> Iterator[str]:
    """Parts between which a line may break: a Latin word, a Chinese character, with the marks tied to them."""
    held = ""
    for token in _WORDS.findall(" ".join(text.split())):
        glued = token[0] in NOT_FIRST or (held and held[-1] in NOT_LAST)
        if held and not glued:
            yield held
            held = ""
        held += token
    if held:
        yield held


class HelpFormatter(click.HelpFormatter):
    """click's help, measured in columns."""

    def write_text(self, text: str) -> None:
        """Write paragraphs, wrapped and indented as the formatter stands."""
        indent = " " * self.current_indent
        paragraphs = re.split(r"\n\s*\n", inspect.cleandoc(text))
        blocks = (wrap(paragraph, self.width - self.current_indent) for paragraph in paragraphs)
        self.write("\n\n".join("\n".join(indent + line for line in block) for block in blocks) + "\n")

    def write_dl(self, rows: Iterable[tuple[str, str]], col_max: int = 34, col_spacing: int = 2) -> None:
        """Write terms and what they mean in two columns."""
        rows = list(rows)
        first = min(max((width(term) for term, _text in rows), default=0), col_max) + col_spacing
        margin = " " * self.current_indent
        for term, text in rows:
            lines = wrap(text, max(self.width - self.current_indent - first, 20))
            if width(term) > first - col_spacing:
                self.write(f"{margin}{term}\n")
                term = ""  # noqa: PLW2901 - the term has a line of its own, its meaning begins on the next
            for line in lines:
                self.write(f"{margin}{pad(term, first)}{line}".rstrip() + "\n")
                term = ""  # noqa: PLW2901 - only the first line carries the term


class Translated:
    """An attribute that is stored in English and read in the language in force."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}_in_english"

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        text = getattr(instance, self._name, None)
        return _(text) if text else text

    def __set__(self, instance: Any, text: str | None) -> None:
        setattr(instance, self._name, inspect.cleandoc(text) if text else text)


class Context(click.Context):
    """A context whose help is measured in columns."""

    formatter_class = HelpFormatter


class Command(click.Command):
    """A command whose help is written in English and shown in the language in force."""

    context_class = Context

    help = Translated()
    options_metavar = Translated()

    def get_short_help_str(self, limit: int = 0) -> str:  # noqa: ARG002 - nothing is cut off
        """The first paragraph of the help."""
        return (self.help or "").partition("\n\n")[0]

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """click keeps this option with the words it had first; take the words anew."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = _("Show this message and exit.")
        return option


class Option(click.Option):
    """An option whose help is shown in the language in force."""

    help = Translated()
    metavar = Translated()


class Argument(click.Argument):
    """An argument whose help is shown in the language in force."""

    help = Translated()
    metavar = Translated()


option = partial(click.option, cls=Option)
argument = partial(click.argument, cls=Argument)


class ExistingFile(click.Path):
    """A path to a file that is there; click's own words for it follow the language in force."""

    def __init__(self, *, folders: bool = False) -> None:
        super().__init__(exists=True, dir_okay=folders, path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path, or click's error that it does not exist."""
        self.name = gettext.gettext("path") if self.dir_okay else gettext.gettext("file")
        return super().convert(value, param, ctx)


def speak(name: str) -> None:
    """Use ``name`` for the whole process: guidang's words, click's own, and commands for what a problem's remedy is."""
    language.set_default(name)
    set_channel(remedies.sentence)
    gettext.bindtextdomain("click", str(language.CATALOGUES))
    gettext.textdomain("click")
    os.environ["LANGUAGE"] = language.language()


def steady_streams() -> None:
    """Let no character that a terminal cannot show (an old code page, a C locale) end the program."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="replace")


def print_problems(problems: Sequence[Problem], *, err: bool = True, colour: str = "red", heading: bool = True) -> None:
    """Print ``problems`` grouped by file, each with its place, what is wrong and what to do."""
    for file, group in groupby(problems, key=lambda problem: split_place(problem.place)[0]):
        members = list(group)
        if file and heading:
            click.echo(click.style(file, bold=True), err=err)
        for problem in members:
            _print_problem(problem, err=err, colour=colour)


def _print_problem(problem: Problem, *, err: bool, colour: str) -> None:
    place = split_place(problem.place)[1]
    message = f"{place}：{problem.message}" if place else problem.message
    if problem.clause:
        message += f" [{problem.clause}]"
    columns = line_width() - 4
    for number, line in enumerate(wrap(message, columns)):
        bullet = click.style("  • ", fg=colour) if number == 0 else "    "
        click.echo(bullet + line, err=err)
    for number, line in enumerate(wrap(problem.hint, columns - 2) if problem.hint else ()):
        click.echo(click.style(("    → " if number == 0 else "      ") + line, fg="cyan"), err=err)


def split_place(place: Place) -> tuple[str, str]:
    """``("报修.xlsx", "报修登记!F12")``: what problems are gathered under, and what stands at each.

    That is a document or another file in a folder; any other name (a share's, a picture's) stands at its problem.
    """
    if place.line and place.inside == str(place.line):
        return place.whole, _("line {number}").format(number=place.line)
    return (place.whole, place.inside) if "/" in place.file or _FILE.search(place.file) else ("", str(place))


def print_table(
    titles: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: frozenset[int] = frozenset(),
    below: Sequence[Sequence[str]] = (),
) -> None:
    """Print rows under titles in columns; the numbers in ``right`` name the columns set to the right.

    ``below``: for each row, texts too long for a column, each on a line under it; the first is a path, which is broken
    where it has to be, but never changed.
    """
    lines = [tuple(titles), *(tuple(row) for row in rows)]
    widths = [max(width(line[column]) for line in lines) for column in range(len(titles))]
    for number, line in enumerate(lines):
        cells = (
            " " * (widths[i] - width(cell)) + cell if i in right else pad(cell, widths[i])
            for i, cell in enumerate(line)
        )
        text = "  ".join(cells).rstrip()
        click.echo(click.style(text, bold=True) if number == 0 else text)
        if below and number:
            path, *notes = below[number - 1]
            room = line_width() - widths[0] - 2
            for part in (*fold(path, room), *(part for note in notes for part in wrap(note, room))):
                click.echo(" " * (widths[0] + 2) + part)


def line_width() -> int:
    """How wide the terminal is; 100 where that is not known, and never more than 120."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str], None]]:
    """Show what a long work is doing, on a terminal only; the value is called with each step's name."""
    if quiet or not sys.stderr.isatty():
        yield lambda _step: None
        return
    from rich.console import Console  # heavy, and only for a long work on a terminal

    with Console(stderr=True).status(_("Working …")) as status:
        yield status.update
