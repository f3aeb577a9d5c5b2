"""The whole life of a few papers, played through in the sample office: filed, kept, due, decided, destroyed, proved.

It happens in a folder of its own with a ledger of its own, because its days lie in the future: the years pass by the
dates that are handed down, and no clock is touched. Every step is the one that the commands take.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from foundation.language import _
from office.archive import ledgers, people
from office.archive import service as watching
from office.archive.shares import shares
from office.disposal import acts as disposals
from office.disposal import filing_papers as proofs
from office.folder import FILE, SCHEDULE
from office.office import Office
from office.papers.printing import printed_paper
from office.starting import SAMPLE, create_office
from retention.acts import accounts
from retention.acts import records as keeping
from retention.acts import schedule as enactment
from retention.disposal import approval as disposal
from retention.disposal.execution import Order
from retention.ledger.ledger import Ledger, Stamp
from retention.ledger.selection import Selection, conditions
from retention.ledger.view import View
from retention.rules.dates import CHINA
from retention.rules.model import Record, Wish
from retention.rules.people import Actor, Person, Role

FOLDER, SHARE = "到期销毁演示", "归档"
SUPERVISOR, ARCHIVIST, APPROVER, FIRST, SECOND = "彭佳慧", "谭晓雯", "薛景行", "雷振华", "罗铁成"
ADMINISTRATOR = "网管"
ROLES = {
    ADMINISTRATOR: Role.ADMINISTRATOR,
    ARCHIVIST: Role.ARCHIVIST,
    SUPERVISOR: Role.DEPARTMENT,
    APPROVER: Role.APPROVER,
    FIRST: Role.WITNESS,
    SECOND: Role.WITNESS,
}
PAPERS = ("incident/*41栋*.xlsx", "monthly-plan/*特勤部 2026年10月.xlsx", "monthly-plan/*客户服务部 2026年10月.xlsx")
FILED, LATER = date(2026, 11, 6), date(2029, 1, 4)
"""The report of October is filed; two years are over on the last day of 2028 (次年1月1日起算)."""


@dataclass(frozen=True, slots=True)
class DemoStep:
    """What was done on a day, and by whom."""

    on: date
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Proven:
    """Whether the ledger holds, how many events it has, and up to which a checkpoint proves them."""

    sound: bool
    events: int
    proven: int


@dataclass(frozen=True)
class Story:
    """What happened, the papers that prove it, and whether the ledger holds them to be true."""

    steps: tuple[DemoStep, ...]
    papers: tuple[Path, ...]
    ledger: Proven


def live(demo: Office, report: Path, progress: Callable[[str], None] = lambda _step: None) -> Story | None:
    """Play it in the folder :data:`FOLDER` of the sample office; None where it was played already.

    ``report``: the monthly report that was rendered there, which is the first of the papers filed.
    """
    folder = demo.folder / FOLDER
    if folder.exists():
        return None
    progress(_("Filing, keeping and destroying a few papers"))
    office = _office(folder, demo)
    _file(demo, report, office.folder / SHARE)
    with ledgers.open_ledger(office, make=True) as ledger:
        return _Life(office, ledger).whole()


def _office(folder: Path, demo: Office) -> Office:
    """An office with the sample's settings and schedule, and a share."""
    create_office(folder, name=demo.settings.name, language=demo.settings.language)
    shutil.copyfile(SAMPLE / SCHEDULE, folder / SCHEDULE)
    settings = (demo.folder / FILE).read_text(encoding="utf-8")
    share = f'\n[shares."{SHARE}"]\npath = "{SHARE}"\n' if SHARE not in demo.settings.shares else ""
    (folder / FILE).write_text(settings + share, encoding="utf-8")
    return Office.load(folder)


def _file(demo: Office, report: Path, share: Path) -> None:
    """What a clerk does by hand: finished papers are put where they belong."""
    place = share / "2026年" / "10月"
    place.mkdir(parents=True)
    shutil.copyfile(report, place / report.name)
    for pattern in PAPERS:
        for path in sorted((demo.folder / "papers").glob(pattern)):
            form = demo.forms[path.parent.name]
            name, content = printed_paper(demo, form, path)
            (place / name).write_bytes(content)


