"""What payers and providers take back over our head: refunds made elsewhere, disputes, chargebacks.

Failure cases (docs/failure-cases.md): Case 14, Case 15.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail

from billing import gateways
from billing.models import Dispute, Order, Payment, Refund, Subscription, WebhookEvent
from billing.money import Money
from billing.providers.base import DisputeState, DisputeStatus, ProviderUnavailable
from billing.providers.paypal_reading import event_ref
from billing.services import webhooks
from billing.services.cancelling import request_deletion, undo_cancellation
from billing.services.disputes import note_dispute
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.reversals import note_refunded, sync_reversals
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.services import send_due_emails
from tests.books import balances, by_momo, by_paypal, check_books, notes_of
from tests.support.factories import make_admin
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db

Status = Subscription.Status


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


def ask(payment: Payment, amount: Money | None = None) -> Refund:
    return request_refund(payment=payment, amount=amount, reason="Geste", actor=make_admin())


def seen(payment: Payment) -> Payment:
    """The payment after the provider was asked what was taken back."""
    sync_reversals(payment.pk)
    payment.refresh_from_db()
    return payment


def subscription_of(payment: Payment) -> Subscription:
    return Subscription.objects.get(pk=payment.order.subscription_id)


def open_dispute(simulator: Any, payment: Payment, **options: Any) -> Dispute:
    simulator.open_dispute(payment.transaction_ref, **options)
    seen(payment)
    return payment.disputes.get()


def end_dispute(simulator: Any, dispute: Dispute, outcome: str) -> Dispute:
    simulator.end_dispute(dispute.provider_ref, outcome)
    sync_reversals(dispute.payment_id)
    dispute.refresh_from_db()
    dispute.payment.refresh_from_db()
    return dispute


class TestRefundsMadeElsewhere:
    def test_are_recorded_once_by_what_we_did_not_know(self, simulator) -> None:
        payment = by_paypal(simulator)
        send_refund(ask(payment, euros(500)).pk)
        simulator.refund_outside(payment.transaction_ref, "10.00")
        assert seen(payment).refunded_minor == 1_500
        sync_reversals(payment.pk)
        external = payment.refunds.get(is_external=True)
        assert (external.status, external.amount_minor, external.order_minor) == ("succeeded", 1_000, 6_560)
        assert notes_of(payment).count() == 2
        check_books()

    def test_of_everything_end_at_zero(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.refund_outside(payment.transaction_ref)
        assert seen(payment).refundable == euros(0)
        assert set(balances(payment.order)) == {"psp:paypal EUR", "psp_fees EUR"}

    def test_let_a_refund_that_waits_go_when_nothing_is_left_for_it(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        payment = by_paypal(simulator)
        waiting = ask(payment, euros(3_000))
        simulator.refund_outside(payment.transaction_ref, "20.00")
        seen(payment)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.failure) == ("failed", "external")
        assert (payment.refunded_minor, payment.refunding_minor) == (2_000, 0)
        check_books()

    def test_are_not_mistaken_for_one_of_ours_that_is_still_on_its_way(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.fault("paypal", "refund", "timeout_after", times=1, seconds=2)
        refund = send_refund(ask(payment, euros(1_000)).pk)
        assert refund.status == "created"
        seen(payment)
        assert not payment.refunds.filter(is_external=True).exists()
        assert payment.refunded_minor == 1_000
        check_books()

    def test_are_what_is_more_than_what_we_have_sent(self, simulator) -> None:
        payment = by_paypal(simulator)
        Refund.objects.filter(pk=ask(payment, euros(1_000)).pk).update(started_at=payment.created_at)
        assert note_refunded(payment_id=payment.pk, total=euros(1_000)) is None
        external = note_refunded(payment_id=payment.pk, total=euros(1_500))
        assert external is not None
        assert external.amount_minor == 500

    def test_that_are_fewer_than_we_know_are_told_to_the_team(self, simulator) -> None:
        payment = by_paypal(simulator)
        Refund.objects.filter(pk=ask(payment, euros(100)).pk).update(status="succeeded", started_at=payment.created_at)
        seen(payment)
        send_due_emails()
        assert any(payment.order.number in one.subject for one in mail.outbox if one.to != [payment.order.user.email])

    def test_tell_the_payer_and_leave_the_access(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.refund_outside(payment.transaction_ref)
        seen(payment)
        send_due_emails()
        assert [one for one in mail.outbox if one.to == [payment.order.user.email] and "38,11" in one.subject]
        assert subscription_of(payment).has_access


class TestDisputes:
    def test_an_open_one_suspends_and_holds_the_money(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = open_dispute(simulator, payment)
        subscription = subscription_of(payment)
        assert (dispute.status, dispute.held_minor) == ("open", 3_811)
        assert (subscription.status, subscription.hold) == (Status.SUSPENDED, "dispute")
        assert balances(payment.order)["disputes EUR"] == 3_811
        assert payment.refunding_minor == 3_811
        check_books()

    def test_nothing_is_given_back_while_one_is_open(self, simulator) -> None:
        payment = by_paypal(simulator)
        open_dispute(simulator, payment, amount={"value": "10.00", "currency_code": "EUR"})
        with pytest.raises(Conflict) as refusal:
            ask(payment, euros(100))
        assert refusal.value.code == "disputed"

    def test_winning_gives_money_and_access_back(self, simulator) -> None:
        payment = by_paypal(simulator)
        before = balances(payment.order)
        dispute = end_dispute(simulator, open_dispute(simulator, payment), "RESOLVED_SELLER_FAVOUR")
        subscription = subscription_of(payment)
        assert (dispute.status, dispute.payment.refunding_minor) == ("won", 0)
        assert (subscription.status, subscription.hold) == (Status.ACTIVE, "")
        assert balances(payment.order) == before
        check_books()

    def test_losing_takes_the_money_and_leaves_the_workspace_to_an_admin(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = end_dispute(simulator, open_dispute(simulator, payment), "RESOLVED_BUYER_FAVOUR")
        subscription = subscription_of(payment)
        assert (dispute.status, dispute.payment.refunded_minor, dispute.payment.refunding_minor) == ("lost", 3_811, 0)
        assert (subscription.status, subscription.hold) == (Status.SUSPENDED, "dispute")
        assert balances(payment.order)["dispute_losses EUR"] == 3_811
        with pytest.raises(DomainError) as refusal:
            ask(payment)
        assert refusal.value.code == "nothing_left"
        check_books()

    def test_what_was_lost_in_part_is_not_in_the_credit_note_of_the_rest(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = open_dispute(simulator, payment, amount={"value": "10.00", "currency_code": "EUR"})
        end_dispute(simulator, dispute, "RESOLVED_BUYER_FAVOUR")
        refund = ask(payment)
        assert (refund.amount_minor, refund.order_minor) == (2_811, 25_000 - 6_560)

    def test_each_change_is_told_to_the_team_once(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = open_dispute(simulator, payment)
        sync_reversals(payment.pk)
        end_dispute(simulator, dispute, "RESOLVED_BUYER_FAVOUR")
        send_due_emails()
        told = [
            one
            for one in mail.outbox
            if "litige" in (one.subject + one.body).lower() or "disput" in one.subject.lower()
        ]
        assert len(told) == 2

    def test_it_may_be_lost_after_it_was_won(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = end_dispute(simulator, open_dispute(simulator, payment), "RESOLVED_SELLER_FAVOUR")
        dispute = end_dispute(simulator, dispute, "RESOLVED_BUYER_FAVOUR")
        assert (dispute.status, dispute.payment.refunded_minor) == ("lost", 3_811)
        check_books()

    def test_the_policy_may_leave_the_access(self, simulator, settings) -> None:
        settings.DISPUTE_SUSPENDS = False
        payment = by_paypal(simulator)
        open_dispute(simulator, payment)
        assert subscription_of(payment).status == Status.ACTIVE

    def test_a_refund_that_waits_is_let_go(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        payment = by_paypal(simulator)
        waiting = ask(payment)
        dispute = open_dispute(simulator, payment)
        waiting.refresh_from_db()
        assert (waiting.status, waiting.failure, dispute.held_minor) == ("failed", "disputed", 3_811)
        check_books()

    def test_what_was_given_back_before_is_not_lost_again(self, simulator) -> None:
        payment = by_paypal(simulator)
        send_refund(ask(payment, euros(1_000)).pk)
        dispute = end_dispute(simulator, open_dispute(simulator, payment), "RESOLVED_BUYER_FAVOUR")
        assert (dispute.held_minor, dispute.payment.refunded_minor) == (2_811, 3_811)
        check_books()

    def test_an_admins_hold_is_not_lifted_by_winning(self, simulator) -> None:
        payment = by_paypal(simulator)
        dispute = open_dispute(simulator, payment)
        Subscription.objects.filter(pk=payment.order.subscription_id).update(hold="admin")
        end_dispute(simulator, dispute, "RESOLVED_SELLER_FAVOUR")
        assert subscription_of(payment).hold == "admin"

    def test_what_was_cancelled_before_is_not_opened_again_meanwhile(self) -> None:
        subscription = ready_subscription("store-a")
        payment = Payment.objects.get(order__subscription=subscription, status="succeeded")
        request_deletion(subscription_id=subscription.pk, actor=None)
        note_dispute(payment_id=payment.pk, state=DisputeState("PP-D-1", DisputeStatus.OPEN, payment.received))
        with pytest.raises(Conflict) as refused:
            undo_cancellation(subscription_id=subscription.pk, actor=None)
        assert refused.value.code == "subscription_held"
        note_dispute(payment_id=payment.pk, state=DisputeState("PP-D-1", DisputeStatus.WON, payment.received))
        assert undo_cancellation(subscription_id=subscription.pk, actor=None).has_access


class TestWebhooks:
    def test_a_message_about_a_refund_finds_the_payment_and_asks(self, simulator, processed) -> None:
        payment = by_paypal(simulator)
        refund_id = simulator.refund_outside(payment.transaction_ref, "10.00")
        event = processed(payment, "PAYMENT.CAPTURE.REFUNDED", "refund", {"id": refund_id, "links": up(payment)})
        assert (event.status, event.payment_id) == ("processed", payment.pk)
        assert Payment.objects.get(pk=payment.pk).refunded_minor == 1_000

    def test_a_message_about_a_dispute_too(self, simulator, processed) -> None:
        payment = by_paypal(simulator)
        ref = simulator.open_dispute(payment.transaction_ref)
        about = {"dispute_id": ref, "disputed_transactions": [{"seller_transaction_id": payment.transaction_ref}]}
        assert processed(payment, "CUSTOMER.DISPUTE.CREATED", "dispute", about).status == "processed"
        assert Dispute.objects.get(payment=payment).provider_ref == ref

    def test_one_that_cannot_be_looked_at_waits_for_the_sweeper(self, simulator, processed) -> None:
        payment = by_paypal(simulator)
        simulator.refund_outside(payment.transaction_ref, "10.00")
        simulator.fault("paypal", "get_order", "http_500", times=5)
        simulator.fault("paypal", "get_capture", "http_500", times=5)
        event = processed(payment, "PAYMENT.CAPTURE.REFUNDED", "refund", {"id": "R1", "links": up(payment)})
        assert event.status == "received"
        simulator.end_faults()
        assert webhooks.process_webhook(event.pk).status == "processed"
        assert Payment.objects.get(pk=payment.pk).refunded_minor == 1_000


def up(payment: Payment) -> list[dict[str, str]]:
    return [{"rel": "up", "href": f"https://api-m.paypal.com/v2/payments/captures/{payment.transaction_ref}"}]


@pytest.fixture
def processed(simulator: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., WebhookEvent]:
    """Looks at a webhook of PayPal's whose signature is good."""

    def look(payment: Payment, event_type: str, kind: str, resource: dict[str, Any]) -> WebhookEvent:
        provider = gateways.gateway("paypal", payment.provider_base_url)
        ref = event_ref({"id": "WH-1", "event_type": event_type, "resource_type": kind, "resource": resource})
        monkeypatch.setattr(type(provider), "verify_webhook", lambda *_, **__: ref)
        event = WebhookEvent.objects.create(provider="paypal", dedupe_key=event_type, body=b"{}")
        return webhooks.process_webhook(event.pk)

    return look


def test_mobile_money_knows_no_reversals(simulator) -> None:
    payment = by_momo(simulator)
    assert seen(payment).refunded_minor == 0


def test_money_that_never_came_is_not_asked_about(simulator) -> None:
    payment = by_paypal(simulator)
    Payment.objects.filter(pk=payment.pk).update(status="pending", succeeded_at=None, applied_minor=0)
    Order.objects.filter(pk=payment.order_id).update(status="awaiting_payment", received_minor=0)
    sync_reversals(payment.pk)
    assert simulator.calls("paypal.disputes") == 0


def test_a_provider_that_is_away_is_asked_again_later(simulator) -> None:
    payment = by_paypal(simulator)
    simulator.fault("paypal", "disputes", "http_503", times=3)
    with pytest.raises(ProviderUnavailable):
        sync_reversals(payment.pk)
