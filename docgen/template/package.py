"""Zip parts ↔ bytes: members that do not change are copied as compressed bytes, new ones written deterministically.

ECMA-376 part 2 (open packaging) on top of the ZIP application note. The standard library's zipfile reads the
directory; it cannot copy a member without inflating it, and its writer stamps the time, so members are laid out
here.
"""

from __future__ import annotations

import io
import os
import posixpath
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal, Protocol

from docgen.errors import Problem, TemplateError
from foundation.language import _

try:
    from isal import isal_zlib
except ImportError:  # pragma: no cover - platforms without a wheel
    isal_zlib = None  # type: ignore[assignment]

from collections.abc import Iterable, Mapping

Source = str | os.PathLike[str] | IO[bytes] | bytes
Compression = Literal["fast", "compact"]
CONTENT_TYPES = "[Content_Types].xml"
MAX_MEMBERS = 10_000
MAX_UNPACKED = 512 * 2**20
"""Largest total a template may unpack to, in bytes; more is a zip bomb or not a form."""
MAX_RATIO = 2_000
"""Highest ratio of unpacked to packed size of a member above 1 MiB; deflate itself ends near 1,030."""

_DOS_1980 = 0x00210000
"""1980-01-01 00:00, the zip epoch: the same file whenever it is written."""
_LOCAL = struct.Struct("<IHHHIIIIHH")
_CENTRAL = struct.Struct("<IHHHHIIIIHHHHHII")
_END = struct.Struct("<IHHHHIIH")
_UTF8 = 0x800
_MAX32 = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Member:
    """One zip member as it lies in the file: ``data`` are its compressed bytes."""

    name: str
    method: int
    crc: int
    size: int
    data: bytes

    def read(self) -> bytes:
        """The member's content."""
        if self.method == zipfile.ZIP_STORED:
            return self.data
        return zlib.decompressobj(-15).decompress(self.data, self.size + 1)  # never more than the directory says

    def with_content(self, content: bytes) -> Member:
        """The same member with other content."""
        packer = zlib.compressobj(6, zlib.DEFLATED, -15)
        data = packer.compress(content) + packer.flush()
        return Member(self.name, zipfile.ZIP_DEFLATED, zlib.crc32(content), len(content), data)


class Compressor(Protocol):
    """What zlib.compressobj gives."""

    def compress(self, data: bytes, /) -> bytes: ...
    def flush(self) -> bytes: ...


def compressor(compression: str) -> Compressor:
    """``"fast"``: ISA-L level 1, or zlib level 1 where there is no ISA-L; ``"compact"``: zlib level 6."""
    if compression == "compact":
        return zlib.compressobj(6, zlib.DEFLATED, -15)
    if compression != "fast":
        raise ValueError(f"compression is 'fast' or 'compact', not {compression!r}")
    if isal_zlib is None:
        return zlib.compressobj(1, zlib.DEFLATED, -15)
    fast: Compressor = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
    return fast


crc32 = zlib.crc32 if isal_zlib is None else isal_zlib.crc32


# --- reading --------------------------------------------------------------------------------------------------


def opened(source: Source, name: str | None) -> tuple[str, dict[str, Member]]:
    """A template's name, as its problems call it, and its members."""
    file = name or (Path(source).name if isinstance(source, str | os.PathLike) else _("template"))
    return file, read_package(source, file)


def rels_name(part: str) -> str:
    """Where the relationships of a part are."""
    head, tail = posixpath.split(part)
    return posixpath.join(head, "_rels", tail + ".rels")


def target_of(folder: str, target: str) -> str:
    """The part a relationship of a part in this folder leads to."""
    return target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))


def read_package(source: Source, name: str) -> dict[str, Member]:
    """All members of an OOXML package, in the order of its directory.

    Raises TemplateError, in words a clerk can act on, for what is no package: an old .doc, a file with a
    password, a broken download, a zip bomb, a duplicate member.
    """
    if isinstance(source, bytes):
        blob = source
    elif isinstance(source, str | os.PathLike):
        blob = _read_file(Path(source), name)
    else:
        blob = source.read()
    if not blob.startswith(b"PK\x03\x04"):
        raise TemplateError(_not_a_package(blob, name))
    try:
        with zipfile.ZipFile(io.BytesIO(blob)) as archive:
            infos = archive.infolist()
            _refuse_dangerous(infos, name)
            return {info.filename: _member(archive, info, blob) for info in infos if not info.is_dir()}
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError) as exc:
        message = _("the file is damaged: {detail}").format(detail=exc)
        hint = _("Fetch or save it again; a copy may have broken off half way.")
        raise TemplateError(Problem(name, message, hint, "package.damaged")) from exc


