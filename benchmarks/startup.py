"""What a command costs before it does anything, in units of `import click`. ``python benchmarks/startup.py``"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from harness import keep, machine, ms, table, versions

ROOT = Path(__file__).parents[1]
sys.path.remove(str(Path(__file__).parent))
sys.path.insert(0, str(ROOT))

from samples.making import share  # noqa: E402 - found by the path above

ROUNDS = 15
GUIDANG = ("-c", "import cli; cli.main()")
SHARE = '\n[shares."归档"]\npath = "../share"\nsettle_seconds = 0\nmissing_after_seconds = 0\n'


def run(*words: str, folder: Path, typed: str = "") -> float:
    """Seconds of processor time, user and system, that Python took with these words."""
    env = os.environ | {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": str(folder.parent / "state")}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, *words], cwd=folder, env=env, input=typed, capture_output=True, text=True, check=True
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def office(folder: Path) -> Path:
    """The sample office with its share registered."""
    place = folder / "office"
    shutil.copytree(ROOT / "samples" / "office", place, copy_function=shutil.copyfile)
    share.write(folder / "share")
    settings = place / "guidang.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + SHARE, encoding="utf-8")
    described = ("--full-name", "网管", "--role", "administrator", "--password-stdin")
    run(*GUIDANG, "account", "add", "admin", *described, folder=place, typed="correct horse 电池 staple\n")
    run(*GUIDANG, "scan", "--wait", folder=place)
    return place


def measured(place: Path) -> dict[str, float]:
    """The least of all rounds by what was run, in turn."""
    works = {
        "python -c 'import click'": ("-c", "import click"),
        "guidang --version": (*GUIDANG, "--version"),
        "guidang --help": (*GUIDANG, "--help"),
        "guidang forms": (*GUIDANG, "forms"),
        "guidang due": (*GUIDANG, "due"),
    }
    times = [{name: run(*words, folder=place) for name, words in works.items()} for _round in range(ROUNDS)]
    return {name: min(each[name] for each in times) for name in works}


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        found = measured(office(Path(folder)))
    unit = found["python -c 'import click'"]
    wanted = {"guidang --version": "≤ 2.5", "guidang due": "≤ 12.8"}
    rows = [(f"`{name}`", ms(time), f"{time / unit:.1f}", wanted.get(name, "–")) for name, time in found.items()]
    text = f"""## Start-up

{machine()}; {versions("click", "sqlalchemy", "pydantic")}. Processor time, user and system, the least of {ROUNDS} runs;
`guidang due` in the sample office with 2,020 files registered.

{table([("command", "processor time", "× `import click`", "to reach"), *rows])}"""
    keep("startup", text)


if __name__ == "__main__":
    main()
