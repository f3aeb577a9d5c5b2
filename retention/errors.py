"""What can be wrong with schedule, dates, ledger and disposal, in words that say where, why and what to do."""

from __future__ import annotations

from foundation.problem import Place, Problem, ProblemKind, Problems, Remedy

__all__ = ["Place", "Problem", "ProblemKind", "Remedy"]


class RetentionError(Problems):
    """Root of retention's errors. Carries every problem found, never only the first."""


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
