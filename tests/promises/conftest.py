"""Places that attempts to pass by the rules are made in, by the library and by the command line."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from given.doors import CommandLine, Library

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

from given.bypass import Site, made


@pytest.fixture
def world(tmp_path: Path) -> Iterator[Site]:
    found = made(tmp_path)
    yield Site(found.ledger, found.root, found.policy, Library(found))
    found.ledger.close()


@pytest.fixture(params=["library", "command line"])
def site(request: pytest.FixtureRequest, world: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """The same by both doors."""
    if request.param == "library":
        return world
    return replace(world, door=CommandLine.of(world, tmp_path / "office", monkeypatch))
