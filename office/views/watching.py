"""The looking at shares as people see it: what one look found, how the service stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import TypeAdapter

from foundation.language import _
from foundation.problem import Problem
from office.archive import service
from office.archive.service import Found
from office.office import Office
from office.views.as_json import HIDDEN, SPREAD
from retention.watching.log import count_names, counts_in_words
from retention.watching.status import Condition, Counts, ServiceStatus, ShareStatus, Since, shown

# --- one look ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ShareLook:
    """What looking at one share came to. ``words``: why nothing was concluded; ``whole``: all could be looked at."""

    share: str
    health: str
    words: str
    files: int
    folders: int
    counts: Counts = field(metadata=SPREAD)
    left_alone: int
    not_settled: int
    braked: int
    editing: Mapping[str, str]
    unreadable: Mapping[str, str]
    problems: tuple[Problem, ...]
    whole: bool = field(metadata=HIDDEN)

    @property
    def cells(self) -> tuple[str, ...]:
        """The row under :func:`look_titles`."""
        counts = (getattr(self.counts, name) for name in count_names())
        return (self.share, *map(str, (self.files, self.folders, *counts, self.not_settled, self.left_alone)))


@dataclass(frozen=True)
class Looks:
    """What looking at shares came to."""

    shares: tuple[ShareLook, ...]

    @property
    def whole(self) -> bool:
        """Whether all of every share could be looked at."""
        return all(each.whole for each in self.shares)


def look_titles() -> tuple[str, ...]:
    """What stands over the columns of a look."""
    return (_("share"), _("files"), _("folders"), *count_names().values(), _("not settled"), _("left alone"))


def looks(found: Iterable[Found]) -> Looks:
    """Looks as they are shown, each when it is over."""
    return Looks(tuple(map(_look, found)))


def _look(of: Found) -> ShareLook:
    return ShareLook(
        share=of.share,
        health=of.health.name.lower(),
        words=of.trouble,
        files=of.files,
        folders=of.folders,
        counts=of.counts,
        left_alone=of.left_alone,
        not_settled=of.waiting,
        braked=of.braked,
        editing={shown(path): who for path, who in of.editing.items()},
        unreadable={shown(path): reason for path, reason in of.unreadable.items()},
        problems=of.problems,
        whole=of.whole,
    )


# --- the service ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ServiceStanding:
    """How the service and its shares stand; ``told``: as they stand in the status file."""

    runs: bool
    told: Mapping[str, Any] = field(metadata=SPREAD)
    status: ServiceStatus | None = field(metadata=HIDDEN)
    at: datetime = field(metadata=HIDDEN)

    @property
    def shares(self) -> tuple[ShareStatus, ...]:
        return self.status.shares if self.status else ()

    @property
    def well(self) -> bool:
        """Whether the service runs, and every share is well."""
        return self.runs and all(share.condition is Condition.WELL for share in self.shares)

    def __str__(self) -> str:
        status = self.status
        if status is None:
            return _("The service runs; it has written nothing yet.") if self.runs else _("The service never ran here.")
        if self.runs and not status.alive(self.at):
            text = _("The service has a process but has written nothing since {time}: see the log.")
            return text.format(time=_time(status.written_at))
        if self.runs:
            text = _("The service runs since {time} (guidang {version}, process {process} on {machine}).")
            return text.format(
                time=_time(status.started_at), version=status.version, process=status.process, machine=status.machine
            )
        if status.ended_at:
            return _("The service does not run; it was stopped at {time}.").format(time=_time(status.ended_at))
        return _("The service does not run; it last showed life at {time}.").format(time=_time(status.written_at))


def service_standing(office: Office, at: datetime) -> ServiceStanding:
    """How the service of an office stands at an instant."""
    status = service.status_of(office)
    told = TypeAdapter(ServiceStatus).dump_python(status, mode="json") if status else {"shares": []}
    return ServiceStanding(service.runs(office), told, status, at)


def share_cells(share: ShareStatus) -> tuple[str, ...]:
    """A share: its name, state, since when, how changes are heard of, last look, last whole one, files, waiting."""
    words = {"told": _("told"), "asked": _("asked for")}
    hints = "+".join(words[way] for way in share.hints) or (_("not heard") if share.blind_since else "–")
    times = (_time(when) for when in (share.looked_at, share.whole_at))
    state = condition_name(share.condition)
    return (share.name, state, _time(share.since), hints, *times, str(share.files), str(share.waiting))


def condition_name(condition: Condition) -> str:
    """How a share stands, in the language in force."""
    return {
        Condition.STARTING: _("starting"),
        Condition.WELL: _("well"),
        Condition.AWAY: _("away"),
        Condition.SILENT: _("does not answer"),
        Condition.UNWRITTEN: _("ledger not written"),
        Condition.FAILING: _("failing"),
    }[condition]


def share_lines(share: ShareStatus) -> Iterator[str]:
    """What else there is to say of a share, a line for each thing."""
    if share.words:
        yield share.words
    if share.counts:
        yield _("since the start: {counts}").format(counts=counts_in_words(share.counts))
    if share.blind_since:
        yield _("nothing can be listened to since {time}").format(time=_time(share.blind_since))
    if share.unwatched:
        yield _("{n} folders could not be listened to").format(n=share.unwatched)
    if share.looking_since:
        yield _("looking since {time}").format(time=_time(share.looking_since))
    for each in share.unreadable:
        yield _("cannot be read since {time}: {path} ({what})").format(**_of(each))
    for each in share.editing:
        yield _("open since {time}: {path} ({what})").format(**_of(each))
    yield from share.problems
    if share.errors:
        text = _("{n} errors since the start, the last at {time}: {error}")
        yield text.format(n=share.errors, time=_time(share.last_error_at), error=share.last_error)


def _of(since: Since) -> dict[str, str]:
    return {"time": _time(since.since), "path": since.path or "/", "what": since.what or "?"}


def _time(when: datetime | None) -> str:
    """In the machine's own zone: an administrator holds it against the clock on the wall."""
    return f"{when.astimezone():%Y-%m-%d %H:%M:%S}" if when else "–"
