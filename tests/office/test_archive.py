"""What joins an office to its archive: its shares, and the classes files may be of by the schedule in force."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

import pytest
from given.places import ROOT

from docgen.errors import DataError
from docgen.forms.loading import load_forms
from office.archive.classes import catalogue_of, kinds_of
from office.archive.shares import shares
from office.office import Office
from office.starting import create_office
from retention.errors import RefusedError
from retention.filing.identify import Document, Standing, identify
from retention.ledger.ledger import Draft, Ledger, Stamp
from retention.rules.events import ScheduleAdopted
from retention.rules.people import Actor
from retention.rules.schedule_table import find, read_schedule

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from docgen.forms.declaration import Form
    from retention.filing.titles import Kind
    from retention.rules.schedule import RecordClass

STAMP = Stamp(datetime(2026, 11, 23, tzinfo=UTC), date(2026, 11, 23), Actor("he", ""))


@lru_cache(maxsize=1)
def forms() -> tuple[Form, ...]:
    return tuple(load_forms(ROOT / "templates").values())


def classes(*rows: str) -> Sequence[RecordClass]:
    text = "\n".join(("记录名称,标识,保存期限,别名", *rows))
    return read_schedule(text.encode(), "schedule.csv").version.classes


def by_form(kinds: Sequence[Kind]) -> dict[str, Kind]:
    return {kind.form: kind for kind in kinds if kind.form}


@pytest.fixture
def office(tmp_path: Path) -> Path:
    create_office(tmp_path / "office", name="测试服务中心")
    return tmp_path / "office"


# --- classes ----------------------------------------------------------------------------------------------------


def test_a_form_has_the_key_of_its_row_in_the_schedule() -> None:
    kinds = by_form(kinds_of(forms(), classes("月报,QG-FW-01-01,2年,", "每日检查表,JY-QM-9,1年,", "会议纪要,,1年,")))
    assert kinds["monthly-report"].key == "QG-FW-01-01"
    assert "月报" in kinds["monthly-report"].aliases
    assert (kinds["daily-check"].key, kinds["daily-check"].code) == ("JY-QM-9", "JY-QM-9")
    assert kinds["minutes"].key == "会议纪要"


def test_a_form_the_schedule_does_not_know_goes_by_its_code_or_title() -> None:
    kinds = by_form(kinds_of(forms(), ()))
    assert kinds["incident"].key == "QG-FW-04-01"
    assert kinds["daily-check"].key == "每日检查表"
    assert kinds["monthly-report/base-data"].key == "基础数据汇总表"


def test_a_row_for_several_forms_leaves_each_its_own_key_by_which_it_is_found() -> None:
    """Two forms under one row stay two kinds: two files for one month are no duplicates of each other."""
    rows = classes("日常台账,,1年,报修登记、投诉登记")
    kinds = kinds_of(forms(), rows)
    own = by_form(kinds)
    assert (own["repairs"].key, own["complaints"].key) == ("报修登记", "投诉登记")
    version = read_schedule(
        "记录名称,保存期限,别名\n日常台账,1年,报修登记、投诉登记\n".encode(), "schedule.csv"
    ).version
    assert [found.title for key in ("报修登记", "投诉登记") if (found := find(version, key))] == [
        "日常台账",
        "日常台账",
    ]


def test_a_row_without_a_form_is_a_class_too() -> None:
    (kind,) = [kind for kind in kinds_of(forms(), classes("消防演练记录,XF-01,5年,演练记录")) if kind.key == "XF-01"]
    assert (kind.title, kind.form, kind.aliases, kind.many) == ("消防演练记录", "", ("演练记录",), True)


def test_a_code_that_differs_is_another_class_whatever_its_title() -> None:
    kinds = kinds_of(forms(), classes("突发事件处理记录表,XX-99,5年,"))
    assert sorted(kind.key for kind in kinds if kind.title == "突发事件处理记录表") == ["QG-FW-04-01", "XX-99"]


def test_a_row_that_takes_a_forms_place_has_its_code_among_its_names() -> None:  # P1
    kinds = by_form(kinds_of(forms(), classes("部门月计划,JY-09,1年,JY-QM7.5.1-02")))
    assert (kinds["monthly-plan"].key, kinds["monthly-plan"].title) == ("JY-09", "月工作计划")


def test_every_kind_has_a_key_of_its_own() -> None:
    kinds = kinds_of(forms(), classes("日常台账,,1年,报修登记、投诉登记", "月报,QG-FW-01-01,2年,", "演练,,1年,"))
    assert len({kind.key for kind in kinds}) == len(kinds) > len(forms())


def test_the_schedule_in_force_names_the_classes_before_the_file_does(office: Path) -> None:  # P1
    path = "2026年/消防演练记录 2026年10月.docx"
    (office / "schedule.csv").write_text("记录名称,保存期限\n消防演练记录,1年\n", encoding="utf-8")
    seen = identify(catalogue_of(Office.load(office)), Document(path, {}))
    assert (seen.standing, seen.kind, str(seen.period)) == (Standing.RECORD, "消防演练记录", "2026-10")
    adopted = read_schedule("记录名称,标识,保存期限\n消防演练记录,XF-01,1年\n".encode(), "schedule.csv").version
    with Ledger.open(office / "ledger.db") as ledger:
        ledger.append([Draft("schedule", ScheduleAdopted(1, adopted))], STAMP)
    assert identify(catalogue_of(Office.load(office)), Document(path, {})).kind == "XF-01"
    (office / "schedule.csv").unlink()
    assert identify(catalogue_of(Office.load(office)), Document(path, {})).kind == "XF-01"


def test_without_any_schedule_the_forms_are_known(office: Path) -> None:
    (office / "schedule.csv").unlink()
    assert "QG-FW-01-01" in catalogue_of(Office.load(office)).kinds


# --- shares -----------------------------------------------------------------------------------------------------


def configured(office: Path, text: str) -> Office:
    place = office / "guidang.toml"
    place.write_text(place.read_text(encoding="utf-8") + text, encoding="utf-8")
    return Office.load(office)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('\n[shares."归档"]\n', "shares.归档.path"),
        ('\n[shares."归档"]\npath = "x"\nsettle = 3\n', "shares.归档.settle"),
        ('\n[shares."归档"]\npath = "x"\nmass_missing_percent = 120\n', "shares.归档.mass_missing_percent"),
        ('\n[shares."归档"]\npath = "x"\nfull_scan_minutes = 0\n', "shares.归档.full_scan_minutes"),
    ],
)
def test_a_share_that_is_declared_wrongly_is_told_at_its_key(office: Path, text: str, place: str) -> None:
    with pytest.raises(DataError) as told:
        configured(office, text)
    assert [problem.where for problem in told.value.problems] == [f"guidang.toml {place}"]


def test_shares_are_what_the_settings_say(office: Path) -> None:
    root = office.parent / "档案"
    text = '\n[shares."归档"]\npath = "../档案"\n[shares."旧档"]\npath = "{}"\nsettle_seconds = 5\n'
    text += "mass_missing_files = 9\n"
    first, second = shares(configured(office, text.format((office.parent / "old").as_posix())))
    assert (first.name, first.root.resolve(), first.full_every) == ("归档", root.resolve(), timedelta(hours=1))
    assert (second.settle, second.missing_after, second.mass_percent, second.mass_files) == (
        timedelta(seconds=5),
        timedelta(seconds=60),
        20,
        9,
    )


def test_an_office_inside_a_share_and_a_share_inside_a_share_are_refused(office: Path) -> None:  # D14, W7
    text = (
        f'\n[shares."外"]\npath = "{office.parent.as_posix()}"\n[shares."内"]\npath = "{office.parent.as_posix()}/x"\n'
    )
    with pytest.raises(RefusedError) as told:
        shares(configured(office, text))
    assert [(problem.where, problem.code) for problem in told.value.problems] == [
        ("guidang.toml shares.外", "share.office_inside"),
        ("guidang.toml shares.内", "share.inside_share"),
    ]


def test_a_share_below_the_office_is_allowed(office: Path) -> None:
    (share,) = shares(configured(office, '\n[shares."归档"]\npath = "filed"\n'))
    assert share.root == office / "filed"


@pytest.mark.parametrize("name", ["a/b", " ", "a\\\\b"])
def test_a_shares_name_is_a_word(office: Path, name: str) -> None:
    with pytest.raises(DataError):
        configured(office, f'\n[shares."{name}"]\npath = "x"\n')
