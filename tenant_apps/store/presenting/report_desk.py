"""The figures of a period as the first page of staff shows them: texts, tables and a chart."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shared_apps.core import charts
from shared_apps.core.numbers import number_text
from tenant_apps.store.models import Order
from tenant_apps.store.rules.periods import Period
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors import reports
from tenant_apps.store.selectors.reports import Sold, TillWay, Totals, Way
from tenant_apps.store.selectors.stock import StockValue, stock_value
from tenant_apps.store.texts import reports as texts

MOST_BARS = 31


@dataclass(frozen=True, slots=True)
class Figures:
    """All that is known of a period, and of the stock now."""

    currency: str
    period: Period
    now: Totals
    before: Totals
    buckets: list[reports.Bucket]
    ways: list[Way]
    till: list[TillWay]
    shelves: list[Sold]
    best: list[Sold]
    stock: StockValue


def figures_of(period: Period, *, currency: str) -> Figures:
    """Always eight queries."""
    now, before = reports.totals(period)
    return Figures(
        currency=currency,
        period=period,
        now=now,
        before=before,
        buckets=reports.sales_by_time(period),
        ways=reports.sales_by_way(period),
        till=reports.till_ways(period),
        shelves=reports.sales_by_shelf(period),
        best=reports.best_sellers(period),
        stock=stock_value(),
    )


def stats_of(found: Figures) -> list[dict[str, Any]]:
    """The few figures on top, each with how it moved."""
    now, before, currency = found.now, found.before, found.currency
    refunds = _("%(amount)s given back") % {"amount": price_text(now.refunds, currency=currency)} if now.refunds else ""
    stats = [
        _stat(_("Sales"), price_text(now.sales, currency=currency), now.sales, before.sales, refunds),
        _stat(_("Orders"), number_text(now.orders), now.orders, before.orders, ""),
        _stat(_("Average basket"), price_text(now.basket, currency=currency), now.basket, before.basket, ""),
        _margin(found),
    ]
    if now.tax:
        note = _("within the sales")
        stats.append(_stat(_("Tax"), price_text(now.tax, currency=currency), now.tax, before.tax, note))
    return stats


def _margin(found: Figures) -> dict[str, Any]:
    now, missing = found.now, found.now.lines_without_cost
    note = ngettext("%(number)s line without a cost", "%(number)s lines without a cost", missing)
    note = note % {"number": number_text(missing)} if missing else ""
    value = price_text(now.margin, currency=found.currency) if now.has_margin else "–"
    return _stat(_("Margin"), value, now.margin, found.before.margin, note)


def _stat(label: str, value: str, now: int, before: int, note: str) -> dict[str, Any]:
    return {
        "label": label,
        "value": value,
        "change": texts.change_text(now, before),
        "trend": "up" if now >= before else "down",
        "note": note,
    }


def chart_of(found: Figures) -> charts.Chart:
    """Sales over the period, in the shop's currency."""
    bucket = found.period.bucket
    labels = [texts.bucket_text(one.begin, bucket) for one in found.buckets]
    series = [charts.Series(_("Sales"), [one.sales for one in found.buckets])]
    draw = charts.bars if len(labels) <= MOST_BARS else charts.line
    title = _("Sales, in %(currency)s") % {"currency": _sign(found.currency)}
    axis = {"hour": _("Hour"), "day": _("Day"), "month": _("Month")}[bucket]
    return draw(title, labels, series, format=lambda value: texts.scale_text(value, found.currency), axis=axis)


def _sign(currency: str) -> str:
    return "FCFA" if currency in ("XAF", "XOF") else currency


