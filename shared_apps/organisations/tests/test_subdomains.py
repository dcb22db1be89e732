"""Which names a workspace may have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared_apps.organisations import subdomains
from shared_apps.organisations.subdomains import BadSubdomain, check, from_name, skeleton, suggestions


@pytest.mark.parametrize("name", ["acme", "boutique-awa", "club2026", "a1b", "marche-du-wouri"])
def test_ordinary_names_are_fine(name) -> None:
    assert check(name) == name


def test_capitals_and_spaces_around_are_forgiven() -> None:
    assert check("  Acme ") == "acme"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "empty"), ("   ", "empty"), ("ab", "short"), ("a" * 41, "long"), ("épicerie", "letters"),
        ("acme.shop", "letters"), ("acme_shop", "letters"), ("acme shop", "letters"), ("асме", "letters"),
        ("acme\x00", "letters"), ("-acme", "hyphens"), ("acme-", "hyphens"), ("ac--me", "hyphens"),
        ("xn--acme-abc", "punycode"), ("www", "reserved"), ("admin", "reserved"), ("api", "reserved"),
        ("adm1n", "reserved"), ("ad-min", "reserved"), ("1ogin", "reserved"), ("baobab", "reserved"),
        ("paypal", "reserved"), ("paypa1", "reserved"), ("pay-pal", "reserved"), ("mtn-douala", "reserved"),
        ("0range", "reserved"), ("acme-paypal", "reserved"),
        ("mypaypal", "reserved"), ("pay-pal-cm", "reserved"), ("payp4l", "reserved"), ("orangemoneycm", "reserved"),
    ],
)  # fmt: skip
def test_a_bad_name_says_why(name, code) -> None:
    with pytest.raises(BadSubdomain) as problem:
        check(name)
    assert problem.value.code == code


@pytest.mark.parametrize(
    ("one", "other"), [("acme", "acrne"), ("shop1", "shopl"), ("wave2", "vvave2"), ("a-b-c", "abc"), ("l00k", "look")]
)
def test_names_that_look_alike_have_one_skeleton(one, other) -> None:
    assert skeleton(one) == skeleton(other)


def test_different_names_have_different_skeletons() -> None:
    assert skeleton("acme") != skeleton("acne")


@given(st.text(max_size=80))
def test_whatever_is_typed_every_suggestion_is_valid(text) -> None:
    for name in suggestions(text):
        assert check(name) == name


@given(st.text(max_size=80))
def test_checking_never_fails_otherwise(text) -> None:
    try:
        name = check(text)
    except BadSubdomain:
        return
    assert subdomains.MIN_LENGTH <= len(name) <= subdomains.MAX_LENGTH
    assert name.isascii()


def test_a_name_is_made_from_an_organisations_name() -> None:
    assert from_name("Épicerie de l'Étoile") == "epicerie-de-l-etoile"
