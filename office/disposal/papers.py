"""Pure: the papers of a disposal: a list as it stands in the ledger → what each of the eight papers prints.

No clerk fills these in, so they have no form.toml: ``guidang forms`` does not name them and no blank is made of them.
Their templates lie beside those of the forms and an office can have its own. Papers are Chinese, whatever language
guidang speaks. The columns are those that offices use, in their order.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import timedelta
from enum import Enum
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from office.archive.classes import DISPOSAL_PAPERS
from office.disposal.pages import RegisterRow, pages
from office.disposal.wording import (
    day_in_words,
    elapsed,
    folder_of,
    in_bytes,
    new_term,
    number_of,
    scope,
    some,
    span,
    term_in_words,
    title_of,
    year_of,
    years,
)
from retention.rules.dates import CHINA
from retention.rules.model import Outcome, State, Wish

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

    from office.disposal.proof_code import PaperCode
    from retention.rules.model import Approval, DisposalList, Hold, Item, Record
    from retention.rules.reckoning import Reckoning

    Context = dict[str, Any]

TITLES = DISPOSAL_PAPERS
DUE, APPRAISAL, REGISTER, APPROVAL, SUPERVISION, CERTIFICATE, EXTENSION, HOLD = TITLES

WITNESSES = 2
_METHODS = frozenset({"粉碎", "化浆", "焚毁", "消磁", "覆写删除", "物理破坏"})
_WISHES = {Wish.DESTROY: "销毁", Wish.KEEP: "续存", Wish.PERMANENT: "永久"}
_OUTCOMES = {
    Outcome.REMOVED: "从共享目录移除并确认不在",
    Outcome.BY_HAND: "由人员销毁，确认已不在原处",
    Outcome.UNOBSERVED: "恢复运行时已不在原处，移除的时刻未被观察到",
}
_LEFT = {
    "record.altered": "内容有变，退出清册",
    "record.held": "冻结，退出清册",
    "record.extended": "续存，退出清册",
    "record.missing": "文件不在，退出清册",
    "record.unlisted": "退出清册",
    "destroy.aborted": "销毁中止，文件仍在",
    "destroy.restored": "由隔离恢复，文件仍在",
}


@dataclass(frozen=True, slots=True)
class Around:
    """What stands on every paper: the office, the version of its papers, and what persons' accounts are called."""

    name: str
    company: str = ""
    project: str = ""
    version: str = "A/0"
    persons: Mapping[str, str] = field(default_factory=dict)

    def person(self, account: str) -> str:
        """``王敏（wang.min）``: the name that is printed, and the account that acted."""
        full = self.persons.get(account, "")
        return f"{full}（{account}）" if full and full != account else account

    def people(self, accounts: Iterable[str]) -> str:
        return "、".join(map(self.person, accounts))


@dataclass(frozen=True, slots=True)
class Proof:
    """Where the ledger tells of a list: its first and last event, and a code taken after them."""

    code: PaperCode
    first: int
    last: int


# --- the papers -------------------------------------------------------------------------------------------------


class DueRow(NamedTuple):
    """A line of the 到期清单: a record that has run out."""

    title: str
    number: str
    year: str
    term: str
    kept_until: date
    place: str
    status: str
    size: int
    schedule: int


def due_row(record: Record, reckoned: Reckoning) -> DueRow:
    """The line of a record that is due; ValueError where it is not one that ever is."""
    if reckoned.basis is None or reckoned.eligible_on is None:
        raise ValueError(f"record {record.id} has no eligible day")
    basis, kept_until = reckoned.basis, reckoned.eligible_on - timedelta(days=1)
    term = record.extension.term if record.extension else basis.rule.term
    return DueRow(
        title_of(record.path),
        number_of(basis.record_class.code, record.id),
        year_of(record.period, basis.base.day),
        term_in_words(term),
        kept_until,
        folder_of(record.share, record.path),
        "已续存，再次到期" if record.extension else "未鉴定",
        record.size,
        basis.adoption.number,
    )


