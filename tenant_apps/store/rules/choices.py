"""The variants of a product as a customer chooses among them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tenant_apps.store.models import Product, Variant


@dataclass(frozen=True, slots=True)
class Choice:
    """A value of an option, and the variant it leads to. `fits` is False when another option changes with it."""

    value: str
    variant: Variant
    chosen: bool
    fits: bool


@dataclass(frozen=True, slots=True)
class OptionChoices:
    """An option with its values, in the order of the variants."""

    name: str
    choices: list[Choice]


def chosen_variant(variants: Sequence[Variant], public_id: str) -> Variant | None:
    """The variant of that id, else the first; None when none is on sale."""
    named = (variant for variant in variants if str(variant.public_id) == public_id)
    return next(named, variants[0] if variants else None)


def option_choices(product: Product, variants: Sequence[Variant], chosen: Variant) -> list[OptionChoices]:
    """What can be chosen beside the chosen variant: for every value the variant that keeps most of the other options."""
    return [_one_option(name, at, variants, chosen) for at, name in enumerate(product.option_names)]


def _one_option(name: str, at: int, variants: Sequence[Variant], chosen: Variant) -> OptionChoices:
    whole = [variant for variant in variants if len(variant.options) > at]
    values = list(dict.fromkeys(variant.options[at] for variant in whole))
    return OptionChoices(name, [_choice(value, at, whole, chosen) for value in values])


def _choice(value: str, at: int, variants: Sequence[Variant], chosen: Variant) -> Choice:
    wanted = [*chosen.options[:at], value, *chosen.options[at + 1 :]]
    having = [variant for variant in variants if variant.options[at] == value]
    nearest = max(having, key=lambda variant: sum(a == b for a, b in zip(variant.options, wanted, strict=False)))
    is_chosen = len(chosen.options) > at and chosen.options[at] == value
    return Choice(value, chosen if is_chosen else nearest, is_chosen, fits=nearest.options == wanted)
