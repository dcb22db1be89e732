"""The figures behind the revenue pages, each by one query whatever there is to count.

Months are told apart by `width_bucket` over their first moments: what lies before a point belongs to the month that ends
there. "Now" is the last point.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from billing.models import Subscription
from billing.reports.figures import Period

SOON = timedelta(days=30)

# The periods that count at some point, each until the next one begins: those of the time asked for, and of each
# subscription the latest before it. In grace the last one goes on counting, as access says; so it does through days that we
# give, which have no order. What was taken back or replaced before it began is as short as nothing. A renewal at the same
# value moves nothing, so it is left out before anything is put together: that is nearly all of them.
_MOVEMENTS = """
WITH period AS (
    SELECT subscription_id, id, starts_at, monthly_minor, currency FROM billing_paidperiod
    WHERE order_id IS NOT NULL AND ends_at > starts_at AND starts_at >= %(begin)s AND starts_at < %(now)s
    UNION ALL
    SELECT s.id, latest.id, latest.starts_at, latest.monthly_minor, s.currency
    FROM billing_subscription s
    CROSS JOIN LATERAL (
        SELECT id, starts_at, monthly_minor FROM billing_paidperiod
        WHERE subscription_id = s.id AND order_id IS NOT NULL AND ends_at > starts_at AND starts_at < %(begin)s
        ORDER BY starts_at DESC, id DESC LIMIT 1
    ) AS latest
), turned AS (
    SELECT *, lag(monthly_minor) OVER stretch IS DISTINCT FROM monthly_minor AS is_another
    FROM period
    WINDOW stretch AS (PARTITION BY subscription_id ORDER BY starts_at, id)
), paid AS (
    SELECT subscription_id, currency, monthly_minor AS minor,
           width_bucket(starts_at, %(points)s::timestamptz[]) + 1 AS first,
           coalesce(width_bucket(lead(starts_at) OVER stretch, %(points)s::timestamptz[]), %(last)s) AS last
    FROM turned
    WHERE is_another
    WINDOW stretch AS (PARTITION BY subscription_id ORDER BY starts_at, id)
), access AS (
    SELECT subscription_id, to_status,
           width_bucket(at, %(points)s::timestamptz[]) + 1 AS first,
           coalesce(width_bucket(lead(at) OVER stretch, %(points)s::timestamptz[]), %(last)s) AS last
    FROM billing_subscriptionevent
    WHERE from_status <> to_status
    WINDOW stretch AS (PARTITION BY subscription_id ORDER BY at, id)
), stretch AS (
    SELECT paid.subscription_id, paid.currency, paid.minor,
           greatest(paid.first, access.first) AS first, least(paid.last, access.last) AS last
    FROM paid
    JOIN access ON access.subscription_id = paid.subscription_id AND access.to_status = ANY(%(access)s)
        AND access.first <= paid.last AND access.last >= paid.first
    WHERE paid.minor > 0 AND paid.first <= paid.last AND access.first <= access.last
), told AS MATERIALIZED (
    SELECT subscription_id, currency, first, last, minor,
           lag(last) OVER turn AS last_before, lag(minor) OVER turn AS minor_before, lead(first) OVER turn AS first_after
    FROM stretch
    WINDOW turn AS (PARTITION BY subscription_id ORDER BY first)
)
SELECT 1, currency, 'standing', count(*), sum(minor)::bigint FROM told WHERE first = 1 GROUP BY currency
UNION ALL
SELECT first, currency, CASE WHEN minor > minor_before THEN 'up' ELSE 'down' END, count(*),
       sum(minor - minor_before)::bigint
FROM told WHERE last_before = first - 1 AND minor <> minor_before GROUP BY 1, 2, 3
UNION ALL
SELECT last + 1, currency, 'lost', count(*), -sum(minor)::bigint
FROM told WHERE last < %(last)s AND first_after IS DISTINCT FROM last + 1 GROUP BY 1, 2
UNION ALL
SELECT first, currency, CASE WHEN EXISTS (
           SELECT FROM billing_paidperiod earlier
           WHERE earlier.subscription_id = told.subscription_id AND earlier.value_minor > 0
             AND earlier.ends_at > earlier.starts_at AND earlier.starts_at < (%(points)s::timestamptz[])[told.first - 1]
       ) THEN 'back' ELSE 'new' END, count(*), sum(minor)::bigint
FROM told WHERE first > 1 AND last_before IS DISTINCT FROM first - 1 GROUP BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class PlanRow:
    """The subscriptions with access of one plan and currency. `monthly_minor` is their month's value before tax."""

    product: str
    plan: str
    currency: str
    paying: int
    trialing: int
    in_grace: int
    monthly_minor: int
    due: int  # renewals of the next 30 days
    due_minor: int  # at the price of the list


_PLANS = """
SELECT plan.product, plan.display_name, s.currency,
       count(*) FILTER (WHERE latest.monthly_minor > 0), count(*) FILTER (WHERE s.status = 'trialing'),
       count(*) FILTER (WHERE s.status = 'past_due'), coalesce(sum(latest.monthly_minor), 0)::bigint,
       count(*) FILTER (WHERE due.it), coalesce(sum(price.amount_minor) FILTER (WHERE due.it), 0)::bigint
FROM billing_subscription s
JOIN billing_planversion version ON version.id = s.plan_version_id
JOIN billing_plan plan ON plan.id = version.plan_id
LEFT JOIN billing_price price
    ON price.version_id = s.plan_version_id AND price.cycle = s.cycle AND price.currency = s.currency
CROSS JOIN LATERAL (SELECT s.status IN ('trialing', 'active') AND NOT s.cancel_at_period_end
                           AND s.paid_until >= %(now)s AND s.paid_until < %(until)s AS it) AS due
LEFT JOIN LATERAL (
    SELECT monthly_minor FROM billing_paidperiod
    WHERE subscription_id = s.id AND order_id IS NOT NULL AND ends_at > starts_at AND starts_at < %(now)s
    ORDER BY starts_at DESC, id DESC LIMIT 1
) AS latest ON true
WHERE s.status = ANY(%(access)s)
GROUP BY plan.product, plan.position, plan.display_name, s.currency
ORDER BY plan.product, plan.position, s.currency
"""

