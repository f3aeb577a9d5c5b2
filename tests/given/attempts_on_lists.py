"""Attempts against the rules of listing, opinions and approval; each row a refusal that has to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from given.bypass import Site, attempt
from given.disposals import LETTER, MONTHLY, PLAN, SERVICE, World, stamp
from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.ledger.ledger import Draft
from retention.rules.events import ScheduleAdopted
from retention.rules.model import Policy, Wish
from retention.rules.people import Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable


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
