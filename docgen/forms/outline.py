"""What a form is called and what its papers are about, read without the rest of its declaration."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

DECLARATION = "form.toml"


@dataclass(frozen=True, slots=True)
class FormOutline:
    """Name, codes and period of a form, as its ``form.toml`` begins; a Form has the same, and more."""

    id: str
    title: str
    code: str
    aliases: tuple[str, ...]
    period: str


def outlines(root: Path) -> list[FormOutline]:
    """The outlines of every form below ``root``, by id; its declarations are known to be sound.

    Reading all that a form declares takes a hundred times as long, and whoever asks what a filed paper may be needs
    nothing of it.
    """
    return [_outline(path) for path in sorted(root.glob(f"*/{DECLARATION}"))]


def _outline(path: Path) -> FormOutline:
    told = tomllib.loads(path.read_text(encoding="utf-8").partition("\n[")[0])  # what stands above the first table
    aliases = tuple(told.get("aliases", ()))
    return FormOutline(path.parent.name, told["title"], told.get("code", ""), aliases, told.get("period", "month"))
