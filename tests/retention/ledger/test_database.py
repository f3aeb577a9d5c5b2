"""Where and how a ledger is kept: its tables and their revision, disks, servers, locks (D8)."""

from __future__ import annotations

import gzip
import sqlite3
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from given.histories import STAMP, differences, filed, links
from given.places import ROOT
from sqlalchemy import Engine, create_engine, text

from foundation import mounts
from retention.errors import LedgerError
from retention.ledger import checkpoints, database, schema
from retention.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def ledger(target: str) -> Iterator[Ledger]:
    with Ledger.open(target) as opened:
        yield opened


# --- where and how it is kept --------------------------------------------------------------------------------------


def triggers(engine: Engine) -> dict[str, str]:
    """Name and text of every trigger and function."""
    query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal "
            "UNION SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
        )
    with engine.connect() as connection:
        return {row[0]: row[1] for row in connection.execute(text(query))}


def indexes(engine: Engine) -> set[tuple[Any, ...]]:
    query = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'table') AND name NOT LIKE '%alembic%'"
    if engine.dialect.name == "postgresql":
        query = (
            "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' AND tablename NOT LIKE 'alembic%' "
            "UNION SELECT table_name || '.' || column_name, concat_ws(' ', data_type, is_nullable, collation_name) "
            "FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE 'alembic%' "
            "UNION SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint "
            "WHERE connamespace = 'public'::regnamespace AND conname NOT LIKE 'alembic%'"
        )
    with engine.connect() as connection:
        return {(row[0], "".join((row[1] or "").split()).replace('"', "")) for row in connection.execute(text(query))}


def test_the_migrations_make_what_the_schema_says(request: pytest.FixtureRequest, target: str, tmp_path: Path) -> None:
    migrated = database.connect(target)
    other = request.getfixturevalue("postgres")() if "://" in target else f"sqlite:///{tmp_path / 'made.db'}"
    made = create_engine(other.replace("postgresql:", "postgresql+psycopg:"))
    schema.metadata.create_all(made)
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.VERSION
    assert triggers(migrated) == triggers(made)
    assert indexes(migrated) == indexes(made)
    for engine in (migrated, made):
        engine.dispose()


