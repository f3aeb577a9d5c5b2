"""What every attempt to pass by the rules needs: a place, the table of attempts, and what has to hold after each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from given.disposals import MONTHLY, PLAN, World, stamp
from given.laws import Laws
from retention.disposal import execution
from retention.errors import RetentionError
from retention.rules.model import Wish

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from given.doors import Door


KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
Prepare: TypeAlias = "Callable[[Site], Callable[[], object]]"
"""What is done honestly; it gives what is not."""

QUARANTINE = ".guidang-quarantine"
FIRST, SECOND = 8, 16
"""The days of the two runs: after the cooling-off, and after the quarantine."""


@dataclass(frozen=True)
class Site(World):
    """A world, and the door by which the attempt is made; what is honest goes by the library."""

    door: Door | None = None

    @property
    def by(self) -> Door:
        """The door."""
        assert self.door is not None
        return self.door


def made(tmp_path: Path, target: str | None = None) -> World:
    """Persons, a schedule, and a share known by two documents that are on no list."""
    (tmp_path / "office").mkdir()
    world = World.made(target or str(tmp_path / "office/ledger.db"), tmp_path / "share")
    world.file("2022/别的.docx")
    world.file("2022/另一份.docx")
    return world


@dataclass(frozen=True)
class Attempt:
    """What is tried, after what was done honestly, and which rules may refuse it."""

    name: str
    rules: str
    prepare: Prepare
    remembered: bool = True
    doors: str = "both"

    @property
    def letters(self) -> set[str]:
        return set(self.rules.split())


ATTEMPTS: list[Attempt] = []


def attempt(name: str, rules: str, *, remembered: bool = True, doors: str = "both") -> Callable[[Prepare], object]:
    """A row of the table: the function does what is honest, and gives what is not."""

    def listed(prepare: Prepare) -> object:
        ATTEMPTS.append(Attempt(name, rules, prepare, remembered, doors))
        return prepare

    return listed


def order(world: World, number: str, count: int | None = None, typed: str | None = None) -> execution.Order:
    """What a person types: what the list says, unless something else is given."""
    still = [item for item in world.list(number).open_items if item.decision is Wish.DESTROY]
    return execution.Order(typed or number, len(still) if count is None else count, "删除", "本机")


def execute(
    world: Site,
    number: str,
    day: float,
    by: str = "chen.lu",
    *,
    count: int | None = None,
    typed: str | None = None,
    roots: dict[str, Path] | None = None,
) -> object:
    """A run of the archivist, by the door."""
    wanted = order(world, number, count, typed)
    return world.by.execute(by, day, wanted, world.roots if roots is None else roots)


def run(world: World, number: str, day: float, at: Callable[[str], None] = lambda _point: None) -> execution.Report:
    """An honest run, or one in which something happens meanwhile: by the library."""
    return execution.execute(world.ledger, stamp(days=day), order(world, number), world.roots, at=at)


def rules_of(trying: Callable[[], object]) -> set[str]:
    """The rules that stood in the way: of the act, or of single items of a run."""
    try:
        done = trying()
    except RetentionError as error:
        return {problem.clause for problem in error.problems}
    problems = done.problems if isinstance(done, execution.Report) else ()
    return {problem.clause for problem in problems}


def eligible(class_key: str | None, base: date | None) -> date | None:
    """The schedule of the tests, reckoned a second time: whole years after the year of the base date."""
    years = {MONTHLY: 2, PLAN: 1}.get(class_key or "")
    return date(base.year + years + 1, 1, 1) if base and years else None


def broken_laws(world: World) -> list[str]:
    with world.ledger.read() as view:
        return Laws(eligible).through(view.log())


def kinds(world: World) -> list[str]:
    with world.ledger.read() as view:
        return [entry.event.kind for entry in view.log()]


def safe(world: World) -> set[bytes]:
    """The contents that lie anywhere below the share's own folder, whatever they are called."""
    around = world.root.parent
    own = ("office", "ledger.db", "ledger.db-wal", "ledger.db-shm")
    files = (path for path in around.rglob("*") if path.is_file() and path.relative_to(around).parts[0] not in own)
    return {path.read_bytes() for path in files}


def by_sql(world: World, *statements: str) -> None:
    """What the owner of a database can do."""
    with world.ledger._engine.begin() as connection:
        for statement in statements:
            assert connection.execute(text(statement)).rowcount, statement


def unguarded(world: Site) -> None:
    """Without the triggers."""
    with world.ledger._engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            for name in ("events", "head"):
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER USER"))
            return
        for name in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            connection.execute(text(f"DROP TRIGGER {name}"))
