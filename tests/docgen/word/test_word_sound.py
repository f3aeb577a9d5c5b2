"""Random templates and random data: the document is always sound, and says exactly what a naive reading says.

A template is drawn as a tree. The tree is written as a .docx, tags and all, and compiled; the same tree is read by
:func:`expected`, a few lines that know nothing of XML. Both must give the same paragraphs.

``GUIDANG_SOAK=1`` draws many more.
"""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from given.documents import PNG, cell, contents, document, p, paragraphs, row, run, table
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from docgen import Image, RichText, WordTemplate
from docgen.word.check import defects

SOAK = os.environ.get("GUIDANG_SOAK") == "1"
THOROUGH = settings(
    max_examples=20_000 if SOAK else 500,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)

# --- the tree of a template -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Value:
    """``{{ path }}``, or ``{{r path }}`` for formatted text."""

    path: str
    prefix: str = ""


@dataclass(frozen=True)
class If:
    """A condition around paragraphs (p), rows (tr), cells (tc), runs (r) or text ("")."""

    prefix: str
    path: str
    body: tuple[Any, ...]
    otherwise: tuple[Any, ...] | None = None


@dataclass(frozen=True)
class For:
    prefix: str
    name: str
    path: str
    body: tuple[Any, ...]


@dataclass(frozen=True)
class Para:
    inlines: tuple[Any, ...]
    bookmark: bool = False


@dataclass(frozen=True)
class RichPara:
    """``{{p path }}``"""

    path: str


@dataclass(frozen=True)
class Table:
    rows: tuple[Any, ...]
    columns: int


@dataclass(frozen=True)
class Row:
    cells: tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Cell:
    blocks: tuple[Any, ...]
    tag: str = ""


# --- as a document ----------------------------------------------------------------------------------------------


class Writer:
    """Tree → WordprocessingML; numbers the bookmarks."""

    def __init__(self) -> None:
        self.bookmarks = count(1)

    def inlines(self, nodes: tuple[Any, ...]) -> str:
        return "".join(map(self.inline, nodes))

    def inline(self, node: Any) -> str:
        match node:
            case Text(text):
                return run(text)
            case Value(path, prefix):
                return run(f"{{{{{prefix} {path} }}}}")
            case If() | For():
                return self.block(node, run, self.inlines)
        raise TypeError(node)

    def block(self, node: If | For, tag: Any, body: Any) -> str:
        """Opening tag, body, closing tag; ``tag`` makes the paragraph, row, cell or run a tag stands in."""
        if isinstance(node, For):
            opening = tag(f"{{%{node.prefix} for {node.name} in {node.path} %}}")
            return opening + body(node.body) + tag(f"{{%{node.prefix} endfor %}}")
        otherwise = "" if node.otherwise is None else tag(f"{{%{node.prefix} else %}}") + body(node.otherwise)
        opening = tag(f"{{%{node.prefix} if {node.path} %}}")
        return opening + body(node.body) + otherwise + tag(f"{{%{node.prefix} endif %}}")

    def blocks(self, nodes: tuple[Any, ...], first: str = "") -> str:
        """Paragraphs and tables; ``first`` stands at the start of the first paragraph."""
        out = []
        for node in nodes:
            match node:
                case Para(inlines, bookmark):
                    xml = self.inlines(inlines)
                    if bookmark:
                        n = next(self.bookmarks)
                        start = f'<w:bookmarkStart w:id="{n}" w:name="b{n}"/>'
                        xml = f'{start}{xml}<w:bookmarkEnd w:id="{n}"/>'
                    out.append(f"<w:p>{run(first) if first else ''}{xml}</w:p>")
                    first = ""
                case RichPara(path):
                    out.append(p(f"{{{{p {path} }}}}"))
                case Table(rows, columns):
                    out.append(table([self.rows(rows, columns)], columns))
                case If() | For():
                    out.append(self.block(node, p, self.blocks))
        return (p(first) if first else "") + "".join(out)

    def rows(self, nodes: tuple[Any, ...], columns: int) -> str:
        def tag(text: str) -> str:
            return row(text, *[""] * (columns - 1))

        def body(inner: tuple[Any, ...]) -> str:
            return self.rows(inner, columns)

        return "".join(
            f"<w:tr>{self.cells(node.cells)}</w:tr>" if isinstance(node, Row) else self.block(node, tag, body)
            for node in nodes
        )

    def cells(self, nodes: tuple[Any, ...]) -> str:
        return "".join(
            cell(self.blocks(node.blocks, f"{{% {node.tag} %}}" if node.tag else ""))
            if isinstance(node, Cell)
            else self.block(node, cell, self.cells)
            for node in nodes
        )


