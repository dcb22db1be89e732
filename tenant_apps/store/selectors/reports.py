"""Figures of the shop, by plain aggregates: one query each (`totals` two), whatever the number of rows.

What counts as sold: an order counts at `confirmed_at` unless it is cancelled, with its total less what was given back of it.
Money that was taken twice and given back was never a sale, so it is no refund either; what was given back before an order was
ever paid whole is due again, and is none (`selectors.orders.given_back_of_sale` says the same). Goods count by the pieces customers
kept. Amounts are minor units of the shop's currency, and exact: what is shared out is rounded half up per order or line.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from shared_apps.core.tenancy import connection
from tenant_apps.store.rules.periods import Period

# What the figures of sales read from. `back` is what was given back of the sale; `is_now` tells the period from the one before.
_SALES = """
    WITH sale AS (
        SELECT id, channel, method, confirmed_at, total_minor, tax_minor, tax_rate_bp, delivery_minor,
               CASE WHEN refunded_minor > 0 AND (channel = 'till' OR EXISTS (
                        SELECT FROM store_orderevent WHERE order_id = store_order.id AND kind = 'paid'))
                    THEN GREATEST(refunded_minor - GREATEST(paid_minor - total_minor, 0), 0) ELSE 0 END AS back,
               confirmed_at >= %(since)s AS is_now
        FROM store_order
        WHERE confirmed_at >= %(begin)s AND confirmed_at < %(end)s
          AND status IN ('confirmed', 'preparing', 'shipped', 'delivered')
    ), kept AS (
        SELECT sale.*, line.variant_id, line.product_name, line.cost_minor,
               line.quantity - line.returned AS pieces,
               line.unit_minor * (line.quantity - line.returned) AS amount
        FROM sale JOIN store_orderline line ON line.order_id = sale.id
        WHERE line.quantity > line.returned
    )
"""
_TOTALS = """
    SELECT is_now, count(*), sum(total_minor - back), sum(back), sum(delivery_minor),
           sum(tax_minor - CASE WHEN total_minor = 0 THEN 0
                           ELSE div(2 * tax_minor::numeric * back + total_minor, 2 * total_minor) END)
    FROM sale WHERE is_now OR confirmed_at < %(before_until)s GROUP BY is_now
"""
_GOODS = """
    SELECT is_now, sum(pieces), sum(amount),
           sum(amount - cost_minor * pieces
               - div(2 * amount::numeric * tax_rate_bp + 10000 + tax_rate_bp, 2 * (10000 + tax_rate_bp)))
               FILTER (WHERE cost_minor IS NOT NULL),
           count(*), count(*) FILTER (WHERE cost_minor IS NULL)
    FROM kept WHERE is_now OR confirmed_at < %(before_until)s GROUP BY is_now
"""
_BY_TIME = """
    SELECT date_trunc(%(bucket)s, confirmed_at AT TIME ZONE %(zone)s), sum(total_minor - back), count(*)
    FROM sale GROUP BY 1
"""
_BY_WAY = """
    SELECT channel, method, count(*), sum(total_minor - back) FROM sale GROUP BY channel, method
"""
_BY_TILL = """
    SELECT payment.method, COALESCE(sum(payment.amount_minor) FILTER (WHERE payment.amount_minor > 0), 0),
           COALESCE(-sum(payment.amount_minor) FILTER (WHERE payment.amount_minor < 0), 0)
    FROM sale JOIN store_tillpayment payment ON payment.order_id = sale.id
    GROUP BY payment.method
"""
_BY_SHELF = """
    SELECT shelf.name, sum(pieces), sum(amount)
    FROM kept LEFT JOIN store_variant variant ON variant.id = kept.variant_id
              LEFT JOIN store_product product ON product.id = variant.product_id
              LEFT JOIN store_category shelf ON shelf.id = product.category_id
    GROUP BY shelf.id, shelf.name ORDER BY sum(amount) DESC, shelf.name LIMIT %(limit)s
"""
_BEST = """
    SELECT COALESCE(product.name, kept.product_name), product.slug, sum(pieces), sum(amount)
    FROM kept LEFT JOIN store_variant variant ON variant.id = kept.variant_id
              LEFT JOIN store_product product ON product.id = variant.product_id
    GROUP BY product.id, product.slug, COALESCE(product.name, kept.product_name)
    ORDER BY sum(amount) DESC, sum(pieces) DESC, 1 LIMIT %(limit)s
"""
_TASKS = """
    SELECT (SELECT count(*) FROM store_order WHERE status IN ('confirmed', 'preparing') AND NOT is_short),
           (SELECT count(*) FROM store_order WHERE status IN ('confirmed', 'preparing') AND is_short),
           (SELECT count(*) FROM store_review WHERE status = 'pending'),
           EXISTS (SELECT FROM store_order WHERE confirmed_at IS NOT NULL)