def test_a_ledger_is_synced_before_it_is_confirmed(ledger: Ledger) -> None:  # D8
    with ledger._engine.connect() as connection:
        if ledger._engine.dialect.name == "sqlite":
            modes = [connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")]
            assert modes == ["wal", 2]
        else:
            names = ("fsync", "synchronous_commit")
            assert [connection.execute(text(f"SHOW {name}")).scalar() for name in names] == ["on", "on"]


def test_a_ledger_of_a_newer_program_is_left_alone(ledger: Ledger, target: str) -> None:
    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(LedgerError) as refused:
        Ledger.open(target)
    assert refused.value.problems[0].code == "ledger.newer"


def test_a_ledger_of_before_the_first_release_is_left_alone(ledger: Ledger, target: str) -> None:
    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0003'"))
    with pytest.raises(LedgerError) as refused:
        Ledger.open(target)
    assert refused.value.problems[0].code == "ledger.older"
    assert refused.value.problems[0].hint


def test_a_ledger_that_lay_here_before_opens_verifies_and_replays(tmp_path: Path) -> None:  # L1, L2
    before = ROOT / "tests" / "given" / "ledger_0_1"
    place = tmp_path / "ledger.db"
    place.write_bytes(gzip.decompress((before / "ledger.db.gz").read_bytes()))
    public = checkpoints.public_key((before / "keys" / "ledger.pub").read_bytes())
    with Ledger.open(place) as ledger:
        verdict = ledger.verify(checkpoints.kept(before / "checkpoints"), public)
        assert verdict.sound
        assert (verdict.proven, verdict.head.seq) == (1997, 1998)
        assert differences(ledger) == []


@pytest.mark.parametrize(
    ("target", "code"),
    [
        ("mysql://server/ledger", "ledger.url"),
        ("://", "ledger.url"),
        ("sqlite://", "ledger.url"),
        ("postgresql://nobody@127.0.0.1:1/nothing", "ledger.database"),
        ("/proc/no/such/folder/ledger.db", "ledger.database"),
    ],
)
def test_a_place_where_no_ledger_can_lie_is_named(target: str, code: str) -> None:
    with pytest.raises(LedgerError) as refused:
        Ledger.open(target)
    assert refused.value.problems[0].code == code
    assert refused.value.problems[0].hint


def test_a_server_that_may_lose_what_it_confirmed_is_refused(postgres: Callable[[], str]) -> None:  # D8
    url = postgres()
    server = create_engine(url.replace("postgresql:", "postgresql+psycopg:"), isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        try:
            connection.execute(text("ALTER SYSTEM SET fsync = off"))
            connection.execute(text("SELECT pg_reload_conf()"))
            while connection.execute(text("SHOW fsync")).scalar() != "off":
                pass
            with pytest.raises(LedgerError) as refused:
                Ledger.open(url)
        finally:
            connection.execute(text("ALTER SYSTEM RESET fsync"))
            connection.execute(text("SELECT pg_reload_conf()"))
            while connection.execute(text("SHOW fsync")).scalar() != "on":
                pass
    server.dispose()
    assert refused.value.problems[0].code == "ledger.fsync"


MOUNTS = r"""
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:30 / /srv/share rw,relatime shared:9 - cifs //server/share rw,vers=3.0
31 30 0:31 / /srv/share/local rw - ext4 /dev/sdb1 rw
32 22 0:32 / /srv/nfs\040home rw - nfs4 server:/home rw
33 22 0:33 / /srv/over rw - ext4 /dev/sdc1 rw
34 33 0:34 / /srv/over rw - fuse.sshfs user@server:/ rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/guidang", "ext4"),
        ("/srv/share", "cifs"),
        ("/srv/share/archive", "cifs"),
        ("/srv/shared", "ext4"),
        ("/srv/share/local/x", "ext4"),
        ("/srv/nfs home/x", "nfs4"),
        ("/srv/over/x", "fuse.sshfs"),
    ],
)
def test_the_kind_of_a_file_system_is_read_from_the_mounts(path: str, kind: str) -> None:
    assert mounts.kind_of(MOUNTS, path) == kind
    assert bool(mounts.NETWORK.fullmatch(kind)) == (kind != "ext4")


def test_a_ledger_on_a_network_drive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the table of mounts says that the folder is one; a real mount needs a server."""
    table = tmp_path / "mountinfo"
    table.write_text(
        f"22 1 8:1 / / rw - ext4 /dev/sda1 rw\n30 22 0:30 / {tmp_path}/share rw - cifs //server/share rw\n"
    )
    monkeypatch.setattr(mounts, "MOUNTS", table)
    (tmp_path / "share").mkdir()
    with pytest.raises(LedgerError) as refused:
        Ledger.open(tmp_path / "share" / "ledger.db")
    assert refused.value.problems[0].code == "ledger.network"
    assert list((tmp_path / "share").iterdir()) == []
    Ledger.open(tmp_path / "ledger.db").close()


FULL = """
import resource, signal, sys
from datetime import UTC, date, datetime
from retention.errors import LedgerError
from retention.rules.events import Filed
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.people import Actor
stamp = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("service", "0.1.0"))
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
ledger = Ledger.open(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, resource.RLIM_INFINITY))
done = 0
try:
    while True:
        ledger.append([Draft("", Filed("office", f"{done}.docx", "0" * 64, 1))] * 50, stamp)
        done += 50
except LedgerError as error:
    print(done, error.problems[0].code)
"""


def test_a_full_disk_stops_the_ledger_and_loses_nothing(tmp_path: Path) -> None:  # D8
    place = tmp_path / "ledger.db"
    run = subprocess.run([sys.executable, "-c", FULL, str(place)], capture_output=True, text=True, check=True, cwd=ROOT)
    done, code = run.stdout.split()
    assert code == "ledger.database"
    with Ledger.open(place) as ledger:
        assert ledger.verify().sound
        assert len(links(ledger)) == int(done)
        assert differences(ledger) == []
        ledger.append([filed(1)], STAMP)


def test_a_ledger_that_stays_locked_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    with Ledger.open(tmp_path / "ledger.db") as ledger:
        with sqlite3.connect(tmp_path / "ledger.db", isolation_level=None) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(LedgerError, match="locked"):
                ledger.append([filed(1)], STAMP)
            other.execute("ROLLBACK")
        other.close()
        ledger.append([filed(1)], STAMP)
        assert len(links(ledger)) == 1
