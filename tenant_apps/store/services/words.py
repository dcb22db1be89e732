"""Keeping what the search looks at in step with names that products only refer to."""

from __future__ import annotations

from django.db.models import QuerySet

from tenant_apps.store.models import Product, Specification, Variant
from tenant_apps.store.selectors.search import search_fields


def write_words(product: Product) -> None:
    """Set a product's search columns from what it is called now, its variants and its specifications. Three queries; the
    caller saves nothing more."""
    variants = list(Variant.objects.filter(product=product).values_list("sku", "options"))
    values = Specification.objects.filter(product=product).values_list("value", flat=True)
    fields = search_fields(
        name=product.name,
        brand=product.brand.name if product.brand else "",
        category=product.category.name if product.category else "",
        skus=[sku for sku, _options in variants if sku],
        values=[*values, *(value for _sku, options in variants for value in options)],
        description=f"{product.summary} {product.description}",
    )
    Product.objects.filter(pk=product.pk).update(**fields)


def write_words_of(products: QuerySet[Product]) -> None:
    """The same for all of these, after the shelf or brand they are on was renamed. The caller holds the shop's lock."""
    for product in products.select_related("category", "brand").iterator(chunk_size=500):
        write_words(product)
