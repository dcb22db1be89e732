"""Every write of the shop."""

from __future__ import annotations

from tenant_apps.store.services import low_stock, places, stock, stocktaking, till, till_returns, till_sales
from tenant_apps.store.services.attributes import add_attribute, change_attribute, delete_attribute
from tenant_apps.store.services.brands import BrandDetails, add_brand, change_brand, delete_brand
from tenant_apps.store.services.details import ProductDetails, VariantDetails
from tenant_apps.store.services.products import (
    create_product,
    delete_product,
    show_product,
    update_product,
)
from tenant_apps.store.services.shelves import ShelfDetails, add_shelf, change_shelf, delete_shelf, move_shelf
from tenant_apps.store.services.shop import ShopDetails, create_defaults, save_shop

__all__ = [
    "BrandDetails",
    "ProductDetails",
    "ShelfDetails",
    "ShopDetails",
    "VariantDetails",
    "add_attribute",
    "add_brand",
    "add_shelf",
    "change_attribute",
    "change_brand",
    "change_shelf",
    "create_defaults",
    "create_product",
    "delete_attribute",
    "delete_brand",
    "delete_product",
    "delete_shelf",
    "low_stock",
    "move_shelf",
    "places",
    "save_shop",
    "show_product",
    "stock",
    "stocktaking",
    "till",
    "till_returns",
    "till_sales",
    "update_product",
]
