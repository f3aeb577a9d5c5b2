"""鉴定与销毁审批: a list from draft to approval, and its ends. Execution has a module of its own.

Each act is one transaction: who may, in which state, and whether every record is still what was listed is asked where
it is written, by what the events alone say of the records. Every refusal is an event with its rules (L8). Nothing here
approves by itself (D10), and nothing touches a file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple, TypeAlias

from foundation.language import _
from retention.acts import accounts
from retention.errors import Place, Problem, RefusedError, Remedy, UnknownError
from retention.ledger import proving
from retention.ledger.ledger import Attempt, Draft, Ledger, Stamp
from retention.ledger.rows import Entry
from retention.ledger.selection import Selection, conditions
from retention.ledger.view import View, due_on
from retention.rules import disposal_lists as lists
from retention.rules import events, guards
from retention.rules.dates import ClockFault
from retention.rules.model import DisposalList, Item, ListState, Policy, Record, Refused, State, Wish
from retention.rules.people import Role
from retention.rules.reasons import never_name
from retention.rules.reckoning import Basis, Reckoning, reckonings
from retention.rules.schedule import Term, TermKind

Decide: TypeAlias = "Callable[[View, DisposalList], Iterable[Draft]]"

SLACK = timedelta(minutes=1)
"""Clocks of two machines, and two processes of one, are never the same to the second (T4)."""

PERMANENT = Term(TermKind.PERMANENT, "永久")


class Answer(NamedTuple):
    """What a person wants done with one record of a list (R3): ``reason`` and ``term`` where it is kept (R5)."""

    record_id: str
    wish: Wish
    reason: str = ""
    term: Term | None = None


# --- drafting ---------------------------------------------------------------------------------------------------


def draft(ledger: Ledger, stamp: Stamp, selection: Selection | None = None, policy: Policy | None = None) -> str:
    """Put on a new list what is due of a selection, and give its number; archivists only.

    Records named one by one are all listed, or RefusedError names each that cannot be, and why: held, altered, missing,
    unclassified, without a known term, not due, on another list, a proof (D3, D4, D12). Without names the selection's
    due records are listed. The policy in force is written into the list.
    """
    selection, policy = selection or Selection(), policy or Policy()

    def decide(view: View) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        refuse([*clock_faults(view, stamp.at), *_policy_faults(policy)])
        number = _next_number(view, stamp.on.year)
        list_id = str(view.head.seq + 1)
        chosen = _chosen(view, selection, stamp)
        yield Draft(list_id, events.ListDrafted(number, policy, _told(selection)))
        for row, (record, reckoning) in enumerate(chosen, 1):
            yield Draft(record.id, _listed(list_id, row, record, *_day_and_basis(reckoning)))

    written = ledger.commit(decide, stamp, attempt=Attempt("", events.ListDrafted.kind))
    change = written[0].event.change
    return change.number if isinstance(change, events.ListDrafted) else ""


def _chosen(view: View, selection: Selection, stamp: Stamp) -> list[tuple[Record, Reckoning]]:
    """The records of a new list in the order of its rows: by class, period and place."""
    if selection.ids:
        found = view.records_by_id(dict.fromkeys(selection.ids))
        if unknown := [record_id for record_id in dict.fromkeys(selection.ids) if record_id not in found]:
            message, remedy = _("there is no such record"), Remedy("record.choose")
            wheres = (Place(record=record_id) for record_id in unknown)
            raise UnknownError(Problem(where, message, remedy, "disposal.no_record", "L1") for where in wheres)
        records = list(found.values())
    else:
        records = list(view.records(due_on(stamp.on), *conditions(selection)))
    chosen = list(reckonings(records, view.adoptions()))
    refuse([fault for record, each in chosen for fault in obstacles(record, each, stamp)])
    if not chosen:
        message = _("nothing of this selection is due on {day}").format(day=stamp.on)
        hint = Remedy("records.due")
        raise RefusedError(Problem(Place(part=_("disposal list")), message, hint, "disposal.nothing_due", "D4"))
    return sorted(chosen, key=lambda pair: _order(pair[0]))


def _order(record: Record) -> tuple[str, str, str, str, str]:
    period = record.period.first.isoformat() if record.period else ""
    return (record.class_key or "", period, record.share, record.path, record.id)


def _listed(list_id: str, row: int, record: Record, day: date, basis: Basis) -> events.Listed:
    """``base`` and ``term``: of the class, or of the appraisal that kept the record longer."""
    base, term = basis.base.day, basis.rule.term
    if record.extension is not None and day > (basis.eligible_on or day):
        base, term = record.extension.appraised_on, record.extension.term
    found = basis.record_class
    return events.Listed(list_id, day, basis.adoption.number, row, found.title, base, term, found.code)


def _day_and_basis(reckoning: Reckoning) -> tuple[date, Basis]:
    if reckoning.eligible_on is None or reckoning.basis is None:
        raise ValueError("what is listed is due, and by a class")
    return reckoning.eligible_on, reckoning.basis


def _next_number(view: View, year: int) -> str:
    """``2026-003``: numbers follow on each other through a year; withdrawn lists keep theirs."""
    numbers = [found.number for found in view.disposal_lists() if found.number.startswith(f"{year}-")]
    return f"{year}-{1 + max((int(number.partition('-')[2]) for number in numbers), default=0):03d}"


def _told(selection: Selection) -> str:
    """How the records were chosen, for the list's own papers."""
    keys = "、".join(sorted(selection.keys or ()))
    parts = (keys, selection.department, str(selection.period or ""), selection.under, selection.text)
    return "；".join(part for part in parts if part)


