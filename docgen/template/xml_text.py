"""Texts as XML: escaping, and what a value says where only text can stand."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from docgen.template import limits
from docgen.template.rich import Rich

SPECIAL = re.compile("[&<>\x00-\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufddf\ufffe\uffff\ud800-\udfff]").search
"""Finds a character that cannot stand in a run of text as it is; nearly no value of a form has one."""


def escape(text: str) -> str:
    """``text`` as XML character data; ``>`` too, so that ``]]>`` can never appear."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_attribute(text: str) -> str:
    """``text`` as a double-quoted attribute value; line breaks and tabs survive attribute normalisation."""
    quoted = escape(text).replace('"', "&quot;")
    return quoted.replace("\n", "&#10;").replace("\t", "&#9;")


def plain_text(value: Any) -> str:
    """What a value says when it is written as text. None is empty; a Decimal never has an exponent."""
    if value is None:
        return ""
    if isinstance(value, Markup):
        return str(value.unescape()) if "<" not in value else str.__str__(value)
    if isinstance(value, Decimal):
        limits.refuse(abs(value.adjusted()), limits.MAX_REPEAT)  # Decimal("1E+999999999") is nine characters
        return f"{value:f}"
    if isinstance(value, Rich):
        return value.plain()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, list | tuple | dict | set | frozenset):
        limits.weight(value)
    return str(value)
