"""Write template.docx of the questionnaire: ``python templates/satisfaction-questionnaire/author.py``.

One page an owner fills in by hand (3.6.2). Its five words are the columns of 满意度调查结果.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import LABEL_FILL, SHEET, Cell, Paper, Row, label, tag_row, value

WORDS = ("很满意", "满意", "一般", "不满意", "很不满意")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead("{{ period.label }}{{ form.title }}")
    paper.text("尊敬的业户：", "纸面正文", '<w:ind w:firstLineChars="0" w:firstLine="0"/>')
    paper.text("{{ greeting }}", "纸面正文")
    paper.text("{{ office.name }}　{{ opens_on|日期 }}", "纸面正文", '<w:jc w:val="right"/>')
    houses = "{% for h in (house_types or '多层、小高层、高层、商铺').split('、') %}□{{ h }}　{% endfor %}"
    years = "□1年以内　□1—3年　□3—5年　□5年以上"
    paper.table(
        [22, 33, 18, 37, 18, 37],
        [
            Row(
                (
                    Cell("房号（选填）", "小标签", fill=LABEL_FILL),
                    value(""),
                    label("姓　名"),
                    value(""),
                    label("电　话"),
                    value(""),
                ),
                height=8,
            ),
            Row((label("房屋类型"), value(houses, 5)), height=7),
            Row((label("入住年限"), value(years, 5)), height=7),
        ],
    )
    paper.text("请在合适的一格内打“√”；没有接触过的可以不填。", "表单小节")
    paper.table(
        [22, 63, 16, 16, 16, 16, 16],
        [
            Row(
                (label("项　目"), label("内　　容"), *(Cell(word, "小标签", fill=LABEL_FILL) for word in WORDS)),
                header=True,
                height=7,
            ),
            tag_row("{%tr for q in questions %}", 7),
            Row(
                (
                    Cell("{% vm q.item %}{{ q.item }}", "表格居中"),
                    value("{{ loop.index }}. {{ q.question }}"),
                    *(Cell("□", "勾选") for _ in WORDS),
                ),
                height=6.8,
            ),
            tag_row("{%tr endfor %}", 7),
            Row((Cell("{{ open_question }}", span=7),), height=7),
            Row((Cell("", span=7),), height=20),
            Row((label("业户签名"), value(""), label("填写日期", 2), value("　　　年　　月　　日", 3)), height=8.5),
        ],
    )
    call = "{% if phone %}咨询电话{{ phone }}。{% endif %}"
    paper.foot(
        "请于{{ deadline|日期 }}前交到{{ return_to }}。" + call + "未作答的题目统计时不计入分母；"
        "您填写的个人信息只用于回访，不作他用。谢谢您的支持！"
    )
    paper.record()
    paper.save(path)


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
