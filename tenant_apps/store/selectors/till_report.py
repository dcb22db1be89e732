"""The close-of-day report of a till's session: what was sold, given back and moved, to the unit.

Sales and what was given back count in the session whose till they went through. The tax within what was given back is
taken so that the parts of a sale, in however many sessions, come to what the reports of orders take off for it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, Sum

from billing.money import Money, share_of
from tenant_apps.store.models import Order, Return, TillSale, TillSession
from tenant_apps.store.selectors.drawer import Drawer, drawer_of


@dataclass(frozen=True, slots=True)
class RateTotal:
    """Sales less what was given back at one rate of tax, and the tax within them."""

    rate_bp: int
    total_minor: int
    tax_minor: int


@dataclass(frozen=True, slots=True)
class TillReport:
    """A session in figures. `list_minor` is what the goods cost by their list prices, `sold_minor` what was paid for them."""

    sales: int
    offline: int
    refused: int
    list_minor: int
    discount_minor: int
    sold_minor: int
    returns: int
    returned_minor: int
    rates: tuple[RateTotal, ...]
    drawer: Drawer

    @property
    def net_minor(self) -> int:
        """What was sold less what was given back."""
        return self.sold_minor - self.returned_minor


def report_of(session: TillSession) -> TillReport:
    """The report of a session as it stands. Five queries, whatever was sold."""
    sales = _sales(session)
    backs = _given_back(session)
    counted = session.sales.aggregate(
        offline=Count("pk", filter=Q(state=TillSale.State.ACCEPTED, is_offline=True)),
        refused=Count("pk", filter=Q(state=TillSale.State.REFUSED)),
    )
    return TillReport(
        sales=sum(row["number"] for row in sales.values()),
        offline=counted["offline"],
        refused=counted["refused"],
        list_minor=sum(row["listed"] for row in sales.values()),
        discount_minor=sum(row["off"] for row in sales.values()),
        sold_minor=sum(row["sold"] for row in sales.values()),
        returns=sum(number for number, _amount, _tax in backs.values()),
        returned_minor=sum(amount for _number, amount, _tax in backs.values()),
        rates=_rates(sales, backs),
        drawer=drawer_of(session),
    )


def _sales(session: TillSession) -> dict[int, dict[str, int]]:
    """By the rate of tax."""
    by_rate = Order.objects.filter(till_sale__session=session).values("tax_rate_bp").order_by("tax_rate_bp")
    rows: Any = by_rate.annotate(
        number=Count("pk"), listed=Sum("items_minor") + Sum("discount_minor"), off=Sum("discount_minor"),
        sold=Sum("total_minor"), tax=Sum("tax_minor"),
    )  # fmt: skip
    names = ("number", "listed", "off", "sold", "tax")
    return {row["tax_rate_bp"]: {name: int(row[name]) for name in names} for row in rows}


def _given_back(session: TillSession) -> dict[int, tuple[int, int, int]]:
    """By the rate of tax: how many returns, their amount, and the tax within it."""
    here = Return.objects.filter(session=session).values("order")
    found = Return.objects.filter(order__in=here, session__isnull=False).select_related("order")
    sums: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    before: dict[object, int] = defaultdict(int)
    for back in found.order_by("created_at", "pk"):
        order, amount = back.order, back.amount_minor or 0
        start, end = before[order.pk], before[order.pk] + amount
        before[order.pk] = end
        if back.session_id == session.pk:
            row = sums[order.tax_rate_bp]
            row[0] += 1
            row[1] += amount
            row[2] += _tax_within(order, end) - _tax_within(order, start)
    return {rate: (row[0], row[1], row[2]) for rate, row in sums.items()}


def _tax_within(order: Order, amount: int) -> int:
    """The tax within the first so much that was given back of an order, as `selectors.reports` counts it."""
    if not order.total_minor:
        return 0
    return share_of(Money(order.tax_minor, order.currency), amount, order.total_minor).minor


def _rates(sales: dict[int, dict[str, int]], backs: dict[int, tuple[int, int, int]]) -> tuple[RateTotal, ...]:
    none = {"sold": 0, "tax": 0}
    return tuple(
        RateTotal(
            rate,
            sales.get(rate, none)["sold"] - backs.get(rate, (0, 0, 0))[1],
            sales.get(rate, none)["tax"] - backs.get(rate, (0, 0, 0))[2],
        )
        for rate in sorted({*sales, *backs}, reverse=True)
    )
