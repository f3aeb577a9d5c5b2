"""A copy of a template with its faults as Word comments, for authors who only open Word."""

from __future__ import annotations

import os
from collections.abc import Iterable
from io import BytesIO
from typing import IO, TYPE_CHECKING

from docgen.errors import Place, Problem
from docgen.template.marks import TagPlace
from docgen.word.places import places
from foundation.language import _

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

AUTHOR = "guidang"


def annotate(source: str | os.PathLike[str] | IO[bytes], problems: Iterable[Problem], name: str) -> bytes:
    """The document with a comment at every problem, as bytes.

    ``problems`` are those of the TemplateError that loading ``source`` under ``name`` raised, in the same language.
    Word allows comments in the body only: a fault elsewhere is noted at the first paragraph, with its place.
    """
    import docx

    document = docx.Document(source)  # type: ignore[arg-type]
    known = _paragraphs(document, name)
    first = next(iter(known.values()), None) or document.add_paragraph()
    for problem in problems:
        paragraph = known.get(problem.place, first)
        text = problem.message if problem.place in known else f"{problem.where}：{problem.message}"
        runs = paragraph.runs or [paragraph.add_run()]
        document.add_comment(runs, f"{text}\n{problem.hint}".strip(), author=AUTHOR, initials=_("gd"))
    buffer = BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _paragraphs(document: Document, name: str) -> dict[Place, Paragraph]:
    """Paragraphs of the body by the place a problem would name."""
    from docx.text.paragraph import Paragraph

    found: dict[Place, Paragraph] = {}
    for element, place in places(document.part.element, TagPlace("body")):
        found.setdefault(place.at(name), Paragraph(element, document._body))  # type: ignore[arg-type]  # noqa: SLF001
    return found
