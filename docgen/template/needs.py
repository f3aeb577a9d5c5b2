"""What a template asks for: paths, their kinds, a JSON Schema, and what changed between two versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from jinja2 import nodes

_LISTS = ("sort", "list", "reverse", "unique", "select", "reject", "selectattr", "rejectattr", "slice", "batch")
_KEEPS_ITEMS = frozenset((*_LISTS, "default", "d", "_gd_rows", "_gd_bounded"))
_PICKS_ITEM = frozenset(("first", "last", "random", "min", "max"))
_GLOBALS = frozenset(("range", "dict", "cycler", "joiner", "namespace", "loop", "caller", "varargs", "kwargs"))


class Need(str):
    """A path such as ``repairs[].room``; ``kind`` is ``list``, ``scalar`` or ``condition``."""

    __slots__ = ("kind",)
    kind: str

    def __new__(cls, path: str, kind: str) -> Self:
        self = super().__new__(cls, path)
        self.kind = kind
        return self


def needs_of(trees: Iterable[nodes.Template]) -> frozenset[Need]:
    """The paths of all parts; a path that others go through is not listed by itself."""
    reader = _PathReader()
    for tree in trees:
        reader.body(tree.body, {})
    found = reader.found
    inner = [p for p in found if any(q.startswith((p + ".", p + "[]")) for q in found if q != p)]
    return frozenset(Need(p, kind) for p, kind in found.items() if p not in inner)


class _PathReader:
    """Walks the syntax tree; ``scope`` maps the template's own names to the path they stand for (None: no path)."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}

    def note(self, path: str | None, kind: str) -> None:
        if path and not path.startswith("_gd_"):
            rank = ("condition", "scalar", "list")
            if rank.index(kind) >= rank.index(self.found.get(path, "condition")):
                self.found[path] = kind

    def body(self, children: Iterable[nodes.Node], scope: dict[str, str | None]) -> None:
        for child in children:
            self.visit(child, scope)

    def visit(self, node: nodes.Node, scope: dict[str, str | None], kind: str = "scalar") -> None:
        path = self.path(node, scope)
        if path is not None:
            self.note(path, kind)
            self._arguments(node, scope)
        elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
            self.visit(node.node.node, scope)  # 'd.items()' needs d; items is its method
            self.body((child for child in node.iter_child_nodes() if child is not node.node), scope)
        elif isinstance(node, nodes.For):
            self._loop(node, scope)
        elif isinstance(node, nodes.If | nodes.CondExpr):
            self._condition(node, scope)
        elif isinstance(node, nodes.Assign):
            self.visit(node.node, scope)
            self._bind(node.target, self.path(node.node, scope), scope)
        elif isinstance(node, nodes.AssignBlock):
            self.body(node.body, scope)
            self._bind(node.target, None, scope)
        elif isinstance(node, nodes.Macro | nodes.CallBlock):
            inner = scope | {a.name: None for a in node.args}
            if isinstance(node, nodes.Macro):
                scope[node.name] = None
            self.body((n for n in node.iter_child_nodes() if n not in node.args), inner)
        elif isinstance(node, nodes.With):
            self._with(node, scope)
        else:
            self.body(node.iter_child_nodes(), scope)

    def _with(self, node: nodes.With, scope: dict[str, str | None]) -> None:
        inner = dict(scope)
        for target, value in zip(node.targets, node.values, strict=True):
            self.visit(value, scope)
            self._bind(target, self.path(value, scope), inner)
        self.body(node.body, inner)

    def _condition(self, node: nodes.If | nodes.CondExpr, scope: dict[str, str | None]) -> None:
        self.visit(node.test, scope, "condition")
        self.body((n for n in node.iter_child_nodes() if n is not node.test), scope)

    def _loop(self, node: nodes.For, scope: dict[str, str | None]) -> None:
        path = self.path(node.iter, scope)
        if path is None:
            self.visit(node.iter, scope)
        else:
            self.note(path, "list")
            self._arguments(node.iter, scope)
        inner = dict(scope)
        target, numbered = node.target, isinstance(node.iter, nodes.Filter) and node.iter.name == "_gd_rows"
        if numbered and isinstance(target, nodes.Tuple):
            target = target.items[1]
        self._bind(target, f"{path}[]" if path else None, inner)
        if node.test is not None:
            self.visit(node.test, inner, "condition")
        self.body((*node.body, *node.else_), inner)

    def _bind(self, target: nodes.Node, path: str | None, scope: dict[str, str | None]) -> None:
        if isinstance(target, nodes.Name):
            scope[target.name] = path
        else:
            for name in target.find_all(nodes.Name):
                scope[name.name] = None

    def _arguments(self, node: nodes.Node, scope: dict[str, str | None]) -> None:
        """A path's own node is noted; what its filters and subscripts use is noted here."""
        if isinstance(node, nodes.Filter):
            for child in (*node.args, *(k.value for k in node.kwargs)):
                self.visit(child, scope)
            if node.node is not None:
                self._arguments(node.node, scope)
        elif isinstance(node, nodes.Getitem):
            if not isinstance(node.arg, nodes.Const):
                self.visit(node.arg, scope)
            self._arguments(node.node, scope)
        elif isinstance(node, nodes.Getattr):
            self._arguments(node.node, scope)

    def path(self, node: nodes.Node | None, scope: dict[str, str | None]) -> str | None:
        """The data path an expression stands for, or None when it is no path."""
        if isinstance(node, nodes.Name):
            return scope.get(node.name) if node.name in scope or node.name in _GLOBALS else node.name
        if isinstance(node, nodes.Getattr):
            base = self.path(node.node, scope)
            return f"{base}.{node.attr}" if base else None
        if isinstance(node, nodes.Getitem):
            base = self.path(node.node, scope)
            key = node.arg.value if isinstance(node.arg, nodes.Const) else None
            return None if not base else f"{base}.{key}" if isinstance(key, str) else f"{base}[]"
        if isinstance(node, nodes.Filter) and node.node is not None:
            base = self.path(node.node, scope)
            if base and node.name in _KEEPS_ITEMS:
                return base
            if base and node.name in _PICKS_ITEM:
                return f"{base}[]"
        return None


