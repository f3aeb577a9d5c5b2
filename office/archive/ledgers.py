"""An office's ledger: where it lies, the key that signs its checkpoints, and where those are kept.

The checkpoints beside the ledger are copies for daily use. What proves anything to a stranger is one that was taken
away: on another machine, in a mail, on paper (L2).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.language import _
from retention.errors import Place, Problem, Remedy, TamperedError, UnknownError
from retention.ledger import chain, checkpoints, proving
from retention.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from office.office import Office

DATABASE = "ledger.db"
KEY = Path("keys", "ledger.key")
PUBLIC = Path("keys", "ledger.pub")
CHECKPOINTS = "checkpoints"


def place_of(office: Office) -> str | Path:
    """The file or the database URL of an office's ledger."""
    named = office.settings.database
    return named if "://" in named else office.folder / (named or DATABASE)


def is_there(office: Office) -> bool:
    """Whether an office's ledger was made already; of a database on a server only opening it tells."""
    place = place_of(office)
    return not isinstance(place, Path) or place.exists()


def open_ledger(office: Office, *, make: bool = False) -> Ledger:
    """The ledger of an office. UnknownError where there is none yet, unless it is to be made."""
    place = place_of(office)
    if not (make or is_there(office)):
        hint = Remedy("ledger.begin")
        raise UnknownError(Problem(str(place), _("there is no ledger yet"), hint, "ledger.none"))
    return Ledger.open(place)


def take_checkpoint(office: Office, at: datetime, folder: Path | None = None) -> tuple[checkpoints.Checkpoint, Path]:
    """Sign where the ledger ends, and keep that in ``folder`` and among the office's own; makes the key when needed.

    TamperedError where the ledger does not agree with its own checkpoints: a signature would cover that up.
    """
    see_that_it_holds(office)
    place = office.folder / KEY
    key = checkpoints.private_key(place) if place.exists() else checkpoints.make_key(place)
    public = office.folder / PUBLIC
    if not public.exists():
        public.write_bytes(checkpoints.public_pem(key))
    with open_ledger(office) as ledger, ledger.read() as view:
        point = checkpoints.sign(view.head, at, key)
    own = checkpoints.keep(point, office.folder / CHECKPOINTS)
    return point, checkpoints.keep(point, folder) if folder else own


def see_that_it_holds(office: Office) -> None:
    """TamperedError where the ledger does not agree with the office's own checkpoints (L2)."""
    if findings := verify(office, (), None, replay=False).findings:
        hint = _("Leave everything as it is, and look for the last backup.")
        raise TamperedError(
            Problem(Place(part=_("ledger")), each.message, hint, "ledger.tampered", "L2") for each in findings
        )


def verify(office: Office, points: Sequence[Path], key: Path | None, *, replay: bool) -> chain.Verdict:
    """The ledger held against its checkpoints: those named, else the office's own. ``replay``: its state as well."""
    known = [_checkpoint(path) for path in points] or checkpoints.kept(office.folder / CHECKPOINTS)
    public = _public(key or office.folder / PUBLIC) if key or known else None
    with open_ledger(office) as ledger:
        verdict = ledger.verify(known, public)
        with ledger.read() as view:
            bad = {finding.seq for finding in verdict.findings}
            found = tuple(
                proving.differences(view)
                if replay
                else (each for each in proving.misfiled_events(view) if each.seq not in bad)
            )
    return replace(verdict, findings=(*verdict.findings, *found), proven=0 if found else verdict.proven)


def verify_export(events: Path, points: Sequence[Path], key: Path | None) -> chain.Verdict:
    """Exported events held against checkpoints: no office, no database (L4)."""
    return chain.verify(chain.exported(events), [_checkpoint(path) for path in points], _public(key) if key else None)


def export(office: Office, target: Path) -> chain.Head:
    """Write every event of an office's ledger into one file."""
    with open_ledger(office) as ledger, ledger.read() as view:
        return chain.export(view.links(), target)


def _checkpoint(path: Path) -> checkpoints.Checkpoint:
    return checkpoints.Checkpoint.parse(path.read_text(encoding="utf-8", errors="replace"), str(path))


def _public(path: Path) -> Ed25519PublicKey:
    return checkpoints.public_key(path.read_bytes(), str(path))
