"""Pure: accounts of persons: what they may be called, which roles go together, what an event makes of them (L6, R1).

Nobody can see from a ledger that two accounts belong to one human being: that different persons propose, approve and
witness is as true as the administrator's care in giving accounts.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from foundation.language import _
from retention.errors import ConflictError, Place, Problem, RefusedError, Remedy
from retention.rules import events
from retention.rules.people import Account, Person, Role

if TYPE_CHECKING:
    from collections.abc import Iterable


RESERVED = frozenset({"guidang"})
"""The service's own name."""

_CHINESE = "〇\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"
_NAME = re.compile(rf"(?=.*[A-Za-z{_CHINESE}])[A-Za-z0-9{_CHINESE}][A-Za-z0-9._{_CHINESE}-]{{0,39}}")
_FULL_NAME = re.compile(r"\S(?:[^\x00-\x1f\x7f]{0,58}\S)?")


# --- names ------------------------------------------------------------------------------------------------------


def written(name: str) -> str:
    """A name in its one spelling (NFC), as it is kept."""
    return unicodedata.normalize("NFC", name.strip())


def subject_of(name: str) -> str:
    """What the events of an account are about: ``account/wang.min``, the same however the name's letters are cased.

    ``account/``, which nobody has, for what can be no name.
    """
    spelled = written(name)
    return "account/" + (spelled.lower() if _NAME.fullmatch(spelled) else "")


def faults(person: Person) -> list[Problem]:
    """What is wrong with an account as it is asked for: its name, the person's name, the roles together (R1)."""
    found = []
    if not _NAME.fullmatch(person.name) or person.name.lower() in RESERVED or person.name != written(person.name):
        message = _("an account cannot have this name")
        hint = _("Letters, Chinese characters, digits, . _ and -, at most 40, not only digits: for example wang.min.")
        found.append(_problem(person.name, message, hint, "name", "L6"))
    if not _FULL_NAME.fullmatch(person.full_name):
        message = _("the person's full name is missing, or no name")
        found.append(_problem(person.name, message, _("It is printed on papers: for example 王敏."), "full_name", "L6"))
    return found + role_faults(person)


def role_faults(person: Person) -> list[Problem]:
    """What is wrong with the roles of an account taken together (R1)."""
    if not person.roles:
        message = _("an account has at least one role")
        hint = _("Name one of: {roles}.").format(roles=role_names(Role))
        return [_problem(person.name, message, hint, "no_role", "R1")]
    found = []
    if Role.ADMINISTRATOR in person.roles and len(person.roles) > 1:
        message = _("who makes accounts holds no other role")
        hint = _("Let somebody else administer accounts, or leave the other roles to others.")
        found.append(_problem(person.name, message, hint, "administrator", "R1"))
    if Role.DEPARTMENT in person.roles and not person.department:
        message = _("who speaks for a department has one")
        found.append(_problem(person.name, message, Remedy("account.department"), "department", "R1"))
    return found


def role_name(role: Role) -> str:
    """The role in the language in force."""
    return {
        Role.ARCHIVIST: _("archivist"),
        Role.DEPARTMENT: _("using department"),
        Role.APPROVER: _("approver"),
        Role.WITNESS: _("witness"),
        Role.AUDITOR: _("auditor"),
        Role.ADMINISTRATOR: _("account administrator"),
    }[role]


def role_names(roles: Iterable[Role]) -> str:
    """Roles in their order, in the language in force."""
    wanted = frozenset(roles)
    return _(", ").join(role_name(role) for role in Role if role in wanted)


# --- what an event makes of an account ----------------------------------------------------------------------------


def apply(account: Account | None, event: events.Event) -> Account:
    """The account after the event. ``None`` is the state of a name nobody ever had.

    ConflictError where there is none, or it is closed; RefusedError where a rule forbids it. TypeError for an event
    that is not about an account.
    """
    change = event.change
    if isinstance(change, events.AccountAdded):
        return _added(account, event, change)
    if account is None:
        raise ConflictError(unknown(event.subject.removeprefix("account/")))
    person = account.person
    if person.closed_on is not None:
        raise ConflictError(closed(person))
    if isinstance(change, events.AccountChanged):
        return replace(account, person=_changed(person, event, change))
    if isinstance(change, events.AccountClosed):
        _not_oneself(person, event)
        return replace(account, person=replace(person, closed_on=event.on), locked_until=None)
    return _guarded(account, event)


def _added(account: Account | None, event: events.Event, change: events.AccountAdded) -> Account:
    if account is not None:
        message = _("there is or was an account of this name")
        hint = _("Names are never given again: choose another one.")
        raise ConflictError(_problem(account.person.name, message, hint, "taken", "L6"))
    person = Person(change.name, change.full_name, change.roles, change.department)
    if problems := faults(person):
        raise RefusedError(problems)
    if event.subject != subject_of(person.name):
        message = _("the event is filed under another name than its own")
        raise RefusedError(_problem(person.name, message, "", "name", "L6"))
    return Account(person)


def _guarded(account: Account, event: events.Event) -> Account:
    """Passwords and locks."""
    match event.change:
        case events.SecretSet(rehashed=True):
            return replace(account, secret=event.change.secret)
        case events.SecretSet():
            given = not event.actor.is_service and event.actor.name != account.person.name
            return replace(account, secret=event.change.secret, given=given, locked_until=None)
        case events.AccountLocked():
            return replace(account, locked_until=event.at + timedelta(minutes=event.change.minutes))
        case events.AccountUnlocked():
            return replace(account, locked_until=None)
        case _:
            raise TypeError(event.kind)


def _changed(person: Person, event: events.Event, change: events.AccountChanged) -> Person:
    if change.roles != person.roles:
        _not_oneself(person, event)
    after = replace(person, full_name=change.full_name, roles=change.roles, department=change.department)
    if problems := faults(after):
        raise RefusedError(problems)
    return after


def _not_oneself(person: Person, event: events.Event) -> None:
    if event.actor.name == person.name:
        message = _("nobody changes their own roles or closes their own account")
        raise RefusedError(_problem(person.name, message, _("Another administrator can."), "oneself", "R1"))


# --- problems ---------------------------------------------------------------------------------------------------


def unknown(name: str) -> Problem:
    """There is no such account."""
    return _problem(name, _("there is no such account"), Remedy("account.choose"), "unknown", "L6")


def closed(person: Person) -> Problem:
    """The account is closed."""
    message = _("the account was closed on {day}").format(day=person.closed_on)
    hint = _("Accounts are not opened again; an administrator can make a new one.")
    return _problem(person.name, message, hint, "closed", "L6")


def given(person: Person) -> Problem:
    """Somebody else knows the password."""
    message = _("the password was chosen by somebody else")
    hint = Remedy("password.choose")
    return _problem(person.name, message, hint, "given", "L6")


def lacking(person: Person, roles: Iterable[Role]) -> Problem:
    """The person may not do this."""
    message = _("this needs the role {roles}; {name} has {has}").format(
        roles=_(" or ").join(map(role_name, roles)), name=person.full_name, has=role_names(person.roles)
    )
    hint = _("Ask somebody who has it, or let an administrator change the roles.")
    return _problem(person.name, message, hint, "role", "R1")


def no_person() -> Problem:
    """The service did it, and only a person may."""
    message = _("only a person may do this, not the service")
    return Problem(Place(part=_("account")), message, Remedy("account.login"), "account.service", "L6")


def _problem(name: str, message: str, hint: str | Remedy, code: str, clause: str) -> Problem:
    return Problem(Place(part=_("account {name}").format(name=name)), message, hint, f"account.{code}", clause)
