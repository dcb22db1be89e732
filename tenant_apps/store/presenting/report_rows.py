"""What can be taken away of a period: orders, their lines, best sellers; as CSV while it is read, or as a workbook.

Orders count as in the reports. Amounts are in major units, so that a spreadsheet adds them up.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import Any

from django.db.models import Q
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing.money import Money
from tenant_apps.store.models import Order, OrderLine
from tenant_apps.store.presenting.downloads import table_response
from tenant_apps.store.rules.periods import Period
from tenant_apps.store.selectors.reports import best_sellers
from tenant_apps.store.texts import reports as texts

MOST_ROWS = 20_000
PIECE = 500
Text = str | Promise
Row = list[Any]


@dataclass(frozen=True, slots=True)
class Export:
    """What its file is called, its columns, and its rows for a period, a currency, and whether customers are named."""

    name: Text
    header: Sequence[Text]
    rows: Callable[[Period, str, bool], Iterator[Row]]


def response_of(export: Export, *, period: Period, kind: str, currency: str, with_people: bool) -> HttpResponseBase:
    """The download, "csv" or "xlsx". The newest MOST_ROWS at most; a last row says if there are more."""
    name = f"{export.name}-{period.first:%Y-%m-%d}-{period.last:%Y-%m-%d}"
    rows = _limited(export.rows(period, currency, with_people))
    return table_response(name=name, kind=kind, header=export.header, rows=rows)


def _limited(rows: Iterator[Row]) -> Iterator[Row]:
    yield from islice(rows, MOST_ROWS)
    if next(rows, None) is not None:
        yield [
            _("Only the newest %(count)d rows are here. Choose a shorter period for the others.") % {"count": MOST_ROWS}
        ]


def _order_rows(period: Period, currency: str, with_people: bool) -> Iterator[Row]:
    for order in _orders(period, "till_payments"):
        yield [
            order.number, _when(order.confirmed_at), texts.channel_text(order.channel), _status(order),
            order.name if with_people else "", order.phone if with_people else "", order.city, order.zone_name,
            *(_amount(minor, currency) for minor in (
                order.items_minor, order.discount_minor, order.delivery_minor, order.total_minor, order.tax_minor,
                order.paid_minor, order.refunded_minor,
            )), _methods(order),
        ]  # fmt: skip


def _methods(order: Order) -> str:
    """How an order is paid; a sale at a till in all the ways it was paid in."""
    ways = {payment.method for payment in order.till_payments.all() if payment.amount_minor > 0} or {order.method}
    return " + ".join(texts.method_text(way) for way in sorted(ways))


def _line_rows(period: Period, currency: str, _with_people: bool) -> Iterator[Row]:
    for order in _orders(period, "lines"):
        for line in order.lines.all():
            if line.quantity:
                yield _line_row(order, line, currency)


def _line_row(order: Order, line: OrderLine, currency: str) -> Row:
    cost = None if line.cost_minor is None else _amount(line.cost_minor, currency)
    return [
        order.number, _when(order.confirmed_at), line.product_name, line.variant_name, line.sku, line.quantity, line.returned,
        _amount(line.list_minor, currency), _amount(line.unit_minor, currency),
        _amount(line.unit_minor * (line.quantity - line.returned), currency), cost,
    ]  # fmt: skip


def _best_rows(period: Period, currency: str, _with_people: bool) -> Iterator[Row]:
    for one in best_sellers(period, limit=MOST_ROWS + 1):
        yield [one.name, one.pieces, _amount(one.amount, currency)]


def _orders(period: Period, *read_along: str) -> Iterator[Order]:
    """The orders that count, the newest first, a piece at a time: what is read last is as far as the download is."""
    orders = Order.objects.filter(status__in=Order.LIVE, confirmed_at__gte=period.since, confirmed_at__lt=period.until)
    orders = orders.order_by("-confirmed_at", "-pk").prefetch_related(*read_along)
    after = Q()
    while piece := list(orders.filter(after)[:PIECE]):
        yield from piece
        last = piece[-1]
        after = Q(confirmed_at__lt=last.confirmed_at) | Q(confirmed_at=last.confirmed_at, pk__lt=last.pk)


def _when(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""


def _status(order: Order) -> str:
    return str(texts.STATUSES.get(order.status, order.status))


def _amount(minor: int, currency: str) -> Decimal:
    return Money(minor, currency).as_decimal()


EXPORTS: dict[str, Export] = {
    "orders": Export(
        pgettext_lazy("file name", "orders"),
        (
            gettext_lazy("Number"), gettext_lazy("Date"), gettext_lazy("Channel"), gettext_lazy("Status"),
            gettext_lazy("Customer"), gettext_lazy("Phone"), gettext_lazy("Town"), gettext_lazy("Delivery zone"),
            gettext_lazy("Goods"), gettext_lazy("Discount"), gettext_lazy("Delivery"), gettext_lazy("Total"),
            gettext_lazy("Tax within"), gettext_lazy("Paid"), gettext_lazy("Given back"), gettext_lazy("Way to pay"),
        ),
        _order_rows,
    ),
    "lines": Export(
        pgettext_lazy("file name", "lines-of-orders"),
        (
            gettext_lazy("Order"), gettext_lazy("Date"), gettext_lazy("Product"), gettext_lazy("Variant"),
            gettext_lazy("Reference"), gettext_lazy("Quantity"), gettext_lazy("Taken back"), gettext_lazy("List price"),
            gettext_lazy("Price"), gettext_lazy("Amount kept"), gettext_lazy("Cost of a piece"),
        ),
        _line_rows,
    ),
    "best-sellers": Export(
        pgettext_lazy("file name", "best-sellers"),
        (gettext_lazy("Product"), gettext_lazy("Pieces"), gettext_lazy("Amount")),
        _best_rows,
    ),
}  # fmt: skip
