"""The custom properties of a document are read one way."""

from __future__ import annotations

import io
import zipfile

import pytest

from foundation.document_properties import properties_of


def package(custom: str) -> io.BytesIO:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as parts:
        parts.writestr("docProps/custom.xml", custom)
    return file


@pytest.mark.parametrize(
    ("custom", "properties"),
    [
        ('<Properties><property fmtid="{}" name="a"><vt:lpwstr>1</vt:lpwstr></property></Properties>', {"a": "1"}),
        ('<property name="甲&amp;乙" pid="2">\n <vt:lpwstr>A&amp;B</vt:lpwstr></property>', {"甲&乙": "A&B"}),
        ('<p:property pid="3" name="n"><vt:i4>7</vt:i4></p:property>', {"n": "7"}),  # a number, another prefix
        ('<property name="d"><filetime xml:space="preserve">2026</filetime></property>', {"d": "2026"}),
        ("<Properties/>", {}),
        ("", {}),
    ],
)
def test_properties_of_every_kind_are_texts(custom: str, properties: dict[str, str]) -> None:
    assert properties_of(package(custom)) == properties


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04broken", b"plain"])
def test_what_is_no_package_has_none(content: bytes) -> None:
    assert properties_of(io.BytesIO(content)) == {}
