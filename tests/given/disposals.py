"""A ledger with persons, a schedule and documents that lie on a real folder: what tests of disposal begin with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from foundation.period import Period
from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import RefusedError
from retention.ledger import proving
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.dates import CHINA
from retention.rules.events import Filed, Held, HoldPlaced, ScheduleAdopted
from retention.rules.model import DisposalList, Policy, Wish
from retention.rules.people import Actor, Person, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

AT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SERVICE = Actor("guidang", "0.1.0")
SHARE = "归档"
MONTHLY, PLAN, LETTER = "QG-FW-01-01", "QG-FW-02-01", "往来函件"
TERMS = {MONTHLY: Term(TermKind.FIXED, "2年", 24), PLAN: Term(TermKind.FIXED, "1年", 12), LETTER: Term(TermKind.BLANK)}
DEFAULT = Policy()
PEOPLE = {
    "chen.lu": frozenset({Role.ARCHIVIST}),
    "wang.min": frozenset({Role.ARCHIVIST, Role.APPROVER, Role.WITNESS}),
    "zhao.gang": frozenset({Role.APPROVER}),
    "li.hua": frozenset({Role.WITNESS}),
    "sun.yi": frozenset({Role.WITNESS}),
    "he.fang": frozenset({Role.DEPARTMENT}),
}

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def stamp(name: str = "chen.lu", days: float = 0) -> Stamp:
    """A person's stamp, so many days after the test begins."""
    at = AT + timedelta(days=days)
    return Stamp(at, at.astimezone(CHINA).date(), Actor(name))


@dataclass(frozen=True)
class World:
    """A ledger, the folder of its share, and what the tests do in it."""

    ledger: Ledger
    root: Path
    policy: Policy = DEFAULT

    @classmethod
    def made(cls, target: str, root: Path, policy: Policy = DEFAULT) -> World:
        """With persons and a schedule."""
        root.mkdir(parents=True, exist_ok=True)
        world = cls(Ledger.open(target), root, policy)
        service = replace(stamp(), actor=SERVICE)
        accounts.add(world.ledger, service, Person("admin", "管理员", frozenset({Role.ADMINISTRATOR})))
        for name, roles in PEOPLE.items():
            department = "客户服务部" if Role.DEPARTMENT in roles else ""
            accounts.add(world.ledger, stamp("admin"), Person(name, name.title(), roles, department))
        classes = tuple(RecordClass(key, key, key, Rule(term)) for key, term in TERMS.items())
        world.ledger.append([Draft("schedule", ScheduleAdopted(1, ScheduleVersion("0" * 64, classes)))], stamp())
        return world

    @property
    def roots(self) -> dict[str, Path]:
        return {SHARE: self.root}

    def file(
        self,
        path: str,
        content: bytes | None = None,
        *,
        key: str | None = MONTHLY,
        year: int = 2022,
        proof: bool = False,
    ) -> str:
        """Put a document on the share and into the ledger; its record's id."""
        content = path.encode() if content is None else content
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        period = Period(date(year, 1, 1), date(year, 1, 31))
        digest = sha256(content).hexdigest()
        change = Filed(SHARE, path, digest, len(content), key, period, period.last, "客户服务部", proof=proof)
        service = replace(stamp(), actor=SERVICE)
        return self.ledger.append([Draft("", change)], service)[0].event.subject

    def hold(self, hold_id: str, *record_ids: str, days: float = 0) -> None:
        held = [Draft(record_id, Held(hold_id)) for record_id in record_ids]
        self.ledger.append([Draft(hold_id, HoldPlaced("诉讼")), *held], stamp(days=days))

    def list(self, number: str) -> DisposalList:
        with self.ledger.read() as view:
            return disposal.find(view, number)

    def decide(self, number: str, wish: Wish = Wish.DESTROY, *, by: str = "chen.lu") -> None:
        """The same opinion about every row."""
        answers = [Answer(item.record_id, wish) for item in self.list(number).open_items]
        disposal.opine(self.ledger, stamp(by), number, answers)

    def submitted(self, *record_ids: str) -> str:
        """A list of these records, or of all that is due, decided and frozen."""
        number = self.drafted(*record_ids)
        self.decide(number)
        disposal.submit(self.ledger, stamp(), number)
        return number

    def drafted(self, *record_ids: str) -> str:
        selection = disposal.Selection(ids=record_ids)
        return disposal.draft(self.ledger, stamp(), selection, self.policy)

    def approved(self, *record_ids: str, days: float = 0) -> str:
        """A list approved by another person."""
        number = self.submitted(*record_ids)
        disposal.approve(self.ledger, stamp("zhao.gang", days), number, self.list(number).digest or "")
        return number

    def differences(self) -> list[str]:
        with self.ledger.read() as view:
            return [finding.message for finding in proving.differences(view)]

    def refusals(self) -> list[tuple[str, tuple[str, ...]]]:
        """What was refused, and by which rules, in the order it was tried."""
        with self.ledger.read() as view:
            return [
                (entry.event.change.act, entry.event.change.rules)
                for entry in view.log()
                if entry.event.kind == "act.refused"
            ]

    def files(self) -> set[str]:
        """Every file below the share, quarantine and all."""
        return {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}


def refused(act: Callable[..., object], *args: Any, **more: Any) -> tuple[str, ...]:
    """The rules that refused; each fault says what would allow it, and the refusal is an event (L8)."""
    ledger = next(each for each in args if isinstance(each, Ledger))
    with pytest.raises(RefusedError) as raised:
        act(*args, **more)
    assert all(problem.message and problem.hint and problem.clause for problem in raised.value.problems)
    with ledger.read() as view:
        last = view.last()
        assert last is not None
        assert last.event.kind == "act.refused"
        assert last.event.change.rules == raised.value.rules  # type: ignore[union-attr]
    return raised.value.rules
