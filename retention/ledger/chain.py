"""Proof that the events are those that were written: the chain, its checkpoints, their verification, offline.

Every event is bound to all before it: ``hash = SHA-256(previous hash ‖ seq ‖ body)``. Whoever alters the database can
compute such a chain anew, so the chain alone proves nothing to a stranger; a :class:`Checkpoint` does. It signs the
head (Ed25519) and is kept where the database is not: on another machine, in a mail, on the certificate of destruction.
What happened after the last checkpoint is only as safe as the machine.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from json.encoder import JSONEncoder
from typing import TYPE_CHECKING, NamedTuple

from foundation.atomic_file import atomic, write_atomic
from foundation.language import _
from retention.errors import Problem, SourceError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

    from retention.rules.events import Canonical

START = bytes(32)
"""What the first event is chained to."""

_SEQ = struct.Struct(">Q")


# --- canonical bytes --------------------------------------------------------------------------------------------

_ENCODER = JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def canonical(value: Mapping[str, Canonical]) -> bytes:
    """The one spelling of a value: JSON in UTF-8, keys in order, no spaces (L7).

    ValueError for what some database cannot hold: NUL, halves of surrogate pairs.
    """
    text = _ENCODER.encode(value)
    if "\\u0000" in text and _NUL.search(text):
        raise ValueError(f"{text!r} holds a NUL, which not every database keeps")
    return text.encode("utf-8")


def instant(value: datetime) -> str:
    """``2026-11-23T08:05:00.000000Z``: one spelling, sorted as text it is sorted in time."""
    if value.tzinfo is None:
        raise ValueError(f"{value!r} has no time zone")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


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


class Fault(StrEnum):
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
    fault: Fault
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
    forged = [_forged(point) for point in checkpoints if key is None or not point.signed_by(key)]
    vouching = [point for point in checkpoints if key is not None and point.signed_by(key)]
    walk = _Walk({point.seq for point in vouching})
    head = walk.through(links, after)
    held = [finding for point in vouching if (finding := walk.held_against(point, head))]
    astray = [] if claimed in {None, head} else [_astray(head)]
    findings = sorted([*forged, *walk.findings, *held, *astray], key=lambda finding: finding.seq)
    return Verdict(head, 0 if findings else max((point.seq for point in vouching), default=0), tuple(findings))


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
            self.findings.append(Finding(link.seq, Fault.UNHASHED, text.format(seq=link.seq)))
        elif link.seq > seq + 1:
            text = _("events {first} to {last} are missing").format(first=seq + 1, last=link.seq - 1)
            self.findings.append(Finding(seq + 1, Fault.MISSING, text))
        elif link.seq <= seq:
            text = _("event {seq} stands in a place that is not its own").format(seq=link.seq)
            self.findings.append(Finding(link.seq, Fault.MISPLACED, text))
        elif link_hash(previous, link.seq, link.body) != link.hash:
            text = _("event {seq} is not what was written, or what stood before it was changed").format(seq=link.seq)
            self.findings.append(Finding(link.seq, Fault.ALTERED, text))

    def held_against(self, point: Checkpoint, head: Head) -> Finding | None:
        if point.seq > head.seq:
            text = _("the checkpoint of {at} knows {known} events, the ledger has {present}: its end was cut off")
            text = text.format(at=instant(point.at), known=point.seq, present=head.seq)
            return Finding(head.seq + 1, Fault.SHORTENED, text)
        if self.hashes.get(point.seq) != point.hash:
            text = _("up to event {seq}, the ledger is not the one that the checkpoint of {at} was taken of")
            return Finding(point.seq, Fault.REPLACED, text.format(seq=point.seq, at=instant(point.at)))
        return None


def _astray(head: Head) -> Finding:
    text = _("the chain ends at event {seq}, but not as the ledger says").format(seq=head.seq)
    return Finding(head.seq, Fault.HEAD, text)


def _forged(point: Checkpoint) -> Finding:
    text = _("the checkpoint of {at} was not signed with this key").format(at=instant(point.at))
    return Finding(point.seq, Fault.FORGED, text)


# --- checkpoints ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a ledger at a moment, signed. Kept outside the database, it proves all events up to ``seq``.

    ``at`` is an instant in whole seconds; ``signature`` is Ed25519 over :attr:`statement`.
    """

    seq: int
    hash: bytes
    at: datetime
    signature: bytes

    _PREFIX = "GD1"
    _SHAPE = struct.Struct(">Q32sQ")

    @property
    def statement(self) -> bytes:
        """The bytes that are signed."""
        return b"guidang checkpoint 1\n" + self._SHAPE.pack(self.seq, self.hash, int(self.at.timestamp()))

    def signed_by(self, key: Ed25519PublicKey) -> bool:
        """Was this signed with the private half of ``key``?"""
        from cryptography.exceptions import InvalidSignature

        try:
            key.verify(self.signature, self.statement)
        except InvalidSignature:
            return False
        return True

    def code(self) -> str:
        """183 letters and digits that hold everything: for a QR code, a mail, a line on paper."""
        packed = self._SHAPE.pack(self.seq, self.hash, int(self.at.timestamp())) + self.signature
        return self._PREFIX + base64.b32encode(packed).decode("ascii").rstrip("=")

    def groups(self) -> str:
        """The code in groups of five, for a person who types it from paper."""
        return " ".join(re.findall(".{1,5}", self.code()))

    def text(self) -> str:
        """The file of a checkpoint: what it says as comments, then the code, eight groups a line."""
        groups = self.groups().split(" ")
        lines = [" ".join(groups[at : at + 8]) for at in range(0, len(groups), 8)]
        said = [f"# guidang checkpoint: {self.seq} events, {instant(self.at)}", f"# SHA-256 {self.hash.hex()}"]
        return "\n".join([*said, *lines, ""])

    @classmethod
    def parse(cls, text: str, where: str = "") -> Checkpoint:
        """A checkpoint from its code or its file; lower case, spaces, hyphens, 0 for O and 1 for I are understood.

        SourceError, naming ``where``, when letters are missing or none belong there.
        """
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        letters = re.sub(r"[\s-]", "", "".join(lines)).upper()
        if not letters.startswith(cls._PREFIX):
            raise _no_checkpoint(where)
        data = letters.removeprefix(cls._PREFIX).replace("0", "O").replace("1", "I")
        try:
            packed = base64.b32decode(data + "=" * (-len(data) % 8))
            seq, head, seconds = cls._SHAPE.unpack(packed[: cls._SHAPE.size])
            at = datetime.fromtimestamp(seconds, UTC)
        except (binascii.Error, struct.error, ValueError, OverflowError, OSError):
            raise _no_checkpoint(where) from None
        if len(packed) != cls._SHAPE.size + 64:
            raise _no_checkpoint(where)
        return cls(seq, head, at, packed[cls._SHAPE.size :])