# --- opinions ---------------------------------------------------------------------------------------------------


def opine(ledger: Ledger, stamp: Stamp, number: str, answers: Iterable[Answer]) -> tuple[Entry, ...]:
    """Say what shall become of records of a draft: destroy, keep longer, or for ever; the latest word counts.

    By archivists, and by departments about records of their own or of none. Keeping needs a reason, keeping longer a
    new term (R5). Saying the same again writes nothing. RefusedError names every row that cannot be.
    """
    wanted = {answer.record_id: answer for answer in answers}

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        person = accounts.require(view, stamp.actor, Role.ARCHIVIST, Role.DEPARTMENT)
        _see_that_it_is(found, *lists.MENDABLE)
        items = _items_on(found, wanted)
        records = view.records_by_id(wanted)
        own = None if Role.ARCHIVIST in person.roles else person.department
        said = [(item, wanted[item.record_id]) for item in items]
        refuse([fault for pair in said for fault in _opinion_faults(*pair, stamp, records, own)])
        for item, answer in said:
            if not _says_it_already(item, answer):
                yield Draft(item.record_id, events.Appraised(found.id, answer.wish, answer.reason.strip(), answer.term))

    return _act(ledger, stamp, number, events.Appraised, decide)


def _opinion_faults(
    item: Item, answer: Answer, stamp: Stamp, records: Mapping[str, Record], own: str | None
) -> Iterator[Problem]:
    if own is not None and item.department not in {"", own}:
        message = _("it belongs to {department}").format(department=item.department)
        yield item_fault(item, "other_department", "R1", message, _("Its own department or an archivist answers."))
    if answer.wish is not Wish.KEEP and answer.term is not None:
        message = _("only what is kept longer has a new term")
        yield item_fault(item, "term", "R5", message, _("Leave the term out, or choose to keep it longer."))
    elif (extended := _extended(answer.wish, answer.term, answer.reason)) and (
        fault := guards.new_term_with_reason(records[item.record_id], extended, stamp.on)
    ):
        yield fault


def _extended(wish: Wish, term: Term | None, reason: str) -> events.Extended | None:
    """What a wish makes of the record once it is approved; None where it is to be destroyed."""
    if wish is Wish.DESTROY:
        return None
    return events.Extended(PERMANENT if wish is Wish.PERMANENT else term or Term(TermKind.BLANK), reason.strip())


