"""What the papers of a disposal share beside the house style: their type, their properties, lines nobody can add to.

Only their authoring scripts use this. These papers are rendered from the ledger (office/disposalpapers.py), not
filled in by clerks: they have no form.toml, and no blank is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from templates.authoring.word_paper import SHEET, Cell, Paper, Row, label, value
from templates.authoring.word_styles import SONG, Style

if TYPE_CHECKING:
    from collections.abc import Sequence

MONO = "Courier New"

STYLES = (
    Style("清册表头", "黑体", 9, align="center", line=12, keep_next=True),
    Style("清册文字", SONG, 9, align="left", line=12),
    Style("清册居中", SONG, 9, align="center", line=12),
    Style("清册细字", SONG, 7, align="left", line=9, colour="595959"),
    Style("清册细中", SONG, 7, align="center", line=9, colour="595959"),
    Style("清册校验", SONG, 7, align="left", line=9, latin=MONO),
    Style("清册页眉", SONG, 9, align="left", line=14, after=2),
    Style("划线", SONG, 9, align="left", line=12, struck=True),
    Style("校验字组", SONG, 10.5, align="left", line=16, latin=MONO),
    Style("二维码", SONG, 9, align="center"),
    Style("未完成", "黑体", 14, align="center", line=22, before=2, after=4, colour="C00000"),
    Style("签名行", SONG, 10.5, align="left", line=20),
)

PERMANENT = "本件与所附清册、鉴定意见、审批表、监销记录同为永久保存的文件，不得列入任何销毁清册。"
NUMBER = "编号：{{ list.number }}"


def paper(*, landscape: bool = False) -> Paper:
    """A paper of a disposal, empty."""
    return Paper(SHEET, landscape=landscape, styles=STYLES)


def letterhead(made: Paper, left: str, right: str) -> None:
    """The head of a paper; which paper of which list it is stands on every page, so that none can be exchanged."""
    made.letterhead("{{ form.title }}", left, right)
    header(made)


def header(made: Paper) -> None:
    """Header and footer of the section being written."""
    named = "{{ office.name }}　{{ form.title }}{% if meta.subject %}　{{ meta.subject }}{% endif %}"
    made.header_footer(named + "\t版本：{{ form.version }}", "第 [PAGE] 页 共 [NUMPAGES] 页")


def record(made: Paper, more: dict[str, str] | None = None) -> None:
    """What the paper says of itself to whoever finds it later: which form, of which list, over which data."""
    made.properties(
        core={
            "dc:title": "{{ form.title }} {{ meta.subject }}",
            "dc:subject": "{{ form.title }}",
            "dc:creator": "{{ office.name }}",
            "cp:category": "{{ office.name }}",
            "dc:language": "zh-CN",
        },
        custom={
            "guidang.form": "{{ form.id }}",
            "guidang.code": "",
            "guidang.title": "{{ form.title }}",
            "guidang.version": "{{ form.version }}",
            "guidang.list": "{{ meta.list }}",
            "guidang.list_digest": "{{ meta.list_digest }}",
            "guidang.digest": "{{ meta.digest }}",
            **(more or {}),
        },
        company="{{ office.company }}",
    )


def facts(*pairs: tuple[str, str], spans: Sequence[int] = (), height: float = 8) -> Row:
    """``label value label value``; ``spans``: columns each value reaches over, one without it."""
    reach = spans or (1,) * len(pairs)
    cells = [(label(name), value(text, span)) for (name, text), span in zip(pairs, reach, strict=True)]
    return Row(tuple(cell for pair in cells for cell in pair), height=height)


def signed(title: str, name: str, day: str, note: str = "", span: int = 1) -> Cell:
    """Room to sign by hand, under it who did it in the system and when, where somebody did."""
    told = f"\n{{% if {name} %}}系统登记：{{{{ {name} }}}}　{{{{ {day}|短日期 }}}}{{% else %}}{note}{{% endif %}}"
    return Cell(f"{title}\n签名：\n日期：　　　　年　　月　　日{told}", "签名行", span=span, valign="bottom")


def nothing_below(made: Paper) -> None:
    """A line struck through behind the last row: nothing can be added to the table above it."""
    tab = f'<w:tabs><w:tab w:val="right" w:pos="{round(made.width * 1440 / 25.4)}"/></w:tabs>'
    made.text("\t", "划线", tab)
    made.text("以下空白", "二维码")
