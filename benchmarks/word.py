"""Word: guidang against docxtpl, interleaved, contents compared. ``python benchmarks/word.py``"""

from __future__ import annotations

import io
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import docx
import docxtpl
from harness import interleaved, keep, machine, ms, table, versions

import docgen.template.package
from docgen import WordTemplate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VALUES = ("水龙头漏水", "2026-10-03", 12, "已完成", "王建国", "3-2-501", "电话报修", "给排水")
TABLES, ROWS = 6, 8


def report_template() -> bytes:
    """Six tables of eight columns, a heading and a note to each, a header: the size of a monthly report."""
    document = docx.Document()
    document.sections[0].header.paragraphs[0].text = "{{ company }}  {{ code }}"
    document.add_heading("{{ title }}", 0)
    for k in range(TABLES):
        document.add_heading(f"{k + 1}. {{{{ title }}}}", 1)
        _loop_table(document, f"tables[{k}]")
        document.add_paragraph("小结：{{ company }}，共 {{ tables[" + str(k) + "]|length }} 行。")
    return _bytes(document)


def table_template() -> bytes:
    """One table whose row repeats."""
    document = docx.Document()
    _loop_table(document, "rows")
    return _bytes(document)


def scalars_template(n: int) -> bytes:
    """n paragraphs with a value each."""
    document = docx.Document()
    for i in range(n):
        document.add_paragraph(f"字段 {{{{ f{i} }}}}")
    return _bytes(document)


def _loop_table(document: docx.document.Document, source: str) -> None:
    grid = document.add_table(4, len(VALUES), style="Table Grid")
    for i in range(len(VALUES)):
        grid.cell(0, i).text = f"列{i}"
        grid.cell(2, i).text = f"{{{{ r.c{i} }}}}"
    grid.cell(1, 0).text = f"{{%tr for r in {source} %}}"
    grid.cell(3, 0).text = "{%tr endfor %}"


def _bytes(document: docx.document.Document) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def row() -> dict[str, object]:
    return {f"c{i}": value for i, value in enumerate(VALUES)}


def with_docxtpl(template: bytes, context: dict[str, object]) -> bytes:
    document = docxtpl.DocxTemplate(io.BytesIO(template))
    document.render(context)
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def text_of(blob: bytes) -> list[str]:
    """Every text of body and header, in order."""
    document = docx.Document(io.BytesIO(blob))
    parts = [document.element.body, document.sections[0].header._element]  # noqa: SLF001 - python-docx offers no public name
    return ["".join(t.text or "" for t in p.iter(f"{{{W}}}t")) for part in parts for p in part.iter(f"{{{W}}}p")]


W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def report(rows: list[tuple[str, ...]]) -> None:
    template = report_template()
    context = {"title": "物业管理月度工作报告", "company": "某物业公司", "code": "QG-FW-01-01"}
    context["tables"] = [[row() for _ in range(ROWS)] for _ in range(TABLES)]
    ours = WordTemplate.load(template)
    if text_of(with_docxtpl(template, context)) != text_of(ours.render(context)):
        raise SystemExit("the two documents do not say the same")
    stdlib, fastest = without_isal(ours, context), lambda: ours.render(context)
    timings = interleaved(
        {
            "docxtpl": (lambda: with_docxtpl(template, context), 2),
            "isal": (fastest, 60),
            "zlib-1": (stdlib, 60),
            "zlib-6": (lambda: ours.render(context, compression="compact"), 60),
            "compile": (lambda: WordTemplate.load(template), 2),
        },
        rounds=15,
    )
    peer = timings["docxtpl"].median
    for name, goal in (("isal", "≥ 120×"), ("zlib-1", "≥ 50×"), ("zlib-6", "≥ 30×")):
        mine = timings[name].median
        rows.append((f"report {TABLES} × {ROWS}, {name}", ms(mine), f"docxtpl {ms(peer)}", f"{peer / mine:.0f}×", goal))
    rows.append(("compile the report", ms(timings["compile"].median), "–", "–", "≤ 30 ms"))


def without_isal(template: WordTemplate, context: dict[str, object]) -> Callable[[], bytes]:
    """The same render as on a machine where there is no ISA-L wheel: stdlib zlib, level 1."""

    def render() -> bytes:
        isal, docgen.template.package.isal_zlib = docgen.template.package.isal_zlib, None
        try:
            return template.render(context)
        finally:
            docgen.template.package.isal_zlib = isal

    return render


