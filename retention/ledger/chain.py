"""Proof that the events are those that were written: the chain, its checkpoints, their verification, offline.

Every event is bound to all before it: ``hash = SHA-256(previous hash ‖ seq ‖ body)``. Whoever alters the database can
compute such a chain anew, so the chain alone proves nothing to a stranger; a :class:`Checkpoint` does. It signs the
head (Ed25519) and is kept where the database is not: on another machine, in a mail, on the certificate of destruction.
What happened after the last checkpoint is only as safe as the machine.

    1 a → h1 = SHA-256(000… ‖ 1 ‖ a)      2 b → h2 = SHA-256(h1 ‖ 2 ‖ b)
    a becomes a′, nothing else:            event 1 is found, its bytes do not give h1
    a becomes a′, h1 and h2 made anew:     the chain agrees with itself; the checkpoint (2, h2) does not
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, NamedTuple

from foundation.atomic_file import atomic
from foundation.language import N_, _
from retention.errors import ProblemKind, Remedy, SourceError
from retention.rules.canonical import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from retention.ledger.checkpoints import Checkpoint

START = bytes(32)
"""What the first event is chained to."""

_SEQ = struct.Struct(">Q")


# --- the chain --------------------------------------------------------------------------------------------------


class Link(NamedTuple):
    """One event as it lies in the database: its number from 1, its canonical bytes, its hash."""

    seq: int
    body: bytes
    hash: bytes


class Head(NamedTuple):
    """Where a chain ends."""

    seq: int
    hash: bytes


NOTHING = Head(0, START)
"""Before the first event."""


def chained(head: Head, bodies: Iterable[bytes]) -> Iterator[Link]:
    """The links that continue a chain after ``head``."""
    seq, previous = head
    for seq, body in enumerate(bodies, head.seq + 1):
        previous = link_hash(previous, seq, body)
        yield Link(seq, body, previous)


def link_hash(previous: bytes, seq: int, body: bytes) -> bytes:
    """SHA-256 over the hash before, the number as eight bytes and the event's bytes."""
    return sha256(previous + _SEQ.pack(seq) + body).digest()


class Tampering(StrEnum):
    """In which way a ledger was found to be other than it was written."""

    ALTERED = "altered"
    MISSING = "missing"
    MISPLACED = "misplaced"
    UNHASHED = "unhashed"
    SHORTENED = "shortened"
    REPLACED = "replaced"
    FORGED = "forged"
    HEAD = "head"
    STATE = "state"