def tables_of(found: Figures) -> list[dict[str, Any]]:
    """Best sellers, shelves, channels and ways to pay; a table without rows is left out."""
    currency = found.currency
    goods = [_column("name", _("Product")), _column("pieces", _("Pieces"), number=True), _amount()]
    shelves = [_column("name", _("Shelf")), _column("pieces", _("Pieces"), number=True), _amount()]
    channels = [_column("name", _("Channel")), _column("orders", _("Orders"), number=True), _amount()]
    ways = [_column("name", _("Way")), _amount()]
    gave_back = (
        [_column("given_back", _("Given back"), number=True)] if any(way.given_back for way in found.till) else []
    )
    tills = [_column("name", _("Way")), *gave_back, _amount()]
    tables = [
        {"title": _("Best sellers"), "columns": goods, "rows": [_sold_row(one, currency) for one in found.best]},
        {"title": _("Shelves"), "columns": shelves, "rows": [_sold_row(one, currency) for one in found.shelves]},
        {
            "title": _("Channels"),
            "columns": channels,
            "rows": _channel_rows(found),
        },
        {
            "title": _("Ways to pay"),
            "columns": ways,
            "rows": _way_rows(found),
        },
        {"title": _("At the tills"), "columns": tills, "rows": [_till_row(one, currency) for one in found.till]},
    ]
    return [table for table in tables if table["rows"]]


def _column(key: str, label: str, *, number: bool = False) -> dict[str, Any]:
    return {"key": key, "label": label, "number": number}


def _amount() -> dict[str, Any]:
    return _column("amount", _("Amount"), number=True)


def _sold_row(one: Sold, currency: str) -> dict[str, Any]:
    return {
        "name": one.name or _("On no shelf"),
        "url": reverse("store:product", args=[one.slug]) if one.slug else "",
        "pieces": number_text(one.pieces),
        "amount": price_text(one.amount, currency=currency),
    }


def _channel_rows(found: Figures) -> list[dict[str, Any]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for way in found.ways:
        sums[texts.channel_text(way.channel)][0] += way.orders
        sums[texts.channel_text(way.channel)][1] += way.sales
    largest = sorted(sums.items(), key=lambda item: (-item[1][1], item[0]))
    return [
        {"name": name, "orders": number_text(orders), "amount": price_text(sales, currency=found.currency)}
        for name, (orders, sales) in largest
    ]


def _way_rows(found: Figures) -> list[dict[str, Any]]:
    """A sale at a till may be paid in parts: there each part counts, and what was given back in it."""
    sums: dict[str, int] = defaultdict(int)
    for way in found.ways:
        if way.channel != Order.Channel.TILL:
            sums[texts.method_text(way.method)] += way.sales
    for part in found.till:
        sums[texts.method_text(part.method)] += part.kept
    largest = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [{"name": name, "amount": price_text(sales, currency=found.currency)} for name, sales in largest]


def _till_row(way: TillWay, currency: str) -> dict[str, Any]:
    return {
        "name": texts.method_text(way.method),
        "given_back": price_text(way.given_back, currency=currency) if way.given_back else "",
        "amount": price_text(way.kept, currency=currency),
    }


def stock_stats(found: Figures) -> list[dict[str, Any]]:
    """What lies in the shop now."""
    stock = found.stock
    at_cost, note = cost_of_stock(stock, found.currency)
    pieces = ngettext("%(number)s piece", "%(number)s pieces", stock.pieces) % {"number": number_text(stock.pieces)}
    return [
        _stat(_("Stock at cost"), at_cost, 0, 0, note),
        _stat(_("Stock at price"), price_text(stock.at_price, currency=found.currency), 0, 0, pieces),
    ]


def cost_of_stock(stock: StockValue, currency: str) -> tuple[str, str]:
    """What lies in the shop at cost, and a note on the pieces that this leaves out; empty where it leaves out none."""
    if stock.knows_no_cost:
        return "–", _("No cost is known.")
    missing = ngettext("%(number)s piece without a cost", "%(number)s pieces without a cost", stock.without_cost)
    note = missing % {"number": number_text(stock.without_cost)} if stock.without_cost else ""
    return price_text(stock.at_cost, currency=currency), note


def low_table(low: list[Any]) -> dict[str, Any]:
    """Variants of which few are left (`selectors.stock.scarcest`)."""
    return {
        "columns": [_column("name", _("Product")), _column("free", _("Left to sell"), number=True)],
        "rows": [
            {
                "name": one.full_name,
                "url": reverse("store:staff_variant_stock", args=[one.public_id]),
                "free": number_text(one.free),
            }
            for one in low
        ],
    }
