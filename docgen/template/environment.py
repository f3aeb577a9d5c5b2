"""The sandboxed Jinja environment every template and expression of guidang runs in, and its filters.

One expression language for templates, row checks and measures. Nothing a template says can reach a Python
object's private attributes, change the data it was given, or ask for unbounded memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from jinja2 import Undefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from docgen.template import limits
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Iterator


# --- undefined ------------------------------------------------------------------------------------------------


class Collector(Protocol):
    """Receives the names a render missed; the render goes on, so that all of them are found at once."""

    def __call__(self, path: str) -> None: ...


missing_names: ContextVar[Collector | None] = ContextVar("missing_names", default=None)


class Missing(Undefined):
    """A value the template asks for and the data do not have (strict mode).

    Testing for it (``is defined``, ``|default``) is free. Using it is reported to the collector of the running
    render, with the whole path, and goes on as if it were empty; outside a render it raises at once.
    """

    __slots__ = ()

    @property
    def _path(self) -> str:
        owner = self._undefined_obj
        name = str(self._undefined_name)
        return f"{owner._path}.{name}" if isinstance(owner, Missing) else name  # noqa: SLF001 - of this class

    def _used(self, *_args: object) -> Any:
        collect = missing_names.get()
        if collect is None:
            raise UndefinedError(_("'{name}' is not in the data").format(name=self._path))
        collect(self._path)
        return self

    def _fail_with_undefined_error(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        self._used()
        raise UndefinedError(_("'{name}' is not in the data").format(name=self._path))

    def __str__(self) -> str:
        self._used()
        return ""

    def __iter__(self) -> Iterator[Any]:
        self._used()
        return iter(())

    def __len__(self) -> int:
        self._used()
        return 0

    def _false(self, *_args: object) -> bool:
        self._used()
        return False

    def __getitem__(self, name: Any) -> Any:
        return Missing(obj=self, name=name)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == name[-2:] == "__":
            raise AttributeError(name)
        return Missing(obj=self, name=name)

    def __format__(self, _spec: str) -> str:
        return str(self)

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _false  # type: ignore[assignment]
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _used
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __neg__ = __pos__ = _used
    __call__ = _used
    __hash__ = Undefined.__hash__


class Lenient(ChainableUndefined):
    """A missing value in lenient mode: empty, at any depth."""

    __slots__ = ()


# --- environment ----------------------------------------------------------------------------------------------


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """Sandboxed; a mapping's keys win over its methods (``row.items`` is the column, not ``dict.items``)."""

    intercepted_binops = frozenset({"**", "*", "%", "+"})

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            try:
                return obj[attribute]
            except KeyError:
                pass
        if isinstance(obj, Undefined):
            return self.undefined(obj=obj, name=attribute)
        return super().getattr(obj, attribute)

    def unsafe_undefined(self, obj: Any, attribute: str) -> NoReturn:
        raise SecurityError(
            _("a template may not reach '{name}' of a value of type {type}").format(
                name=attribute, type=type(obj).__name__
            )
        )

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        if operator == "**":
            limits.power(left, right)
        elif operator == "*":
            limits.product(left, right)
        elif operator == "+":
            limits.total(left, right)
        elif isinstance(left, str):
            limits.fields(left, right)
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Any, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063 - as Jinja has it
        owner = getattr(__obj, "__self__", None)
        if owner is not None:
            limits.method(owner, getattr(__obj, "__name__", ""), args, kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        wrapped = super().wrap_str_format(value)
        if wrapped is None:
            return None

        def limited(*args: Any, **kwargs: Any) -> str:
            named = args[0] if value.__name__ == "format_map" and args else kwargs
            limits.format_method(value.__self__, args, named if isinstance(named, Mapping) else kwargs)
            return wrapped(*args, **kwargs)

        return limited


# --- formatters -----------------------------------------------------------------------------------------------

DASH = "—"


def _empty(value: Any) -> bool:
    if isinstance(value, Undefined):
        str(value)  # tells the collector of a missing name
        return True
    return value is None or value == ""


def decimal(value: Any) -> Decimal:
    """``value`` as an exact Decimal; a float by its shortest text, never by its binary expansion."""
    if isinstance(value, Decimal):
        return value
    if isinstance(value, bool | Undefined):
        raise TypeError(_("{value} is not a number").format(value=repr(value)))
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise TypeError(_("{value} is not a number").format(value=repr(value))) from None


def round_half_up(value: Any, places: int = 2) -> Decimal:
    """Round for print, halves away from zero, as GB/T practice and accountants do (Python's round does not)."""
    return decimal(value).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def money(value: Any, places: int = 2) -> str:
    """``1234.5`` → ``1,234.50``; empty stays empty."""
    return "" if _empty(value) else f"{_positive_zero(round_half_up(value, places)):,.{places}f}"


def _positive_zero(value: Decimal) -> Decimal:
    return abs(value) if value == 0 else value


def rounded(value: Any, places: int = 2) -> Any:
    """The number itself, rounded half up, for reckoning on in a template; empty stays empty."""
    return value if _empty(value) else round_half_up(value, places)


def thousands(value: Any, places: int | None = None) -> str:
    """``12345`` → ``12,345``, decimals as given unless ``places`` says how many."""
    if _empty(value):
        return ""
    return f"{decimal(value):,f}" if places is None else money(value, places)


def percent(value: Any, places: int = 2) -> str:
    """``0.97345`` → ``97.35%``, half-width, no blank."""
    return "" if _empty(value) else f"{_positive_zero(round_half_up(decimal(value) * 100, places)):.{places}f}%"


def points(value: Any, places: int = 2) -> str:
    """A change of a rate: ``0.0123`` → ``+1.23个百分点``."""
    if _empty(value):
        return ""
    return f"{_positive_zero(round_half_up(decimal(value) * 100, places)):+.{places}f}个百分点"


def plain(value: Any) -> str:
    """A number without needless zeros and never with an exponent: ``12.50`` → ``12.5``."""
    if _empty(value):
        return ""
    number = decimal(value)
    return f"{number:f}".rstrip("0").rstrip(".") if number != number.to_integral_value() else f"{number:.0f}"


def dash(value: Any) -> Any:
    """Empty → ``—``; anything else as it is."""
    return DASH if _empty(value) else value


_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def _four_digits(n: int) -> str:
    text, pending_zero = "", False
    for place in (3, 2, 1, 0):
        digit = n // 10**place % 10
        if digit:
            text += ("零" if pending_zero and text else "") + _DIGITS[digit] + _PLACES[place]
            pending_zero = False
        else:
            pending_zero = True
    return text


def _yuan_words(yuan: int) -> str:
    text, gap = "", False
    for group in range(3, -1, -1):
        n = yuan // 10 ** (4 * group) % 10_000
        if not n:
            gap = bool(text)
            if group == 2 and text.endswith("万亿"):  # 万亿 without its own 亿 keeps the unit once
                gap = True
            continue
        text += ("零" if text and (gap or n < 1000) else "") + _four_digits(n) + _GROUPS[group]
        gap = False
        if group == 3 and yuan // 10**8 % 10_000:
            text = text[:-1]  # 壹万亿 followed by 亿 digits: 壹万…亿
    return text


def money_words(value: Any, prefix: str = "人民币") -> str:
    """The amount in capitals, 支付结算办法 annex 1: ``1409.50`` → ``人民币壹仟肆佰零玖元伍角``.

    Ends in 元 → 整; 角 may end without 整 and does; 分 never takes 整. Negative amounts begin with 负.
    Raises ValueError from 10^16 元 on: no such amount is written by hand.
    """
    if _empty(value):
        return ""
    cents = int(round_half_up(value).scaleb(2))
    if abs(cents) >= 10**18:
        raise ValueError(_("{value} is too large to be written in capitals").format(value=value))
    yuan, jiao, fen = abs(cents) // 100, abs(cents) // 10 % 10, abs(cents) % 10
    text = _yuan_words(yuan) + "元" if yuan else ""
    if jiao:
        text += ("零" if yuan and yuan % 10 == 0 else "") + _DIGITS[jiao] + "角"
    if fen:
        text += ("零" if yuan and not jiao else "") + _DIGITS[fen] + "分"
    if not fen and not jiao:
        text = (text or "零元") + "整"
    return f"{prefix}{'负' if cents < 0 else ''}{text}"


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(str(value)).date()
    except ValueError:
        raise TypeError(_("{value} is not a date").format(value=repr(value))) from None


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time())
    try:
        return datetime.fromisoformat(str(value))
    except ValueError:
        raise TypeError(_("{value} is not a date and time").format(value=repr(value))) from None


