"""`guidang account`: who may act, and who is at this command line."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from console import terminal
from console.frame import Commands, Exit, common, options_of, prints_data, the_office, to_json
from console.terminal import argument, option
from foundation.language import _

if TYPE_CHECKING:
    from office import Office
    from retention.ledger.ledger import Ledger
    from retention.rules.people import Account, Person, Role


class RoleType(click.ParamType[Any]):
    """``approver`` or 审批人 → Role."""

    name = "role"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The role, or a usage error that names all."""
        from retention.rules.people import Role
        from retention.rules.persons import role_name

        if isinstance(value, Role):
            return value
        known = {name: role for role in Role for name in (role.value, role_name(role))}
        if value in known:
            return known[value]
        text = _("{value} is no role. There are: {roles}.")
        return self.fail(text.format(value=value, roles=_(", ").join(map(_both_names, Role))), param, ctx)


_named = argument("name", metavar="NAME", help="The account's name, such as wang.min.")
_from_stdin = option(
    "--password-stdin",
    "from_stdin",
    is_flag=True,
    help="Read passwords from standard input, a line each, instead of asking for them.",
)
_ROLES = "What the person may do; may be repeated: archivist, department, approver, witness, auditor, administrator."
_described = options_of(
    option("--full-name", metavar="NAME", help="The person's full name, as papers print it."),
    option("--role", "roles", metavar="ROLE", multiple=True, type=RoleType(), help=_ROLES),
    option("--department", metavar="NAME", help="The department the person belongs to."),
)


@click.group(cls=Commands)
@common
def account() -> None:
    """Accounts of persons: only who is logged in can hold, classify, propose, approve or destroy anything.

    Begin with `guidang account add NAME`: the first account administers the others and does nothing else. Roles are
    archivist 档案员, department 使用部门, approver 审批人, witness 监销人, auditor 审计, administrator 账户管理员.
    """


# --- accounts -------------------------------------------------------------------------------------------------


@account.command()
@prints_data
@_named
@_described
@_from_stdin
def add(  # noqa: PLR0913, PLR0917 - one parameter an option
    name: str,
    full_name: str | None,
    roles: tuple[Role, ...],
    department: str | None,
    from_stdin: bool,
    as_json: bool,
) -> Exit:
    """Give a person an account; needs an administrator to be logged in.

    Asks for a first password, which the person replaces by their own before they do anything else. Names are never
    given a second time. The first account of an office needs nobody logged in: it becomes an administrator, and is
    logged in at once.
    """
    from office.archive import ledgers, people
    from retention.rules.people import Person
    from retention.rules.people import Role as Roles

    office = the_office()
    with ledgers.open_ledger(office, make=True) as ledger:
        first = not people.has_accounts(ledger)
        if first and not (as_json or from_stdin):
            click.echo(_("This is the first account of the office: it administers the others and does nothing else."))
        wanted = Person(
            name,
            full_name or _ask(_("Full name, as papers print it")),
            frozenset(roles or ([Roles.ADMINISTRATOR] if first else ())),
            department or "",
        )
        made = people.add(office, ledger, wanted, lambda: _new_password(from_stdin=from_stdin), _now())
    return _show_person(made, _added(made, first=first), as_json=as_json)


@account.command("list")
@prints_data
@option("--all", "everyone", is_flag=True, help="Closed accounts as well.")
def list_accounts(everyone: bool, as_json: bool) -> Exit:
    """List the accounts: name, person, roles, department, and whether they can log in."""
    from office.archive import ledgers

    with ledgers.open_ledger(the_office()) as ledger, ledger.read() as view:
        known = [each for each in view.accounts() if everyone or each.person.closed_on is None]
    if as_json:
        click.echo(to_json({"exit": 0, "accounts": [*map(_account_data, known)]}))
    else:
        titles = (_("account"), _("full name"), _("roles"), _("department"), _("standing"))
        terminal.print_table(titles, map(_account_row, known))
    return Exit.DONE


