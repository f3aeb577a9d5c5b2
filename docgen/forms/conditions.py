"""Jinja conditions over the columns of a row: compiled once a process, and the names they ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import meta

from docgen.template.environment import expression, make_environment


@lru_cache(maxsize=1024)
def compiled(condition: str) -> Callable[[Mapping[str, Any]], Any]:
    """The condition's value over names; jinja2.TemplateSyntaxError where it cannot be read."""
    return expression(condition)


@lru_cache(maxsize=1024)
def names_in(condition: str) -> frozenset[str]:
    """The names a condition asks for; jinja2.TemplateSyntaxError where it cannot be read."""
    compiled(condition)
    return frozenset(meta.find_undeclared_variables(_parser().parse("{{ (" + condition + ") }}")))


_parser = lru_cache(maxsize=1)(make_environment)
