"""A disposal list as a workbook that a department fills in, and back: decision, reason and new term, nothing else (R3).

Every row carries a token made of the list and its record, and a mark of what had been said about it when the workbook
went out. What comes back is held against the list as it is now: rows of another list or an older state of it, rows
missing or twice, changed cells, formulas and decisions that cannot be read are all refused together, each at its
cell. Then what would change is shown; a person says yes; it goes the way every opinion goes. Doing it twice changes
nothing, and what somebody else said in the meantime is never overwritten.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, NamedTuple

from docgen.sheets.book import Book, Sheet, letter
from docgen.sheets.cell import Cell, Kind, is_blank, plain, stored_number
from docgen.sheets.opening import open_book
from foundation.folding import normal
from foundation.language import _
from office.disposal import filing_papers as proofs
from office.disposal import wording
from office.disposal.papers import Around
from office.office import Office
from retention.disposal import approval as disposal
from retention.disposal.approval import Answer
from retention.errors import ConflictError, Place, Problem, RefusedError, Remedy
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.view import View
from retention.rules.canonical import Canonical, canonical
from retention.rules.model import DisposalList, Item, Wish
from retention.rules.schedule import Term, TermKind
from retention.rules.terms import read_term

FORM, TITLE = "disposal-opinions", "销毁清册鉴定意见征求表"

WISH, TERM, REASON = "处理意见", "新期限", "理由"
TOKEN, SAID = "行标识-请勿改动", "意见标识-请勿改动"
LOCKED = {
    "row": "序号",
    "title": "题名",
    "year": "所属年度",
    "number": "档号",
    "term": "保管期限",
    "kept_until": "期满日",
    "department": "部门",
    "place": "所在位置",
}
"""What is compared when it comes back, by the key of its value."""
TITLES = (*LOCKED.values(), WISH, TERM, REASON, TOKEN, SAID)

_WISHES = {"销毁": Wish.DESTROY, "续存": Wish.KEEP, "永久": Wish.PERMANENT}
EVERY = "全部"
"""What stands for the department where the workbook has all rows."""
NAMES = {wish: name for name, wish in _WISHES.items()}
"""The decisions as the workbook has them."""
_PRINTED = re.compile(r"(清册编号|部门):(.+)")
_HEAD = 40
"""Cells above the rows that may say which list it is."""
_EXTENDED_BY = re.compile(r"续存(.+)")
_CONTROL, _BLANKS = re.compile(r"[\x00-\x06\x08\x0b\x0e-\x1f]"), re.compile(r"[\s\x07]+")
_EMPTY = Cell(Kind.TEXT, "")
_LETTERS = 20
_LONGEST_REASON = 500


class RowOpinion(NamedTuple):
    """What is said about an item: the part of an opinion that a workbook holds."""

    wish: Wish | None = None
    term: Term | None = None
    reason: str = ""

    @property
    def mark(self) -> str:
        """The same for the same meaning, however the term is spelled."""
        told: dict[str, Canonical] = {"term": self._months, "reason": _plain(self.reason)}
        return _digest({**told, "wish": self.wish.value if self.wish else None})

    @property
    def _months(self) -> Canonical:
        return [self.term.months, self.term.days] if self.term else None

    def in_words(self) -> str:
        """``续存 2年：诉讼未结``; ``—`` where nothing is said."""
        if self.wish is None:
            return "—"
        term = wording.term_in_words(self.term) if self.term else ""
        told = " ".join(part for part in (NAMES[self.wish], term) if part)
        return f"{told}：{self.reason}" if self.reason else told


@dataclass(frozen=True, slots=True)
class RowChange:
    """What one row would change: of which item, from what to what, and the cell that says so."""

    item: Item
    before: RowOpinion
    after: RowOpinion
    place: Place


@dataclass(frozen=True, slots=True)
class Returned:
    """A workbook that came back and can be taken over: what it would change; ``rows``: how many it has."""

    number: str
    changes: tuple[RowChange, ...]
    rows: int

    @property
    def answers(self) -> tuple[Answer, ...]:
        """The changes as what a person wants (:func:`retention.disposal.approval.opine`)."""
        return tuple(
            Answer(each.item.record_id, each.after.wish, each.after.reason, each.after.term)
            for each in self.changes
            if each.after.wish is not None
        )


# --- out --------------------------------------------------------------------------------------------------------


def context(around: Around, of: DisposalList, department: str = "") -> dict[str, Any]:
    """What the workbook's template is given. ``department``: only its items; all of them without it."""
    items, fingerprint = _items(of, department), digest(of, department)
    return {
        "form": {"id": FORM, "title": TITLE},
        "office": {"name": around.name, "company": around.company},
        "list": {"number": of.number, "digest": fingerprint},
        "department": department,
        "rows": [_row(item, fingerprint) for item in items],
    }


