"""Pure: why a record is due or not, step by step in words (T5): class, term, base date, sum, what lies over it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from foundation.language import _, ngettext
from retention.rules.dates import starts_on
from retention.rules.lifecycle import overlay_name, state_name
from retention.rules.model import Overlay, State
from retention.rules.reckoning import Never
from retention.rules.schedule import Base, TermKind
from retention.rules.schedule_table import base_name, start_name
from retention.rules.terms import in_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from retention.rules.model import Record
    from retention.rules.reckoning import Basis, Reckoning


_KEEPING = (Overlay.HELD, Overlay.ALTERED, Overlay.MISSING)


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the reasoning: ``code`` for programs, ``text`` in the language in force."""

    code: str
    text: str

    def __str__(self) -> str:
        return self.text


def explain(record: Record, reckoning: Reckoning, on: date) -> tuple[Reason, ...]:
    """How the record's day follows from its dates and the schedule, and what that means on the business date."""
    basis = reckoning.basis
    steps = [*_class(record, basis)]
    if basis is not None:
        steps += [_term(basis), *_spared(record, reckoning), _base(record, basis), *_sum(basis)]
    steps += [*_extension(record, reckoning), *_over(record), _conclusion(record, reckoning, on)]
    return tuple(steps)


def in_one_line(record: Record, reckoning: Reckoning) -> str:
    """Why a record's day is what it is: base date, rule, term and version; or why it has none."""
    basis = reckoning.basis
    if reckoning.never is not None or basis is None:
        return never_name(reckoning.never)
    base = f"{base_name(basis.base.source)} {basis.base.day}"
    text = _("{base}, kept {term} {start}, schedule version {number}").format(
        base=base, term=in_words(basis.rule.term), start=start_name(basis.rule.start), number=basis.adoption.number
    )
    if record.extension is None:
        return text
    appraised = _("appraised on {day}: {term} longer").format(
        day=record.extension.appraised_on, term=in_words(record.extension.term)
    )
    return f"{text}；{appraised}"


def never_name(never: Never | None) -> str:
    """Why a record has no eligible day, in the language in force."""
    return {
        Never.PERMANENT: _("permanent"),
        Never.PROOF: _("proof of a disposal, permanent"),
        Never.UNCLASSIFIED: _("class not known"),
        Never.NO_SCHEDULE: _("no schedule adopted"),
        Never.NO_CLASS: _("no row in the schedule"),
        Never.UNKNOWN_TERM: _("no term known"),
        Never.BEYOND_CALENDAR: _("term beyond the calendar"),
    }[never or Never.NO_SCHEDULE]


def _class(record: Record, basis: Basis | None) -> Iterator[Reason]:
    if basis is not None:
        name = basis.record_class.title
        text = f"{name} {basis.record_class.code}".rstrip()
    else:
        text = record.class_key or _("not known")
    yield Reason("class", _("Class: {name}").format(name=text))


def _term(basis: Basis) -> Reason:
    text = _("Kept: {term}, by version {number} of the schedule, in force since {day}").format(
        term=in_words(basis.rule.term), number=basis.adoption.number, day=basis.adoption.on
    )
    return Reason("term", text)


def _spared(record: Record, reckoning: Reckoning) -> Iterator[Reason]:
    """P3: what a later version says, and why it does not count here."""
    for basis in reckoning.spared:
        if record.id in basis.adoption.exempt:
            reason = _("the record was held or on a list on that day")
        else:
            reason = _("the record was filed before, on {day}").format(day=record.filed_on)
        text = _("Version {number} of {day} says {term}, which would end earlier and does not count: {reason}").format(
            number=basis.adoption.number, day=basis.adoption.on, term=in_words(basis.rule.term), reason=reason
        )
        yield Reason("spared", text)


