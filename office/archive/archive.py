"""An office with its classes and its ledger open: what every question and every act begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement

from foundation.period import Period
from office.archive import ledgers, people
from office.archive.classes import Classes
from office.archive.finding import records_named
from office.office import Office
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.selection import Selection, conditions
from retention.ledger.view import View
from retention.rules.model import Record


class Wanted(NamedTuple):
    """Records as a person names them: by number or path, by class, period, folder of a share, department.

    What is said beside each other narrows; where nothing is said every record is meant.
    """

    texts: Sequence[str] = ()
    class_text: str | None = None
    period: Period | None = None
    under: str | None = None
    department: str | None = None


@dataclass(frozen=True)
class Archive:
    """An office with its classes and its ledger open."""

    office: Office
    classes: Classes
    ledger: Ledger

    @classmethod
    @contextmanager
    def open(cls, office: Office) -> Iterator[Archive]:
        """The archive of an office. UnknownError where there is no ledger yet."""
        with ledgers.open_ledger(office) as ledger:
            with ledger.read() as view:
                classes = Classes.of(office, view)
            yield cls(office, classes, ledger)

    def stamp(self, at: datetime) -> Stamp:
        """The stamp of what the person logged in here does. RefusedError where nobody is."""
        return people.stamp_of(self.office, self.ledger, at)

    def named(self, texts: Sequence[str]) -> list[Record]:
        """The records with these names, each once. UnknownError with every name that is none."""
        with self.ledger.read() as view:
            return records_named(self.office, view, texts)

    def meant(self, wanted: Wanted) -> list[ColumnElement[bool]]:
        """The records that a person means, as conditions. UnknownError for names and classes that are none."""
        with self.ledger.read() as view:
            return conditions(self.selection(view, wanted))

    def selection(self, view: View, wanted: Wanted, **more: Any) -> Selection:
        """The records that a person means. UnknownError for names and classes that are none."""
        ids = tuple(record.id for record in records_named(self.office, view, wanted.texts))
        keys = self.classes.keys_of(view, self.classes.named(wanted.class_text)) if wanted.class_text else None
        under = (wanted.under or "").replace("\\", "/").strip("/")
        return Selection(ids, keys, wanted.period, wanted.department or "", under, **more)
