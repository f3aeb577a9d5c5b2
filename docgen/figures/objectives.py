"""Quality objectives: what they ask of a figure, and whether it is met."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum
from pathlib import Path
from typing import Any

from docgen.errors import Place, Problem, TemplateError
from docgen.figures.declarations import Entries, read_toml, suggest
from docgen.figures.results import Figure, print_value
from docgen.template.filters import DASH, plain, round_half_up
from foundation.language import _

_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}
_SIGNS = {">=": "≥", "<=": "≤", "==": "", ">": "＞", "<": "＜"}
INFO = "info"
_OBJECTIVE_KEYS = {"objectives": {"clause", "title", "figure", "cumulative", "comparison", "target", "unit", "note"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A quality objective of procedure 2.1–2.13. ``cumulative``: a second figure shown beside it (G10), not judged."""

    clause: str
    title: str
    figure: str
    cumulative: str = ""
    comparison: str = ">="
    target: Decimal | None = None
    unit: str = ""
    note: str = ""


class Status(Enum):
    """The verdict; the value is what the report prints."""

    MET = "达标"
    MISSED = "未达标"
    NO_DATA = "无数据"
    INFO = "—"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An objective, the figure it was judged by, and the outcome."""

    objective: Objective
    figure: Figure
    cumulative: Figure | None
    status: Status

    @property
    def text(self) -> str:
        return self.status.value

    @property
    def target(self) -> str:
        """``≥97.00%`` without needless zeros (``≥97%``), ``≥85分``, ``下降5%以上``; 以上 includes the figure itself."""
        goal, sign = self.objective.target, self.objective.comparison
        if goal is None:
            return DASH
        if self.figure.unit not in {"percent", "change"}:
            return f"{_SIGNS[sign]}{plain(goal)}{self.objective.unit}"
        if self.figure.unit == "change" and goal and (sign == "<=") == (goal < 0) and sign in {"<=", ">="}:
            return f"{'下降' if goal < 0 else '上升'}{plain(abs(goal) * 100)}%以上"
        return f"{_SIGNS[sign]}{plain(goal * 100)}%"

    @property
    def actual(self) -> str:
        """The figure for print, with the objective's unit."""
        return _with_unit(self.figure, self.objective.unit)

    @property
    def cumulative_text(self) -> str:
        return DASH if self.cumulative is None else _with_unit(self.cumulative, self.objective.unit)

    @property
    def basis(self) -> str:
        """计算依据: the fraction and the declared wording."""
        return "；".join(filter(None, (self.figure.basis, self.figure.note)))

    @property
    def remark(self) -> str:
        """说明: the objective's note, rows that cannot be judged, and a miss that rounding would hide."""
        unknown = len(self.figure.unknown)
        return "；".join(
            filter(
                None,
                (
                    self.objective.note,
                    f"另有{unknown}项无法判定，未计入" if unknown else "",
                    self._rounding(),
                ),
            )
        )

    def _rounding(self) -> str:
        value, goal, unit, digits = self.figure.value, self.objective.target, self.figure.unit, self.figure.digits
        if self.status is not Status.MISSED or value is None or goal is None:
            return ""
        if print_value(value, unit, digits) != print_value(goal, unit, digits):
            return ""
        percentage = unit in {"percent", "change"}
        exact = (
            f"{round_half_up(value * 100, 6).normalize():f}%"
            if percentage
            else f"{round_half_up(value, 6).normalize():f}"
        )
        return f"按未四舍五入的数值{exact}判定"


def _with_unit(figure: Figure, unit: str) -> str:
    plain_unit = figure.value is not None and figure.unit not in {"percent", "change"}
    return f"{figure.text}{unit}" if plain_unit else figure.text


def load_objectives(path: Path) -> tuple[Objective, ...]:
    """:func:`parse_objectives` of a file."""
    return parse_objectives(read_toml(path), path.name)


def parse_objectives(data: Mapping[str, Any], source: str = "objectives.toml") -> tuple[Objective, ...]:
    """Read ``[[objectives]]``, in the order of the file::

        [[objectives]]
        clause = "2.1"
        title = "各项费用收缴率"
        figure = "collection"               # the figure judged
        cumulative = "collection_all"       # optional: shown beside it (G10)
        comparison = ">="                   # >= <= == > <, or "info": shown, not judged
        target = "0.97"                     # or "97%"; compared unrounded, equality passes
        unit = ""                           # printed after plain numbers: 分, 起, 户
        note = ""

    Raises TemplateError with every fault.
    """
    reader = Entries(source, _OBJECTIVE_KEYS)
    objectives = reader.each(data, "objectives", lambda raw: _objective(reader, raw))
    if reader.problems:
        raise TemplateError(reader.problems)
    return objectives


def _objective(reader: Entries, raw: Mapping[str, Any]) -> Objective:
    comparison = reader.text(raw, "comparison") or ">="
    if comparison not in {*_COMPARISONS, INFO}:
        allowed = "、".join([*_COMPARISONS, INFO])
        reader.fault(_("comparison must be one of {allowed}"), allowed=allowed)
    return Objective(
        clause=reader.text(raw, "clause", required=True),
        title=reader.text(raw, "title", required=True),
        figure=reader.text(raw, "figure", required=True),
        cumulative=reader.text(raw, "cumulative"),
        comparison=comparison,
        target=_target(reader, raw, needed=comparison != INFO),
        unit=reader.text(raw, "unit"),
        note=reader.text(raw, "note"),
    )


def _target(reader: Entries, raw: Mapping[str, Any], *, needed: bool) -> Decimal | None:
    given = raw.get("target")
    if given is None or given == "":
        if needed:
            reader.fault(_("'{key}' is missing"), code="declaration.missing", key="target")
        return None
    text = str(given).strip()
    try:
        target = Decimal(text.removesuffix("%"))
    except InvalidOperation:
        target = Decimal("NaN")
    if isinstance(given, bool) or not target.is_finite():
        reader.fault(_("target '{text}' is not a number"), _('For example "0.97", "97%" or 85.'), text=text)
        return None
    return target / 100 if text.endswith("%") else target


def judge(objectives: Sequence[Objective], figures: Mapping[str, Figure]) -> tuple[Verdict, ...]:
    """Each objective against its figure, in the order given: unrounded, equality as the comparison says, no value is
    无数据. Raises TemplateError for every objective whose figure is not declared.
    """
    problems = [
        Problem(
            Place("objectives.toml", part=f"{objective.clause} {objective.title}"),
            _("no figure '{key}' is declared").format(key=key),
            suggest(key, figures),
            "objective.figure",
        )
        for objective in objectives
        for key in filter(None, (objective.figure, objective.cumulative))
        if key not in figures
    ]
    if problems:
        raise TemplateError(problems)
    return tuple(_verdict(objective, figures) for objective in objectives)


def _verdict(objective: Objective, figures: Mapping[str, Figure]) -> Verdict:
    figure = figures[objective.figure]
    return Verdict(objective, figure, figures.get(objective.cumulative), _status(objective, figure.value))


def _status(objective: Objective, value: Decimal | None) -> Status:
    if objective.comparison == INFO or objective.target is None:
        return Status.INFO
    if value is None:
        return Status.NO_DATA
    return Status.MET if _COMPARISONS[objective.comparison](value, objective.target) else Status.MISSED
