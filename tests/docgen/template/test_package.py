"""Packages: what is read is what is there, what is written is whole, and the same content is the same bytes."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from typing import TYPE_CHECKING

import pytest
from given.documents import document, members, p, packed
from hypothesis import given
from hypothesis import strategies as st

from docgen import TemplateError
from docgen.template.package import Shelf, pack, pack_to, read_package, repack
from docgen.template.package import packed as squeezed

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = document(p("正文"), header=p("页眉"))


def contents(blob: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def problem(blob: bytes) -> str:
    with pytest.raises(TemplateError) as refused:
        read_package(blob, "a.docx")
    return refused.value.problems[0].code


def test_members_are_read_with_their_content_and_order() -> None:
    """From bytes, a path or an open file: every part once, in the order of the directory."""
    read = read_package(SOURCE, "a.docx")
    assert {name: member.read() for name, member in read.items()} == contents(SOURCE)
    assert list(read) == list(contents(SOURCE))
    assert read_package(io.BytesIO(SOURCE), "a.docx") == read


def test_folders_are_no_parts(tmp_path: Path) -> None:
    """Entries some programs write for folders are left out; a path is read like its bytes."""
    path = tmp_path / "a.docx"
    path.write_bytes(packed([("word/", b""), *members(p("x")).items()]))
    assert set(read_package(path, "a.docx")) == set(members(p("x")))


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_every_way_of_compressing_is_read_and_written_as_word_reads_it(method: int) -> None:
    """Stored and deflated members are copied; others, which Word cannot read, come out deflated."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr("a.xml", "<a>文</a>" * 100)
    blob = pack(Shelf(read_package(buffer.getvalue(), "a").values()), [])
    assert contents(blob) == {"a.xml": ("<a>文</a>" * 100).encode()}
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        assert archive.infolist()[0].compress_type in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def test_unchanged_members_are_copied_as_compressed_bytes() -> None:
    """The bytes of a member in the template are found again in what is written."""
    read = read_package(SOURCE, "a.docx")
    blob = pack(Shelf(read.values()), [])
    assert all(member.data in blob for member in read.values())


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=8), st.binary(), max_size=5
    )
)
def test_whatever_is_packed_is_read_back(parts: dict[str, bytes]) -> None:
    """Any names, Chinese ones included, any content; as bytes and piece by piece, in both compressions."""
    for compression in ("fast", "compact"):
        blob = pack(Shelf([]), [squeezed(name, [content], compression) for name, content in parts.items()])
        file = io.BytesIO()
        pack_to(file, Shelf([]), ((n, [c[:3], c[3:]]) for n, c in parts.items()), compression)
        assert contents(blob) == contents(file.getvalue()) == parts


def test_the_type_list_comes_first() -> None:
    """``[Content_Types].xml`` stands first, where programs that guess the type of a file look for it."""
    shuffled = dict(reversed(members(p("x")).items()))
    assert zipfile.ZipFile(io.BytesIO(repack(packed(shuffled)))).namelist()[0] == "[Content_Types].xml"


def test_a_part_written_in_place_of_an_old_one_is_there_once() -> None:
    """Streaming knows only late what it replaces; the directory has the new part and not the old."""
    shelf, file = Shelf(read_package(SOURCE, "a").values()), io.BytesIO(b"in front")
    file.seek(8)
    pack_to(file, shelf, [("word/document.xml", [b"<new/>"])], "fast")
    blob = file.getvalue()[8:]
    assert contents(blob) == {**contents(SOURCE), "word/document.xml": b"<new/>"}
    assert len(zipfile.ZipFile(io.BytesIO(blob)).namelist()) == len(contents(SOURCE))


# --- determinism ------------------------------------------------------------------------------------------------


