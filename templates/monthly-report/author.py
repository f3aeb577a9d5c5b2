"""Write template.docx of the 《物业管理月度工作报告》 QG-FW-01-01: ``python templates/monthly-report/author.py``.

Cover, one-page summary, nine chapters and annex (procedure 3.2.1–3.2.3). The file it writes is committed and may
be edited in Word or WPS from then on; run this again only to start over from the original.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from templates.authoring.word_paper import HEADER_FILL, Cell, Column, Paper, Row

if TYPE_CHECKING:
    from collections.abc import Sequence

NO_BORDERS = "".join(f'<w:{side} w:val="nil"/>' for side in ("top", "left", "bottom", "right", "insideH", "insideV"))
UNDERLINE = '<w:bottom w:val="single" w:sz="6" w:space="0" w:color="000000"/>'
HEADER = "{{ office.company }}　{{ office.name }}\t{{ form.title }}　{{ form.code }}"
FOOTER = "第 [PAGE] 页 共 [NUMPAGES] 页"


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper()
    cover(paper)
    paper.section(landscape=False)
    paper.header_footer(HEADER, FOOTER)
    summary(paper)
    basics(paper)
    paper.section(landscape=True)
    paper.header_footer(HEADER, FOOTER)
    basics_wide(paper)
    objectives(paper)
    paper.section(landscape=False)
    paper.header_footer(HEADER, FOOTER)
    departments(paper)
    energy(paper)
    complaints(paper)
    visits(paper)
    incidents(paper)
    outlook(paper)
    annex(paper)
    signatures(paper)
    paper.properties(
        core={
            "dc:title": "{{ form.title }} {{ period.label }}",
            "dc:subject": "{{ form.code }}",
            "dc:creator": "{{ prepared.by }}",
            "cp:category": "{{ office.name }}",
            "dc:language": "zh-CN",
        },
        custom={
            "guidang.form": "{{ form.id }}",
            "guidang.code": "{{ form.code }}",
            "guidang.title": "{{ form.title }}",
            "guidang.version": "{{ form.version }}",
            "guidang.period": "{{ period }}",
            "guidang.department": "{{ office.name }}",
            "guidang.digest": "{{ meta.digest }}",
        },
        company="{{ office.company }}",
    )
    paper.save(path)


# --- cover ----------------------------------------------------------------------------------------------------


def cover(paper: Paper) -> None:
    paper.header_footer("", "")
    marks = (("标识", "{{ form.code }}"), ("编号", "{{ meta.number }}"), ("版本", "{{ form.version }}"))
    paper.table(
        [84, 18, 54],
        [Row((Cell(""), Cell(f"{label}：", "表格数字"), Cell(value)), height=6) for label, value in marks],
        NO_BORDERS,
    )
    space = '<w:spacing w:before="{}" w:after="0" w:line="240" w:lineRule="auto"/>'
    paper.text("{{ office.company }}", "封面公司", space.format(1300))
    paper.text("{{ form.title }}", "封面题名", space.format(800))
    paper.text("（{{ period.label }}）", "封面期间", space.format(400))
    paper.text("", "封面期间", space.format(800))
    lines = (
        ("项目名称", "{{ office.project }}"),
        ("服务中心", "{{ office.name }}"),
        ("报告期", "{{ period.first|日期 }}至{{ period.last|日期 }}"),
        ("编制", "{{ prepared.by }}"),
        ("复核", "{{ prepared.checked }}"),
        ("审批", "{{ prepared.approved }}"),
        ("编制日期", "{{ prepared.date|日期 }}"),
    )
    paper.table(
        [16, 26, 6, 92, 16],
        [
            Row(
                (
                    Cell("", "封面内容"),
                    Cell(label, "封面标签", valign="bottom"),
                    Cell("：", "封面内容", valign="bottom"),
                    Cell(value, "封面内容", borders=UNDERLINE, valign="bottom"),
                    Cell("", "封面内容"),
                ),
                height=11,
            )
            for label, value in lines
        ],
        NO_BORDERS,
    )


# --- summary --------------------------------------------------------------------------------------------------

TILES = (
    (
        ("occupancy_rate", "入住率"),
        ("collection", "费用收缴率"),
        ("repair_timeliness", "报修及时率"),
        ("complaint_reply", "投诉24小时回复率"),
    ),
    (
        ("repairs_received", "受理报修（件）"),
        ("complaints_received", "受理投诉（件）"),
        ("incidents_count", "突发事件（起）"),
        ("energy_electricity", "用电较基期"),
    ),
)


def summary(paper: Paper) -> None:
    """What an approver with twenty centres reads first: key figures, targets missed, items open."""
    paper.text("{{ form.title }}", "报告题名")
    paper.text("{{ office.name }}　{{ period.label }}", "报告期")
    paper.text("本月概要", "概要标题")
    rows: list[Row] = []
    for tiles in TILES:
        rows.append(Row(tuple(Cell(title, "小字表头", fill=HEADER_FILL) for _, title in tiles), height=6))
        rows.append(Row(tuple(Cell(f"{{{{ figures.{key}.text }}}}", "指标数值") for key, _ in tiles), height=12))
        rows.append(Row(tuple(Cell(beside(key), "小字居中") for key, _ in tiles), height=10))
    paper.table([1, 1, 1, 1], rows)
    below_table = '<w:spacing w:before="160" w:after="0" w:line="560" w:lineRule="exact"/>'
    paper.text(
        "本月考核质量目标{{ verdicts.met|length + verdicts.missed|length + verdicts.unknown|length }}项："
        "达标{{ verdicts.met|length }}项，"
        "未达标{{ verdicts.missed|length }}项，无数据{{ verdicts.unknown|length }}项。"
        "{% if verdicts.missed %}未达标的是："
        "{% for v in verdicts.missed %}{{ v.objective.title }}（目标{{ v.target }}，实际{{ v.actual }}）"
        "{{ '、' if not loop.last else '。' }}{% endfor %}{% endif %}",
        properties=below_table,
    )
    paper.text(
        "各部门未完成事项{{ figures.unfinished.text }}项，未完成报修{{ figures.repairs_open.text }}件，"
        "未关闭投诉{{ figures.complaints_open.text }}件，需公司协调事项{{ lists.requests|length }}项。"
    )
    paper.tag("{%p for r in lists.overview %}")
    paper.text("{{ r.content }}")
    paper.tag("{%p endfor %}")


def beside(key: str) -> str:
    return f"上月 {{{{ figures.{key}.previous_text }}}}\n环比 {{{{ figures.{key}.month_on_month }}}}"


# --- chapter 1 ------------------------------------------------------------------------------------------------

NUMBER = Column("序号", 12, "{{ loop.index }}", "c")

HOUSING = (
    ("总户数（户）", "households", "在装户（户）", "renovating"),
    ("总建筑面积（㎡）", "area", "本月新增装修户（户）", "renovation_new"),
    ("已入住（户）", "occupied", "本月完工装修户（户）", "renovation_done"),
    ("入住率", "occupancy_rate", "空置户（户）", "vacant"),
    ("本月新入住（户）", "moved_in", "　其中：未售", "vacant_unsold"),
    ("业户变更（户）", "owner_changes", "　　　　已售未收楼", "vacant_unreceived"),
    ("空置面积（㎡）", "vacant_area", "　　　　收楼未住", "vacant_unoccupied"),
)


def basics(paper: Paper) -> None:
    paper.heading(1, "一、基础数据")
    paper.caption("表1　房屋与入住")
    head = ("项目", "本月", "上月", "项目", "本月", "上月")
    paper.table(
        [34, 23, 23, 40, 18, 18],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in head), header=True),
            *(Row((*pair(left, a), *pair(right, b))) for left, a, right, b in HOUSING),
        ],
    )
    housing_notes(paper)

    paper.caption("表2　报修", "件")
    across(
        paper,
        (
            ("上月结转", "repairs_carried"),
            ("本月受理", "repairs_received"),
            ("本月完成", "repairs_done"),
            ("未完成", "repairs_open"),
            ("及时率", "repair_timeliness"),
            ("一次合格率", "repair_quality"),
        ),
    )
    paper.tag("{%p if figures.repairs_cancelled.value %}")
    paper.text("注：另有取消的报修{{ figures.repairs_cancelled.text }}件，不计入上表。", "表注")
    paper.tag("{%p endif %}")
    paper.caption("表2-1　报修按类别", "件")
    breakdown(
        paper,
        "repairs_by_category",
        [
            by("报修类别", 32),
            measure("结转", 14, "carried"),
            measure("受理", 14, "received"),
            measure("完成", 14, "done"),
            measure("未完成", 16, "open"),
            measure("及时率", 20, "timeliness"),
            last_month("上月受理", 20, "received"),
            Column("本月受理", 36, "{{ r.bar.received }}", style="条形"),
        ],
    )
    paper.caption("表2-2　报修按有偿、无偿")
    breakdown(
        paper,
        "repairs_by_charge",
        [
            by("类型", 36),
            measure("受理（件）", 30, "received"),
            measure("完成（件）", 30, "done"),
            measure("未完成（件）", 30, "open"),
            measure("费用（元）", 30, "fee"),
        ],
    )
    paper.caption("表3　特约服务")
    breakdown(
        paper,
        "services_by_item",
        [
            by("服务项目", 48),
            measure("次数", 22, "times"),
            measure("收入（元）", 30, "income"),
            last_month("上月次数", 22, "times"),
            last_month("上月收入（元）", 34, "income"),
        ],
    )


def housing_notes(paper: Paper) -> None:
    """What does not add up is said, not forced."""
    paper.tag("{%p if figures.vacant_other.value %}")
    paper.text("注：空置户中另有{{ figures.vacant_other.text }}户的空置原因为其他或未填。", "表注")
    paper.tag("{%p endif %}")
    paper.tag(
        "{%p if figures.vacant.value is not none and figures.households.value is not none and "
        "figures.occupied.value + figures.vacant.value != figures.households.value %}"
    )
    paper.text(
        "注：已入住户与空置户之和为{{ (figures.occupied.value + figures.vacant.value)|千分位 }}户，"
        "与总户数相差{{ (figures.households.value - figures.occupied.value - figures.vacant.value)|abs|千分位 }}户"
        "（装修户等另计）。",
        "表注",
    )
    paper.tag("{%p endif %}")
    paper.tag(
        "{%p if figures.vacant.value is not none and figures.housing_vacant.value is not none and "
        "figures.vacant.value != figures.housing_vacant.value %}"
    )
    paper.text(
        "注：空置户以空置房统计为准，房屋基础数据填为{{ figures.housing_vacant.text }}户，请核对。",
        "表注",
    )
    paper.tag("{%p endif %}")


def basics_wide(paper: Paper) -> None:
    paper.caption("表4　费用收缴", "元")
    breakdown(
        paper,
        "fees_by_item",
        [
            by("费用项目", 24),
            measure("收费户数", 20, "households"),
            measure("当期应收", 26, "due"),
            measure("当期实收", 26, "paid"),
            measure("收缴率", 18, "rate"),
            last_month("上月收缴率", 23, "rate"),
            measure("往期欠费", 24, "arrears"),
            measure("本月追回", 22, "recovered"),
            measure("累计欠费", 24, "owed"),
            measure("预收", 22, "advance"),
        ],
        note="收缴率＝当期实收÷当期应收，押金不计入；累计欠费＝当期与往期应收减实收减减免；"
        "合计栏的户数不重复计，收缴率由合计数算出，不取各项平均。",
    )
    paper.caption("表5　业户变更")
    paper.listing(
        [
            NUMBER,
            Column("变更日期", 28, "{{ r.changed|短日期 }}", "c"),
            Column("房号", 34, "{{ r.room }}", "c"),
            Column("变更类型", 30, "{{ r.kind }}", "c"),
            Column("原业户", 46, "{{ r.previous_masked|空为横线 }}", "c"),
            Column("现业户", 46, "{{ r.owner_masked|空为横线 }}", "c"),
            Column("经办", 29, "{{ r.handler|空为横线 }}", "c"),
        ],
        "r in lists.owner_changes",
        small=True,
    )


def pair(title: str, key: str) -> tuple[Cell, ...]:
    """A figure's title, this month and last month."""
    values = (f"{{{{ figures.{key}.{attribute} }}}}" for attribute in ("text", "previous_text"))
    return (Cell(title), *(Cell(value, "表格数字") for value in values))


