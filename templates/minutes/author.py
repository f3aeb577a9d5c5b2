"""Write template.docx of the 会议纪要: ``python templates/minutes/author.py``.

The extract that is sent out, not the verbatim record: who met, what departments reported (weekly meeting, 3.4.2),
topics and decisions, and who does what by when.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import SHEET, Column, Paper, Row, label, sign_rows, value

NUMBER = Column("序号", 11, "{{ loop.index }}", "c")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead("{{ form.title }}", "{{ held|日期 }}", "{% if number %}编号：{{ number }}{% endif %}")
    ended = "{% if ended %}至{{ ended|时刻 }}{% endif %}"
    paper.table(
        [24, 58.5, 24, 58.5],
        [
            _row(("会议名称", "{{ meeting }}", 1), ("会议类别", "{{ kind }}", 1)),
            _row(("时　　间", "{{ held|日期时间 }}" + ended, 1), ("地　　点", "{{ place }}", 1)),
            _row(("主 持 人", "{{ chair }}", 1), ("记 录 人", "{{ recorder }}", 1)),
            _row(("出　　席", "{{ present }}", 3)),
            _row(("列　　席", "{{ observers or '无' }}", 3)),
            _row(("缺席及原因", "{{ absent or '无' }}", 3)),
        ],
    )
    paper.tag("{%p if reports %}")
    paper.text("一、部门汇报", "表单小节")
    paper.listing(
        [
            Column("部门", 24, "{{ r.department }}", "c"),
            Column("上周完成情况", 52, "{{ r.last_week }}"),
            Column("本周工作", 52, "{{ r.this_week }}"),
            Column("需协调", 37, "{{ r.coordinate|空为横线 }}"),
        ],
        "r in reports",
        none="",
    )
    paper.tag("{%p endif %}")
    paper.text("{{ '二' if reports else '一' }}、议题与决议", "表单小节")
    paper.listing(
        [
            NUMBER,
            Column("议题", 34, "{{ r.topic }}"),
            Column("讨论要点", 58, "{{ r.points|空为横线 }}"),
            Column("决议", 62, "{{ r.decision }}"),
        ],
        "r in topics",
        none="",
    )
    paper.text("{{ '三' if reports else '二' }}、行动事项", "表单小节")
    paper.listing(
        [
            NUMBER,
            Column("事项", 84, "{{ r.item }}"),
            Column("责任人", 24, "{{ r.person }}", "c"),
            Column("完成时限", 26, "{{ r.deadline|短日期 }}", "c"),
            Column("状态", 20, "{{ r.status|空为横线 }}", "c"),
        ],
        "r in actions",
        none="本次会议没有列出行动事项。",
    )
    paper.text("", "表单注")
    paper.table(
        [24, 31, 24, 31, 24, 31],
        [
            Row((label("下次会议"), value("{{ next_meeting or '另行通知' }}", 5)), height=8),
            Row((label("发送范围"), value("{{ sent_to or '与会人员' }}", 5)), height=8),
            *sign_rows(("记录人", "主持人", "签发{% if issued_by %}（{{ issued_by }}）{% endif %}"), 6, 20),
        ],
    )
    paper.foot("纪要为会议摘要，逐字的会议记录另存；上次会议遗留的行动事项在状态栏写明进展。")
    paper.record("{{ meeting }} {{ held|短日期 }}")
    paper.save(path)


def _row(*pairs: tuple[str, str, int]) -> Row:
    return Row(tuple(cell for title, text, span in pairs for cell in (label(title), value(text, span))), height=8)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