"""
LISTED = 10


@dataclass(frozen=True, slots=True)
class Totals:
    """A period in sums. `sales` are net of `refunds`; `tax` is within them; `margin` is of the goods whose cost is known."""

    orders: int = 0
    sales: int = 0
    refunds: int = 0
    delivery: int = 0
    tax: int = 0
    pieces: int = 0
    goods: int = 0
    margin: int = 0
    lines: int = 0
    lines_without_cost: int = 0

    @property
    def basket(self) -> int:
        """What an order comes to on average, rounded half up; 0 without any."""
        return (2 * self.sales + self.orders) // (2 * self.orders) if self.orders else 0

    @property
    def has_margin(self) -> bool:
        """Whether the cost of anything sold is known."""
        return self.lines > self.lines_without_cost


@dataclass(frozen=True, slots=True)
class Bucket:
    """An hour, a day or a month; `begin` is in the shop's zone."""

    begin: datetime
    sales: int
    orders: int


@dataclass(frozen=True, slots=True)
class Way:
    """Orders that came and were to be paid in one way; both are keys, a way to pay may be empty."""

    channel: str
    method: str
    orders: int
    sales: int


@dataclass(frozen=True, slots=True)
class TillWay:
    """What sales at the tills were paid by one way, each part of a split payment by its own, and what went back that way."""

    method: str
    taken: int
    given_back: int

    @property
    def kept(self) -> int:
        return self.taken - self.given_back


@dataclass(frozen=True, slots=True)
class Sold:
    """Pieces of a product or shelf that customers kept. `name` is empty for what is on no shelf, `slug` for what is gone."""

    name: str
    slug: str
    pieces: int
    amount: int


@dataclass(frozen=True, slots=True)
class Tasks:
    """What waits for somebody; `has_sold`: the shop has had an order."""

    to_prepare: int
    short: int
    reviews: int
    has_sold: bool


def totals(period: Period) -> tuple[Totals, Totals]:
    """A period and the one before it. Two queries."""
    parameters = {**_window(period, with_before=True), "before_until": period.before_until}
    orders = {row[0]: row[1:] for row in _sold(_TOTALS, parameters)}
    goods = {row[0]: row[1:] for row in _sold(_GOODS, parameters)}
    names = [field.name for field in fields(Totals)]
    now, before = (
        Totals(**dict(zip(names, _whole([*orders.get(key, [0] * 5), *goods.get(key, [0] * 5)]), strict=True)))
        for key in (True, False)
    )
    return now, before


def sales_by_time(period: Period) -> list[Bucket]:
    """Every hour, day or month of a period, those without a sale too. One query."""
    zone = str(period.since.tzinfo)
    found = {
        begin: (int(sales), orders)
        for begin, sales, orders in _sold(_BY_TIME, {**_window(period), "bucket": period.bucket, "zone": zone})
    }
    return [Bucket(begin, *found.get(begin.replace(tzinfo=None), (0, 0))) for begin in period.buckets()]


def sales_by_way(period: Period) -> list[Way]:
    """By channel and way to pay, the largest first. One query."""
    ways = [Way(row[0], row[1], row[2], int(row[3])) for row in _sold(_BY_WAY, _window(period))]
    return sorted(ways, key=lambda way: (-way.sales, way.channel, way.method))


def till_ways(period: Period) -> list[TillWay]:
    """How sales at the tills were paid, the largest first: `kept` comes to the sales of that channel. One query."""
    ways = [TillWay(row[0], int(row[1]), int(row[2])) for row in _sold(_BY_TILL, _window(period))]
    return sorted(ways, key=lambda way: (-way.kept, way.method))


def sales_by_shelf(period: Period, *, limit: int = LISTED) -> list[Sold]:
    """Goods by the shelf their product stands on today, the largest first. One query."""
    rows = _sold(_BY_SHELF, {**_window(period), "limit": limit})
    return [Sold(name or "", "", int(pieces), int(amount)) for name, pieces, amount in rows]


def best_sellers(period: Period, *, limit: int = LISTED) -> list[Sold]:
    """Products by what they brought in. One query."""
    rows = _sold(_BEST, {**_window(period), "limit": limit})
    return [Sold(name, slug or "", int(pieces), int(amount)) for name, slug, pieces, amount in rows]


def tasks() -> Tasks:
    """What waits for somebody. One query."""
    [row] = _rows(_TASKS, {})
    return Tasks(*row)


def _window(period: Period, *, with_before: bool = False) -> dict[str, Any]:
    return {
        "since": period.since,
        "begin": period.before_since if with_before else period.since,
        "end": period.until,
    }


def _sold(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    return _rows(_SALES + sql, parameters)


def _rows(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def _whole(row: Any) -> list[int]:
    """Sums of bigint come as decimals, and as nothing where there was nothing to add."""
    return [int(value or 0) for value in row]
