"""Accounts of persons: who may act at all, and who is at the keyboard (L6, R1). Typed names are never identities.

Rights are events like everything else, and are read from events where they count. What is secret lies beside them:
the stored form of a password (Argon2id) in ``credentials``, bound to its event by a SHA-256, so that a form exchanged
in the database opens nothing. A session is an event too, filed under the SHA-256 of its token: no row to forge.

Hashing is slow on purpose and happens outside the writers' lock.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, TypeAlias

from sqlalchemy import insert, update

from foundation.language import N_, _
from retention.errors import ConflictError, Place, Problem, ProblemKind, RefusedError, Remedy, TamperedError
from retention.ledger import schema
from retention.ledger.ledger import Attempt, Draft
from retention.rules import events, passwords, persons
from retention.rules.people import Account, Person, Role

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy import Connection

    from retention.ledger.ledger import Ledger, Stamp
    from retention.ledger.rows import Entry
    from retention.ledger.view import View
    from retention.rules.people import Actor

FAILURES = 5
"""So many wrong passwords in a row lock an account."""

LOCKED_MINUTES = 15
SESSION_MINUTES = 8 * 60
Besides: TypeAlias = "Callable[[Connection, tuple[Entry, ...]], None]"
_NOBODY = ""
"""Whose wrong passwords are counted where there is no such account, so that both cases write alike."""


@dataclass(frozen=True, slots=True)
class Session:
    """Somebody logged in. ``token`` is the secret that says so from now on; it is kept nowhere in the ledger."""

    token: str
    name: str
    expires_at: datetime


# --- may this person do this? -------------------------------------------------------------------------------------


def require(view: View, actor: Actor, *roles: Role) -> Person:
    """The person behind ``actor``, who has an open account and one of ``roles``; any role where none is named.

    For use inside ``commit``'s ``decide``. RefusedError: the service (L6), no account, a closed one, a password that
    somebody else chose, none of the roles (R1). TamperedError where the account's row is not what its events say.
    Names count letter by letter: ``Wang.Min`` is not ``wang.min``.
    """
    if actor.is_service:
        raise RefusedError(persons.no_person())
    account = view.account(persons.subject_of(actor.name))
    if account is None or account.person.name != actor.name:
        raise RefusedError(persons.unknown(actor.name))
    person = account.person
    if person.closed_on is not None:
        raise RefusedError(persons.closed(person))
    if account.given:
        raise RefusedError(persons.given(person))
    if roles and not person.roles & frozenset(roles):
        raise RefusedError(persons.lacking(person, roles))
    return person


# --- making and changing accounts ---------------------------------------------------------------------------------


def add(ledger: Ledger, stamp: Stamp, person: Person, password: str | None = None) -> Person:
    """Give a person an account; without a password nobody can log in to it yet.

    The first account of a ledger is made by the service and administers accounts; all others are made by an
    administrator. RefusedError, ConflictError where the name is or was taken.
    """
    person = _tidy(person)
    if problems := [
        *persons.faults(person),
        *(passwords.faults(person.name, password) if password is not None else ()),
    ]:
        raise RefusedError(problems)
    stored = passwords.stored(password) if password is not None else None
    subject = persons.subject_of(person.name)
    added = Draft(subject, events.AccountAdded(person.name, person.full_name, person.roles, person.department))

    def decide(view: View) -> list[Draft]:
        if view.accounts():
            require(view, stamp.actor, Role.ADMINISTRATOR)
        elif not stamp.actor.is_service or person.roles != {Role.ADMINISTRATOR}:
            raise RefusedError(_FIRST_ADMINISTERS(Place(part=_("account"))))
        return [added, *_secret_drafts(subject, stored)]

    ledger.commit(decide, stamp, attempt=added, besides=_keeping(subject, stored))
    return person


def change(  # noqa: PLR0913 - what can change of an account
    ledger: Ledger,
    stamp: Stamp,
    name: str,
    *,
    full_name: str | None = None,
    roles: frozenset[Role] | None = None,
    department: str | None = None,
) -> Person:
    """Change what a person is called, may do, belongs to; what is None stays.

    Administrators only, and roles never one's own. RefusedError, ConflictError where there is no such open account.
    """
    subject = persons.subject_of(name)

    def decide(view: View) -> list[Draft]:
        require(view, stamp.actor, Role.ADMINISTRATOR)
        person = _known(view, name).person
        wanted = _tidy(
            replace(
                person,
                full_name=person.full_name if full_name is None else full_name,
                roles=person.roles if roles is None else roles,
                department=person.department if department is None else department,
            )
        )
        return [Draft(subject, events.AccountChanged(wanted.full_name, wanted.roles, wanted.department))]

    ledger.commit(decide, stamp, attempt=Attempt(subject, events.AccountChanged.kind))
    return _person(ledger, name)


def close(ledger: Ledger, stamp: Stamp, name: str, reason: str) -> Person:
    """Close an account: its sessions end, its name is never given again. Administrators only, never one's own."""
    _administer(ledger, stamp, name, events.AccountClosed(reason))
    return _person(ledger, name)


