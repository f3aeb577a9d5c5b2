"""docs/problems.md lists every code a problem of documents and registers can bear, and no other."""

from __future__ import annotations

import ast
import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
CODE = re.compile(r"[a-z]+\.[a-z_]+")
FILES = {"form.toml"}
LEDGER = {"ledgers.py"}
"""The records' own problems, as retention's are."""
INNER = {"docgen/evaluation.py"}
"""Promises about formulas, which look like codes and are none."""


def sources() -> Iterator[tuple[str, ast.AST]]:
    places = (ROOT, ROOT / "console", ROOT / "office", ROOT / "docgen")
    paths = [path for place in places for path in place.glob("*.py") if path.name not in LEDGER]
    for path in sorted(paths):
        yield str(path.relative_to(ROOT)), ast.parse(path.read_text(encoding="utf-8"))


def is_problem(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("Problem", "Refusal")


def texts(node: ast.AST) -> Iterator[str]:
    """Constants; of f-strings what comes before the first value, with a star."""
    inside = {id(part) for child in ast.walk(node) if isinstance(child, ast.JoinedStr) for part in child.values}
    for child in ast.walk(node):
        if isinstance(child, ast.JoinedStr) and isinstance(child.values[0], ast.Constant):
            yield f"{child.values[0].value}*"
        elif isinstance(child, ast.Constant) and isinstance(child.value, str) and id(child) not in inside:
            yield child.value


def direct(tree: ast.AST) -> set[str]:
    """Codes written into the call that makes a problem."""
    calls = [node for node in ast.walk(tree) if is_problem(node)]
    return {text for call in calls for text in texts(call) if re.fullmatch(r"[a-z]+\.(?:[a-z_]+|\*)", text)}


@lru_cache(maxsize=1)
def codes() -> frozenset[str]:
    """Those, and every other constant of the families they belong to: codes are also handed on."""
    trees = list(sources())
    found = set().union(*(direct(tree) for _name, tree in trees))
    families = {code.partition(".")[0] for code in (*found, *documented())}
    passed = {text for name, tree in trees if name not in INNER for text in texts(tree) if CODE.fullmatch(text)}
    return frozenset(found) | {code for code in passed if code.partition(".")[0] in families and code not in FILES}


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
