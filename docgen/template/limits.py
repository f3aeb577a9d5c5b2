"""How much a template may ask for at once: no expression of a few characters can fill the memory of a machine.

Each function looks at the operands and raises jinja2's SecurityError before anything is made.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from contextvars import ContextVar
from itertools import islice
from typing import Any, NoReturn

from jinja2 import pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, make_attrgetter
from jinja2.nodes import EvalContext

from foundation.language import _

MAX_REPEAT = 100_000
"""Longest text or list a single operation may make out of nothing (``'x' * n``, ``center(n)``)."""
MAX_TEXT = 10_000_000
"""Longest text or list put together from parts (``a + b``, ``join``, ``replace``)."""
MAX_ROUNDS = 100_000_000
"""Most times all loops of one render may run together: loops in loops are bounded too."""
_MAX_BITS = 4096
_MAX_PLACES = 1000
_ITEM = 10  # characters a number, a date or a pair of brackets may take

_FIELD = re.compile(r"%(?:\([^)]*\))?[-#0 +]*(\d+|\*)?(?:\.(\d+|\*))?")
_FORMAT_SPEC = re.compile(r":[^{}]*?(\d+)(?:\.(\d+))?|:[^{}]*(\{)")


def refuse(size: int, limit: int = MAX_TEXT) -> None:
    """Raise when ``size`` characters or items are more than ``limit``."""
    if size > limit:
        _too_much(limit)


def _too_much(limit: int) -> NoReturn:
    raise SecurityError(_("the template asks for more than {limit} characters at once").format(limit=limit))


rounds: ContextVar[list[int] | None] = ContextVar("rounds", default=None)
"""How many rounds the running render has left; None outside a render."""


def spend(size: int) -> None:
    """A loop of ``size`` rounds begins or has run."""
    left = rounds.get()
    if left is not None:
        left[0] -= size
        if left[0] < 0:
            raise SecurityError(_("the loops of the template run more than {limit} times").format(limit=MAX_ROUNDS))


# --- operators ------------------------------------------------------------------------------------------------


def power(left: Any, right: Any) -> None:
    """``left ** right``."""
    if isinstance(left, int) and isinstance(right, int) and left.bit_length() * abs(right) > _MAX_BITS:
        _too_much(_MAX_BITS)


def product(left: Any, right: Any) -> None:
    """``left * right``: a text or list repeated, or whole numbers that grow without end."""
    if isinstance(left, int) and isinstance(right, int):
        refuse(left.bit_length() + right.bit_length(), _MAX_BITS)
        return
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str | bytes | list | tuple) and isinstance(times, int):
            refuse(len(sequence) * times, MAX_REPEAT)


def total(left: Any, right: Any) -> None:
    """``left + right`` of texts or lists."""
    if isinstance(left, str | list | tuple) and isinstance(right, str | list | tuple):
        refuse(len(left) + len(right))


def fields(text: str, values: Any) -> None:
    """``text % values``: widths in the text, or ``*`` with the width among the values."""
    wanted = [number for pair in _FIELD.findall(text) for number in pair if number]
    refuse(sum(_whole(number) for number in wanted if number != "*"), MAX_REPEAT)
    if "*" in wanted:
        for value in values if isinstance(values, tuple) else (values,):
            _number(value)


def joined(pieces: Iterable[Any]) -> None:
    """``a ~ b``."""
    refuse(sum(weight(piece) for piece in pieces))


def weight(value: Any) -> int:
    """About how many characters ``value`` has when it is printed; counting stops where it is too much."""
    todo, found = [iter((value,))], 0
    while todo:
        for item in todo[-1]:
            found += len(item) if isinstance(item, str | bytes) else _ITEM
            if isinstance(item, list | tuple | set | frozenset | Mapping):
                todo.append(_inside(item))
                break
        else:
            todo.pop()
        if found > MAX_TEXT or len(todo) > _MAX_PLACES:
            _too_much(MAX_TEXT)
    return found


def _inside(item: Any) -> Iterator[Any]:
    return iter((x for pair in item.items() for x in pair) if isinstance(item, Mapping) else item)


def _whole(digits: str) -> int:
    return int(digits) if len(digits) < 10 else MAX_TEXT


def _number(value: Any, limit: int = MAX_REPEAT) -> None:
    if isinstance(value, int):
        refuse(abs(value), limit)


# --- methods --------------------------------------------------------------------------------------------------


def method(owner: Any, name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """A call of a text's, a byte string's or a number's own method."""
    if not isinstance(owner, str | bytes | int):
        return
    given = (*args, *kwargs.values())
    if name in ("center", "ljust", "rjust", "zfill", "to_bytes"):
        for value in given:
            _number(value)
    elif name == "expandtabs":
        size = next((value for value in given if isinstance(value, int)), 8)
        refuse(len(owner) + owner.count("\t" if isinstance(owner, str) else b"\t") * size)  # type: ignore[union-attr, arg-type]
    elif name == "replace" and len(args) >= 2:
        refuse(_replaced(owner, args[0], args[1]))
    elif name == "translate":
        _too_much(0)
    elif name == "join" and given:
        refuse(_joined(given[0], owner))


