"""Amounts in words. The expected texts are written by hand, from grammar: they never come from the code under test."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from billing.money import EXPONENTS, Money
from shared_apps.documents.words import amount_in_words

FRENCH = [
    # Zero and one are singular.
    (0, "XAF", "zéro franc CFA"),
    (1, "XOF", "un franc CFA"),
    (2, "XAF", "deux francs CFA"),
    (16, "XAF", "seize francs CFA"),
    (17, "XAF", "dix-sept francs CFA"),
    # "et" before un and onze up to 71, never after quatre-vingt.
    (21, "XAF", "vingt et un francs CFA"),
    (61, "XAF", "soixante et un francs CFA"),
    (70, "XAF", "soixante-dix francs CFA"),
    (71, "XAF", "soixante et onze francs CFA"),
    (77, "XAF", "soixante-dix-sept francs CFA"),
    (81, "XAF", "quatre-vingt-un francs CFA"),
    (91, "XAF", "quatre-vingt-onze francs CFA"),
    (99, "XAF", "quatre-vingt-dix-neuf francs CFA"),
    # Vingt and cent take an s when multiplied and last, and lose it before mille, which never takes one.
    (80, "XAF", "quatre-vingts francs CFA"),
    (100, "XAF", "cent francs CFA"),
    (101, "XAF", "cent un francs CFA"),
    (180, "XAF", "cent quatre-vingts francs CFA"),
    (200, "XAF", "deux cents francs CFA"),
    (201, "XAF", "deux cent un francs CFA"),
    (999, "XAF", "neuf cent quatre-vingt-dix-neuf francs CFA"),
    (1_000, "XAF", "mille francs CFA"),
    (1_100, "XAF", "mille cent francs CFA"),
    (2_000, "XAF", "deux mille francs CFA"),
    (4_036, "XAF", "quatre mille trente-six francs CFA"),
    (25_000, "XAF", "vingt-cinq mille francs CFA"),
    (80_000, "XAF", "quatre-vingt mille francs CFA"),
    (80_080, "XAF", "quatre-vingt mille quatre-vingts francs CFA"),
    (200_000, "XAF", "deux cent mille francs CFA"),
    (299_300, "XAF", "deux cent quatre-vingt-dix-neuf mille trois cents francs CFA"),
    # Million and milliard are nouns: they take an s, let vingt and cent keep theirs, and "de" follows them.
    (1_000_000, "XAF", "un million de francs CFA"),
    (1_000_001, "XAF", "un million un francs CFA"),
    (1_200_000, "XAF", "un million deux cent mille francs CFA"),
    (80_000_000, "XAF", "quatre-vingts millions de francs CFA"),
    (200_000_000, "XAF", "deux cents millions de francs CFA"),
    (1_000_000_000, "XAF", "un milliard de francs CFA"),
    (3_000_000_000, "XAF", "trois milliards de francs CFA"),
    (3_000_000_500, "XAF", "trois milliards cinq cents francs CFA"),
    (1_000_000, "GNF", "un million de francs guinéens"),
    # Minor units.
    (200_50, "EUR", "deux cents euros et cinquante centimes"),
    (1_01, "EUR", "un euro et un centime"),
    (1_250_00, "EUR", "mille deux cent cinquante euros"),
    (1_80, "EUR", "un euro et quatre-vingts centimes"),
    (50, "EUR", "cinquante centimes"),
    (0, "EUR", "zéro euro"),
    (1_000_000_00, "EUR", "un million d’euros"),
    (1_000_000_10, "EUR", "un million d’euros et dix centimes"),
    (2_05, "USD", "deux dollars américains et cinq cents"),
    (5_000, "JPY", "cinq mille yens"),
    (1_000_000, "JPY", "un million de yens"),
    (12_345, "TND", "douze dinars tunisiens et trois cent quarante-cinq millimes"),
    (1_001, "TND", "un dinar tunisien et un millime"),
    (-25_000, "XAF", "moins vingt-cinq mille francs CFA"),
]
ENGLISH = [
    (0, "XAF", "zero CFA francs"),
    (1, "XAF", "one CFA franc"),
    (21, "XAF", "twenty-one CFA francs"),
    (101, "XAF", "one hundred and one CFA francs"),
    (25_000, "XOF", "twenty-five thousand CFA francs"),
    (1_234, "XAF", "one thousand two hundred and thirty-four CFA francs"),
    (120_005, "XAF", "one hundred and twenty thousand and five CFA francs"),
    (1_000_000, "XAF", "one million CFA francs"),
    (2_500_000, "GNF", "two million five hundred thousand Guinean francs"),
    (200_50, "EUR", "two hundred euros and fifty cents"),
    (1_01, "EUR", "one euro and one cent"),
    (19, "EUR", "nineteen cents"),
    (3_99, "USD", "three US dollars and ninety-nine cents"),
    (1_00, "USD", "one US dollar"),
    (1, "JPY", "one yen"),
    (40_000, "JPY", "forty thousand yen"),
    (12_005, "TND", "twelve Tunisian dinars and five millimes"),
    (-2_00, "EUR", "minus two euros"),
]


@pytest.fixture(autouse=True)
def currencies_named_here(monkeypatch) -> None:
    """Currencies that have names, whether the platform takes them today or not."""
    monkeypatch.setitem(EXPONENTS, "JPY", 0)
    monkeypatch.setitem(EXPONENTS, "TND", 3)


@pytest.mark.parametrize(("minor", "currency", "text"), FRENCH)
def test_french_follows_its_grammar(minor, currency, text) -> None:
    assert amount_in_words(Money(minor, currency), "fr") == text


@pytest.mark.parametrize(("minor", "currency", "text"), ENGLISH)
def test_english_follows_its_grammar(minor, currency, text) -> None:
    assert amount_in_words(Money(minor, currency), "en") == text


def test_every_currency_the_platform_takes_has_a_name() -> None:
    for currency in EXPONENTS:
        for locale in ("fr", "en"):
            assert amount_in_words(Money(1_234_567, currency), locale)


CASES = st.integers(-(10**14), 10**14)


@given(CASES, CASES, st.sampled_from(["XAF", "EUR", "USD"]), st.sampled_from(["fr", "en"]))
def test_two_amounts_never_have_the_same_words(one, other, currency, locale) -> None:
    assume(one != other)
    words = amount_in_words(Money(one, currency), locale)
    assert words.strip()
    assert words != amount_in_words(Money(other, currency), locale)


@given(st.integers(0, 10**6), st.sampled_from(["fr", "en"]))
def test_neighbours_never_have_the_same_words(minor, locale) -> None:
    assert amount_in_words(Money(minor, "EUR"), locale) != amount_in_words(Money(minor + 1, "EUR"), locale)
