"""Pure: what happened to a record, event by event, in words (T5)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from foundation.language import _
from retention.rules import events
from retention.rules.events import Decision
from retention.rules.model import Outcome, Wish
from retention.rules.terms import in_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import date, datetime

    from foundation.period import Period
    from retention.ledger.rows import Entry
    from retention.rules.events import Change
    from retention.rules.people import Actor


@dataclass(frozen=True, slots=True)
class Happening:
    """One event as a person reads it: its number, when, on which business date, by whom, and what."""

    seq: int
    at: datetime
    on: date
    actor: Actor
    text: str


def history(
    entries: Iterable[Entry], title: Callable[[str], str] = str, number: Callable[[str], str] = str
) -> Iterator[Happening]:
    """The events of a record in words, in their order.

    ``title``: what people call the class of a key; ``number``: what they call the disposal list of an id.
    """
    for seq, event in entries:
        change: Any = event.change
        if getattr(change, "class_key", None):
            change = replace(change, class_key=title(change.class_key))
        if getattr(change, "list_id", None):
            change = replace(change, list_id=number(change.list_id))
        yield Happening(seq, event.at, event.on, event.actor, in_sentence(change))


def in_sentence(change: Change) -> str:
    """What an event says, in the language in force; its kind where there are no words for it."""
    told = _SENTENCES.get(type(change))
    return told(change) if told else change.kind


def _filed(change: events.Filed) -> str:
    place = f"{change.share}/{change.path}"
    said = _said(change.class_key or _("class not known"), change.period, change.department)
    return _with_reasons(_("filed at {place} as {what}").format(place=place, what=said), change.evidence)


def _classified(change: events.Classified) -> str:
    said = _said(change.class_key, change.period, change.department)
    return _with_reasons(_("said to be {what}").format(what=said), change.evidence)


def _said(key: str | None, period: Period | None, department: str) -> str:
    return " ".join(filter(None, (key, str(period) if period else "", department)))


def _with_reasons(text: str, reasons: Iterable[str]) -> str:
    told = "；".join(reasons)
    return _("{text} ({reasons})").format(text=text, reasons=told) if told else text


def _settled(change: events.AlterationSettled) -> str:
    texts = {
        Decision.CORRECTION: _("the new content is a correction and counts from now on: {reason}"),
        Decision.NEW_RECORD: _("the new content is a record of its own; this one is missing: {reason}"),
        Decision.RESTORED: _("the filed content is back: {reason}"),
    }
    return texts[change.decision].format(reason=change.reason)


def _appraised(change: events.Appraised) -> str:
    texts = {
        Wish.DESTROY: _("opinion: destroy"),
        Wish.KEEP: _("opinion: keep longer, {term}").format(term=in_words(change.term) if change.term else ""),
        Wish.PERMANENT: _("opinion: keep for ever"),
    }
    text = texts[change.wish]
    return f"{text}：{change.reason}" if change.reason else text


def _destroyed(change: events.Destroyed) -> str:
    texts = {
        Outcome.REMOVED: _("removed from the share, absence confirmed"),
        Outcome.BY_HAND: _("destroyed by people, absence confirmed"),
        Outcome.UNOBSERVED: _("absent on recovery; nobody saw when it was removed"),
    }
    text = texts[change.outcome]
    return _with_reasons(text, [_("the same content also lies at {place}").format(place=at) for at in change.copies])


_SENTENCES: Mapping[type[Any], Callable[[Any], str]] = {
    events.Filed: _filed,
    events.Classified: _classified,
    events.Moved: lambda change: _("moved to {place}").format(place=f"{change.share}/{change.path}"),
    events.Altered: lambda change: _("altered: other content found, {digest}").format(digest=change.digest[:16]),
    events.AlterationSettled: _settled,
    events.Missed: lambda _change: _("missing: the file is gone, and nobody approved that"),
    events.Found: lambda change: _("found again at {place}").format(place=f"{change.share}/{change.path}"),
    events.Resurfaced: lambda change: _("the destroyed content appeared again at {place}").format(
        place=f"{change.share}/{change.path}"
    ),
    events.ResurfacingSettled: lambda change: _("the reappeared copy was dealt with: {reason}").format(
        reason=change.reason
    ),
    events.Held: lambda change: _("hold {hold} was placed over it").format(hold=change.hold_id),
    events.Released: lambda change: _("hold {hold} was released").format(hold=change.hold_id),
    events.Extended: lambda change: _("kept longer, {term}: {reason}").format(
        term=in_words(change.term), reason=change.reason
    ),
    events.Listed: lambda change: _("put on list {list}, eligible on {day}").format(
        list=change.list_id, day=change.eligible_on
    ),
    events.Appraised: _appraised,
    events.Unlisted: lambda change: _("taken off its list: {reason}").format(reason=change.reason),
    events.Approved: lambda change: _("its destruction was approved, on list {list}").format(list=change.list_id),
    events.DestroyIntended: lambda change: _("its destruction began, attempt {n}").format(n=change.attempt),
    events.Quarantined: lambda change: _("taken into quarantine: {place}").format(place=change.path),
    events.DestroyAborted: lambda change: _("the destruction was broken off: {reason}").format(reason=change.reason),
    events.Restored: lambda change: _("taken back out of quarantine: {reason}").format(reason=change.reason),
    events.UnlinkIntended: lambda _change: _("to be removed for good: quarantine is over"),
    events.Destroyed: _destroyed,
    events.Closed: lambda _change: _("the witnesses signed"),
    events.ActRefused: lambda change: _("refused ({rules}): {reason}").format(
        rules="、".join(dict.fromkeys(filter(None, change.rules))), reason=change.reason
    ),
    events.HoldPlaced: lambda change: _("hold placed: {reason}").format(reason=change.reason),
    events.HoldReleased: lambda change: _("hold released: {reason}").format(reason=change.reason),
    events.ClockVouched: lambda change: _("the clock was vouched for: {reason}").format(reason=change.reason),
    events.ScheduleAdopted: lambda change: _("version {number} of the schedule was adopted").format(
        number=change.number
    ),
    events.ShorteningApproved: lambda change: _("shorter terms of schedule {digest} were approved").format(
        digest=change.digest[:16]
    ),
}
