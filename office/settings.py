"""guidang.toml: what one service centre is called, who signs, and the limits its figures are judged by."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from docgen.errors import DataError, Place, Problem, Remedy
from foundation.language import _

FILE = "guidang.toml"

_Hours = Annotated[Decimal, Field(gt=0)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)  # a section is built with the whole


class Departments(_Section):
    """The departments in the order of the report's third chapter (1.0: data, not code), and who heads each."""

    names: tuple[str, ...] = ("客户服务部", "特勤部", "工程维修部", "保洁绿化部")
    supervisors: dict[str, str] = {}

    @model_validator(mode="after")
    def _supervisors_are_of_departments(self) -> Departments:
        for name in self.supervisors:
            if name not in self.names:
                raise ValueError(_("'{name}' is not among the departments' names").format(name=name))
        return self


class People(_Section):
    """Whose names stand on the cover: 编制, 复核, 审批."""

    prepared: str = ""
    checked: str = ""
    approved: str = ""


class Visits(_Section):
    """Clause 3.6.1: who has to visit how many households a month; nobody named: those the staff register ticks."""

    households: int = Field(default=5, ge=1)
    persons: tuple[str, ...] = ()


class Limits(_Section):
    """Hours from receipt to completion by 报修类别; a category without a limit is counted neither way (gap G13)."""

    repair: dict[str, _Hours] = {}


class Choices(BaseModel):
    """What the procedure leaves open (gaps G10–G12). Further keys are kept: an office's own forms may ask for them."""

    model_config = ConfigDict(frozen=True, extra="allow")

    satisfaction_scale: Annotated[Decimal, Field(gt=0)] = Decimal(100)
    energy_base: Literal["same_month_last_year", "last_month"] = "same_month_last_year"
    collection: Literal["current", "cumulative"] = "current"
    holidays: str = "holidays.csv"


class Deadlines(_Section):
    """What the procedure leaves open about deadlines (gaps G4–G6, G16, procedure 5, conventions 6)."""

    base_data: Literal["warn", "strict"] = "warn"
    rest_days: Literal["calendar", "next_working_day"] = "calendar"
    unanswered: Literal["allowed", "overdue"] = "allowed"
    first_day: Literal["next_day", "same_day"] = "next_day"
    before: Literal["included", "excluded"] = "included"
    week_of: Literal["monday", "thursday", "friday", "sunday"] = "friday"


class Retention(_Section):
    """From when a term counts for classes whose row of the schedule does not say (gap G17)."""

    start: Literal["next_year", "anniversary"] = "next_year"
    base: Literal["period_end", "document", "filing", "latest"] = "period_end"


class ShareSettings(_Section):
    """A folder of filed documents that is watched: where it lies, and how long to wait before anything is believed.

    ``path``: absolute (UNC too) or relative to the office; ``mass_missing_*``: more records than this gone
    at once are not believed to be missing until a person says so (W8).
    """

    path: str = Field(min_length=1)
    settle_seconds: float = Field(default=3, ge=0)
    missing_after_seconds: float = Field(default=60, ge=0)
    full_scan_minutes: float = Field(default=60, gt=0)
    mass_missing_percent: int = Field(default=20, ge=0, le=100)
    mass_missing_files: int = Field(default=50, ge=0)


class Disposal(_Section):
    """Days: until an approval may be used, until it expires, and how long files wait in quarantine (D5).

    They count for lists drafted from now on; what is being decided goes on by the days it began with.
    """

    cooling_days: int = Field(default=7, ge=1)
    approval_days: int = Field(default=30, ge=1)
    quarantine_days: int = Field(default=7, ge=0)

    @model_validator(mode="after")
    def _approvals_outlast_their_cooling_off(self) -> Disposal:
        if self.approval_days <= self.cooling_days:
            raise ValueError(_("'approval_days' has to be more than 'cooling_days'"))
        return self