@dataclass(frozen=True, slots=True)
class Finding:
    """One proof of tampering: at which event, of which kind, in words."""

    seq: int
    fault: Tampering
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What verification found. ``proven``: the last event that a checkpoint vouches for, 0 where none does."""

    head: Head
    proven: int
    findings: tuple[Finding, ...]

    @property
    def sound(self) -> bool:
        """Nothing was found."""
        return not self.findings


def verify(
    links: Iterable[Link],
    checkpoints: Sequence[Checkpoint] = (),
    key: Ed25519PublicKey | None = None,
    *,
    claimed: Head | None = None,
    after: Head = NOTHING,
) -> Verdict:
    """Follow the chain from its start and hold it against checkpoints (L2, L4).

    Needs nothing but its arguments. Checkpoints count only with the public ``key`` that signed them. Every finding is
    named, not only the first; events after the last checkpoint are held against each other alone. ``claimed``: where
    the database says that the chain ends; ``after``: where the links begin, for a part of a chain.
    """
    vouching = [point for point in checkpoints if key is not None and point.signed_by(key)]
    text = _("the checkpoint of {at} was not signed with this key")
    findings = [
        Finding(point.seq, Tampering.FORGED, text.format(at=instant(point.at)))
        for point in checkpoints
        if point not in vouching
    ]
    walk = _Walk({point.seq for point in vouching})
    head = walk.through(links, after)
    findings += walk.findings
    findings += [finding for point in vouching if (finding := walk.held_against(point, head))]
    if claimed not in {None, head}:
        text = _("the chain ends at event {seq}, but not as the ledger says").format(seq=head.seq)
        findings.append(Finding(head.seq, Tampering.HEAD, text))
    proven = 0 if findings else max((point.seq for point in vouching), default=0)
    return Verdict(head, proven, tuple(sorted(findings, key=lambda finding: finding.seq)))


class _Walk:
    """One pass over a chain: what is wrong in it, and the hashes at the places asked for."""

    def __init__(self, wanted: set[int]) -> None:
        self.findings: list[Finding] = []
        self.hashes: dict[int, bytes] = {}
        self._wanted = wanted

    def through(self, links: Iterable[Link], after: Head) -> Head:
        pack, digest, wanted = _SEQ.pack, sha256, self._wanted
        seq, previous = after
        for place, body, found in links:
            if place != seq + 1 or digest(previous + pack(place) + body).digest() != found:
                self._look(seq, previous, Link(place, body, found))
            seq, previous = max(place, seq), found or START
            if place in wanted:
                self.hashes[place] = previous
        return Head(seq, previous)

    def _look(self, seq: int, previous: bytes, link: Link) -> None:
        """Name what is wrong with a link that does not follow."""
        if not link.hash:
            text = _("event {seq} has lost its hash")
            self.findings.append(Finding(link.seq, Tampering.UNHASHED, text.format(seq=link.seq)))
        elif link.seq > seq + 1:
            text = _("events {first} to {last} are missing").format(first=seq + 1, last=link.seq - 1)
            self.findings.append(Finding(seq + 1, Tampering.MISSING, text))
        elif link.seq <= seq:
            text = _("event {seq} stands in a place that is not its own").format(seq=link.seq)
            self.findings.append(Finding(link.seq, Tampering.MISPLACED, text))
        elif link_hash(previous, link.seq, link.body) != link.hash:
            text = _("event {seq} is not what was written, or what stood before it was changed").format(seq=link.seq)
            self.findings.append(Finding(link.seq, Tampering.ALTERED, text))

    def held_against(self, point: Checkpoint, head: Head) -> Finding | None:
        if point.seq > head.seq:
            text = _("the checkpoint of {at} knows {known} events, the ledger has {present}: its end was cut off")
            text = text.format(at=instant(point.at), known=point.seq, present=head.seq)
            return Finding(head.seq + 1, Tampering.SHORTENED, text)
        if self.hashes.get(point.seq) != point.hash:
            text = _("up to event {seq}, the ledger is not the one that the checkpoint of {at} was taken of")
            return Finding(point.seq, Tampering.REPLACED, text.format(seq=point.seq, at=instant(point.at)))
        return None


# --- export -----------------------------------------------------------------------------------------------------

_FIRST_LINE = b"guidang events 1\n"


def export(links: Iterable[Link], place: Path) -> Head:
    """Write every event to ``place``, one a line: number, hash, bytes as they are. Gives where the chain ends."""
    last = NOTHING

    def lines() -> Iterator[bytes]:
        nonlocal last
        yield _FIRST_LINE
        for link in links:
            last = Head(link.seq, link.hash or START)
            yield b"%d %s %s\n" % (link.seq, (link.hash or b"").hex().encode(), link.body)

    with atomic(place) as file:
        file.writelines(lines())
    return last


def exported(place: Path) -> Iterator[Link]:
    """The events of an export, one by one. SourceError names the line that is none."""
    with place.open("rb") as file:
        if file.readline() != _FIRST_LINE:
            raise SourceError(_NO_EVENT(_("{file} line {line}").format(file=place, line=1)))
        for number, line in enumerate(file, 2):
            try:
                seq, digest, body = line.split(b" ", 2)
                yield Link(int(seq), body.removesuffix(b"\n"), bytes.fromhex(digest.decode("ascii")))
            except ValueError:
                raise SourceError(_NO_EVENT(_("{file} line {line}").format(file=place, line=number))) from None


_NO_EVENT = ProblemKind("export.unreadable", N_("this is no exported event"), Remedy("events.export"), "L4")
