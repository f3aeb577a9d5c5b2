"""The ways by which people get at disposal: the library, and the command line as somebody who logged in (R2).

Both do the same acts by the same names and raise what refuses them, so that one table of attempts serves both.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Protocol

from click.testing import CliRunner

import cli
from console import archive as commands
from given.disposals import SERVICE, SHARE, World, stamp
from office.archive import people
from office.disposal import round_trip as roundtrip
from office.starting import create_office
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.errors import Problem, RefusedError
from retention.ledger.ledger import Draft
from retention.rules import persons
from retention.rules.events import SessionBegun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from pathlib import Path

    import pytest

    from retention.disposal.approval import Answer
    from retention.ledger.ledger import Stamp
    from retention.rules.model import Policy


class Door(Protocol):
    """The acts. Whatever refuses one is raised as a RetentionError; what a run left out is returned."""

    def draft(self, by: str, ids: Collection[str], days: float = 0, policy: Policy | None = None) -> object: ...
    def opine(self, by: str, number: str, answers: Iterable[Answer]) -> object: ...
    def strike(self, by: str, number: str, ids: Collection[str]) -> object: ...
    def submit(self, by: str, number: str) -> object: ...
    def approve(self, by: str, number: str, digest: str, days: float = 0) -> object: ...
    def execute(self, by: str, day: float, order: execution.Order, roots: Mapping[str, Path]) -> object: ...
    def by_hand(self, by: str, day: float, order: execution.Order, ids: Collection[str] = ()) -> object: ...
    def witness(self, by: str, day: float, number: str) -> object: ...
    def take_back(self, by: str, content: bytes) -> object: ...


@dataclass(frozen=True)
class Library:
    """What a program calls, with the actor it says."""

    world: World

    def draft(self, by: str, ids: Collection[str], days: float = 0, policy: Policy | None = None) -> object:
        chosen = disposal.Selection(ids=tuple(ids))
        return disposal.draft(self.world.ledger, _stamp(by, days), chosen, policy or self.world.policy)

    def opine(self, by: str, number: str, answers: Iterable[Answer]) -> object:
        return disposal.opine(self.world.ledger, _stamp(by), number, answers)

    def strike(self, by: str, number: str, ids: Collection[str]) -> object:
        return disposal.strike(self.world.ledger, _stamp(by), number, ids, "不要了")

    def submit(self, by: str, number: str) -> object:
        return disposal.submit(self.world.ledger, _stamp(by), number)

    def approve(self, by: str, number: str, digest: str, days: float = 0) -> object:
        return disposal.approve(self.world.ledger, _stamp(by, days), number, digest)

    def execute(self, by: str, day: float, order: execution.Order, roots: Mapping[str, Path]) -> object:
        return execution.execute(self.world.ledger, _stamp(by, day), order, roots)

    def by_hand(self, by: str, day: float, order: execution.Order, ids: Collection[str] = ()) -> object:
        return execution.record_by_hand(self.world.ledger, _stamp(by, day), order, self.world.roots, record_ids=ids)

    def witness(self, by: str, day: float, number: str) -> object:
        return disposal.witness(self.world.ledger, _stamp(by, day), number, "全程在场")

    def take_back(self, by: str, content: bytes) -> object:
        returned = roundtrip.take_back(self.world.ledger, content, "征求表.xlsx")
        return roundtrip.apply(self.world.ledger, _stamp(by), returned)


def _stamp(by: str, days: float = 0) -> Stamp:
    made = stamp(by, days)
    return replace(made, actor=SERVICE) if by == SERVICE.name else made


@dataclass(frozen=True)
class CommandLine:
    """`guidang disposal …` in an office's folder, by whoever could log in, at a day of the test's choosing."""

    world: World
    folder: Path
    monkeypatch: pytest.MonkeyPatch

    @classmethod
    def of(cls, world: World, folder: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
        """With an office whose share is the world's."""
        create_office(folder, name="测试服务中心")
        made = cls(world, folder, monkeypatch)
        made.share({SHARE: world.root})
        return made

    def share(self, roots: Mapping[str, Path]) -> None:
        """Write into the settings where the shares lie."""
        settings = (self.folder / "guidang.toml").read_text(encoding="utf-8").partition("\n[shares.")[0]
        told = "".join(
            f"\n[shares.{json.dumps(name)}]\npath = {json.dumps(str(root))}\n" for name, root in roots.items()
        )
        (self.folder / "guidang.toml").write_text(settings + told, encoding="utf-8")

    def draft(self, by: str, ids: Collection[str], days: float = 0, policy: Policy | None = None) -> object:
        assert policy is None
        return self._run(by, days, "draft", *ids)

    def opine(self, by: str, number: str, answers: Iterable[Answer]) -> object:
        return [
            self._run(by, 0, "opinion", number, each.wish.value, row, "--reason", each.reason)
            for each in answers
            for row in self._rows(number, [each.record_id])
        ]

    def strike(self, by: str, number: str, ids: Collection[str]) -> object:
        return self._run(by, 0, "strike", number, *self._rows(number, ids), "--reason", "不要了")

    def submit(self, by: str, number: str) -> object:
        return self._run(by, 0, "submit", number)

    def approve(self, by: str, number: str, digest: str, days: float = 0) -> object:
        return self._run(by, days, "approve", number, "--digest", digest or "-")

    def execute(self, by: str, day: float, order: execution.Order, roots: Mapping[str, Path]) -> object:
        self.share(roots)
        return self._run(by, day, "execute", *self._typed(order))

    def by_hand(self, by: str, day: float, order: execution.Order, ids: Collection[str] = ()) -> object:
        number, *rest = self._typed(order)
        return self._run(by, day, "by-hand", number, *self._rows(number, ids), *rest)

    def witness(self, by: str, day: float, number: str) -> object:
        return self._run(by, day, "witness", number, "--statement", "全程在场")

    def take_back(self, by: str, content: bytes) -> object:
        (self.folder / "征求表.xlsx").write_bytes(content)
        return self._run(by, 0, "import", str(self.folder / "征求表.xlsx"), "--yes")

    # --- how

    def _rows(self, number: str, ids: Collection[str]) -> list[str]:
        return [str(item.row) for item in self.world.list(number).items if item.record_id in ids]

    def _typed(self, order: execution.Order) -> tuple[str, ...]:
        named = self.world.list(order.number).number
        confirmed = ("--confirm", order.number, str(order.count))
        return (named, *confirmed, "--method", order.method, "--place", order.place)

    def _run(self, by: str, days: float, *words: str) -> execution.Report | None:
        return self.run(self.session(by, days), days, *words)

    def run(self, token: str, days: float, *words: str) -> execution.Report | None:
        """A command by whose session the token is, so many days after the test begins."""
        at = stamp(days=days).at
        moment = type("Moment", (datetime,), {"now": classmethod(lambda _cls, _zone=None: at)})
        with self.monkeypatch.context() as then:
            then.setattr(commands, "datetime", moment)
            then.setenv("GUIDANG_LANG", "zh_CN")
            then.setenv(people.TOKEN, token)
            then.setenv("XDG_STATE_HOME", str(self.folder / "nobody is logged in"))
            arguments = ["disposal", *words, "--json", "--office", str(self.folder)]
            result = CliRunner().invoke(cli.program, arguments, prog_name="guidang")
        return _told(result.exit_code, result.stdout)

    def session(self, by: str, days: float) -> str:
        """A token of who has an account, as logging in gives it; of anybody else one that is worth nothing."""
        with self.world.ledger.read() as view:
            account, token = view.account(persons.subject_of(by)), f"{by} {view.head.seq}"
        if account is not None:
            subject = "session/" + sha256(token.encode()).hexdigest()
            service = replace(stamp(by, days), actor=SERVICE)
            self.world.ledger.append([Draft(subject, SessionBegun(account.person.name, 480))], service)
        return token


def _told(code: int, output: str) -> execution.Report | None:
    """What a command printed, as the library says it."""
    found: dict[str, Any] = json.loads(output)
    problems = [
        Problem(each["place"], each["message"], each["hint"], each["code"], each.get("clause", ""))
        for each in found.get("problems", ())
    ]
    if code == cli.Exit.USAGE:  # what was typed is not the list named
        problems = [replace(each, clause="R4") for each in problems]
    if code in {cli.Exit.DONE, cli.Exit.PARTLY}:
        return execution.Report(found.get("list", ""), found["state"], problems=tuple(problems)) if problems else None
    assert code in {cli.Exit.REFUSED, cli.Exit.CONFLICT, cli.Exit.DATA, cli.Exit.USAGE, cli.Exit.TAMPERED}, output
    raise RefusedError(problems)