def by(title: str, width: float) -> Column:
    return Column(title, width, "{{ r.label }}", "l", total="合计")


def measure(title: str, width: float, key: str, *, total: bool = True) -> Column:
    """A computed column of a breakdown, with its total."""
    return Column(title, width, f"{{{{ r.{key}.text }}}}", "r", total=f"{{{{ TOTAL.{key}.text }}}}" if total else "")


def known(title: str, width: float, key: str, other: str) -> Column:
    """A column without a total, a dash where ``other`` has no value: nothing was filled in, which is not 0."""
    return Column(title, width, f"{{{{ '—' if r.{other}.value is none else r.{key}.text }}}}", "r")


def last_month(title: str, width: float, key: str) -> Column:
    return Column(title, width, f"{{{{ r.last.{key} }}}}", "r", total=f"{{{{ TOTAL.last.{key} }}}}")


def breakdown(paper: Paper, key: str, columns: Sequence[Column], *, none: str = "本月无。", note: str = "") -> None:
    source = f"breakdowns.{key}"
    lines = "both" if any(".last." in c.value for c in columns) else "rows"
    totalled = [replace(c, total=c.total.replace("TOTAL", f"{source}.total")) for c in columns]
    paper.listing(
        totalled,
        f"r in {source}.{lines}",
        total=any(c.total for c in columns),
        together=True,
        none=none,
        note=note,
    )


