"""Filled input workbooks of the Excel papers: plans, purchases, checks and the yearly papers of the invented centre.

Written into the blanks a clerk gets from `guidang new`. The plans say what the departments' reports say, but for one
item that was put off between the 25th and the 3rd.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docgen.forms.loading import load_form
from docgen.registers.blank import new_workbook
from foundation.period import Period
from samples.making.centre import CLEAN, DEPARTMENTS, FRONT, GUARD, MANAGER, SUPERVISORS, WORKS
from samples.making.dice import Dice
from samples.making.papers import DONE, PLANS, UNFINISHED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from samples.making.occupancy import Rows

TEMPLATES = Path(__file__).parents[2] / "templates"
MOVED = "冬季防冻检查"
"""Planned on the 25th for the 20th of November, put off to the 27th in the report of the 3rd."""


def excel_papers() -> dict[str, bytes]:
    """Every workbook by its path in the sample office: ``papers/monthly-plan/….xlsx``."""
    return dict(_papers())


def _papers() -> Iterator[tuple[str, bytes]]:
    for department in DEPARTMENTS:
        for month in (10, 11):
            yield _filled("monthly-plan", f"2026-{month}", _plan_head(department, month), _plan(department, month))
    for department, items in PURCHASES.items():
        head = {"department": department, "applicant": SUPERVISORS[department], "prepared_on": date(2026, 10, 23)}
        yield _filled("purchase-list", "2026-11", head | {"number": None}, {"items": _purchases(items)})
    for (department, day), (weather, shift, inspector, faults) in CHECKS.items():
        head = {"department": department, "day": date(2026, 10, day), "weather": weather, "shift": shift}
        yield _filled("daily-check", f"2026-10-{day}", head | {"inspector": inspector}, {"items": _checked(faults)})
    yield _filled("annual-plan", "2026", _yearly(24), {key: _rows(*table) for key, table in ANNUAL.items()})
    yield _filled("annual-budget", "2026", _yearly(24), {"accounts": _budget()})
    final = {"edition": "预计", "as_of": date(2025, 12, 20)} | _yearly(20)
    yield _filled("final-accounts", "2025", final, {"accounts": _final()})
    for department, rows in YEARS.items():
        head = {"department": department} | _yearly(18) | {"prepared_by": SUPERVISORS[department]}
        yield _filled("department-annual-plan", "2026", head, {"plan": [_year_row(*row) for row in rows]})
    maintained = _yearly(18) | {"prepared_by": SUPERVISORS[WORKS]}
    yield _filled("maintenance-plan", "2026", maintained, {"plan": [_maintained(*row) for row in MAINTENANCE]})


def _filled(form_id: str, period: str, fields: dict[str, Any], tables: dict[str, Rows]) -> tuple[str, bytes]:
    form, about = load_form(TEMPLATES / form_id), Period.parse(period)
    name = form.file_name(about, str(fields.get("department") or ""))
    return f"papers/{form_id}/{name}", new_workbook(form, period=about, carry=tables, fields=fields, filled=True)


def _yearly(day: int) -> dict[str, Any]:
    return {"prepared_on": date(2025, 12, day), "prepared_by": MANAGER}


def _rows(keys: tuple[str, ...], rows: tuple[tuple[Any, ...], ...]) -> Rows:
    return [dict(zip(keys, row, strict=True)) for row in rows]


# --- plans of a month -----------------------------------------------------------------------------------------


def _plan_head(department: str, month: int) -> dict[str, Any]:
    return {
        "department": department,
        "prepared_on": date(2026, month - 1, 25),
        "prepared_by": SUPERVISORS[department],
        "number": f"{month:02d}-{1 + DEPARTMENTS.index(department)}",
    }


def _plan(department: str, month: int) -> dict[str, Rows]:
    return {
        "plan": [_planned(department, month, row) for row in PLANS[month - 1][department]],
        "training_plan": _rows(
            ("held", "topic", "audience", "hours", "lecturer", "assessment"), _training(department, month)
        ),
        "repair_plan": _rows(("equipment", "item", "cycle", "planned_on", "person"), _repairs(department, month)),
        "check_plan": _rows(("item", "area", "frequency", "planned_on", "person"), _inspections(department, month)),
    }


def _planned(department: str, month: int, row: tuple[Any, ...]) -> dict[str, Any]:
    kind, work, target, person, support, start, end, resources = row
    ended = date(2026, month, 20 if work == MOVED else end)
    planned = {
        "kind": kind,
        "work": work,
        "target": target,
        "person": person,
        "support": support,
        "started": date(2026, month, start),
        "ended": ended,
        "resources": resources,
    }
    return planned | (_outcome(department, work) if month == 10 else {})


def _outcome(department: str, work: str) -> dict[str, Any]:
    """What came of an October item: what the department's report says of it."""
    for item, reason, measure, _person, milestone in UNFINISHED[10][department]:
        if item == work:
            return {"status": "延期", "reason": reason, "measure": measure, "milestone": milestone}
    if work == "消防泵月度试运行" or any(work in done[0] or done[0] in work for done in DONE[10][department]):
        return {"status": "完成"}
    if work == "10月物业费催缴":
        return {
            "status": "未完成",
            "reason": "3户长期在外无法联系",
            "measure": "经紧急联系人转告，11月上门",
            "milestone": date(2026, 11, 20),
        }
    return {"status": "完成"}


