"""What a certificate of destruction proves itself by: a code that a camera reads, and groups that a person types.

The code holds the list's number, its digest and a signed checkpoint of the ledger. Who has it, the public key and the
events (the ledger, or an export of it) needs nothing else to see whether anything was changed since (L2, L4).
"""

from __future__ import annotations

import base64
import binascii
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from i18n import _
from retention import audit
from retention.errors import Problem, SourceError

if TYPE_CHECKING:
    from docgen import Image

PROPERTY = "guidang.proof"
"""The property of the certificate that holds the code as a text."""

MODULE_MM = 0.6
"""Edge of one module of the QR code on paper: a phone reads 0.4 mm, and paper is folded and copied."""

_PREFIX = "GDP1"
_PIXELS = 8
_QUIET = 4
_SPACES = re.compile(r"\s+")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".heic", ".webp", ".pdf"})


@dataclass(frozen=True, slots=True)
class PaperCode:
    """A checkpoint, and the list it was printed for; ``number`` and ``digest`` are empty where only groups were typed.

    ``digest``: the list's, SHA-256 in hex.
    """

    checkpoint: audit.Checkpoint
    number: str = ""
    digest: str = ""

    def text(self) -> str:
        """What the QR code says: version, list, its digest, checkpoint; letters a QR code holds closely."""
        digest = base64.b32encode(bytes.fromhex(self.digest)).decode("ascii").rstrip("=")
        return f"{_PREFIX}/{self.number}/{digest}/{self.checkpoint.code()}"

    def picture(self) -> Image:
        """The QR code, so large that it survives printing, folding and a photograph; a quarter of it may be lost."""
        import io

        import segno

        from docgen import Image

        drawn = segno.make(self.text(), error="q", micro=False, boost_error=False)
        file = io.BytesIO()
        drawn.save(file, kind="png", scale=_PIXELS, border=_QUIET)
        edge = drawn.symbol_size(border=_QUIET)[0] * MODULE_MM
        return Image.of(file.getvalue(), width_mm=edge, height_mm=edge, description=self.text())


def parse(text: str, where: str = "") -> PaperCode:
    """What a QR code said, or typed groups: lower case, blanks and full-width letters are understood.

    SourceError, naming ``where``, when it is neither.
    """
    letters = _SPACES.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not letters.startswith(_PREFIX + "/"):
        return PaperCode(audit.Checkpoint.parse(unicodedata.normalize("NFKC", text), where))
    try:
        number, digest, code = letters.removeprefix(_PREFIX + "/").split("/")
        octets = base64.b32decode(digest + "=" * (-len(digest) % 8))
    except (ValueError, binascii.Error):
        raise _unreadable(where) from None
    if len(octets) != 32 or not number:
        raise _unreadable(where)
    return PaperCode(audit.Checkpoint.parse(code, where), number, octets.hex())


def read(source: str) -> PaperCode:
    """A certificate's file (.docx), a text file, or the text itself. SourceError where none of them holds a code."""
    if not _names_a_file(source):
        return parse(source, _("the text given"))
    path = Path(source)
    if path.suffix.lower() in _PICTURES:
        hint = _("Scan the QR code with a phone or a reader and give the text it shows, or type the groups beside it.")
        message = _("pictures and PDF files are not read")
        raise SourceError([Problem(str(path), message, hint, "paper.picture", "L4")])
    content = path.read_bytes()
    if content.startswith(b"PK"):
        return parse(_embedded(content, str(path)), str(path))
    return parse(content.decode("utf-8-sig", "replace"), str(path))


def _names_a_file(source: str) -> bool:
    try:
        return Path(source).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL: then it is none
        return False


def _embedded(content: bytes, where: str) -> str:
    """The code among a Word file's properties."""
    from retention.peek import peek

    if code := peek(content).properties.get(PROPERTY):
        return code
    hint = _("Only a certificate of destruction carries one; from a copy of it, type the groups on its last page.")
    raise SourceError([Problem(where, _("this document carries no checkpoint"), hint, "paper.no_code", "L4")])


def _unreadable(where: str) -> SourceError:
    hint = _("Read the QR code again, or type the groups that stand beside it.")
    return SourceError([Problem(where, _("this code is not whole"), hint, "paper.unreadable", "L4")])
