"""On what kind of file system a path lies, as far as the system tells."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path, PurePosixPath

NETWORK = re.compile(
    "9p|afs|afpfs|beegfs|ceph|cifs|coda|davfs|glusterfs|gpfs|lustre|ncpfs|nfs4?|ocfs2|orangefs|pvfs2|smb[23]|smbfs|vboxsf"
    "|webdav|fuse[.](cephfs|davfs2|glusterfs|rclone|smbnetfs|sshfs)"
)
"""File systems whose locks and syncs reach another machine, or do not (names as in /proc/self/mountinfo)."""


MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux tells what is mounted."""


def network_kind(path: Path) -> str:
    """The kind of network file system that ``path`` lies on (``cifs``, ``nfs4``, ``remote drive``); else empty.

    Empty too where the system does not say: then nobody can tell.
    """
    if sys.platform == "win32":
        return _windows_kind(path)
    kind = kind_of(mountinfo(), os.path.realpath(path))
    return kind if NETWORK.fullmatch(kind) else ""


def mountinfo() -> str:
    """What is mounted, as Linux tells it; empty where the system does not say: then kinds are unknown."""
    try:
        return MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""


def kind_of(mountinfo: str, path: str) -> str:
    """The file system type of the mount that an absolute path without links lies in; pure (proc(5), mountinfo)."""
    best, kind = "", ""
    for line in mountinfo.splitlines():
        before, _separator, after = line.partition(" - ")
        point = _unescaped(before.split(" ")[4])
        # Of mounts over one another at one point the last covers the others.
        if PurePosixPath(path).is_relative_to(point) and len(point) >= len(best):
            best, kind = point, after.split(" ")[0]
    return kind


def below(mountinfo: str, path: str) -> dict[str, str]:
    """Mount points inside a folder, an absolute path without links, with the type of each; pure."""
    found: dict[str, str] = {}
    for line in mountinfo.splitlines():
        before, _separator, after = line.partition(" - ")
        point = _unescaped(before.split(" ")[4])
        if point != path and PurePosixPath(point).is_relative_to(path):
            found[point] = after.split(" ")[0]
    return found


UNNUMBERED = re.compile("9p|afs|davfs|vboxsf|fuse|fuse[.].*")
"""File systems on which the number of a file may change though the file does not."""


def numbers_files(mountinfo: str, path: str) -> bool:
    """Whether the number of a file stays with it, by what is mounted at an absolute path without links; pure."""
    kind = kind_of(mountinfo, path)
    return not UNNUMBERED.fullmatch(kind) and not (NETWORK.fullmatch(kind) and "noserverino" in mountinfo)


def _unescaped(field: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), field)


def _windows_kind(path: Path) -> str:
    import ctypes

    whole = str(path.resolve())
    if whole.startswith("\\\\"):
        return "UNC"
    remote = 4  # DRIVE_REMOTE, GetDriveTypeW
    drives = getattr(ctypes, "windll")  # noqa: B009 - exists on Windows only
    return "remote drive" if drives.kernel32.GetDriveTypeW(whole[:3]) == remote else ""
