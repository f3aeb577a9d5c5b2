"""Attempts to destroy what may not be destroyed, each refused or detected, on every channel (R2).

A row of the table is one attempt: what is done honestly before, what is tried, and the rules that stand in its way.
After every attempt the same is asked: a rule of the table refused, the refusal is an event (L8), every file is where
it was, the laws of destruction hold over the events alone, and state and chain are sound.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import pytest
from given.attempts_on_files import acting, signing
from given.attempts_on_lists import drafting
from given.bypass import ATTEMPTS, FIRST, SECOND, Attempt, Site, broken_laws, execute, kinds, rules_of, run, safe
from given.disposals import World, stamp
from given.doors import CommandLine, Library

from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import ConflictError
from retention.ledger.ledger import Ledger
from retention.rules.events import Destroyed
from retention.rules.model import Refused, State, Wish
from retention.rules.people import Role
from retention.rules.schedule import Term, TermKind

# --- the test of them all -----------------------------------------------------------------------------------------


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