def _extension(item: Item) -> events.Extended | None:
    said = item.opinion
    return _extended(said.wish, said.term, said.reason) if said else None


def _says_it_already(item: Item, answer: Answer) -> bool:
    said = item.opinion
    return said is not None and (said.wish, said.reason, said.term) == (answer.wish, answer.reason.strip(), answer.term)


def strike(ledger: Ledger, stamp: Stamp, number: str, record_ids: Collection[str], reason: str) -> tuple[Entry, ...]:
    """Take records off a draft; they stay what they are, and may be listed again. Archivists only."""

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        _see_that_it_is(found, *lists.MENDABLE)
        refuse(_reason_faults(found, reason))
        for item in _items_on(found, record_ids):
            yield Draft(item.record_id, events.Unlisted(reason.strip()))

    return _act(ledger, stamp, number, events.Unlisted, decide)


# --- submitting and deciding ------------------------------------------------------------------------------------


def submit(ledger: Ledger, stamp: Stamp, number: str) -> str:
    """Freeze a list, and give the digest that approvals are about (D2); archivists only.

    RefusedError names every row without a decision (D9), and every record that cannot be destroyed any more.
    """

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, Role.ARCHIVIST)
        _see_that_it_is(found, *lists.MENDABLE)
        items = found.open_items
        faults = [*clock_faults(view, stamp.at), *(_undecided(item) for item in items if item.decision is None)]
        if not items:
            faults.append(_empty(found, _("no record is left on it"), _("Withdraw it, and draft a new one.")))
        records = view.records_by_id(item.record_id for item in items)
        refuse([*faults, *_not_destructible(view, items, records.values(), stamp)])
        yield Draft(found.id, events.ListSubmitted(lists.digest_of(items), tuple(item.record_id for item in items)))

    change = _act(ledger, stamp, number, events.ListSubmitted, decide)[0].event.change
    return change.digest if isinstance(change, events.ListSubmitted) else ""


def approve(
    ledger: Ledger, stamp: Stamp, number: str, digest: str, refused: Iterable[Refused] = ()
) -> tuple[Entry, ...]:
    """Approve exactly the list with this digest (D2), without the rows refused; approvers who did not propose it (D1).

    What the list wants destroyed may be destroyed from the end of the cooling-off to the approval's last day (D5);
    what it wants kept is kept longer, or for ever, from now on (R5). RefusedError names every row that cannot be.
    """
    struck = {each.record_id: each for each in refused}

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, Role.APPROVER)
        _see_that_it_is(found, ListState.SUBMITTED)
        faults = [*clock_faults(view, stamp.at), *_proposer_faults(found, stamp), *_digest_faults(found, digest)]
        faults += [fault for each in struck.values() for fault in _reason_faults(found, each.reason)]
        rows = {item.record_id: item for item in _items_on(found, struck)}
        agreed = [item for item in found.open_items if item.record_id not in rows]
        if not agreed:
            faults.append(_empty(found, _("every row was refused"), _("Reject the list instead.")))
        records = [each.record for each in proving.proven(view, (item.record_id for item in agreed)).values()]
        refuse([*faults, *_not_destructible(view, agreed, records, stamp)])
        yield Draft(found.id, _approval(found, stamp.on, digest, tuple(struck.values())))
        for record_id, each in struck.items():
            yield Draft(record_id, events.Unlisted(each.reason.strip()))
        for item in agreed:
            yield Draft(item.record_id, _extension(item) or events.Approved(found.id, item.digest))
        if all(item.decision is not Wish.DESTROY for item in agreed):
            yield Draft(found.id, events.ListWithdrawn(_("nothing of it is to be destroyed")))

    return _act(ledger, stamp, number, events.ListApproved, decide)


