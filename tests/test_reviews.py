"""Money in review: what becomes of it, and that nobody decides twice, alone above the limit, or for themselves.

Failure cases (docs/failure-cases.md): Case 7.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from billing.models import Order, Payment, Subscription
from billing.money import Money
from billing.services.payments import start_payment
from billing.services.refund_sending import send_refund
from billing.services.resolve import resolve_payment
from billing.services.reviews import settle_review
from billing.services.transfers import decide_transfer
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.notifications.services import send_due_emails
from shared_apps.site.order_page import load_order_page
from tests.books import PHONE, balances, by_momo, by_paypal, check_books, paid_twice
from tests.support.factories import make_admin, make_order

pytestmark = pytest.mark.django_db


def francs(minor: int) -> Money:
    return Money(minor, "XAF")


def settle(payment: Payment, decision: str, **options: Any) -> Payment:
    return settle_review(
        payment=payment, decision=decision, admin=options.pop("admin", None) or make_admin(), **options
    )


def transfer_of(minor: int, order: Order | None = None) -> Payment:
    """A transfer of another amount than was asked for: it waits for a decision."""
    order = order or make_order()
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    return decide_transfer(payment=payment, admin=make_admin(), approved=True, received=francs(minor))


def status_of(payment: Payment) -> str:
    return Order.objects.get(pk=payment.order_id).status


def credit_of(payment: Payment) -> int:
    return Subscription.objects.get(pk=payment.order.subscription_id).credit_minor


class TestApply:
    def test_less_than_was_asked_pays_part_and_the_rest_is_paid_another_way(self, simulator) -> None:
        payment = settle(transfer_of(10_000), "apply")
        assert (payment.status, payment.applied_minor, payment.credited_minor) == ("succeeded", 10_000, 0)
        order = Order.objects.get(pk=payment.order_id)
        assert (order.status, order.due) == ("awaiting_payment", francs(15_000))
        by_paypal(simulator, order)
        assert status_of(payment) == "paid"
        check_books()

    def test_more_than_was_asked_pays_the_order_and_the_rest_is_credit(self) -> None:
        payment = settle(transfer_of(30_000), "apply")
        assert (payment.applied_minor, payment.credited_minor, status_of(payment)) == (25_000, 5_000, "paid")
        assert credit_of(payment) == 5_000
        check_books()

    def test_a_corrected_amount_is_what_counts(self) -> None:
        payment = settle(transfer_of(2_500), "apply", received=francs(25_000))
        assert (payment.received_minor, status_of(payment)) == (25_000, "paid")
        assert balances(payment.order)["psp:bank_transfer XAF"] == 25_000
        check_books()

    def test_what_the_provider_says_is_not_corrected_by_hand(self, simulator) -> None:
        with pytest.raises(DomainError) as refusal:
            settle(paid_twice(simulator), "credit", received=francs(99_000))
        assert refusal.value.field == "received"

    def test_an_order_that_is_paid_or_closed_takes_nothing(self, simulator) -> None:
        with pytest.raises(DomainError) as refusal:
            settle(paid_twice(simulator), "apply")
        assert (refusal.value.code, refusal.value.field) == ("no_order", "decision")

    def test_money_of_a_closed_order_pays_the_open_one_of_the_subscription(self, simulator) -> None:
        payment = late_money_for_a_cancelled_order(simulator)
        other = make_order(user=payment.order.user)
        Order.objects.filter(pk=other.pk).update(subscription_id=payment.order.subscription_id)
        payment = settle(payment, "apply")
        assert (payment.order_id, status_of(payment)) == (other.pk, "paid")
        check_books()

    def test_money_in_a_third_currency_is_given_back(self) -> None:
        payment = transfer_of(25_000)
        for decision in ("apply", "credit"):
            with pytest.raises(DomainError):
                settle(payment, decision, received=Money(4_000, "USD"))


class TestCredit:
    def test_a_second_payment_pays_orders_to_come(self, simulator) -> None:
        payment = settle(paid_twice(simulator), "credit")
        assert (payment.status, payment.applied_minor, payment.credited_minor) == ("succeeded", 0, 25_000)
        assert credit_of(payment) == 25_000
        send_due_emails()
        assert any("25" in one.subject and one.to == [payment.order.user.email] for one in mail.outbox)
        check_books()

    def test_needs_somebody_who_could_use_it(self, simulator) -> None:
        with pytest.raises(DomainError) as refusal:
            settle(late_money_for_a_cancelled_order(simulator), "credit")
        assert refusal.value.code == "no_workspace"


class TestRefund:
    def test_a_second_payment_goes_back_the_way_it_came(self, simulator) -> None:
        payment = settle(paid_twice(simulator), "refund", comment="Payé deux fois")
        refund = send_refund(payment.refunds.get().pk)
        payment.refresh_from_db()
        assert (refund.status, refund.origin, refund.order_minor) == ("succeeded", "unapplied", 0)
        assert payment.refunded_minor == 25_000
        assert simulator.state()["momo"]["requests"][payment.provider_ref]["refunded"] == "25000"
        assert not any("mtn_momo" in account or "unapplied" in account for account in balances(payment.order))
        assert payment.order.invoices.count() == 1
        check_books()

    def test_one_that_fails_waits_for_a_decision_again(self, simulator) -> None:
        payment = settle(paid_twice(simulator), "refund", comment="Payé deux fois")
        simulator.fault("momo", "refund", "capture_status", status="FAILED", times=1)
        send_refund(payment.refunds.get().pk)
        payment.refresh_from_db()
        assert (payment.status, payment.reason, payment.refunding_minor) == ("needs_review", "second_success", 0)
        assert settle(payment, "credit").credited_minor == 25_000
        check_books()

    def test_needs_a_reason_that_the_payer_reads(self, simulator) -> None:
        with pytest.raises(DomainError) as refusal:
            settle(paid_twice(simulator), "refund", comment="  ")
        assert refusal.value.field == "comment"

    def test_the_payer_may_pay_anew_once_wrong_money_goes_back(self, simulator) -> None:
        payment = settle(transfer_of(24_000), "refund", comment="Montant faux")
        again = by_paypal(simulator, Order.objects.get(pk=payment.order_id))
        assert again.status == "succeeded"
        check_books()


class TestOrderPage:
    def test_follows_what_becomes_of_the_second_payment(self, simulator) -> None:
        payment = paid_twice(simulator)
        assert news(payment) == ["review"]
        settle(payment, "refund", comment="Payé deux fois")
        assert news(payment) == ["returning"]
        send_refund(payment.refunds.get().pk)
        assert news(payment) == ["returned"]

    def test_says_that_it_is_credit(self, simulator) -> None:
        payment = paid_twice(simulator)
        settle(payment, "credit")
        assert news(payment) == ["credit"]
        client = Client(HTTP_HOST="localhost")
        client.force_login(payment.order.user)
        page = client.get(f"/orders/{payment.order_id}/").content.decode()
        assert "25\u202f000" in page


class TestDismiss:
    def test_money_that_never_came_leaves_the_books(self) -> None:
        payment = settle(transfer_of(10_000), "dismiss", comment="Faux reçu")
        assert (payment.status, payment.reason, payment.received_minor) == ("failed", "not_received", None)
        assert balances(payment.order) == {}
        send_due_emails()
        assert any("Faux reçu" in one.body for one in mail.outbox if one.to == [payment.order.user.email])
        assert resolve_payment(payment.pk).status == "failed"
        check_books()

    def test_above_the_limit_two_people_say_so(self, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {"XAF": 5_000}
        payment, first = transfer_of(10_000), make_admin()
        assert settle(payment, "dismiss", comment="Faux reçu", admin=first).status == "needs_review"
        with pytest.raises(Conflict) as refusal:
            settle(payment, "dismiss", comment="Faux reçu", admin=first)
        assert refusal.value.code == "same_person"
        assert settle(payment, "dismiss", comment="Faux reçu").status == "failed"

    def test_what_comes_again_after_it_was_dismissed_is_booked_again(self, simulator) -> None:
        payment = settle(paid_twice(simulator), "dismiss", comment="Pas sur le relevé")
        assert resolve_payment(payment.pk).status == "needs_review"
        check_books()


class TestWho:
    def test_customers_decide_nothing(self) -> None:
        payment = transfer_of(10_000)
        with pytest.raises(NotAllowed):
            settle(payment, "apply", admin=payment.order.user)

    def test_nobody_decides_about_their_own_money(self) -> None:
        admin = make_admin()
        payment = transfer_of(10_000, make_order(user=admin))
        with pytest.raises(NotAllowed):
            settle(payment, "apply", admin=admin)

    def test_nobody_decides_twice(self) -> None:
        payment = transfer_of(10_000)
        settle(payment, "apply")
        for again in ("refund", "dismiss", "credit"):
            with pytest.raises(Conflict):
                settle(payment, again, comment="encore")

    def test_nothing_else_is_decided_here(self, simulator) -> None:
        with pytest.raises(Conflict):
            settle(by_momo(simulator), "refund", comment="non")
        with pytest.raises(DomainError):
            settle(transfer_of(10_000), "burn")


def news(payment: Payment) -> list[str]:
    page = load_order_page(Order.objects.get(pk=payment.order_id))
    return [one.what for one in page.news]


def late_money_for_a_cancelled_order(simulator: Any) -> Payment:
    """Approved on the phone when nobody wanted the order any more."""
    order = make_order()
    payment = start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)
    Order.objects.filter(pk=order.pk).update(status=Order.Status.CANCELLED)
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    payment = resolve_payment(payment.pk)
    assert (payment.status, payment.reason) == ("needs_review", "order_closed")
    return payment