def width(nodes: tuple[Any, ...]) -> int:
    """Cells a row has in the template, tags' own included."""
    total = 0
    for node in nodes:
        if isinstance(node, Cell):
            total += 1
        else:
            otherwise = getattr(node, "otherwise", None)
            total += 2 + width(node.body) + (0 if otherwise is None else 1 + width(otherwise))
    return total


# --- as a person reads it: the oracle ---------------------------------------------------------------------------

BREAK = "\0"


@dataclass
class Round:
    """Where the innermost loop stands."""

    index: int = 0
    length: int = 0
    seen: dict[int, Any] = field(default_factory=dict)


def expected(nodes: tuple[Any, ...], names: dict[str, Any]) -> list[str]:
    """The paragraphs that are not empty, in order."""
    return [text for text in "".join(said(node, names, Round()) for node in nodes).split(BREAK) if text]


def lookup(path: str, names: dict[str, Any]) -> Any:
    value: Any = names
    for name in path.split("."):
        value = value[name]
    return value


def printed(value: Any) -> str:
    if isinstance(value, Image):
        return "▣"
    if isinstance(value, RichText):
        value = value.plain()
    text = f"{value:f}" if isinstance(value, Decimal) else "" if value is None else str(value)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\a", BREAK).replace("\f", f"{BREAK}\f{BREAK}")


def said(node: Any, names: dict[str, Any], at: Round) -> str:
    match node:
        case Text(text):
            return text
        case Value(path):
            return printed(lookup(path, names))
        case RichPara(path):
            return printed(lookup(path, names)) + BREAK
        case If(_, path, body, otherwise):
            chosen = body if lookup(path, names) else otherwise or ()
            return "".join(said(child, names, at) for child in chosen)
        case For(_, name, path, body):
            items, out, seen = lookup(path, names), "", {}
            seen: dict[int, Any] = {}
            for i, item in enumerate(items):
                at_item = Round(i, len(items), seen)
                out += "".join(said(child, {**names, name: item}, at_item) for child in body)
            return out
        case Para(inlines):
            return "".join(said(child, names, at) for child in inlines) + BREAK
        case Table(children) | Row(children):
            return "".join(said(child, names, at) for child in children)
        case Cell(blocks, tag):
            hidden = False
            if tag.startswith("vm"):
                value = lookup(tag[3:], names) if tag[3:] else None
                hidden = id(node) in at.seen and at.seen[id(node)] == value
                at.seen[id(node)] = value
            elif tag == "hm":
                hidden = at.index > 0
            return "" if hidden else "".join(said(child, names, at) for child in blocks)
    raise TypeError(node)


# --- drawing ----------------------------------------------------------------------------------------------------

SPECIAL = ["&", "<", ">", "]]>", '"', "'", "&amp;", "<w:p/>", "{{ x }}", "{% if %}", "%}", "}}", "{_{", "  ", "\u3000"]
SPECIAL += ["\n", "\r\n", "\t", "😀", "👨\u200d👩", "שלום", "\u202e", "\u2028", "\x85", "𠮷", "é", "漏水", "3-2-5"]
LETTERS = st.characters(exclude_categories=("Cs", "Cc", "Cn"))
TEXTS = st.lists(st.one_of(st.sampled_from(SPECIAL), st.text(LETTERS, max_size=4)), max_size=4).map("".join)
BROKEN_TEXTS = st.lists(st.sampled_from(["a", "\a", "\f", "水", "&"]), max_size=4).map("".join)
VALUES = st.one_of(
    TEXTS,
    BROKEN_TEXTS,
    st.none(),
    st.integers(-(10**30), 10**30),
    st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20),
    st.booleans(),
)
CONSTANTS = st.text(st.sampled_from("aB &<>\"'%月水1#。}"), max_size=5).filter(
    lambda t: not any(s in t for s in ("}}", "%}", "#}"))
)
COLOURS = st.sampled_from(["FFC7CE", "#00ff00", "", None])


