"""What the order page shows: one state, decided from the order, its newest payment and its provisioning job."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.messages import Explanation, explain
from billing.models import Order, Payment, Refund, Subscription, TransferReceipt
from billing.money import Money
from billing.providers import reasons
from billing.services.orders import PARTLY_PAID
from billing.transitions import PROVISIONAL, clock_of
from provisioning.models import ProvisioningJob
from shared_apps.site.money_news import News, ending_refund, is_taken_back, news_of, payments_of

Text = str | Promise


class State(StrEnum):
    """What the page is about. The order of a payment's life."""

    CHOOSE = "choose"
    MOMO = "momo"
    PAYPAL = "paypal"
    TRANSFER = "transfer"
    RECEIPT = "receipt"
    REVIEW = "review"
    PROVISIONING = "provisioning"
    STUCK = "stuck"
    READY = "ready"
    PAID = "paid"  # a renewal or a change: what it bought is there
    REFUNDED = "refunded"  # with the time that it bought
    ENDED = "ended"  # a first order that was ready once: its workspace is not open now
    EXPIRED = "expired"
    CANCELLED = "cancelled"


# Seconds between two looks at the truth; states that are not here are final.
POLL_SECONDS = {
    State.PROVISIONING: 1,
    State.MOMO: 1,
    State.PAYPAL: 4,
    State.TRANSFER: 20,
    State.RECEIPT: 6,
    State.REVIEW: 30,
    State.STUCK: 15,
    State.CHOOSE: 20,
}
# A plain refresh where JavaScript is off: only where nothing is being typed.
REFRESH_SECONDS = {State.PROVISIONING: 3, State.MOMO: 8, State.PAYPAL: 15, State.RECEIPT: 60, State.STUCK: 60}

STEP_LABELS: dict[str, Text] = {
    "organisation": _("Your organisation is registered"),
    "schema": _("Its own space is made"),
    "owner": _("Your account is created"),
    "defaults": _("The first settings are in place"),
    "check": _("Everything is checked"),
    "live": _("The address is opened"),
}
HEADLINES: dict[State, Text] = {
    State.CHOOSE: _("Choose how to pay"),
    State.MOMO: _("Approve the payment on your phone"),
    State.PAYPAL: _("Your PayPal payment is not finished yet"),
    State.TRANSFER: _("Make your transfer"),
    State.RECEIPT: _("Your receipt is being checked"),
    State.REVIEW: _("Your payment is being checked"),
    State.PROVISIONING: _("Payment received. Your workspace is being prepared"),
    State.STUCK: _("Your workspace takes longer than usual"),
    State.READY: _("Your workspace is ready"),
    State.PAID: _("Payment received"),
    State.REFUNDED: _("This order was refunded"),
    State.ENDED: _("This order is complete"),
    State.EXPIRED: _("This order has expired"),
    State.CANCELLED: _("This order was cancelled"),
}
# Why an order cannot be cancelled while its money may still move, by what is under way.
KEPT_OPEN: dict[str, Text] = {
    "": _("A payment is under way. The order can be cancelled once its outcome is known."),
    "partly": PARTLY_PAID,
    "checked": _("A payment for this order is being checked. The order can be cancelled once we have answered."),
    gateways.MTN_MOMO: _(
        "A request is waiting on your phone. The order can be cancelled once it is refused or has expired."
    ),
    gateways.PAYPAL: _("A PayPal payment is open. To cancel the order, first leave PayPal without paying."),
}
# How money came that an order did not want any more: the end of a sentence.
ARRIVED_BY: dict[str, Text] = {
    gateways.MTN_MOMO: _("by MTN Mobile Money"),
    gateways.PAYPAL: _("by PayPal"),
    gateways.BANK_TRANSFER: _("by bank transfer"),
}
# An open PayPal payment with one of these was not taken; any other (held back by PayPal) may have been.
_NOTHING_TAKEN = ("", reasons.PROVIDER_UNAVAILABLE)
_CHECKED = (Payment.Status.UNDER_REVIEW, Payment.Status.NEEDS_REVIEW)
# Within this time of its end a date says less than the minutes that are left.
COUNT_DOWN_FROM = timedelta(hours=1)


