"""Pure: what a text says of a document: the codes, titles, periods and departments in a file's name, a folder's or a
heading, and what stands beside them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise

from foundation.folding import folded
from foundation.period import Written, periods_in

DEPARTMENT_WORDS: dict[str, tuple[str, ...]] = {
    "客户服务部": ("客服部", "客服中心", "客户部", "客服"),
    "特勤部": ("秩序维护部", "秩序部", "保安部", "安保部", "特勤"),
    "工程维修部": ("工程部", "维修部", "工程维修", "工程"),
    "保洁绿化部": ("保洁部", "绿化部", "环境部", "保洁绿化", "保洁"),
}
"""What people call the procedure's departments, and other firms theirs."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A class as a file may name it: key, code, title and aliases, and what its periods are (``month`` … ``none``).

    ``form`` is the id embedded in documents of the form, where there is one; ``form/part`` for what is made beside
    it. ``many``: several papers for one period and department are usual (incidents, minutes), two are no news.
    """

    key: str
    title: str
    code: str = ""
    form: str = ""
    aliases: tuple[str, ...] = ()
    period: str = "month"
    many: bool = False


# --- words ----------------------------------------------------------------------------------------------------

TEMPLATE = re.compile(r"模板|模版|空表|空白|样表|样本|范本|范例|示例|样例|表样")
DRAFT = re.compile(r"初稿|草稿|草案|讨论稿|征求意见稿|征求意见|未定稿|草拟")
UNSETTLED = re.compile(r"修改|修订|退回|待审|送审|改$|待定|作废|废止|废$|旧版|旧$|对比|比较|暂存|自动保存|恢复")
FINAL = re.compile(
    r"最终(?:版|稿)?|终稿|终版|定稿|正式(?:版|稿)?|签字(?:版|稿)?|已签|盖章(?:版|件)?|扫描(?:件|版)?|签章|报送版|存档"
)
_COPY = re.compile(r"副本|复件|拷贝|copy|备份")
_NEUTRAL = re.compile(
    r"(?:物业)?服务中心|管理处|物业|本月|当月|月度|月份|年度|各部门|部门|全部|台账|表|单|份|稿|版|号|第|的|关于|和|归档|上报|报公司|v?\d+(?:\.\d+)*"
)


# --- names of classes -----------------------------------------------------------------------------------------

_DASH = r"[-‐‑‒–—―−_\s.·]*"
_CODE_LIKE = re.compile(
    r"(?<![a-z0-9])[a-z]{2,}[-‐‑‒–—―−_]?(?:[a-z]{1,3}[-‐‑‒–—―−_]?)?\d{1,3}(?:[-‐‑‒–—―−_.]\d{1,3})+(?![0-9])",
    re.IGNORECASE,
)


def _bare(text: str) -> str:
    """A label without blanks, dashes and title marks."""
    return re.sub(r"[\W_]+", "", folded(text))


class Catalogue:
    """The classes there are, made ready for looking up. ``departments``: full name → the words people use for it.

    ``places``: names of company, centre, project; ``people``: names that may stand in a file's name and say nothing.
    """

    def __init__(
        self,
        kinds: Iterable[Kind],
        departments: Mapping[str, Sequence[str]] = DEPARTMENT_WORDS,
        places: Iterable[str] = (),
        people: Iterable[str] = (),
    ) -> None:
        self.kinds = {kind.key: kind for kind in kinds}
        self.departments = {name: tuple(words) for name, words in departments.items()}
        self.people = frozenset(map(_bare, people))
        self.places = tuple(sorted((_bare(place) for place in places if place), key=len, reverse=True))

    @cached_property
    def starts(self) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
        """Every title and alias, longest first, with the classes it means, by the first two letters: what a text
        cannot contain is not looked for.
        """
        meant: dict[str, list[str]] = defaultdict(list)
        for kind in self.kinds.values():
            for label in dict.fromkeys(_bare(label) for label in (kind.title, *kind.aliases)):
                meant[label].append(kind.key)
        found: dict[str, list[tuple[str, tuple[str, ...]]]] = defaultdict(list)
        for label in sorted(meant, key=lambda label: (-len(label), label)):
            found[label[:2]].append((label, tuple(meant[label])))
        return dict(found)

    @cached_property
    def saying_nothing(self) -> re.Pattern[str]:
        """Words that change nothing beside a title: places, versions, units."""
        places = [re.escape(place) for place in self.places]
        words = (DRAFT, TEMPLATE, UNSETTLED, FINAL, _COPY, _NEUTRAL)
        return re.compile("|".join([*places, *(pattern.pattern for pattern in words)]))

    @cached_property
    def codes(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """A pattern for each complete code, whatever stands between its parts, with its class."""
        return tuple(
            (_code_pattern(kind.code), kind.key) for kind in self.kinds.values() if kind.code and "…" not in kind.code
        )

    @cached_property
    def forms(self) -> dict[str, str]:
        """Form id → class."""
        return {kind.form: kind.key for kind in self.kinds.values() if kind.form}

    @cached_property
    def department_words(self) -> tuple[tuple[str, str], ...]:
        """Word → department, longest words first."""
        pairs = {word: name for name, words in self.departments.items() for word in (name, *words)}
        return tuple(sorted(((_bare(word), name) for word, name in pairs.items()), key=lambda pair: -len(pair[0])))

    def title(self, key: str) -> str:
        """A class as a person calls it."""
        kind = self.kinds[key]
        return f"{kind.title} {kind.code}".strip()


def _code_pattern(code: str) -> re.Pattern[str]:
    parts = re.findall(r"[a-z]+|\d+", code.casefold())
    return re.compile(rf"(?<![a-z0-9]){_DASH.join(parts)}(?!\d|{_DASH[:-1]}?\d{{1,2}}(?!\d|年|月|[-.]\d))")


# --- a text taken apart ---------------------------------------------------------------------------------------

_MARKS = re.compile(r"[《》〈〉<>「」『』“”\"]+")


@dataclass(frozen=True, slots=True)
class _Text:
    """A name or a line without codes, periods and separators; ``breaks`` are places where something was cut out."""

    letters: str
    breaks: frozenset[int]

    def cut(self, start: int, end: int) -> _Text:
        """Without the letters from ``start`` to ``end``, a break where they were."""
        size = end - start
        moved = {place if place <= start else max(start, place - size) for place in self.breaks}
        return _Text(self.letters[:start] + self.letters[end:], frozenset(moved | {start}))

    def segments(self) -> Iterator[str]:
        """The pieces between breaks."""
        places = sorted({0, *self.breaks, len(self.letters)})
        yield from (self.letters[a:b] for a, b in pairwise(places) if a < b)


def _compact(text: str, cuts: Sequence[tuple[int, int]]) -> _Text:
    letters: list[str] = []
    breaks: set[int] = {0}
    place = 0
    for start, end in (*cuts, (len(text), len(text))):
        for char in text[place:start]:
            if char.isalnum():
                letters.append(char)
            else:
                breaks.add(len(letters))
        if start < end:
            breaks.add(len(letters))
        place = max(place, end)
    return _Text("".join(letters), frozenset(breaks | {len(letters)}))


@dataclass(frozen=True, slots=True)
class Title:
    """A label found: the classes it means, how long it is, and what touches it on either side."""

    keys: tuple[str, ...]
    label: str
    beside: str


@dataclass(frozen=True, slots=True)
class Said:
    """What one text says."""

    codes: tuple[str, ...]
    strange_code: str
    titles: tuple[Title, ...]
    rest: tuple[str, ...]
    periods: tuple[Written, ...]
    departments: tuple[str, ...]
    text: str
    joined: bool = False

    @property
    def is_title(self) -> bool:
        """Whether it says one title and nothing beside it."""
        return len(self.titles) == 1 and not self.titles[0].beside and not self.rest


def said_in(catalogue: Catalogue, text: str) -> Said:
    plain = _MARKS.sub("", folded(text))
    codes, cuts = codes_in(catalogue, plain)
    strange = "" if cuts else _strange_code(plain)
    without = _blanked(plain, cuts)
    periods = periods_in(without)
    spans = [(period.start, period.end) for period in periods]
    cuts = [cut for period in periods for cut in _figures(without, period)]
    variants = (spans, cuts) if cuts != spans else (spans,)
    titles, rest, departments = max(
        (_titled(catalogue, _compact(without, variant)) for variant in variants),
        key=lambda found: (max((len(title.label) for title in found[0]), default=0), -sum(map(len, found[1]))),
    )
    joined = re.search(r"[+&＋、]", without) is not None
    return Said(codes, strange, titles, rest, periods, departments, without, joined)


@lru_cache(maxsize=1024)
def said_by_folder(catalogue: Catalogue, name: str) -> Said:
    """What a folder's name says: the files of a folder ask one after the other."""
    return said_in(catalogue, name)