def items(depth: int) -> st.SearchStrategy[list[dict[str, Any]]]:
    inner = items(depth - 1) if depth else st.just([])
    one = st.fixed_dictionaries({"a": VALUES, "b": TEXTS, "f": st.booleans(), "l": inner, "k": st.sampled_from("xy")})
    return st.lists(one, max_size=3)


CONTEXTS = st.fixed_dictionaries(
    {
        "t1": VALUES,
        "t2": TEXTS,
        "f": st.booleans(),
        "g": st.booleans(),
        "l": items(2),
        "m": items(1),
        "n": st.integers(1, 4),
        "colour": COLOURS,
        "picture": st.sampled_from([Image(PNG, "png", 36000, 36000, 'a "b" & c'), Image(PNG, "png", 72000, 36000)]),
        "rich": TEXTS.map(lambda t: RichText(t, bold=True)),
    }
)


@dataclass(frozen=True)
class Scope:
    """The names a place of the template may use, and how deep it is."""

    values: tuple[str, ...] = ("t1", "t2", "n")
    flags: tuple[str, ...] = ("f", "g", "l")
    lists: tuple[str, ...] = ("l", "m")
    depth: int = 0
    looped: str = ""

    def within(self, name: str, prefix: str) -> Scope:
        return Scope(
            (*self.values, f"{name}.a", f"{name}.b", f"{name}.k"),
            (*self.flags, f"{name}.f", f"{name}.l"),
            (f"{name}.l", *self.lists),
            self.depth + 1,
            prefix,
        )

    def deeper(self) -> Scope:
        return Scope(self.values, self.flags, self.lists, self.depth + 1, self.looped)


DEEPEST = 4 if SOAK else 3


def block(draw: Any, scope: Scope, prefix: str, body: Any) -> If | For:
    """A condition or a loop of that level; ``body(draw, scope)`` draws what it holds."""
    if draw(st.booleans()):
        otherwise = body(draw, scope.deeper()) if draw(st.booleans()) else None
        return If(prefix, draw(st.sampled_from(scope.flags)), body(draw, scope.deeper()), otherwise)
    name = f"x{scope.depth}"
    return For(prefix, name, draw(st.sampled_from(scope.lists)), body(draw, scope.within(name, prefix)))


def draw_inlines(draw: Any, scope: Scope) -> tuple[Any, ...]:
    kinds = ["text", "value", "value", "picture", "rich", *(["", "r"] if scope.depth < DEEPEST else [])]
    out: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
        match kind:
            case "text":
                out.append(Text(draw(CONSTANTS)))
            case "value":
                out.append(Value(draw(st.sampled_from(scope.values))))
            case "picture":
                out.append(Value("picture"))
            case "rich":
                out.append(Value("rich", "r"))
            case _:
                out.append(block(draw, scope, kind, draw_inlines))
    return tuple(out)


def draw_blocks(draw: Any, scope: Scope) -> tuple[Any, ...]:
    kinds = ["para", "para", "rich", *(["p", "p", "table"] if scope.depth < DEEPEST else [])]
    out: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
        match kind:
            case "para":
                out.append(Para(draw_inlines(draw, scope.deeper()), draw(st.booleans())))
            case "rich":
                out.append(RichPara("rich"))
            case "p":
                out.append(block(draw, scope, "p", draw_blocks))
            case "table":
                if out and isinstance(out[-1], Table):  # one table in Word, and no fault of ours
                    out.append(Para(()))
                out.append(draw_table(draw, scope.deeper()))
    return tuple(out)


