"""A filed share of four years as offices really keep one: some 2,000 files with their key; seeded, nothing is copied.

``python -m samples.making.share DIR`` writes the share; ``share_key.csv`` in samples/ says of every file what it truly
is, and whether its name and text say so clearly enough that nobody has to be asked.
"""

from __future__ import annotations

import csv
import io
import struct
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from samples.making import centre
from samples.making.dice import Dice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = Path(__file__).parent.with_name("share_key.csv")
FIRST, LAST = (2023, 1), (2026, 10)
CHINESE = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
SHORT = {centre.FRONT: "客服部", centre.GUARD: "特勤部", centre.WORKS: "工程部", centre.CLEAN: "保洁部"}
REPORT, INCIDENT, PLAN = "QG-FW-01-01", "QG-FW-04-01", "JY-QM7.5.1-02"
FORMS = {"monthly-report": REPORT, "incident": INCIDENT, "monthly-plan": PLAN}
TITLES = {REPORT: "物业管理月度工作报告", INCIDENT: "突发事件处理记录表", PLAN: "月工作计划"}
REGISTERS = (
    *("报修登记", "投诉登记", "收费台账", "能耗统计", "装修登记", "空置房统计"),
    *("特约服务登记", "业户变更登记", "培训登记", "房屋基础数据", "突发事件登记", "持证与岗前培训台账"),
)
EVENTS = (
    "3栋电梯困人",
    "地库水管爆裂",
    "2栋高空坠物",
    "西门车辆剐蹭",
    "外墙砖脱落",
    "9栋厨房起火",
    "业主突发疾病",
    "雷击停电",
)
BODY = (
    "本月各项工作按计划进行，未完成事项已注明原因和跟进措施。",
    "夜间巡更到位，门岗登记完整，未发生重大责任事故。",
    "水泵房、配电房按周检查，发现问题当日整改。",
)


@dataclass(frozen=True)
class Filed:
    """One file: its path in the share, its bytes, and what it truly is.

    ``standing``: record, template, draft or passing; ``clear``: whether nobody has to be asked; ``period`` as
    2026-10, 2026-10-18, 2026 or two days with a slash between.
    """

    path: str
    content: bytes
    standing: str = "record"
    kind: str = ""
    period: str = ""
    department: str = ""
    clear: bool = False


# --- contents -------------------------------------------------------------------------------------------------

_EPOCH = (2020, 1, 1, 0, 0, 0)
_DOCX_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
)
_RELATIONS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>'
)
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_CONTENT = "application/vnd.openxmlformats-officedocument."


