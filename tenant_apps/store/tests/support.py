"""Making products and orders for tests."""

from __future__ import annotations

import uuid
from itertools import count
from typing import Any

from django.core.files.storage import default_storage

from shared_apps.accounts.models import User
from tenant_apps.store.models import Location, Order, OrderLine, Product, StockLevel, Variant
from tenant_apps.store.services import ProductDetails, VariantDetails, create_product, stock
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import keep_photo
from tenant_apps.team.tests.support import upload


def product_details(
    name: str = "Pagne wax", price_minor: int = 15000, *, sku: str = "", **details: Any
) -> ProductDetails:
    """A product as staff type it: with one variant, or with `variants`."""
    details.setdefault("variants", (VariantDetails(price_minor, sku=sku),))
    return ProductDetails(name, **details)


def make_product(
    name: str = "Pagne wax", *, publish: bool = True, photos: list[Photo] | None = None, **details: Any
) -> Product:
    """A product in the current tenant; `price_minor` and `sku` are its one variant's."""
    return create_product(
        public_id=uuid.uuid4(), details=product_details(name, **details), photos=photos, publish=publish
    )


def make_photo(user: User | None = None) -> Photo:
    """A pending upload of the owner."""
    file = upload()
    return keep_photo(file=file, size=file.size or 0, user=user or User.objects.get(is_staff=True))


def files_of(photo: Photo) -> list[bool]:
    """Whether each of a photo's files is there."""
    return [default_storage.exists(photo.file_name(w, e)) for w in photo.widths for e in ("webp", "jpg")]


def make_place(name: str = "Dépôt", **fields: Any) -> Location:
    """Another place for stock, behind those there are."""
    position = Location.objects.count()
    return Location.objects.create(**{"name": name, "position": position, **fields})


def make_variants(pieces: int = 0, *names: str, place: Location | None = None, **details: Any) -> list[Variant]:
    """Published products of one variant each, with so many pieces of each in the shop (or in that place)."""
    variants = [make_product(name, **details).variants.get() for name in names or ("Pagne wax",)]
    if pieces:
        stock.receive_all(
            location=place or Location.objects.order_by("position").first(),
            pieces={variant.pk: pieces for variant in variants},
        )
    return variants


_numbers = count(1)


def make_order(*lines: tuple[Variant, int], **fields: Any) -> Order:
    """A pending order of so many pieces of these variants, at their prices. It holds nothing yet."""
    total = sum(variant.price_minor * quantity for variant, quantity in lines)
    values = {"number": f"20261122{next(_numbers):04}", "currency": "XAF", "items_minor": total, "total_minor": total}
    order = Order.objects.create(**{**values, **fields})
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order,
            variant=variant,
            product_name=variant.product.name,
            variant_name=variant.name,
            quantity=quantity,
            list_minor=variant.price_minor,
            unit_minor=variant.price_minor,
            counts_stock=variant.product.counts_stock,
            position=position,
        )
        for position, (variant, quantity) in enumerate(lines)
    )
    return order


def levels_of(variant: Variant) -> list[tuple[int, int, int]]:
    """Quantity, reserved and overdrawn of a variant's levels, in the order of the places."""
    levels = StockLevel.objects.filter(variant=variant).order_by("location__position", "location")
    return list(levels.values_list("quantity", "reserved", "overdrawn"))