def digest(of: DisposalList, department: str = "") -> str:
    """SHA-256 in hex over the list and every item that was ever on it, without what is said about them.

    So it stays the same while opinions come in, and is another when a record was added to the list.
    """
    told: list[Canonical] = [
        [item.row, item.record_id, item.digest, item.size, item.class_key, item.schedule, item.eligible_on.isoformat()]
        for item in _items(of, department)
    ]
    content: dict[str, Canonical] = {"list": of.id, "number": of.number, "department": department, "items": told}
    return sha256(canonical(content)).hexdigest()


def _items(of: DisposalList, department: str) -> tuple[Item, ...]:
    return tuple(item for item in of.items if not department or item.department == department)


def _row(item: Item, fingerprint: str) -> dict[str, Any]:
    said = _said(item)
    return {
        **_locked(item),
        "wish": NAMES[said.wish] if said.wish else "",
        "new_term": wording.term_in_words(said.term) if said.term else "",
        "reason": said.reason,
        "token": _token(item, fingerprint),
        "said": said.mark,
    }


def _locked(item: Item) -> dict[str, Any]:
    return {
        "row": item.row,
        "title": item.title,
        "year": wording.year_of(item.period, item.base_day),
        "number": wording.number_of(item.code, item.record_id).replace("\n", " "),
        "term": wording.term_in_words(item.term),
        "kept_until": str(item.eligible_on - timedelta(days=1)),
        "department": item.department,
        "place": wording.folder_of(item.share, item.path),
    }


def _said(item: Item) -> RowOpinion:
    opinion = item.opinion
    return RowOpinion(opinion.wish, opinion.term, opinion.reason) if opinion else RowOpinion()


def _token(item: Item, fingerprint: str) -> str:
    """Which record of which list a row is of: it fits no other row, and no row of another list."""
    return _digest({"list": fingerprint, "record": item.record_id, "row": item.row})


def _digest(content: Mapping[str, Canonical]) -> str:
    return sha256(canonical(content)).hexdigest()[:_LETTERS]


def export(office: Office, view: View, number: str, department: str = "") -> bytes:
    """The workbook of a list that may still be mended. UnknownError for a list there is not."""
    from docgen import ExcelTemplate
    from docgen.excel.row_heights import fitted

    of = disposal.find(view, number)
    template = ExcelTemplate.load(office.file_of(FORM, "template.xlsx"), control="remove")
    return fitted(template.render(context(proofs.around(office, view), of, department), compression="compact"), TITLE)


def take_back(ledger: Ledger, content: bytes, name: str) -> Returned:
    """What a workbook would change in the list it names; writes nothing. Raises what :func:`read` does."""
    book = _opened(content, name)
    claim = _claim(book)
    if not claim.number:
        raise RefusedError(
            _problem(name, _("the file does not say which list it is of"), Remedy("list.export"), "no_list")
        )
    with ledger.read() as view:
        of = disposal.find(view, claim.number)
    return _held_against(book, claim, of)


def apply(ledger: Ledger, stamp: Stamp, returned: Returned) -> int:
    """Take over what was shown, by the way of every opinion (R2); how many rows changed. RefusedError as that says.

    ConflictError where somebody said something else while it was looked at.
    """
    if not returned.changes:
        return 0
    with ledger.read() as view:
        now = {item.record_id: _said(item).mark for item in disposal.find(view, returned.number).items}
    if overtaken := [each for each in returned.changes if now.get(each.item.record_id) != each.before.mark]:
        hint = _("Read the workbook again: it shows what would change now.")
        message = _("meanwhile somebody else spoke about this row")
        raise ConflictError([_problem(each.place, message, hint, "overtaken") for each in overtaken])
    return len(disposal.opine(ledger, stamp, returned.number, returned.answers))