_TOPICS = {
    FRONT: ("投诉受理与首次回复", "收费政策与沟通技巧", "装修管理规定", "服务礼仪"),
    GUARD: ("消防器材使用", "岗位应急处置", "车辆引导与登记", "电梯困人联动"),
    WORKS: ("登高与动火作业安全", "水泵房操作规程", "配电房巡检要点", "冬季管道防冻"),
    CLEAN: ("楼道保洁标准", "药剂安全使用", "绿化修剪安全", "垃圾分类要求"),
}
_TRAINEES = {FRONT: "全体客服", GUARD: "当班秩序员", WORKS: "全体维修工", CLEAN: "全体保洁、绿化工"}


def _training(department: str, month: int) -> tuple[tuple[Any, ...], ...]:
    """Once a week (3.4.1), on Fridays."""
    first = next(day for day in range(2, 9) if date(2026, month, day).weekday() == 4)
    ways = ("提问", "实操", "笔试", "口试")
    return tuple(
        (
            date(2026, month, first + 7 * n),
            topic,
            _TRAINEES[department],
            Decimal("1.5"),
            SUPERVISORS[department],
            ways[n],
        )
        for n, topic in enumerate(_TOPICS[department])
    )


def _repairs(department: str, month: int) -> tuple[tuple[Any, ...], ...]:
    if department != WORKS:
        return ()
    return (
        ("电梯（28部）", "半月维护保养跟踪验收", "半月", date(2026, month, 13), "崔永强"),
        ("消防泵、喷淋泵", "点动试运行、末端放水", "月", date(2026, month, 14), "许国栋"),
        ("低压配电柜", "测温、紧固、除尘", "季", date(2026, month, 20), "任海涛"),
        ("1—14栋表前阀", "同批次阀门排查更换", "一次性", date(2026, month, 25), "任海涛"),
    )


_INSPECTIONS = {
    FRONT: (
        ("装修现场巡查", "全部在装户", "每日2次", None, "谭晓雯"),
        ("空置房巡查", "空置户", "每周1次", None, "许立民"),
    ),
    GUARD: (
        ("消防器材月检", "全部楼栋、地库", "每月1次", 16, "贺强"),
        ("夜间查岗", "各岗位", "每月12次", None, "雷振华"),
    ),
    WORKS: (
        ("设备房巡检", "配电房、水泵房", "每日2次", None, "贾长林"),
        ("消防系统月检", "全部系统", "每月1次", 6, "许国栋"),
    ),
    CLEAN: (
        ("楼道保洁检查", "1—42栋", "每日1次", None, "阎秀梅"),
        ("绿化养护检查", "东区、西区", "每周2次", None, "常根生"),
    ),
}


def _inspections(department: str, month: int) -> tuple[tuple[Any, ...], ...]:
    return tuple(
        (item, area, often, date(2026, month, day) if day else None, person)
        for item, area, often, day, person in _INSPECTIONS[department]
    )


# --- purchases ------------------------------------------------------------------------------------------------