def _no_checkpoint(where: str) -> SourceError:
    hint = _("It is {length} letters and digits that begin with {prefix}; compare them with the paper.")
    hint = hint.format(length=183, prefix=Checkpoint._PREFIX)  # noqa: SLF001 - of this module
    return SourceError(
        [Problem(where, _("this is no checkpoint, or not a whole one"), hint, "checkpoint.unreadable", "L4")]
    )


def sign(head: Head, at: datetime, key: Ed25519PrivateKey) -> Checkpoint:
    """A checkpoint of ``head``, taken ``at`` an instant (kept in whole seconds)."""
    unsigned = Checkpoint(head.seq, head.hash, at.astimezone(UTC).replace(microsecond=0), b"")
    return Checkpoint(unsigned.seq, unsigned.hash, unsigned.at, key.sign(unsigned.statement))


def keep(point: Checkpoint, folder: Path) -> Path:
    """Write a checkpoint into ``folder``, whole or not at all, and give its place."""
    folder.mkdir(parents=True, exist_ok=True)
    place = folder / f"{point.at:%Y%m%dT%H%M%SZ}-{point.seq:09d}.txt"
    write_atomic(place, point.text().encode("ascii"))
    return place


def kept(folder: Path) -> list[Checkpoint]:
    """The checkpoints of a folder, oldest first. SourceError names the file that is none."""
    return sorted((_read(place) for place in folder.glob("*.txt")), key=lambda point: (point.seq, point.at))


def _read(place: Path) -> Checkpoint:
    return Checkpoint.parse(place.read_text(encoding="utf-8", errors="replace"), str(place))


# --- keys -------------------------------------------------------------------------------------------------------


def make_key(place: Path) -> Ed25519PrivateKey:
    """A new private key at ``place``, readable by its owner only. FileExistsError where there is one already."""
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    place.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption()))
        file.flush()
        os.fsync(file.fileno())
    return key


def private_key(place: Path) -> Ed25519PrivateKey:
    """The private key of a file. SourceError where it holds none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(place.read_bytes(), None)
    except (ValueError, TypeError):
        raise _no_key(str(place)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _no_key(str(place))
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, to hand out: with it anybody can verify and nobody can sign."""
    from cryptography.hazmat.primitives import serialization as form

    return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def public_key(pem: bytes, where: str = "") -> Ed25519PublicKey:
    """The public key of a PEM text. SourceError, naming ``where``, when it holds none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(pem)
    except (ValueError, TypeError):
        raise _no_key(where) from None
    if not isinstance(key, Ed25519PublicKey):
        raise _no_key(where)
    return key


def _no_key(where: str) -> SourceError:
    hint = _("An Ed25519 key in PEM form is asked for: a text that begins with -----BEGIN.")
    return SourceError([Problem(where, _("there is no key in this file"), hint, "key.unreadable", "L4")])


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
            raise _no_event(place, 1)
        for number, line in enumerate(file, 2):
            try:
                seq, digest, body = line.split(b" ", 2)
                yield Link(int(seq), body.removesuffix(b"\n"), bytes.fromhex(digest.decode("ascii")))
            except ValueError:
                raise _no_event(place, number) from None


def _no_event(place: Path, line: int) -> SourceError:
    where = _("{file} line {line}").format(file=place, line=line)
    hint = _("Export the events anew with `guidang audit export`.")
    return SourceError([Problem(where, _("this is no exported event"), hint, "export.unreadable", "L4")])
