"""``python templates/daily-check/author.py`` writes template.xlsx: one page a department and day."""

from __future__ import annotations

from docgen.printing.house_style import Col, Grid, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save

RESULT = "{{ {'合格': '√', '不合格': '×'}.get(r.result, '—') }}"
RECHECK = "{{ {'合格': '√', '不合格': '×', none: ''}.get(r.recheck, r.recheck) }}"


def main() -> None:
    form = form_of(__file__)
    items = form.table("items")
    columns = [
        number(4.5),
        col(items, "area", 8.5, align="center"),
        col(items, "item", 13),
        col(items, "standard", 19),
        Col("结果", RESULT, 5, "text", "center"),
        col(items, "failure", 14),
        col(items, "person", 7.5, align="center"),
        col(items, "measure", 14),
        Col("整改\n期限", "{{ r.deadline }}", 6, "m-d", "center"),
        Col("复查", RECHECK, 7, "text", "center"),
        col(items, "rechecker", 7.5, align="center"),
    ]
    book = PrintBook()
    sheet = book.sheet("每日检查表", [column.width for column in columns], landscape=False)
    sheet.title("{{ form.title }}")
    sheet.facts("服务中心：{{ office.name }}", "部门：{{ department }}", "标识：{{ form.code }}")
    sheet.facts(
        "日期：{{ period.label }}",
        "天气：{{ weather or '' }}",
        "班次：{{ shift or '' }}",
        "检查人：{{ inspector }}",
    )
    sheet.table(Grid(columns, "items", least=24, repeat=True))
    sheet.note("注：√ 合格　× 不合格　— 不适用。不合格的须写明情况、责任人、整改措施和期限，一周内整改并复查。")
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
