"""`guidang disposal`: from what is due to what is gone, and the proof of it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.archive import chosen, folder_of, full_names, hanging, page_of, paged, selected, the_archive
from console.frame import Commands, Exit, common, options_of, prints_data, target_of, to_json
from console.terminal import argument, option
from foundation.language import _, ngettext

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from console.archive import Archive
    from foundation.period import Period
    from retention.disposal.execution import Report
    from retention.ledger.ledger import Stamp
    from retention.rules.model import DisposalList, Item
    from retention.rules.schedule import Term


class TermType(click.ParamType[Any]):
    """``2年`` → Term."""

    name = "term"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The term, or a usage error: what cannot be read with certainty is no term."""
        from retention.rules.terms import read_term

        if not isinstance(value, str):
            return value
        term = read_term(value)
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
    from office.archive.records import records_named
    from office.disposal import acts as disposals

    with the_archive() as archive:
        with archive.ledger.read() as view:
            ids = tuple(record.id for record in records_named(archive.office, view, texts))
            under = folder_of(under)
            meant = selected(archive, view, class_text, period, under=under, department=department, ids=ids)
        found = disposals.draft(archive.office, archive.ledger, _stamp(archive), meant)
    return _told(found, _drafted(found), as_json=as_json)


@disposal.command("list")
@prints_data
@option("--all", "everything", is_flag=True, help="Those that are over as well.")
def list_lists(everything: bool, as_json: bool) -> Exit:
    """List the disposal lists: where each stands, how many items it had and has."""
    from retention.rules.disposal_lists import OPEN
    from retention.rules.model import ListState

    with the_archive() as archive, archive.ledger.read() as view:
        states = () if everything else (*OPEN, ListState.EXECUTED)
        found, counts = view.disposal_lists(*states), view.item_counts()
    if as_json:
        click.echo(to_json({"exit": 0, "lists": [_list_data(each, counts.get(each.id, (0, 0))) for each in found]}))
        return Exit.DONE
    if not found:
        click.echo(_("There is no disposal list; `guidang disposal draft` makes one of what is due."))
        return Exit.DONE
    titles = (_("list"), _("standing"), _("items"), _("still on it"), _("drafted on"), _("drafted by"))
    rows = [_list_row(each, *counts.get(each.id, (0, 0))) for each in found]
    terminal.print_table(titles, rows, right=frozenset({2, 3}))
    return Exit.DONE


@disposal.command()
@prints_data
@argument("named", metavar="LIST", help="The list's number, such as 2026-003.")
@paged
def show(named: str, limit: int, number: int, everything: bool, as_json: bool) -> Exit:
    """Show a list: who did what when, what may happen next, and every row with what became of it."""
    from office.disposal import acts as disposals

    with the_archive() as archive:
        found = disposals.find(archive.ledger, named)
        with archive.ledger.read() as view:
            names = full_names(view)
    if as_json:
        click.echo(to_json({"exit": 0, **_data(found)}))
        return Exit.DONE
    for line in _history(found, names):
        hanging("• ", line)
    page = page_of(limit, number, everything)
    shown = found.items[page.skip : page.skip + page.limit if page.limit else None]
    titles = (_("row"), _("record number"), _("eligible on"), _("decision"), _("standing"))
    below = [(f"{item.share}/{item.path}", *_notes(item)) for item in shown]
    terminal.print_table(titles, map(_item_row, shown), right=frozenset({0, 1}), below=below)
    if rest := page.rest(len(shown), len(found.items)):
        click.echo(rest)
    return Exit.DONE


@disposal.command()
@prints_data
@_number
@argument("wish", metavar="DECISION", type=click.Choice([*DECISIONS]), help="What shall become.")
@_rows
@option("--all", "everything", is_flag=True, help="About every row of the list.")
@option("--reason", metavar="TEXT", default="", help="Why; needed for what is kept.")
@option("--term", metavar="TERM", type=TermType(), help="How long it is kept from today: 2年, 18个月.")
def opinion(  # noqa: PLR0913, PLR0917 - one parameter an option
    number: str, wish: str, texts: tuple[str, ...], everything: bool, reason: str, term: Term | None, as_json: bool
) -> Exit:
    """Say what shall become of rows of a list: destroy, keep longer, or permanent. The latest word counts.

    Archivists speak about every row, departments about their own records. What nobody decided is not destroyed.
    """
    from office.disposal import acts as disposals
    from retention.rules.model import Wish

    if everything == bool(texts):
        raise click.UsageError(_("Say which rows, such as 3 or 5-9, or --all."))
    with the_archive() as archive:
        stamp = _stamp(archive)
        n = disposals.opine(archive.ledger, stamp, number, texts, Wish(DECISIONS[wish]), reason=reason, term=term)
        found = disposals.find(archive.ledger, number)
    text = ngettext("{n} row of list {number} is decided anew.", "{n} rows of list {number} are decided anew.", n)
    return _told(found, [text.format(n=n, number=number), *_undecided(found)], as_json=as_json)


