"""A verdict on a transfer counts after a while, above a limit with a second person, and for what really came."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing.models import Order, Payment, Subscription, TransferDecision
from billing.money import Money
from billing.services.expiry import expire_orders
from billing.services.orders import cancel_order
from billing.services.payments import start_payment
from billing.services.polling import claim_due_payments
from billing.services.renewals import open_renewal
from billing.services.resolve import resolve_payment
from billing.services.reviews import settle_review
from billing.services.transfers import confirm_transfer, decide_transfer, send_transfer_back, undo_decision
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Membership
from tests.books import check_books
from tests.support.factories import make_admin, make_order
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db


def francs(minor: int) -> Money:
    return Money(minor, "XAF")


def renewal() -> Order:
    return open_renewal(subscription_id=ready_subscription("store-a").pk)


def announced(order: Order | None = None) -> Payment:
    return start_payment(order_id=(order or make_order()).pk, method="bank_transfer")


def approve(payment: Payment, minor: int | None = None, **options: Any) -> Payment:
    received = francs(minor) if minor else None
    options = {"admin": make_admin(), "as_received": True, **options}
    return decide_transfer(payment=payment, approved=True, received=received, **options)


def decision_of(payment: Payment) -> TransferDecision:
    return payment.decisions.select_related("payment__order").latest("decided_at")


def let_time_pass(payment: Payment) -> None:
    """The window of a verdict is over."""
    past = timezone.now() - timedelta(seconds=1)
    payment.decisions.filter(status="waiting").update(effective_at=past)
    Payment.objects.filter(pk=payment.pk, next_check_at__isnull=False).update(next_check_at=past)


def mails(payment: Payment) -> list[str]:
    return list(Delivery.objects.filter(recipient=payment.order.user.email).values_list("template", flat=True))


class TestTheTimeToThinkAgain:
    @pytest.fixture(autouse=True)
    def _window(self, settings) -> None:
        settings.TRANSFER_UNDO_SECONDS = 30

    def test_nothing_happens_before_it_is_over(self) -> None:
        payment = approve(announced())
        assert (payment.status, payment.received) == (Payment.Status.UNDER_REVIEW, None)
        assert "payment_received" not in mails(payment)
        assert claim_due_payments() == []
        assert resolve_payment(payment.pk).status == Payment.Status.UNDER_REVIEW, "whoever asks meanwhile"

    def test_then_the_poller_lets_it_count(self) -> None:
        payment = approve(announced())
        resolve_payment(payment.pk)
        let_time_pass(payment)
        assert claim_due_payments() == [payment.pk]
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
        assert decision_of(payment).status == "done"
        assert claim_due_payments() == []
        check_books()

    def test_what_is_undone_never_was(self) -> None:
        admin, payment = make_admin(), announced()
        approve(payment, admin=admin)
        undo_decision(decision=decision_of(payment), admin=admin)
        let_time_pass(payment)
        payment.refresh_from_db()
        assert (payment.status, payment.next_check_at) == (Payment.Status.PENDING, None)
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING
        assert AuditLog.objects.filter(action="transfer.undone", resource_id=str(payment.pk)).exists()
        assert approve(payment, admin=admin).status == Payment.Status.UNDER_REVIEW, "it may be decided anew"

    def test_a_rejection_waits_too_and_writes_to_nobody_when_undone(self) -> None:
        admin, payment = make_admin(), announced()
        Payment.objects.filter(pk=payment.pk).update(status=Payment.Status.UNDER_REVIEW)
        for undone in (True, False):
            decide_transfer(payment=payment, admin=admin, approved=False, comment="Illisible")
            if undone:
                undo_decision(decision=decision_of(payment), admin=admin)
            let_time_pass(payment)
            payment = resolve_payment(payment.pk)
            assert ("transfer_rejected" in mails(payment)) is not undone
        assert (payment.status, payment.comment) == (Payment.Status.PENDING, "Illisible")

    def test_only_who_decided_undoes_and_only_in_time(self) -> None:
        admin, payment = make_admin(), announced()
        approve(payment, admin=admin)
        with pytest.raises(NotAllowed):
            undo_decision(decision=decision_of(payment), admin=make_admin())
        let_time_pass(payment)
        resolve_payment(payment.pk)
        with pytest.raises(Conflict) as refusal:
            undo_decision(decision=decision_of(payment), admin=admin)
        assert refusal.value.code == "in_effect"

    def test_its_order_neither_expires_nor_is_cancelled_meanwhile(self) -> None:
        payment = approve(announced())
        Order.objects.filter(pk=payment.order_id).update(expires_at=timezone.now() - timedelta(days=1))
        assert expire_orders() == 0
        with pytest.raises(Conflict):
            cancel_order(order=payment.order, actor=payment.order.user)

    def test_a_process_killed_between_verdict_and_money_loses_nothing(self, monkeypatch) -> None:
        payment = approve(announced())
        let_time_pass(payment)
        monkeypatch.setattr("billing.services.resolve._apply", lambda *_args: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            resolve_payment(payment.pk)
        assert decision_of(payment).status == "done"
        monkeypatch.undo()
        assert claim_due_payments() == [payment.pk]
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED


class TestTwoPeople:
    @pytest.fixture(autouse=True)
    def _limit(self, settings) -> None:
        settings.TRANSFER_SECOND_APPROVER_ABOVE = {"XAF": 20_000}

    def test_above_the_limit_one_person_opens_nothing(self, settings) -> None:
        first, payment = make_admin(), announced()
        assert approve(payment, admin=first).status == Payment.Status.UNDER_REVIEW
        assert Delivery.objects.filter(template="transfer_second", recipient=settings.SUPPORT_EMAIL).count() == 1
        with pytest.raises(NotAllowed) as refusal:
            confirm_transfer(decision=decision_of(payment), admin=first)
        assert refusal.value.code == "same_person"
        second = make_admin()
        assert confirm_transfer(decision=decision_of(payment), admin=second).status == Payment.Status.SUCCEEDED
        decision = decision_of(payment)
        assert (decision.admin, decision.second_admin) == (first, second)

    def test_the_payer_is_never_the_second_person(self) -> None:
        payer = make_admin()
        payment = announced(make_order(user=payer))
        approve(payment)
        with pytest.raises(NotAllowed) as refusal:
            confirm_transfer(decision=decision_of(payment), admin=payer)
        assert refusal.value.code == "own_payment"

    def test_the_database_knows_that_it_takes_two(self) -> None:
        payment = announced()
        approve(payment)
        decision = decision_of(payment)
        with pytest.raises(IntegrityError, match="decision_two_people"), transaction.atomic():
            TransferDecision.objects.filter(pk=decision.pk).update(second_admin=decision.admin)

    def test_the_second_person_may_send_it_back_and_says_why(self) -> None:
        payment = announced()
        approve(payment)
        with pytest.raises(DomainError) as refusal:
            send_transfer_back(decision=decision_of(payment), admin=make_admin(), comment=" ")
        assert refusal.value.field == "comment"
        send_transfer_back(decision=decision_of(payment), admin=make_admin(), comment="Pas sur le relevé")
        assert decision_of(payment).status == "sent_back"
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING
        with pytest.raises(Conflict):
            confirm_transfer(decision=decision_of(payment), admin=make_admin())

    def test_parts_do_not_go_round_the_limit(self) -> None:
        order, admin = make_order(), make_admin()
        assert approve(announced(order), 15_000, admin=admin).status == Payment.Status.SUCCEEDED
        assert approve(announced(order), 10_000, admin=admin).status == Payment.Status.UNDER_REVIEW

    def test_nor_does_a_review_that_one_person_settles_alone(self) -> None:
        admin, payment = make_admin(), announced()
        payment = approve(payment, 1, admin=admin, as_received=False)
        assert payment.status == Payment.Status.NEEDS_REVIEW
        with pytest.raises(NotAllowed):
            settle_review(payment=payment, decision="apply", received=francs(25_000), admin=admin)

    @pytest.mark.parametrize("decision", ["apply", "credit"])
    def test_nor_does_an_amount_that_one_person_alone_has_seen(self, decision: str) -> None:
        """Somebody said that a single franc came; who says that it was 25,000 is the first to say so."""
        corrector = make_admin()
        payment = approve(announced(renewal()), 1, as_received=False)
        noted = settle_review(payment=payment, decision=decision, received=francs(25_000), admin=corrector)
        assert (noted.status, noted.received) == (Payment.Status.NEEDS_REVIEW, francs(25_000))
        with pytest.raises(NotAllowed):
            settle_review(payment=noted, decision=decision, admin=corrector)
        settled = settle_review(payment=noted, decision=decision, received=francs(25_000), admin=make_admin())
        assert settled.status == Payment.Status.SUCCEEDED
        check_books()

    def test_a_colleague_of_the_payer_is_neither_of_the_two(self) -> None:
        order, colleague = renewal(), make_admin()
        Membership.objects.create(organisation=order.organisation, user=colleague, role=Membership.Role.BILLING)
        payment = announced(order)
        with pytest.raises(NotAllowed) as refusal:
            approve(payment, admin=colleague)
        assert refusal.value.code == "own_payment"
        approve(payment)
        with pytest.raises(NotAllowed):
            confirm_transfer(decision=decision_of(payment), admin=colleague)

    def test_both_may_undo_it_until_it_counts(self, settings) -> None:
        settings.TRANSFER_UNDO_SECONDS = 30
        payment, second = announced(), make_admin()
        approve(payment)
        confirm_transfer(decision=decision_of(payment), admin=second)
        undo_decision(decision=decision_of(payment), admin=second)
        assert decision_of(payment).status == "undone"


class TestWhatReallyCame:
    def test_less_pays_part_and_the_payer_learns_what_is_missing(self) -> None:
        order = make_order()
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(hours=1))
        payment = approve(announced(order), 10_000)
        order.refresh_from_db()
        assert (payment.status, payment.applied_minor, order.due) == ("succeeded", 10_000, francs(15_000))
        assert order.status == Order.Status.AWAITING_PAYMENT
        assert order.expires_at > timezone.now() + timedelta(days=6)
        told = Delivery.objects.get(template="payment_part_received")
        assert "15" in told.context["missing"]
        assert f"/pay/{order.pk}/" in told.context["url"]

    def test_part_and_part_and_more_pay_it_and_leave_credit(self) -> None:
        order = make_order()
        for minor in (10_000, 5_000, 12_000):
            approve(announced(order), minor)
        order.refresh_from_db()
        assert order.status == Order.Status.PAID
        kinds = list(TransferDecision.objects.filter(payment__order=order).order_by("decided_at").values_list("kind"))
        assert kinds == [("partial",), ("partial",), ("over",)]
        assert Subscription.objects.get(pk=order.subscription_id).credit_minor == 2_000
        told = Delivery.objects.get(template="payment_received", recipient=order.user.email)
        assert "2" in told.context["credited"]
        check_books()

    def test_another_amount_that_nobody_confirmed_goes_to_review(self) -> None:
        assert approve(announced(), 10_000, as_received=False).status == Payment.Status.NEEDS_REVIEW

    @pytest.mark.parametrize("seen", [{"received": Money(25_000, "XOF")}, {"reference": "BA-0000-0000"}])
    def test_another_currency_or_reference_goes_to_review_even_so(self, seen) -> None:
        payment = decide_transfer(payment=announced(), admin=make_admin(), approved=True, as_received=True, **seen)
        assert payment.status == Payment.Status.NEEDS_REVIEW

    def test_part_of_the_money_does_not_open_an_expired_order_again(self) -> None:
        payment = announced()
        Order.objects.filter(pk=payment.order_id).update(expires_at=timezone.now() - timedelta(days=1))
        assert expire_orders() == 1
        payment.refresh_from_db()
        assert approve(payment, 10_000).status == Payment.Status.NEEDS_REVIEW
        check_books()
