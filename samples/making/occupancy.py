"""Who lives where: vacancies, moves, changes of owner and renovations of the two months, and the fees that follow."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from samples.making.centre import (
    CLERKS,
    DEVELOPER,
    PARKING,
    WATER_PRICE,
    Flat,
    first_owners,
    flat,
    flats,
    person_name,
    phone,
)
from samples.making.dice import Dice
from samples.making.phrases import DECORATORS, VIOLATIONS

Rows = list[dict[str, Any]]
VACANT = {"unsold": "未售", "sold": "已售未收楼", "handed": "收楼未住"}
CENT = Decimal("0.01")
DEPOSIT = Decimal(2000)


def cents(amount: Decimal) -> Decimal:
    """Rounded half up to 0.01 元."""
    return amount.quantize(CENT, ROUND_HALF_UP)


@dataclass(frozen=True)
class Month:
    """A calendar month of 2026."""

    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return date(2026, self.number, 1)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.next.first - timedelta(days=1) if self.number < 12 else date(2026, 12, 31)

    @property
    def next(self) -> Month:
        """The month after."""
        return Month(self.number + 1)

    @property
    def text(self) -> str:
        """As folders name it: ``2026-10``."""
        return f"2026-{self.number:02d}"

    def day(self, number: int) -> date:
        """One of its days; later numbers give the last."""
        return min(self.first + timedelta(days=number - 1), self.last)


@dataclass
class Work:
    """One renovation: what was applied for, and what became of it."""

    room: str
    owner: str
    phone: str
    applied: date
    company: str
    leader: str
    leader_phone: str
    started: date
    ended: date
    waste_fee: Decimal
    workers: int
    permit: int
    extended_to: date | None = None
    inspected: date | None = None
    refunded: date | None = None
    violations: dict[int, str] = field(default_factory=dict)

    @property
    def until(self) -> date:
        """The day it has to end."""
        return self.extended_to or self.ended


@dataclass(frozen=True)
class Debt:
    """A fee not paid when its month was over."""

    room: str
    owner: str
    item: str
    standard: Decimal | None
    started: date
    ended: date
    amount: Decimal
    remark: str | None = None


@dataclass
class World:
    """The centre at one moment; ``pass_month`` moves it on and returns what the registers of the month hold."""

    owners: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(first_owners()))
    state: dict[str, str] = field(default_factory=dict)
    since: dict[str, date] = field(default_factory=dict)
    works: list[Work] = field(default_factory=list)
    debts: list[Debt] = field(default_factory=list)
    prepaid: dict[str, date] = field(default_factory=dict)
    never_paying: frozenset[str] = frozenset()
    parking: dict[str, tuple[str, str]] = field(default_factory=dict)
    receipt: int = 48211
    permit: int = 371

    @classmethod
    def at_the_end_of_august(cls) -> World:
        """The centre before the two months."""
        world, dice = cls(), Dice("august")
        world._settle(dice)
        world.works = [world._work(dice, room, _days_before(dice, 12, 95)) for room in world.rooms("renovating")]
        world.works += [
            world._work(dice, room, _days_before(dice, 12, 60)) for room in dice.some(world.rooms("occupied"), 4)
        ]
        world._owe(dice)
        return world

    def rooms(self, *states: str) -> list[str]:
        """The rooms in one of these states, in the order of their numbers."""
        return [one.room for one in flats() if self.state[one.room] in states]

    def _settle(self, dice: Dice) -> None:
        towers = [one.room for one in flats() if one.block >= 36]
        everywhere = [one.room for one in flats() if one.room != "39-1-1202"]
        self.state = {one.room: "occupied" for one in flats()}
        for state, rooms, count in (
            ("unsold", towers, 34),
            ("sold", towers, 22),
            ("handed", everywhere, 74),
            ("renovating", everywhere, 31),
        ):
            for room in dice.some([room for room in rooms if self.state[room] == "occupied"], count):
                self.state[room] = state
                if state != "renovating":
                    self.since[room] = date(2024, 6, 1) + timedelta(days=dice.below(780))
        self.parking = {
            room: (kind, f"{'D' if kind == '地面' else 'B1-'}{n:03d}")
            for n, room in enumerate(dice.some(self.rooms("occupied"), 562), 1)
            for kind in [dice.pick(("地面", "地面", "地库"))]
        }

    def _work(self, dice: Dice, room: str, applied: date) -> Work:
        started = applied + timedelta(days=dice.between(3, 9))
        workers = dice.between(3, 8)
        self.permit += workers
        return Work(
            room=room,
            owner=self.owners[room][0],
            phone=self.owners[room][1],
            applied=applied,
            company=dice.pick(DECORATORS),
            leader=person_name(dice),
            leader_phone=phone(dice),
            started=started,
            ended=started + timedelta(days=dice.between(70, 115)),
            waste_fee=Decimal(dice.pick((350, 400, 450, 500, 600))),
            workers=workers,
            permit=self.permit,
        )

    def _owe(self, dice: Dice) -> None:
        debtors = dice.some([one for one in flats() if self.state[one.room] in ("occupied", "handed")], 33)
        self.never_paying = frozenset(one.room for one in debtors)
        for one in debtors:
            started = date(2025 if dice.chance(0.3) else 2026, dice.between(1, 7), 1)
            months = (2026 - started.year) * 12 + 9 - started.month
            amount = cents(one.area * one.price) * months
            self.debts.append(
                Debt(one.room, self.owners[one.room][0], "物业费", one.price, started, date(2026, 8, 31), amount)
            )
        late = [one for one in flats() if self.state[one.room] == "occupied" and one.room not in self.never_paying]
        for one in dice.some(late, 27):
            amount = cents(one.area * one.price)
            self.debts.append(
                Debt(
                    one.room, self.owners[one.room][0], "物业费", one.price, date(2026, 8, 1), date(2026, 8, 31), amount
                )
            )
        for one in dice.some([one for one in late if one.room in self.parking], 9):
            kind, place = self.parking[one.room]
            self.debts.append(
                Debt(
                    one.room,
                    self.owners[one.room][0],
                    "停车费",
                    PARKING[kind],
                    date(2026, 8, 1),
                    date(2026, 8, 31),
                    PARKING[kind],
                    place,
                )
            )
        for room in dice.some([one.room for one in late], 215):
            self.prepaid[room] = dice.pick((date(2026, 9, 30), date(2026, 12, 31), date(2026, 12, 31)))

    # --- moves, changes of owner, renovations ---------------------------------------------------------------

    def pass_month(self, month: Month) -> dict[str, Rows]:
        """What happened in the month, as the rows of its registers: owner changes, renovations, vacancies, fees."""
        changes = self._changes(Dice(f"changes {month.text}"), month)
        new_works = self._renovate(Dice(f"renovations {month.text}"), month)
        return {
            "owner-changes": changes,
            "renovations": self._renovation_rows(month),
            "vacancy": self._vacancy_rows(month),
            "housing": self._housing_rows(changes),
            "fees": self._fees(Dice(f"fees {month.text}"), month, new_works),
        }

    def _changes(self, dice: Dice, month: Month) -> Rows:
        calm = [room for room in self.rooms("occupied") if room not in self.never_paying and room not in self.parking]
        rooms = iter(dice.shuffled(calm))
        rows = [self._moved_in(dice, month, room) for room in dice.some(self.rooms("handed"), dice.between(7, 9))]
        plan = {"过户": 5, "租入": dice.between(8, 10), "退租": 5, "迁出": 3, "信息变更": 4}
        rows += [self._changed(dice, month, next(rooms), kind) for kind, count in plan.items() for _ in range(count)]
        for room in dice.some(self.rooms("sold"), 4):
            self.state[room] = "handed"
        for room in dice.some(self.rooms("unsold"), 2):
            self.state[room] = "sold"
        return sorted(rows, key=lambda row: (row["changed"], row["room"]))

    def _moved_in(self, dice: Dice, month: Month, room: str) -> dict[str, Any]:
        self.state[room] = "occupied"
        self.since.pop(room, None)
        return self._change_row(dice, month, room, "入住", None, self.owners[room][0])

    def _changed(self, dice: Dice, month: Month, room: str, kind: str) -> dict[str, Any]:
        old = self.owners[room][0]
        row = self._change_row(dice, month, room, kind, old, old)
        if kind == "过户":
            self.owners[room] = (person_name(dice), phone(dice))
            row |= {"owner": self.owners[room][0], "phone": self.owners[room][1]}
        elif kind == "租入":
            row |= {"owner": person_name(dice) + "（租）", "phone": phone(dice)}
        elif kind == "退租":
            row |= {"previous_owner": person_name(dice) + "（租）"}
        elif kind == "迁出":
            self.state[room], self.since[room] = "handed", row["changed"]
            row |= {"owner": None}
        elif kind == "信息变更":
            self.owners[room] = (old, phone(dice))
            row |= {"phone": self.owners[room][1]}
        return row

    def _change_row(self, dice: Dice, month: Month, room: str, kind: str, old: str | None, new: str) -> dict[str, Any]:
        return {
            "changed": month.day(dice.between(5 if month.number == 10 else 1, 30)),
            "room": room,
            "kind": kind,
            "previous_owner": old,
            "owner": new,
            "phone": self.owners[room][1],
            "id_no": None if kind == "信息变更" else "*" * 14 + f"{dice.below(1000):03d}{dice.pick('0123456789X')}",
            "settled": True,
            "signed": kind not in ("迁出", "退租"),
            "keys_handed": kind in ("入住", "租入", "退租", "过户"),
            "handler": dice.pick(CLERKS),
        }

    def _renovate(self, dice: Dice, month: Month) -> list[Work]:
        for work in self.works:
            self._go_on(dice, month, work)
        rooms = dice.some(self.rooms("handed"), 8) + dice.some(self.rooms("occupied"), 2)
        begin = 8 if month.number == 10 else 1
        days = [*sorted(month.day(dice.between(begin, 27)) for _ in rooms[:-1]), month.day(30)]
        new = [self._work(dice, room, day) for room, day in zip(rooms, days, strict=True)]
        for work in new:
            if work.started <= month.last and self.state[work.room] == "handed":
                self.state[work.room] = "renovating"
                self.since.pop(work.room)
        for work in dice.some([work for work in self.works if work.inspected is None], 4):
            work.violations[month.number] = dice.pick(VIOLATIONS)
        self.works += new
        return new

    def _go_on(self, dice: Dice, month: Month, work: Work) -> None:
        if work.inspected is None and work.until <= month.last:
            if dice.chance(0.72):
                work.inspected = min(max(work.until, month.first) + timedelta(days=dice.between(1, 5)), month.last)
                work.refunded = work.inspected + timedelta(days=30)
                if self.state[work.room] == "renovating":
                    self.state[work.room], self.since[work.room] = "handed", work.inspected
            elif work.extended_to is None and dice.chance(0.6):
                work.extended_to = work.ended + timedelta(days=45)
        if work.inspected is None and self.state[work.room] == "handed" and work.started <= month.last:
            self.state[work.room] = "renovating"
            self.since.pop(work.room)

    def _renovation_rows(self, month: Month) -> Rows:
        shown = [
            work
            for work in self.works
            if work.inspected is None
            or work.inspected >= month.first
            or (work.refunded is not None and month.first <= work.refunded <= month.last)
        ]
        shown.sort(key=lambda work: (work.applied, work.room))
        return [_renovation_row(n, work, month) for n, work in enumerate(shown, 1)]

    # --- vacancies and blocks -------------------------------------------------------------------------------

    def _vacancy_rows(self, month: Month) -> Rows:
        return [self._vacancy_row(n, flat(room), month) for n, room in enumerate(self.rooms(*VACANT), 1)]

    def _vacancy_row(self, number: int, one: Flat, month: Month) -> dict[str, Any]:
        since, state = self.since[one.room], self.state[one.room]
        days = (month.last - max(since, month.first)).days + 1
        return {
            "seq": number,
            "floor": str(one.floor),
            "room": one.room,
            "area": one.area,
            "vacant_since": since,
            "days": days,
            "fee": cents(one.area * one.price * _share(state) * days / month.last.day),
            "reason": VACANT[state],
            "remark": None,
        }

    def _housing_rows(self, changes: Rows) -> Rows:
        moved_in = [flat(row["room"]).block for row in changes if row["kind"] == "入住"]
        return [self._block_row(block, moved_in.count(block)) for block in range(1, 43)]

    def _block_row(self, block: int, moved_in: int) -> dict[str, Any]:
        inside = [one for one in flats() if one.block == block]
        states = [self.state[one.room] for one in inside]
        area = sum((one.area for one in inside), Decimal(0))
        damaged, note = _DAMAGES.get(block, (Decimal(0), None))
        mostly = cents(area * Decimal("0.35")) if block <= 14 else Decimal(0)
        return {
            "block": f"{block}栋",
            "kind": inside[0].kind,
            "households": len(inside),
            "area": area,
            "occupied": states.count("occupied"),
            "moved_in": moved_in,
            "vacant": sum(state in VACANT for state in states),
            "renovating": states.count("renovating"),
            "intact_area": area - mostly - damaged,
            "mostly_intact_area": mostly,
            "damaged_area": damaged,
            "remark": note,
        }

    # --- fees -------------------------------------------------------------------------------------------------

    def _fees(self, dice: Dice, month: Month, new_works: list[Work]) -> Rows:
        arrears = [self._arrears_row(dice, month, debt) for debt in self.debts]
        current = [self._management_row(dice, month, one) for one in flats()]
        other = [self._parking_row(dice, month, room) for room in sorted(self.parking, key=_order)]
        other += [
            self._water_row(dice, month, room) for room in self.rooms("occupied", "renovating") if flat(room).block > 38
        ]
        other += [self._shop_row(dice, month, number) for number in range(1, 9)]
        advance = self._advance_rows(dice, month, {row["room"] for row in arrears + current if row["arrears"] > 0})
        deposits = [row for work in new_works for row in self._work_rows(dice, month, work)]
        rows = current + other + arrears + advance + deposits
        self.debts = [_debt(row) for row in arrears + current + other if row["arrears"] > 0]
        return rows

    def _management_row(self, dice: Dice, month: Month, one: Flat) -> dict[str, Any]:
        state = self.state[one.room]
        due = cents(one.area * one.price * _share(state))
        owner = DEVELOPER if state == "unsold" else self.owners[one.room][0]
        row = _fee_row(one.room, owner, "物业费", one.price, month.first, month.last, due, area=one.area)
        if state in ("unsold", "sold"):
            row["remark"] = "空置按50%"
        if state == "unsold":
            return self._paid(row, month.day(25), "转账", dice)
        if self.prepaid.get(one.room, date.min) >= month.last:
            return row | {"paid": due, "arrears": Decimal(0), "paid_on": month.first, "payment": "账户抵扣"}
        if one.room in self.never_paying or dice.chance(_LATE[month.number]):
            return self._paid(row, month.day(20), "微信", dice, cents(due / 2)) if dice.chance(0.07) else row
        if row["remark"] is None and dice.chance(0.0025):
            row |= {"reduction": Decimal(50), "remark": "渗漏维修补偿，经理已批"}
        return self._paid(row, _pay_day(dice, month), _way(dice), dice)

    def _parking_row(self, dice: Dice, month: Month, room: str) -> dict[str, Any]:
        kind, place = self.parking[room]
        price = PARKING[kind]
        row = _fee_row(room, self.owners[room][0], "停车费", price, month.first, month.last, price, remark=place)
        late = dice.chance(0.018)
        return row if late else self._paid(row, _pay_day(dice, month), _way(dice), dice)

    def _water_row(self, dice: Dice, month: Month, room: str) -> dict[str, Any]:
        tons = dice.between(3, 21) if self.state[room] == "occupied" else dice.between(1, 4)
        due = cents(tons * WATER_PRICE)
        row = _fee_row(
            room, self.owners[room][0], "水费", WATER_PRICE, month.first, month.last, due, remark=f"用量{tons}吨"
        )
        late = room in self.never_paying or dice.chance(0.022)
        return row if late else self._paid(row, _pay_day(dice, month), _way(dice), dice)

    def _shop_row(self, dice: Dice, month: Month, number: int) -> dict[str, Any]:
        rent = Decimal((2600, 2600, 3200, 1800, 2400, 2400, 3600, 2000)[number - 1])
        row = _fee_row(f"商铺-{number:02d}", _SHOPS[number - 1], "租金", rent, month.first, month.last, rent)
        return self._paid(row, month.day(dice.between(8, 12)), "转账", dice)

    def _arrears_row(self, dice: Dice, month: Month, debt: Debt) -> dict[str, Any]:
        area = flat(debt.room).area if debt.item == "物业费" else None
        row = _fee_row(
            debt.room,
            debt.owner,
            debt.item,
            debt.standard,
            debt.started,
            debt.ended,
            debt.amount,
            area=area,
            remark=debt.remark,
        )
        stubborn = debt.room in self.never_paying
        if dice.chance(0.07 if stubborn else 0.58):
            row |= {"late_fee": cents(debt.amount * Decimal("0.0005") * 30)} if stubborn else {}
            return self._paid(row, _pay_day(dice, month), _way(dice), dice)
        if stubborn and dice.chance(0.05) and debt.amount > 1000:
            return self._paid(row, month.day(26), "现金", dice, Decimal(1000))
        return row

    def _advance_rows(self, dice: Dice, month: Month, owing: set[str]) -> Rows:
        free = [
            one
            for one in flats()
            if self.state[one.room] == "occupied"
            and one.room not in self.never_paying
            and self.prepaid.get(one.room, date.min) < month.last
            and one.room not in owing
        ]
        rows = []
        for one in sorted(dice.some(free, 36 if month.number == 9 else 41), key=lambda one: _order(one.room)):
            until = date(2026, 12, 31) if month.number == 10 or dice.chance(0.6) else date(2026, 11, 30)
            months = until.month - month.number
            self.prepaid[one.room] = until
            due = cents(one.area * one.price) * months
            row = _fee_row(
                one.room,
                self.owners[one.room][0],
                "物业费",
                one.price,
                month.next.first,
                until,
                due,
                area=one.area,
                remark="预收",
            )
            rows.append(self._paid(row, _pay_day(dice, month), _way(dice), dice))
        return rows

    def _work_rows(self, dice: Dice, month: Month, work: Work) -> Rows:
        deposit = _fee_row(work.room, work.owner, "押金", None, work.applied, work.until, DEPOSIT, remark="装修押金")
        waste = _fee_row(work.room, work.owner, "垃圾清运费", None, month.first, month.last, work.waste_fee)
        return [self._paid(row, work.applied, _way(dice), dice) for row in (deposit, waste)]

    def _paid(
        self, row: dict[str, Any], day: date, way: str, dice: Dice, amount: Decimal | None = None
    ) -> dict[str, Any]:
        self.receipt += 1
        paid = row["due"] - (row["reduction"] or 0) if amount is None else amount
        return row | {
            "paid": paid,
            "arrears": row["due"] - paid - (row["reduction"] or 0),
            "paid_on": day,
            "payment": way,
            "receipt_no": f"{self.receipt:07d}",
            "cashier": dice.pick(CLERKS),
        }


_LATE = {9: 0.0225, 10: 0.0085}
_SHOPS = ("暖橘便利店", "小禾面馆", "云端洗衣", "青禾果蔬", "知夏理发", "麦田烘焙", "安和药房", "快修五金")
_DAMAGES = {
    3: (Decimal("388.20"), "屋面渗漏，3户顶层受影响"),
    7: (Decimal("512.44"), "外墙渗水，东山墙"),
    11: (Decimal("296.75"), "厨房烟道开裂"),
    19: (Decimal("431.06"), "基础散水下沉"),
    27: (Decimal("274.30"), "屋面渗漏"),
    40: (Decimal("366.18"), "外墙饰面空鼓，已围挡"),
}
_WAYS = {"微信": 44, "支付宝": 18, "公众号/小程序": 22, "现金": 5, "POS": 6, "转账": 5}


def _days_before(dice: Dice, near: int, far: int) -> date:
    return date(2026, 8, 31) - timedelta(days=dice.between(near, far))


def _order(room: str) -> tuple[int, ...]:
    return tuple(int(part) for part in room.split("-"))


def _share(state: str) -> Decimal:
    return Decimal("0.5") if state in ("unsold", "sold") else Decimal(1)


def _pay_day(dice: Dice, month: Month) -> date:
    return month.day(1 + int(30 * dice.share() ** 1.4))


def _way(dice: Dice) -> str:
    return dice.weighted(_WAYS)


def _fee_row(
    room: str,
    owner: str,
    item: str,
    standard: Decimal | None,
    started: date,
    ended: date,
    due: Decimal,
    *,
    area: Decimal | None = None,
    remark: str | None = None,
) -> dict[str, Any]:
    return {
        "room": room,
        "owner": owner,
        "area": area,
        "item": item,
        "standard": standard,
        "started": started,
        "ended": ended,
        "due": due,
        "paid": None,
        "reduction": None,
        "late_fee": None,
        "arrears": due,
        "paid_on": None,
        "payment": None,
        "receipt_no": None,
        "cashier": None,
        "remark": remark,
    }


def _debt(row: dict[str, Any]) -> Debt:
    remark = row["remark"] if row["item"] != "物业费" else None
    return Debt(
        row["room"], row["owner"], row["item"], row["standard"], row["started"], row["ended"], row["arrears"], remark
    )


def _renovation_row(number: int, work: Work, month: Month) -> dict[str, Any]:
    inspected = work.inspected if work.inspected and work.inspected <= month.last else None
    refunded = work.refunded if inspected and work.refunded and work.refunded <= month.last else None
    if inspected:
        status = "验收成功"
    elif work.started > month.last:
        status = "待审核"
    else:
        status = "待验收" if work.until <= month.last else "装修中"
    note = work.violations.get(month.number)
    return {
        "seq": number,
        "room": work.room,
        "owner": work.owner,
        "phone": work.phone,
        "applied": work.applied,
        "company": work.company,
        "leader": work.leader,
        "leader_phone": work.leader_phone,
        "started": work.started,
        "ended": work.ended,
        "extended": "是" if work.extended_to else "否",
        "extended_to": work.extended_to,
        "deposit": DEPOSIT,
        "waste_fee": work.waste_fee,
        "workers": work.workers,
        "permit_no": f"{work.permit - work.workers + 1:04d}-{work.permit:04d}",
        "status": status,
        "violation": "是" if note else "否",
        "violation_note": note,
        "inspected": inspected,
        "refunded": refunded,
        "refund": DEPOSIT if refunded else None,
        "remark": None,
    }