# 物品名称, 规格型号, 单位, 库存, 需求数量, 单价, 用途, 需求日, 紧急程度, 备注
PURCHASES: dict[str, tuple[tuple[Any, ...], ...]] = {
    FRONT: (
        ("复印纸", "A4 70g 500张", "包", "6", "20", "19.80", "前台打印、通知张贴", 10, "一般", None),
        ("中性笔", "0.5mm 黑色", "支", "18", "60", "1.25", "前台、上门登记", 10, "一般", None),
        ("档案盒", "55mm 牛皮纸", "只", "9", "40", "4.60", "三季度装修资料装盒", 16, "一般", None),
        ("律师函快递袋", "文件封", "只", "0", "120", "0.85", "往年欠费户律师函发放", 18, "一般", None),
    ),
    WORKS: (
        ("铜闸阀", "DN20 PN16", "只", "14", "86", "32.50", "1—14栋表前阀更换", 6, "紧急", "年度维修养护预算内"),
        ("声控灯", "LED 9W E27", "只", "12", "50", "8.50", "15—20栋楼道灯更换", 10, "一般", None),
        ("生料带", "20m", "卷", "7", "30", "1.60", "阀门、龙头更换", 6, "一般", None),
        (
            "排水沟盖板",
            "复合材料 500×300×40",
            "块",
            "0",
            "24",
            "68.00",
            "地下车库2区排水沟",
            12,
            "紧急",
            "首批退货重做",
        ),
        ("橡塑保温管", "DN25 厚20mm", "米", "35", "162.5", "5.83", "外露管道冬季防冻", 14, "一般", None),
        ("玻璃胶", "中性耐候 300ml", "支", "5", "24", "13.90", "门窗缝隙修补", 16, "一般", None),
        ("应急灯电池", "3.6V 1200mAh", "只", "8", "36", "11.45", "疏散应急灯更换", 16, "一般", None),
    ),
    CLEAN: (
        ("垃圾袋", "120×140cm 加厚", "只", "450", "3000", "0.58", "楼道、外围垃圾桶", 9, "一般", None),
        ("拖把头", "棉线 400g", "只", "11", "48", "6.90", "楼道周拖洗两次班次", 9, "一般", None),
        ("地库清洗剂", "碱性 20kg", "桶", "1", "6", "128.00", "地库油污清洗", 12, "一般", None),
        ("绿篱机油", "二冲程 1L", "瓶", "2", "10", "36.00", "乔木冬季修剪", 9, "一般", None),
    ),
}


def _purchases(items: tuple[tuple[Any, ...], ...]) -> Rows:
    return [
        {
            "name": name,
            "spec": spec,
            "unit": unit,
            "stock": Decimal(stock),
            "quantity": Decimal(quantity),
            "price": Decimal(price),
            "use": use,
            "needed_on": date(2026, 11, day),
            "urgency": urgency,
            "remark": remark,
        }
        for name, spec, unit, stock, quantity, price, use, day, urgency, remark in items
    ]


# --- daily checks ---------------------------------------------------------------------------------------------

# (部门, 日) → 天气, 班次, 检查人, {检查项目: (不合格说明, 责任人, 整改措施, 期限日, 复查结果, 复查人)}
CHECKS: dict[tuple[str, int], tuple[str, str, str, dict[str, tuple[Any, ...]]]] = {
    (WORKS, 22): (
        "晴",
        "白班",
        "罗铁成",
        {"公共照明": ("17栋2单元3层声控灯不亮", "葛建平", "更换声控灯", 22, "合格", "罗铁成")},
    ),
    (WORKS, 23): (
        "多云",
        "白班",
        "罗铁成",
        {
            "管道、排水": ("地库2区排水沟盖板缺一块", "贾长林", "铁板临时覆盖，夜间设警示灯", 30, "未到期", None),
            "消火栓、灭火器": ("31栋5层消火栓箱封签脱落", "许国栋", "检查配件后重贴封签", 23, "合格", "罗铁成"),
        },
    ),
    (CLEAN, 23): (
        "多云",
        "全天",
        "阎秀梅",
        {
            "楼宇大堂、楼道": ("9栋1单元2层堆放纸箱", "邵秀英", "联系业主当日清走，加贴提示", 23, "合格", "阎秀梅"),
            "绿地、乔灌木": ("12栋东侧麦冬缺株约2平方米", "樊桂生", "补种并浇透定根水", 28, "未到期", None),
        },
    ),
}


