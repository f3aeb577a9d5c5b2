"""`guidang disposal`: from what is due to what is gone, and the proof of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from console import terminal
from console.archive import chosen, hanging, now, page_of, paged, print_filed, rest_of, the_archive
from console.frame import Commands, Exit, answer, common, options_of, prints_data
from console.terminal import argument, option
from foundation.atomic_file import write_atomic
from foundation.language import _, ngettext
from foundation.period import Period
from office.archive.archive import Archive, Wanted
from office.disposal import acts, filing_papers, round_trip
from office.disposal.papers import CERTIFICATE
from office.papers.writing import target_of
from office.views import lists as views
from office.views.lists import ItemRow, ListDetail, ListRow, ListsThereAre, RunReport, TakenBack
from office.views.records import TablePage


class TermType(click.ParamType[Any]):
    """``2年`` → Term."""

    name = "term"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The term, or a usage error: what cannot be read with certainty is no term."""
        if not isinstance(value, str):
            return value
        term = acts.read_term(value)
        if not term.known:
            self.fail(_("'{value}' is no term; write for example 2年 or 18个月.").format(value=value), param, ctx)
        return term


DECISIONS = {
    "destroy": "destroy",
    "keep": "keep",
    "permanent": "permanent",
    "销毁": "destroy",
    "续存": "keep",
    "永久": "permanent",
}
"""A decision as it is typed: in English, or as the papers say it."""

_number = argument("number", metavar="LIST", help="The list's number, such as 2026-003.")
_rows = argument("texts", metavar="[ROW]...", nargs=-1, help="Rows of the list, such as 3 or 5-9.")
_reason = option("--reason", metavar="TEXT", required=True, help="Why; it is kept for ever.")
_confirmed = option(
    "--confirm",
    metavar="LIST COUNT",
    nargs=2,
    type=(str, click.IntRange(min=1)),
    help="The list's number and the count of items, typed here instead of when asked for.",
)


def _how(**defaults: Any) -> Callable[[Any], Any]:
    return options_of(
        option("--method", metavar="TEXT", help="How it is destroyed: 粉碎, 化浆, 焚毁, 消磁 …", **defaults),
        option("--place", metavar="TEXT", help="Where it is destroyed.", **defaults),
    )


@click.group(cls=Commands)
@common
def disposal() -> None:
    """Dispose of what has run out: list it, decide, have it approved, destroy it, prove it.

    Nobody approves their own list, nothing is destroyed before it was approved and the cooling-off is over, a hold
    always wins, and every step is an event. Only `disposal execute` touches files, and only those approved.
    """


# --- making a list ----------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@argument("texts", metavar="[RECORD]...", nargs=-1, help="Records by number, path or words of it.")
@chosen
@option("--department", metavar="NAME", default="", help="Only of this department.")
def draft(  # noqa: PLR0913, PLR0917 - one parameter an option
    texts: tuple[str, ...],
    class_text: str | None,
    period: Period | None,
    under: str | None,
    department: str,
    as_json: bool,
) -> Exit:
    """Put what is due on a new list: all of it, those of a class, period, folder or department, or those named.

    Records named are all listed or none: each that cannot be is told, with what stands against it.
    """
    with the_archive() as archive:
        with archive.ledger.read() as view:
            meant = archive.selection(view, Wanted(texts, class_text, period, under, department))
        found = acts.draft(archive.office, archive.ledger, archive.stamp(now()), meant)
        return _told(archive, found.number, _drafted, as_json=as_json)


@disposal.command("list")
@prints_data
@option("--all", "everything", is_flag=True, help="Those that are over as well.")
def list_lists(everything: bool, as_json: bool) -> Exit:
    """List the disposal lists: where each stands, how many items it had and has."""
    with the_archive() as archive:
        found = views.lists(archive, ended=everything)
    return answer(found, _print_lists, as_json=as_json)


