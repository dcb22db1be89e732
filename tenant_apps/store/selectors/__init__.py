"""Reading the shop. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from tenant_apps.store.selectors.catalogue import (
    COUNTED,
    PER_PAGE,
    Listing,
    abandoned_photos,
    category_names,
    has_products,
    is_photo_published,
    list_for_staff,
    list_storefront,
    product_by_slug,
    product_count,
    shop,
)

__all__ = [
    "COUNTED",
    "PER_PAGE",
    "Listing",
    "abandoned_photos",
    "category_names",
    "has_products",
    "is_photo_published",
    "list_for_staff",
    "list_storefront",
    "product_by_slug",
    "product_count",
    "shop",
]
