"""Reading payments, ways to pay, and what waits for staff."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Q, Sum
from django.utils import timezone

from billing.money import Money
from billing.providers.base import Capabilities, ProviderRefused
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.models import Method, Payment, Refund
from tenant_apps.payments.services.starting import takes

PER_PAGE = 25
DISPUTED = "disputed"  # a filter beside the states: what the payer wants back
PERIODS = {"today": 0, "week": 6, "month": 29}


@dataclass(frozen=True, slots=True)
class Offered:
    """A way to pay that takes an amount. One whose provider fails is shown, and cannot be chosen."""

    method: Method
    capabilities: Capabilities

    @property
    def is_away(self) -> bool:
        return self.method.is_hidden


def methods_for(amount: Money) -> list[Offered]:
    """The ways that take an amount: switched on, set up, and fit for its currency. One query."""
    offered = []
    for method in Method.objects.filter(is_active=True).exclude(pk=Method.Name.CASH):
        try:
            capabilities = gateway(method).capabilities
        except ProviderRefused:
            continue
        if takes(capabilities, amount):
            offered.append(Offered(method, capabilities))
    return offered


def takes_more_than_cash() -> bool:
    """Whether there is a way to pay besides cash, which is offered from the start. One query."""
    return Method.objects.filter(is_active=True).exclude(pk=Method.Name.CASH).exists()  # type: ignore[no-any-return]  # untyped manager


def takes_cash() -> bool:
    """Whether cash is offered, at the counter or on delivery. One query."""
    return Method.objects.filter(pk=Method.Name.CASH, is_active=True).exists()


def method_rows() -> dict[str, Method]:
    """Every way to pay that was set up, by its name, in the order they are shown."""
    return {row.name: row for row in Method.objects.all()}


def payments_of(purpose: str, subject: UUID) -> list[Payment]:
    """Every attempt to pay a bill, the newest first, with their refunds. Two queries."""
    rows = Payment.objects.filter(purpose=purpose, subject=subject)
    return list(rows.prefetch_related("refunds"))


def giving_back_minor(payments: Iterable[Payment]) -> int:
    """What is on its way back of `payments_of` one bill, in minor units of its currency. No query."""
    refunds = [refund for payment in payments for refund in payment.refunds.all()]
    return sum(refund.bill_minor for refund in refunds if refund.status in Refund.OPEN)


def latest_attempt(purpose: str, subject: UUID) -> Payment | None:
    """The newest attempt to pay a bill, if there is one. One query."""
    return Payment.objects.filter(purpose=purpose, subject=subject).first()  # type: ignore[no-any-return]  # untyped manager


@dataclass(frozen=True, slots=True)
class PaymentFilter:
    """What staff look for; what is not known is left out."""

    status: str = ""
    method: str = ""
    period: str = ""
    query: str = ""

    @classmethod
    def of(cls, asked: Any) -> PaymentFilter:
        """From GET parameters, junk ignored."""
        status, method, period = asked.get("status", ""), asked.get("method", ""), asked.get("period", "")
        return cls(
            status=status if status in (*Payment.Status.values, DISPUTED) else "",
            method=method if method in Method.Name.values else "",
            period=period if period in PERIODS else "",
            query=" ".join(asked.get("q", "").replace("\x00", "").split())[:40],
        )

    @property
    def is_set(self) -> bool:
        return any((self.status, self.method, self.period, self.query))


def list_payments(chosen: PaymentFilter, page: str) -> Page:
    """Payments as staff look for them, a page at a time. Two queries."""
    rows = Payment.objects.all()
    if chosen.status == DISPUTED:
        disputes = Refund.objects.filter(origin=Refund.Origin.DISPUTE, status__in=Refund.OPEN)
        rows = rows.filter(pk__in=disputes.values("payment"))
    elif chosen.status:
        rows = rows.filter(status=chosen.status)
    if chosen.method:
        rows = rows.filter(method=chosen.method)
    if chosen.period:
        rows = rows.filter(created_at__gte=_since(PERIODS[chosen.period]))
    if chosen.query:
        by_number = Q(subject_number__icontains=chosen.query) | Q(transaction_ref__iexact=chosen.query)
        rows = rows.filter(by_number | Q(phone__endswith=chosen.query) if chosen.query.isdigit() else by_number)
    return Paginator(rows, PER_PAGE).get_page(page)


def _since(days: int) -> datetime:
    day: date = timezone.localdate() - timedelta(days=days)
    return timezone.make_aware(datetime.combine(day, time.min))


def taken_today() -> tuple[list[Money], list[Money]]:
    """What came in today, by currency: real money, and that of tests. One query."""
    rows = Payment.objects.filter(status=Payment.Status.SUCCEEDED, succeeded_at__gte=_since(0))
    sums = rows.order_by().values("is_test", "received_currency").annotate(total=Sum("received_minor"))
    taken: tuple[list[Money], list[Money]] = ([], [])
    for row in sums:
        taken[row["is_test"]].append(Money(row["total"], row["received_currency"]))
    return taken


def transfers_to_check(page: str) -> Page:
    """Transfers whose proof waits for staff, the oldest first, with their proofs. Three queries."""
    rows = Payment.objects.filter(method=Method.Name.BANK_TRANSFER, status=Payment.Status.UNDER_REVIEW)
    return Paginator(rows.order_by("created_at", "pk").prefetch_related("receipts"), PER_PAGE).get_page(page)


def refunds_by_hand(page: str) -> Page:
    """Refunds that staff have to send, the oldest first. Two queries."""
    rows = Refund.objects.filter(is_manual=True, status__in=Refund.OPEN).select_related("payment", "requested_by")
    return Paginator(rows.order_by("created_at", "pk"), PER_PAGE).get_page(page)


@dataclass(frozen=True, slots=True)
class Waiting:
    """How much waits for staff."""

    transfers: int
    reviews: int
    refunds: int
    disputes: int

    @property
    def total(self) -> int:
        return self.transfers + self.reviews + self.refunds + self.disputes


def waiting_for_staff() -> Waiting:
    """What waits for a decision, for money to be sent by hand, or for an answer at a provider. Four index reads."""
    under_review = Payment.objects.filter(method=Method.Name.BANK_TRANSFER, status=Payment.Status.UNDER_REVIEW)
    return Waiting(
        transfers=under_review.count(),
        reviews=Payment.objects.filter(status=Payment.Status.NEEDS_REVIEW).count(),
        refunds=Refund.objects.filter(is_manual=True, status__in=Refund.OPEN).count(),
        disputes=Refund.objects.filter(origin=Refund.Origin.DISPUTE, status__in=Refund.OPEN).count(),
    )


def same_receipts(payment: Payment) -> list[Payment]:
    """Other payments for which one of this one's files was sent too. One query."""
    digests = [receipt.sha256 for receipt in payment.receipts.all()]
    if not digests:
        return []
    others = Payment.objects.filter(receipts__sha256__in=digests).exclude(pk=payment.pk)
    return list(others.order_by("-created_at").distinct()[:5])
