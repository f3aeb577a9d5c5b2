"""Arrows point one way, and what is not needed is not loaded."""

from __future__ import annotations

import ast
import io
import subprocess
import sys
from pathlib import Path

import pytest
from docx import Document

ROOT = Path(__file__).parent.parent
OURS = ("cli", "console", "docgen", "foundation.language", "office", "retention", "samples", "templates", "web")
MAY_IMPORT = {
    "docgen": {"docgen", "foundation.language"},
    "retention": {"retention", "foundation.language"},
    "foundation.language": {"foundation.language"},
    "office": {"office", "docgen", "retention", "foundation.language", "samples", "templates"},
    "console": {"console", "office", "docgen", "retention", "foundation.language"},
}


def modules(layer: str) -> list[Path]:
    return sorted((ROOT / layer).rglob("*.py")) if (ROOT / layer).is_dir() else [ROOT / f"{layer}.py"]


def imported(file: Path) -> set[str]:
    """Top names that a module imports, at its head, inside functions and for type checking alike."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file.name}: imports are absolute"
            found.add(node.module or "")
    return {name.partition(".")[0] for name in found}


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_what_stands_below_it(layer: str) -> None:
    allowed = MAY_IMPORT[layer]
    for file in modules(layer):
        if (
            file == ROOT / "foundation.language" / "messages.py"
        ):  # a tool that reads the commands' texts; nothing imports it
            continue
        assert imported(file) & set(OURS) <= allowed, file.name


def test_the_collector_of_messages_is_imported_by_nothing() -> None:
    for layer in OURS:
        for file in modules(layer) if (ROOT / layer).exists() or (ROOT / f"{layer}.py").exists() else []:
            assert "foundation.language.messages" not in file.read_text(encoding="utf-8").replace(
                "python -m i18n.messages", ""
            ), file


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
    assert not loaded_after("import cli") & (HEAVY - {"click"} | {"lxml", "jinja2"})