def across(paper: Paper, figures: Sequence[tuple[str, str]]) -> None:
    """Figures side by side: this month, last month, change."""
    lines = (("本月", "text"), ("上月", "previous_text"), ("环比", "month_on_month"))
    paper.table(
        [14, *(30 if "率" in title else 20 for title, _ in figures)],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in ("", *(title for title, _ in figures))), header=True),
            *(
                Row(
                    (
                        Cell(title, "表头"),
                        *(Cell(f"{{{{ figures.{k}.{attribute} }}}}", "表格居中") for _, k in figures),
                    )
                )
                for title, attribute in lines
            ),
        ],
    )


# --- chapter 2 ------------------------------------------------------------------------------------------------


def objectives(paper: Paper) -> None:
    paper.heading(1, "二、质量目标完成情况")
    paper.caption("表6　质量目标")
    paper.listing(
        [
            NUMBER,
            Column("条款", 13, "{{ v.objective.clause }}", "c"),
            Column("目标项", 36, "{{ v.objective.title }}"),
            Column("目标值", 27, "{{ v.target }}", "c"),
            Column("本月实际", 20, "{{ v.actual }}", "c"),
            Column("累计", 18, "{{ v.cumulative_text }}", "c"),
            Column("是否达标", 20, "{% if v.text == '未达标' %}★{% endif %}{{ v.text }}", "c"),
            Column(
                "计算依据",
                54,
                "{{ v.figure.note if v.figure.value is none else v.basis }}",
                style="小字文字",
            ),
            Column("说明", 33, "{{ v.remark }}", style="小字文字"),
        ],
        "v in objectives",
        none="",
    )
    paper.text(
        "注：以未四舍五入的数值与目标比较，“以上”含本数；标★的未达标；没有数据的不判定；"
        "每项指标背后的逐行明细见附件2。",
        "表注",
    )
    paper.heading(2, "设施设备运行（作业规程2.7至2.10）")
    paragraphs(paper, "lists.equipment", "本月未报送设施设备运行情况。")


