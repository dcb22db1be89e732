"""The one order in which products are locked: by id, whoever changes several in a transaction."""

from __future__ import annotations

from django.db.models import QuerySet

from tenant_apps.store.models import Product


def lock_products(products: QuerySet[Product]) -> list[int]:
    """Lock these products in the order of their ids until the transaction ends; returns the ids. One statement.

    Sales lock in this order what they make unavailable, after all levels: two who lock one by one, or by an UPDATE of many
    rows in whatever order the table has them, would wait for each other.
    """
    locked = products.select_for_update(no_key=True, of=("self",)).order_by("pk")
    return list(locked.values_list("pk", flat=True))
