"""`guidang clock`: whether the machine's clock can be acted on, and a person's word that it can."""

from __future__ import annotations

from datetime import datetime

import click

from console.archive import now, the_archive
from console.frame import Commands, Exit, answer, common, prints_data
from console.terminal import option
from foundation.language import _
from office.archive.records import vouch as vouch_for
from office.views import clock as views
from office.views.clock import ClockStanding
from office.views.times import local


@click.group(cls=Commands)
@common
def clock() -> None:
    """Whether the machine's clock is believed: by a wrong one nothing is executed.

    A clock behind the last event, or more than a day ahead of the last scan, may be wrong. Scanning and listing go
    on; nothing is destroyed until the clock is right, or a person vouches for it.
    """


@clock.command()
@prints_data
def show(as_json: bool) -> Exit:
    """Show the time as this machine has it, the last event and the last scan that was believed."""
    with the_archive() as archive:
        found = views.clock(archive.ledger, now())
    return answer(found, _print_clock, as_json=as_json)


def _print_clock(found: ClockStanding) -> None:
    click.echo(_("Now, by this machine: {time}").format(time=local(found.now)))
    click.echo(_("Last event: {time}").format(time=_or_none(found.latest)))
    click.echo(_("Last scan that was believed: {time}").format(time=_or_none(found.believed)))
    click.echo(_verdict(found.fault))


@clock.command()
@prints_data
@option("--reason", metavar="TEXT", required=True, help="How you know that it is this late; it is kept for ever.")
def vouch(reason: str, as_json: bool) -> Exit:
    """Say that the time this machine shows is right, though the last scan was long before.

    Look at a watch first: dates that have come by a wrong clock make records due that have to be kept.
    """
    with the_archive() as archive:
        stamp = archive.stamp(now())
        vouch_for(archive.ledger, stamp, reason)
    text = _("{name} vouches that it is {time}.").format(name=stamp.actor.name, time=local(stamp.at))
    told = {"now": stamp.at, "by": stamp.actor.name}
    return answer(told, lambda _told: click.echo(text), as_json=as_json)


def _verdict(fault: str | None) -> str:
    texts = {
        "behind": _("The clock is behind the last event: nothing is executed until it is set right."),
        "ahead": _(
            "The clock is more than a day ahead of the last scan: nothing is executed until a person vouches for it "
            "(`guidang clock vouch --reason …`), or sets it right."
        ),
    }
    return texts[fault] if fault else _("The clock can be acted on.")


def _or_none(at: datetime | None) -> str:
    return local(at) if at else _("none yet")