def format_method(text: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> None:
    """``text.format(…)``: widths in the text, or a width among the values."""
    for width, places, nested in _FORMAT_SPEC.findall(text):
        refuse(_whole(width or "0") + _whole(places or "0"), MAX_REPEAT)
        if nested:
            for value in (*args, *kwargs.values()):
                _number(value, MAX_REPEAT)
    refuse(len(text) * max([1, *(len(a) for a in (*args, *kwargs.values()) if isinstance(a, str))]))


def _replaced(text: Any, old: Any, new: Any) -> int:
    text, old, new = str(text), str(old), str(new)
    return len(text) + (text.count(old) if old else len(text) + 1) * len(new)


def _joined(items: Any, separator: Any) -> int:
    if not isinstance(items, Sized):
        return 0
    return weight(items) + len(items) * len(separator)


# --- filters --------------------------------------------------------------------------------------------------


@pass_eval_context
def _join(context: EvalContext, value: Iterable[Any], d: str = "", attribute: str | int | None = None) -> str:
    """Jinja's ``join`` over no more than :data:`MAX_TEXT` characters."""
    if attribute is not None:
        value = map(make_attrgetter(context.environment, attribute), value)
    items = list(islice(value, MAX_TEXT + 1))
    refuse(weight(items) + len(items) * len(str(d)))
    text: str = FILTERS["join"](context, items, d)
    return text


def _limited(name: str, check: Callable[..., None]) -> Callable[..., Any]:
    """Jinja's own filter of that name; ``check`` sees its arguments first."""
    original = FILTERS[name]
    behind = 1 if hasattr(original, "jinja_pass_arg") else 0

    def guarded(*args: Any, **kwargs: Any) -> Any:
        check(*args[behind:], **kwargs)
        return original(*args, **kwargs)

    if behind:
        guarded.jinja_pass_arg = original.jinja_pass_arg  # type: ignore[attr-defined]
    guarded.__name__ = name
    return guarded


def _indented(text: Any, width: int | str = 4, *_rest: Any, **_named: Any) -> None:
    step = width if isinstance(width, int) else len(width)
    refuse(step, MAX_REPEAT)
    refuse((str(text).count("\n") + 1) * step)


def _wrapped(text: Any, width: int = 79, *rest: Any, **named: Any) -> None:
    wrap = named.get("wrapstring", rest[1] if len(rest) > 1 else None) or "\n"
    refuse(len(str(text)) * (1 + len(str(wrap)) // max(1, width)))


def _numbers(*args: Any, **kwargs: Any) -> None:
    for value in (*args[1:], *kwargs.values()):
        _number(value)


def _few_places(*args: Any, **kwargs: Any) -> None:
    for value in (*args[1:], *kwargs.values()):
        _number(value, _MAX_PLACES)


def _printed(value: Any, *args: Any, **kwargs: Any) -> None:
    weight(value)
    for number in (*args, *kwargs.values()):
        _number(number, 20)


LIMITED_FILTERS: dict[str, Callable[..., Any]] = {
    "join": _join,
    "indent": _limited("indent", _indented),
    "wordwrap": _limited("wordwrap", _wrapped),
    "replace": _limited("replace", lambda s, old, new, *_c, **_n: refuse(_replaced(s, old, new))),
    "format": _limited("format", lambda text, *args, **kwargs: fields(str(text), (*args, *kwargs.values()))),
    "round": _limited("round", _few_places),
    **{name: _limited(name, _numbers) for name in ("center", "batch", "slice")},
    **{name: _limited(name, _printed) for name in ("tojson", "pprint", "string")},
}
"""Jinja's filters that can make much out of little."""
