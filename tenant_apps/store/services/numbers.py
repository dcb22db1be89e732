"""Numbers of orders: the day and how many there were, without a gap."""

from __future__ import annotations

from datetime import date

from shared_apps.core.counters import count_up
from tenant_apps.store.models import OrderDay


def next_order_number(*, day: date) -> str:
    """`YYYYMMDDNNNN`, the next of a day. Locks the day's row until the end of the caller's transaction: take it last.

    A roll-back gives the number back, so there is no gap. The ten thousandth of a day has five digits.
    """
    return f"{day:%Y%m%d}{count_up(OrderDay, day=day):04d}"
