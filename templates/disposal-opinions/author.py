"""``python templates/disposal-opinions/author.py`` writes template.xlsx: the 鉴定意见征求表 a department fills in.

Three columns are open to write in; the others are locked, without a password: who wants to sort, may. What they hold
is compared when the file comes back (office/roundtrip.py), and the last columns, which are hidden, say which list
and which record a row is of.
"""

from __future__ import annotations

from openpyxl.styles import Alignment, PatternFill, Protection
from openpyxl.worksheet.datavalidation import DataValidation

from docgen.printing.house_style import Col, Grid, Look, PrintBook
from templates.authoring.excel_paper import save

COLUMNS = (
    Col("序号", "{{ r.row }}", 5, "integer"),
    Col("题名", "{{ r.title }}", 34),
    Col("所属年度", "{{ r.year }}", 9, align="center"),
    Col("档号", "{{ r.number }}", 17, align="center"),
    Col("保管期限", "{{ r.term }}", 9, align="center"),
    Col("期满日", "{{ r.kept_until }}", 11, align="center"),
    Col("部门", "{{ r.department }}", 11, align="center"),
    Col("所在位置", "{{ r.place }}", 26),
    Col("处理意见", "{{ r.wish }}", 9, "choice"),
    Col("新期限", "{{ r.new_term }}", 9, align="center"),
    Col("理由", "{{ r.reason }}", 26),
    Col("行标识-请勿改动", "{{ r.token }}", 10),
    Col("意见标识-请勿改动", "{{ r.said }}", 10),
)
OPEN = ("处理意见", "新期限", "理由")
HIDDEN = ("L", "M")
NOTE = (
    "填写说明：只填黄色三栏。处理意见从下拉中选（销毁、续存、永久）；选续存的，新期限写清单位（如2年、18个月），理由必填；"
    "选永久的，理由必填，新期限留空。没有意见的留空，留空的不会销毁。可以排序、筛选；请勿增删行，存为 .xlsx 交回。"
)


def main() -> None:
    book = PrintBook()
    paper = book.sheet("鉴定意见", [column.width for column in COLUMNS])
    paper.title("{{ form.title }}")
    paper.facts("清册编号：{{ list.number }}", "部门：{{ department or '全部' }}", "共 {{ rows|length }} 件")
    paper.across(NOTE, Look(size=9, align="left", border=False), 30)
    head = paper.row
    row = paper.table(Grid(COLUMNS, "rows", size=9, repeat=True))
    sheet = paper.sheet
    paint = PatternFill("solid", fgColor="FFF9DB")
    for number, column in enumerate(COLUMNS, 1):
        cell = sheet.cell(row, number)
        if column.title.endswith("请勿改动"):
            cell.alignment = Alignment("left", "center")  # a hidden text makes no row higher
        if column.title in OPEN:
            cell.protection = Protection(locked=False)
            cell.fill = paint
    choice = DataValidation(type="list", formula1='"销毁,续存,永久"', allow_blank=True, showErrorMessage=True)
    choice.errorTitle, choice.error = "处理意见", "请从下拉中选：销毁、续存、永久。新期限写在右边一栏。"
    choice.add(f"I{row}")
    sheet.add_data_validation(choice)
    for letter in HIDDEN:
        sheet.column_dimensions[letter].hidden = True
    sheet.freeze_panes = f"C{head + 1}"
    sheet.auto_filter.ref = f"A{head}:M{row}"
    protection = sheet.protection
    protection.sheet = True
    protection.sort = protection.autoFilter = protection.formatColumns = protection.formatRows = False
    save(
        __file__,
        book,
        {
            "guidang.form": "{{ form.id }}",
            "guidang.title": "{{ form.title }}",
            "guidang.list": "{{ list.number }}",
            "guidang.list_digest": "{{ list.digest }}",
            "guidang.department": "{{ department }}",
        },
    )


if __name__ == "__main__":
    main()