@account.command()
@prints_data
@_named
@_described
def change(name: str, full_name: str | None, roles: tuple[Role, ...], department: str | None, as_json: bool) -> Exit:
    """Change a person's full name, department or roles; needs an administrator. What is not named stays.

    The roles named replace those the person had. Nobody changes their own.
    """
    from office.archive import people
    from retention.acts import accounts

    if full_name is None and not roles and department is None:
        raise click.UsageError(_("Name what is to change: --full-name, --role or --department."))
    office = the_office()
    with _ledger(office) as ledger:
        stamp = people.stamp_of(office, ledger, _now())
        wanted = frozenset(roles) if roles else None
        changed = accounts.change(ledger, stamp, name, full_name=full_name, roles=wanted, department=department)
    return _show_person(changed, _("Changed."), as_json=as_json)


@account.command()
@prints_data
@_named
@option("--reason", metavar="TEXT", required=True, help="Why, as the ledger keeps it.")
def close(name: str, reason: str, as_json: bool) -> Exit:
    """Close an account for ever; needs an administrator. Its sessions end at once, its name is never given again."""
    from office.archive import people
    from retention.acts import accounts

    office = the_office()
    with _ledger(office) as ledger:
        closed = accounts.close(ledger, people.stamp_of(office, ledger, _now()), name, reason)
    return _show_person(closed, _("Closed."), as_json=as_json)


@account.command()
@prints_data
@_named
def unlock(name: str, as_json: bool) -> Exit:
    """Let somebody log in again after too many wrong passwords; needs an administrator."""
    from office.archive import people
    from retention.acts import accounts

    office = the_office()
    with _ledger(office) as ledger:
        unlocked = accounts.unlock(ledger, people.stamp_of(office, ledger, _now()), name)
    return _show_person(unlocked, _("Unlocked."), as_json=as_json)


@account.command()
@prints_data
@argument("name", metavar="[NAME]", required=False, help="Whose, as an administrator; your own without it.")
@_from_stdin
def password(name: str | None, from_stdin: bool, as_json: bool) -> Exit:
    """Choose a new password for yourself, or as an administrator a first one for somebody who lost theirs.

    Your own needs the old one; with --password-stdin the old one stands on the first line and the new one on the
    second. Every other session of that account ends.
    """
    from office.archive import people

    office = the_office()
    with _ledger(office) as ledger:
        here = people.person_here(office, ledger, _now())
        if name is None or name == here.name:
            old = _old_password(from_stdin=from_stdin)
            people.choose_password(office, ledger, old, _new_password(from_stdin=from_stdin), _now())
            return _show_person(here, _("The new password is in force."), as_json=as_json)
        given = people.give_password(office, ledger, name, _new_password(from_stdin=from_stdin), _now())
    text = _("The first password is set; {name} chooses their own after logging in.").format(name=given.full_name)
    return _show_person(given, text, as_json=as_json)


# --- sessions -------------------------------------------------------------------------------------------------


@account.command()
@prints_data
@_named
@_from_stdin
@option("--token", "as_token", is_flag=True, help="Print the session's token, for GUIDANG_SESSION, and keep nothing.")
def login(name: str, from_stdin: bool, as_token: bool, as_json: bool) -> Exit:
    """Log in on this command line, for eight hours.

    The session is kept in a file that only your login of this machine can read, one for each office. Log out where
    others use the same login of the machine.
    """
    from office.archive import people

    office = the_office()
    with _ledger(office) as ledger:
        session = people.log_in(ledger, name, _old_password(from_stdin=from_stdin), _now())
        if people.must_choose(ledger, session) and not from_stdin:
            click.echo(_("An administrator knows this password: choose your own now."), err=True)
            session = people.replace_password(ledger, session, _new_password(from_stdin=False), _now())
        here = people.person_of(ledger, session, _now())
        waiting = people.must_choose(ledger, session)
    if as_token:
        click.echo(session.token)
        return Exit.DONE
    people.keep(office, session)
    until = f"{_local(session.expires_at):%Y-%m-%d %H:%M}"
    text = _("{name} is logged in until {time}.").format(name=here.full_name, time=until)
    if waiting:
        text += _(" Choose your own password first: `guidang account password`.")
    return _show_person(here, text, as_json=as_json, until=until)


