"""What can be wrong with a template or with data, in words a clerk can act on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what is wrong, what to do.

    ``where`` reads like a person would say it (``月报.docx 正文 表2 行2 列2``, ``报修.xlsx 报修登记!F12``);
    ``code`` is a stable name of the kind (``tag.unclosed``), for tests, ``--json`` and the documentation.
    """

    where: str
    message: str
    hint: str = ""
    code: str = ""

    def __str__(self) -> str:
        text = f"{self.where}：{self.message}" if self.where else self.message
        return f"{text} {self.hint}" if self.hint else text


class DocgenError(Exception):
    """Root of docgen's errors. Carries every problem found, never only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class TemplateError(DocgenError):
    """A template cannot be compiled, or a declaration (form, objectives) cannot be read."""


class DataError(DocgenError):
    """Data do not fit: an input workbook, or the context given to a template."""
