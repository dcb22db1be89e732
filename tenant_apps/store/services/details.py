"""What staff type about a product, and what must be true of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Product

MAX_OPTIONS = 3
MAX_VARIANTS = 100
MAX_SPECIFICATIONS = 40
MAX_VARIANT_NAME = 80


@dataclass(frozen=True, slots=True)
class VariantDetails:
    """One variant. Amounts are in minor units of the shop's currency; `public_id` is that of the variant it changes, and
    None or an unknown one makes a new variant. `options` has a value for each of the product's option names."""

    price_minor: int
    public_id: UUID | None = None
    options: tuple[str, ...] = ()
    promo_minor: int | None = None
    promo_starts_at: datetime | None = None
    promo_ends_at: datetime | None = None
    cost_minor: int | None = None
    sku: str = ""
    barcode: str = ""
    low_stock_at: int | None = None
    is_active: bool = True

    @property
    def name(self) -> str:
        """What it is called beside its product: "M, rouge"."""
        return ", ".join(self.options)


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A product with its variants, in their order. `category` and `brand` are names, found again whatever the case and made
    when they are new (a category at the top of the tree); `category_id` chooses one that is there, when no name is given.
    `specifications` are pairs of an attribute's name and a value."""

    name: str
    variants: tuple[VariantDetails, ...]
    summary: str = ""
    description: str = ""
    category: str = ""
    category_id: int | None = None
    brand: str = ""
    supply: str = Product.Supply.STOCK
    preorder_from: date | None = None
    badges: tuple[str, ...] = ()
    option_names: tuple[str, ...] = ()
    specifications: tuple[tuple[str, str], ...] = ()
    meta_title: str = ""
    meta_description: str = ""


def check_details(details: ProductDetails) -> None:
    """Pass for a product that can be saved; raises DomainError, with the field it belongs to."""
    _check_options(details)
    _check_variants(details)
    if _twice(name for name, _value in details.specifications):
        raise DomainError("attribute_twice", _("The same specification is there twice."), field="specifications")
    if len(details.specifications) > MAX_SPECIFICATIONS:
        message = _("A product has at most %(limit)s specifications.") % {"limit": MAX_SPECIFICATIONS}
        raise DomainError("too_many_specifications", message, field="specifications")


def _check_options(details: ProductDetails) -> None:
    names = details.option_names
    if len(names) > MAX_OPTIONS or _twice(names):
        message = _("Variants differ by at most three options, each with a name of its own.")
        raise DomainError("options_unclear", message, field="option1")
    if not names and len(details.variants) != 1:
        message = _("Say what the variants differ by, for example Size.")
        raise DomainError("options_missing", message, field="option1")
    if any(len(variant.options) != len(names) or not all(variant.options) for variant in details.variants):
        message = _("Each variant needs a value for each option.")
        raise DomainError("options_incomplete", message, field="variants")
    if len(names) and _twice(" / ".join(variant.options) for variant in details.variants):
        message = _("Two variants have the same options. Change or remove one of them.")
        raise DomainError("options_twice", message, field="variants")


def _check_variants(details: ProductDetails) -> None:
    if len(details.variants) > MAX_VARIANTS:
        message = _("A product has at most %(limit)s variants.") % {"limit": MAX_VARIANTS}
        raise DomainError("too_many_variants", message, field="variants")
    if not any(variant.is_active for variant in details.variants):
        message = _("Leave at least one variant on sale. To sell none of them, hide the product.")
        raise DomainError("no_active_variant", message, field="variants")
    for variant in details.variants:
        _check_promotion(variant)
        if len(variant.name) > MAX_VARIANT_NAME:
            message = _("The options of “%(name)s” are too long together. Shorten one.") % {"name": variant.name}
            raise DomainError("variant_name_too_long", message, field="variants")
    for field, codes in (
        ("sku", [variant.sku for variant in details.variants if variant.sku]),
        ("barcode", [variant.barcode for variant in details.variants if variant.barcode]),
    ):
        if _twice(codes):
            message = _("Two variants have the same reference or barcode.")
            raise DomainError(f"{field}_twice", message, field=field)


def _check_promotion(variant: VariantDetails) -> None:
    if variant.promo_minor is not None and variant.promo_minor >= variant.price_minor:
        raise DomainError("promo_too_high", _("The promotional price must be below the price."), field="promo")
    starts, ends = variant.promo_starts_at, variant.promo_ends_at
    if starts and ends and ends <= starts:
        raise DomainError("promo_window", _("The promotion must end after it starts."), field="promo_ends_at")


def _twice(texts: Iterable[str]) -> bool:
    folded = [" ".join(text.split()).casefold() for text in texts]
    return len(set(folded)) < len(folded)