def date_cn(value: Any) -> str:
    """``2026年10月3日``, as running text has it (GB/T 15835: no leading zeros)."""
    if _empty(value):
        return ""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


def date_iso(value: Any) -> str:
    """``2026-10-03``, as table cells have it."""
    return "" if _empty(value) else _day(value).isoformat()


def month_cn(value: Any) -> str:
    """``2026年10月``."""
    if _empty(value):
        return ""
    day = _day(value)
    return f"{day.year}年{day.month}月"


def datetime_iso(value: Any) -> str:
    """``2026-10-03 08:05``."""
    return "" if _empty(value) else f"{_moment(value):%Y-%m-%d %H:%M}"


def clock(value: Any) -> str:
    """``08:05``, 24 h."""
    if _empty(value):
        return ""
    return f"{value:%H:%M}" if isinstance(value, time) else f"{_moment(value):%H:%M}"


def image(value: Any, w: float | None = None, h: float | None = None) -> Any:
    """A picture from a path, bytes or :class:`docgen.Image`, ``w`` and ``h`` in millimetres."""
    from docgen.template.render import current_render
    from docgen.template.rich import Image

    if _empty(value):
        return ""
    state = current_render.get()
    return (state.image(value, w, h) if state else Image.of(value, width_mm=w, height_mm=h)) or ""


