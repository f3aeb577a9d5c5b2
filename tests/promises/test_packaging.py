"""What is installed from a wheel is complete: forms, templates, samples and catalogues travel with the code."""

from __future__ import annotations

import shutil
import subprocess
import sys
import zipfile

import pytest
from given.places import ROOT

DATA = {
    "templates": ("form.toml", "objectives.toml", ".docx"),
    "samples": (".toml", ".csv", ".xlsx"),
    "foundation": (".mo",),
}
LEFT_OUT = shutil.ignore_patterns(".*", "__pycache__", "build", "dist", "*.egg-info", "guidang-demo", "tests", "docs")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """The wheel built from a copy of this tree, without network."""
    place = tmp_path_factory.mktemp("wheel")
    shutil.copytree(ROOT, place / "source", ignore=LEFT_OUT)
    build = (sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-index", "--no-build-isolation")
    subprocess.run([*build, "-w", str(place), str(place / "source")], check=True, capture_output=True)
    return zipfile.ZipFile(next(place.glob("*.whl")))


PACKAGES = ("console", "docgen", "foundation", "office", "retention")


def test_every_data_file_is_in_the_wheel(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    for folder, endings in DATA.items():
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file() and path.name.endswith(endings)]
        files = [path for path in files if not {"making", "authoring"} & set(path.parts)]
        assert files, folder
        assert [str(path) for path in files if path.relative_to(ROOT).as_posix() not in packed] == []


def test_every_module_is_in_the_wheel_and_nothing_compiled(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    modules = [
        *ROOT.glob("*.py"),
        *(path for name in PACKAGES for path in (ROOT / name).rglob("*.py")),
    ]
    assert [path.name for path in modules if path.relative_to(ROOT).as_posix() not in packed] == []
    assert not [name for name in packed if name.endswith(".pyc")]


def test_how_samples_and_templates_were_made_stays_at_home(wheel: zipfile.ZipFile) -> None:
    assert not [name for name in wheel.namelist() if "/making/" in name or "/authoring/" in name]


def test_the_pins_name_no_host_and_no_path() -> None:
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        assert line.startswith("#") or line.count("==") == 1, line
        assert not {"/", "@", "\\"} & set(line.partition("#")[0]), line


def test_every_dependency_is_pinned() -> None:
    import re
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [
        *project["dependencies"],
        *(name for extra in project["optional-dependencies"].values() for name in extra),
    ]
    pins = {
        line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    }
    assert {re.split(r"[<>=;\[ ]", name)[0].lower() for name in wanted} <= pins
