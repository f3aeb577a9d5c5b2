"""What an archive manager says of records, in an office's own words: what a file is, what became of it, what is held.

Files on the shares are opened to be read, never to be written (D14).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import ColumnElement

from foundation.language import N_, _
from foundation.period import Period
from office.archive.classes import Classes
from office.archive.shares import roots
from office.office import Office
from retention.acts import records as keeping
from retention.acts.records import Present, Settling, release, vouch
from retention.errors import Place, Problem, ProblemKind, RefusedError, Remedy
from retention.filing.first_lines import NOTHING, Peek, peek
from retention.filing.identify import Document, Identification, Standing, identify
from retention.filing.observed_tables import place_on_disk
from retention.filing.titles import Kind
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.paths import shown
from retention.ledger.rows import Entry
from retention.ledger.view import View
from retention.rules.events import Classified, Decision, Filed
from retention.rules.model import Record

__all__ = ["release", "vouch"]

# --- what a file says -------------------------------------------------------------------------------------------


def identified(office: Office, classes: Classes, view: View, record: Record) -> Identification:
    """What a record's file seems to be and why, by its name, and by its content where it can be read now."""
    return _identified(classes, _content(office, record.share, place_on_disk(view, record)), record.path)


def _identified(classes: Classes, content: Peek, path: str) -> Identification:
    return identify(classes.catalogue, Document(path, content.properties, content.text))


def _content(office: Office, share: str, place: str) -> Peek:
    root = roots(office).get(share)
    if root is None:
        return NOTHING
    try:
        with (root / place).open("rb") as file:
            return peek(file)
    except OSError:
        return NOTHING


def seen(office: Office, share: str, place: str) -> Present:
    """What lies at a place now. RefusedError where it cannot be read: nothing is decided unseen."""
    root = _root(office, share)
    try:
        with (root / place).open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
            return Present(digest, file.tell())
    except FileNotFoundError:
        if not root.is_dir():
            raise RefusedError(_AWAY(share)) from None
        return Present(None)
    except OSError as error:
        message = _("the file cannot be read: {reason}").format(reason=error.strerror)
        hint = _("Close it elsewhere, or ask for the right to read it; then try again.")
        raise RefusedError(Problem(f"{share}/{place}", message, hint, "record.unreadable", "W3")) from None


def _root(office: Office, share: str) -> Path:
    known = roots(office)
    if share not in known:
        message = _("guidang.toml has no share of this name")
        hint = _('Declare it: [shares."{name}"] with its path.').format(name=share)
        raise RefusedError(Problem(share, message, hint, "share.unknown", "W8"))
    return known[share]


_AWAY = ProblemKind(
    "share.away", N_("the share cannot be reached"), N_("Wait until it can be reached, then try again."), "W8"
)


# --- what a person says -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Description:
    """What a person says about records; what is None stays as it is."""

    kind: Kind
    period: Period | None = None
    dated: date | None = None
    department: str | None = None

    @classmethod
    def of(
        cls, classes: Classes, title: str, period: Period | None, dated: date | None, department: str | None
    ) -> Description:
        """With the class as a person names it. UnknownError where there is none."""
        return cls(classes.named(title), period, dated, department)


def classify(
    office: Office, ledger: Ledger, stamp: Stamp, records: Sequence[Record], said: Description
) -> tuple[Entry, ...]:
    """Say or correct what records are. RefusedError where a class that goes by periods would be left without one.

    What a record was said to be before stays in the ledger; the event carries what spoke for the class until then.
    """
    problems = [*_department_faults(office, said)]
    problems += [
        _NO_PERIOD(Place(f"{record.share}/{record.path}", record=record.id), title=said.kind.title)
        for record in records
        if _lacks_period(record, said)
    ]
    if problems:
        raise RefusedError(problems)
    return keeping.classify(ledger, stamp, [(record.id, _classified(record, said)) for record in records])


def _classified(record: Record, said: Description) -> Classified:
    before = f"{record.class_key} {record.period or ''}".strip() if record.class_key else _("class not known")
    return Classified(
        said.kind.key,
        said.period or record.period,
        said.dated or record.dated,
        record.department if said.department is None else said.department,
        (_("before: {what}").format(what=before),),
    )


def _lacks_period(record: Record, said: Description) -> bool:
    return said.kind.period != "none" and (said.period or record.period) is None


_NO_PERIOD = ProblemKind(
    "record.no_period", N_("no period is known, and “{title}” goes by periods"), Remedy("period.cover"), "D4"
)


def _department_faults(office: Office, said: Description) -> Iterator[Problem]:
    names = office.settings.departments.names
    if said.department and said.department not in names:
        message = _("there is no department “{name}”").format(name=said.department)
        hint = _("Departments are: {names}.").format(names="、".join(names))
        yield Problem("", message, hint, "record.department")


class Verdict(NamedTuple):
    """What a person decided about a file, and why; no decision: the reappeared copy is gone once more."""

    decision: Decision | None
    reason: str

    @classmethod
    def of(cls, word: str, reason: str) -> Verdict:
        """By the word of a decision, or ``gone``."""
        return cls(None if word == "gone" else Decision(word), reason)


def settle(office: Office, ledger: Ledger, stamp: Stamp, record: Record, verdict: Verdict) -> tuple[Entry, ...]:
    """Decide about an altered or reappeared file, which is looked at first (W3, W5)."""
    with ledger.read() as view:
        share, place = _where(view, record)
        classes = Classes.of(office, view)
    there = seen(office, share, place)
    filed = _anew(office, classes, share, place, there) if verdict.decision is Decision.NEW_RECORD else None
    return keeping.settle(ledger, stamp, record, Settling(*verdict, there, filed))


def _where(view: View, record: Record) -> tuple[str, str]:
    """The share, and the place on its disk, that a decision is about."""
    if record.resurfaced_at is None:
        return record.share, place_on_disk(view, record)
    share, _slash, path = record.resurfaced_at.partition("/")
    return share, place_on_disk(view, replace(record, share=share, path=path))


def _anew(office: Office, classes: Classes, share: str, place: str, there: Present) -> Filed | None:
    """The file at this place as a record of its own, as a scan would file it; None where there is none."""
    if there.digest is None:
        return None
    path = shown(place)
    found = _identified(classes, _content(office, share, place), path)
    known = found.standing is Standing.RECORD
    return Filed(
        share,
        path,
        there.digest,
        there.size,
        found.kind if known else None,
        found.period,
        department=found.department,
        evidence=found.reasons,
    )


def hold(
    ledger: Ledger, stamp: Stamp, reason: str, where: Sequence[ColumnElement[bool]]
) -> tuple[str, tuple[Record, ...]]:
    """Place a hold over the records that are meant: its id, and those it covers now (D3)."""
    return keeping.hold(ledger, stamp, reason, lambda view: view.records(*where))