def _print_lists(found: ListsThereAre) -> None:
    if not found.lists:
        click.echo(_("There is no disposal list; `guidang disposal draft` makes one of what is due."))
        return
    titles = (_("list"), _("standing"), _("items"), _("still on it"), _("drafted on"), _("drafted by"))
    terminal.print_table(titles, map(_list_row, found.lists), right=frozenset({2, 3}))


def _list_row(each: ListRow) -> tuple[str, ...]:
    return (each.list_, each.state_name, str(each.items), str(each.open_), str(each.drafted_on), each.drafted_by)


@disposal.command()
@prints_data
@argument("named", metavar="LIST", help="The list's number, such as 2026-003.")
@paged
def show(named: str, limit: int, number: int, everything: bool, as_json: bool) -> Exit:
    """Show a list: who did what when, what may happen next, and every row with what became of it."""
    with the_archive() as archive:
        found = views.detail(archive, named)
    return answer(found, partial(_print_list, page_of(limit, number, everything)), as_json=as_json)


def _print_list(page: TablePage, found: ListDetail) -> None:
    for line in found.history():
        hanging("• ", line)
    items = found.items
    shown = items[page.skip : page.skip + page.limit if page.limit else None]
    titles = (_("row"), _("record number"), _("eligible on"), _("decision"), _("standing"))
    below = [(item.place, *item.notes) for item in shown]
    terminal.print_table(titles, map(_item_row, shown), right=frozenset({0, 1}), below=below)
    if rest := rest_of(page, len(shown), len(items)):
        click.echo(rest)


def _item_row(item: ItemRow) -> tuple[str, ...]:
    return (str(item.row), item.record, str(item.eligible_on), item.decision, item.standing)


@disposal.command()
@prints_data
@_number
@argument("wish", metavar="DECISION", type=click.Choice([*DECISIONS]), help="What shall become.")
@_rows
@option("--all", "everything", is_flag=True, help="About every row of the list.")
@option("--reason", metavar="TEXT", default="", help="Why; needed for what is kept.")
@option("--term", metavar="TERM", type=TermType(), help="How long it is kept from today: 2年, 18个月.")
def opinion(  # noqa: PLR0913, PLR0917 - one parameter an option
    number: str, wish: str, texts: tuple[str, ...], everything: bool, reason: str, term: Any, as_json: bool
) -> Exit:
    """Say what shall become of rows of a list: destroy, keep longer, or permanent. The latest word counts.

    Archivists speak about every row, departments about their own records. What nobody decided is not destroyed.
    """
    if everything == bool(texts):
        raise click.UsageError(_("Say which rows, such as 3 or 5-9, or --all."))
    with the_archive() as archive:
        decision = acts.Wish(DECISIONS[wish])
        n = acts.opine(archive.ledger, archive.stamp(now()), number, texts, decision, reason=reason, term=term)
        return _told(archive, number, partial(_decided, n), as_json=as_json)


def _decided(n: int, found: ListDetail) -> Iterator[str]:
    text = ngettext("{n} row of list {number} is decided anew.", "{n} rows of list {number} are decided anew.", n)
    yield text.format(n=n, number=found.row.list_)
    if left := found.undecided:
        yield ngettext("{n} row has no decision yet.", "{n} rows have no decision yet.", left).format(n=left)


@disposal.command()
@prints_data
@_number
@argument("texts", metavar="ROW...", nargs=-1, required=True, help="Rows of the list, such as 3 or 5-9.")
@_reason
def strike(number: str, texts: tuple[str, ...], reason: str, as_json: bool) -> Exit:
    """Take rows off a draft. Their records stay what they are, and may be listed again."""
    with the_archive() as archive:
        n = acts.strike(archive.ledger, archive.stamp(now()), number, texts, reason)
        text = ngettext("{n} row has left list {number}.", "{n} rows have left list {number}.", n)
        return _told(archive, number, lambda _found: [text.format(n=n, number=number)], as_json=as_json)


# --- to a department and back -----------------------------------------------------------------------------------