@dataclass(slots=True)
class OrderPage:
    """Everything the page and its live part need, read in a constant number of queries."""

    order: Order
    state: State
    payment: Payment | None = None
    problem: Explanation | None = None
    job: ProvisioningJob | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    receipts: list[TransferReceipt] = field(default_factory=list)
    open_transfer: Payment | None = None
    refused: str = ""  # an admin's words about the last receipt
    under_way: Payment | None = None  # may still take money: the order must not be cancelled meanwhile
    news: list[News] = field(default_factory=list)  # money that was not needed, or went back
    ended_by: Refund | None = None  # what took back the time that it bought
    left_paypal: bool = False  # the payer came back from PayPal without paying

    @property
    def headline(self) -> Text:
        if self.state is State.PAID and not self.order.money_due:
            return _("Paid by your credit") if self.order.credit else _("This order is complete")
        if self.state is State.REFUNDED and self._is_credit:
            return _("This order was turned into credit")
        if self.state is State.RECEIPT and not self.receipts:
            return _("Your transfer is being checked")  # found on a statement before its payer showed a receipt
        return HEADLINES[self.state]

    @property
    def _is_credit(self) -> bool:
        """Whether what was taken back of a paid order stayed as credit."""
        return self.ended_by.to_credit if self.ended_by else all(one.what == "credit" for one in self.news)

    @property
    def is_first(self) -> bool:
        """Whether it makes a workspace; the others are about one that is there."""
        return self.order.kind == Order.Kind.FIRST

    @property
    def may_renew(self) -> bool:
        """Whether a new order may take the place of one that can no longer be paid."""
        lives = self.order.subscription.status not in (Subscription.Status.INCOMPLETE, Subscription.Status.DELETED)
        renews = self.order.kind == Order.Kind.RENEWAL
        return renews and lives and self.state in (State.EXPIRED, State.CANCELLED)

    @property
    def open_meanwhile(self) -> datetime | None:
        """Until when the workspace stays open at the latest while this payment is checked, where its grace ends before."""
        if self.is_first or self.state not in (State.RECEIPT, State.MOMO):
            return None
        subscription = self.order.subscription
        grace_ends_at = clock_of(subscription).grace_ends_at
        return grace_ends_at + PROVISIONAL if grace_ends_at and subscription.status == "past_due" else None

    @property
    def poll_seconds(self) -> int:
        return POLL_SECONDS.get(self.state, 0)

    @property
    def refresh_seconds(self) -> int:
        return REFRESH_SECONDS.get(self.state, 0)

    @property
    def may_choose(self) -> bool:
        """Whether another way to pay may be started now."""
        return self.state in (State.CHOOSE, State.MOMO, State.PAYPAL, State.TRANSFER, State.RECEIPT)

    @property
    def may_cancel(self) -> bool:
        """Whether the order can be given up now."""
        return self.may_choose and self.under_way is None and not self.order.received_minor

    @property
    def kept_open(self) -> Text:
        """Why the order cannot be cancelled now; empty when it can, or when there is nothing left to cancel."""
        if self.under_way is None:
            return KEPT_OPEN["partly"] if self.may_choose and self.order.received_minor else ""
        key = "checked" if self.under_way.status in _CHECKED else self.under_way.method.name
        return KEPT_OPEN.get(key, KEPT_OPEN[""])

    @property
    def request_open(self) -> bool:
        """Whether a request for money may still be approved on a phone."""
        waiting = self.under_way is not None and self.under_way.method.name == gateways.MTN_MOMO
        return waiting or self.state is State.MOMO

    @property
    def told(self) -> list[tuple[News, Text]]:
        """What became of money that was not needed, and how it came."""
        return [(one, arrived_by(one.payment)) for one in self.news]

    @property
    def looked_at(self) -> tuple[Money, Text] | None:
        """The money that our team looks at before the order is paid, and how it came; None when there is none."""
        if self.state is not State.REVIEW or self.payment is None or self.payment.received is None:
            return None
        return self.payment.received, arrived_by(self.payment)

    @property
    def ends_soon(self) -> bool:
        """Whether the minutes left to pay say more than the date."""
        return self.order.expires_at - timezone.now() < COUNT_DOWN_FROM

    @property
    def fingerprint(self) -> str:
        """Changes exactly when the page would look different."""
        payment = self.payment
        parts = [self.order.status, self.state, self.order.subdomain, len(self.receipts)]
        parts += [f"{one.what}{one.payment.pk}{one.amount.minor}" for one in self.news]
        if payment:
            parts += [payment.pk, payment.status, payment.reason, payment.comment, bool(payment.redirect_url)]
        if self.under_way:
            parts += [self.under_way.pk, self.under_way.status]
        if self.job:
            parts += [self.job.status, self.job.attempts > 1, sum(step["state"] == "done" for step in self.steps)]
        return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:16]


def arrived_by(payment: Payment) -> Text:
    """The way a payment came, as the end of a sentence: "by PayPal"."""
    return ARRIVED_BY.get(payment.method.name, payment.method.name)


