"""What a certificate of destruction proves itself by: a code that a camera reads, and groups that a person types.

The code holds the list's number, its digest and a signed checkpoint of the ledger. Who has it, the public key and the
events (the ledger, or an export of it) needs nothing else to see whether anything was changed since (L2, L4).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from foundation.folding import normal
from foundation.language import N_, _
from office.archive import ledgers
from retention.errors import Problem, ProblemKind, Remedy, SourceError
from retention.ledger import chain, checkpoints
from retention.ledger import rows as projection
from retention.rules.events import Filed, ListDrafted, ListSubmitted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from docgen import Image
    from office.office import Office

PROPERTY = "guidang.proof"
"""The property of the certificate that holds the code as a text."""

MODULE_MM = 0.6
"""Edge of one module of the QR code on paper: a phone reads 0.4 mm, and paper is folded and copied."""

_PREFIX = "GDP1"
_PIXELS = 8
_QUIET = 4
_SPACES = re.compile(r"\s+")
_LIKE_A_FILE = re.compile(r"\.[A-Za-z]{3,4}$")
_PICTURES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".heic", ".webp", ".pdf"})


@dataclass(frozen=True, slots=True)
class PaperCode:
    """A checkpoint, and the list it was printed for; ``number`` and ``digest`` are empty where only groups were typed.

    ``digest``: the list's, SHA-256 in hex.
    """

    checkpoint: checkpoints.Checkpoint
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
    letters = _SPACES.sub("", normal(text)).upper()
    if not letters.startswith(_PREFIX + "/"):
        return PaperCode(checkpoints.Checkpoint.parse(normal(text), where))
    try:
        number, digest, code = letters.removeprefix(_PREFIX + "/").split("/")
        octets = base64.b32decode(digest + "=" * (-len(digest) % 8))
    except (ValueError, binascii.Error):
        raise SourceError(_UNREADABLE(where)) from None
    if len(octets) != 32 or not number:
        raise SourceError(_UNREADABLE(where))
    return PaperCode(checkpoints.Checkpoint.parse(code, where), number, octets.hex())


def read(source: str) -> PaperCode:
    """A certificate's file (.docx), a text file, or the text itself. SourceError where none of them holds a code."""
    if not names_a_file(source):
        if _LIKE_A_FILE.search(source):
            raise SourceError(
                Problem(
                    source,
                    _("there is no such file"),
                    _("Check the folder and the spelling of the name."),
                    "paper.no_file",
                    "L4",
                )
            )
        return parse(source, _("the text given"))
    path = Path(source)
    if path.suffix.lower() in _PICTURES:
        hint = _("Scan the QR code with a phone or a reader and give the text it shows, or type the groups beside it.")
        message = _("pictures and PDF files are not read")
        raise SourceError(Problem(str(path), message, hint, "paper.picture", "L4"))
    content = path.read_bytes()
    if content.startswith(b"PK"):
        return parse(_embedded(content, str(path)), str(path))
    return parse(content.decode("utf-8-sig", "replace"), str(path))


def names_a_file(source: str) -> bool:
    """Whether a text names a file that is there."""
    try:
        return Path(source).is_file()
    except (OSError, ValueError):  # too long for a name, or with a NUL: then it is none
        return False


def _embedded(content: bytes, where: str) -> str:
    """The code among a Word file's properties."""
    from retention.filing.first_lines import peek

    if code := peek(content).properties.get(PROPERTY):
        return code
    hint = _("Only a certificate of destruction carries one; from a copy of it, type the groups on its last page.")
    raise SourceError(Problem(where, _("this document carries no checkpoint"), hint, "paper.no_code", "L4"))


_UNREADABLE = ProblemKind(
    "paper.unreadable",
    N_("this code is not whole"),
    N_("Read the QR code again, or type the groups that stand beside it."),
    "L4",
)


# --- a certificate held against the ledger ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PaperVerdict:
    """What a certificate was found to be. ``filed``: whether the file itself is the one that was filed, if one was."""

    code: PaperCode
    verdict: chain.Verdict
    filed: bool | None = None


def verify_paper(source: str, office: Office | None, events: Path | None, key: Path | None) -> PaperVerdict:
    """Hold a certificate against exported events, else the office's ledger (L2, L4).

    ``source``: the certificate's file, or what its QR code says, or the groups on it. ``key``: the public key, else
    the office's. SourceError where something cannot be read; ValueError where there is neither office nor export.
    """
    code, public = read(source), _public_key(office, key)
    told = _Told()
    if events:
        verdict = chain.verify(told.through(chain.exported(events)), [code.checkpoint], public)
    elif office:
        with ledgers.open_ledger(office) as ledger, ledger.read() as view:
            verdict = chain.verify(told.through(view.links()), [code.checkpoint], public, claimed=view.head)
    else:
        raise ValueError("neither an office nor exported events")
    filed = told.has_filed(source, code.number)
    found = [*_of_list(told, code), *_of_file(code, filed)]
    findings = (*verdict.findings, *found)
    return PaperVerdict(code, replace(verdict, findings=findings, proven=0 if findings else verdict.proven), filed)


def _public_key(office: Office | None, named: Path | None) -> Ed25519PublicKey:
    place = named or (office.folder / ledgers.PUBLIC if office else None)
    if place is None or not place.exists():
        hint = Remedy("key.name")
        message = _("there is no public key to verify the checkpoint with")
        raise SourceError(Problem(str(place or ""), message, hint, "paper.no_key", "L4"))
    return checkpoints.public_key(place.read_bytes(), str(place))


class _Told:
    """What events say of lists and their papers, noted while they pass by."""

    def __init__(self) -> None:
        self.numbers: dict[str, str] = {}
        self.digests: dict[str, set[str]] = defaultdict(set)
        self.papers: dict[str, set[str]] = defaultdict(set)

    def through(self, links: Iterable[chain.Link]) -> Iterator[chain.Link]:
        for link in links:
            if b'"kind":"list.' in link.body or b'"proof":true' in link.body:
                with suppress(ValueError, KeyError, TypeError):  # whoever tampers may write anything; the chain says so
                    self._note(link)
            yield link

    def _note(self, link: chain.Link) -> None:
        event = projection.event_of(link.body)
        match event.change:
            case ListDrafted(number=number):
                self.numbers[event.subject] = number
            case ListSubmitted(digest=digest):
                self.digests[self.numbers.get(event.subject, "")].add(digest)
            case Filed(proof=True, path=path, digest=digest):
                self.papers[path.partition("/")[0]].add(digest)

    def has_filed(self, source: str, number: str) -> bool | None:
        """Whether a file is one of the list's papers as they were filed; None where none is known, or it is none."""
        if not self.papers.get(number) or not names_a_file(source):
            return None
        content = Path(source).read_bytes()
        return sha256(content).hexdigest() in self.papers[number] if content.startswith(b"PK") else None


def _of_list(told: _Told, code: PaperCode) -> Iterator[chain.Finding]:
    if code.number and code.digest not in told.digests.get(code.number, set()):
        text = _("list {number} was never submitted with the digest that the certificate names")
        yield chain.Finding(code.checkpoint.seq, chain.Tampering.REPLACED, text.format(number=code.number))


def _of_file(code: PaperCode, filed: bool | None) -> Iterator[chain.Finding]:
    if filed is False:
        text = _("this file is not the certificate of list {number} that was filed: it was changed since, or is a copy")
        yield chain.Finding(code.checkpoint.seq, chain.Tampering.ALTERED, text.format(number=code.number))
