"""Numbers of orders: the day and how many there were, without a gap."""

from __future__ import annotations

from datetime import date

from django.db import connection

from tenant_apps.store.models import OrderDay

# One statement makes the day's row, or waits for it, and counts.
_NEXT = f"""
INSERT INTO {OrderDay._meta.db_table} AS of_day (day, last) VALUES (%s, 1)
ON CONFLICT (day) DO UPDATE SET last = of_day.last + 1 RETURNING last
"""  # noqa: S608 - a table's own name


def next_order_number(*, day: date) -> str:
    """`YYYYMMDDNNNN`, the next of a day. Locks the day's row until the end of the caller's transaction: take it last.

    A roll-back gives the number back, so there is no gap. The ten thousandth of a day has five digits.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [day])
        (last,) = cursor.fetchone()
    return f"{day:%Y%m%d}{last:04d}"