def _package(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in parts.items():
            package.writestr(zipfile.ZipInfo(name, _EPOCH), text)
    return buffer.getvalue()


def _relations(*targets: tuple[str, str]) -> str:
    rows = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return _RELATIONS.format(relations=rows)


def _types(*overrides: tuple[str, str]) -> str:
    rows = "".join(f'<Override PartName="{name}" ContentType="{_CONTENT}{kind}+xml"/>' for name, kind in overrides)
    return _DOCX_TYPES.format(overrides=rows)


def _custom(properties: dict[str, str]) -> str:
    rows = "".join(
        f'<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="{number}" name="{escape(name)}">'
        f"<vt:lpwstr>{escape(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(properties.items(), 2)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        f'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{rows}</Properties>'
    )


def docx(lines: Sequence[str], properties: dict[str, str] | None = None) -> bytes:
    """A small Word document of these paragraphs."""
    body = "".join(f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>' for line in lines)
    parts = {
        "[Content_Types].xml": _types(
            ("/word/document.xml", "wordprocessingml.document.main"), ("/docProps/custom.xml", "custom-properties")
        ),
        "_rels/.rels": _relations(
            ("officeDocument", "word/document.xml"), ("custom-properties", "docProps/custom.xml")
        ),
        "word/document.xml": '<?xml version="1.0" encoding="UTF-8"?><w:document '
        'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>'
        f"{body}</w:body></w:document>",
        "docProps/custom.xml": _custom(properties or {}),
    }
    return _package(parts)


def xlsx(rows: Sequence[Sequence[str]], properties: dict[str, str] | None = None) -> bytes:
    """A small workbook of one sheet with these rows of text."""
    cells = "".join(
        f'<row r="{number}">'
        + "".join(
            f'<c r="{chr(65 + column)}{number}" t="inlineStr"><is><t>{escape(text)}</t></is></c>'
            for column, text in enumerate(row)
            if text
        )
        + "</row>"
        for number, row in enumerate(rows, 1)
    )
    parts = {
        "[Content_Types].xml": _types(
            ("/xl/workbook.xml", "spreadsheetml.sheet.main"),
            ("/xl/worksheets/sheet1.xml", "spreadsheetml.worksheet"),
            ("/docProps/custom.xml", "custom-properties"),
        ),
        "_rels/.rels": _relations(("officeDocument", "xl/workbook.xml"), ("custom-properties", "docProps/custom.xml")),
        "xl/workbook.xml": f'<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="{_SHEET}" xmlns:r="{_OFFICE}">'
        '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relations(("worksheet", "worksheets/sheet1.xml")),
        "xl/worksheets/sheet1.xml": f'<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="{_SHEET}">'
        f"<sheetData>{cells}</sheetData></worksheet>",
        "docProps/custom.xml": _custom(properties or {}),
    }
    return _package(parts)


def _opaque(path: str) -> bytes:
    """A scan, a photo or a file of an old format: bytes that say nothing."""
    head = {"pdf": b"%PDF-1.4\n%", "jpg": b"\xff\xd8\xff\xe0"}.get(path.rpartition(".")[2])
    return _compound(path.encode() * 3) if head is None else head + path.encode() * 3


def _compound(content: bytes) -> bytes:
    """A whole file of the old Office formats (MS-CFB): a header, one table of sectors, and one sector that says
    nothing.
    """
    head = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6)
    head = head.ljust(76, b"\0") + struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    return head + table + content[:512].ljust(512, b"\0")


# --- the share ------------------------------------------------------------------------------------------------


@dataclass
class _Share:
    """The share while it is filled."""

    files: list[Filed] = field(default_factory=list)

    def add(self, path: str, content: bytes | None = None, **truth: object) -> None:
        """One file; the same path is never given twice."""
        given = _opaque(path) if content is None else content
        self.files.append(Filed(path, given, **truth))  # type: ignore[arg-type]


def _months() -> Iterator[tuple[int, int]]:
    year, month = FIRST
    while (year, month) <= LAST:
        yield year, month
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _next(year: int, month: int) -> tuple[int, int]:
    return (year + 1, 1) if month == 12 else (year, month + 1)


def _wide(text: str) -> str:
    return text.translate({48 + figure: 0xFF10 + figure for figure in range(10)})


def _chinese_year(year: int) -> str:
    return "".join("〇一二三四五六七八九"[int(figure)] for figure in str(year))


def _embedded(form: str, period: str, department: str, n: int) -> dict[str, str]:
    return {
        "guidang.form": form,
        "guidang.code": FORMS[form],
        "guidang.version": "A/0",
        "guidang.period": period,
        "guidang.department": department,
        "guidang.digest": f"{n * 2654435761 % 2**64:016x}" * 4,
    }


def _letter(title: str, *lines: str) -> list[str]:
    return [centre.COMPANY, title, *lines, "", *BODY]


def files() -> list[Filed]:
    """Every file of the share, in the order of their paths."""
    share = _Share()
    for number, (year, month) in enumerate(_months()):
        _reports(share, Dice(f"share/reports/{year}-{month}"), year, month, number)
        _plans(share, Dice(f"share/plans/{year}-{month}"), year, month, number)
        _incidents(share, Dice(f"share/incidents/{year}-{month}"), year, month)
        _registers(share, Dice(f"share/registers/{year}-{month}"), year, month)
        _department_reports(share, Dice(f"share/departments/{year}-{month}"), year, month)
        _weekly(share, Dice(f"share/weekly/{year}-{month}"), year, month)
        _checks(share, year, month)
        _loose(share, Dice(f"share/loose/{year}-{month}"), year, month)
    for year in range(FIRST[0], LAST[0] + 1):
        _yearly(share, year)
    _blanks(share)
    _traps(share)
    return sorted(share.files, key=lambda file: file.path)


def _reports(share: _Share, dice: Dice, year: int, month: int, number: int) -> None:
    """One monthly report a month, written a little differently by everyone who ever made one."""
    period, title = f"{year}-{month:02d}", TITLES[REPORT]
    truth = {"kind": REPORT, "period": period}
    label = f"{year}年{month}月"
    heading = docx(_letter(f"{centre.NAME}{title}", f"报告期：{label}", f"编制：{centre.CLERKS[0]}"))
    plain = docx(_letter(title, f"（{year}年{CHINESE[month - 1]}月）", f"第{number}号"))
    folder = f"{year}年/{month:02d}月" if year < 2025 else f"{REPORT} {title}/{year}年"
    clear = (
        (f"{REPORT} {title} {label}.docx", heading),
        (f"{year}.{month}月报-终稿.docx", plain),
        (f"{month}月份月报.docx", plain),
        (f"{year % 100}年{month}月月报 - 副本.docx", heading),
        (f"《{title}》{label}.docx", heading),
        (f"〈〈{title}〉〉{_chinese_year(year)}年{CHINESE[month - 1]}月.docx", plain),
        (f"QG—FW—01—01 {label}.docx", heading),
        (f"QG_FW_01_01_{year}{month:02d}.docx", plain),
        (f"qgfw0101 {year}-{month:02d}.docx", heading),
        (f"{_wide(str(year))}年{_wide(str(month))}月　{title}（最终版2）.docx", heading),
        (f"{centre.NAME}{label}月度工作报告V1.2.docx", plain),
        (f"{year}年{CHINESE[month - 1]}月{title}（报公司）.docx", heading),
    )
    name, content = clear[number % len(clear)]
    if year == 2026 and month >= 6:
        name, content = (
            f"{REPORT} {title} {label}.docx",
            docx(_letter(title, label), _embedded("monthly-report", period, centre.NAME, number)),
        )
    share.add(f"{folder}/{name}", content, clear=True, **truth)
    if dice.chance(0.6):
        share.add(f"{folder}/{title} {label}（签字版扫描）.pdf", clear=True, **truth)
    if dice.chance(0.35):
        share.add(f"{folder}/{label}月报初稿.docx", plain, standing="draft", kind=REPORT, period=period)
    unclear = (
        f"月报{month}.docx",
        f"{year}{month:02d}报表.xls",
        f"{year % 100}年{month}月工作报告-{centre.CLERKS[1][0]}.wps",
        f"{month}月份月报（最终版）改.doc",
        f"{label}月报（退回修改）.docx",
        f"{month}月.docx",
    )
    if dice.chance(0.5):
        share.add(f"{year}年/待整理/{dice.pick(unclear)}", **truth)


def _plans(share: _Share, dice: Dice, year: int, month: int, number: int) -> None:
    """The plans for the month after, a workbook a department; January's are filed in December's folder."""
    next_year, next_month = _next(year, month)
    period, label = f"{next_year}-{next_month:02d}", f"{next_year}年{next_month}月"
    for place, department in enumerate(centre.DEPARTMENTS):
        short = SHORT[department]
        rows = [[f"{department}月工作计划"], [f"月份：{label}", f"部门：{department}"], ["序号", "工作内容", "责任人"]]
        rows += [["1", "设备房周检", "张"], ["2", f"第{number * 4 + place}号事项", "李"]]
        names = (
            f"{PLAN} {department}月工作计划({label}).xlsx",
            f"{short}{next_year}.{next_month}月工作计划.xlsx",
            f"{label}{department}月度工作计划.xlsx",
            f"JY_QM7_5_1_02 {department} {next_year}{next_month:02d}.xlsx",
            f"JY—QM7.5.1—02{department}{label}.xlsx",
            f"《月度工作计划》{short}{label}定稿.xlsx",
            f"{label}份工作计划-{short}.xlsx",
        )
        name = names[(number + place) % len(names)]
        properties = (
            _embedded("monthly-plan", period, department, number * 4 + place) if (year, month) > (2026, 5) else {}
        )
        folder = f"{year}年/{month:02d}月/计划" if year < 2025 else f"工作计划/{next_year}年/{department}"
        truth = {"kind": PLAN, "period": period, "department": department}
        share.add(f"{folder}/{name}", xlsx(rows, properties), clear=True, **truth)
        if dice.chance(0.15):
            joined = f"{next_month}月计划+采购（总经办退回修改）{place}.xlsx"
            share.add(f"{folder}/{joined}", xlsx([["计划", f"{place}"], ["采购", f"{number}"]]), **truth)
    if dice.chance(0.5):
        rows = [[f"物品采购清单（{label}）"], ["序号", "名称", "数量", "单价"], ["1", "灯泡", "20", str(number)]]
        path = f"{year}年/{month:02d}月/计划/物品采购清单 {label}.xlsx"
        share.add(path, xlsx(rows), kind="物品采购清单", period=period, clear=True)


def _incidents(share: _Share, dice: Dice, year: int, month: int) -> None:
    for n in range(dice.between(1, 4)):
        day = date(year, month, dice.between(1, 28))
        event = dice.pick(EVENTS)
        title, label = TITLES[INCIDENT], f"{day.year}年{day.month}月{day.day}日"
        names = (
            f"{title}-{day:%Y%m%d}-{event}{n}.docx",
            f"{INCIDENT} {title} {day.isoformat()} {event}{n}.docx",
            f"QG—FW—04—01突发事件处理记录（{label}{event}{n}）.docx",
            f"突发事件处理记录 {day.year}.{day.month}.{day.day} {event}{n}.docx",
        )
        folder = f"{year}年/{month:02d}月/突发事件" if year < 2025 else f"{INCIDENT} {title}/{year}年"
        content = docx(_letter(title, f"标识：{INCIDENT}", f"发生时间：{label} 08:05", f"事件：{event}"))
        name = dice.pick(names)
        share.add(f"{folder}/{name}", content, kind=INCIDENT, period=day.isoformat(), clear=True)
        if dice.chance(0.3):
            share.add(f"{folder}/IMG_{day:%Y%m%d}_{n}.jpg")


def _registers(share: _Share, dice: Dice, year: int, month: int) -> None:
    label, period = f"{year}年{month}月", f"{year}-{month:02d}"
    for title in REGISTERS:
        names = (
            f"{title} {label}.xlsx",
            f"{title}{year}.{month}.xlsx",
            f"{label}{title}表.xlsx",
            f"{title}({month}月).xlsx",
        )
        rows = [
            [f"{centre.NAME}{title}"],
            [f"月份：{label}", f"填表人：{centre.CLERKS[0]}"],
            ["序号", "日期", "内容"],
            ["1", period],
        ]
        name = dice.pick(names)
        if title in ("收费台账", "持证与岗前培训台账") and name.endswith("表.xlsx"):
            name = names[0]
        share.add(f"{year}年/{month:02d}月/台账/{name}", xlsx(rows), kind=title, period=period, clear=True)


def _department_reports(share: _Share, dice: Dice, year: int, month: int) -> None:
    label, period = f"{year}年{month}月", f"{year}-{month:02d}"
    for department in centre.DEPARTMENTS:
        names = (
            f"部门工作报告-{department}-{label}.xlsx",
            f"{SHORT[department]}月报{year}年{month:02d}月.xlsx",
            f"{department}{label}部门月报.xlsx",
            f"{label}{SHORT[department]}工作报告.xlsx",
        )
        rows = [[f"{department}部门工作报告"], [f"部门：{department}", f"报告期：{label}"], ["序号", "工作内容"]]
        truth = {"kind": "部门工作报告", "period": period, "department": department}
        name = dice.pick(names)
        share.add(f"{year}年/{month:02d}月/部门/{name}", xlsx(rows), clear=name != names[3], **truth)


def _weekly(share: _Share, dice: Dice, year: int, month: int) -> None:
    """Minutes of the weekly meeting, by their day; sometimes by the number of the week, which says no day."""
    day = date(year, month, 1)
    day += timedelta(days=-day.weekday() % 7)
    while day.month == month:
        label = f"{day.year}年{day.month}月{day.day}日"
        content = docx(_letter("主管周例会纪要", f"会议时间：{label} 9:00", "主持：薛景行"))
        name = dice.pick(
            (f"会议纪要 {day.isoformat()}.docx", f"主管周例会纪要（{label}）.docx", f"例会纪要{day:%Y%m%d}.docx")
        )
        truth = {"kind": "会议纪要", "period": day.isoformat()}
        if dice.chance(0.1):
            name = f"{month}月第{(day.day - 1) // 7 + 1}周会议纪要.docx"
            share.add(f"{year}年/会议/{name}", content, **truth)
        else:
            share.add(f"{year}年/会议/{name}", content, clear=True, **truth)
        day += timedelta(days=7)


def _checks(share: _Share, year: int, month: int) -> None:
    """Daily checks: a bundle a month until 2026, then single days."""
    if year < 2026 or month < 8:
        for department in centre.DEPARTMENTS:
            path = f"每日检查表/{year}年/{department}/每日检查表 {department} {year}年{month}月.pdf"
            share.add(path, kind="每日检查表", period=f"{year}-{month:02d}", department=department, clear=True)
        return
    day = date(year, month, 1)
    while day.month == month:
        rows = [["每日检查表"], ["部门", centre.CLEAN, "检查日期", day.isoformat()], ["序号", "检查项目", "结果"]]
        name = f"每日检查表 {centre.CLEAN} {day.year}年{day.month}月{day.day}日.xlsx"
        if day.day % 9 == 0:
            name = f"{day.month}.{day.day}.xlsx"
        share.add(
            f"每日检查表/{year}年/{month}月/{name}",
            xlsx(rows),
            kind="每日检查表",
            period=day.isoformat(),
            department=centre.CLEAN,
            clear=day.day % 9 != 0,
        )
        day += timedelta(days=1)


def _loose(share: _Share, dice: Dice, year: int, month: int) -> None:
    """What lies about: scans without a name, notices, locks, photos, files nobody ever named."""
    folder = f"{year}年/{month:02d}月"
    for n in range(dice.between(1, 3)):
        share.add(f"{folder}/扫描件_{year}{month:02d}{dice.between(1, 28):02d}_{n:04d}.pdf")
    label = f"{year}年{month}月"
    if dice.chance(0.4):
        share.add(
            f"{folder}/关于报送{label}月报的通知.docx", docx([centre.COMPANY, f"关于报送{label}月报的通知", *BODY])
        )
    if dice.chance(0.3):
        share.add(f"{folder}/{label}月报催办记录.docx", docx(["催办记录", label]))
    if dice.chance(0.3):
        share.add(f"{folder}/维保单位电梯月报{label}.pdf")
    if dice.chance(0.3):
        share.add(f"{folder}/新建 Microsoft Word 文档 ({month}).docx", docx(["", str(month)]))
    if dice.chance(0.3):
        share.add(f"{folder}/数据_副本({month}).xlsx", xlsx([["数据", str(year)]]))
    if dice.chance(0.5):
        share.add(
            f"{folder}/~${dice.pick(('月报', '计划', '会议纪要'))}.docx",
            b"\x06" + f"{year}{month}".encode(),
            standing="passing",
        )
    if dice.chance(0.3):
        share.add(f"{folder}/Thumbs.db", standing="passing")
    if dice.chance(0.2):
        share.add(f"{folder}/~WRL{month:04d}.tmp", standing="passing")
    if dice.chance(0.2):
        share.add(f"{folder}/.~lock.报修登记.xlsx", standing="passing")


def _yearly(share: _Share, year: int) -> None:
    coming = year + 1
    for title, period in (("年度工作总结", year), ("年度工作计划", coming), ("年度预算", coming), ("财务决算", year)):
        content = docx(
            _letter(f"{centre.NAME}{period}年{title}" if title == "财务决算" else f"{centre.NAME}{period}{title}")
        )
        name = f"{centre.NAME}{period}年{title}.docx" if title == "财务决算" else f"{period}{title}.docx"
        share.add(f"{year}年/年终/{name}", content, kind=title, period=str(period), clear=True)
    for department in centre.DEPARTMENTS:
        content = docx(_letter(f"{department}{coming}年度工作计划"))
        truth = {"kind": "部门年度工作计划", "period": str(coming), "department": department}
        share.add(f"{year}年/年终/{department}{coming}年度工作计划.docx", content, clear=True, **truth)
    for half in ("上", "下")[: 1 if year == LAST[0] else 2]:
        content = docx(_letter("客户满意度调查报告", f"调查期：{year}年{half}半年"))
        days = f"{year}-01-01/{year}-06-30" if half == "上" else f"{year}-07-01/{year}-12-31"
        path = f"{year}年/满意度/客户满意度调查报告（{year}年{half}半年）.docx"
        share.add(path, content, kind="客户满意度调查报告", period=days, clear=True)


def _blanks(share: _Share) -> None:
    for n, title in enumerate((*TITLES.values(), *REGISTERS, "会议纪要", "每日检查表")):
        for word in ("模板", "空表", "样表"):
            path = f"表格/{title}（{word}）.docx" if n % 2 else f"表格/{title}{word}.xlsx"
            share.add(path, docx([title, word]) if n % 2 else xlsx([[title], [word]]), standing="template")
        share.add(f"表格/模板/{title}.xlsx", xlsx([[title], ["序号"]]), standing="template")


def _traps(share: _Share) -> None:
    """Single files, each with a fault that a careless reading falls for."""
    incident = docx(_letter(TITLES[INCIDENT], "发生时间：2025年3月8日 07:40", "事件：水泵房跳闸"))
    share.add(f"2025年/03月/{REPORT} 物业管理月度工作报告 2025年3月.docx", incident, kind=INCIDENT, period="2025-03-08")
    share.add(
        f"2025年/04月/{REPORT} 突发事件处理记录表 20250411.docx", incident + b"", kind=INCIDENT, period="2025-04-11"
    )
    other = docx(_letter(TITLES[REPORT], "报告期：2024年9月"))
    share.add("2024年/10月/物业管理月度工作报告 2024年10月（错）.docx", other, kind=REPORT, period="2024-09")
    kept = docx(_letter(TITLES[REPORT], "2026年7月"), _embedded("monthly-report", "2026-06", centre.NAME, 1))
    share.add("2026年/07月/另存 物业管理月度工作报告 2026年7月.docx", kept, kind=REPORT, period="2026-07")
    share.add("2024年/05月/QG-FW-01-02 物业管理月度工作报告 2024年5月.docx", docx(_letter("物业服务质量报告")))
    share.add(
        "2024年/作废/物业管理月度工作报告 2024年2月（作废）.docx",
        docx(_letter(TITLES[REPORT], "2024年2月")),
        kind=REPORT,
        period="2024-02",
    )
    share.add("2023年/12月/1月工作计划.xlsx", xlsx([["工作计划"]]), kind=PLAN, period="2024-01")
    share.add("2024年/季度/第三季度月报汇总.xlsx", xlsx([["汇总"]]))
    share.add("2024年/9月、10月报修登记.xlsx", xlsx([["报修登记"]]), kind="报修登记", period="2024-09-01/2024-10-31")
    share.add(
        "2025年/季度/报修登记1-3月.xlsx",
        xlsx([["报修登记"]]),
        kind="报修登记",
        period="2025-01-01/2025-03-31",
        clear=True,
    )
    share.add("2025年/01月/月报及2月工作计划.docx", docx(["月报及计划"]))
    share.add("2025年/培训/月工作计划编制培训签到.xlsx", xlsx([["签到"]]))
    share.add("2025年/制度/突发事件处理预案.docx", docx(["突发事件处理预案"]))
    share.add("2025年/制度/每日检查表考核办法.docx", docx(["每日检查表考核办法"]))
    share.add(
        "2026年/10月/物业管理月度工作报告 20261106.docx", docx(_letter(TITLES[REPORT])), kind=REPORT, period="2026-10"
    )


# --- writing --------------------------------------------------------------------------------------------------

COLUMNS = ("path", "standing", "class", "period", "department", "clear")


def key(filed: Sequence[Filed]) -> str:
    """The key as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for file in filed:
        clear = "yes" if file.clear else ""
        writer.writerow((file.path, file.standing, file.kind, file.period, file.department, clear))
    return text.getvalue()


def write(folder: Path) -> list[Path]:
    """Put the share into ``folder``, which may not exist yet. Returns the files."""
    folder.mkdir(parents=True)
    made = []
    for file in files():
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file.content)
        made.append(path)
    return made


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(f"{sys.argv[1]}: {len(write(Path(sys.argv[1])))} files")
    else:
        KEY.write_text(key(files()), encoding="utf-8", newline="\n")
        print(KEY)
