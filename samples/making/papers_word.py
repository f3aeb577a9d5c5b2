"""Filled input workbooks of the Word papers: the centre's people and events again, told at length.

What a register says in one line (an incident, a visit, a session) its own paper tells in full; the figures are the
register's. Written into the blanks a clerk gets from `guidang new`.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docgen.forms.loading import load_form
from docgen.registers.blank import new_workbook
from foundation.period import Period
from samples.making import centre
from samples.making.centre import CLEAN, CLERKS, FRONT, GUARD, MANAGER, SUPERVISORS, WORKS
from samples.making.papers_excel import BUDGET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from docgen.forms.declaration import Form
    from samples.making.occupancy import Rows

TEMPLATES = Path(__file__).parents[2] / "templates"


def word_papers(october: Mapping[str, Rows]) -> dict[str, bytes]:
    """Every workbook by its path in the sample office: ``papers/incident/….xlsx``.

    ``october``: the truth of the registers by form. The department reports lie among the registers.
    """
    return dict(_papers(october))


def _papers(october: Mapping[str, Rows]) -> Iterator[tuple[str, bytes]]:
    for fields, steps in incidents(october["incidents"]):
        yield _filled("incident", Period.of("day", fields["occurred"]), fields, {"timeline": steps})
    for fields in visits(october["visits"]):
        yield _filled("visit", Period.of("day", fields["visited"]), fields)
    for fields, tables in minutes():
        yield _filled("minutes", Period.of("day", fields["held"]), fields, tables)
    for fields, people in training(october["training"]):
        yield _filled("training-record", Period.of("day", fields["held"]), fields, {"people": people})
    yield _filled("annual-summary", Period.year(2026), SUMMARY, summary())
    yield _filled("satisfaction-questionnaire", Period.half(2026, 2), QUESTIONNAIRE)
    yield _filled("satisfaction-report", Period.half(2026, 2), SURVEY, survey(october["satisfaction"]), "satisfaction")


def _filled(
    form_id: str,
    period: Period | None,
    fields: dict[str, Any],
    tables: dict[str, Rows] | None = None,
    input_id: str = "",
) -> tuple[str, bytes]:
    """A workbook of ``form_id`` (or of the register it is made from) and where it lies."""
    form: Form = load_form(TEMPLATES / (input_id or form_id))
    name = form.file_name(period, str(fields.get("department") or ""), fields)
    blank_period = period if form.period != "none" else None
    return f"papers/{form_id}/{name}", new_workbook(
        form, period=blank_period, carry=tables or {}, fields=fields, filled=True
    )


# --- incidents ------------------------------------------------------------------------------------------------

_STEPS: dict[str, tuple[tuple[tuple[int, int], str, str], ...]] = {
    "TF2610-01": (
        ((19, 44), "监控中心 易林", "接41栋2单元轿厢对讲报警，两人被困14层附近，请乘客勿扒门，通知当值领班和维保"),
        ((19, 47), "监控中心 易林", "电话通知电梯维保单位，答复20分钟内到场"),
        ((19, 49), "秩序员 石磊", "到场隔门安抚，确认两人均无不适，在14层守候并设围挡"),
        ((19, 52), "特勤主管 雷振华", "向服务中心经理报告，客服在业主群说明41栋2单元电梯停用"),
        ((20, 8), "维保 崔工", "到机房断电、盘车平层，雷振华现场配合"),
        ((20, 13), "特勤主管 雷振华", "厅门打开，两名业主平安放出，询问身体状况，均表示无需就医"),
        ((20, 30), "维修工 崔永强", "电梯挂停用牌，次日10:20检修合格后恢复运行"),
    ),
    "TF2610-02": (
        ((2, 17), "巡逻 段军", "巡逻发现12栋1单元楼道流水，来自3层水管井，报监控中心"),
        ((2, 24), "维修工 任海涛", "到场关闭立管总阀，断水前逐户敲门告知"),
        ((2, 40), "段军、乔俊峰", "沙袋围堵电梯厅，电梯升至顶层停用，防止进水"),
        ((3, 30), "保洁员 万桂芳", "走道积水清扫完毕，摆放防滑提示牌"),
        ((6, 50), "维修工 任海涛", "更换表前阀，恢复供水，逐层检查无渗漏"),
    ),
}
_MORE: dict[str, dict[str, Any]] = {
    "TF2610-01": {
        "call_lift": True,
        "informed": "服务中心经理、总经办值班",
        "recorder": "易林",
        "attachments": "维保放人记录1份；监控录像19:38—20:15；现场照片2张",
        "photos": 2,
        "result": "被困2人20:13平安放出，无受伤，被困31分钟；电梯停用检修，10月19日10:20检修合格后恢复运行。",
        "aftermath": "10月19日上午客服谭晓雯、蒋月华上门致歉慰问，两位业主表示理解。",
        "prevention": "要求维保单位对39—42栋高层门机皮带逐台检查并出具报告（罗铁成，10月29日完成）；"
        "半月保养增加门机皮带张紧度一项。",
    },
    "TF2610-02": {
        "informed": "服务中心经理",
        "recorder": "段军",
        "attachments": "业主签收单1份；现场照片4张",
        "prevention": "对1—14栋同批次表前阀逐只排查，列入11月维修计划（罗铁成）；夜间巡逻增加管井听漏。",
    },
}


def incidents(register: Rows) -> list[tuple[dict[str, Any], Rows]]:
    """The incidents of October that have a paper of their own: head fields and the steps."""
    found = []
    for row in register:
        number = row["incident_no"]
        if number not in _STEPS:
            continue
        kept = (
            "name",
            "category",
            "level",
            "occurred",
            "place",
            "department",
            "liable",
            "reporter",
            "phone",
            "receiver",
            "reported",
            "duty",
            "arrived",
            "informed",
            "informed_at",
            "result",
            "casualties",
            "loss",
            "cause",
            "aftermath",
            "prevention",
            "closed",
            "recorded",
        )
        fields = {"number": number, **{key: row[key] for key in kept}, **_MORE[number]}
        day: date = row["occurred"].date()
        steps = [
            {"at": datetime(day.year, day.month, day.day, *clock), "person": person, "action": action}
            for clock, person, action in _STEPS[number]
        ]
        found.append((fields, steps))
    return found


# --- visits ---------------------------------------------------------------------------------------------------


def visits(register: Rows) -> list[dict[str, Any]]:
    """Three visits of October as their visitors wrote them down: an opinion mended, one in hand, one without."""
    rows = [row for row in register if row["method"] == "上门"]
    chosen = [
        next(row for row in rows if row["result"] == "已完成" and row["position"] == "客服"),
        next(row for row in rows if row["result"] == "处理中" and row["position"] == "主管"),
        next(row for row in rows if row["result"] == "无需整改" and row["position"] == "经理"),
    ]
    found = []
    for row in chosen:
        fields = {key: value for key, value in row.items() if key != "signature"}
        fields["opinion"] = row["opinion"] or "无意见，对近期服务表示满意。"
        if row["result"] == "已完成":
            fields["reply"] = f"{row['deadline'].month}月{row['deadline'].day}日电话回复整改结果，业户表示满意。"
        found.append(fields)
    return found


# --- minutes --------------------------------------------------------------------------------------------------

WEEKLY: tuple[dict[str, Any], ...] = (
    {
        "fields": {
            "number": "HY2610-03",
            "meeting": "10月第3次主管周例会",
            "kind": "主管周例会",
            "held": datetime(2026, 10, 19, 9, 0),
            "ended": datetime(2026, 10, 19, 10, 25),
            "place": "二楼会议室",
            "chair": MANAGER,
            "recorder": CLERKS[0],
            "present": "、".join((MANAGER, *SUPERVISORS.values())),
            "observers": CLERKS[1],
            "next_meeting": "2026年10月26日（周一）9:00，二楼会议室",
            "sent_to": "各部门主管；抄报公司总经办",
            "issued_by": MANAGER,
        },
        "reports": (
            (
                FRONT,
                "重阳节走访独居老人21户；满意度问卷发放360份，已回收约七成。",
                "问卷回收、录入；往期欠费第二轮电话催缴。",
                None,
            ),
            (
                GUARD,
                "消防器材月检全部合格；地库禁停线补划4处。",
                "电梯困人应急演练；北门人脸照片重新采集。",
                "请工程部配合演练时停用41栋一台电梯",
            ),
            (
                WORKS,
                "10月18日41栋2单元电梯困人处置，次日恢复；监控中心电表更换。",
                "高层门机皮带逐台检查；西区雨污管网疏通收尾。",
                "请客户服务部提前一天通知停水",
            ),
            (
                CLEAN,
                "地库4个区地面油污清洗；12栋东侧分类投放点启用。",
                "西区绿篱修剪收尾；楼道拖洗推广到全部多层。",
                None,
            ),
        ),
        "topics": (
            (
                "电梯困人事件复盘",
                "到场7分钟、放人31分钟，安抚及时；维保到场用了21分钟，偏长；门机皮带此前没有列入半月保养。",
                "向维保单位发函，要求20分钟内到场；39—42栋门机皮带10月29日前逐台检查，报告归档。",
            ),
            (
                "高空抛物防范",
                "33—38栋仰拍摄像头只覆盖南侧；告知书还没有发到户。",
                "10月31日前33—38栋逐户发放告知书；补装北侧摄像头的方案和预算报公司。",
            ),
            (
                "上门拜访进度",
                "截至18日，有三人未达到3户，月底集中突击影响质量。",
                "每周例会核对进度，25日前每人不少于4户；全部先预约再上门。",
            ),
        ),
        "actions": (
            ("向电梯维保单位发函，明确困人到场时限", WORKS, date(2026, 10, 21), "新列"),
            ("39—42栋门机皮带逐台检查并归档报告", WORKS, date(2026, 10, 29), "新列"),
            ("33—38栋逐户发放禁止高空抛物告知书", GUARD, date(2026, 10, 31), "新列"),
            ("编制33—38栋北侧摄像头方案和预算", GUARD, date(2026, 10, 30), "新列"),
            ("前台叫号机安装调试（上次例会遗留）", FRONT, date(2026, 10, 22), "进行中"),
            ("绿篱机取回，西区修剪恢复（上次例会遗留）", CLEAN, date(2026, 10, 8), "完成"),
        ),
    },
    {
        "fields": {
            "number": "HY2610-05",
            "meeting": "下半年业主代表座谈会",
            "kind": "业主代表会议",
            "held": datetime(2026, 10, 28, 19, 0),
            "ended": datetime(2026, 10, 28, 20, 40),
            "place": "中心花园会所一层",
            "chair": MANAGER,
            "recorder": CLERKS[2],
            "present": f"业主代表11人（名单附后）；{MANAGER}、{SUPERVISORS[FRONT]}、{SUPERVISORS[WORKS]}",
            "observers": "业委会联络人1人",
            "absent": "业主代表3人（出差、加班）",
            "sent_to": "与会业主代表；业主委员会；公司总经办",
            "issued_by": MANAGER,
        },
        "reports": (),
        "topics": (
            (
                "下半年满意度调查结果通报",
                "代表认可保洁、客服的进步，认为设施维护和停车秩序仍是短板。",
                "整改措施11月5日前公示，12月座谈会上逐项报告进展。",
            ),
            (
                "公共收益使用",
                "多数代表希望优先用于儿童乐园和照明。",
                "按法定程序提交业主委员会，服务中心准备两套方案和报价。",
            ),
            ("冬季供水防冻", "高层屋面水箱间去年有一次冻管。", "11月15日前完成保温检查，结果贴在各单元公示栏。"),
        ),
        "actions": (
            ("满意度调查整改措施公示", FRONT, date(2026, 11, 5), "新列"),
            ("公共收益使用方案及报价（两套）", FRONT, date(2026, 11, 20), "新列"),
            ("水箱间、外露管道保温检查", WORKS, date(2026, 11, 15), "新列"),
        ),
    },
)


def minutes() -> list[tuple[dict[str, Any], dict[str, Rows]]]:
    """The weekly meeting after the lift incident, and the owners' meeting after the survey."""
    return [
        (
            one["fields"],
            {
                "reports": _named(one["reports"], "department", "last_week", "this_week", "coordinate"),
                "topics": _named(one["topics"], "topic", "points", "decision"),
                "actions": [
                    {"item": item, "person": SUPERVISORS[who], "deadline": deadline, "status": status}
                    for item, who, deadline, status in one["actions"]
                ],
            },
        )
        for one in WEEKLY
    ]


