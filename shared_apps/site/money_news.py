"""What the order page says of money that was not needed or went back: what becomes of it, and when."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet

from billing.models import Order, Payment, Refund
from billing.money import Money

REFUNDS = Prefetch("refunds", Refund.objects.exclude(status__in=[Refund.Status.FAILED, Refund.Status.REJECTED]))


@dataclass(frozen=True, slots=True)
class News:
    """One thing to say. `what` is review, returning, returned or credit."""

    what: str
    payment: Payment
    amount: Money
    at: datetime | None = None
    worth: Money | None = None  # in the order's currency


def payments_of(order: Order) -> QuerySet[Payment]:
    """An order's payments with their method and refunds, the newest first. Two queries."""
    return order.payments.select_related("method").prefetch_related(REFUNDS).order_by("-created_at")


def news_of(order: Order, payments: Iterable[Payment]) -> list[News]:
    """The news of an order, from payments as `payments_of` gives them."""
    return [news for payment in payments for news in _of_payment(order, payment)]


def ending_refund(payments: Iterable[Payment]) -> Refund | None:
    """The refund that took back the time which an order bought, if there is one; payments as `payments_of` gives them."""
    refunds = (refund for payment in payments for refund in payment.refunds.all())
    return next((one for one in refunds if one.ends_access and one.status == Refund.Status.SUCCEEDED), None)


def is_taken_back(order: Order, payments: Iterable[Payment]) -> bool:
    """Whether all of a paid order was sent back or became credit; payments as `payments_of` gives them."""
    refunds = (refund for payment in payments for refund in payment.refunds.all())
    done = (one for one in refunds if one.status == Refund.Status.SUCCEEDED and one.origin == Refund.Origin.INVOICE)
    return 0 < order.total_minor <= sum(one.applied.minor for one in done)


def _of_payment(order: Order, payment: Payment) -> list[News]:
    paid = order.status in (Order.Status.PAID, Order.Status.FULFILLED)
    if payment.status == Payment.Status.NEEDS_REVIEW and paid:
        return [News("review", payment, payment.received or payment.charge)]
    done = Refund.Status.SUCCEEDED
    news = [_of_refund(payment, one) for one in payment.refunds.all() if one.status == done or not one.to_credit]
    kept = payment.credited_minor - sum(refund.credited_minor for refund in payment.refunds.all())
    if kept > 0:
        news.append(News("credit", payment, Money(kept, payment.currency), payment.succeeded_at))
    return news


def _of_refund(payment: Payment, refund: Refund) -> News:
    if refund.to_credit:
        return News("credit", payment, refund.amount, refund.finished_at, refund.worth)
    if refund.status == Refund.Status.SUCCEEDED:
        return News("returned", payment, refund.amount, refund.finished_at, refund.worth)
    return News("returning", payment, refund.amount, worth=refund.worth)
