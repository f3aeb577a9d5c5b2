"""``python templates/department-annual-plan/author.py`` writes template.xlsx: a department's year by months."""

from __future__ import annotations

from docgen.printing.house_style import Grid, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save


def main() -> None:
    form = form_of(__file__)
    plan = form.table("plan")
    columns = [
        number(4.5),
        col(plan, "kind", 9),
        col(plan, "work", 30),
        col(plan, "target", 24),
        col(plan, "person", 9, align="center"),
        *(col(plan, f"m{month}", 4.3, title=str(month)) for month in range(1, 13)),
        col(plan, "budget", 11, total=True),
        col(plan, "remark", 13),
    ]
    book = PrintBook()
    sheet = book.sheet("年度计划", [column.width for column in columns])
    sheet.title("{{ department }}{{ period.first.year }}年度工作计划")
    sheet.facts(
        "服务中心：{{ office.name }}",
        "编制日期：{{ prepared_on|短日期 }}",
        "编制人：{{ prepared_by or '' }}",
        "单位：元",
    )
    sheet.table(Grid(columns, "plan", least=13, total="合计", repeat=True))
    sheet.note("注：○ 计划　● 已完成。规程3.1.2：每年12月20日前报服务中心经理审批。")
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
