"""The type of the Word papers: fonts, paragraph styles, settings, after GB/T 9704-2012."""

from __future__ import annotations

from dataclasses import dataclass

from docx.oxml.ns import nsdecls

LATIN = "Times New Roman"
TAG_COLOUR = "7F7F7F"
SONG, HEI, FANG, KAI = "宋体", "黑体", "仿宋", "楷体"


def fonts_xml(chinese: str, latin: str = LATIN) -> str:
    """Every font named outright: Word and WPS then need no theme, and no default of their own."""
    return f'<w:rFonts w:ascii="{latin}" w:hAnsi="{latin}" w:eastAsia="{chinese}" w:cs="{latin}" w:hint="eastAsia"/>'


@dataclass(frozen=True)
class Style:
    """One paragraph style. ``size`` in points, ``line`` in points (exact) or 0 (single), ``before``/``after`` too.

    ``struck``: a line through the text, and through its tabs.
    """

    name: str
    font: str
    size: float
    bold: bool = False
    align: str = "left"
    line: float = 0
    before: float = 0
    after: float = 0
    indent_chars: float = 0
    outline: int | None = None
    keep_next: bool = False
    colour: str = ""
    base: str = "Normal"
    tabs: str = ""
    latin: str = LATIN
    struck: bool = False

    @property
    def id(self) -> str:
        return BUILT_IN.get(self.name, self.name)

    def xml(self) -> str:
        spacing = f'<w:spacing w:before="{round(self.before * 20)}" w:after="{round(self.after * 20)}" '
        spacing += (
            f'w:line="{round(self.line * 20)}" w:lineRule="exact"/>'
            if self.line
            else 'w:line="240" w:lineRule="auto"/>'
        )
        chars, twips = round(self.indent_chars * 100), round(self.indent_chars * self.size * 20)
        indent = f'<w:ind w:firstLineChars="{chars}" w:firstLine="{twips}"/>'
        parts = [
            "<w:keepNext/>" if self.keep_next else "",
            f"<w:tabs>{self.tabs}</w:tabs>" if self.tabs else "",
            '<w:snapToGrid w:val="0"/>',
            spacing,
            indent,
            f'<w:jc w:val="{self.align}"/>',
            f'<w:outlineLvl w:val="{self.outline}"/>' if self.outline is not None else "",
        ]
        size = round(self.size * 2)
        run = [
            fonts_xml(self.font, self.latin),
            "<w:b/><w:bCs/>" if self.bold else '<w:b w:val="0"/><w:bCs w:val="0"/>',
            "<w:strike/>" if self.struck else "",
            f'<w:color w:val="{self.colour}"/>' if self.colour else "",
            f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>',
        ]
        default = ' w:default="1"' if self.name == "Normal" else ' w:customStyle="1"' if self.id == self.name else ""
        based = "" if self.name == "Normal" else f'<w:basedOn w:val="{self.base}"/>'
        return (
            f'<w:style {nsdecls("w")} w:type="paragraph"{default} w:styleId="{self.id}">'
            f'<w:name w:val="{self.name}"/>{based}<w:qFormat/>'
            f"<w:pPr>{''.join(parts)}</w:pPr><w:rPr>{''.join(run)}</w:rPr></w:style>"
        )


BUILT_IN = {
    "Normal": "Normal",
    "heading 1": "Heading1",
    "heading 2": "Heading2",
    "heading 3": "Heading3",
    "header": "Header",
    "footer": "Footer",
}

STYLES = (
    Style("Normal", FANG, 16, align="both", line=28),
    Style("正文段落", FANG, 16, align="both", line=28, indent_chars=2),
    Style("heading 1", HEI, 16, line=28, before=14, after=4, outline=0, keep_next=True),
    Style("heading 2", KAI, 16, line=28, before=8, after=2, outline=1, keep_next=True),
    Style("heading 3", FANG, 16, bold=True, line=28, before=6, after=3, outline=2, keep_next=True),
    Style("报告题名", SONG, 22, bold=True, align="center", line=34, before=0, after=6),
    Style("报告期", KAI, 16, align="center", line=28, after=6),
    Style("表题", HEI, 12, align="left", line=22, before=8, after=3, keep_next=True),
    Style("表注", SONG, 9, align="both", line=15, before=3, after=4),
    Style("表头", HEI, 10.5, align="center", keep_next=True),
    Style("表格文字", SONG, 10.5, align="left"),
    Style("表格居中", SONG, 10.5, align="center"),
    Style("表格数字", SONG, 10.5, align="right"),
    Style("条形", HEI, 7, align="left", colour="7F7F7F"),
    Style("小字表头", HEI, 9, align="center", keep_next=True),
    Style("小字文字", SONG, 9, align="left"),
    Style("小字居中", SONG, 9, align="center"),
    Style("小字数字", SONG, 9, align="right"),
    Style("指标数值", HEI, 18, align="center", before=3),
    Style("概要标题", HEI, 16, line=28, before=10, after=4, keep_next=True),
    Style("附件条目", FANG, 14, line=24, indent_chars=2),
    Style("封面公司", SONG, 22, bold=True, align="center"),
    Style("封面题名", SONG, 36, bold=True, align="center"),
    Style("封面期间", KAI, 22, align="center"),
    Style("封面标签", SONG, 14, align="distribute"),
    Style("封面内容", SONG, 14, align="center"),
    Style("封面编号", SONG, 10.5, align="left"),
    Style("无数据", FANG, 16, align="both", line=28, indent_chars=2),
    Style("模板标签", SONG, 7.5, align="left", colour=TAG_COLOUR),
    Style("分节", SONG, 1, line=1),
    Style("header", SONG, 9, align="both"),
    Style("footer", SONG, 9, align="center"),
)

