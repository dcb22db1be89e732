"""Reading invoices and credit notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Max, Min, Q, Sum
from django.utils import timezone, translation

from billing.money import Money
from shared_apps.documents import files
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.store.models import Invoice, Order
from tenant_apps.store.models.till import Method
from tenant_apps.store.rules.invoicing import Paid
from tenant_apps.store.rules.months import Month, months_back
from tenant_apps.store.texts.till import METHODS

PER_PAGE = 25
MOST_MONTHS = 60


def payments_of(order: Order) -> tuple[Paid, ...]:
    """What has paid an order, payment by payment, in its language; at a till, the cash last."""
    if order.channel == Order.Channel.TILL:
        return _paid_at_till(order)
    return tuple(paid for paid, _back in _believed(order))


def settlements_of(order: Order) -> tuple[Paid, ...]:
    """What has paid an order, for its invoice: less what was given back of each payment, and no more than the order comes to,
    for what is beyond that is to be given back."""
    if order.channel == Order.Channel.TILL:
        return _paid_at_till(order)
    left = Money(order.total_minor, order.currency)
    settled = []
    for paid, back in _believed(order):
        kept = min(paid.amount - back, left)
        if kept:
            settled.append(replace(paid, amount=kept))
            left -= kept
    return tuple(settled)


def _believed(order: Order) -> list[tuple[Paid, Money]]:
    """The payments of an order, each with what was given back of it. One query."""
    believed = Payment.objects.filter(purpose="store.order", subject=order.pk, status=Payment.Status.SUCCEEDED)
    succeeded = Q(refunds__status=Refund.Status.SUCCEEDED)
    payments = believed.annotate(back=Sum("refunds__bill_minor", filter=succeeded, default=0)).order_by("succeeded_at")
    with translation.override(order.locale):
        return [
            (
                Paid(str(one.get_method_display()), one.worth, timezone.localdate(one.succeeded_at)),
                Money(one.back, order.currency),
            )
            for one in payments
        ]


def _paid_at_till(order: Order) -> tuple[Paid, ...]:
    on = timezone.localdate(order.confirmed_at)
    taken = sorted(order.till_payments.filter(amount_minor__gt=0), key=lambda one: (one.method == Method.CASH, one.pk))
    with translation.override(order.locale):
        return tuple(
            Paid(str(METHODS[one.method]), Money(one.amount_minor, order.currency), on, one.reference) for one in taken
        )


def cash_handed_over(order: Order) -> Money | None:
    """The cash a customer put down at a till, where it was counted and change was given back; else None."""
    counted = order.till_payments.filter(method=Method.CASH, change_minor__gt=0).first()
    return Money(counted.tendered_minor, order.currency) if counted and counted.tendered_minor else None


def documents_of(order: Order) -> list[Invoice]:
    """An order's invoice and the credit notes after it."""
    return list(Invoice.objects.filter(order=order).order_by("issued_at", "sequence"))


def invoice_of(order_id: UUID) -> Invoice | None:
    """The invoice of an order, once it was issued."""
    return (
        Invoice.objects.filter(order_id=order_id, kind=Invoice.Kind.INVOICE).select_related("order", "original").first()
    )


def document_by_number(number: str) -> Invoice | None:
    """A document by its number."""
    return Invoice.objects.filter(number=number).select_related("order", "original").first()


def documents_page(*, month: Month | None, kind: str, query: str, page: str) -> Page[Invoice]:
    """A page of the documents of a month (None: of all time), latest first, by the document's or the order's number. What
    is no kind counts for nothing."""
    found = Invoice.objects.select_related("order", "original")
    if month:
        found = found.filter(issued_on__range=(month.first, month.last))
    if kind in Invoice.Kind.values:
        found = found.filter(kind=kind)
    if query:
        found = found.filter(Q(number__iexact=query) | Q(order__number=query))
    return Paginator(found.order_by("-issued_on", "-issued_at", "-sequence"), PER_PAGE).get_page(page)


def months_with_documents() -> list[Month]:
    """The months from this one back to the first document's, newest first; one query."""
    today = Month.of(timezone.localdate())
    ends = Invoice.objects.aggregate(first=Min("issued_on"), last=Max("issued_on"))
    if ends["first"] is None:
        return [today]
    return months_back(max(today, Month.of(ends["last"])), Month.of(ends["first"]), most=MOST_MONTHS)


def journal(month: Month) -> Iterator[Invoice]:
    """What was issued in a month, in the order of its numbers, for the sales journal."""
    found = Invoice.objects.filter(issued_on__range=(month.first, month.last)).select_related("order", "original")
    return found.order_by("issued_on", "issued_at", "sequence").iterator(chunk_size=500)


def without_pdf(*, limit: int = 50) -> list[UUID]:
    """Documents whose file was not made in time, oldest first; those that the tax office refused wait for a person."""
    late = Invoice.objects.filter(pdf="", issued_at__lte=timezone.now() - files.HAS_ITS_CHANCE)
    waiting = late.exclude(fiscal_status=Invoice.Fiscal.FAILED).order_by("issued_at")
    return list(waiting.values_list("pk", flat=True)[:limit])
