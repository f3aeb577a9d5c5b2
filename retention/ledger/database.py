"""Connections to the ledger's database: durable, serialised where they write, and brought to the newest schema.

SQLite for one office, PostgreSQL where many servers share one ledger. What differs between them is here and nowhere
else; :mod:`retention.ledger.ledger` is the only one that asks for connections.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError

from foundation import mounts
from foundation.language import _
from retention.errors import LedgerError, Problem
from retention.ledger import schema

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection

BUSY_SECONDS = 60
"""How long a writer waits for the others before it gives up."""

_MIGRATIONS = Path(__file__).parent / "migrations"
_MIGRATION_LOCK = 0x6775_6964  # "guid": advisory lock of PostgreSQL while tables are made


def connect(target: str | Path) -> Engine:
    """An engine for a file's path or a database URL, with the newest tables in it.

    LedgerError where it cannot be reached, would not keep what it is told, or was made by another program than this.
    """
    url = _url(target)
    engine = _sqlite(url) if url.get_backend_name() == "sqlite" else _postgresql(url)
    try:
        _see_that_it_syncs(engine)
        with reading(engine).connect() as connection:
            found = _version(connection)
        if found != schema.VERSION:
            _bring_forward(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def writing(engine: Engine) -> Engine:
    """The same engine; its transactions begin with the writer's lock in SQLite."""
    return engine.execution_options(guidang_writing=True)


def reading(engine: Engine) -> Engine:
    """The same engine; each transaction sees one moment of the ledger, whatever others write."""
    if engine.dialect.name == "postgresql":
        return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
    return engine


def _url(target: str | Path) -> URL:
    if isinstance(target, Path) or "://" not in target:
        return make_url("sqlite://").set(database=str(target))
    try:
        url = make_url(target)
        name = url.get_backend_name()
    except ArgumentError:
        name = ""
    if name == "sqlite":
        return url
    if name in {"postgresql", "postgres"}:
        return url.set(drivername="postgresql+psycopg")
    hint = _("Possible are a file's path and postgresql://user@server/database.")
    raise LedgerError(Problem(target, _("this is no database that a ledger can lie in"), hint, "ledger.url"))


# --- SQLite -----------------------------------------------------------------------------------------------------


def _sqlite(url: URL) -> Engine:
    place = Path(url.database or "")
    if not url.database or url.database == ":memory:":
        hint = _("Name a file on a local disk.")
        raise LedgerError(Problem(str(url), _("a ledger in memory would not be kept"), hint, "ledger.url", "D8"))
    if kind := mounts.network_kind(place.parent):
        message = _("this is a network drive ({kind}); a SQLite ledger on it can be damaged").format(kind=kind)
        hint = _("Put the ledger on a local disk of the server, or use PostgreSQL.")
        raise LedgerError(Problem(str(place), message, hint, "ledger.network", "D8"))
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where we say so: _begin_sqlite
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "fullfsync=ON", "recursive_triggers=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("guidang_writing")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


# --- PostgreSQL -------------------------------------------------------------------------------------------------


def _postgresql(url: URL) -> Engine:
    schema.for_postgresql()
    try:
        engine = create_engine(url, pool_pre_ping=True)
    except ModuleNotFoundError:
        hint = _("Install it with: pip install 'guidang[postgres]'")
        problem = Problem(_shown(url), _("the driver for PostgreSQL is not installed"), hint, "ledger.driver")
        raise LedgerError(problem) from None
    event.listen(engine, "connect", _prepare_postgresql)
    return engine


def _see_that_it_syncs(engine: Engine) -> None:
    """A server can be told not to; SQLite does what each connection asks for."""
    if engine.dialect.name != "postgresql":
        return
    with engine.connect() as connection:
        if connection.execute(text("SHOW fsync")).scalar_one() != "on":
            message = _("this server runs with fsync = off and can lose what it confirmed")
            hint = _("Switch fsync on in postgresql.conf.")
            raise LedgerError(Problem(_shown(engine.url), message, hint, "ledger.fsync", "D8"))


def _prepare_postgresql(connection: Any, _record: object) -> None:
    connection.autocommit = True
    connection.execute("SET synchronous_commit TO on")
    connection.autocommit = False


def _shown(url: URL) -> str:
    return url.render_as_string(hide_password=True)


# --- schema -----------------------------------------------------------------------------------------------------


def _version(connection: Connection) -> str:
    """The revision that a database has; empty for a new one."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or ""


def _bring_forward(engine: Engine) -> None:
    """Make the tables, or bring them to the newest revision, in one transaction; of several processes one does it."""
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    with writing(engine).begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        found = _version(connection)  # again: another process may have been first
        try:
            if found:
                command.upgrade(config, "head")
            else:
                schema.make(connection)
                command.stamp(config, "head")
        except CommandError:
            raise LedgerError(_of_another_program(_shown(engine.url), found)) from None


def _of_another_program(where: str, found: str) -> Problem:
    if found > schema.VERSION:
        hint = _("Install the guidang that wrote it, or a newer one.")
        return Problem(where, _("this ledger was made by a newer guidang"), hint, "ledger.newer")
    hint = _("Read it with the guidang that wrote it, and begin a new ledger.")
    return Problem(where, _("this ledger was made by an older guidang, before the first release"), hint, "ledger.older")
