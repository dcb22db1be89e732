"""Taking money through the real clients against the payment simulator: what is believed, and what never is."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from billing.money import Money
from billing.providers import reasons
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError, TooManyAttempts
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.sealing import open_token
from tenant_apps.payments.services import watching
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.starting import MAX_FAILURES, next_url, start_payment
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, price_for, set_up

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
AUTOMATIC = ["orange_money", "wave", "mtn_momo", "moov", "stripe", "paypal"]
S = Payment.Status


@pytest.mark.parametrize("name", AUTOMATIC)
def test_an_approved_payment_is_believed_and_the_product_told_once(name: str, payee: FakePayee, simulator: Any) -> None:
    payment = begin(name, payee, simulator)
    if name == "moov":  # its calls may block for half a minute: a worker begins
        assert payment.status == S.CREATED
        payment = resolve_payment(payment.pk)
    assert payment.status == S.PENDING
    assert payee.began == [payment.pk]
    assert resolve_payment(payment.pk).status == S.PENDING
    approve(payment, simulator)
    for _ in range(3):
        payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason, payment.next_check_at) == (S.SUCCEEDED, "", None)
    assert payment.received == (Money(3_811, "EUR") if name == "paypal" else price_for(name))
    assert payment.worth == price_for(name)
    assert payee.took == [(payment.pk, price_for(name))]
    assert AuditLog.objects.filter(action="payment.succeeded", resource_id=str(payment.pk)).count() == 1


@pytest.mark.parametrize("name", ["orange_money", "wave", "stripe", "paypal"])
def test_the_payer_is_led_to_the_providers_page_and_to_ours_afterwards(
    name: str, payee: FakePayee, simulator: Any
) -> None:
    payment = begin(name, payee, simulator)
    assert next_url(payment).startswith(simulator.url)
    approve(payment, simulator)
    assert next_url(resolve_payment(payment.pk)) == f"/pay/{payment.pk}/"


def test_paypal_is_asked_for_euros_by_a_frozen_quote(payee: FakePayee, simulator: Any) -> None:
    payment = begin("paypal", payee, simulator)
    assert payment.amount == Money(25_000, "XAF")
    assert payment.charge == Money(3_811, "EUR")
    assert payment.fx_rate == Decimal("655.957")


def test_a_double_click_goes_on_with_the_open_attempt(payee: FakePayee, simulator: Any) -> None:
    first = begin("stripe", payee, simulator)
    again = begin("stripe", payee, simulator, subject=first.subject)
    assert again.pk == first.pk
    assert simulator.calls("stripe.create_session") == 1
    assert payee.began == [first.pk]


def test_an_attempt_for_another_amount_is_set_aside_and_still_believed_when_it_is_paid(
    payee: FakePayee, simulator: Any
) -> None:
    first = begin("wave", payee, simulator)
    payee.things[first.subject].due = Money(30_000, "XOF")
    second = begin("wave", payee, simulator, subject=first.subject)
    first.refresh_from_db()
    assert (first.status, second.amount) == (S.CANCELLED, Money(30_000, "XOF"))
    approve(first, simulator)
    late = resolve_payment(first.pk)
    assert (late.status, late.is_late) == (S.SUCCEEDED, True)
    assert payee.took == [(first.pk, Money(25_000, "XOF"))]


def test_a_second_success_is_told_to_the_product_too(payee: FakePayee, simulator: Any) -> None:
    first = begin("wave", payee, simulator)
    set_up("orange_money", simulator)
    second = begin("orange_money", payee, simulator, subject=first.subject)
    approve(first, simulator)
    approve(second, simulator)
    resolve_payment(first.pk)
    second.refresh_from_db()
    assert second.status == S.CANCELLED  # set aside, and watched all the same
    assert resolve_payment(second.pk).status == S.SUCCEEDED
    assert [paid for paid, _ in payee.took] == [first.pk, second.pk]


def test_a_time_out_at_the_start_leaves_the_attempt_open_and_the_poller_finds_the_money(
    payee: FakePayee, simulator: Any
) -> None:
    simulator.fault("momo", "request_to_pay", "timeout_after", times=1, seconds=2)
    payment = begin("mtn_momo", payee, simulator)
    assert (payment.status, payment.reason) == (S.CREATED, reasons.PROVIDER_UNAVAILABLE)
    approve(payment, simulator)
    assert resolve_payment(payment.pk).status == S.SUCCEEDED
    assert len(payee.took) == 1


def test_a_time_out_of_the_question_stays_pending(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    simulator.fault("wave", "get_session", "timeout_after", times=1, seconds=2)
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason) == (S.PENDING, reasons.PROVIDER_UNAVAILABLE)
    assert payment.next_check_at is not None
    assert payee.took == []
    assert resolve_payment(payment.pk).status == S.SUCCEEDED


def test_another_amount_than_was_asked_for_is_reviewed_and_opens_nothing(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    simulator.decide("wave", payment.provider_ref, action="change", fields={"amount": "24999"})
    approve(payment, simulator)
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason) == (S.NEEDS_REVIEW, reasons.AMOUNT_MISMATCH)
    assert payment.received == Money(24_999, "XOF")
    assert payee.took == []
    with pytest.raises(Conflict) as refused:
        begin("wave", payee, simulator, subject=payment.subject)
    assert refused.value.code == "under_review"


def test_a_failure_says_why_and_three_of_them_are_followed_by_a_pause(payee: FakePayee, simulator: Any) -> None:
    subject = payee.sell(price_for("mtn_momo"))
    for _ in range(MAX_FAILURES):
        payment = begin("mtn_momo", payee, simulator, subject=subject)
        simulator.decide_momo(str(payment.idempotency_key), "FAILED", "NOT_ENOUGH_FUNDS")
        assert resolve_payment(payment.pk).reason == reasons.INSUFFICIENT_FUNDS
    with pytest.raises(TooManyAttempts) as paused:
        begin("mtn_momo", payee, simulator, subject=subject)
    assert (paused.value.code, paused.value.field) == ("too_many_failures", "method")


def test_a_refusal_fails_the_attempt_and_another_may_follow(payee: FakePayee, simulator: Any) -> None:
    simulator.fault("stripe", "create_session", "issue", times=1, status=400, issue="parameter_invalid")
    payment = begin("stripe", payee, simulator)
    assert (payment.status, payment.reason) == (S.FAILED, reasons.MISCONFIGURED)
    assert begin("stripe", payee, simulator, subject=payment.subject).status == S.PENDING


@pytest.mark.parametrize("phone", ["", "12", "0612345678901234", "+221771234567", "abc"])
def test_a_number_that_cannot_be_charged_begins_nothing(phone: str, payee: FakePayee, simulator: Any) -> None:
    set_up("mtn_momo", simulator)
    subject = payee.sell(price_for("mtn_momo"))
    with pytest.raises(DomainError) as refused:
        start_payment(purpose=PURPOSE, subject=subject, method="mtn_momo", phone=phone)
    assert refused.value.field == "phone"
    assert not Payment.objects.exists()


def test_few_numbers_are_tried_for_one_bill(payee: FakePayee, simulator: Any) -> None:
    set_up("mtn_momo", simulator)
    subject = payee.sell(price_for("mtn_momo"))
    for last in range(5):
        start_payment(purpose=PURPOSE, subject=subject, method="mtn_momo", phone=f"67000001{last}")
    with pytest.raises(TooManyAttempts) as refused:
        start_payment(purpose=PURPOSE, subject=subject, method="mtn_momo", phone="670000019")
    assert refused.value.code == "too_many_numbers"


@pytest.mark.parametrize("name", ["wave", "cash", "nothing"])
def test_what_is_not_offered_cannot_be_used(name: str, payee: FakePayee, simulator: Any) -> None:
    set_up("wave", simulator, is_active=False)
    set_up("cash")
    with pytest.raises(DomainError) as refused:
        start_payment(purpose=PURPOSE, subject=payee.sell(price_for("wave")), method=name)
    assert refused.value.code == "unknown_method"


def test_a_currency_that_the_way_does_not_take_is_refused(payee: FakePayee, simulator: Any) -> None:
    with pytest.raises(DomainError) as refused:
        begin("wave", payee, simulator, price=Money(25_000, "XAF"))
    assert refused.value.code == "method_not_for_amount"


def test_a_product_may_refuse_that_an_attempt_begins(payee: FakePayee, simulator: Any) -> None:
    payee.refusal = Conflict("sold_out", "Il n’en reste plus.")
    with pytest.raises(Conflict) as refused:
        begin("wave", payee, simulator)
    assert refused.value.code == "sold_out"
    assert not Payment.objects.exists()
    assert simulator.calls("wave.create_session") == 0


def test_what_is_paid_already_says_so_in_the_products_words(payee: FakePayee, simulator: Any) -> None:
    subject = payee.sell(price_for("wave"), payable=False)
    with pytest.raises(Conflict) as refused:
        begin("wave", payee, simulator, subject=subject)
    assert str(refused.value) == "C’est déjà payé."


def test_an_approved_order_at_paypal_is_not_captured_once_the_bill_is_paid(payee: FakePayee, simulator: Any) -> None:
    payment = begin("paypal", payee, simulator)
    approve(payment, simulator)
    payee.things[payment.subject].payable = False
    assert resolve_payment(payment.pk).status == S.PENDING
    assert simulator.calls("paypal.capture") == 0


def test_an_attempt_that_nobody_approves_expires_and_is_asked_about_a_while_longer(
    payee: FakePayee, simulator: Any
) -> None:
    payment = begin("wave", payee, simulator)
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.next_check_at is None) == (S.EXPIRED, False)
    approve(payment, simulator)
    assert resolve_payment(payment.pk).status == S.SUCCEEDED


def test_keys_of_another_mode_are_not_asked_about_older_payments(payee: FakePayee, simulator: Any) -> None:
    payment = begin("paypal", payee, simulator)
    approve(payment, simulator)
    Method.objects.filter(pk="paypal").update(is_test=False)
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason) == (S.PENDING, reasons.MISCONFIGURED)
    assert payment.next_check_at is not None


def test_oranges_token_is_kept_sealed(payee: FakePayee, simulator: Any) -> None:
    payment = begin("orange_money", payee, simulator)
    assert open_token(payment)
    assert open_token(payment) not in payment.notification_ciphertext


def test_due_payments_are_claimed_once(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now())
    assert watching.claim_due_payments() == [payment.pk]
    assert watching.claim_due_payments() == []


def test_only_tenants_with_something_due_are_looked_at(
    payee: FakePayee, simulator: Any, tenant: Any, django_capture_on_commit_callbacks: Any
) -> None:
    assert watching.due_tenants() == []
    with django_capture_on_commit_callbacks(execute=True):
        payment = begin("wave", payee, simulator)
    assert watching.due_tenants() == []  # not yet
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now())
    assert watching.sweep_taking_money() == 1
    assert watching.due_tenants() == [str(tenant.pk)]
    assert watching.due_tenants() == []
    assert watching.poll_here() == 1


def test_a_transfer_without_proof_expires(payee: FakePayee) -> None:
    payment = begin("bank_transfer", payee)
    Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now())
    assert resolve_payment(payment.pk).status == S.EXPIRED
