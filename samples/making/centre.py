"""The invented centre: 云汐苑, 42 blocks, 1,810 flats, its people and its settings. No person or firm here is real."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache

from samples.making.dice import Dice
from samples.making.phrases import GIVEN_FIRST, GIVEN_LAST, SINGLE_GIVEN, SURNAMES

NAME = "云汐苑服务中心"
COMPANY = "汐岚物业服务有限公司"
PROJECT = "云汐苑"
DEVELOPER = "汐岚置业（开发商）"

FRONT, GUARD, WORKS, CLEAN = "客户服务部", "特勤部", "工程维修部", "保洁绿化部"
DEPARTMENTS = (FRONT, GUARD, WORKS, CLEAN)
OFFICE = "经理室"

REPAIR_LIMITS = {
    "给排水": 24,
    "强电/供电": 12,
    "弱电/对讲/门禁": 48,
    "门窗五金": 48,
    "土建/渗漏": 168,
    "电梯": 4,
    "消防": 24,
    "公共照明": 24,
    "下水疏通": 8,
}

FEE_PRICES = {"多层": Decimal("1.60"), "小高层": Decimal("2.10"), "高层": Decimal("2.35")}
WATER_PRICE = Decimal("3.45")
PARKING = {"地面": Decimal(150), "地库": Decimal(280)}


@dataclass(frozen=True)
class Flat:
    """One flat: 栋-单元-室, its floor and floor area in ㎡."""

    room: str
    block: int
    unit: int
    floor: int
    area: Decimal
    kind: str

    @property
    def price(self) -> Decimal:
        """The management fee in 元/㎡·月."""
        return FEE_PRICES[self.kind]


def block_kind(block: int) -> str:
    """What kind of building a block is."""
    return "多层" if block <= 28 else "小高层" if block <= 38 else "高层"


def block_shape(block: int) -> tuple[int, int]:
    """Units and floors of a block; every floor of a unit has two flats."""
    if block == 28:
        return 3, 5
    return {"多层": (3, 6), "小高层": (2, 11), "高层": (2, 23)}[block_kind(block)]


_AREAS = {"多层": (7600, 11800), "小高层": (8800, 12900), "高层": (8600, 14200)}


@lru_cache(maxsize=1)
def flats() -> tuple[Flat, ...]:
    """All flats in the order of their numbers; flats above one another have the same area."""
    dice, found = Dice("flats"), []
    for block in range(1, 43):
        units, floors = block_shape(block)
        areas = {
            (unit, door): Decimal(dice.between(*_AREAS[block_kind(block)])).scaleb(-2)
            for unit in range(1, units + 1)
            for door in (1, 2)
        }
        found += [
            Flat(f"{block}-{unit}-{floor}{door:02d}", block, unit, floor, areas[unit, door], block_kind(block))
            for unit in range(1, units + 1)
            for floor in range(1, floors + 1)
            for door in (1, 2)
        ]
    return tuple(found)


def flat(room: str) -> Flat:
    """The flat of that number."""
    return _by_room()[room]


@lru_cache(maxsize=1)
def _by_room() -> dict[str, Flat]:
    return {one.room: one for one in flats()}


def person_name(dice: Dice) -> str:
    """An invented name: one surname, one or two given characters."""
    surname = SURNAMES[int(len(SURNAMES) * dice.share() ** 1.8)]
    if dice.chance(0.18):
        return surname + dice.pick(SINGLE_GIVEN)
    first, last = dice.pick(GIVEN_FIRST), dice.pick(GIVEN_LAST)
    return surname + first + (last if last != first else "平")


def phone(dice: Dice) -> str:
    """Eleven digits that begin with a prefix no mobile network uses."""
    return dice.pick(("160", "161", "163", "164")) + f"{dice.below(10**8):08d}"


@lru_cache(maxsize=1)
def first_owners() -> dict[str, tuple[str, str]]:
    """Room → owner and phone before the first month. One name can be written in GB18030 only."""
    dice = Dice("owners")
    owners = {one.room: (person_name(dice), phone(dice)) for one in flats()}
    owners["39-1-1202"] = ("龚䶮", owners["39-1-1202"][1])
    return owners


@dataclass(frozen=True)
class Employee:
    """One of the staff; ``certificate`` is (name, number, issued, valid until), ``pretrained`` the day passed."""

    name: str
    department: str
    position: str
    joined: date
    manager: bool = False
    visits: bool = False
    certificate: tuple[str, str, date, date | None] | None = None
    left: date | None = None

    def serving(self, day: date) -> bool:
        """Whether the person is on the staff at the end of that day."""
        return self.joined <= day and (self.left is None or self.left > day)


MANAGER = "薛景行"
SUPERVISORS = {FRONT: "彭佳慧", GUARD: "雷振华", WORKS: "罗铁成", CLEAN: "阎秀梅"}
CLERKS = ("谭晓雯", "许立民", "蒋月华")
WORKERS = ("葛建平", "许国栋", "任海涛", "崔永强", "贾长林")
PROPERTY, ELECTRIC, FIRE = "物业管理项目经理证", "低压电工作业证", "消防设施操作员证"
_SECURITY = "保安员证"


@lru_cache(maxsize=1)
def staff() -> tuple[Employee, ...]:
    """Everyone who served in the two months: 38 or 39 at a time."""
    return (
        Employee(
            MANAGER,
            OFFICE,
            "服务中心经理",
            date(2021, 3, 1),
            True,
            True,
            (PROPERTY, "00218643", date(2019, 6, 20), None),
        ),
        Employee(
            SUPERVISORS[FRONT],
            FRONT,
            "客服主管",
            date(2022, 5, 16),
            True,
            True,
            (PROPERTY, "00334170", date(2022, 11, 8), None),
        ),
        Employee(
            SUPERVISORS[GUARD],
            GUARD,
            "特勤主管",
            date(2020, 9, 7),
            True,
            True,
            (PROPERTY, "00297712", date(2021, 4, 15), None),
        ),
        Employee(
            SUPERVISORS[WORKS],
            WORKS,
            "工程主管",
            date(2019, 11, 4),
            True,
            True,
            (PROPERTY, "00241905", date(2020, 5, 12), None),
        ),
        Employee(SUPERVISORS[CLEAN], CLEAN, "保洁绿化主管", date(2026, 4, 13), True, True),
        Employee(CLERKS[0], FRONT, "客服人员", date(2024, 3, 18), visits=True),
        Employee(CLERKS[1], FRONT, "客服人员", date(2023, 7, 3), visits=True),
        Employee(CLERKS[2], FRONT, "客服人员", date(2025, 2, 24), visits=True),
        *_guards(),
        *_workers(),
        *_cleaners(),
    )


def _guards() -> tuple[Employee, ...]:
    names = (
        "贺强",
        "邹志勇",
        "段军",
        "陆海波",
        "石磊",
        "常明辉",
        "易林",
        "温建军",
        "武小龙",
        "康胜",
        "侯立新",
        "秦刚",
        "乔俊峰",
    )
    joined = (
        (2019, 8, 12),
        (2020, 3, 2),
        (2021, 6, 21),
        (2022, 2, 14),
        (2022, 10, 10),
        (2023, 4, 17),
        (2023, 9, 4),
        (2024, 1, 8),
        (2024, 5, 20),
        (2024, 11, 11),
        (2025, 3, 10),
        (2025, 8, 18),
        (2026, 2, 26),
    )
    guards = [
        Employee(
            name,
            GUARD,
            "领班" if n < 3 else "秩序维护员",
            date(*day),
            certificate=(_SECURITY, f"0{3300 + n * 17}", date(day[0], day[1], 28), None),
            left=date(2026, 10, 9) if name == "武小龙" else None,
        )
        for n, (name, day) in enumerate(zip(names, joined, strict=True))
    ]
    return (*guards, Employee("毛子豪", GUARD, "秩序维护员", date(2026, 10, 12)))


def _workers() -> tuple[Employee, ...]:
    days = ((2020, 4, 1), (2021, 9, 13), (2022, 6, 6), (2023, 11, 20), (2025, 5, 6))
    papers = (ELECTRIC, ELECTRIC, FIRE, ELECTRIC, ELECTRIC)
    return tuple(
        Employee(
            name,
            WORKS,
            "维修工",
            date(*day),
            certificate=(paper, f"0{7120 + n * 31}", date(2023, 3 + n, 15), date(2029, 3 + n, 14)),
        )
        for n, (name, day, paper) in enumerate(zip(WORKERS, days, papers, strict=True))
    )


def _cleaners() -> tuple[Employee, ...]:
    cleaners = ("龙玉兰", "邵秀英", "万桂芳", "孟春梅", "顾金凤", "史永珍", "毕红霞", "江玉琴", "文桂英", "尹素兰")
    found = [Employee(name, CLEAN, "保洁员", date(2019 + n % 7, 1 + n % 12, 4 + n)) for n, name in enumerate(cleaners)]
    return (
        *found,
        Employee("常根生", CLEAN, "绿化工", date(2021, 4, 6)),
        Employee("樊桂生", CLEAN, "绿化工", date(2026, 9, 14)),
    )


POSTS = {  # 编制 by department and position
    FRONT: {"客服主管": 1, "客服人员": 3},
    GUARD: {"特勤主管": 1, "领班": 3, "秩序维护员": 11},
    WORKS: {"工程主管": 1, "维修工": 5},
    CLEAN: {"保洁绿化主管": 1, "保洁员": 10, "绿化工": 2},
}

SETTINGS = f"""# 服务中心设置。改动后直接生效，不需要重启。
name = "{NAME}"
company = "{COMPANY}"
project = "{PROJECT}"
language = "zh_CN"
version = "A/0"

