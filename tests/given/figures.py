"""Rows, and what is declared over them computed."""

from __future__ import annotations

import tomllib
from datetime import datetime
from decimal import Decimal
from typing import Any

from docgen.figures.declarations import parse
from docgen.figures.evaluation import evaluate
from docgen.figures.objectives import Verdict, judge, parse_objectives
from docgen.figures.results import Figure, Measures
from docgen.registers.reading import Row, RowPlace
from foundation.period import Period
from given.places import ROOT

TEMPLATES = ROOT / "templates"
OCTOBER = Period.parse("2026-10")


def rows(sheet: str, *values: dict[str, Any]) -> tuple[Row, ...]:
    """Rows as read from ``sheet.xlsx``, the first in line 2, columns from A on."""
    return tuple(
        Row(v, RowPlace(f"{sheet}.xlsx", sheet, n), {key: f"{chr(65 + i)}{n}" for i, key in enumerate(v)})
        for n, v in enumerate(values, 2)
    )


def measure(toml: str, office: dict[str, Any] | None = None, **tables: tuple[Row, ...]) -> Measures:
    return evaluate(parse(tomllib.loads(toml)), tables, period=OCTOBER, settings=office or {})


def figure(toml: str, office: dict[str, Any] | None = None, **tables: tuple[Row, ...]) -> Figure:
    """The one figure of a declaration without its heading."""
    measures = measure(f'[[figures]]\nkey = "x"\ntitle = "指标"\n{toml}', office, **tables)
    return measures.figures["x"]


def lines(found: tuple[Row, ...]) -> list[int]:
    return [row.place.row for row in found]


def verdict(value: Figure, comparison: str, target: str, **more: str) -> Verdict:
    entry = {"clause": "2.1", "title": "目标", "figure": "x", "comparison": comparison, "target": target, **more}
    return judge(parse_objectives({"objectives": [entry]}), {"x": value})[0]


REPAIRS = rows(
    "报修",
    {
        "received": datetime(2026, 10, 1, 8),
        "finished": datetime(2026, 10, 1, 20),
        "category": "给排水",
        "fee": Decimal(30),
    },
    {"received": datetime(2026, 10, 2, 8), "finished": datetime(2026, 10, 4, 8), "category": "给排水", "fee": None},
    {"received": datetime(2026, 10, 3, 8), "finished": None, "category": "电梯", "fee": None},
    {
        "received": datetime(2026, 10, 4, 8),
        "finished": datetime(2026, 10, 4, 9),
        "category": "绿化",
        "fee": Decimal("12.50"),
    },
    {"received": datetime(2026, 9, 4, 8), "finished": datetime(2026, 10, 4, 9), "category": "给排水", "fee": None},
)
VISITS = rows(
    "拜访",
    *({"visitor": "李经理", "room": f"1-{n}"} for n in range(5)),
    *({"visitor": "王主管", "room": room} for room in ("2-1", "2-2", "2-2", "2-3", "2-1")),
    {"visitor": "保洁员", "room": "3-1"},
)
FIVE = 'table="v"\ndistinct="room"\nper="visitor"\nat_least=5\n'
