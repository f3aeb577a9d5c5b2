"""Values that are more than text, and the document they are placed in: ids, relationships, pictures, styles.

A render is reached through a context variable, so that the writers, which are compiled once, need not be handed it
for every value.
"""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Protocol

from docgen.template.marks import Site


@dataclass(frozen=True, slots=True)
class Parts:
    """What a value must know of the template it goes into: its styles by name and the ids in use."""

    styles: dict[str, str] = field(default_factory=dict)
    style_ids: frozenset[str] = frozenset()
    last_abstract: int = -1
    last_num: int = 0
    last_drawing: int = 0
    last_bookmark: int = 0
    bookmarks: frozenset[str] = frozenset()


class CellStyles(Protocol):
    """The cell styles of a workbook, as far as a value asks for them."""

    def style(self, style: int, wanted: Any, /) -> int:
        """``style`` if it shows values of this shape, else one like it that does."""


class Host:
    """The document being rendered, as the values placed in it see it. Its state is its own, never the template's.

    Ids that a loop copies, before → after two copies of a bookmark ``id="7" name="总计"``::

        id 12, name 总计          the first keeps its name
        id 13, name 总计_2        the next get names the document does not have

    ``bookmark`` gives the new id at a copy's start, ``bookmark_end`` the same one at its end, by the old id as key.
    """

    at: int | None = None
    formats: CellStyles | None = None

    def __init__(self, refuse_control: bool, parts: Parts) -> None:
        self.refuse_control, self.parts = refuse_control, parts
        self.part = ""
        self.media: dict[str, bytes] = {}
        self.rels: dict[str, dict[tuple[str, str, bool], str]] = {}
        self.styles: dict[str, str] = {}
        self.style_ids: dict[str, str] = {}
        self.numberings: dict[str, int] = {}
        self.numbering_xml: list[tuple[str, str]] = []
        self._drawing_id, self._bookmark_id = parts.last_drawing, parts.last_bookmark
        self._bookmarks: dict[str, int] = {}
        self._bookmark_uses: dict[str, int] = {}
        self._bookmark_names: set[str] = set()
        self._bookmark_copies: dict[str, int] = {}

    def report(self, message: str, hint: str, code: str) -> None:
        """Note a problem at the tag being rendered and go on."""
        raise NotImplementedError

    def missing(self, path: str) -> None:
        """The data lack ``path``."""
        raise NotImplementedError

    # -- ids

    def drawing_id(self) -> int:
        """A fresh wp:docPr id."""
        self._drawing_id += 1
        return self._drawing_id

    def bookmark(self, key: str) -> int:
        """A fresh id for a repeated bookmark; its end asks for the same by ``key``."""
        self._bookmark_id += 1
        self._bookmarks[key] = self._bookmark_id
        self._bookmark_uses[key] = self._bookmark_uses.get(key, 0) + 1
        return self._bookmark_id

    def bookmark_name(self, key: str, name: str) -> str:
        """The first copy keeps its name, the next get one that is free."""
        return name if self._bookmark_uses.get(key, 1) == 1 else self.foreign_bookmark_name(name)

    def foreign_bookmark_name(self, name: str) -> str:
        """``name`` if the document has no such bookmark, else the name with a number; Word allows 40 characters."""
        taken = self._bookmark_names = self._bookmark_names or {n.casefold() for n in self.parts.bookmarks}
        free = name
        while free.casefold() in taken:
            copy = self._bookmark_copies[name] = self._bookmark_copies.get(name, 1) + 1
            free = f"{name[: 39 - len(str(copy))]}_{copy}"
        taken.add(free.casefold())
        return free

    def bookmark_end(self, key: str) -> int:
        """The id that :meth:`bookmark` gave last for the key."""
        return self._bookmarks.get(key, self._bookmark_id)

    # -- relationships

    def relate(self, kind: str, target: str, *, external: bool = False) -> str:
        """Id of a relationship of the part being rendered, made on first use."""
        rels = self.rels.setdefault(self.part, {})
        return rels.setdefault((kind, target, external), f"rIdGd{len(rels) + 1}")

    def picture(self, data: bytes, extension: str) -> str:
        """Relationship of a picture; the same content is stored once, whoever shows it."""
        import hashlib  # costs a tenth of a document's start-up, and few have pictures

        name = f"gd{hashlib.sha256(data).hexdigest()[:20]}.{extension}"
        self.media[f"word/media/{name}"] = data
        return self.relate("image", f"media/{name}")


current_render: ContextVar[Host | None] = ContextVar("current_render", default=None)


class Rich:
    """A value that is more than text."""

    def plain(self) -> str:
        """What it says where only text can stand."""
        raise NotImplementedError

    def runs(self, host: Host, site: Site) -> str:
        """Its runs, for inside a paragraph."""
        raise NotImplementedError

    def paragraphs(self, host: Host, site: Site) -> str:
        """Its paragraphs, for between paragraphs."""
        return f"<w:p>{site.ppr}{self.runs(host, site)}</w:p>"