@disposal.command()
@prints_data
@_number
@argument("texts", metavar="ROW...", nargs=-1, required=True, help="Rows of the list, such as 3 or 5-9.")
@_reason
def strike(number: str, texts: tuple[str, ...], reason: str, as_json: bool) -> Exit:
    """Take rows off a draft. Their records stay what they are, and may be listed again."""
    from office.disposal import acts as disposals

    with the_archive() as archive:
        n = disposals.strike(archive.ledger, _stamp(archive), number, texts, reason)
        found = disposals.find(archive.ledger, number)
    text = ngettext("{n} row has left list {number}.", "{n} rows have left list {number}.", n)
    return _told(found, [text.format(n=n, number=number)], as_json=as_json)


# --- to a department and back -----------------------------------------------------------------------------------


@disposal.command()
@common
@_number
@option("-o", "--output", metavar="PATH", type=click.Path(path_type=Path), default=".", help="Where; here without it.")
@option("--department", metavar="NAME", default="", help="Only the rows of this department.")
@option("--force", is_flag=True, help="Replace a file that is there already.")
def export(number: str, output: Path, department: str, force: bool) -> Exit:
    """Write a list as a workbook that a department fills in: decision, reason and new term of each row."""
    from foundation.atomic_file import write_atomic
    from office.disposal import round_trip as roundtrip

    with the_archive() as archive, archive.ledger.read() as view:
        content = roundtrip.export(archive.office, view, number, department)
    name = "".join(part for part in (roundtrip.TITLE, f" {number}", f" {department}" if department else "", ".xlsx"))
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
    from office.disposal import round_trip as roundtrip

    with the_archive() as archive:
        returned = roundtrip.take_back(archive.ledger, file.read_bytes(), file.name)
        changes = [*roundtrip.differences(returned)]
        taken = 0
        if not as_json:
            _show_changes(returned.number, changes)
        if changes and (yes or (not as_json and click.confirm(_("Take this over?")))):
            taken = roundtrip.apply(archive.ledger, _stamp(archive), returned)
    if as_json:
        keys = ("row", "title", "before", "after")
        told = [dict(zip(keys, change, strict=True)) for change in changes]
        click.echo(to_json({"exit": 0, "list": returned.number, "changes": told, "taken": taken}))
    elif taken:
        n = taken
        click.echo(ngettext("{n} row was taken over.", "{n} rows were taken over.", n).format(n=n))
    return Exit.DONE


def _show_changes(number: str, changes: Sequence[tuple[str, str, str, str]]) -> None:
    if not changes:
        click.echo(_("Nothing in it differs from list {number}.").format(number=number))
        return
    terminal.print_table((_("row"), _("title"), _("said so far"), _("says now")), changes, right=frozenset({0}))


# --- deciding ---------------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@_number
def submit(number: str, as_json: bool) -> Exit:
    """Freeze a list and hand it to the approver. Every row needs a decision; from now on nothing of it changes."""
    from office.disposal import acts as disposals
    from retention.disposal import approval as acts

    with the_archive() as archive:
        acts.submit(archive.ledger, _stamp(archive), number)
        found = disposals.find(archive.ledger, number)
    lines = [_("List {number} is submitted. Its digest:").format(number=number), f"  {_grouped(found.digest)}"]
    return _told(found, [*lines, _("Another person approves it: `guidang disposal approve`.")], as_json=as_json)


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
    from office.disposal import acts as disposals

    with the_archive() as archive:
        found = disposals.find(archive.ledger, number)
        if digest is None and not as_json:
            _tell(_approving(found))
        typed = digest or _typed(_("The digest as it stands on the paper (its first 16 letters)"))
        found = disposals.approve(archive.ledger, _stamp(archive), number, typed, refused)
    return _told(found, _approved(found), as_json=as_json)


@disposal.command()
@prints_data
@_number
@_reason
def reject(number: str, reason: str, as_json: bool) -> Exit:
    """Refuse a submitted list. Its records are kept as they were."""
    return _ended(number, reason, "reject", as_json=as_json)


