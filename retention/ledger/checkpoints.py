"""Where a ledger stood, signed and kept elsewhere: checkpoints, their letters on paper, their files, and the keys."""

from __future__ import annotations

import base64
import binascii
import os
import re
import struct
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from foundation.atomic_file import write_atomic
from foundation.language import N_
from retention.errors import ProblemKind, SourceError
from retention.rules.canonical import instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

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
        from cryptography.exceptions import InvalidSignature  # see keys below

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
            raise SourceError(_NO_CHECKPOINT(where, length=183, prefix=Checkpoint._PREFIX))
        data = letters.removeprefix(cls._PREFIX).replace("0", "O").replace("1", "I")
        try:
            packed = base64.b32decode(data + "=" * (-len(data) % 8))
            seq, head, seconds = cls._SHAPE.unpack(packed[: cls._SHAPE.size])
            at = datetime.fromtimestamp(seconds, UTC)
        except (binascii.Error, struct.error, ValueError, OverflowError, OSError):
            raise SourceError(_NO_CHECKPOINT(where, length=183, prefix=Checkpoint._PREFIX)) from None
        if len(packed) != cls._SHAPE.size + 64:
            raise SourceError(_NO_CHECKPOINT(where, length=183, prefix=Checkpoint._PREFIX))
        return cls(seq, head, at, packed[cls._SHAPE.size :])


_NO_CHECKPOINT = ProblemKind(
    "checkpoint.unreadable",
    N_("this is no checkpoint, or not a whole one"),
    N_("It is {length} letters and digits that begin with {prefix}; compare them with the paper."),
    "L4",
)


def sign(head: tuple[int, bytes], at: datetime, key: Ed25519PrivateKey) -> Checkpoint:
    """A checkpoint of ``head``, taken ``at`` an instant (kept in whole seconds)."""
    unsigned = Checkpoint(*head, at.astimezone(UTC).replace(microsecond=0), b"")
    return replace(unsigned, signature=key.sign(unsigned.statement))


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
# cryptography takes longer to load than most commands run, and only checkpoints and their proof need it.


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

    key: Ed25519PrivateKey = _key(Ed25519PrivateKey, lambda: load_pem_private_key(place.read_bytes(), None), str(place))
    return key


def public_pem(key: Ed25519PrivateKey) -> bytes:
    """The public half, to hand out: with it anybody can verify and nobody can sign."""
    from cryptography.hazmat.primitives import serialization as form

    return key.public_key().public_bytes(form.Encoding.PEM, form.PublicFormat.SubjectPublicKeyInfo)


def public_key(pem: bytes, where: str = "") -> Ed25519PublicKey:
    """The public key of a PEM text. SourceError, naming ``where``, when it holds none."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key: Ed25519PublicKey = _key(Ed25519PublicKey, lambda: load_pem_public_key(pem), where)
    return key


def _key(kind: type[Any], load: Callable[[], object], where: str) -> Any:
    try:
        key = load()
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, kind):
        raise SourceError(_NO_KEY(where))
    return key


_NO_KEY = ProblemKind(
    "key.unreadable",
    N_("there is no key in this file"),
    N_("An Ed25519 key in PEM form is asked for: a text that begins with -----BEGIN."),
    "L4",
)