def _checked(faults: dict[str, tuple[Any, ...]]) -> Rows:
    return [
        _checked_row(row, faults.get(str(row["item"]))) for row in load_form(TEMPLATES / "daily-check").tables[0].rows
    ]


def _checked_row(row: dict[str, Any], fault: tuple[Any, ...] | None) -> dict[str, Any]:
    if fault is None:
        return row | {"result": "不适用" if row["item"] == "卫生间" else "合格"}
    failure, person, measure, day, recheck, rechecker = fault
    return row | {
        "result": "不合格",
        "failure": failure,
        "person": person,
        "measure": measure,
        "deadline": date(2026, 10, day),
        "recheck": recheck,
        "rechecker": rechecker,
    }


# --- the year -------------------------------------------------------------------------------------------------

_WORK = ("quarter", "work", "target", "department", "started", "ended", "budget", "check")
_SHORT = ("quarter", "work", "target", "department", "budget")
ANNUAL: dict[str, tuple[tuple[str, ...], tuple[tuple[Any, ...], ...]]] = {
    "targets": (
        ("title", "last_year", "target", "department", "measure"),
        (
            ("合同目标完成率", "100%", "100%", "服务中心", "合同约定逐条列入月计划，按月核对"),
            ("各项费用收缴率", "96.4%", "97%以上", FRONT, "按季催缴，欠费两个季度以上逐户上门"),
            ("顾客满意度", "86.2", "85以上", FRONT, "每半年调查一次，问题逐条整改公示"),
            ("报修处理及时率", "97.1%", "98%以上", WORKS, "夜班增至两人，超时限前两小时提醒"),
            ("节能指标", "-3.6%", "-5%", WORKS, "公共照明时控、绿化取水定额"),
        ),
    ),
    "work": (
        _WORK,
        (
            (
                "一季度",
                "春节前安全大检查",
                "隐患整改率100%",
                GUARD,
                date(2026, 1, 26),
                date(2026, 2, 6),
                Decimal(3000),
                "节前复查",
            ),
            (
                "一季度",
                "欠费户集中清缴",
                "往期追回不少于12万元",
                FRONT,
                date(2026, 3, 2),
                date(2026, 3, 31),
                Decimal(2400),
                "月度统计",
            ),
            (
                "二季度",
                "汛前雨污管网疏通",
                "排水畅通，无内涝",
                WORKS,
                date(2026, 4, 7),
                date(2026, 5, 29),
                Decimal(18600),
                "雨后检查",
            ),
            (
                "三季度",
                "电梯轿厢照明节能改造",
                "28部完成，节电60%",
                WORKS,
                date(2026, 7, 6),
                date(2026, 8, 28),
                Decimal(33600),
                "验收单",
            ),
            (
                "四季度",
                "高空抛物监控加装",
                "33—38栋全覆盖",
                GUARD,
                date(2026, 10, 12),
                date(2026, 11, 30),
                Decimal(18000),
                "试运行",
            ),
            (
                "全年",
                "楼道周拖洗两次推广",
                "检查合格率95%以上",
                CLEAN,
                date(2026, 1, 1),
                date(2026, 12, 31),
                Decimal(9600),
                "每日检查",
            ),
        ),
    ),
    "training": (
        _SHORT,
        (
            ("全年", "岗前培训、每周定期培训", "合格率100%", "服务中心", Decimal(4800)),
            ("四季度", "119消防疏散演练", "参加率90%以上", GUARD, Decimal(2200)),
        ),
    ),
    "equipment": (
        _SHORT,
        (
            ("二季度", "电梯年度检验（28部）", "全部合格", WORKS, Decimal(22400)),
            ("三季度", "二次供水水箱清洗消毒", "水质检测合格", WORKS, Decimal(7600)),
            ("四季度", "消防设施年度检测", "出具合格报告", WORKS, Decimal(15000)),
        ),
    ),
    "activities": (
        _SHORT,
        (
            ("三季度", "中秋邻里游园", "约250人参加", FRONT, Decimal(8000)),
            ("四季度", "重阳节走访独居老人", "走访不少于20户", FRONT, Decimal(1500)),
        ),
    ),
}