def _approval(found: DisposalList, on: date, digest: str, refused: tuple[Refused, ...]) -> events.ListApproved:
    policy = found.policy
    not_before = on + timedelta(days=max(1, policy.cooling_days))
    return events.ListApproved(digest, not_before, on + timedelta(days=policy.approval_days), refused)


def give_back(ledger: Ledger, stamp: Stamp, number: str, reason: str) -> tuple[Entry, ...]:
    """Return a submitted list to be mended and submitted again; its records stay on it. Approvers only."""
    return _turned_down(ledger, stamp, number, events.ListReturned(reason.strip()), Role.APPROVER)


def reject(ledger: Ledger, stamp: Stamp, number: str, reason: str) -> tuple[Entry, ...]:
    """Refuse a submitted list; its records are kept as they were. Approvers only."""
    return _turned_down(ledger, stamp, number, events.ListRejected(reason.strip()), Role.APPROVER)


def withdraw(ledger: Ledger, stamp: Stamp, number: str, reason: str) -> tuple[Entry, ...]:
    """Take a list back before it is executed; its records are kept as they were. Archivists only."""
    states = lists.OPEN - {ListState.EXECUTING}
    return _turned_down(ledger, stamp, number, events.ListWithdrawn(reason.strip()), Role.ARCHIVIST, states=states)


def _turned_down(  # noqa: PLR0913 - which list, why, by whom, when
    ledger: Ledger,
    stamp: Stamp,
    number: str,
    change: events.ListReturned | events.ListRejected | events.ListWithdrawn,
    role: Role,
    *,
    states: Collection[ListState] = (),
) -> tuple[Entry, ...]:
    """An end of a list, or its return, for a reason, by persons of a role, in these states."""

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, role)
        if states:
            _see_that_it_is(found, *states)
        refuse(_reason_faults(found, change.reason))
        yield Draft(found.id, change)
        if not isinstance(change, events.ListReturned):
            yield from released(found.open_items, change.reason)

    return _act(ledger, stamp, number, type(change), decide)


# --- what time does ---------------------------------------------------------------------------------------------


def expired(found: DisposalList, on: date) -> bool:
    """Whether an approval's time has run out unused (D5)."""
    return found.state is ListState.APPROVED and found.approval is not None and on > found.approval.expires_on


def expire(ledger: Ledger, stamp: Stamp) -> tuple[str, ...]:
    """Write down which approvals have run out, and give the numbers of their lists; their records are kept (D5, D10).

    Nothing is written where none has, or where the clock cannot be believed (T4).
    """
    with ledger.read() as view:
        overdue = [found.number for found in view.disposal_lists(ListState.APPROVED) if expired(found, stamp.on)]
        if clock_faults(view, stamp.at):
            return ()

    def decide(_view: View, found: DisposalList) -> Iterator[Draft]:
        if expired(found, stamp.on):
            yield Draft(found.id, events.ListExpired())
            yield from released(found.open_items, _("the approval has expired"))

    return tuple(number for number in overdue if _act(ledger, stamp, number, events.ListExpired, decide))


# --- witnesses --------------------------------------------------------------------------------------------------


def witness(ledger: Ledger, stamp: Stamp, number: str, statement: str) -> tuple[Entry, ...]:
    """Sign that a list was executed; with the second signature it is closed (D13).

    Witnesses only, and none who proposed, approved or executed it, or signed already (R1).
    """

    def decide(view: View, found: DisposalList) -> Iterator[Draft]:
        accounts.require(view, stamp.actor, Role.WITNESS)
        _see_that_it_is(found, ListState.EXECUTED)
        faults = [*clock_faults(view, stamp.at), *_witness_faults(found, stamp.actor.name)]
        refuse([*faults, *_reason_faults(found, statement)])
        yield Draft(found.id, events.ListWitnessed(statement.strip()))
        if len(found.witnesses) + 1 >= lists.WITNESSES:
            yield from (Draft(item.record_id, events.Closed()) for item in found.destroyed)

    return _act(ledger, stamp, number, events.ListWitnessed, decide)


