"""What can be wrong with a tag without any data: syntax, unknown filters, reaching for what no template may."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError, nodes

from docgen.errors import Problem
from docgen.template.environment import TemplateEnvironment
from docgen.template.marks import TagMark
from foundation.language import _

_INCLUDING = ("extends", "include", "import", "from")
_INCLUDING_NODES = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
_LEAVES = (nodes.TemplateData, nodes.Name, nodes.Const)


def branches(tree: nodes.Node) -> Iterator[nodes.Node]:
    """All nodes in document order but the leaves, which are nearly all of a form and never of interest."""
    stack = [tree]
    while stack:
        node = stack.pop()
        yield node
        stack += reversed([n for n in node.iter_child_nodes() if type(n) not in _LEAVES])


def check_each(marks: Mapping[int, TagMark], env: TemplateEnvironment, file: str) -> list[Problem]:
    """What is wrong with each tag on its own, for a part that cannot be read as a whole."""
    return [problem for mark in marks.values() for problem in _check_mark(mark, env, file)]


def check_tree(
    tree: nodes.Template, marks: Mapping[int, TagMark], env: TemplateEnvironment, file: str
) -> list[Problem]:
    """The same for a whole part that could be read."""
    found = ((node, marks.get(node.lineno)) for node in branches(tree))
    return [p for node, mark in found if mark is not None and (p := _check_node(node, mark, env, file))]


def _check_mark(mark: TagMark, env: TemplateEnvironment, file: str) -> list[Problem]:
    if mark.statement and mark.keyword in _INCLUDING:
        return [_not_supported(mark, file)]
    try:
        tree = env.parse(_standalone(mark))
    except TemplateSyntaxError as exc:
        return [syntax_problem(exc, mark, file)]
    except RecursionError:
        return [_problem(mark, file, _("the expression is nested too deeply"), _("Simplify it."), "tag.syntax")]
    return [problem for node in tree.find_all(nodes.Node) if (problem := _check_node(node, mark, env, file))]


def _standalone(mark: TagMark) -> str:
    """The tag as a template of its own, completed so that only its own faults are reported."""
    word, tag = mark.keyword, mark.jinja
    if not mark.statement:
        return tag
    if word.startswith("end"):
        return ""
    if word in ("elif", "else"):
        return f"{{% if true %}}{tag}{{% endif %}}"
    return f"{tag}{{% end{word} %}}" if mark.opens else tag


def _check_node(node: nodes.Node, mark: TagMark, env: TemplateEnvironment, file: str) -> Problem | None:
    if isinstance(node, nodes.Filter):
        return _check_name(node.name, env.filters, _("filter"), mark, file)
    if isinstance(node, nodes.Test):
        return _check_name(node.name, env.tests, _("test"), mark, file)
    if isinstance(node, nodes.Getattr):
        return _check_reach(node.attr, mark, file)
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return _check_reach(node.arg.value, mark, file)
    return _not_supported(mark, file) if isinstance(node, _INCLUDING_NODES) else None


def _not_supported(mark: TagMark, file: str) -> Problem:
    message = _("{tag}: templates do not include other templates").format(tag=mark.text)
    return _problem(mark, file, message, _("Copy the text here, or pass a sub-document as a value."), "tag.unsupported")


def _check_name(name: str, known: Mapping[str, Any], label: str, mark: TagMark, file: str) -> Problem | None:
    if name in known:
        return None
    near = difflib.get_close_matches(name, [n for n in known if not n.startswith("_")], n=3, cutoff=0.5)
    message = _("{tag}: there is no {kind} '{name}'").format(tag=mark.text, kind=label, name=name)
    meant = _("Did you mean {names}?").format(names=", ".join(near))
    hint = meant if near else _("The filters are listed in docs/templates.md.")
    return _problem(mark, file, message, hint, "tag.filter")


def _check_reach(name: object, mark: TagMark, file: str) -> Problem | None:
    if not isinstance(name, str) or not name.startswith("__"):
        return None
    message = _("{tag} reaches for '{name}', which no template may").format(tag=mark.text, name=name)
    return _problem(mark, file, message, _("Use the fields of the data only."), "tag.unsafe")


def _problem(mark: TagMark | None, file: str, message: str, hint: str, code: str) -> Problem:
    return Problem(mark.place.at(file) if mark else file, message, hint, code)


def syntax_problem(exc: TemplateSyntaxError, mark: TagMark | None, file: str) -> Problem:
    """What Jinja says of a tag it cannot read, in the user's language."""
    detail = _syntax_detail(exc.message or "")
    message = _("{tag} cannot be read: {detail}").format(tag=mark.text if mark else "", detail=detail)
    return _problem(mark, file, message, _("Compare it with the examples in docs/templates.md."), "tag.syntax")


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
