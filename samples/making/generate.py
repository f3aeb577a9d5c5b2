"""``python -m samples.making.generate`` writes samples/office anew: the same bytes every time.

The truth of the two months is made first (occupancy, events, papers); clerks then write it down with their habits,
and expected.py counts the figures from the truth.
"""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from samples.making import centre, energy, events, incidents, papers
from samples.making.clerks import Book, Habits, Page, declared, gb_csv, workbook
from samples.making.expected import expected
from samples.making.filing import transmittals
from samples.making.occupancy import Month, Rows, World
from samples.making.papers_excel import excel_papers
from samples.making.papers_word import word_papers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

OFFICE = Path(__file__).parent.with_name("office")
KEY = "expected.json"
MAIN_FEES = ("物业费", "租金")
Registers = dict[str, Rows]
Reports = dict[str, dict[str, Rows]]


def truth() -> dict[Month, tuple[Registers, Reports]]:
    """What really was in the two months: register rows by form, department reports by department."""
    world = World.at_the_end_of_august()
    lived_in, owners = world.rooms("occupied"), dict(world.owners)
    repairs, complaints = events.repairs(lived_in, owners), events.complaints(lived_in, owners)
    readings = energy.energy()
    found = {}
    for month in (Month(9), Month(10)):
        registers: Registers = {
            **world.pass_month(month),
            "repairs": events.repairs_register(repairs, month),
            "complaints": events.complaints_register(complaints, month),
            "services": events.services(month, lived_in, owners),
            "visits": events.visits(month, lived_in, owners),
            "energy": readings[month.number],
            "incidents": incidents.incidents(month),
            "training": incidents.training(month),
            "certificates": papers.certificates(month),
            "narrative": papers.narrative(month),
        }
        if month.number == 10:
            registers["satisfaction"] = papers.satisfaction()
        found[month] = (registers, papers.department_reports(month))
    return found


