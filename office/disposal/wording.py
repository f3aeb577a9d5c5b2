"""Pure: how the papers of a disposal put terms, days, sizes and places into Chinese words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from retention.rules.model import Wish
from retention.rules.schedule import TermKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import date

    from foundation.period import Period
    from retention.rules.model import Item
    from retention.rules.schedule import Term


def title_of(path: str) -> str:
    """题名: the file's name without its ending."""
    name = path.rpartition("/")[2]
    stem, dot, _ending = name.rpartition(".")
    return stem if dot and stem else name


def term_in_words(term: Term) -> str:
    """A term as papers have it: ``3年``, ``1年6个月``, ``永久``, or as the schedule writes it."""
    if term.kind is TermKind.PERMANENT:
        return "永久"
    if term.kind is not TermKind.FIXED:
        return term.text or "不明"
    return _span_in_words(term.months, term.days)


def _span_in_words(months: int, days: int = 0) -> str:
    years, months = divmod(months, 12)
    parts = ((years, "年"), (months, "个月"), (days, "天"))
    return "".join(f"{n}{unit}" for n, unit in parts if n)


def new_term(wish: Wish, term: Term | None) -> str:
    if wish is Wish.PERMANENT:
        return "永久"
    return term_in_words(term) if term else ""


def elapsed(since: date, until: date) -> str:
    """已保管期限: whole years and months between two days."""
    months = (until.year - since.year) * 12 + until.month - since.month - (until.day < since.day)
    return _span_in_words(months) if months > 0 else "不足1个月"


def in_bytes(size: int) -> str:
    """``98 B``, ``12.3 KB``, ``4.0 MB``: a size as programs show it, 1024 to the next unit."""
    number, unit = float(size), "B"
    for unit in ("B", "KB", "MB", "GB", "TB"):
        if number < 1024 or unit == "TB":
            break
        number /= 1024
    return f"{size} B" if unit == "B" else f"{number:.1f} {unit}"


def folder_of(share: str, path: str) -> str:
    """Where a file lies; its name is its 题名."""
    return "/".join(part for part in (share, path.rpartition("/")[0]) if part)


def number_of(code: str, record_id: str) -> str:
    return f"{code}\n记录 {record_id}" if code else f"记录 {record_id}"


def year_of(period: Period | None, day: date | None) -> str:
    if period is None:
        return str(day.year) if day else ""
    return "–".join(dict.fromkeys((str(period.first.year), str(period.last.year))))


def span(item: Item) -> tuple[date, ...]:
    return (item.period.first, item.period.last) if item.period else (item.base_day,)


def years(items: Iterable[Item]) -> str:
    years = [day.year for item in items for day in span(item)]
    return "–".join(dict.fromkeys((str(min(years)), str(max(years))))) + " 年" if years else "—"


def scope(items: Collection[Item]) -> str:
    classes = [f"{title} {n} 件" for title, n in Counter(item.class_title for item in items).most_common()]
    return f"{years(items)}；{some(classes, 6, '类')}" if items else "—"


def some(names: Sequence[str], most: int = 4, unit: str = "项") -> str:
    """The first few, and how many there are where that is not all."""
    text = "、".join(names[:most])
    return f"{text} 等 {len(names)} {unit}" if len(names) > most else text


def day_in_words(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
