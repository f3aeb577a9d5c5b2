"""duties.toml → duties: strict, with every fault at once."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from foundation.language import _
from retention.duties.judging import Duty
from retention.errors import Place, Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FILE = "duties.toml"
EVERY = ("month", "week", "half", "year", "case")
EACH = ("centre", "department", "person")
_KINDS: dict[str, type] = {"str": str, "int": int, "bool": bool}


def read_duties(data: bytes, name: str = FILE) -> tuple[Duty, ...]:
    """The duties declared in a duties.toml. SourceError with every fault."""
    try:
        declared = tomllib.loads(data.decode("utf-8-sig"))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        hint = _("Texts stand in quotes, lists in [ ], one key = value a line.")
        raise SourceError(Problem(name, str(error), hint, "duties.syntax")) from None
    return _Reader(name).duties(declared)


@dataclass
class _Reader:
    """A duties.toml on its way to values: the faults found so far."""

    name: str
    problems: list[Problem] = field(default_factory=list)

    def duties(self, declared: Mapping[str, Any]) -> tuple[Duty, ...]:
        found = [duty for row in declared.get("duties", ()) if (duty := self.duty(row))]
        self.references(found)
        if self.problems:
            raise SourceError(self.problems)
        return tuple(found)

    def fault(self, key: str, message: str, hint: str) -> None:
        self.problems.append(Problem(Place(self.name, part=key), message, hint, "duties.value"))

    def duty(self, row: Mapping[str, Any]) -> Duty | None:
        known = {one.name: str(one.type) for one in fields(Duty)}
        key, before = str(row.get("key", "")), len(self.problems)
        for name, value in row.items():
            self.value(key, name, value, known)
        for name in ("key", "clause", "title", "every"):
            if not row.get(name):
                self.fault(key, _("'{name}' is missing").format(name=name), _("Add {name} = … here.").format(name=name))
        if len(self.problems) > before:
            return None
        values: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in row.items()}
        duty = Duty(**values)
        self.contradictions(duty)
        return duty

    def value(self, key: str, name: str, value: object, known: Mapping[str, str]) -> None:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = _("Did you mean '{name}'?").format(name=near[0]) if near else ""
            self.fault(key, _("unknown key '{name}'").format(name=name), hint)
            return
        kind = _KINDS.get(known[name])
        good = type(value) is kind if kind else isinstance(value, list) and all(isinstance(one, str) for one in value)
        if not good:
            hint = _("Texts stand in quotes, lists in [ ].")
            self.fault(f"{key}.{name}", _("'{value}' is of the wrong kind").format(value=value), hint)

    def contradictions(self, duty: Duty) -> None:
        for name, value, possible in (("every", duty.every, EVERY), ("each", duty.each, EACH)):
            if value not in possible:
                hint = _("Possible here: {names}").format(names=", ".join(possible))
                self.fault(f"{duty.key}.{name}", _("'{value}' is not possible here").format(value=value), hint)
        dated = duty.every in ("month", "year") and not duty.after
        if dated and not 1 <= duty.day <= 31:
            self.fault(f"{duty.key}.day", _("there is no day"), _("Write day = 1 to 31; 31 is the last of the month."))
        if duty.every == "year" and not 1 <= duty.month <= 12:
            self.fault(f"{duty.key}.month", _("there is no month"), _("Write month = 1 to 12."))
        if duty.after and duty.working_days < 1:
            self.fault(
                f"{duty.key}.working_days", _("there is no number of days"), _("Write working_days = 1 or more.")
            )
        if duty.every == "case" and duty.hours < 1:
            self.fault(f"{duty.key}.hours", _("there is no number of hours"), _("Write hours = 1 or more."))

    def references(self, found: Sequence[Duty]) -> None:
        keys = {duty.key for duty in found}
        for duty in found:
            for name in (*duty.needs, *filter(None, [duty.after])):
                if name not in keys:
                    message = _("there is no duty '{name}'").format(name=name)
                    self.fault(duty.key, message, _("Possible here: {names}").format(names=", ".join(sorted(keys))))
        if len(keys) < len(found):
            self.fault("", _("a key is used twice"), _("Give each its own key."))
