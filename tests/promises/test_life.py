"""Whole lives, at random: several persons, files that people change, clocks that jump, runs that die half way.

After every step the events are held against the statements (tests/laws.py), the disk against what happened, the state
against its events. ``GUIDANG_SOAK=1`` plays 2,000 lives and prints nothing unless one of them is wrong.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from given.disposals import LETTER, MONTHLY, PLAN, SERVICE, SHARE, World, stamp
from given.laws import Laws, unfinished
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from foundation.period import Period
from retention.acts import records as keeping
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.approval import Answer
from retention.errors import ConflictError, RefusedError, UnknownError
from retention.filing.scan import Scanner
from retention.filing.share import Share
from retention.filing.titles import Catalogue, Kind
from retention.ledger import checkpoints
from retention.ledger.ledger import Ledger, Stamp
from retention.rules.events import ActRefused, Classified, Destroyed
from retention.rules.model import ListState, Policy, Refused, State, Wish
from retention.rules.schedule import Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from retention.rules.model import Item

SOAK = os.environ.get("GUIDANG_SOAK") == "1"
LIVES = 2_000 if SOAK else 40
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
YEARS = {MONTHLY: 2, PLAN: 1}
KINDS = (
    Kind(MONTHLY, "物业管理月度工作报告", MONTHLY),
    Kind(PLAN, "月工作计划", PLAN),
    Kind(LETTER, "往来函件", period="none"),
)
PEOPLE = ("chen.lu", "wang.min", "zhao.gang", "li.hua", "sun.yi", "he.fang", "nobody", "guidang")
NAMES = (
    f"2022年/{MONTHLY} 物业管理月度工作报告 2022年3月.pdf",
    f"2022年/{MONTHLY} 物业管理月度工作报告 2022年4月.pdf",
    f"2023年/{MONTHLY} 物业管理月度工作报告 2023年11月.pdf",
    f"2023年/{PLAN} 月工作计划 2023年11月.pdf",
    f"2024年/{PLAN} 月工作计划 2024年12月.pdf",
    f"2026年/{MONTHLY} 物业管理月度工作报告 2026年9月.pdf",
    "往来/往来函件 2022年5月.pdf",
    "杂/扫描件.pdf",
)
names = st.sampled_from(NAMES)


def mostly(*right: str) -> st.SearchStrategy[str]:
    """Who may, three times out of four; else anybody."""
    return st.sampled_from([*right * (3 * len(PEOPLE) // len(right)), *PEOPLE])


archivists, approvers, witnesses = mostly("chen.lu"), mostly("zhao.gang", "wang.min"), mostly("li.hua", "sun.yi")
contents = st.sampled_from([f"内容{number}".encode() * 40 for number in range(6)])
few = st.integers(0, 7)


def first_day(key: str | None, base: date | None) -> date | None:
    """1 January after the base day, and as many years on: written down a second time."""
    return date(base.year + YEARS[key] + 1, 1, 1) if key in YEARS and base else None


class Died(BaseException):
    """The process ends here; nothing behind it runs."""


@lru_cache(maxsize=1)
def beginning() -> Path:
    """A ledger with persons and a schedule, made once."""
    folder = Path(tempfile.mkdtemp(prefix="guidang-life-"))
    World.made(str(folder / "ledger.db"), folder / "share").ledger.close()
    return folder


class Life(RuleBasedStateMachine):
    """One office. Whatever anybody tries, it is done, or refused in words; never half."""

    met: ClassVar[Counter[str]] = Counter()
    """The kinds of events, the outcomes and the rules that refused, in all lives."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="guidang-life-"))
        for path in beginning().glob("ledger.db*"):
            shutil.copy(path, self.folder)
        self.root = self.folder / "share"
        self.root.mkdir()
        (self.root / "勿删.pdf").write_bytes(b"%PDF the office is never empty")
        self.world = World(Ledger.open(str(self.folder / "ledger.db")), self.root)
        self.days = 0.01
        self.laws = Laws(first_day)
        self.points: list[checkpoints.Checkpoint] = []
        self.files: Counter[str] = self.on_disk()
        self.steps = 0

    def teardown(self) -> None:
        self.settle()
        self.world.ledger.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    # --- time and persons

    def stamp(self, who: str, back: float = 0) -> Stamp:
        self.days += 0.0001
        found = stamp(who, self.days - back)
        return replace(found, actor=SERVICE) if who == SERVICE.name else found

    def now(self):
        self.days += 0.00001
        return stamp("chen.lu", self.days).at

    @initialize(
        prepared=st.sampled_from([False, True, True]),
        kept=st.sampled_from([None, *Wish]),
        approved=st.sampled_from([True, True, False]),
        away=st.sampled_from([0, 2, 2, 9]),
    )
    def documents(self, prepared: bool, kept: Wish | None, approved: bool, away: int) -> None:
        for name in NAMES[:5]:
            self.save(name, self.first(name))
        self.look()
        if prepared:
            self.a_list_is_well_prepared(kept, approved)
            self.days += away

    @rule(days=st.sampled_from([0.5, 1, 7, 8, 31, 400]), vouched=st.booleans())
    def time_passes(self, days: float, vouched: bool) -> None:
        self.days += days
        if vouched:
            self.attempt(lambda: keeping.vouch(self.world.ledger, self.stamp("chen.lu"), "日期无误"))

    # --- what people do to files

    def save(self, name: str, content: bytes) -> None:
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
        self.files = self.on_disk()

    @rule(name=names, content=contents)
    def somebody_saves(self, name: str, content: bytes) -> None:
        self.save(name, content)

    @rule(name=names, other=names)
    def somebody_renames(self, name: str, other: str) -> None:
        if (self.root / name).exists() and not (self.root / other).exists():
            (self.root / other).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).rename(self.root / other)
            self.files = self.on_disk()

    @rule(name=names)
    def the_first_version_is_back(self, name: str) -> None:
        """From a backup: missing records are found (W4), destroyed contents appear again (W5)."""
        if not (self.root / name).is_symlink():
            self.save(name, self.first(name))

    def first(self, name: str) -> bytes:
        return f"底稿{NAMES.index(name)}".encode() * 40

    @rule(name=names)
    def somebody_deletes(self, name: str) -> None:
        (self.root / name).unlink(missing_ok=True)
        self.files = self.on_disk()

    @rule(name=names, number=few)
    def somebody_links(self, name: str, number: int) -> None:
        """A second name for a file, or a link in its place: neither is ever destroyed (D6)."""
        place, other = self.root / name, self.root / f"硬链接{number}.pdf"
        if place.is_file() and not place.is_symlink() and not other.exists():
            if number % 2:
                other.hardlink_to(place)
            else:
                place.rename(other)
                place.symlink_to(other)
            self.files = self.on_disk()

    # --- the watcher

    @rule()
    def look(self) -> None:
        """Two looks settle files, two more miss what is gone. Nothing on the share changes (D14)."""
        share = Share(SHARE, self.root)
        scanner = Scanner(self.world.ledger, share, lambda: Catalogue(KINDS), SERVICE, self.now)
        for seconds in (0, 5, 70, 5):
            self.days += seconds / 86_400
            scanner.look()
        assert self.on_disk() == self.files, "D14"

    @rule(name=names)
    def something_is_missed_and_found(self, name: str) -> None:
        self.somebody_deletes(name)
        self.look()
        self.the_first_version_is_back(name)
        self.look()

    # --- what persons say of records

    @rule(who=archivists, number=few, key=st.sampled_from([MONTHLY, PLAN, LETTER]), year=st.integers(2021, 2026))
    def somebody_classifies(self, who: str, number: int, key: str, year: int) -> None:
        said = Classified(key, Period(date(year, 5, 1), date(year, 5, 31)))
        for record in self.records(number):
            self.attempt(partial(keeping.classify, self.world.ledger, self.stamp(who), [(record.id, said)]))

    @rule(who=archivists, number=few)
    def somebody_holds(self, who: str, number: int) -> None:
        chosen = {record.id for record in self.records(number)}
        self.attempt(
            lambda: keeping.hold(
                self.world.ledger,
                self.stamp(who),
                "诉讼",
                lambda view: [record for record in view.records() if record.id in chosen],
            )
        )

    @rule(who=archivists, reason=st.sampled_from(["", "结案"]))
    def somebody_releases(self, who: str, reason: str) -> None:
        with self.world.ledger.read() as view:
            standing = [hold.id for hold in view.holds() if hold.stands]
        for hold_id in standing[:1]:
            self.attempt(partial(keeping.release, self.world.ledger, self.stamp(who), hold_id, reason))

    # --- lists

    @rule(who=archivists, cooling=st.sampled_from([0, 1, 7]), quarantine=st.sampled_from([0, 7]))
    def somebody_drafts(self, who: str, cooling: int, quarantine: int) -> None:
        policy = Policy(cooling, 30, quarantine)
        self.attempt(lambda: disposal.draft(self.world.ledger, self.stamp(who), None, policy))

    @rule(who=mostly("he.fang", "chen.lu"), number=few, wish=st.sampled_from([*Wish]), everything=st.booleans())
    def somebody_says(self, who: str, number: int, wish: Wish, everything: bool) -> None:
        for found in self.lists():
            rows = found.open_items if everything else found.open_items[number : number + 1]
            answers = [self.answer(item, wish) for item in rows]
            self.attempt(partial(disposal.opine, self.world.ledger, self.stamp(who), found.number, answers))

    def answer(self, item: Item, wish: Wish) -> Answer:
        term = Term(TermKind.FIXED, "2年", 24) if wish is Wish.KEEP else None
        return Answer(item.record_id, wish, "" if wish is Wish.DESTROY else "尚有用", term)

    @rule(who=archivists)
    def somebody_submits(self, who: str) -> None:
        for found in self.lists():
            self.attempt(partial(disposal.submit, self.world.ledger, self.stamp(who), found.number))

    @rule(who=approvers, number=few, stale=st.booleans(), strikes=st.booleans())
    def somebody_approves(self, who: str, number: int, stale: bool, strikes: bool) -> None:
        for found in self.lists():
            digest = "0" * 64 if stale else found.digest or ""
            rows = found.open_items[number : number + 1] if strikes else ()
            struck = [Refused(item.record_id, "涉诉") for item in rows]
            self.attempt(partial(disposal.approve, self.world.ledger, self.stamp(who), found.number, digest, struck))

    @rule(who=approvers, act=st.sampled_from([disposal.give_back, disposal.reject, disposal.withdraw]))
    def somebody_ends_it(self, who: str, act: Callable[..., object]) -> None:
        for found in self.lists():
            self.attempt(partial(act, self.world.ledger, self.stamp(who), found.number, "再议"))

    @rule(kept=st.sampled_from([None, None, *Wish]), approved=st.sampled_from([True, True, False]))
    def a_list_is_well_prepared(self, kept: Wish | None, approved: bool) -> None:
        """The straight way, so that lives reach the end of it often enough; ``kept``: the wish about its first row."""
        ledger = self.world.ledger
        self.attempt(lambda: keeping.vouch(ledger, self.stamp("chen.lu"), "日期无误"))
        self.attempt(lambda: disposal.draft(ledger, self.stamp("chen.lu"), None, Policy(1, 30, 1)))
        for found in self.lists(ListState.DRAFT):
            answers = [Answer(item.record_id, Wish.DESTROY) for item in found.open_items]
            answers += [self.answer(item, kept) for item in found.open_items[:1] if kept]
            self.attempt(partial(disposal.opine, ledger, self.stamp("chen.lu"), found.number, answers))
            self.attempt(partial(disposal.submit, ledger, self.stamp("chen.lu"), found.number))
        for found in self.lists(ListState.SUBMITTED) if approved else ():
            digest = found.digest or ""
            self.attempt(partial(disposal.approve, ledger, self.stamp("zhao.gang"), found.number, digest))

    # --- destruction

    @rule(who=archivists, dies=st.one_of(st.none(), st.integers(1, 40)), back=st.sampled_from([0, 0, 0, 3]), off=few)
    def somebody_executes(self, who: str, dies: int | None, back: float, off: int) -> None:
        """Perhaps by a clock set back, with a wrong count, or by a process that dies at one of its points."""
        for found in self.lists(ListState.APPROVED, ListState.EXECUTING):
            count = len([item for item in found.open_items if item.decision is Wish.DESTROY]) + (off == 7)
            order = execution.Order(found.number, count, "覆写删除", "档案室")
            self.destroying(
                lambda at, one=order: execution.execute(
                    self.world.ledger, self.stamp(who, back), one, self.world.roots, at=at
                ),
                dies,
            )

    @rule(days=st.sampled_from([2, 9]), dies=st.one_of(st.none(), st.integers(1, 30)), by_hand=st.booleans())
    def it_is_carried_out(self, days: int, dies: int | None, by_hand: bool) -> None:
        """The straight way again: the days pass, a person vouches for the clock, the archivist executes."""
        self.days += days
        self.attempt(lambda: keeping.vouch(self.world.ledger, self.stamp("chen.lu"), "日期无误"))
        if by_hand:
            self.somebody_did_it_by_hand("chen.lu", shreds=True)
        else:
            self.somebody_executes("chen.lu", dies, 0, 0)

    @rule()
    def it_is_brought_to_an_end(self) -> None:
        """Two days on what lies in quarantine is removed, and two witnesses sign."""
        self.it_is_carried_out(2, None, by_hand=False)
        for name in ("li.hua", "sun.yi"):
            self.somebody_witnesses(name)

    @rule(dies=st.one_of(st.none(), st.integers(1, 20)))
    def recovery(self, dies: int | None) -> None:
        self.destroying(
            lambda at: execution.recover(self.world.ledger, self.stamp("chen.lu"), self.world.roots, at=at), dies
        )

    @rule(days=st.sampled_from([1, 8]), dies=st.one_of(st.none(), st.integers(1, 10)))
    def it_is_taken_back(self, days: int, dies: int | None) -> None:
        """Into quarantine, and out of it again."""
        self.it_is_carried_out(days, None, by_hand=False)
        self.somebody_restores("chen.lu", dies)

    @rule(who=archivists, dies=st.one_of(st.none(), st.integers(1, 10)))
    def somebody_restores(self, who: str, dies: int | None) -> None:
        for found in self.lists(ListState.EXECUTING):
            self.destroying(
                lambda at, one=found: execution.restore(
                    self.world.ledger, self.stamp(who), one.number, "仍需使用", self.world.roots, at=at
                ),
                dies,
            )

    @rule(who=archivists, shreds=st.booleans())
    def somebody_did_it_by_hand(self, who: str, shreds: bool) -> None:
        for found in self.lists(ListState.APPROVED):
            rows = [item for item in found.open_items if item.decision is Wish.DESTROY]
            if shreds:
                for item in rows:
                    (self.root / item.path).unlink(missing_ok=True)
                self.files = self.on_disk()
            order = execution.Order(found.number, len(rows), "粉碎", "档案室")
            self.attempt(partial(execution.record_by_hand, self.world.ledger, self.stamp(who), order, self.world.roots))

    @rule(who=archivists)
    def somebody_tampers_with_quarantine(self, who: str) -> None:
        """Changed in quarantine, it is not what was approved any more: it is never removed."""
        inside = sorted((self.root / ".guidang-quarantine").rglob("*.1"))
        for path in inside[:1]:
            if path.is_file() and not path.is_symlink():
                path.write_bytes(b"%PDF " + who.encode())
        self.files = self.on_disk()

    @rule(who=witnesses)
    def somebody_witnesses(self, who: str) -> None:
        for found in self.lists():
            self.attempt(partial(disposal.witness, self.world.ledger, self.stamp(who), found.number, "在场"))

    @precondition(lambda self: self.steps % 5 == 0)
    @rule()
    def a_checkpoint_is_kept(self) -> None:
        with self.world.ledger.read() as view:
            self.points.append(checkpoints.sign(view.head, self.now(), KEY))

    # --- what must hold after each of them

    @invariant()
    def the_statements_hold(self) -> None:
        self.steps += 1
        with self.world.ledger.read() as view:
            broken = self.laws.through(view.log(after=self.laws.seen))
        assert not broken, broken[:3]

    @invariant()
    def the_state_is_what_the_events_make_of_it(self) -> None:
        """L1, L2. A replay of everything is dear: every few steps, and at the end."""
        if self.steps % 6 == 0:
            self.replayed()

    def replayed(self) -> None:
        assert self.world.differences() == [], "L1"
        verdict = self.world.ledger.verify(self.points, KEY.public_key())
        assert verdict.sound, "L2"

    def settle(self) -> None:
        """However it ended: a run that nobody interrupts leaves one outcome for every intent (D7)."""
        self.destroying(lambda at: execution.recover(self.world.ledger, self.stamp("chen.lu"), self.world.roots, at=at))
        self.the_statements_hold()
        assert unfinished(self.laws) == {}, "D7"
        self.replayed()
        with self.world.ledger.read() as view:
            for entry in view.log():
                change = entry.event.change
                self.met[change.kind] += 1
                self.met.update(change.rules if isinstance(change, ActRefused) else ())
                self.met.update([change.outcome.value] if isinstance(change, Destroyed) else ())

    # --- means

    def attempt(self, act: Callable[[], object]) -> None:
        """Do it; what is refused is refused in words, and nothing on the share has changed."""
        with suppress(RefusedError, ConflictError, UnknownError):
            act()
        assert self.on_disk() == self.files, "nothing but an execution touches files"

    def destroying(self, act: Callable[[Callable[[str], None]], object], dies: int | None = None) -> None:
        """An act that touches files: what left the share left as approved, or lies in quarantine, or came back."""
        left = [dies or 10**9]

        def at(_point: str) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Died

        before, seq = self.files, self.head()
        try:
            act(at)
        except Died:
            self.reopened()
        except RefusedError:
            told = self.refused_since(seq)
            assert told, "L8"
        except (ConflictError, UnknownError):
            pass
        self.files = self.on_disk()
        self.only_the_approved_went(before - self.files)
        assert not self.files - before, "nothing appears by destroying"

    def only_the_approved_went(self, gone: Counter[str]) -> None:
        """D1, D6: whatever is nowhere any more had an intent to be removed, with this digest."""
        with self.world.ledger.read() as view:
            intended = Counter(entry.event.change.digest for entry in view.log() if entry.event.kind == "unlink.intent")
        for digest in gone:
            assert intended[digest], "D1"

    def reopened(self) -> None:
        """As a process that begins anew."""
        self.world.ledger.close()
        self.world = World(Ledger.open(str(self.folder / "ledger.db")), self.root)

    def on_disk(self) -> Counter[str]:
        """The contents below the share, quarantine and all, each as often as it has a name."""
        found = Counter[str]()
        for path in self.root.rglob("*"):
            if path.is_symlink():
                found[f"link to {path.readlink()}"] += 1
            elif path.is_file() and path.name != "lock":
                found[sha256(path.read_bytes()).hexdigest()] += 1
        return found

    def head(self) -> int:
        with self.world.ledger.read() as view:
            return view.head.seq

    def refused_since(self, seq: int) -> bool:
        with self.world.ledger.read() as view:
            return any(isinstance(entry.event.change, ActRefused) for entry in view.log(after=seq))

    def records(self, number: int) -> list:
        with self.world.ledger.read() as view:
            found = [record for record in view.records() if record.state is not State.CLOSED]
        return found[number : number + 2]

    def lists(self, *states: ListState) -> Iterator:
        with self.world.ledger.read() as view:
            found = [view.disposal_list(each.number) for each in view.disposal_lists(*states)]
        yield from (one for one in found[-2:] if one is not None)