@disposal.command()
@common
@_number
@option("-o", "--output", metavar="PATH", type=click.Path(path_type=Path), default=".", help="Where; here without it.")
@option("--department", metavar="NAME", default="", help="Only the rows of this department.")
@option("--force", is_flag=True, help="Replace a file that is there already.")
def export(number: str, output: Path, department: str, force: bool) -> Exit:
    """Write a list as a workbook that a department fills in: decision, reason and new term of each row."""
    with the_archive() as archive, archive.ledger.read() as view:
        content = round_trip.export(archive.office, view, number, department)
    name = f"{round_trip.TITLE} {number}" + (f" {department}" if department else "") + ".xlsx"
    target = target_of(output, name, force=force)
    write_atomic(target, content)
    click.echo(_("Written: {file}").format(file=target))
    return Exit.DONE


@disposal.command("import")
@prints_data
@argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The workbook.")
@option("--yes", is_flag=True, help="Take it over without asking.")
def take_in(file: Path, yes: bool, as_json: bool) -> Exit:
    """Take back a workbook that was filled in: show what it changes, ask, and take that over.

    Only decision, reason and new term are read. Rows missing, repeated or changed, and formulas, are refused.
    """
    with the_archive() as archive:
        returned = round_trip.take_back(archive.ledger, file.read_bytes(), file.name)
        found = views.taken_back(returned)
        if not as_json:
            _print_changes(found)
        if found.changes and (yes or (not as_json and click.confirm(_("Take this over?")))):
            found = replace(found, taken=round_trip.apply(archive.ledger, archive.stamp(now()), returned))
    return answer(found, _print_taken, as_json=as_json)


def _print_changes(found: TakenBack) -> None:
    if not found.changes:
        click.echo(_("Nothing in it differs from list {number}.").format(number=found.list_))
        return
    titles = (_("row"), _("title"), _("said so far"), _("says now"))
    terminal.print_table(titles, map(astuple, found.changes), right=frozenset({0}))


def _print_taken(found: TakenBack) -> None:
    if n := found.taken:
        click.echo(ngettext("{n} row was taken over.", "{n} rows were taken over.", n).format(n=n))


# --- deciding ---------------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@_number
def submit(number: str, as_json: bool) -> Exit:
    """Freeze a list and hand it to the approver. Every row needs a decision; from now on nothing of it changes."""
    with the_archive() as archive:
        acts.submit(archive.ledger, archive.stamp(now()), number)
        return _told(archive, number, _submitted, as_json=as_json)


def _submitted(found: ListDetail) -> Iterator[str]:
    yield _("List {number} is submitted. Its digest:").format(number=found.row.list_)
    yield f"  {found.grouped_digest}"
    yield _("Another person approves it: `guidang disposal approve`.")


@disposal.command()
@prints_data
@_number
@option("--digest", metavar="HEX", help="The digest on the paper in front of you, 16 letters of it at least.")
@option("--refuse", "refused", metavar="ROW REASON", nargs=2, multiple=True, help="A row that stays, and why.")
def approve(number: str, digest: str | None, refused: tuple[tuple[str, str], ...], as_json: bool) -> Exit:
    """Approve a list as it was submitted; not by who proposed it. Rows refused stay as they were.

    Asks for the digest printed on the paper, so that what is approved is what was read. After the cooling-off what is
    to be destroyed may be destroyed once; what is to be kept is kept longer from now on.
    """
    with the_archive() as archive:
        found = views.detail(archive, number)
        if digest is None and not as_json:
            text = _("List {number}: {destroy} to be destroyed, {keep} kept longer, {permanent} made permanent.")
            click.echo(text.format(number=found.row.list_, **found.decided))
        typed = digest or _typed(_("The digest as it stands on the paper (its first 16 letters)"))
        acts.approve(archive.ledger, archive.stamp(now()), number, typed, refused)
        return _told(archive, number, _approved, as_json=as_json)


