"""Pure: a paragraph's text → the tags in it, with positions.

The syntax is docxtpl's: ``{{ x }}``, ``{% … %}``, ``{# … #}``, the prefixes ``p``, ``tr``, ``tc``, ``r`` set
right behind the opening brace, and the cell tags ``vm``, ``hm``, ``colspan``, ``cellbg``. Unlike there, the end
of a tag is found by reading it: ``%}`` inside a string literal is text, and braces of a dict are counted.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from foundation.language import _


class TagKind(Enum):
    """What a tag is."""

    EXPRESSION = "expression"
    STATEMENT = "statement"
    COMMENT = "comment"
    CELL = "cell"
    RAW = "raw"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag: ``text[start:end]`` of the scanned text."""

    kind: TagKind
    prefix: str
    body: str
    start: int
    end: int
    trim_left: bool
    trim_right: bool
    text: str

    @property
    def keyword(self) -> str:
        """First word of a statement: ``for``, ``endif`` …"""
        match = re.match(r"\w+", self.body)
        return match[0] if match else ""


@dataclass(frozen=True, slots=True)
class Escape:
    """``{_{`` and its kin: the underscore at ``at`` is dropped and the braces stay as text."""

    at: int


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``at``: message, remedy and a stable code (place is the caller's knowledge)."""

    at: int
    message: str
    hint: str
    code: str


@dataclass(frozen=True, slots=True)
class Scan:
    """All that stands in one text."""

    tags: tuple[Tag, ...]
    escapes: tuple[Escape, ...]
    faults: tuple[Fault, ...]
    raw_open: bool


_NEXT = re.compile(r"\{_[{%]|[%}]_\}|\{[{%#]")
_ENDRAW = re.compile(r"\{%(?:p|tr|tc|r)?-?\s*endraw\s*-?%\}")
_RAW = re.compile(r"raw\s*$")
_PREFIX = re.compile(r"(tr|tc|p|r)(?=\s+[^\s|.,=<>!+*/%)~-])")
_COMMENT_PREFIX = re.compile(r"(tr|tc|p)(?=\s)")
_CELL = re.compile(r"(vm|hm)\b|(colspan|cellbg|colwidth)\s")
_FULL_WIDTH = re.compile(r"[{｛][｛％＃]|｛[{%#]|[％＃][}｝]|[%#]｝|｝｝|｝\}|\}｝")
_QUOTES = {"“": '"', "”": '"', "‘": "'", "’": "'", "„": '"', "‟": '"', "‚": "'", "‛": "'"}
_CLOSING = {'"': '"', "'": "'"} | {
    opening: straight + "".join(q for q, kin in _QUOTES.items() if kin == straight)
    for opening, straight in _QUOTES.items()
}
"""What may end a literal that begins with this quote: a straight one only itself, a typographic one any of its kin."""
_CLOSERS = {"{{": "}}", "{%": "%}", "{#": "#}"}


def scan(text: str, raw_open: bool = False) -> Scan:
    """Find the tags of ``text``; ``raw_open`` says a ``{% raw %}`` of an earlier text still runs."""
    tags: list[Tag] = []
    escapes: list[Escape] = []
    faults: list[Fault] = []
    quiet: list[tuple[int, int]] = []
    at = 0
    while True:
        if raw_open:
            end = _ENDRAW.search(text, at)
            quiet.append((at, end.start() if end else len(text)))
            if end is None:
                break
            tags.append(_tag(TagKind.RAW, text, end.start(), end.end()))
            at, raw_open = end.end(), False
            continue
        match = _NEXT.search(text, at)
        if match is None:
            break
        if len(match[0]) == 3:
            escapes.append(Escape(match.start() + 1))
            at = match.end()
            continue
        end_at = _find_end(text, match.end(), _CLOSERS[match[0]])
        if end_at < 0:
            faults.append(_unclosed(text, match.start()))
            at = match.end()
            continue
        tag = _classify(match[0], text, match.start(), end_at)
        tags.append(tag)
        raw_open = tag.kind is TagKind.RAW
        at = end_at
    faults.extend(_full_width(text, [*quiet, *((tag.start, tag.end) for tag in tags)]))
    return Scan(tuple(tags), tuple(escapes), tuple(faults), raw_open)


def _find_end(text: str, at: int, closer: str) -> int:
    """Index behind ``closer``, or -1. Literals and brackets are skipped; if that fails, the first closer counts."""
    if closer == "#}":
        end = text.find(closer, at)
        return end + 2 if end >= 0 else -1
    depth, closers, i = 0, "", at
    while i < len(text):
        ch = text[i]
        if closers:
            if ch == "\\":
                i += 1
            elif ch in closers:
                closers = ""
        elif not depth and text.startswith(closer, i):
            return i + 2
        elif ch in _CLOSING:
            closers = _CLOSING[ch]
        elif ch in "([{":
            depth += 1
        elif ch in ")]}" and depth:
            depth -= 1
        i += 1
    end = text.find(closer, at)
    return end + 2 if end >= 0 else -1


def _unclosed(text: str, at: int) -> Fault:
    opener = text[at : at + 2]
    message = _("'{tag}' is not closed").format(tag=text[at : at + 24])
    hint = _("Write '{closer}' at the end of the tag, in the same paragraph.").format(closer=_CLOSERS[opener])
    return Fault(at, message, hint, "tag.unclosed")


def _full_width(text: str, quiet: list[tuple[int, int]]) -> list[Fault]:
    """Signs of a tag typed full-width, where they are neither inside a tag nor inside ``{% raw %}``."""
    return [
        Fault(
            m.start(),
            _("'{sign}' is written with full-width characters and is not a tag").format(sign=m[0]),
            _("Type the braces and the percent sign half-width: {{ }} {% %}."),
            "tag.fullwidth",
        )
        for m in _FULL_WIDTH.finditer(text)
        if not any(start <= m.start() < end for start, end in quiet)
    ]


def _classify(opener: str, text: str, start: int, end: int) -> Tag:
    if opener == "{#":
        return _tag(TagKind.COMMENT, text, start, end)
    tag = _tag(TagKind.EXPRESSION if opener == "{{" else TagKind.STATEMENT, text, start, end)
    if tag.kind is TagKind.STATEMENT and _RAW.match(tag.body):
        return _tag(TagKind.RAW, text, start, end)
    if tag.kind is TagKind.STATEMENT and not tag.prefix and _CELL.match(tag.body):
        return _tag(TagKind.CELL, text, start, end)
    return tag


def _tag(kind: TagKind, text: str, start: int, end: int) -> Tag:
    inner = text[start + 2 : end - 2]
    prefix = ""
    if match := (_COMMENT_PREFIX if kind is TagKind.COMMENT else _PREFIX).match(inner):
        prefix, inner = match[1], inner[match.end() :]
    trim_left = not prefix and inner.startswith("-")
    trim_right = inner.endswith("-")
    inner = inner[1:] if trim_left or (not prefix and inner.startswith("+")) else inner
    inner = inner[:-1] if trim_right or inner.endswith("+") else inner
    body = inner.strip() if kind is TagKind.COMMENT else straighten(inner).strip()
    return Tag(kind, prefix, body, start, end, trim_left, trim_right, text[start:end])


def straighten(body: str) -> str:
    """Turn typographic quotes that delimit a literal into straight ones; those inside a literal stay text."""
    out: list[str] = []
    straight, closers = "", ""
    for i, ch in enumerate(body):
        if closers:
            ends = ch in closers and body[i - 1] != "\\"
            out.append(straight if ends else ch)
            closers = "" if ends else closers
        elif ch in _CLOSING:
            straight, closers = _QUOTES.get(ch, ch), _CLOSING[ch]
            out.append(straight)
        else:
            out.append(" " if ch in "\u00a0\u3000\t\n" else ch)
    return "".join(out)
