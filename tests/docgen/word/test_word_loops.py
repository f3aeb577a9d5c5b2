"""What loops repeat: ids, names, merged cells, widths, and what keeps the document sound."""

from __future__ import annotations

import pytest
from given.documents import (
    END,
    START,
    W,
    blocks,
    cell,
    document,
    forms,
    item,
    numbering,
    outline,
    p,
    placeholder,
    rendered,
    row,
    run,
    table,
    text,
    tree,
    with_body,
)
from given.pictures import W14, WP
from lxml import etree

from docgen import Subdocument


def test_bookmarks_in_a_loop_get_ids_and_names_of_their_own() -> None:
    marked = p('<w:bookmarkStart w:id="3" w:name="room"/>', run("{{ r }}"), '<w:bookmarkEnd w:id="3"/>')
    fixed = p('<w:bookmarkStart w:id="9" w:name="ROOM_2"/><w:bookmarkEnd w:id="9"/>')
    template = document(fixed, p("{%p for r in rows %}"), marked, p("{%p endfor %}"))
    root = tree(rendered(template, rows=["甲", "乙", "丙"]))
    assert [el.get(W + "name") for el in root.iter(W + "bookmarkStart")] == ["ROOM_2", "room", "room_3", "room_4"]
    starts, ends = ([el.get(W + "id") for el in root.iter(W + f"bookmark{x}")] for x in ("Start", "End"))
    assert starts == ends
    assert len(set(starts)) == 4


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("{%p for r in rows %}", "{%p endfor %}"),
        ("{%p if rows %}", "{%p endif %}"),
        ("{%p if not rows %}", "{%p endif %}"),
    ],
)
@pytest.mark.parametrize("order", [(START, END), ("", START + END), (START + END, "")], ids=["out", "after", "before"])
def test_a_bookmark_across_the_end_of_a_block_keeps_both_ends(first: str, second: str, order: tuple[str, str]) -> None:
    inside, outside = order
    marked = [p(first), p(inside + run("{{ 1 }}")), p(second), p(outside + run("后"))]
    for lines in (marked, [p(outside + run("前")), *marked[:3]]):
        root = tree(rendered(document(*lines), rows=["甲", "乙"]))
        starts, ends = ([el.get(W + "id") for el in root.iter(W + f"bookmark{x}")] for x in ("Start", "End"))
        assert sorted(starts) == sorted(ends)


MARK = '<w:bookmarkStart w:id="9" w:name="_GoBack"/><w:bookmarkEnd w:id="9"/>'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("│a⏎{%p if no %}⏎x⏎{%p endif %}│", "│a│¶"),
        ("│{%p if no %}⏎x⏎{%p endif %}│", "││¶"),
        ("│{%p for r in rows %}⏎{{ r }}⏎{%p endfor %}│", "│甲⏎乙│¶"),
        ("│{#p 注释 #}│", "││¶"),
        ("│{{p none }}│", "││¶"),
        ("│{{p part }}│", "│文│¶"),
        ("{{p part }}", "文"),
        ("{%p if no %}¶x¶{%p endif %}", ""),
        ("{%p if rows %}¶x¶{%p endif %}", "x"),
        ("{%p if rows %}¶│x│¶{%p endif %}", "│x│¶"),
    ],
)
def test_every_story_and_cell_ends_with_a_paragraph_and_no_more(before: str, after: str) -> None:
    """Word's mark of the last place of work behind it or not."""
    values = {"no": False, "rows": ["甲", "乙"], "none": None, "part": Subdocument(document(p("文")))}
    for body in (blocks(before), blocks(before).replace("</w:p></w:tc>", f"{MARK}</w:p></w:tc>")):
        assert outline(rendered(document(body), **values)) == after
    assert outline(rendered(document(blocks(before) + MARK), **values)) == after


def test_tables_never_touch_whatever_is_left_out() -> None:
    one = table([["a"]])
    for between in (
        blocks("{%p if no %}¶x¶{%p endif %}"),
        p("{#p 注释 #}"),
        MARK + p("{%p if no %}") + p("{%p endif %}"),
    ):
        assert outline(rendered(document(one, between, one, p("后")), no=False)) == "│a│¶¶│a│¶后"
    looped = p("{%p for r in rows %}") + one + MARK + p("{%p endfor %}")
    assert outline(rendered(document(looped, p("后")), rows=[1, 2])) == "│a│¶¶│a│¶后"


def test_what_copying_in_word_has_doubled_is_told_apart() -> None:
    parts, shape = placeholder("图")
    again = p(START, END, shape, run("{{ n }}"))
    blob = rendered(with_body(parts, again + again), n=1)
    assert len({el.get("id") for el in tree(blob).iter(WP + "docPr")}) == 2
    assert len({el.get(W + "name") for el in tree(blob).iter(W + "bookmarkStart")}) == 2


def test_paragraph_ids_are_not_repeated() -> None:
    marked = p(run("{{ r }}")).replace("<w:p>", '<w:p w14:paraId="1A2B3C4D" w14:textId="77777777">')
    template = document(p("{%p for r in rows %}"), marked, p("{%p endfor %}"))
    ids = [q.get(W14 + "paraId") for q in tree(rendered(template, rows=[1, 2])).iter(W + "p")]
    assert [i for i in ids if i] in ([], [ids[0]])


