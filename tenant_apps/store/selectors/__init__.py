"""Reading the shop. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from tenant_apps.store.selectors.catalogue import (
    COUNTED,
    Availability,
    abandoned_photos,
    attribute_names,
    attributes_for_staff,
    brand_by_slug,
    brand_names,
    brands_for_staff,
    has_products,
    is_photo_published,
    product_by_slug,
    product_count,
    shop,
    specifications_of,
)
from tenant_apps.store.selectors.listing import known_filters, list_for_staff, list_storefront
from tenant_apps.store.selectors.pages import PER_PAGE
from tenant_apps.store.selectors.shelves import Shelves, read_shelves

__all__ = [
    "COUNTED",
    "PER_PAGE",
    "Availability",
    "Shelves",
    "abandoned_photos",
    "attribute_names",
    "attributes_for_staff",
    "brand_by_slug",
    "brand_names",
    "brands_for_staff",
    "has_products",
    "is_photo_published",
    "known_filters",
    "list_for_staff",
    "list_storefront",
    "product_by_slug",
    "product_count",
    "read_shelves",
    "shop",
    "specifications_of",
]
