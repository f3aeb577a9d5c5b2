"""Attempts to destroy what may not be destroyed, each refused or detected, on every channel (R2).

A row of the table is one attempt: what is done honestly before, what is tried, and the rules that stand in its way.
After every attempt the same is asked: a rule of the table refused, the refusal is an event (L8), every file is where
it was, the laws of destruction hold over the events alone, and state and chain are sound.
"""

from __future__ import annotations

import io
import os
import shutil
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from given.disposals import AT, LETTER, MONTHLY, PLAN, SERVICE, SHARE, World, stamp
from given.doors import CommandLine, Door, Library
from given.laws import Laws
from given.workbooks import saved
from openpyxl import load_workbook
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from docgen import ExcelTemplate
from office.disposal import round_trip as roundtrip
from office.disposal.papers import Around
from office.folder import SHIPPED
from retention.acts import accounts
from retention.acts import records as keeping
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.approval import Answer
from retention.errors import ConflictError, RetentionError, TamperedError
from retention.ledger import chain, checkpoints, schema
from retention.ledger.chain import Tampering
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.events import Approved, Classified, ClockVouched, Destroyed, DestroyIntended, ScheduleAdopted
from retention.rules.model import Outcome, Policy, Refused, State, Wish
from retention.rules.people import Actor, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from retention.ledger.checkpoints import Checkpoint

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


# --- who approves -------------------------------------------------------------------------------------------------


def approving(world: Site, number: str, by: str, digest: str | None = None) -> Callable[[], object]:
    wanted = world.list(number).digest if digest is None else digest
    return lambda: world.by.approve(by, number, wanted or "")


def submitted_by(world: Site, drafter: str, submitter: str) -> str:
    """A list that was drafted by one person and submitted by another."""
    record = world.file("月报.docx")
    number = disposal.draft(world.ledger, stamp(drafter), disposal.Selection(ids=(record,)), world.policy)
    world.decide(number)
    disposal.submit(world.ledger, stamp(submitter), number)
    return number