def test_pictures_of_the_template_in_a_loop_get_ids_of_their_own() -> None:
    parts, shape = placeholder("图")
    looped = p("{%p for r in rows %}") + p(shape) + p("{%p endfor %}")
    root = tree(rendered(with_body(parts, looped), rows=[1, 2, 3]))
    assert len({el.get("id") for el in root.iter(WP + "docPr")}) == 3


def test_numbered_paragraphs_in_a_loop_stay_numbered() -> None:
    looped = p("{%p for r in rows %}") + item("{{ r }}") + p("{%p endfor %}")
    blob = rendered(document(looped, numbering=numbering(0, "chineseCounting")), rows=["甲", "乙"])
    assert forms(blob) == ["chineseCounting"] * 2


def merges(blob: bytes) -> list[list[tuple[str, str]]]:
    found = []
    for tr in tree(blob).iter(W + "tr"):
        marks = [(tc, tc.find(f"{W}tcPr/{W}vMerge")) for tc in tr.iter(W + "tc")]
        found.append([("".join(tc.itertext(W + "t")), "" if m is None else m.get(W + "val")) for tc, m in marks])
    return found


def test_vm_with_a_value_merges_while_it_stays_equal() -> None:
    rows = [{"b": b, "r": r} for b, r in (("1栋", "101"), ("1栋", "102"), ("2栋", "101"), ("1栋", "103"))]
    looped = table([["{%tr for x in rows %}", ""], ["{% vm x.b %}{{ x.b }}", "{{ x.r }}"], ["{%tr endfor %}", ""]])
    assert merges(rendered(document(looped, p()), rows=rows)) == [
        [("1栋", "restart"), ("101", "")],
        [("", "continue"), ("102", "")],
        [("2栋", "restart"), ("101", "")],
        [("1栋", "restart"), ("103", "")],
    ]


def test_two_columns_merge_each_by_its_own_value() -> None:
    rows = [{"b": b, "f": f} for b, f in ((1, 1), (1, 2), (2, 2))]
    looped = table(
        [["{%tr for x in rows %}", ""], ["{% vm x.b %}{{ x.b }}", "{% vm x.b, x.f %}{{ x.f }}"], ["{%tr endfor %}", ""]]
    )
    found = merges(rendered(document(looped, p()), rows=rows))
    assert [[m for _t, m in r] for r in found] == [
        ["restart", "restart"],
        ["continue", "restart"],
        ["restart", "restart"],
    ]


def widths(blob: bytes) -> tuple[list[int], list[list[int]]]:
    """The grid's columns and the cells' widths, in twentieths of a point."""
    root = tree(blob)
    cells = [[int(w.get(W + "w")) for w in tr.iter(W + "tcW")] for tr in root.iter(W + "tr")]
    return [int(c.get(W + "w")) for c in root.iter(W + "gridCol")], cells


def test_colwidth_sets_the_column_in_millimetres() -> None:
    wide = table([["a", "b"], ["{% colwidth w %}{{ a }}", "d"]])
    assert widths(rendered(document(wide, p()), w=25.4, a="甲")) == ([1440, 1000], [[1440, 1000]] * 2)


def test_colwidth_of_looped_columns() -> None:
    wide = table([["{%tc for c in cols %}", "{% colwidth c %}{{ c }}", "{%tc endfor %}"]])
    assert widths(rendered(document(wide, p()), cols=[25.4, 50.8])) == ([1440, 2880], [[1440, 2880]])


def test_looped_columns_share_the_width_of_the_table() -> None:
    wide = table([["头", "{%tc for c in cols %}", "{{ c }}", "{%tc endfor %}"]])
    grid, cells = widths(rendered(document(wide, p()), cols=[1, 2, 3, 4]))
    assert (grid, cells) == ([800] * 5, [[800] * 5])


def test_row_height_and_repeated_heading_stay() -> None:
    kept = '<w:trPr><w:cantSplit/><w:trHeight w:val="567" w:hRule="exact"/><w:tblHeader/></w:trPr>'
    tall = row("{{ r }}").replace("<w:tr>", f"<w:tr>{kept}")
    looped = table([row("{%tr for r in rows %}"), tall, row("{%tr endfor %}")], 1) + p()
    root = tree(rendered(document(looped), rows=["甲", "乙"]))
    looks = [[etree.QName(el).localname for el in r.find(W + "trPr")] for r in root.iter(W + "tr")]
    assert looks == [["cantSplit", "trHeight", "tblHeader"]] * 2


def test_cell_properties_stand_in_order_whatever_was_there() -> None:
    there = '<w:vAlign w:val="center"/>'
    one = cell("{% vm r.a %}{% cellbg 'FFC000' %}{% colspan 2 %}{% colwidth 20 %}{{ r.a }}", there)
    bare = f"<w:tc>{p('{% cellbg r.a %}x')}</w:tc>"
    looped = table([row("{%tr for r in rows %}"), row(one), row(bare, "b"), row("{%tr endfor %}")], 2) + p()
    root = tree(rendered(document(looped), rows=[{"a": "FFFFFF"}]))
    assert [[etree.QName(el).localname for el in pr] for pr in root.iter(W + "tcPr")] == [
        ["tcW", "gridSpan", "vMerge", "shd", "vAlign"],
        ["shd"],
        ["tcW"],
    ]


def test_text_of_a_table_is_read_in_order() -> None:
    assert text(rendered(document(blocks("│{{ a }}│{{ b }}│")), a=1, b=2)) == "1\n2"
