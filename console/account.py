"""`guidang account`: who may act, and who is at this command line."""

from __future__ import annotations

import sys
from typing import Any

import click

from console import terminal
from console.archive import now
from console.frame import Commands, Exit, answer, common, options_of, prints_data, the_office
from console.terminal import argument, option
from foundation.language import _
from office.archive import people
from office.archive.ledgers import open_ledger
from office.archive.people import Person, Role
from office.views import accounts as views
from office.views.accounts import Accounts
from office.views.as_json import as_data
from office.views.times import local


class RoleType(click.ParamType[Any]):
    """``approver`` or 审批人 → Role."""

    name = "role"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The role, or a usage error that names all."""
        if isinstance(value, Role):
            return value
        if role := views.role_called(value):
            return role
        text = _("{value} is no role. There are: {roles}.")
        return self.fail(text.format(value=value, roles=views.all_roles()), param, ctx)


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
    office = the_office()
    with open_ledger(office, make=True) as ledger:
        first = not people.has_accounts(ledger)
        if first and not (as_json or from_stdin):
            click.echo(_("This is the first account of the office: it administers the others and does nothing else."))
        wanted = Person(
            name,
            full_name or _ask(_("Full name, as papers print it")),
            frozenset(roles or ([Role.ADMINISTRATOR] if first else ())),
            department or "",
        )
        made = people.add(office, ledger, wanted, lambda: _new_password(from_stdin=from_stdin), now())
    return _show_person(made, _added(made, first=first), as_json=as_json)


@account.command("list")
@prints_data
@option("--all", "everyone", is_flag=True, help="Closed accounts as well.")
def list_accounts(everyone: bool, as_json: bool) -> Exit:
    """List the accounts: name, person, roles, department, and whether they can log in."""
    with open_ledger(the_office()) as ledger:
        found = views.accounts(ledger, now(), closed=everyone)
    return answer(found, _print_accounts, as_json=as_json)


def _print_accounts(found: Accounts) -> None:
    titles = (_("account"), _("full name"), _("roles"), _("department"), _("standing"))
    people = ((each.person, each.standing) for each in found.accounts)
    rows = ((it.name, it.full_name, it.role_names, it.department, standing) for it, standing in people)
    terminal.print_table(titles, rows)


@account.command()
@prints_data
@_named
@_described
def change(name: str, full_name: str | None, roles: tuple[Role, ...], department: str | None, as_json: bool) -> Exit:
    """Change a person's full name, department or roles; needs an administrator. What is not named stays.

    The roles named replace those the person had. Nobody changes their own.
    """
    if full_name is None and not roles and department is None:
        raise click.UsageError(_("Name what is to change: --full-name, --role or --department."))
    office = the_office()
    with open_ledger(office) as ledger:
        stamp = people.stamp_of(office, ledger, now())
        wanted = frozenset(roles) if roles else None
        changed = people.change(ledger, stamp, name, full_name=full_name, roles=wanted, department=department)
    return _show_person(changed, _("Changed."), as_json=as_json)


@account.command()
@prints_data
@_named
@option("--reason", metavar="TEXT", required=True, help="Why, as the ledger keeps it.")
def close(name: str, reason: str, as_json: bool) -> Exit:
    """Close an account for ever; needs an administrator. Its sessions end at once, its name is never given again."""
    office = the_office()
    with open_ledger(office) as ledger:
        closed = people.close(ledger, people.stamp_of(office, ledger, now()), name, reason)
    return _show_person(closed, _("Closed."), as_json=as_json)


@account.command()
@prints_data
@_named
def unlock(name: str, as_json: bool) -> Exit:
    """Let somebody log in again after too many wrong passwords; needs an administrator."""
    office = the_office()
    with open_ledger(office) as ledger:
        unlocked = people.unlock(ledger, people.stamp_of(office, ledger, now()), name)
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
    office = the_office()
    with open_ledger(office) as ledger:
        here = people.person_here(office, ledger, now())
        if name is None or name == here.name:
            old = _old_password(from_stdin=from_stdin)
            people.choose_password(office, ledger, old, _new_password(from_stdin=from_stdin), now())
            return _show_person(here, _("The new password is in force."), as_json=as_json)
        given = people.give_password(office, ledger, name, _new_password(from_stdin=from_stdin), now())
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
    office = the_office()
    with open_ledger(office) as ledger:
        session = people.log_in(ledger, name, _old_password(from_stdin=from_stdin), now())
        if people.must_choose(ledger, session) and not from_stdin:
            click.echo(_("An administrator knows this password: choose your own now."), err=True)
            session = people.replace_password(ledger, session, _new_password(from_stdin=False), now())
        here = people.person_of(ledger, session, now())
        waiting = people.must_choose(ledger, session)
    if as_token:
        click.echo(session.token)
        return Exit.DONE
    people.keep(office, session)
    until = local(session.expires_at, "%Y-%m-%d %H:%M")
    text = _("{name} is logged in until {time}.").format(name=here.full_name, time=until)
    if waiting:
        text += _(" Choose your own password first: `guidang account password`.")
    return _show_person(here, text, as_json=as_json, until=until)


@account.command()
@prints_data
def logout(as_json: bool) -> Exit:
    """End the session on this command line."""
    office = the_office()
    with open_ledger(office) as ledger:
        ended = people.log_out(office, ledger, now())
    text = _("Logged out.") if ended else _("Nobody was logged in.")
    return answer({"ended": ended}, lambda _told: click.echo(text), as_json=as_json)


@account.command()
@prints_data
def whoami(as_json: bool) -> Exit:
    """Say who is logged in on this command line."""
    office = the_office()
    with open_ledger(office) as ledger:
        here = people.person_here(office, ledger, now())
    return _show_person(here, "", as_json=as_json)


# --- asking and showing ---------------------------------------------------------------------------------------


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
    shown = views.person(person)
    told = {**as_data(shown), **more}
    return answer(told, lambda _told: click.echo("\n".join(filter(None, (str(shown), text)))), as_json=as_json)
