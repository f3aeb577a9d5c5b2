"""Attempts against the rules of execution, of what lies at the place, and of witnesses."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

from given.attempts_on_lists import adopted, submitted_by
from given.bypass import FIRST, QUARANTINE, SECOND, Site, attempt, execute, order, run
from given.disposals import MONTHLY, PLAN, SERVICE, SHARE, stamp
from given.doors import Library
from retention.acts import accounts
from retention.disposal import approval as disposal
from retention.ledger.ledger import Draft
from retention.rules.events import Approved, Classified, ClockVouched, Destroyed, DestroyIntended, ScheduleAdopted
from retention.rules.model import Outcome, Policy
from retention.rules.schedule import RecordClass, Rule, ScheduleVersion, Term, TermKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


# --- when and by whom it is executed ------------------------------------------------------------------------------


@attempt("executed before it was approved", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("executed after it was rejected", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    disposal.reject(world.ledger, stamp("zhao.gang"), number, "留")
    return lambda: execute(world, number, FIRST, count=1)


@attempt("executed after it was withdrawn", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    disposal.withdraw(world.ledger, stamp(), number, "留")
    return lambda: execute(world, number, FIRST, count=1)


@attempt("executed on the last day of the cooling-off", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, 6)


@attempt("the settings' cooling-off is shortened after the list was drafted", "D5")
def _(world: Site) -> Callable[[], object]:
    """What was in force when it was drafted stands in the list."""
    number = replace(world, policy=Policy(cooling_days=20)).approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("executed on the day after the approval's last", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, 31)


@attempt("an approval is used a second time", "D5")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    run(world, number, FIRST)
    run(world, number, SECOND)
    world.file("月报.docx")  # the same content, filed again
    return lambda: execute(world, number, SECOND, count=1)


@attempt("executed by the approver who is no archivist", "R1")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, by="zhao.gang")


@attempt("executed by the service", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, by=SERVICE.name)


@attempt("executed by an account closed since", "L6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    accounts.close(world.ledger, stamp("admin", 1), "chen.lu", "离职")
    return lambda: execute(world, number, FIRST)


@attempt("the count is not typed rightly", "R4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"), world.file("月报二.docx"))
    return lambda: execute(world, number, FIRST, count=1)


@attempt("the list's inner id is typed in place of its number", "R4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    return lambda: execute(world, number, FIRST, typed=world.list(number).id)


@attempt("the clock is set back behind the last event", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    world.file("新的.docx")
    return lambda: execute(world, number, -0.05)


@attempt("the clock is set far ahead, past the cooling-off", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file("月报.docx"))
    world.ledger.append([Draft("clock", ClockVouched("对过表"))], stamp())
    return lambda: execute(world, number, FIRST)


@attempt("an approval dated by a clock far ahead", "T4")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    world.ledger.append([Draft("clock", ClockVouched("对过表"))], stamp())
    digest = world.list(number).digest or ""
    return lambda: world.by.approve("zhao.gang", number, digest, 20)


# --- what lies at the place ---------------------------------------------------------------------------------------


def approved_file(world: Site, path: str = "2022/月报.docx") -> tuple[str, Path]:
    number = world.approved(world.file(path))
    return number, world.root / path


@attempt("the file is edited after approval", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.write_bytes(b"something that must be kept")
    return lambda: execute(world, number, FIRST)


@attempt("the file is edited after approval, size and times put back", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    before, content = place.stat(), place.read_bytes()
    place.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))
    return lambda: execute(world, number, FIRST)


@attempt("a symbolic link to something else lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.unlink()
    place.symlink_to(world.root / "2022/别的.docx")
    return lambda: execute(world, number, FIRST)


@attempt("a symbolic link to the very content lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.rename(world.root / "elsewhere.docx")
    place.symlink_to(world.root / "elsewhere.docx")
    return lambda: execute(world, number, FIRST)


@attempt("the file is there under another case of its name", "D6 D11 W4", remembered=False)
def _(world: Site) -> Callable[[], object]:
    """It is not at its place, and that is told; the list waits for a scan to find where it went."""
    number, place = approved_file(world, "2022/Report.docx")
    place.rename(place.with_name("REPORT.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("the file has a second name", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    os.link(place, world.root / "second name.docx")
    return lambda: execute(world, number, FIRST)


@attempt("a folder lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    content = place.read_bytes()
    place.unlink()
    place.mkdir()
    (place / "within.docx").write_bytes(content)
    return lambda: execute(world, number, FIRST)


@attempt("a pipe lies in its place", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    place.unlink()
    os.mkfifo(place)
    return lambda: execute(world, number, FIRST)


@attempt("its folder is a link to a folder outside the share", "D6")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world, "2021/月报.docx")
    outside = world.root.parent / "outside"
    place.parent.rename(outside)
    place.parent.symlink_to(outside)
    return lambda: execute(world, number, FIRST)


@attempt("a path that leads out of the share", "D6")
def _(world: Site) -> Callable[[], object]:
    (world.root.parent / "secret.docx").write_bytes(b"secret")
    number = world.approved(world.file("../secret.docx"))
    return lambda: execute(world, number, FIRST)


@attempt("an absolute path", "D6")
def _(world: Site) -> Callable[[], object]:
    place = world.root.parent / "absolute.docx"
    number = world.approved(world.file(str(place)))
    assert place.exists()
    return lambda: execute(world, number, FIRST)


@attempt("a path into another list's quarantine", "D6")
def _(world: Site) -> Callable[[], object]:
    number = world.approved(world.file(f"{QUARANTINE}/2026-000/7.1"))
    return lambda: execute(world, number, FIRST)


@attempt("the quarantine is a link to somewhere else", "W8 D6")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    (world.root.parent / "elsewhere").mkdir()
    (world.root / QUARANTINE).symlink_to(world.root.parent / "elsewhere")
    return lambda: execute(world, number, FIRST)


@attempt("the share is another one, empty", "W8")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    empty = world.root.parent / "empty"
    empty.mkdir()
    return lambda: execute(world, number, FIRST, roots={SHARE: empty})


@attempt("the share is another one, with a copy of the file and nothing else of it", "W8")
def _(world: Site) -> Callable[[], object]:
    number, place = approved_file(world)
    other = world.root.parent / "other"
    (other / "2022").mkdir(parents=True)
    shutil.copy2(place, other / "2022")
    return lambda: execute(world, number, FIRST, roots={SHARE: other})


@attempt("the share is left out of the settings", "W8")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    return lambda: execute(world, number, FIRST, roots={})


@attempt("the record is said to lie at another document's place", "D6 D1 W3")
def _(world: Site) -> Callable[[], object]:
    """The wrong file is moved under the approved name: its content is not what was approved."""
    number, place = approved_file(world)
    place.rename(world.root / "weggelegt.docx")
    (world.root / "2022/别的.docx").rename(place)
    return lambda: execute(world, number, FIRST)


# --- in the last moment -------------------------------------------------------------------------------------------


def acting(point: str, act: Callable[[], object]) -> Callable[[str], None]:
    """Do it once, when the run has come this far."""
    waiting = [act]

    def told(reached: str) -> None:
        if reached == point and waiting:
            waiting.pop()()

    return told


@attempt("a hold after approval", "D3 R4 D1")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record, world.file("月报二.docx"))
    world.hold("H1", record, days=1)
    disposal.withdraw(world.ledger, stamp(days=2), number, "冻结")
    return lambda: execute(world, number, FIRST, count=2)


@attempt("a hold on what lies in quarantine", "D3")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record)
    run(world, number, FIRST)
    world.hold("H1", record, days=FIRST + 1)
    return lambda: execute(world, number, SECOND)


def replacing_at(point: str, day: float) -> Callable[[Site], Callable[[], object]]:
    """Another content is put where the file lies at that moment."""

    def prepare(world: Site) -> Callable[[], object]:
        number, place = approved_file(world)
        if day == SECOND:
            run(world, number, FIRST)
        inside = world.root / QUARANTINE

        def exchange() -> None:
            waiting = [path for path in inside.rglob("*") if path.is_file()] if day == SECOND else [place]
            for path in waiting:
                path.rename(world.root.parent / "taken aside.docx")
                path.write_bytes(b"something that must be kept")

        return lambda: run(world, number, day, at=acting(point, exchange))

    return prepare


attempt("the content is replaced between intent and move", "D6 D1 W3", doors="library")(replacing_at("intended", FIRST))
attempt("the content is replaced in quarantine", "D6 D1 W3", doors="library")(replacing_at("checking", SECOND))


@attempt("what lies in quarantine is given a second name", "D6", doors="library")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    run(world, number, FIRST)

    def link() -> None:
        (waiting,) = [path for path in (world.root / QUARANTINE).rglob("*") if path.is_file()]
        os.link(waiting, world.root.parent / "second name.docx")

    return lambda: run(world, number, SECOND, at=acting("checking", link))


@attempt("the schedule is lengthened after approval", "D4")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    adopted(world, 120)
    return lambda: execute(world, number, FIRST)


@attempt("the class becomes one without a known term while it lies in quarantine", "D4")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    run(world, number, FIRST)
    blank = RecordClass(MONTHLY, MONTHLY, MONTHLY, Rule(Term(TermKind.UNREADABLE, "见合同")))
    world.ledger.append([Draft("schedule", ScheduleAdopted(2, ScheduleVersion("2" * 64, (blank,))))], stamp(days=9))
    return lambda: execute(world, number, SECOND)


# --- said to be gone ----------------------------------------------------------------------------------------------


def by_hand(world: Site, number: str) -> Callable[[], object]:
    return lambda: world.by.by_hand("chen.lu", FIRST, order(world, number))


@attempt("a file is said to be destroyed by hand, and is there", "D11")
def _(world: Site) -> Callable[[], object]:
    number, _place = approved_file(world)
    return by_hand(world, number)


@attempt("what no approval covers is said to be destroyed by hand", "D1")
def _(world: Site) -> Callable[[], object]:
    number = world.submitted(world.file("月报.docx"))
    return by_hand(world, number)


@attempt("a held file is said to be destroyed by hand", "D1 D2 R4 D3")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    number = world.approved(record, world.file("月报二.docx"))
    world.hold("H1", record, days=1)
    wanted = order(world, number, count=1)
    return lambda: world.by.by_hand("chen.lu", FIRST, wanted, [record])


# --- around the rules, by the ledger's own door -------------------------------------------------------------------


@attempt("an intent is written without an approval", "L1 D1", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    intent = Draft(record, DestroyIntended("1", world.list(world.drafted(record)).items[0].digest, 1))
    return lambda: world.ledger.commit(lambda _view: [intent], stamp(), attempt=intent)


@attempt("a record is approved with another digest", "D1 D2", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    found = world.list(world.submitted(record))
    wrong = Draft(record, Approved(found.id, "f" * 64))
    return lambda: world.ledger.commit(lambda _view: [wrong], stamp("zhao.gang"), attempt=wrong)


@attempt("a record on a list is given another class", "L1", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.drafted(record)
    other = Draft(record, Classified(PLAN))
    return lambda: world.ledger.commit(lambda _view: [other], stamp(), attempt=other)


@attempt("a destruction is written that was never intended", "L1 D7", doors="library")
def _(world: Site) -> Callable[[], object]:
    record = world.file("月报.docx")
    world.approved(record)
    done = Draft(record, Destroyed(Outcome.REMOVED, 1))
    return lambda: world.ledger.commit(lambda _view: [done], stamp(), attempt=done)


# --- who witnesses ------------------------------------------------------------------------------------------------


def executed(world: Site, drafter: str = "chen.lu", executor: str = "chen.lu") -> str:
    number = submitted_by(world, drafter, drafter)
    disposal.approve(world.ledger, stamp("zhao.gang"), number, world.list(number).digest or "")
    for day in (FIRST, SECOND):
        Library(world).execute(executor, day, order(world, number), world.roots)
    return number


def signing(world: Site, number: str, by: str) -> Callable[[], object]:
    return lambda: world.by.witness(by, SECOND + 1, number)


@attempt("the executor witnesses", "D13")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world, executor="wang.min"), "wang.min")


@attempt("the proposer witnesses", "D13")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world, drafter="wang.min"), "wang.min")


@attempt("the same witness signs twice", "D13")
def _(world: Site) -> Callable[[], object]:
    number = executed(world)
    signing(world, number, "li.hua")()
    return signing(world, number, "li.hua")


@attempt("somebody who is no witness signs", "R1")
def _(world: Site) -> Callable[[], object]:
    return signing(world, executed(world), "he.fang")


@attempt("a witness signs before anything was executed", "D13 D1")
def _(world: Site) -> Callable[[], object]:
    return signing(world, world.approved(world.file("月报.docx")), "li.hua")
