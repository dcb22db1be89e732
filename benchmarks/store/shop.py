"""Our shop: the catalogue put into a tenant, as the services would have left it."""

from __future__ import annotations

import os
import uuid
from datetime import timedelta
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection
from django.utils import timezone
from django.utils.text import slugify
from django_tenants.utils import tenant_context

from benchmarks.store import catalogue
from benchmarks.store.catalogue import Item
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Method
from tenant_apps.store import models
from tenant_apps.store.selectors.search import search_fields
from tenant_apps.store.services.prices import refresh_prices
from tenant_apps.team.models import Photo

BATCH = 1_000
CURRENCY = "XAF"


def make_shop(tenant: Tenant, products: int) -> None:
    """Fill a new tenant's shop with so many products, and let it deliver and take cash."""
    with tenant_context(tenant):
        models.Shop.objects.update(country="CM", currency=CURRENCY, phone="+237671234567")
        Method.objects.update_or_create(name="cash", defaults={"is_active": True})
        # One way of delivery that costs nothing, as the other shop has.
        models.DeliveryZone.objects.all().delete()
        models.DeliveryZone.objects.create(name="Douala")
        shelves, brands = _shelves(), _brands()
        material = models.Attribute.objects.create(name="Matière", slug="matiere", is_filter=True)
        place = models.Location.objects.order_by("position")[0]
        goods = catalogue.items(0, products)
        while some := tuple(islice(goods, BATCH)):
            _insert(some, shelves, brands, material, place)
        refresh_prices()
    tidy_up(tenant)


def known_of(tenant: Tenant) -> dict[str, Any]:
    """What visitors know of this shop; see `benchmarks.store.scenarios`."""
    shelf = f"/c/{slugify(catalogue.shelf_name(catalogue.SHELF))}/"
    with tenant_context(tenant):
        variants = models.Variant.objects.filter(product__slug__in=catalogue.LOOKED_AT, position=0).order_by("pk")
        rows = variants.values_list("product__slug", "public_id")
        products = [
            {"path": f"/products/{slug}/", "add": "/cart/add/", "form": {"variant": str(variant), "quantity": "1"}}
            for slug, variant in rows
        ]
    return {
        "name": "ours",
        "host": tenant.host,
        "shelf": shelf,
        "sorted": f"{shelf}?available=1&sort=cheapest",
        "searches": [f"/?{urlencode({'q': words})}" for words in catalogue.QUERIES],
        "products": products,
    }


def _shelves() -> dict[tuple[int, int | None], models.Category]:
    found: dict[tuple[int, int | None], models.Category] = {}
    for top in range(catalogue.TOP_SHELVES):
        for below in (None, *range(catalogue.SHELVES_ON_EACH)):
            name = catalogue.shelf_name(top, below)
            parent = found.get((top, None))
            found[top, below] = models.Category.objects.create(
                name=name, slug=slugify(name), parent=parent, position=top
            )
    return found


def _brands() -> dict[str, models.Brand]:
    rows = [models.Brand(name=name, slug=slugify(name)) for name in catalogue.BRANDS]
    return {row.name: row for row in models.Brand.objects.bulk_create(rows)}


def _insert(some: tuple[Item, ...], shelves: dict[Any, Any], brands: dict[str, Any], material: Any, place: Any) -> None:
    """Some products with all that belongs to them."""
    rows = [_product(item, shelves[item.shelf], brands[item.brand]) for item in some]
    products = models.Product.objects.bulk_create(rows)
    pairs = list(zip(products, some, strict=True))
    models.Specification.objects.bulk_create(
        models.Specification(product=product, attribute=material, value=item.material, value_key=slugify(item.material))
        for product, item in pairs
    )
    photos = Photo.objects.bulk_create(Photo(width=1600, height=1200, size=250_000) for _ in some)
    models.ProductImage.objects.bulk_create(
        models.ProductImage(product=product, photo=photo) for product, photo in zip(products, photos, strict=True)
    )
    variants = models.Variant.objects.bulk_create(
        _variant(product, item, place_in_list) for product, item in pairs for place_in_list in range(len(item.variants))
    )
    levels = models.StockLevel.objects.bulk_create(
        models.StockLevel(variant=variant, location=place, quantity=catalogue.PIECES) for variant in variants
    )
    models.Movement.objects.bulk_create(
        models.Movement(level=level, action="received", quantity=level.quantity, before=0, after=level.quantity)
        for level in levels
    )


def _product(item: Item, shelf: models.Category, brand: models.Brand) -> models.Product:
    words = search_fields(
        name=item.name, brand=item.brand, category=shelf.name, skus=_skus(item), description=f"{item.summary} {item.description}",
        values=[item.material, *(size for size, _price in item.variants if size)],
    )  # fmt: skip
    return models.Product(
        public_id=uuid.uuid4(), name=item.name, slug=item.slug, summary=item.summary, description=item.description,
        category=shelf, brand=brand, status="published", published_at=timezone.now() - timedelta(minutes=item.number),
        option_names=["Taille"] if len(item.variants) > 1 else [], is_available=True, **words,
    )  # fmt: skip


def _variant(product: models.Product, item: Item, position: int) -> models.Variant:
    size, price = item.variants[position]
    return models.Variant(
        product=product, name=size, options=[size] if size else [], sku=_skus(item)[position], price_minor=price,
        position=position,
    )  # fmt: skip


def _skus(item: Item) -> list[str]:
    return [f"A{item.number}-{position}" for position in range(len(item.variants))]


def grow(tenant: Tenant, *, to: int) -> None:
    """Copy all products, with all that belongs to them, until there are that many; each copy is older than its original."""
    with tenant_context(tenant):
        made = models.Product.objects.count()
        _copy(made, to // made - 1)
    tidy_up(tenant)


def _copy(made: int, times: int) -> None:
    later = f"{{column}} + n * {made * 10}"

    def shifted(*columns: str) -> dict[str, str]:
        return {column: later.format(column=column) for column in columns}

    name = "{0} || '-' || n"
    new = {"public_id": "gen_random_uuid()"}
    older = f"published_at - n * interval '{made} minutes'"
    for model, changed in (
        (models.Product, {**shifted("id"), **new, "slug": name.format("slug"), "published_at": older}),
        (models.Specification, shifted("id", "product_id")),
        (models.Variant, {**shifted("id", "product_id"), **new, "sku": name.format("sku")}),
        (Photo, {**shifted("id"), **new}),
        (models.ProductImage, shifted("id", "product_id", "photo_id")),
        (models.StockLevel, shifted("id", "variant_id")),
        (models.Movement, shifted("id", "level_id")),
    ):
        columns = [field.column for field in model._meta.concrete_fields]
        values = ", ".join(changed.get(column, f'"{column}"') for column in columns)
        names = ", ".join(f'"{column}"' for column in columns)
        table = model._meta.db_table
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {table} ({names}) SELECT {values} FROM {table}, generate_series(1, %s) AS n", [times]
            )


def tidy_up(tenant: Tenant) -> None:
    """What the server does by itself after a while: learn what is in the tables."""
    tables = [model._meta.db_table for model in (
        models.Product, models.Variant, models.ProductImage, models.Specification, models.StockLevel, models.Movement, Photo,
    )]  # fmt: skip
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as owner:
        for table in tables:
            owner.execute(f'VACUUM ANALYZE "{tenant.schema_name}"."{table}"')
