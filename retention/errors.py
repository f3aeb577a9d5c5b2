"""What can be wrong with schedule, dates, ledger and disposal, in words that say where, why and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what is wrong, what to do, and the clause or rule that says so.

    ``where`` reads like a person would say it (``schedule.csv schedule!D5``, ``记录 17``); ``code`` is a stable name
    of the kind (``schedule.term``), for tests, ``--json`` and the documentation; ``clause`` cites the procedure
    (``4.0``), a statute (``民法典 202``) or a rule of docs/design.md (``D4``).
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


class RetentionError(Exception):
    """Root of retention's errors. Carries every problem found, never only the first."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class SourceError(RetentionError):
    """A file a person keeps cannot be read as what it should be: schedule.csv, holidays.csv."""


class UnknownError(RetentionError):
    """No such record, hold, list or version."""


class RefusedError(RetentionError):
    """A rule forbids the act; every rule that does is named in ``clause``. A refusal to destroy is an event (L8)."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules that refused, in the order they were asked: ``("D3", "D4")``."""
        return tuple(problem.clause for problem in self.problems)


class ConflictError(RetentionError):
    """Somebody moved first: the state is no longer what the act was decided on. Look again and repeat."""


class LedgerError(RetentionError):
    """The ledger cannot be read, or not written durably; nothing was moved or removed (D8)."""


class TamperedError(RetentionError):
    """The ledger is not what was written: edited, reordered, cut or put back (L2)."""