def _named(rows: Sequence[Sequence[Any]], *keys: str) -> Rows:
    return [dict(zip(keys, row, strict=True)) for row in rows]


# --- training -------------------------------------------------------------------------------------------------


def training(register: Rows) -> list[tuple[dict[str, Any], Rows]]:
    """Two regular sessions and the pre-job training of the new guard, with everyone who should be there."""
    chosen = [row for row in register if row["topic"] in ("秩序维护员岗前培训", "队列与仪容仪表", "楼道保洁标准")]
    return [_session(row) for row in chosen]


def _session(row: dict[str, Any]) -> tuple[dict[str, Any], Rows]:
    day: datetime = row["held"]
    entry = row["kind"] == "岗前"
    people = [
        one
        for one in centre.staff()
        if one.department == row["department"]
        and one.serving(day.date())
        and (not entry or (day.date() - one.joined).days == 1)
    ]
    absent = {one.name for one in people[len(people) - row["expected"] + row["attended"] :]} if not entry else set()
    failed = {one.name for one in people[5 : 5 + row["attended"] - row["passed"]]}
    sheet: Rows = []
    for n, one in enumerate(people):
        there, good = one.name not in absent, one.name not in failed
        sheet.append(
            {
                "name": one.name,
                "department": one.department,
                "position": one.position,
                "attended": there,
                "score": Decimal(86 + (n * 5) % 13 if good else 56) if there else None,
                "passed": good if there else None,
                "on_duty": one.joined + timedelta(days=4) if entry else None,
                "remark": None if there else "公休",
            }
        )
    again = [one.name for one in people if one.name in absent | failed]
    fields = {
        "topic": row["topic"],
        "kind": row["kind"],
        "held": day,
        "hours": row["hours"],
        "place": row["place"],
        "lecturer": row["lecturer"],
        "department": row["department"],
        "assessment": row["assessment"],
        "summary": "\n".join(f"{n}. {text}。" for n, text in enumerate(row["summary"].split("、"), 1)),
        "makeup": f"{'、'.join(again)}三日内补训、补考，由领班组织，成绩记入补训那一场。" if again else None,
        "evaluation": f"{row['evaluation']}。能按要求掌握要点，薄弱处在班前会上反复练。",
        "recorder": row["recorder"] or "贺强",
    }
    return fields, sheet


