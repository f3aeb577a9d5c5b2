"""Write template.docx of the 客户满意度调查报告: ``python templates/satisfaction-report/author.py``.

Every half-year (3.6.2), from 满意度调查结果: who was asked, the results by item, opinions, what will be done.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import Cell, Column, Paper, Row

HEADER = "{{ office.company }}　{{ office.name }}\t{{ form.title }}　版本：{{ form.version }}"
FOOTER = "第 [PAGE] 页 共 [NUMPAGES] 页"
NUMBER = Column("序号", 11, "{{ loop.index }}", "c")
COUNTS = (
    ("发放", "handed", 12),
    ("回收", "returned", 12),
    ("回收率", "return_rate", 17),
    ("很满意", "very_satisfied", 11),
    ("满意", "satisfied", 11),
    ("一般", "fair", 11),
    ("不满意", "dissatisfied", 11),
    ("很不\n满意", "very_dissatisfied", 11),
    ("未评", "unanswered", 11),
    ("满意率", "rate", 17),
    ("得分", "score", 13),
)
_BAD = "(r.dissatisfied.value + r.very_dissatisfied.value)"
_WORST = (
    "[breakdowns.results.rows|map(attribute='dissatisfied.value')|max"
    " + breakdowns.results.rows|map(attribute='very_dissatisfied.value')|max, 1]|max"
)
POOLED = ("很满意", "满意", "一般", "不满意", "很不\n满意", "未评", "满意率", "得分")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper()
    paper.header_footer(HEADER, FOOTER)
    paper.text("{{ form.title }}", "报告题名")
    paper.text("{{ office.name }}　{{ period.label }}", "报告期")
    overview(paper)
    results(paper)
    opinions(paper)
    signatures(paper)
    paper.record()
    paper.save(path)


def overview(paper: Paper) -> None:
    paper.heading(1, "一、调查概况")
    paper.text(
        "{% set first = satisfaction[0] if satisfaction else none %}{{ surveyed|日期 }}，{{ office.name }}对"
        "{{ office.project or '本项目' }}业户进行了{{ period.label }}满意度调查。"
        "{% if method %}调查方式：{{ method }}。{% endif %}"
        "{% if first %}发放问卷{{ first.handed }}份，回收{{ first.returned }}份"
        "{% if first.handed %}，回收率{{ (first.returned / first.handed)|百分比 }}{% endif %}。{% endif %}"
        "调查项目{{ breakdowns.results.rows|length }}项。"
    )
    paper.text(
        "{% for v in objectives %}{{ v.objective.title }}{{ v.actual }}，目标{{ v.target }}，{{ v.text }}；{% endfor %}"
        "满意率{{ figures.rate.text }}。"
        "{% set ranked = breakdowns.results.rows|rejectattr('score.value', 'none')"
        "|sort(attribute='score.value')|list %}"
        "{% if ranked|length > 1 %}得分最高的是{{ ranked[-1].label }}（{{ ranked[-1].score.text }}），"
        "最低的是{{ ranked[0].label }}（{{ ranked[0].score.text }}）、"
        "{{ ranked[1].label }}（{{ ranked[1].score.text }}）。{% endif %}",
        properties='<w:jc w:val="left"/>',
    )


def results(paper: Paper) -> None:
    paper.heading(1, "二、调查结果")
    paper.caption("表1　各项满意情况", "户")
    columns = [Column("项目", 19, "{{ r.label }}", total="各项合计")]
    for title, key, width in COUNTS:
        total = f"{{{{ breakdowns.results.total.{key}.text }}}}" if title in POOLED else "—"
        columns.append(Column(title, width, f"{{{{ r.{key}.text }}}}", "r", total=total))
    paper.listing(
        columns,
        "r in breakdowns.results.rows",
        small=True,
        total=True,
        together=True,
        none="没有调查结果。",
        note="未评（未作答）的不计入分母：满意率＝（很满意＋满意＋一般）÷作答户数；得分＝得分总和÷满分总和"
        "{% if scale %}（{{ scale }}）{% endif %}，很满意5分至很不满意1分。合计由各项户数相加算出。",
    )
    paper.caption("表2　各项得分由低到高")
    paper.listing(
        [
            NUMBER,
            Column("项目", 32, "{{ r.label }}"),
            Column("得分", 20, "{{ r.score.text }}", "r"),
            Column("不满意、很不满意", 34, f"{{{{ {_BAD}|数 }}}}户", "r"),
            Column("不满意户数图示", 59, f"{{{{ '█' * ({_BAD} / {_WORST} * 28)|round|int }}}}", style="条形"),
        ],
        "r in breakdowns.results.rows|sort(attribute='score.value')",
        together=True,
        none="",
    )


def opinions(paper: Paper) -> None:
    paper.heading(1, "三、主要意见")
    paper.listing(
        [
            NUMBER,
            Column("类别", 24, "{{ r.category }}", "c"),
            Column("意见内容", 72, "{{ r.opinion }}"),
            Column("户数", 16, "{{ r.times }}", "r"),
            Column("责任部门", 33, "{{ r.department|空为横线 }}", "c"),
        ],
        "r in opinions|sort(attribute='times', reverse=true)",
        none="没有集中的意见。",
    )
    paper.heading(1, "四、整改措施")
    paper.listing(
        [
            NUMBER,
            Column("问题", 42, "{{ r.problem }}"),
            Column("整改措施", 59, "{{ r.measure }}"),
            Column("责任人", 20, "{{ r.person }}", "c"),
            Column("完成时限", 24, "{{ r.deadline|短日期 }}", "c"),
        ],
        "r in improvements",
        none="本次调查没有列出整改措施。",
    )


def signatures(paper: Paper) -> None:
    room = Cell("签名：\n日期：　　　年　　月　　日", "表格文字", valign="bottom")
    paper.caption("报送与回复")
    titles = ("编制", "客户服务部主管", "服务中心经理")
    paper.table(
        [1, 1, 1],
        [
            Row(tuple(Cell(t, "表头", fill="EDEDED") for t in titles)),
            Row(
                (Cell("{{ prepared_by or '' }}\n" + room.text, room.style, valign=room.valign), room, room),
                height=26,
            ),
            Row((Cell("公司总经办意见", "表头", span=3, fill="EDEDED"),)),
            Row((Cell(room.text, room.style, span=3, valign="bottom"),), height=30),
        ],
    )
    paper.text(
        "注：每半年进行1次，结果上报公司并落实整改（作业规程3.6.2）。"
        "{% if meta.kept %}保存期限{{ meta.kept }}，期满须报批后方可销毁。{% endif %}",
        "表注",
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