# 收支, 科目, 上年预算, 上年实际, 本年预算, 说明
BUDGET: tuple[tuple[str, str, int, int, int, str | None], ...] = (
    ("收入", "物业费", 3960000, 3873600, 4080000, "新增入住约40户，收缴率按97%"),
    ("收入", "停车费", 1230000, 1238600, 1260000, None),
    ("收入", "特约服务", 102000, 104820, 110000, None),
    ("收入", "公共收益/多种经营", 210000, 205400, 240000, "新增快递柜、电梯广告合同"),
    ("支出", "人工", 2600000, 2586300, 2680000, "编制39人，社保基数调整"),
    ("支出", "能耗", 650000, 646200, 615000, "节能目标-5%"),
    ("支出", "维修养护", 580000, 566900, 610000, "含电梯照明改造3.36万元"),
    ("支出", "保洁", 232000, 229800, 240000, None),
    ("支出", "绿化", 176000, 171500, 180000, None),
    ("支出", "秩序", 142000, 139600, 150000, None),
    ("支出", "办公", 80000, 77450, 78000, None),
    ("支出", "税费", 262000, 258700, 268000, None),
    ("支出", "保险", 45000, 45000, 46000, None),
    ("支出", "社区活动", 34000, 31200, 36000, "增加一次春季活动，见年度工作计划"),
    ("支出", "不可预见", 80000, 0, 80000, None),
)


def _budget() -> Rows:
    return [
        {
            "kind": kind,
            "subject": subject,
            "last_budget": Decimal(last),
            "last_actual": Decimal(actual),
            "budget": Decimal(budget),
            "note": note,
            **_by_month(subject, budget),
        }
        for kind, subject, last, actual, budget, note in BUDGET
    ]


