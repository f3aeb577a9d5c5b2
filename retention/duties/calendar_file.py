"""Pure: deadlines as an iCalendar file (RFC 5545) for Outlook, phones, 企业微信 and 钉钉."""

from __future__ import annotations

import hashlib
from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from foundation.language import _
from retention.duties.judging import DutyStatus
from retention.rules.dates import CHINA

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from retention.duties.judging import Agenda, DutyEntry


_WIDTH = 75


def calendar(agenda: Agenda, office: str, stamp: datetime) -> bytes:
    """The deadlines as all-day events, those of hours at their hour; UTF-8 with CRLF.

    ``stamp`` is an aware instant. An event keeps its UID, so that importing again replaces it.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//guidang//duties//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(office)}",
    ]
    for entry in agenda.entries:
        lines += _event(entry, office, stamp)
    lines.append("END:VCALENDAR")
    return "".join(f"{folded}\r\n" for line in lines for folded in _folded(line)).encode()


def _event(entry: DutyEntry, office: str, stamp: datetime) -> Iterator[str]:
    duty, about = entry.duty, str(entry.period)
    title = " ".join(filter(None, (duty.title, entry.by, about)))
    note = "\n".join(filter(None, (f"{_('clause')} {duty.clause}", f"{duty.who} → {duty.to}", *entry.remarks)))
    yield "BEGIN:VEVENT"
    yield f"UID:{_uid(office, entry)}"
    yield f"DTSTAMP:{stamp.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    if entry.moment:
        end = entry.moment.replace(tzinfo=CHINA).astimezone(UTC)
        yield f"DTSTART:{end:%Y%m%dT%H%M%SZ}"
    else:
        yield f"DTSTART;VALUE=DATE:{entry.due:%Y%m%d}"
        yield f"DTEND;VALUE=DATE:{entry.due + timedelta(days=1):%Y%m%d}"
    yield f"SUMMARY:{_text(title)}"
    yield f"DESCRIPTION:{_text(note)}"
    yield f"CATEGORIES:{_text(office)}"
    yield "TRANSP:TRANSPARENT"
    if entry.status in (DutyStatus.COMING, DutyStatus.WAITING, DutyStatus.MISSING):
        yield from (
            "BEGIN:VALARM",
            "ACTION:DISPLAY",
            f"DESCRIPTION:{_text(title)}",
            f"TRIGGER:-P{duty.remind}D",
            "END:VALARM",
        )
    yield "END:VEVENT"


def _uid(office: str, entry: DutyEntry) -> str:
    name = "\n".join((office, entry.duty.key, str(entry.period), entry.by))
    return f"{entry.duty.key}-{hashlib.sha256(name.encode()).hexdigest()[:20]}@guidang"


def _text(text: str) -> str:
    """Escaped as RFC 5545 3.3.11 wants it."""
    for plain, escaped in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\n", "\\n")):
        text = text.replace(plain, escaped)
    return "".join(char for char in text if char >= " ")


def _folded(line: str) -> Iterator[str]:
    """Lines of at most 75 bytes, no character cut (3.1); what goes on begins with a blank."""
    piece, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > _WIDTH:
            yield piece
            piece, size = " ", 1
        piece, size = piece + char, size + width
    yield piece
