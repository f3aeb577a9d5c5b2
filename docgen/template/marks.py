"""What a compiled template is made of before it becomes code: places, sites, marks, pieces."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from docgen.errors import Problem
from foundation.language import _
from foundation.problem import Place

# Unicode noncharacters: never part of a text, allowed by the parser, so they can stand for marks inside the tree.
OPEN, CLOSE, SPLIT, GUARD = "\ufdd0", "\ufdd1", "\ufdd2", "\ufdd3"
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")


class SiteKind(Enum):
    """Where a value is written, which decides how it is escaped and what a line break becomes."""

    TEXT = "text"  # inside w:t
    RUNS = "runs"  # {{r x}}: between runs
    PARAGRAPHS = "paragraphs"  # {{p x}}: between paragraphs
    RAW = "raw"  # {{tr x}}, {{tc x}}: rows or cells a macro made
    ATTRIBUTE = "attribute"
    DRAWING = "drawing"  # inside a:t
    PLAIN = "plain"  # element text without runs: properties, chart caches, field codes


@dataclass(frozen=True, slots=True)
class Site:
    """The surroundings of a value: run and paragraph properties, and the wrappers between paragraph and run."""

    kind: SiteKind
    rpr: str = ""
    ppr: str = ""
    open: str = ""
    close: str = ""
    breakable: bool = True


@dataclass(frozen=True, slots=True)
class TagPlace:
    """Where a tag stands, as a person would say it."""

    part: str
    number: int = 0
    path: tuple[tuple[int, int, int], ...] = ()
    paragraph: int = 0

    def at(self, file: str) -> Place:
        """``月报.docx 正文 表2 行2 列2`` in the language in force."""
        words = [part_name(self.part, self.number)]
        for table, row, column in self.path:
            words.append(_("table {table} row {row} column {column}").format(table=table, row=row, column=column))
        if self.paragraph and not self.path:
            words.append(_("paragraph {n}").format(n=self.paragraph))
        elif self.paragraph > 1:
            words.append(_("line {n}").format(n=self.paragraph))
        return Place(file, part=" ".join(w for w in words if w))


def part_name(part: str, number: int = 0) -> str:
    """The part in the user's words."""
    names = {
        "body": _("body"),
        "header": _("header"),
        "footer": _("footer"),
        "footnotes": _("footnotes"),
        "endnotes": _("endnotes"),
        "comments": _("comments"),
        "chart": _("chart"),
        "diagram": _("diagram"),
        "properties": _("document properties"),
        "links": _("link targets"),
        "box": _("text box"),
    }
    return names.get(part, part) + (str(number) if number else "")


OPENING = ("if", "for", "macro", "call", "filter", "with", "block", "autoescape")
"""Keywords of tags that begin a block; ``set`` does where it assigns no value."""


@dataclass(slots=True)
class TagMark:
    """One tag in place: an expression whose value is written at a site, or a statement."""

    number: int
    statement: bool
    source: str
    text: str
    place: TagPlace
    site: Site = field(default_factory=lambda: Site(SiteKind.TEXT))
    needs_loop: bool = False

    @property
    def sign(self) -> str:
        """What stands for it in the part's text until that is cut into pieces."""
        return f"{OPEN}{self.number}{CLOSE}"

    @property
    def jinja(self) -> str:
        """The tag as Jinja reads it."""
        return f"{{% {self.source} %}}" if self.statement else f"{{{{ {self.source} }}}}"

    @property
    def keyword(self) -> str:
        match = re.match(r"\w+", self.source)
        return match[0] if match else ""

    @property
    def opens(self) -> bool:
        """It is a statement that begins a block."""
        return self.statement and (self.keyword in OPENING or (self.keyword == "set" and "=" not in self.source))


class Marks(dict[int, TagMark]):
    """The marks of a part by their numbers, which count from 1."""

    def add(self, source: str, text: str, place: Any, *, statement: bool = False, site: Any = SiteKind.TEXT) -> TagMark:
        """One more; ``text`` is the tag as a person reads it, ``site`` where its value is written, or of what kind."""
        mark = TagMark(len(self) + 1, statement, source, text, place)
        mark.site = Site(site) if isinstance(site, SiteKind) else site
        self[mark.number] = mark
        return mark


@dataclass(slots=True)
class TemplatePart:
    """A compiled-to-be part: pieces are constant text or the number of a mark."""

    name: str
    pieces: list[str | int]
    marks: Marks
    guarded: bool
    edited: bool
    problems: list[Problem]
    warnings: list[Problem]


@dataclass(slots=True)
class Numbers:
    """Highest ids and the bookmarks in use in the whole package, so that fresh ones never collide."""

    drawing: int = 0
    bookmark: int = 0
    bookmarks: set[str] = field(default_factory=set)
    seen: set[tuple[str, str, str]] = field(default_factory=set)


def literal(text: str) -> str:
    """``text`` as a Jinja string literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