def _by_month(subject: str, year: int) -> dict[str, Decimal]:
    """Twelve months that add up to the year: fees come in by the quarter, energy follows the seasons."""
    weights = {"物业费": (9, 8, 11, 8, 8, 9, 8, 8, 8, 7, 7, 9), "能耗": (10, 9, 8, 7, 7, 8, 10, 10, 8, 7, 7, 9)}
    weight = weights.get(subject, (1,) * 12)
    months = [Decimal(year * share // sum(weight) // 100 * 100) for share in weight]
    months[11] += year - sum(months)
    return {f"m{n}": amount for n, amount in enumerate(months, 1)}


def _final() -> Rows:
    """2025 against its budget: fees and costs to 20 December, the rest estimated (gap G1)."""
    notes = {"物业费": "收缴率96.4%，欠费列入清缴", "不可预见": "未动用"}
    dice = Dice("final-accounts")
    return [
        {
            "kind": kind,
            "subject": subject,
            "budget": Decimal(budget),
            "actual": Decimal(actual) + (Decimal(dice.below(100)) / 100 if actual else 0),
            "note": notes.get(subject),
        }
        for kind, subject, budget, actual, _next, _note in BUDGET
    ]


# 类别, 工作内容, 目标, 责任人, 月份, 已完成到, 预算, 备注
YEARS: dict[str, tuple[tuple[Any, ...], ...]] = {
    FRONT: (
        ("重点", "客户满意度调查", "每半年一次，满意度85以上", "彭佳慧", (4, 10), 600, None),
        ("日常", "物业费催缴", "当期收缴率97%以上", "许立民", tuple(range(1, 13)), 2400, "按季三轮"),
        ("社区活动", "春季趣味运动会、中秋游园", "各约250人参加", "彭佳慧", (4, 9), 15000, None),
        ("培训", "每周部门培训", "合格率100%", "彭佳慧", tuple(range(1, 13)), None, None),
        ("检查", "空置房巡查", "每月逐户一次", "许立民", tuple(range(1, 13)), None, None),
    ),
    GUARD: (
        ("重点", "春节、国庆长假值守", "无责任事件", "雷振华", (2, 10), 6000, None),
        ("检查", "消防器材月检", "完好率100%", "贺强", tuple(range(1, 13)), None, None),
        ("培训", "119消防疏散演练", "参加率90%以上", "雷振华", (11,), 2200, None),
        ("重点", "高空抛物监控加装", "33—38栋全覆盖", "雷振华", (10, 11), 18000, None),
    ),
    WORKS: (
        ("维修保养", "汛前雨污管网疏通", "排水畅通", "贾长林", (4, 5), 18600, None),
        ("重点", "电梯轿厢照明节能改造", "28部完成，节电60%", "崔永强", (7, 8), 33600, None),
        ("检查", "冬季防冻检查", "外露管道保温完好", "贾长林", (1, 11, 12), 2700, None),
        ("培训", "特种作业安全培训", "合格率100%", "罗铁成", tuple(range(1, 13)), None, None),
    ),
    CLEAN: (
        ("日常", "楼道周拖洗两次", "检查合格率95%以上", "阎秀梅", tuple(range(1, 13)), 9600, None),
        ("维修保养", "乔木冬季修剪", "东西区各一遍", "常根生", (1, 11, 12), 4200, None),
        ("日常", "蚊蝇消杀", "每月四次并公示", "邵秀英", (5, 6, 7, 8, 9, 10), 3600, None),
        ("重点", "绿篱秋季修剪、补种", "高度一致、无缺株", "常根生", (9, 10), 5200, None),
    ),
}


def _months(planned: tuple[int, ...], done: int = 10) -> dict[str, str]:
    """● for what was done up to October, ○ for what is to come."""
    return {f"m{month}": "●" if month <= done else "○" for month in planned}


def _year_row(*row: Any) -> dict[str, Any]:
    kind, work, target, person, planned, budget, remark = row
    plain = {"kind": kind, "work": work, "target": target, "person": person, "remark": remark}
    return plain | {"budget": Decimal(budget) if budget else None} | _months(planned)


_ALL = tuple(range(1, 13))
# 设备编号, 设备名称, 位置, 型号, 数量, 保养项目, 周期, 月份, 责任人, 性质, 备注
MAINTENANCE: tuple[tuple[Any, ...], ...] = (
    ("DT-01~28", "电梯", "29—42栋", "无机房客梯", 28, "半月维护保养", "半月", _ALL, "电梯维保单位", "法定", "每月两次"),
    ("DT-01~28", "电梯", "29—42栋", "无机房客梯", 28, "年度定期检验", "年", (5,), "特检机构", "法定", None),
    ("XF-01", "消防设施", "全区", "自动报警、喷淋", 1, "月度检查", "月", _ALL, "许国栋", "法定", None),
    ("XF-01", "消防设施", "全区", "自动报警、喷淋", 1, "年度检测", "年", (11,), "检测单位", "法定", None),
    (
        "SX-01~04",
        "二次供水水箱",
        "地下泵房",
        "不锈钢 60m³",
        4,
        "清洗消毒、水质检测",
        "半年",
        (3, 9),
        "清洗单位",
        "法定",
        None,
    ),
    ("PD-01~03", "低压配电柜", "配电房", "GGD", 3, "测温、紧固、除尘", "季", (2, 5, 8, 11), "任海涛", "一般", None),
    ("SB-01~06", "生活水泵", "地下泵房", "立式多级", 6, "振动、密封、润滑检查", "月", _ALL, "贾长林", "一般", None),
    ("FD-01", "柴油发电机", "发电机房", "200kW", 1, "带载试机", "月", _ALL, "任海涛", "一般", None),
    ("JK-01", "监控系统", "监控中心", "网络 186路", 1, "录像、时钟、清洁", "月", _ALL, "葛建平", "一般", None),
    (
        "MJ-01~84",
        "单元门禁对讲",
        "各单元",
        "可视对讲",
        84,
        "通话、开锁测试",
        "季",
        (3, 6, 9, 12),
        "葛建平",
        "一般",
        None,
    ),
    ("GW-01", "雨污管网", "全区", "DN300—500", 1, "清淤疏通", "半年", (4, 10), "贾长林", "一般", "汛前汛后"),
    ("WM-01", "屋面、外墙", "1—42栋", None, 42, "渗漏、空鼓检查", "半年", (5, 11), "许国栋", "一般", None),
)


def _maintained(*row: Any) -> dict[str, Any]:
    keys = ("code", "name", "place", "model", "count", "task", "cycle", "months", "person", "statutory", "remark")
    values = dict(zip(keys, row, strict=True))
    return values | _months(values.pop("months"))
