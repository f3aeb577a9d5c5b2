"""Write template.docx of the 销毁清册: ``python templates/disposal-register/author.py``.

An upright cover that is signed, and the body across: its pages are made up beforehand (office/disposalpapers.py), so
that the rows left over on the last one can be struck through.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import PERMANENT, header, paper, record, signed
from templates.authoring.word_paper import HEADER_FILL, Cell, Column, Paper, Row, label, tag_row, value

COLUMNS = (
    Column("序号", 11, "{{ r.row }}", style="清册居中"),
    Column("文件题名", 76, "{{ r.title }}\n{{ r.place }}", style="清册文字"),
    Column("所属年度", 17, "{{ r.year|空为横线 }}", style="清册居中"),
    Column("档号", 36, "{{ r.code }}\n{{ r.record }}", style="清册居中"),
    Column("应保管期限", 22, "{{ r.term }}\n至{{ r.kept_until|短日期 }}", style="清册居中"),
    Column("已保管期限", 24, "{{ r.held }}\n自{{ r.base_day|短日期 }}", style="清册居中"),
    Column("页数", 16, "电子\n{{ r.size }}", style="清册居中"),
    Column("备注", 50, "{{ r.note }}\n{{ r.digest[:32] }}\n{{ r.digest[32:] }}", style="清册文字"),
)
UNDER = {"文件题名": "清册细字", "备注": "清册校验"}
NOTE = (
    "{% if page.total %}注：备注栏为文件内容的 SHA-256 校验值，凭此可以证明销毁的是哪一份内容；"
    "划线以下空白，不得添写。{% endif %}"
)
HEAD = "{{ office.name }}　销毁清册　编号：{{ list.number }}　第 {{ page.number }} 张，共 {{ pages|length }} 张"


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    cover(made)
    made.section(landscape=True)
    body(made)
    record(made)
    made.save(path)


def cover(made: Paper) -> None:
    header(made)
    space = '<w:spacing w:before="{}" w:after="{}" w:line="240" w:lineRule="auto"/>'
    made.text("{{ office.company }}", "封面公司", space.format(500, 300))
    made.text("销　毁　清　册", "封面题名", space.format(200, 400))
    made.table(
        [38, 44.5, 38, 44.5],
        [
            _pair("全宗号/单位", "{{ office.name }}", "清册编号", "{{ list.number }}"),
            _pair("数　　量", "{{ counts.destroy }} 件（电子）", "文件大小", "{{ size }}"),
            _pair("列入清册", "{{ counts.total }} 件", "所属年度", "{{ years }}"),
            _pair("造 册 人", "{{ list.drafted_by }}", "造册日期", "{{ list.drafted_on|日期 }}"),
            _pair("销毁方式", "{{ list.method|空为横线 }}", "销毁地点", "{{ list.place|空为横线 }}"),
            Row((label("不 销 毁"), value("{{ not_destroyed }}", 3)), height=11),
            Row((label("清册校验值\nSHA-256"), Cell("{{ list.digest or '未提交' }}", "清册校验", span=3)), height=11),
        ],
    )
    made.text("", "表单注")
    made.table(
        [82.5, 82.5],
        [
            Row(
                (
                    signed("鉴定小组负责人", "''", "''", "手工签署"),
                    signed("造册人", "list.submitted_by", "list.submitted_on"),
                ),
                height=30,
            ),
            Row(
                (
                    signed("批准人", "approval.by", "approval.on"),
                    signed("执行人", "list.executed_by", "list.executed_on"),
                ),
                height=30,
            ),
            Row(
                (
                    signed("监销人 1", "witness[0].by", "witness[0].on"),
                    signed("监销人 2", "witness[1].by", "witness[1].on"),
                ),
                height=30,
            ),
            Row(
                (
                    Cell(
                        "销毁日期：{{ destroyed_on|日期 if destroyed_on else '　　　　年　　月　　日' }}",
                        "签名行",
                        span=2,
                    ),
                ),
                height=9,
            ),
        ],
    )
    made.text(f"注：{PERMANENT}正文每张末行以下划线注销，不得添写。", "表单注")


def _pair(first: str, text: str, second: str, other: str) -> Row:
    return Row((label(first), value(text), label(second), value(other)), height=11)


def body(made: Paper) -> None:
    header(made)
    made.tag("{%p for page in pages %}")
    made.tag("{%p if loop.first %}")
    made.text(HEAD, "清册页眉")
    made.tag("{%p else %}")
    made.text(HEAD, "清册页眉", "<w:pageBreakBefore/>")
    made.tag("{%p endif %}")
    across = len(COLUMNS)
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{round((made.width - 2.2) * 1440 / 25.4)}"/></w:tabs>'
    rows = [
        Row(tuple(Cell(column.title, "清册表头", fill=HEADER_FILL) for column in COLUMNS), header=True, height=8),
        tag_row("{%tr for r in page.rows %}", across),
        Row(tuple(_cell(column) for column in COLUMNS), height=8),
        tag_row("{%tr endfor %}", across),
        tag_row("{%tr if page.total %}", across),
        Row((Cell("合计", "清册表头"), Cell("{{ summary }}", "清册文字", span=across - 1)), height=8),
        tag_row("{%tr endif %}", across),
        tag_row("{%tr for blank in page.blank %}", across),
        Row((Cell("\t", "划线", span=across, tabs=tab),), height=8),
        tag_row("{%tr endfor %}", across),
    ]
    made.table([column.width for column in COLUMNS], rows, together=False)
    made.text(NOTE, "表单注")
    made.tag("{%p endfor %}")


def _cell(column: Column) -> Cell:
    return Cell(column.value, column.style, under=UNDER.get(column.title, "清册细中"))


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
