"""Numbers of orders: the day and how many there were, without a gap."""

from __future__ import annotations

from datetime import date

from django.db.models import F

from tenant_apps.store.models import OrderDay


def next_order_number(*, day: date) -> str:
    """`YYYYMMDDNNNN`, the next of a day. Locks the day's row until the end of the caller's transaction: take it last.

    A roll-back gives the number back, so there is no gap. The ten thousandth of a day has five digits.
    """
    OrderDay.objects.bulk_create([OrderDay(day=day)], ignore_conflicts=True)
    OrderDay.objects.filter(day=day).update(last=F("last") + 1)
    last = OrderDay.objects.values_list("last", flat=True).get(day=day)
    return f"{day:%Y%m%d}{last:04d}"