[departments]
names = ["{FRONT}", "{GUARD}", "{WORKS}", "{CLEAN}"]

[departments.supervisors]
"{FRONT}" = "{SUPERVISORS[FRONT]}"
"{GUARD}" = "{SUPERVISORS[GUARD]}"
"{WORKS}" = "{SUPERVISORS[WORKS]}"
"{CLEAN}" = "{SUPERVISORS[CLEAN]}"

[people]
prepared = "{CLERKS[0]}"
checked = "{SUPERVISORS[FRONT]}"
approved = "{MANAGER}"

# 规程3.6.1：每人每月上门拜访不少于5户的人员
[visits]
households = 5
persons = [{", ".join(f'"{one}"' for one in (MANAGER, *SUPERVISORS.values(), *CLERKS))}]

# 规程2.6没有规定“及时”的时限（小时，从受理到完成）。没有写在这里的类别（如“其他”）不计入及时率，另列。
[limits.repair]
{chr(10).join(f'"{category}" = {hours}' for category, hours in REPAIR_LIMITS.items())}

[settings]
satisfaction_scale = 100                 # 满意度按百分制指数
energy_base = "same_month_last_year"     # 节能指标与上年同月比
collection = "current"                   # 收缴率目标按当期计
holidays = "holidays.csv"
"""

SCHEDULE = (
    ("序号", "记录名称", "标识", "保存期限", "使用部门", "别名", "起算日", "起算规则"),
    ("1", "物业管理月度工作报告", "QG-FW-01-01", "2年", "经理室", "", "所属期末", "次年1月1日"),
    ("2", "突发事件处理记录表", "QG-FW-04-01", "3年", "各部门", "", "所属期末", "次年1月1日"),
    ("3", "月工作计划", "JY-QM7.5.1-02", "1年", "各部门", "月度工作计划", "所属期末", "次年1月1日"),
    ("4", "每日检查表", "JY-…", "", "", "", "", ""),
)

_HOLIDAYS = (
    ("元旦", (1, 1), 3, ((1, 4),)),
    ("春节", (2, 15), 9, ((2, 14), (2, 28))),
    ("清明节", (4, 4), 3, ()),
    ("劳动节", (5, 1), 5, ((5, 9),)),
    ("端午节", (6, 19), 3, ()),
    ("中秋节", (9, 25), 3, ()),
    ("国庆节", (10, 1), 7, ((9, 20), (10, 10))),
)


def holidays() -> tuple[tuple[str, ...], ...]:
    """The table of 2026: day, 休 or 班, name, number of the State Council's notice."""
    notice = "国办发明电〔2025〕7号"
    found = []
    for name, (month, day), length, worked in _HOLIDAYS:
        first = date(2026, month, day).toordinal()
        found += [(date.fromordinal(first + n), "休", name) for n in range(length)]
        found += [(date(2026, *other), "班", name) for other in worked]
    rows = ((day.isoformat(), kind, name, notice) for day, kind, name in sorted(found))
    return (("日期", "休或班", "名称", "文号"), *rows)
