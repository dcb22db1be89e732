"""Writing products whole, one or many: as many queries for one as for many, and a few for each product. For the services of
products alone, who hold the shop's lock and a transaction."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Count
from django.utils.translation import gettext as _

from shared_apps.audit.models import AuditCategory
from shared_apps.core.errors import DomainError
from tenant_apps.store.models import Brand, Category, Product, ProductImage, Specification, Variant
from tenant_apps.store.rules.catalogue_cells import path_of
from tenant_apps.store.services.attributes import save_specifications
from tenant_apps.store.services.brands import brand_named
from tenant_apps.store.services.details import ProductDetails, check_details
from tenant_apps.store.services.prices import lock_products_to_write, refresh_prices
from tenant_apps.store.services.shelves import check_room_for_shelf, shelf_at
from tenant_apps.store.services.stock_levels import refresh_availability
from tenant_apps.store.services.variants import save_variants
from tenant_apps.store.services.words import write_words
from tenant_apps.team.services.photos import category_named

Written = Sequence[tuple[Product, ProductDetails]]


def write_products(written: Written) -> None:
    """Save products with their variants, their specifications, and what lists and search look at. New ones have their slug.

    Locks those that are there, by id: whoever sells their last pieces locks them in this order too. Raises DomainError.
    """
    for _product, details in written:
        check_details(details)
    known = [product.pk for product, _details in written if product.pk]
    lock_products_to_write(known)
    _fill(written)
    Product.objects.bulk_create([product for product, _details in written if not product.pk])
    for product, _details in written:
        if product.pk in known:
            product.save()
    products = [product for product, _details in written]
    save_variants([(product, details.variants) for product, details in written])
    save_specifications([(product, details.specifications) for product, details in written])
    refresh_prices(products=products)
    refresh_availability(products=[product.pk for product in products])
    write_words(products)


def _fill(written: Written) -> None:
    """Put what was typed into the products; shelves and brands that are new are made."""
    brands = {name: brand_named(name) for name in {details.brand for _product, details in written}}
    shelves = _chosen_shelves(details.category_id for _product, details in written)
    for product, details in written:
        _fill_one(product, details, category=_category(details, shelves), brand=brands[details.brand])


def _fill_one(product: Product, details: ProductDetails, *, category: Category | None, brand: Brand | None) -> None:
    product.name = details.name
    product.summary = details.summary
    product.description = details.description
    product.category = category
    product.brand = brand
    product.supply = details.supply
    product.preorder_from = details.preorder_from if details.supply == Product.Supply.PREORDER else None
    product.badges = list(details.badges)
    product.option_names = list(details.option_names)
    product.meta_title = details.meta_title
    product.meta_description = details.meta_description


def _chosen_shelves(ids: Iterable[int | None]) -> dict[int, Category]:
    wanted = {pk for pk in ids if pk is not None}
    return {shelf.pk: shelf for shelf in Category.objects.filter(pk__in=wanted)} if wanted else {}


def _category(details: ProductDetails, shelves: dict[int, Category]) -> Category | None:
    if details.category or details.category_id is None:
        return _shelf_named(details.category)
    category = shelves.get(details.category_id)
    if category is None:
        message = _("This shelf was deleted in the meantime. Choose another one.")
        raise DomainError("shelf_gone", message, field="shelf")
    return category


def _shelf_named(name: str) -> Category | None:
    """The shelf of that name at the top, or at the end of a path ("Mode > Tissus") as in a file; made when it is new, None
    without a name."""
    path = path_of(name)
    if len(path) > 1:
        return shelf_at(path=path)
    top = Category.objects.filter(parent=None)
    if name and not top.filter(name__iexact=name).exists():
        check_room_for_shelf(Category.objects.count(), field="category")
    return category_named(name, shelf=top, audit_category=AuditCategory.CATALOGUE)


def facts_of(products: Sequence[Product]) -> dict[int, dict[str, Any]]:
    """The products as the audit log keeps them, by their ids; their variants and specifications as a line each. Three queries,
    where the products have their category and brand."""
    ids = [product.pk for product in products]
    variants: dict[int, list[Variant]] = defaultdict(list)
    for variant in Variant.objects.filter(product__in=ids).order_by("position", "pk"):
        variants[variant.product_id].append(variant)
    lines: dict[int, list[str]] = defaultdict(list)
    for one in Specification.objects.filter(product__in=ids).select_related("attribute"):
        lines[one.product_id].append(f"{one.attribute.name}: {one.value}")
    counted = ProductImage.objects.filter(product__in=ids).values_list("product").order_by().annotate(Count("pk"))
    photos = dict(counted)
    return {
        product.pk: {**_own_facts(product, variants[product.pk]), "specifications": lines[product.pk],
                     "photos": photos.get(product.pk, 0)}
        for product in products
    }  # fmt: skip


def _own_facts(product: Product, variants: list[Variant]) -> dict[str, Any]:
    return {
        "name": product.name,
        "slug": product.slug,
        "status": product.status,
        "summary": product.summary,
        "description": product.description,
        "category": product.category.name if product.category else "",
        "brand": product.brand.name if product.brand else "",
        "supply": product.supply,
        "preorder_from": product.preorder_from,
        "badges": product.badges,
        "options": product.option_names,
        "price_minor": variants[0].price_minor if variants else None,
        "sku": (variants[0].sku if variants else None) or "",
        "variants": [_variant_facts(variant) for variant in variants],
        "meta_title": product.meta_title,
        "meta_description": product.meta_description,
    }


def _variant_facts(variant: Variant) -> dict[str, Any]:
    kept = ("name", "sku", "barcode", "price_minor", "promo_minor", "promo_starts_at", "promo_ends_at", "cost_minor",
            "low_stock_at", "is_active")  # fmt: skip
    return {name: value for name in kept if (value := getattr(variant, name)) not in (None, "")}
