"""Executing a list, and what has to hold after every run."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from given.disposals import World, refused, stamp
from retention.disposal import execution
from retention.disposal.execution import Order, Report
from retention.rules.model import Outcome, Policy

METHOD, PLACE = "从共享目录移除", "归档"
QUICK = Policy(cooling_days=1, approval_days=30, quarantine_days=0)


both = pytest.mark.parametrize("target", ["sqlite", "postgresql"], indirect=True)
"""What rests on the database's locks and transactions runs on both; what rests on the file system, on SQLite."""


def check(world: World) -> None:
    """L1, D7: rows follow from events, and every intent has at most one outcome."""
    assert world.differences() == []
    with world.ledger.read() as view:
        kinds: dict[tuple[str, int], list[str]] = {}
        for entry in view.log():
            attempt = getattr(entry.event.change, "attempt", None)
            if attempt and entry.event.kind in {"destroy.aborted", "destroy.restored", "destroy.done"}:
                kinds.setdefault((entry.event.subject, attempt), []).append(entry.event.kind)
    assert all(len(outcomes) == 1 for outcomes in kinds.values())


def order(world: World, number: str) -> Order:
    return Order(number, len(world.list(number).open_items), METHOD, PLACE)


def execute(world: World, number: str, days: float = 7, name: str = "chen.lu", **more: Any) -> Report:
    return execution.execute(world.ledger, stamp(name, days), order(world, number), world.roots, **more)


def refuses(world: World, number: str, days: float = 7, name: str = "chen.lu", **more: Any) -> tuple[str, ...]:
    before = world.files()
    asked = replace(order(world, number), **more)
    rules = refused(execution.execute, world.ledger, stamp(name, days), asked, world.roots)
    assert world.files() == before
    return rules


def outcomes(world: World, number: str) -> list[tuple[str, Outcome | None]]:
    return [(item.left_by, item.outcome) for item in world.list(number).items]
