"""What can be wrong with a template or with data, in words a clerk can act on."""

from __future__ import annotations

from foundation.problem import Place, Problem, ProblemKind, Problems, Remedy

__all__ = ["Place", "Problem", "ProblemKind", "Remedy"]


class DocgenError(Problems):
    """Root of docgen's errors. Carries every problem found, never only the first."""


class TemplateError(DocgenError):
    """A template cannot be compiled, or a declaration (form, objectives) cannot be read."""


class DataError(DocgenError):
    """Data do not fit: an input workbook, or the context given to a template."""
