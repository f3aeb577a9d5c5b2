"""The command line: the program, and where each of its commands lies; a command is loaded when it is asked for."""

from __future__ import annotations

import atexit
import gc

import click

from console.frame import CommandTable, Exit, Program, common, show_version
from console.terminal import option

__all__ = ["Exit", "main", "program"]

COMMANDS = {
    "demo": "console.report",
    "init": "console.report",
    "forms": "console.forms",
    "new": "console.papers",
    "check": "console.papers",
    "render": "console.papers",
    "report": "console.report",
    "duties": "console.duties",
    "lint": "console.papers",
    "due": "console.records",
    "records": "console.records",
    "why": "console.records",
    "classify": "console.holds",
    "settle": "console.holds",
    "hold": "console.holds",
    "scan": "console.watching",
    "watch": "console.watching",
    "schedule": "console.schedule",
    "clock": "console.clock",
    "disposal": "console.disposal",
    "audit": "console.audit",
    "account": "console.account",
}
"""The module of each command, in the order of the work; the command has its name there."""


@click.group(
    cls=Program,
    commands=CommandTable(COMMANDS),
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@common
@option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=show_version,
    help="Show the version and exit.",
)
def program() -> None:
    """guidang makes a property-management office's papers from its own registers.

    Begin with `guidang demo`, which shows the whole round on an invented service centre. For your own office:
    `guidang init`, `guidang new`, fill the workbooks in Excel or WPS, `guidang check`, `guidang report`.
    """


def main() -> None:
    """The entry point of the command ``guidang``."""
    # Loading a program makes many objects and no garbage, and a process that ends need not take itself apart.
    gc.set_threshold(50_000, 20, 100)
    atexit.register(gc.freeze)
    program.main()
