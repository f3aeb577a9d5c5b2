"""``python templates/annual-budget/author.py`` writes template.xlsx: income, costs, balance; the months beside them."""

from __future__ import annotations

from docgen.printing.house_style import Col, Grid, PrintBook, PrintSheet
from docgen.sheets.book import letter
from templates.authoring.excel_paper import col, form_of, number, save

RATE = '=IF(D{r}=0,"—",(E{r}-D{r})/D{r})'
CHANGE = "=E{r}-D{r}"


def main() -> None:
    form = form_of(__file__)
    book = PrintBook()
    _year(book, form)
    _months(book, form)
    save(__file__, book)


def _head(sheet: PrintSheet, title: str) -> None:
    sheet.title(title)
    sheet.facts(
        "服务中心：{{ office.name }}",
        "编制日期：{{ prepared_on|短日期 }}",
        "编制人：{{ prepared_by or '' }}",
        "单位：元",
    )


def _rows(kind: str) -> str:
    return f"accounts|selectattr('kind', 'equalto', '{kind}')|list"


def _year(book: PrintBook, form) -> None:  # noqa: ANN001 - a Form
    accounts = form.table("accounts")
    columns = [
        number(),
        col(accounts, "subject", 17),
        col(accounts, "last_budget", 13.5, total=True),
        col(accounts, "last_actual", 13.5, title="上年实际\n（预计）", total=True),
        col(accounts, "budget", 13.5, total=True),
        Col("增减额", CHANGE, 12, "money", closing=CHANGE),
        Col("增减率", RATE, 8.5, "percent", "right", closing=RATE),
        col(accounts, "note", 18),
    ]
    sheet = book.sheet("年度预算", [column.width for column in columns], landscape=False)
    _head(sheet, "{{ period.first.year }}{{ form.title }}")
    totals = []
    for ordinal, kind in (("一", "收入"), ("二", "支出")):
        sheet.caption(f"{ordinal}、{kind}")
        sheet.table(Grid(columns, _rows(kind), total=f"{kind}合计"))
        totals.append(sheet.row - 1)
    income, cost = totals
    balance = [(f"={c}{income}-{c}{cost}", "money") for c in "CDE"]
    sheet.formulas("结余（收入－支出）", 2, [*balance, (CHANGE, "money"), (RATE, "percent"), ("", "text")])
    sheet.note("注：上年实际截至编制日，其后为预计；增减率＝（本年预算－上年实际）÷上年实际，上年为0的记“—”。")
    sheet.signs(*form.signers)


def _months(book: PrintBook, form) -> None:  # noqa: ANN001 - a Form
    accounts = form.table("accounts")
    columns = [
        number(4.5),
        col(accounts, "subject", 17),
        *(Col(f"{month}月", f"{{{{ r.m{month} }}}}", 12, "money", total=True) for month in range(1, 13)),
        Col("合计", "=SUM(C{r}:N{r})", 13.5, "money", total=True),
    ]
    sheet = book.sheet("分月预算", [column.width for column in columns])
    _head(sheet, "{{ period.first.year }}{{ form.title }}　分月预算")
    totals = []
    for ordinal, kind in (("一", "收入"), ("二", "支出")):
        sheet.caption(f"{ordinal}、{kind}")
        sheet.table(Grid(columns, _rows(kind), total=f"{kind}合计", size=9))
        totals.append(sheet.row - 1)
    income, cost = totals
    sheet.formulas("结余", 2, [(f"={letter(n)}{income}-{letter(n)}{cost}", "money") for n in range(3, 16)])


if __name__ == "__main__":
    main()
