"""Choosing among the variants of a product."""

from __future__ import annotations

import uuid

from tenant_apps.store.models import Product, Variant
from tenant_apps.store.rules.choices import chosen_variant, option_choices


def variant(*options: str) -> Variant:
    return Variant(public_id=uuid.uuid4(), options=list(options), price_minor=1)


SHIRT = Product(name="Chemise", option_names=["Taille", "Couleur"])


def test_a_value_leads_to_the_variant_that_keeps_the_other_choice() -> None:
    small_red, small_blue, large_red = variant("S", "Rouge"), variant("S", "Bleu"), variant("L", "Rouge")
    sizes, colours = option_choices(SHIRT, [small_red, small_blue, large_red], small_red)
    assert [(one.value, one.variant, one.chosen, one.fits) for one in sizes.choices] == [
        ("S", small_red, True, True),
        ("L", large_red, False, True),
    ]
    assert [(one.value, one.variant, one.fits) for one in colours.choices] == [
        ("Rouge", small_red, True),
        ("Bleu", small_blue, True),
    ]


def test_a_combination_that_is_not_sold_leads_to_the_nearest_and_says_so() -> None:
    small_blue, large_red = variant("S", "Bleu"), variant("L", "Rouge")
    sizes, _colours = option_choices(SHIRT, [small_blue, large_red], small_blue)
    [_small, large] = sizes.choices
    assert (large.variant, large.fits) == (large_red, False)


def test_an_address_that_names_no_variant_shows_the_first() -> None:
    first, second = variant("S", "Rouge"), variant("M", "Rouge")
    assert chosen_variant([first, second], str(second.public_id)) is second
    assert chosen_variant([first, second], "rubbish") is first
    assert chosen_variant([], "rubbish") is None