@dataclass
class _Life:
    """The days as they pass, and what is done on them."""

    office: Office
    ledger: Ledger
    at: datetime = field(default_factory=lambda: datetime.combine(FILED, time(9), CHINA))
    steps: list[DemoStep] = field(default_factory=list)
    papers: list[Path] = field(default_factory=list)

    def whole(self) -> Story:
        """From the filing to the proof."""
        self._appoint()
        self._scan()
        self._adopt()
        self._on(LATER)
        number = self._decide()
        self._execute(number)
        return Story(tuple(self.steps), tuple(self.papers), self._verify())

    # time and persons

    def _on(self, day: date) -> None:
        """Time passes; nobody scanned in between, so a person says that the date is right (T4)."""
        self.at = datetime.combine(day, time(9), CHINA)
        keeping.vouch(self.ledger, self._by(ARCHIVIST), "演示：日期无误")

    def _now(self) -> datetime:
        self.at += timedelta(seconds=5)
        return self.at

    def _by(self, name: str) -> Stamp:
        at = self._now()
        return Stamp(at, at.date(), Actor(name))

    def _tell(self, who: str, what: str) -> None:
        self.steps.append(DemoStep(self.at.date(), who, what))

    # the steps

    def _appoint(self) -> None:
        for name, role in ROLES.items():
            department = self.office.settings.departments.names[0] if role is Role.DEPARTMENT else ""
            by = self._by(ADMINISTRATOR) if role is not Role.ADMINISTRATOR else people.service(self._now())
            accounts.add(self.ledger, by, Person(name, name, frozenset({role}), department))

    def _scan(self) -> None:
        """Two looks, five seconds apart: what is the same in both has settled (W1)."""
        (share,) = shares(self.office)
        scanner = watching.scanner_of(self.office, self.ledger, share, self._now)
        filed = scanner.look().filed + scanner.look().filed
        self._tell(_("service"), _("{n} papers found in the shared folder and registered").format(n=filed))

    def _adopt(self) -> None:
        version = self.office.schedule().version
        with self.ledger.read() as view:
            count = enactment.moving(enactment.preview(view, version, self.at.date()))
        enactment.adopt(self.ledger, self._by(ARCHIVIST), version, count)
        self._tell(ARCHIVIST, _("schedule.csv put in force: {n} records have their day").format(n=count))

    def _decide(self) -> str:
        """Drafted, asked about, frozen, and approved by another person than the proposer."""
        found = disposals.draft(self.office, self.ledger, self._by(ARCHIVIST), Selection())
        number = found.number
        self._tell(
            ARCHIVIST, _("{n} records are due: disposal list {number}").format(n=len(found.items), number=number)
        )
        own = [item for item in found.items if item.department in {"", self._department()}]
        for who, items in ((SUPERVISOR, own), (ARCHIVIST, [item for item in found.items if item not in own])):
            rows = [str(item.row) for item in items]
            disposals.opine(self.ledger, self._by(who), number, rows, Wish.DESTROY, reason="", term=None)
        self._tell(SUPERVISOR, _("asked for its opinion, the department wants nothing kept longer"))
        digest = disposal.submit(self.ledger, self._by(ARCHIVIST), number)
        self._tell(ARCHIVIST, _("list submitted, frozen with digest {digest}…").format(digest=digest[:12]))
        self._on(LATER + timedelta(days=1))
        approval = disposals.approve(self.ledger, self._by(APPROVER), number, digest).approval
        day = approval.not_before if approval else self.at.date()
        self._tell(APPROVER, _("approved; the cooling-off lasts until {day}").format(day=day - timedelta(days=1)))
        self._print(number)
        return number

    def _department(self) -> str:
        return self.office.settings.departments.names[0]

    def _execute(self, number: str) -> None:
        """A hold takes one record out; the others go into quarantine, and out of it for good; two persons witness."""
        approved = disposals.find(self.ledger, number)
        self._on(approved.approval.not_before if approved.approval else LATER)
        held = self._hold()
        self._tell(APPROVER, _("a hold for a lawsuit: {name} leaves the list").format(name=Path(held.path).name))
        for wait in (0, approved.policy.quarantine_days):
            self._on(self.at.date() + timedelta(days=wait))
            count = disposals.to_go(disposals.find(self.ledger, number))
            order = Order(number, count, disposals.REMOVED, "文件服务器")
            done = disposals.execute(self.office, self.ledger, self._by(ARCHIVIST), order)
            self._tell(ARCHIVIST, self._done(done.quarantined, done.destroyed))
        for name in (FIRST, SECOND):
            disposal.witness(self.ledger, self._by(name), number, "全程在场，逐项核对，共享目录中已不在")
            self._tell(name, _("witnessed and signed"))
        self._print(number)

    def _hold(self) -> Record:
        """One plan may be needed in court: it stays, whatever was approved (D3)."""
        held: list[Record] = []

        def covered(view: View) -> Sequence[Record]:
            held[:] = view.records(*conditions(Selection(text="特勤部")))
            return held

        keeping.hold(self.ledger, self._by(APPROVER), "业主诉讼，证据保全", covered)
        return held[0]

    def _done(self, quarantined: int, destroyed: int) -> str:
        if destroyed:
            return _("{n} files removed from quarantine, their absence confirmed").format(n=destroyed)
        return _("{n} files moved into quarantine, each with the approved digest").format(n=quarantined)

    def _print(self, number: str) -> None:
        made = proofs.make(self.office, self.ledger, self._by(ARCHIVIST), number)
        self.papers += [paper.path for paper in made if paper.new]

    def _verify(self) -> Proven:
        ledgers.take_checkpoint(self.office, self._now())
        verdict = ledgers.verify(self.office, (), None, replay=True)
        return Proven(verdict.sound, verdict.head.seq, verdict.proven)
