"""Who is at this command line: the session that `guidang account login` left, and the stamp of what they do (L6).

A session's token lies in a file that only this user of the machine may read, one for each office; where a program logs
in for itself, ``GUIDANG_SESSION`` carries it instead. Whoever can read that file acts as the person until the session
ends: log out where others use the same login of the machine.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from foundation.atomic_file import write_atomic
from office.office import Office
from retention.acts import accounts
from retention.acts.accounts import change, close, unlock
from retention.errors import RefusedError, UnknownError
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.view import View
from retention.rules import persons
from retention.rules.dates import business_date
from retention.rules.people import Actor, Person, Role

__all__ = ["Person", "Role", "change", "close", "unlock"]

TOKEN = "GUIDANG_SESSION"  # noqa: S105 - the name of a variable


def service(at: datetime) -> Stamp:
    """The stamp of what the service does by itself."""
    from importlib.metadata import version  # rare, and loads the reading of mails

    return Stamp(at, business_date(at), Actor("guidang", version("guidang")))


def stamp_of(office: Office, ledger: Ledger, at: datetime) -> Stamp:
    """The stamp of what the person logged in here does. RefusedError where nobody is."""
    return Stamp(at, business_date(at), Actor(person_here(office, ledger, at).name))


def person_here(office: Office, ledger: Ledger, at: datetime) -> Person:
    """Who is logged in on this command line. RefusedError where nobody is, or the session has ended."""
    token = token_here(office)
    if token is None:
        raise RefusedError(accounts.nobody_here())
    return accounts.who(ledger, token, at)


def has_accounts(ledger: Ledger) -> bool:
    """Whether anybody has an account yet."""
    with ledger.read() as view:
        return bool(view.accounts())


def full_names(view: View) -> dict[str, str]:
    """What the persons behind accounts are called."""
    return {account.person.name: account.person.full_name for account in view.accounts()}


def add(office: Office, ledger: Ledger, person: Person, password: Callable[[], str], at: datetime) -> Person:
    """Give a person an account, as the administrator logged in here; who is added first is logged in at once.

    ``password`` asks for the first password, once everything else is known to be in order.
    """
    if has_accounts(ledger):
        stamp = stamp_of(office, ledger, at)
        with ledger.read() as view:
            accounts.require(view, stamp.actor, Role.ADMINISTRATOR)
        return accounts.add(ledger, stamp, person, password())
    secret = password()
    made = accounts.add(ledger, service(at), person, secret)
    keep(office, accounts.login(ledger, made.name, secret, service(at)))
    return made


def choose_password(office: Office, ledger: Ledger, old: str, new: str, at: datetime) -> None:
    """Replace the password of who is logged in here, who knows the old one; they stay logged in."""
    here = person_here(office, ledger, at)
    session = replace_password(ledger, log_in(ledger, here.name, old, at), new, at)
    keep(office, session)


def give_password(office: Office, ledger: Ledger, name: str, new: str, at: datetime) -> Person:
    """Set somebody else's first password, as the administrator logged in here."""
    accounts.set_password(ledger, stamp_of(office, ledger, at), name, new)
    with ledger.read() as view:
        person = view.person(name)
    if person is None:
        raise UnknownError(persons.unknown(name))
    return person


def log_in(ledger: Ledger, name: str, password: str, at: datetime) -> accounts.Session:
    """Begin a session; RefusedError says the same whatever was wrong."""
    return accounts.login(ledger, name, password, service(at))


def must_choose(ledger: Ledger, session: accounts.Session) -> bool:
    """Whether somebody else knows the password of a session, so that its person can do nothing yet."""
    with ledger.read() as view:
        account = view.account(persons.subject_of(session.name))
    return account is not None and account.given


def replace_password(ledger: Ledger, session: accounts.Session, new: str, at: datetime) -> accounts.Session:
    """Give the person of a session a password of their own, and a new session: the old ones end."""
    accounts.set_password(ledger, Stamp(at, business_date(at), Actor(session.name)), session.name, new)
    return log_in(ledger, session.name, new, at)


def person_of(ledger: Ledger, session: accounts.Session, at: datetime) -> Person:
    """The person of a session."""
    return accounts.who(ledger, session.token, at)


def log_out(office: Office, ledger: Ledger, at: datetime) -> bool:
    """End the session here; False where there was none."""
    token = token_here(office)
    if token is None:
        return False
    accounts.logout(ledger, token, service(at))
    if token == _kept(office):
        forget(office)
    return True


def token_here(office: Office) -> str | None:
    """The token of the environment, else the one kept for this office."""
    return os.environ.get(TOKEN, "").strip() or _kept(office)


def keep(office: Office, session: accounts.Session) -> Path:
    """Keep a session for the commands to come; the file is this user's alone. Returns where."""
    place = _place(office)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_atomic(place, session.token.encode("ascii"), private=True)
    return place


def forget(office: Office) -> None:
    """Keep no session of this office any longer."""
    _place(office).unlink(missing_ok=True)


def _kept(office: Office) -> str | None:
    with suppress(OSError, ValueError):
        return _place(office).read_text(encoding="ascii").strip() or None
    return None


def _place(office: Office) -> Path:
    """One file for each office, however its folder was named."""
    key = sha256(os.fsencode(office.folder.resolve())).hexdigest()[:16]
    return sessions_folder() / key


def sessions_folder() -> Path:
    """Where sessions are kept: this user's folder for what programs remember."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "guidang" / "sessions"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "guidang" / "sessions"
