"""Arrows point one way, and what is not needed is not loaded."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from collections import defaultdict
from functools import cache
from typing import TYPE_CHECKING

from docx import Document
from given.places import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

OURS = ("cli", "console", "docgen", "foundation", "office", "retention", "web")
FORMS = ("docgen.sheets", "docgen.template", "docgen.errors", "foundation")
# What a room may import beside itself; a name without a dot is a room with all that is in it.
MAY_IMPORT = {
    "foundation": (),
    "docgen": ("docgen", "foundation"),
    "docgen.errors": ("foundation",),
    "docgen.template": ("docgen.errors", "foundation"),
    "docgen.word": ("docgen.template", "docgen.errors", "foundation"),
    "docgen.excel": ("docgen.word", "docgen.sheets", "docgen.template", "docgen.errors", "foundation"),
    "docgen.sheets": ("docgen.template", "docgen.errors", "foundation"),
    "docgen.forms": FORMS,
    "docgen.registers": (*FORMS, "docgen.forms", "docgen.excel"),
    "docgen.figures": (*FORMS, "docgen.forms", "docgen.registers", "docgen.excel"),
    "docgen.printing": (*FORMS, "docgen.forms", "docgen.registers", "docgen.excel"),
    "retention.errors": ("foundation",),
    "retention.rules": ("retention.errors", "foundation"),
    "retention.ledger": ("retention.rules", "retention.errors", "foundation"),
    "retention.acts": ("retention.ledger", "retention.rules", "retention.errors", "foundation"),
    "retention.duties": ("retention.rules", "retention.errors", "foundation"),
    "retention.filing": ("retention.ledger", "retention.rules", "retention.errors", "foundation"),
    "retention.watching": (
        "retention.filing", "retention.ledger", "retention.rules", "retention.errors", "foundation",
    ),
    "retention.disposal": (
        "retention.acts", "retention.ledger", "retention.rules", "retention.errors", "foundation",
    ),
    "office": ("docgen", "retention", "foundation"),
    "console": ("office", "foundation"),
    "web": ("office", "foundation"),
    "cli": ("console", "foundation"),
}  # fmt: skip


@cache
def modules() -> dict[str, Path]:
    """Every module of the program by its dotted name."""
    files = [ROOT / "cli.py", *(file for top in OURS for file in sorted((ROOT / top).rglob("*.py")))]
    names = (file.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".") for file in files)
    found = {name.removesuffix(".__init__"): file for name, file in zip(names, files, strict=True)}
    return {name: file for name, file in found.items() if ".migrations" not in name}


@cache
def imports(name: str) -> frozenset[str]:
    """Modules of the program that a module imports: at its head, inside functions, for type checking and in strings."""
    found = set()
    for node in ast.walk(ast.parse(modules()[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {node.module or ""}
    return frozenset(each for each in found if each in modules() and each != name and not name.startswith(f"{each}."))


def room(name: str) -> str:
    """The room a module stands in, as ``MAY_IMPORT`` names it."""
    parts = name.split(".")
    return next(key for key in (".".join(parts[:2]), parts[0]) if key in MAY_IMPORT)


def test_arrows_point_the_way_of_the_design() -> None:
    wrong = [
        f"{name} → {other}"
        for name in sorted(modules())
        for other in sorted(imports(name))
        if other.split(".")[0] != room(other).split(".")[0]
        or not (room(other) == room(name) or any(f"{other}.".startswith(f"{may}.") for may in MAY_IMPORT[room(name)]))
    ]
    assert wrong == []


def circles() -> Iterator[list[str]]:
    """Modules that reach each other through imports, each set once (Tarjan's strongly connected components)."""
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []

    def visit(name: str) -> Iterator[list[str]]:
        number[name] = low[name] = len(number)
        stack.append(name)
        for other in sorted(imports(name)):
            if other not in number:
                yield from visit(other)
            if other in stack:
                low[name] = min(low[name], low[other])
        if low[name] == number[name]:
            circle = stack[stack.index(name) :]
            del stack[stack.index(name) :]
            if len(circle) > 1:
                yield circle

    for name in sorted(modules()):
        if name not in number:
            yield from visit(name)


def test_no_two_modules_import_each_other_by_any_way() -> None:
    assert list(circles()) == []


def test_rooms_are_small() -> None:
    """No module over 600 lines, no folder with more than 16 modules."""
    long = {
        name: lines for name, file in modules().items() if (lines := len(file.read_text("utf-8").splitlines())) > 600
    }
    folders: dict[str, int] = defaultdict(int)
    for file in modules().values():
        folders[str(file.parent.relative_to(ROOT))] += file.name != "__init__.py"
    assert (long, {folder: count for folder, count in folders.items() if count > 16}) == ({}, {})


def test_a_class_name_is_used_once_in_a_package() -> None:
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name, file in modules().items():
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                found[name.split(".")[0], node.name].append(name)
    assert {key: homes for key, homes in found.items() if len(homes) > 1} == {}


def loaded_after(code: str) -> set[str]:
    """The modules of a fresh interpreter after ``code``."""
    code += "\nimport sys; print('\\n'.join(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    return {name.partition(".")[0] for name in run.stdout.split()}


HEAVY = {"docx", "docxcompose", "PIL", "pydantic", "openpyxl", "babel", "click", "rich"}


def test_a_word_template_is_compiled_and_rendered_without_heavy_libraries(tmp_path: Path) -> None:
    document, buffer = Document(), io.BytesIO()
    document.add_paragraph("{{ name }}")
    document.add_table(1, 1).cell(0, 0).text = "{% for r in rows %}{{ r }}{% endfor %}"
    document.save(buffer)
    template = tmp_path / "模板.docx"
    template.write_bytes(buffer.getvalue())
    code = f"""
from docgen import WordTemplate
content = WordTemplate.load({str(template)!r}).render({{"name": "归档", "rows": [1, 2]}})
assert content[:2] == b"PK"
"""
    assert not loaded_after(code) & HEAVY


def test_the_command_line_starts_without_engines() -> None:
    assert not loaded_after("import cli") & (HEAVY - {"click"} | {"lxml", "jinja2", "sqlalchemy"})