def _witness_faults(found: DisposalList, name: str) -> Iterator[Problem]:
    hint = _("Somebody else signs: two persons who neither proposed, approved nor executed it.")
    part = {
        _("who proposed the list does not witness it"): found.proposers,
        _("who executed the list does not witness it"): found.executors,
        _("who approved the list does not witness it"): {found.approval.by} if found.approval else set(),
        _("this witness has signed already"): {each.by for each in found.witnesses},
    }
    for message, names in part.items():
        if name in names:
            yield list_fault(found, "witness", "D13", message, hint)


# --- what is asked again and again ------------------------------------------------------------------------------


def find(view: View, number: str) -> DisposalList:
    """The list with this number, and all its items. UnknownError where there is none."""
    found = view.disposal_list(number)
    if found is None:
        raise UnknownError(lists.unknown(number))
    return found


def refuse(faults: Sequence[Problem]) -> None:
    """RefusedError where anything is in the way."""
    if faults:
        raise RefusedError(faults)


def clock_faults(view: View, at: datetime) -> list[Problem]:
    """T4: by a clock that cannot be believed nothing is drafted, frozen, approved or executed."""
    clock = view.clock()
    where = Place(part=_("clock"))
    match clock.fault(at):
        case ClockFault.BEHIND if clock.fault(at + SLACK) is ClockFault.BEHIND:
            message = _("it is earlier than the last event of the ledger")
            hint = _("Set the clock of this machine right.")
            return [Problem(where, message, hint, "disposal.clock_behind", "T4")]
        case ClockFault.AHEAD:
            message = _("it is more than a day ahead of the last scan")
            return [Problem(where, message, Remedy("clock.vouch"), "disposal.clock_ahead", "T4")]
        case _:
            return []


def obstacles(record: Record, reckoning: Reckoning, stamp: Stamp) -> Iterator[Problem]:
    """Why a record cannot be listed today, every reason."""
    if record.state is not State.RETAINED:
        message = _("it is on a disposal list already, or destroyed")
        yield guards.fault(record, "listed", "D1", message, Remedy("record.look"))
    yield from standing_faults(record, stamp)
    yield from day_faults(record, reckoning, stamp.on)


def standing_faults(record: Record, stamp: Stamp) -> Iterator[Problem]:
    """What lies over a record and forbids to destroy it: held, altered, missing, permanent, a proof."""
    for guard in (guards.not_held, guards.whole, guards.not_permanent):
        if fault := guard(record, None, stamp.on):
            yield fault


def day_faults(record: Record, reckoning: Reckoning, on: date) -> Iterator[Problem]:
    """D4: not due by the schedule in force, or never."""
    if reckoning.eligible_on is None:
        message = _("it is never due: {reason}").format(reason=never_name(reckoning.never))
        yield guards.fault(record, "never_due", "D4", message, Remedy("day.complete"))
    elif reckoning.eligible_on > on:
        message = _("it may go from {day} on").format(day=reckoning.eligible_on)
        yield guards.fault(record, "not_due", "D4", message, Remedy("day.explain"))


def _not_destructible(view: View, items: Iterable[Item], records: Iterable[Record], stamp: Stamp) -> Iterator[Problem]:
    """Of items to be destroyed: what their records say against it (D1, D3, D4)."""
    wanted = {item.record_id: item for item in items if item.decision is Wish.DESTROY}
    due = (record for record in records if record.id in wanted)
    for record, reckoning in reckonings(due, view.adoptions()):
        yield from standing_faults(record, stamp)
        if record.digest != wanted[record.id].digest:
            message = _("the content is not the one that was listed")
            yield guards.fault(record, "other_content", "D1", message, _("Put it on a new list."))
        yield from day_faults(record, reckoning, stamp.on)


def released(items: Iterable[Item], reason: str) -> Iterator[Draft]:
    """The items leave their list."""
    return (Draft(item.record_id, events.Unlisted(reason.strip())) for item in items)