@disposal.command("return")
@prints_data
@_number
@_reason
def give_back(number: str, reason: str, as_json: bool) -> Exit:
    """Give a submitted list back to be mended and submitted again."""
    return _ended(number, reason, "give_back", as_json=as_json)


@disposal.command()
@prints_data
@_number
@_reason
def withdraw(number: str, reason: str, as_json: bool) -> Exit:
    """Take a list back before it is executed. Its records are kept as they were."""
    return _ended(number, reason, "withdraw", as_json=as_json)


def _ended(number: str, reason: str, act: str, *, as_json: bool) -> Exit:
    from office.disposal import acts as disposals
    from retention.disposal import approval as acts
    from retention.rules.disposal_lists import state_name

    with the_archive() as archive:
        getattr(acts, act)(archive.ledger, _stamp(archive), number, reason)
        found = disposals.find(archive.ledger, number)
    text = _("List {number} is {state}.").format(number=number, state=state_name(found.state))
    return _told(found, [text], as_json=as_json)


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
    from office.disposal import acts as disposals
    from retention.disposal.execution import Order

    with the_archive() as archive:
        found = disposals.find(archive.ledger, number)
        if confirm is None and not as_json:
            _tell(_executing(found, disposals.to_go(found)))
        typed = confirm or _typed_both()
        _see_that_it_is_meant(number, typed[0])
        shares = "、".join(sorted({item.share for item in found.items}))
        order = Order(*typed, method or disposals.REMOVED, place or shares)
        report = disposals.execute(archive.office, archive.ledger, _stamp(archive), order)
    return _reported(report, as_json=as_json)


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
    from office.disposal import acts as disposals
    from retention.disposal.execution import Order

    with the_archive() as archive:
        order = Order(*(confirm or _typed_both()), method, place)
        _see_that_it_is_meant(number, order.number)
        report = disposals.by_hand(archive.office, archive.ledger, _stamp(archive), order, texts)
    return _reported(report, as_json=as_json)


@disposal.command()
@prints_data
@_number
@_rows
@_reason
def restore(number: str, texts: tuple[str, ...], reason: str, as_json: bool) -> Exit:
    """Take files out of quarantine and put them back where they were: rows of a list, all of them without any."""
    from office.disposal import acts as disposals

    with the_archive() as archive:
        stamp = _stamp(archive)
        report = disposals.restore(archive.office, archive.ledger, stamp, number, texts, reason)
    return _reported(report, as_json=as_json)


@disposal.command()
@prints_data
def recover(as_json: bool) -> Exit:
    """Find out what became of files whose destruction was cut short, and write that down; `execute` does so too."""
    from office.disposal import acts as disposals

    with the_archive() as archive:
        reports = disposals.recover(archive.office, archive.ledger, _stamp(archive))
    if as_json:
        click.echo(to_json({"exit": 0, "lists": [*map(_report_data, reports)]}))
        return Exit.DONE
    if not reports:
        click.echo(_("No list is being executed."))
    codes = [_reported(report, as_json=False) for report in reports]
    return max(codes, default=Exit.DONE)


# --- proving ----------------------------------------------------------------------------------------------------


@disposal.command()
@prints_data
@_number
@option("--statement", metavar="TEXT", required=True, help="What you saw, in your words.")
def witness(number: str, statement: str, as_json: bool) -> Exit:
    """Sign as a witness that a list was executed; two persons who neither proposed, approved nor executed it."""
    from office.disposal import acts as disposals
    from retention.disposal import approval as acts
    from retention.rules.model import ListState

    with the_archive() as archive:
        acts.witness(archive.ledger, _stamp(archive), number, statement)
        found = disposals.find(archive.ledger, number)
    if found.state is ListState.WITNESSED:
        text = _("List {number} is witnessed twice, and closed.")
    else:
        text = _("List {number} has one witness; one more has to sign.")
    return _told(found, [text.format(number=number)], as_json=as_json)


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
    from office.disposal.papers import CERTIFICATE

    return _papers(number, (CERTIFICATE,), backups_until, as_json=as_json)


@disposal.command()
@prints_data
@_number
@_backups
def papers(number: str, backups_until: datetime | None, as_json: bool) -> Exit:
    """Make every paper that a list has in its state, and file them; those made before are not made again."""
    return _papers(number, (), backups_until, as_json=as_json)


