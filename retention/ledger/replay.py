"""Pure: events as they lie in the database replayed, a subject at a time; what they cannot have been is a finding.

17 record.filed, record.listed (on L1), destroy.intent   →  finding at the third: nobody approved it
17 record.filed, record.listed, record.unlisted          →  the record retained, its item on L1 left by “unlisted”
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from foundation.language import _
from retention.errors import ConflictError, Place, Problem, RefusedError, Remedy, TamperedError
from retention.ledger import chain
from retention.ledger.rows import Entry, event_of, item_row
from retention.rules import disposal_lists, lifecycle
from retention.rules.events import RecordChange

if TYPE_CHECKING:
    from collections.abc import Iterable

    from retention.rules.events import Event
    from retention.rules.model import Item, Record


class Proven(NamedTuple):
    """What events alone make of a record; its item on the list it is on; how often it was tried to destroy it."""

    record: Record
    item: Item | None
    attempts: int


@dataclass(slots=True)
class History:
    """What the events of one subject, replayed alone, make of it."""

    subject: str
    last: int = 0
    record: Record | None = None
    items: dict[str, Item] = field(default_factory=dict)
    findings: list[chain.Finding] = field(default_factory=list)

    def through(self, rows: Iterable[Any]) -> History:
        for row in rows:
            self.last = row.seq
            try:
                event = entry_of(row.seq, row.body).event
            except TamperedError as error:
                self.findings.append(finding(row.seq, error.problems[0].message))
                continue
            if (event.subject, event.kind) != (self.subject, row.kind):
                self.findings.append(misfiled(row.seq))
            elif isinstance(event.change, RecordChange):
                self._apply(row.seq, event)
        return self

    def _apply(self, seq: int, event: Event) -> None:
        before = self.record
        try:
            after = self.record = lifecycle.apply(before, event)
        except (RefusedError, ConflictError) as error:
            self.findings.append(impossible(seq, error))
            return
        if list_id := after.list_id or (before.list_id if before else None):
            item = disposal_lists.apply_item(self.items.get(list_id), before, event, after)
            if item is not None:
                self.items[list_id] = item

    def proven(self, record: Record) -> Proven:
        """Its end, for those who go on from there."""
        attempts = max((item.attempt or 0 for item in self.items.values()), default=0)
        return Proven(record, self.items.get(record.list_id or ""), attempts)

    def item_rows(self) -> list[dict[str, Any]]:
        """The rows that its places on lists should have, by the ids of the lists."""
        return [item_row(list_id, self.items[list_id]) for list_id in sorted(self.items)]


def entry_of(seq: int, body: bytes) -> Entry:
    """The event of a row. TamperedError where its bytes are none: nothing here ever wrote them."""
    try:
        return Entry(seq, event_of(body))
    except (ValueError, KeyError, TypeError):
        hint = Remedy("ledger.verify")
        message = _("event {seq} cannot be read").format(seq=seq)
        raise TamperedError(Problem(Place(part=_("ledger")), message, hint, "ledger.tampered", "L2")) from None


def finding(seq: int, text: str) -> chain.Finding:
    return chain.Finding(seq, chain.Tampering.STATE, text)


def misfiled(seq: int) -> chain.Finding:
    return finding(seq, _("event {seq} is filed under another subject or kind than its own").format(seq=seq))


def impossible(seq: int, error: Exception) -> chain.Finding:
    return finding(seq, _("event {seq} could not happen: {reason}").format(seq=seq, reason=error))


def tampered(where: Place, message: str) -> Problem:
    """Rows that are not what events say: nothing is done by them."""
    hint = _("Leave everything as it is, and look for the last backup.")
    return Problem(where, message, hint, "ledger.tampered", "L1")


def unexplained_account(subject: str) -> Problem:
    name = subject.removeprefix("account/")
    return tampered(
        Place(part=_("ledger")), _("the row of account {name} is not what its events say").format(name=name)
    )


def unexplained_list(name: str) -> Problem:
    text = _("the row of disposal list {number} is not what its events say")
    return tampered(Place(part=_("ledger")), text.format(number=name))
