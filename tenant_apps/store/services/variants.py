"""Writing a product's variants. Every function needs the shop's lock, and the transaction of the product's write."""

from __future__ import annotations

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


def save_variants(*, product: Product, variants: tuple[VariantDetails, ...]) -> None:
    """Make a product's variants these, in this order. Those that are known by their public id are kept; one that is no longer
    there is deleted, or taken off sale behind the others when stock or orders know it.

    Locks the rows that go. Raises DomainError (`sku_taken`, `barcode_taken`).
    """
    _check_codes_free(product, variants)
    known = {variant.public_id: variant for variant in product.variants.all()}
    variants = _with_only_one(variants, known)
    kept = {details.public_id for details in variants} & set(known)
    retired = _remove([variant for public_id, variant in known.items() if public_id not in kept])
    product.variants.update(position=F("position") + _ASIDE, sku=None, barcode=None)
    for position, details in enumerate(variants):
        variant = (known.get(details.public_id) if details.public_id else None) or Variant(product=product)
        _fill(variant, details, position)
        variant.save()
    _retire(retired, variants)


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


def _check_codes_free(product: Product, variants: tuple[VariantDetails, ...]) -> None:
    """No other product has any of these references and barcodes."""
    skus = {variant.sku.lower() for variant in variants if variant.sku}
    barcodes = {variant.barcode.lower() for variant in variants if variant.barcode}
    if not skus and not barcodes:
        return
    others = Variant.objects.annotate(sku_key=Lower("sku"), barcode_key=Lower("barcode"))
    other = (
        others.filter(Q(sku_key__in=skus) | Q(barcode_key__in=barcodes))
        .exclude(product=product.pk)
        .select_related("product")
        .first()
    )
    if other is None:
        return
    if (other.sku or "").lower() in skus:
        message = _("“%(product)s” already has the reference %(code)s. Choose another one.")
        raise DomainError("sku_taken", message % {"product": other.product.name, "code": other.sku}, field="sku")
    message = _("“%(product)s” already has the barcode %(code)s.")
    raise DomainError(
        "barcode_taken", message % {"product": other.product.name, "code": other.barcode}, field="barcode"
    )
