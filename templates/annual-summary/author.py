"""Write template.docx of the 年度工作总结: ``python templates/annual-summary/author.py``.

Handed in before 27 December (3.1.1): eleven months as they were and December as it is expected, each in a column of
its own and said so at the top (gap G2).
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import Cell, Column, Paper, Row, tag_row

HEADER = "{{ office.company }}　{{ office.name }}\t{{ form.title }}　版本：{{ form.version }}"
FOOTER = "第 [PAGE] 页 共 [NUMPAGES] 页"
NUMBER = Column("序号", 10, "{{ loop.index }}", "c")
SPLIT = "1—11月为实际数（截至{{ as_of|日期 }}），12月为预计数，全年数为两者之和或据此算出的预计数"


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper()
    paper.header_footer(HEADER, FOOTER)
    paper.text("{{ period.first.year }}年度工作总结", "报告题名")
    paper.text("{{ office.name }}", "报告期")
    paper.table(
        [1],
        [
            Row(
                (
                    Cell(
                        "{% if edition == '调整稿' %}调整稿：已按全年实际数调整，“12月预计”栏为12月实际数。"
                        "{% else %}预计稿：" + SPLIT + "。{% endif %}",
                        fill="F5F5F5",
                    ),
                ),
                height=9,
            )
        ],
    )
    paper.heading(1, "一、基本情况")
    paper.tag("{%p for line in overview.splitlines() if line.strip() %}")
    paper.text("{{ line.strip() }}")
    paper.tag("{%p endfor %}")
    objectives(paper)
    work(paper)
    finance(paper)
    outlook(paper)
    signatures(paper)
    paper.record()
    paper.save(path)


def objectives(paper: Paper) -> None:
    paper.heading(1, "二、目标完成情况")
    paper.text(
        "{% set met = lists.judged|selectattr('verdict', 'eq', '达标')|list|length %}"
        "{% set missed = lists.judged|selectattr('verdict', 'eq', '未达标')|list|length %}"
        "{% set unknown = lists.judged|selectattr('verdict', 'eq', '无数据')|list|length %}"
        "本年考核目标{{ met + missed + unknown }}项，按全年预计达标{{ met }}项，未达标{{ missed }}项"
        "{% if unknown %}，无数据{{ unknown }}项{% endif %}。"
    )
    paper.caption("表1　目标完成情况")
    sign = "{{ {'不低于': '≥', '不高于': '≤', '等于': '＝'}.get(r.comparison, '') }}"
    target = "{{ '—' if r.target is none else r.target|数 ~ (r.unit or '') }}"
    paper.listing(
        [
            NUMBER,
            Column("条款", 11, "{{ r.clause|空为横线 }}", "c"),
            Column("目标项", 31, "{{ r.objective }}"),
            Column("目标值", 17, sign + target, "c"),
            Column("1—11月\n实际", 17, f"{{{{ {_number('actual')} }}}}", "r"),
            Column("12月\n预计", 16, f"{{{{ {_number('december')} }}}}", "r"),
            Column("全年\n预计", 17, f"{{{{ {_number('year')} }}}}", "r"),
            Column("是否达标", 18, "{% if r.verdict == '未达标' %}★{% endif %}{{ r.verdict }}", "c"),
            Column("说明", 29, "{{ r.remark or '' }}"),
        ],
        "r in lists.judged",
        small=True,
        none="",
        note="是否达标以全年预计数与目标值比较，“以上”含本数；标★的未达标；没有数据的不判定。",
    )


def _number(key: str) -> str:
    """A figure with its unit; shares and points with two decimals, counts as they are."""
    return f"'—' if r.{key} is none else (r.{key}|金额 if r.unit in ('%', '分') else r.{key}|数) ~ (r.unit or '')"


def work(paper: Paper) -> None:
    paper.heading(1, "三、主要工作")
    paper.tag("{%p for name in work|map(attribute='department')|unique %}")
    paper.heading(2, "（{{ '一二三四五六七八九十'[loop.index0] if loop.index < 11 else loop.index }}）{{ name }}")
    paper.tag("{%p for r in work if r.department == name %}")
    paper.text(
        "{{ loop.index }}. {{ r.content }}{% if r.result %}，{{ r.result }}{% endif %}"
        "{{ '' if (r.result or r.content)[-1:] in '。；！？' else '。' }}"
    )
    paper.tag("{%p endfor %}")
    paper.tag("{%p endfor %}")


def finance(paper: Paper) -> None:
    paper.heading(1, "四、经营收支")
    paper.tag("{%p if finance %}")
    paper.caption("表2　经营收支", "元")
    head = ("类别", "科目", "全年预算", "1—11月实际", "12月预计", "全年预计", "与预算差额")
    widths = [14, 28, 24, 24, 22, 24, 20]
    money = ("budget", "actual", "december", "whole")
    of = "(breakdowns.money.rows|selectattr('label', 'eq', '{}')|list)"
    balance = "({0}[0].{2}.value if {0} else 0) - ({1}[0].{2}.value if {1} else 0)"

    def left(key: str) -> str:
        return balance.format(of.format("收入"), of.format("支出"), key)

    paper.table(
        widths,
        [
            Row(tuple(Cell(title, "小字表头", fill="EDEDED") for title in head), header=True),
            tag_row("{%tr for total in breakdowns.money.rows %}", 7),
            tag_row("{%tr for r in finance if r.kind == total.label %}", 7),
            Row(
                (
                    Cell("{% vm r.kind %}{{ r.kind }}", "小字居中"),
                    Cell("{{ r.item }}", "小字文字"),
                    *(Cell(f"{{{{ {text}|金额 }}}}", "小字数字") for text in _ROW_MONEY),
                )
            ),
            tag_row("{%tr endfor %}", 7),
            Row(
                (
                    Cell("{{ total.label }}合计", "小字表头", span=2),
                    *(Cell(f"{{{{ total.{key}.value|金额 }}}}", "小字数字") for key in money),
                    Cell("{{ (total.whole.value - total.budget.value)|金额 }}", "小字数字"),
                )
            ),
            tag_row("{%tr endfor %}", 7),
            Row(
                (
                    Cell("结余（收入减支出）", "小字表头", span=2),
                    *(Cell(f"{{{{ ({left(key)})|金额 }}}}", "小字数字") for key in money),
                    Cell(f"{{{{ (({left('whole')}) - ({left('budget')}))|金额 }}}}", "小字数字"),
                )
            ),
        ],
    )
    paper.text("注：全年预计＝1—11月实际＋12月预计；差额＝全年预计－全年预算。最终以财务决算为准。", "表注")
    paper.tag("{%p if finance|selectattr('remark')|list %}")
    paper.text(
        "说明：{% for r in finance if r.remark %}{{ r.item }}：{{ r.remark }}"
        "{{ '。' if loop.last else '；' }}{% endfor %}",
        "表注",
    )
    paper.tag("{%p endif %}")
    paper.tag("{%p else %}")
    paper.text("见财务决算。", "无数据")
    paper.tag("{%p endif %}")


_ROW_MONEY = ("r.budget", "r.actual", "r.december", "(r.actual + r.december)", "(r.actual + r.december - r.budget)")


def outlook(paper: Paper) -> None:
    paper.heading(1, "五、存在问题及原因")
    paper.listing(
        [
            NUMBER,
            Column("存在问题", 46, "{{ r.problem }}"),
            Column("原因", 46, "{{ r.cause }}"),
            Column("改进措施", 54, "{{ r.measure|空为横线 }}"),
        ],
        "r in problems",
        none="本年无需要说明的问题。",
    )
    paper.heading(1, "六、下年思路")
    paper.tag("{%p for r in outlook %}")
    paper.text("{{ loop.index }}. {{ r.content }}{{ '' if r.content[-1:] in '。；！？' else '。' }}")
    paper.tag("{%p endfor %}")
    paper.tag("{%p if not outlook %}")
    paper.text("见下年度工作计划。", "无数据")
    paper.tag("{%p endif %}")


def signatures(paper: Paper) -> None:
    room = Cell("签名：\n日期：　　　年　　月　　日", "表格文字", valign="bottom")
    paper.caption("报送与审批")
    paper.table(
        [1, 1, 1],
        [
            Row(tuple(Cell(t, "表头", fill="EDEDED") for t in ("编制", "服务中心经理", "公司总经理意见"))),
            Row((replace_first(room, "{{ prepared_by }}　{{ prepared_on|日期 }}"), room, room), height=34),
        ],
    )
    paper.tag("{%p if meta.kept %}")
    paper.text("注：保存期限{{ meta.kept }}，期满须报批后方可销毁。", "表注")
    paper.tag("{%p endif %}")
    paper.text("注：服务中心经理于每年12月27日前报公司总经理（作业规程3.1.1）。", "表注")


def replace_first(cell: Cell, line: str) -> Cell:
    """The same room to sign, with who wrote it above."""
    return Cell(f"{line}\n{cell.text}", cell.style, valign=cell.valign)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
