"""What one render gathers beside its text: problems, ids, pictures, links, styles.

A render's state is its own; the template it belongs to is never written to. It is reached through a context
variable, so that the writers, which are compiled once, need not be handed it for every value.
"""

from __future__ import annotations

import re
import sys
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError

from docgen.errors import DataError, Problem
from docgen.template import limits
from docgen.template.compiler import Program, calling, describe, failing, paths_of
from docgen.template.environment import missing_names
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from docgen.excel.cell_styles import FormatSession
    from docgen.template.marks import Mark
    from docgen.template.rich import Image, Parts

REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
MAX_PROBLEMS = 200
"""A register of 5,000 rows that lacks a column says so 200 times, not 5,000."""

current_render: ContextVar[RenderState | None] = ContextVar("current_render", default=None)


FAILURES = (JinjaError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What an expression of a template can raise on data it does not fit."""
MAX_OUTPUT = 2 * 2**30
"""Most bytes one part may grow to; nothing an office prints comes near."""
_PIECE = 2**20


class RenderState:
    """State of one render of one template."""

    def __init__(
        self, file: str, first_drawing_id: int, first_bookmark_id: int, refuse_control: bool, parts: Parts
    ) -> None:
        self.file = file
        self.refuse_control = refuse_control
        self.problems: list[Problem] = []
        self.cause: BaseException | None = None
        self.program: Program | None = None
        self.at: int | None = None
        self.parts = parts
        self.formats: FormatSession | None = None
        self.media: dict[str, bytes] = {}
        self.rels: dict[str, dict[tuple[str, str, bool], str]] = {}
        self.styles: dict[str, str] = {}
        self.style_ids: dict[str, str] = {}
        self.numberings: dict[str, int] = {}
        self.numbering_xml: list[tuple[str, str]] = []
        self._drawing_id = first_drawing_id
        self._bookmark_id = first_bookmark_id
        self._bookmarks: dict[str, int] = {}
        self._bookmark_uses: dict[str, int] = {}
        self._bookmark_names: set[str] = set()
        self._bookmark_copies: dict[str, int] = {}

    # -- problems

    def report(self, message: str, hint: str, code: str) -> None:
        """Note a problem at the tag being rendered and go on."""
        if len(self.problems) >= MAX_PROBLEMS or self.program is None:
            return
        mark, loop_rows = self._where(sys._getframe(1))  # noqa: SLF001 - the only way to ask who called
        where = paths_of(mark.place, self.file, loop_rows) if mark else self.file
        problem = Problem(where, message, hint, code)
        if problem not in self.problems[-8:]:
            self.problems.append(problem)

    def _where(self, frame: FrameType) -> tuple[Mark | None, tuple[int, ...]]:
        """The tag being rendered, and the rows of the loops around it."""
        if self.program is None:
            return None, ()
        mark, loop_rows = calling(self.program, frame)
        return (mark if self.at is None else self.program.marks[self.at]), loop_rows

    def missing(self, path: str) -> None:
        """The data lack ``path``."""
        if self.program is None:
            return
        mark, _rows = self._where(sys._getframe(1))  # noqa: SLF001
        if mark and (whole := re.search(rf"(?:\w+\.)*{re.escape(path)}(?!\w)", mark.source)):
            path = whole[0]  # as the tag says it: 'r.room', not 'room' alone
        self.report(
            _("{tag}: '{path}' is not in the data").format(tag=mark.text if mark else "", path=path),
            _("Add the value, or write {{ name|default('') }} if it may be missing."),
            "data.missing",
        )

    def failed(self, program: Program, exc: BaseException) -> None:
        """An expression could not be computed: note where, unless what is missing, told already, made it fail."""
        mark, loop_rows = failing(program, exc.__traceback__)
        if mark is None:
            raise exc
        self.cause = exc
        where = paths_of(mark.place, self.file, loop_rows)
        if any(p.where == where and p.code == "data.missing" for p in self.problems):
            return
        self.problems.append(
            Problem(
                where,
                _("{tag} fails on these data: {detail}").format(tag=mark.text, detail=describe(exc)),
                _("Check the value this tag uses."),
                "tag.unsafe" if isinstance(exc, SecurityError) else "data.failure",
            )
        )

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
        return self._bookmarks.get(key, self._bookmark_id)

    # -- relationships

    def relate(self, kind: str, target: str, *, external: bool = False) -> str:
        """Id of a relationship of the part being rendered, made on first use."""
        part = self.program.name if self.program else ""
        rels = self.rels.setdefault(part, {})
        return rels.setdefault((kind, target, external), f"rIdGd{len(rels) + 1}")

    def link(self, *pieces: Any) -> str:
        """Relationship of a hyperlink target put together from text and values."""
        from docgen.template.xml_text import plain_text

        return self.relate("hyperlink", "".join(plain_text(p) for p in pieces), external=True)

    def picture(self, image: Image) -> str:
        """Relationship of a picture; the same content is stored once, whoever shows it."""
        import hashlib  # costs a tenth of a document's start-up, and few have pictures

        digest = hashlib.sha256(image.data).hexdigest()[:20]
        name = f"word/media/gd{digest}.{image.extension}"
        self.media[name] = image.data
        return self.relate("image", f"media/gd{digest}.{image.extension}")

    def image(self, value: Any, width_mm: float | None = None, height_mm: float | None = None) -> Image | None:
        """``value`` as a picture; one that cannot be read is a problem at the tag, and the render goes on."""
        from docgen.template.rich import Image

        try:
            return Image.of(value, width_mm=width_mm, height_mm=height_mm)
        except DataError as exc:
            for problem in exc.problems:
                self.report(f"{problem.where}：{problem.message}", problem.hint, problem.code)
            return None

    def swap(self, value: Any, original: str) -> str:
        """``r:embed`` of a placeholder picture."""
        image = None if value is None or value == "" else self.image(value)
        return self.picture(image) if image else original

    def alternative(self, value: Any) -> str:
        """Alt text of a placeholder picture after the swap."""
        from docgen.template.rich import Image

        return value.description if isinstance(value, Image) else ""

    # -- cell properties

    def changed(self, loop: Any, key: int, value: Any) -> bool:
        """``vm``: is this the loop's first cell of that tag, or one whose value differs from the cell above?"""
        seen = vars(loop).setdefault("_gd_seen", {})
        same = key in seen and seen[key] == value
        seen[key] = value
        return not same

    def span(self, value: Any) -> int:
        """``colspan n``: at least 1."""
        return max(1, int(self._number(value or 1)))

    def colour(self, value: Any) -> str:
        """``cellbg c``: six hex digits, with or without #; nothing means no colour."""
        text = str(value or "auto").lstrip("#")
        if text != "auto" and (len(text) != 6 or any(c not in "0123456789abcdefABCDEF" for c in text)):
            self.report(
                _("'{value}' is not a colour").format(value=value),
                _("Write six hex digits, such as FFC000."),
                "value.colour",
            )
            return "auto"
        return text

    def width(self, value: Any) -> int:
        """``colwidth mm`` in twentieths of a point."""
        return max(1, round(self._number(value) * 1440 / 25.4))

    def _number(self, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError):
            self.report(
                _("'{value}' is not a number").format(value=value),
                _("Give the tag a number, such as 2."),
                "value.number",
            )
            return 1

    def functions(self) -> dict[str, Callable[..., Any]]:
        """What the compiled template calls."""
        return {
            "_gd_id": self.drawing_id,
            "_gd_bookmark": self.bookmark,
            "_gd_bookmark_name": self.bookmark_name,
            "_gd_bookmark_end": self.bookmark_end,
            "_gd_link": self.link,
            "_gd_swap": self.swap,
            "_gd_alt": self.alternative,
            "_gd_span": self.span,
            "_gd_colour": self.colour,
            "_gd_width": self.width,
            "_gd_changed": self.changed,
        }


def merged_rels(original: bytes, added: Iterable[tuple[tuple[str, str, bool], str]]) -> bytes:
    """A .rels part with relationships added; what was there stays byte for byte."""
    from docgen.template.xml_text import escape_attribute

    lines = "".join(
        f'<Relationship Id="{rid}" Type="{REL}{kind}" Target="{escape_attribute(target)}"'
        + (' TargetMode="External"/>' if external else "/>")
        for (kind, target, external), rid in added
    ).encode()
    if not original:
        ns = b"http://schemas.openxmlformats.org/package/2006/relationships"
        head = b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n<Relationships xmlns="' + ns + b'">'
        return head + lines + b"</Relationships>"
    end = original.rfind(b"</Relationships>")
    if end < 0:  # an empty, self-closed element
        cut = original.rfind(b"/>")
        return original[:cut] + b">" + lines + b"</Relationships>"
    return original[:end] + lines + original[end:]


@contextmanager
def rendering(state: RenderState) -> Iterator[RenderState]:
    """Makes ``state`` the one that writers, missing names and loop limits speak to."""
    token, names = current_render.set(state), missing_names.set(state.missing)
    rounds = limits.rounds.set([limits.MAX_ROUNDS])
    try:
        yield state
    finally:
        current_render.reset(token)
        missing_names.reset(names)
        limits.rounds.reset(rounds)


def chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces gathered to about a mebibyte: what fits the processor's cache while it is deflated."""
    buffer: list[bytes] = []
    size = total = 0
    for piece in pieces:
        buffer.append(piece)
        size += len(piece)
        if size >= _PIECE:
            total += size
            if total > MAX_OUTPUT:
                raise DataError([_too_long()])
            yield b"".join(buffer)
            buffer.clear()
            size = 0
    if buffer:
        yield b"".join(buffer)


def _too_long() -> Problem:
    state = current_render.get()
    return Problem(
        state.file if state else "",
        _("the document grows past {limit} bytes").format(limit=MAX_OUTPUT),
        _("Check for a loop over the wrong list."),
        "output.limit",
    )
