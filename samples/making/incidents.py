"""Incidents and training of the two months."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeAlias

from samples.making import phrases
from samples.making.centre import (
    CLEAN,
    CLERKS,
    FRONT,
    GUARD,
    MANAGER,
    SUPERVISORS,
    WORKS,
    staff,
)
from samples.making.dice import Dice
from samples.making.moments import at

if TYPE_CHECKING:
    from collections.abc import Mapping

    from samples.making.occupancy import Month, Rows

Owners: TypeAlias = "Mapping[str, tuple[str, str]]"


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
        "held": at(day, dice.pick((9, 14, 15, 16)), dice.pick((0, 30))),
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
