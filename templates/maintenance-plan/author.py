"""``python templates/maintenance-plan/author.py`` writes template.xlsx: a year of ○ planned and ● done."""

from __future__ import annotations

from docgen.printing.house_style import Grid, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save


def main() -> None:
    form = form_of(__file__)
    plan = form.table("plan")
    columns = [
        number(4.5),
        col(plan, "code", 10),
        col(plan, "name", 15),
        col(plan, "place", 12),
        col(plan, "model", 12),
        col(plan, "count", 5),
        col(plan, "task", 22),
        col(plan, "cycle", 6),
        *(col(plan, f"m{month}", 4.3, title=str(month)) for month in range(1, 13)),
        col(plan, "person", 13),
        col(plan, "statutory", 6),
        col(plan, "remark", 12),
    ]
    book = PrintBook()
    sheet = book.sheet("维修保养计划", [column.width for column in columns])
    sheet.title("{{ period.first.year }}年度{{ form.title }}")
    sheet.facts(
        "服务中心：{{ office.name }}",
        "部门：{{ meta.department }}",
        "编制日期：{{ prepared_on|短日期 }}",
        "编制人：{{ prepared_by or '' }}",
    )
    sheet.table(Grid(columns, "plan", least=14, repeat=True))
    sheet.note(
        "注：○ 计划　● 已完成。"
        "性质为“法定”的项目（电梯半月保养和年检、消防设施月检和年检、水箱半年清洗）不得漏排、不得延期。"
    )
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
