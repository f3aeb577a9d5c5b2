"""Everything guidang says exists in Chinese and in English, with the same placeholders."""

from __future__ import annotations

import gettext
import re
from typing import TYPE_CHECKING

import messages
import pytest

from foundation import language as i18n

if TYPE_CHECKING:
    from babel.messages.catalog import Message

DOMAINS = (i18n.DOMAIN, "click")
PLACEHOLDER = re.compile(r"\{[a-z_]\w*(?:![rsa])?\}|%\([a-z_]+\)s")


def placeholders(text: str | tuple[str, ...]) -> set[str]:
    return set(PLACEHOLDER.findall(text if isinstance(text, str) else " ".join(text)))


def entries(domain: str) -> list[Message]:
    return [message for message in messages.read(messages.catalogue_path(domain)) if message.id]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_message_of_the_code_has_a_translation(domain: str) -> None:
    known = messages.read(messages.catalogue_path(domain))
    assert messages.untranslated(messages.translated(messages.collect(domain), [known])) == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_catalogue_holds_no_message_that_is_gone(domain: str) -> None:
    wanted = messages.collect(domain)
    assert [message.id for message in entries(domain) if message.id not in wanted] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_no_translation_is_marked_as_doubtful(domain: str) -> None:
    assert [message.id for message in entries(domain) if message.fuzzy] == []


@pytest.mark.parametrize("domain", DOMAINS)
def test_a_translation_keeps_the_placeholders(domain: str) -> None:
    for message in entries(domain):
        allowed, used = placeholders(message.id), placeholders(message.string)
        assert used <= allowed, message.id
        if isinstance(message.id, str):
            assert used == allowed, message.id


@pytest.mark.parametrize("domain", DOMAINS)
def test_the_compiled_catalogue_is_the_written_one(domain: str) -> None:
    with messages.catalogue_path(domain, ".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in entries(domain):
        if isinstance(message.id, str):
            assert compiled.gettext(message.id) == message.string
        else:
            assert compiled.ngettext(*message.id, 2) == message.string[0]


def test_the_language_comes_from_the_environment_and_is_chinese_without_one() -> None:
    assert i18n.detect({}) == "zh_CN"
    assert i18n.detect({"LANG": "C.UTF-8"}) == "zh_CN"
    assert i18n.detect({"LANG": "en_GB.UTF-8"}) == "en"
    assert i18n.detect({"LANG": "en_GB.UTF-8", "GUIDANG_LANG": "zh_CN"}) == "zh_CN"


def test_a_thread_may_speak_another_language_than_its_process() -> None:
    with i18n.use("en"):
        assert i18n.language() == "en"
        with i18n.use("zh_CN"):
            assert i18n.language() == "zh_CN"
        assert i18n.language() == "en"
