"""The lock that whoever moves the money of a payment holds: the row of its order."""

from __future__ import annotations

from contextlib import suppress
from uuid import UUID

from django.db import transaction

from billing.models import Order, Payment


def lock_order_of(payment_id: UUID | str) -> Order:
    """The order that a payment belongs to, locked until the caller's transaction ends. Read the payment after it.

    Money in review may be put to another order by somebody who holds the first one meanwhile, so the payment is looked at
    again under the lock. The row of an order that it has left is let go with the savepoint (PostgreSQL, "Explicit Locking").
    """
    while True:
        order_id = Payment.objects.values_list("order_id", flat=True).get(pk=payment_id)
        with suppress(_Moved), transaction.atomic():
            order = Order.objects.select_for_update().get(pk=order_id)
            if not Payment.objects.filter(pk=payment_id, order_id=order_id).exists():
                raise _Moved
            return order


class _Moved(Exception):
    """The payment belongs to another order by now."""
