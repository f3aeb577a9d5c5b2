r"""Pure: how paths below a share are spelled; relative to it, with ``/`` between.

Names are kept as they lie on the disk, in a form every database takes: a backslash stands doubled, a byte that is no
UTF-8 as ``\xe4``. What people read, and records carry, is the same in NFC, so that both ways of writing é are one.
"""

from __future__ import annotations

import re
import unicodedata

_STRANGE = re.compile(r"[\\\ud800-\udfff]")
_ESCAPE = re.compile(r"\\(\\|x[0-9a-f]{2}|u[0-9a-f]{4})")


def kept(name: str) -> str:
    """A name or path of this machine as it is kept; ``on_disk`` turns it back."""
    return _STRANGE.sub(_escaped, name)


def on_disk(name: str) -> str:
    """What ``kept`` was given."""
    return _ESCAPE.sub(_unescaped, name) if "\\" in name else name


def shown(path: str) -> str:
    """A kept path as records carry it and people read it."""
    return unicodedata.normalize("NFC", path)


def _escaped(match: re.Match[str]) -> str:
    code = ord(match[0])
    if match[0] == "\\":
        return "\\\\"
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def _unescaped(match: re.Match[str]) -> str:
    if match[1] == "\\":
        return "\\"
    code = int(match[1][1:], 16)
    return chr(code + 0xDC00 if match[1][0] == "x" else code)


def joined(folder: str, name: str) -> str:
    """A path of a folder and a name in it; the root's is empty."""
    return f"{folder}/{name}" if folder else name


def parent_of(path: str) -> str:
    """The folder that a path lies in."""
    return path.rpartition("/")[0]


def long_path(path: str) -> str:
    """An absolute path of Windows beyond 260 characters, and without the system's own rewriting of names."""
    if path.startswith("\\\\?\\"):
        return path
    return "\\\\?\\UNC\\" + path[2:] if path.startswith("\\\\") else "\\\\?\\" + path
