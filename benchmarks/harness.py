"""Shared by the benchmarks: interleaved timing, the machine's description, the table kept in the docs."""

from __future__ import annotations

import gc
import os
import platform
import re
import statistics
import sys
import time
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

DOCS = Path(__file__).parents[1] / "docs" / "performance.md"


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds a call: the best and the median of all rounds."""

    best: float
    median: float


def interleaved(work: dict[str, tuple[Callable[[], object], int]], rounds: int) -> dict[str, Timing]:
    """Time every callable in turn, round after round, so that a slow moment of the machine hits all alike.

    Each entry is (call, repetitions per round). The first call of each is a warm-up and not counted.
    """
    for call, _n in work.values():
        call()
    seen: dict[str, list[float]] = {name: [] for name in work}
    for _round in range(rounds):
        for name, (call, n) in work.items():
            gc.collect()
            start = time.perf_counter()
            for _ in range(n):
                call()
            seen[name].append((time.perf_counter() - start) / n)
    return {name: Timing(min(times), statistics.median(times)) for name, times in seen.items()}


def machine() -> str:
    """One line: processor, cores, system, Python."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists() and (match := re.search(r"model name\s*: (.+)", info.read_text())):
        cpu = match[1]
    return f"{cpu}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def versions(*packages: str) -> str:
    """``docxtpl 0.20.2, isal 1.9.1`` …"""
    return ", ".join(f"{p} {version(p)}" for p in packages)


def table(rows: list[tuple[str, ...]]) -> str:
    """A Markdown table; the first row is its head."""
    head, *body = rows
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join(r) + " |" for r in body)])


def keep(section: str, text: str) -> None:
    """Print the section and put it into docs/performance.md, in place of its last run."""
    sys.stdout.write(text + "\n")
    start, end = f"<!-- {section} -->", f"<!-- /{section} -->"
    document = DOCS.read_text(encoding="utf-8") if DOCS.exists() else "# Performance\n"
    block = f"{start}\n{text}\n{end}"
    if start in document:
        document = re.sub(re.escape(start) + ".*?" + re.escape(end), lambda _m: block, document, flags=re.DOTALL)
    else:
        document = f"{document.rstrip()}\n\n{block}\n"
    DOCS.write_text(document, encoding="utf-8")


def ms(seconds: float) -> str:
    """Milliseconds to three figures."""
    return f"{seconds * 1000:.3g} ms"