FORMATTERS: dict[str, Callable[..., Any]] = {
    "日期": date_cn,
    "短日期": date_iso,
    "月份": month_cn,
    "日期时间": datetime_iso,
    "时刻": clock,
    "金额": money,
    "金额大写": money_words,
    "百分比": percent,
    "百分点": points,
    "千分位": thousands,
    "舍入": rounded,
    "数": plain,
    "空为横线": dash,
    "图片": image,
    "date_cn": date_cn,
    "date_iso": date_iso,
    "month_cn": month_cn,
    "datetime_iso": datetime_iso,
    "clock": clock,
    "money": money,
    "money_words": money_words,
    "percent": percent,
    "points": points,
    "thousands": thousands,
    "rounded": rounded,
    "plain": plain,
    "dash": dash,
    "image": image,
}
"""guidang's own filters; each has a Chinese and an English name."""


def make_environment(
    filters: Mapping[str, Callable[..., Any]] | None = None, undefined: str = "strict"
) -> TemplateEnvironment:
    """A fresh environment; ``undefined`` is ``"strict"`` (missing names are errors) or ``"lenient"`` (empty)."""
    kinds: dict[str, type[Undefined]] = {"strict": Missing, "lenient": Lenient}
    env = TemplateEnvironment(undefined=kinds[undefined], autoescape=True, keep_trailing_newline=True, cache_size=0)
    env.globals.pop("lipsum")
    env.filters.update(limits.LIMITED_FILTERS)
    env.filters.update(FORMATTERS)
    env.filters.update(filters or {})
    return env


@lru_cache(maxsize=1)
def _expressions() -> TemplateEnvironment:
    return make_environment()


def expression(source: str) -> Callable[[Mapping[str, Any]], Any]:
    """Compile a Jinja expression over a row: ``expression("paid >= due")({"paid": 3, "due": 2})`` → True.

    Raises jinja2.TemplateSyntaxError when it cannot be read, UndefinedError at the call when a name is missing.
    """
    compiled = _expressions().compile_expression(source, undefined_to_none=False)

    def evaluate(names: Mapping[str, Any]) -> Any:
        value = compiled(names)
        if isinstance(value, Missing):
            value._used()  # noqa: SLF001 - of this module
        return value

    return evaluate
