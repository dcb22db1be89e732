"""Money given back through the real clients against the payment simulator: once, never too much, and booked to the unit.

Failure cases (docs/failure-cases.md): Case 14.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from billing.documents.of_invoice import document_of
from billing.models import Order, Payment, Refund, Subscription
from billing.money import Money
from billing.services.payments import start_payment
from billing.services.refund_sending import claim_due_refunds, send_refund
from billing.services.refunds import (
    approve_refund,
    give_up_refund,
    mark_refund_sent,
    reject_refund,
    request_refund,
)
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.documents.wording import state
from shared_apps.notifications.services import send_due_emails
from tests.books import balances, by_momo, by_paypal, check_books, notes_of
from tests.support.factories import make_admin, make_order, pay_by_transfer

pytestmark = pytest.mark.django_db


def ask(payment: Payment, amount: Money | None = None, **options: object) -> Refund:
    return request_refund(payment=payment, amount=amount, reason="Geste commercial", actor=make_admin(), **options)


def given_back(payment: Payment, amount: Money | None = None, **options: object) -> Refund:
    refund = send_refund(ask(payment, amount, **options).pk)
    payment.refresh_from_db()
    return refund


def francs(minor: int) -> Money:
    return Money(minor, "XAF")


def euros(minor: int) -> Money:
    return Money(minor, "EUR")


class TestWhole:
    def test_a_paypal_payment_is_given_back_in_euros_with_a_credit_note_in_francs(self, simulator) -> None:
        payment = by_paypal(simulator)
        refund = given_back(payment)
        assert (refund.status, refund.amount, refund.order_amount) == ("succeeded", euros(3_811), francs(25_000))
        assert (payment.refunded_minor, payment.refunding_minor) == (3_811, 0)
        note = notes_of(payment).get()
        assert (note.total_minor, note.number[:1], note.credits.order_id) == (25_000, "A", payment.order_id)
        assert state(document_of(note))[1].startswith("Remboursé le ")
        assert simulator.state()["paypal"]["orders"][payment.provider_ref]["refunded"] == "38.11"
        # Only PayPal's own fee is gone.
        assert set(balances(payment.order)) == {"psp:paypal EUR", "psp_fees EUR"}
        check_books()

    def test_a_momo_payment_is_given_back_in_francs(self, simulator) -> None:
        payment = by_momo(simulator)
        assert given_back(payment).status == "succeeded"
        assert simulator.state()["momo"]["requests"][payment.provider_ref]["refunded"] == "25000"
        assert balances(payment.order) == {}
        check_books()

    def test_the_payer_is_told_once_in_their_language(self, simulator) -> None:
        payment = by_momo(simulator)
        refund = given_back(payment)
        send_refund(refund.pk)
        send_due_emails()
        told = [one for one in mail.outbox if "25" in one.subject and one.to == [payment.order.user.email]]
        assert len([one for one in told if "Geste commercial" in one.body]) == 1

    def test_the_access_stays_unless_the_admin_ends_it(self, simulator) -> None:
        payment = by_momo(simulator)
        given_back(payment)
        assert Subscription.objects.get(pk=payment.order.subscription_id).has_access


class TestPartial:
    def test_three_parts_end_at_zero_in_both_currencies(self, simulator) -> None:
        payment = by_paypal(simulator)
        parts = [given_back(payment, euros(1_000)), given_back(payment, euros(1_403)), given_back(payment)]
        assert [one.amount_minor for one in parts] == [1_000, 1_403, 1_408]
        assert [one.order_minor for one in parts] == [6_560, 9_203, 9_237]
        taxes = list(notes_of(payment).values_list("tax_minor", flat=True))
        assert (len(taxes), sum(taxes)) == (3, payment.order.tax_minor)
        assert payment.refundable == euros(0)
        check_books()

    def test_more_than_is_left_is_refused_and_says_how_much_is(self, simulator) -> None:
        payment = by_momo(simulator)
        given_back(payment, francs(20_000))
        with pytest.raises(Conflict) as refusal:
            ask(payment, francs(5_001))
        assert (refusal.value.code, refusal.value.field) == ("too_much", "amount")
        assert "5" in str(refusal.value)

    @pytest.mark.parametrize("amount", [Money(0, "XAF"), Money(-5, "XAF"), Money(100, "EUR")])
    def test_an_amount_that_is_none_is_refused(self, simulator, amount) -> None:
        with pytest.raises(DomainError) as refusal:
            ask(by_momo(simulator), amount)
        assert refusal.value.field == "amount"

    def test_part_of_an_order_that_is_not_paid_yet_leaves_the_order(self, simulator) -> None:
        order = make_order()
        payment = _transfer_of(order, 10_000)
        assert Order.objects.get(pk=order.pk).received_minor == 10_000
        refund = ask(payment, francs(4_000))
        order.refresh_from_db()
        assert (order.received_minor, order.due, refund.origin) == (6_000, francs(19_000), "order")
        mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR 77")
        assert not order.invoices.exists()
        check_books()

    def test_what_cannot_be_sent_back_is_part_of_the_order_again(self, simulator) -> None:
        order = make_order()
        payment = _transfer_of(order, 10_000)
        give_up_refund(refund=ask(payment), admin=make_admin())
        order.refresh_from_db()
        assert order.received_minor == 10_000
        check_books()


class TestAProviderInTrouble:
    @pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "http_500", "http_500_after", "http_429"])
    def test_is_never_a_failure_and_the_money_goes_back_once(self, simulator, fault) -> None:
        payment = by_paypal(simulator)
        simulator.fault("paypal", "refund", fault, times=1, seconds=2)
        refund = given_back(payment, euros(1_000))
        assert (refund.status, payment.refunding_minor) == ("created", 1_000)
        Refund.objects.filter(pk=refund.pk).update(next_check_at=timezone.now())
        assert claim_due_refunds() == [refund.pk]
        assert claim_due_refunds() == []
        assert send_refund(refund.pk).status == "succeeded"
        assert simulator.state()["paypal"]["orders"][payment.provider_ref]["refunded"] == "10.00"

    def test_mtn_that_times_out_gives_back_once(self, simulator) -> None:
        payment = by_momo(simulator)
        simulator.fault("momo", "refund", "timeout_after", times=1, seconds=2)
        refund = given_back(payment)
        assert refund.status == "created"
        assert send_refund(refund.pk).status == "succeeded"
        assert simulator.calls("momo.refund") == 1

    def test_two_calls_at_the_same_time_at_the_provider_wait(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.fault("paypal", "refund", "issue", issue="PREVIOUS_REQUEST_IN_PROGRESS", status=409, times=1)
        assert given_back(payment).status in ("created", "failed", "pending")

    def test_a_refund_that_is_pending_and_then_fails_gives_the_reservation_back(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.fault("paypal", "refund", "capture_status", status="PENDING", times=1)
        refund = given_back(payment)
        assert (refund.status, payment.refunding_minor, payment.refunded_minor) == ("pending", 3_811, 0)
        assert not notes_of(payment).exists()
        simulator.settle_refund("paypal", refund.provider_ref, "FAILED")
        refund = send_refund(refund.pk)
        payment.refresh_from_db()
        assert (refund.status, payment.refunding_minor, payment.refunded_minor) == ("failed", 0, 0)
        send_due_emails()
        assert any(payment.order.number in one.subject and one.to != [payment.order.user.email] for one in mail.outbox)
        assert given_back(payment).status == "succeeded"
        check_books()

    def test_a_clear_refusal_fails_at_once_and_says_why(self, simulator) -> None:
        payment = by_paypal(simulator)
        simulator.fault("paypal", "refund", "issue", issue="REFUND_FAILED_INSUFFICIENT_FUNDS", times=1)
        refund = given_back(payment)
        assert (refund.status, refund.failure, payment.refunding_minor) == ("failed", "insufficient_funds", 0)

    def test_mtn_that_refuses_gives_the_reservation_back(self, simulator) -> None:
        payment = by_momo(simulator)
        simulator.fault("momo", "refund", "capture_status", status="FAILED", times=1)
        refund = given_back(payment)
        assert (refund.status, payment.refunding_minor) == ("failed", 0)


class TestTwoPeople:
    def test_above_the_limit_a_second_person_agrees_before_anything_is_sent(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {"XAF": 20_000}
        payment, first = by_momo(simulator), make_admin()
        refund = request_refund(payment=payment, reason="Erreur", actor=first)
        assert refund.status == "awaiting_approval"
        assert send_refund(refund.pk).status == "awaiting_approval"
        assert simulator.calls("momo.refund") == 0
        with pytest.raises(NotAllowed) as refusal:
            approve_refund(refund=refund, admin=first)
        assert refusal.value.code == "same_person"
        refund = approve_refund(refund=refund, admin=make_admin())
        assert send_refund(refund.pk).status == "succeeded"

    def test_parts_do_not_go_round_the_limit(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {"XAF": 20_000}
        payment = by_momo(simulator)
        assert ask(payment, francs(15_000)).status == "created"
        assert ask(payment, francs(5_001)).status == "awaiting_approval"

    def test_a_currency_without_a_limit_always_takes_two(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        assert ask(by_momo(simulator), francs(1)).status == "awaiting_approval"

    def test_what_the_second_person_rejects_is_free_again(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        payment = by_momo(simulator)
        refund = reject_refund(refund=ask(payment), admin=make_admin())
        payment.refresh_from_db()
        assert (refund.status, payment.refunding_minor) == ("rejected", 0)
        with pytest.raises(Conflict):
            approve_refund(refund=refund, admin=make_admin())

    def test_nobody_gives_money_back_to_themselves(self, simulator, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        admin = make_admin()
        payment = by_momo(simulator, make_order(user=admin))
        with pytest.raises(NotAllowed):
            request_refund(payment=payment, reason="Pour moi", actor=admin)
        with pytest.raises(NotAllowed):
            approve_refund(refund=ask(payment), admin=admin)

    def test_customers_give_nothing_back(self, simulator) -> None:
        payment = by_momo(simulator)
        with pytest.raises(NotAllowed):
            request_refund(payment=payment, reason="Moi", actor=payment.order.user)


class TestByHand:
    def test_a_transfer_is_sent_by_a_person_who_records_its_reference(self) -> None:
        payment = pay_by_transfer(make_order())
        refund = ask(payment)
        assert (refund.is_manual, refund.status, refund.next_check_at) == (True, "created", None)
        with pytest.raises(DomainError) as refusal:
            mark_refund_sent(refund=refund, admin=make_admin(), reference="  ")
        assert refusal.value.field == "reference"
        refund = mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR  2026-77 ")
        assert (refund.status, refund.manual_reference) == ("succeeded", "VIR 2026-77")
        with pytest.raises(Conflict):
            mark_refund_sent(refund=refund, admin=make_admin(), reference="encore")
        assert balances(payment.order) == {}
        check_books()

    def test_mobile_money_without_keys_for_paying_out_is_sent_by_hand(self, simulator, settings) -> None:
        from billing import gateways

        settings.MOMO = {**settings.MOMO, "disbursement_subscription_key": ""}
        gateways.forget_clients()
        assert ask(by_momo(simulator)).is_manual


class TestWindow:
    def test_paypal_gives_nothing_back_after_180_days_so_it_becomes_credit(self, simulator) -> None:
        payment = by_paypal(simulator)
        Payment.objects.filter(pk=payment.pk).update(created_at=timezone.now() - timedelta(days=181))
        payment.refresh_from_db()
        with pytest.raises(DomainError) as refusal:
            ask(payment)
        assert (refusal.value.code, refusal.value.field) == ("too_late", "to_credit")
        refund = ask(payment, euros(1_000), to_credit=True)
        assert refund.status == "succeeded"
        assert simulator.calls("paypal.refund") == 0
        subscription = Subscription.objects.get(pk=payment.order.subscription_id)
        assert subscription.credit == francs(6_560)
        note = notes_of(payment).get()
        assert (note.total_minor, state(document_of(note))[1]) == (6_560, "En votre faveur")
        check_books()


class TestCredit:
    def test_money_that_became_credit_leaves_the_credit_first(self, simulator) -> None:
        payment = _overpaid(simulator)
        refund = given_back(payment, francs(5_000))
        subscription = Subscription.objects.get(pk=payment.order.subscription_id)
        assert (refund.credited, refund.applied, subscription.credit_minor) == (francs(5_000), francs(0), 0)
        assert not notes_of(payment).exists()
        check_books()

    def test_credit_that_was_used_is_not_given_back_again(self, simulator) -> None:
        payment = _overpaid(simulator)
        Subscription.objects.filter(pk=payment.order.subscription_id).update(credit_minor=2_000)
        with pytest.raises(DomainError) as refusal:
            ask(payment)
        assert refusal.value.code == "credit_used"
        assert "27" in str(refusal.value)
        assert ask(payment, francs(27_000)).credited == francs(2_000)

    def test_a_refund_that_fails_gives_the_credit_back(self, simulator) -> None:
        payment = _overpaid(simulator)
        simulator.fault("momo", "refund", "capture_status", status="FAILED", times=1)
        assert given_back(payment).status == "failed"
        assert Subscription.objects.get(pk=payment.order.subscription_id).credit_minor == 5_000
        check_books()


def _transfer_of(order: Order, minor: int) -> Payment:
    """A transfer that is less than the order costs, put to the order by an admin."""
    from billing.services.reviews import settle_review
    from billing.services.transfers import decide_transfer

    payment = start_payment(order_id=order.pk, method="bank_transfer")
    decide_transfer(payment=payment, admin=make_admin(), approved=True, received=Money(minor, order.currency))
    return settle_review(payment=payment, decision="apply", admin=make_admin())


def _overpaid(simulator: object) -> Payment:
    """30 000 francs for an order of 25 000."""
    order = make_order()
    payment = by_momo(simulator, order)
    from django.db.models import F

    from billing import ledger
    from billing.services.ledger import post

    Payment.objects.filter(pk=payment.pk).update(
        received_minor=30_000, charge_minor=30_000, amount_minor=30_000, credited_minor=5_000
    )
    Subscription.objects.filter(pk=order.subscription_id).update(credit_minor=F("credit_minor") + 5_000)
    entries = [
        ledger.debit("psp:mtn_momo", francs(5_000)),
        ledger.take(f"credit:{order.subscription_id}", francs(5_000)),
    ]
    post(kind="payment", source=f"more:{payment.pk}", entries=entries)
    payment.refresh_from_db()
    return payment
