"""What was reported, done and counted in the two months: repairs, complaints, visits, energy, incidents, training."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from samples import phrases
from samples.centre import (
    CLEAN,
    CLERKS,
    FRONT,
    GUARD,
    MANAGER,
    REPAIR_LIMITS,
    SUPERVISORS,
    WORKERS,
    WORKS,
    block_shape,
    flat,
    staff,
)
from samples.dice import Dice
from samples.occupancy import Month, Rows, cents

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Owners: TypeAlias = "Mapping[str, tuple[str, str]]"


def end_of(month: Month) -> datetime:
    """The last minute of a month."""
    return datetime.combine(month.last, time(23, 59))


def start_of(month: Month) -> datetime:
    """The first minute of a month."""
    return datetime.combine(month.first, time())


def _at(day: date, hour: int, minute: int) -> datetime:
    return datetime.combine(day, time(hour, minute))


def _minutes(count: float) -> timedelta:
    return timedelta(minutes=round(count))


def _daytime(moment: datetime) -> datetime:
    """The same, or the next morning where it falls in the night."""
    if moment.hour >= 21:
        return _at(moment.date() + timedelta(days=1), 8, 30 + moment.minute % 30)
    return _at(moment.date(), 8, 30 + moment.minute % 30) if moment.hour < 8 else moment


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
    return _at(month.day(dice.between(first, month.last.day)), hour, dice.between(0, 59))


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
    dispatched = received + _minutes(dice.between(2, 8) if urgent else dice.between(4, 28))
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
        arrived = _daytime(dispatched + _minutes(dice.between(40, 60 * max(2, low))))
        finished = _daytime(arrived + _minutes(30 + 60 * (high - low) * 0.6 * dice.share() ** 2))
    else:
        arrived = dispatched + _minutes(dice.between(6, 35) if urgent else dice.between(20, 170))
        if not urgent and arrived.hour >= 21 and REPAIR_LIMITS.get(category, 24) >= 24:
            arrived = _daytime(arrived)
        finished = arrived + _minutes(dice.between(20, 95))
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
    return {"revisited": _at(day, dice.between(9, 17), dice.between(0, 59)), "revisit_result": result}


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
        row["finished"] = min(row["finished"], _deadline(row) - _minutes(dice.between(20, 200)))
        row.update(_revisit(dice, row))


def _finish_late(dice: Dice, row: dict[str, Any]) -> None:
    limit = REPAIR_LIMITS[row["category"]]
    row["finished"] = _daytime(row["received"] + _minutes(60 * limit * (1.15 + dice.share())) + timedelta(hours=1))
    row["remark"] = dice.pick(phrases.LATE.get(row["category"], phrases.LATE[""]))
    row.update(_revisit(dice, row))


def _deadline(row: dict[str, Any]) -> datetime:
    limit: datetime = row["received"] + timedelta(hours=REPAIR_LIMITS.get(row["category"], 999))
    return limit


def _wait(dice: Dice, month: Month, row: dict[str, Any]) -> None:
    row["finished"] = _at(month.next.day(dice.between(2, 9)), dice.between(9, 17), dice.between(0, 59))
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
    transferred = received + _minutes(dice.between(5, 20))
    hours = 24 + dice.between(2, 9) if slow else 0.4 + 15 * dice.share() ** 2
    replied = received + _minutes(60 * hours)
    if one.category == "房屋质量/开发遗留":
        closed = _daytime(replied + timedelta(days=dice.between(22, 48)))
    else:
        closed = _daytime(replied + _minutes(60 * dice.between(2, 76)))
    revisited = _at(closed.date() + timedelta(days=dice.between(1, 3)), dice.between(9, 17), dice.between(0, 59))
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
        "finished": _at(day, dice.between(9, 18), dice.pick((0, 10, 20, 30, 40, 50))),
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
    visited = _at(
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


# --- energy ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Meter:
    """One meter: number, where, kind, factor, usual usage of a month, price, reading at the end of August."""

    number: str | None
    name: str
    kind: str
    factor: int
    usual: int
    price: str
    reading: str = "0"


METERS = (
    Meter("00317", "1#配电房公共总表（东区）", "电", 80, 15200, "0.62", "10250.4"),
    Meter("00318", "2#配电房公共总表（西区）", "电", 80, 13900, "0.62", "9841.2"),
    Meter("00321", "地下车库照明排风", "电", 40, 9600, "0.62", "15020.5"),
    Meter("00325", "二次供水泵房", "电", 30, 7400, "0.62", "8810.0"),
    *(
        Meter(f"00{331 + n}", f"{39 + n}栋电梯", "电", 20, 2900 + 110 * n, "0.62", f"{4120 + 377 * n}.5")
        for n in range(4)
    ),
    *(
        Meter(
            f"00{341 + n}", f"{29 + 2 * n}—{30 + 2 * n}栋电梯", "电", 20, 1980 + 70 * n, "0.62", f"{3050 + 211 * n}.0"
        )
        for n in range(5)
    ),
    Meter("00352", "景观照明及路灯", "电", 20, 4300, "0.62", "7702.5"),
    Meter("00355", "监控中心及道闸", "电", 1, 1150, "0.62", "22871.0"),
    Meter("00358", "物业用房", "电", 1, 2480, "0.62", "41022.0"),
    Meter("0071", "绿化取水（东区）", "水", 1, 420, "3.45", "6120"),
    Meter("0072", "绿化取水（西区）", "水", 1, 390, "3.45", "5877"),
    Meter("0074", "水景补水", "水", 1, 160, "3.45", "2033"),
    Meter("0075", "保洁用水", "水", 1, 130, "3.45", "1791"),
    Meter("0077", "物业用房及食堂用水", "水", 1, 95, "3.45", "1460"),
    Meter("0078", "消防水池补水", "水", 1, 24, "3.45", "402"),
    Meter("R-011", "食堂燃气", "气", 1, 210, "3.10", "8806"),
    Meter(None, "复印纸（包）", "纸张", 1, 20, "22.00"),
    Meter(None, "保洁易耗品（件）", "易耗品", 1, 240, "8.50"),
)
_SEASON = {9: Decimal("1.06"), 10: Decimal("0.98")}
_SAVING = {"电": (91, 98), "水": (96, 99), "气": (95, 103), "纸张": (80, 95), "易耗品": (94, 104)}
_SWAPPED = "00355"


def energy() -> dict[int, Rows]:
    """The readings of September and October. In October the meter of the monitoring centre was exchanged."""
    dice = Dice("energy")
    months: dict[int, Rows] = {9: [], 10: []}
    for meter in METERS:
        reading, last_month = Decimal(meter.reading), _usage(dice, meter, Decimal("1.12"))
        for number in (9, 10):
            usage = _usage(dice, meter, _SEASON[number])
            row = _meter_row(dice, meter, Month(number), reading, usage, last_month)
            months[number].append(row)
            reading, last_month = row["current"] or reading, usage
    return months


def _usage(dice: Dice, meter: Meter, season: Decimal) -> Decimal:
    steps = round(meter.usual * season * dice.between(96, 104) / 100 / meter.factor * (10 if meter.factor > 1 else 1))
    return Decimal(steps) * meter.factor / (10 if meter.factor > 1 else 1)


def _meter_row(
    dice: Dice, meter: Meter, month: Month, reading: Decimal, usage: Decimal, last_month: Decimal
) -> dict[str, Any]:
    low, high = _SAVING[meter.kind]
    last_year = (usage * 100 / dice.between(low, high)).quantize(Decimal(1))
    metered = meter.number is not None
    current = reading + usage / meter.factor if metered else None
    swapped = metered and meter.number == _SWAPPED and month.number == 10
    if swapped:
        current = Decimal(412)
    return {
        "meter_no": meter.number,
        "name": meter.name,
        "category": meter.kind,
        "previous": reading if metered else None,
        "current": current,
        "read_on": month.last if metered else None,
        "factor": meter.factor if metered else None,
        "usage": usage,
        "price": Decimal(meter.price),
        "amount": cents(usage * Decimal(meter.price)),
        "last_year": last_year,
        "yoy": (usage - last_year) / last_year,
        "last_month": last_month,
        "mom": (usage - last_month) / last_month,
        "remark": f"10月17日换表，旧表止数{reading + usage - 412:.0f}，新表起数0" if swapped else None,
    }


# --- incidents, training --------------------------------------------------------------------------------------


def incidents(month: Month) -> Rows:
    """The incidents of a month; October carries over one of September."""
    return list(_INCIDENTS_SHOWN[month.number])


def _incident(number: str, name: str, category: str, level: str, occurred: datetime, **more: Any) -> dict[str, Any]:
    return {
        "incident_no": number,
        "name": name,
        "category": category,
        "level": level,
        "occurred": occurred,
        "outside_help": None,
        "casualties": 0,
        "loss": Decimal(0),
        "liable": "非责任",
        "prevented": "是",
        "closed": None,
        "remark": None,
        "informed": "服务中心经理",
        **more,
    }


_OUTAGE = _incident(
    "TF2609-01",
    "西区突发停电",
    "突发停电",
    "一般",
    datetime(2026, 9, 8, 20, 17),
    place="15—28栋",
    reporter="业主来电（多户）",
    phone=None,
    receiver="前台 蒋月华",
    reported=datetime(2026, 9, 8, 20, 19),
    duty="罗铁成",
    arrived=datetime(2026, 9, 8, 20, 26),
    outside_help="供电公司",
    informed_at=datetime(2026, 9, 8, 20, 24),
    course="20:19接报，20:26到2#配电房，查为进线高压侧失压；20:31联系供电公司，启动应急照明，秩序员逐梯确认无人被困；22:05恢复供电",
    result="供电公司修复外线，停电1小时48分，无人员被困",
    cause="外部线路被施工挖断",
    department=WORKS,
    aftermath="微信群通报原因并致歉",
    prevention="与供电公司建立停电联络表，应急灯逐一检查",
    recorded=datetime(2026, 9, 9, 8, 40),
    closed=datetime(2026, 9, 10, 16, 0),
)
_THEFT_OPEN = _incident(
    "TF2609-02",
    "非机动车棚电瓶被盗",
    "盗窃",
    "一般",
    datetime(2026, 9, 22, 3, 40),
    place="3号非机动车棚",
    reporter="业主黎先生",
    phone="16120443317",
    receiver="监控中心 石磊",
    reported=datetime(2026, 9, 22, 7, 12),
    duty="雷振华",
    arrived=datetime(2026, 9, 22, 7, 18),
    outside_help="110",
    informed_at=datetime(2026, 9, 22, 7, 30),
    course="07:12业主报电瓶丢失，07:18到场保护现场，07:35报警，回看录像见03:40一男子翻北侧围墙进入，08:20移交录像",
    result="公安已立案，等待侦破结果",
    loss=Decimal(860),
    cause="北侧围墙红外对射被树枝遮挡失效",
    liable="待定",
    department=GUARD,
    aftermath="上门安抚业主，协助办理报案回执",
    prevention="修剪树枝恢复红外对射，夜间增加巡逻一次",
    prevented="否",
    recorded=datetime(2026, 9, 22, 10, 30),
    remark="录像截取03:35—03:52，已交派出所",
)
_THEFT_CLOSED = _THEFT_OPEN | {
    "result": "公安抓获嫌疑人，电瓶追回发还业主",
    "liable": "非责任",
    "closed": datetime(2026, 10, 14, 15, 30),
    "remark": "出警回执、发还清单附后",
}
_TRAPPED = _incident(
    "TF2610-01",
    "41栋2单元电梯困人",
    "电梯困人",
    "一般",
    datetime(2026, 10, 18, 19, 42),
    place="41栋2单元电梯",
    reporter="业主顾女士",
    phone="16377205519",
    receiver="监控中心 易林",
    reported=datetime(2026, 10, 18, 19, 44),
    duty="雷振华",
    arrived=datetime(2026, 10, 18, 19, 49),
    outside_help="电梯维保",
    informed_at=datetime(2026, 10, 18, 19, 52),
    course="19:44监控中心接困梯报警，19:49秩序员到场安抚，19:47通知维保，20:08维保到场盘车，20:13两名业主平安放出",
    result="被困2人无受伤，电梯停用检修，次日10:20恢复",
    cause="门机皮带松动，关门不到位",
    department=WORKS,
    aftermath="次日客服上门致歉慰问",
    prevention="要求维保单位对4栋高层门机逐台检查并出具报告",
    recorded=datetime(2026, 10, 19, 9, 10),
    closed=datetime(2026, 10, 20, 17, 0),
    remark="维保放人记录、照片附后",
)
_FLOOD = _incident(
    "TF2610-02",
    "12栋1单元管井跑水",
    "水浸/跑水",
    "一般",
    datetime(2026, 10, 24, 2, 15),
    place="12栋1单元3层水管井",
    reporter="巡逻 段军",
    phone=None,
    receiver="监控中心 石磊",
    reported=datetime(2026, 10, 24, 2, 17),
    duty="任海涛",
    arrived=datetime(2026, 10, 24, 2, 24),
    informed_at=datetime(2026, 10, 24, 2, 30),
    course="02:17巡逻发现楼道流水，02:24维修工到场关闭立管总阀，02:40沙袋围堵电梯厅，03:30积水清扫完毕，06:50更换阀门恢复供水",
    result="3层走道进水约20平方米，1户门口地垫受潮，未入户",
    loss=Decimal(320),
    cause="表前阀阀体老化开裂",
    department=WORKS,
    aftermath="赔付地垫，业主签收",
    prevention="对1—14栋同批次阀门排查，列入11月维修计划",
    recorded=datetime(2026, 10, 24, 9, 0),
    closed=datetime(2026, 10, 27, 11, 0),
)
_DROPPED = _incident(
    "TF2610-03",
    "35栋高空坠物砸损车辆",
    "高空坠物",
    "一般",
    datetime(2026, 10, 29, 13, 5),
    place="35栋南侧车位D-118",
    reporter="业主郑先生",
    phone="16044518820",
    receiver="前台 谭晓雯",
    reported=datetime(2026, 10, 29, 13, 10),
    duty="雷振华",
    arrived=datetime(2026, 10, 29, 13, 16),
    outside_help="110、保险",
    informed_at=datetime(2026, 10, 29, 13, 25),
    course="13:10接报，13:16到场拉警戒线，拍照取证，调取两个仰拍摄像头录像，13:40民警到场，14:10通知保险公司查勘",
    result="前挡风玻璃破裂，录像已交派出所，待确认坠物来源",
    loss=Decimal(2400),
    cause="疑为阳台花盆坠落",
    liable="待定",
    department=GUARD,
    aftermath="协助车主联系保险理赔",
    prevention="逐户发放禁止高空抛物告知书，清查外窗台花盆",
    prevented="否",
    recorded=datetime(2026, 10, 29, 17, 20),
    remark="出警回执附后",
)
_INCIDENTS_SHOWN = {9: (_OUTAGE, _THEFT_OPEN), 10: (_THEFT_CLOSED, _TRAPPED, _FLOOD, _DROPPED)}

_DAY_OF_TRAINING = {FRONT: 2, GUARD: 1, WORKS: 3, CLEAN: 4}  # Monday = 0
_PLACES = {FRONT: "二楼会议室", GUARD: "南门广场", WORKS: "工程部值班室", CLEAN: "保洁休息室"}


def training(month: Month) -> Rows:
    """The training of a month: one session a department and week, the pre-job ones, one for all."""
    dice = Dice(f"training {month.text}")
    rows: Rows = []
    offset = 0 if month.number == 9 else 5
    for department, weekday in _DAY_OF_TRAINING.items():
        topics = phrases.TRAINING[department]
        days = _weekdays(month, weekday)
        if month.number == 10:  # 1–7 October are holidays: short sessions for those on duty
            days = [date(2026, 10, 1 + weekday % 2), *(day for day in days if day.day > 7)]
            days += [] if any(day.isocalendar().week == 41 for day in days) else [date(2026, 10, 9)]
        missed = department == CLEAN and month.number == 9
        for n, day in enumerate(day for day in sorted(days) if not (missed and day.day in range(21, 28))):
            rows.append(_session(dice, department, day, topics[(offset + n) % len(topics)]))
    rows += [_special(*one) for one in _SPECIAL[month.number]]
    rows.sort(key=lambda row: row["held"])
    return [{"seq": n, **row} for n, row in enumerate(rows, 1)]


def _weekdays(month: Month, weekday: int) -> list[date]:
    days = calendar.Calendar().itermonthdates(2026, month.number)
    return [day for day in days if day.month == month.number and day.weekday() == weekday]


def _session(dice: Dice, department: str, day: date, topic: tuple[str, str, str]) -> dict[str, Any]:
    expected = sum(one.department == department and one.serving(day) for one in staff())
    attended = expected - dice.weighted({0: 5, 1: 4, 2: 2}) if expected > 5 else expected
    passed = attended - dice.weighted({0: 8, 1: 1})
    return {
        "topic": topic[0],
        "kind": "定期",
        "held": _at(day, dice.pick((9, 14, 15, 16)), dice.pick((0, 30))),
        "hours": Decimal(dice.pick(("1", "1.5", "2"))),
        "place": _PLACES[department],
        "lecturer": SUPERVISORS[department],
        "department": department,
        "expected": expected,
        "attended": attended,
        "summary": topic[1],
        "assessment": topic[2],
        "examined": attended,
        "passed": passed,
        "makeup": f"{attended - passed}人三日内补考" if passed < attended else None,
        "evaluation": dice.pick(("良好", "较好", "好")),
        "recorder": dice.pick(CLERKS) if department == FRONT else None,
        "confirmed_by": SUPERVISORS[department],
    }


def _special(
    topic: str,
    kind: str,
    held: datetime,
    department: str,
    lecturer: str,
    count: int,
    summary: str,
    assessment: str | None,
) -> dict[str, Any]:
    return {
        "topic": topic,
        "kind": kind,
        "held": held,
        "hours": Decimal(2),
        "place": "二楼会议室",
        "lecturer": lecturer,
        "department": department,
        "expected": count,
        "attended": count,
        "summary": summary,
        "assessment": assessment,
        "examined": count if assessment else None,
        "passed": count if assessment else None,
        "makeup": None,
        "evaluation": "良好",
        "recorder": CLERKS[0],
        "confirmed_by": MANAGER,
    }


_SPECIAL = {
    9: (
        (
            "绿化工岗前培训",
            "岗前",
            datetime(2026, 9, 15, 9, 0),
            CLEAN,
            "阎秀梅",
            1,
            "岗位职责、机具安全、药剂使用",
            "实操",
        ),
        (
            "国庆节前安全与服务动员",
            "临时",
            datetime(2026, 9, 28, 16, 0),
            "服务中心",
            MANAGER,
            27,
            "值守安排、应急联络、假期服务要求",
            None,
        ),
    ),
    10: (
        (
            "秩序维护员岗前培训",
            "岗前",
            datetime(2026, 10, 13, 9, 0),
            GUARD,
            "雷振华",
            1,
            "岗位职责、队列礼仪、消防基础、门岗流程",
            "笔试",
        ),
        (
            "电梯困人事件复盘",
            "临时",
            datetime(2026, 10, 21, 15, 0),
            "服务中心",
            MANAGER,
            22,
            "处置时间线、联动要点、改进措施",
            None,
        ),
    ),
}
