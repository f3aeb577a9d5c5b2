"""Offices begun: an empty one with the starter's files, and the sample office copied."""

from __future__ import annotations

import json
import shutil
from errno import EEXIST
from pathlib import Path

from foundation.language import _
from office.folder import FILE

STARTER = Path(__file__).parent.parent / "samples" / "starter"
SAMPLE = STARTER.with_name("office")
DEMO_PERIOD = "2026-10"
"""The sample month with a month before it."""


def create_office(folder: Path, *, name: str, language: str = "zh_CN") -> list[Path]:
    """Make ``folder`` an office: settings, schedule, holidays, places for registers and papers. Returns the files.

    FileExistsError where it is one already; other files in it are left as they are, and so is one of ours.
    """
    if (folder / FILE).exists():
        raise FileExistsError(EEXIST, _("is an office already"), str(folder))
    for sub in ("registers", "out", "templates"):
        (folder / sub).mkdir(parents=True, exist_ok=True)
    made = []
    for source in sorted(STARTER.iterdir()):
        target = folder / source.name
        if not target.exists():
            text = source.read_text(encoding="utf-8")
            target.write_text(_started(text, name, language) if source.name == FILE else text, encoding="utf-8")
            made.append(target)
    return made


def _started(settings: str, name: str, language: str) -> str:
    """The starter's settings with the centre's name and the language of its messages in them."""
    quoted = json.dumps(name, ensure_ascii=False)  # a JSON string is a TOML string
    named = settings.replace('name = "服务中心"', f"name = {quoted}", 1)
    return named.replace('language = "zh_CN"', f'language = "{language}"', 1)


def copy_sample(folder: Path) -> bool:
    """Copy the sample office into ``folder``; False, and nothing done, where an office is there already.

    FileExistsError where the folder holds anything else.
    """
    if (folder / FILE).is_file():
        return False
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise FileExistsError(EEXIST, _("is not empty and not an office; name a new folder"), str(folder))
    answers = shutil.ignore_patterns("expected.json")  # the key of the tests is nothing of an office
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True, copy_function=shutil.copyfile, ignore=answers)
    return True
