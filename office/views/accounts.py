"""Accounts and persons as people see them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from foundation.language import _
from office.views.as_json import SPREAD
from office.views.times import local
from retention.ledger.ledger import Ledger
from retention.rules.people import Account, Person, Role
from retention.rules.persons import role_name, role_names


@dataclass(frozen=True)
class PersonRow:
    """Who has an account, and what they may do."""

    name: str
    full_name: str
    roles: frozenset[Role]
    department: str
    closed_on: date | None

    @property
    def role_names(self) -> str:
        return role_names(self.roles)

    def __str__(self) -> str:
        return "  ".join(filter(None, (f"{self.full_name} ({self.name})", self.role_names, self.department)))


@dataclass(frozen=True)
class AccountRow:
    """An account, and whether its person can log in."""

    person: PersonRow = field(metadata=SPREAD)
    locked_until: datetime | None
    password: bool
    given: bool

    @property
    def standing(self) -> str:
        if self.person.closed_on:
            return _("closed on {day}").format(day=self.person.closed_on)
        if self.locked_until:
            return _("locked until {time}").format(time=local(self.locked_until, "%H:%M"))
        if not self.password:
            return _("has no password")
        return _("has to choose a password") if self.given else _("in use")


@dataclass(frozen=True)
class Accounts:
    """The accounts there are."""

    accounts: tuple[AccountRow, ...]


def person(of: Person) -> PersonRow:
    """A person as they are shown."""
    return PersonRow(of.name, of.full_name, of.roles, of.department, of.closed_on)


def accounts(ledger: Ledger, at: datetime, *, closed: bool) -> Accounts:
    """The accounts as they stand at an instant, with ``closed`` those that are closed as well."""
    with ledger.read() as view:
        found = [each for each in view.accounts() if closed or each.person.closed_on is None]
    return Accounts(tuple(_account(each, at) for each in found))


def _account(each: Account, at: datetime) -> AccountRow:
    locked = each.locked_until if each.locked_until and at < each.locked_until else None
    return AccountRow(person(each.person), locked, bool(each.secret), each.given)


# --- roles ------------------------------------------------------------------------------------------------------


def role_called(text: str) -> Role | None:
    """The role of a name in either language: ``approver`` or 审批人; None where it is none."""
    return next((role for role in Role if text in {role.value, role_name(role)}), None)


def all_roles() -> str:
    """The names of all roles in both languages."""
    return _(", ").join(f"{role.value} {role_name(role)}" for role in Role)
