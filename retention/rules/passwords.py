"""Passwords: what they are kept as (Argon2id), which are too easy. Slow on purpose: not under the writers' lock."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING

from foundation.language import _
from retention.errors import Place, Problem

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST, LONGEST = 8, 256
"""How many characters a password has."""

DIFFERENT = 4
"""How many different characters a password has at least."""

DECOY = "$argon2id$v=19$m=65536,t=3,p=4$Z3VpZGFuZ2RlY295c2FsdA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
"""Fits no password, and takes as long to say so as one that might: for names nobody has."""


def stored(password: str) -> str:
    """What a password is kept as; different each time."""
    return _hasher().hash(_one_spelling(password))


def fits(kept: str, password: str) -> bool:
    """Whether this is the password. The same work for a right and a wrong one."""
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept, _one_spelling(password))
    except (VerificationError, InvalidHashError):
        return False


def outdated(kept: str) -> bool:
    """Whether it was stored with other parameters than are in force."""
    return _hasher().check_needs_rehash(kept)


def digest(kept: str) -> str:
    """What an event names a stored form by: SHA-256 in hex."""
    return sha256(kept.encode("utf-8")).hexdigest()


def faults(name: str, password: str) -> list[Problem]:
    """Why a password will not do for the account of this name; nothing where it will."""
    spelled = _one_spelling(password)
    length = SHORTEST <= len(spelled) <= LONGEST
    if length and len(set(spelled)) >= DIFFERENT and spelled.casefold() != name.casefold():
        return []
    message = _("this password will not do")
    hint = _("At least {n} characters, {different} of them different, and not the account's name.").format(
        n=SHORTEST, different=DIFFERENT
    )
    return [Problem(Place(part=_("account {name}").format(name=name)), message, hint, "account.password", "L6")]


@lru_cache(maxsize=1)
def _hasher() -> PasswordHasher:
    """The second recommendation of RFC 9106: 64 MiB, three passes, four lanes; some 50 ms."""
    from argon2 import PasswordHasher, Type

    return PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, type=Type.ID)


def _one_spelling(password: str) -> str:
    """However an input method composes its characters."""
    return unicodedata.normalize("NFC", password)