def _read_file(path: Path, name: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as exc:
        message = _("the file cannot be read: {detail}").format(detail=exc.strerror or exc)
        hint = _("Check the path, and that the file is not open in another program.")
        raise TemplateError(Problem(name, message, hint, "package.unreadable")) from exc


def _not_a_package(blob: bytes, name: str) -> Problem:
    if blob.startswith(b"\xd0\xcf\x11\xe0"):
        message = _("the file is an old Office document (.doc, .xls, .wps) or has a password")
        hint = _("Open it in Word or WPS, remove the password and save it as .docx or .xlsx.")
        return Problem(name, message, hint, "package.ole")
    if not blob:
        return Problem(name, _("the file is empty"), _("Save the document again."), "package.empty")
    message = _("the file is not a Word or Excel document, whatever its name says")
    return Problem(name, message, _("Open it in Word or WPS and save it as .docx or .xlsx."), "package.foreign")


def _refuse_dangerous(infos: list[zipfile.ZipInfo], name: str) -> None:
    problems = []
    if len(infos) > MAX_MEMBERS or sum(i.file_size for i in infos) > MAX_UNPACKED or any(map(_swollen, infos)):
        message = _("the file would unpack to an unreasonable size and is refused")
        problems.append(Problem(name, message, _("Use a document saved by Word, WPS or LibreOffice."), "package.bomb"))
    if any(i.flag_bits & 1 for i in infos):
        problems.append(
            Problem(name, _("the file has a password"), _("Save it without a password."), "package.encrypted")
        )
    seen: set[str] = set()
    for info in infos:
        if info.filename in seen:
            message = _("the part {part} is in the file twice").format(part=info.filename)
            problems.append(Problem(name, message, _("Open it in Word and save it again."), "package.duplicate"))
        seen.add(info.filename)
    if problems:
        raise TemplateError(problems)


def _swollen(info: zipfile.ZipInfo) -> bool:
    return info.file_size > 2**20 and info.file_size > MAX_RATIO * max(info.compress_size, 1)


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, blob: bytes) -> Member:
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return Member(info.filename, zipfile.ZIP_DEFLATED, info.CRC, info.file_size, b"").with_content(
            archive.read(info)
        )
    name_length, extra_length = struct.unpack_from("<HH", blob, info.header_offset + 26)
    start = info.header_offset + 30 + name_length + extra_length
    data = blob[start : start + info.compress_size]
    member = Member(info.filename, info.compress_type, info.CRC, info.file_size, data)
    content = member.read()
    if len(content) != info.file_size or crc32(content) != info.CRC:  # a damaged member must not be copied on
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {info.filename!r}")
    return member


# --- writing --------------------------------------------------------------------------------------------------


def _local_header(name: bytes, method: int, crc: int, packed: int, size: int) -> bytes:
    return _LOCAL.pack(0x04034B50, 20, _UTF8, method, _DOS_1980, crc, packed, size, len(name), 0) + name


def _central_header(  # noqa: PLR0913, PLR0917 - the fields of the record, in its order
    name: bytes, method: int, crc: int, packed: int, size: int, offset: int
) -> bytes:
    head = (0x02014B50, 20, 20, _UTF8, method, _DOS_1980, crc, packed, size, len(name), 0, 0, 0, 0, 0, offset)
    return _CENTRAL.pack(*head) + name