def paragraphs(paper: Paper, items: str, none: str = "") -> None:
    """One numbered paragraph an item, or the words ``none``."""
    paper.tag(f"{{%p for r in {items} %}}")
    paper.text(
        "{% if loop.length > 1 %}{{ loop.index }}. {% endif %}{{ r.content }}"
        "{% if r.measure %}{{ '' if r.content[-1:] in '。；！？' else '。' }}{{ r.measure }}{% endif %}"
    )
    paper.tag("{%p endfor %}")
    if none:
        paper.tag(f"{{%p if not {items} %}}")
        paper.text(none, "无数据")
        paper.tag("{%p endif %}")


# --- chapter 3 ------------------------------------------------------------------------------------------------


def departments(paper: Paper) -> None:
    paper.heading(1, "三、各部门工作")
    paper.tag("{%p for d in departments %}")
    paper.heading(2, "（{{ d.ordinal }}）{{ d.name }}")
    paper.tag("{%p if not d.received %}")
    paper.text("该部门未报送本月工作报告。", "无数据")
    paper.tag("{%p else %}")
    paper.heading(3, "1. 本月完成")
    paper.listing(
        [
            NUMBER,
            Column("工作内容", 64, "{{ r.work }}"),
            Column("责任人", 20, "{{ r.person|空为横线 }}", "c"),
            Column("完成日期", 24, "{{ r.finished|短日期|空为横线 }}", "c"),
            Column("结果", 36, "{{ r.result|空为横线 }}"),
        ],
        "r in d.done",
    )
    paper.heading(3, "2. 未完成")
    paper.listing(
        [
            NUMBER,
            Column("事项", 34, "{{ r.item }}"),
            Column("原因", 32, "{{ r.reason }}"),
            Column("跟进措施", 34, "{{ r.measure }}"),
            Column("责任人", 20, "{{ r.person|空为横线 }}", "c"),
            Column("完工时间\n节点", 24, "{{ r.milestone|短日期 }}", "c"),
        ],
        "r in d.unfinished",
        none="本月无未完成事项。",
    )
    paper.tag("{%p endif %}")
    paper.heading(3, "{{ '3' if d.received else '1' }}. 检查、培训与人员")
    groups = (
        ("检查", (("次数", "checks.times"), ("不合格", "checks.failed"), ("已整改", "checks.fixed"))),
        ("培训", (("场次", "training.sessions"), ("人次", "training.attended"), ("合格率", "training.passed"))),
        (
            "人员",
            (("编制", "staff.planned"), ("在岗", "staff.on_duty"), ("入职", "staff.joined"), ("离职", "staff.left")),
        ),
    )
    paper.table(
        [15, 15, 15, 15, 15, 21, 15, 15, 15, 15],
        [
            Row(tuple(Cell(name, "表头", span=len(parts), fill=HEADER_FILL) for name, parts in groups), header=True),
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for _, parts in groups for t, _ in parts), header=True),
            Row(tuple(Cell(f"{{{{ d.{key} }}}}", "表格居中") for _, parts in groups for _, key in parts)),
        ],
    )
    paper.tag("{%p endfor %}")


