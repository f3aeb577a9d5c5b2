"""Write template.docx of the 销毁证明: ``python templates/disposal-certificate/author.py``.

It claims no more than was checked (D11), and says 未完成 until two witnesses signed (D13). Its last page carries the
checkpoint of the ledger, as a QR code and as groups to type.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.disposal_paper import PERMANENT, facts, letterhead, nothing_below, paper, record, signed
from templates.authoring.word_paper import Cell, Column, Row, label, listing_rows, prose, value

CLAIM = (
    "兹证明：清册 {{ list.number }} 所列、经批准销毁的 {{ counts.destroy }} 件电子文件中，"
    "{{ counts.removed }} 件由系统从共享目录移除并确认不在，{{ counts.by_hand }} 件由人员销毁、系统确认已不在原处，"
    "{{ counts.unobserved }} 件在恢复运行时已不在原处、移除的时刻未被观察到，"
    "{{ counts.left }} 件没有移除（见下表）。"
    "本证明只证明所核对到的情况，不证明文件在其他介质上也已清除。"
)


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    made = paper()
    letterhead(made, "{{ office.name }}", "编号：{{ list.number }}")
    made.tag("{%p if unfinished %}")
    made.text("未完成：{{ unfinished }}", "未完成")
    made.tag("{%p endif %}")
    made.table(
        [27, 55.5, 27, 55.5],
        [
            facts(("单　　位", "{{ office.name }}"), ("清册编号", "{{ list.number }}")),
            facts(("数　　量", "{{ counts.gone }} 件"), ("大　　小", "{{ size_gone }}")),
            facts(("方　　式", "{{ list.method|空为横线 }}"), ("地　　点", "{{ list.place|空为横线 }}")),
            facts(("开　　始", "{{ began|日期 }}"), ("结　　束", "{{ ended|日期 }}")),
            facts(
                ("批　　准", "{{ approval.by }}　{{ approval.on|短日期 }}"),
                ("执　　行", "{{ list.executed_by }}　{{ list.executed_on|短日期 }}"),
            ),
            Row((label("证　　明"), prose(CLAIM, 3)), height=26),
            Row((label("仍知副本"), prose("{{ copies_told }}", 3)), height=12),
            Row((label("备　　份"), prose("{{ backups }}", 3)), height=10),
            Row((label("照片编号"), value("", 1), label("执行单位章"), value("")), height=16),
            Row(
                (
                    signed("监销人 1", "witness[0].by", "witness[0].on", "系统中尚未签字", 2),
                    signed("监销人 2", "witness[1].by", "witness[1].on", "系统中尚未签字", 2),
                ),
                height=28,
            ),
        ],
    )
    made.text("逐件结果", "表单小节")
    columns = [
        Column("序号", 10, "{{ r.row }}", "c"),
        Column("题名", 50, "{{ r.title }}\n{{ r.digest[:32] }}\n{{ r.digest[32:] }}"),
        Column("档号", 24, "{{ r.number }}", "c"),
        Column("观察到的结果", 31, "{{ r.result }}"),
        Column("日期", 19, "{{ r.on|短日期 }}", "c"),
        Column("仍知副本", 31, "{{ r.copies|空为横线 }}"),
    ]
    rows = listing_rows(columns, "r in rows", small=True)
    rows[2] = Row((*rows[2].cells[:1], Cell(columns[1].value, "小字文字", under="清册校验"), *rows[2].cells[2:]))
    rows.append(Row((Cell("合计", "小字表头", span=2), Cell("{{ summary }}", "小字文字", span=4))))
    made.table([column.width for column in columns], rows, together=False)
    nothing_below(made)
    made.text("校验", "表单小节")
    made.table(
        [56, 109],
        [
            Row((Cell("{{ proof.picture }}", "二维码"), Cell("{{ proof.groups }}", "校验字组")), height=50),
            Row(
                (
                    Cell(
                        "账本事件 {{ proof.first }} 至 {{ proof.last }} 记载本清册；校验点在第 {{ proof.seq }} 号事件，"
                        "{{ proof.at }} 签发。清册校验值 {{ list.digest }}",
                        "小字文字",
                        span=2,
                    ),
                ),
            ),
            Row(
                (
                    Cell(
                        '核对方法：扫描二维码，或抄录右侧字组，运行 guidang audit verify --paper "…"；'
                        "不在本机的，加 --events 导出文件 --key 公钥文件，离线即可核对。",
                        "小字文字",
                        span=2,
                    ),
                ),
            ),
        ],
    )
    made.foot(PERMANENT)
    record(made, {"guidang.proof": "{{ proof.code }}"})
    made.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
