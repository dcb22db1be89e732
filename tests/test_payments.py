"""Paying an order through the real clients against the payment simulator: what opens a workspace, and what never does."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Order, Payment, WebhookEvent
from billing.money import Money
from billing.services import webhooks
from billing.services.expiry import expire_orders
from billing.services.payments import MAX_FAILURES, PAUSE, start_payment
from billing.services.polling import claim_due_payments
from billing.services.resolve import resolve_payment
from billing.services.transfers import decide_transfer
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError, NotAllowed, TooManyAttempts
from shared_apps.outbox.models import OutboxMessage
from tests.support.factories import make_admin, make_order, make_user

pytestmark = pytest.mark.django_db
PHONE = "237670123456"
NO_MONEY = "46733123450"


def is_open(order: Order) -> bool:
    """Whether word was left to make the workspace."""
    return OutboxMessage.objects.filter(topic="order.paid", key=str(order.pk)).exists()


def refreshed(order: Order) -> Order:
    order.refresh_from_db()
    return order


def by_paypal(order: Order) -> Payment:
    return start_payment(order_id=order.pk, method="paypal")


def by_momo(order: Order, phone: str = PHONE) -> Payment:
    return start_payment(order_id=order.pk, method="mtn_momo", phone=phone)


class TestPayPal:
    def test_an_approved_order_is_captured_and_opens_the_workspace(self, simulator) -> None:
        order = make_order(cycle="monthly")
        payment = by_paypal(order)
        assert payment.status == Payment.Status.PENDING
        assert payment.redirect_url.startswith(simulator.url)
        assert payment.charge == Money(3_811, "EUR")
        simulator.approve_paypal(payment.provider_ref)
        payment = resolve_payment(payment.pk)
        assert payment.status == Payment.Status.SUCCEEDED
        assert payment.received == Money(3_811, "EUR")
        assert payment.transaction_ref
        assert refreshed(order).status == Order.Status.PAID
        assert is_open(order)
        assert AuditLog.objects.filter(action="payment.succeeded", resource_id=str(payment.pk)).count() == 1

    def test_what_the_payer_has_not_approved_stays_pending(self, simulator) -> None:
        payment = by_paypal(make_order())
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING
        assert simulator.calls("paypal.capture") == 0

    def test_resolving_again_charges_nothing_more(self, simulator) -> None:
        payment = by_paypal(make_order())
        simulator.approve_paypal(payment.provider_ref)
        for _ in range(3):
            resolve_payment(payment.pk)
        assert simulator.calls("paypal.capture") == 1

    def test_a_time_out_after_the_capture_is_pending_then_found(self, simulator) -> None:
        order = make_order()
        payment = by_paypal(order)
        simulator.approve_paypal(payment.provider_ref)
        simulator.fault("paypal", "capture", "timeout_after", times=1, seconds=2)
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING
        assert not is_open(order)
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED

    def test_a_time_out_at_the_start_is_taken_up_by_the_poller_with_the_same_key(self, simulator) -> None:
        order = make_order()
        simulator.fault("paypal", "create_order", "timeout_after", times=1, seconds=2)
        payment = by_paypal(order)
        assert (payment.status, payment.provider_ref) == (Payment.Status.CREATED, "")
        Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now())
        assert claim_due_payments() == [payment.pk]
        payment = resolve_payment(payment.pk)
        assert payment.status == Payment.Status.PENDING
        assert payment.redirect_url
        assert len(simulator.state()["paypal"]["orders"]) == 1, "the same key is the same order"

    @pytest.mark.parametrize(
        ("fault", "reason"),
        [
            ("wrong_amount", "amount_mismatch"),
            ("wrong_currency", "currency_mismatch"),
            ("wrong_account", "account_mismatch"),
            ("wrong_reference", "reference_mismatch"),
        ],
    )
    def test_money_that_does_not_match_opens_nothing(self, simulator, fault, reason) -> None:
        order = make_order()
        payment = by_paypal(order)
        simulator.approve_paypal(payment.provider_ref)
        simulator.fault("paypal", "*", fault, times=10)
        payment = resolve_payment(payment.pk)
        assert (payment.status, payment.reason) == (Payment.Status.NEEDS_REVIEW, reason)
        assert refreshed(order).status == Order.Status.AWAITING_PAYMENT
        assert not is_open(order)
        with pytest.raises(Conflict) as refusal:
            by_momo(order)
        assert refusal.value.code == "under_review"

    @pytest.mark.parametrize("fault", ["http_500", "http_503", "http_429", "html", "truncated", "token_401"])
    def test_a_provider_in_trouble_is_never_a_failure(self, simulator, fault) -> None:
        payment = by_paypal(make_order())
        simulator.approve_paypal(payment.provider_ref)
        simulator.fault("paypal", "*", fault, times=20)
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING
        simulator.end_faults()
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED

    def test_an_order_paid_another_way_is_not_captured(self, simulator) -> None:
        order = make_order()
        payment = by_paypal(order)
        transfer = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(payment=transfer, admin=make_admin(), approved=True)
        simulator.approve_paypal(payment.provider_ref)
        assert resolve_payment(payment.pk).status == Payment.Status.CANCELLED
        assert simulator.calls("paypal.capture") == 0


class TestMomo:
    def test_an_approval_on_the_phone_opens_the_workspace(self, simulator) -> None:
        order = make_order()
        payment = by_momo(order)
        assert payment.status == Payment.Status.PENDING
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
        assert is_open(order)

    def test_a_refusal_is_explained_and_can_be_tried_again(self, simulator) -> None:
        order = make_order()
        payment = by_momo(order)
        simulator.decide_momo(payment.provider_ref, "FAILED", "NOT_ENOUGH_FUNDS")
        payment = resolve_payment(payment.pk)
        assert (payment.status, payment.reason) == (Payment.Status.FAILED, "insufficient_funds")
        again = by_momo(order)
        assert again.pk != payment.pk
        simulator.decide_momo(again.provider_ref, "SUCCESSFUL")
        assert resolve_payment(again.pk).status == Payment.Status.SUCCEEDED

    def test_after_three_failures_there_is_a_pause_that_ends(self, simulator) -> None:
        order = make_order()
        for _ in range(MAX_FAILURES):
            resolve_payment(by_momo(order, NO_MONEY).pk)
        with pytest.raises(TooManyAttempts):
            by_momo(order)
        assert start_payment(order_id=order.pk, method="bank_transfer").status == Payment.Status.PENDING
        Payment.objects.filter(order=order).update(created_at=timezone.now() - PAUSE)
        assert by_momo(order).status == Payment.Status.PENDING

    def test_a_request_that_timed_out_after_it_was_taken_charges_once(self, simulator) -> None:
        order = make_order()
        simulator.fault("momo", "request_to_pay", "timeout_after", times=1, seconds=2)
        payment = by_momo(order)
        assert payment.status == Payment.Status.CREATED
        payment = resolve_payment(payment.pk)
        assert payment.status == Payment.Status.PENDING
        simulator.decide_momo(str(payment.idempotency_key), "SUCCESSFUL")
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED

    def test_a_late_approval_of_an_expired_attempt_is_honoured(self, simulator) -> None:
        order = make_order()
        payment = by_momo(order)
        Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        assert resolve_payment(payment.pk).status == Payment.Status.EXPIRED
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        payment = resolve_payment(payment.pk)
        assert (payment.status, payment.is_late) == (Payment.Status.SUCCEEDED, True)
        assert is_open(order)

    def test_money_for_an_order_whose_name_is_gone_gets_the_nearest_name(self, simulator) -> None:
        order = make_order(subdomain="tardif")
        payment = by_momo(order)
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(days=1))
        Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.EXPIRED)
        assert expire_orders() == 1
        make_order(subdomain="tardif")
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        resolve_payment(payment.pk)
        assert refreshed(order).status == Order.Status.PAID
        assert order.subdomain.startswith("tardif-")

    def test_changing_the_number_sets_the_first_attempt_aside(self, simulator) -> None:
        order = make_order()
        first, second = by_momo(order), by_momo(order, "237670000001")
        first.refresh_from_db()
        assert (first.status, second.status) == (Payment.Status.CANCELLED, Payment.Status.PENDING)
        simulator.decide_momo(first.provider_ref, "SUCCESSFUL")
        simulator.decide_momo(second.provider_ref, "SUCCESSFUL")
        statuses = {resolve_payment(payment.pk).status for payment in (second, first)}
        assert statuses == {Payment.Status.SUCCEEDED, Payment.Status.NEEDS_REVIEW}

    def test_a_number_without_a_wallet_is_refused_before_anything_is_begun(self, simulator) -> None:
        order = make_order()
        simulator.set_momo_account(PHONE, active=False)
        with pytest.raises(DomainError) as refusal:
            by_momo(order)
        assert (refusal.value.code, refusal.value.field) == ("phone_without_wallet", "phone_number")
        assert not Payment.objects.filter(order=order).exists()

    def test_when_mtn_does_not_say_whether_a_number_is_active_the_payment_goes_on(self, simulator) -> None:
        simulator.fault("momo", "active", "http_503", times=3)
        assert by_momo(make_order()).status == Payment.Status.PENDING

    def test_an_unknown_status_waits(self, simulator) -> None:
        payment = by_momo(make_order())
        simulator.fault("momo", "*", "unknown_status", times=5)
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING

    @pytest.mark.parametrize("phone", ["", "abc", "12", "6" * 30, "+33 1 23 45 67 89", "0" * 9])
    def test_a_wrong_number_is_refused_beside_its_field(self, simulator, phone) -> None:
        order = make_order()
        with pytest.raises(DomainError) as refusal:
            by_momo(order, phone)
        assert refusal.value.field == "phone_number"
        assert not Payment.objects.filter(order=order).exists()


class TestTransfer:
    def test_an_approval_opens_the_workspace(self) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        payment = decide_transfer(payment=payment, admin=make_admin(), approved=True)
        assert payment.status == Payment.Status.SUCCEEDED
        assert is_open(order)

    @pytest.mark.parametrize(
        ("seen", "reason"),
        [
            ({"received": Money(24_999, "XAF")}, "amount_mismatch"),
            ({"received": Money(25_000, "XOF")}, "currency_mismatch"),
            ({"reference": "BA-0000-0000"}, "reference_mismatch"),
        ],
    )
    def test_an_approval_of_something_else_opens_nothing(self, seen, reason) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        payment = decide_transfer(payment=payment, admin=make_admin(), approved=True, **seen)
        assert (payment.status, payment.reason) == (Payment.Status.NEEDS_REVIEW, reason)
        assert not is_open(order)

    def test_only_admins_decide_and_never_on_their_own_payment(self) -> None:
        admin = make_admin()
        payment = start_payment(order_id=make_order(user=admin).pk, method="bank_transfer")
        for person in (admin, make_user()):
            with pytest.raises(NotAllowed):
                decide_transfer(payment=payment, admin=person, approved=True)

    def test_a_decision_is_made_once(self) -> None:
        payment = start_payment(order_id=make_order().pk, method="bank_transfer")
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        with pytest.raises(Conflict):
            decide_transfer(payment=payment, admin=make_admin(), approved=False, comment="No")


class TestWebhooks:
    def paid(self, simulator: Any, order: Order) -> Payment:
        payment = by_paypal(order)
        simulator.approve_paypal(payment.provider_ref)
        return payment

    def store(self, body: dict[str, Any], **headers: str) -> webhooks.Kept:
        return webhooks.store_webhook(
            provider="paypal", headers=headers, body=json.dumps(body).encode(), remote_ip="127.0.0.1"
        )

    def test_a_forged_webhook_changes_nothing(self, simulator) -> None:
        order = make_order()
        payment = self.paid(simulator, order)
        event = self.store(
            {"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED", "resource": {"custom_id": str(payment.pk)}},
            **{
                "paypal-transmission-id": "x",
                "paypal-transmission-time": "2026-11-21T00:00:00Z",
                "paypal-transmission-sig": "forged",
                "paypal-cert-url": "https://api.paypal.com.attacker.example/cert.pem",
                "paypal-auth-algo": "SHA256withRSA",
            },
        )
        assert webhooks.process_webhook(event.pk).status == WebhookEvent.Status.REJECTED
        assert Payment.objects.get(pk=payment.pk).status == Payment.Status.PENDING
        assert not is_open(order)

    def test_a_forged_callback_of_success_finds_that_mtn_says_pending(self, simulator) -> None:
        order = make_order()
        payment = by_momo(order)
        body = {"status": "SUCCESSFUL", "externalId": str(payment.pk), "amount": "25000", "currency": "XAF"}
        event = webhooks.store_webhook(
            provider="mtn_momo", headers={}, body=json.dumps(body).encode(), remote_ip=None, payment_id=payment.pk
        )
        webhooks.process_webhook(event.pk)
        assert Payment.objects.get(pk=payment.pk).status == Payment.Status.PENDING
        assert not is_open(order)

    def test_a_copy_is_kept_once_and_a_forged_copy_does_not_hide_the_real_one(self) -> None:
        body = {"id": "WH-2"}
        first = self.store(body, **{"paypal-transmission-sig": "real"})
        assert self.store(body, **{"paypal-transmission-sig": "real"}).pk == first.pk
        assert self.store(body, **{"paypal-transmission-sig": "forged"}).pk != first.pk
        assert WebhookEvent.objects.get(pk=first.pk).copies == 2

    def test_when_the_provider_cannot_be_asked_the_event_waits_for_the_sweeper(self, simulator) -> None:
        event = self.store({"id": "WH-3"}, **{
            "paypal-transmission-id": "x", "paypal-transmission-time": "2026-11-21T00:00:00Z",
            "paypal-transmission-sig": "eA==", "paypal-cert-url": f"{simulator.url}/v1/notifications/certs/x",
            "paypal-auth-algo": "SHA256withRSA",
        })  # fmt: skip
        simulator.fault("paypal", "*", "http_503", times=5)
        assert webhooks.process_webhook(event.pk).status == WebhookEvent.Status.RECEIVED
        WebhookEvent.objects.update(received_at=timezone.now() - timedelta(minutes=2))
        assert webhooks.waiting_webhooks() == [event.pk]


class TestOrders:
    def test_an_order_for_nothing_needs_no_provider(self) -> None:
        from billing.models import Coupon

        Coupon.objects.create(code="CADEAU", percent=100)
        order = make_order(coupon_code="cadeau")
        assert order.status == Order.Status.PAID
        assert is_open(order)
        with pytest.raises(Conflict):
            start_payment(order_id=order.pk, method="bank_transfer")

    def test_an_expired_order_cannot_be_paid_and_frees_its_name(self) -> None:
        order = make_order(subdomain="libre-bientot")
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        with pytest.raises(Conflict) as refusal:
            start_payment(order_id=order.pk, method="bank_transfer")
        assert refusal.value.code == "order_expired"
        assert expire_orders() == 1
        assert make_order(subdomain="libre-bientot").status == Order.Status.AWAITING_PAYMENT

    def test_an_order_whose_receipt_is_being_checked_does_not_expire(self) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.UNDER_REVIEW)
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
        assert expire_orders() == 0

    @pytest.mark.parametrize(
        ("name", "code"),
        [("www", "subdomain_reserved"), ("paypa1", "subdomain_reserved"), ("é", "subdomain_letters"),
         ("store-a", "subdomain_taken"), ("st0re-a", "subdomain_taken")],
    )  # fmt: skip
    def test_a_bad_address_is_refused_with_suggestions(self, name, code) -> None:
        with pytest.raises(DomainError) as refusal:
            make_order(subdomain=name)
        assert (refusal.value.code, refusal.value.field) == (code, "subdomain")
        assert refusal.value.extra["suggestions"]
