"""Finished files written: all of them or none, and none over what a person has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from errno import EEXIST
from pathlib import Path

from foundation.atomic_file import atomic, write_atomic
from foundation.problem import Remedy

_WRITTEN = ".written.json"


def target_of(wanted: Path, name: str, *, force: bool) -> Path:
    """Where to write ``name``: into ``wanted`` where that is or looks like a folder, else to ``wanted`` itself."""
    target = wanted / name if wanted.is_dir() or not wanted.suffix else wanted
    if target.exists() and not force:
        raise FileExistsError(EEXIST, str(Remedy("file.replace")), str(target))
    target.parent.mkdir(parents=True, exist_ok=True)
    return target


def write_all(folder: Path, outputs: Mapping[str, bytes], *, force: bool) -> Sequence[Path]:
    """Write all files or none. What a person changed since it was written is kept, unless ``force``."""
    folder.mkdir(parents=True, exist_ok=True)
    written = _written(folder)
    changed = [name for name, content in outputs.items() if _changed_by_hand(folder / name, content, written)]
    if changed and not force:
        raise FileExistsError(
            EEXIST,
            str(Remedy("file.replace_changed")),
            "、".join(str(folder / name) for name in changed),
        )
    with ExitStack() as stack:
        files = {name: stack.enter_context(atomic(folder / name)) for name in outputs}
        for name, content in outputs.items():
            files[name].write(content)
    written.update({name: _sha256(content) for name, content in outputs.items()})
    write_atomic(folder / _WRITTEN, json.dumps(written, ensure_ascii=False, indent=1, sort_keys=True).encode())
    return [folder / name for name in outputs]


def _written(folder: Path) -> dict[str, str]:
    """Digests of what guidang itself wrote into a folder, by file name."""
    try:
        found = json.loads((folder / _WRITTEN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _changed_by_hand(path: Path, content: bytes, written: Mapping[str, str]) -> bool:
    if not path.exists():
        return False
    there = path.read_bytes()
    return there != content and _sha256(there) != written.get(path.name)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
