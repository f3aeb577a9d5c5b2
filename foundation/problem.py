"""What is wrong, where, and what to do about it: the one value in which both halves tell a person."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from foundation.language import _


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is. Fields that say nothing are empty; together they print as a person would say it.

    ``file`` is a name, or a path from a folder known to the reader (``档案/2026/a.docx``); ``line`` is its line, of a
    text file; ``sheet`` and ``cell`` (``F12``, or ``12`` for a row) lie in a workbook; ``part`` is whatever else can
    be named, in words: a part of a Word document (``正文 表2 行2``), a key of a TOML file, an account, a disposal
    list; ``record`` is a record's number.
    """

    file: str = ""
    sheet: str = ""
    cell: str = ""
    part: str = ""
    record: str = ""
    line: int = 0

    @property
    def whole(self) -> str:
        """The file, with the record it belongs to: ``17 档案/2026/a.docx``."""
        return f"{self.record} {self.file}".lstrip() if self.file else ""

    @property
    def inside(self) -> str:
        """What is meant in the file, or without one: ``报修登记!F12``, ``正文 表2``, ``12 sources``, ``记录 17``."""
        record = _("record {id}").format(id=self.record) if self.record and not self.file else ""
        cell = "!".join(filter(None, (self.sheet, self.cell)))
        return " ".join(filter(None, (record, str(self.line or ""), cell, self.part)))

    def __str__(self) -> str:
        return (":" if self.line else " ").join(filter(None, (self.whole, self.inside)))


@dataclass(frozen=True, slots=True, init=False)
class Remedy:
    """What a person does about a problem, by name and values; prints as the channel in force puts it.

    The same act is a command on a terminal and a link on a page, so no text below the channels names either:
    ``Remedy("blank.new", form="repairs", period="2026-10")``. docs/problems.md lists every name.
    """

    name: str
    values: Mapping[str, object] = field(hash=False)

    def __init__(self, name: str, /, **values: object) -> None:
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "values", values)

    def __str__(self) -> str:
        return _channel(self)


def _silent(_remedy: Remedy) -> str:
    return ""


_channel: Callable[[Remedy], str] = _silent


def set_channel(sentence: Callable[[Remedy], str]) -> None:
    """Choose who puts remedies into words, for the whole process (the command line does this once)."""
    global _channel  # noqa: PLW0603 - one process speaks through one channel
    _channel = sentence


@dataclass(frozen=True, slots=True, init=False)
class Problem:
    """One fault: where it is, what is wrong, what to do, and the clause or rule that says so.

    ``remedy`` is a sentence where what helps is the same on every channel, else a :class:`Remedy`; ``hint`` is it in
    words. ``code`` is a stable name of the kind (``tag.unclosed``), for tests, ``--json`` and the documentation;
    ``clause`` cites the procedure (``4.0``), a statute (``民法典 202``) or a rule of docs/design.md (``D4``).
    """

    place: Place
    message: str
    remedy: str | Remedy = ""
    code: str = ""
    clause: str = ""

    def __init__(
        self, place: Place | str, message: str, remedy: str | Remedy = "", code: str = "", clause: str = ""
    ) -> None:
        """``place`` as a text is a file: its name, or the path to it."""
        place = place if isinstance(place, Place) else Place(place)
        values = (place, message, remedy, code, clause)
        for name, value in zip(("place", "message", "remedy", "code", "clause"), values, strict=True):
            object.__setattr__(self, name, value)

    @property
    def where(self) -> str:
        """The place in words: ``月报.docx 正文 表2 行2``, ``报修.xlsx 报修登记!F12``, ``记录 17``."""
        return str(self.place)

    @property
    def hint(self) -> str:
        """What to do, as the channel in force puts it."""
        return str(self.remedy)

    def __str__(self) -> str:
        text = f"{self.where}：{self.message}" if self.where else self.message
        text = f"{text} [{self.clause}]" if self.clause else text
        return f"{text} {self.hint}" if self.hint else text


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of problem, called with a place to make one: ``_DAMAGED(Place(name), detail=error)``.

    ``message`` and ``remedy`` are English (marked by ``N_``), put into the language in force when called; their
    ``{placeholders}`` are filled by the values of the call.
    """

    code: str
    message: str
    remedy: str | Remedy = ""
    clause: str = ""

    def __call__(self, place: Place | str, /, **values: object) -> Problem:
        """The problem at ``place``."""
        remedy = self.remedy
        if isinstance(remedy, Remedy):
            remedy = Remedy(remedy.name, **values)
        elif remedy:
            remedy = _(remedy).format(**values)
        return Problem(place, _(self.message).format(**values), remedy, self.code, self.clause)


class Problems(Exception):  # noqa: N818 - what it carries, not a kind of error
    """Every problem that was found, never only the first. Root of the errors of both halves."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