# --- year's summary -------------------------------------------------------------------------------------------

SUMMARY: dict[str, Any] = {
    "as_of": date(2026, 11, 30),
    "prepared_on": date(2026, 12, 24),
    "prepared_by": SUPERVISORS[FRONT],
    "edition": "预计稿",
    "overview": (
        f"{centre.PROJECT}共42栋1810户，总建筑面积18.10万平方米；11月末已入住1663户，入住率91.9%，空置124户。"
        "服务中心设客户服务部、特勤部、工程维修部、保洁绿化部，编制39人，在岗38人。\n"
        "全年以“质量、成本双否决”为主线，重点做了物业费催缴、电梯和消防设施治理、公共照明时控改造、楼道保洁加频四件事。"
        "物业费收缴、报修及时和房屋完好预计达到目标，满意度两次调查均在85分以上；零修合格率、用水节能预计没有达到目标，"
        "原因和改进见第五部分。"
    ),
}
_GOALS = (
    ("2.1", "费用收缴率（当期）", "不低于", "97", "%", "97.56", "97.80", "97.58", None),
    ("2.1", "合同目标完成率", "等于", "100", "%", "97.2", "100", "97.4", "5月儿童乐园更新延期一个月"),
    ("2.2", "顾客满意度", "不低于", "85", "分", "86.67", None, "86.12", "上半年85.57分、下半年86.67分的平均"),
    ("2.2", "节能指标（用电）", "不高于", "-5", "%", "-5.64", "-6.0", "-5.67", None),
    ("2.2", "节能指标（用水）", "不高于", "-5", "%", "-3.31", "-5.2", "-3.46", "绿化取水漫灌，10月起挂表定额"),
    ("2.4", "投诉24小时回复率", "等于", "100", "%", "98.71", "100", "98.81", "3起夜间接诉没有及时转办"),
    ("2.5", "重大安全责任事故", "等于", "0", "起", "0", "0", "0", None),
    ("2.6", "房屋完好率", "不低于", "98", "%", "98.75", "98.75", "98.75", None),
    ("2.6", "报修及时率", "不低于", "98", "%", "98.12", "98.30", "98.13", None),
    ("2.6", "零修合格率", "等于", "100", "%", "99.24", "99.50", "99.26", "返修24件，修后检查不细"),
    ("2.12", "管理人员持证上岗率", "等于", "100", "%", "100", "100", "100", "入职一年以上4人"),
    ("2.12", "岗前培训合格率", "等于", "100", "%", "100", None, "100", "全年新入职7人，12月无入职计划"),
)
_WORK = (
    (FRONT, "物业费催缴电话、上门、函件四轮，往年欠费立案移交公司法务", "追回往期欠费14.6万元"),
    (FRONT, "上门拜访业户490户次，完成上、下半年两次满意度调查", "满意度85.57分、86.67分"),
    (FRONT, "前台增设值守手机和叫号机，统一接诉用语", "投诉回复用时由9.4小时降到6.1小时"),
    (GUARD, "消防器材月检12次，消防演练2次、电梯困人演练3次", "全年无重大安全责任事故"),
    (GUARD, "地库重划禁停线31处，清理僵尸车46辆", "消防通道保持畅通"),
    (GUARD, "高空抛物告知书发放792户", None),
    (WORKS, "完成报修3350件，二次供水水箱清洗消毒2次", "水质检测全部合格"),
    (WORKS, "公共照明时控改造，高层门机皮带更换12套", "公共用电比上年下降5.67%"),
    (WORKS, "东、西区雨污管网疏通各一遍，高层屋面渗漏修补5处", "汛期无倒灌"),
    (CLEAN, "楼道周拖洗由每周一次增加到两次", "保洁类投诉比上年减少11件"),
    (CLEAN, "绿篱修剪4遍，裸土补种麦冬约420平方米", None),
)
_MONEY = (  # 科目, 1—11月实际, 12月预计, 说明; the budget is the year's own
    ("物业费", 3712400, 341000, "含追回往年欠费14.6万元，收缴率未到预算口径"),
    ("停车费", 1158300, 105600, None),
    ("特约服务", 103200, 9500, None),
    ("公共收益/多种经营", 226600, 20600, None),
    ("人工", 2421500, 246000, "含年终考核奖"),
    ("能耗", 561300, 52800, "照明时控改造后用电下降，用水节能未达目标"),
    ("维修养护", 588700, 36500, "门机皮带、表前阀集中更换，比预算多"),
    ("保洁", 217600, 20400, None),
    ("绿化", 168800, 9800, None),
    ("秩序", 135400, 13600, None),
    ("办公", 70900, 6200, None),
    ("税费", 244500, 22900, None),
    ("保险", 46000, 0, None),
    ("社区活动", 31700, 3500, None),
    ("不可预见", 12600, 0, "8月台风后清障"),
)
_PROBLEMS = (
    (
        "零修合格率没有达到100%",
        "修后检查不细，个别配件质量不稳",
        "修后试用拍照，同一配件返修两次停用供应商，建立配件准入名单",
    ),
    ("用水节能没有达到5%", "绿化取水漫灌，两处地下管渗漏查出较晚", "喷灌改造、取水点挂表定额，每季度夜间最小流量测漏"),
    ("夜间投诉转办慢", "夜班接诉只登记不转办", "夜班接诉直接电话转部门主管，次日八点前客服复核"),
)
_OUTLOOK = (
    "以零修合格率和用水节能两项未达标指标为重点，按月分解、按周检查",
    "建立配件准入名单和维修质量回访，返修一律由主管到场验收",
    "推进高层仰拍摄像头加装和电动车集中充电，压降高空抛物和消防隐患",
    "往年欠费分类处理：协商分期、函件、诉讼各占三分之一，全年追回不少于18万元",
    "满意度以设施、收费两项为提升重点，目标88分",
)


