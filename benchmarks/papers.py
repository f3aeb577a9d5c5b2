"""The papers of a disposal and its round trip, with a list of 10,000. ``python benchmarks/papers.py``"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import interleaved, keep, machine, table, versions
from openpyxl import load_workbook

sys.path.remove(str(Path(__file__).parent))  # here a benchmark is called retention
sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from disposal_lists import AROUND, PEOPLE, archive, draft, drafted, executed, proof, stamp

from docgen import ExcelTemplate, WordTemplate
from docgen.excel.row_heights import fitted
from office.disposal import papers as disposalpapers
from office.disposal import round_trip as roundtrip
from office.folder import SHIPPED

if TYPE_CHECKING:
    from collections.abc import Callable

ITEMS = 10_000
REACH = "≤ 5 s"
"""To verify a workbook of 10,000 rows that came back."""


def workbook() -> tuple[bytes, Any]:
    """A workbook of 10,000 rows as it goes out, and the same filled in and saved anew by another program."""
    of = draft(ITEMS)
    template = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx")
    sent = fitted(template.render(roundtrip.context(AROUND, of), compression="compact"))
    book = load_workbook(io.BytesIO(sent))
    for row in range(6, ITEMS + 6):
        book.worksheets[0].cell(row, 9).value = "销毁"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue(), of


def work() -> dict[str, Callable[[], object]]:
    """What is measured, by name."""
    returned, of = workbook()
    template = ExcelTemplate.load(SHIPPED / roundtrip.FORM / "template.xlsx")
    done = executed(ITEMS)
    words = {form: WordTemplate.load(SHIPPED / form / "template.docx") for form in disposalpapers.TITLES}
    register, certificate = words[disposalpapers.REGISTER], words[disposalpapers.CERTIFICATE]

    def go_out() -> object:
        return fitted(template.render(roundtrip.context(AROUND, of), compression="compact"))

    def come_back() -> object:
        found = roundtrip.read(returned, "returned.xlsx", of)
        assert len(found.changes) == ITEMS
        return found

    def printed() -> object:
        return register.render(disposalpapers.register(AROUND, done), compression="compact")

    def certified() -> object:
        context = disposalpapers.certificate(AROUND, done) | disposalpapers.proven(proof(done))
        return certificate.render(context, compression="compact")

    return {
        "a list of 10,000 as a workbook": go_out,
        "the workbook that came back, every row decided: verified": come_back,
        "its 销毁清册": printed,
        "its 销毁证明": certified,
    }


def taken_over() -> float:
    """Seconds to take over 10,000 decisions into a ledger in a file."""
    import time

    with tempfile.TemporaryDirectory() as folder, archive(Path(folder) / "office", f"{folder}/ledger.db") as empty:
        made = drafted(empty, ITEMS)
        of = made.list()
        answers = tuple(roundtrip.Answer(item.record_id, roundtrip.Wish.DESTROY) for item in of.items)
        changes = tuple(
            roundtrip.Change(item, roundtrip.Said(), roundtrip.Said(answer.wish), "")
            for item, answer in zip(of.items, answers, strict=True)
        )
        begun = time.perf_counter()
        roundtrip.apply(made.ledger, stamp(PEOPLE[0].name), roundtrip.Returned(made.number, changes, ITEMS))
        return time.perf_counter() - begun


def main() -> None:
    timed = interleaved({name: (call, 1) for name, call in work().items()}, 3)
    rows = [("work, 10,000 items", "median", "to reach")]
    rows += [(name, f"{each.median:.2f} s", REACH if "verified" in name else "–") for name, each in timed.items()]
    rows.append(("10,000 decisions taken over into the ledger (SQLite)", f"{taken_over():.2f} s", "–"))
    keep("papers", f"## Papers of a disposal\n\n{machine()}; {versions('openpyxl', 'segno')}.\n\n{table(rows)}")


if __name__ == "__main__":
    main()