_UNPAID = """
FROM billing_order o JOIN billing_subscription s ON s.id = o.subscription_id
WHERE o.status = 'awaiting_payment' AND o.kind = 'renewal' AND s.paid_until < %(now)s
  AND o.total_minor > o.credit_minor + o.received_minor
"""
_DAYS = "((%(now)s AT TIME ZONE %(zone)s)::date - (s.paid_until AT TIME ZONE %(zone)s)::date)"
_DUE = "(o.total_minor - o.credit_minor - o.received_minor)"


@dataclass(frozen=True, slots=True)
class Unpaid:
    """An open renewal whose paid time is over."""

    organisation_id: UUID | None
    organisation: str
    number: str
    days: int
    currency: str
    due_minor: int


def movements(period: Period) -> list[tuple[int, str, str, int, int]]:
    """Monthly value where a period begins and what moved it until each point: (point, currency, kind, subscriptions, minor)."""
    points = {"points": period.points, "last": len(period.points), "begin": period.begin, "now": period.now}
    return _rows(_MOVEMENTS, {**points, "access": list(Subscription.HAS_ACCESS)})


def plans_now(now: datetime) -> list[PlanRow]:
    """The subscriptions that have access now, by plan and currency."""
    values = {"now": now, "until": now + SOON, "access": list(Subscription.HAS_ACCESS)}
    return [PlanRow(*row) for row in _rows(_PLANS, values)]


def unpaid_by_day(now: datetime) -> list[tuple[int, str, int, int]]:
    """What open renewals still lack: (days since the paid time ended, currency, orders, minor). Days are the platform's."""
    sql = f"SELECT {_DAYS}, o.currency, count(*), sum{_DUE}::bigint {_UNPAID} GROUP BY 1, 2 ORDER BY 1, 2"
    return _rows(sql, {"now": now, "zone": settings.TIME_ZONE})


def longest_unpaid(now: datetime, *, limit: int = 10) -> list[Unpaid]:
    """The open renewals that have waited the longest."""
    columns = f"o.organisation_id, o.organisation_name, o.number, {_DAYS}, o.currency, {_DUE}"
    sql = f"SELECT {columns} {_UNPAID} ORDER BY s.paid_until, o.id LIMIT %(limit)s"
    return [Unpaid(*row) for row in _rows(sql, {"now": now, "zone": settings.TIME_ZONE, "limit": limit})]


def collected(period: Period) -> list[tuple[int, str, str, int, int]]:
    """Money that came and was believed: (month from 0, method, currency received, payments, minor)."""
    sql = """
        SELECT told.month - 1, method.name, told.currency, told.number, told.minor
        FROM (SELECT width_bucket(succeeded_at, %(starts)s::timestamptz[]) AS month, method_id,
                     received_currency AS currency, count(*) AS number, sum(received_minor)::bigint AS minor
              FROM billing_payment
              WHERE status = 'succeeded' AND succeeded_at >= %(begin)s AND succeeded_at < %(now)s
              GROUP BY 1, 2, 3) AS told
        JOIN billing_paymentmethod method ON method.id = told.method_id
        ORDER BY 1, method.position, 3
    """
    return _rows(sql, _bounds(period))


def attempts(period: Period) -> list[tuple[str, str, str, int]]:
    """What became of the attempts that began in a period: (method, status, reason, how many)."""
    sql = """
        SELECT method.name, told.status, told.reason, told.number
        FROM (SELECT method_id, status, reason, count(*) AS number FROM billing_payment
              WHERE created_at >= %(begin)s AND created_at < %(now)s GROUP BY 1, 2, 3) AS told
        JOIN billing_paymentmethod method ON method.id = told.method_id
        ORDER BY method.position, told.number DESC, told.status, told.reason
    """
    return _rows(sql, _bounds(period))


def given_back(period: Period) -> list[tuple[int, str, bool, int, int]]:
    """Refunds that arrived: (month from 0, currency, kept as credit, refunds, minor)."""
    sql = """
        SELECT width_bucket(finished_at, %(starts)s::timestamptz[]) - 1, currency, to_credit, count(*),
               sum(amount_minor)::bigint
        FROM billing_refund
        WHERE status = 'succeeded' AND finished_at >= %(begin)s AND finished_at < %(now)s
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
    """
    return _rows(sql, _bounds(period))


def disputed(period: Period) -> list[tuple[str, str, int, int]]:
    """Disputes that were opened in a period: (status, currency, disputes, minor in question)."""
    sql = """
        SELECT status, currency, count(*), sum(amount_minor)::bigint FROM billing_dispute
        WHERE opened_at >= %(begin)s AND opened_at < %(now)s GROUP BY 1, 2 ORDER BY 1, 2
    """
    return _rows(sql, _bounds(period))


def _bounds(period: Period) -> dict[str, Any]:
    return {"starts": list(period.starts), "begin": period.begin, "now": period.now}


def _rows(sql: str, values: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return cursor.fetchall()
