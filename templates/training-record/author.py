"""Write template.docx of the 培训记录: ``python templates/training-record/author.py``.

What was taught, who was there and with what result (3.4.1). Two persons a row, so that a department fits the page.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import SHEET, Cell, Paper, Row, boxes, label, prose, sign_rows, tag_row, value

WAYS = ("笔试", "实操", "口试", "提问", "不考核")
HEADS = ("姓名", "岗位", "签名", "成绩", "合格")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead("{{ form.title }}", "组织部门：{{ department }}", "日期：{{ held|日期 }}")
    there = "people|selectattr('attended')|list|length"
    examined = "people|rejectattr('passed', 'none')|list|length"
    passed = "people|selectattr('passed')|list|length"
    other = f"{{{{ '' if assessment in {WAYS!r} else '　■' ~ assessment }}}}"
    paper.table(
        [20, 21, 20.5, 11, 10, 20, 21, 20.5, 11, 10],
        [
            Row(
                (
                    label("主　　题"),
                    value("{{ topic }}", 5),
                    label("类　　别"),
                    value(boxes(("岗前", "定期", "临时"), "kind"), 3),
                ),
                height=8,
            ),
            Row(
                (
                    label("时　　间"),
                    value("{{ held|日期时间 }}", 2),
                    label("课时", 2),
                    value("{{ hours|数 }}小时"),
                    label("地　　点"),
                    value("{{ place }}", 3),
                ),
                height=8,
            ),
            Row(
                (
                    label("讲　　师"),
                    value("{{ lecturer }}", 2),
                    label("记录人", 2),
                    value("{{ recorder }}"),
                    label("应到／实到"),
                    value(f"{{{{ people|length }}}}人／{{{{ {there} }}}}人", 3),
                ),
                height=8,
            ),
            Row(
                (
                    label("考核方式"),
                    value(boxes(WAYS, "assessment") + other, 5),
                    label("合格／考核"),
                    value(
                        f"{{% if {examined} %}}{{{{ {passed} }}}}人／{{{{ {examined} }}}}人{{% else %}}—{{% endif %}}",
                        3,
                    ),
                ),
                height=8,
            ),
            Row((label("内容摘要"), prose("{{ summary }}", 9)), height=24),
            Row((Cell("签　到　与　成　绩", "标签", span=10, fill="F5F5F5"),), height=6.5),
            Row(tuple(label(title) for title in (*HEADS, *HEADS)), height=6.5),
            tag_row("{%tr for pair in people|batch(2, false) %}", 10),
            Row((*_person("pair[0]"), *_person("pair[1]")), height=7.5),
            tag_row("{%tr endfor %}", 10),
            tag_row("{%tr if people|selectattr('on_duty')|list %}", 10),
            Row((label("上岗日期"), prose(each_of("on_duty", "one.on_duty|短日期"), 9)), height=8),
            tag_row("{%tr endif %}", 10),
            tag_row("{%tr if people|selectattr('attended')|selectattr('remark')|list %}", 10),
            Row((label("备　　注"), prose(each_of("attended')|selectattr('remark", "one.remark"), 9)), height=8),
            tag_row("{%tr endif %}", 10),
            Row((label("补训安排"), prose("{{ makeup or '无' }}", 9)), height=11),
            Row((label("效果评估"), prose("{{ evaluation }}", 9)), height=14),
        ],
    )
    paper.text("", "表单注")
    paper.table([1, 1, 1], sign_rows(("记录人", "讲　师", "主管确认"), 3, 18))
    paper.foot("签名栏由本人签字，缺席的注明；岗前培训必须合格后上岗（作业规程3.4.1）。")
    paper.record("{{ topic }} {{ held|短日期 }}")
    paper.save(path)


def each_of(key: str, shown: str) -> str:
    """``毛子豪：2026-10-16；…``: those who have a value, with it."""
    return (
        f"{{% for one in people|selectattr('{key}') %}}{{{{ one.name }}}}：{{{{ {shown} }}}}"
        "{{ '；' if not loop.last }}{% endfor %}"
    )


def _person(who: str) -> tuple[Cell, ...]:
    """One person's five cells; nothing where the last row has only one person."""
    passed = f"{{{{ '' if not {who} else ('—' if {who}.passed is none else ('√' if {who}.passed else '×')) }}}}"
    away = f"{who}.department ~ ' ' if {who}.department and {who}.department != department else ''"
    post = f"{{{{ ({away}) ~ ({who}.position or '') if {who} else '' }}}}"
    reason = f"('（' ~ {who}.remark ~ '）' if {who}.remark else '')"
    absent = f"{{{{ '缺席' ~ {reason} if {who} and not {who}.attended else '' }}}}"
    return (
        Cell(f"{{{{ {who}.name if {who} else '' }}}}", "表格居中"),
        Cell(post, "小字居中"),
        Cell(absent, "小字居中"),
        Cell(f"{{{{ {who}.score|数|空为横线 if {who} else '' }}}}", "表格居中"),
        Cell(passed, "表格居中"),
    )


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