# --- chapters 4 to 7 ------------------------------------------------------------------------------------------


def energy(paper: Paper) -> None:
    paper.heading(1, "四、能耗与成本")
    paper.caption("表7　能耗与易耗品")
    breakdown(
        paper,
        "energy_by_kind",
        [
            by("类别", 26),
            measure("本月用量", 24, "used", total=False),
            known("上月用量", 24, "last_month", "month_change"),
            measure("环比", 18, "month_change", total=False),
            known("上年同月", 24, "last_year", "year_change"),
            measure("同比", 18, "year_change", total=False),
            measure("金额（元）", 24, "cost"),
        ],
        note="用量＝（本期读数－上期读数）×倍率，换表、归零的按填报用量；节能指标的基期为{{ energy_base }}；"
        "各类单位不同，用量不合计。",
    )


def complaints(paper: Paper) -> None:
    paper.heading(1, "五、客户投诉")
    paper.caption("表8　投诉处理", "件")
    across(
        paper,
        (
            ("本月受理", "complaints_received"),
            ("有效", "complaints_valid"),
            ("已回复", "complaints_replied"),
            ("24小时回复率", "complaint_reply"),
            ("已关闭", "complaints_closed"),
            ("上月遗留关闭", "complaints_carried_closed"),
            ("未关闭", "complaints_open"),
        ),
    )
    paper.text(
        "注：已关闭指本月受理并在本月关闭的；上月遗留{{ figures.complaints_carried.text }}件，未关闭含上月遗留。",
        "表注",
    )
    paper.caption("表8-1　投诉按类别", "件")
    breakdown(
        paper,
        "complaints_by_category",
        [
            by("投诉类别", 44),
            measure("上月遗留", 20, "carried"),
            measure("受理", 18, "received"),
            measure("有效", 18, "valid"),
            measure("本月关闭", 20, "closed"),
            measure("未关闭", 18, "open"),
            last_month("上月受理", 20, "received"),
        ],
        none="本月无投诉。",
    )
    paper.caption("表8-2　未关闭投诉")
    paper.listing(
        [
            NUMBER,
            Column("编号", 24, "{{ r.complaint_no }}", "c"),
            Column("接诉日期", 21, "{{ r.received|短日期 }}", "c"),
            Column("房号", 20, "{{ r.room|空为横线 }}", "c"),
            Column("内容", 38, "{{ r.content }}"),
            Column("责任部门", 20, "{{ r.department|空为横线 }}", "c"),
            Column("处理措施及未关闭原因", 38, "{{ r.handling|空为横线 }}"),
        ],
        "r in lists.complaints_open",
        small=True,
        none="本月无未关闭投诉。",
    )