def _base(record: Record, basis: Basis) -> Reason:
    wanted, base = basis.rule.base, basis.base
    text = _("Counted from: {base}, {day}").format(base=base_name(base.source), day=base.day)
    if base.source is Base.PERIOD_END:
        text = _("Counted from: {base} {period}, {day}").format(
            base=base_name(base.source), period=record.period, day=base.day
        )
    elif wanted is not base.source and wanted is not Base.LATEST:
        text = _("Counted from: {base}, {day} ({wanted} is not known)").format(
            base=base_name(base.source), day=base.day, wanted=base_name(wanted)
        )
    return Reason("base", text)


def _sum(basis: Basis) -> Iterator[Reason]:
    """The arithmetic, where there is one."""
    if basis.rule.term.kind is not TermKind.FIXED or basis.eligible_on is None:
        return
    text = _("Starts {start}: {first} + {term} → kept until {last}, eligible on {eligible}").format(
        start=start_name(basis.rule.start),
        first=starts_on(basis.base.day, basis.rule.start),
        term=in_words(basis.rule.term),
        last=basis.eligible_on - timedelta(days=1),
        eligible=basis.eligible_on,
    )
    yield Reason("sum", text)


def _extension(record: Record, reckoning: Reckoning) -> Iterator[Reason]:
    extension = record.extension
    if extension is None:
        return
    text = _("Appraised on {day}: kept longer, {term}: {reason}").format(
        day=extension.appraised_on, term=in_words(extension.term), reason=extension.reason
    )
    if reckoning.extended_on:
        text = _("Appraised on {day}: kept longer, {term}, eligible on {eligible}: {reason}").format(
            day=extension.appraised_on,
            term=in_words(extension.term),
            eligible=reckoning.extended_on,
            reason=extension.reason,
        )
    yield Reason("extension", text)


def _over(record: Record) -> Iterator[Reason]:
    """What keeps it from being destroyed whatever its day is, and where it stands."""
    texts = {
        Overlay.HELD: _("Held: {holds}").format(holds="、".join(sorted(record.holds))),
        Overlay.ALTERED: _("Altered: the content is not what was filed; somebody has to decide"),
        Overlay.MISSING: _("Missing since {day}").format(day=record.missing_since),
        Overlay.RESURFACED: _("Appeared again: {place}").format(place=record.resurfaced_at),
    }
    yield from (Reason(overlay.value, text) for overlay, text in texts.items() if overlay in record.overlays)
    if record.state is not State.RETAINED:
        yield Reason("state", _("Now: {state}").format(state=state_name(record.state)))


def _conclusion(record: Record, reckoning: Reckoning, on: date) -> Reason:
    day = reckoning.eligible_on
    if record.state in {State.DESTROYED, State.CLOSED}:
        return Reason("destroyed", _("On {on}: destroyed; nothing is left to do").format(on=on))
    if day is None:
        return Reason("never", _never_text(reckoning.never).format(on=on))
    if day > on:
        n = (day - on).days
        text = ngettext("On {on}: not due, {n} day to go", "On {on}: not due, {n} days to go", n)
        return Reason("not_due", text.format(on=on, n=n))
    if over := [overlay_name(each) for each in _KEEPING if each in record.overlays]:
        text = _("On {on}: its day came on {day}, but it is not due: it is {standing}")
        return Reason("kept", text.format(on=on, day=day, standing="、".join(over)))
    text = _("On {on}: due since {day}; disposal needs approval (clause 4.0)")
    return Reason("due", text.format(on=on, day=day))


def _never_text(never: Never | None) -> str:
    texts = {
        Never.PERMANENT: _("On {on}: not due, it is permanent"),
        Never.PROOF: _("On {on}: not due, papers that prove a disposal are permanent"),
        Never.UNCLASSIFIED: _("On {on}: not due, its class is not known; kept and reported"),
        Never.NO_SCHEDULE: _("On {on}: not due, no schedule is in force; kept and reported"),
        Never.NO_CLASS: _("On {on}: not due, the schedule has no row for its class; kept and reported"),
        Never.UNKNOWN_TERM: _("On {on}: not due, how long it is kept is not known; kept and reported"),
        Never.BEYOND_CALENDAR: _("On {on}: not due, its term ends beyond the calendar; kept and reported"),
    }
    return texts[never or Never.NO_SCHEDULE]
