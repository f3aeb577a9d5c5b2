"""Small histories for tests of the ledger: documents filed, a schedule in force, and what came of them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from foundation.period import Period
from retention.ledger import chain, proving, schema
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules import events
from retention.rules.model import Policy
from retention.rules.people import Actor, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from retention.ledger.chain import Tampering
    from retention.ledger.checkpoints import Checkpoint

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key()
AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
SERVICE = Actor("service", "0.1.0")
STAMP = Stamp(AT, date(2026, 11, 23), SERVICE)
PERSON = Stamp(AT, date(2026, 11, 23), Actor("wang.min"))


def filed(number: int = 1, **more: Any) -> Draft:
    """A document of the share, filed."""
    path = f"2023/月报 {number}.docx"
    values = {"share": "office", "path": path, "digest": f"{number:064x}", "size": number, **more}
    return Draft("", events.Filed(**values))


def monthly(month: int = 1) -> Draft:
    """A monthly report of 2023, classified."""
    period = Period(date(2023, month, 1), date(2023, month, 28))
    return filed(month, class_key="QG-FW-01-01", period=period, dated=period.last, department="客户服务部")


LISTED = events.Listed("L1", date(2026, 1, 1), 1, 1, "月报", date(2023, 1, 28), Term(TermKind.FIXED, "2年", 24))


def schedule(number: int, years: int) -> Draft:
    """A version of the schedule in which monthly reports are kept so many years."""
    term = Term(TermKind.FIXED, f"{years}年", 12 * years)
    version = ScheduleVersion(f"{number:064x}", (RecordClass("QG-FW-01-01", "月报", "QG-FW-01-01", Rule(term)),))
    return Draft("schedule", events.ScheduleAdopted(number, version))


def state_rows(ledger: Ledger) -> dict[str, list[tuple[Any, ...]]]:
    """Every row that is not an event, in one order."""
    with ledger._engine.connect() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in (schema.head, *schema.PROJECTIONS)
        }


def links(ledger: Ledger) -> list[chain.Link]:
    with ledger.read() as view:
        return list(view.links())


def findings(ledger: Ledger, *points: Checkpoint) -> set[Tampering]:
    return {finding.fault for finding in ledger.verify(points, PUBLIC).findings}


def differences(ledger: Ledger) -> list[chain.Finding]:
    with ledger.read() as view:
        return list(proving.differences(view))


def a_history(ledger: Ledger) -> None:
    """Eighteen events of many kinds, by a person and the service."""
    ledger.append([schedule(1, 2)], PERSON)
    ids = [entry.event.subject for entry in ledger.append([monthly(1), monthly(2), filed(3)], STAMP)]
    ledger.append([Draft("H1", events.HoldPlaced("诉讼")), Draft(ids[0], events.Held("H1"))], PERSON)
    ledger.append([Draft(ids[1], events.Moved("office", "2023/报告/月报 2.docx"))], STAMP)
    ledger.append([Draft(ids[1], events.Altered("f" * 64, 99)), Draft(ids[2], events.Missed())], STAMP)
    ledger.append([Draft(ids[2], events.Extended(Term(TermKind.FIXED, "3年", 36), "合同未了"))], PERSON)
    ledger.append([Draft("H2", events.HoldPlaced("审计")), Draft(ids[2], events.Held("H2"))], PERSON)
    ledger.append([Draft(ids[0], events.Released("H1")), Draft("H1", events.HoldReleased("已结案"))], PERSON)
    ledger.append([Draft("account/li.hua", events.AccountAdded("li.hua", "李华", frozenset({Role.WITNESS})))], STAMP)
    drafted = Draft("L1", events.ListDrafted("2026-001", Policy()))
    ledger.append([monthly(4), drafted, Draft("16", LISTED)], PERSON)
