"""A product as it goes into its form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tenant_apps.store.models import Product, Specification, Variant
from tenant_apps.store.services.details import MAX_OPTIONS


def values_of(product: Product, specifications: Sequence[Specification]) -> dict[str, Any]:
    """The form's values: what all variants have in common stands above, the rest in their rows."""
    variants = [one for one in product.variants.all() if len(one.options) == len(product.option_names)]
    same = ("name", "summary", "description", "supply", "preorder_from", "badges", "meta_title", "meta_description")
    return {
        **{name: getattr(product, name) for name in same},
        "key": product.public_id,
        "shelf": str(product.category_id or ""),
        "brand": product.brand.name if product.brand else "",
        "specifications": [{"name": one.attribute.name, "value": one.value} for one in specifications],
        **{f"option{number}": name for number, name in enumerate(product.option_names, start=1)},
        **_shared_values(variants, several=bool(product.option_names)),
    }


def _shared_values(variants: list[Variant], *, several: bool) -> dict[str, Any]:
    if not variants:
        return {}
    first = variants[0]
    promoted = next((one for one in variants if one.promo_minor is not None), first)
    shared: dict[str, Any] = {
        "price": first.price_minor,
        "promo": _common([one.promo_minor for one in variants]),
        "cost": _common([one.cost_minor for one in variants]),
        "promo_starts_at": promoted.promo_starts_at,
        "promo_ends_at": promoted.promo_ends_at,
        "low_stock_at": first.low_stock_at,
    }
    if not several:
        shared |= {"sku": first.sku or "", "barcode": first.barcode or ""}
        return {**shared, "variants": [{"public_id": first.public_id}]}
    return {**shared, "variants": [_row(variant, shared) for variant in variants]}


def _row(variant: Variant, shared: dict[str, Any]) -> dict[str, Any]:
    """A row; an amount that stands above is left out."""
    options = {f"option{number}": value for number, value in enumerate(variant.options[:MAX_OPTIONS], start=1)}
    amounts = {"price": variant.price_minor, "promo": variant.promo_minor, "cost": variant.cost_minor}
    own = {name: amount for name, amount in amounts.items() if amount != shared[name]}
    codes = {"sku": variant.sku or "", "barcode": variant.barcode or ""}
    return {"public_id": variant.public_id, "is_active": variant.is_active, **options, **own, **codes}


def _common(amounts: list[int | None]) -> int | None:
    return amounts[0] if len(set(amounts)) == 1 else None
