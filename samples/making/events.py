"""What was reported and done in the two months: repairs, complaints, paid services, visits."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from samples.making import phrases
from samples.making.centre import (
    CLERKS,
    MANAGER,
    REPAIR_LIMITS,
    SUPERVISORS,
    WORKERS,
    block_shape,
    flat,
)
from samples.making.dice import Dice
from samples.making.moments import at, daytime, end_of, minutes, start_of
from samples.making.occupancy import Month, Rows, cents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Owners: TypeAlias = "Mapping[str, tuple[str, str]]"


# --- repairs --------------------------------------------------------------------------------------------------

_COUNTS = {8: 26, 9: 283, 10: 304}
_FATES = {  # finished late, waiting at the month's end, of these overdue, cancelled, done again
    8: (0, 5, 0, 0, 0),
    9: (8, 6, 1, 5, 3),
    10: (3, 7, 1, 6, 2),
}
_FIRST_NUMBER = {8: 268, 9: 1, 10: 1}
_CHANNELS = {"电话": 46, "前台": 17, "APP/微信": 29, "员工代报": 8}
_OF_PARTS = ("门窗五金", "弱电/对讲/门禁", "强电/供电", "消防")
_URGENT_WORDS = ("爆裂", "停电", "门外", "漫出", "积水", "坠落", "打火", "焦味", "停在", "污水")
_SLOW = {"土建/渗漏": (26, 140), "弱电/对讲/门禁": (2, 40), "门窗五金": (1, 34), "公共照明": (1, 19), "消防": (1, 16)}


def repairs(rooms: Sequence[str], owners: Owners) -> Rows:
    """Every repair from the end of August to the end of October, with its true times, late futures included."""
    found: Rows = []
    for number in (8, 9, 10):
        found += _repairs_of(Month(number), rooms, owners)
    return found


def repairs_register(every: Rows, month: Month) -> Rows:
    """What the register of a month shows when it is closed: received in it, or carried over into it."""
    end, rows = end_of(month), []
    for row in every:
        done = row["finished"]
        carried = row["received"] < start_of(month)
        if row["received"] > end or (carried and (row["status"] == "取消" or done < start_of(month))):
            continue
        rows.append(_closed_repair(row, end) if done is None or done <= end else _open_repair(row, end))
    return [{"seq": n, **row} for n, row in enumerate(rows, 1)]


def _closed_repair(row: dict[str, Any], end: datetime) -> dict[str, Any]:
    late = row["revisited"] is not None and row["revisited"] > end
    return row | {"revisited": None, "revisit_result": None} if late else row


def _open_repair(row: dict[str, Any], end: datetime) -> dict[str, Any]:
    blank = dict.fromkeys(("finished", "fee", "accepted_by", "revisited", "revisit_result"))
    blank |= dict.fromkeys(("material", "material_spec", "material_quantity", "material_price"))
    not_yet = {key: None for key in ("dispatched", "arrived") if row[key] and row[key] > end}
    remark = row["remark"] or ("当晚受理，次日安排" if row["received"].date() == end.date() else "已派工，正在处理")
    return row | blank | not_yet | {"status": "未完成", "remark": remark}


def _repairs_of(month: Month, rooms: Sequence[str], owners: Owners) -> Rows:
    dice = Dice(f"repairs {month.text}")
    times = sorted(_reception(dice, month) for _ in range(_COUNTS[month.number]))
    rows = []
    for n, received in enumerate(times):
        category = dice.weighted(phrases.REPAIR_WEIGHTS)
        number = f"WX26{month.number:02d}{_FIRST_NUMBER[month.number] + n:03d}"
        rows.append(_repair(dice, number, received, category, rooms, owners))
    _decide_fates(dice, month, rows)
    return rows


def _reception(dice: Dice, month: Month) -> datetime:
    first = 24 if month.number == 8 else 1
    hour = dice.weighted(
        {7: 3, 8: 14, 9: 16, 10: 12, 11: 9, 12: 4, 13: 5, 14: 9, 15: 9, 16: 8, 17: 7, 18: 8, 19: 8, 20: 5, 21: 2}
    )
    return at(month.day(dice.between(first, month.last.day)), hour, dice.between(0, 59))


def _repair(
    dice: Dice, number: str, received: datetime, category: str, rooms: Sequence[str], owners: Owners
) -> dict[str, Any]:
    job = dice.pick(phrases.REPAIRS[category])
    room = dice.pick(rooms)
    place = _place(dice, job.at) if job.at else room
    text = job.text.format(
        wet=dice.pick(phrases.WET_ROOMS),
        dry=dice.pick(phrases.DRY_ROOMS),
        floor=dice.between(2, 18),
        block=dice.between(1, 42),
    )
    urgent = category == "电梯" or any(word in text for word in _URGENT_WORDS)
    dispatched = received + minutes(dice.between(2, 8) if urgent else dice.between(4, 28))
    arrived, finished = _work_times(dice, category, dispatched, urgent=urgent)
    owner, phone = owners[room]
    row = {
        "order_no": number,
        "received": received,
        "reporter": _reporter(dice, owner, public=bool(job.at)),
        "room": place,
        "phone": None if job.at else phone,
        "channel": dice.pick(("巡检发现", "巡检发现", "员工代报", "电话")) if job.at else dice.weighted(_CHANNELS),
        "category": category,
        "content": text,
        "urgency": "紧急" if urgent else "计划性" if category == "土建/渗漏" and dice.chance(0.3) else "一般",
        "dispatched": dispatched,
        "worker": "电梯维保" if category == "电梯" else dice.pick(WORKERS),
        "arrived": arrived,
        "finished": finished,
        **_material(job),
        "status": "完成",
        "accepted_by": "罗铁成" if job.at else owner,
        "remark": None,
    }
    return row | _revisit(dice, row)


def _place(dice: Dice, places: str) -> str:
    place = dice.pick(places.split("|"))
    block = dice.between(29, 42) if "{tower}" in place else dice.between(1, 42)
    units, floors = block_shape(block)
    return place.format(
        block=block, tower=block, unit=dice.between(1, units), floor=dice.between(2, floors), zone=dice.between(1, 4)
    )


def _reporter(dice: Dice, owner: str, *, public: bool) -> str:
    if public:
        return dice.pick((*WORKERS, "贺强", "邹志勇", "段军", "龙玉兰", "邵秀英"))
    return owner if dice.chance(0.72) else owner[0] + dice.pick(("女士", "先生", "阿姨", "师傅"))


def _work_times(dice: Dice, category: str, dispatched: datetime, *, urgent: bool) -> tuple[datetime, datetime]:
    if category in _SLOW and not urgent:
        low, high = _SLOW[category]
        arrived = daytime(dispatched + minutes(dice.between(40, 60 * max(2, low))))
        finished = daytime(arrived + minutes(30 + 60 * (high - low) * 0.6 * dice.share() ** 2))
    else:
        arrived = dispatched + minutes(dice.between(6, 35) if urgent else dice.between(20, 170))
        if not urgent and arrived.hour >= 21 and REPAIR_LIMITS.get(category, 24) >= 24:
            arrived = daytime(arrived)
        finished = arrived + minutes(dice.between(20, 95))
    return arrived, finished


def _material(job: phrases.Job) -> dict[str, Any]:
    blank = dict.fromkeys(("material", "material_spec", "material_quantity", "material_price"))
    used: dict[str, Any] = blank
    cost = Decimal(0)
    if job.material is not None:
        name, spec, price = job.material
        many = {
            "密封胶条": 8,
            "透水砖": 12,
            "LED灯管": 4,
            "不锈钢合页": 2,
            "阻尼铰链": 2,
            "LED球泡": 2,
            "不锈钢螺栓": 4,
        }.get(name, 1)
        used = {"material": name, "material_spec": spec, "material_quantity": many, "material_price": Decimal(price)}
        cost = many * Decimal(price)
    paid = not job.at and (job.labour > 0 or cost > 0)
    fee = cents(cost + job.labour) if paid else None
    return {**used, "charge": "有偿" if paid else "无偿", "fee": fee}


def _revisit(dice: Dice, row: dict[str, Any]) -> dict[str, Any]:
    if row["phone"] is None or not dice.chance(0.74):
        return {"revisited": None, "revisit_result": None}
    day = row["finished"].date() + timedelta(days=dice.between(1, 2))
    result = dice.weighted({"满意": 88, "基本满意": 8, "不满意": 1, "未联系上": 3})
    return {"revisited": at(day, dice.between(9, 17), dice.between(0, 59)), "revisit_result": result}


def _decide_fates(dice: Dice, month: Month, rows: Rows) -> None:
    late, waiting, overdue, cancelled, again = _FATES[month.number]
    early = [row for row in rows if row["received"].day <= 22 and row["category"] in REPAIR_LIMITS]
    chosen = iter(dice.shuffled(row for row in early if row["category"] not in ("电梯", "土建/渗漏")))
    for _ in range(late):
        _finish_late(dice, next(chosen))
    for _ in range(overdue):
        _wait(dice, month, next(row for row in chosen if row["category"] in _OF_PARTS))
    for _ in range(again):
        next(chosen).update(status="返修", remark=dice.pick(phrases.REWORK))
    for _ in range(cancelled):
        _cancel(dice, next(chosen))
    recent = [row for row in rows if row["received"].day >= 25 and row["category"] in ("土建/渗漏", "其他")]
    for row in dice.some([row for row in recent if _deadline(row) > end_of(month)], waiting - overdue):
        _wait(dice, month, row)
        row["finished"] = min(row["finished"], _deadline(row) - minutes(dice.between(20, 200)))
        row.update(_revisit(dice, row))


def _finish_late(dice: Dice, row: dict[str, Any]) -> None:
    limit = REPAIR_LIMITS[row["category"]]
    row["finished"] = daytime(row["received"] + minutes(60 * limit * (1.15 + dice.share())) + timedelta(hours=1))
    row["remark"] = dice.pick(phrases.LATE.get(row["category"], phrases.LATE[""]))
    row.update(_revisit(dice, row))


def _deadline(row: dict[str, Any]) -> datetime:
    limit: datetime = row["received"] + timedelta(hours=REPAIR_LIMITS.get(row["category"], 999))
    return limit


def _wait(dice: Dice, month: Month, row: dict[str, Any]) -> None:
    row["finished"] = at(month.next.day(dice.between(2, 9)), dice.between(9, 17), dice.between(0, 59))
    public = row["category"] == "土建/渗漏" and row["phone"] is None
    row["remark"] = dice.pick(phrases.WAITING.get("公共" if public else row["category"], phrases.WAITING[""]))
    row.update(_revisit(dice, row))


def _cancel(dice: Dice, row: dict[str, Any]) -> None:
    row.update(dict.fromkeys(("finished", "fee", "accepted_by", "revisited", "revisit_result", "arrived")))
    row.update(dict.fromkeys(("material", "material_spec", "material_quantity", "material_price")))
    row.update(status="取消", remark=dice.pick(phrases.CANCELLED), charge="无偿")


# --- complaints -----------------------------------------------------------------------------------------------

_COMPLAINTS = {8: 2, 9: 18, 10: 21}
_SLOW_REPLIES = {8: 0, 9: 2, 10: 0}


def complaints(rooms: Sequence[str], owners: Owners) -> Rows:
    """Every complaint from August to October, with the day it was really closed."""
    dice = Dice("complaints")
    old = [one for one in phrases.COMPLAINTS if one.category == "房屋质量/开发遗留"]
    rest = dice.shuffled(one for one in phrases.COMPLAINTS if one not in old)
    texts = {8: old[:2], 9: [*rest[:17], old[2]], 10: [*rest[17:37], old[3]]}
    found: Rows = []
    for number, count in _COMPLAINTS.items():
        month = Month(number)
        times = sorted(_reception(dice, month) for _ in range(count))
        slow = set(dice.some(range(count), _SLOW_REPLIES[number]))
        chosen = dice.shuffled(texts[number])
        found += [
            _complaint(dice, f"TS26{number:02d}{n + 1:03d}", received, chosen[n], rooms, owners, slow=n in slow)
            for n, received in enumerate(times)
        ]
    return found


def _complaint(
    dice: Dice,
    number: str,
    received: datetime,
    one: phrases.Complaint,
    rooms: Sequence[str],
    owners: Owners,
    *,
    slow: bool,
) -> dict[str, Any]:
    room = dice.pick([room for room in rooms if flat(room).block >= 29] if "{tower}" in one.content else rooms)
    words = {
        "room": room,
        "block": flat(room).block,
        "tower": flat(room).block,
        "unit": flat(room).unit,
        "zone": dice.between(1, 4),
    }
    transferred = received + minutes(dice.between(5, 20))
    hours = 24 + dice.between(2, 9) if slow else 0.4 + 15 * dice.share() ** 2
    replied = received + minutes(60 * hours)
    if one.category == "房屋质量/开发遗留":
        closed = daytime(replied + timedelta(days=dice.between(22, 48)))
    else:
        closed = daytime(replied + minutes(60 * dice.between(2, 76)))
    revisited = at(closed.date() + timedelta(days=dice.between(1, 3)), dice.between(9, 17), dice.between(0, 59))
    owner, phone = owners[room]
    return {
        "complaint_no": number,
        "received": received,
        "complainant": owner,
        "room": room,
        "phone": phone,
        "channel": dice.weighted({"电话": 9, "前台": 5, "APP/微信": 6, "来访": 3, "12345热线": 1}),
        "category": one.category,
        "content": one.content.format(**words),
        "department": one.department,
        "transferred": transferred,
        "replied": replied,
        "handling": one.handling.format(**words),
        "closed": closed,
        "valid": "有效" if one.valid else "无效",
        "satisfied": dice.weighted({"满意": 11, "基本满意": 6, "不满意": 1}),
        "revisited": revisited,
        "revisitor": dice.pick(CLERKS),
        "status": "已关闭",
    }


def complaints_register(every: Rows, month: Month) -> Rows:
    """What the register of a month shows when it is closed: received in it, or carried over into it."""
    end = end_of(month)
    rows: Rows = []
    for row in every:
        if row["received"] > end or row["closed"] < start_of(month):
            continue
        shown = dict(row)
        if row["closed"] > end:
            shown |= dict.fromkeys(("closed", "satisfied", "revisited", "revisitor")) | {"status": "处理中"}
        elif row["revisited"] > end:
            shown |= dict.fromkeys(("satisfied", "revisited", "revisitor"))
        rows.append({"seq": len(rows) + 1, **shown})
    return rows


# --- paid services, visits ------------------------------------------------------------------------------------


def services(month: Month, rooms: Sequence[str], owners: Owners) -> Rows:
    """The paid services of a month, in the order of their days."""
    dice = Dice(f"services {month.text}")
    days = sorted(month.day(dice.between(1, 30)) for _ in range(58 if month.number == 9 else 64))
    return [_service(dice, n, day, rooms, owners, month) for n, day in enumerate(days, 1)]


def _service(dice: Dice, number: int, day: date, rooms: Sequence[str], owners: Owners, month: Month) -> dict[str, Any]:
    item, unit, price, quantities, material = dice.pick(phrases.SERVICES)
    room, quantity = dice.pick(rooms), Decimal(dice.pick(quantities))
    cleaning = item in ("家庭保洁", "擦玻璃", "地板打蜡", "油烟机清洗", "绿植养护")
    return {
        "seq": number,
        "served": day,
        "room": room,
        "owner": owners[room][0],
        "item": item,
        "quantity": quantity,
        "unit": unit,
        "price": Decimal(price),
        "amount": cents(quantity * Decimal(price)),
        "material_fee": Decimal(material) if material else None,
        "worker": dice.pick(("龙玉兰", "邵秀英", "孟春梅", "常根生") if cleaning else WORKERS),
        "finished": at(day, dice.between(9, 18), dice.pick((0, 10, 20, 30, 40, 50))),
        "payment": dice.weighted({"微信": 30, "支付宝": 12, "现金": 12, "POS": 4, "转账": 2}),
        "receipt_no": f"{(34108 if month.number == 9 else 34166) + number:07d}",
        "satisfied": dice.weighted({"满意": 16, "基本满意": 3, "未评价": 2}),
    }


VISITORS = ((MANAGER, "经理"), *((name, "主管") for name in SUPERVISORS.values()), *((name, "客服") for name in CLERKS))


def visits(month: Month, rooms: Sequence[str], owners: Owners) -> Rows:
    """The visits of a month: five households or more each; in October one clerk reached only four at home."""
    dice = Dice(f"visits {month.text}")
    talks = iter(dice.shuffled(phrases.TALKS) + dice.shuffled(phrases.TALKS))
    free = iter(dice.shuffled(rooms))
    rows: Rows = []
    for name, position in VISITORS:
        short = month.number == 10 and name == CLERKS[2]
        homes = [next(free) for _ in range(4 if short else dice.between(5, 7))]
        plan = [(room, "上门") for room in homes] + ([(homes[0], "上门"), (next(free), "电话")] if short else [])
        rows += [_visit(dice, month, name, position, room, method, next(talks), owners) for room, method in plan]
    return sorted(rows, key=lambda row: (row["visited"], row["visitor"]))


def _visit(
    dice: Dice, month: Month, name: str, position: str, room: str, method: str, talk: phrases.Talk, owners: Owners
) -> dict[str, Any]:
    visited = at(
        month.day(dice.between(8 if month.number == 10 else 2, 29)),
        dice.pick((9, 10, 14, 15, 16, 18, 19)),
        dice.pick((0, 10, 20, 30, 40)),
    )
    deadline = visited.date() + timedelta(days=dice.between(5, 16)) if talk.measure else None
    done = deadline is not None and deadline <= month.last
    return {
        "visited": visited,
        "visitor": name,
        "position": position,
        "appointed": method == "上门",
        "appointed_at": visited - timedelta(hours=dice.between(3, 40)) if method == "上门" else None,
        "room": room,
        "owner": owners[room][0],
        "phone": owners[room][1],
        "method": method,
        "kind": "维修回访" if talk.content.startswith("回访") else "专项走访" if "走访" in talk.content else "定期走访",
        "content": talk.content,
        "opinion": talk.opinion,
        "category": talk.category or None,
        "department": talk.department or None,
        "measure": talk.measure or None,
        "deadline": deadline,
        "result": ("已完成" if done else "处理中") if talk.measure else "无需整改",
        "signature": owners[room][0] if method == "上门" else None,
    }
