"""Paid orders, and what must be true of the books at any time."""

from __future__ import annotations

from typing import Any

from django.db.models import F, QuerySet, Sum

from billing.models import Invoice, LedgerEntry, Order, Payment, Refund, Subscription
from billing.services.payments import start_payment
from billing.services.resolve import resolve_payment
from tests.support.factories import make_order

PHONE = "237670123456"


def by_paypal(simulator: Any, order: Order | None = None) -> Payment:
    """A payment by PayPal that has arrived: 25 000 XAF are 38.11 EUR."""
    payment = start_payment(order_id=(order or make_order()).pk, method="paypal")
    simulator.approve_paypal(payment.provider_ref)
    return resolve_payment(payment.pk)


def by_momo(simulator: Any, order: Order | None = None) -> Payment:
    """The same by mobile money, in francs."""
    payment = start_payment(order_id=(order or make_order()).pk, method="mtn_momo", phone=PHONE)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    return resolve_payment(payment.pk)


def paid_twice(simulator: Any) -> Payment:
    """Approved on the phone after the order was paid by PayPal."""
    order = make_order()
    second = start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)
    by_paypal(simulator, order)
    simulator.decide_momo(second.provider_ref, "SUCCESSFUL")
    second = resolve_payment(second.pk)
    assert (second.status, second.reason) == ("needs_review", "second_success")
    return second


def balances(order: Order) -> dict[str, int]:
    """What stands on each account by one order alone, where it is not nothing."""
    documents = [order.number, *order.invoices.values_list("number", flat=True)]
    rows = LedgerEntry.objects.filter(journal__document__in=documents).values_list("account", "currency")
    sums = rows.annotate(total=Sum("amount_minor")).order_by("account")
    return {f"{account} {currency}": int(total) for account, currency, total in sums if total}


def notes_of(payment: Payment) -> QuerySet[Invoice]:
    """The credit notes of a payment's order."""
    return Invoice.objects.filter(order_id=payment.order_id, kind="credit_note")


def check_books() -> None:
    """The ledger, the payments, the credit and the documents say the same."""
    per_currency = LedgerEntry.objects.values_list("currency").annotate(total=Sum("amount_minor"))
    assert {total for _, total in per_currency} <= {0}
    for journal_sum in LedgerEntry.objects.values("journal", "currency").annotate(total=Sum("amount_minor")):
        assert journal_sum["total"] == 0
    assert not Payment.objects.filter(received_minor__lt=F("refunded_minor") + F("refunding_minor")).exists()
    for subscription in Subscription.objects.all():
        _check_credit(subscription)
    for order in Order.objects.all():
        applied = order.payments.aggregate(total=Sum("applied_minor"))["total"] or 0
        assert order.received_minor == applied, order
    for series in ("F", "A"):
        numbers = list(Invoice.objects.filter(series=series).order_by("sequence").values_list("sequence", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))


def _check_credit(subscription: Subscription) -> None:
    aside = subscription.orders.filter(status=Order.Status.AWAITING_PAYMENT).aggregate(total=Sum("credit_minor"))
    refunds = Refund.objects.filter(payment__order__subscription=subscription, status__in=Refund.OPEN)
    leaving = refunds.aggregate(total=Sum("credited_minor"))
    owed = subscription.credit_minor + (aside["total"] or 0) + (leaving["total"] or 0)
    account = LedgerEntry.objects.filter(account=f"credit:{subscription.pk}").aggregate(total=Sum("amount_minor"))
    assert -(account["total"] or 0) == owed
