"""The office a command works in, by ``--office`` or by where it was typed."""

from __future__ import annotations

import click

from console.frame import office_folder
from foundation.language import _
from office.office import Office


def office_here() -> Office | None:
    """The office in reach; None where there is none."""
    folder = office_folder()
    return Office.load(folder) if folder else None


def the_office() -> Office:
    """The office in reach. A usage error where there is none."""
    if office := office_here():
        return office
    raise click.UsageError(
        _("There is no office here. Go into its folder, name it by --office, or make one by `guidang init`.")
    )