def office_files() -> dict[str, bytes]:
    """Every file of the sample office by its path in it."""
    files = {
        "guidang.toml": centre.SETTINGS.encode(),
        "schedule.csv": _office_csv(centre.SCHEDULE),
        "holidays.csv": _office_csv(centre.holidays()),
        "transmittals.csv": transmittals(),
    }
    key: dict[str, Any] = {}
    for month, (registers, reports) in truth().items():
        key[month.text] = expected(month, registers, reports)
        folder = f"registers/{month.text}"
        for book in _books(month, registers, reports):
            files[f"{folder}/{book.name}"] = workbook(book)
        name, data = _fee_export(month, registers["fees"])
        files[f"{folder}/{name}"] = data
    files.update(word_papers(registers))  # of the last month
    files.update(excel_papers())
    files[KEY] = (json.dumps(key, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()
    return files


def _office_csv(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode("utf-8-sig")


# --- who writes what, and how ---------------------------------------------------------------------------------


def _books(month: Month, registers: Registers, reports: Reports) -> list[Book]:
    number, label = month.number, f"2026年{month.number}月"
    last = month.number == 10
    books = [
        Book(f"报修登记 {label}.xlsx", (_repairs_page(month, registers),), wps=last),
        Book(f"投诉登记2026.{number}.xlsx", (_complaints_page(month, registers),)),
        Book(f"特约服务登记 {label}.xlsx", (_services_page(month, registers),), wps=True),
        Book(f"{number}月装修登记台账.xlsx", (_renovations_page(registers),)),
        Book(f"空置房统计表 {label}.xlsx", (_vacancy_page(month, registers),)),
        Book(f"业户变更登记（{label}）.xlsx", (_changes_page(month, registers),), wps=True),
        Book(f"收费台账（物业费）{label}.xlsx", (_fees_page(month, registers),)),
        Book(f"客户拜访登记 {label}.xlsx", (_visits_page(month, registers),)),
        Book(f"能耗统计{number}月.xlsx", (_energy_page(month, registers),), mac=True),
        Book(f"突发事件登记表 {label}.xlsx", (_incidents_page(month, registers),)),
        Book(f"培训登记 {label}.xlsx", (_training_page(month, registers),), wps=True),
        Book(f"房屋基础数据 {label}.xlsx", (_housing_page(month, registers),)),
        Book(f"持证与岗前培训台账 {label}.xlsx", (_certificates_page(registers),)),
        Book(f"月报文字 {label}.xlsx", (_narrative_page(registers),)),
        *(_report_book(month, name, tables) for name, tables in reports.items()),
    ]
    if "satisfaction" in registers:
        books.append(Book("满意度调查结果 2026年下半年.xlsx", (_satisfaction_page(month, registers),)))
    return books


def _head(month: Month, title: str) -> tuple[str, str]:
    return f"{centre.NAME}{title}", f"月份：2026年{month.number}月        填表人：{centre.CLERKS[0]}"


def _repairs_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "报修登记表")
    return Page(
        "repairs",
        "repairs",
        f"{month.number}月",
        registers["repairs"],
        title,
        (line,),
        renamed={"received": "报修时间", "finished": "完成时间", "phone": "联系电话"},
        extra=(("派单员", lambda row: centre.CLERKS[int(row["order_no"][-1]) % 3]),),
        hidden=("dispatched",),
        sums=("fee",),
        notes=(
            "说明：1、带“未完成”的工单抄到下月继续登记。2、电梯故障由维保单位处理。",
            f"制表：{centre.CLERKS[0]}      审核：{centre.SUPERVISORS[centre.WORKS]}",
        ),
        habits=Habits(
            text_dates=0.12, text_money=0.18, full_width=0.02, dashes=0.10, phones_as_numbers=0.5, blank_rows=0.012
        ),
    )


def _complaints_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "客户投诉台账")
    return Page(
        "complaints",
        "complaints",
        "投诉台账",
        registers["complaints"],
        title,
        (line,),
        renamed={"content": "投诉内容", "satisfied": "满意度"},
        hidden=("revisitor",),
        notes=("注：首次回复时间以电话或当面答复业主的时间为准。",),
        habits=Habits(text_dates=0.3, dashes=0.25, phones_as_numbers=0.8),
    )


def _services_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "特约服务(有偿)登记")
    return Page(
        "services",
        "services",
        "Sheet1",
        registers["services"],
        title,
        (line,),
        renamed={"price": "单价（元）", "amount": "金额（元）"},
        extra=(
            (
                "经办部门",
                lambda row: "保洁绿化部" if row["worker"] in ("龙玉兰", "邵秀英", "孟春梅", "常根生") else "工程维修部",
            ),
        ),
        sums=("amount", "material_fee"),
        notes=("以上金额已与收据核对。",),
        habits=Habits(text_dates=0.25, text_money=0.3, full_width=0.05, dashes=0.3, blank_rows=0.03),
    )


def _renovations_page(registers: Registers) -> Page:
    return Page(
        "renovations",
        "renovations",
        "装修户",
        registers["renovations"],
        f"{centre.PROJECT}装修登记台账",
        ("（含在装、本月新申请、本月完工、本月退押金户）",),
        sums=("deposit", "waste_fee", "refund"),
        habits=Habits(text_dates=0.15, text_money=0.1, dashes=0.2, phones_as_numbers=1.0, font=None),
    )


def _vacancy_page(month: Month, registers: Registers) -> Page:
    title, _line = _head(month, "空置房统计表")
    return Page(
        "vacancy",
        "vacancy",
        "空置房",
        registers["vacancy"],
        title,
        (
            f"统计至：2026年{month.number}月{month.last.day}日",
            "收费单价：多层1.60、小高层2.10、高层2.35元/㎡·月，未售和已售未收楼按50%",
        ),
        renamed={"area": "面积（㎡）"},
        sums=("area", "fee"),
        notes=("说明：收楼未住户由客服每月开窗通风一次。",),
        habits=Habits(text_dates=0.2, full_width=0.04, dashes=0.4, font="仿宋", size=11),
    )


