"""Where in a template a render failed, and why, in the user's words."""

from __future__ import annotations

import re
from dataclasses import replace
from types import FrameType, TracebackType

from jinja2.runtime import LoopContext

from docgen.template.compiler import Program
from docgen.template.marks import TagMark, TagPlace
from foundation.language import _
from foundation.problem import Place

_COUNTER = re.compile(r"l_\d+__gd_i(\d+)$")
_LOOP = re.compile(r"l_(\d+)_loop$")


def failing(program: Program, traceback: TracebackType | None) -> tuple[TagMark | None, tuple[int, ...]]:
    """The mark and the loop rows (1-based, outermost first) at which a render failed."""
    found: tuple[TagMark | None, tuple[int, ...]] = (None, ())
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename == program.filename:
            found = program.mark_at(traceback.tb_lineno), _loop_rows(frame)
        traceback = traceback.tb_next
    return found


def calling(program: Program, frame: FrameType | None) -> tuple[TagMark | None, tuple[int, ...]]:
    """The same for a render still running, seen from a frame it called."""
    while frame is not None:
        if frame.f_code.co_filename == program.filename:
            return program.mark_at(frame.f_lineno), _loop_rows(frame)
        frame = frame.f_back
    return None, ()


def _loop_rows(frame: FrameType) -> tuple[int, ...]:
    found = []
    for name, value in frame.f_locals.items():
        if (match := _COUNTER.match(name)) and isinstance(value, int):  # else the loop has not begun
            found.append((int(name.split("_")[1]), value + 1))
        elif (match := _LOOP.match(name)) and isinstance(value, LoopContext):
            found.append((int(match[1]), value.index))
    return tuple(index for _depth, index in sorted(found))


def describe(exc: BaseException) -> str:
    """A failure inside an expression, in the user's words."""
    text = str(exc)
    if isinstance(exc, ZeroDivisionError) or type(exc).__name__ in ("DivisionByZero", "DivisionUndefined"):
        return _("division by zero")
    if isinstance(exc, RecursionError):
        return _("the template calls itself without end")
    if "is not iterable" in text:
        return _("the value is not a list and cannot be looped over")
    if isinstance(exc, TypeError) and ("unsupported operand" in text or "not supported between" in text):
        return _("these values cannot be calculated or compared with each other ({detail})").format(detail=text)
    return text or type(exc).__name__


def paths_of(place: TagPlace, file: str, loop_rows: tuple[int, ...]) -> Place:
    """The place of a tag, with the rows of the loops around it."""
    at = place.at(file)
    if not loop_rows:
        return at
    item = _("item {n}").format(n=".".join(map(str, loop_rows)))
    return replace(at, part=f"{at.part} {item}".lstrip())
