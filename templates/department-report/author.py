"""Write template.docx of the 部门工作报告: ``python templates/department-report/author.py``.

The printed report of one department (3.2.2): done, unfinished with reason, measure and milestone, checks, staff, plan.
"""

from __future__ import annotations

import sys
from pathlib import Path

from templates.authoring.word_paper import SHEET, Column, Paper, sign_rows

NUMBER = Column("序号", 11, "{{ loop.index }}", "c")


def write(path: Path) -> None:
    """Write the template to ``path``; the same bytes every time."""
    paper = Paper(SHEET)
    paper.letterhead(
        "{{ form.title }}",
        "部门：{{ department }}　　报告期：{{ period.label }}",
        "编制：{{ prepared_by or '' }}　{{ prepared_on|日期 }}",
    )
    paper.text("一、本月完成", "表单小节")
    paper.listing(
        [
            NUMBER,
            Column("工作内容", 74, "{{ r.work }}"),
            Column("责任人", 18, "{{ r.person|空为横线 }}", "c"),
            Column("完成日期", 22, "{{ r.finished|短日期|空为横线 }}", "c"),
            Column("结果", 40, "{{ r.result|空为横线 }}"),
        ],
        "r in done",
    )
    paper.text("二、未完成", "表单小节")
    paper.listing(
        [
            NUMBER,
            Column("事项", 36, "{{ r.item }}"),
            Column("原因", 36, "{{ r.reason }}"),
            Column("跟进措施", 42, "{{ r.measure }}"),
            Column("责任人", 18, "{{ r.person|空为横线 }}", "c"),
            Column("完工时间\n节点", 22, "{{ r.milestone|短日期 }}", "c"),
        ],
        "r in unfinished",
        none="本月无未完成事项。",
    )
    paper.text("三、检查", "表单小节")
    paper.listing(
        [
            Column("检查项目", 54, "{{ r.name }}", total="合计"),
            Column("次数", 20, "{{ r.times }}", "r", total=_sum("checks", "times")),
            Column("不合格（项）", 28, "{{ r.failed|空为横线 }}", "r", total=_sum("checks", "failed")),
            Column("已整改（项）", 28, "{{ r.fixed|空为横线 }}", "r", total=_sum("checks", "fixed")),
            Column("备注", 35, "{{ r.remark or '' }}"),
        ],
        "r in checks",
        total=True,
        together=True,
        none="本月未开展检查。",
    )
    paper.text("四、人员", "表单小节")
    paper.listing(
        [
            Column("岗位", 65, "{{ r.position|空为横线 }}", total="合计"),
            *(
                Column(f"{title}（人）", 25, f"{{{{ r.{key}|空为横线 }}}}", "r", total=_sum("staff", key))
                for title, key in (("编制", "planned"), ("在岗", "on_duty"), ("入职", "joined"), ("离职", "left"))
            ),
        ],
        "r in staff",
        total=True,
        together=True,
        none="本月未填报人员情况。",
    )
    paper.text("五、下月计划", "表单小节")
    paper.listing(
        [
            NUMBER,
            Column("类别", 17, "{{ r.kind|空为横线 }}", "c"),
            Column("工作内容", 42, "{{ r.work }}"),
            Column("目标、标准", 28, "{{ r.target|空为横线 }}"),
            Column("责任人", 15, "{{ r.person|空为横线 }}", "c"),
            Column("配合", 19, "{{ r.support|空为横线 }}", "c"),
            Column("起止日期", 20, "{{ r.started|短日期|空为横线 }}\n{{ r.ended|短日期|空为横线 }}", "c"),
            Column("资源、预算", 19, "{{ r.resources|空为横线 }}{% if r.remark %}（{{ r.remark }}）{% endif %}"),
        ],
        "r in next_plan",
        small=True,
        none="下月工作计划另行报送。",
    )
    paper.text("", "表单注")
    paper.table([1, 1], sign_rows(("部门主管", "服务中心经理意见"), 2, 24))
    paper.foot("各部门主管每月3日前报服务中心经理；未完成的写明原因、跟进措施、完工时间节点（作业规程3.2.2）。")
    paper.record("{{ department }} {{ period.label }}")
    paper.save(path)


def _sum(table: str, key: str) -> str:
    return f"{{{{ {table}|rejectattr('{key}', 'none')|sum(attribute='{key}') }}}}"


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).with_name("template.docx"))
