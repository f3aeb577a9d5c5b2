"""Pure: names that come and go beside documents and are never filed (W1): one list for office and retention.

Locks are told apart from the rest: they say that somebody has a document open, and who.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

QUARANTINE = ".guidang-quarantine"
"""The folder at a share's root where disposal keeps approved files until they are removed; nobody looks into it."""

_FOLDERS = frozenset(
    {
        *("$recycle.bin", "system volume information", "lost+found", "__macosx", ".trash", ".trashes"),
        *(".spotlight-v100", ".temporaryitems", ".fseventsd", ".recycle", "#recycle", "@recycle", "@eadir"),
        *("@recently-snapshot", "#snapshot", ".snapshot", "~snapshot", ".snapshots", ".stfolder", ".stversions"),
        *(".sync", ".dropbox.cache", QUARANTINE),
    }
)
_NAMES = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", ".directory"})
_ENDINGS = (
    "tmp|temp|bak|lnk|part|partial|filepart|crdownload|swp|asd|wbk|xlk|laccdb"  # and LibreOffice's lu*.tmp, Word's ~WR*
)
_PASSING = re.compile(
    r"~\$.*|\.~.*|~wr[dlafcs].*|\._.*|\.goutputstream-.*|\.nfs.*|\.smbdelete.*|\.fuse_hidden.*|.*~"
    rf"|.*\.(?:{_ENDINGS})|[0-9a-f]{{8}}",  # the last: Excel's copy while it saves
    re.IGNORECASE | re.DOTALL,
)
_LEFTOVER = re.compile(r"~wrl.*\.tmp", re.IGNORECASE | re.DOTALL)


def passing_folder(name: str) -> bool:
    """Whether a folder of this name holds nothing that is ever filed: bins, snapshots, the disposal's quarantine."""
    return name.casefold() in _FOLDERS


def passing_name(name: str) -> bool:
    """Whether a file of this name is a lock, temporary, backup or system file."""
    return _PASSING.fullmatch(name) is not None or name.casefold() in _NAMES


def left_alone(path: str) -> bool:
    """Whether a file, or a folder above it, comes and goes beside documents (W1); ``/`` between folders."""
    *folders, name = path.split("/")
    return any(map(passing_folder, folders)) or passing_name(name)


# --- locks --------------------------------------------------------------------------------------------------------


def is_lock(name: str) -> bool:
    """Whether an office program wrote this beside a document that somebody has open."""
    return name.startswith("~$") or (name.startswith(".~lock.") and name.endswith("#"))


def is_leftover(name: str) -> bool:
    """Whether this is the old version that Word removes once a save has succeeded: one that stays tells of one that
    did not.
    """
    return _LEFTOVER.fullmatch(name) is not None


def locked_by(lock: str, names: Iterable[str]) -> list[str]:
    """Those of the names beside it that a lock is about.

    LibreOffice and Excel write the whole name, Word leaves out the first letter of a long one, or the first two. What a
    failed save left behind is no lock, and about nothing.
    """
    if not is_lock(lock):
        return []
    if lock.startswith(".~lock."):
        return [name for name in names if name == lock[7:-1]]
    rest = lock[2:]
    return [name for name in names if rest in (name, name[1:], name[2:]) and not is_lock(name)]


def owner_in(lock: str, content: bytes) -> str:
    """Who has the document open, as the lock says; empty where it does not.

    Word and Excel: a length and so many letters, then the same in UTF-16 from byte 54. LibreOffice: values with
    commas between, the second of them the user.
    """
    if lock.startswith(".~lock."):
        values = content.decode("utf-8", "replace").split(",")
        return next((value.strip() for value in values[:2] if value.strip()), "")
    if len(content) >= 56 and (length := int.from_bytes(content[54:56], "little")) <= 54:
        wide = content[56 : 56 + 2 * length].decode("utf-16-le", "replace").strip("\0 ")
        if wide:
            return wide
    return content[1 : 1 + content[0]].decode("latin-1").strip("\0 ") if content else ""
