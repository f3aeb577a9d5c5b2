"""Pieces of a part → one Python function that yields its bytes.

Jinja reads the tags and generates the code; what differs from plain Jinja is where speed and places come from.
Constant text is encoded once and never looked at again. Every value goes through the writer of its site. The
"line number" of a node is the number of its mark, so that a fault in line n of the generated code names the tag
in the document; each value has a generated line of its own.
"""

from __future__ import annotations

import difflib
import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.compiler import CodeGenerator, find_undeclared
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.runtime import LoopContext, Macro, Undefined, markup_join, new_context
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup

from docgen.errors import Problem
from docgen.template import limits
from docgen.template.marks import Site, SiteKind
from foundation.language import _

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import CodeType, FrameType, TracebackType
    from typing import Self

    from jinja2.compiler import Frame

    from docgen.template.environment import TemplateEnvironment
    from docgen.template.marks import Mark, Place, Story

    Writers = Callable[[Site], tuple[Callable[[Any], bytes], Callable[[Any], str]]]

MAX_LOOP = 5_000_000
"""Most times one loop of a template may run: more rows than any register, fewer than would never end."""
_CHUNK = 256
_MAX_LOOPS_NESTED = 20  # CPython refuses more statically nested blocks
_NOT_SUPPORTED = ("extends", "include", "import", "from")
_PLAIN_NAME = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$", re.ASCII)
"""Most tags of a form are a name; it is read here and needs neither Jinja's lexer nor its grammar."""
_WORDS = frozenset(
    ["true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "in", "is", "self"]
)
_LEAVES = (nodes.TemplateData, nodes.Name, nodes.Const)
_numbers = count(1)


class Xml(str):
    """What a macro or block of the template itself made: to filters and tests the text a person reads.

    ``xml`` is written as it is where the same ``level`` of the document is open, and nowhere else.
    """

    __slots__ = ("level", "xml")
    xml: str
    level: SiteKind

    def __new__(cls, xml: str) -> Self:
        self = super().__new__(cls, _readable(xml))
        self.xml, self.level = xml, _level(xml)
        return self


_ELEMENT = re.compile(r"<[^>]*>|\x01.")  # the guards of docgen.sound too
_FIRST = re.compile(r"(?:\s|\x01.)*<(/?)w:(\w+)")
_LEVELS = dict.fromkeys(("p", "tbl", "sdt"), SiteKind.PARAGRAPHS) | dict.fromkeys(("tr", "tc"), SiteKind.RAW)
_SIGNS = (('<w:br w:type="page"/>', "\f"), ("<w:br/>", "\n"), ("<w:tab/>", "\t"), ("</w:p>", "\a"))


def _level(xml: str) -> SiteKind:
    first = _FIRST.match(xml)
    if first is None or first[1]:
        return SiteKind.TEXT
    return _LEVELS.get(first[2], SiteKind.RUNS)


def _readable(xml: str) -> str:
    for element, sign in _SIGNS:
        xml = xml.replace(element, sign)
    return _unescaped(_ELEMENT.sub("", xml)).replace("\a\f\a", "\f").removesuffix("\a")


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def captured(text: str) -> str:
    """What a macro or ``{% set %}`` block holds: XML where it has elements, else the plain text it stands for."""
    return Xml(text) if "<" in text else _unescaped(text)


class _Macro(Macro):
    """Jinja's macro, giving :func:`captured` instead of Markup."""

    def _invoke(self, arguments: list[Any], autoescape: bool) -> str:  # noqa: ARG002 - Jinja's signature
        return captured(self._func(*arguments))


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

    def __init__(self, env: TemplateEnvironment, name: str, filename: str, marks: Mapping[int, Mark]) -> None:
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
    marks: Mapping[int, Mark]
    guarded: bool
    tree: nodes.Template

    def run(self, names: Mapping[str, Any]) -> Iterator[bytes]:
        """The part's pieces for these names."""
        known = {**self.env.globals, **names}
        context = new_context(self.env, self.name, self.blocks, known, shared=True, globals=None)  # type: ignore[arg-type]
        return self.root(context)

    def mark_at(self, line: int) -> Mark | None:
        """The mark whose code stands on that generated line."""
        at = bisect_right(self.lines, line) - 1
        return self.marks.get(self.numbers[at]) if at >= 0 else None


def compile_story(
    story: Story, env: TemplateEnvironment, file: str, writers: Writers
) -> tuple[Program | None, list[Problem]]:
    """Compile a part's pieces; the problems are all that can be found without data."""
    source = Source(story.name, story.marks, lambda: _tokens(story, env), bool(story.problems), story.guarded)
    return compile_source(source, env, file, writers)


@dataclass(frozen=True, slots=True)
class Source:
    """What is compiled: the tokens of a part, made anew by each call, and the marks their lines number."""

    name: str
    marks: Mapping[int, Mark]
    tokens: Callable[[], Iterator[Token]]
    faulty: bool = False
    guarded: bool = False


def compile_source(
    source: Source,
    env: TemplateEnvironment,
    file: str,
    writers: Writers,
    generator: Callable[..., Generator] = Generator,
) -> tuple[Program | None, list[Problem]]:
    """The part is read as a whole; only when that fails is each tag read alone, so that all faults are told at once."""
    env.filters["_gd_rows"], env.filters["_gd_bounded"] = rows, bounded
    if source.faulty:
        return None, _faults_alone(source.marks, env, file)
    try:
        tree = _parse(source, env)
        if problems := _check_tree(tree, source.marks, env, file):
            return None, problems
        return _generate(tree, source, env, writers, generator), []
    except TemplateSyntaxError as exc:
        alone = _faults_alone(source.marks, env, file)
        return None, alone or [_syntax_problem(exc, source.marks.get(exc.lineno), file)]
    except (SyntaxError, RecursionError, MemoryError):
        return None, [
            Problem(
                f"{file} {source.name}",
                _("the blocks of the template are nested too deeply"),
                _("Nest at most {n} loops and conditions.").format(n=_MAX_LOOPS_NESTED),
                "block.deep",
            )
        ]


def _faults_alone(marks: Mapping[int, Mark], env: TemplateEnvironment, file: str) -> list[Problem]:
    return [problem for mark in marks.values() for problem in check_mark(mark, env, file)]


class _Parser(Parser):
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


def _parse(source: Source, env: TemplateEnvironment) -> nodes.Template:
    parser = _Parser(env, "", source.name, source.name)
    parser.stream = TokenStream(source.tokens(), source.name, source.name)
    tree = parser.parse()
    _number_loops(tree)
    tree.set_environment(env)
    return tree


def _tokens(story: Story, env: TemplateEnvironment) -> Iterator[Token]:
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


def tag_tokens(mark: Mark, env: TemplateEnvironment, *, bare: bool = False) -> Iterator[Token]:
    """The tokens of one tag, numbered with its mark; ``bare``: without the braces."""
    for token in env.lexer.tokenize(_quoted(mark)):
        if not bare or token.type not in ("variable_begin", "variable_end"):
            yield Token(mark.number, token.type, token.value)


def _quoted(mark: Mark) -> str:
    return f"{{% {mark.source} %}}" if mark.statement else f"{{{{ {mark.source} }}}}"


def _branches(tree: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes in document order but the leaves, which are nearly all of a form and never of interest."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed([n for n in node.iter_child_nodes() if type(n) not in _LEAVES])


def _number_loops(tree: nodes.Template) -> None:
    """Give every loop that does not ask for ``loop`` a counter, so that an error can name the row."""
    for number, loop in enumerate([n for n in _branches(tree) if isinstance(n, nodes.For)]):
        extended = loop.recursive or bool(find_undeclared(loop.iter_child_nodes(only=("body", "test")), ("loop",)))
        if extended:
            loop.iter = nodes.Filter(loop.iter, "_gd_bounded", [], [], None, None, lineno=loop.lineno)
        else:
            loop.iter = nodes.Filter(loop.iter, "_gd_rows", [], [], None, None, lineno=loop.lineno)
            counter = nodes.Name(f"_gd_i{number}", "store", lineno=loop.lineno)
            loop.target = nodes.Tuple([counter, loop.target], "store", lineno=loop.lineno)


def _generate(
    tree: nodes.Template,
    source: Source,
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
    names |= {"Markup": captured, "Macro": _Macro, "captured": captured}
    names |= {"lookup": _lookup(env), "method": _method(env), "markup_join": _concatenated, "str_join": _concatenated}
    names |= generator.names()
    for site, index in generator.sites.items():
        names[f"w{index}"], names[f"s{index}"] = writers(site)
    pairs = [(line, number) for number, line in generator.debug_info]
    return Program(
        source.name,
        filename,
        names["root"],
        names["blocks"],
        env,
        tuple(line for line, _n in pairs),
        tuple(number for _l, number in pairs),
        source.marks,
        source.guarded,
        tree,
    )


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


# --- places of failures ---------------------------------------------------------------------------------------

_COUNTER = re.compile(r"l_\d+__gd_i(\d+)$")
_LOOP = re.compile(r"l_(\d+)_loop$")


def failing(program: Program, traceback: TracebackType | None) -> tuple[Mark | None, tuple[int, ...]]:
    """The mark and the loop rows (1-based, outermost first) at which a render failed."""
    found: tuple[Mark | None, tuple[int, ...]] = (None, ())
    while traceback is not None:
        frame = traceback.tb_frame
        if frame.f_code.co_filename == program.filename:
            found = program.mark_at(traceback.tb_lineno), _loop_rows(frame)
        traceback = traceback.tb_next
    return found


def calling(program: Program, frame: FrameType | None) -> tuple[Mark | None, tuple[int, ...]]:
    """The same for a render still running, seen from a frame it called."""
    while frame is not None:
        if frame.f_code.co_filename == program.filename:
            return program.mark_at(frame.f_lineno), _loop_rows(frame)
        frame = frame.f_back
    return None, ()


def _loop_rows(frame: FrameType) -> tuple[int, ...]:
    found = []
    for name, value in frame.f_locals.items():
        if (match := _COUNTER.match(name)) and isinstance(value, int):  # else the loop has not begun
            found.append((int(name.split("_")[1]), value + 1))
        elif (match := _LOOP.match(name)) and isinstance(value, LoopContext):
            found.append((int(match[1]), value.index))
    return tuple(index for _depth, index in sorted(found))


# --- checks without data --------------------------------------------------------------------------------------


def check_mark(mark: Mark, env: TemplateEnvironment, file: str) -> list[Problem]:
    """What is wrong with one tag on its own."""
    if mark.statement and mark.keyword in _NOT_SUPPORTED:
        return [_not_supported(mark, file)]
    try:
        tree = env.parse(_standalone(mark))
    except TemplateSyntaxError as exc:
        return [_syntax_problem(exc, mark, file)]
    except RecursionError:
        return [_problem(mark, file, _("the expression is nested too deeply"), _("Simplify it."), "tag.syntax")]
    return [problem for node in tree.find_all(nodes.Node) if (problem := _check_node(node, mark, env, file))]


def _check_tree(tree: nodes.Template, marks: Mapping[int, Mark], env: TemplateEnvironment, file: str) -> list[Problem]:
    """The same for a whole part that could be read."""
    problems = []
    for node in _branches(tree):
        mark = marks.get(node.lineno)
        if mark is not None and (problem := _check_node(node, mark, env, file)):
            problems.append(problem)
    return problems


def _standalone(mark: Mark) -> str:
    """The tag as a template of its own, completed so that only its own faults are reported."""
    if not mark.statement:
        return _quoted(mark)
    word, tag = mark.keyword, _quoted(mark)
    if word.startswith("end"):
        return ""
    if word == "elif":
        return f"{{% if true %}}{tag}{{% endif %}}"
    if word == "else":
        return f"{{% if true %}}{tag}{{% endif %}}"
    opens = word in ("if", "for", "macro", "call", "filter", "with", "block", "autoescape")
    if opens or (word == "set" and "=" not in mark.source):
        return f"{tag}{{% end{word} %}}"
    return tag


_CHECKED = (
    nodes.Filter,
    nodes.Test,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Extends,
    nodes.Include,
    nodes.Import,
    nodes.FromImport,
)


def _check_node(node: nodes.Node, mark: Mark, env: TemplateEnvironment, file: str) -> Problem | None:
    if isinstance(node, nodes.Filter):
        return _check_name(node.name, env.filters, _("filter"), mark, file)
    if isinstance(node, nodes.Test):
        return _check_name(node.name, env.tests, _("test"), mark, file)
    if isinstance(node, nodes.Getattr):
        return _check_reach(node.attr, mark, file)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return _check_reach(node.arg.value, mark, file)
    if isinstance(node, _CHECKED[4:]):
        return _not_supported(mark, file)
    return None


def _not_supported(mark: Mark, file: str) -> Problem:
    return _problem(
        mark,
        file,
        _("{tag}: templates do not include other templates").format(tag=mark.text),
        _("Copy the text here, or pass a sub-document as a value."),
        "tag.unsupported",
    )


def _check_name(name: str, known: Mapping[str, Any], label: str, mark: Mark, file: str) -> Problem | None:
    if name in known:
        return None
    near = difflib.get_close_matches(name, [n for n in known if not n.startswith("_")], n=3, cutoff=0.5)
    return _problem(
        mark,
        file,
        _("{tag}: there is no {kind} '{name}'").format(tag=mark.text, kind=label, name=name),
        _("Did you mean {names}?").format(names=", ".join(near))
        if near
        else _("The filters are listed in docs/templates.md."),
        "tag.filter",
    )


def _check_reach(name: object, mark: Mark, file: str) -> Problem | None:
    if not isinstance(name, str) or not name.startswith("__"):
        return None
    return _problem(
        mark,
        file,
        _("{tag} reaches for '{name}', which no template may").format(tag=mark.text, name=name),
        _("Use the fields of the data only."),
        "tag.unsafe",
    )


def _problem(mark: Mark | None, file: str, message: str, hint: str, code: str) -> Problem:
    return Problem(mark.place.text(file) if mark else file, message, hint, code)


def _syntax_problem(exc: TemplateSyntaxError, mark: Mark | None, file: str) -> Problem:
    tag = mark.text if mark else ""
    return _problem(
        mark,
        file,
        _("{tag} cannot be read: {detail}").format(tag=tag, detail=_syntax_detail(exc.message or "")),
        _("Compare it with the examples in docs/templates.md."),
        "tag.syntax",
    )


def _syntax_detail(message: str) -> str:
    """Jinja's message in the user's language."""
    table: Iterable[tuple[str, Callable[..., str]]] = (
        (r"unexpected char (.+) at", lambda x: _("the sign {sign} does not belong here").format(sign=x)),
        (r"[Uu]nexpected end of template|unexpected 'end of", lambda: _("something is missing at the end")),
        (r"unexpected (.+?)(?:, expected (.+))?$", lambda x, _y=None: _("{sign} does not belong here").format(sign=x)),
        (
            r"expected token (.+), got (.+)",
            lambda x, y: _("expected {wanted}, found {found}").format(wanted=_token(x), found=_token(y)),
        ),
        (r"[Ee]xpected an expression", lambda: _("the expression is empty or breaks off")),
        (r"Encountered unknown tag (.+?)\.", lambda x: _("there is no tag {tag}").format(tag=x)),
        (r"[Mm]issing end of", lambda: _("something is missing at the end")),
        (r"invalid syntax for function call", lambda: _("the call cannot be read")),
        (r"can't assign to", lambda: _("this name cannot be assigned to")),
    )
    for pattern, say in table:
        if match := re.search(pattern, message):
            return say(*match.groups())
    return _("the expression is not valid")


def _token(name: str) -> str:
    words = {
        "end of print statement": "}}",
        "end of statement block": "%}",
        "begin of print statement": "{{",
        "begin of statement block": "{%",
        "name": _("a name"),
        "in": "in",
    }
    bare = name.strip("'")
    return words.get(bare, bare)


def describe(exc: BaseException) -> str:
    """A failure inside an expression, in the user's words."""
    text = str(exc)
    if isinstance(exc, ZeroDivisionError) or type(exc).__name__ in ("DivisionByZero", "DivisionUndefined"):
        return _("division by zero")
    if isinstance(exc, RecursionError):
        return _("the template calls itself without end")
    if "is not iterable" in text:
        return _("the value is not a list and cannot be looped over")
    if isinstance(exc, TypeError) and ("unsupported operand" in text or "not supported between" in text):
        return _("these values cannot be calculated or compared with each other ({detail})").format(detail=text)
    return text or type(exc).__name__


def paths_of(place: Place, file: str, loop_rows: tuple[int, ...]) -> str:
    """Place and loop rows as one phrase."""
    where = place.text(file)
    if not loop_rows:
        return where
    return where + " " + _("item {n}").format(n=".".join(map(str, loop_rows)))