Life.TestCase.settings = settings(
    max_examples=LIVES,
    stateful_step_count=50,
    derandomize=not SOAK,
    deadline=timedelta(seconds=60) if SOAK else None,
    suppress_health_check=[*HealthCheck],
    print_blob=True,
)
TestLife = Life.TestCase

ALWAYS = frozenset(
    (
        "record.filed",
        "record.missing",
        "record.found",
        "record.held",
        "record.unlisted",
        "record.closed",
        "destroy.done",
        "destroy.restored",
        "unlink.intent",
        "removed",
        "D1",
        "D4",
        "L6",
        "R1",
        "T4",
    )
)
IN_THE_LONG_RUN = frozenset(
    (
        "record.moved",
        "record.altered",
        "record.resurfaced",
        "record.extended",
        "record.released",
        "hold.released",
        "list.returned",
        "list.rejected",
        "list.expired",
        "list.withdrawn",
        "destroy.aborted",
        "by_hand",
        "unobserved",
        "D2",
        "D3",
        "D5",
        "D6",
        "D9",
        "D13",
        "R4",
    )
)


def test_the_lives_met_with_everything() -> None:
    """Else they prove nothing: kinds of events, outcomes that were observed, rules that refused."""
    wanted = ALWAYS | IN_THE_LONG_RUN if SOAK else ALWAYS
    assert wanted - {name for name, count in Life.met.items() if count} == set()
