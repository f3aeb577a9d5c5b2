"""The ledger's proof as people see it: what verification found, the events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from foundation.problem import Problem
from office.archive import ledgers
from office.disposal import filing_papers, proof_code
from office.office import Office
from office.views.as_json import HIDDEN, IF_ANY
from office.views.times import local
from retention.ledger.chain import Tampering, Verdict
from retention.ledger.rows import Entry
from retention.rules.canonical import object_of


@dataclass(frozen=True)
class TamperingFound:
    """One proof of tampering, and at which event."""

    event: int
    fault: Tampering
    message: str


@dataclass(frozen=True)
class CertificateCode:
    """What a certificate says of itself. ``filed``: whether the file is the one that was filed, if one was."""

    list_: str
    digest: str
    taken: str
    filed: bool | None
    event: int = field(metadata=HIDDEN)


@dataclass(frozen=True)
class LedgerVerdict:
    """What verification found. ``proven``: the last event that a checkpoint vouches for, 0 where none does."""

    events: int
    hash: str
    proven: int
    findings: tuple[TamperingFound, ...]
    paper: CertificateCode | None = field(default=None, metadata=IF_ANY)


def verdict(of: Verdict) -> LedgerVerdict:
    """A verification as it is shown."""
    findings = tuple(TamperingFound(each.seq, each.fault, each.message) for each in of.findings)
    return LedgerVerdict(of.head.seq, of.head.hash.hex(), of.proven, findings)


def verified_paper(source: str, office: Office | None, events: Path | None, key: Path | None) -> LedgerVerdict:
    """A certificate held against the ledger, as :func:`office.disposal.proof_code.verify_paper` says."""
    found = proof_code.verify_paper(source, office, events, key)
    point = found.code.checkpoint
    paper = CertificateCode(found.code.number, found.code.digest, str(point.at), found.filed, point.seq)
    return replace(verdict(found.verdict), paper=paper)


@dataclass(frozen=True)
class PaperFaults:
    """The papers of disposals that are not there as they were filed."""

    problems: tuple[Problem, ...]


def paper_faults(office: Office) -> PaperFaults:
    """What became of the papers that were filed."""
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        return PaperFaults(tuple(filing_papers.faults(office, view)))


@dataclass(frozen=True)
class EventRow:
    """An event: its number, when, on which business date, who, what, to what."""

    number: int
    at: datetime
    on: date
    actor: str
    kind: str
    subject: str
    what: Mapping[str, Any]

    @property
    def cells(self) -> tuple[str, ...]:
        """Number, time, actor, kind, subject, contents."""
        what = json.dumps(self.what, ensure_ascii=False)
        return (str(self.number), local(self.at), self.actor, self.kind, self.subject, what)


@dataclass(frozen=True)
class NewestEvents:
    """The newest events, in their order."""

    events: tuple[EventRow, ...]


def newest(office: Office, count: int, subject: str | None) -> NewestEvents:
    """So many of the newest events, of one subject or of all."""
    with ledgers.open_ledger(office) as ledger, ledger.read() as view:
        return NewestEvents(tuple(map(_event, view.newest(count, subject))))


def _event(entry: Entry) -> EventRow:
    event = entry.event
    actor = f"{event.actor.name} {event.actor.version}".strip()
    return EventRow(entry.seq, event.at, event.on, actor, event.kind, event.subject, object_of(event.change))
