"""The key: a month's figures counted from the true rows by plain Python, without the program that is to be judged."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, time, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import TYPE_CHECKING, Any

from samples.making.centre import MANAGER, REPAIR_LIMITS, staff
from samples.making.moments import end_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from samples.making.occupancy import Month, Rows

Json = dict[str, Any]


def expected(month: Month, registers: Mapping[str, Rows], reports: Mapping[str, Mapping[str, Rows]]) -> Json:
    """Every figure of the month: counts, sums as texts with two decimals, ratios as numerator, denominator, percent.

    Under ``figures`` the report's figures by key: whole numbers, or texts with all 34 digits of a decimal.
    """
    key = _key(month, registers, reports)
    return {**key, "figures": _figures(month, key)}


def _key(month: Month, registers: Mapping[str, Rows], reports: Mapping[str, Mapping[str, Rows]]) -> Json:
    return {
        "rows": _row_counts(registers, reports),
        "housing": _housing(registers),
        "repairs": _repairs(month, registers["repairs"]),
        "services": _services(registers["services"]),
        "fees": _fees(month, registers["fees"]),
        "owner_changes": dict(sorted(Counter(row["kind"] for row in registers["owner-changes"]).items())),
        "renovations": _renovations(month, registers["renovations"]),
        "complaints": _complaints(month, registers["complaints"]),
        "visits": _visits(registers["visits"]),
        "energy": _energy(registers["energy"]),
        "incidents": _incidents(month, registers["incidents"]),
        "training": _training(registers["training"]),
        "certificates": _certificates(month, registers["certificates"]),
        "satisfaction": _satisfaction(registers.get("satisfaction", [])),
        "departments": {name: _department(tables) for name, tables in reports.items()},
        "contract_targets": _ratio(
            [row for row in registers["narrative"] if row["section"] == "合同目标"],
            lambda row: row["measure"] == "完成",
        ),
    }


def _row_counts(registers: Mapping[str, Rows], reports: Mapping[str, Mapping[str, Rows]]) -> Json:
    tables = ("done", "unfinished", "checks", "staff", "next_plan")
    return {
        **{form: len(rows) for form, rows in registers.items()},
        "department-report": {table: sum(len(report[table]) for report in reports.values()) for table in tables},
    }


def _figures(month: Month, key: Json) -> Json:
    housing, repairs, fees, energy = key["housing"], key["repairs"], key["fees"], key["energy"]
    complaints, renovations, incidents = key["complaints"], key["renovations"], key["incidents"]
    reasons = housing["vacant_by_reason"]
    return {
        "households": housing["households"],
        "area": housing["area"],
        "occupied": housing["occupied"],
        "occupancy_rate": _quotient(housing["occupied"], housing["households"]),
        "moved_in": housing["moved_in"],
        "vacant": housing["vacant"],
        "vacant_unsold": reasons["未售"],
        "vacant_unreceived": reasons["已售未收楼"],
        "vacant_unoccupied": reasons["收楼未住"],
        "vacant_other": housing["vacant"] - sum(reasons.values()),
        "housing_vacant": housing["vacant_in_blocks"],
        "vacant_area": housing["vacant_area"],
        "intact_rate": _of(housing["intact"]),
        "renovating": renovations["active"],
        "renovation_new": renovations["new"],
        "renovation_done": renovations["completed"],
        "renovation_violations": renovations["violations"],
        "renovation_overdue": renovations["overdue"],
        "owner_changes": sum(key["owner_changes"].values()),
        "repairs_carried": repairs["carried"],
        "repairs_received": repairs["received"],
        "repairs_cancelled": repairs["cancelled"],
        "repairs_done": repairs["finished"],
        "repairs_open": repairs["open"],
        "repair_timeliness": _of(repairs["on_time"]),
        "repair_quality": _of(repairs["first_pass"]),
        "services_times": key["services"]["times"],
        "services_income": key["services"]["income"],
        "fees_due": fees["current"]["denominator"],
        "fees_paid": fees["current"]["numerator"],
        "collection_current": _of(fees["current"]),
        "collection_cumulative": _of(fees["cumulative"]),
        "collection": _of(fees["current"]),
        "contract_targets": _of(key["contract_targets"]),
        "satisfaction": _index(key["satisfaction"]),
        "energy_electricity": _change(energy["电"]),
        "energy_water": _change(energy["水"]),
        "incidents_major": incidents["major_liable"],
        "incidents_count": incidents["occurred"],
        "incidents_carried": incidents["carried"],
        "incidents_open": incidents["open"],
        "power_failures": incidents["by_category"].get("突发停电", 0),
        "certified_rate": _quotient(key["certificates"]["certified"], key["certificates"]["managers_over_a_year"]),
        "pretrained_rate": _of(key["certificates"]["pretrained"]),
        "weekly_training": _weekly(month, key["training"]["regular_weeks"], list(key["departments"])),
        "visit_rate": _of(key["visits"]["persons"]),
        "unfinished": sum(len(report["unfinished"]) for report in key["departments"].values()),
        "complaints_carried": complaints["carried"],
        "complaints_received": complaints["received"],
        "complaints_valid": complaints["valid"],
        "complaints_replied": complaints["replied"],
        "complaint_reply": _of(complaints["replied_in_24h"]),
        "complaints_closed": complaints["closed"],
        "complaints_carried_closed": complaints["carried_closed"],
        "complaints_open": len(complaints["open"]),
    }


def _quotient(above: Decimal | int | str, below: Decimal | int | str) -> str:
    return str(Context(prec=34).divide(Decimal(above), Decimal(below)))


def _of(ratio: Json) -> str:
    return _quotient(ratio["numerator"], ratio["denominator"])


def _index(survey: Json | None) -> str | None:
    return _quotient(survey["points"] * 100, survey["full"]) if survey else None


def _change(kind: Json) -> str:
    return _quotient(Decimal(kind["usage"]) - Decimal(kind["last_year"]), kind["last_year"])


def _weekly(month: Month, regular: Mapping[str, list[int]], departments: list[str]) -> str:
    """A week belongs to the month of its Friday."""
    days = (month.day(number) for number in range(1, month.last.day + 1))
    weeks = {day.isocalendar().week for day in days if day.weekday() == 4}
    held = sum(len(weeks.intersection(regular.get(name, ()))) for name in departments)
    return _quotient(held, len(weeks) * len(departments))


def percent(above: Decimal | int, below: Decimal | int) -> str | None:
    """As printed: half up, two decimals; None where there is nothing to divide by."""
    if below == 0:
        return None
    return f"{(Decimal(above) * 100 / Decimal(below)).quantize(Decimal('0.01'), ROUND_HALF_UP)}%"


def _ratio(rows: Rows, hit: Callable[[dict[str, Any]], bool]) -> Json:
    hits = sum(hit(row) for row in rows)
    return {"numerator": hits, "denominator": len(rows), "percent": percent(hits, len(rows))}


def _sums(above: Decimal, below: Decimal) -> Json:
    return {"numerator": f"{above:.2f}", "denominator": f"{below:.2f}", "percent": percent(above, below)}


def _total(rows: Rows, key: str) -> Decimal:
    return sum((Decimal(row[key]) for row in rows if row[key] is not None), Decimal(0))


def _housing(registers: Mapping[str, Rows]) -> Json:
    blocks, vacant = registers["housing"], registers["vacancy"]
    sound = _total(blocks, "intact_area") + _total(blocks, "mostly_intact_area")
    households, occupied = int(_total(blocks, "households")), int(_total(blocks, "occupied"))
    return {
        "blocks": len(blocks),
        "households": households,
        "area": f"{_total(blocks, 'area'):.2f}",
        "occupied": occupied,
        "occupancy": percent(occupied, households),
        "moved_in": int(_total(blocks, "moved_in")),
        "vacant": len(vacant),
        "vacant_in_blocks": int(_total(blocks, "vacant")),
        "vacant_by_reason": dict(sorted(Counter(row["reason"] for row in vacant).items())),
        "vacant_area": f"{_total(vacant, 'area'):.2f}",
        "vacant_fee": f"{_total(vacant, 'fee'):.2f}",
        "intact": _sums(sound, _total(blocks, "area")),
    }


def _in_time(row: dict[str, Any]) -> bool:
    limit = timedelta(hours=REPAIR_LIMITS[row["category"]])
    return row["finished"] is not None and row["finished"] - row["received"] <= limit


def _repairs(month: Month, rows: Rows) -> Json:
    """及时率 over what was finished in the month or past its limit at the end of it; 其他 has no limit."""
    first, midnight = start_of(month), datetime.combine(month.next.first, time())
    valid = [row for row in rows if row["status"] != "取消"]
    done = [row for row in valid if row["finished"] is not None]
    limited = [row for row in valid if row["category"] in REPAIR_LIMITS]
    owed = [
        row
        for row in limited
        if row["finished"] is not None or midnight - row["received"] > timedelta(hours=REPAIR_LIMITS[row["category"]])
    ]
    received = [row for row in valid if row["received"] >= first]
    return {
        "carried": len(valid) - len(received),
        "received": len(received),
        "cancelled": len(rows) - len(valid),
        "finished": len(done),
        "open": len(valid) - len(done),
        "on_time": _ratio(owed, _in_time),
        "late": sorted(row["order_no"] for row in owed if not _in_time(row)),
        "without_limit": sum(row["category"] not in REPAIR_LIMITS for row in valid),
        "first_pass": _ratio(done, lambda row: row["status"] == "完成"),
        "received_by_category": dict(sorted(Counter(row["category"] for row in received).items())),
        "open_orders": sorted(row["order_no"] for row in valid if row["finished"] is None),
        "income": f"{_total(done, 'fee'):.2f}",
    }


def _services(rows: Rows) -> Json:
    items = sorted({row["item"] for row in rows})
    return {
        "times": len(rows),
        "amount": f"{_total(rows, 'amount'):.2f}",
        "material": f"{_total(rows, 'material_fee'):.2f}",
        "income": f"{_total(rows, 'amount') + _total(rows, 'material_fee'):.2f}",
        "by_item": {item: sum(row["item"] == item for row in rows) for item in items},
    }


def _fees(month: Month, rows: Rows) -> Json:
    deposits = [row for row in rows if row["item"] == "押金"]
    fees = [row for row in rows if row["item"] != "押金"]
    current = [row for row in fees if month.first <= row["started"] <= month.last]
    before = [row for row in fees if row["started"] < month.first]
    items = sorted({row["item"] for row in current})
    due, recovered = _total(current, "due"), _total(before, "paid")
    paid, owed = _total(current, "paid"), _total(before, "due")
    return {
        "current": _sums(paid, due),
        "cumulative": _sums(paid + recovered, due + owed),
        "by_item": {item: _fee_item([row for row in current if row["item"] == item]) for item in items},
        "households_paid": {
            item: sum(row["item"] == item and row["arrears"] == 0 for row in current) for item in items
        },
        "before": {"rows": len(before), "due": f"{owed:.2f}", "recovered": f"{recovered:.2f}"},
        "arrears": f"{_total(before + current, 'arrears'):.2f}",
        "advance": f"{_total([row for row in fees if row['started'] > month.last], 'paid'):.2f}",
        "reduction": f"{_total(fees, 'reduction'):.2f}",
        "deposits": {"rows": len(deposits), "paid": f"{_total(deposits, 'paid'):.2f}"},
    }


def _fee_item(rows: Rows) -> Json:
    return {"rows": len(rows), **_sums(_total(rows, "paid"), _total(rows, "due"))}


def _renovations(month: Month, rows: Rows) -> Json:
    def within(row: dict[str, Any], key: str) -> bool:
        return row[key] is not None and month.first <= row[key] <= month.last

    return {
        "active": sum(row["status"] in ("装修中", "待验收", "验收失败") for row in rows),
        "new": sum(within(row, "applied") for row in rows),
        "completed": sum(within(row, "inspected") for row in rows),
        "violations": sum(row["violation"] == "是" for row in rows),
        "overdue": sum(row["status"] == "装修中" and (row["extended_to"] or row["ended"]) < month.last for row in rows),
    }


def _complaints(month: Month, rows: Rows) -> Json:
    received = [row for row in rows if row["received"] >= start_of(month)]
    carried = [row for row in rows if row["received"] < start_of(month)]
    return {
        "carried": len(carried),
        "received": len(received),
        "valid": sum(row["valid"] == "有效" for row in received),
        "replied": sum(row["replied"] is not None and row["replied"] <= end_of(month) for row in received),
        "replied_in_24h": _ratio(
            received, lambda row: row["replied"] is not None and row["replied"] - row["received"] <= timedelta(hours=24)
        ),
        "closed": sum(row["closed"] is not None for row in received),
        "carried_closed": sum(row["closed"] is not None for row in carried),
        "open": sorted(row["complaint_no"] for row in rows if row["closed"] is None),
        "by_category": dict(sorted(Counter(row["category"] for row in received).items())),
    }


def _visits(rows: Rows) -> Json:
    homes: dict[str, set[str]] = {one.name: set() for one in staff() if one.visits}
    for row in rows:
        if row["method"] == "上门":
            homes[row["visitor"]].add(row["room"])
    enough = [name for name, rooms in homes.items() if len(rooms) >= 5]
    return {
        "rows": len(rows),
        "households_by_person": {name: len(rooms) for name, rooms in sorted(homes.items())},
        "persons": {"numerator": len(enough), "denominator": len(homes), "percent": percent(len(enough), len(homes))},
    }


def _energy(rows: Rows) -> Json:
    kinds = sorted({row["category"] for row in rows})
    return {kind: _energy_kind([row for row in rows if row["category"] == kind]) for kind in kinds}


def _energy_kind(rows: Rows) -> Json:
    usage, base, before = _total(rows, "usage"), _total(rows, "last_year"), _total(rows, "last_month")
    return {
        "usage": f"{usage}",
        "last_year": f"{base}",
        "last_month": f"{before}",
        "year_change": percent(usage - base, base),
        "month_change": percent(usage - before, before),
        "amount": f"{_total(rows, 'amount'):.2f}",
    }


def _incidents(month: Month, rows: Rows) -> Json:
    new = [row for row in rows if row["occurred"] >= start_of(month)]
    return {
        "occurred": len(new),
        "carried": len(rows) - len(new),
        "open": sum(row["closed"] is None or row["closed"] > end_of(month) for row in rows),
        "major_liable": sum(row["level"] == "重大" and row["liable"] == "责任" for row in new),
        "by_category": dict(sorted(Counter(row["category"] for row in new).items())),
    }


def _training(rows: Rows) -> Json:
    tested = [row for row in rows if row["examined"] is not None]
    departments = sorted({row["department"] for row in rows})
    return {
        "sessions": len(rows),
        "attended": int(_total(rows, "attended")),
        "passed": {
            "numerator": int(_total(tested, "passed")),
            "denominator": int(_total(tested, "examined")),
            "percent": percent(_total(tested, "passed"), _total(tested, "examined")),
        },
        "by_department": {name: sum(row["department"] == name for row in rows) for name in departments},
        "regular_weeks": {
            name: sorted(
                {row["held"].isocalendar().week for row in rows if row["department"] == name and row["kind"] == "定期"}
            )
            for name in departments
        },
    }


def _certificates(month: Month, rows: Rows) -> Json:
    here = [one for one in staff() if one.serving(month.last)]
    year_ago = month.last.replace(year=month.last.year - 1)
    senior = [one for one in here if one.manager and one.joined <= year_ago]
    new = [row for row in rows if month.first <= row["on_duty"] <= month.last]
    return {
        "staff": len(here),
        "managers_over_a_year": len(senior),
        "certified": sum(one.certificate is not None for one in senior),
        "pretrained": _ratio(new, lambda row: row["pretrained"] and row["pretrained_on"] <= row["on_duty"]),
        "manager": MANAGER,
    }


def _satisfaction(rows: Rows) -> Json | None:
    if not rows:
        return None
    weights = {"very_satisfied": 5, "satisfied": 4, "fair": 3, "dissatisfied": 2, "very_dissatisfied": 1}
    points = sum(row[key] * weight for row in rows for key, weight in weights.items())
    full = 5 * sum(row[key] for row in rows for key in weights)
    return {
        "handed": rows[0]["handed"],
        "returned": rows[0]["returned"],
        "points": points,
        "full": full,
        "index": f"{(Decimal(points) * 100 / full).quantize(Decimal('0.01'), ROUND_HALF_UP)}",
    }


def _department(tables: Mapping[str, Rows]) -> Json:
    staff_rows = tables["staff"]
    return {
        "done": len(tables["done"]),
        "unfinished": [row["item"] for row in tables["unfinished"]],
        "checks": {key: int(_total(tables["checks"], key)) for key in ("times", "failed", "fixed")},
        "staff": {key: int(_total(staff_rows, key)) for key in ("planned", "on_duty", "joined", "left")},
    }
