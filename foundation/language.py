"""Chinese and English for everything a person reads, through gettext.

English is the source text, ``zh_CN`` the catalogue. The language is the office's setting where there is one,
else the locale's, else Chinese: the people who use guidang work in Chinese, and a server without a locale
says nothing about them.
"""

from __future__ import annotations

import gettext as _gettext
import locale
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

DOMAIN = "guidang"
LANGUAGES = ("zh_CN", "en")
CATALOGUES = Path(__file__).parent / "catalogues"

_chosen: ContextVar[str | None] = ContextVar("language", default=None)
_default: str | None = None


def language() -> str:
    """The language in force: what :func:`use` chose, else :func:`detect`."""
    return _chosen.get() or _default or detect()


def detect(environ: dict[str, str] | None = None) -> str:
    """The language a machine asks for: ``GUIDANG_LANG``, then ``LC_ALL``, ``LC_MESSAGES``, ``LANG``."""
    env = os.environ if environ is None else environ
    for name in ("GUIDANG_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if value := env.get(name):
            return normalise(value)
    return normalise((locale.getlocale()[0] or "") if environ is None else "")


def normalise(name: str) -> str:
    """``en_GB.UTF-8`` → ``en``; anything that is not English is Chinese, ``C`` and ``POSIX`` included."""
    return "en" if name.lower().startswith("en") else "zh_CN"


def set_default(name: str) -> None:
    """Choose the language of the whole process, threads included (the command line does this once)."""
    global _default  # noqa: PLW0603 - one process, one user, one default
    _default = normalise(name)


@contextmanager
def use(name: str) -> Iterator[None]:
    """Speak ``name`` inside the block, in this thread or task only."""
    token = _chosen.set(normalise(name))
    try:
        yield
    finally:
        _chosen.reset(token)


@lru_cache
def _catalogue(name: str) -> _gettext.NullTranslations:
    if name == "en":
        return _gettext.NullTranslations()
    return _gettext.translation(DOMAIN, CATALOGUES, [name], fallback=True)


def _(message: str) -> str:
    """``message`` in the language in force. Placeholders are named: ``_("row {row}").format(row=3)``."""
    return _catalogue(language()).gettext(message)


def N_(message: str) -> str:
    """``message`` as it is, marked to be collected: it is put into the language in force later, by :func:`_`."""
    return message


def ngettext(one: str, many: str, n: int) -> str:
    """The form of the message that ``n`` asks for."""
    return _catalogue(language()).ngettext(one, many, n)
