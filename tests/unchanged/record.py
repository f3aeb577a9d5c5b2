"""What a change of the layout must not change: documents, outputs, exit codes and events, as they were before it.

    python tests/unchanged/record.py          holds today's program against the record, prints what differs, exits 1
    python tests/unchanged/record.py --write  makes the record

Commands run as processes of their own, on a fixed day (libfaketime). What is drawn by chance (keys,
tokens, digests over them) is masked.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
HERE = Path(__file__).parent
GUIDANG = [sys.executable, "-c", "import cli; cli.main()"]
FAKETIME = next(iter(Path("/usr/lib").glob("*/faketime/libfaketime.so.1")), None)
PASSWORD = "correct horse 电池 staple"
CHANCE = re.compile(r"\b(?=[0-9a-f]*[0-9])[0-9a-f]{7,64}\b|[A-Za-z0-9+/_-]{40,}={0,2}")
SECONDS = re.compile(r"(?<=\d\d:\d\d):\d\d(\.\d+)?")


class Session:
    """Commands typed one after the other in one office, a minute apart."""

    def __init__(self, home: Path) -> None:
        self.home, self.said, self.minute, self.token, self.day = home, {}, 0, "", "2026-11-23"

    def type(self, *words: str, typed: str = "", cwd: str = "office", runs: bool = False) -> str:
        self.minute += 1
        env = {
            **os.environ,
            "LC_ALL": "C.UTF-8",
            "COLUMNS": "100",
            "TZ": "UTC",
            "PYTHONPATH": str(ROOT),
            "XDG_STATE_HOME": str(self.home / "state"),
            "XDG_CONFIG_HOME": str(self.home / "config"),
            "HOME": str(self.home),
            "LANGUAGE": "zh_CN",
            "GUIDANG_SESSION": self.token,
        }
        if FAKETIME:
            now = f"{self.day} {2 + self.minute // 60:02}:{self.minute % 60:02}:00"
            env |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME": "@" * runs + now,
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1",
            }
        run = subprocess.run(
            [*GUIDANG, *words], cwd=self.home / cwd, env=env, input=typed, capture_output=True, text=True, check=False
        )
        name = f"{self.minute:03} {' '.join(words)}"
        self.said[name] = {"exit": run.returncode, "out": self.masked(run.stdout), "err": self.masked(run.stderr)}
        return run.stdout

    def masked(self, text: str) -> str:
        text = text.replace(str(self.home), "HOME")
        text = CHANCE.sub("#", text)
        text = re.sub(r'"(free|bytes_free|size)": \d+', r'"\1": 0', text)
        text = SECONDS.sub("", text)
        return re.sub(r"(?m)^(?:[ 0-9A-Z]{4,} ?)+$", "#", text)


def documents(home: Path) -> dict[str, str]:
    """The digest of every file of the sample office with all its papers; what holds chance by its name alone."""
    chance = ("checkpoints", "keys", "ledger.db", "watch", "销毁证明.docx")
    found = {}
    for path in sorted((home / "demo").rglob("*")):
        if path.is_file():
            name = path.relative_to(home).as_posix()
            found[name] = "" if any(word in name for word in chance) else hashlib.sha256(path.read_bytes()).hexdigest()
    return found


def played(home: Path) -> tuple[dict, dict]:
    session = Session(home)
    session.type("demo", "--all", "demo", cwd=".")
    made = documents(home)
    session.type("demo", "--json", "demo", "--lang", "en", cwd=".")
    shutil.copytree(ROOT / "samples" / "office", home / "office")
    settings = home / "office" / "guidang.toml"
    sys.path.insert(0, str(ROOT))
    share(home / "share")
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text + f'\n[shares."归档"]\npath = "{home / "share"}"\n', encoding="utf-8")
    settings.chmod(0o644)
    commands(session)
    earlier(session)
    return made, session.said


def share(root: Path) -> None:
    from samples.making import share as making

    for path in making.write(root):  # times of files are of the day the record is made
        os.utime(path, (1_790_000_000, 1_790_000_000))


def commands(s: Session) -> None:
    for lang in ("zh_CN", "en"):
        s.type("--lang", lang)
        s.type("--help", "--lang", lang)
        s.type("forms", "--lang", lang)
        s.type("forms", "repairs", "--lang", lang)
    s.type("forms", "--json")
    s.type("forms", "报修登记", "--json")
    s.type("forms", "nothing")
    s.type("init", "new", "--json", cwd=".")
    s.type("init", "new", cwd=".")
    s.type("init", "newer", "--name", "春和服务中心", "--lang", "en", cwd=".")
    s.type("new", "repairs", "--period", "2026-11", "--json")
    s.type("new", "repairs", "--period", "2026-11")
    s.type("new", "repairs", "--period", "2026-13")
    s.type("new", "monthly-plan", "--period", "2026-12")
    s.type("check", "2026-10")
    s.type("check", "2026-10", "--json")
    s.type("check", "2026-09", "--lang", "en")
    s.type("check", "2026-11", "--json")
    s.type("check", "guidang.toml")
    s.type("report", "2026-10", "--json")
    s.type("report", "2026-10")
    s.type("report", "2026-10", "--lang", "en", "--force")
    s.type("report", "2026-12")
    paper = next((s.home / "office/papers/visit").iterdir()).relative_to(s.home / "office").as_posix()
    s.type("render", "visit", paper, "--json")
    s.type("render", "visit", paper)
    s.type("render", "minutes", paper)
    s.type("lint", str(ROOT / "templates/monthly-report/template.docx"), "--json")
    s.type("lint", "guidang.toml")
    s.type("duties", "2026-10")
    s.type("duties", "2026-10", "--json")
    s.type("duties", "2026-11", "--lang", "en")
    s.type("due")
    s.type("records")
    s.type("watch", "--status")
    s.type("watch", "--status", "--json")
    s.type("account", "list")
    s.type(
        "account",
        "add",
        "li.admin",
        "--full-name",
        "李管理",
        "--role",
        "administrator",
        "--password-stdin",
        typed=PASSWORD + "\n",
    )
    for name, full, role in (
        ("wang.min", "王敏", "archivist"),
        ("zhao.gang", "赵刚", "approver"),
        ("qian.yi", "钱一", "witness"),
        ("sun.er", "孙二", "witness"),
        ("zhou.san", "周三", "auditor"),
        ("wu.si", "吴四", "department"),
    ):
        s.type(
            "account",
            "add",
            name,
            "--full-name",
            full,
            "--role",
            role,
            "--password-stdin",
            "--json",
            typed=PASSWORD + "\n",
        )
    s.type("account", "list")
    s.type("account", "list", "--json")
    s.type("account", "whoami")
    s.type("account", "whoami", "--json")
    s.type("account", "change", "wu.si", "--full-name", "吴小四")
    tokens = {}
    s.type("scan", "--json", runs=True)
    s.type("scan", runs=True)
    s.type("watch", "--status", "--json")
    for name in ("wang.min", "zhao.gang", "qian.yi", "sun.er", "zhou.san"):
        s.token = ""
        s.token = s.type("account", "login", name, "--password-stdin", "--token", typed=PASSWORD + "\n").strip()
        s.type("account", "password", "--password-stdin", typed=f"{PASSWORD}\n{PASSWORD}2\n")
        s.token = ""
        tokens[name] = s.type("account", "login", name, "--password-stdin", "--token", typed=PASSWORD + "2\n").strip()
    s.token = tokens["wang.min"]
    count = json.loads(s.type("schedule", "import", "schedule.csv", "--json"))["count"]
    s.type("schedule", "adopt", "--preview")
    s.type("schedule", "adopt", "--count", str(count), "--json")
    for words in (("due", "--on", "2026-11-23"), ("due",), ("records",), ("records", "--limit", "500")):
        s.type(*words)
        s.type(*words, "--json")
        s.type(*words, "--lang", "en")
    found = json.loads(s.type("due", "--on", "2026-11-23", "--json") or "{}")
    ids = [row.get("record") or row.get("id") for row in found.get("records", found.get("due", []))]
    s.type("why", str(ids[0]) if ids else "1")
    s.type("why", str(ids[0]) if ids else "1", "--json")
    s.type("why", str(ids[1]) if ids else "2", "--lang", "en")
    s.type("why", "no-such")
    s.type("records", "--unclassified", "--json")
    s.type("records", "--unclassified")
    s.type("records", "--help")
    s.type("hold", "add", str(ids[0]) if ids else "1", "--reason", "诉讼")
    s.type("hold", "list")
    s.type("hold", "list", "--json")
    s.type("hold", "notice", json.loads(s.type("hold", "list", "--json"))["holds"][0]["hold"])
    s.type("schedule", "show")
    s.type("schedule", "show", "--json")
    s.type("schedule", "import", "schedule.csv", "--json")
    s.type("schedule", "adopt", "--json")
    s.type("schedule", "adopt", "--yes")
    s.type("schedule", "show", "--lang", "en")
    s.type("clock", "show")
    s.type("clock", "show", "--json")
    s.type("clock", "vouch", "--reason", "对过表")
    s.type("disposal", "draft", *map(str, ids[10:16]), "--json")
    s.type("disposal", "list")
    s.type("disposal", "list", "--json")
    s.type("disposal", "show", "2026-001")
    s.type("disposal", "show", "2026-001", "--json")
    s.type("disposal", "opinion", "2026-001", "destroy", "--all")
    s.type("disposal", "opinion", "2026-001", "keep", "1", "--reason", "还要用")
    s.type("disposal", "opinion", "2026-001", "keep", "2", "--reason", "还要用", "--term", "2年")
    s.type("disposal", "export", "2026-001")
    s.type("disposal", "papers", "2026-001", "--json")
    s.type("disposal", "submit", "2026-001")
    digest = (json.loads(s.type("disposal", "show", "2026-001", "--json") or "{}").get("digest") or "0" * 16)[:16]
    s.token = tokens["zhao.gang"]
    s.type("disposal", "approve", "2026-001", "--digest", "0000000000000000")
    s.said.pop(f"{s.minute:03} disposal approve 2026-001 --digest 0000000000000000", None)
    s.type("disposal", "show", "2026-001")
    s.run_hidden("disposal", "approve", "2026-001", "--digest", digest)
    s.type("disposal", "list", "--json")
    s.token = tokens["wang.min"]
    for day in ("2026-12-03", "2026-12-14"):
        s.day, s.token = day, ""
        s.token = s.type("account", "login", "wang.min", "--password-stdin", "--token", typed=PASSWORD + "2\n").strip()
        s.type("clock", "vouch", "--reason", "对过表", "--json")
        s.type("disposal", "execute", "2026-001", "--confirm", "2026-001", "5", "--json")
        s.type("disposal", "show", "2026-001")
        s.type("disposal", "recover")
    for name in ("qian.yi", "sun.er"):
        s.token = s.type("account", "login", name, "--password-stdin", "--token", typed=PASSWORD + "2\n").strip()
        s.type("disposal", "witness", "2026-001", "--statement", "看着销毁的", "--json")
    s.token = s.type("account", "login", "wang.min", "--password-stdin", "--token", typed=PASSWORD + "2\n").strip()
    s.type("disposal", "certificate", "2026-001", "--json")
    s.type("disposal", "withdraw", "2026-001", "--reason", "先不办")
    s.type("disposal", "show", "2026-001", "--json")
    s.type("records", "--limit", "20", "--json")
    s.type("scan", "--json", runs=True)
    s.token = s.type("account", "login", "zhou.san", "--password-stdin", "--token", typed=PASSWORD + "2\n").strip()
    s.type("audit", "verify")
    s.type("audit", "verify", "--json")
    s.type("audit", "log")
    s.type("audit", "log", "--json")
    s.type("audit", "papers", "--json")
    s.type("audit", "checkpoint")
    s.type("audit", "export", "events.jsonl")
    s.type("account", "logout")
    s.type("account", "whoami")
    for lang in ("zh_CN", "en"):
        for name in ("records", "disposal", "audit", "account", "schedule", "report", "watch", "new"):
            s.type(name, "--help", "--lang", lang)


def earlier(s: Session) -> None:
    """A ledger made before the change opens, verifies, replays and says the same; its export has the same bytes."""
    shutil.copytree(HERE / "before", s.home / "before")
    packed = s.home / "before" / "ledger.db.gz"
    (s.home / "before" / "ledger.db").write_bytes(gzip.decompress(packed.read_bytes()))
    s.type("audit", "verify", "--json", cwd="before")
    s.type("audit", "log", "--json", "--all", cwd="before")
    s.type("audit", "export", "events.jsonl", cwd="before")
    exported = (s.home / "before" / "events.jsonl").read_bytes()
    s.said["the export of the ledger made before"] = hashlib.sha256(exported).hexdigest()
    s.type("due", "--on", "2028-01-01", "--json", cwd="before")
    s.type("disposal", "show", "2026-001", "--json", cwd="before")
    s.type("account", "list", "--json", cwd="before")
    s.type("hold", "list", "--json", cwd="before")
    s.type("schedule", "show", "--json", cwd="before")


def run_hidden(self: Session, *words: str) -> str:
    """Typed, and kept without its words, which hold chance."""
    out = self.type(*words)
    self.said[f"{self.minute:03} {words[0]} {words[1]} …"] = self.said.pop(f"{self.minute:03} {' '.join(words)}")
    return out


Session.run_hidden = run_hidden


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        made, said = played(home)
    if "--write" in sys.argv:
        (HERE / "documents.json").write_text(json.dumps(made, ensure_ascii=False, indent=1), encoding="utf-8")
        (HERE / "outputs.json").write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
        return 0
    differs = 0
    for kept, now in (("documents.json", made), ("outputs.json", said)):
        before = json.loads((HERE / kept).read_text(encoding="utf-8"))
        for name in sorted({*before, *now}):
            if before.get(name) != now.get(name):
                differs += 1
                print(f"--- {name}\n  before: {show(before.get(name))}\n  now:    {show(now.get(name))}")
    print(f"{differs} differ of {len(made) + len(said)}")
    return 1 if differs else 0


def show(value: object) -> str:
    return str(value)[:3000]


if __name__ == "__main__":
    sys.exit(main())