def long_table(rows: list[tuple[str, ...]]) -> None:
    template = table_template()
    ours = WordTemplate.load(template)
    small, large = [row()] * 5_000, [row()] * 50_000
    if text_of(with_docxtpl(template, {"rows": small[:500]})) != text_of(ours.render({"rows": small[:500]})):
        raise SystemExit("the two documents do not say the same")
    timings = interleaved(
        {
            "docxtpl": (lambda: with_docxtpl(template, {"rows": small}), 1),
            "fast": (lambda: ours.render({"rows": small}), 5),
            "zlib-6": (lambda: ours.render({"rows": small}, compression="compact"), 5),
            "50,000": (lambda: ours.render({"rows": large}), 1),
        },
        rounds=5,
    )
    peer, mine, tenfold = timings["docxtpl"].median, timings["fast"].median, timings["50,000"].median
    rows.append(("table 5,000 × 8, isal", ms(mine), f"docxtpl {ms(peer)}", f"{peer / mine:.0f}×", "≤ 50 ms"))
    compact = timings["zlib-6"].median
    rows.append(("table 5,000 × 8, zlib-6", ms(compact), f"docxtpl {ms(peer)}", f"{peer / compact:.0f}×", "≤ 120 ms"))
    rows.append(("table 50,000 × 8, isal", ms(tenfold), f"5,000 rows {ms(mine)}", f"{tenfold / mine:.1f}×", "≤ 11×"))


STREAM = """
import json, re, sys, time
from docgen import WordTemplate
template = WordTemplate.load(sys.argv[1])
row = json.loads(sys.argv[3])
start = time.perf_counter()
template.render_to({"rows": ({**row, "c2": i} for i in range(int(sys.argv[4])))}, sys.argv[2])
seconds = time.perf_counter() - start
peak = re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())  # ru_maxrss would count the parent's too
print(seconds, int(peak[1]) / 1024)
"""

FIRST = """
import sys
from docgen import WordTemplate
open(sys.argv[2], "wb").write(WordTemplate.load(sys.argv[1]).render({"rows": [{f"c{i}": i for i in range(8)}] * 8}))
"""


def other_processes(rows: list[tuple[str, ...]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "table.docx"), Path(folder, "out.docx")
        source.write_bytes(table_template())
        for n in (50_000, 500_000):
            seconds, mib = python(STREAM, str(source), str(target), json.dumps(row()), str(n)).split()
            took, resident = f"{float(seconds):.2f} s", f"{float(mib):.0f} MiB resident"
            rows.append((f"{n:,} rows from a generator", took, "–", resident, "≤ 60 MB"))
        python(FIRST, str(source), str(target))  # writes the bytecode a second start finds
        seconds = min(timed(lambda: python(FIRST, str(source), str(target))) for _ in range(7))
        rows.append(("first document of a new process", ms(seconds), "–", "–", "≤ 150 ms"))


def python(code: str, *arguments: str) -> str:
    command = [sys.executable, "-c", code, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=bytecode())
    return done.stdout


def bytecode() -> dict[str, str]:
    """An ordinary user's environment: Python keeps the bytecode it compiled."""
    import os

    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}


def timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def many_scalars(rows: list[tuple[str, ...]]) -> None:
    n = 12_000
    template, context = scalars_template(n), {f"f{i}": f"值{i}" for i in range(n)}
    mine = min(timed(lambda: WordTemplate.load(template).render(context)) for _ in range(3))
    peer = timed(lambda: with_docxtpl(template, context))
    rows.append((f"{n:,} scalars, compile + render", ms(mine), f"docxtpl {ms(peer)}", f"{peer / mine:.1f}×", "≤ 1 s"))


def main() -> Iterator[str]:
    rows: list[tuple[str, ...]] = [("work", "guidang", "peer", "ratio", "to reach")]
    for part in (report, long_table, many_scalars, other_processes):
        part(rows)
    yield "## Word"
    yield ""
    yield f"{machine()}; {versions('docxtpl', 'python-docx', 'lxml', 'jinja2', 'isal')}. Medians of an interleaved run."
    yield ""
    yield table(rows)


if __name__ == "__main__":
    keep("word", "\n".join(main()))
