"""Write template.docx of the 《物业管理月度工作报告》 QG-FW-01-01: ``python templates/monthly-report/author.py``.

Cover, one-page summary, nine chapters and annex (procedure 3.2.1–3.2.3). The file it writes is committed and may
be edited in Word or WPS from then on; run this again only to start over from the original.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from templates.paper import HEADER_FILL, PORTRAIT_WIDTH, Cell, Column, Paper, Row

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
    paper.table(
        [96, 20, 40],
        [
            Row((Cell("", "封面编号"), Cell("标　　识：", "封面编号"), Cell("{{ form.code }}", "封面编号")), height=6),
            Row((Cell("", "封面编号"), Cell("编　　号：", "封面编号"), Cell("{{ meta.number }}", "封面编号")), height=6),
            Row((Cell("", "封面编号"), Cell("版　　本：", "封面编号"), Cell("{{ form.version }}", "封面编号")), height=6),
        ],
        NO_BORDERS,
    )
    space = '<w:spacing w:before="{}" w:after="0" w:line="240" w:lineRule="auto"/>'
    paper.text("{{ office.company }}", "封面公司", space.format(1500))
    paper.text("物业管理月度工作报告", "封面题名", space.format(900))
    paper.text("（{{ period.label }}）", "封面期间", space.format(500))
    paper.text("", "封面期间", space.format(1300))
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
        [28, 4, 80],
        [
            Row(
                (
                    Cell(label, "封面标签", valign="bottom"),
                    Cell("：", "封面内容", valign="bottom"),
                    Cell(value, "封面内容", borders=UNDERLINE, valign="bottom"),
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
        ("collection_rate", "当期费用收缴率"),
        ("repair_timeliness", "报修及时率"),
        ("complaint_reply", "投诉24小时回复率"),
    ),
    (
        ("repairs_received", "受理报修（件）"),
        ("complaints_received", "受理投诉（件）"),
        ("incidents_count", "突发事件（起）"),
        ("energy_change", "能耗与基期比"),
    ),
)


def summary(paper: Paper) -> None:
    """What an approver with twenty centres reads first: key figures, targets missed, items open."""
    paper.text("物业管理月度工作报告", "报告题名")
    paper.text("{{ office.name }}　{{ period.label }}", "报告期")
    paper.text("本月概要", "heading 1")
    rows: list[Row] = []
    for tiles in TILES:
        rows.append(Row(tuple(Cell(title, "小字居中", fill=HEADER_FILL) for _, title in tiles), height=6))
        rows.append(Row(tuple(Cell(f"{{{{ figures.{key}.text }}}}", "指标数值") for key, _ in tiles), height=12))
        rows.append(
            Row(tuple(Cell(f"上月 {{{{ figures.{key}.last }}}}　环比 {{{{ figures.{key}.change }}}}", "小字居中") for key, _ in tiles), height=6)
        )
    paper.table([39] * 4, rows)
    paper.text(
        "本月质量目标共{{ verdicts.total }}项，达标{{ verdicts.met }}项，未达标{{ verdicts.missed }}项，"
        "无数据{{ verdicts.unknown }}项。"
        "{% if missed %}未达标项目：{% for v in missed %}{{ v.title }}（目标{{ v.target }}，实际{{ v.actual }}）"
        "{{ '、' if not loop.last else '。' }}{% endfor %}{% endif %}"
    )
    paper.text(
        "各部门未完成事项{{ unfinished_total }}项，未关闭投诉{{ figures.complaints_open.text }}件，"
        "未完成报修{{ figures.repairs_open.text }}件，需公司协调事项{{ requests|length }}项。"
    )
    paper.text("报告目录", "heading 1")
    contents = (
        "一、基础数据", "二、质量目标完成情况", "三、各部门工作", "四、能耗与成本", "五、客户投诉",
        "六、客户拜访与满意度", "七、突发事件", "八、存在问题与改进", "九、下月工作计划", "附件",
    )  # fmt: skip
    half = len(contents) // 2
    paper.table(
        [78, 78],
        [Row((Cell(a, "目录"), Cell(b, "目录")), height=8.5) for a, b in zip(contents[:half], contents[half:], strict=True)],
        NO_BORDERS,
    )


# --- chapter 1 ------------------------------------------------------------------------------------------------


HOUSING = (
    ("总户数（户）", "households", "装修户：在装（户）", "renovating"),
    ("总建筑面积（㎡）", "area", "装修户：本月新增（户）", "renovation_new"),
    ("已入住（户）", "occupied", "装修户：本月完工（户）", "renovation_done"),
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
        [34, 24, 22, 36, 20, 20],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in head), header=True),
            *(Row((*pair(left, a), *pair(right, b))) for left, a, right, b in HOUSING),
        ],
    )
    paper.tag("{%p for note in notes.housing %}")
    paper.text("注：{{ note }}", "表注")
    paper.tag("{%p endfor %}")

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
    paper.caption("表2-1　报修按类别", "件")
    breakdown(
        paper,
        "repairs_by_category",
        [
            by("报修类别", 30),
            measure("受理", 14, "received"),
            measure("完成", 14, "done"),
            measure("未完成", 16, "open"),
            measure("及时率", 20, "timeliness"),
            measure("上月受理", 20, "received", attribute="last"),
            Column("本月受理量", 42, "{{ r.bar }}"),
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
            by("服务项目", 52),
            measure("次数", 24, "times"),
            measure("收入（元）", 28, "income"),
            measure("上月次数", 24, "times", attribute="last"),
            measure("上月收入（元）", 28, "income", attribute="last"),
        ],
    )


def basics_wide(paper: Paper) -> None:
    paper.caption("表4　费用收缴", "元")
    breakdown(
        paper,
        "fees_by_item",
        [
            by("费用项目", 28),
            measure("收费户数", 18, "households"),
            measure("当期应收", 27, "due"),
            measure("当期实收", 27, "paid"),
            measure("收缴率", 18, "rate"),
            measure("上月收缴率", 20, "rate", attribute="last"),
            measure("往期欠费", 24, "arrears"),
            measure("本月追回", 22, "recovered"),
            measure("累计欠费", 24, "owed"),
            measure("预收", 20, "advance"),
        ],
    )
    paper.text("注：收缴率＝当期实收÷当期应收；押金不计入收缴率；合计的收缴率由合计数计算，不取各项平均。", "表注")
    paper.caption("表5　业户变更")
    paper.listing(
        [
            NUMBER,
            Column("变更日期", 28, "{{ r.date|短日期 }}", "c"),
            Column("房号", 34, "{{ r.room }}", "c"),
            Column("变更类型", 30, "{{ r.kind }}", "c"),
            Column("原业户", 46, "{{ r.former_masked|空为横线 }}", "c"),
            Column("现业户", 46, "{{ r.current_masked|空为横线 }}", "c"),
            Column("经办", 29, "{{ r.handler|空为横线 }}", "c"),
        ],
        "r in lists.owner_changes",
    )


NUMBER = Column("序号", 12, "{{ loop.index }}", "c")


def pair(title: str, key: str) -> tuple[Cell, Cell, Cell]:
    """A figure's title, this month and last month."""
    values = (f"{{{{ figures.{key}.{attribute} }}}}" for attribute in ("text", "last"))
    return (Cell(title), *(Cell(value, "表格数字") for value in values))  # type: ignore[return-value]


