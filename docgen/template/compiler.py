"""Pieces of a part → one Python function that yields its bytes.

Jinja reads the tags and generates the code; what differs from plain Jinja is where speed and places come from.
Constant text is encoded once and never looked at again. Every value goes through the writer of its site. The
"line number" of a node is the number of its mark, so that a fault in line n of the generated code names the tag
in the document; each value has a generated line of its own.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from types import CodeType
from typing import Any, TypeAlias

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, Frame, find_undeclared
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.runtime import Undefined, markup_join, new_context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from docgen.errors import Place, Problem
from docgen.template import limits
from docgen.template.captured import CapturingMacro, captured
from docgen.template.environment import TemplateEnvironment
from docgen.template.faults import branches, check_each, check_tree, syntax_problem
from docgen.template.marks import Site, TagMark, TemplatePart
from foundation.language import _

Writers: TypeAlias = Callable[[Site], tuple[Callable[[Any], bytes], Callable[[Any], str]]]

MAX_LOOP = 5_000_000
"""Most times one loop of a template may run: more rows than any register, fewer than would never end."""
_CHUNK = 256
_MAX_LOOPS_NESTED = 20  # CPython refuses more statically nested blocks
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$", re.ASCII)
"""Most tags of a form are a name; it is read here and needs neither Jinja's lexer nor its grammar."""
_WORDS = frozenset(
    ["true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "in", "is", "self"]
)
_numbers = count(1)


class TooManyRows(ValueError):  # noqa: N818 - it says what happened
    """A loop ran past :data:`MAX_LOOP`."""


def _too_many(size: int) -> None:
    if size > MAX_LOOP:
        raise TooManyRows(_("a loop runs more than {limit} times").format(limit=MAX_LOOP))
    limits.spend(size)


def rows(iterable: Any) -> Iterator[tuple[int, Any]]:
    """What a loop without ``loop`` runs over: numbered, for error messages, and bounded. None is no rows."""
    return enumerate(_bounded(iterable))


def bounded(iterable: Any) -> Any:
    """What a loop with ``loop`` runs over; things with a length keep it."""
    if iterable is None:
        return ()
    if hasattr(iterable, "__len__"):
        _too_many(len(iterable))
        return iterable
    return _bounded(iterable)


def _bounded(iterable: Any) -> Iterator[Any]:
    if iterable is None:
        return iter(())
    if type(iterable) in (list, tuple):
        _too_many(len(iterable))
        return iter(iterable)
    return _counted(iter(iterable))


def _counted(iterator: Iterator[Any]) -> Iterator[Any]:
    number = 0
    for number, item in enumerate(iterator, 1):
        if number > MAX_LOOP:
            _too_many(number)
        if not number & 1023:
            limits.spend(1024)
        yield item
    limits.spend(number & 1023)


# --- code -----------------------------------------------------------------------------------------------------


class Generator(CodeGenerator):
    """Jinja's code generator, writing bytes where nothing captures the output and text where something does."""

    def __init__(self, env: TemplateEnvironment, name: str, filename: str, marks: Mapping[int, TagMark]) -> None:
        super().__init__(env, name, filename)
        self.marks = marks
        self.sites: dict[Site, int] = {}
        self.called: set[nodes.Expr] = set()

    def names(self) -> dict[str, Any]:
        """Further names the generated code uses."""
        return {}

    def _writer(self, node: nodes.Node, frame: Frame) -> str:
        site = self.marks[node.lineno].site
        index = self.sites.setdefault(site, len(self.sites))
        return f"{'w' if frame.buffer is None else 's'}{index}("

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:
        for start in range(0, len(node.nodes), _CHUNK):
            self._output(node.nodes[start : start + _CHUNK], frame)

    def _output(self, children: list[nodes.Expr], frame: Frame) -> None:
        unbuffered = frame.buffer is None
        if len(children) == 1:
            self.writeline("yield (" if unbuffered else f"{frame.buffer}.append(")
            self._child(children[0], frame)
            self.write(")")
            return
        self.writeline('yield b"".join((' if unbuffered else f"{frame.buffer}.extend((")
        self.indent()
        for child in children:
            self._child(child, frame)
            self.write(", ")
        self.outdent()
        self.write("))")

    def _child(self, child: nodes.Expr, frame: Frame) -> None:
        if isinstance(child, nodes.TemplateData):
            self.write(repr(child.data.encode() if frame.buffer is None else child.data))
            return
        self.newline(child)
        self.write(self._writer(child, frame))
        self.visit(child, frame)
        self.write(")")

    def newline(self, node: nodes.Node | None = None, extra: int = 0) -> None:
        """As Jinja's, but a new line for every node: a mark's place must be findable by line."""
        super().newline(node, extra)
        if node is not None:
            self._write_debug_info = node.lineno

    def start_write(self, frame: Frame, node: nodes.Node | None = None) -> None:
        """Of what Jinja writes by itself only a recursive loop is left: its result goes through a writer too."""
        super().start_write(frame, node)
        if node is not None:
            self.write(self._writer(node, frame))

    def end_write(self, frame: Frame) -> None:
        self.write(")")
        super().end_write(frame)

    def visit_CallBlock(self, node: nodes.CallBlock, frame: Frame) -> None:
        """As Jinja's, but what the macro gives is written like any value."""
        call_frame, macro = self.macro_body(node, frame)
        self.writeline("caller = ")
        self.macro_def(macro, call_frame)
        self.writeline("yield (" if frame.buffer is None else f"{frame.buffer}.append(", node)
        self.write(self._writer(node, frame))
        self.visit_Call(node.call, frame, forward_caller=True)
        self.write("))")

    def visit_Const(self, node: nodes.Const, frame: Frame) -> None:
        """As Jinja's; a text the template calls safe is still a text."""
        value = node.as_const(frame.eval_ctx)
        if isinstance(value, Markup):
            node = nodes.Const(str(value) if "<" in value else value.unescape(), lineno=node.lineno)
        super().visit_Const(node, frame)

    def visit_FilterBlock(self, node: nodes.FilterBlock, frame: Frame) -> None:
        """The filter sees the text as a person reads it, not its XML."""
        inner = frame.inner()
        inner.symbols.analyze_node(node)
        self.enter_frame(inner)
        self.buffer(inner)
        self.blockvisit(node.body, inner)
        self.writeline(f"{inner.buffer} = [captured(concat({inner.buffer}))]")
        autoescape, inner.eval_ctx.autoescape = inner.eval_ctx.autoescape, False
        self.writeline("yield (" if frame.buffer is None else f"{frame.buffer}.append(", node)
        self.write(self._writer(node, frame))
        self.visit_Filter(node.filter, inner)
        self.write("))")
        inner.eval_ctx.autoescape = autoescape
        self.leave_frame(inner)

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:
        self.called.add(node.node)
        super().visit_Call(node, frame, forward_caller=forward_caller)

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:
        self.write("method(" if node in self.called else "lookup(")
        self.visit(node.node, frame)
        self.write(f", {node.attr!r})")


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled part. ``run`` yields its bytes; ``locate`` says which mark a failing line belongs to."""

    name: str
    filename: str
    root: Callable[[Any], Iterator[bytes]]
    blocks: Mapping[str, Any]
    env: TemplateEnvironment
    lines: tuple[int, ...]
    numbers: tuple[int, ...]
    marks: Mapping[int, TagMark]
    guarded: bool
    tree: nodes.Template

    def run(self, names: Mapping[str, Any]) -> Iterator[bytes]:
        """The part's pieces for these names."""
        known = {**self.env.globals, **names}
        context = new_context(self.env, self.name, self.blocks, known, shared=True, globals=None)  # type: ignore[arg-type]
        return self.root(context)

    def mark_at(self, line: int) -> TagMark | None:
        """The mark whose code stands on that generated line."""
        at = bisect_right(self.lines, line) - 1
        return self.marks.get(self.numbers[at]) if at >= 0 else None


def compile_part(
    story: TemplatePart, env: TemplateEnvironment, file: str, writers: Writers
) -> tuple[Program | None, list[Problem]]:
    """Compile a part's pieces; the problems are all that can be found without data."""
    source = TokenSource(story.name, story.marks, lambda: _tokens(story, env), bool(story.problems), story.guarded)
    return compile_tokens(source, env, file, writers)


@dataclass(frozen=True, slots=True)
class TokenSource:
    """What is compiled: the tokens of a part, made anew by each call, and the marks their lines number."""

    name: str
    marks: Mapping[int, TagMark]
    tokens: Callable[[], Iterator[Token]]
    faulty: bool = False
    guarded: bool = False


def compile_tokens(
    source: TokenSource,
    env: TemplateEnvironment,
    file: str,
    writers: Writers,
    generator: Callable[..., Generator] = Generator,
) -> tuple[Program | None, list[Problem]]:
    """The part is read as a whole; only when that fails is each tag read alone, so that all faults are told at once."""
    env.filters["_gd_rows"], env.filters["_gd_bounded"] = rows, bounded
    if source.faulty:
        return None, check_each(source.marks, env, file)
    try:
        tree = _parse(source, env)
        if problems := check_tree(tree, source.marks, env, file):
            return None, problems
        return _generate(tree, source, env, writers, generator), []
    except TemplateSyntaxError as exc:
        alone = check_each(source.marks, env, file)
        return None, alone or [syntax_problem(exc, source.marks.get(exc.lineno), file)]
    except (SyntaxError, RecursionError, MemoryError):
        message = _("the blocks of the template are nested too deeply")
        hint = _("Nest at most {n} loops and conditions.").format(n=_MAX_LOOPS_NESTED)
        return None, [Problem(Place(file, part=source.name), message, hint, "block.deep")]


class _TagParser(Parser):
    """Jinja's parser, with a short way for the tag that is a name and nothing else."""

    def parse_tuple(self, *args: Any, **kwargs: Any) -> Any:
        if self.stream.current.type == "plain_name":
            name, *attributes = self.stream.current.value.split(".")
            number = next(self.stream).lineno
            node: nodes.Expr = nodes.Name(name, "load", lineno=number)
            for attribute in attributes:
                node = nodes.Getattr(node, attribute, "load", lineno=number)
            return node
        return super().parse_tuple(*args, **kwargs)


def _parse(source: TokenSource, env: TemplateEnvironment) -> nodes.Template:
    parser = _TagParser(env, "", source.name, source.name)
    parser.stream = TokenStream(source.tokens(), source.name, source.name)
    tree = parser.parse()
    _number_loops(tree)
    tree.set_environment(env)
    return tree


def _tokens(story: TemplatePart, env: TemplateEnvironment) -> Iterator[Token]:
    """Jinja's tokens, each tag lexed alone: constant text needs no escaping and a token's line is its mark."""
    number = 1
    for piece in story.pieces:
        if isinstance(piece, str):
            yield Token(number, "data", piece)
            continue
        number = piece
        mark = story.marks[number]
        if not mark.statement and _PLAIN_NAME.match(mark.source) and mark.source.partition(".")[0] not in _WORDS:
            yield Token(number, "variable_begin", "{{")
            yield Token(number, "plain_name", mark.source)
            yield Token(number, "variable_end", "}}")
            continue
        yield from tag_tokens(mark, env)


def tag_tokens(mark: TagMark, env: TemplateEnvironment, *, bare: bool = False) -> Iterator[Token]:
    """The tokens of one tag, numbered with its mark; ``bare``: without the braces."""
    for token in env.lexer.tokenize(mark.jinja):
        if not bare or token.type not in ("variable_begin", "variable_end"):
            yield Token(mark.number, token.type, token.value)


def _number_loops(tree: nodes.Template) -> None:
    """Give every loop that does not ask for ``loop`` a counter, so that an error can name the row."""
    for number, loop in enumerate([n for n in branches(tree) if isinstance(n, nodes.For)]):
        extended = loop.recursive or bool(find_undeclared(loop.iter_child_nodes(only=("body", "test")), ("loop",)))
        if extended:
            loop.iter = nodes.Filter(loop.iter, "_gd_bounded", [], [], None, None, lineno=loop.lineno)
        else:
            loop.iter = nodes.Filter(loop.iter, "_gd_rows", [], [], None, None, lineno=loop.lineno)
            counter = nodes.Name(f"_gd_i{number}", "store", lineno=loop.lineno)
            loop.target = nodes.Tuple([counter, loop.target], "store", lineno=loop.lineno)


def _generate(
    tree: nodes.Template,
    source: TokenSource,
    env: TemplateEnvironment,
    writers: Writers,
    make: Callable[..., Generator],
) -> Program:
    filename = f"<template {next(_numbers)} {source.name}>"
    generator = make(env, source.name, filename, source.marks)
    generator.visit(tree)
    code: CodeType = compile(generator.stream.getvalue(), filename, "exec")  # type: ignore[attr-defined]
    names: dict[str, Any] = {"environment": env, "__file__": filename}
    exec(code, names)  # noqa: S102 - generated by Jinja from a sandboxed template
    names |= {"Markup": captured, "Macro": CapturingMacro, "captured": captured}
    names |= {"lookup": _lookup(env), "method": _method(env), "markup_join": _concatenated, "str_join": _concatenated}
    names |= generator.names()
    for site, index in generator.sites.items():
        names[f"w{index}"], names[f"s{index}"] = writers(site)
    lines = tuple(line for _number, line in generator.debug_info)
    numbers = tuple(number for number, _line in generator.debug_info)
    root, blocks = names["root"], names["blocks"]
    return Program(source.name, filename, root, blocks, env, lines, numbers, source.marks, source.guarded, tree)


def _lookup(env: TemplateEnvironment) -> Callable[[Any, str], Any]:
    slow = env.getattr

    def lookup(obj: Any, name: str) -> Any:
        if type(obj) is dict:
            try:
                return obj[name]
            except KeyError:
                pass
        value = slow(obj, name)
        if isinstance(obj, Mapping) and callable(value) and not isinstance(value, Undefined) and name not in obj:
            return env.undefined(obj=obj, name=name)  # a column the data lack, not a method of Python's dict
        return value

    return lookup


def _concatenated(pieces: Iterable[Any]) -> str:
    """``a ~ b``, within bounds."""
    limits.joined(pieces)
    return markup_join(pieces)


def _method(env: TemplateEnvironment) -> Callable[[Any, str], Any]:
    """What ``x.name(…)`` calls: the value under the key if that can be called, else the method."""
    attribute = SandboxedEnvironment.getattr

    def method(obj: Any, name: str) -> Any:
        value = env.getattr(obj, name)
        if isinstance(obj, Mapping) and not callable(value):
            return attribute(env, obj, name)
        return value

    return method
