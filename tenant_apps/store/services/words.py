"""Keeping what the search looks at in step with names that products only refer to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from itertools import islice

from django.db.models import QuerySet

from tenant_apps.store.models import Product, Specification, Variant
from tenant_apps.store.selectors.search import search_fields

BATCH = 500


def write_words(products: Sequence[Product]) -> None:
    """Set the products' search columns from what they are called now, their variants and their specifications. Two queries for
    all, and one each; the caller has them locked or in the order of their ids, and saves nothing more."""
    ids = [product.pk for product in products]
    variants: dict[int, list[tuple[str | None, list[str]]]] = defaultdict(list)
    for product_id, sku, options in Variant.objects.filter(product__in=ids).values_list("product", "sku", "options"):
        variants[product_id].append((sku, options))
    values: dict[int, list[str]] = defaultdict(list)
    for product_id, value in Specification.objects.filter(product__in=ids).values_list("product", "value"):
        values[product_id].append(value)
    for product in products:
        own = variants[product.pk]
        fields = search_fields(
            name=product.name,
            brand=product.brand.name if product.brand else "",
            category=product.category.name if product.category else "",
            skus=[sku for sku, _options in own if sku],
            values=[*values[product.pk], *(value for _sku, options in own for value in options)],
            description=f"{product.summary} {product.description}",
        )
        Product.objects.filter(pk=product.pk).update(**fields)


def write_words_of(products: QuerySet[Product]) -> None:
    """The same for all of these, after the shelf or brand they are on was renamed, in the order of their ids: they are locked
    one by one, and whoever sells them locks in this order too. The caller holds the shop's lock."""
    rows = products.order_by("pk").select_related("category", "brand").defer("search_text", "search_vector")
    remaining = rows.iterator(chunk_size=BATCH)
    while batch := list(islice(remaining, BATCH)):
        write_words(batch)