@attempt("who drafted and submitted approves, as an approver", "D1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, submitted_by(world, "wang.min", "wang.min"), "wang.min")


@attempt("who drafted approves, a colleague submitted", "D1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, submitted_by(world, "wang.min", "chen.lu"), "wang.min")


@attempt("who submitted approves, a colleague drafted", "D1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, submitted_by(world, "chen.lu", "wang.min"), "wang.min")


@attempt("who submitted returns it to himself, a colleague submits again, he approves", "D1")
def _(world: Site) -> Callable[[], object]:
    number = submitted_by(world, "chen.lu", "wang.min")
    disposal.give_back(world.ledger, stamp("wang.min"), number, "再看看")
    disposal.submit(world.ledger, stamp("chen.lu"), number)
    return approving(world, number, "wang.min")


@attempt("an archivist approves", "R1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, submitted_by(world, "wang.min", "wang.min"), "chen.lu")


@attempt("a department approves", "R1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.submitted(world.file("月报.docx")), "he.fang")


@attempt("an administrator approves", "R1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.submitted(world.file("月报.docx")), "admin")


@attempt("the service approves", "L6")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.submitted(world.file("月报.docx")), SERVICE.name)


@attempt("a typed name approves", "L6")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.submitted(world.file("月报.docx")), "赵刚")


@attempt("the proposer approves under another spelling of the name", "L6 D1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, submitted_by(world, "wang.min", "wang.min"), "Wang.Min")


@attempt("a closed account approves", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    accounts.close(world.ledger, stamp("admin"), "zhao.gang", "离职")
    return approving(world, number, "zhao.gang")


@attempt("an account whose password the administrator knows approves", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    accounts.set_password(world.ledger, stamp("admin"), "zhao.gang", "known to both of us")
    return approving(world, number, "zhao.gang")


@attempt("who lost the role approves", "R1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    accounts.change(world.ledger, stamp("admin"), "zhao.gang", roles=frozenset({Role.WITNESS}))
    return approving(world, number, "zhao.gang")


# --- what is approved ---------------------------------------------------------------------------------------------


def deciding(world: Site, number: str) -> Callable[[], object]:
    """A department says that everything may go."""
    answers = [Answer(item.record_id, Wish.DESTROY) for item in world.list(number).open_items]
    return lambda: world.by.opine("he.fang", number, answers)


@attempt("an approval of what the list was before it was returned and changed", "D2")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"), world.file("计划.docx", key=PLAN))
    stale = world.list(number).digest or ""
    disposal.give_back(world.ledger, stamp("zhao.gang"), number, "计划要留")
    plan = world.list(number).items[-1].record_id
    disposal.opine(world.ledger, stamp(), number, [Answer(plan, Wish.PERMANENT, "留存")])
    disposal.submit(world.ledger, stamp(), number)
    return approving(world, number, "zhao.gang", stale)


@attempt("an approval of nothing in particular", "D2")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.submitted(world.file("月报.docx")), "zhao.gang", "")


@attempt("an approval of a draft", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.drafted(world.file("月报.docx"))
    world.decide(number)
    return approving(world, number, "zhao.gang", "0" * 64)


@attempt("a second approval of the same list, for a later cooling-off or expiry", "D1")
def _(world: Site) -> Callable[[], object]:
    return approving(world, world.approved(world.file("月报.docx")), "zhao.gang")


@attempt("a list on which nobody decided", "D9")
def _(world: Site) -> Callable[[], object]:
    number = world.drafted(world.file("月报.docx"))
    return lambda: world.by.submit("chen.lu", number)


@attempt("a list on which one decision is missing", "D9")
def _(world: Site) -> Callable[[], object]:
    number = world.drafted(world.file("月报.docx"), world.file("月报二.docx"))
    first = world.list(number).items[0].record_id
    disposal.opine(world.ledger, stamp(), number, [Answer(first, Wish.DESTROY)])
    return lambda: world.by.submit("chen.lu", number)


@attempt("another opinion after the list was frozen", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    return deciding(world, number)


@attempt("another department decides", "R1")
def _(world: Site) -> Callable[[], object]:
    accounts.change(world.ledger, stamp("admin"), "he.fang", department="工程维修部")
    number = world.drafted(world.file("月报.docx"))
    return deciding(world, number)


@attempt("a row is struck out after approval, to destroy the rest with another digest", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"), world.file("月报二.docx"))
    first = world.list(number).items[0].record_id
    return lambda: world.by.strike("chen.lu", number, [first])


# --- what may be listed -------------------------------------------------------------------------------------------


def drafting(world: Site, *ids: str, days: float = 0) -> Callable[[], object]:
    return lambda: world.by.draft("chen.lu", ids, days)


@attempt("a paper that proves a disposal is listed", "D12")
def _(world: Site) -> Callable[[], object]:
    return drafting(world, world.file("销毁证明.docx", proof=True))


@attempt("a record without a class is listed", "D4")
def _(world: Site) -> Callable[[], object]:
    return drafting(world, world.file("扫描件.pdf", key=None))


@attempt("a record without a known term is listed", "D4")
def _(world: Site) -> Callable[[], object]:
    return drafting(world, world.file("来函.docx", key=LETTER))


@attempt("a record of a class that no schedule knows is listed", "D4")
def _(world: Site) -> Callable[[], object]:
    return drafting(world, world.file("别的.docx", key="QG-XX-99"))


@attempt("a record is listed on the last day it is kept", "D4")
def _(world: Site) -> Callable[[], object]:
    return drafting(world, world.file("月报.docx", year=2024), days=38)  # 31 December 2026


@attempt("a held record is listed", "D3")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.hold("H1", record)
    return drafting(world, record)


@attempt("a record is put on two lists", "D1")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.drafted(record)
    return drafting(world, record)


@attempt("a held record is hidden among others that are due", "D3")
def _(world: Site) -> Callable[[], object]:
    held = world.file("冻结.docx")
    world.hold("H1", held)
    return drafting(world, world.file("月报.docx"), held, world.file("月报二.docx"))


def adopted(world: World, months: int, number: int = 2) -> None:
    """A version of the schedule in which monthly reports are kept so long."""
    term = Term(TermKind.FIXED, f"{months}个月", months)
    version = ScheduleVersion(f"{number:064x}", (RecordClass(MONTHLY, MONTHLY, MONTHLY, Rule(term)),))
    world.ledger.append([Draft("schedule", ScheduleAdopted(number, version))], stamp())


@attempt("the schedule is shortened, so that something is due sooner", "D4")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx", year=2024)
    adopted(world, 12)
    return drafting(world, record)


@attempt("no cooling-off, by the settings", "D5", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    return lambda: world.by.draft("chen.lu", [record], policy=Policy(cooling_days=0))


# --- when and by whom it is executed ------------------------------------------------------------------------------


@attempt("executed before it was approved", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("executed after it was rejected", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    disposal.reject(world.ledger, stamp("zhao.gang"), number, "留")
    return lambda: execute(world, number, FIRST, count=1)


@attempt("executed after it was withdrawn", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    disposal.withdraw(world.ledger, stamp(), number, "留")
    return lambda: execute(world, number, FIRST, count=1)


@attempt("executed on the last day of the cooling-off", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, 6)


@attempt("the settings' cooling-off is shortened after the list was drafted", "D5")
def _(world: Site) -> Callable[[], object]:
    """What was in force when it was drafted stands in the list."""
    number = replace(world, policy=Policy(cooling_days=20)).approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("executed on the day after the approval's last", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, 31)


@attempt("an approval is used a second time", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    run(world, number, FIRST)
    run(world, number, SECOND)
    world.file("月报.docx")  # the same content, filed again
    return lambda: execute(world, number, SECOND, count=1)


@attempt("executed by the approver who is no archivist", "R1")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, by="zhao.gang")


@attempt("executed by the service", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, by=SERVICE.name)


@attempt("executed by an account closed since", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    accounts.close(world.ledger, stamp("admin", 1), "chen.lu", "离职")
    return lambda: execute(world, number, FIRST)


@attempt("the count is not typed rightly", "R4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"), world.file("月报二.docx"))
    return lambda: execute(world, number, FIRST, count=1)


@attempt("the list's inner id is typed in place of its number", "R4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, typed=world.list(number).id)


@attempt("the clock is set back behind the last event", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    world.file("新的.docx")
    return lambda: execute(world, number, -0.05)


@attempt("the clock is set far ahead, past the cooling-off", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    world.ledger.append([Draft("clock", ClockVouched("对过表"))], stamp())
    return lambda: execute(world, number, FIRST)


@attempt("an approval dated by a clock far ahead", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    world.ledger.append([Draft("clock", ClockVouched("对过表"))], stamp())
    digest = world.list(number).digest or ""
    return lambda: world.by.approve("zhao.gang", number, digest, 20)


# --- what lies at the place ---------------------------------------------------------------------------------------


def approved_file(world: Site, path: str = "2022/月报.docx") -> tuple[str, Path]:
    number = world.approved(world.file(path))
    return number, world.root / path


@attempt("the file is edited after approval", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.write_bytes(b"something that must be kept")
    return lambda: execute(world, number, FIRST)


@attempt("the file is edited after approval, size and times put back", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    before, content = place.stat(), place.read_bytes()
    place.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    return lambda: execute(world, number, FIRST)


@attempt("a symbolic link to something else lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.unlink()
    place.symlink_to(world.root / "2022/别的.docx")
    return lambda: execute(world, number, FIRST)


@attempt("a symbolic link to the very content lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.rename(world.root / "elsewhere.docx")
    place.symlink_to(world.root / "elsewhere.docx")
    return lambda: execute(world, number, FIRST)


@attempt("the file is there under another case of its name", "D6 D11 W4", remembered=False)
def _(world: Site) -> Callable[[], object]:
    """It is not at its place, and that is told; the list waits for a scan to find where it went."""
    number, place = approved_file(world, "2022/Report.docx")
    place.rename(place.with_name("REPORT.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("the file has a second name", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    os.link(place, world.root / "second name.docx")
    return lambda: execute(world, number, FIRST)


@attempt("a folder lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    content = place.read_bytes()
    place.unlink()
    place.mkdir()
    (place / "within.docx").write_bytes(content)
    return lambda: execute(world, number, FIRST)


@attempt("a pipe lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.unlink()
    os.mkfifo(place)
    return lambda: execute(world, number, FIRST)


@attempt("its folder is a link to a folder outside the share", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world, "2021/月报.docx")
    outside = world.root.parent / "outside"
    place.parent.rename(outside)
    place.parent.symlink_to(outside)
    return lambda: execute(world, number, FIRST)


@attempt("a path that leads out of the share", "D6")
def _(world: Site) -> Callable[[], object]:
    (world.root.parent / "secret.docx").write_bytes(b"secret")
    number = world.approved(world.file("../secret.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("an absolute path", "D6")
def _(world: Site) -> Callable[[], object]:
    place = world.root.parent / "absolute.docx"
    number = world.approved(world.file(str(place)))
    assert place.exists()
    return lambda: execute(world, number, FIRST)


@attempt("a path into another list's quarantine", "D6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file(f"{QUARANTINE}/2026-000/7.1"))
    return lambda: execute(world, number, FIRST)


@attempt("the quarantine is a link to somewhere else", "W8 D6")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    (world.root.parent / "elsewhere").mkdir()
    (world.root / QUARANTINE).symlink_to(world.root.parent / "elsewhere")
    return lambda: execute(world, number, FIRST)


@attempt("the share is another one, empty", "W8")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    empty = world.root.parent / "empty"
    empty.mkdir()
    return lambda: execute(world, number, FIRST, roots={SHARE: empty})


@attempt("the share is another one, with a copy of the file and nothing else of it", "W8")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    other = world.root.parent / "other"
    (other / "2022").mkdir(parents=True)
    shutil.copy2(place, other / "2022")
    return lambda: execute(world, number, FIRST, roots={SHARE: other})


@attempt("the share is left out of the settings", "W8")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    return lambda: execute(world, number, FIRST, roots={})


@attempt("the record is said to lie at another document's place", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    """The wrong file is moved under the approved name: its content is not what was approved."""
    number, place = approved_file(world)
    place.rename(world.root / "weggelegt.docx")
    (world.root / "2022/别的.docx").rename(place)
    return lambda: execute(world, number, FIRST)


# --- in the last moment -------------------------------------------------------------------------------------------


def acting(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Do it once, when the run has come this far."""
    waiting = [act]

    def told(reached: str) -> None:
        if reached == point and waiting:
            waiting.pop()()

    return told


@attempt("a hold after approval", "D3 R4 D1")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record, world.file("月报二.docx"))
    world.hold("H1", record, days=1)
    disposal.withdraw(world.ledger, stamp(days=2), number, "冻结")
    return lambda: execute(world, number, FIRST, count=2)


@attempt("a hold on what lies in quarantine", "D3")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record)
    run(world, number, FIRST)
    world.hold("H1", record, days=FIRST + 1)
    return lambda: execute(world, number, SECOND)


def replacing_at(point: str, day: float) -> Callable[[Site], Callable[[], object]]:
    """Another content is put where the file lies at that moment."""

    def prepare(world: Site) -> Callable[[], object]:
        number, place = approved_file(world)
        if day == SECOND:
            run(world, number, FIRST)
        inside = world.root / QUARANTINE

        def exchange() -> None:
            waiting = [path for path in inside.rglob("*") if path.is_file()] if day == SECOND else [place]
            for path in waiting:
                path.rename(world.root.parent / "taken aside.docx")
                path.write_bytes(b"something that must be kept")

        return lambda: run(world, number, day, at=acting(point, exchange))

    return prepare


attempt("the content is replaced between intent and move", "D6 D1 W3", doors="library")(replacing_at("intended", FIRST))
attempt("the content is replaced in quarantine", "D6 D1 W3", doors="library")(replacing_at("checking", SECOND))


@attempt("what lies in quarantine is given a second name", "D6", doors="library")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    run(world, number, FIRST)

    def link() -> None:
        (waiting,) = [path for path in (world.root / QUARANTINE).rglob("*") if path.is_file()]
        os.link(waiting, world.root.parent / "second name.docx")

    return lambda: run(world, number, SECOND, at=acting("checking", link))


@attempt("the schedule is lengthened after approval", "D4")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    adopted(world, 120)
    return lambda: execute(world, number, FIRST)


@attempt("the class becomes one without a known term while it lies in quarantine", "D4")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    run(world, number, FIRST)
    blank = RecordClass(MONTHLY, MONTHLY, MONTHLY, Rule(Term(TermKind.UNREADABLE, "见合同")))
    world.ledger.append([Draft("schedule", ScheduleAdopted(2, ScheduleVersion("2" * 64, (blank,))))], stamp(days=9))
    return lambda: execute(world, number, SECOND)


# --- said to be gone ----------------------------------------------------------------------------------------------


def by_hand(world: Site, number: str) -> Callable[[], object]:
    return lambda: world.by.by_hand("chen.lu", FIRST, order(world, number))


@attempt("a file is said to be destroyed by hand, and is there", "D11")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    return by_hand(world, number)


@attempt("what no approval covers is said to be destroyed by hand", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    return by_hand(world, number)


@attempt("a held file is said to be destroyed by hand", "D1 D2 R4 D3")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record, world.file("月报二.docx"))
    world.hold("H1", record, days=1)
    wanted = order(world, number, count=1)
    return lambda: world.by.by_hand("chen.lu", FIRST, wanted, [record])


# --- around the rules, by the ledger's own door -------------------------------------------------------------------


@attempt("an intent is written without an approval", "L1 D1", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    intent = Draft(record, DestroyIntended("1", world.list(world.drafted(record)).items[0].digest, 1))
    return lambda: world.ledger.commit(lambda _view: [intent], stamp(), attempt=intent)


@attempt("a record is approved with another digest", "D1 D2", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    found = world.list(world.submitted(record))
    wrong = Draft(record, Approved(found.id, "f" * 64))
    return lambda: world.ledger.commit(lambda _view: [wrong], stamp("zhao.gang"), attempt=wrong)


@attempt("a record on a list is given another class", "L1", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.drafted(record)
    other = Draft(record, Classified(PLAN))
    return lambda: world.ledger.commit(lambda _view: [other], stamp(), attempt=other)


@attempt("a destruction is written that was never intended", "L1 D7", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.approved(record)
    done = Draft(record, Destroyed(Outcome.REMOVED, 1))
    return lambda: world.ledger.commit(lambda _view: [done], stamp(), attempt=done)


# --- who witnesses ------------------------------------------------------------------------------------------------


def executed(world: Site, drafter: str = "chen.lu", executor: str = "chen.lu") -> str:
    number = submitted_by(world, drafter, drafter)
    disposal.approve(world.ledger, stamp("zhao.gang"), number, world.list(number).digest or "")
    for day in (FIRST, SECOND):
        Library(world).execute(executor, day, order(world, number), world.roots)
    return number


def signing(world: Site, number: str, by: str) -> Callable[[], object]:
    return lambda: world.by.witness(by, SECOND + 1, number)


@attempt("the executor witnesses", "D13")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world, executor="wang.min"), "wang.min")


@attempt("the proposer witnesses", "D13")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world, drafter="wang.min"), "wang.min")


@attempt("the same witness signs twice", "D13")
def _(world: Site) -> Callable[[], object]:
    number = executed(world)
    signing(world, number, "li.hua")()
    return signing(world, number, "li.hua")


@attempt("somebody who is no witness signs", "R1")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world), "he.fang")


@attempt("a witness signs before anything was executed", "D13 D1")
def _(world: Site) -> Callable[[], object]:
    return signing(world, world.approved(world.file("月报.docx")), "li.hua")


# --- the test of them all -----------------------------------------------------------------------------------------


def safe(world: World) -> set[bytes]:
    """The contents that lie anywhere below the share's own folder, whatever they are called."""
    around = world.root.parent
    own = ("office", "ledger.db", "ledger.db-wal", "ledger.db-shm")
    files = (path for path in around.rglob("*") if path.is_file() and path.relative_to(around).parts[0] not in own)
    return {path.read_bytes() for path in files}


@pytest.mark.parametrize("tried", ATTEMPTS, ids=lambda each: each.name)
def test_an_attempt_is_refused_and_remembered(site: Site, tried: Attempt) -> None:
    """R2, L8 and the rules of the table, by the library and on the command line."""
    world = site if tried.doors == "both" else replace(site, door=Library(site))
    trying = tried.prepare(world)
    there, destroyed = safe(world), kinds(world).count(Destroyed.kind)
    found = rules_of(trying)
    assert found & tried.letters, f"{tried.rules} should refuse it; {found or 'nothing'} did"
    assert kinds(world).count(Destroyed.kind) == destroyed
    assert there <= safe(world), "every content is still somewhere"
    told = {rule for _act, rules in world.refusals() for rule in rules}
    undone = {"destroy.aborted", "destroy.restored"} & {*kinds(world)}
    # Nobody, another list typed, a row that is not there: that comes to no act of the ledger.
    slip = isinstance(world.door, CommandLine) and bool(found & {"L6", "R4", "D2"})
    assert bool(told & tried.letters or undone) is tried.remembered or slip
    assert broken_laws(world) == []
    assert world.differences() == []
    assert world.ledger.verify().sound


def test_the_table_is_long_and_says_everything_once() -> None:
    names = [each.name for each in ATTEMPTS]
    assert len(names) == len(set(names)) >= 60
    assert {rule for each in ATTEMPTS for rule in each.letters} >= {
        *("D1", "D2", "D3", "D4", "D5", "D6", "D9", "D12", "D13", "L6", "R1", "R4", "T4"),
    }


def test_the_honest_way_leads_through(world: Site) -> None:
    """Else a table of refusals would prove nothing."""
    record = world.file("2022/月报.docx")
    number = world.approved(record)
    run(world, number, FIRST)
    assert not (world.root / "2022/月报.docx").exists()
    run(world, number, SECOND)
    for name in ("li.hua", "sun.yi"):
        signing(world, number, name)()
    with world.ledger.read() as view:
        assert view.records_by_id([record])[record].state is State.CLOSED
    assert broken_laws(world) == []
    assert world.differences() == []


# --- a hold, whenever it comes (D3) -------------------------------------------------------------------------------

POINTS = {
    FIRST: ("begun", "intended", "moved", "moved.synced", "hashed", "quarantined"),
    SECOND: ("checking", "checked"),
}
POINTS[SECOND] += ("unlink.intended",)


def beside(world: World) -> World:
    """Somebody else at the same ledger."""
    return replace(world, ledger=Ledger.open(world.root.parent / "office/ledger.db"))


@pytest.mark.parametrize(("day", "point"), [(day, point) for day, points in POINTS.items() for point in points])
def test_a_hold_wins_up_to_the_last_moment(world: Site, day: int, point: str) -> None:  # D3
    record = world.file("2022/月报.docx")
    number = world.approved(record)
    if day == SECOND:
        run(world, number, FIRST)
    other = beside(world)
    run(world, number, day, at=acting(point, lambda: other.hold("H1", record, days=day)))
    other.ledger.close()
    assert (world.root / "2022/月报.docx").read_bytes() == "2022/月报.docx".encode()
    with world.ledger.read() as view:
        found = view.records_by_id([record])[record]
    assert (found.state, found.holds, found.list_id) == (State.RETAINED, {"H1"}, None)
    assert Destroyed.kind not in kinds(world)
    assert {"D1", "D3", "D5"} & rules_of(lambda: execute(world, number, SECOND, count=1))
    assert broken_laws(world) == []
    assert world.differences() == []


def test_a_hold_that_comes_while_the_file_goes_is_told_so(world: Site) -> None:  # D3, L3
    """Removal and its outcome are one turn at the ledger: the hold waits, and finds the record destroyed."""
    record = world.file("2022/月报.docx")
    number = world.approved(record)
    run(world, number, FIRST)
    other = beside(world)
    with ThreadPoolExecutor(1) as pool:
        asked: list[Future[None]] = []

        def hold() -> None:
            asked.append(pool.submit(other.hold, "H1", record, days=SECOND))

        run(world, number, SECOND, at=acting("unlink.locked", hold))
        with pytest.raises(ConflictError):
            asked[0].result()
    other.ledger.close()
    assert kinds(world).count(Destroyed.kind) == 1
    assert "hold.placed" not in kinds(world)
    assert broken_laws(world) == []


def test_an_approval_stands_when_its_approver_loses_the_role(world: Site) -> None:
    """Roles are asked for at the act. Whoever doubts an approval given before withdraws the list, or places a hold."""
    number = world.approved(world.file("2022/月报.docx"))
    accounts.change(world.ledger, stamp("admin", 1), "zhao.gang", roles=frozenset({Role.WITNESS}))
    assert run(world, number, FIRST).quarantined == 1
    run(world, number, SECOND)
    assert rules_of(signing(world, number, "zhao.gang")) == {"D13"}, "and the approver is no witness, whatever the role"


def test_only_what_everybody_wants_destroyed_goes(world: Site) -> None:  # D9, R5
    """Of a list with every kind of word on it: one row refused by the approver, one kept longer, one for ever."""
    go, refused, longer, forever = (world.file(f"2022/{name}.docx") for name in ("销毁", "不批", "续存", "永久"))
    number = world.drafted(go, refused, longer, forever)
    answers = [Answer(each, Wish.DESTROY) for each in (go, refused)]
    answers += [Answer(longer, Wish.KEEP, "合同未了", Term(TermKind.FIXED, "2年", 24))]
    disposal.opine(world.ledger, stamp(), number, [*answers, Answer(forever, Wish.PERMANENT, "有价值")])
    disposal.submit(world.ledger, stamp(), number)
    digest = world.list(number).digest or ""
    disposal.approve(world.ledger, stamp("zhao.gang"), number, digest, [Refused(refused, "再议")])
    run(world, number, FIRST)
    run(world, number, SECOND)
    assert {path.name for path in (world.root / "2022").iterdir()} >= {"不批.docx", "续存.docx", "永久.docx"}
    assert not (world.root / "2022/销毁.docx").exists()
    assert kinds(world).count(Destroyed.kind) == 1
    for record in (longer, forever):
        assert rules_of(drafting(world, record, days=SECOND)) & {"D4", "D12"}
    assert broken_laws(world) == []


# --- the database itself ------------------------------------------------------------------------------------------


@pytest.fixture
def shared(target: str, tmp_path: Path) -> Iterator[Site]:
    """The same on both databases."""
    found = made(tmp_path, target)
    yield Site(found.ledger, found.root, found.policy, Library(found))
    found.ledger.close()


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


ROWS: dict[str, tuple[str, ...]] = {
    "a submitted list is made an approved one": (
        "UPDATE disposal_lists SET state = 'approved', body = replace(body, '\"submitted\"', '\"approved\"')",
        "UPDATE records SET state = 'approved' WHERE state = 'listed'",
    ),
    "a record is approved": ("UPDATE records SET state = 'approved' WHERE state = 'listed'",),
    "a record's day is put earlier": ("UPDATE records SET eligible_on = '2020-01-01' WHERE state = 'listed'",),
    "a record is another file": ("UPDATE records SET path = '2022/别的.docx' WHERE state = 'listed'",),
    "a record has another content": ("UPDATE records SET digest = '{other}' WHERE state = 'listed'",),
    "an item has another content": ("UPDATE disposal_items SET body = replace(body, '{digest}', '{other}')",),
    "an item is decided otherwise": ("UPDATE disposal_items SET body = replace(body, '\"permanent\"', '\"destroy\"')",),
    "the cooling-off is over": ("UPDATE disposal_lists SET body = replace(body, '2026-11-30', '2026-11-23')",),
    "the approval never ends": ("UPDATE disposal_lists SET body = replace(body, '2026-12-23', '2036-12-23')",),
    "a proof is none": ("UPDATE records SET proof = false WHERE proof",),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_written_by_hand_destroys_nothing(shared: Site, name: str) -> None:  # L1, D1, D2, D5
    """Found by replaying the events, and refused where it would be relied on."""
    world = shared
    record, proof = world.file("2022/月报.docx"), world.file("证明.docx", proof=True)
    kept = world.file("2022/月报二.docx")
    approves = name in {"the cooling-off is over", "the approval never ends"}
    number = world.drafted(record, kept)
    answers = [Answer(record, Wish.DESTROY), Answer(kept, Wish.PERMANENT, "留")]
    disposal.opine(world.ledger, stamp(), number, answers)
    disposal.submit(world.ledger, stamp(), number)
    if approves:
        disposal.approve(world.ledger, stamp("zhao.gang"), number, world.list(number).digest or "")
    values = {"digest": world.list(number).items[0].digest, "other": "f" * 64}
    by_sql(
        world,
        *(
            statement.replace("{digest}", values["digest"]).replace("{other}", values["other"])
            for statement in ROWS[name]
        ),
    )
    before = safe(world)
    assert world.differences()
    digest = values["digest"]
    tries: list[Callable[[], object]] = [
        lambda: disposal.approve(world.ledger, stamp("zhao.gang"), number, digest),
        lambda: execute(world, number, 0 if approves else FIRST, count=1),
        lambda: execute(world, number, 40 if approves else SECOND, count=1),
        drafting(world, proof),
        drafting(world, record),
    ]
    for trying in tries:
        with pytest.raises(RetentionError):
            trying()
    assert safe(world) == before
    assert Destroyed.kind not in kinds(world)
    assert DestroyIntended.kind not in kinds(world)


def test_taking_the_latest_schedule_out_of_its_table_brings_no_day_forward(shared: Site) -> None:  # L1, D4
    """And the days of all records with it, as if it had never been adopted."""
    world = shared
    record = world.file("2022/月报.docx")
    adopted(world, 120)
    assert rules_of(drafting(world, record)) == {"D4"}
    with world.ledger._engine.begin() as connection:
        connection.execute(text("DELETE FROM adoptions WHERE number = 2"))
        connection.execute(schema.records.update().values(eligible_on=date(2025, 1, 1)))
    assert world.differences()
    with pytest.raises(RetentionError):
        drafting(world, record)()


def test_a_hold_taken_out_of_its_table_still_holds(shared: Site) -> None:  # L1, D3
    world = shared
    record = world.file("2022/月报.docx")
    world.hold("H1", record)
    by_sql(world, "DELETE FROM record_holds")
    assert world.differences()
    with pytest.raises(TamperedError):
        world.approved(record)


def test_events_are_not_changed_while_the_triggers_stand(shared: Site) -> None:  # L5
    world = shared
    record = world.file("2022/月报.docx")
    statements = [
        "UPDATE events SET body = body WHERE seq = 3",
        "DELETE FROM events WHERE seq = 3",
        "DELETE FROM events",
        "INSERT INTO events SELECT seq, subject, kind, body, hash FROM events WHERE seq = 3",
        "UPDATE head SET seq = 1",
        "DELETE FROM head",
    ]
    if world.ledger._engine.dialect.name == "sqlite":
        statements.append("INSERT OR REPLACE INTO events SELECT seq, subject, kind, body, hash FROM events")
    for statement in statements:
        with pytest.raises(DBAPIError):
            by_sql(world, statement)
    assert world.ledger.verify().sound
    assert world.differences() == []
    assert record


def checkpoint(world: World) -> Checkpoint:
    """Signed, and kept where the database is not."""
    with world.ledger.read() as view:
        return checkpoints.sign(view.head, AT, KEY)


def links(world: World) -> list[chain.Link]:
    with world.ledger.read() as view:
        return list(view.links())


def rewritten(world: World, bodies: list[bytes]) -> None:
    """Another history in place, with a chain and a head that are sound in themselves, and rows that agree with it."""
    unguarded(world)
    forged = list(chain.chained(chain.NOTHING, bodies))
    with world.ledger._engine.begin() as connection:
        for table in (schema.events, *schema.PROJECTIONS):
            connection.execute(table.delete())
        connection.execute(schema.head.update().values(seq=0, hash=bytes(32)))
    world.ledger.restore(forged)


def test_an_approval_forged_into_a_rewritten_chain_is_detected(shared: Site) -> None:  # L2
    """Sound in itself, rows and all; only a checkpoint kept elsewhere shows it. That is why there are checkpoints."""
    world = shared
    number = world.submitted(world.file("2022/月报.docx"))
    digest = world.list(number).digest or ""
    disposal.give_back(world.ledger, stamp("zhao.gang"), number, "不同意")
    point = checkpoint(world)
    honest = [link.body for link in links(world)]
    assert world.ledger.verify([point], KEY.public_key()).sound
    forged = [body for body in honest if b"list.returned" not in body]
    rewritten(world, forged)
    approving(world, number, "zhao.gang", digest)()
    assert world.ledger.verify().sound
    assert world.differences() == []
    findings = world.ledger.verify([point], KEY.public_key()).findings
    assert {finding.fault for finding in findings} == {Tampering.REPLACED}


def test_an_older_database_put_back_is_detected(tmp_path: Path) -> None:  # L2
    """To use an approval a second time, or to be rid of a hold."""
    world = World.made(str(tmp_path / "ledger.db"), tmp_path / "share")
    world.file("2022/别的.docx")
    record = world.file("2022/月报.docx")
    number = world.approved(record)
    world.ledger.close()
    shutil.copy(tmp_path / "ledger.db", tmp_path / "older.db")
    world = replace(world, ledger=Ledger.open(tmp_path / "ledger.db"))
    world.hold("H1", record, days=1)
    point = checkpoint(world)
    world.ledger.close()
    shutil.copy(tmp_path / "older.db", tmp_path / "ledger.db")
    world = replace(world, ledger=Ledger.open(tmp_path / "ledger.db"))
    faults = {finding.fault for finding in world.ledger.verify([point], KEY.public_key()).findings}
    assert faults == {Tampering.SHORTENED}
    run(world, number, FIRST)
    faults = {finding.fault for finding in world.ledger.verify([point], KEY.public_key()).findings}
    assert faults == {Tampering.REPLACED}
    world.ledger.close()


def test_a_stored_password_exchanged_by_sql_logs_nobody_in(shared: Site) -> None:  # L6
    world = shared
    accounts.set_password(world.ledger, stamp("wang.min"), "wang.min", "known to wang only")
    accounts.set_password(world.ledger, stamp("zhao.gang"), "zhao.gang", "known to zhao only")
    stolen = "(SELECT secret FROM credentials WHERE account = 'account/wang.min')"
    by_sql(world, f"UPDATE credentials SET secret = {stolen} WHERE account = 'account/zhao.gang'")
    with pytest.raises(TamperedError):
        accounts.login(world.ledger, "zhao.gang", "known to wang only", replace(stamp(), actor=SERVICE))
    assert world.differences()


def test_a_role_given_by_sql_approves_nothing(shared: Site) -> None:  # L6, R1
    world = shared
    number = world.submitted(world.file("2022/月报.docx"))
    by_sql(world, "UPDATE accounts SET roles = 'approver witness' WHERE name = 'sun.yi'")
    with pytest.raises(TamperedError):
        approving(world, number, "sun.yi")()
    assert world.differences()


# --- the workbook that departments fill in ------------------------------------------------------------------------

TEMPLATE = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx")
AROUND = Around("服务中心", "物业公司", "项目", "A/0", {})
HEAD = 6
"""The first row of the list on the sheet."""


def sent(world: World, number: str) -> bytes:
    return TEMPLATE.render(roundtrip.context(AROUND, world.list(number)))


def worked_in(content: bytes, change: Callable[[Any], object]) -> bytes:
    book = load_workbook(io.BytesIO(content))
    change(book.worksheets[0])
    return saved(book)


def put(row: int, title: str, value: object) -> Callable[[Any], None]:
    def change(sheet: Any) -> None:
        sheet.cell(HEAD + row - 1, roundtrip.TITLES.index(title) + 1).value = value

    return change


def in_two(change: Callable[[Any], object]) -> Callable[[Site], Callable[[], object]]:
    """A draft of two rows comes back with the first decided, and something else done to it."""

    def prepare(world: Site) -> Callable[[], object]:
        number = world.drafted(world.file("月报.docx"), world.file("月报二.docx"))
        content = worked_in(worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁")), change)
        return lambda: world.by.take_back("he.fang", content)

    return prepare


def copied_row(sheet: Any) -> None:
    for column in range(1, len(roundtrip.TITLES) + 1):
        sheet.cell(HEAD + 2, column).value = sheet.cell(HEAD, column).value


def stale(world: Site) -> Callable[[], object]:
    """A record was struck out, and another one taken in by a new draft: the old workbook is of another list."""
    first, second = world.file("月报.docx"), world.file("月报二.docx")
    number = world.drafted(first, second)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
    disposal.withdraw(world.ledger, stamp(), number, "重拟")
    world.drafted(first)
    return lambda: world.by.take_back("he.fang", content)


def frozen(world: Site) -> Callable[[], object]:
    number = world.drafted(world.file("月报.docx"))
    world.decide(number, Wish.DESTROY)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "永久"))
    content = worked_in(content, put(1, roundtrip.REASON, "改主意"))
    disposal.submit(world.ledger, stamp(), number)
    return lambda: world.by.take_back("he.fang", content)


def overtaken(world: Site) -> Callable[[], object]:
    """An old workbook that says 销毁 is sent in again after an archivist decided 永久."""
    record = world.file("月报.docx")
    number = world.drafted(record)
    content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
    disposal.opine(world.ledger, stamp(), number, [Answer(record, Wish.PERMANENT, "有诉讼")])
    return lambda: world.by.take_back("he.fang", content)


def by_nobody(by: str) -> Callable[[Site], Callable[[], object]]:
    def prepare(world: Site) -> Callable[[], object]:
        number = world.drafted(world.file("月报.docx"))
        content = worked_in(sent(world, number), put(1, roundtrip.WISH, "销毁"))
        return lambda: world.by.take_back(by, content)

    return prepare


WORKBOOKS: dict[str, tuple[str, Callable[[Site], Callable[[], object]]]] = {
    "a formula decides": ("R3", in_two(put(2, roundtrip.WISH, '=IF(1=1,"销毁","永久")'))),
    "a formula gives the reason": ("R3", in_two(put(2, roundtrip.REASON, "=A1"))),
    "a row is there twice": ("R3", in_two(copied_row)),
    "a row is missing": ("R3", in_two(lambda sheet: sheet.delete_rows(HEAD + 1))),
    "a row is of no list": ("R3", in_two(put(2, roundtrip.TOKEN, "0" * 20))),
    "a row is another record": ("R3", in_two(put(2, roundtrip.LOCKED["title"], "别的文件"))),
    "a row has another last day": ("R3", in_two(put(2, roundtrip.LOCKED["kept_until"], "2020-12-31"))),
    "a decision is none": ("R3", in_two(put(2, roundtrip.WISH, "同意"))),
    "kept longer without a reason": ("R5", in_two(put(2, roundtrip.WISH, "永久"))),
    "a term without a decision": ("D9", in_two(put(2, roundtrip.TERM, "2年"))),
    "a term is no certain one": (
        "R5",
        in_two(lambda sheet: put(2, roundtrip.WISH, "续存")(sheet) or put(2, roundtrip.TERM, "长期")(sheet)),
    ),
    "a name is typed where people approve": ("R3", in_two(put(2, roundtrip.WISH, "已批准 赵刚"))),
    "the workbook of a list that was drafted anew": ("R3 D1", stale),
    "a decision is changed after the list was frozen": ("D1", frozen),
    "an old workbook is sent in over a newer decision": ("R3", overtaken),
    "an approver sends it in": ("R1", by_nobody("zhao.gang")),
    "a witness sends it in": ("R1", by_nobody("li.hua")),
    "a typed name sends it in": ("L6", by_nobody("何芳")),
}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_that_is_not_honest_changes_nothing(site: Site, name: str) -> None:  # R2, R3
    rules, prepare = WORKBOOKS[name]
    world = site
    trying = prepare(world)
    before = [kind for kind in kinds(world) if kind not in {"act.refused", "session.begun"}]
    assert rules_of(trying) & {*rules.split()}
    assert [kind for kind in kinds(world) if kind not in {"act.refused", "session.begun"}] == before
    assert world.differences() == []


def test_a_workbook_taken_back_twice_changes_nothing_the_second_time(site: Site) -> None:  # R3
    number = site.drafted(site.file("月报.docx"))
    content = worked_in(sent(site, number), put(1, roundtrip.WISH, "销毁"))
    site.by.take_back("he.fang", content)
    assert site.list(number).items[0].decision is Wish.DESTROY
    before = kinds(site).count("record.appraised")
    site.by.take_back("he.fang", content)
    assert kinds(site).count("record.appraised") == before == 1


def test_a_workbook_replayed_onto_the_next_list_of_the_same_record_decides_nothing(site: Site) -> None:  # R3
    record = site.file("月报.docx")
    number = site.drafted(record)
    content = worked_in(sent(site, number), put(1, roundtrip.WISH, "销毁"))
    site.by.take_back("he.fang", content)
    disposal.withdraw(site.ledger, stamp(), number, "重拟")
    again = site.drafted(record)
    rules_of(lambda: site.by.take_back("he.fang", content))
    assert again != number
    assert site.list(again).items[0].decision is None


# --- what only a command line has ---------------------------------------------------------------------------------


@pytest.fixture
def line(world: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    return CommandLine.of(world, tmp_path / "office", monkeypatch)


def test_a_session_that_has_run_out_destroys_nothing(line: CommandLine) -> None:  # L6
    world = line.world
    number = world.approved(world.file("月报.docx"))
    begun = line.session("chen.lu", FIRST)
    told = ("execute", number, "--confirm", number, "1")
    assert rules_of(lambda: line.run(begun, FIRST + 0.4, *told)) == {"L6"}
    assert rules_of(lambda: line.run("", FIRST, *told)) == {"L6"}
    assert DestroyIntended.kind not in kinds(world)
    line.run(begun, FIRST + 0.3, *told)
    assert DestroyIntended.kind in kinds(world)


def test_settings_without_a_cooling_off_are_refused(line: CommandLine) -> None:  # D5
    world = line.world
    record = world.file("月报.docx")
    for value in ("cooling_days = 0", "cooling_days = -1", "approval_days = 3"):
        settings = (line.folder / "guidang.toml").read_text(encoding="utf-8")
        (line.folder / "guidang.toml").write_text(f"{settings}\n[disposal]\n{value}\n", encoding="utf-8")
        with pytest.raises(RetentionError):
            line.draft("chen.lu", [record])
        (line.folder / "guidang.toml").write_text(settings, encoding="utf-8")
    assert "list.drafted" not in kinds(world)


def test_a_hold_whose_event_is_filed_elsewhere_still_holds(line: CommandLine) -> None:  # L1, D3
    """The chain is sound, for it is over what was said; changed are the event's columns, and the rows as they were."""
    world = line.world
    record = world.file("月报.docx")
    number = world.approved(record)
    before = rows_of(world, "records"), rows_of(world, "disposal_items")
    world.hold("H1", record, days=1)
    unguarded(world)
    by_sql(world, "UPDATE events SET subject = '1' WHERE kind = 'record.held'", "DELETE FROM record_holds")
    with world.ledger._engine.begin() as connection:
        for table, kept in zip((schema.records, schema.disposal_items), before, strict=True):
            connection.execute(table.delete())
            connection.execute(table.insert(), kept)
    assert world.ledger.verify().sound
    assert len(world.differences()) == 1
    assert rules_of(lambda: line.execute("chen.lu", FIRST, order(world, number), world.roots)) == {"L2"}
    assert DestroyIntended.kind not in kinds(world)


def rows_of(world: World, name: str) -> list[dict[str, Any]]:
    with world.ledger._engine.connect() as connection:
        return [dict(row) for row in connection.execute(schema.metadata.tables[name].select()).mappings()]


def test_another_list_typed_than_the_one_named_is_not_executed(line: CommandLine) -> None:  # R4
    world = line.world
    one, other = world.approved(world.file("月报.docx")), world.approved(world.file("月报二.docx"))
    session = line.session("chen.lu", FIRST)
    assert rules_of(lambda: line.run(session, FIRST, "execute", one, "--confirm", other, "1")) == {"R4"}
    assert DestroyIntended.kind not in kinds(world)


def test_a_few_letters_of_a_digest_approve_nothing(line: CommandLine) -> None:  # D2
    """A list can be made to begin like another one: an hour's work for eight letters, too long for sixteen."""
    world = line.world
    number = world.submitted(world.file("月报.docx"))
    digest = world.list(number).digest or ""
    for typed in (digest[:8], digest[:15], digest[:8] * 2, digest + "0", ""):
        assert rules_of(lambda typed=typed: line.approve("zhao.gang", number, typed)) == {"D2"}
    line.approve("zhao.gang", number, digest[:16].upper())
    assert world.list(number).approval is not None


# --- the clock (T4) -----------------------------------------------------------------------------------------------


def test_an_event_written_by_a_clock_set_back_does_not_make_it_right(site: Site) -> None:  # T4
    """Its approval has expired; a clock set back to before that, and any event written by it, revives nothing."""
    number = site.approved(site.file("月报.docx"))
    site.hold("H1", site.file("以后的.docx"), days=40)
    site.hold("H2", site.file("又一份.docx"), days=20)
    assert rules_of(lambda: execute(site, number, 20)) == {"T4"}
    assert "D5" in rules_of(lambda: execute(site, number, 41, count=1))
    assert DestroyIntended.kind not in kinds(site)


@pytest.mark.parametrize("days", [-2, 2, FIRST, 400])
def test_a_day_cannot_be_given_beside_the_instant(days: int) -> None:  # T4, D5
    """The clock is held against the ledger: the day that cooling-off is counted by follows from it."""
    with pytest.raises(ValueError, match="business date"):
        Stamp(AT, AT.date() + timedelta(days=days), Actor("chen.lu"))


def test_a_vouch_that_was_refused_vouches_for_nothing(site: Site) -> None:  # T4, R1
    number = site.approved(site.file("月报.docx"))
    keeping.vouch(site.ledger, stamp(), "对过表")
    for name in ("zhao.gang", "he.fang", "nobody"):
        assert rules_of(lambda name=name: keeping.vouch(site.ledger, stamp(name, FIRST), "相信我")) & {"R1", "L6"}
    assert rules_of(lambda: execute(site, number, FIRST)) == {"T4"}
    keeping.vouch(site.ledger, stamp(days=FIRST), "对过表")
    execute(site, number, FIRST)
    assert DestroyIntended.kind in kinds(site)
