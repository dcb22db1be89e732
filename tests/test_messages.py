"""French is complete, says the same things as English, and is typeset as French is."""

from __future__ import annotations

import re

import polib
import pytest

from baobab.messages import CATALOGUE, find_messages, project_root

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}")
CATALOGUE_PATH = project_root() / CATALOGUE


@pytest.fixture(scope="module")
def french() -> polib.POFile:
    return polib.pofile(str(CATALOGUE_PATH))


def test_every_message_has_a_french_translation(french) -> None:
    translated = {(entry.msgid, entry.msgctxt or "") for entry in french if entry.translated() and not entry.fuzzy}
    missing = {
        message: places
        for message, places in find_messages(project_root()).items()
        if (message.text, message.context) not in translated
    }
    assert missing == {}


def test_nothing_in_the_catalogue_is_out_of_use(french) -> None:
    used = {(message.text, message.context) for message in find_messages(project_root())}
    assert [entry.msgid for entry in french if (entry.msgid, entry.msgctxt or "") not in used] == []


def texts(entry: polib.POEntry) -> list[tuple[str, str]]:
    if entry.msgid_plural:
        return [(entry.msgid_plural, text) for text in entry.msgstr_plural.values()]
    return [(entry.msgid, entry.msgstr)]


def test_every_placeholder_is_kept(french) -> None:
    wrong = [
        english
        for entry in french
        for english, text in texts(entry)
        if not set(PLACEHOLDER.findall(text)) <= set(PLACEHOLDER.findall(english))
        or (not entry.msgid_plural and set(PLACEHOLDER.findall(text)) != set(PLACEHOLDER.findall(english)))
    ]
    assert wrong == []


def test_french_typography(french) -> None:
    """Narrow no-break space before ; ! ? % and no-break space before : and inside « », no straight quotes."""
    rules = {
        "a plain space, or none, before ; ! ?": re.compile(r"(?<![\u202f/&\w])[;!?]|[ \u00a0][;!?]|\w[;!?](?=\s|$)"),
        "a plain space, or none, before :": re.compile(r"(?<!\u00a0):(?=\s|$)"),
        "a plain space, or none, inside « »": re.compile(r"«(?![\u00a0\u202f])|(?<![\u00a0\u202f])»"),
        "a plain space before %": re.compile(r"[ \u00a0]%%?(?![(\w%])"),
        "English quotes": re.compile(r"[“”\"]"),
        "a straight apostrophe": re.compile(r"\w'(?=\w|%\()"),
        "three dots": re.compile(r"\.\.\."),
        "an exclamation": re.compile(r"!"),
    }
    wrong = [
        (rule, text)
        for entry in french
        for _english, text in texts(entry)
        for rule, pattern in rules.items()
        if pattern.search(re.sub(r"https?://\S+|&\w+;|<[^>]*>", "", text))
    ]
    assert wrong == []