def unlock(ledger: Ledger, stamp: Stamp, name: str) -> Person:
    """End a lock before its time. Administrators only."""
    subject = persons.subject_of(name)
    _administer(
        ledger, stamp, name, events.AccountUnlocked(), lambda connection, _entries: _count(connection, subject, 0)
    )
    return _person(ledger, name)


def set_password(ledger: Ledger, stamp: Stamp, name: str, password: str) -> None:
    """Choose a password: one's own, or as an administrator a first one for somebody else, who then chooses their own.

    Sessions that were begun with the old one end. RefusedError where it is too easy, or the actor may not.
    """
    subject = persons.subject_of(name)
    if problems := passwords.faults(name, password):
        raise RefusedError(problems)
    stored = passwords.stored(password)

    def decide(view: View) -> list[Draft]:
        account = _known(view, name)
        if stamp.actor.is_service or stamp.actor.name != account.person.name:
            require(view, stamp.actor, Role.ADMINISTRATOR)
        return _secret_drafts(subject, stored)

    attempt = Draft(subject, events.SecretSet(passwords.digest(stored)))
    ledger.commit(decide, stamp, attempt=attempt, besides=_keeping(subject, stored))


def _administer(ledger: Ledger, stamp: Stamp, name: str, what: events.Change, besides: Besides | None = None) -> None:
    draft = Draft(persons.subject_of(name), what)

    def decide(view: View) -> list[Draft]:
        require(view, stamp.actor, Role.ADMINISTRATOR)
        _known(view, name)
        return [draft]

    ledger.commit(decide, stamp, attempt=draft, besides=besides)


def _known(view: View, name: str) -> Account:
    account = view.account(persons.subject_of(name))
    if account is None:
        raise ConflictError(persons.unknown(name))
    return account


def _person(ledger: Ledger, name: str) -> Person:
    with ledger.read() as view:
        return _known(view, name).person


def _tidy(person: Person) -> Person:
    return replace(
        person,
        name=persons.written(person.name),
        full_name=persons.written(person.full_name),
        department=persons.written(person.department),
    )


# --- logging in and out -------------------------------------------------------------------------------------------


def login(ledger: Ledger, name: str, password: str, stamp: Stamp) -> Session:
    """Begin a session of eight hours, which the service writes down; ``stamp`` is the service's.

    RefusedError, the same for a wrong name, a wrong password, a locked and a closed account, after the same work.
    So many failures in a row lock the account. TamperedError where the stored form of the password was exchanged.
    """
    subject, token = persons.subject_of(name), secrets.token_urlsafe(32)
    with ledger.read() as view:
        kept = view.credential(subject)
    fits = passwords.fits(kept or passwords.DECOY, password)
    renewed = passwords.stored(password) if fits and kept and passwords.outdated(kept) else None

    def decide(view: View) -> list[Draft]:
        account = view.account(subject)
        if kept and account and view.credential(subject) == kept and passwords.digest(kept) != account.secret:
            raise TamperedError(_EXCHANGED(Place(part=_("account {name}").format(name=account.person.name))))
        if fits and account and account.secret == passwords.digest(kept or "") and _may_enter(account, stamp.at):
            begun = events.SessionBegun(account.person.name, SESSION_MINUTES)
            again = [Draft(subject, events.SecretSet(passwords.digest(renewed), rehashed=True))] if renewed else []
            return [*again, Draft(_session(token), begun)]
        if account and _may_enter(account, stamp.at) and view.failures(subject) + 1 >= FAILURES:
            return [Draft(subject, events.AccountLocked(FAILURES, LOCKED_MINUTES))]
        return []

    def then(connection: Connection, entries: tuple[Entry, ...]) -> None:
        if entries and renewed:
            _keep(connection, subject, renewed)
        _count(connection, subject if kept else _NOBODY, 0 if entries else None)

    for entry in ledger.commit(decide, stamp, besides=then):
        if isinstance(entry.event.change, events.SessionBegun):
            return Session(token, entry.event.change.name, stamp.at + timedelta(minutes=SESSION_MINUTES))
    raise RefusedError(
        _NO_ENTRANCE(Place(part=_("account {name}").format(name=name)), n=FAILURES, minutes=LOCKED_MINUTES)
    )


