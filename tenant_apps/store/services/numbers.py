"""Numbers of orders: the day and how many there were, without a gap."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from shared_apps.core.counters import count_up
from tenant_apps.store.models import Movement, Order, OrderDay


def next_order_number(*, day: date) -> str:
    """`YYYYMMDDNNNN`, the next of a day. Locks the day's row until the end of the caller's transaction: take it last.

    A roll-back gives the number back, so there is no gap. The ten thousandth of a day has five digits.
    """
    return f"{day:%Y%m%d}{count_up(OrderDay, day=day):04d}"


def provisional_number(key: UUID) -> str:
    """What an order is called until it has its number, which comes last so that the day's row is locked as short as can be."""
    return f"~{key.hex[:19]}"


def number_order(*, order: Order, day: date) -> None:
    """Give an order its number, and the movements that were written under its provisional one. In the transaction that made
    it; locks the day's row, the last lock."""
    provisional, order.number = order.number, next_order_number(day=day)
    order.save(update_fields=["number"])
    Movement.objects.filter(reference=provisional).update(reference=order.number)
