"""What the meters of the estate read."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from samples.making.dice import Dice
from samples.making.occupancy import Month, Rows, cents

if TYPE_CHECKING:
    from collections.abc import Mapping

Owners: TypeAlias = "Mapping[str, tuple[str, str]]"


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
