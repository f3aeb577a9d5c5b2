"""Write template.docx of the 续存登记: ``python templates/disposal-extension/author.py``. What is kept longer."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import NUMBER, letterhead, nothing_below, paper, record
from templates.authoring.word_paper import Cell, Column, Row, label, listing_rows


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper(landscape=True)
    letterhead(made, "{{ office.name }}", f"清册{NUMBER}")
    columns = [
        Column("序号", 10, "{{ r.row }}", "c"),
        Column("题名", 74, "{{ r.title }}"),
        Column("档号", 38, "{{ r.number }}", "c"),
        Column("原期限", 22, "{{ r.old }}", "c"),
        Column("新期限", 22, "{{ r.term }}", "c"),
        Column("理由", 48, "{{ r.reason }}"),
        Column("批准人", 20, "{{ r.by }}", "c"),
        Column("日期", 22, "{{ r.on|短日期 }}", "c"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    rows.append(Row((Cell("合计", "小字表头", span=2), Cell("{{ summary }}", "小字文字", span=6))))
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.foot("续存的期限自鉴定之日起算，不早于保存期限表规定的期限；转永久的不再列入销毁清册。")
    room = Cell("签名：\n日期：　　　年　　月　　日", "落款", valign="bottom")
    made.table(
        [84, 84, 84],
        [
            Row((label("鉴定小组负责人"), label("业务（使用）部门"), label("档案员")), height=6.5),
            Row((room,) * 3, height=20),
        ],
    )
    made.text("", "分节")
    record(made)
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
