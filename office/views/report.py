"""A monthly report that was made as people see it: objectives judged, files written, what to look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from docgen.figures.objectives import Verdict
from foundation.problem import Problem
from office.demo import Story
from office.papers.month_flow import MadeReport
from office.papers.printing import MadePapers
from office.views.as_json import HIDDEN, IF_ANY, SPREAD


@dataclass(frozen=True)
class ObjectiveRow:
    """An objective of clause 2 and its verdict, in numbers; hidden: target, actual value and basis in words."""

    clause: str
    title: str
    figure: str
    target: Decimal | None
    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None
    status: str
    words: tuple[str, str, str] = field(metadata=HIDDEN)


@dataclass(frozen=True)
class ReportView:
    """A report with its objectives; ``life`` and ``printed`` are what the demo adds to it."""

    report: Path
    base_data: Path
    annex: Path
    objectives: tuple[ObjectiveRow, ...]
    warnings: tuple[Problem, ...]
    life: Story | None = field(metadata=IF_ANY)
    printed: MadePapers | Mapping[str, Any] = field(metadata=SPREAD)


def report_view(made: MadeReport, printed: MadePapers | None = None, life: Story | None = None) -> ReportView:
    """What ``made`` says, without the measures themselves."""
    rows = tuple(map(_row, made.verdicts))
    return ReportView(made.report, made.base_data, made.annex, rows, made.warnings, life, printed or {})


def _row(verdict: Verdict) -> ObjectiveRow:
    figure, objective = verdict.figure, verdict.objective
    return ObjectiveRow(
        objective.clause,
        objective.title,
        figure.key,
        objective.target,
        figure.value,
        figure.numerator,
        figure.denominator,
        verdict.status.name.lower(),
        (verdict.target, verdict.actual, figure.basis),
    )
