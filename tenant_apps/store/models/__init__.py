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
from tenant_apps.store.models.fulfilment import Return, ReturnLine, Shipment, ShipmentLine
from tenant_apps.store.models.imports import CatalogueImport, ImportedProduct
from tenant_apps.store.models.invoices import Invoice, InvoiceCounter
from tenant_apps.store.models.orders import Hold, Order, OrderDay, OrderEvent, OrderLine
from tenant_apps.store.models.promotions import Promotion
from tenant_apps.store.models.reviews import Review
from tenant_apps.store.models.shop import Shop
from tenant_apps.store.models.stock import (
    BookedForm,
    CountedPieces,
    Location,
    LowStock,
    Movement,
    StockCount,
    StockLevel,
)
from tenant_apps.store.models.till import (
    CashMove,
    Register,
    TillPayment,
    TillSale,
    TillSession,
    TillTask,
)

__all__ = [
    "Address",
    "Attribute",
    "BookedForm",
    "Brand",
    "Cart",
    "CartLine",
    "CashMove",
    "CatalogueImport",
    "Category",
    "CountedPieces",
    "Customer",
    "DeliveryZone",
    "Hold",
    "ImportedProduct",
    "Invoice",
    "InvoiceCounter",
    "Location",
    "LowStock",
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
    "Register",
    "Return",
    "ReturnLine",
    "Review",
    "Segment",
    "Shipment",
    "ShipmentLine",
    "Shop",
    "Specification",
    "StockCount",
    "StockLevel",
    "TillPayment",
    "TillSale",
    "TillSession",
    "TillTask",
    "Variant",
]
