"""An office with a share, persons and a ledger, for tests of what is said of records: files are real, and scanned."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from office.archive.classes import catalogue_of
from office.archive.shares import shares
from office.office import Office
from office.starting import create_office
from retention.acts import accounts
from retention.filing.scan import Scanner
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.dates import business_date
from retention.rules.events import Approved, Destroyed, DestroyIntended, Listed, Quarantined
from retention.rules.model import Outcome, Record
from retention.rules.people import Actor, Person, Role
from retention.rules.schedule import Term, TermKind
from samples.making.share import docx

if TYPE_CHECKING:
    from pathlib import Path

SHARE = "归档"
PERSONS = {
    "admin": Role.ADMINISTRATOR,
    "wang.min": Role.ARCHIVIST,
    "sun.yu": Role.ARCHIVIST,
    "li.gang": Role.APPROVER,
    "zhao.qi": Role.DEPARTMENT,
    "qian.bo": Role.WITNESS,
}
SERVICE = Actor("guidang", "0.1.0")
SCHEDULE = """记录名称,标识,保存期限,别名
物业管理月度工作报告,QG-FW-01-01,2年,
突发事件处理记录表,QG-FW-04-01,3年,
月工作计划,JY-QM7.5.1-02,1年,
每日检查表,,,
消防档案,XF-01,永久,
"""
REPORT = "2023年/QG-FW-01-01 物业管理月度工作报告 2023年1月.docx"
PLAN = "2023年/JY-QM7.5.1-02 工程维修部月工作计划(2023年5月).docx"
INCIDENT = "2023年/突发事件处理记录表-20231018-3栋电梯困人.docx"
CHECK = "2023年/每日检查表 特勤部 20230601.docx"
SCANNED = "2023年/扫描件_20230117_0000.pdf"


@dataclass
class Archive:
    """The office with everything that belongs to it. Its clock goes on with every look at it, and between two scans."""

    office: Office
    ledger: Ledger
    root: Path
    at: datetime = field(default_factory=lambda: datetime.now(UTC) - timedelta(minutes=30))

    def now(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def stamp(self, name: str) -> Stamp:
        at = self.now()
        return Stamp(at, business_date(at), Actor(name))

    def write(self, path: str, content: bytes | None = None) -> Path:
        """A file on the share; one of its own content without any given."""
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(docx([path]) if content is None else content)
        return place

    def scan(self) -> None:
        """Look until nothing waits any more."""
        (share,) = shares(self.office)
        scanner = Scanner(self.ledger, share, lambda: catalogue_of(self.office), SERVICE, self.now)
        for _look in range(4):
            self.at += timedelta(seconds=20)
            scanner.look()

    def record(self, path: str) -> Record:
        """The one record at a path, or the last that was filed there."""
        with self.ledger.read() as view:
            return max(view.records_at(SHARE, path), key=lambda record: int(record.id))


def make(folder: Path, target: str) -> Archive:
    """An office whose ledger lies at ``target``, with persons and an empty share."""
    create_office(folder / "office", name="测试服务中心")
    root = folder / "share"
    root.mkdir()
    place = folder / "office" / "guidang.toml"
    settings = place.read_text(encoding="utf-8")
    share = f'\n[shares."{SHARE}"]\npath = "{root.as_posix()}"\nsettle_seconds = 0\nmissing_after_seconds = 0\n'
    place.write_text(f'database = "{target}"\n{settings}{share}', encoding="utf-8")
    (folder / "office" / "schedule.csv").write_text(SCHEDULE, encoding="utf-8")
    archive = Archive(Office.load(folder / "office"), Ledger.open(target), root)
    first = Stamp(archive.now(), business_date(archive.at), SERVICE)
    for name, role in PERSONS.items():
        person = Person(name, f"{name} 本人", frozenset({role}), "特勤部" if role is Role.DEPARTMENT else "")
        accounts.add(archive.ledger, first if name == "admin" else archive.stamp("admin"), person)
    return archive


def session(archive: Archive, name: str) -> str:
    """The token of a session that a person begins now."""
    accounts.set_password(archive.ledger, archive.stamp(name), name, f"归档测试 {name}")
    at = archive.now()
    stamp = Stamp(at, business_date(at), SERVICE)
    return accounts.login(archive.ledger, name, f"归档测试 {name}", stamp).token


# --- a record on its way out, as a disposal writes it ------------------------------------------------------------


def listed(archive: Archive, path: str, list_id: str = "L1") -> None:
    """The record on a list, as drafting one writes it."""
    change = Listed(list_id, date(2025, 1, 1), 1, 1, "月工作计划", date(2023, 5, 31), Term(TermKind.FIXED, "1年", 12))
    archive.ledger.append([Draft(archive.record(path).id, change)], archive.stamp("wang.min"))


def approved(archive: Archive, path: str) -> None:
    listed(archive, path)
    record = archive.record(path)
    archive.ledger.append([Draft(record.id, Approved("L1", record.digest))], archive.stamp("li.gang"))


def quarantined(archive: Archive, path: str) -> None:
    approved(archive, path)
    record = archive.record(path)
    changes = (DestroyIntended("L1", record.digest, 1), Quarantined(1, record.digest, ".guidang-quarantine/x"))
    archive.ledger.append([Draft(record.id, change) for change in changes], archive.stamp("wang.min"))


def destroyed(archive: Archive, path: str) -> None:
    """The record destroyed and its file gone."""
    quarantined(archive, path)
    (archive.root / path).unlink()
    change = Destroyed(Outcome.REMOVED, 1)
    archive.ledger.append([Draft(archive.record(path).id, change)], archive.stamp("wang.min"))