def codes_in(catalogue: Catalogue, text: str) -> tuple[tuple[str, ...], list[tuple[int, int]]]:
    found = [(match, key) for pattern, key in catalogue.codes for match in pattern.finditer(text)]
    found.sort(key=lambda pair: pair[0].start())
    return tuple(dict.fromkeys(key for _match, key in found)), [match.span() for match, _key in found]


def _strange_code(text: str) -> str:
    """What looks like a form's code and is none of those known."""
    found = _CODE_LIKE.search(text)
    return found[0] if found else ""


def _blanked(text: str, cuts: Sequence[tuple[int, int]]) -> str:
    for start, end in cuts:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def _figures(text: str, period: Written) -> list[tuple[int, int]]:
    """A period without the unit that may be the head of a title too: 10|月报, 10|月|份工作计划, 2027|年度工作计划."""
    unit = re.search(r"(年度?|月)(份?)$", text[period.start : period.end])
    if not unit:
        return [(period.start, period.end)]
    if not unit[2]:
        return [(period.start, period.end - len(unit[0]))]
    return [(period.start, period.end - len(unit[0])), (period.end - len(unit[2]), period.end)]


def _titled(catalogue: Catalogue, text: _Text) -> tuple[tuple[Title, ...], tuple[str, ...], tuple[str, ...]]:
    """Titles, what is left in pieces, departments."""
    rest, departments = _departments(catalogue, text)
    titles: list[Title] = []
    while found := _next_title(catalogue, rest):
        title, rest = found
        titles.append(title)
    pieces = tuple(piece for piece in (_without_places(catalogue, piece) for piece in rest.segments()) if piece)
    return tuple(titles), pieces, departments


