"""Write template.docx of the 到期清单: ``python templates/disposal-due/author.py``. What has run out."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import letterhead, nothing_below, paper, record
from templates.authoring.word_paper import Cell, Column, Row, listing_rows


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper(landscape=True)
    letterhead(made, "{{ office.name }}　清查日期：{{ on|日期 }}", "{{ meta.subject }}")
    columns = [
        Column("序号", 10, "{{ loop.index }}", "c"),
        Column("题名", 74, "{{ r.title }}"),
        Column("档号", 38, "{{ r.number }}", "c"),
        Column("年度", 18, "{{ r.year|空为横线 }}", "c"),
        Column("期限", 20, "{{ r.term }}", "c"),
        Column("期满日", 24, "{{ r.kept_until|短日期 }}", "c"),
        Column("所在位置（盒）", 48, "{{ r.place }}"),
        Column("鉴定状态", 20, "{{ r.status }}", "c"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    total = "共 {{ rows|length }} 件，{{ size }}；保存期限表版本 {{ schedules|join('、') }}。"
    rows.append(Row((Cell("合计", "小字表头", span=2), Cell(total, "小字文字", span=6))))
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.foot(
        "期满日为应保管的最后一天，次日起方可提出鉴定。到期不等于可以销毁：须逐件鉴定并报批（作业规程4.0）。"
        "期限不明、未识别类别、冻结、内容有变或找不到的文件不在此列，另行核查。"
    )
    record(made)
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