def _papers(number: str, forms: tuple[str, ...], backups_until: datetime | None, *, as_json: bool) -> Exit:
    from office.disposal import filing_papers as proofs

    until = backups_until.date() if backups_until else None
    with the_archive() as archive:
        stamp = _stamp(archive)
        kept = proofs.make(archive.office, archive.ledger, stamp, number, forms, backups_until=until)
    if as_json:
        told = [{"form": each.form, "file": str(each.path), "new": each.new} for each in kept]
        click.echo(to_json({"exit": 0, "papers": told}))
        return Exit.DONE
    for each in kept:
        text = _("Written: {file}") if each.new else _("There already: {file}")
        click.echo(text.format(file=each.path))
    return Exit.DONE


# --- what they share --------------------------------------------------------------------------------------------


def _stamp(archive: Archive) -> Stamp:
    """Now, and by who is logged in here: taken after whatever was asked, since the clock goes on meanwhile."""
    from office.archive import people

    return people.stamp_of(archive.office, archive.ledger, datetime.now(UTC))


def _typed(question: str) -> str:
    answer: str = click.prompt(question, err=True)
    return answer.strip()


def _typed_both() -> tuple[str, int]:
    """R4: nothing is destroyed by a mere yes."""
    number = _typed(_("Type the number of the list"))
    return number, click.prompt(_("Type the count of its items"), type=click.IntRange(min=1), err=True)


def _see_that_it_is_meant(number: str, typed: str) -> None:
    """R4: the list typed is the one named, and shown."""
    if typed != number:
        raise click.UsageError(_("The number typed is not that of list {number}.").format(number=number))


