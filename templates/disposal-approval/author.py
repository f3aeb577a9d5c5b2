"""Write template.docx of the 销毁审批表: ``python templates/disposal-approval/author.py``. One page."""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import NUMBER, facts, letterhead, paper, record
from templates.authoring.word_paper import Cell, Row, label, prose

REASONS = "{{ '■' if reason == '到期' else '□' }}保管期满无保存价值　□重份　□已被替代"
WAYS = "　".join(
    f"{{{{ '■' if list.method == '{way}' else '□' }}}}{way}"
    for way in ("粉碎", "化浆", "焚毁", "消磁", "覆写删除", "物理破坏")
)
OTHER = "{% if list.method and not known_method %}　■{{ list.method }}{% endif %}"
SYSTEM = (
    "{% if approval %}系统审批：{{ approval.by }} 于 {{ approval.on|日期 }} 批准 {{ approval.approved }} 件"
    "{% if approval.refused %}，剔除 {{ approval.refused }} 件（见清册备注）{% endif %}；"
    "{{ approval.not_before|日期 }}前不得执行，{{ approval.expires_on|日期 }}后失效。"
    "{% else %}系统审批：尚未批准。{% endif %}"
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    letterhead(made, "{{ office.name }}", f"清册{NUMBER}")
    made.table(
        [27, 55.5, 27, 55.5],
        [
            facts(("申请部门", "{{ department }}"), ("申 请 人", "{{ applicant }}")),
            facts(("日　　期", "{{ applied_on|日期 }}"), ("名　　称", "{{ name }}")),
            facts(("数　　量", "{{ counts.destroy }} 件，{{ size }}"), ("存放地点", "{{ places|join('、') }}")),
            facts(("起止日期", "{{ span }}"), ("保管期限", "{{ terms|join('、') }}")),
            facts(("销毁原因", REASONS), spans=(3,)),
            facts(("销毁方式", WAYS + OTHER), spans=(3,)),
            facts(("销毁责任人", "{{ list.executed_by or '' }}"), ("销毁地点", "{{ list.place or '' }}")),
            *(
                _opinion(title, told)
                for title, told in (
                    ("部门意见", "{{ opinions }}"),
                    ("档案意见", "{{ archivist }}"),
                    ("财务意见", ""),
                    ("分管领导意见", ""),
                    ("总经理意见", SYSTEM),
                )
            ),
            Row((label("清册校验值\nSHA-256"), Cell("{{ list.digest or '未提交' }}", "清册校验", span=3)), height=9),
        ],
    )
    made.foot(
        "批准只对上列校验值的清册有效；清册改动一处，批准即作废。审批人不得为造册人。"
        "未经批准不得销毁（作业规程4.0）。本表永久保存。"
    )
    record(made)
    made.save(path)


def _opinion(title: str, told: str) -> Row:
    """What was said in the system, and room to write, sign and date by hand."""
    return Row((label(title), prose(f"{told}\n签名：　　　　　　　　　　　日期：　　　年　　月　　日", 3)), height=23)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