def list_fault(found: DisposalList, code: str, clause: str, message: str, hint: str | Remedy) -> Problem:
    """A problem with a list."""
    where = Place(part=_("disposal list {number}").format(number=found.number))
    return Problem(where, message, hint, f"disposal.{code}", clause)


def item_fault(item: Item, code: str, clause: str, message: str, hint: str | Remedy) -> Problem:
    """A problem with a row of a list."""
    where = Place(part=_("row {row}, {title}").format(row=item.row, title=item.title))
    return Problem(where, message, hint, f"disposal.{code}", clause)


def _act(ledger: Ledger, stamp: Stamp, number: str, act: type[events.Change], decide: Decide) -> tuple[Entry, ...]:
    """One act about one list. A refusal is written under the list (L8)."""
    with ledger.read() as view:
        head = view.list_head(number)
    if head is None:
        raise UnknownError(lists.unknown(number))
    list_id = head.id
    return ledger.commit(lambda view: decide(view, find(view, list_id)), stamp, attempt=Attempt(list_id, act.kind))


def _see_that_it_is(found: DisposalList, *states: ListState) -> None:
    if found.state not in states:
        message = _("the list is {state}").format(state=lists.state_name(found.state))
        names = "、".join(lists.state_name(state) for state in ListState if state in states)
        hint = _("This is possible while it is: {states}.").format(states=names)
        raise RefusedError(list_fault(found, "wrong_state", "D1", message, hint))


def _items_on(found: DisposalList, record_ids: Iterable[str]) -> list[Item]:
    """The items of these records, by row. UnknownError names each that is not on the list, or not any more."""
    items = {item.record_id: item for item in found.open_items}
    if strangers := [record_id for record_id in record_ids if record_id not in items]:
        raise UnknownError([_not_on_it(found, record_id) for record_id in strangers])
    return sorted((items[record_id] for record_id in record_ids), key=lambda item: item.row)


def _policy_faults(policy: Policy) -> Iterator[Problem]:
    wrong = {
        _("the cooling-off is at least one day"): policy.cooling_days < 1,
        _("an approval has to last longer than its cooling-off"): policy.approval_days < policy.cooling_days,
        _("the quarantine cannot be shorter than no day"): policy.quarantine_days < 0,
    }
    where, hint = Place("guidang.toml", part="disposal"), _("Correct it in guidang.toml.")
    return (Problem(where, message, hint, "disposal.policy", "D5") for message, is_so in wrong.items() if is_so)


def _proposer_faults(found: DisposalList, stamp: Stamp) -> Iterator[Problem]:
    if stamp.actor.name in found.proposers:
        message = _("who proposed a list does not approve it")
        hint = _("Another person with the role of an approver decides.")
        yield list_fault(found, "own_list", "D1", message, hint)


def _digest_faults(found: DisposalList, digest: str) -> Iterator[Problem]:
    frozen = lists.digest_of(found.covered)
    if not digest or digest != found.digest or frozen != found.digest:
        message = _("this is not the list that was submitted")
        hint = _("Look at the list again, and approve what it says now.")
        yield list_fault(found, "digest", "D2", message, hint)


def _reason_faults(found: DisposalList, reason: str) -> list[Problem]:
    if reason.strip():
        return []
    return [list_fault(found, "reason", "4.0", _("a reason, or a statement, is missing"), _("Say why, in words."))]


def _undecided(item: Item) -> Problem:
    message = _("nobody has decided what becomes of it")
    return item_fault(item, "undecided", "D9", message, Remedy("opinion.give"))


def _empty(found: DisposalList, message: str, hint: str) -> Problem:
    return list_fault(found, "empty", "D1", message, hint)


def _not_on_it(found: DisposalList, record_id: str) -> Problem:
    message = _("record {id} is not on it, or not any more").format(id=record_id)
    return list_fault(found, "not_on_list", "D2", message, Remedy("list.look"))
