"""Products as lists show them: a photo, a name, and what they cost whoever looks. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tenant_apps.store.models import Product, ProductImage
from tenant_apps.store.rules.offers import Price


@dataclass(frozen=True, slots=True)
class Card:
    """The price is that of the cheapest variant, None where none is on sale. `varies`: others cost more."""

    product: Product
    image: ProductImage | None
    price: Price | None
    varies: bool


def cards_of(products: Iterable[Product], prices: Mapping[int, Price]) -> list[Card]:
    """The cards of products that come with their photos and the variants on sale; `prices` are by the variants' ids."""
    return [_card(product, prices) for product in products]


def _card(product: Product, prices: Mapping[int, Price]) -> Card:
    image = next(iter(product.images.all()), None)
    of_variants = [prices[variant.pk] for variant in product.variants.all() if variant.pk in prices]
    lowest = min(of_variants, key=lambda price: price.final_minor, default=None)
    varies = lowest is not None and any(price.final_minor != lowest.final_minor for price in of_variants)
    return Card(product, image, lowest, varies)
