"""Write template.docx of the 《突发事件处理记录表》 QG-FW-04-01: ``python templates/incident/author.py``.

One page: what, when, where, who, step by step, result, cause and prevention, and the opinions of each level; then,
where photos are announced, a page to paste them on.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import SHEET, Cell, Paper, Row, boxes, label, prose, sign_rows, tag_row, value

HELP = (
    ("call_police", "110"),
    ("call_fire", "119"),
    ("call_ambulance", "120"),
    ("call_lift", "电梯维保"),
    ("call_insurer", "保险"),
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead("{{ form.title }}", "项目：{{ office.project or office.name }}", "编号：{{ number }}")
    called = "　".join(f"{{{{ '■' if {key} else '□' }}}}{name}" for key, name in HELP)
    other = "{{ '■其他：' ~ call_other if call_other else '□其他' }}"
    paper.table(
        [22, 33, 22, 33, 22, 33],
        [
            _pairs(("事件名称", "{{ name }}", 3), ("事件类别", "{{ category }}", 1)),
            _pairs(("发生时间", "{{ occurred|日期时间 }}", 1), ("地点", "{{ place }}", 3)),
            _pairs(
                ("等级", boxes(("重大", "较大", "一般"), "level"), 3),
                ("责任部门", "{{ department }}", 1),
            ),
            _pairs(
                ("发现/报告人", "{{ reporter }}", 1),
                ("联系电话", "{{ phone or '' }}", 1),
                ("责任性质", "{{ liable or '' }}", 1),
            ),
            _pairs(
                ("接报人", "{{ receiver }}", 1),
                ("接报时间", "{{ reported|日期时间 }}", 1),
                ("上报对象", "{{ informed or '' }}", 1),
            ),
            _pairs(
                ("当值负责人", "{{ duty }}", 1),
                ("到场时间", "{{ arrived|日期时间 }}", 1),
                ("上报时间", "{{ informed_at|日期时间 }}", 1),
            ),
            _pairs(("外部求助", f"{called}　{other}", 5)),
            Row((Cell("处　理　经　过", "标签", span=6, fill="F5F5F5"),), height=6),
            Row((label("时　刻"), label("人　员"), label("措　施", 4)), height=6),
            tag_row("{%tr for step in timeline %}", 6),
            Row(
                (
                    Cell("{{ step.at|时刻 if step.at|短日期 == occurred|短日期 else step.at|日期时间 }}", "表格居中"),
                    Cell("{{ step.person }}", "表格居中"),
                    value("{{ step.action }}", 4),
                ),
                height=6,
            ),
            tag_row("{%tr endfor %}", 6),
            Row((label("处理结果"), prose("{{ result }}", 5)), height=11),
            _pairs(
                ("人员伤亡", "{{ casualties|数 }}人", 1),
                ("财产损失", "{{ loss|金额 }}元", 1),
                ("关闭时间", "{{ closed|日期时间 if closed else '未关闭' }}", 1),
            ),
            Row((label("原因初判"), prose("{{ cause }}", 5)), height=9),
            Row((label("善　　后"), prose("{{ aftermath or '' }}", 5)), height=9),
            Row((label("预防措施"), prose("{{ prevention }}", 5)), height=9),
            Row((label("附　　件"), value("{{ attachments or '' }}", 5)), height=7),
            _pairs(("填 表 人", "{{ recorder }}", 1), ("填表时间", "{{ recorded|日期时间 }}" + _LATE, 3)),
            *sign_rows(("部门主管意见", "服务中心经理意见", "公司意见"), 6, 22),
        ],
    )
    paper.foot("本表一事一份，经过写到时刻和人；录像、回执等附后。")
    photos(paper)
    paper.record("{{ name }}")
    paper.save(path)


_LATE = (
    "{% set hours = (recorded - occurred).total_seconds() / 3600 %}"
    "（事发后{{ '%.1f'|format(hours) }}小时"
    "{% if hours > 24 %}，超过24小时{% endif %}"
    "{% if late_reason %}：{{ late_reason }}{% elif hours > 24 %}：未说明{% endif %}）"
)


def _pairs(*pairs: tuple[str, str, int]) -> Row:
    return Row(tuple(cell for title, text, span in pairs for cell in (label(title), value(text, span))), height=7)


def photos(paper: Paper) -> None:
    """Two by two frames to paste prints into, as many as are announced."""
    paper.tag("{%p if photos %}")
    paper.text("附页　现场照片", "表单小节", "<w:pageBreakBefore/>")
    frame = "{{{{ '照片' ~ {0} ~ '粘贴处' if {0} <= photos else '' }}}}"
    paper.table(
        [1, 1],
        [
            tag_row("{%tr for n in range(1, photos + 1, 2) %}", 2),
            Row((Cell(frame.format("n"), "粘贴处"), Cell(frame.format("(n + 1)"), "粘贴处")), height=76),
            Row((Cell("说明：", "表格文字"), Cell("说明：", "表格文字")), height=8),
            tag_row("{%tr endfor %}", 2),
        ],
        together=False,
    )
    paper.tag("{%p endif %}")


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
