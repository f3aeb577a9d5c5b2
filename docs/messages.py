"""Collect what guidang says into the Chinese catalogues and compile them: ``python -m language.messages [MORE.po …]``.

``guidang.po`` holds the messages of this program: those marked in the code and the texts of the commands.
``click.po`` holds the words of the click library that reach a reader (Usage, Options, its errors).
Translations in further files named on the command line are taken over first, those already made are kept, and
messages that no longer exist go. What is still to be translated is printed; the exit code is then 1.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from foundation import language

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ROOT = Path(__file__).resolve().parent.parent
LOCALE = "zh_CN"
SOURCES = ("cli.py", "console", "docgen", "foundation", "office", "retention")
KEYWORDS: dict[str, tuple[int, ...] | None] = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}
# Catalogues say nothing about when they were made: the history of the repository does.
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def catalogue_path(domain: str, suffix: str = ".po") -> Path:
    """Where the catalogue of ``domain`` lies."""
    return language.CATALOGUES / LOCALE / "LC_MESSAGES" / f"{domain}{suffix}"


def collect(domain: str) -> Catalog:
    """Every message of ``domain`` that the code holds, untranslated."""
    catalogue = _empty(domain)
    files = _own_files() if domain == language.DOMAIN else Path(click.__file__).parent.glob("*.py")
    for message in _marked(sorted(files)):
        catalogue.add(message)
    if domain == language.DOMAIN:
        for text in command_texts():
            catalogue.add(text)
    return catalogue


def _own_files() -> Iterator[Path]:
    for name in SOURCES:
        place = ROOT / name
        yield from place.rglob("*.py") if place.is_dir() else [place] if place.exists() else []


def _marked(files: Iterable[Path]) -> Iterator[str | tuple[str, ...]]:
    for file in files:
        for found in extract_from_file("python", file, keywords=KEYWORDS):
            yield found[1]


def command_texts() -> Iterator[str]:
    """The help of every command, option and argument, in English."""
    import cli

    with language.use("en"):
        yield from _texts(cli.program)


def _texts(command: click.Command) -> Iterator[str]:
    names = ("help", "options_metavar", "subcommand_metavar", "metavar")
    for speaker in (command, *command.params):
        yield from (text for name in names if (text := getattr(speaker, name, None)))
    for child in getattr(command, "commands", {}).values():
        yield from _texts(child)


def _empty(domain: str) -> Catalog:
    catalogue = Catalog(locale=LOCALE, domain=domain, project="guidang", charset="utf-8", fuzzy=False)
    catalogue.header_comment = f"# What {domain} says, in Chinese. Collected by `make messages`."
    catalogue.creation_date = catalogue.revision_date = EPOCH
    catalogue.last_translator = catalogue.language_team = "guidang"
    return catalogue


def read(path: Path) -> Catalog:
    """The catalogue in a .po file; an empty one where there is no file."""
    if not path.exists():
        return _empty(path.stem)
    with path.open("rb") as file:
        return read_po(file, locale=LOCALE)


def translated(wanted: Catalog, sources: Sequence[Catalog]) -> Catalog:
    """``wanted`` with the translations that ``sources`` know, the first that knows one before the others."""
    for message in wanted:
        for source in sources:
            known = source.get(message.id) if message.id else None
            if known is not None and _full(known.string) and not known.fuzzy:
                message.string = known.string
                break
    return wanted


def untranslated(catalogue: Catalog) -> list[str]:
    """The messages that have no translation."""
    return [str(message.id) for message in catalogue if message.id and not _full(message.string)]


def _full(string: str | Sequence[str] | None) -> bool:
    return bool(string) and all(string or ())


def _write(catalogue: Catalog, domain: str) -> None:
    target = catalogue_path(domain)
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("wb") as file:
        write_po(file, catalogue, width=110, no_location=True, sort_output=True, ignore_obsolete=True)
    with catalogue_path(domain, ".mo").open("wb") as file:
        write_mo(file, catalogue)


def main(more: Sequence[str] = ()) -> int:
    """Bring both catalogues up to date; 1 while something is still to be translated."""
    missing = []
    for domain in (language.DOMAIN, "click"):
        sources = [*(read(Path(name)) for name in more), read(catalogue_path(domain))]
        catalogue = translated(collect(domain), sources)
        _write(catalogue, domain)
        missing += [f"{domain}: {text!r}" for text in untranslated(catalogue)]
    for line in missing:
        click.echo(line)
    click.echo(f"{len(missing)} messages to translate", err=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