def visits(paper: Paper) -> None:
    paper.heading(1, "六、客户拜访与满意度")
    paper.caption("表9　客户拜访")
    breakdown(
        paper,
        "visits_by_visitor",
        [
            by("拜访人", 36),
            measure("上门户数（户）", 32, "households"),
            measure("拜访次数（次）", 32, "times"),
            measure("上门已预约（次）", 34, "appointed"),
            measure("意见建议（条）", 32, "opinions"),
        ],
        note="每人每月上门不少于5户，同一户多次按一户计；应拜访{{ figures.visit_rate.groups|length }}人"
        "{% if figures.visit_rate.below %}，未达到的："
        "{% for g in figures.visit_rate.below %}{{ g.label }}{{ g.count }}户{{ '、' if not loop.last }}{% endfor %}"
        "{% endif %}。",
    )
    paper.caption("表9-1　拜访意见及整改")
    paper.listing(
        [
            NUMBER,
            Column("日期", 21, "{{ r.visited|短日期 }}", "c"),
            Column("房号", 20, "{{ r.room }}", "c"),
            Column("意见建议", 40, "{{ r.opinion }}"),
            Column("责任部门", 20, "{{ r.department|空为横线 }}", "c"),
            Column("整改措施", 36, "{{ r.measure|空为横线 }}"),
            Column("结果", 16, "{{ r.result|空为横线 }}", "c"),
        ],
        "r in lists.visit_opinions",
        small=True,
        note="无需整改的意见从略。",
    )
    paper.caption("表10　满意度调查")
    paper.listing(
        [
            Column("调查项目", 36, "{{ r.label }}"),
            Column("发放（份）", 22, "{{ r.handed.text }}", "r"),
            Column("回收（份）", 22, "{{ r.returned.text }}", "r"),
            Column("回收率", 24, "{{ r.return_rate.text }}", "r"),
            Column("满意率", 26, "{{ r.rate.text }}", "r"),
            Column("得分", 26, "{{ r.score.text }}", "r"),
        ],
        "r in breakdowns.satisfaction_by_item.rows",
        none="本月未开展满意度调查（每半年1次）。",
    )


def incidents(paper: Paper) -> None:
    paper.heading(1, "七、突发事件")
    paper.tag("{%p if lists.incidents %}")
    paper.caption("表11　突发事件按类别", "起")
    breakdown(
        paper,
        "incidents_by_category",
        [
            by("事件类别", 56),
            measure("本月发生", 25, "occurred"),
            measure("上月遗留", 25, "carried"),
            measure("本月关闭", 25, "closed"),
            measure("未关闭", 25, "open"),
        ],
        none="",
    )
    paper.caption("表11-1　突发事件经过与处理")
    paper.listing(
        [
            NUMBER,
            Column("事件", 28, "{{ r.name }}\n（{{ r.level }}）", "c"),
            Column("发生时间", 20, "{{ r.occurred|日期时间 }}", "c"),
            Column("经过摘要", 44, "{{ r.course }}"),
            Column("处理", 34, "{{ r.result|空为横线 }}"),
            Column("关闭时间", 20, "{{ r.closed|日期时间|空为横线 }}", "c"),
        ],
        "r in lists.incidents",
        small=True,
        none="",
    )
    paper.tag("{%p else %}")
    paper.text("本月无突发事件。", "无数据")
    paper.tag("{%p endif %}")


# --- chapters 8 and 9 -----------------------------------------------------------------------------------------


