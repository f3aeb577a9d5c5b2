"""A ledger and a share with documents, checked after every test of the execution."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from given.disposals import World
from given.executions import QUICK, check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if getattr(request, "param", "sqlite") == "sqlite":
        return str(tmp_path / "ledger.db")
    new: str = request.getfixturevalue("postgres")()
    return new


@pytest.fixture
def world(target: str, tmp_path: Path) -> Iterator[World]:
    made = World.made(target, tmp_path / "share")
    yield made
    check(made)
    made.ledger.close()


@pytest.fixture
def quick(world: World) -> World:
    """No quarantine to wait out: one run goes to the end."""
    return replace(world, policy=QUICK)
