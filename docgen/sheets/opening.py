"""The bytes of a file → Book, whatever its name says: told by content, and told clearly where it cannot be read."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path, PurePath

from docgen.errors import DataError, Place, Problem, ProblemKind
from docgen.sheets.book import Book
from docgen.sheets.csv_file import read_csv
from docgen.sheets.xlsx_file import read_xlsx
from foundation.csv_text import decoded
from foundation.language import N_, _

MAX_BYTES = 200 * 2**20

_OLE = bytes.fromhex("d0cf11e0a1b11ae1")
_BIFF = re.compile(rb"\x09[\x00\x02\x04\x08][\x04-\x10]\x00")
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*")
_MARKUP = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|table|head|meta|style|div)",
    re.IGNORECASE | re.DOTALL,
)
_XML_2003 = "urn:schemas-microsoft-com:office:spreadsheet"


_SAVE_AS = N_("Open it in Excel or WPS and save it as “Excel workbook (*.xlsx)”.")
_ENCRYPTED = ProblemKind(
    "file.encrypted",
    N_("the file is protected by a password"),
    N_("Open it in Excel or WPS, remove the password (File → Information → Protect), and save it."),
)
_MARKED_UP = ProblemKind(
    "file.markup", N_("the file is a web page or XML that only bears the name of a workbook"), _SAVE_AS
)
_OLD_FORMAT = ProblemKind(
    "file.old_format", N_("this is a workbook of an older or another kind (.xls, .et, .xlsb, .ods)"), _SAVE_AS
)
_OTHER_KIND = ProblemKind(
    "file.other_kind",
    N_("this is {kind}, not a workbook"),
    N_("Choose the .xlsx or .csv file the figures are in."),
)
_EMPTY = ProblemKind("file.empty", N_("the file is empty"), N_("Copy it again; it was perhaps still being copied."))
_RENAMED = ProblemKind(
    "file.renamed",
    N_("the file is CSV text, though its name says {suffix}; it was read as CSV"),
    N_("Save it as “Excel workbook (*.xlsx)”, so that leading zeros and dates are kept."),
)
_LOCK = ProblemKind(
    "file.lock",
    N_("this is the lock Excel or WPS keeps while a file is open, not the file"),
    N_("Choose the file without ~$ in front."),
)
_MISSING = ProblemKind(
    "file.missing", N_("there is no such file"), N_("Check the folder and the spelling of the name.")
)
_FOLDER = ProblemKind("file.folder", N_("this is a folder, not a file"), N_("Name the file in it."))
_UNREADABLE = ProblemKind(
    "file.unreadable",
    N_("the file cannot be opened"),
    N_("Close it in other programs, and check that you may read it."),
)
_TOO_LARGE = ProblemKind(
    "file.too_large",
    N_("the file has more than {limit} MB and was not opened"),
    N_("Delete pictures and empty formatted rows from it, or split it by period."),
)


def read_bytes(path: Path) -> bytes:
    """A file's bytes; DataError where it is absent, a folder, locked, too large or not readable."""
    if path.name.startswith("~$"):
        raise DataError(_LOCK(Place(path.name)))
    try:
        if path.stat().st_size > MAX_BYTES:
            raise DataError(_TOO_LARGE(Place(path.name), limit=MAX_BYTES // 2**20))
        return path.read_bytes()
    except FileNotFoundError:
        raise DataError(_MISSING(Place(str(path)))) from None
    except IsADirectoryError:
        raise DataError(_FOLDER(Place(str(path)))) from None
    except OSError:
        raise DataError(_UNREADABLE(Place(str(path)))) from None


def open_book(data: bytes, name: str) -> Book:
    """A file's bytes → its sheets; pure. DataError naming what the file really is where it is no workbook or CSV."""
    if problem := _refusal(data, Place(name)):
        raise DataError(problem)
    if data[:2] == b"PK":
        return read_xlsx(data, name)
    book = read_csv(data, name)
    suffix = PurePath(name).suffix
    if suffix.lower() in (".csv", ".txt", ".tsv", ""):
        return book
    return replace(book, warnings=(_RENAMED(Place(name), suffix=suffix),))


def _refusal(data: bytes, file: Place) -> Problem | None:
    if not data.strip(b"\0 \r\n\t"):
        return _EMPTY(file)
    if data.startswith(_OLE):
        return _ole(data, file)
    if _BIFF.match(data):
        return _OLD_FORMAT(file)
    if data.startswith(b"PK"):
        return _zip(data, file)
    if data.startswith((b"%PDF", b"{\\rtf", *_PICTURES)):
        return _OTHER_KIND(file, kind=_("a PDF, a text document or a picture"))
    return _markup(data, file)


def _ole(data: bytes, file: Place) -> Problem:
    """What a compound file holds, by the names of its streams (UTF-16LE in the directory)."""

    def has(stream: str) -> bool:
        return stream.encode("utf-16-le") in data

    if has("EncryptedPackage") or has("EncryptionInfo"):
        return _ENCRYPTED(file)
    if has("WordDocument"):
        return _OTHER_KIND(file, kind=_("a Word or WPS text document"))
    return _OLD_FORMAT(file)


def _zip(data: bytes, file: Place) -> Problem | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = {member.lower() for member in archive.namelist()}
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return None  # damaged: the reader of workbooks says so
    if "xl/workbook.xml" in names or any(member.startswith("xl/worksheets/") for member in names):
        return None
    if any(member.startswith("word/") for member in names):
        return _OTHER_KIND(file, kind=_("a Word document"))
    if any(member.startswith("ppt/") for member in names):
        return _OTHER_KIND(file, kind=_("a presentation"))
    if "xl/workbook.bin" in names or "mimetype" in names:
        return _OLD_FORMAT(file)
    return _OTHER_KIND(file, kind=_("an archive of files")) if "[content_types].xml" not in names else None


def _markup(data: bytes, file: Place) -> Problem | None:
    head = decoded(data[:8192]) or data[:8192].decode("latin-1")
    return _MARKED_UP(file) if _MARKUP.match(head) or _XML_2003 in head else None