class Settings(_Section):
    """One guidang.toml. ``version``: of the papers; ``number``: the pattern of their 编号.

    ``database``: where the ledger lies, a file below the office or postgresql://…; ledger.db without it.
    """

    name: str = Field(min_length=1)
    company: str = ""
    project: str = ""
    language: Literal["zh_CN", "en"] = "zh_CN"
    version: str = "A/0"
    number: str = "{code}〔{year}〕{month}号"
    database: str = ""
    departments: Departments = Departments()
    people: People = People()
    visits: Visits = Visits()
    limits: Limits = Limits()
    deadlines: Deadlines = Deadlines()
    retention: Retention = Retention()
    disposal: Disposal = Disposal()
    shares: dict[str, ShareSettings] = {}
    settings: Choices = Choices()

    @model_validator(mode="after")
    def _number_can_be_filled(self) -> Settings:
        for name in re.findall(r"\{([^{}]*)\}", self.number):
            if name not in {"code", "year", "month"}:
                raise ValueError(
                    _("'number' may hold {{code}}, {{year}} and {{month}}, not '{name}'").format(name=name)
                )
        return self

    @model_validator(mode="after")
    def _shares_have_names(self) -> Settings:
        for name in self.shares:
            if not name.strip() or "/" in name or "\\" in name:
                raise ValueError(_("a share's name is a word without strokes, not '{name}'").format(name=name))
        return self

    def for_expressions(self) -> Mapping[str, Any]:
        """What a form's expressions see as ``settings``."""
        return {
            **self.settings.model_dump(),
            "limits": self.limits.model_dump(),
            "departments": self.departments.names,
            "visits": self.visits.model_dump(),
        }


def load(path: Path) -> Settings:
    """The settings of a guidang.toml. DataError with every fault in it, each at its key."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8-sig"), parse_float=Decimal)
    except OSError as error:
        reason = _("the file cannot be read: {reason}").format(reason=error.strerror)
        raise DataError(Problem(Place(str(path)), reason, Remedy("settings.begin"), "settings.unreadable")) from None
    except UnicodeDecodeError:
        problem = Problem(FILE, _("the file is not UTF-8 text"), _("Save the file as UTF-8."), "settings.encoding")
        raise DataError(problem) from None
    except tomllib.TOMLDecodeError as error:
        message = _("this is not valid TOML: {reason}").format(reason=error)
        hint = _("Texts stand in quotes, lists in [ ], one key = value a line.")
        raise DataError(Problem(FILE, message, hint, "settings.syntax")) from None
    return parse(data)


def parse(data: Mapping[str, Any]) -> Settings:
    """Settings of parsed TOML; pure. DataError with every fault."""
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise DataError(_problems(error)) from None


def _problems(error: ValidationError) -> Iterator[Problem]:
    for fault in error.errors():
        path = ".".join(str(step) for step in fault["loc"])
        message, hint = _explained(fault["type"], fault)
        yield Problem(Place(FILE, part=path), message, hint, "settings.value")


def _explained(kind: str, fault: Any) -> tuple[str, str]:
    if kind == "missing":
        return _("this setting is missing"), _("Add it: name is the service centre's name, in quotes.")
    if kind == "extra_forbidden":
        return _("there is no such setting"), _("Check the spelling; settings of your own belong under [settings].")
    if kind == "literal_error":
        expected = fault["ctx"]["expected"].replace("'", "").replace(" or ", "、")
        message = _("'{value}' is not possible here").format(value=fault["input"])
        return message, _("Possible here: {names}").format(names=expected)
    if kind == "value_error":
        return str(fault["ctx"]["error"]), _("Correct it in guidang.toml.")
    if kind.startswith(("greater_than", "decimal", "int", "finite")):
        return _("'{value}' is not a number above 0").format(value=fault["input"]), _("Write a number without quotes.")
    return _("'{value}' is of the wrong kind").format(value=fault["input"]), _("Texts stand in quotes, lists in [ ].")
