"""Who is at this command line: the session that `guidang account login` left, and the stamp of what they do (L6).

A session's token lies in a file that only this user of the machine may read, one for each office; where a program logs
in for itself, ``GUIDANG_SESSION`` carries it instead. Whoever can read that file acts as the person until the session
ends: log out where others use the same login of the machine.
"""

from __future__ import annotations

import os
from contextlib import suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from retention import accounts
from retention.dates import business_date
from retention.errors import RefusedError
from retention.ledger import Stamp
from retention.model import Actor

if TYPE_CHECKING:
    from datetime import datetime

    from office.centre import Office
    from retention.ledger import Ledger
    from retention.model import Person

TOKEN = "GUIDANG_SESSION"  # noqa: S105 - the name of a variable


def service(at: datetime) -> Stamp:
    """The stamp of what the service does by itself."""
    return Stamp(at, business_date(at), Actor("guidang", version("guidang")))


def stamp_of(office: Office, ledger: Ledger, at: datetime) -> Stamp:
    """The stamp of what the person logged in here does. RefusedError where nobody is."""
    return Stamp(at, business_date(at), Actor(person_here(office, ledger, at).name))


def person_here(office: Office, ledger: Ledger, at: datetime) -> Person:
    """Who is logged in on this command line. RefusedError where nobody is, or the session has ended."""
    token = token_here(office)
    if token is None:
        raise RefusedError([accounts.nobody_here()])
    return accounts.who(ledger, token, at)


def token_here(office: Office) -> str | None:
    """The token of the environment, else the one kept for this office."""
    if token := os.environ.get(TOKEN, "").strip():
        return token
    with suppress(OSError):
        return _place(office).read_text(encoding="ascii").strip() or None
    return None


def keep(office: Office, session: accounts.Session) -> Path:
    """Keep a session for the commands to come; the file is this user's alone. Returns where."""
    place = _place(office)
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = place.with_name(f"{place.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(session.token)
    aside.replace(place)
    return place


def forget(office: Office) -> None:
    """Keep no session of this office any longer."""
    _place(office).unlink(missing_ok=True)


def _place(office: Office) -> Path:
    """One file for each office, however its folder was named."""
    key = sha256(os.fsencode(office.folder.resolve())).hexdigest()[:16]
    return sessions_folder() / key


def sessions_folder() -> Path:
    """Where sessions are kept: this user's folder for what programs remember."""
    if os.name == "nt":
        return Path(os.environ.get("LOCALAPPDATA", Path.home())) / "guidang" / "sessions"
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "guidang" / "sessions"