def _changes_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "业户变更登记")
    return Page(
        "owner-changes",
        "owner_changes",
        "变更",
        registers["owner-changes"],
        title,
        (line,),
        notes=("证件复印件另存，本表只留后四位。",),
        habits=Habits(text_dates=0.35, dashes=0.5, phones_as_numbers=0.6),
    )


def _fees_page(month: Month, registers: Registers) -> Page:
    rows = [row for row in registers["fees"] if row["item"] in MAIN_FEES]
    return Page(
        "fees",
        "fees",
        f"{month.number}月收费",
        rows,
        f"{centre.NAME}2026年{month.number}月收费台账",
        ("单位：元",),
        renamed={"area": "面积（㎡）"},
        sums=("due", "paid", "reduction", "late_fee", "arrears"),
        subtotal=lambda row: "商铺" if row["room"].startswith("商铺") else _fee_group(month, row),
        habits=Habits(text_dates=0.02, text_money=0.01, dashes=0.02, borders=False, size=10),
    )


def _fee_group(month: Month, row: Mapping[str, Any]) -> str:
    if row["started"] < month.first:
        return "往期欠费"
    return "预收" if row["started"] > month.last else f"{row['room'].split('-')[0]}栋"


def _fee_export(month: Month, rows: Rows) -> tuple[str, bytes]:
    """Parking, water, deposits and clearance as the fee program exports them: its headings, GB18030."""
    chosen = [row for row in rows if row["item"] not in MAIN_FEES]
    heading = (
        "订单号",
        "房号",
        "业主",
        "费用项",
        "费用状态",
        "支付方式",
        "费用开始时间",
        "费用结束时间",
        "缴费时间",
        "收费标准",
        "应收",
        "实收",
        "减免",
        "滞纳金",
        "票据号",
        "收银员",
        "备注",
    )
    exported = [
        (
            f"DD2026{month.number:02d}{n:05d}",
            row["room"],
            row["owner"],
            row["item"],
            "已缴" if row["arrears"] == 0 else "欠费",
            row["payment"],
            row["started"],
            row["ended"],
            row["paid_on"],
            row["standard"],
            row["due"],
            row["paid"],
            row["reduction"],
            row["late_fee"],
            row["receipt_no"],
            row["cashier"],
            row["remark"],
        )
        for n, row in enumerate(chosen, 1)
    ]
    sums = [sum(row[key] or 0 for row in chosen) for key in ("due", "paid")]
    return f"收费明细_停车水费_2026{month.number:02d}.csv", gb_csv(
        heading, exported, ("合计", *[None] * 9, *sums, *[None] * 5)
    )


def _visits_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "客户拜访登记")
    rows = sorted(registers["visits"], key=lambda row: [name for name, _post in events.VISITORS].index(row["visitor"]))
    return Page(
        "visits",
        "visits",
        "拜访",
        rows,
        title,
        (line,),
        ditto=("visitor", "position"),
        notes=("注：按拜访人排列；电话拜访不计入上门户数。",),
        habits=Habits(text_dates=0.2, dashes=0.15, phones_as_numbers=0.5, ticks="是"),
    )


def _energy_page(month: Month, registers: Registers) -> Page:
    return Page(
        "energy",
        "energy",
        "抄表",
        registers["energy"],
        f"{month.number}月能耗统计表",
        ("抄表人：任海涛　　复核：罗铁成",),
        renamed={"last_year": "去年同期", "last_month": "上月用量"},
        sums=("amount",),
        notes=("说明：单价按上年平均价，电0.62元/度，水3.45元/吨。",),
        habits=Habits(dashes=0.3, font="微软雅黑", size=9),
    )


