"""``python templates/annual-plan/author.py`` writes template.xlsx: targets, work by quarter, training, equipment."""

from __future__ import annotations

from docgen.printing.house_style import Grid, PrintBook
from templates.authoring.excel_paper import col, form_of, number, save

WIDTHS = [5, 9, 14, 22, 26, 14, 11, 11, 12, 14, 14]


def main() -> None:
    form = form_of(__file__)
    book = PrintBook()
    sheet = book.sheet("年度工作计划", WIDTHS)
    sheet.title("{{ period.first.year }}{{ form.title }}")
    sheet.facts(
        "服务中心：{{ office.name }}",
        "编制日期：{{ prepared_on|短日期 }}",
        "编制人：{{ prepared_by or '' }}",
        "单位：元",
    )
    targets, work = form.table("targets"), form.table("work")
    sheet.caption("一、年度目标")
    sheet.table(
        Grid(
            [
                number(),
                col(targets, "title", 23),
                col(targets, "last_year", 22, align="center"),
                col(targets, "target", 26, align="center"),
                col(targets, "department", 14),
                col(targets, "measure", 48),
                col(targets, "remark", 14),
            ],
            "targets",
            [(1, 1), (2, 3), (4, 4), (5, 5), (6, 6), (7, 10), (11, 11)],
            least=4,
        )
    )
    sheet.caption("二、重点工作")
    sheet.table(
        Grid(
            [
                number(),
                col(work, "quarter", 9),
                col(work, "work", 36),
                col(work, "target", 26),
                col(work, "department", 14),
                col(work, "started", 11),
                col(work, "ended", 11),
                col(work, "budget", 12, total=True),
                col(work, "check", 14),
                col(work, "remark", 14),
            ],
            "work",
            [(1, 1), (2, 2), (3, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9), (10, 10), (11, 11)],
            least=6,
            total="合计",
        )
    )
    for ordinal, key in zip("三四五", ("training", "equipment", "activities"), strict=True):
        table = form.table(key)
        if key == "training":
            sheet.new_page()
        sheet.caption(f"{ordinal}、{table.title}")
        sheet.table(
            Grid(
                [
                    number(),
                    col(table, "quarter", 9),
                    col(table, "work", 36),
                    col(table, "target", 26),
                    col(table, "department", 14),
                    col(table, "budget", 12, total=True),
                    col(table, "remark", 28),
                ],
                key,
                [(1, 1), (2, 2), (3, 4), (5, 5), (6, 6), (7, 8), (9, 11)],
                least=3,
                total="合计",
            )
        )
    sheet.note("规程3.1.1：服务中心经理于每年12月27日前将下一年度工作计划及预算报公司总经理。")
    sheet.signs(*form.signers)
    save(__file__, book)


if __name__ == "__main__":
    main()
