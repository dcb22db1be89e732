"""Folding and slugs."""

from __future__ import annotations

import pytest

from tenant_apps.team.text import MAX_SLUG, base_slug, fold, free_slug, words_in


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Téléphones Cœur", "telephones coeur"),
        ("ÇA VA, Noël?", "ca va, noel?"),
        ("Ɓamako ŋ", "bamako n"),
        ("هاتف", "هاتف"),
    ],
)
def test_accents_and_case_are_folded(text: str, folded: str) -> None:
    assert fold(text) == folded


def test_words_are_letters_and_digits_of_any_script() -> None:
    assert words_in("L'été (2026) & هاتف: a_b!") == ["l", "ete", "2026", "هاتف", "a", "b"]


@pytest.mark.parametrize(
    ("text", "slug"),
    [("Café polyglotte", "cafe-polyglotte"), ("هاتف", "product"), ("***", "product"), ("Œuf 5 %", "oeuf-5")],
)
def test_a_slug_is_ascii(text: str, slug: str) -> None:
    assert base_slug(text, fallback="product") == slug


def test_a_slug_is_never_too_long() -> None:
    assert len(base_slug("mot " * 60, fallback="x")) <= MAX_SLUG


def test_the_first_free_slug_is_taken() -> None:
    assert free_slug("robe", taken=set()) == "robe"
    assert free_slug("robe", taken={"robe", "robe-2", "robe-rouge"}) == "robe-3"
