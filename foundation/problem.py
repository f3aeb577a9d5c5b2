"""What is wrong, where, and what to do about it: the one value in which both halves tell a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what is wrong, what to do, and the clause or rule that says so.

    ``where`` reads like a person would say it (``月报.docx 正文 表2 行2``, ``报修.xlsx 报修登记!F12``, ``记录 17``);
    ``code`` is a stable name of the kind (``tag.unclosed``), for tests, ``--json`` and the documentation; ``clause``
    cites the procedure (``4.0``), a statute (``民法典 202``) or a rule of docs/design.md (``D4``).
    """

    where: str
    message: str
    hint: str = ""
    code: str = ""
    clause: str = ""

    def __str__(self) -> str:
        text = f"{self.where}：{self.message}" if self.where else self.message
        text = f"{text} [{self.clause}]" if self.clause else text
        return f"{text} {self.hint}" if self.hint else text


class Problems(Exception):  # noqa: N818 - what it carries, not a kind of error
    """Every problem that was found, never only the first. Root of the errors of both halves."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
