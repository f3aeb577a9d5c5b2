"""Where an office lies, what is called how in it, and the language it asks for: all that a command needs to begin."""

from __future__ import annotations

import tomllib
from pathlib import Path

FILE = "guidang.toml"
SCHEDULE = "schedule.csv"
OBJECTIVES = "objectives.toml"
SHIPPED = Path(__file__).parent.parent / "templates"


def find_office(start: Path) -> Path | None:
    """The nearest folder from ``start`` upward that holds a guidang.toml."""
    return next((folder for folder in (start, *start.absolute().parents) if (folder / FILE).is_file()), None)


def language_of(folder: Path) -> str | None:
    """The ``language`` of an office's guidang.toml; None where there is none, or it cannot be read (yet)."""
    try:
        language = tomllib.loads((folder / FILE).read_text(encoding="utf-8-sig")).get("language")
    except (OSError, ValueError):
        return None
    return language if isinstance(language, str) else None
