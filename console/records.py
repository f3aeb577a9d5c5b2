"""What is due and why, which records there are, and how the day of one came about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.archive import (
    Page,
    alert_data,
    chosen,
    day_of,
    folder_of,
    full_names,
    guess_lines,
    guessed,
    hanging,
    number_of,
    on_day,
    page_of,
    paged,
    place_of,
    print_alerts,
    record_data,
    selected,
    standing_of,
    the_archive,
)
from console.frame import Exit, prints_data, to_json
from console.terminal import argument, option
from foundation.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import ColumnElement

    from console.archive import Archive
    from foundation.period import Period
    from office.archive.classes import Classes
    from retention.filing.identify import Identification
    from retention.ledger.counting import Alerts, Group, Tally
    from retention.ledger.history import Happening
    from retention.ledger.view import Dated, View
    from retention.rules.model import Hold, Record
    from retention.rules.people import Actor
    from retention.rules.reasons import Reason
    from retention.rules.reckoning import Reckoning
    from retention.rules.schedule import Adoption

# --- due --------------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@on_day
@chosen
@paged
@option("--paper", is_flag=True, help="Make the 到期清单 of all of them as a Word paper, and file it.")
def due(  # noqa: PLR0913, PLR0917 - one parameter an option
    on: datetime | None,
    class_text: str | None,
    period: Period | None,
    under: str | None,
    limit: int,
    number: int,
    everything: bool,
    paper: bool,
    as_json: bool,
) -> Exit:
    """List the records whose term has run out, each with the rule and the dates that led there.

    Due is not approved: nothing is destroyed before a disposal list is approved by another person. What is counted
    below is kept: held, altered or missing records, records on a list, and all whose term nobody knows.
    """
    from retention.ledger import counting as tally
    from retention.ledger.schema import records as table
    from retention.ledger.selection import conditions
    from retention.ledger.view import due_on
    from retention.rules.reckoning import reckonings

    day, page = day_of(on), page_of(limit, number, everything)
    with the_archive() as archive, archive.ledger.read() as view:
        where = conditions(selected(archive, view, class_text, period, under=folder_of(under)))
        if paper:
            return _due_paper(archive, view, day, where, as_json=as_json)
        order = (table.c.eligible_on, table.c.id)
        found = view.found(due_on(day), *where, order=order, limit=page.limit, skip=page.skip)
        adoptions = view.adoptions()
        reckoned = [each for _record, each in reckonings((each.record for each in found), adoptions)]
        counted = tally.tally(view, day, *where)
        alarm = tally.alerts(view, archive.classes.single(view))
    told = _Due(archive.classes, day, page, [*zip(found, reckoned, strict=True)], counted, adoptions, alarm)
    return told.as_data() if as_json else told.print()


def _due_paper(archive: Archive, view: View, day: date, where: Sequence[ColumnElement[bool]], *, as_json: bool) -> Exit:
    """The 到期清单 of a day, filed by who is logged in here."""
    from office.archive import people
    from office.disposal import filing_papers as proofs
    from office.disposal.papers import due_row
    from retention.ledger.view import due_on
    from retention.rules.reckoning import reckonings

    found = reckonings(view.records(due_on(day), *where), view.adoptions())
    rows = sorted((due_row(record, each) for record, each in found), key=lambda row: (row.kept_until, row.place))
    stamp = people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))
    kept = proofs.make_due(archive.office, archive.ledger, stamp, rows, day)
    if as_json:
        click.echo(to_json({"exit": 0, "on": day, "due": len(rows), "file": str(kept.path), "new": kept.new}))
    else:
        click.echo((_("Written: {file}") if kept.new else _("There already: {file}")).format(file=kept.path))
    return Exit.DONE


@dataclass(frozen=True)
class _Due:
    """The due list of a day, ready to be told."""

    classes: Classes
    on: date
    page: Page
    found: Sequence[tuple[Dated, Reckoning]]
    counted: Tally
    adoptions: Sequence[Adoption]
    alarm: Alerts

    def as_data(self) -> Exit:
        records = [
            record_data(self.classes, each) | {"why": self._reason(each.record, why)} for each, why in self.found
        ]
        never = [{"reason": never.value, "class": key, "records": number} for never, key, number in self.counted.never]
        counts = {overlay.value: number for overlay, number in self.counted.kept}
        kept = counts | {"listed": self.counted.listed}
        data = {"exit": 0, "on": self.on, "due": self.counted.due, "records": records, "kept": kept}
        data |= {"later": self.counted.later, "never": never, "alerts": alert_data(self.alarm)}
        click.echo(to_json(data | {"schedule": self.adoptions[-1].number if self.adoptions else None}))
        return Exit.DONE

    def print(self) -> Exit:
        if not self.adoptions:
            _no_schedule()
        elif self.found:
            self._table()
        else:
            click.echo(_("On {on} nothing is due.").format(on=self.on))
        self._counts()
        print_alerts(self.alarm)
        return Exit.DONE

    def _table(self) -> None:
        titles = (
            _("record number"),
            _("class"),
            _("period covered"),
            _("department"),
            _("kept until"),
            _("eligible on"),
        )
        rows = [_due_row(self.classes, each) for each, _why in self.found]
        below = [(place_of(each.record), self._reason(each.record, why)) for each, why in self.found]
        terminal.print_table(titles, rows, below=below, right=frozenset({0}))
        total = self.counted.due
        text = ngettext("{n} record is due on {on}.", "{n} records are due on {on}.", total)
        rest = self.page.rest(len(self.found), total)
        click.echo("\n" + click.style(text.format(n=total, on=self.on), bold=True) + (f" {rest}" if rest else ""))

    def _reason(self, record: Record, why: Reckoning) -> str:
        from retention.rules.reasons import in_one_line

        return in_one_line(record, why)

    def _counts(self) -> None:
        for line in counted_lines(self.classes, self.counted):
            for part in terminal.wrap(line, terminal.line_width()):
                click.echo(part)


def _due_row(classes: Classes, each: Dated) -> tuple[str, ...]:
    record, day = each.record, each.eligible_on
    kept = str(day - timedelta(days=1)) if day else ""
    return (record.id, classes.title(record.class_key), str(record.period or ""), record.department, kept, str(day))


def _no_schedule() -> None:
    text = _("No schedule was adopted yet, so nothing is ever due: every record is kept.")
    click.echo(click.style(text, fg="yellow"))
    click.echo(_("`guidang schedule show` shows how schedule.csv is read; `guidang schedule adopt` puts it in force."))


def counted_lines(classes: Classes, counted: Tally) -> Iterator[str]:
    """What is not due, and why, a line for each reason."""
    from retention.rules.lifecycle import overlay_name
    from retention.rules.reckoning import Never

    kept = [(overlay_name(overlay), number) for overlay, number in counted.kept if number]
    kept += [(_("on a disposal list"), counted.listed)] if counted.listed else []
    if kept:
        told = "、".join(f"{name} {number}" for name, number in kept)
        yield _("Their day has come, but they are kept: {what}.").format(what=told)
    if counted.later:
        yield _("Not due yet: {n}.").format(n=counted.later)
    for never in Never:
        if groups := [(key, number) for reason, key, number in counted.never if reason is never]:
            yield _never_line(classes, never, groups)


def _never_line(classes: Classes, never: Any, groups: Sequence[tuple[str | None, int]]) -> str:
    from retention.rules.reasons import never_name

    total = sum(number for _key, number in groups)
    named = "、".join(f"{classes.title(key)} {number}" for key, number in groups if key)
    text = _("Never due, {reason}: {n}").format(reason=never_name(never), n=total)
    return f"{text}（{named}）" if named else text


# --- records ----------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("text", metavar="[TEXT]", default="", required=False, help="Words that stand in the path or the name.")
@option("--unclassified", "lying", flag_value="unclassified", help="Only those whose class nobody knows yet.")
@option("--missing", "lying", flag_value="missing", help="Only those whose file is gone without an approval.")
@option("--altered", "lying", flag_value="altered", help="Only those whose content is not what was filed.")
@option("--resurfaced", "lying", flag_value="resurfaced", help="Only destroyed ones whose content appeared again.")
@option("--held", "lying", flag_value="held", help="Only those that a hold covers.")
@option("--extended", "lying", flag_value="extended", help="Only those that an appraisal keeps longer.")
@option("--duplicates", is_flag=True, help="Only those of which there may be one too many.")
@option("--destroyed", "gone", is_flag=True, help="Show those too that were destroyed.")
@on_day
@chosen
@option("--department", metavar="NAME", help="Only of this department.")
@paged
def records(  # noqa: PLR0913, PLR0917 - one parameter an option
    text: str,
    lying: str | None,
    duplicates: bool,
    gone: bool,
    on: datetime | None,
    class_text: str | None,
    period: Period | None,
    under: str | None,
    department: str | None,
    limit: int,
    number: int,
    everything: bool,
    as_json: bool,
) -> Exit:
    """List the records there are: class, period, department, from when each may go, how it stands, where it lies.

    First it says loudly what wants a person: missing, altered and reappeared files, files nobody could classify,
    and duplicates.
    """
    from retention.ledger import counting as tally
    from retention.ledger.selection import by_place, conditions
    from retention.rules.model import Overlay

    page = page_of(limit, number, everything)
    with the_archive() as archive, archive.ledger.read() as view:
        alarm = tally.alerts(view, archive.classes.single(view))
        if duplicates:
            if text or lying or class_text or period or under or department:
                raise click.UsageError(_("--duplicates shows all of them; leave the other words out."))
            return _show_duplicates(archive.classes, view, alarm, page, as_json=as_json)
        selection = selected(
            archive,
            view,
            class_text,
            period,
            under=folder_of(under),
            department=department or "",
            text=text,
            overlay=Overlay(lying) if lying else None,
            gone=gone,
        )
        where = conditions(selection)
        found = view.found(*where, order=by_place(selection), limit=page.limit, skip=page.skip)
        total = tally.count(view, *where)
        guesses = {each.record.id: guessed(archive, view, each.record) for each in found if lying == "unclassified"}
        lists = {each.record.id: number_of(view, each.record.list_id or "") for each in found if each.record.list_id}
    told = _Records(archive.classes, day_of(on), page, found, total, alarm, guesses, lists)
    return told.as_data() if as_json else told.print()


_STANDING = 20
"""Columns that how a record stands may take in the table; where it takes more it has a line of its own."""


@dataclass(frozen=True)
class _Records:
    """A page of records, ready to be told.

    ``guessed``: what unclassified ones may be, and why nobody could tell; ``lists``: the numbers of their lists.
    """

    classes: Classes
    on: date
    page: Page
    found: Sequence[Dated]
    total: int
    alarm: Alerts
    guessed: Mapping[str, Identification]
    lists: Mapping[str, str]

    def as_data(self) -> Exit:
        rows = [record_data(self.classes, each) | self._more(each.record) for each in self.found]
        click.echo(to_json({"exit": 0, "alerts": alert_data(self.alarm), "total": self.total, "records": rows}))
        return Exit.DONE

    def _more(self, record: Record) -> dict[str, Any]:
        guess = self.guessed.get(record.id)
        told = {"candidates": guess.candidates, "reasons": guess.reasons} if guess else {}
        return told | {"list": self.lists.get(record.id)}

    def print(self) -> Exit:
        print_alerts(self.alarm)
        if not self.found:
            click.echo(_("There is no such record."))
            return Exit.DONE
        titles = (_("record number"), _("class"), _("period covered"), _("department"), _("eligible on"), _("standing"))
        rows = [self._row(each) for each in self.found]
        below = [[place_of(each.record), *self._notes(each)] for each in self.found]
        terminal.print_table(titles, rows, below=below, right=frozenset({0}))
        text = ngettext("{n} record.", "{n} records.", self.total).format(n=self.total)
        rest = self.page.rest(len(self.found), self.total)
        click.echo("\n" + click.style(text, bold=True) + (f" {rest}" if rest else ""))
        return Exit.DONE

    def _row(self, each: Dated) -> tuple[str, ...]:
        record, day = each.record, each.eligible_on
        title = self.classes.title(record.class_key) or _("not known")
        period, standing = str(record.period or ""), standing_of(record, day, self.on)
        short = standing if terminal.width(standing) <= _STANDING else ""
        return (record.id, title, period, record.department, str(day or ""), short)

    def _notes(self, each: Dated) -> Iterator[str]:
        """How it stands, where that takes many words; what an unclassified one may be; by which list a reappeared one
        was destroyed, and where it lies (W5).
        """
        record, standing = each.record, standing_of(each.record, each.eligible_on, self.on)
        if terminal.width(standing) > _STANDING:
            yield standing
        if guess := self.guessed.get(record.id):
            yield from guess_lines(self.classes, guess)
        if record.resurfaced_at:
            text = _("destroyed by list {list}; lies there again: {place}")
            yield text.format(list=self.lists.get(record.id, ""), place=record.resurfaced_at)


# --- duplicates -------------------------------------------------------------------------------------------------


def _show_duplicates(classes: Classes, view: View, alarm: Alerts, page: Page, *, as_json: bool) -> Exit:
    from retention.ledger import counting as tally

    single = classes.single(view)
    groups = tally.repeated(view, single, page.limit, page.skip) + tally.copied(view, page.limit, page.skip)
    if as_json:
        data = [{"same": "content" if group.content else "period", **_group_data(classes, group)} for group in groups]
        click.echo(to_json({"exit": 0, "alerts": alert_data(alarm), "groups": data}))
        return Exit.DONE
    print_alerts(alarm)
    for group in groups:
        click.echo(click.style(_group_title(classes, group), bold=True))
        for record in group.records:
            lead = f"  {record.id}  "
            for n, part in enumerate(terminal.fold(place_of(record), terminal.line_width() - len(lead))):
                click.echo((lead if n == 0 else " " * len(lead)) + part)
    total = max(alarm.repeated, alarm.copies)
    shown = max(sum(not group.content for group in groups), sum(group.content for group in groups))
    if rest := page.rest(shown, total):
        click.echo(rest)
    if groups:
        click.echo(_("Look at them, and say which is the record; guidang does not choose."))
    return Exit.DONE


def _group_title(classes: Classes, group: Group) -> str:
    first = group.records[0]
    if group.content:
        return _("the same content {n} times").format(n=len(group.records))
    said = " ".join(filter(None, (classes.title(first.class_key), str(first.period), first.department)))
    return _("{what}: {n} files").format(what=said, n=len(group.records))


def _group_data(classes: Classes, group: Group) -> dict[str, Any]:
    first = group.records[0]
    same = {"class": first.class_key, "period": str(first.period), "department": first.department}
    records = [{"record": each.id, "share": each.share, "path": each.path} for each in group.records]
    return ({"digest": first.digest} if group.content else same) | {
        "title": classes.title(first.class_key),
        "records": records,
    }


# --- why --------------------------------------------------------------------------------------------------------


@click.command(cls=terminal.Command)
@prints_data
@argument("text", metavar="RECORD", help="A record's number, its path, or words of its path.")
@on_day
def why(text: str, on: datetime | None, as_json: bool) -> Exit:
    """Explain a record's day: class, term, base date, rule and sum, what lies over it, and what happened to it."""
    from office.archive.records import record_named
    from retention.ledger.history import history
    from retention.ledger.view import Dated
    from retention.rules.reasons import explain
    from retention.rules.reckoning import reckon

    day = day_of(on)
    with the_archive() as archive, archive.ledger.read() as view:
        record = record_named(archive.office, view, text)
        told = _Why(
            archive.classes,
            Dated(view.eligible_on(record.id), record),
            explain(record, reckon(record, view.adoptions()), day),
            [hold for hold in map(view.hold, sorted(record.holds)) if hold],
            [each for each in view.records_with(record.digest) if each.id != record.id],
            [*history(view.log(record.id), archive.classes.title, lambda name: number_of(view, name))],
            number_of(view, record.list_id or ""),
            full_names(view),
        )
    return told.as_data() if as_json else told.print()


