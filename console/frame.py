"""The frame every command runs in: exit codes, languages, options all commands have, and what they share."""

from __future__ import annotations

import ast
import gettext
import json
import os
import sys
import traceback
from collections import UserDict
from datetime import datetime
from enum import IntEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import click

from console import terminal
from console.terminal import option
from foundation import language
from foundation.language import _
from foundation.period import Period, PeriodError
from foundation.problem import Problem, Problems
from office.errors import ConflictError, RefusedError, TamperedError
from office.folder import find_office, language_of
from office.views.as_json import as_data

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from office.office import Office


# --- exit codes -----------------------------------------------------------------------------------------------


class Exit(IntEnum):
    """How a command ended."""

    DONE = 0
    UNEXPECTED = 1
    USAGE = 2
    PARTLY = 3
    DATA = 10
    REFUSED = 11
    CONFLICT = 12
    TAMPERED = 13


class Stopped(click.ClickException):
    """A command does not go on: what is in the way, and the exit code that says so."""

    def __init__(self, code: Exit, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.exit_code = code  # type: ignore[misc]
        self.problems = problems


def exit_of(error: BaseException) -> Exit:
    """The exit code of an error. This table is the only place that knows both."""
    table: tuple[tuple[type[BaseException], Exit], ...] = (
        (RefusedError, Exit.REFUSED),
        (ConflictError, Exit.CONFLICT),
        (TamperedError, Exit.TAMPERED),
        (Problems, Exit.DATA),
        (FileExistsError, Exit.CONFLICT),
        (PermissionError, Exit.REFUSED),
        (click.UsageError, Exit.USAGE),
    )
    if isinstance(error, Stopped):
        return Exit(error.exit_code)
    return next((code for kind, code in table if isinstance(error, kind)), Exit.UNEXPECTED)


def problems_of(error: BaseException) -> tuple[Problem, ...]:
    """What to tell about an error that a person can do something about; empty for one that nobody foresaw."""
    if found := getattr(error, "problems", None):
        return tuple(found)
    if isinstance(error, FileExistsError):
        return (Problem(_file(error), error.strerror or _("is there already")),)
    if isinstance(error, PermissionError):
        hint = _("Close it in Excel, WPS or Word, or ask for the right to write here, and try again.")
        return (Problem(_file(error), _("may not be read or written"), hint),)
    if isinstance(error, OSError):
        return (Problem(_file(error), error.strerror or str(error)),)
    return ()


def _file(error: OSError) -> str:
    return str(error.filename2 or error.filename or "")


def failed(error: Exception, *, as_json: bool) -> Exit:
    code = exit_of(error)
    problems = problems_of(error)
    if as_json:
        click.echo(to_json({"exit": int(code), "problems": [*map(problem_data, problems)] or [_bare(error)]}))
    elif isinstance(error, click.ClickException) and not problems:
        error.show()
    elif problems:
        terminal.print_problems(problems)
    if not problems and not isinstance(error, click.ClickException):
        _unexpected(error)
    return code


def _bare(error: Exception) -> dict[str, str]:
    message = error.format_message() if isinstance(error, click.ClickException) else repr(error)
    return {"file": "", "place": "", "message": message, "hint": "", "code": ""}


def _unexpected(error: Exception) -> None:
    """Keep the traceback in a file and say where: a clerk sees a sentence, the person who mends it sees it all."""
    text = "".join(traceback.format_exception(error))
    if os.environ.get("GUIDANG_DEBUG"):
        click.echo(text, err=True)
        return
    click.echo(_("Something unexpected happened; this is a fault of guidang, not of your files."), err=True)
    if log := _write_log(text):
        click.echo(_("What happened is written down in {file}; please send it on.").format(file=log), err=True)


def _write_log(text: str) -> Path | None:
    import platform  # these two only for a fault of our own, which is rare
    import tempfile

    now = datetime.now().astimezone()
    head = f"guidang {_version()}, Python {platform.python_version()}, {platform.platform()}\n{now.isoformat()}\n"
    head += f"{sys.argv}\n\n"
    for folder in (Path(click.get_app_dir("guidang")) / "log", Path(tempfile.gettempdir())):
        log = folder / f"guidang-{now:%Y%m%d-%H%M%S}-{os.getpid()}.log"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            log.write_text(head + text, encoding="utf-8")
        except OSError:
            continue
        return log
    return None


# --- the program ----------------------------------------------------------------------------------------------


class PeriodType(click.ParamType[Any]):
    """``2026-10`` → Period."""

    name = "period"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The period, or a usage error with the reading's own message."""
        try:
            return Period.parse(value) if isinstance(value, str) else value
        except PeriodError as error:
            self.fail(str(error), param, ctx)


class CommandTable(UserDict[str, Any]):
    """Commands by name, each a module's name until it is asked for: who types one command does not pay for all."""

    def __getitem__(self, name: str) -> click.Command:
        """The command; its module is imported the first time."""
        found = self.data[name]
        if isinstance(found, str):
            found = self.data[name] = getattr(import_module(found), name)
        return cast("click.Command", found)

    def short_help(self, name: str) -> str:
        """The first paragraph of a command's help, read from its source: to list all, none has to be imported."""
        module = self.data[name]
        if not isinstance(module, str):
            return cast("click.Command", module).get_short_help_str()
        functions = (node for node in _parsed(module).body if isinstance(node, ast.FunctionDef) and node.name == name)
        text = ast.get_docstring(next(functions))
        return _(text).partition("\n\n")[0] if text else ""


@cache
def _parsed(module: str) -> ast.Module:
    file = Path(__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py")
    return ast.parse(file.read_text(encoding="utf-8"))


class Commands(terminal.Command, click.Group):
    """Several commands about one thing, in the order of the work, as they are declared."""

    command_class = terminal.Command
    subcommand_metavar = terminal.Translated()

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names."""
        return list(self.commands)


class Program(Commands):
    """``guidang`` itself: chooses the language, runs a command, turns whatever it raises into an exit code."""

    group_class = Commands
    commands: CommandTable

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands, each with the first paragraph of its help."""
        with formatter.section(gettext.dgettext("click", "Commands")):
            formatter.write_dl([(name, self.commands.short_help(name)) for name in self.commands])

    def main(  # type: ignore[override]
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        *,
        standalone_mode: bool = True,
        **more: Any,
    ) -> Any:
        """Run; never let a traceback out."""
        words = sys.argv[1:] if args is None else list(args)
        terminal.steady_streams()
        try:
            terminal.speak(_language(words))
            code = super().main(args, prog_name or "guidang", standalone_mode=False, **more) or Exit.DONE
        except click.Abort:
            click.echo(_("Stopped."), err=True)
            code = Exit.UNEXPECTED
        except Exception as error:  # noqa: BLE001 - the outermost frame: no traceback reaches a user
            code = failed(error, as_json="--json" in words)
        if standalone_mode:
            sys.exit(int(code))
        return code


def _language(words: Sequence[str]) -> str:
    """``--lang``, ``GUIDANG_LANG``, the office's setting, the locale: the first that says something."""
    if named := _value(words, "--lang") or os.environ.get("GUIDANG_LANG"):
        return named
    folder = _value(words, "--office") or os.environ.get("GUIDANG_OFFICE")
    place = Path(folder) if folder else find_office(Path.cwd())
    return (language_of(place) if place else None) or language.detect()


def _value(words: Sequence[str], name: str) -> str | None:
    """What follows the option ``name`` on a command line that is not parsed yet: its help speaks that language too."""
    for word, following in zip(words, [*words[1:], None], strict=True):
        if word == name:
            return following
        if word.startswith(name + "="):
            return word.partition("=")[2]
    return None


def _version() -> str:
    from importlib.metadata import version  # heavy, and rarely asked for

    return version("guidang")


def show_version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"guidang {_version()}")
        ctx.exit()


def _keep(ctx: click.Context, parameter: click.Parameter, value: Any) -> None:
    """Remember an option that may stand before or after the command."""
    if value is not None:
        ctx.meta[f"guidang.{parameter.name}"] = value


_F = TypeVar("_F", bound="Callable[..., Any]")
_V = TypeVar("_V")


def options_of(*declared: Callable[[_F], _F]) -> Callable[[_F], _F]:
    def apply(function: _F) -> _F:
        for declaration in reversed(declared):
            function = declaration(function)
        return function

    return apply


common = options_of(
    option(
        "--office",
        metavar="DIR",
        type=click.Path(path_type=Path),
        envvar="GUIDANG_OFFICE",
        expose_value=False,
        callback=_keep,
        help="The office's folder; without it the nearest folder upward that holds guidang.toml.",
    ),
    option(
        "--lang",
        metavar="LANG",
        type=click.Choice(["zh_CN", "zh", "en"], case_sensitive=False),
        expose_value=False,
        help="Language of what is printed: zh_CN or en. Documents stay Chinese.",
    ),
)
prints_data = options_of(
    common,
    option("--json", "as_json", is_flag=True, help="Print the result as JSON, for programs."),
)


# --- what the commands share ----------------------------------------------------------------------------------


def to_json(value: Any) -> str:
    return json.dumps(as_data(value), ensure_ascii=False, indent=2, default=_no_json)


def _no_json(value: object) -> object:
    return problem_data(value) if isinstance(value, Problem) else str(value)


def answer(view: _V, show: Callable[[_V], object] = click.echo, *, as_json: bool, code: Exit = Exit.DONE) -> Exit:
    """Tell what a command came to: the fields of a view as JSON for programs, else as ``show`` prints them."""
    if as_json:
        click.echo(to_json({"exit": code, **as_data(view)}))
    else:
        show(view)
    return code


def problem_data(problem: Problem) -> dict[str, str]:
    file, place = terminal.split_place(problem.place)
    told = {"file": file, "place": place, "message": problem.message, "hint": problem.hint, "code": problem.code}
    return told | {"clause": problem.clause} if problem.clause else told


def office_folder() -> Path | None:
    """The office's folder: the one named, else the nearest upward from here."""
    named = click.get_current_context().meta.get("guidang.office")
    return Path(named) if named else find_office(Path.cwd())


# --- the office a command works in -------------------------------------------------------------------------------


def office_here() -> Office | None:
    """The office in reach; None where there is none."""
    from office.office import Office  # what asks only for help or for the version needs none

    folder = office_folder()
    return Office.load(folder) if folder else None


def the_office() -> Office:
    """The office in reach. A usage error where there is none."""
    if office := office_here():
        return office
    raise click.UsageError(
        _("There is no office here. Go into its folder, name it by --office, or make one by `guidang init`.")
    )
