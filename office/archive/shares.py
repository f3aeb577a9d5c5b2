"""Where an office's shares lie, and what may not lie where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

from foundation.language import _
from office.office import Office
from retention.errors import Place, Problem, RefusedError
from retention.filing.share import Share

PAPERS = "disposal"
"""The folder below the office that the papers of disposals lie in, and the name of the share their records have."""


def shares(office: Office) -> tuple[Share, ...]:
    """The shares of guidang.toml, in its order; a relative path counts from the office's folder.

    RefusedError, with every fault, where the office lies inside a share: its ledger would be watched, and written
    where nothing may be (D14); or where one share lies inside another: a file would be two records.
    """
    found, lies = [], roots(office)
    for name, chosen in office.settings.shares.items():
        times = (chosen.settle_seconds, chosen.missing_after_seconds, chosen.full_scan_minutes * 60)
        settle, missing_after, full_every = (timedelta(seconds=seconds) for seconds in times)
        found.append(
            Share(
                name,
                lies[name],
                settle,
                missing_after,
                full_every,
                chosen.mass_missing_percent,
                chosen.mass_missing_files,
            )
        )
    if problems := [*_misplaced(office.folder, lies)]:
        raise RefusedError(problems)
    return tuple(found)


def _misplaced(folder: Path, roots: Mapping[str, Path]) -> Iterator[Problem]:
    real = {name: root.resolve() for name, root in roots.items()}
    for name, root in real.items():
        if name == PAPERS:
            message = _("this name is kept for the papers of disposals, which lie in the office")
            yield Problem(_share_place(name), message, _("Give the share another name."), "share.reserved", "D12")
        if folder.resolve().is_relative_to(root):
            message = _(
                "the office's own folder lies inside this share: its ledger would be watched, and written there"
            )
            hint = _("Move the office to a local disk of this machine, or name a folder beside it as path.")
            yield Problem(_share_place(name), message, hint, "share.office_inside", "D14")
        for other, outer in real.items():
            if other != name and root.is_relative_to(outer):
                message = _("it lies inside the share {other}: every file would be registered twice").format(
                    other=other
                )
                hint = _("Name only the outer folder, or two that lie side by side.")
                yield Problem(_share_place(name), message, hint, "share.inside_share", "W7")


def _share_place(name: str) -> Place:
    return Place("guidang.toml", part=f"shares.{name}")


def roots(office: Office) -> dict[str, Path]:
    """Where the shares of guidang.toml lie, by their names."""
    return {name: office.folder / Path(chosen.path).expanduser() for name, chosen in office.settings.shares.items()}
