"""Write template.docx of the 监销记录: ``python templates/disposal-supervision/author.py``. Ticked while it happens."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import NUMBER, facts, letterhead, nothing_below, paper, record, signed
from templates.authoring.word_paper import Cell, Column, Row, label, listing_rows, prose

CHECKS = (
    "□ 清册编号、件数、校验值与审批表一致\n□ 逐件核对题名、档号与清册相符\n"
    "□ 没有冻结、未了事项和审批剔除的文件\n□ 销毁在指定地点进行，未带离、未出售"
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    letterhead(made, "{{ office.name }}", f"清册{NUMBER}")
    made.table(
        [27, 55.5, 27, 55.5],
        [
            facts(("清册编号", "{{ list.number }}"), ("应销毁", "{{ counts.destroy }} 件，{{ size }}")),
            facts(("方　　式", "{{ list.method|空为横线 }}"), ("地　　点", "{{ list.place|空为横线 }}")),
            facts(("开　　始", "{{ began|短日期 }}"), ("结　　束", "{{ ended|短日期 }}")),
            facts(("执 行 人", "{{ list.executed_by or '' }}"), ("已移除", "{{ counts.gone }} 件")),
            Row((label("销毁前核对\n（手工勾选）"), prose(CHECKS, 3)), height=24),
        ],
    )
    made.text("逐件核对", "表单小节")
    columns = [
        Column("序号", 10, "{{ r.row }}", "c"),
        Column("题名", 58, "{{ r.title }}"),
        Column("档号", 30, "{{ r.number }}", "c"),
        Column("核对", 11, "□", "c"),
        Column("系统观察到的结果", 40, "{{ r.result }}"),
        Column("日期", 20, "{{ r.on|短日期 }}", "c"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    rows.append(Row((Cell("合计", "小字表头", span=2), Cell("{{ summary }}", "小字文字", span=4))))
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.foot("监销人为二人，均不得是造册人或执行人；少于二人签字的，销毁证明标为未完成。本记录永久保存。")
    made.table(
        [82.5, 82.5],
        [
            Row(
                (
                    signed("监销人 1", "witness[0].by", "witness[0].on"),
                    signed("监销人 2", "witness[1].by", "witness[1].on"),
                ),
                height=28,
            ),
            Row((Cell("监销人说明：{{ statements|join('；') or '　' }}", "正文左", span=2),), height=12),
            Row((Cell("照片编号：", "签名行"), Cell("执行单位（盖章）：", "签名行")), height=14),
        ],
    )
    made.text("", "分节")
    record(made)
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
