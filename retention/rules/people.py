"""Values: who acts, what they may do, and what the ledger says of their accounts. What holds of them: persons.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it: a person by the name of their account, or the service with its version. Never a typed name (L6)."""

    name: str
    version: str = ""

    @property
    def is_service(self) -> bool:
        return bool(self.version)


class Role(Enum):
    """What a person may do; who may do what stands at each act (R1)."""

    ARCHIVIST = "archivist"  # 档案员
    DEPARTMENT = "department"  # 使用部门
    APPROVER = "approver"  # 审批人
    WITNESS = "witness"  # 监销人
    AUDITOR = "auditor"  # 审计
    ADMINISTRATOR = "administrator"  # 账户管理员: makes accounts and does nothing else


@dataclass(frozen=True, slots=True)
class Person:
    """A human being with an account. ``name`` is the account's, for ever; ``full_name`` is printed on papers."""

    name: str
    full_name: str
    roles: frozenset[Role] = frozenset()
    department: str = ""
    closed_on: date | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """What the events say of a person's account. ``secret``: SHA-256 of the stored form of the password, in hex.

    ``given``: somebody else chose the password, so that the person is not alone in knowing it.
    """

    person: Person
    secret: str = ""
    given: bool = False
    locked_until: datetime | None = None
