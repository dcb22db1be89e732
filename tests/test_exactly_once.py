"""However often and however parallel the same news arrives: one payment, one order, one tenant.

Failure cases (docs/failure-cases.md): Case 1, Case 10.
"""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from billing.models import Order, Payment
from billing.services.fulfilment import apply_payment
from billing.services.orders import Customer, NewOrder, create_order
from billing.services.payments import start_payment
from billing.services.resolve import resolve_payment
from billing.services.transfers import decide_transfer
from provisioning.models import ProvisioningJob
from provisioning.services import jobs
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Organisation
from shared_apps.outbox.models import OutboxMessage
from shared_apps.outbox.services import drain
from tests.support.factories import make_admin, make_order, make_user, price_of
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def approved_transfer() -> Payment:
    """A transfer whose approval is recorded and not yet resolved."""
    order = make_order()
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    Payment.objects.filter(pk=payment.pk).update(
        decision_approved=True,
        decision_reference=order.number,
        decided_at=payment.created_at,
        received_minor=payment.charge_minor,
        received_currency=payment.charge_currency,
    )
    return payment


def test_fifty_parallel_resolutions_make_one_tenant() -> None:
    payment = approved_transfer()
    results = at_once(50, lambda _: resolve_payment(payment.pk).status)
    assert results == [Payment.Status.SUCCEEDED] * 50
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(payment.order_id)).count() == 1
    assert Delivery.objects.filter(template="payment_received").filter(key__contains=str(payment.pk)).count() == 1

    at_once(10, lambda _: drain())
    job = ProvisioningJob.objects.get(order_id=payment.order_id)
    before = Organisation.objects.count()
    results = at_once(10, lambda _: jobs.run(job.pk))
    assert True in results
    assert not [result for result in results if isinstance(result, Exception)]
    assert Organisation.objects.count() == before + 1
    assert Order.objects.get(pk=payment.order_id).status == Order.Status.FULFILLED


def test_ten_tenants_made_at_once_do_not_disturb_one_another() -> None:
    payments = [approved_transfer() for _ in range(10)]
    for payment in payments:
        resolve_payment(payment.pk)
    drain()
    job_ids = list(ProvisioningJob.objects.filter(order__payments__in=payments).values_list("pk", flat=True))
    assert at_once(10, lambda number: jobs.run(job_ids[number])) == [True] * 10
    assert not ProvisioningJob.objects.exclude(last_error="").exists()


def test_two_admins_deciding_at_once_decide_once() -> None:
    order = make_order()
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    admins = [make_admin() for _ in range(8)]
    at_once(8, lambda number: decide_transfer(payment=payment, admin=admins[number], approved=True))
    assert Payment.objects.get(pk=payment.pk).status == Payment.Status.SUCCEEDED
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(order.pk)).count() == 1


def test_a_double_click_on_pay_makes_one_attempt() -> None:
    order = make_order()
    payments = at_once(12, lambda _: start_payment(order_id=order.pk, method="bank_transfer").pk)
    assert len(set(payments)) == 1, payments
    assert Payment.objects.filter(order=order).count() == 1


def test_a_second_success_goes_to_review_and_opens_nothing() -> None:
    payment = approved_transfer()
    order = payment.order
    resolve_payment(payment.pk)
    second = Payment.objects.create(
        order=order, method=payment.method, amount_minor=payment.amount_minor, currency=payment.currency,
        charge_minor=payment.charge_minor, charge_currency=payment.charge_currency, status=Payment.Status.PENDING,
        provider_account=payment.provider_account, expires_at=payment.expires_at, decision_approved=True,
        decision_reference=order.number, decided_at=payment.created_at, received_minor=payment.charge_minor,
        received_currency=payment.charge_currency,
    )  # fmt: skip
    assert resolve_payment(second.pk).status == Payment.Status.NEEDS_REVIEW
    assert Payment.objects.get(pk=second.pk).reason == "second_success"
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(order.pk)).count() == 1


def test_the_same_name_ordered_at_once_is_held_once() -> None:
    price = price_of()
    users = [make_user() for _ in range(12)]

    def order(number: int) -> Order:
        customer = Customer(name="Awa", email=users[number].email, country="CM")
        wanted = {"organisation_name": "Wouri", "subdomain": "nouveau-wouri", "customer": customer, "locale": "fr"}
        return create_order(user=users[number], new=NewOrder(price=price, **wanted))

    results = at_once(12, order)
    assert len([result for result in results if isinstance(result, Order)]) == 1
    refusals = [result for result in results if isinstance(result, Conflict)]
    assert len(refusals) == 11
    assert {refusal.field for refusal in refusals} == {"subdomain"}
    assert all("nouveau-wouri" not in refusal.extra["suggestions"] for refusal in refusals)


def test_one_idempotency_key_makes_one_order() -> None:
    user, key = make_user(), uuid.uuid4().hex
    orders = at_once(8, lambda _: make_order(user=user, subdomain="meme-commande", idempotency_key=key).pk)
    assert len(set(orders)) == 1, orders


def test_the_database_refuses_more_money_on_an_order_than_it_costs() -> None:
    payment = approved_transfer()
    resolve_payment(payment.pk)
    with pytest.raises(IntegrityError, match="order_never_overpaid"), transaction.atomic():
        Order.objects.filter(pk=payment.order_id).update(received_minor=F("received_minor") + 1)


def test_the_ledger_refuses_the_same_payment_twice() -> None:
    payment = approved_transfer()
    resolve_payment(payment.pk)
    payment.refresh_from_db()
    with pytest.raises(IntegrityError, match="source"), transaction.atomic():
        apply_payment(payment=payment, worth=payment.worth, source="psp:bank_transfer")
