"""The planner alone, on a file system made of values: it converges, repeats nothing, whatever the order of folders.
Office programs save in their many ways, and nothing is ever called missing or registered twice (W1–W8).
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foundation import temporary_files
from retention.filing import decide
from retention.filing.decide import SECOND, Absent, Fact, KnownRecords, Moment, NextStep, PlaceCase
from retention.filing.identify import Standing
from retention.filing.observed import Content, Limits, Row, Stat, same
from retention.ledger.paths import joined, parent_of
from retention.rules import lifecycle
from retention.rules.events import Altered, Event, Filed, Found, Missed, Moved
from retention.rules.model import Record, State
from retention.rules.people import Actor

if TYPE_CHECKING:
    from collections.abc import Iterable


LIMITS = Limits(3 * SECOND, 60 * SECOND, 20, 1_000)
SERVICE = Actor("guidang", "0.1.0")


@dataclass(frozen=True)
class File:
    """A file of the made-up disk."""

    content: str
    mtime: int
    number: int


@dataclass
class Disk:
    """Files by path, and what programs do to them. ``ids``: numbers of files can be relied upon."""

    ids: bool = True
    files: dict[str, File] = field(default_factory=dict)
    clock: int = 0
    numbers: int = 0

    def create(self, path: str, content: str, *, number: int | None = None, mtime: int | None = None) -> None:
        self.clock += 1
        self.numbers += 1
        self.files[path] = File(content, self.clock if mtime is None else mtime, number or self.numbers)

    def edit(self, path: str, content: str) -> None:
        """In place."""
        if path in self.files:
            self.create(path, content, number=self.files[path].number)

    def rename(self, path: str, to: str) -> None:
        """Over what lies there."""
        if path in self.files and path != to:
            self.files[to] = self.files.pop(path)

    def remove(self, path: str) -> None:
        self.files.pop(path, None)

    def copy(self, path: str, to: str) -> None:
        """As Explorer does: the time of change stays."""
        if path in self.files and path != to:
            self.create(to, self.files[path].content, mtime=self.files[path].mtime)

    def link(self, path: str, to: str) -> None:
        if path in self.files:
            self.files[to] = self.files[path]

    def touch(self, path: str) -> None:
        if path in self.files:
            self.edit(path, self.files[path].content)

    def move_folder(self, folder: str, to: str) -> None:
        for path in [path for path in self.files if parent_of(path) == folder]:
            self.rename(path, joined(to, path.rpartition("/")[2]))

    def stat(self, path: str) -> Stat:
        file = self.files[path]
        return Stat(len(file.content), file.mtime, file.number if self.ids else 0)


@dataclass
class Office:
    """A disk, what is known of it, and the records: what the scanner does around the planner, without a database."""

    disk: Disk = field(default_factory=Disk)
    rows: dict[tuple[str, str], Row] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)
    now: int = 10**15
    passed: int = 0
    group: int = 200

    def look(self, *, after: float = 4, order: Iterable[str] | None = None, healthy: bool = True) -> bool:
        """One look; whether something has to be looked at again. A share that is not well gives no facts (W8)."""
        self.now += round(after * SECOND)
        if not healthy:
            return True
        self.passed += 1
        moment = Moment(self.now, self.now, self.passed, LIMITS)
        folders = {parent_of(path) for path in self.disk.files} | {folder for folder, _name in self.rows}
        cases, pending = [], False
        for folder in sorted(folders) if order is None else sorted(folders, key=list(order).index):
            files = {path.rpartition("/")[2]: path for path in self.disk.files if parent_of(path) == folder}
            cases += self.folder(folder, files, moment)
        for start in range(0, len(cases), self.group):
            pending |= self.decide(cases[start : start + self.group], moment)
        gone = self.conclude(moment)
        return pending or gone or any(row.waiting for row in self.rows.values())

    def folder(self, folder: str, files: dict[str, str], moment: Moment) -> list[PlaceCase]:
        locks = [
            row
            for name in files
            if (row := decide.passing_row(self.rows.get((folder, name)), (folder, name), self.now, str))
        ]
        for row in locks:
            self.rows[row.folder, row.name] = row
        known = {name: row for (at, name), row in self.rows.items() if at == folder and not row.placeless}
        edited = decide.edited_by(locks, [*files, *known], self.now)
        cases = []
        for name in sorted(files.keys() | known.keys()):
            before = known.get(name)
            seen = self.disk.stat(files[name]) if name in files and not temporary_files.passing_name(name) else None
            if temporary_files.passing_name(name) and name in files:
                continue
            look = decide.next_look(before, (folder, name), seen, moment, edited=name in edited)
            if look.step is NextStep.FORGET:
                self.rows.pop((folder, name), None)
            elif look.step in (NextStep.KEEP, NextStep.WAIT):
                self.rows[folder, name] = look.row
            elif seen is not None:
                content = self.content(files[name]) if look.step is NextStep.READ else None
                cases.append(PlaceCase(look.row, seen, before, content))
        return cases

    def content(self, path: str) -> Content:
        text = self.disk.files[path].content
        return Content(sha256(text.encode()).hexdigest(), len(text), Standing.UNCLASSIFIED)

    def decide(self, cases: list[PlaceCase], moment: Moment) -> bool:
        placed = {row.record_id: row for row in self.rows.values() if row.record_id}
        empty = {each.id for each in self.records.values() if self.is_empty(each, placed.get(each.id))}
        unsure = {each for each, row in placed.items() if each not in empty and not self.is_known(row)}
        ready = [case if case.content else replace(case, movers=tuple(self.movers(case))) for case in cases]
        plan = decide.plan(
            "S", ready, KnownRecords(self.records, frozenset(empty), frozenset(unsure), frozenset(placed)), moment
        )
        ids = [self.apply(fact) for fact in plan.facts]
        for key in [key for key, row in self.rows.items() if row.record_id in plan.moved]:
            del self.rows[key]
        for row in (*plan.rows, *(replace(row, record_id=ids[place]) for place, row in plan.filed.items())):
            self.rows[row.folder, row.name] = row
        return bool(plan.open)

    def movers(self, case: PlaceCase) -> Iterable[Row]:
        for row in list(self.rows.values()):
            there = self.disk.stat(row.path) if row.path in self.disk.files else None
            left = row.placeless or there is None or there.file_id != case.seen.file_id
            same_file = case.seen.file_id and row.stat and row.stat.file_id and same(row.stat, case.seen)
            if same_file and row.record_id and row.path != case.row.path and left:
                yield row

    def is_empty(self, record: Record, row: Row | None) -> bool:
        if record.missing_since is not None or (row is not None and row.placeless):
            return True
        return (row.path if row else record.path) not in self.disk.files

    def is_known(self, row: Row) -> bool:
        return row.path in self.disk.files and same(row.stat, self.disk.stat(row.path))

    def apply(self, fact: Fact) -> str:
        self.facts.append(fact)
        subject = fact.subject or str(len(self.facts))
        event = Event(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), SERVICE, subject, fact.change)
        self.records[subject] = lifecycle.apply(self.records.get(subject), event)
        return subject

    def conclude(self, moment: Moment) -> bool:
        gone = [row for row in self.rows.values() if row.gone_at is not None]
        there = frozenset(row.path for row in gone if row.path not in self.disk.files)
        sizes = frozenset(row.waiting.size for row in self.rows.values() if row.waiting)
        living = {row.folder.partition("/")[0] for row in self.rows.values() if row.record_id and row.gone_at is None}
        losses = decide.losses(Absent(gone, self.records, there, len(self.records), living, sizes), moment)
        for row in (*losses.missed, *losses.settled):
            del self.rows[row.folder, row.name]
        for row in losses.missed:
            self.apply(Fact(row.record_id or "", Missed()))
        return bool(losses.later)

    def settle(self, order: Iterable[str] | None = None) -> None:
        """Look until nothing is open."""
        for _look in range(40):
            if not self.look(after=20, order=order):
                return
        raise AssertionError("it does not come to rest")

    def told(self) -> Counter[str]:
        return Counter(fact.change.kind for fact in self.facts)

    def agrees(self) -> None:
        """The ledger says what lies on the disk."""
        files = {path: file for path, file in self.disk.files.items() if not temporary_files.left_alone(path)}
        there = {each.path: each for each in self.records.values() if each.missing_since is None}
        assert there.keys() == files.keys()
        for path, file in files.items():
            digest = sha256(file.content.encode()).hexdigest()
            record = there[path]
            assert digest in (record.digest, record.altered_to), path
            assert self.rows[parent_of(path), path.rpartition("/")[2]].record_id == record.id
        assert len({row.record_id for row in self.rows.values() if row.record_id}) == len(files)


FOLDERS = ["", "a", "b", "c"]
PATHS = st.builds(joined, st.sampled_from(FOLDERS), st.sampled_from(["1.pdf", "2.pdf", "3.pdf"]))
TEXTS = st.sampled_from(["x", "y", "xx", "yy", "zzz"])
ACTS = st.one_of(
    st.tuples(st.just("create"), PATHS, TEXTS),
    st.tuples(st.just("edit"), PATHS, TEXTS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("copy"), PATHS, PATHS),
    st.tuples(st.just("link"), PATHS, PATHS),
    st.tuples(st.just("touch"), PATHS),
    st.tuples(st.just("move_folder"), st.sampled_from(FOLDERS), st.sampled_from(FOLDERS)),
    st.tuples(st.just("look"), st.sampled_from([0.5, 2.0, 4.0, 30.0, 70.0])),
)


def lived(acts: Iterable[tuple[object, ...]], *, ids: bool = True, **more: object) -> Office:
    """An office after these acts, and at rest."""
    office = Office(Disk(ids))
    for act, *values in acts:
        if act == "look":
            office.look(after=values[0], **more)
        else:
            getattr(office.disk, act)(*values)
    office.settle(**more)
    return office


@settings(max_examples=400, deadline=None)
@given(acts=st.lists(ACTS, max_size=25), ids=st.booleans())
def test_it_comes_to_rest_at_what_lies_there_and_says_nothing_twice(acts: list[tuple[object, ...]], ids: bool) -> None:
    """W1–W4, W7, always: whatever was done to the files between looks."""
    office = lived(acts, ids=ids)
    office.agrees()
    told = office.told()
    for _look in range(3):
        office.look(after=100)
    assert office.told() == told


@settings(max_examples=200, deadline=None)
@given(acts=st.lists(ACTS, max_size=20))
def test_groups_of_one_and_of_many_come_to_the_same_rest(acts: list[tuple[object, ...]]) -> None:
    """A transaction may end anywhere (W10)."""
    office = Office(group=1)
    for act, *values in acts:
        if act == "look":
            office.look(after=values[0])
        else:
            getattr(office.disk, act)(*values)
    office.settle()
    office.agrees()


RENAMES = st.lists(
    st.one_of(
        st.tuples(st.just("rename"), PATHS, PATHS),
        st.tuples(st.just("move_folder"), st.sampled_from(FOLDERS), st.sampled_from(["d", "e", "f"])),
        st.tuples(st.just("look"), st.sampled_from([0.5, 4.0, 30.0])),
    ),
    max_size=15,
)


def renamed(acts: Iterable[tuple[object, ...]], *, ids: bool) -> tuple[Office, dict[str, str]]:
    """An office with eight files after these renames, none over another, and at rest; and the records it had before."""
    office = Office(Disk(ids))
    for number, folder in enumerate(FOLDERS):
        office.disk.create(joined(folder, "1.pdf"), f"content {number}" + "." * number)
        office.disk.create(joined(folder, "2.pdf"), f"other {number}" + "." * number)
    office.settle()
    before = {each.id: each.digest for each in office.records.values()}
    for act, *values in acts:
        if act == "look":
            office.look(after=values[0])
        elif act == "move_folder" or values[1] not in office.disk.files:
            names = {joined(str(values[1]), path.rpartition("/")[2]) for path in office.disk.files}
            if act == "rename" or not names & office.disk.files.keys():
                getattr(office.disk, act)(*values)
    office.settle()
    return office, before


@settings(max_examples=200, deadline=None)
@given(acts=RENAMES, ids=st.booleans())
def test_a_rename_is_never_a_loss_and_a_new_record(acts: list[tuple[object, ...]], ids: bool) -> None:
    """W2, always: by number, or where numbers are not to be relied upon by content."""
    office, before = renamed(acts, ids=ids)
    office.agrees()
    assert {each.id: each.digest for each in office.records.values()} == before
    assert office.told().keys() <= {Filed.kind, Moved.kind}


@pytest.mark.parametrize("elsewhere", ["3.pdf", "0.pdf", "a/3.pdf"])
def test_a_file_is_not_new_while_the_place_its_record_had_is_undecided(elsewhere: str) -> None:
    """W2: 2.pdf went on, b/2.pdf took its place, and a third file the place of that one, all before any settled."""
    acts = [
        ("rename", "2.pdf", elsewhere),
        ("rename", "b/2.pdf", "2.pdf"),
        ("look", 0.5),
        ("rename", "1.pdf", "b/2.pdf"),
    ]
    office, before = renamed(acts, ids=False)
    office.agrees()
    assert {each.id: each.digest for each in office.records.values()} == before
    assert office.told().keys() <= {Filed.kind, Moved.kind}


def summary(office: Office) -> Counter[tuple[object, ...]]:
    return Counter(
        (each.path, each.digest, each.altered_to, each.missing_since is None) for each in office.records.values()
    )


DISTINCT = st.one_of(
    st.tuples(st.just("create"), PATHS),
    st.tuples(st.just("edit"), PATHS),
    st.tuples(st.just("rename"), PATHS, PATHS),
    st.tuples(st.just("remove"), PATHS),
    st.tuples(st.just("look"), st.sampled_from([4.0, 30.0, 70.0])),
)


@settings(max_examples=200, deadline=None)
@given(acts=st.lists(DISTINCT, max_size=20), order=st.permutations(FOLDERS))
def test_the_order_of_folders_does_not_matter(acts: list[tuple[object, ...]], order: list[str]) -> None:
    """W10: a pass may begin anywhere. Every content is another one here: which of equals is which may differ."""
    numbered = [(*act, f"content {n}") if act[0] in ("create", "edit") else act for n, act in enumerate(acts)]
    assert summary(lived(numbered)) == summary(lived(numbered, order=order))


@settings(max_examples=200, deadline=None)
@given(acts=st.lists(ACTS, max_size=12), sick=st.lists(st.floats(0, 500), min_size=1, max_size=10))
def test_nothing_is_missed_while_a_share_is_not_well(acts: list[tuple[object, ...]], sick: list[float]) -> None:
    """W8: however long it is away, and whatever was gone when it went."""
    office = lived(acts)
    missed = office.told()[Missed.kind]
    files = dict(office.disk.files)
    office.disk.files.clear()
    for after in sick:
        office.look(after=after, healthy=False)
    office.disk.files.update(files)
    office.settle()
    assert office.told()[Missed.kind] == missed


@given(gone=st.integers(1, 120), known=st.integers(1, 400), believe=st.none() | st.integers(0, 130))
def test_more_than_a_set_share_is_missed_only_by_a_person_s_word(gone: int, known: int, believe: int | None) -> None:
    """W8, always."""
    known = max(known, gone)
    limits = Limits(3 * SECOND, 60 * SECOND, 20, 50)
    rows = [Row(f"t/{n}", "a", Stat(1, 1, 1), "d", record_id=str(n), gone_at=0, gone_pass=1) for n in range(gone)]
    records = {str(n): Record(str(n), "S", f"t/{n}/a", "d", 1, date(2026, 1, 1)) for n in range(gone)}
    absent = Absent(rows, records, {row.path for row in rows}, known, {"t"})
    losses = decide.losses(absent, Moment(61 * SECOND, 61 * SECOND, 2, limits), believe)
    allowed = gone <= max(50, known * 20 // 100) or believe == gone
    assert (len(losses.missed), losses.braked) == ((gone, 0) if allowed else (0, gone))


@pytest.mark.parametrize("state", [state for state in State if state not in decide.IN_PLACE])
def test_what_is_in_quarantine_or_destroyed_is_never_missed(state: State) -> None:
    row = Row("t", "a", Stat(1, 1, 1), "d", record_id="1", gone_at=0, gone_pass=1)
    record = Record("1", "S", "t/a", "d", 1, date(2026, 1, 1), state=state)
    now = Moment(61 * SECOND, 61 * SECOND, 2, LIMITS)
    assert decide.losses(Absent([row], {"1": record}, {"t/a"}), now).missed == ()
    open_intent = replace(record, state=State.APPROVED, intent=1)
    assert decide.losses(Absent([row], {"1": open_intent}, {"t/a"}), now).missed == ()


# --- how office programs save ---------------------------------------------------------------------------------------


class Programs:
    """Word, Excel, LibreOffice, programs that write in place, robocopy: step by step, with looks between any two."""

    def __init__(self, office: Office, dice: random.Random) -> None:
        self.office, self.disk, self.dice = office, office.disk, dice

    def pause(self) -> None:
        """Somebody may look meanwhile; the pieces of a save may be seconds apart."""
        for _look in range(self.dice.choice((0, 0, 1, 2))):
            self.office.look(after=self.dice.choice((0.01, 0.3, 2, 5, 20)))

    def word(self, path: str, content: str) -> None:
        folder, name = parent_of(path), path.rpartition("/")[2]
        lock, new, old = (joined(folder, each) for each in ("~$" + name[2:], "~WRD0001.tmp", "~WRL0002.tmp"))
        self.disk.create(lock, "Wang")
        self.pause()
        self.disk.create(new, content)
        self.pause()
        self.disk.rename(path, old)
        self.pause()
        self.disk.rename(new, path)
        self.pause()
        self.disk.remove(old)
        self.pause()
        self.disk.remove(lock)

    def word_with_backup(self, path: str, content: str) -> None:
        folder, name = parent_of(path), path.rpartition("/")[2]
        self.disk.create(joined(folder, "~WRD0003.tmp"), content)
        self.pause()
        self.disk.rename(path, joined(folder, f"Backup of {name}.wbk"))
        self.pause()
        self.disk.rename(joined(folder, "~WRD0003.tmp"), path)

    def excel(self, path: str, content: str) -> None:
        temp = joined(parent_of(path), f"{self.dice.getrandbits(32) | 1 << 31:08X}")
        self.disk.create(temp, content)
        self.pause()
        self.disk.remove(path)
        self.pause()
        self.disk.rename(temp, path)

    def libreoffice(self, path: str, content: str) -> None:
        folder, name = parent_of(path), path.rpartition("/")[2]
        lock, temp = joined(folder, f".~lock.{name}#"), joined(folder, "lu1234abc.tmp")
        self.disk.create(lock, ",Wang,pc")
        self.pause()
        self.disk.create(temp, content)
        self.pause()
        self.disk.rename(temp, path)
        self.pause()
        self.disk.remove(lock)

    def in_place(self, path: str, content: str) -> None:
        """python-docx, openpyxl, exports: emptied, then written piece by piece; looks between come fast."""
        for piece in ("", content[: len(content) // 2], content):
            self.disk.edit(path, piece)
            if piece != content and self.dice.random() < 0.5:
                self.office.look(after=self.dice.choice((0.01, 0.5, 1)))

    def robocopy(self, path: str, content: str) -> None:
        """The size at once, the content later, the time of the source at the end."""
        self.disk.edit(path, "\0" * len(content))
        if self.dice.random() < 0.5:
            self.office.look(after=1)
        self.disk.create(path, content, number=self.disk.files[path].number, mtime=self.dice.randrange(1, 10**9))


@pytest.mark.parametrize("ids", [True, False])
@pytest.mark.parametrize("seed", range(5))
def test_saves_of_office_programs_are_one_alteration_each_and_never_an_alarm(seed: int, ids: bool) -> None:
    """W1, W3, W4: 10 × 200 saves; nothing missing, nothing registered twice, each content that settled told once."""
    dice = random.Random(seed)
    office = Office(Disk(ids))
    paths = [joined(folder, f"工作计划表{number}.docx") for folder in ("甲", "乙") for number in range(3)]
    for path in paths:
        office.disk.create(path, f"first {path}")
    office.settle()
    programs = Programs(office, dice)
    ways = [programs.word, programs.word_with_backup, programs.excel, programs.libreoffice, programs.in_place]
    for number in range(200):
        path = dice.choice(paths)
        known = office.told()
        dice.choice([*ways, programs.robocopy])(path, f"save {number} {'.' * dice.randrange(9)}")
        office.settle()
        assert office.told() - known == Counter({Altered.kind: 1}), (seed, number)
    office.agrees()
    assert office.told() == Counter({Filed.kind: len(paths), Altered.kind: 200})
    assert Found.kind not in office.told()


@pytest.mark.parametrize(
    ("lock", "documents"),
    [
        ("~$月报.docx", ["月报.docx"]),
        ("~$年度工作总结.docx", ["26年度工作总结.docx"]),  # Word leaves out the first two letters of a long name
        (".~lock.报修登记.xlsx#", ["报修登记.xlsx"]),
        ("~WRL0002.tmp", []),  # an old version that Word left behind: nobody has anything open
    ],
)
def test_a_lock_is_about_the_document_it_names(lock: str, documents: list[str]) -> None:
    names = ["月报.docx", "报修登记.xlsx", lock, "~WRL0002.tmp", *documents]
    assert sorted(set(temporary_files.locked_by(lock, names))) == documents