class Shelf:
    """The members of a template that never change, laid out once: one block of bytes and its directory."""

    __slots__ = ("_members", "block", "directory", "entries")

    def __init__(self, members: Iterable[Member]) -> None:
        block = bytearray()
        self.entries: dict[str, bytes] = {}
        self._members = sorted(members, key=lambda m: m.name != CONTENT_TYPES)  # content types first, then as found
        for m in self._members:
            name = m.name.encode()
            self.entries[m.name] = _central_header(name, m.method, m.crc, len(m.data), m.size, len(block))
            block += _local_header(name, m.method, m.crc, len(m.data), m.size) + m.data
        self.block = bytes(block)
        self.directory = b"".join(self.entries.values())

    def without(self, names: Iterable[str]) -> Shelf:
        """The shelf less some members, for a render that writes its own."""
        gone = set(names)
        return Shelf(m for m in self._members if m.name not in gone)


@dataclass(frozen=True, slots=True)
class Packed:
    """A part deflated, ready to be laid out."""

    name: bytes
    crc: int
    size: int
    data: bytes


def packed(part: str, pieces: Iterable[bytes], compression: str) -> Packed:
    """Deflate a part piece by piece."""
    squeeze = compressor(compression)
    out = []
    crc = size = 0
    for piece in pieces:
        crc = crc32(piece, crc)
        size += len(piece)
        out.append(squeeze.compress(piece))
    out.append(squeeze.flush())
    return Packed(part.encode(), crc, size, b"".join(out))


def pack(shelf: Shelf, parts: Iterable[Packed]) -> bytes:
    """A package of the shelf and the given parts, as bytes. A part of the same name replaces the shelf's."""
    parts = list(parts)
    if taken := [name for p in parts if (name := p.name.decode()) in shelf.entries]:
        shelf = shelf.without(taken)
    out = [shelf.block]
    directory = [shelf.directory]
    offset = len(shelf.block)
    for p in parts:
        header = _local_header(p.name, zipfile.ZIP_DEFLATED, p.crc, len(p.data), p.size)
        directory.append(_central_header(p.name, zipfile.ZIP_DEFLATED, p.crc, len(p.data), p.size, offset))
        out += (header, p.data)
        offset += len(header) + len(p.data)
    out += directory
    out.append(_end(len(shelf.entries) + len(parts), sum(map(len, directory)), offset))
    return b"".join(out)


def _end(count: int, directory_size: int, offset: int) -> bytes:
    if offset > _MAX32:
        raise ValueError("a package of more than 4 GiB is not written")
    return _END.pack(0x06054B50, 0, 0, count, count, directory_size, offset, 0)


def pack_to(file: IO[bytes], shelf: Shelf, parts: Iterable[tuple[str, Iterable[bytes]]], compression: str) -> None:
    """Write the same package piece by piece into a seekable file; nothing is held but a piece.

    A part that replaces a member of the shelf is known only after the shelf is written: the old one is left out
    of the directory, which is how ZIP deletes.
    """
    start = file.tell()
    file.write(shelf.block)
    entries = dict(shelf.entries)
    for part, pieces in parts:
        name = part.encode()
        at = file.tell()
        file.write(_local_header(name, zipfile.ZIP_DEFLATED, 0, 0, 0))
        squeeze = compressor(compression)
        crc = size = packed = 0
        for piece in pieces:
            crc = crc32(piece, crc)
            size += len(piece)
            packed += file.write(squeeze.compress(piece))
        packed += file.write(squeeze.flush())
        if size > _MAX32:
            raise ValueError("a part of more than 4 GiB is not written")
        behind = file.tell()
        file.seek(at)
        file.write(_local_header(name, zipfile.ZIP_DEFLATED, crc, packed, size))
        file.seek(behind)
        entries[part] = _central_header(name, zipfile.ZIP_DEFLATED, crc, packed, size, at - start)
    offset = file.tell() - start
    directory = b"".join(entries.values())
    file.write(directory)
    file.write(_end(len(entries), len(directory), offset))


def repack(blob: bytes, replace: Mapping[str, bytes] | None = None, drop: Iterable[str] = ()) -> bytes:
    """The same package with fixed times and the given parts replaced or added: same content, same bytes."""
    members = read_package(blob, "package")
    changed = dict(replace or {})
    kept = [m for m in members.values() if m.name not in changed and m.name not in set(drop)]
    return pack(Shelf(kept), [packed(name, [content], "compact") for name, content in changed.items()])
