"""The bytes of a file → Book, whatever its name says: told by content, and told clearly where it cannot be read."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING

from docgen.errors import DataError, Problem
from docgen.sheets.csv_file import read_csv
from docgen.sheets.xlsx_file import read_xlsx
from foundation.csv_text import decoded
from foundation.language import _

if TYPE_CHECKING:
    from pathlib import Path

    from docgen.sheets.book import Book

MAX_BYTES = 200 * 2**20

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|head|meta|style|div)",
    re.IGNORECASE | re.DOTALL,
)
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"


def open_file(path: Path) -> Book:
    """The workbook or CSV at ``path``. DataError where there is none, or none that can be read."""
    return open_book(read_bytes(path), path.name)


def read_bytes(path: Path) -> bytes:
    """A file's bytes; DataError where it is absent, a folder, locked, too large or not readable."""
    if path.name.startswith("~$"):
        raise DataError([_lock_file(path.name)])
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError([_too_large(path.name)])
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError([_missing(path)]) from None
    except IsADirectoryError:
        raise DataError([_folder(path)]) from None
    except OSError:
        raise DataError([_unreadable(path)]) from None


def open_book(data: bytes, name: str) -> Book:
    """A file's bytes → its sheets; pure. DataError naming what the file really is where it is no workbook or CSV."""
    if problem := _refusal(data, name):
        raise DataError([problem])
    if data[:2] == b"PK":
        return read_xlsx(data, name)
    book = read_csv(data, name)
    renamed = PurePath(name).suffix.lower() not in (".csv", ".txt", ".tsv", "")
    return replace(book, warnings=(_renamed(name),)) if renamed else book


def _refusal(data: bytes, name: str) -> Problem | None:
    if not data.strip(b"\0 \r\n\t"):
        return _empty(name)
    if data.startswith(_OLE):
        return _ole(data, name)
    if _BIFF.match(data):
        return _old_format(name)
    if data.startswith(b"PK"):
        return _zip(data, name)
    if data.startswith((b"%PDF", b"{\\rtf", *_PICTURES)):
        return _other_kind(name, _("a PDF, a text document or a picture"))
    return _markup(data, name)


def _ole(data: bytes, name: str) -> Problem:
    """What a compound file holds, by the names of its streams (UTF-16LE in the directory)."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return Problem(
            name,
            _("the file is protected by a password"),
            _("Open it in Excel or WPS, remove the password (File → Information → Protect), and save it."),
            "file.encrypted",
        )
    if has("WordDocument"):
        return _other_kind(name, _("a Word or WPS text document"))
    return _old_format(name)


def _zip(data: bytes, name: str) -> Problem | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {member.lower() for member in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None  # damaged: the reader of workbooks says so
    if "xl/workbook.xml" in names or any(member.startswith("xl/worksheets/") for member in names):
        return None
    if any(member.startswith("word/") for member in names):
        return _other_kind(name, _("a Word document"))
    if any(member.startswith("ppt/") for member in names):
        return _other_kind(name, _("a presentation"))
    if "xl/workbook.bin" in names or "mimetype" in names:
        return _old_format(name)
    return _other_kind(name, _("an archive of files")) if "[content_types].xml" not in names else None


def _markup(data: bytes, name: str) -> Problem | None:
    head = decoded(data[:8192]) or data[:8192].decode("latin-1")
    if _MARKUP.match(head) or _XML_2003 in head:
        return Problem(
            name,
            _("the file is a web page or XML that only bears the name of a workbook"),
            _("Open it in Excel or WPS and save it as “Excel workbook (*.xlsx)”."),
            "file.markup",
        )
    return None


def _old_format(name: str) -> Problem:
    return Problem(
        name,
        _("this is a workbook of an older or another kind (.xls, .et, .xlsb, .ods)"),
        _("Open it in Excel or WPS and save it as “Excel workbook (*.xlsx)”."),
        "file.old_format",
    )


def _other_kind(name: str, kind: str) -> Problem:
    return Problem(
        name,
        _("this is {kind}, not a workbook").format(kind=kind),
        _("Choose the .xlsx or .csv file the figures are in."),
        "file.other_kind",
    )


def _empty(name: str) -> Problem:
    return Problem(name, _("the file is empty"), _("Copy it again; it was perhaps still being copied."), "file.empty")


def _renamed(name: str) -> Problem:
    return Problem(
        name,
        _("the file is CSV text, though its name says {suffix}; it was read as CSV").format(
            suffix=PurePath(name).suffix
        ),
        _("Save it as “Excel workbook (*.xlsx)”, so that leading zeros and dates are kept."),
        "file.renamed",
    )


def _lock_file(name: str) -> Problem:
    return Problem(
        name,
        _("this is the lock Excel or WPS keeps while a file is open, not the file"),
        _("Choose the file without ~$ in front."),
        "file.lock",
    )


def _missing(path: Path) -> Problem:
    return Problem(
        str(path), _("there is no such file"), _("Check the folder and the spelling of the name."), "file.missing"
    )


def _folder(path: Path) -> Problem:
    return Problem(str(path), _("this is a folder, not a file"), _("Name the file in it."), "file.folder")


def _unreadable(path: Path) -> Problem:
    return Problem(
        str(path),
        _("the file cannot be opened"),
        _("Close it in other programs, and check that you may read it."),
        "file.unreadable",
    )


def _too_large(name: str) -> Problem:
    return Problem(
        name,
        _("the file has more than {limit} MB and was not opened").format(limit=MAX_BYTES // 2**20),
        _("Delete pictures and empty formatted rows from it, or split it by period."),
        "file.too_large",
    )
