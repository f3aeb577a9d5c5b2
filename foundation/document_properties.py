"""The custom properties of a Word or Excel file, read without opening more; for office and retention."""

from __future__ import annotations

import re
import zipfile
import zlib
from html import unescape
from pathlib import Path
from typing import IO

HEAD = 256 * 1024
"""How much of a part is looked at, in bytes."""

FAILURES = (OSError, ValueError, KeyError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
"""What zipfile raises for a file that is no package, broken, or has a password."""

_CUSTOM = "docProps/custom.xml"
_PROPERTY = re.compile(r'<(?:\w+:)?property\b[^>]*?\bname="([^"]*)"[^>]*>\s*<(?:\w+:)?\w+\b[^>]*>([^<]*)<', re.DOTALL)


def head_of(package: zipfile.ZipFile, part: str) -> str:
    """The beginning of a part as text; one of :data:`FAILURES` where it cannot be read."""
    with package.open(part) as file:
        return file.read(HEAD).decode("utf-8", "replace")


def custom_properties(package: zipfile.ZipFile) -> dict[str, str]:
    """The custom properties by name, each value as text; one of :data:`FAILURES` where they cannot be read."""
    if _CUSTOM not in package.namelist():
        return {}
    return {unescape(name): unescape(value) for name, value in _PROPERTY.findall(head_of(package, _CUSTOM))}


def properties_of(file: Path | IO[bytes]) -> dict[str, str]:
    """The custom properties of a file; none where it has none or is no package."""
    try:
        with zipfile.ZipFile(file) as package:
            return custom_properties(package)
    except FAILURES:
        return {}
