"""Templates and declarations looked at before they are used: their faults, and copies with the faults as comments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from docgen import ExcelTemplate, WordTemplate
from docgen.errors import TemplateError
from docgen.forms.loading import load_form
from docgen.word.annotate import annotate
from foundation.atomic_file import write_atomic
from foundation.problem import Problem
from office.papers.writing import target_of


def lintable(given: Path) -> list[Path]:
    """The one file named, or the templates and declarations in a folder; empty where it has none."""
    if given.is_file():
        return [given]
    return sorted(path for pattern in ("**/*.docx", "**/*.xlsx", "**/form.toml") for path in given.glob(pattern))


def faults(path: Path) -> tuple[Problem, ...]:
    """Every fault of a template or a form.toml."""
    try:
        if path.name == "form.toml":
            load_form(path.parent)
        elif path.suffix == ".xlsx":
            ExcelTemplate.load(path)
        else:
            WordTemplate.load(path)
    except TemplateError as error:
        return error.problems
    return ()


def annotated(path: Path, found: Sequence[Problem], *, force: bool = False) -> Path | None:
    """A copy of a Word template with its faults as comments; None for what is no Word document."""
    if path.suffix != ".docx" or any(fault.code.startswith(("package.", "part.")) for fault in found):
        return None
    target = target_of(path.with_name(f"{path.stem}-批注.docx"), "", force=force)
    write_atomic(target, annotate(path, found, path.name))
    return target