def _approved(found: ListDetail) -> Iterator[str]:
    yield _("List {number} is approved.").format(number=found.row.list_)
    if found.usable:
        text = _("It may be executed from {first} to {last}.")
        yield text.format(first=found.usable[0], last=found.usable[1])
    else:
        yield _("Nothing of it is to be destroyed; the list is over.")


@disposal.command()
@prints_data
@_number
@_reason
def reject(number: str, reason: str, as_json: bool) -> Exit:
    """Refuse a submitted list. Its records are kept as they were."""
    return _ended(number, reason, acts.reject, as_json=as_json)


@disposal.command("return")
@prints_data
@_number
@_reason
def give_back(number: str, reason: str, as_json: bool) -> Exit:
    """Give a submitted list back to be mended and submitted again."""
    return _ended(number, reason, acts.give_back, as_json=as_json)


@disposal.command()
@prints_data
@_number
@_reason
def withdraw(number: str, reason: str, as_json: bool) -> Exit:
    """Take a list back before it is executed. Its records are kept as they were."""
    return _ended(number, reason, acts.withdraw, as_json=as_json)


def _ended(number: str, reason: str, act: Callable[..., object], *, as_json: bool) -> Exit:
    with the_archive() as archive:
        act(archive.ledger, archive.stamp(now()), number, reason)
        return _told(archive, number, _now_is, as_json=as_json)


def _now_is(found: ListDetail) -> Iterator[str]:
    yield _("List {number} is {state}.").format(number=found.row.list_, state=found.row.state_name)


# --- destroying -------------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@_number
@_confirmed
@_how()
def execute(number: str, confirm: tuple[str, int] | None, method: str | None, place: str | None, as_json: bool) -> Exit:
    """Destroy what was approved: move it into quarantine, and when its days are over remove it for good.

    Run it again when the quarantine is over. Asks for the list's number and the count of its items. Until a file is
    removed, `disposal restore` brings it back, and a hold stops it. What a lost process left open is settled first.
    """
    with the_archive() as archive:
        found = views.detail(archive, number)
        if confirm is None and not as_json:
            n = found.to_go
            text = ngettext("List {number}: {n} file is still to go.", "List {number}: {n} files are still to go.", n)
            click.echo(text.format(number=found.row.list_, n=n))
        typed = confirm or _typed_both()
        _see_that_it_is_meant(number, typed[0])
        order = acts.Order(*typed, method or acts.REMOVED, place or found.shares)
        report = acts.execute(archive.office, archive.ledger, archive.stamp(now()), order)
    return _reported(views.report(report), as_json=as_json)


@disposal.command("by-hand")
@prints_data
@_number
@_rows
@_confirmed
@_how(required=True)
def by_hand(  # noqa: PLR0913, PLR0917 - one parameter an option
    number: str, texts: tuple[str, ...], confirm: tuple[str, int] | None, method: str, place: str, as_json: bool
) -> Exit:
    """Record what people destroyed themselves: rows of an approved list, all of them without any.

    Every file is looked for first, and has to be gone from its place. Asks for the list's number and the count.
    """
    with the_archive() as archive:
        order = acts.Order(*(confirm or _typed_both()), method, place)
        _see_that_it_is_meant(number, order.number)
        report = acts.by_hand(archive.office, archive.ledger, archive.stamp(now()), order, texts)
    return _reported(views.report(report), as_json=as_json)


@disposal.command()
@prints_data
@_number
@_rows
@_reason
def restore(number: str, texts: tuple[str, ...], reason: str, as_json: bool) -> Exit:
    """Take files out of quarantine and put them back where they were: rows of a list, all of them without any."""
    with the_archive() as archive:
        report = acts.restore(archive.office, archive.ledger, archive.stamp(now()), number, texts, reason)
    return _reported(views.report(report), as_json=as_json)


@disposal.command()
@prints_data
def recover(as_json: bool) -> Exit:
    """Find out what became of files whose destruction was cut short, and write that down; `execute` does so too."""
    with the_archive() as archive:
        reports = acts.recover(archive.office, archive.ledger, archive.stamp(now()))
    found = views.RunReports(tuple(map(views.report, reports)))
    if as_json:
        return answer(found, as_json=True)
    if not reports:
        click.echo(_("No list is being executed."))
    return max((_reported(each, as_json=False) for each in found.lists), default=Exit.DONE)


