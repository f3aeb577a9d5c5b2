"""``python templates/monthly-plan/author.py`` writes template.xlsx: the plan, its training, repair and check plans."""

from __future__ import annotations

from docgen.printing.house_style import Col, Grid, PrintBook, PrintSheet
from templates.authoring.excel_paper import col, form_of, number, save


def main() -> None:
    form = form_of(__file__)
    plan = form.table("plan")
    columns = [
        number(),
        col(plan, "kind", 9),
        col(plan, "work", 24),
        col(plan, "target", 20),
        col(plan, "person", 8, align="center"),
        col(plan, "support", 9.5, align="center"),
        col(plan, "started", 10.2),
        col(plan, "ended", 10.2),
        col(plan, "resources", 11),
        col(plan, "status", 8.5),
        col(plan, "reason", 11),
        col(plan, "measure", 11),
        col(plan, "milestone", 10.2, title="完工时间\n节点"),
        col(plan, "remark", 11),
    ]
    book = PrintBook()
    sheet = book.sheet("月工作计划", [column.width for column in columns], code=form.code)
    _head(sheet, "{{ form.title }}")
    sheet.table(Grid(columns, "plan", least="9 if changes else 12", repeat=True))
    sheet.note("说明：完成情况、未完成原因、跟进措施、完工时间节点在月底填写；未完成的自动转入下月计划。")
    _changes(sheet)
    sheet.signs(*form.signers)
    _parts(book, form)
    save(__file__, book)


def _head(sheet: PrintSheet, title: str) -> None:
    sheet.title(title)
    sheet.facts(
        "部门：{{ department }}",
        "计划月份：{{ period.label }}",
        "编制日期：{{ prepared_on|短日期 }}",
        "编制人：{{ prepared_by or '' }}",
        "编号：{{ number or '' }}",
    )


def _changes(sheet: PrintSheet) -> None:
    """Gap G8: the plan handed in again on the 3rd, where it says otherwise than this one."""
    sheet.tag("{%tr if changes %}")
    sheet.caption("与{{ period.first.month }}月3日部门工作报告所附计划的差异")
    columns = [
        number(),
        Col("变动", "{{ r.kind }}", 9, "text", "center"),
        Col("工作内容", "{{ r.work }}", 48),
        Col("变动内容", "{{ r.detail }}", 100),
    ]
    spans = [(1, 1), (2, 2), (3, 4), (5, sheet.columns)]
    sheet.table(Grid(columns, "changes", spans))
    sheet.gap()
    sheet.tag("{%tr endif %}")


def _parts(book: PrintBook, form) -> None:  # noqa: ANN001 - a Form
    """Training, repairs and checks on a second page, one above the other on common columns."""
    training, repair, check = (form.table(key) for key in ("training_plan", "repair_plan", "check_plan"))
    sheet = book.sheet("培训、维修、检查计划", [5, 11, 16, 24, 28, 10, 12, 14, 26], code=form.code)
    _head(sheet, "{{ form.title }}　培训、维修、检查计划")
    sheet.caption("一、培训计划")
    sheet.table(
        Grid(
            [
                number(),
                col(training, "held", 11),
                col(training, "topic", 40),
                col(training, "audience", 30),
                col(training, "hours", 10, align="center"),
                col(training, "lecturer", 12, align="center"),
                col(training, "assessment", 14),
                col(training, "remark", 28),
            ],
            "training_plan",
            [(1, 1), (2, 2), (3, 4), (5, 5), (6, 6), (7, 7), (8, 8), (9, 9)],
            least=4,
        )
    )
    sheet.caption("二、维修计划")
    sheet.table(
        Grid(
            [
                number(),
                col(repair, "planned_on", 11),
                col(repair, "equipment", 40),
                col(repair, "item", 40),
                col(repair, "cycle", 12),
                col(repair, "person", 14, align="center"),
                col(repair, "remark", 28),
            ],
            "repair_plan",
            [(1, 1), (2, 2), (3, 4), (5, 6), (7, 7), (8, 8), (9, 9)],
            least=4,
        )
    )
    sheet.caption("三、检查计划")
    sheet.table(
        Grid(
            [
                number(),
                col(check, "planned_on", 11),
                col(check, "item", 40),
                col(check, "area", 40),
                col(check, "frequency", 12, align="center"),
                col(check, "person", 14, align="center"),
                col(check, "remark", 28),
            ],
            "check_plan",
            [(1, 1), (2, 2), (3, 4), (5, 6), (7, 7), (8, 8), (9, 9)],
            least=3,
        )
    )


if __name__ == "__main__":
    main()
