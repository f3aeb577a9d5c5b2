"""`guidang clock`: whether the machine's clock can be acted on, and a person's word that it can."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from console.archive import the_archive
from console.frame import Commands, Exit, common, prints_data, to_json
from console.terminal import option
from foundation.language import _

if TYPE_CHECKING:
    from retention.rules.dates import Clock


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
    now = datetime.now(UTC)
    with the_archive() as archive, archive.ledger.read() as view:
        known = view.clock()
    if as_json:
        fault = known.fault(now)
        data = {"exit": 0, "now": now.isoformat(), "latest": _iso(known.latest), "believed": _iso(known.believed)}
        click.echo(to_json(data | {"fault": fault.value if fault else None}))
        return Exit.DONE
    click.echo(_("Now, by this machine: {time}").format(time=_local(now)))
    click.echo(_("Last event: {time}").format(time=_local(known.latest)))
    click.echo(_("Last scan that was believed: {time}").format(time=_local(known.believed)))
    click.echo(_verdict(known, now))
    return Exit.DONE


@clock.command()
@prints_data
@option("--reason", metavar="TEXT", required=True, help="How you know that it is this late; it is kept for ever.")
def vouch(reason: str, as_json: bool) -> Exit:
    """Say that the time this machine shows is right, though the last scan was long before.

    Look at a watch first: dates that have come by a wrong clock make records due that have to be kept.
    """
    from office.archive import people
    from retention.acts import records as keeping

    now = datetime.now(UTC)
    with the_archive() as archive:
        stamp = people.stamp_of(archive.office, archive.ledger, now)
        keeping.vouch(archive.ledger, stamp, reason)
    if as_json:
        click.echo(to_json({"exit": 0, "now": now.isoformat(), "by": stamp.actor.name}))
    else:
        click.echo(_("{name} vouches that it is {time}.").format(name=stamp.actor.name, time=_local(now)))
    return Exit.DONE


def _verdict(known: Clock, now: datetime) -> str:
    from retention.rules.dates import ClockFault

    texts = {
        ClockFault.BEHIND: _("The clock is behind the last event: nothing is executed until it is set right."),
        ClockFault.AHEAD: _(
            "The clock is more than a day ahead of the last scan: nothing is executed until a person vouches for it "
            "(`guidang clock vouch --reason …`), or sets it right."
        ),
    }
    fault = known.fault(now)
    return texts[fault] if fault else _("The clock can be acted on.")


def _local(at: datetime | None) -> str:
    from retention.rules.dates import CHINA

    return f"{at.astimezone(CHINA):%Y-%m-%d %H:%M:%S}" if at else _("none yet")


def _iso(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
