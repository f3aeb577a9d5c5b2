"""One reader for each question: what foundation/ answers, nobody else reads in a way of their own."""

from __future__ import annotations

import ast
import re
from functools import cache
from typing import TYPE_CHECKING

import pytest
from given.places import ROOT

if TYPE_CHECKING:
    from pathlib import Path

CORE = ("cli.py", "console", "docgen", "foundation", "office", "retention")
DATES = "docgen/forms/dates.py"  # a day in a cell, which is typed and not a name
ALONE = {"foundation.mounts"}  # of retention: three of its rooms ask, and no one of them is above the others


@cache
def sources() -> dict[str, str]:
    """The text of every module of the program by its path."""
    files: list[Path] = []
    for top in CORE:
        files += [ROOT / top] if top.endswith(".py") else sorted((ROOT / top).rglob("*.py"))
    return {file.relative_to(ROOT).as_posix(): file.read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize(
    ("question", "tell_tale", "readers"),
    [
        ("a period in a name", r"20\\d|19\|20|\[上下\]半年", {"foundation/period.py", DATES}),
        ("a temporary name", r"~wr|thumbs\.db|crdownload", {"foundation/temporary_files.py"}),
        ("the encoding of CSV bytes", r'(?-i:"gb18030")|\bcsv\.reader|csv\.DictReader', {"foundation/csv_text.py"}),
        ("custom properties", r"lpwstr\b.*re\.|\bproperty\\b", {"foundation/document_properties.py"}),
        ("how names are compared", r'normalize\("NFKC"|"帐"', {"foundation/folding.py"}),
        ("a file saved whole", r"mkstemp|NamedTemporary|\.replace\(place\)|os\.replace", {"foundation/atomic_file.py"}),
        ("a lock between processes", r"LK_NBLCK|import filelock|from filelock", {"office/archive/process_lock.py"}),
    ],
)  # fmt: skip
def test_a_question_has_one_reader(question: str, tell_tale: str, readers: set[str]) -> None:
    found = {path for path, text in sources().items() if re.search(tell_tale, text, re.IGNORECASE)}
    assert found == readers, question


def imported(text: str) -> set[str]:
    """The modules of foundation/ that a module's text imports."""
    nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    names = {f"foundation.{alias.name}" for node in nodes if node.module == "foundation" for alias in node.names}
    return names | {str(node.module) for node in nodes if str(node.module).startswith("foundation.")}


def test_what_lies_in_foundation_is_needed_by_both_halves() -> None:
    """Or by one of them and by office: then its first line says so."""
    wrong = []
    for path, text in sources().items():
        module = path.removesuffix(".py").replace("/", ".")
        if path.startswith("foundation/") and module not in ALONE | {"foundation.__init__"}:
            users = {other.partition("/")[0] for other, source in sources().items() if module in imported(source)}
            halves = users & {"docgen", "retention"}
            if not (len(halves) == 2 or (halves and "office" in users and "office" in text.splitlines()[0])):
                wrong.append((module, sorted(users)))
    assert wrong == []
