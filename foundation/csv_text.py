"""Pure: the bytes of a CSV file → its text → its records, as offices produce them (domain conventions §5)."""

from __future__ import annotations

import codecs
import re

DELIMITERS = (",", "\t", ";", "，")

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (b"\x84\x31\x95\x33", "gb18030"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


def decoded(data: bytes) -> str | None:
    """Byte order mark, then UTF-16 by its zero bytes, UTF-8, GB18030, each strictly; None where nothing fits.

    UTF-8 comes before GB18030: GB18030 text is hardly ever valid UTF-8, the other way round happens. Without a mark
    the order of UTF-16 is that in which there are more separators: ``,`` is 2C 00 where the low byte comes first, and
    zero bytes alone would mislead, as 一 is 00 4E.
    """
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding)
    if b"\0" in data[:4096]:
        return _strict(data, max(("utf-16-le", "utf-16-be"), key=lambda order: _separators(data[:4096], order)))
    text = _strict(data, "utf-8")
    return text if text is not None else _strict(data, "gb18030")


def _separators(head: bytes, encoding: str) -> int:
    text = head.decode(encoding, "replace")
    return sum(map(text.count, ",;\t\r\n"))


def _strict(data: bytes, encoding: str) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _CONTROL.search(text) else text


_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")


def split_records(text: str, delimiter: str) -> list[list[str]] | int:
    """Records of fields; the number of the record whose quote is never closed instead, where there is one.

    A field may stand in ``"…"`` (doubled inside) or, where both end at a delimiter, in Chinese quotes “…”.
    Line breaks inside quotes belong to the field. Empty lines are records without fields, as Excel counts them.
    """
    fields = _field_pattern(delimiter)
    records: list[list[str]] = [[]]
    position = 0
    while position <= len(text):
        found = fields.match(text, position)
        if found is None or (found["bare"] or "").lstrip(" ").startswith('"'):
            return len(records)
        records[-1].append(_unquoted(found))
        position = found.end()
        if found["end"] != delimiter:
            if not found["end"]:
                break
            records.append([])
    return [[] if record == [""] else record for record in records]


def _field_pattern(delimiter: str) -> re.Pattern[str]:
    mark = re.escape(delimiter)
    end = rf"(?P<end>{mark}|\r\n|\n|\r|\Z)"
    quoted = r' *"(?P<quoted>(?:[^"]|"")*)" *'
    chinese = rf" *“(?P<chinese>[^“”]*)” *(?={mark}|\r|\n|\Z)"
    return re.compile(rf"(?:{quoted}|{chinese}|(?P<bare>[^\r\n{mark}]*)){end}")


def _unquoted(found: re.Match[str]) -> str:
    if found["quoted"] is not None:
        return found["quoted"].replace('""', '"')
    return found["chinese"] if found["chinese"] is not None else found["bare"]