@account.command()
@prints_data
def logout(as_json: bool) -> Exit:
    """End the session on this command line."""
    from office.archive import people

    office = the_office()
    with _ledger(office) as ledger:
        ended = people.log_out(office, ledger, _now())
    if as_json:
        click.echo(to_json({"exit": 0, "ended": ended}))
    else:
        click.echo(_("Logged out.") if ended else _("Nobody was logged in."))
    return Exit.DONE


@account.command()
@prints_data
def whoami(as_json: bool) -> Exit:
    """Say who is logged in on this command line."""
    from office.archive import people

    office = the_office()
    with _ledger(office) as ledger:
        here = people.person_here(office, ledger, _now())
    return _show_person(here, "", as_json=as_json)


# --- asking and showing ---------------------------------------------------------------------------------------


def _ledger(office: Office) -> Ledger:
    from office.archive import ledgers

    return ledgers.open_ledger(office)


def _now() -> Any:
    from datetime import UTC, datetime

    return datetime.now(UTC)


def _local(at: Any) -> Any:
    from retention.rules.dates import CHINA

    return at.astimezone(CHINA)


def _ask(text: str) -> str:
    return str(click.prompt(text, err=True))


def _old_password(*, from_stdin: bool) -> str:
    return _line() if from_stdin else str(click.prompt(_("Password"), hide_input=True, err=True))


def _new_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return _line()
    again = _("The same once more")
    return str(click.prompt(_("New password"), hide_input=True, confirmation_prompt=again, err=True))


def _line() -> str:
    line = sys.stdin.readline()
    if not line:
        raise click.UsageError(_("There is no further line on standard input."))
    return line.rstrip("\r\n")


def _added(person: Person, *, first: bool) -> str:
    if not first:
        return _("{name} can log in now, and chooses their own password then.").format(name=person.full_name)
    return _(
        "{name} is logged in. Now add the others: at least one archivist, one approver who is somebody else, and two "
        "witnesses; and a second administrator for the day this password is forgotten."
    ).format(name=person.full_name)


def _show_person(person: Person, text: str, *, as_json: bool, **more: Any) -> Exit:
    if as_json:
        click.echo(to_json({"exit": 0, **_person_data(person), **more}))
        return Exit.DONE
    from retention.rules.persons import role_names

    named = f"{person.full_name} ({person.name})"
    click.echo("  ".join(filter(None, (named, role_names(person.roles), person.department))))
    if text:
        click.echo(text)
    return Exit.DONE


def _both_names(role: Role) -> str:
    from retention.rules.persons import role_name

    return f"{role.value} {role_name(role)}"


def _account_row(each: Account) -> tuple[str, ...]:
    from retention.rules.persons import role_names

    person = each.person
    return (person.name, person.full_name, role_names(person.roles), person.department, _standing(each))


def _standing(each: Account) -> str:
    if each.person.closed_on:
        return _("closed on {day}").format(day=each.person.closed_on)
    if each.locked_until and _now() < each.locked_until:
        return _("locked until {time}").format(time=f"{_local(each.locked_until):%H:%M}")
    if not each.secret:
        return _("has no password")
    return _("has to choose a password") if each.given else _("in use")


def _person_data(person: Person) -> dict[str, Any]:
    return {
        "name": person.name,
        "full_name": person.full_name,
        "roles": sorted(role.value for role in person.roles),
        "department": person.department,
        "closed_on": person.closed_on,
    }


def _account_data(each: Account) -> dict[str, Any]:
    locked = each.locked_until.isoformat() if each.locked_until and _now() < each.locked_until else None
    return _person_data(each.person) | {"locked_until": locked, "password": bool(each.secret), "given": each.given}
