"""One render of a template: the problems found on the way, and what compiled parts ask for while they run."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import FrameType
from typing import Any

from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError

from docgen.errors import DataError, Place, Problem
from docgen.template import limits
from docgen.template.compiler import Program
from docgen.template.marks import TagMark
from docgen.template.picture import Image, readable
from docgen.template.rich import Host, Parts, current_render
from docgen.template.tracing import calling, describe, failing, paths_of
from docgen.template.xml_text import plain_text
from foundation.language import _

MAX_PROBLEMS = 200
"""A register of 5,000 rows that lacks a column says so 200 times, not 5,000."""
FAILURES = (JinjaError, ArithmeticError, LookupError, TypeError, ValueError, AttributeError, RecursionError)
"""What an expression of a template can raise on data it does not fit."""
MAX_OUTPUT = 2 * 2**30
"""Most bytes one part may grow to; nothing an office prints comes near."""
_PIECE = 2**20


class RenderState(Host):
    """State of one render of one template."""

    def __init__(self, file: str, refuse_control: bool, parts: Parts) -> None:
        super().__init__(refuse_control, parts)
        self.file = file
        self.problems: list[Problem] = []
        self.cause: BaseException | None = None
        self.program: Program | None = None

    def run(
        self,
        program: Program,
        names: Mapping[str, Any],
        through: Callable[[Iterator[bytes]], Iterable[Any]] = iter,
    ) -> Iterator[Any]:
        """A part's pieces; where it fails it ends, and the other parts still tell what they miss."""
        self.program, self.part = program, program.name
        try:
            yield from through(program.run(names))
        except FAILURES as exc:
            self._failed(program, exc)

    # -- problems

    def report(self, message: str, hint: str, code: str) -> None:
        if len(self.problems) >= MAX_PROBLEMS or self.program is None:
            return
        mark, loop_rows = self._where(sys._getframe(1))  # noqa: SLF001 - the only way to ask who called
        where = paths_of(mark.place, self.file, loop_rows) if mark else Place(self.file)
        problem = Problem(where, message, hint, code)
        if problem not in self.problems[-8:]:
            self.problems.append(problem)

    def _where(self, frame: FrameType) -> tuple[TagMark | None, tuple[int, ...]]:
        """The tag being rendered, and the rows of the loops around it."""
        if self.program is None:
            return None, ()
        mark, loop_rows = calling(self.program, frame)
        return (mark if self.at is None else self.program.marks[self.at]), loop_rows

    def missing(self, path: str) -> None:
        if self.program is None:
            return
        mark, _rows = self._where(sys._getframe(1))  # noqa: SLF001
        if mark and (whole := re.search(rf"(?:\w+\.)*{re.escape(path)}(?!\w)", mark.source)):
            path = whole[0]  # as the tag says it: 'r.room', not 'room' alone
        message = _("{tag}: '{path}' is not in the data").format(tag=mark.text if mark else "", path=path)
        self.report(message, _("Add the value, or write {{ name|default('') }} if it may be missing."), "data.missing")

    def _failed(self, program: Program, exc: BaseException) -> None:
        """An expression could not be computed: note where, unless what is missing, told already, made it fail."""
        mark, loop_rows = failing(program, exc.__traceback__)
        if mark is None:
            raise exc
        self.cause = exc
        where = paths_of(mark.place, self.file, loop_rows)
        if any(p.place == where and p.code == "data.missing" for p in self.problems):
            return
        message = _("{tag} fails on these data: {detail}").format(tag=mark.text, detail=describe(exc))
        code = "tag.unsafe" if isinstance(exc, SecurityError) else "data.failure"
        self.problems.append(Problem(where, message, _("Check the value this tag uses."), code))

    def refuse(self) -> None:
        """Raise DataError with all problems, if there are any."""
        if self.problems:
            raise DataError(self.problems) from self.cause

    # -- what compiled parts call

    def functions(self) -> dict[str, Callable[..., Any]]:
        """By the names the compiler gives them."""
        return {
            "_gd_id": self.drawing_id,
            "_gd_bookmark": self.bookmark,
            "_gd_bookmark_name": self.bookmark_name,
            "_gd_bookmark_end": self.bookmark_end,
            "_gd_link": self._link,
            "_gd_swap": self._swap,
            "_gd_alt": self._alternative,
            "_gd_span": self.span,
            "_gd_colour": self.colour,
            "_gd_width": self._width,
            "_gd_changed": self._changed,
        }

    def _link(self, *pieces: Any) -> str:
        """Relationship of a hyperlink target put together from text and values."""
        return self.relate("hyperlink", "".join(map(plain_text, pieces)), external=True)

    def _swap(self, value: Any, original: str) -> str:
        """``r:embed`` of a placeholder picture."""
        image = None if value is None or value == "" else readable(value)
        return self.picture(image.data, image.extension) if image else original

    @staticmethod
    def _alternative(value: Any) -> str:
        """Alt text of a placeholder picture after the swap."""
        return value.description if isinstance(value, Image) else ""

    @staticmethod
    def _changed(loop: Any, key: int, value: Any) -> bool:
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
        if text == "auto" or re.fullmatch("[0-9a-fA-F]{6}", text):
            return text
        message = _("'{value}' is not a colour").format(value=value)
        self.report(message, _("Write six hex digits, such as FFC000."), "value.colour")
        return "auto"

    def _width(self, value: Any) -> int:
        """``colwidth mm`` in twentieths of a point."""
        return max(1, round(self._number(value) * 1440 / 25.4))

    def _number(self, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError):
            message = _("'{value}' is not a number").format(value=value)
            self.report(message, _("Give the tag a number, such as 2."), "value.number")
            return 1


@contextmanager
def rendering(state: RenderState) -> Iterator[RenderState]:
    """Makes ``state`` the one that writers, missing names and loop limits speak to."""
    token, rounds = current_render.set(state), limits.rounds.set([limits.MAX_ROUNDS])
    try:
        yield state
    finally:
        current_render.reset(token)
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
                raise DataError(_too_long())
            yield b"".join(buffer)
            buffer.clear()
            size = 0
    if buffer:
        yield b"".join(buffer)


def _too_long() -> Problem:
    state = current_render.get()
    message = _("the document grows past {limit} bytes").format(limit=MAX_OUTPUT)
    file = state.file if isinstance(state, RenderState) else ""
    return Problem(file, message, _("Check for a loop over the wrong list."), "output.limit")