def test_the_same_content_repacked_is_the_same_bytes() -> None:
    """Times, compression level and comments of the source leave no trace; only content and order count."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in contents(SOURCE).items():
            archive.writestr(zipfile.ZipInfo(name, time.localtime()[:6]), content)  # type: ignore[arg-type]
        archive.comment = b"made somewhere"
    first = repack(SOURCE, {"word/document.xml": b"<x/>"})
    assert repack(SOURCE, {"word/document.xml": b"<x/>"}) == first
    assert repack(repack(SOURCE)) == repack(SOURCE)
    assert contents(repack(buffer.getvalue())) == contents(SOURCE)
    with zipfile.ZipFile(io.BytesIO(repack(buffer.getvalue()))) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.comment == b""


def test_parts_are_replaced_added_and_dropped() -> None:
    """``repack`` changes what it is told and nothing else."""
    changed = contents(repack(SOURCE, {"word/document.xml": b"<x/>", "new.xml": b"<y/>"}, drop=["word/header1.xml"]))
    expected = {**contents(SOURCE), "word/document.xml": b"<x/>", "new.xml": b"<y/>"}
    del expected["word/header1.xml"]
    assert changed == expected


# --- what is no package -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("blob", "code"),
    [
        (b"", "package.empty"),
        (b"PK", "package.foreign"),
        (b"%PDF-1.7", "package.foreign"),
        (b"<html></html>", "package.foreign"),
        (b"\xd0\xcf\x11\xe0" + bytes(600), "package.ole"),
        (b"PK\x03\x04", "package.damaged"),
        (SOURCE[:-1], "package.damaged"),
        (SOURCE[: len(SOURCE) // 2], "package.damaged"),
        (SOURCE[:100] + bytes(40) + SOURCE[140:], "package.damaged"),
    ],
)
def test_what_is_no_package_is_told_apart(blob: bytes, code: str) -> None:
    """Each kind has its own code, because each has its own remedy."""
    assert problem(blob) == code


@given(st.data())
def test_a_damaged_file_is_refused_or_read_never_a_crash(data: st.DataObject) -> None:
    """Bytes changed or cut off anywhere: a TemplateError, or parts whose checksums hold."""
    blob = bytearray(SOURCE)
    for _ in range(data.draw(st.integers(1, 3))):
        blob[data.draw(st.integers(0, len(blob) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(blob[: data.draw(st.integers(0, len(blob)))])
    for damaged in (bytes(blob), cut):
        try:
            read = read_package(damaged, "a.docx")
        except TemplateError as refused:
            codes = {found.code for found in refused.problems}
        else:
            codes = {"package.read" for member in read.values() if isinstance(member.read(), bytes)}
        assert all(code.startswith("package.") for code in codes)


def test_a_member_that_says_it_is_huge_is_refused_unread() -> None:
    """The directory's sizes are looked at before anything is unpacked: by ratio and by total."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a", bytes(64 * 2**20))
    assert problem(buffer.getvalue()) == "package.bomb"
    blob = bytearray(packed({"a": bytes(2**20), "b": b""}))
    at = blob.index(b"PK\x01\x02")
    struct.pack_into("<I", blob, at + 24, 600 * 2**20)
    assert problem(bytes(blob)) == "package.bomb"
    assert problem(packed({str(i): b"" for i in range(10_001)})) == "package.bomb"


def test_a_member_that_lies_about_its_size_is_refused() -> None:
    """The directory says one byte and its checksum, the data unpack to many: more than one is never unpacked."""
    blob = packed({"a": b"x" * 100_000})
    at = blob.rindex(b"PK\x01\x02")
    lying = blob[: at + 16] + struct.pack("<I", zlib.crc32(b"x")) + blob[at + 20 : at + 24] + struct.pack("<I", 1)
    assert problem(lying + blob[at + 28 :]) == "package.damaged"


def test_a_file_that_cannot_be_read_is_told_by_its_reason(tmp_path: Path) -> None:
    """Not there, or a folder: the system's own reason stands in the message."""
    for path in (tmp_path / "none.docx", tmp_path):
        with pytest.raises(TemplateError) as refused:
            read_package(path, path.name)
        assert refused.value.problems[0].code == "package.unreadable"
