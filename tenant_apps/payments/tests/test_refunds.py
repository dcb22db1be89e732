"""Giving money back: never more than came, once, by the provider or by hand."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F

from billing.money import Money
from billing.providers import reasons
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.refunds import finish_by_hand, give_up_by_hand, request_refund, send_refund
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, owner

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
R = Refund.Status


def paid(name: str, payee: FakePayee, simulator: Any) -> Payment:
    payment = begin(name, payee, simulator)
    approve(payment, simulator)
    payment = resolve_payment(payment.pk)
    assert payment.status == Payment.Status.SUCCEEDED
    return payment


def ask(payment: Payment, amount: Money, **options: Any) -> Refund:
    values = {"reason": "Article abîmé", "by": owner(), "key": uuid4(), **options}
    return request_refund(payment=payment, amount=amount, **values)


@pytest.mark.parametrize(
    ("name", "part"),
    [("stripe", Money(10_000, "XAF")), ("mtn_momo", Money(10_000, "XAF")), ("paypal", Money(1_000, "EUR"))],
)
def test_parts_go_back_by_the_provider_until_nothing_is_left(
    name: str, part: Money, payee: FakePayee, simulator: Any
) -> None:
    payment = paid(name, payee, simulator)
    first = ask(payment, part)
    assert (first.status, first.is_manual, payee.gave) == (R.CREATED, False, [])
    assert send_refund(first.pk).status == R.SUCCEEDED
    assert send_refund(first.pk).status == R.SUCCEEDED
    payment.refresh_from_db()
    assert payment.refunded_minor == part.minor
    rest = payment.refundable
    assert rest is not None
    send_refund(ask(payment, rest).pk)
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refunding_minor) == (payment.received_minor, 0)
    # The bill's currency ends at zero too, whatever was charged in.
    assert sum(amount.minor for _, amount in payee.gave) == 25_000
    assert len(payee.gave) == 2
    with pytest.raises(Conflict) as refused:
        ask(payment, Money(1, part.currency))
    assert refused.value.code == "over_refund"


def test_the_same_key_makes_one_refund(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    key = uuid4()
    assert ask(payment, Money(5_000, "XAF"), key=key).pk == ask(payment, Money(5_000, "XAF"), key=key).pk
    payment.refresh_from_db()
    assert payment.refunding_minor == 5_000


def test_what_is_about_to_go_back_cannot_be_asked_back_again(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    ask(payment, Money(20_000, "XAF"))
    with pytest.raises(Conflict):
        ask(payment, Money(5_001, "XAF"))


def test_the_database_itself_refuses_more_than_came(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    with pytest.raises(IntegrityError, match="payments_never_overrefunded"), transaction.atomic():
        Payment.objects.filter(pk=payment.pk).update(refunding_minor=F("received_minor") + 1)


def test_a_time_out_is_asked_about_and_sent_once(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    refund = ask(payment, Money(5_000, "XAF"))
    simulator.fault("stripe", "refund", "timeout_after", times=1, seconds=2)
    assert send_refund(refund.pk).status == R.CREATED
    assert payee.gave == []
    assert send_refund(refund.pk).status == R.SUCCEEDED
    assert simulator.calls("stripe.refund") == 1


def test_a_refusal_lets_the_money_free_again(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    refund = ask(payment, Money(5_000, "XAF"))
    simulator.fault("stripe", "refund", "issue", times=1, status=400, issue="charge_disputed")
    failed = send_refund(refund.pk)
    payment.refresh_from_db()
    assert (failed.status, failed.failure, payment.refunding_minor) == (R.FAILED, reasons.BEING_REVIEWED, 0)
    assert payee.gave == []


def test_wave_gives_back_whole_payments_only(payee: FakePayee, simulator: Any) -> None:
    payment = paid("wave", payee, simulator)
    with pytest.raises(DomainError) as refused:
        ask(payment, Money(5_000, "XOF"))
    assert refused.value.code == "refund_whole"
    assert ask(payment, Money(5_000, "XOF"), by_hand=True).is_manual
    other = paid("wave", payee, simulator)
    assert send_refund(ask(other, Money(25_000, "XOF")).pk).status == R.SUCCEEDED


def test_orange_and_cash_are_given_back_by_hand(payee: FakePayee, simulator: Any) -> None:
    payment = paid("orange_money", payee, simulator)
    refund = ask(payment, Money(25_000, "XOF"))
    assert refund.is_manual
    assert send_refund(refund.pk).status == R.CREATED  # no provider is asked
    done = finish_by_hand(refund=refund, by=owner(), reference="Espèces, Awa")
    assert (done.status, done.manual_reference) == (R.SUCCEEDED, "Espèces, Awa")
    assert payee.gave == [(refund.pk, Money(25_000, "XOF"))]
    with pytest.raises(Conflict):
        finish_by_hand(refund=refund, by=owner())
    assert len(payee.gave) == 1


def test_what_was_not_given_back_by_hand_is_free_again(payee: FakePayee) -> None:
    subject = payee.sell(Money(9_000, "XAF"))
    cash = record_cash(purpose=PURPOSE, subject=subject, amount=Money(9_000, "XAF"), by=owner(), key=uuid4())
    refund = ask(cash, Money(9_000, "XAF"))
    assert give_up_by_hand(refund=refund, by=owner()).status == R.FAILED
    cash.refresh_from_db()
    assert (cash.refunding_minor, payee.gave) == (0, [])


def test_nothing_goes_back_of_what_never_came(payee: FakePayee, simulator: Any) -> None:
    payment = begin("stripe", payee, simulator)
    with pytest.raises(Conflict) as refused:
        ask(payment, Money(1, "XAF"))
    assert refused.value.code == "not_refundable"


@pytest.mark.parametrize("amount", [Money(0, "XAF"), Money(-5, "XAF"), Money(5, "XOF")])
def test_amounts_that_mean_nothing_are_refused(amount: Money, payee: FakePayee) -> None:
    subject = payee.sell(Money(9_000, "XAF"))
    cash = record_cash(purpose=PURPOSE, subject=subject, amount=Money(9_000, "XAF"), by=owner(), key=uuid4())
    with pytest.raises(DomainError) as refused:
        ask(cash, amount)
    assert refused.value.field == "amount"