FORM_STYLES = (
    Style("表单单位", SONG, 12, align="center", line=18),
    Style("表单题名", SONG, 20, bold=True, align="center", line=30, after=2),
    Style("表单编号", SONG, 10.5, align="left", line=16, after=3),
    Style("表单小节", HEI, 11, align="left", line=20, before=8, after=3, keep_next=True),
    Style("标签", HEI, 10.5, align="center"),
    Style("小标签", HEI, 9, align="center"),
    Style("正文左", SONG, 10.5, align="both", line=17),
    Style("落款", SONG, 10.5, align="left", line=18),
    Style("表单注", SONG, 9, align="both", line=13, before=3),
    Style("勾选", SONG, 10.5, align="center"),
    Style("纸面正文", SONG, 12, align="both", line=22, indent_chars=2),
    Style("纸面居中", SONG, 12, align="center", line=22),
    Style("粘贴处", SONG, 9, align="center", colour="A6A6A6"),
)
"""What only forms use: papers without them stay as they were."""

DEFAULTS = f"""<w:docDefaults {nsdecls("w")}><w:rPrDefault><w:rPr>
{fonts_xml(FANG)}
<w:sz w:val="32"/><w:szCs w:val="32"/><w:lang w:val="en-US" w:eastAsia="zh-CN" w:bidi="ar-SA"/>
</w:rPr></w:rPrDefault><w:pPrDefault/></w:docDefaults>"""

TABLE_STYLE = f"""<w:style {nsdecls("w")} w:type="table" w:default="1" w:styleId="TableNormal">
<w:name w:val="Normal Table"/>
<w:uiPriority w:val="99"/><w:semiHidden/><w:unhideWhenUsed/><w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar>
<w:top w:w="0" w:type="dxa"/><w:left w:w="57" w:type="dxa"/>
<w:bottom w:w="0" w:type="dxa"/><w:right w:w="57" w:type="dxa"/>
</w:tblCellMar></w:tblPr></w:style>"""

SETTINGS = """<w:zoom w:percent="100"/><w:bordersDoNotSurroundHeader/><w:bordersDoNotSurroundFooter/>
<w:defaultTabStop w:val="420"/><w:characterSpacingControl w:val="compressPunctuation"/><w:compat>
<w:spaceForUL/><w:balanceSingleByteDoubleByteWidth/><w:doNotLeaveBackslashAlone/><w:ulTrailSpace/>
<w:doNotExpandShiftReturn/><w:adjustLineHeightInTable/><w:useFELayout/>
<w:compatSetting w:name="compatibilityMode" w:uri="http://schemas.microsoft.com/office/word" w:val="15"/>
</w:compat><w:themeFontLang w:val="en-US" w:eastAsia="zh-CN"/>
<w:decimalSymbol w:val="."/><w:listSeparator w:val=","/>"""

FONT_TABLE = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:fonts {nsdecls("w")}>{
    "".join(
        f'<w:font w:name="{name}"><w:altName w:val="{alt}"/><w:charset w:val="86"/><w:family w:val="{family}"/>'
        f'<w:pitch w:val="{pitch}"/></w:font>'
        for name, alt, family, pitch in (
            (SONG, "SimSun", "auto", "variable"),
            (HEI, "SimHei", "modern", "fixed"),
            (FANG, "FangSong", "modern", "fixed"),
            (KAI, "KaiTi", "modern", "fixed"),
        )
    )
}<w:font w:name="{
    LATIN
}"><w:charset w:val="00"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>"""
