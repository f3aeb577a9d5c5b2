"""Disposal in an office: its days, its shares, its ledger proved before anything is destroyed.

Rows are named as people name them on paper: by their number on the list. What is asked of retention is asked here and
nowhere else, so that every channel goes one way (R2); acts that need nothing of the office are given on as they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from foundation.language import N_, _
from office.archive import ledgers
from office.archive.shares import shares
from office.office import Office
from retention.disposal import approval as disposal
from retention.disposal import execution
from retention.disposal.approval import Answer, give_back, reject, submit, withdraw, witness
from retention.disposal.execution import Order, Report
from retention.errors import Place, ProblemKind, UnknownError
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.selection import Selection
from retention.rules.model import DisposalList, Item, Policy, Refused, Wish
from retention.rules.schedule import Term
from retention.rules.terms import read_term

__all__ = ["Order", "Wish", "give_back", "read_term", "reject", "submit", "withdraw", "witness"]

REMOVED = "从共享目录移除"
"""How guidang destroys: 移除 and no more is claimed (D11)."""

_ROWS = re.compile(r"(\d{1,6})(?:\s*[-–~]\s*(\d{1,6}))?")
_DIGEST = re.compile(r"[0-9a-f]{16,64}")
"""64 bits at least: a list made to begin like another one takes longer than anybody has; with 32, an hour."""


def policy_of(office: Office) -> Policy:
    """The days in force for lists drafted now."""
    chosen = office.settings.disposal
    return Policy(chosen.cooling_days, chosen.approval_days, chosen.quarantine_days)


def find(ledger: Ledger, number: str) -> DisposalList:
    """The list with this number. UnknownError where there is none."""
    with ledger.read() as view:
        return disposal.find(view, number)


def draft(office: Office, ledger: Ledger, stamp: Stamp, selection: Selection) -> DisposalList:
    """A new list of what is due; what expired meanwhile is free for it."""
    disposal.expire(ledger, stamp)
    return find(ledger, disposal.draft(ledger, stamp, selection, policy_of(office)))


def rows(found: DisposalList, texts: Sequence[str]) -> list[Item]:
    """The items that ``3`` and ``5-9`` mean, those on the list still; all of those without any text.

    UnknownError names what is no row of the list.
    """
    if not texts:
        return list(found.open_items)
    known = {item.row: item for item in found.open_items}
    wanted, problems = dict[int, "Item"](), []
    for text in texts:
        numbers = _numbers(text)
        if not numbers or not numbers <= known.keys():
            problems.append(_NO_ROW(Place(part=_("disposal list {number}").format(number=found.number)), text=text))
        else:
            wanted |= {number: known[number] for number in numbers}
    if problems:
        raise UnknownError(problems)
    return [wanted[number] for number in sorted(wanted)]


def _numbers(text: str) -> set[int]:
    match = _ROWS.fullmatch(text.strip())
    return set(range(int(match[1]), int(match[2] or match[1]) + 1)) if match else set()


def opine(  # noqa: PLR0913 - what is said, of which rows, why
    ledger: Ledger, stamp: Stamp, number: str, texts: Sequence[str], wish: Wish, *, reason: str, term: Term | None
) -> int:
    """Say the same about rows of a draft; how many that changed."""
    answers = [Answer(item.record_id, wish, reason, term) for item in rows(find(ledger, number), texts)]
    return len(disposal.opine(ledger, stamp, number, answers))


def strike(ledger: Ledger, stamp: Stamp, number: str, texts: Sequence[str], reason: str) -> int:
    """Take rows off a draft; how many."""
    ids = [item.record_id for item in rows(find(ledger, number), texts)]
    return len(disposal.strike(ledger, stamp, number, ids, reason))


def approve(
    ledger: Ledger, stamp: Stamp, number: str, digest: str, refused: Iterable[tuple[str, str]] = ()
) -> DisposalList:
    """Approve the list whose digest begins with what was typed (16 letters at least), without the rows refused."""
    disposal.expire(ledger, stamp)
    found = find(ledger, number)
    typed = digest.replace(" ", "").lower()
    meant = found.digest if _DIGEST.fullmatch(typed) and (found.digest or "").startswith(typed) else digest
    struck = [Refused(item.record_id, why) for text, why in refused for item in rows(found, [text])]
    disposal.approve(ledger, stamp, number, meant or "", struck)
    return find(ledger, number)


def to_go(found: DisposalList) -> int:
    """How many items of a list are still to be destroyed: the count that is typed (R4)."""
    return sum(item.decision is Wish.DESTROY for item in found.open_items)


def execute(office: Office, ledger: Ledger, stamp: Stamp, order: Order) -> Report:
    """Destroy what was approved, on the office's shares. TamperedError, and nothing done, where the ledger fails."""
    ledgers.see_that_it_holds(office)
    return execution.execute(ledger, stamp, order, _roots(office))


def by_hand(office: Office, ledger: Ledger, stamp: Stamp, order: Order, texts: Sequence[str] = ()) -> Report:
    """Record what people destroyed themselves, once it is seen to be gone."""
    ledgers.see_that_it_holds(office)
    ids = [item.record_id for item in rows(find(ledger, order.number), texts)] if texts else []
    return execution.record_by_hand(ledger, stamp, order, _roots(office), record_ids=ids)


def restore(  # noqa: PLR0913, PLR0917 - which rows of which list, why
    office: Office, ledger: Ledger, stamp: Stamp, number: str, texts: Sequence[str], reason: str
) -> Report:
    """Take files out of quarantine, back to where they were."""
    ids = [item.record_id for item in rows(find(ledger, number), texts)] if texts else []
    return execution.restore(ledger, stamp, number, reason, _roots(office), record_ids=ids)


def recover(office: Office, ledger: Ledger, stamp: Stamp) -> tuple[Report, ...]:
    """Find out what became of every attempt that a lost process left open (D7)."""
    return execution.recover(ledger, stamp, _roots(office))


def _roots(office: Office) -> dict[str, Path]:
    return {share.name: share.root for share in shares(office)}


_NO_ROW = ProblemKind(
    "disposal.row", N_("'{text}' is no row of it, or not any more"), N_("Rows are named like 3 or 5-9."), "D2"
)
