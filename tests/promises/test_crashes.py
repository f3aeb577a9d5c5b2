"""Processes that destroy are killed, really (SIGKILL), wherever they can be; then all is accounted for: D7.

A forked child executes a list whose items meet with everything that can happen: files that go, one edited before, one
edited in quarantine, one held in the last moment. It is killed at a point it passes; the next run finds out what became
of each attempt. ``GUIDANG_SOAK=1`` does a thousand random kills on each database.
"""

from __future__ import annotations

import os
import random
import signal
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from given.disposals import World, stamp
from given.laws import Laws

from foundation.temporary_files import QUARANTINE
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.approval import Answer, Selection
from retention.disposal.execution import Order
from retention.ledger.ledger import Ledger
from retention.rules.events import Destroyed, DestroyIntended, UnlinkIntended
from retention.rules.model import ListState, Outcome, Policy, Wish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import date
    from pathlib import Path

RANDOM = 1_000 if os.environ.get("GUIDANG_SOAK") else 20
QUICK = Policy(cooling_days=1, approval_days=30, quarantine_days=0)
OUTCOMES = {"destroy.done", "destroy.aborted", "destroy.restored"}

POINTS = (
    *("begun", "intent.writing", "intent", "intended", "moved", "moved.synced", "hashed"),
    *("put_back", "put_back.synced", "quarantined.writing", "quarantined", "checking", "checked"),
    *("unlink.intended.writing", "unlink.intended", "restored.writing", "restored"),
    *("unlink.locked", "removed", "removed.synced", "destroyed.writing", "destroyed", "finished.writing", "finished"),
)
"""Every point that a run passes, in the order in which it first does; a test sees that none is missing."""


@dataclass
class Case:
    """One list, and what its process meets with."""

    world: World
    target: str
    day: int
    ids: list[str] = field(default_factory=list)
    number: str = ""

    def prepare(self) -> Case:
        """Approved: three files that go, one edited since, one to be edited in quarantine, one to be held."""
        folder = f"{self.day}"
        self.ids = [self.world.file(f"{folder}/{n}.docx") for n in range(6)]
        self.world.file(f"{folder}/不在册.docx", year=2060)
        ledger = self.world.ledger
        self.number = disposal.draft(ledger, stamp(days=self.day), Selection(ids=tuple(self.ids)), QUICK)
        disposal.opine(ledger, stamp(days=self.day), self.number, [Answer(each, Wish.DESTROY) for each in self.ids])
        digest = disposal.submit(ledger, stamp(days=self.day), self.number)
        disposal.approve(ledger, stamp("zhao.gang", self.day), self.number, digest)
        self.place(3).write_bytes(b"edited")
        return self

    def place(self, n: int) -> Path:
        return self.world.root / f"{self.day}" / f"{n}.docx"

    def inside(self, n: int) -> Path:
        return self.world.root / QUARANTINE / self.number / f"{self.ids[n]}.1"

    def run(self, ledger: Ledger, at: Callable[[str], None]) -> None:
        found = self.world.list(self.number) if ledger is self.world.ledger else _find(ledger, self.number)
        if found.state in {ListState.APPROVED, ListState.EXECUTING}:
            order = Order(self.number, len(found.open_items), "移除", "归档")
            execution.execute(ledger, stamp(days=self.day + 1), order, self.world.roots, at=at)

    def meeting(self, ledger: Ledger) -> Callable[[str], None]:
        """What happens to the files meanwhile."""

        def meet(point: str) -> None:
            if point == "quarantined" and self.inside(4).exists():
                self.inside(4).write_bytes(b"edited in quarantine")
            if point == "unlink.intended" and not _held(ledger, self.ids[5]):
                World(ledger, self.world.root).hold(f"H{self.day}", self.ids[5], days=self.day + 1)

        return meet

    def killed(self, when: Callable[[str], bool], seconds: float = 0) -> bool:
        """Execute in a child that kills itself where ``when`` says so, or that a timer ends. Was it ended?"""
        child = os.fork()
        if child == 0:
            try:
                self._in_child(when, seconds)
            finally:
                os._exit(7)
        status = os.waitpid(child, 0)[1]
        assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
        return os.WIFSIGNALED(status) and os.WTERMSIG(status) in {signal.SIGKILL, signal.SIGALRM}

    def _in_child(self, when: Callable[[str], bool], seconds: float) -> None:
        ledger = Ledger.open(self.target)
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process at once, in the middle of whatever it does
        signal.setitimer(signal.ITIMER_REAL, seconds)
        meet = self.meeting(ledger)

        def at(point: str) -> None:
            meet(point)
            if when(point):
                os.kill(os.getpid(), signal.SIGKILL)

        self.run(ledger, at)
        os._exit(0)

    def finish(self) -> None:
        """The next start, by whoever executes."""
        self.run(self.world.ledger, self.meeting(self.world.ledger))

    def check(self) -> None:
        """Exactly one honest outcome for each intent; nothing gone that was not approved, or held, or edited."""
        found = self.world.list(self.number)
        assert found.state in {ListState.EXECUTED, ListState.WITHDRAWN}
        with self.world.ledger.read() as view:
            logs = {each: [entry.event.change for entry in view.log(each)] for each in self.ids}
            records = view.records_by_id(self.ids)
        for n, each in enumerate(self.ids):
            intents = [change.attempt for change in logs[each] if isinstance(change, DestroyIntended)]
            outcomes = [change.attempt for change in logs[each] if change.kind in OUTCOMES]
            assert intents == outcomes == [1]
            assert records[each].intent is None
            assert not self.inside(n).exists()
            assert self.place(n).exists() == (records[each].outcome is None)
            if records[each].outcome is Outcome.REMOVED:
                assert [change.kind for change in logs[each][-2:]] == [UnlinkIntended.kind, Destroyed.kind]
        assert self.place(3).read_bytes() == b"edited"
        assert (self.world.root / f"{self.day}" / "不在册.docx").exists()


