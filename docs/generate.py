"""Write docs/cli.md from the commands themselves: ``python docs/generate.py`` (``make docs``)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

import cli
from foundation import language

if TYPE_CHECKING:
    from collections.abc import Iterator

HEAD = """# Commands 命令

Written from the commands by `make docs`; `guidang COMMAND --help` says the same, in Chinese or English.

Every command takes `--office` and `--lang`, before or behind its name; commands that print data take `--json` and print
one JSON object then, also when they fail (`{"exit": …, "problems": [{"file", "place", "message", "hint", "code"}]}`).

Words come in the language of `--lang`, else of `GUIDANG_LANG`, else of the office's `guidang.toml`, else of the locale,
else in Chinese. `GUIDANG_OFFICE` names the office as `--office` does. `GUIDANG_DEBUG=1` shows the traceback of an
unexpected error instead of writing it to a log file.

## Exit codes 退出码

| code | means |
| --- | --- |
"""


MEANING = {
    cli.Exit.DONE: "everything was done",
    cli.Exit.UNEXPECTED: "something unexpected, or stopped by the user; a log file is named where there is one",
    cli.Exit.USAGE: "the command line cannot be understood, or there is no office",
    cli.Exit.PARTLY: "some items failed, the others were done",
    cli.Exit.DATA: "a template, a declaration or data have problems; nothing was written",
    cli.Exit.REFUSED: "refused: the system or a rule does not allow it",
    cli.Exit.CONFLICT: "in conflict with what is there already; nothing was overwritten",
    cli.Exit.TAMPERED: "something was tampered with",
}


def reference() -> str:
    """The whole page."""
    with language.use("en"):
        codes = "".join(f"| {code.value} | {MEANING[code]} |\n" for code in cli.Exit)
        context = cli.program.make_context("guidang", [], resilient_parsing=True)
        return HEAD + codes + "".join(_sections(context, cli.program))


def _sections(parent: click.Context, group: click.Group) -> Iterator[str]:
    """A section for each command, those of a group after it."""
    for name in group.list_commands(parent):
        command = group.commands[name]
        context = click.Context(command, info_name=name, parent=parent)
        yield _section(context, command)
        if isinstance(command, click.Group):
            yield from _sections(context, command)


def _section(context: click.Context, command: click.Command) -> str:
    path, usage = context.command_path, " ".join(command.collect_usage_pieces(context))
    lines = [f"\n## {path.partition(' ')[2]}\n", f"```text\n{path} {usage}\n```\n", f"{command.help}\n"]
    return "\n".join([*lines, "| | |\n| --- | --- |", *_rows(command, context)]) + "\n"


def _rows(command: click.Command, context: click.Context) -> Iterator[str]:
    for parameter in command.get_params(context):
        if record := parameter.get_help_record(context):
            term, meaning = (text.replace("|", "\\|") for text in record)
            yield f"| `{term}` | {meaning} |"


if __name__ == "__main__":
    (Path(__file__).parent / "cli.md").write_text(reference(), encoding="utf-8", newline="\n")
