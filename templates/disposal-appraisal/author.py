"""Write template.docx of the 鉴定意见书: ``python templates/disposal-appraisal/author.py``. Item by item."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import NUMBER, facts, letterhead, nothing_below, paper, record
from templates.authoring.word_paper import Cell, Column, Row, label, listing_rows, prose, value

UNSETTLED = "　".join(
    f"□{name}" for name in ("债权债务未结清", "诉讼、投诉或保险未结案", "审计或检查在即", "项目尚未移交", "借出未归还")
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    letterhead(made, "{{ office.name }}", f"清册{NUMBER}")
    made.table(
        [26, 57, 26, 56],
        [
            facts(("时　　间", "{{ when }}"), ("清　　册", "{{ list.number }}")),
            facts(("成　　员", "{{ members|join('、') }}"), spans=(3,)),
            facts(("范　　围", "{{ scope }}"), spans=(3,)),
            facts(("总　　数", "{{ counts.total }} 件，{{ size }}"), ("拟销毁数", "{{ counts.destroy }} 件")),
            facts(
                ("续 存 数", "{{ counts.keep }} 件（新期限、理由见下表）"), ("转永久数", "{{ counts.permanent }} 件")
            ),
            facts(("未提意见", "{{ counts.none }} 件（没有意见的不销毁）"), ("冻　　结", "{{ counts.held }} 件")),
            Row(
                (
                    label("未了事项\n核　　查"),
                    prose(f"{UNSETTLED}\n有上列情形之一的，不得销毁；由鉴定小组逐项核查后勾选。", 3),
                ),
                height=16,
            ),
        ],
    )
    made.text("逐件鉴定意见", "表单小节")
    columns = [
        Column("序号", 10, "{{ r.row }}", "c"),
        Column("题名", 52, "{{ r.title }}"),
        Column("档号", 28, "{{ r.number }}", "c"),
        Column("意见", 14, "{{ r.wish }}", "c"),
        Column("新期限", 16, "{{ r.term|空为横线 }}", "c"),
        Column("理由", 28, "{{ r.reason|空为横线 }}"),
        Column("提出人", 22, "{{ r.by|空为横线 }}\n{{ r.on|短日期 }}", "c"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    rows.append(Row((Cell("合计", "小字表头", span=2), Cell("{{ summary }}", "小字文字", span=5))))
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.foot("鉴定须逐件直接查看文件，不得只看目录。续存的期限自鉴定之日起算。本意见书永久保存。")
    room = Cell("签名：\n日期：　　　年　　月　　日", "落款", valign="bottom")
    made.table(
        [55, 55, 55],
        [
            Row((label("鉴定小组负责人"), label("业务（使用）部门"), label("档案员")), height=6.5),
            Row((room,) * 3, height=22),
            Row((label("鉴定小组成员"), value("签名：", 2)), height=14),
        ],
    )
    made.text("", "分节")
    record(made)
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