def who(ledger: Ledger, token: str, at: datetime) -> Person:
    """The person whose session this token is. RefusedError where it ended, expired, or never was."""
    with ledger.read() as view:
        begun = _open_session(view, token, at)
        return _known(view, begun.name).person


def logout(ledger: Ledger, token: str, stamp: Stamp) -> None:
    """End a session; nothing happens where it is over."""

    def decide(view: View) -> list[Draft]:
        return [Draft(_session(token), events.SessionEnded())] if len(list(view.log(_session(token)))) == 1 else []

    ledger.commit(decide, stamp)


def _may_enter(account: Account, at: datetime) -> bool:
    return account.person.closed_on is None and not (account.locked_until and at < account.locked_until)


def _open_session(view: View, token: str, at: datetime) -> events.SessionBegun:
    """The beginning of a session that has not ended since: by logging out, a new password, a closed account, time."""
    entries = list(view.log(_session(token)))
    if len(entries) == 1 and isinstance(begun := entries[0].event.change, events.SessionBegun):
        began, subject = entries[0].event.at, persons.subject_of(begun.name)
        since = [entry.event.change for entry in view.log(subject, after=entries[0].seq)]
        if began <= at < began + timedelta(minutes=begun.minutes) and not any(map(_ends_sessions, since)):
            return begun
    raise RefusedError(nobody_here())


def _ends_sessions(change: events.Change) -> bool:
    return isinstance(change, events.AccountClosed) or (isinstance(change, events.SecretSet) and not change.rehashed)


def _session(token: str) -> str:
    return "session/" + sha256(token.encode("utf-8", "surrogateescape")).hexdigest()


# --- the stored forms of passwords --------------------------------------------------------------------------------


def _secret_drafts(subject: str, stored: str | None) -> list[Draft]:
    return [Draft(subject, events.SecretSet(passwords.digest(stored)))] if stored else []


def _keeping(subject: str, stored: str | None) -> Besides | None:
    """What a commit writes besides: the stored form of a password, and that nothing wrong was tried since."""
    return (lambda connection, _entries: _keep(connection, subject, stored)) if stored else None


def _keep(connection: Connection, subject: str, stored: str) -> None:
    table = schema.credentials
    row = {"account": subject, "secret": stored, "failures": 0}
    if not connection.execute(update(table).where(table.c.account == subject).values(row)).rowcount:
        connection.execute(insert(table), row)


def _count(connection: Connection, subject: str, failures: int | None) -> None:
    """Set how many wrong passwords were tried in a row; None is one more."""
    table = schema.credentials
    value = table.c.failures + 1 if failures is None else failures
    if not connection.execute(update(table).where(table.c.account == subject).values(failures=value)).rowcount:
        connection.execute(insert(table), {"account": subject, "secret": "", "failures": failures or 1})


# --- problems -----------------------------------------------------------------------------------------------------


def nobody_here() -> Problem:
    """Nobody is logged in, or not any more."""
    hint = Remedy("session.renew", hours=SESSION_MINUTES // 60)
    return Problem(Place(part=_("account")), _("nobody is logged in here"), hint, "account.nobody", "L6")


_NO_ENTRANCE = ProblemKind(
    "account.login",
    N_("name or password is wrong, or the account is locked or closed"),
    N_("{n} wrong passwords in a row lock an account for {minutes} minutes; an administrator can unlock it."),
    "L6",
)
_EXCHANGED = ProblemKind(
    "account.exchanged",
    N_("the stored password is not the one that was set"),
    N_("Leave everything as it is, and look for the last backup."),
    "L6",
)
_FIRST_ADMINISTERS = ProblemKind(
    "account.first",
    N_("the first account of a ledger administers accounts, and does nothing else"),
    Remedy("account.add_first"),
    "R1",
)
