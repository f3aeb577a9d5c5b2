"""The bytes of a CSV file are read one way, whoever asks."""

from __future__ import annotations

import codecs

import pytest

from foundation.csv_text import decoded, split_records

TEXT = "编号,名称\r\n1,月报\r\n"


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        TEXT.encode("utf-8-sig"),
        TEXT.encode("gb18030"),
        b"\x84\x31\x95\x33" + TEXT.encode("gb18030"),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("utf-16-le"),  # without a mark, beginning with a Chinese character
        TEXT.encode("utf-16-be"),
    ],
)
def test_an_encoding_of_offices_is_read(data: bytes) -> None:
    assert decoded(data) == TEXT


@pytest.mark.parametrize("data", [b"\xff\xff\xff", b"a,b\x01c", codecs.BOM_UTF8 + b"\xb1\xe0", b"\0"])
def test_what_is_no_text_is_not_guessed_at(data: bytes) -> None:
    assert decoded(data) is None


def test_an_empty_file_is_an_empty_text() -> None:
    assert decoded(b"") == decoded(codecs.BOM_UTF8) == ""


@pytest.mark.parametrize(
    ("text", "records"),
    [
        ("a,b\n\nc", [["a", "b"], [], ["c"]]),
        ('"a\nb", "c""d" ,e', [["a\nb", 'c"d', "e"]]),
        ("“a,b”,c", [["a,b", "c"]]),
        ('a"b,c', [['a"b', "c"]]),
        ("a\u2028b,c", [["a\u2028b", "c"]]),  # no end of a line to Excel
        ('a\n"b,c\nd', 2),  # the record whose quotation mark is opened
        ('a\n"b"c', 2),
    ],
)
def test_records_are_split_as_excel_counts_them(text: str, records: list[list[str]] | int) -> None:
    assert split_records(text, ",") == records