# --- back -------------------------------------------------------------------------------------------------------


def read(content: bytes, name: str, of: DisposalList) -> Returned:
    """What a workbook that came back would change in ``of``. Reads only; the list may be in any state.

    DataError where the file is no workbook; RefusedError with everything that is wrong with it, each at its cell.
    """
    book = _opened(content, name)
    return _held_against(book, _claim(book), of)


def _opened(content: bytes, name: str) -> Book:
    book = open_book(content, name)
    if not content.startswith(b"PK"):
        message = _("a CSV file does not show what is a formula, and is not taken back")
        hint = _("Fill in the workbook that was sent out, and save it as “Excel workbook (*.xlsx)”.")
        raise RefusedError(_problem(name, message, hint, "csv"))
    return book


class _Claim(NamedTuple):
    """What a workbook says of itself: which list, in which state, of which department."""

    number: str
    digest: str
    department: str


def _claim(book: Book) -> _Claim:
    """By its properties; where a program dropped those, by what is printed above the rows."""
    said = book.properties
    if "guidang.list" in said:
        return _Claim(said["guidang.list"], said.get("guidang.list_digest", ""), said.get("guidang.department", ""))
    heads = (_text(cell) for sheet in book.sheets for cells in sheet.rows.values() for cell in cells.values())
    told = {found[1]: found[2] for text in islice(heads, _HEAD) if (found := _PRINTED.fullmatch(text))}
    department = told.get("部门", "")
    return _Claim(told.get("清册编号", ""), "", "" if department == EVERY else department)


def _held_against(book: Book, claim: _Claim, of: DisposalList) -> Returned:
    reader = _Reader(book, of, claim)
    rows = reader.rows()
    changes = [change for row in rows if (change := reader.change(row))]
    if reader.problems:
        raise RefusedError(reader.problems)
    return Returned(of.number, tuple(sorted(changes, key=lambda change: change.item.row)), len(rows))


class _Row(NamedTuple):
    """A row that has a token of this list: its item, its cells by title, and where they stand."""

    item: Item
    cells: Mapping[str, Cell | None]
    places: Mapping[str, Place]


