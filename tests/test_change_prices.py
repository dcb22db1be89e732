"""What a plan change shows is what it charges and invoices: for every pair of plans, cycle, currency, and days between.

Failure cases (docs/failure-cases.md): Case 20.
"""

from __future__ import annotations

from itertools import permutations

import pytest
from django.db import transaction

from billing.models import Invoice, Order, PaidPeriod, Payment, Plan, PlanVersion, Subscription
from billing.services.fulfilment import apply_payment
from billing.services.renewals import order_change, preview_change
from tests.support.subscriptions import paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db
DAYS = {"monthly": 30, "quarterly": 91, "yearly": 365}
PAIRS = list(permutations(("standard", "premium", "gold"), 2))


def put_on(subscription: Subscription, version: PlanVersion, *, cycle: str, currency: str, left: int) -> None:
    """As if this plan had been bought `DAYS[cycle] - left` days ago."""
    price = version.prices.get(cycle=cycle, currency=currency)
    Subscription.objects.filter(pk=subscription.pk).update(plan_version=version, cycle=cycle, currency=currency)
    PaidPeriod.objects.filter(subscription=subscription).update(
        plan_version=version, cycle=cycle, currency=currency, value_minor=price.amount_minor
    )
    subscription.refresh_from_db()
    paid_for_days(subscription, total=DAYS[cycle], left=left)


def settle(order: Order) -> None:
    """As if a transfer of what is due had been approved."""
    payment = Payment.objects.create(
        order=order, method_id=Payment.objects.values_list("method_id", flat=True).first(), status="succeeded",
        amount_minor=order.due.minor, currency=order.currency, charge_minor=order.due.minor, charge_currency=order.currency,
        received_minor=order.due.minor, received_currency=order.currency, succeeded_at=order.created_at,
        expires_at=order.expires_at,
    )  # fmt: skip
    with transaction.atomic():
        apply_payment(payment=payment, worth=payment.worth, source="psp:test")


@pytest.mark.parametrize("currency", ["XAF", "XOF", "EUR"])
@pytest.mark.parametrize("cycle", list(DAYS))
@pytest.mark.parametrize("product", ["store", "events"])
def test_the_preview_is_the_charge(product: str, cycle: str, currency: str) -> None:
    subscription = ready_subscription(f"{product}-a")
    upgrades = 0
    for number, (left_plan, wanted_plan) in enumerate(PAIRS):
        for step in (1, 7):
            with transaction.atomic():
                version = PlanVersion.objects.get(plan__product=product, plan__name=left_plan, is_current=True)
                left = 1 + (number * 37 + step * 11) % DAYS[cycle]
                put_on(subscription, version, cycle=cycle, currency=currency, left=left)
                subscription.refresh_from_db()
                wanted = Plan.objects.get(product=product, name=wanted_plan)
                preview = preview_change(subscription=subscription, plan=wanted)
                if preview.is_now:
                    upgrades += 1
                    order = order_change(
                        subscription_id=subscription.pk, plan=wanted, expected_due=preview.due, actor=None
                    )
                    assert order.due == preview.due
                    settle(order)
                    invoice = Invoice.objects.get(order=order)
                    assert (invoice.total, invoice.tax_minor) == (preview.due, preview.amounts.tax.minor)
                    rest = PaidPeriod.objects.get(order=order)
                    assert rest.value == preview.amounts.subtotal
                else:
                    assert preview.due.minor == 0
                transaction.set_rollback(True)
            subscription = ready_subscription(f"{product}-a")
    assert upgrades == 6  # three pairs lead upwards, on two days each
