"""The documentation says what the program does: commands, options, exit codes, tags and formats."""

from __future__ import annotations

import ast
import re
import runpy
from typing import TYPE_CHECKING

import click
import pytest
from given.places import ROOT

import cli
from docgen.forms.declaration import Check, Column, Field, Form, Table
from docgen.forms.loading import parse_form
from docgen.template.environment import make_environment
from docgen.template.filters import FORMATTERS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pydantic import BaseModel

PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
READMES = ("README.md", "README.zh-CN.md")


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def test_the_command_reference_is_what_the_commands_say() -> None:
    """`make docs` mends this."""
    assert text("docs/cli.md") == runpy.run_path(str(ROOT / "docs" / "generate.py"))["reference"]()


def commands(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command with its name, those of groups as ``schedule show``."""
    for name, command in group.commands.items():
        yield before + name, command
        if isinstance(command, click.Group):
            yield from commands(command, f"{before}{name} ")


def test_every_command_option_and_exit_code_is_documented() -> None:
    reference = text("docs/cli.md")
    for name, command in commands(cli.program):
        section = reference.split(f"\n## {name}\n")[1].split("\n## ")[0]
        options = [spelling for parameter in command.params for spelling in parameter.opts if spelling.startswith("-")]
        assert {"--office", "--lang"} <= set(options), name
        assert [spelling for spelling in options if spelling not in section] == [], name
    for code in cli.Exit:
        assert f"| {code.value} |" in reference


def code(name: str) -> list[str]:
    """The lines of a page's code blocks, without their comments."""
    blocks = re.findall(r"^```\w+\n(.*?)^```", text(name), re.MULTILINE | re.DOTALL)
    return [line.partition("#")[0].strip() for block in blocks for line in block.splitlines()]


@pytest.mark.parametrize("name", READMES)
def test_a_readme_names_every_command_and_no_other(name: str) -> None:
    assert set(re.findall(r"`guidang (\w+)", text(name))) == set(cli.program.commands)
    assert set(re.findall(r"guidang (\w+)", "\n".join(code(name)))) <= set(cli.program.commands)


def test_the_readmes_are_equal() -> None:
    """Same headings, tables, code and links; only the language differs."""
    english, chinese = READMES
    assert code(english) == code(chinese)
    for pattern in (r"^#+ ", r"^\|(?: `guidang \w+)?", r"^- ", r"\]\((docs/[\w.-]+|CHANGELOG.md)\)"):
        assert re.findall(pattern, text(english), re.MULTILINE) == re.findall(pattern, text(chinese), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
        assert target.startswith("https://") or (page.parent / target).exists(), target


def test_every_make_target_of_the_readme_exists() -> None:
    targets = set(re.findall(r"^(\w+):", text("Makefile"), re.MULTILINE))
    used = set(re.findall(r"^make (\w+)", "\n".join(code("README.md")), re.MULTILINE))
    assert {"demo", "test", "lint", "bench"} <= used <= targets


# --- forms.md, design.md ----------------------------------------------------------------------------------------


def test_the_example_of_a_form_is_one() -> None:
    (example,) = re.findall(r"^```toml\n(.*?)^```", text("docs/forms.md"), re.MULTILINE | re.DOTALL)
    assert parse_form(example.encode(), "keys").table("keys").column("lent").within_period


@pytest.mark.parametrize("model", [Form, Table, Column, Field, Check])
def test_every_key_of_a_declaration_is_documented(model: type[BaseModel]) -> None:
    assert [key for key in model.model_fields if key != "id" and f"`{key}" not in text("docs/forms.md")] == []


def packages() -> Iterator[Path]:
    """Every folder of the program that holds modules."""
    for top in ("foundation", "docgen", "retention", "office", "console"):
        yield from sorted({path.parent for path in (ROOT / top).rglob("*.py") if "migrations" not in path.parts})


def test_the_tree_of_the_design_names_every_package() -> None:
    tree = text("docs/design.md")
    assert [str(folder) for folder in packages() if f"{folder.relative_to(ROOT).as_posix()}/" not in tree] == []


def test_every_module_says_in_its_first_line_what_it_is_for() -> None:
    files = [ROOT / "cli.py", *(path for folder in packages() for path in folder.glob("*.py"))]
    texts = {path: path.read_text(encoding="utf-8") for path in files}
    assert [path.name for path, code in texts.items() if code and not ast.get_docstring(ast.parse(code))] == []


# --- templates.md ---------------------------------------------------------------------------------------------

FORMAT_ROWS = re.findall(
    r"^\| `(\S+)` \| `(\w+)` \| `(\{\{.+?\}\})` \| (.+?) \|$", text("docs/templates.md"), re.MULTILINE
)
TAGS = (
    *("{{", "{{r ", "{{p ", "{%p ", "{%tr ", "{%tc ", "{%r ", "{%-", "-%}", "{#", "{_{", "}_}", "{_%", "%_}"),
    *("{% vm %}", "{% hm %}", "{% colspan ", "{% cellbg ", "{% colwidth ", "{% raw %}"),
    *("{% for ", "{% endfor %}", "{% if ", "{% elif ", "{% else %}", "{% endif %}", "{% set "),
)


@pytest.mark.parametrize("tag", TAGS)
def test_every_tag_is_documented(tag: str) -> None:
    assert tag in text("docs/templates.md")


def test_every_format_is_documented_by_both_names() -> None:
    assert {name for name in FORMATTERS if f"`{name}`" not in text("docs/templates.md")} == set()


@pytest.mark.parametrize(("name", "english", "example", "result"), FORMAT_ROWS, ids=[row[2] for row in FORMAT_ROWS])
def test_the_examples_of_formats_give_what_they_say(name: str, english: str, example: str, result: str) -> None:
    source = example.replace("\\|", "|")
    environment = make_environment()
    assert FORMATTERS[name] is FORMATTERS[english]
    assert environment.from_string(source).render() == result
    assert environment.from_string(source.replace(name, english)).render() == result
