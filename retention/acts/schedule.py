"""Putting a version of the schedule in force: previewed, counted, and where it shortens terms, approved by another.

The preview a person confirmed and the adoption are held together by a number: how many records get another day. It is
counted again in the transaction that adopts; where it is another by then, nothing is adopted (P2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import or_

from foundation.language import N_, _
from retention.acts import accounts, schedule_preview
from retention.errors import ConflictError, Problem, ProblemKind, RefusedError, Remedy
from retention.ledger import schema
from retention.ledger.counting import in_use
from retention.ledger.ledger import Attempt, Draft
from retention.ledger.selection import GONE
from retention.ledger.view import overlaid
from retention.rules.events import ScheduleAdopted, ShorteningApproved
from retention.rules.model import Overlay
from retention.rules.people import Actor, Role
from retention.rules.schedule_table import find

if TYPE_CHECKING:
    from datetime import date

    from retention.acts.schedule_preview import Preview
    from retention.ledger.ledger import Ledger, Stamp
    from retention.ledger.view import View
    from retention.rules.schedule import Adoption, ScheduleVersion

SCHEDULE = "schedule"
"""The subject of events about the schedule."""


def preview(view: View, version: ScheduleVersion, on: date, shortened_by: str = "") -> Preview:
    """What adopting the version on that day would do (P2). ``shortened_by``: whoever approved shorter terms."""
    return _preview(view, _proposed(view, version, on, shortened_by))


def moving(previewed: Preview) -> int:
    """How many records get another day: the number a person types to adopt."""
    return sum(shift.earlier + shift.later for shift in previewed.shifts)


def approver_of(view: View, digest: str) -> str:
    """Who approved that the next adoption shortens terms with this version; empty where nobody did (P3).

    An approval is for one adoption: whatever was adopted since uses it up, for what it moved was another thing then.
    """
    approver = ""
    for entry in view.log(SCHEDULE):
        change = entry.event.change
        if isinstance(change, ScheduleAdopted):
            approver = ""
        elif isinstance(change, ShorteningApproved) and change.digest == digest:
            approver = entry.event.actor.name
    return approver


def approve_shortening(
    ledger: Ledger, stamp: Stamp, version: ScheduleVersion, count: int, reason: str = ""
) -> tuple[str, ...]:
    """Allow the next adoption of this version to shorten the terms of what is filed already: the person's own act (P3).

    ``count``: how many records would go earlier, as the person was shown; ConflictError where it is another by now.
    RefusedError where it shortens nothing. Returns the ids of the records that would become due.
    """
    approved = Draft(SCHEDULE, ShorteningApproved(version.digest, reason))
    becoming: list[str] = []

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.APPROVER)
        shown = preview(view, version, stamp.on, stamp.actor.name)
        earlier = sum(shift.earlier for shift in shown.shifts)
        if not earlier:
            raise RefusedError(_NOTHING_SHORTER(version.source))
        _still(earlier, count)
        becoming[:] = shown.becoming_due
        return [approved]

    ledger.commit(decide, stamp, attempt=approved)
    return tuple(becoming)


def adopt(ledger: Ledger, stamp: Stamp, version: ScheduleVersion, count: int, *, shorten: bool = False) -> Preview:
    """Put a version in force, as previewed: ``count`` records get another day.

    ``shorten``: also earlier days of what is filed already, which a second person has approved (P3). RefusedError
    where a class in use is lost (P1), nothing changes, or nobody approved; ConflictError where the count is another.
    """
    done: list[Preview] = []

    def decide(view: View) -> list[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        approver = approver_of(view, version.digest) if shorten else ""
        if shorten and not approver:
            raise RefusedError(_NOT_APPROVED(version.source, digest=version.digest[:12]))
        proposed = _proposed(view, version, stamp.on, approver)
        if problems := schedule_preview.objections(proposed, view.adoptions(), stamp.actor, _kept_by_it(view)):
            raise RefusedError(problems)
        done[:] = [_preview(view, proposed)]
        _still(moving(done[0]), count)
        return [Draft(SCHEDULE, ScheduleAdopted(proposed.number, version, approver, proposed.exempt))]

    ledger.commit(decide, stamp, attempt=Attempt(SCHEDULE, ScheduleAdopted.kind))
    return done[0]


def obstacles(view: View, version: ScheduleVersion, on: date, shortened_by: str = "") -> list[Problem]:
    """What forbids adopting the version, whoever does it; nothing where it may be done."""
    adoptions = view.adoptions()
    proposed = schedule_preview.propose(version, adoptions, (), on, shortened_by)
    return schedule_preview.objections(proposed, adoptions, Actor("?"), _kept_by_it(view))


def _kept_by_it(view: View) -> list[str]:
    """The classes of records that the version in force knows: what a later one may not lose (P1).

    A class it never knew (a form without a row) is kept and reported before and after alike.
    """
    adoptions = view.adoptions()
    return [key for key in in_use(view) if find(adoptions[-1].version, key)] if adoptions else []


def _proposed(view: View, version: ScheduleVersion, on: date, shortened_by: str) -> Adoption:
    spared = view.records(or_(schema.records.c.list_id.is_not(None), overlaid(Overlay.HELD))) if shortened_by else ()
    return schedule_preview.propose(version, view.adoptions(), spared, on, shortened_by)


def _preview(view: View, proposed: Adoption) -> Preview:
    kept = view.records(schema.records.c.state.not_in(GONE))
    return schedule_preview.preview(kept, view.adoptions(), proposed)


# --- what a person reads ----------------------------------------------------------------------------------------


def _still(found: int, count: int) -> None:
    if found != count:
        message = _("{found} records would get another day now, not {count}").format(found=found, count=count)
        hint = Remedy("schedule.preview")
        raise ConflictError(Problem("schedule.csv", message, hint, "schedule.count", "P2"))


_NOTHING_SHORTER = ProblemKind(
    "schedule.nothing_shorter",
    N_("no record would go earlier by this schedule"),
    N_("There is nothing to approve."),
    "P3",
)
_NOT_APPROVED = ProblemKind(
    "schedule.not_approved",
    N_("nobody has approved that it shortens the terms of what is filed already"),
    Remedy("shortening.approve"),
    "P3",
)
