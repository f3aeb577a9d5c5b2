"""Write template.docx of the 客户拜访记录: ``python templates/visit/author.py``. One visit, one page (3.6.1)."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import SHEET, Cell, Paper, Row, boxes, label, prose, value

KINDS = ("定期走访", "专项走访", "投诉回访", "有偿服务回访", "维修回访")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead("{{ form.title }}", "项目：{{ office.project or office.name }}", "拜访日期：{{ visited|日期 }}")
    appointed = "{{ '■' if appointed else '□' }}已预约　{{ '□' if appointed else '■' }}未预约"
    other = f"{{{{ '' if kind in {KINDS!r} else '　■' ~ kind }}}}"
    paper.table(
        [22, 33, 22, 33, 22, 33],
        [
            _row(
                ("拜访人", "{{ visitor }}", 1), ("职务", "{{ position }}", 1), ("拜访时间", "{{ visited|日期时间 }}", 1)
            ),
            _row(("房号", "{{ room }}", 1), ("业户", "{{ owner }}", 1), ("电话", "{{ phone or '' }}", 1)),
            _row(("预约", appointed, 3), ("预约时间", "{{ appointed_at|日期时间 }}", 1)),
            _row(("方式", boxes(("上门", "电话", "约见"), "method"), 3), ("意见类别", "{{ category or '' }}", 1)),
            _row(("类型", boxes(KINDS, "kind") + other, 5)),
            Row((label("拜访内容"), prose("{{ content }}", 5)), height=34),
            Row((label("意见建议"), prose("{{ opinion }}", 5)), height=34),
            _row(
                ("责任部门", "{{ department or '' }}", 1),
                ("整改期限", "{{ deadline|短日期 }}", 1),
                ("整改结果", "{{ result or '' }}", 1),
            ),
            Row((label("整改措施"), prose("{{ measure or '' }}", 5)), height=30),
            Row((label("回　　复\n业户情况"), prose("{{ reply or '' }}", 5)), height=20),
            Row((label("业户签字", 2), label("拜访人签字", 2), label("部门主管确认", 2)), height=6.5),
            Row((Cell("日期：　　　年　　月　　日", "落款", span=2, valign="bottom"),) * 3, height=24),
        ],
    )
    paper.foot("每人每月上门拜访不少于5户，先预约再上门（作业规程3.6.1）；电话拜访不计入上门户数。")
    paper.record("{{ room }} {{ visited|短日期 }}")
    paper.save(path)


def _row(*pairs: tuple[str, str, int]) -> Row:
    return Row(tuple(cell for title, text, span in pairs for cell in (label(title), value(text, span))), height=9)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