def _incidents_page(month: Month, registers: Registers) -> Page:
    title, _line = _head(month, "突发事件登记表")
    return Page(
        "incidents",
        "incidents",
        "突发事件",
        registers["incidents"],
        title,
        renamed={"reporter": "发现人", "liable": "责任性质"},
        habits=Habits(text_dates=0.3, dashes=0.3),
    )


def _training_page(month: Month, registers: Registers) -> Page:
    title, line = _head(month, "培训登记")
    return Page(
        "training",
        "training",
        "培训",
        registers["training"],
        title,
        (line,),
        renamed={"topic": "培训主题", "held": "培训时间"},
        sums=("hours", "expected", "attended", "examined", "passed"),
        habits=Habits(text_dates=0.4, full_width=0.06, dashes=0.4),
    )


def _housing_page(month: Month, registers: Registers) -> Page:
    return Page(
        "housing",
        "housing",
        "楼栋",
        registers["housing"],
        f"{centre.PROJECT}房屋基础数据",
        (f"统计日期：2026-{month.number:02d}-{month.last.day}",),
        renamed={"area": "总建筑面积（㎡）", "households": "总户数（户）"},
        sums=(
            "households",
            "area",
            "occupied",
            "moved_in",
            "vacant",
            "renovating",
            "intact_area",
            "mostly_intact_area",
            "damaged_area",
        ),
        subtotal=lambda row: row["kind"],
        habits=Habits(dashes=0.3, full_width=0.02),
    )


def _certificates_page(registers: Registers) -> Page:
    return Page(
        "certificates",
        "certificates",
        "人员",
        registers["certificates"],
        f"{centre.NAME}持证与岗前培训台账",
        habits=Habits(text_dates=0.2, dashes=0.2, font=None, borders=False),
    )


def _narrative_page(registers: Registers) -> Page:
    return Page(
        "narrative",
        "narrative",
        "月报文字",
        registers["narrative"],
        "",
        habits=Habits(text_dates=0.5, font=None, borders=False),
    )


def _satisfaction_page(month: Month, registers: Registers) -> Page:
    return Page(
        "satisfaction",
        "satisfaction",
        "统计",
        registers["satisfaction"],
        "2026年下半年客户满意度调查结果",
        (f"调查期：2026年下半年    调查日期：2026-{month.number}-27    计分办法：百分制指数",),
        renamed={"very_satisfied": "非常满意", "very_dissatisfied": "非常不满意"},
        notes=("说明：未评的不计入分母；得分=得分总和÷满分总和×100。",),
    )


def _report_book(month: Month, name: str, tables: Mapping[str, Rows]) -> Book:
    lines = (f"部门：{name}    编制人：{papers.leader(name)}    编制日期：2026-{month.number + 1}-2",)
    titles = {table["key"]: table["title"] for table in declared("department-report")["tables"]}
    plain = {
        centre.FRONT: Habits(),
        centre.GUARD: Habits(text_dates=0.5, font=None),
        centre.WORKS: Habits(text_dates=0.3, full_width=0.05, dashes=0.5),
        centre.CLEAN: Habits(text_dates=1.0, font="楷体", dashes=0.6),
    }[name]
    pages = tuple(
        Page(
            "department-report",
            key,
            titles[key],
            tables[key],
            f"{name}2026年{month.number}月工作报告",
            lines,
            sums=("planned", "on_duty", "joined", "left") if key == "staff" else (),
            habits=plain,
        )
        for key in titles
    )
    return Book(f"部门工作报告-{name}-2026年{month.number}月.xlsx", pages, wps=name == centre.CLEAN)


def write(folder: Path) -> list[Path]:
    """Put the sample office into ``folder`` in place of an earlier one. Returns the files written.

    FileExistsError where the folder holds anything that is not a sample office.
    """
    if (folder / KEY).is_file():
        shutil.rmtree(folder)
    elif folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty and no sample office")
    written = []
    for name, data in office_files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        written.append(path)
    return written


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else OFFICE
    files = write(target)
    print(f"{target}: {len(files)} files, {sum(path.stat().st_size for path in files):,} bytes")