def due_item(item: Item) -> DueRow:
    """The line of an item that is on a list already."""
    status = f"拟{_WISHES[item.decision]}" if item.decision else "待鉴定"
    kept_until = item.eligible_on - timedelta(days=1)
    number, year = number_of(item.code, item.record_id), year_of(item.period, item.base_day)
    place = folder_of(item.share, item.path)
    return DueRow(
        item.title, number, year, term_in_words(item.term), kept_until, place, status, item.size, item.schedule
    )


def due(around: Around, rows: Sequence[DueRow], on: date, of: str = "") -> Context:
    """到期清单: what has run out on a day; ``of`` names the list it was drawn up for, where there is one."""
    more = {
        "on": on,
        "rows": rows,
        "size": in_bytes(sum(row.size for row in rows)),
        "schedules": sorted({row.schedule for row in rows}),
    }
    context = _paper(around, DUE, f"清册编号：{of}" if of else "", more)
    return {**context, "meta": {**context["meta"], "list": of}}


def appraisal(around: Around, of: DisposalList) -> Context:
    """鉴定意见书: every item ever on the list, with what was said about it, by whom and why."""
    said = [item.opinion for item in of.items if item.opinion]
    rows = [_appraised(around, item) for item in of.items]
    days = sorted({opinion.on for opinion in said})
    more = {
        "list": _list(around, of),
        "when": "至".join(dict.fromkeys((day_in_words(days[0]), day_in_words(days[-1])))) if days else "尚无意见",
        "members": [around.person(name) for name in dict.fromkeys(opinion.by for opinion in said)] or ["—"],
        "scope": scope(of.items),
        "counts": _counts(of.items),
        "size": in_bytes(sum(item.size for item in of.items)),
        "rows": rows,
        "summary": _tally(of.items),
    }
    return _paper(around, APPRAISAL, of.number, more, of)


def register(around: Around, of: DisposalList) -> Context:
    """销毁清册: the items its digest covers (before it is submitted: those on it), made up into pages.

    What is not destroyed after all stays where it stands, and says so.
    """
    items = _registered(of)
    going, on = _to_destroy(items), of.submitted_on or of.drafted_on
    rows = [_registered_row(item, of, on) for item in items]
    more = {
        "list": _list(around, of),
        "approval": _approval(around, of),
        "witness": _witnesses(around, of),
        "counts": {**_counts(items), "destroy": len(going)},
        "size": in_bytes(sum(item.size for item in going)),
        "years": years(items),
        "destroyed_on": max((item.done_on for item in of.destroyed if item.done_on), default=None),
        "not_destroyed": _not_destroyed(items),
        "summary": _tally(items),
        "pages": pages(rows),
    }
    return _paper(around, REGISTER, of.number, more, of)


def approval(around: Around, of: DisposalList) -> Context:
    """销毁审批表: one page, with what was said and approved in the system, and room to sign by hand."""
    items = _registered(of)
    going = [item for item in items if item.decision is Wish.DESTROY]
    departments = list(dict.fromkeys(item.department for item in items if item.department))
    days = [day for item in going for day in span(item)]
    told = Counter(_WISHES[item.opinion.wish] for item in items if item.opinion)
    by = around.people(dict.fromkeys(item.opinion.by for item in items if item.opinion))
    more = {
        "list": _list(around, of),
        "approval": _approval(around, of),
        "department": some(departments) or around.name,
        "applicant": around.person(of.submitted_by or of.drafted_by),
        "applied_on": of.submitted_on,
        "name": some(list(dict.fromkeys(item.class_title for item in going))) or "—",
        "counts": _counts(items),
        "size": in_bytes(sum(item.size for item in going)),
        "places": sorted({item.share for item in going}) or ["—"],
        "span": f"{day_in_words(min(days))}至{day_in_words(max(days))}" if days else "—",
        "terms": sorted({term_in_words(item.term) for item in going}) or ["—"],
        "reason": "到期" if going else "",
        "known_method": of.method in _METHODS,
        "opinions": f"{by}：" + "，".join(f"{wish} {n} 件" for wish, n in told.items()) if told else "",
        "archivist": f"{around.person(of.submitted_by)} 提交：逐件鉴定、核对冻结与期限，附清册。"
        if of.submitted_by
        else "",
    }
    return _paper(around, APPROVAL, of.number, more, of)


