"""Reading one settled file: its digest, whether its container is whole, and what it is. Read-only, never for longer
than the file stays what it was when it was seen (W1, D14)::

    seen (size 10, time 5)   opened: 10, 5   read: 10 bytes   afterwards: 10, 5   → its content
    seen (size 10, time 5)   opened: 10, 5   read: 11 bytes                       → somebody writes on: wait
    seen (size 10, time 5)   opened: 10, 5   read: 10 bytes   afterwards: 10, 7   → somebody wrote meanwhile: wait
"""

# ruff: noqa: PTH118, PTH123 - files are opened by descriptor with flags
from __future__ import annotations

import io
import os
import stat
import struct
import zipfile
from hashlib import sha256
from pathlib import Path
from typing import IO

from foundation import temporary_files
from foundation.document_properties import FAILURES
from foundation.language import _
from retention.filing.first_lines import NOTHING, peek
from retention.filing.identify import Document, Standing, identify
from retention.filing.observed import Content, Stat, Unreadable, same
from retention.filing.titles import Catalogue
from retention.filing.walk import mtime_of
from retention.ledger.paths import joined, on_disk, shown

SMALL = 8 * 1024 * 1024
"""Up to so many bytes a file is read at once, and looked into from memory."""
_CHUNK = 1024 * 1024
_OPEN = os.O_RDONLY | sum(getattr(os, flag, 0) for flag in ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NEEDED = ("[Content_Types].xml", "word/document.xml", "xl/workbook.xml", "ppt/presentation.xml")


def read(
    root: Path | str, path: str, seen: Stat, catalogue: Catalogue, *, broken_too: bool = False
) -> Content | Unreadable:
    """The content of a file and what it is; ``path`` as kept, ``seen`` as two looks found it.

    Unreadable where it cannot be opened, changed before or while it was read, or is only half there; with
    ``broken_too`` a container that is not whole is taken as it is, for a person to look at.
    """
    try:
        with _opened(root, path) as file:
            return _read(file, path, seen, catalogue, broken_too=broken_too)
    except OSError as error:
        return Unreadable(error.strerror or str(error))


def _opened(root: Path | str, path: str) -> IO[bytes]:
    return open(os.open(os.path.join(root, on_disk(path)), _OPEN), "rb", buffering=0)


def _read(file: IO[bytes], path: str, seen: Stat, catalogue: Catalogue, *, broken_too: bool) -> Content | Unreadable:
    if not _is(file, seen):
        return Unreadable(_("it changed while it was looked at"))
    source, digest, size = _hashed(file, seen.size)
    if size != seen.size or not _is(file, seen):
        return Unreadable(_("it changed while it was read"))
    fault = broken(source, size)
    if fault and not broken_too:
        return Unreadable(fault)
    source.seek(0)
    said = peek(source) if not fault else NOTHING
    found = identify(catalogue, Document(shown(path), said.properties, said.text))
    sure = found.standing is Standing.RECORD
    evidence = (*found.reasons, fault) if fault else found.reasons
    return Content(
        digest,
        size,
        found.standing,
        found.kind if sure else None,
        found.period if sure else None,
        found.department,
        evidence,
    )


def _is(file: IO[bytes], seen: Stat) -> bool:
    """Whether the open file is a regular one, and the one that was seen."""
    found = os.fstat(file.fileno())
    number = found.st_ino & ((1 << 63) - 1) if seen.file_id else 0
    return stat.S_ISREG(found.st_mode) and same(seen, Stat(found.st_size, mtime_of(found), number))


def _hashed(file: IO[bytes], size: int) -> tuple[IO[bytes], str, int]:
    """Where the content can be looked into, its SHA-256, and how many bytes there were; no more than one beyond
    ``size`` are read: something may go on writing.
    """
    hashed, length, pieces = sha256(), 0, []
    while length <= size and (chunk := file.read(min(_CHUNK, size + 1 - length))):
        hashed.update(chunk)
        length += len(chunk)
        if size <= SMALL:
            pieces.append(chunk)
    return io.BytesIO(b"".join(pieces)) if size <= SMALL else file, hashed.hexdigest(), length


# --- is it whole? -------------------------------------------------------------------------------------------------


def broken(source: IO[bytes], size: int) -> str:
    """What tells that a file is only half there; empty where nothing does.

    A package: its end record, and the sums of the parts without which it is none. An old Office file: its header, and
    as many bytes as its sectors take. Of others only that they do not begin with nothing but zeros.
    """
    source.seek(0)
    head = source.read(512)
    if head.startswith(_ZIP):
        return _broken_package(source)
    if head.startswith(_OLE):
        return _broken_compound(head, source, size)
    return _("it holds only zeros so far") if size and not head.strip(b"\0") else ""


def _broken_package(source: IO[bytes]) -> str:
    try:
        with zipfile.ZipFile(source) as package:
            there = set(package.namelist())
            for name in there.intersection(_NEEDED):
                with package.open(name) as part:
                    while part.read(_CHUNK):  # to its end: only then its sum is compared
                        pass
    except FAILURES:
        return _("its package is not whole: it is still being copied, or damaged")
    return ""


_HEADER = struct.Struct("<8s16x4H")  # signature, class, minor and major version, byte order, sector shift
_FREE = 0xFFFFFFFA  # numbers from here up are no sectors (MS-CFB 2.1)


def _broken_compound(head: bytes, source: IO[bytes], size: int) -> str:
    """MS-CFB 2.2: the first tables of sectors are named in the header; all they describe has to lie in the file."""
    fault = _("it is an old Office file that is not whole: it is still being copied, or damaged")
    if len(head) < 512:
        return fault
    shift = _HEADER.unpack_from(head)[4]
    if shift not in (9, 12):
        return fault
    sector, per_table = 1 << shift, (1 << shift) // 4
    tables = [number for number in struct.unpack_from("<109I", head, 76) if number < _FREE]
    used = [place * per_table + _last_used(source, table, sector) for place, table in enumerate(tables)]
    # The last sector need not be filled up: what lies in it may end before it does.
    return fault if size <= (max([0, *used, *tables]) + 1) * sector else ""


def _last_used(source: IO[bytes], table: int, sector: int) -> int:
    """The highest sector that a table says is in use, counted from the table's first."""
    source.seek((table + 1) * sector)
    content = source.read(sector)
    numbers = struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])
    return max((place for place, number in enumerate(numbers) if number != 0xFFFFFFFF), default=0)


# --- locks --------------------------------------------------------------------------------------------------------


def lock_owner(root: Path | str, folder: str, name: str) -> str:
    """Who has a document open, as the lock beside it says; empty where it cannot be read or does not say."""
    try:
        with _opened(root, joined(folder, name)) as file:
            return temporary_files.owner_in(name, file.read(512))
    except OSError:
        return ""