@dataclass(frozen=True)
class _Why:
    """Everything that is known of a record, ready to be told."""

    classes: Classes
    dated: Dated
    steps: Sequence[Reason]
    holds: Sequence[Hold]
    copies: Sequence[Record]
    happened: Sequence[Happening]
    list_number: str
    names: Mapping[str, str]

    def as_data(self) -> Exit:
        events = [
            {"number": one.seq, "at": one.at.isoformat(), "on": one.on, "actor": one.actor.name, "text": one.text}
            for one in self.happened
        ]
        data = record_data(self.classes, self.dated) | {
            "steps": [{"code": step.code, "text": step.text} for step in self.steps],
            "held": [{"hold": hold.id, "reason": hold.reason, "by": hold.placed_by.name} for hold in self.holds],
            "copies": [{"record": copy.id, "share": copy.share, "path": copy.path} for copy in self.copies],
            "history": events,
        }
        click.echo(to_json({"exit": 0, **data}))
        return Exit.DONE

    def print(self) -> Exit:
        record = self.dated.record
        for line in terminal.fold(f"{record.id}  {place_of(record)}", terminal.line_width()):
            click.echo(click.style(line, bold=True))
        for line in self._lines():
            hanging("  • ", line)
        click.echo(click.style(_("What happened"), bold=True))
        for one in self.happened:
            who = _("the service") if one.actor.is_service else self._person(one.actor)
            hanging(f"  {one.on}  ", f"{who}：{one.text}")
        return Exit.DONE

    def _person(self, actor: Actor) -> str:
        return self.names.get(actor.name, actor.name)

    def _lines(self) -> Iterator[str]:
        from retention.rules.lifecycle import state_name

        yield from map(str, self.steps)
        for hold in self.holds:
            text, who = _("Hold {id} of {day}, by {who}: {reason}"), self._person(hold.placed_by)
            yield text.format(id=hold.id, day=hold.placed_on, who=who, reason=hold.reason)
        if self.list_number:
            yield _("On disposal list {list}").format(list=self.list_number)
        for copy in self.copies:
            text = _("The same content: {id} {place} ({state})")
            yield text.format(id=copy.id, place=place_of(copy), state=state_name(copy.state))