def supervision(around: Around, of: DisposalList) -> Context:
    """监销记录: what the witnesses tick while it happens, beside what the system saw."""
    items = _granted(of)
    more = {
        "list": _list(around, of),
        "counts": _counts(items),
        "size": in_bytes(sum(item.size for item in items)),
        "began": of.begun_on,
        "ended": of.executed_on,
        "witness": _witnesses(around, of),
        "statements": [f"{around.person(one.by)}：{one.statement}" for one in of.witnesses if one.statement],
        "rows": [_seen(item) for item in items],
        "summary": _outcomes(items),
    }
    return _paper(around, SUPERVISION, of.number, more, of)


def certificate(around: Around, of: DisposalList, backups_until: date | None = None) -> Context:
    """销毁证明: what was observed of every item, and no more (D7, D11); 未完成 until two witnesses signed (D13).

    ``backups_until``: the day after which no backup holds the contents any more, where somebody knows it. What it is
    verified by comes from :func:`proven` and is not part of its digest.
    """
    items = _granted(of)
    more = {
        "list": _list(around, of),
        "approval": _approval(around, of),
        "witness": _witnesses(around, of),
        "unfinished": _unfinished(of),
        "counts": _counts(items),
        "size_gone": in_bytes(sum(item.size for item in of.destroyed)),
        "began": of.begun_on,
        "ended": of.executed_on,
        "copies_told": _copies(of),
        "backups": _backups(backups_until),
        "rows": [_seen(item) for item in items],
        "summary": _outcomes(items),
    }
    return _paper(around, CERTIFICATE, of.number, more, of)


def proven(proof: Proof) -> Context:
    """What a certificate is verified by: its code as picture and groups, and where the ledger tells of the list."""
    code = proof.code
    told = {
        "code": code.text(),
        "groups": code.checkpoint.groups(),
        "first": proof.first,
        "last": proof.last,
        "seq": code.checkpoint.seq,
        "at": f"{code.checkpoint.at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}",
        "picture": code.picture(),
    }
    return {"proof": told}


def extension(around: Around, of: DisposalList) -> Context:
    """续存登记: the items that are kept longer or for ever, with the new term and why; it counts once approved."""
    kept = [(item, item.opinion) for item in of.items if item.opinion and item.opinion.wish is not Wish.DESTROY]
    granted = of.approval
    rows = [
        {
            "row": item.row,
            "title": item.title,
            "number": number_of(item.code, item.record_id),
            "old": term_in_words(item.term),
            "term": new_term(opinion.wish, opinion.term),
            "reason": opinion.reason,
            "by": around.person(granted.by) if granted else "待批",
            "on": granted.on if granted else opinion.on,
        }
        for item, opinion in kept
    ]
    permanent = sum(opinion.wish is Wish.PERMANENT for _item, opinion in kept)
    summary = f"续存 {len(kept) - permanent} 件，转永久 {permanent} 件。"
    return _paper(around, EXTENSION, of.number, {"list": _list(around, of), "rows": rows, "summary": summary}, of)


def hold(around: Around, placed: Hold, records: Sequence[Record], codes: Mapping[str, str]) -> Context:
    """冻结通知: what nobody may destroy, move or change while the hold stands. ``codes``: class key → its code."""
    more = {
        "hold": {
            "id": placed.id,
            "reason": placed.reason,
            "by": around.person(placed.placed_by.name),
            "placed_on": placed.placed_on,
            "released_on": placed.released_on,
        },
        "rows": [
            {
                "title": title_of(record.path),
                "number": number_of(codes.get(record.class_key or "", ""), record.id),
                "year": year_of(record.period, record.dated),
                "place": folder_of(record.share, record.path),
            }
            for record in records
        ],
        "size": in_bytes(sum(record.size for record in records)),
    }
    return _paper(around, HOLD, placed.id, more)


# --- what surrounds every paper ---------------------------------------------------------------------------------


