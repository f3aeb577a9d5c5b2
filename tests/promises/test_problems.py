"""docs/problems.md lists every code and remedy a problem of documents, registers and records can bear, and no other."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from given.places import ROOT

from console.remedies import SENTENCES
from retention.rules.events import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = ("console", "docgen", "foundation", "office", "retention")
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FILES = re.compile(r"(?:form|guidang|duties|objectives)\.toml|\w+\.csv|ledger\.(?:db|key|pub)|watch\.log|status\.json")
"""Names of files, which look like codes and are none; so do kinds of events."""
INNER = {"docgen/excel/formulas/arithmetic.py", "console/remedies.py"}
"""Promises about formulas and names of remedies, which look like codes and are none."""
COMMAND = re.compile(r"`guidang|(?<!-)--[a-z]")


def sources() -> Iterator[tuple[str, ast.AST]]:
    files = [ROOT / "cli.py", *(path for name in OURS for path in (ROOT / name).rglob("*.py"))]
    for path in sorted(path for path in files if "migrations" not in path.parts):
        yield path.relative_to(ROOT).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


MAKERS = ("Problem", "ProblemKind", "Refusal")


def is_problem(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS


def is_remedy(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Remedy"


def texts(node: ast.AST) -> Iterator[str]:
    """Constants; of f-strings what comes before the first value, with a star."""
    inside = {id(part) for child in ast.walk(node) if isinstance(child, ast.JoinedStr) for part in child.values}
    inside |= {id(call.args[0]) for call in ast.walk(node) if is_remedy(call)}  # type: ignore[attr-defined]
    for child in ast.walk(node):
        if isinstance(child, ast.JoinedStr) and isinstance(child.values[0], ast.Constant):
            yield f"{child.values[0].value}*"
        elif isinstance(child, ast.Constant) and isinstance(child.value, str) and id(child) not in inside:
            yield child.value


def direct(tree: ast.AST) -> set[str]:
    """Codes written into the call that makes a problem."""
    calls = [node for node in ast.walk(tree) if is_problem(node)]
    return {text for call in calls for text in texts(call) if re.fullmatch(r"[a-z]+\.(?:[a-z_]+|\*)", text)}


def makers(tree: ast.AST) -> Iterator[tuple[str, int, str]]:
    """Functions that make problems of one family: their name, the place of the code among their arguments, the family.

    ``Problem(…, f"lifecycle.{code}", …)`` in ``def fault(record, code, …)`` is one.
    """
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef):
            continue
        names = [argument.arg for argument in function.args.args if argument.arg != "self"]
        for text in (node for node in ast.walk(function) if isinstance(node, ast.JoinedStr) and len(node.values) == 2):
            head, value = text.values
            if isinstance(head, ast.Constant) and isinstance(value, ast.FormattedValue):
                name = getattr(value.value, "id", "")
                if re.fullmatch(r"[a-z]+\.", str(head.value)) and name in names:
                    yield function.name, names.index(name), str(head.value)


def made(tree: ast.AST, name: str, place: int, family: str) -> Iterator[str]:
    """The codes that calls of such a function give."""
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        called = getattr(call.func, "id", getattr(call.func, "attr", ""))
        if called == name and len(call.args) > place and isinstance(call.args[place], ast.Constant):
            yield family + str(call.args[place].value)  # type: ignore[attr-defined]


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Those, and every other constant of the families they belong to: codes are also handed on."""
    trees = list(sources())
    found = {code for _name, tree in trees for code in direct(tree) if not FILES.fullmatch(code)}
    for name, tree in trees:
        near = [other for path, other in trees if Path(path).parent == Path(name).parent]
        for maker in makers(tree):
            given = {code for other in near for code in made(other, *maker) if CODE.fullmatch(code)}
            found |= given
    families = {code.partition(".")[0] for code in (*found, *documented())}
    passed = {text for name, tree in trees if name not in INNER for text in texts(tree) if CODE.fullmatch(text)}
    said = {code for code in passed - set(KINDS) if code.partition(".")[0] in families and not FILES.fullmatch(code)}
    return frozenset(found | said)


def documented() -> list[str]:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    return re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| .+ \| .+ \|$", page, re.MULTILINE)


def test_every_code_is_documented() -> None:
    """A code made of a family and a value (sheet.*) is there with at least one value."""
    known = set(documented())
    families = {code for code in codes() if code.endswith("*")}
    assert sorted(codes() - families - known) == []
    assert [star for star in families if not any(code.startswith(star[:-1]) for code in known)] == []


def test_no_code_is_documented_that_does_not_exist() -> None:
    stars = tuple(code[:-1] for code in codes() if code.endswith("*"))
    assert [code for code in documented() if code not in codes() and not code.startswith(stars or "\0")] == []


def test_each_code_stands_once() -> None:
    assert len(documented()) == len(set(documented()))


def remedies() -> set[str]:
    calls = (call for _name, tree in sources() for call in ast.walk(tree) if is_remedy(call))
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}  # type: ignore[attr-defined]


def test_every_remedy_has_its_sentence_on_a_terminal_and_its_line_in_the_documentation() -> None:
    page = (ROOT / "docs" / "problems.md").read_text(encoding="utf-8")
    assert remedies() == set(SENTENCES)
    assert re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| [^|]+ \|$", page, re.MULTILINE) == sorted(SENTENCES)


def test_no_text_below_the_channels_names_a_command_or_an_option() -> None:
    """What helps is a command on a terminal and a link on a page: console/remedies.py says it, a Remedy names it."""
    below = [(name, tree) for name, tree in sources() if name.partition("/")[0] not in ("console", "cli.py")]
    calls = [(name, call) for name, tree in below for call in ast.walk(tree) if isinstance(call, ast.Call)]
    marked = [(name, call) for name, call in calls if getattr(call.func, "id", "") in ("_", "N_", "ngettext")]
    assert [(name, text) for name, call in marked for text in texts(call) if COMMAND.search(text)] == []