_DEPARTMENT_MARK = "部门"


def _departments(catalogue: Catalogue, text: _Text) -> tuple[_Text, tuple[str, ...]]:
    """The departments named; in their place stands 部门, which titles may begin with. Words without 部 count only
    where they stand alone or at the beginning of a piece that goes on with a title.
    """
    names: list[str] = []
    for word, name in catalogue.department_words:
        if word not in text.letters:
            continue
        place = text.letters.find(word)
        while place >= 0 and not _is_department(catalogue, text, place, word):
            place = text.letters.find(word, place + 1)
        if place >= 0:
            names.append(name)
            text = _replaced(text, place, place + len(word), _DEPARTMENT_MARK)
    return text, tuple(dict.fromkeys(names))


def _is_department(catalogue: Catalogue, text: _Text, place: int, word: str) -> bool:
    if word.endswith(("部", "中心", "室")):
        return not any(word in label for _length, label, _keys in _labels_in(catalogue, text.letters))
    if place not in text.breaks:
        return False
    after = text.letters[place + len(word) :]
    following = catalogue.starts.get(after[:2], ())
    return place + len(word) in text.breaks or any(after.startswith(label) for label, _keys in following)


def _replaced(text: _Text, start: int, end: int, word: str) -> _Text:
    grown = len(word) - (end - start)
    breaks = frozenset(place if place <= start else place + grown for place in text.breaks if not start < place < end)
    return _Text(text.letters[:start] + word + text.letters[end:], breaks)


def _next_title(catalogue: Catalogue, text: _Text) -> tuple[Title, _Text] | None:
    """The longest label in a text, and the text without it."""
    for _length, label, keys in sorted(_labels_in(catalogue, text.letters), reverse=True):
        place = text.letters.find(label)
        end = place + len(label)
        return Title(keys, label, _beside(catalogue, text, place, end)), text.cut(place, end)
    return None


def _labels_in(catalogue: Catalogue, letters: str) -> Iterator[tuple[int, str, tuple[str, ...]]]:
    starts = catalogue.starts
    for pair in {letters[place : place + 2] for place in range(len(letters) - 1)}:
        for label, keys in starts.get(pair, ()):
            if label in letters:
                yield len(label), label, keys


def _beside(catalogue: Catalogue, text: _Text, start: int, end: int) -> str:
    """What touches a title without a break and is neither a place, a department nor a word that changes nothing."""
    before = text.letters[max((place for place in text.breaks if place <= start), default=0) : start]
    after = text.letters[end : min((place for place in text.breaks if place >= end), default=len(text.letters))]
    if end - start < 4 and after.startswith("表"):  # 月报表 is no 月报
        return after
    return _without_places(catalogue, before) + _without_places(catalogue, after)


def _without_places(catalogue: Catalogue, piece: str) -> str:
    return catalogue.saying_nothing.sub("", piece) if piece else piece
