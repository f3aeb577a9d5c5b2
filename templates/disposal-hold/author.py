"""Write template.docx of the 冻结通知: ``python templates/disposal-hold/author.py``. What stays, and why."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import facts, letterhead, nothing_below, paper, record
from templates.authoring.word_paper import Cell, Column, Row, label, listing_rows, prose, sign_rows

ORDER = (
    "自即日起，下列文件在冻结解除之前，任何人不得销毁、删除、移动或改动；已列入销毁清册、已批准或已隔离待毁的，"
    "一并停止。保存期限届满不解除冻结。"
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    letterhead(made, "{{ office.name }}", "冻结编号：{{ hold.id }}")
    made.table(
        [27, 55.5, 27, 55.5],
        [
            facts(("冻结编号", "{{ hold.id }}"), ("状　　态", "{{ '已解除' if hold.released_on else '有效' }}")),
            facts(("发 起 人", "{{ hold.by }}"), ("日　　期", "{{ hold.placed_on|日期 }}")),
            facts(("文　　件", "{{ rows|length }} 件，{{ size }}"), ("解除日期", "{{ hold.released_on|日期 }}")),
            Row((label("原　　因"), prose("{{ hold.reason }}", 3)), height=14),
            Row((label("要　　求"), prose(ORDER, 3)), height=16),
        ],
    )
    made.text("冻结的文件", "表单小节")
    columns = [
        Column("序号", 10, "{{ loop.index }}", "c"),
        Column("题名", 60, "{{ r.title }}"),
        Column("档号", 34, "{{ r.number }}", "c"),
        Column("年度", 16, "{{ r.year|空为横线 }}", "c"),
        Column("所在位置", 45, "{{ r.place }}"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    rows.append(
        Row((Cell("合计", "小字表头", span=2), Cell("共 {{ rows|length }} 件，{{ size }}。", "小字文字", span=3)))
    )
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.foot("解除冻结须登记理由。冻结期间文件有改动、移动或缺失的，立即报告档案员。本通知永久保存。")
    made.table([55, 55, 55], sign_rows(("发起人", "档案员", "通知部门（签收）"), 3, 20))
    made.text("", "分节")
    record(made)
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
