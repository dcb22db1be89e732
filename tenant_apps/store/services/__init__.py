"""Every write of the shop."""

from __future__ import annotations

from tenant_apps.store.services.products import (
    ProductDetails,
    create_product,
    delete_product,
    show_product,
    update_product,
)
from tenant_apps.store.services.shop import ShopDetails, create_defaults, save_shop

__all__ = [
    "ProductDetails",
    "ShopDetails",
    "create_defaults",
    "create_product",
    "delete_product",
    "save_shop",
    "show_product",
    "update_product",
]
