"""Keeping what lists sort by in step with prices and promotions."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.expressions import Expression
from django.utils import timezone

from tenant_apps.store.models import Product, Shop
from tenant_apps.store.rules.offers import VISITOR
from tenant_apps.store.selectors.prices import are_prices_kept, live_promotions, next_price_change
from tenant_apps.store.selectors.pricing_sql import lowest_price
from tenant_apps.store.services.product_locks import lock_products
from tenant_apps.store.services.shop import lock_shop


def lock_products_to_write(ids: Iterable[int]) -> None:
    """Lock these products, and with them those whose price the next `refresh_prices` of any product brings in step because
    the kept prices are out of date: by id, in one statement. In the caller's transaction, which holds the shop's lock."""
    now = timezone.now()
    wanted = Q(pk__in=list(ids))
    if not are_prices_kept(Shop.objects.get(), now):
        wanted |= Q(pk__in=_out_of_step(Product.objects.all(), _for_visitors(now)).values("pk"))
    lock_products(Product.objects.filter(wanted))


@transaction.atomic
def refresh_prices(*, products: Iterable[Product] | None = None) -> int:
    """Bring `price_from_minor` and `Shop.prices_valid_until` in step; how many products had another price.

    Called in each transaction that changes what visitors pay, after the change: a variant's prices (with its `products`), a
    promotion, where a product or a shelf stands. Locks the shop, so that of two changes at once the second sees the first,
    then the products that differ, by id; one UPDATE, of those alone. Where the kept prices are out of date all products are looked at.
    """
    shop = lock_shop()
    now = timezone.now()
    rows = Product.objects.all()
    if products is not None and are_prices_kept(shop, now):
        rows = rows.filter(pk__in=[product.pk for product in products])
    fresh = _for_visitors(now)
    ids = lock_products(_out_of_step(rows, fresh))
    changed = Product.objects.filter(pk__in=ids).annotate(fresh=fresh).update(price_from_minor=F("fresh")) if ids else 0
    Shop.objects.filter(pk=shop.pk).update(prices_valid_until=next_price_change(now))
    return changed


def _for_visitors(now: datetime) -> Expression:
    """What a visitor pays at least for a product. One query, for the promotions that run."""
    return lowest_price(live_promotions(now, products=()), VISITOR, now)


def _out_of_step(products: QuerySet[Product], fresh: Expression) -> QuerySet[Product, Any]:
    return products.annotate(fresh=fresh).exclude(price_from_minor=F("fresh"))


def refresh_due_prices() -> int:
    """`refresh_prices` where its moment has passed: for beat. One short query where it has not."""
    due = Shop.objects.filter(prices_valid_until__lte=timezone.now()).exists()
    return refresh_prices() if due else 0
