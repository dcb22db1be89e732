"""Reads of payments, refunds and money in review for the back office."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet

from billing.models import Dispute, Invoice, Journal, Payment, Refund, WebhookEvent
from shared_apps.core.errors import NotFound
from shared_apps.site.payment_rows import told

# Fewer digits would find half the customers.
PHONE_DIGITS = 4
# Waits for somebody: the second person, or whoever sends it.
BY_HAND = Q(status=Refund.Status.CREATED, is_manual=True)
SECOND = Q(status=Refund.Status.AWAITING_APPROVAL)
# A provider that was asked for a month and said nothing.
SILENT = Q(status__in=["created", "pending"], is_manual=False, next_check_at__isnull=True)
REFUND_FILTERS: dict[str, Q] = {
    "second": SECOND,
    "by_hand": BY_HAND,
    "under_way": Q(status__in=["created", "pending"], is_manual=False),
    "failed": Q(status=Refund.Status.FAILED),
    "done": Q(status=Refund.Status.SUCCEEDED),
}
# By what became of it; of a payment that `told` has looked at.
_BECAME: dict[str, Q] = {
    "refunded": Q(refunded_minor__gt=0) & Q(refunded_minor__gt=F("kept_minor") + F("lost_minor")),
    "kept": Q(refunded_minor__gt=0, kept_minor__gt=0),
    "disputed": Q(pk__in=Dispute.objects.values("payment_id")),
    "lost": Q(refunded_minor__gt=0, lost_minor__gt=0),
}


@dataclass(frozen=True, slots=True)
class PaymentFile:
    """One payment with all that is known of it."""

    payment: Payment
    refunds: list[Refund]
    disputes: list[Dispute]
    journals: list[Journal]
    webhooks: list[WebhookEvent]
    invoices: list[Invoice]


def payments(
    *, q: str = "", payment_method: str = "", status: str = "", since: date | str = "", until: date | str = ""
) -> QuerySet[Payment]:
    """Payments, the latest first. `q` is part of an order's number, a customer, a provider's reference, or the last digits
    of a phone number."""
    found = told(Payment.objects.select_related("order__user", "method"))
    for word in q.split():
        found = found.filter(_matches(word))
    if payment_method:
        found = found.filter(method__name=payment_method)
    if status in _BECAME:
        found = found.filter(_BECAME[status])
    elif status:
        found = found.filter(status=status)
    if since:
        found = found.filter(created_at__date__gte=since)
    if until:
        found = found.filter(created_at__date__lte=until)
    return found.order_by("-created_at", "pk")


def _matches(word: str) -> Q:
    wanted = (
        Q(order__number__icontains=word)
        | Q(order__organisation_name__icontains=word)
        | Q(order__customer_name__icontains=word)
        | Q(order__user__email__icontains=word)
        | Q(provider_ref__iexact=word)
        | Q(transaction_ref__iexact=word)
    )
    if word.isdigit() and len(word) >= PHONE_DIGITS:
        wanted |= Q(phone__endswith=word) | Q(order__customer_phone__endswith=word)
    return wanted


def get_payment(payment_id: UUID) -> Payment:
    """A payment with its order, subscription, customer and method; raises NotFound."""
    payments = Payment.objects.select_related(
        "order__user", "order__plan_version__plan", "order__subscription__organisation", "method", "decided_by"
    ).select_related("dismissed_by")
    found = told(payments).filter(pk=payment_id).first()
    if found is None:
        raise NotFound
    return found


def payment_file(payment: Payment) -> PaymentFile:
    """Everything the page of a payment shows. Seven queries."""
    refunds = list(
        payment.refunds.select_related("requested_by", "approved_by", "payment__order__user", "payment__method")
    )
    invoices = list(payment.order.invoices.order_by("issued_at", "sequence"))
    return PaymentFile(
        payment=payment,
        refunds=refunds,
        disputes=list(payment.disputes.all()),
        journals=_journals(payment, refunds, invoices),
        webhooks=list(payment.webhooks.defer("body", "headers").order_by("-received_at")[:20]),
        invoices=invoices,
    )


def _journals(payment: Payment, refunds: list[Refund], invoices: list[Invoice]) -> list[Journal]:
    sources = [
        f"payment:{payment.pk}",
        f"fee:{payment.pk}",
        f"part:{payment.order_id}",
        *(f"invoice:{one.pk}" for one in invoices),
    ]
    sources += [f"{kind}:{one.pk}" for one in refunds for kind in ("refund", "refund-kept", "uninvoiced")]
    mine = Q(source__in=sources) | Q(source__startswith=f"review:{payment.pk}")
    for dispute in payment.disputes.all():
        mine |= Q(source__startswith=f"dispute:{dispute.pk}:")
    return list(Journal.objects.filter(mine).prefetch_related("entries").order_by("posted_at")[:100])


def in_review() -> QuerySet[Payment]:
    """Money that somebody has to decide about, the longest waiting first."""
    queue = Payment.objects.filter(status=Payment.Status.NEEDS_REVIEW).select_related("order__user", "method")
    return told(queue).order_by("created_at", "pk")


def refunds(name: str) -> QuerySet[Refund]:
    """The refunds of one filter: what waits the longest first, what is over the latest first."""
    found = Refund.objects.filter(REFUND_FILTERS[name]).select_related(
        "payment__order__user", "payment__method", "requested_by", "approved_by"
    )
    return found.order_by("-created_at") if name in ("failed", "done") else found.order_by("created_at")


def get_refund(refund_id: UUID) -> Refund:
    """A refund with its payment and order; raises NotFound."""
    found = Refund.objects.select_related("payment__order__user", "payment__method").filter(pk=refund_id).first()
    if found is None:
        raise NotFound
    return found


def waiting_counts() -> dict[str, int]:
    """How much waits: money in review, and refunds by filter. Two queries."""
    filters: dict[str, Any] = {name: Count("pk", filter=one) for name, one in REFUND_FILTERS.items()}
    review = Payment.objects.filter(status=Payment.Status.NEEDS_REVIEW).count()
    return {"review": review, **Refund.objects.aggregate(**filters, silent=Count("pk", filter=SILENT))}