def draw_table(draw: Any, scope: Scope) -> Table:
    if draw(st.booleans()):
        columns = draw(st.integers(1, 3))

        def fixed(d: Any, s: Scope) -> tuple[Any, ...]:
            return draw_rows(d, s, lambda d2, s2: tuple(draw_cell(d2, s2, False) for _ in range(columns)))

        return Table(
            fixed(draw, scope) or (Row(tuple(draw_cell(draw, scope, False) for _ in range(columns))),), columns
        )
    rows = draw_rows(draw, scope, draw_cells) or (Row((Cell((Para(()),)),)),)
    return Table(padded(rows, widest(rows)), widest(rows))


def padded(rows: tuple[Any, ...], columns: int) -> tuple[Any, ...]:
    """Rows whose cells depend on nothing are as wide as the table, as in any table made in Word."""
    out: list[Any] = []
    for node in rows:
        if not isinstance(node, Row):
            otherwise = getattr(node, "otherwise", None)
            changes = {"body": padded(node.body, columns)}
            out.append(replace(node, **changes, **({"otherwise": padded(otherwise, columns)} if otherwise else {})))
        elif all(isinstance(c, Cell) and c.tag[:2] not in ("hm", "co") for c in node.cells):
            out.append(Row((*node.cells, *(Cell((Para(()),)) for _ in range(columns - len(node.cells))))))
        else:
            out.append(node)
    return tuple(out)


def widest(rows: tuple[Any, ...]) -> int:
    return max(
        (
            width(r.cells) if isinstance(r, Row) else max(widest(r.body), widest(getattr(r, "otherwise", None) or ()))
            for r in rows
        ),
        default=1,
    )


def draw_rows(draw: Any, scope: Scope, cells: Any) -> tuple[Any, ...]:
    out: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(["row", "tr", "tr"]), max_size=3)):
        if kind == "row" or scope.depth >= DEEPEST:
            out.append(Row(cells(draw, scope)))
        else:
            out.append(block(draw, scope, "tr", lambda d, s: draw_rows(d, s, cells)))
    return tuple(out)


def draw_cells(draw: Any, scope: Scope) -> tuple[Any, ...]:
    """Cells of a row whose number depends on the data; the template's own row is never without any."""
    out: list[Any] = []
    for kind in draw(st.lists(st.sampled_from(["cell", "tc", "tc"]), min_size=1, max_size=3)):
        if kind == "cell" or scope.depth >= DEEPEST:
            out.append(draw_cell(draw, scope, True))
        else:
            out.append(block(draw, scope, "tc", draw_cells))
    return tuple(out)


def draw_cell(draw: Any, scope: Scope, varies: bool) -> Cell:
    tags = ["", "", "cellbg colour"]
    if scope.looped:
        tags += ["vm", f"vm {scope.values[-1]}"]
    if varies:
        tags += ["colspan n"] + (["hm"] if scope.looped == "tc" else [])
    blocks = draw_blocks(draw, scope.deeper())
    if not blocks or isinstance(blocks[-1], Table):  # a cell ends with a paragraph, in a template too
        blocks = (*blocks, Para(draw_inlines(draw, scope.deeper())))
    return Cell(blocks, draw(st.sampled_from(tags)))


@st.composite
def templates(draw: Any) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
    """Body and header."""
    return draw_blocks(draw, Scope()), draw_blocks(draw, Scope(depth=2))


def written(body: tuple[Any, ...], header: tuple[Any, ...]) -> bytes:
    writer = Writer()
    ending = p() if not header or isinstance(header[-1], Table) else ""  # as Word writes it
    return document(writer.blocks(body), header=writer.blocks(header) + ending)


# --- promises ---------------------------------------------------------------------------------------------------


@THOROUGH
@given(templates(), CONTEXTS)
def test_any_template_with_any_data_gives_a_sound_document_that_says_what_it_should(
    template: tuple[tuple[Any, ...], tuple[Any, ...]], context: dict[str, Any]
) -> None:
    """Well-formed, nothing for Word to repair, no tag left, every value in its place, the same every time."""
    body, header = template
    compiled = WordTemplate.load(written(body, header))
    result = compiled.render(context)
    assert list(defects(result)) == []
    assert [t for t in paragraphs(result) if t] == expected(body, context)
    assert [t for t in paragraphs(result, "word/header1.xml") if t] == expected(header, context)
    assert compiled.render(context) == result
    streamed = io.BytesIO()
    compiled.render_to(context, streamed)
    assert contents(streamed.getvalue()) == contents(result)


