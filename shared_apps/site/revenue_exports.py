"""Payments, invoices and subscriptions as rows for a spreadsheet, in the reader's language. Reads only, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.messages import explain
from billing.models import Invoice, Payment, Subscription
from billing.money import Money
from shared_apps.site.billing_page import DOCUMENTS
from shared_apps.site.payment_rows import payment_row, told
from shared_apps.site.plan_texts import CYCLES, PRODUCTS
from shared_apps.site.subscription_state import HOLDS, LABELS

PIECE = 500
PAYMENTS: tuple[str | Promise, ...] = (
    _("Begun"), _("Received"), _("Order"), _("Organisation"), _("Customer"), _("Method"), _("State"), _("Reason"),
    _("Amount"), _("Currency"), _("Amount received"), _("Currency received"), _("Fee"), _("Given back"),
    _("Kept as credit"), pgettext_lazy("of a payment", "Lost in disputes"), _("Reference of the provider"), _("Reference of the transaction"),
)  # fmt: skip
INVOICES: tuple[str | Promise, ...] = (
    _("Number"), _("Date"), _("Document"), _("Order"), _("Organisation"), _("Before tax"), _("Tax"), _("Rate of the tax"),
    _("Total"), _("Currency"), _("Period from"), _("Period to"), _("Certificate"),
)  # fmt: skip
SUBSCRIPTIONS: tuple[str | Promise, ...] = (
    _("Organisation"), _("Product"), _("Plan"), _("Cycle"), _("State"), _("Why access ended"), _("Begun"), _("Paid until"),
    _("Ends with its period"), _("Credit"), _("Currency"),
)  # fmt: skip


def payment_rows(*, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """The attempts begun between two moments (the second one excluded), the first first, in the order of PAYMENTS."""
    found = Payment.objects.filter(created_at__gte=since, created_at__lt=until).select_related("order", "method")
    for row in map(payment_row, told(found).order_by("created_at", "pk").iterator(chunk_size=PIECE)):
        one = row["payment"]
        received, currency = one.received, one.received_currency
        yield [
            _moment(one.created_at), _moment(one.succeeded_at), one.order.number, one.order.organisation_name,
            one.order.customer_name, str(one.method), str(row["state"]),
            str(explain(one.reason).what) if one.reason else "", one.amount.as_decimal(), one.currency,
            _decimal(received), currency,
            _decimal(Money(one.fee_minor, currency) if one.fee_minor is not None and currency else None),
            _decimal(row["returned"]), _decimal(row["kept"]), _decimal(row["lost"]),
            one.provider_ref, one.transaction_ref,
        ]  # fmt: skip


def invoice_rows(*, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """The documents issued between two moments (the second one excluded), in the order of INVOICES; credit notes are
    below zero."""
    found = Invoice.objects.filter(issued_at__gte=since, issued_at__lt=until).select_related("order")
    for one in found.order_by("issued_at", "series", "sequence").iterator(chunk_size=PIECE):
        net, tax, total = (amount.as_decimal() for amount in one.booked)
        yield [
            one.number, _day(one.issued_at), str(DOCUMENTS[one.kind]), one.order.number, one.order.organisation_name,
            net, tax, one.tax_percent.normalize(), total, one.currency, _day(one.order.period_start), _day(one.order.period_end),
            one.fiscal_number,
        ]  # fmt: skip


def subscription_rows(*, since: datetime, until: datetime) -> Iterator[list[Any]]:
    """The subscriptions begun between two moments (the second one excluded) as they are now, in the order of
    SUBSCRIPTIONS."""
    found = Subscription.objects.filter(started_at__gte=since, started_at__lt=until)
    for one in (
        found.select_related("organisation", "plan_version__plan")
        .order_by("started_at", "pk")
        .iterator(chunk_size=PIECE)
    ):
        yield [
            one.organisation.name if one.organisation else "", str(PRODUCTS[one.plan_version.plan.product].name),
            one.plan_version.plan.display_name, str(CYCLES[one.cycle]), str(LABELS[one.status][0]), str(HOLDS[one.hold]),
            _day(one.started_at), _day(one.paid_until), _("Yes") if one.cancel_at_period_end else _("No"), one.credit.as_decimal(), one.currency,
        ]  # fmt: skip


def _decimal(amount: Money | None) -> Decimal | str:
    return amount.as_decimal() if amount else ""


def _moment(value: datetime | None) -> str:
    return timezone.localtime(value, timezone.get_default_timezone()).isoformat(" ", "minutes")[:16] if value else ""


def _day(value: datetime | None) -> str:
    return _moment(value)[:10]