# --- proving ----------------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@_number
@option("--statement", metavar="TEXT", required=True, help="What you saw, in your words.")
def witness(number: str, statement: str, as_json: bool) -> Exit:
    """Sign as a witness that a list was executed; two persons who neither proposed, approved nor executed it."""
    with the_archive() as archive:
        acts.witness(archive.ledger, archive.stamp(now()), number, statement)
        return _told(archive, number, _witnessed, as_json=as_json)


def _witnessed(found: ListDetail) -> Iterator[str]:
    if found.witnessed:
        text = _("List {number} is witnessed twice, and closed.")
    else:
        text = _("List {number} has one witness; one more has to sign.")
    yield text.format(number=found.row.list_)


_backups = option(
    "--backups-until",
    metavar="DATE",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day on which the last backup that still holds these files is gone.",
)


@disposal.command()
@prints_data
@_number
@_backups
def certificate(number: str, backups_until: datetime | None, as_json: bool) -> Exit:
    """Make the certificate of an executed list, and file it; until two witnesses signed it says 未完成."""
    return _papers(number, (CERTIFICATE,), backups_until, as_json=as_json)


@disposal.command()
@prints_data
@_number
@_backups
def papers(number: str, backups_until: datetime | None, as_json: bool) -> Exit:
    """Make every paper that a list has in its state, and file them; those made before are not made again."""
    return _papers(number, (), backups_until, as_json=as_json)


def _papers(number: str, forms: tuple[str, ...], backups_until: datetime | None, *, as_json: bool) -> Exit:
    until = backups_until.date() if backups_until else None
    with the_archive() as archive:
        stamp = archive.stamp(now())
        kept = filing_papers.make(archive.office, archive.ledger, stamp, number, forms, backups_until=until)
    told = [{"form": each.form, "file": each.path, "new": each.new} for each in kept]

    def show(_told: object) -> None:
        for each in kept:
            print_filed(each.path, new=each.new)

    return answer({"papers": told}, show, as_json=as_json)


# --- what they share --------------------------------------------------------------------------------------------


def _typed(question: str) -> str:
    answered: str = click.prompt(question, err=True)
    return answered.strip()


def _typed_both() -> tuple[str, int]:
    """R4: nothing is destroyed by a mere yes."""
    number = _typed(_("Type the number of the list"))
    return number, click.prompt(_("Type the count of its items"), type=click.IntRange(min=1), err=True)


def _see_that_it_is_meant(number: str, typed: str) -> None:
    """R4: the list typed is the one named, and shown."""
    if typed != number:
        raise click.UsageError(_("The number typed is not that of list {number}.").format(number=number))


def _told(archive: Archive, number: str, lines: Callable[[ListDetail], Iterable[str]], *, as_json: bool) -> Exit:
    """Say how a list stands after an act."""
    found = views.detail(archive, number)
    return answer(found, lambda found: click.echo("\n".join(lines(found))), as_json=as_json)


def _drafted(found: ListDetail) -> Iterator[str]:
    n = found.row.items
    text = ngettext("List {number} is drafted, with {n} record.", "List {number} is drafted, with {n} records.", n)
    yield text.format(number=found.row.list_, n=n)
    yield _("Decide about every row (`guidang disposal opinion`), then submit it.")


def _reported(report: RunReport, *, as_json: bool) -> Exit:
    return answer(report, _print_report, as_json=as_json, code=Exit.PARTLY if report.problems else Exit.DONE)


def _print_report(report: RunReport) -> None:
    for line in report.counts():
        click.echo(line)
    if report.waiting_until:
        text = _("They may be removed from {day} on: run `guidang disposal execute {number}` again then.")
        click.echo(text.format(day=report.waiting_until, number=report.list_))
    terminal.print_problems(report.problems)