def load_order_page(order: Order, *, left_paypal: str = "") -> OrderPage:
    """Read what the page shows of an order. At most five queries.

    `left_paypal` is the payment whose PayPal page this visitor left without paying, if any.
    """
    payments = list(payments_of(order)[:20])
    is_paid = order.status in (Order.Status.PAID, Order.Status.FULFILLED)
    page = _paid(order, payments) if is_paid else _unpaid(order, payments, left_paypal)
    page.news = news_of(order, payments)
    return page


def _unpaid(order: Order, payments: list[Payment], left_paypal: str) -> OrderPage:
    review = next((one for one in payments if one.status == Payment.Status.NEEDS_REVIEW), None)
    if review:
        return OrderPage(order, State.REVIEW, payment=review, problem=explain(review.reason), under_way=review)
    if order.status == Order.Status.CANCELLED:
        return OrderPage(order, State.CANCELLED)
    latest = payments[0] if payments else None
    if order.status == Order.Status.EXPIRED or _is_over(order, payments, timezone.now()):
        return OrderPage(order, State.EXPIRED, payment=latest)
    page = OrderPage(order, _waiting_state(latest), payment=latest)
    left = next((one for one in payments if str(one.pk) == left_paypal and one.reason in _NOTHING_TAKEN), None)
    if left and left is latest and page.state is State.PAYPAL:
        page.state, page.left_paypal = State.CHOOSE, True
    page.under_way = _under_way(payments, left=left)
    transfer = next((one for one in payments if _is_open_transfer(one)), None)
    if transfer:
        page.open_transfer = transfer if transfer is not latest else None
        page.refused = transfer.comment if transfer.decision_approved is False else ""
        page.receipts = list(transfer.receipts.all())
    page.problem = None if page.left_paypal else _problem(latest)
    return page


def _paid(order: Order, payments: list[Payment]) -> OrderPage:
    ended_by = ending_refund(payments)
    if ended_by:
        return OrderPage(order, State.REFUNDED, ended_by=ended_by)
    if order.kind != Order.Kind.FIRST:
        return OrderPage(order, State.REFUNDED if is_taken_back(order, payments) else State.PAID)
    if order.status == Order.Status.FULFILLED and not order.subscription.has_access:
        return OrderPage(order, State.ENDED)
    job = ProvisioningJob.objects.filter(order=order).prefetch_related("steps").first()
    ready = order.status == Order.Status.FULFILLED
    stuck = not ready and job is not None and job.status == ProvisioningJob.Status.STUCK
    state = State.READY if ready else State.STUCK if stuck else State.PROVISIONING
    return OrderPage(order, state, job=job, steps=_steps(job, finished=ready, stuck=stuck))


def _steps(job: ProvisioningJob | None, *, finished: bool = False, stuck: bool = False) -> list[dict[str, Any]]:
    done = {step.name for step in job.steps.all()} if job else set()
    steps: list[dict[str, Any]] = []
    current = "failed" if stuck else "current"
    for name, label in STEP_LABELS.items():
        if finished or name in done:
            state = "done"
        else:
            state, current = current, "todo"
        steps.append({"label": label, "state": state})
    return steps


def _waiting_state(payment: Payment | None) -> State:
    if payment is None or payment.status not in Payment.OPEN:
        return State.CHOOSE
    if payment.method.name == gateways.BANK_TRANSFER:
        return State.RECEIPT if payment.status == Payment.Status.UNDER_REVIEW else State.TRANSFER
    return State.PAYPAL if payment.method.name == gateways.PAYPAL else State.MOMO


def _under_way(payments: list[Payment], *, left: Payment | None) -> Payment | None:
    """The attempt that may take money while nobody looks, what people check before what providers wait for."""
    waiting = [one for one in payments if one.status in Payment.OPEN and one != left]
    checked = next((one for one in waiting if one.status == Payment.Status.UNDER_REVIEW), None)
    return checked or next((one for one in waiting if one.method.is_automatic), None)


def _problem(payment: Payment | None) -> Explanation | None:
    """Why the newest attempt did not go through, or why its provider is silent."""
    if payment is None or not payment.reason or payment.method.name == gateways.BANK_TRANSFER:
        return None
    return explain(payment.reason)


def _is_open_transfer(payment: Payment) -> bool:
    return payment.method.name == gateways.BANK_TRANSFER and payment.status in Payment.OPEN


def _is_over(order: Order, payments: list[Payment], now: datetime) -> bool:
    """Past its time, with nothing under way that may still pay it: it expires at the next sweep."""
    if order.expires_at > now:
        return False
    return not any(
        payment.status == Payment.Status.UNDER_REVIEW
        or (payment.method.is_automatic and payment.status in Payment.OPEN)
        for payment in payments
    )