class _Reader:
    """One workbook held against a list; ``problems`` gathers all that is wrong."""

    def __init__(self, book: Book, of: DisposalList, claim: _Claim) -> None:
        self.book, self.of, self.claim = book, of, claim
        self.problems: list[Problem] = []
        self.fingerprint = digest(of, claim.department)
        self.items = _items(of, claim.department)
        self.by_token = {_token(item, self.fingerprint): item for item in self.items}

    def rows(self) -> list[_Row]:
        """The rows of this list, each of them once; what is amiss with the others is noted."""
        if self._of_another_list():
            return []
        found: dict[str, list[_Row]] = defaultdict(list)
        tables = [(sheet, heading) for sheet in self.book.sheets if (heading := _heading(sheet))]
        if not tables:
            self._note(self.book.name, _("the headings of the list are not there"), Remedy("list.export"), "headings")
            return []
        for sheet, (at, columns) in tables:
            self._merged(sheet, at, columns)
            for row in self._below(sheet, at, columns):
                found[row.item.record_id].append(row)
        if not found:
            self.problems = [self._stale()]  # one word for all rows of a list of thousands
            return []
        self._repeated(found)
        self._missing(found)
        return [rows[0] for rows in found.values()]

    def change(self, row: _Row) -> RowChange | None:
        """What a row would change; None where nothing, or where it is refused."""
        self._unchanged(row)
        before = len(self.problems)
        after = self._read(row)
        now = _said(row.item)
        if len(self.problems) > before or after.mark == now.mark:
            return None
        place, went_out = row.places[WISH], _text(row.cells[SAID])
        if now.wish is None and went_out != now.mark:  # what was never said cannot have been taken back
            hint = _("Write back what stood there; only decision, new term and reason are taken over.")
            self._note(row.places[SAID], _("“{title}” was changed").format(title=SAID), hint, "changed")
            return None
        if after.mark == went_out:  # nobody wrote here; something was said elsewhere, which stands
            return None
        if after.wish is None:
            hint = _("Choose another decision; what was said once is not unsaid: {said}.").format(said=now.in_words())
            self._note(place, _("the decision was taken out"), hint, "emptied")
        elif not row.item.open:
            hint = _("Leave the row as it was sent out.")
            self._note(place, _("the record has left the list since"), hint, "left")
        elif now.mark != went_out:
            message = _("meanwhile somebody else said: {said}").format(said=now.in_words())
            self._note(place, message, _("Export the list anew and fill in that one."), "overtaken")
        else:
            return RowChange(row.item, now, after, place)
        return None

    # --- which list

    def _of_another_list(self) -> bool:
        """Whether the file says that it is of another list or state; one problem, not one for each row."""
        number, known = self.claim.number, self.claim.digest
        if number and number != self.of.number:
            message = _("this is list {other}, not {number}").format(other=number, number=self.of.number)
            self._note(self.book.name, message, Remedy("list.export"), "other_list")
        elif known and known != self.fingerprint:
            self.problems.append(self._stale())
        return bool(self.problems)

    def _stale(self) -> Problem:
        message = _("the list was changed since this workbook was made: the digest is not that of list {number}")
        hint = _("Export the list anew and fill in that one.")
        return _problem(self.book.name, message.format(number=self.of.number), hint, "stale")

    # --- which rows

    def _below(self, sheet: Sheet, at: int, columns: Mapping[str, int]) -> Iterator[_Row]:
        for number, cells in sheet.rows.items():
            own = {title: cells.get(column) for title, column in columns.items()}
            if number <= at or all(is_blank(cell) for cell in own.values()):
                continue
            places = {
                title: Place(self.book.name, sheet.name, f"{letter(column)}{number}")
                for title, column in columns.items()
            }
            item = self.by_token.get(_text(own[TOKEN]))
            if item is None or _formula(own[TOKEN]):
                hint = _("Take this row out; the list's own rows are in the workbook that was sent out.")
                self._note(places[LOCKED["row"]], _("this row is not one of the list"), hint, "unknown_row")
            else:
                yield _Row(item, own, places)

    def _repeated(self, found: Mapping[str, Sequence[_Row]]) -> None:
        for first, *others in found.values():
            for other in others:
                message = _("this row is there twice, also at {place}").format(
                    place=first.places[WISH].inside.split()[-1]
                )
                self._note(other.places[WISH], message, _("Take one of them out."), "repeated")

    def _missing(self, found: Mapping[str, object]) -> None:
        gone = [str(item.row) for item in self.items if item.record_id not in found]
        if gone:
            text = _("rows of the list are missing: {rows}")
            rows = "、".join(gone[:20]) + ("…" if len(gone) > 20 else "")
            hint = _(
                "Put them back, or fill in the workbook that was sent out; rows without a decision may stay empty."
            )
            self._note(self.book.name, text.format(rows=rows), hint, "missing_rows")

    def _merged(self, sheet: Sheet, at: int, columns: Mapping[str, int]) -> None:
        ours = {columns[title] for title in (WISH, TERM, REASON)}
        for merge in sheet.merges:
            if merge.bottom > max(merge.top, at) and ours & set(range(merge.left, merge.right + 1)):
                place = Place(self.book.name, sheet.name, f"{letter(merge.left)}{merge.top}")
                message = _("cells are merged here: only the first row of them would have a decision")
                self._note(place, message, _("Undo the merging and fill in every row."), "merged")

    # --- what they say

    def _unchanged(self, row: _Row) -> None:
        for key, expected in _locked(row.item).items():
            title = LOCKED[key]
            found = _text(row.cells[title])
            if found != _plain(str(expected)) or _formula(row.cells[title]):
                message = _("“{title}” was changed: “{found}” instead of “{expected}”")
                message = message.format(title=title, found=_short(found), expected=_short(str(expected)))
                hint = _("Write back what stood there; only decision, new term and reason are taken over.")
                self._note(row.places[title], message, hint, "changed")

    def _read(self, row: _Row) -> RowOpinion:
        formulas = [title for title in (WISH, TERM, REASON) if _formula(row.cells[title])]
        for title in formulas:
            message = _("there is a formula in “{title}”").format(title=title)
            self._note(row.places[title], message, _("Write the value itself."), "formula")
        if formulas:
            return RowOpinion()
        wish, term = _text(row.cells[WISH]), _text(row.cells[TERM])
        reason = (row.cells[REASON] or _EMPTY).text.strip()
        if not wish:
            return self._undecided(row, term, reason)
        chosen = _WISHES.get(wish)
        if chosen is None:
            self._unreadable(row.places[WISH], wish)
            return RowOpinion()
        if len(reason) > _LONGEST_REASON:
            hint = _("At most {n} characters; put more into a paper of its own.").format(n=_LONGEST_REASON)
            self._note(row.places[REASON], _("the reason is too long"), hint, "long_reason")
        if chosen is not Wish.DESTROY and not reason:
            message = _("who keeps a record longer says why")
            self._note(row.places[REASON], message, _("Write the reason in this cell."), "no_reason", "R5")
        return RowOpinion(chosen, self._term(row, chosen, term), reason)

    def _undecided(self, row: _Row, term: str, reason: str) -> RowOpinion:
        if term or reason:
            message = _("there is a new term or a reason, but no decision")
            hint = _("Choose 销毁, 续存 or 永久, or empty the cells beside it.")
            self._note(row.places[WISH], message, hint, "no_decision", "D9")
        return RowOpinion()

    def _unreadable(self, place: Place, wish: str) -> None:
        extended = _EXTENDED_BY.fullmatch(wish)
        if extended:
            hint = _("Choose 续存 here and write {term} in the column 新期限.").format(
                term=extended[1].strip(" ：:，,")
            )
        else:
            hint = _("Choose one of the list: 销毁, 续存, 永久.")
        self._note(place, _("“{text}” is none of the decisions").format(text=_short(wish)), hint, "decision")

    def _term(self, row: _Row, chosen: Wish, text: str) -> Term | None:
        place = row.places[TERM]
        if chosen is not Wish.KEEP:
            if text:
                message = _("there is a new term, but the decision is {wish}").format(wish=NAMES[chosen])
                self._note(place, message, _("Empty this cell, or choose 续存."), "needless_term")
            return None
        term = read_term(text)
        if term.kind is TermKind.FIXED:
            return term
        if term.kind is TermKind.PERMANENT:
            message, hint = (
                _("永久 is a decision of its own"),
                _("Choose 永久 in the column 处理意见, and empty this cell."),
            )
        elif term.kind is TermKind.BLANK:
            message, hint = _("the new term is missing"), _("Write how long, with its unit: 2年, 18个月.")
        else:
            message = _("“{text}” is not a term that can be read with certainty").format(text=_short(text))
            hint = _("Write a number with its unit: 2年, 18个月.")
        self._note(place, message, hint, "term", "R5")
        return None

    def _note(self, place: Place | str, message: str, hint: str | Remedy, code: str, clause: str = "R3") -> None:
        self.problems.append(Problem(place, message, hint, f"roundtrip.{code}", clause))


def _problem(place: Place | str, message: str, hint: str | Remedy, code: str, clause: str = "R3") -> Problem:
    return Problem(place, message, hint, f"roundtrip.{code}", clause)


# --- cells ------------------------------------------------------------------------------------------------------


def _heading(sheet: Sheet) -> tuple[int, dict[str, int]] | None:
    """The row that has all titles, each once, and their columns."""
    wanted = set(TITLES)
    for number, cells in sheet.rows.items():
        found = [(_text(cell), column) for column, cell in cells.items() if _text(cell) in wanted]
        if len(found) == len(TITLES) and len(dict(found)) == len(TITLES):
            return number, dict(found)
    return None


def _text(cell: Cell | None) -> str:
    """What stands in a cell, as it is compared: full-width and half-width alike, blanks at its ends not counted."""
    if cell is None:
        return ""
    return _plain(plain(stored_number(cell.text)) if cell.kind is Kind.NUMBER else cell.text)


def _plain(text: str) -> str:
    return _BLANKS.sub(" ", _CONTROL.sub("", normal(text))).strip()


def _formula(cell: Cell | None) -> bool:
    return cell is not None and (cell.formula or cell.kind is Kind.UNCOMPUTED)


def _short(text: str, most: int = 30) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
