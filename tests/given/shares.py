"""A share on the disk, a ledger, and a clock in hand: what the tests of the scanner work with."""

from __future__ import annotations

import io
import os
import sys
import zipfile
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from sqlalchemy import delete

from docgen.forms.loading import load_forms
from given.places import ROOT
from retention.filing.scan import Pass, Scanner
from retention.filing.share import Share
from retention.filing.titles import Catalogue, Kind
from retention.ledger import proving, schema
from retention.rules.people import Actor
from samples.making import centre

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from retention.ledger.ledger import Ledger
    from retention.ledger.rows import Entry
    from retention.rules.model import Record

SERVICE = Actor("guidang", "0.1.0")
REPORT = "QG-FW-01-01"


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """One class, of monthly reports."""
    return Catalogue([Kind(REPORT, "物业管理月度工作报告", REPORT, "monthly-report", ("月报",))])


@lru_cache(maxsize=1)
def sample_catalogue() -> Catalogue:
    """The classes of all shipped forms."""
    kinds = [
        Kind(
            form.code if form.code and "…" not in form.code else form.title,
            form.title,
            form.code,
            form.id,
            form.aliases,
            form.period,
            many=form.period == "day",
        )
        for form in load_forms(ROOT / "templates").values()
    ]
    return Catalogue(kinds, places=(centre.NAME, centre.COMPANY, centre.PROJECT), people=centre.CLERKS)


@lru_cache(maxsize=256)
def docx(text: str = "月报") -> bytes:
    """A package as Word's are, with one paragraph."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in (
            ("[Content_Types].xml", "<Types/>"),
            ("word/document.xml", f"<w:p><w:t>{text}</w:t></w:p>"),
        ):
            package.writestr(zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0)), content)
    return buffer.getvalue()


class ScannedShare:
    """A share, its scanner, and a clock that moves when told."""

    def __init__(self, root: Path, ledger: Ledger, name: str = "归档", **limits: object) -> None:
        self.root, self.ledger = root, ledger
        root.mkdir(parents=True, exist_ok=True)
        self.time = datetime(2026, 11, 23, 8, tzinfo=UTC)
        self.share = Share(name, root, **limits)  # type: ignore[arg-type]
        self.scanner = Scanner(ledger, self.share, catalogue, SERVICE, lambda: self.time)

    def wait(self, seconds: float) -> None:
        """The clock goes on."""
        self.time += timedelta(seconds=seconds)

    def look(self, folders: Collection[str] | None = None, *, after: float = 4, believe: int | None = None) -> Pass:
        """One look, some seconds later."""
        self.wait(after)
        return self.scanner.look(folders, believe=believe)

    def settle(self, *, believe: int | None = None, looks: int = 12) -> Pass:
        """Look until nothing has to be looked at again: counts of the whole, the rest of the last."""
        counts = dict.fromkeys(("filed", "moved", "altered", "missing", "found", "resurfaced"), 0)
        for _look in range(looks):
            found = self.look(after=1, believe=believe)
            for name in counts:
                counts[name] += getattr(found, name)
            if not found.again:
                break
            self.time += found.again_after
        self.counts = counts
        return found

    def settled(self) -> tuple[int, ...]:
        """Events written until nothing has to be looked at again: filed, moved, altered, missing, found, resurfaced."""
        self.settle()
        return tuple(self.counts.values())

    def write(self, path: str, content: bytes | str = b"") -> Path:
        """A file of the share."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode() if isinstance(content, str) else content)
        return place

    def records(self) -> dict[str, Record]:
        """Every record of the share by its path; of several at one path the newest."""
        with self.ledger.read() as view:
            return {each.path: each for each in view.records(schema.records.c.share == self.share.name)}

    def log(self, after: int = 0) -> list[Entry]:
        """The events."""
        with self.ledger.read() as view:
            return list(view.log(after=after))

    def kinds(self) -> list[str]:
        """The kinds of all events, in their order."""
        return [entry.event.kind for entry in self.log()]

    def sound(self) -> bool:
        """Whether the state is what the events say, and the chain holds."""
        with self.ledger.read() as view:
            return not list(proving.differences(view)) and self.ledger.verify().sound


def opened_under(root: Path) -> list[str]:
    """From now on, every file opened below ``root``, by any means of Python."""
    found: list[str] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and isinstance(arguments[0], str) and arguments[0].startswith(f"{root}{os.sep}"):
            found.append(arguments[0])

    sys.addaudithook(hook)
    return found


def as_nobody(folder: Path, work) -> str:
    """What ``work`` answers in a process that is not root's, whoever runs the tests."""
    for place in (folder, *folder.parents):
        if place.stat().st_uid == os.geteuid() and place != place.parent:
            place.chmod(place.stat().st_mode | 0o711)
    if os.geteuid() == 0:
        os.chown(folder, 65534, 65534)
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        answer = "?"
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            answer = work(folder)
        except BaseException as error:  # noqa: BLE001 - a child must never go on as a second pytest
            answer = repr(error)
        finally:
            os.write(writing, answer.encode())
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def forget_what_was_seen(ledger: Ledger) -> None:
    with ledger._engine.begin() as connection:
        for table in (schema.shares, schema.folders, schema.entries):
            connection.execute(delete(table))