def summary() -> dict[str, Rows]:
    """The tables of 2026's summary: eleven months as they were, December as expected in its last week."""
    return {
        "objectives": [
            {
                "clause": clause,
                "objective": title,
                "comparison": comparison,
                "target": Decimal(target),
                "unit": unit,
                **{key: None if text is None else Decimal(text) for key, text in zip(_PARTS, parts, strict=True)},
                "remark": remark,
            }
            for clause, title, comparison, target, unit, *parts, remark in _GOALS
        ],
        "work": _named(_WORK, "department", "content", "result"),
        "finance": [
            {
                "kind": kind,
                "item": item,
                "budget": Decimal(budget),
                "actual": Decimal(actual),
                "december": Decimal(december),
                "remark": remark,
            }
            for (kind, subject, _last, _actual, budget, _note), (item, actual, december, remark) in zip(
                BUDGET, _MONEY, strict=True
            )
            if subject == item
        ],
        "problems": _named(_PROBLEMS, "problem", "cause", "measure"),
        "outlook": [{"seq": n, "content": content} for n, content in enumerate(_OUTLOOK, 1)],
    }


_PARTS = ("actual", "december", "year")


# --- survey ---------------------------------------------------------------------------------------------------

QUESTIONNAIRE: dict[str, Any] = {
    "opens_on": date(2026, 10, 12),
    "deadline": date(2026, 10, 25),
    "return_to": "各单元大堂意见箱或客服前台",
    "phone": "16000000301",
    "greeting": (
        f"感谢您一直以来对{centre.NAME}的理解和支持。为了了解您对服务的真实感受，把下一步的工作做在您最需要的地方，"
        "请您用几分钟填写这份问卷。您的意见我们会逐条整理，结果和整改措施将在公示栏公布。"
    ),
    "open_question": "您最希望我们先改进的是什么？还有哪些意见和建议：",
    "house_types": "多层、小高层、高层、商铺",
}
SURVEY: dict[str, Any] = {
    "half": "2026年下半年",
    "surveyed": date(2026, 10, 27),
    "scale": "百分制指数",
    "method": "按楼栋抽样，10月12日至25日入户发放，意见箱和前台回收",
    "prepared_by": SUPERVISORS[FRONT],
}
_OPINIONS = (
    ("设施", "地库坡道防滑条破损，雨天打滑", 17, WORKS),
    ("设施", "儿童乐园地垫老化、座椅少", 14, WORKS),
    ("收费", "停车费票据开具慢，希望线上开票", 12, FRONT),
    ("安全秩序", "访客车辆占用固定车位", 11, GUARD),
    ("维修", "周末报修到场慢", 9, WORKS),
    ("绿化", "20栋北侧草坪裸土", 6, CLEAN),
)
_IMPROVEMENTS = (
    ("地库坡道防滑条破损", "2个坡道防滑条全部更换，雨天派人值守", WORKS, date(2026, 11, 20)),
    ("儿童乐园地垫、座椅", "更换地垫，增设座椅4组，费用列入公共收益方案报业委会", WORKS, date(2026, 12, 15)),
    ("停车费票据开具慢", "开通线上开票，前台3个工作日内开具", FRONT, date(2026, 11, 30)),
    ("访客车辆占位", "访客预约限时2小时，巡逻每班拍照提醒", GUARD, date(2026, 11, 15)),
    ("周末报修到场慢", "周末维修班由1人增加到2人", WORKS, date(2026, 11, 7)),
)


def survey(results: Rows) -> dict[str, Rows]:
    """The results of October's survey, what many wrote at the end of it, and what will be done."""
    return {
        "satisfaction": [{**row, "return_rate": None, "rate": None, "score": None} for row in results],
        "opinions": _named(_OPINIONS, "category", "opinion", "times", "department"),
        "improvements": [
            {"problem": problem, "measure": measure, "person": SUPERVISORS[who], "deadline": deadline}
            for problem, measure, who, deadline in _IMPROVEMENTS
        ],
    }