def _paper(around: Around, form: str, subject: str, more: Mapping[str, Any], of: DisposalList | None = None) -> Context:
    meta = {
        "subject": subject,
        "kept": "",  # for ever, which each of them says in its own words
        "list": of.number if of else "",
        "list_digest": (of.digest or "") if of else "",
    }
    said = json.dumps(_plain({**meta, **more}), ensure_ascii=False, sort_keys=True)
    return {
        "form": {"id": form, "code": "", "title": TITLES[form], "version": around.version},
        "office": {"name": around.name, "company": around.company, "project": around.project},
        "meta": {**meta, "digest": sha256(said.encode()).hexdigest()},
        **more,
    }


def _plain(value: Any) -> Any:
    """What a paper says as values of JSON, for its digest."""
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Enum):
        return value.value
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _list(around: Around, of: DisposalList) -> Context:
    return {
        "number": of.number,
        "digest": of.digest or "",
        "drafted_by": around.person(of.drafted_by),
        "drafted_on": of.drafted_on,
        "submitted_by": around.person(of.submitted_by) if of.submitted_by else "",
        "submitted_on": of.submitted_on,
        "method": of.method,
        "place": of.place,
        "executed_by": around.people(of.executors),
        "executed_on": of.executed_on,
    }


def _approval(around: Around, of: DisposalList) -> Context:
    """The approval as it is printed; empty values where there is none, which templates take for none."""
    if of.approval is None:
        return {}
    granted: Approval = of.approval
    refused = len(granted.refused)
    return {
        "by": around.person(granted.by),
        "on": granted.on,
        "not_before": granted.not_before,
        "expires_on": granted.expires_on,
        "refused": refused,
        "approved": sum(item.decision is Wish.DESTROY for item in of.covered) - refused,
    }


def _witnesses(around: Around, of: DisposalList) -> list[Context]:
    """Two places at least: who has not signed yet has an empty one."""
    signed = [{"by": around.person(one.by), "on": one.on} for one in of.witnesses]
    return [*signed, *({"by": "", "on": None} for _missing in range(WITNESSES - len(signed)))]


def _unfinished(of: DisposalList) -> str:
    """Why the certificate is not finished yet; empty when it is."""
    if of.executed_on is None:
        return "清册尚未执行完毕"
    if (missing := WITNESSES - len(of.witnesses)) > 0:
        return f"尚缺 {missing} 名监销人签字"
    return ""


# --- items ------------------------------------------------------------------------------------------------------


def _registered(of: DisposalList) -> tuple[Item, ...]:
    """What stands in the register: what the digest covers, or before that what is on the list."""
    return of.covered if of.frozen else of.open_items


def _to_destroy(items: Iterable[Item]) -> list[Item]:
    """Those that are to be destroyed, or were."""
    return [item for item in items if item.decision is Wish.DESTROY and not item.left_by]


def _granted(of: DisposalList) -> list[Item]:
    """Those that an approval covered, whatever became of them; before there is one, those that shall be destroyed."""
    if of.approval is None:
        return _to_destroy(_registered(of))
    return [item for item in of.covered if item.state is not State.LISTED]


def _counts(items: Collection[Item]) -> dict[str, int]:
    wishes = Counter(item.decision for item in items)
    outcomes = Counter(item.outcome for item in items)
    gone = sum(n for outcome, n in outcomes.items() if outcome is not None)
    return {
        "total": len(items),
        "destroy": wishes[Wish.DESTROY],
        "keep": wishes[Wish.KEEP],
        "permanent": wishes[Wish.PERMANENT],
        "none": wishes[None],
        "held": sum(item.left_by == "record.held" for item in items),
        "gone": gone,
        "left": len(items) - gone,
        "removed": outcomes[Outcome.REMOVED],
        "by_hand": outcomes[Outcome.BY_HAND],
        "unobserved": outcomes[Outcome.UNOBSERVED],
    }


def _appraised(around: Around, item: Item) -> Context:
    said = item.opinion
    return {
        "row": item.row,
        "title": item.title,
        "number": number_of(item.code, item.record_id),
        "wish": _WISHES[said.wish] if said else "未提出",
        "term": new_term(said.wish, said.term) if said else "",
        "reason": "；".join(text for text in ((said.reason if said else ""), _left(item)) if text),
        "by": around.person(said.by) if said else "",
        "on": said.on if said else None,
    }