def _tell(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _told(found: DisposalList, lines: Iterable[str], *, as_json: bool) -> Exit:
    if as_json:
        click.echo(to_json({"exit": 0, **_data(found)}))
    else:
        _tell(lines)
    return Exit.DONE


def _drafted(found: DisposalList) -> Iterator[str]:
    n = len(found.items)
    text = ngettext("List {number} is drafted, with {n} record.", "List {number} is drafted, with {n} records.", n)
    yield text.format(number=found.number, n=n)
    yield _("Decide about every row (`guidang disposal opinion`), then submit it.")


def _undecided(found: DisposalList) -> Iterator[str]:
    if n := sum(item.decision is None for item in found.open_items):
        yield ngettext("{n} row has no decision yet.", "{n} rows have no decision yet.", n).format(n=n)


def _approving(found: DisposalList) -> Iterator[str]:
    from retention.rules.model import Wish

    counts = {wish: sum(item.decision is wish for item in found.open_items) for wish in Wish}
    text = _("List {number}: {destroy} to be destroyed, {keep} kept longer, {permanent} made permanent.")
    told = {wish.value: n for wish, n in counts.items()}
    yield text.format(number=found.number, **told)


def _approved(found: DisposalList) -> Iterator[str]:
    approval = found.approval
    if approval is None:
        return
    yield _("List {number} is approved.").format(number=found.number)
    if found.open_items:
        text = _("It may be executed from {first} to {last}.")
        yield text.format(first=approval.not_before, last=approval.expires_on)
    else:
        yield _("Nothing of it is to be destroyed; the list is over.")


def _executing(found: DisposalList, count: int) -> Iterator[str]:
    text = ngettext("List {number}: {n} file is still to go.", "List {number}: {n} files are still to go.", count)
    yield text.format(number=found.number, n=count)


def _grouped(digest: str | None) -> str:
    """In groups of eight, as it stands on papers."""
    return " ".join((digest or "")[at : at + 8] for at in range(0, len(digest or ""), 8))


def _reported(report: Report, *, as_json: bool) -> Exit:
    code = Exit.PARTLY if report.problems else Exit.DONE
    if as_json:
        click.echo(to_json({"exit": int(code), **_report_data(report)}))
        return code
    _tell(_report_lines(report))
    terminal.print_problems(report.problems)
    return code


def _report_lines(report: Report) -> Iterator[str]:
    from retention.rules.disposal_lists import state_name

    yield _("List {number} is {state}.").format(number=report.number, state=state_name(report.state))
    counts = (
        (report.quarantined, _("moved into quarantine: {n}")),
        (report.destroyed, _("destroyed: {n}")),
        (report.restored, _("put back to their places: {n}")),
        (report.left, _("left the list: {n}")),
        (report.waiting, _("waiting in quarantine: {n}")),
    )
    yield from (f"  {text.format(n=n)}" for n, text in counts if n)
    if report.waiting_until:
        text = _("They may be removed from {day} on: run `guidang disposal execute {number}` again then.")
        yield text.format(day=report.waiting_until, number=report.number)


def _report_data(report: Report) -> dict[str, Any]:
    from console.frame import problem_data

    return {
        "list": report.number,
        "state": report.state.value,
        "quarantined": report.quarantined,
        "destroyed": report.destroyed,
        "restored": report.restored,
        "left": report.left,
        "waiting": report.waiting,
        "waiting_until": report.waiting_until,
        "problems": [*map(problem_data, report.problems)],
    }


# --- how a list is shown ----------------------------------------------------------------------------------------


def _list_row(found: DisposalList, every: int, still: int) -> tuple[str, ...]:
    from retention.rules.disposal_lists import state_name

    state = state_name(found.state)
    return (found.number, state, str(every), str(still), str(found.drafted_on), found.drafted_by)


def _list_data(found: DisposalList, counts: tuple[int, int]) -> dict[str, Any]:
    return {
        "list": found.number,
        "state": found.state.value,
        "items": counts[0],
        "open": counts[1],
        "drafted_on": found.drafted_on,
        "drafted_by": found.drafted_by,
    }


def _history(found: DisposalList, names: Mapping[str, str]) -> Iterator[str]:
    """Who did what when, and what may happen next."""
    from retention.rules.disposal_lists import state_name

    def who(account: str) -> str:
        return names.get(account, account)

    heading = _("List {number}: {state}").format(number=found.number, state=state_name(found.state))
    yield f"{heading}（{found.selection}）" if found.selection else heading
    yield _("{day} drafted by {name}").format(day=found.drafted_on, name=who(found.drafted_by))
    if found.submitted_on:
        text = _("{day} submitted by {name}, digest {digest}")
        yield text.format(day=found.submitted_on, name=who(found.submitted_by), digest=_grouped(found.digest))
    if found.approval:
        text = _("{day} approved by {name}; to be executed from {first} to {last}")
        days = (found.approval.not_before, found.approval.expires_on)
        yield text.format(day=found.approval.on, name=who(found.approval.by), first=days[0], last=days[1])
    for note in found.notes:
        text = _("{day} {state} by {name}: {reason}")
        yield text.format(day=note.on, state=state_name(note.state), name=who(note.by), reason=note.reason)
    if found.begun_on:
        text = _("{day} executed by {name}: {method}, {place}")
        people = "、".join(map(who, found.executors))
        yield text.format(day=found.begun_on, name=people, method=found.method, place=found.place)
    for each in found.witnesses:
        yield _("{day} witnessed by {name}: {reason}").format(day=each.on, name=who(each.by), reason=each.statement)


def _item_row(item: Item) -> tuple[str, ...]:
    return (str(item.row), item.record_id, str(item.eligible_on), _decision(item), _standing(item))


def _decision(item: Item) -> str:
    from retention.rules.model import Wish

    names = {Wish.DESTROY: _("destroy"), Wish.KEEP: _("keep longer"), Wish.PERMANENT: _("permanent"), None: "—"}
    return names[item.decision]


def _standing(item: Item) -> str:
    from retention.rules.lifecycle import state_name

    return _("left the list") if item.left_by else state_name(item.state)


def _notes(item: Item) -> tuple[str, ...]:
    said = item.opinion
    term = said.term.text if said and said.term else ""
    opinion = "，".join(part for part in (term, said.reason) if part) if said else ""
    copies = _("copies known to remain: {places}").format(places="、".join(item.copies)) if item.copies else ""
    return tuple(part for part in (opinion, item.reason if item.left_by else "", copies) if part)


def _data(found: DisposalList) -> dict[str, Any]:
    """A list for programs."""
    from retention.rules.canonical import object_of

    counts = (len(found.items), len(found.open_items))
    told: dict[str, Any] = dict(object_of(found))
    kept = ("digest", "approval", "method", "place", "executors", "notes")
    whole: dict[str, Any] = {key: told[key] for key in kept if key in told}
    more = {"submitted_on": found.submitted_on, "executed_on": found.executed_on, "begun_on": found.begun_on}
    witnesses = [{"by": each.by, "on": each.on, "statement": each.statement} for each in found.witnesses]
    rows = [{**object_of(item), "open": item.open, "state": item.state.value} for item in found.items]
    return {**_list_data(found, counts), **whole, **more, "witnesses": witnesses, "rows": rows}