def by(title: str, width: float) -> Column:
    return Column(title, width, "{{ r.label }}", "l", total="合计")


def measure(title: str, width: float, key: str, *, attribute: str = "text") -> Column:
    """A computed column of a breakdown: the printed value of this month (``text``) or last month (``last``)."""
    return Column(title, width, f"{{{{ r.{attribute}.{key} }}}}", "r", total=f"{{{{ TOTAL.{attribute}.{key} }}}}")


def breakdown(paper: Paper, key: str, columns: Sequence[Column]) -> None:
    source = f"breakdowns.{key}"
    totalled = [replace(c, total=c.total.replace("TOTAL", f"{source}.total")) for c in columns]
    paper.listing(totalled, f"r in {source}.rows", total=True)


def across(paper: Paper, figures: Sequence[tuple[str, str]]) -> None:
    """Figures side by side: this month, last month, change."""
    first = 18.0
    rest = (PORTRAIT_WIDTH - first) / len(figures)
    lines = (("本月", "text"), ("上月", "last"), ("环比", "change"))
    paper.table(
        [first, *[rest] * len(figures)],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in ("", *(title for title, _ in figures))), header=True),
            *(
                Row((Cell(title, "表格居中"), *(Cell(f"{{{{ figures.{k}.{attribute} }}}}", "表格居中") for _, k in figures)))
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
            Column("条款", 14, "{{ v.clause }}", "c"),
            Column("目标项", 42, "{{ v.title }}"),
            Column("目标值", 22, "{{ v.target }}", "c"),
            Column("本月实际", 22, "{{ v.actual }}", "c"),
            Column("累计", 22, "{{ v.cumulative }}", "c"),
            Column("是否达标", 20, "{% if v.missed %}★{% endif %}{{ v.verdict }}", "c"),
            Column("计算依据", 42, "{{ v.basis }}"),
            Column("说明", 29, "{{ v.note }}"),
        ],
        "v in objectives",
        none="",
    )
    paper.text(
        "注：以未舍入的数值与目标比较，“以上”含本数；标★者未达标；计算依据为分子/分母，逐行明细见附件2；"
        "累计为{{ meta.cumulative_span }}的分子合计除以分母合计。",
        "表注",
    )


