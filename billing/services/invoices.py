"""Issuing invoices and credit notes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils import timezone

from billing import ledger
from billing.models import Invoice, InvoiceCounter, Order
from billing.money import Money
from billing.pricing import net_of
from billing.services.ledger import post
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.documents import numbers
from shared_apps.outbox.services import publish


def next_number(*, series: str, year: int) -> tuple[int, str]:
    """The next sequence number of the platform's own and its text, without a gap (`shared_apps.documents.numbers`)."""
    return numbers.next_number(InvoiceCounter, series=series, year=year)


@dataclass(frozen=True, slots=True)
class SentBack:
    """Money that went back to a customer: by which way to pay, and as much of it as they were sent, in their currency."""

    method: str
    amount: Money


def issue_invoice(*, order: Order) -> Invoice:
    """The invoice of an order that has just been paid, and its entries in the ledger. In the caller's transaction, which
    holds the order's row; locks the year's counter until the end, so it comes last. The PDF follows by the outbox."""
    invoice = _number(
        Invoice(
            kind=Invoice.Kind.INVOICE,
            order=order,
            subscription_id=order.subscription_id,
            source=f"order:{order.pk}",
            locale=order.locale,
            currency=order.currency,
            seller=dict(settings.SELLER),
            customer=customer_of(order),
            lines=[_line(order)],
            subtotal_minor=order.subtotal_minor,
            reduction_minor=order.discount_minor + order.proration_minor,
            tax_name=order.tax_name,
            tax_percent=order.tax_percent,
            tax_included=order.tax_included,
            tax_note=order.tax_note,
            tax_minor=order.tax_minor,
            total_minor=order.total_minor,
            settlements=_paid_by(order),
        ),
        action="invoice.issued",
    )
    entries = ledger.invoice_issued(
        total=order.total,
        tax=order.tax,
        country=order.customer_country,
        credit_used=order.credit,
        subscription_id=order.subscription_id,
    )
    post(kind="invoice", source=f"invoice:{invoice.pk}", document=invoice.number, entries=entries)
    return invoice


def issue_credit_note(
    *, invoice: Invoice, amount: Money, source: str, to: str, reason: str, sent: SentBack | None = None
) -> Invoice | None:
    """Take part or all of an invoice back, at most what is left of it; `to` is the ledger account the customer has it on.
    `sent` is what went back to them already; without it they have it in their favour.

    In the caller's transaction, which holds the order's row; locks the year's counter. Once per `source`; None when
    nothing is left. The tax taken back is in proportion, and on the last credit note exactly the rest.
    """
    known = Invoice.objects.filter(source=source).first()
    if known:
        return known
    left, tax_left = _not_credited(invoice)
    total = min(amount, left)
    if not total:
        return None
    tax = tax_left if total == left else min(tax_left, total - net_of(total, invoice.tax_percent))
    note = _number(
        Invoice(
            kind=Invoice.Kind.CREDIT_NOTE,
            credits=invoice,
            order_id=invoice.order_id,
            subscription_id=invoice.subscription_id,
            source=source,
            locale=invoice.locale,
            currency=invoice.currency,
            seller=invoice.seller,
            customer=invoice.customer,
            lines=[{"what": "credit", "invoice": invoice.number, "reason": reason, "amount_minor": total.minor}],
            subtotal_minor=total.minor,
            tax_name=invoice.tax_name,
            tax_percent=invoice.tax_percent,
            tax_included=True,
            tax_note=invoice.tax_note,
            tax_minor=tax.minor,
            total_minor=total.minor,
            settlements=[_settled(sent.method, total, charged=sent.amount if total == amount else None)]
            if sent
            else [],
        ),
        action="credit_note.issued",
    )
    entries = ledger.invoice_credited(total=total, tax=tax, country=invoice.customer["country"], to=to)
    post(kind="credit_note", source=f"invoice:{note.pk}", document=note.number, entries=entries)
    return note


def customer_of(order: Order) -> dict[str, str]:
    """Who is billed, as it is frozen on the order."""
    return {
        "organisation": order.organisation_name,
        "name": order.customer_name,
        "email": order.customer_email,
        "phone": order.customer_phone,
        "address": order.customer_address,
        "country": order.customer_country,
        "tax_number": order.tax_number,
    }


def _number(invoice: Invoice, *, action: str, now: datetime | None = None) -> Invoice:
    """Give the number of the platform's year and keep the invoice; what makes its PDF is told by the outbox."""
    now = now or timezone.now()
    invoice.issued_at = now
    invoice.series = Invoice.SERIES[Invoice.Kind(invoice.kind)]
    invoice.year = timezone.localtime(now, timezone.get_default_timezone()).year
    invoice.sequence, invoice.number = next_number(series=invoice.series, year=invoice.year)
    invoice.save(force_insert=True)
    record(action=action, category=AuditCategory.PAYMENT, resource=invoice,
           after={"number": invoice.number, "total_minor": invoice.total_minor, "currency": invoice.currency})  # fmt: skip
    publish(topic="invoice.issued", key=str(invoice.pk), payload={"invoice_id": str(invoice.pk)})
    return invoice


def _line(order: Order) -> dict[str, Any]:
    plan = order.plan_version.plan
    return {
        "what": order.kind,
        "product": plan.product,
        "plan": plan.display_name,
        "cycle": order.cycle,
        "period_start": order.period_start.isoformat() if order.period_start else "",
        "period_end": order.period_end.isoformat() if order.period_end else "",
        "amount_minor": order.subtotal_minor,
        "discount_minor": order.discount_minor,
        "proration_minor": order.proration_minor,
        "coupon": order.coupon.code if order.coupon else "",
    }


def _paid_by(order: Order) -> list[dict[str, Any]]:
    """The payments that an order is paid with; a part of one only by its worth, as the rest is credit or went back."""
    paid = order.payments.filter(applied_minor__gt=0).select_related("method").order_by("succeeded_at", "pk")
    return [
        _settled(
            one.method.name, Money(one.applied_minor, one.currency),
            charged=one.received if one.refundable == one.received and not one.credited_minor else None, at=one.succeeded_at,
        )
        for one in paid
    ]  # fmt: skip


def _settled(method: str, amount: Money, *, charged: Money | None, at: datetime | None = None) -> dict[str, Any]:
    day = timezone.localdate(at or timezone.now(), timezone.get_default_timezone())
    told: dict[str, Any] = {"method": method, "amount_minor": amount.minor, "on": day.isoformat()}
    if charged and charged.currency != amount.currency:
        told |= {"charged_minor": charged.minor, "charged_currency": charged.currency}
    return told


def _not_credited(invoice: Invoice) -> tuple[Money, Money]:
    """Total and tax of an invoice that no credit note has taken back."""
    total, tax = invoice.total_minor, invoice.tax_minor
    for note_total, note_tax in invoice.credit_notes.values_list("total_minor", "tax_minor"):
        total, tax = total - note_total, tax - note_tax
    return Money(total, invoice.currency), Money(tax, invoice.currency)