def json_schema(needs: Iterable[Need]) -> dict[str, Any]:
    """A JSON Schema (2020-12) of the context: objects and arrays as the paths say, scalars of any type."""
    root: dict[str, Any] = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    for need in sorted(needs):
        at = root
        for step in need.split("."):
            name = step.rstrip("[]")
            at["type"] = "object"
            at = at.setdefault("properties", {}).setdefault(name, {})
            for _level in range(step.count("[]")):
                at["type"] = "array"
                at = at.setdefault("items", {})
        if need.kind == "list":
            at["type"] = "array"
    return root


def sample(needs: Iterable[Need], rows: int = 2) -> dict[str, Any]:
    """Data that fit: every scalar holds its own path as text, every list ``rows`` items."""
    return _example(json_schema(needs), "", rows)  # type: ignore[no-any-return]


def _example(schema: dict[str, Any], path: str, rows: int) -> Any:
    if schema.get("type") == "object":
        inner = schema.get("properties", {})
        return {k: _example(v, f"{path}.{k}".lstrip("."), rows) for k, v in inner.items()}
    if schema.get("type") == "array":
        return [_example(schema.get("items", {}), f"{path}[{i}]", rows) for i in range(rows)]
    return path


@dataclass(frozen=True, slots=True)
class Difference:
    """What a new template version asks for beyond, and no longer, compared with the old."""

    added: frozenset[str]
    removed: frozenset[str]

    @property
    def breaking(self) -> bool:
        """Data made for the old version no longer suffice."""
        return bool(self.added)


def compare(old: Iterable[Need], new: Iterable[Need]) -> Difference:
    """The difference between two versions of a template, by what they need."""
    before, after = frozenset(map(str, old)), frozenset(map(str, new))
    return Difference(after - before, before - after)
