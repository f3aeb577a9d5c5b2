"""What happened to a share that is watched: kept for its status, and logged where it is news."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from datetime import datetime
from itertools import islice
from typing import Any

from foundation.language import _
from retention.filing.scan import Pass
from retention.filing.share import Share
from retention.filing.share_health import Health
from retention.ledger.paths import parent_of
from retention.watching.hints import Why
from retention.watching.sources import HintSource
from retention.watching.status import Condition, Counts, ShareStatus, Since, shown

LOG = logging.getLogger("guidang.watch")

SHOWN = 100
"""So many problems and places are told; the ledger and the next commands know them all."""


class ShareLog:
    """One share's; several threads may tell and ask."""

    def __init__(self, share: Share, before: ShareStatus | None, now: Callable[[], datetime]) -> None:
        self._name, self._now = share.name, now
        self._turn = threading.Lock()
        self._status = ShareStatus(share.name, shown(str(share.root)), since=now())
        if before is not None:  # how long a file has been open, or a folder unreadable, outlives a restart
            self._status = replace(self._status, editing=before.editing, unreadable=before.unreadable)

    @property
    def status(self) -> ShareStatus:
        """How the share stands."""
        with self._turn:
            return self._status

    # listening

    def listening(self, source: HintSource) -> None:
        """Changes are told, or asked for, from now on."""
        told = ("told",) if source.ways.told else ()
        ways = (*told, *(("asked",) if source.ways.asked or source.asking else ()))
        self._note(hints=ways, unwatched=source.unwatched, blind_since=None)
        words = {"told": _("the system tells of changes"), "asked": _("folders are asked for changes")}
        LOG.info("%s: %s", self._name, _(", ").join(words[way] for way in ways))

    def blind(self, error: OSError) -> None:
        """Nothing can be listened to."""
        with self._turn:
            news = self._status.blind_since is None
            self._status = replace(self._status, hints=(), blind_since=self._status.blind_since or self._now())
        if news:
            LOG.warning("%s: %s", self._name, _("nothing can be listened to: {reason}").format(reason=error))

    def lost(self, why: Why) -> None:
        """Something happened that was not told."""
        LOG.warning("%s: %s", self._name, reason_of(why))

    # passes

    def looks(self) -> None:
        """A pass is under way."""
        self._note(looking_since=self._now())

    def looked(self) -> None:
        """A pass ended, well or not."""
        self._note(looking_since=None)

    def _note(self, **changes: Any) -> None:
        with self._turn:
            self._status = replace(self._status, **changes)

    def failed(self, error: Exception, condition: Condition) -> None:
        """A pass could not be made, or not be written down."""
        text = str(error) or repr(error)
        with self._turn:
            old, now = self._status, self._now()
            new = _turned(old, condition, text, now)
            self._status = replace(new, errors=old.errors + 1, last_error=text, last_error_at=now)
        if (old.condition, old.words) != (condition, text):
            LOG.error("%s: %s", self._name, text, exc_info=error if condition is Condition.FAILING else None)

    def saw(self, result: Pass, folders: Iterable[str] | None, seconds: float) -> None:
        """A pass over ``folders``, or the whole share, ended after so many seconds."""
        with self._turn:
            old, now = self._status, self._now()
            new = after(old, result, None if folders is None else frozenset(folders), seconds, now)
            self._status = new
        self._log_turn(old, new)
        for text in news(old, new):
            LOG.warning("%s: %s", self._name, text)
        if counts := counts_of(result):
            LOG.info("%s: %s", self._name, counts_in_words(counts))

    def _log_turn(self, old: ShareStatus, new: ShareStatus) -> None:
        if old.condition is new.condition:
            return
        text = new.words or _("the share is there and was looked at")
        LOG.log(logging.INFO if new.condition is Condition.WELL else logging.ERROR, "%s: %s", self._name, text)


# --- pure -----------------------------------------------------------------------------------------------------------


def after(old: ShareStatus, result: Pass, folders: frozenset[str] | None, seconds: float, now: datetime) -> ShareStatus:
    """A share's status after a pass over ``folders``, or all of it for None."""
    if result.health is not Health.OK:
        return replace(_turned(old, Condition.AWAY, result.health.words, now), looked_at=now)

    def is_elsewhere(folder: str) -> bool:
        return folders is not None and folder not in folders

    status = replace(
        _turned(old, Condition.WELL, "", now),
        looked_at=now,
        braked=result.braked,
        editing=_since(old.editing, result.editing, now, lambda path: is_elsewhere(parent_of(path))),
        unreadable=_since(old.unreadable, result.unknown, now, is_elsewhere),
        counts=old.counts + counts_of(result),
        problems=_problems(old, result, whole=folders is None),
    )
    if folders is not None:
        return status
    return replace(status, whole_at=now, whole_seconds=round(seconds, 3), folders=result.folders, files=result.files)


def _turned(old: ShareStatus, condition: Condition, words: str, now: datetime) -> ShareStatus:
    since = old.since if old.condition is condition else now
    return replace(old, condition=condition, words=words, since=since)


def _since(
    old: Sequence[Since], found: Mapping[str, str], now: datetime, stays: Callable[[str], bool]
) -> tuple[Since, ...]:
    """What is the matter with places, each since it was first seen so; of those not looked at now what ``stays`` so."""
    known = {each.path: each.since for each in old}
    whats = {each.path: each.what for each in old if stays(each.path)}
    whats |= {shown(path): what for path, what in found.items()}
    return tuple(Since(path, whats[path], known.get(path, now)) for path in sorted(whats))


def _problems(old: ShareStatus, result: Pass, *, whole: bool) -> tuple[str, ...]:
    """What is wrong; what a pass over some folders does not mention is still so until the next whole one."""
    found = dict.fromkeys([*(() if whole else old.problems), *(shown(str(each)) for each in result.problems)])
    return tuple(islice(found, SHOWN))


def news(old: ShareStatus, new: ShareStatus) -> Iterator[str]:
    """What an administrator did not know yet."""
    yield from (problem for problem in new.problems if problem not in old.problems)
    unread = {each.path for each in old.unreadable}
    for each in new.unreadable:
        if each.path not in unread:
            yield _("{path} cannot be read: {reason}").format(path=each.path or "/", reason=each.what)


def counts_of(result: Pass) -> Counts:
    """What a pass found, in records."""
    return Counts(**{each.name: getattr(result, each.name) for each in fields(Counts)})


def counts_in_words(counts: Counts) -> str:
    """``3 filed, 1 moved``."""
    found = ((name, getattr(counts, key)) for key, name in count_names().items())
    return _(", ").join(_("{n} {what}").format(n=n, what=name) for name, n in found if n)


def count_names() -> Mapping[str, str]:
    """What is counted, in words."""
    return {
        "filed": _("filed"),
        "moved": _("moved"),
        "altered": _("altered"),
        "missing": _("missing"),
        "found": _("found again"),
        "resurfaced": _("resurfaced"),
    }


def reason_of(why: Why) -> str:
    """Why hints alone do not tell any more what changed."""
    return {
        Why.OVERFLOW: _("more changed at once than the system keeps; the whole share is looked at"),
        Why.UNMOUNTED: _("the file system went away; the share is looked at as soon as it is back"),
        Why.GONE: _("the folder itself was moved or removed; the share is looked at as soon as it is back"),
        Why.LIMIT: _("the system watches no more folders (fs.inotify.max_user_watches); they are asked for changes"),
        Why.ENDED: _("listening ended and begins again"),
    }[why]
