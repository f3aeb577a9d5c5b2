"""docgen: compile-once Word and Excel templates, forms, measures.

Names are loaded when they are asked for, so that a program that renders one document pays for nothing else.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from docgen.errors import DataError, DocgenError, Problem, TemplateError

if TYPE_CHECKING:
    from docgen.excel.template import ExcelTemplate
    from docgen.template.picture import Image
    from docgen.word.rich_text import RichText, RichTextParagraph
    from docgen.word.subdocument import Subdocument
    from docgen.word.template import WordTemplate

__all__ = [
    "DataError",
    "DocgenError",
    "ExcelTemplate",
    "Image",
    "Problem",
    "RichText",
    "RichTextParagraph",
    "Subdocument",
    "TemplateError",
    "WordTemplate",
]

_HOMES = {
    "WordTemplate": "docgen.word.template",
    "ExcelTemplate": "docgen.excel.template",
    "Image": "docgen.template.picture",
    "RichText": "docgen.word.rich_text",
    "RichTextParagraph": "docgen.word.rich_text",
    "Subdocument": "docgen.word.subdocument",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(name)