# --- chapter 3 ------------------------------------------------------------------------------------------------


def departments(paper: Paper) -> None:
    paper.heading(1, "三、各部门工作")
    paper.tag("{%p for d in departments %}")
    paper.heading(2, "（{{ d.ordinal }}）{{ d.name }}")
    paper.heading(3, "1. 本月完成")
    paper.listing(
        [
            NUMBER,
            Column("工作内容", 62, "{{ r.content }}"),
            Column("责任人", 20, "{{ r.person }}", "c"),
            Column("完成日期", 24, "{{ r.finished|短日期 }}", "c"),
            Column("结果", 38, "{{ r.result|空为横线 }}"),
        ],
        "r in d.done",
    )
    paper.heading(3, "2. 未完成")
    paper.listing(
        [
            NUMBER,
            Column("事项", 36, "{{ r.item }}"),
            Column("原因", 34, "{{ r.reason }}"),
            Column("跟进措施", 34, "{{ r.action }}"),
            Column("责任人", 16, "{{ r.person }}", "c"),
            Column("完工时间\n节点", 24, "{{ r.milestone|短日期 }}", "c"),
        ],
        "r in d.unfinished",
    )
    paper.heading(3, "3. 检查、培训与人员")
    groups = (
        ("检查", (("次数", "checks"), ("不合格", "failed"), ("已整改", "corrected"))),
        ("培训", (("场次", "sessions"), ("人次", "attendances"), ("合格率", "pass_rate"))),
        ("人员", (("编制", "posts"), ("在岗", "on_duty"), ("入职", "joined"), ("离职", "left"))),
    )
    paper.table(
        [15.6] * 10,
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
    paper.caption("表7　能耗")
    breakdown(
        paper,
        "energy_by_kind",
        [
            by("类别", 20),
            measure("本月用量", 24, "usage"),
            measure("上月用量", 24, "usage_last_month"),
            measure("环比", 20, "change_last_month"),
            measure("上年同月", 24, "usage_last_year"),
            measure("同比", 20, "change_last_year"),
            measure("金额（元）", 24, "amount"),
        ],
    )
    paper.text("注：{{ notes.energy }}", "表注")


def complaints(paper: Paper) -> None:
    paper.heading(1, "五、客户投诉")
    paper.caption("表8　投诉处理", "件")
    across(
        paper,
        (
            ("本月受理", "complaints_received"),
            ("有效", "complaints_valid"),
            ("已回复", "complaints_replied"),
            ("24小时\n回复率", "complaint_reply"),
            ("已关闭", "complaints_closed"),
            ("上月遗留\n关闭", "complaints_carried_closed"),
            ("未关闭", "complaints_open"),
        ),
    )
    paper.caption("表8-1　投诉按类别", "件")
    breakdown(
        paper,
        "complaints_by_category",
        [
            by("投诉类别", 44),
            measure("受理", 22, "received"),
            measure("有效", 22, "valid"),
            measure("已关闭", 22, "closed"),
            measure("未关闭", 22, "open"),
            measure("上月受理", 24, "received", attribute="last"),
        ],
    )
    paper.caption("表8-2　未关闭投诉")
    paper.listing(
        [
            NUMBER,
            Column("编号", 26, "{{ r.number }}", "c"),
            Column("接诉日期", 23, "{{ r.received|短日期 }}", "c"),
            Column("房号", 20, "{{ r.room|空为横线 }}", "c"),
            Column("内容", 36, "{{ r.content }}"),
            Column("责任部门", 22, "{{ r.department|空为横线 }}", "c"),
            Column("未关闭原因及措施", 32, "{{ r.action|空为横线 }}"),
        ],
        "r in lists.complaints_open",
        small=True,
    )


def visits(paper: Paper) -> None:
    paper.heading(1, "六、客户拜访与满意度")
    paper.caption("表9　客户拜访")
    breakdown(
        paper,
        "visits_by_visitor",
        [
            by("拜访人", 36),
            measure("上门户数", 30, "households"),
            measure("拜访次数", 30, "visits"),
            measure("其中预约", 30, "appointed"),
            measure("意见建议（条）", 30, "remarks"),
        ],
    )
    paper.caption("表9-1　拜访意见及整改")
    paper.listing(
        [
            NUMBER,
            Column("日期", 23, "{{ r.date|短日期 }}", "c"),
            Column("房号", 20, "{{ r.room }}", "c"),
            Column("意见建议", 42, "{{ r.remark }}"),
            Column("责任部门", 22, "{{ r.department|空为横线 }}", "c"),
            Column("整改措施及结果", 38, "{{ r.measure|空为横线 }}"),
        ],
        "r in lists.visit_remarks",
        small=True,
    )
    paper.caption("表10　满意度调查")
    paper.listing(
        [
            Column("调查项目", 36, "{{ r.label }}"),
            Column("发放", 20, "{{ r.text.sent }}", "r"),
            Column("回收", 20, "{{ r.text.returned }}", "r"),
            Column("回收率", 24, "{{ r.text.return_rate }}", "r"),
            Column("满意率", 28, "{{ r.text.satisfied }}", "r"),
            Column("得分", 28, "{{ r.text.score }}", "r"),
        ],
        "r in breakdowns.satisfaction_by_item.rows",
        none="本月未开展满意度调查（每半年一次）。",
    )


def incidents(paper: Paper) -> None:
    paper.heading(1, "七、突发事件")
    paper.caption("表11　突发事件")
    paper.listing(
        [
            NUMBER,
            Column("事件类别", 22, "{{ r.kind }}", "c"),
            Column("发生时间", 24, "{{ r.happened|日期时间 }}", "c"),
            Column("地点", 24, "{{ r.place }}", "c"),
            Column("经过摘要", 36, "{{ r.summary }}"),
            Column("处理", 28, "{{ r.outcome|空为横线 }}"),
            Column("关闭时间", 22, "{{ r.closed|日期时间|空为横线 }}", "c"),
        ],
        "r in lists.incidents",
        small=True,
    )


# --- chapters 8 and 9 -----------------------------------------------------------------------------------------


def outlook(paper: Paper) -> None:
    paper.heading(1, "八、存在问题与改进")
    paper.listing(
        [
            NUMBER,
            Column("存在问题", 46, "{{ r.content }}"),
            Column("改进措施", 50, "{{ r.action|空为横线 }}"),
            Column("责任人", 20, "{{ r.person|空为横线 }}", "c"),
            Column("完成时限", 26, "{{ r.due|短日期|空为横线 }}", "c"),
        ],
        "r in problems",
    )
    paper.heading(1, "九、下月工作计划")
    paper.heading(2, "（一）重点工作")
    paper.listing(
        [
            NUMBER,
            Column("部门", 26, "{{ r.department }}", "c"),
            Column("工作内容", 50, "{{ r.content }}"),
            Column("目标、标准", 34, "{{ r.target|空为横线 }}"),
            Column("责任人", 18, "{{ r.person|空为横线 }}", "c"),
            Column("完成时间", 24, "{{ r.due|短日期|空为横线 }}", "c"),
        ],
        "r in next_plan",
        none="下月计划另行报送。",
    )
    paper.heading(2, "（二）需公司协调事项")
    paper.listing(
        [
            NUMBER,
            Column("事项", 70, "{{ r.content }}"),
            Column("建议", 50, "{{ r.action|空为横线 }}"),
            Column("希望答复日期", 26, "{{ r.due|短日期|空为横线 }}", "c"),
        ],
        "r in requests",
        none="本月无需公司协调事项。",
    )


# --- annex and signatures -------------------------------------------------------------------------------------


def annex(paper: Paper) -> None:
    paper.text("附　　件", "heading 1", "<w:pageBreakBefore/>")
    paper.text("附件：1. 各部门月度工作报告（{% for d in departments %}{{ d.name }}{{ '、' if not loop.last }}{% endfor %}）")
    paper.text("　　　2. 指标明细表《{{ meta.annex }}》")
    paper.text("　　　3. 基础数据汇总核对表《{{ meta.base_data }}》")
    paper.text("　　　4. 现场照片（另附）")
    paper.caption("附表1　未完成报修")
    paper.listing(
        [
            NUMBER,
            Column("工单编号", 26, "{{ r.order_no }}", "c"),
            Column("受理时间", 26, "{{ r.received|日期时间 }}", "c"),
            Column("房号、位置", 26, "{{ r.place }}", "c"),
            Column("报修类别", 22, "{{ r.category }}", "c"),
            Column("报修内容", 48, "{{ r.content }}"),
            Column("完成情况", 18, "{{ r.status }}", "c"),
        ],
        "r in lists.repairs_open",
        small=True,
    )
    paper.caption("附表2　数据来源")
    paper.listing(
        [
            NUMBER,
            Column("登记表", 40, "{{ s.title }}"),
            Column("文件", 78, "{{ s.file }}"),
            Column("记录数", 26, "{{ s.rows }}", "r"),
        ],
        "s in sources",
        small=True,
        none="",
    )
    paper.text("数据校验码（SHA-256）：{{ meta.digest }}", "表注")


def signatures(paper: Paper) -> None:
    paper.caption("报送与回复")
    signed = "\n\n\n签名：　　　　　　　　\n年　　月　　日"
    paper.table(
        [52, 52, 52],
        [
            Row(tuple(Cell(t, "表头", fill=HEADER_FILL) for t in ("编制", "复核（客户服务部主管）", "审批（服务中心经理）"))),
            Row(tuple(Cell(signed, "表格文字", valign="bottom") for _ in range(3)), height=28),
            Row((Cell("公司总经办回复意见", "表头", span=3, fill=HEADER_FILL),)),
            Row((Cell("□ 已阅　　□ 同意　　□ 退回修改", "表格文字", span=3),), height=8),
            Row((Cell(signed, "表格数字", span=3, valign="bottom"),), height=42),
            Row((Cell("报送日期：　　　　年　　月　　日", span=1), Cell("回复期限：　　　　年　　月　　日", span=1), Cell("回复日期：　　　　年　　月　　日")), height=9),
        ],
    )
    paper.text("注：服务中心经理每月6日前报送，公司4个工作日内完成流转回复（作业规程3.2.3）。本报告保存2年。", "表注")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
