"""The tables of a shop."""

from __future__ import annotations

from tenant_apps.store.models.carts import Cart, CartLine
from tenant_apps.store.models.catalogue import (
    Attribute,
    Brand,
    Category,
    Product,
    ProductImage,
    Specification,
    Variant,
)
from tenant_apps.store.models.customers import Address, Customer, Partner, PartnerMember, Segment
from tenant_apps.store.models.delivery import DeliveryZone
from tenant_apps.store.models.orders import Hold, Order, OrderDay, OrderEvent, OrderLine
from tenant_apps.store.models.promotions import Promotion
from tenant_apps.store.models.shop import Shop
from tenant_apps.store.models.stock import Location, Movement, StockLevel

__all__ = [
    "Address",
    "Attribute",
    "Brand",
    "Cart",
    "CartLine",
    "Category",
    "Customer",
    "DeliveryZone",
    "Hold",
    "Location",
    "Movement",
    "Order",
    "OrderDay",
    "OrderEvent",
    "OrderLine",
    "Partner",
    "PartnerMember",
    "Product",
    "ProductImage",
    "Promotion",
    "Segment",
    "Shop",
    "Specification",
    "StockLevel",
    "Variant",
]