def outlook(paper: Paper) -> None:
    paper.heading(1, "八、存在问题与改进")
    paper.listing(
        [
            NUMBER,
            Column("存在问题", 50, "{{ r.content }}"),
            Column("改进措施", 50, "{{ r.measure|空为横线 }}"),
            Column("责任人", 20, "{{ r.person|空为横线 }}", "c"),
            Column("完成时限", 24, "{{ r.deadline|短日期|空为横线 }}", "c"),
        ],
        "r in lists.problems",
        none="本月无需要说明的问题。",
    )
    paper.heading(1, "九、下月工作计划")
    paper.heading(2, "（一）工作重点")
    paragraphs(paper, "lists.focus", "见各部门计划。")
    paper.heading(2, "（二）各部门计划")
    paper.listing(
        [
            NUMBER,
            Column("部门", 24, "{{ r.department }}", "c"),
            Column("工作内容", 50, "{{ r.work }}"),
            Column("目标、标准", 32, "{{ r.target|空为横线 }}"),
            Column("责任人", 16, "{{ r.person|空为横线 }}", "c"),
            Column("完成日期", 22, "{{ r.ended|短日期|空为横线 }}", "c"),
        ],
        "r in lists.next_plan",
        small=True,
        none="下月工作计划另行报送。",
    )
    paper.heading(2, "（三）需公司协调事项")
    paper.listing(
        [
            NUMBER,
            Column("事项", 66, "{{ r.content }}"),
            Column("请公司协调", 54, "{{ r.measure|空为横线 }}"),
            Column("希望答复日期", 26, "{{ r.deadline|短日期|空为横线 }}", "c"),
        ],
        "r in lists.requests",
        none="本月无需公司协调的事项。",
    )


# --- annex and signatures -------------------------------------------------------------------------------------


def annex(paper: Paper) -> None:
    paper.heading(1, "附　　件", new_page=True)
    paper.text(
        "1. 各部门月度工作报告：{% for d in departments %}{{ d.name }}{{ '、' if not loop.last }}{% endfor %}",
        "附件条目",
    )
    paper.text("2. 指标明细表（每项指标背后的逐行记录）", "附件条目")
    paper.text("3. 基础数据汇总核对表（填报、复核签字）", "附件条目")
    paper.text("4. 现场照片（另附）", "附件条目")
    paper.caption("附表1　未完成报修")
    paper.listing(
        [
            NUMBER,
            Column("工单编号", 24, "{{ r.order_no }}", "c"),
            Column("受理时间", 21, "{{ r.received|日期时间 }}", "c"),
            Column("房号、位置", 26, "{{ r.room }}", "c"),
            Column("报修类别", 22, "{{ r.category }}", "c"),
            Column("报修内容", 40, "{{ r.content }}"),
            Column("备注", 30, "{{ r.remark|空为横线 }}"),
        ],
        "r in lists.repairs_open",
        small=True,
        none="本月无未完成报修。",
    )
    paper.caption("附表2　数据来源")
    paper.listing(
        [
            NUMBER,
            Column("登记表", 44, "{{ s.title }}"),
            Column("文件", 76, "{{ s.file }}"),
            Column("记录数", 24, "{{ s.rows }}", "r"),
        ],
        "s in sources",
        small=True,
        together=True,
        none="",
    )
    paper.text("数据校验码：{{ meta.digest }}", "表注")


def signatures(paper: Paper) -> None:
    """Who made, checked and approved it, and head office's answer: room to write by hand."""
    paper.caption("报送与回复")
    signed = "签名：　　　　　　　　\n　　　　年　　月　　日"
    titles = ("编制", "复核（客户服务部主管）", "审批（服务中心经理）")
    dates = ("报送日期", "回复期限", "回复日期")
    paper.table(
        [52, 52, 52],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in titles)),
            Row(tuple(Cell(signed, "表格数字", valign="bottom") for _ in titles), height=30),
            Row((Cell("公司总经办回复意见", "表头", span=3, fill=HEADER_FILL),)),
            Row((Cell("□ 已阅　　　□ 同意　　　□ 退回修改", "表格居中", span=3),), height=9),
            Row((Cell(signed, "表格数字", span=3, valign="bottom"),), height=50),
            Row(tuple(Cell(f"{t}：　　　年　　月　　日", "小字文字") for t in dates), height=9),
        ],
    )
    paper.text("注：服务中心经理每月6日前报送，公司4个工作日内完成流转回复（作业规程3.2.3）。", "表注")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
