"""A share, its scanner and a ledger, for every test of the scanner."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from given.shares import ScannedShare

from foundation import language as i18n
from retention.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def in_english() -> Iterator[None]:
    with i18n.use("en"):
        yield


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


@pytest.fixture
def scanned(ledger: Ledger, tmp_path: Path) -> ScannedShare:
    return ScannedShare(tmp_path / "share", ledger)


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[ScannedShare]:
    """A share on SQLite alone, where the database does not matter."""
    with Ledger.open(tmp_path / "lite.db") as ledger:
        yield ScannedShare(tmp_path / "share", ledger)


@pytest.fixture
def filled(scanned: ScannedShare) -> ScannedShare:
    for number in range(30):
        scanned.write(f"{2023 + number % 3}年/文件{number}.pdf", f"内容{number}")
    assert scanned.settled()[0] == 30
    return scanned
