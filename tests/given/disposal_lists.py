"""Disposal lists for the tests of papers and of the round trip: as values, and as a history in a real ledger."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from foundation.period import Period
from office.disposal.papers import Around, Proof
from office.disposal.proof_code import PaperCode
from office.office import Office
from office.starting import create_office
from retention.acts import accounts
from retention.ledger import chain, checkpoints
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules import disposal_lists as lists
from retention.rules import events
from retention.rules.model import (
    Approval,
    DisposalList,
    Hold,
    Item,
    ListState,
    Opinion,
    Outcome,
    Policy,
    Record,
    Refused,
    State,
    Wish,
    Witnessing,
)
from retention.rules.people import Actor, Person, Role
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
AT = datetime(2026, 11, 23, 8, 5, tzinfo=UTC)
CODE, TITLE = "QG-FW-01-01", "物业管理月度工作报告"
LONG = "2021年第三季度公共区域消防设施设备月度巡查维护保养及整改完成情况汇总（含地下车库、屋面、电梯机房）终稿签字版"
THREE, TWO = Term(TermKind.FIXED, "3年", 36), Term(TermKind.FIXED, "2年", 24)
REASON = "合同纠纷尚在诉讼时效内，须留存备查"
DIGEST = sha256(b"list").hexdigest()

PEOPLE = (
    Person("tan.xw", "谭晓雯", frozenset({Role.ARCHIVIST})),
    Person("peng.jh", "彭佳慧", frozenset({Role.DEPARTMENT}), "客户服务部"),
    Person("xue.jh", "薛景行", frozenset({Role.APPROVER})),
    Person("lei.zh", "雷振华", frozenset({Role.WITNESS})),
    Person("luo.tc", "罗铁成", frozenset({Role.WITNESS})),
)
AROUND = Around("云汐苑服务中心", "汐岚物业服务有限公司", "云汐苑", "A/0", {one.name: one.full_name for one in PEOPLE})


# --- as values --------------------------------------------------------------------------------------------------


def opinion(number: int, wish: Wish) -> Opinion:
    kept = wish is not Wish.DESTROY
    return Opinion(
        str(100 + number),
        wish,
        "peng.jh",
        date(2026, 11, 1),
        REASON if kept else "",
        TWO if wish is Wish.KEEP else None,
    )


def item(number: int, wish: Wish | None = Wish.DESTROY, **more: Any) -> Item:
    """Every third one has a title of 60 characters; the paths are as long as they are on shares."""
    month = number % 12 + 1
    title = f"{LONG}（{number}）" if number % 3 == 0 else f"{TITLE} 2021年{month}月"
    first = date(2021, month, 1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    made = Item(
        record_id=str(100 + number),
        row=number,
        title=title,
        share="归档",
        path=f"2021年/{month}月/客户服务部/已签/{title}.docx",
        digest=sha256(str(number).encode()).hexdigest(),
        size=12_345 * number,
        class_key=CODE,
        class_title=TITLE,
        code=CODE,
        period=Period(first, last),
        department="客户服务部",
        base_day=last,
        term=THREE,
        schedule=1,
        eligible_on=date(2025, 1, 1),
        opinion=opinion(number, wish) if wish else None,
    )
    return replace(made, **more)


def draft(count: int, wish: Wish | None = None) -> DisposalList:
    """A list that may still be mended."""
    items = tuple(item(number, wish) for number in range(1, count + 1))
    return DisposalList("77", "2026-003", ListState.DRAFT, Policy(), "tan.xw", date(2026, 11, 1), "到期", items)


def submitted(count: int, wish: Wish = Wish.DESTROY) -> DisposalList:
    made = draft(count, wish)
    return replace(
        made,
        state=ListState.SUBMITTED,
        frozen=tuple(each.record_id for each in made.items),
        digest=DIGEST,
        submitted_by="tan.xw",
        submitted_on=date(2026, 11, 3),
    )


def executed(count: int, witnesses: int = 2) -> DisposalList:
    """A list of which most is gone; from six items on some were kept longer, struck out, or aborted."""
    made = submitted(count)
    items = tuple(_fate(each, count) for each in made.items)
    refused = tuple(Refused(each.record_id, "涉诉") for each in items if each.left_by == "record.unlisted")
    signed = (
        Witnessing("lei.zh", date(2026, 11, 21), "全程在场，清点无误"),
        Witnessing("luo.tc", date(2026, 11, 21), "在场"),
    )[:witnesses]
    return replace(
        made,
        state=ListState.WITNESSED if witnesses == 2 else ListState.EXECUTED,
        items=items,
        approval=Approval("xue.jh", date(2026, 11, 5), DIGEST, date(2026, 11, 12), date(2026, 12, 5), refused),
        method="覆写删除",
        place="行政人事部办公室",
        executors=("tan.xw",),
        begun_on=date(2026, 11, 13),
        executed_on=date(2026, 11, 20),
        witnesses=signed,
    )


def _fate(each: Item, count: int) -> Item:
    number = each.row
    if count > 5 and number % 7 == 0:
        kept = opinion(number, Wish.KEEP)
        return replace(each, opinion=kept, left_by="record.extended", left_on=date(2026, 11, 5), reason=kept.reason)
    if count > 5 and number % 11 == 0:
        return replace(each, left_by="record.unlisted", left_on=date(2026, 11, 5), reason="涉诉")
    if count > 5 and number % 13 == 0:
        reason = "文件内容与批准的不同"
        return replace(each, state=State.APPROVED, left_by="destroy.aborted", left_on=date(2026, 11, 15), reason=reason)
    copies = (f"归档/备份/旧/副本 {number}.docx",) if number % 10 == 1 else ()
    return replace(each, state=State.CLOSED, outcome=Outcome.REMOVED, done_on=date(2026, 11, 20), copies=copies)


def proof(of: DisposalList) -> Proof:
    head = chain.Head(512, sha256(b"head").digest())
    return Proof(PaperCode(checkpoints.sign(head, AT, KEY), of.number, of.digest or ""), 77, 511)


def held(count: int) -> tuple[Hold, list[Record]]:
    """A hold and the records it covers."""
    placed = Hold("12", "业主诉讼：3栋电梯困人赔偿纠纷，法院已立案", Actor("xue.jh"), date(2026, 11, 4))
    covered = [item(number) for number in range(1, count + 1)]
    records = [
        Record(each.record_id, each.share, each.path, each.digest, each.size, date(2022, 1, 5), CODE, each.period)
        for each in covered
    ]
    return placed, records


# --- in a ledger ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Archive:
    """An office with a ledger, accounts, and one disposal list that went as far as was asked for."""

    office: Office
    ledger: Ledger
    number: str = ""

    def list(self) -> DisposalList:
        with self.ledger.read() as view:
            found = view.disposal_list(self.number)
        assert found is not None
        return found


def stamp(who: str, day: int = 0) -> Stamp:
    """What a person does, so many days after 23 November 2026."""
    at = AT + timedelta(days=day)
    return Stamp(at, at.date(), Actor(who))


SERVICE = Stamp(AT, AT.date(), Actor("guidang", "0.1.0"))


@contextmanager
def archive(folder: Path, target: str) -> Iterator[Archive]:
    """An office in ``folder`` whose ledger lies at ``target``, with its persons and a schedule of one class."""
    create_office(folder, name=AROUND.name)
    settings = folder / "guidang.toml"
    settings.write_text(f'database = "{target}"\n' + settings.read_text(encoding="utf-8"), encoding="utf-8")
    with Ledger.open(target) as ledger:
        _peopled(ledger)
        yield Archive(Office.load(folder), ledger)


def _peopled(ledger: Ledger) -> None:
    for person in (Person("admin", "管理员", frozenset({Role.ADMINISTRATOR})), *PEOPLE):
        by = SERVICE if person.name == "admin" else Stamp(AT, AT.date(), Actor("admin"))
        accounts.add(ledger, by, person)
    version = ScheduleVersion("a" * 64, (RecordClass(CODE, TITLE, CODE, Rule(THREE)),))
    ledger.append([Draft("schedule", events.ScheduleAdopted(1, version))], stamp("tan.xw"))


def drafted(made: Archive, count: int) -> Archive:
    """So many records filed and put on a list by hand: what `disposal draft` writes, without its guards."""
    filings = [_filed(item(number)) for number in range(1, count + 1)]
    ids = [entry.event.subject for entry in made.ledger.append(filings, SERVICE)]
    with made.ledger.read() as view:
        list_id = str(view.head.seq + 1)
    rows = [
        events.Listed(list_id, each.eligible_on, 1, each.row, TITLE, each.base_day, THREE, CODE)
        for each in map(item, range(1, count + 1))
    ]
    begun = Draft(list_id, events.ListDrafted("2026-001", Policy(), "到期"))
    made.ledger.append([begun, *(map(Draft, ids, rows))], stamp("tan.xw"))
    return replace(made, number="2026-001")


def _filed(each: Item) -> Draft:
    filed = events.Filed(
        each.share, each.path, each.digest, each.size, CODE, each.period, None, each.department, ("name",)
    )
    return Draft("", filed)


def carried_out(made: Archive, count: int, *, keep: int = 0) -> Archive:
    """A list drafted, appraised, frozen, approved and executed; the last ``keep`` of its items are kept longer."""
    made = drafted(made, count)
    found, write = made.list(), made.ledger.append
    kept = {each.record_id for each in found.items[count - keep :]}
    said = [
        events.Appraised(found.id, Wish.KEEP, REASON, TWO)
        if each.record_id in kept
        else events.Appraised(found.id, Wish.DESTROY)
        for each in found.items
    ]
    write([Draft(each.record_id, one) for each, one in zip(found.items, said, strict=True)], stamp("peng.jh"))
    found = made.list()
    digest = lists.digest_of(found.items)
    frozen = tuple(each.record_id for each in found.items)
    write([Draft(found.id, events.ListSubmitted(digest, frozen))], stamp("tan.xw", 1))
    days = (date(2026, 12, 2), date(2026, 12, 25))
    going = [each for each in found.items if each.record_id not in kept]
    write(
        [
            Draft(found.id, events.ListApproved(digest, *days)),
            *(Draft(each.record_id, events.Approved(found.id, each.digest)) for each in going),
            *(Draft(record_id, events.Extended(TWO, REASON)) for record_id in sorted(kept)),
        ],
        stamp("xue.jh", 2),
    )
    write([Draft(found.id, events.ListExecuting("覆写删除", "行政人事部办公室"))], stamp("tan.xw", 10))
    for each in going:
        path = f".guidang-quarantine/{each.record_id}.1"
        write(
            [
                Draft(each.record_id, events.DestroyIntended(found.id, each.digest, 1)),
                Draft(each.record_id, events.Quarantined(1, each.digest, path)),
                Draft(each.record_id, events.UnlinkIntended(1, each.digest)),
                Draft(each.record_id, events.Destroyed(Outcome.REMOVED, 1)),
            ],
            stamp("tan.xw", 18),
        )
    write([Draft(found.id, events.ListExecuted(len(going)))], stamp("tan.xw", 18))
    return made


def witnessed(made: Archive) -> Archive:
    """The second and the first witness sign, and the list is closed."""
    found = made.list()
    made.ledger.append([Draft(found.id, events.ListWitnessed("全程在场"))], stamp("lei.zh", 19))
    closing = [Draft(each.record_id, events.Closed()) for each in found.destroyed]
    made.ledger.append([Draft(found.id, events.ListWitnessed("清点无误")), *closing], stamp("luo.tc", 19))
    return made
