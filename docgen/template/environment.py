"""The sandboxed Jinja environment every template and expression of guidang runs in.

One expression language for templates, row checks and measures. Nothing a template says can reach a Python
object's private attributes, change the data it was given, or ask for unbounded memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any, NoReturn

from jinja2 import Undefined, UndefinedError
from jinja2.exceptions import SecurityError
from jinja2.runtime import ChainableUndefined
from jinja2.sandbox import ImmutableSandboxedEnvironment

from docgen.template import limits
from docgen.template.filters import FORMATTERS
from docgen.template.rich import current_render
from foundation.language import _


class Missing(Undefined):
    """A value the template asks for and the data do not have (strict mode).

    Testing for it (``is defined``, ``|default``) is free. Using it is reported to the running render,
    with the whole path, and goes on as if it were empty; outside a render it raises at once.
    """

    __slots__ = ()

    @property
    def _path(self) -> str:
        owner = self._undefined_obj
        name = str(self._undefined_name)
        return f"{owner._path}.{name}" if isinstance(owner, Missing) else name  # noqa: SLF001 - of this class

    def _used(self, *_args: object) -> Any:
        host = current_render.get()
        if host is None:
            raise UndefinedError(_("'{name}' is not in the data").format(name=self._path))
        host.missing(self._path)
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
