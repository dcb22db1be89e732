"""Writing the variants of products. Every function needs the shop's lock, and the transaction of the product's write."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError
from tenant_apps.store.models import OrderLine, Product, StockLevel, Variant
from tenant_apps.store.services.details import MAX_VARIANTS, VariantDetails

# Positions are unique: rows move out of the way before they get their new ones.
_ASIDE = 100 * MAX_VARIANTS


Written = Sequence[tuple[Product, tuple[VariantDetails, ...]]]


def save_variants(written: Written) -> None:
    """Make the variants of each product these, in this order. Those that are known by their public id are kept; one that is no
    longer there is deleted, or taken off sale behind the others when stock or orders know it.

    Locks the rows that go. As many queries for one product as for many, and one for each variant that was there before.
    Raises DomainError (`sku_taken`, `barcode_taken`).
    """
    for error in codes_taken(written).values():
        raise error
    known = _variants_of([product for product, _variants in written])
    wanted = [(product, _with_only_one(variants, known[product.pk])) for product, variants in written]
    kept = {details.public_id for _product, variants in wanted for details in variants}
    leaving = [one for of_product in known.values() for public_id, one in of_product.items() if public_id not in kept]
    retired = _remove(leaving)
    there = [product_id for product_id, of_product in known.items() if of_product]
    if there:
        rows = Variant.objects.filter(product__in=there)
        rows.update(position=F("position") + _ASIDE, sku=None, barcode=None)
    new = [one for product, variants in wanted for one in _save_known(product, variants, known[product.pk])]
    Variant.objects.bulk_create(new)
    for product, variants in wanted:
        _retire([one for one in retired if one.product_id == product.pk], variants)


def _variants_of(products: Sequence[Product]) -> dict[int, dict[UUID, Variant]]:
    """Their variants by public id, by the products' ids."""
    found: dict[int, dict[UUID, Variant]] = {product.pk: {} for product in products}
    for variant in Variant.objects.filter(product__in=found).order_by("position", "pk"):
        found[variant.product_id][variant.public_id] = variant
    return found


def _save_known(
    product: Product, variants: tuple[VariantDetails, ...], known: dict[UUID, Variant]
) -> Iterator[Variant]:
    """Save those that were there; the new ones are returned, not saved yet."""
    for position, details in enumerate(variants):
        variant = known.get(details.public_id) if details.public_id else None
        if variant is None:
            variant = Variant(product=product)
            _fill(variant, details, position)
            yield variant
        else:
            _fill(variant, details, position)
            variant.save()


def _with_only_one(variants: tuple[VariantDetails, ...], known: dict[UUID, Variant]) -> tuple[VariantDetails, ...]:
    """The only variant of a product without options stays the one it is, also when nobody names it."""
    only = variants[0]
    if only.options or only.public_id in known:
        return variants
    before = next((variant for variant in known.values() if not variant.options), None)
    return (replace(only, public_id=before.public_id),) if before else variants


def known_variants(variants: list[Variant]) -> set[int]:
    """The ids of those that stock or orders know, which must not be deleted. Locks the rows, so that nobody begins to know
    one before the end of the transaction."""
    ids = [variant.pk for variant in variants]
    list(Variant.objects.select_for_update().filter(pk__in=ids).order_by("pk").values_list("pk"))
    stocked = StockLevel.objects.filter(variant__in=ids).values_list("variant_id", flat=True)
    ordered = OrderLine.objects.filter(variant__in=ids).values_list("variant_id", flat=True)
    return {*stocked, *(pk for pk in ordered if pk is not None)}


def _remove(variants: list[Variant]) -> list[Variant]:
    """Delete those that nobody knows; returns the others, in their order."""
    if not variants:
        return []
    known = known_variants(variants)
    Variant.objects.filter(pk__in=[variant.pk for variant in variants if variant.pk not in known]).delete()
    return [variant for variant in variants if variant.pk in known]


def _retire(retired: list[Variant], variants: tuple[VariantDetails, ...]) -> None:
    """Off sale, behind the others. A code that another variant has now is theirs: what was sold keeps it on its order."""
    taken = {code.lower() for details in variants for code in (details.sku, details.barcode)}
    for position, variant in enumerate(retired, start=len(variants)):
        variant.position = position
        variant.is_active = False
        variant.sku = None if (variant.sku or "").lower() in taken else variant.sku
        variant.barcode = None if (variant.barcode or "").lower() in taken else variant.barcode
        variant.save()


def _fill(variant: Variant, details: VariantDetails, position: int) -> None:
    has_promo = details.promo_minor is not None
    variant.name = details.name
    variant.options = list(details.options)
    variant.sku = details.sku or None
    variant.barcode = details.barcode or None
    variant.price_minor = details.price_minor
    variant.promo_minor = details.promo_minor
    variant.promo_starts_at = details.promo_starts_at if has_promo else None
    variant.promo_ends_at = details.promo_ends_at if has_promo else None
    variant.cost_minor = details.cost_minor
    variant.low_stock_at = details.low_stock_at
    variant.is_active = details.is_active
    variant.position = position


def codes_taken(written: Written) -> dict[UUID, DomainError]:
    """What is wrong with references and barcodes that another product has already, one of these too, by the products' public
    ids. One query."""
    skus = {one.sku.lower() for _product, variants in written for one in variants if one.sku}
    barcodes = {one.barcode.lower() for _product, variants in written for one in variants if one.barcode}
    if not skus and not barcodes:
        return {}
    others = Variant.objects.annotate(sku_key=Lower("sku"), barcode_key=Lower("barcode")).select_related("product")
    ours = [product.pk for product, _variants in written if product.pk]
    found = list(others.filter(Q(sku_key__in=skus) | Q(barcode_key__in=barcodes)).exclude(product__in=ours))
    by_sku: dict[str, Variant] = {one.sku.lower(): one for one in found if one.sku}
    by_barcode: dict[str, Variant] = {one.barcode.lower(): one for one in found if one.barcode}
    errors = {}
    for product, variants in written:
        if error := _taken(variants, by_sku, by_barcode):
            errors[product.public_id] = error
        # The next product of the same call finds them taken.
        holders = [Variant(product=product, sku=one.sku or None, barcode=one.barcode or None) for one in variants]
        by_sku |= {one.sku.lower(): one for one in holders if one.sku}
        by_barcode |= {one.barcode.lower(): one for one in holders if one.barcode}
    return errors


def _taken(
    variants: tuple[VariantDetails, ...], by_sku: Mapping[str, Variant], by_barcode: Mapping[str, Variant]
) -> DomainError | None:
    for one in variants:
        if other := by_sku.get(one.sku.lower()):
            text = _("“%(product)s” already has the reference %(code)s. Choose another one.")
            values = {"product": other.product.name, "code": other.sku}
            return DomainError("sku_taken", text % values, field="sku", extra=values)
    for one in variants:
        if other := by_barcode.get(one.barcode.lower()):
            text = _("“%(product)s” already has the barcode %(code)s.")
            values = {"product": other.product.name, "code": other.barcode}
            return DomainError("barcode_taken", text % values, field="barcode", extra=values)
    return None
