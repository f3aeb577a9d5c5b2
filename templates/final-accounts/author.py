"""``python templates/final-accounts/author.py`` writes template.xlsx: budget against actual, as of a printed day."""

from __future__ import annotations

from docgen.printing.house_style import Col, Grid, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save

GAP, DONE = "=D{r}-C{r}", '=IF(C{r}=0,"—",D{r}/C{r})'


def main() -> None:
    form = form_of(__file__)
    accounts = form.table("accounts")
    columns = [
        number(),
        col(accounts, "subject", 18),
        col(accounts, "budget", 14, total=True),
        col(accounts, "actual", 14, title="实际{{ '（含预计）' if edition == '预计' else '' }}", total=True),
        Col("差额", GAP, 13, "money", closing=GAP),
        Col("完成率", DONE, 10, "percent", "right", closing=DONE),
        col(accounts, "note", 24),
    ]
    book = PrintBook()
    sheet = book.sheet("财务决算", [column.width for column in columns], landscape=False)
    sheet.title("{{ period.first.year }}年度{{ form.title }}（{{ edition }}）")
    sheet.facts(
        "服务中心：{{ office.name }}",
        "数据截至：{{ as_of|日期 }}",
        "单位：元",
    )
    sheet.facts("编制日期：{{ prepared_on|短日期 }}", "编制人：{{ prepared_by or '' }}")
    totals = []
    for ordinal, kind in (("一", "收入"), ("二", "支出")):
        sheet.caption(f"{ordinal}、{kind}")
        sheet.table(Grid(columns, f"accounts|selectattr('kind', 'equalto', '{kind}')|list", total=f"{kind}合计"))
        totals.append(sheet.row - 1)
    income, cost = totals
    balance = [(f"={c}{income}-{c}{cost}", "money") for c in "CD"]
    sheet.formulas("结余（收入－支出）", 2, [*balance, (GAP, "money"), ("", "text"), ("", "text")])
    sheet.note(
        "注：{{ '12月20日编制时年度尚未结束，' ~ as_of|日期 ~ '以后为预计数，次年1月按实际数出调整版。' "
        "if edition == '预计' else '本版按全年实际数调整，数据截至' ~ as_of|日期 ~ '。' }}"
        "完成率＝实际÷预算，预算为0的记“—”。"
    )
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
