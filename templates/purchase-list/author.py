"""``python templates/purchase-list/author.py`` writes template.xlsx: amounts and total are live formulas."""

from __future__ import annotations

from docgen.printing.house_style import Col, Grid, Look, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save


def main() -> None:
    form = form_of(__file__)
    items = form.table("items")
    columns = [
        number(),
        col(items, "name", 20),
        col(items, "spec", 18),
        col(items, "unit", 6, align="center"),
        col(items, "stock", 7),
        col(items, "quantity", 9),
        col(items, "price", 11),
        Col("预估金额", "=ROUND(F{r}*G{r},2)", 12, "money", total=True),
        col(items, "use", 24),
        col(items, "needed_on", 11),
        col(items, "urgency", 9),
        col(items, "remark", 16),
    ]
    book = PrintBook()
    sheet = book.sheet("物品采购清单", [column.width for column in columns])
    sheet.tag("{%tr set sums = namespace(amount=0) %}")
    sheet.title("{{ form.title }}")
    sheet.facts(
        "部门：{{ department }}",
        "月份：{{ period.label }}",
        "申请日期：{{ prepared_on|短日期 }}",
        "编号：{{ number or '' }}",
        "单位：元",
    )
    reckon = "sums.amount = sums.amount + (r.quantity * r.price)|舍入"
    sheet.table(Grid(columns, "items", least=14, total="合计", repeat=True, reckon=reckon))
    sheet.put(sheet.row, 1, 2, "合计金额（大写）", Look(bold=True))
    sheet.put(sheet.row, 3, len(columns), "{{ sums.amount|金额大写 }}", Look(bold=True, align="left"))
    sheet.height(25)
    sheet.row += 1
    sheet.note("说明：品名、规格、数量写具体；紧急采购注明需求日期，超预算的注明资金来源。")
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
