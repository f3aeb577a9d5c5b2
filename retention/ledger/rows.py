"""Between values and rows: events and their bytes, records and holds and the rows that show them. Pure."""

from __future__ import annotations

import json
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from foundation.period import Period
from retention.rules.canonical import canonical, instant, object_of, value_from
from retention.rules.events import Event, ScheduleAdopted, change_from
from retention.rules.model import DisposalList, Extension, Hold, Item, Outcome, Record, State
from retention.rules.people import Account, Actor
from retention.rules.schedule import Adoption, Term, TermKind

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import RowMapping

    from retention.rules.canonical import Canonical


class Entry(NamedTuple):
    """One event in the ledger: its number from 1, and what happened."""

    seq: int
    event: Event


# --- events -----------------------------------------------------------------------------------------------------


def body_of(event: Event) -> bytes:
    """The canonical bytes of an event: what is hashed, kept and exported (L7)."""
    actor: dict[str, Canonical] = {"name": event.actor.name}
    if event.actor.version:
        actor["version"] = event.actor.version
    return canonical(
        {
            "actor": actor,
            "at": instant(event.at),
            "kind": event.kind,
            "on": event.on.isoformat(),
            "payload": object_of(event.change),
            "subject": event.subject,
        }
    )


def event_of(body: bytes) -> Event:
    """The event of its canonical bytes. ValueError or KeyError where they are none."""
    data = json.loads(body)
    at = datetime.fromisoformat(data["at"])
    on = datetime.fromisoformat(data["on"]).date()
    return Event(at, on, Actor(**data["actor"]), data["subject"], change_from(data["kind"], data["payload"]))


@lru_cache(maxsize=64)
def adoption_of(body: bytes) -> Adoption:
    """The version of the schedule that an event put in force. TypeError where it is about something else."""
    event = event_of(body)
    change = event.change
    if not isinstance(change, ScheduleAdopted):
        raise TypeError(event.kind)
    return Adoption(change.number, event.on, change.version, change.shortened_by, change.exempt)


# --- records ----------------------------------------------------------------------------------------------------


_SAME = {each.name for each in fields(Record)} - {"period", "state", "holds", "extension", "outcome"}
"""The fields of a record that lie in the column of the same name as they are."""


def record_row(record: Record, eligible_on: date | None) -> dict[str, Any]:
    """The row of a record; its holds have rows of their own."""
    return {name: getattr(record, name) for name in _SAME} | {
        "period_first": record.period.first if record.period else None,
        "period_last": record.period.last if record.period else None,
        "state": record.state.value,
        "extension": _extension_text(record.extension),
        "outcome": record.outcome.value if record.outcome else None,
        "eligible_on": eligible_on,
    }


def record_of(row: RowMapping, holds: frozenset[str] = frozenset()) -> Record:
    """The record that a row and its holds show."""
    return Record(
        **{name: row[name] for name in _SAME},
        period=Period(row["period_first"], row["period_last"]) if row["period_first"] else None,
        state=State(row["state"]),
        holds=holds,
        extension=_extension(row["extension"]),
        outcome=Outcome(row["outcome"]) if row["outcome"] else None,
    )


def _extension_text(extension: Extension | None) -> str | None:
    if extension is None:
        return None
    term = extension.term
    return canonical(
        {
            "appraised_on": extension.appraised_on.isoformat(),
            "days": term.days,
            "kind": term.kind.value,
            "months": term.months,
            "reason": extension.reason,
            "text": term.text,
        }
    ).decode("utf-8")


def _extension(text: str | None) -> Extension | None:
    if text is None:
        return None
    data = json.loads(text)
    term = Term(TermKind(data["kind"]), data["text"], data["months"], data["days"])
    return Extension(term, datetime.fromisoformat(data["appraised_on"]).date(), data["reason"])


# --- holds ------------------------------------------------------------------------------------------------------


def hold_row(hold: Hold) -> dict[str, Any]:
    """The row of a hold."""
    return {
        "id": hold.id,
        "reason": hold.reason,
        "placed_by": hold.placed_by.name,
        "placed_by_version": hold.placed_by.version,
        "placed_on": hold.placed_on,
        "released_on": hold.released_on,
    }


def hold_of(row: RowMapping) -> Hold:
    """The hold that a row shows."""
    actor = Actor(row["placed_by"], row["placed_by_version"])
    return Hold(row["id"], row["reason"], actor, row["placed_on"], row["released_on"])


# --- persons ----------------------------------------------------------------------------------------------------


def account_row(subject: str, account: Account) -> dict[str, Any]:
    """The row of an account."""
    person = account.person
    return {
        "id": subject,
        "name": person.name,
        "full_name": person.full_name,
        "roles": " ".join(sorted(role.value for role in person.roles)),
        "department": person.department,
        "closed_on": person.closed_on,
        "secret": account.secret,
        "given": account.given,
        "locked_until": instant(account.locked_until) if account.locked_until else None,
    }


# --- disposal lists ---------------------------------------------------------------------------------------------


def list_row(found: DisposalList) -> dict[str, Any]:
    """The row of a list; its items have rows of their own."""
    return {"id": found.id, "number": found.number, "state": found.state.value, "body": _text(found)}


def list_of(row: RowMapping) -> DisposalList:
    """The list that a row shows, without its items. ValueError where somebody wrote there what no event says."""
    return value_from(DisposalList, json.loads(row["body"]))


def item_row(list_id: str, item: Item) -> dict[str, Any]:
    """The row of an item on a list."""
    return {
        "list_id": list_id,
        "record_id": item.record_id,
        "row": item.row,
        "state": item.state.value,
        "open": item.open,
        "body": _text(item),
    }


def item_of(row: RowMapping) -> Item:
    """The item that a row shows. ValueError where somebody wrote there what no event says."""
    return value_from(Item, json.loads(row["body"]))


def _text(value: DisposalList | Item) -> str:
    return canonical(object_of(value)).decode("utf-8")
