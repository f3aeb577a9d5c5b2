# ruff: noqa: E501 - a sheet is drawn in one line
"""Rows leave as they come: any number of them, in the same memory."""

from __future__ import annotations

import os
import subprocess
import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from given.workbooks import parts, template, values

if TYPE_CHECKING:
    from pathlib import Path

LOOP = "{%tr for r in rows %}"
END = "{%tr endfor %}"
TEMPLATES = {
    "a loop and a total": f"标题\n{LOOP}\n{{{{ r.a }}}} | {{{{ r.b }}}} | =A3*2\n{END}\n=SUM(A3) | | =SUM(C3)",
    "two loops": f"{LOOP}\n{{{{ r.a }}}} | {{{{ r.b }}}}\n{END}\n{{%tr for r in more %}}\n{{{{ r.a }}}} | =A5+1\n{END}\n=SUM(A2:A5)",
    "a running total": f"标题\n{LOOP}\n{{{{ r.a }}}} | =SUM(A$3:A3) | =C2+A3\n{END}\n=SUM(A3)",
}
MEASURE = """
import sys
sys.path[:0] = ["tests"]
from given.workbooks import template
import tempfile
t = template(a={drawn!r})
def rows(n):
    return ({{"a": i, "b": "名字%d" % i}} for i in range(n))
def peak():
    return int([l for l in open("/proc/self/status") if l.startswith("VmHWM")][0].split()[1])
with tempfile.TemporaryFile() as file:
    t.render_to({{"rows": rows(1000), "more": rows(1000)}}, file)
before = peak()
with tempfile.TemporaryFile() as file:
    t.render_to({{"rows": rows({size}), "more": rows({size})}}, file)
print(peak() - before)
"""


@pytest.mark.parametrize("drawn", TEMPLATES.values(), ids=TEMPLATES)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_a_hundred_thousand_rows_from_a_generator_take_no_memory(drawn: str) -> None:
    """At most 8 MiB above what a thousand take; kept, their XML alone would be more."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    code = MEASURE.format(drawn=drawn, size=100_000)
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True, env=environment)
    assert int(done.stdout) < 8 * 1024


def test_rows_are_written_while_they_come() -> None:
    """The file grows before the generator has ended."""
    made = template(a=TEMPLATES["a loop and a total"])
    file, sizes = BytesIO(), []

    def rows() -> Any:
        for i in range(60_000):
            if i % 20_000 == 0:
                sizes.append(file.tell())
            yield {"a": i, "b": f"名字{i * 7919 % 99991}"}

    made.render_to({"rows": rows()}, file)
    assert sizes == sorted(set(sizes))
    assert sizes[1] > sizes[0]


@pytest.mark.parametrize("drawn", TEMPLATES.values(), ids=TEMPLATES)
def test_a_file_holds_what_bytes_hold(drawn: str, tmp_path: Path) -> None:
    made = template(a=drawn)

    def data() -> dict[str, Any]:
        return {k: ({"a": i, "b": f"名{i}"} for i in range(50)) for k in ("rows", "more")}

    made.render_to(data(), tmp_path / "x.xlsx")
    blob = (tmp_path / "x.xlsx").read_bytes()
    assert parts(blob) == parts(made.render(data()))
    assert parts(made.render(data(), compression="compact")) == parts(blob)
    assert "?" not in values(blob)


def test_a_total_above_streams_to_disk_and_comes_out_right() -> None:
    made = template(a=f"=SUM(A3)\n{LOOP}\n{{{{ r.a }}}} | =A3/A$1\n{END}")
    blob = made.render({"rows": ({"a": 1} for _ in range(5000))})
    drawn = values(blob).splitlines()
    assert (drawn[0], drawn[1], len(drawn)) == ("5000", "1 | 0.0002", 5001)