@settings(THOROUGH, max_examples=2_000 if SOAK else 40)
@given(templates())
def test_what_needs_lists_is_enough(template: tuple[tuple[Any, ...], tuple[Any, ...]]) -> None:
    """A context made from ``needs()`` alone renders without a missing name."""
    from docgen.template.needs import sample

    compiled = WordTemplate.load(written(*template))
    data = sample(compiled.needs())
    data |= {"picture": "", "n": 2, "colour": "FFC000"}
    assert list(defects(compiled.render(data))) == []


@pytest.mark.parametrize("value", ["\x00", "\x0b", "a\x1fb", "\ufffe", "\uffff", "\ufdd0", "\ud800", "x\x01"])
def test_a_character_xml_cannot_hold_is_refused_or_removed_as_asked(value: str) -> None:
    """Never an unreadable document: by default an error with its place, on request the character is left out."""
    from docgen import DataError

    source = document(p("a{{ v }}b"))
    with pytest.raises(DataError) as refused:
        WordTemplate.load(source).render({"v": value})
    assert [problem.code for problem in refused.value.problems] == ["value.control"]
    result = WordTemplate.load(source, control="remove").render({"v": value})
    kept = "".join(c for c in value if c in "abx")
    assert paragraphs(result) == [f"a{kept}b"]


TREE = [{"n": "甲 & 乙", "c": [{"n": "丙", "c": []}, {"n": "丁\n戊", "c": [{"n": "己", "c": []}]}]}]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ([p("{% for i in t recursive %}{{ i.n }}({{ loop(i.c) }}){% endfor %}")], ["甲 & 乙(丙()丁\n戊(己()))"]),
        (
            [p("{%p for i in t recursive %}"), p("{{ i.n }}"), p("{{p loop(i.c) }}"), p("{%p endfor %}")],
            ["甲 & 乙", "丙", "丁\n戊", "己"],
        ),
        (
            [table([["{%tr for i in t recursive %}"], ["{{ i.n }}"], ["{{tr loop(i.c) }}"], ["{%tr endfor %}"]])],
            ["甲 & 乙", "丙", "丁\n戊", "己"],
        ),
    ],
    ids=["text", "paragraphs", "rows"],
)
def test_a_recursive_loop_writes_a_tree(body: list[str], said: list[str]) -> None:
    """Jinja's ``recursive`` and ``loop(…)`` work at every level, and what they give stays sound."""
    result = WordTemplate.load(document(*body)).render({"t": TREE})
    assert [t for t in paragraphs(result) if t] == said
    assert list(defects(result)) == []


def test_two_merged_columns_do_not_disturb_each_other() -> None:
    """``vm x`` in two cells of a row: each compares with the cell above it in its own column."""
    rows = ["{%tr for r in rows %}", ""], ["{% vm r.a %}{{ r.a }}", "{% vm r.b %}{{ r.b }}"], ["{%tr endfor %}", ""]
    data = [{"a": 1, "b": "x"}, {"a": 1, "b": "y"}, {"a": 2, "b": "y"}, {"a": 2, "b": "x"}]
    result = WordTemplate.load(document(table([*rows]))).render({"rows": data})
    assert paragraphs(result) == ["1", "x", "", "y", "2", "", "", "x"]


def test_merging_down_begins_with_the_first_row_that_is_there() -> None:
    """A condition that leaves out the first rows of a loop: the cell still begins with ``restart``."""
    rows = [["{%tr for r in rows %}"], ["{%tr if r > 1 %}"], ["{% vm %}{{ r }}"], ["{%tr endif %}"], ["{%tr endfor %}"]]
    result = WordTemplate.load(document(table([*rows]))).render({"rows": [1, 2, 3]})
    assert paragraphs(result) == ["2", ""]
    assert contents(result)["word/document.xml"].count(b'"restart"') == 1