def _registered_row(item: Item, of: DisposalList, on: date) -> RegisterRow:
    return RegisterRow(
        row=item.row,
        title=item.title,
        place=f"{item.share}/{item.path}",
        year=year_of(item.period, item.base_day),
        code=item.code or item.class_title,
        record=f"记录 {item.record_id}",
        term=term_in_words(item.term),
        kept_until=item.eligible_on - timedelta(days=1),
        held=elapsed(item.base_day, item.done_on or on),
        base_day=item.base_day,
        size=in_bytes(item.size),
        note=_note(item, of),
        digest=item.digest,
    )


def _note(item: Item, of: DisposalList) -> str:
    """What became of an item, for the column 备注."""
    if item.outcome is not None:
        return f"已销毁 {item.done_on}" if item.outcome is not Outcome.UNOBSERVED else f"已不在 {item.done_on}"
    refused = {one.record_id: one.reason for one in of.approval.refused} if of.approval else {}
    if item.record_id in refused:
        return f"不销毁：审批剔除，{refused[item.record_id]}"
    if item.left_by:
        return f"不销毁：{_left(item)}"
    if item.decision is Wish.DESTROY:
        return "拟销毁"
    return "不销毁：未提出意见" if item.opinion is None else f"不销毁：{_WISHES[item.opinion.wish]}"


def _left(item: Item) -> str:
    if not item.left_by:
        return ""
    words = _LEFT.get(item.left_by, "退出清册")
    return f"{words}（{item.reason}）" if item.reason else words


def _seen(item: Item) -> Context:
    """What was observed of an item, word for word as much as was (D7)."""
    result = _OUTCOMES[item.outcome] if item.outcome else _left(item) or _under_way(item)
    return {
        "row": item.row,
        "title": item.title,
        "number": number_of(item.code, item.record_id),
        "digest": item.digest,
        "result": result,
        "on": item.done_on or item.left_on,
        "copies": "\n".join(item.copies),
    }


def _under_way(item: Item) -> str:
    return "已移入隔离区，尚未移除" if item.quarantined_on else "尚未执行"


def _not_destroyed(items: Collection[Item]) -> str:
    rows = [str(item.row) for item in items if item.decision is not Wish.DESTROY or item.left_by]
    return f"{len(rows)} 件：序号 {some(rows, 30)}，理由见备注" if rows else "无"


def _tally(items: Collection[Item]) -> str:
    counts, left = _counts(items), sum(bool(item.left_by) for item in items)
    text = f"共 {counts['total']} 件：拟销毁 {counts['destroy']} 件，续存 {counts['keep']} 件，"
    text += f"转永久 {counts['permanent']} 件，未提意见 {counts['none']} 件"
    return text + (f"；其中 {left} 件已退出清册。" if left else "。")


def _outcomes(items: Collection[Item]) -> str:
    found = Counter(item.outcome for item in items if item.outcome)
    left = len(items) - sum(found.values())
    told = [f"{words} {found[outcome]} 件" for outcome, words in _OUTCOMES.items() if found[outcome]]
    return "；".join([*told, *([f"没有移除 {left} 件"] if left else [])] or ["没有应销毁的文件"]) + "。"


def _copies(of: DisposalList) -> str:
    """The copies known to remain, by name as far as there is room (D11)."""
    known = [f"{path}（序号 {item.row}）" for item in of.destroyed for path in item.copies]
    if not known:
        return "移除时，账本所知各处没有发现相同内容的其他副本；未登记的介质、邮件、个人电脑未经核对。"
    return f"移除时仍知 {len(known)} 处副本，未随之销毁（逐件列于下表）：{some(known, 5, '处')}。未登记的介质未经核对。"


def _backups(until: date | None) -> str:
    if until is None:
        return "备份的失效日期没有登记；在备份失效之前，内容可能仍可从备份中取得。"
    return f"备份于 {day_in_words(until)} 失效；在此之前，内容可能仍可从备份中取得。"