def _find(ledger: Ledger, number: str) -> disposal.DisposalList:
    with ledger.read() as view:
        return disposal.find(view, number)


def _held(ledger: Ledger, record_id: str) -> bool:
    with ledger.read() as view:
        record = view.record(record_id)
        return record is None or bool(record.holds) or record.outcome is not None


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def cases(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Case]]:
    """A new list on one ledger, each three days later than the one before; at the end the ledger is proved."""
    folder = tmp_path_factory.mktemp("crashes")
    target = str(folder / "ledger.db") if request.param == "sqlite" else request.getfixturevalue("postgres")()
    world, day = World.made(target, folder / "share"), [0]

    def case() -> Case:
        day[0] += 3
        return Case(world, target, day[0]).prepare()

    yield case
    assert world.differences() == []
    with world.ledger.read() as view:
        assert Laws(_eligible).through(view.log()) == []
    assert world.ledger.verify().sound
    world.ledger.close()


def _eligible(key: str | None, base: date | None) -> date | None:
    return base.replace(year=base.year + 3, month=1, day=1) if key and base else None


def test_every_point_is_passed_by_a_run_that_meets_with_everything(cases: Callable[[], Case]) -> None:
    case, passed = cases(), list[str]()
    meet = case.meeting(case.world.ledger)

    def at(point: str) -> None:
        meet(point)
        passed.append(point)

    case.run(case.world.ledger, at)
    case.check()
    assert tuple(dict.fromkeys(passed)) == POINTS
    kinds = Counter(item.left_by or str(item.outcome) for item in case.world.list(case.number).items)
    assert kinds == {"Outcome.REMOVED": 3, "destroy.aborted": 1, "destroy.restored": 2}


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_at_a_point_leaves_one_honest_outcome_for_each_intent(
    cases: Callable[[], Case], point: str
) -> None:  # D7
    case = cases()
    assert case.killed(lambda passed: passed == point)
    case.finish()
    case.check()


def test_a_removal_nobody_saw_the_end_of_is_called_unobserved(cases: Callable[[], Case]) -> None:  # D7, D11
    case = cases()
    assert case.killed(lambda passed: passed == "removed.synced")
    case.finish()
    found = [item.outcome for item in case.world.list(case.number).items if item.outcome]
    assert found == [Outcome.UNOBSERVED] * 3


def test_random_kills_leave_nothing_unexplained(cases: Callable[[], Case]) -> None:  # D1, D7
    """Killed at a point or at any instruction, and killed again while it recovers."""
    dice = random.Random(20261123)
    for _round in range(RANDOM):
        case = cases()
        while dice.random() < 0.7 and case.killed(_after(dice.randrange(1, 70)), dice.choice([0, 0.01, 0.04, 0.1])):
            pass
        case.finish()
        case.check()


def _after(count: int) -> Callable[[str], bool]:
    """Whether so many points were passed."""
    left = iter(range(count, -1_000, -1))
    return lambda _point: next(left) == 0
