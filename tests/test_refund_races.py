"""Refunds that meet one another, disputes, webhooks and the end of a process: the money goes back once.

Failure cases (docs/failure-cases.md): Case 14, Case 18.
"""

from __future__ import annotations

import os
import subprocess
import sys
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from billing.models import Dispute, Invoice, Order, Payment, Refund
from billing.money import Money
from billing.providers.base import DisputeState, DisputeStatus
from billing.services import refund_steps, reviews
from billing.services.disputes import note_dispute
from billing.services.payments import start_payment
from billing.services.refund_sending import claim_due_refunds, send_refund
from billing.services.refunds import approve_refund, request_refund
from billing.services.resolve import resolve_payment
from billing.services.reversals import note_refunded, sync_reversals
from billing.services.reviews import settle_review
from shared_apps.core.errors import Conflict, DomainError
from tests.books import PHONE, by_momo, by_paypal, check_books, notes_of, paid_twice
from tests.support.databases import ROOT, on_database
from tests.support.factories import make_admin, make_order, pay_by_transfer
from tests.support.threads import at_once, interrupted

pytestmark = pytest.mark.usefixtures("committed_db")


def ask(payment: Payment, amount: Money | None = None, *, actor: Any = None) -> Refund:
    return request_refund(payment=payment, amount=amount, reason="Geste", actor=actor or make_admin())


def fresh(payment: Payment) -> Payment:
    return Payment.objects.get(pk=payment.pk)


def test_two_refunds_of_everything_at_once_are_one() -> None:
    payment, admins = pay_by_transfer(make_order()), [make_admin() for _ in range(8)]
    results = at_once(8, lambda number: ask(payment, actor=admins[number]))
    assert len([one for one in results if isinstance(one, Refund)]) == 1, results
    assert all(isinstance(one, Refund | Conflict | DomainError) for one in results)
    assert fresh(payment).refunding_minor == 25_000


def test_parts_asked_for_at_once_never_make_more_than_the_whole() -> None:
    payment, admins = pay_by_transfer(make_order()), [make_admin() for _ in range(8)]
    results = at_once(8, lambda number: ask(payment, Money(7_000, "XAF"), actor=admins[number]))
    assert len([one for one in results if isinstance(one, Refund)]) == 3
    assert fresh(payment).refunding_minor == 21_000


def test_money_that_moves_to_another_order_meanwhile_is_taken_out_of_that_one(monkeypatch, simulator) -> None:
    """It stood in a cancelled order, and somebody puts it to the open one while somebody else gives it back."""
    cancelled = make_order()
    payment = start_payment(order_id=cancelled.pk, method="mtn_momo", phone=PHONE)
    Order.objects.filter(pk=cancelled.pk).update(status="cancelled")
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    payment = resolve_payment(payment.pk)
    wanted = make_order(user=payment.order.user, cycle="yearly")
    Order.objects.filter(pk=wanted.pk).update(subscription_id=cancelled.subscription_id)
    admins = [make_admin(), make_admin()]

    def apply() -> Payment:
        return settle_review(payment=payment, decision="apply", admin=admins[0], comment="")

    _, refund = interrupted(
        monkeypatch, reviews, "apply_payment", first=apply, then=lambda: ask(payment, actor=admins[1])
    )
    assert (refund.origin, refund.order_minor) == ("order", 25_000)
    assert fresh(payment).order_id == wanted.pk
    assert set(Order.objects.filter(pk__in=[cancelled.pk, wanted.pk]).values_list("received_minor", flat=True)) == {0}
    assert (fresh(payment).applied_minor, fresh(payment).refunding_minor) == (0, 25_000)


def test_without_the_guard_the_same_money_is_promised_twice() -> None:
    """The race that the tests above would miss if it could not happen here; only the constraint stands behind it."""
    payment, looked, decided = pay_by_transfer(make_order()), Barrier(2), []

    def read_then_write(_: int) -> None:
        with transaction.atomic():
            seen = Payment.objects.get(pk=payment.pk)
            looked.wait(timeout=20)
            if seen.refundable and seen.refundable.minor >= 20_000:
                decided.append(True)
                Payment.objects.filter(pk=payment.pk).update(refunding_minor=F("refunding_minor") + 20_000)

    results = at_once(2, read_then_write)
    assert decided == [True, True]
    [refused] = [one for one in results if one is not None]
    assert isinstance(refused, IntegrityError)
    assert "payment_never_overrefunded" in str(refused)


def test_a_refund_is_sent_by_many_workers_and_booked_once(simulator) -> None:
    payment = by_paypal(simulator)
    refund = ask(payment)
    results = at_once(6, lambda _: send_refund(refund.pk).status)
    assert not [one for one in results if isinstance(one, Exception)], results
    send_refund(refund.pk)
    assert simulator.state()["paypal"]["orders"][payment.provider_ref]["refunded"] == "38.11"
    assert (fresh(payment).refunded_minor, fresh(payment).refunding_minor) == (3_811, 0)
    assert notes_of(payment).count() == 1
    check_books()


def test_a_refund_and_the_providers_message_about_it_at_once(simulator) -> None:
    """What the message leads to must not take our own refund for one made elsewhere."""
    payment = by_paypal(simulator)
    refund = ask(payment, Money(1_000, "EUR"))
    acts = [lambda: send_refund(refund.pk), lambda: sync_reversals(payment.pk)]
    at_once(4, lambda number: acts[number % 2]())
    sync_reversals(payment.pk)
    assert not payment.refunds.filter(is_external=True).exists()
    assert fresh(payment).refunded_minor == 1_000
    check_books()


def test_a_refund_made_elsewhere_that_many_see_is_recorded_once() -> None:
    payment = pay_by_transfer(make_order())
    at_once(8, lambda _: note_refunded(payment_id=payment.pk, total=Money(9_000, "XAF")))
    assert Refund.objects.get(payment=payment).amount_minor == fresh(payment).refunded_minor == 9_000
    check_books()


def test_a_refund_and_a_dispute_of_the_same_money(simulator) -> None:
    payment, admin = by_paypal(simulator), make_admin()
    simulator.open_dispute(payment.transaction_ref)
    state = DisputeState(
        dispute_ref=simulator.open_dispute(payment.transaction_ref), status=DisputeStatus.OPEN, amount=payment.received
    )

    def act(number: int) -> Any:
        return note_dispute(payment_id=payment.pk, state=state) if number else ask(payment, actor=admin)

    results = at_once(2, act)
    assert isinstance(results[1], Dispute), results
    after = fresh(payment)
    assert after.refunding_minor + after.refunded_minor <= 3_811
    assert isinstance(results[0], Conflict) or results[0].status == "created"
    check_books()


def test_credit_notes_of_many_refunds_at_once_have_no_gap() -> None:
    payments = [pay_by_transfer(make_order()) for _ in range(6)]
    before = Invoice.objects.filter(series="A").count()
    at_once(6, lambda number: note_refunded(payment_id=payments[number].pk, total=Money(1_000 + number, "XAF")))
    assert Invoice.objects.filter(series="A").count() == before + 6
    check_books()


def test_two_admins_agree_at_once_and_one_of_them_counts(settings) -> None:
    settings.REFUND_SECOND_APPROVER_ABOVE = {}
    refund, admins = ask(pay_by_transfer(make_order())), [make_admin() for _ in range(4)]
    results = at_once(4, lambda number: approve_refund(refund=refund, admin=admins[number]))
    assert len([one for one in results if isinstance(one, Refund)]) == 1
    assert {type(one) for one in results} == {Refund, Conflict}


def test_money_in_review_is_decided_about_once(simulator) -> None:
    payment, admins = paid_twice(simulator), [make_admin() for _ in range(6)]
    decisions = ["credit", "refund", "dismiss"] * 2

    def act(number: int) -> Payment:
        return settle_review(payment=payment, decision=decisions[number], admin=admins[number], comment="ok")

    results = at_once(6, act)
    assert len([one for one in results if isinstance(one, Payment)]) == 1, results
    check_books()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker_that_is_killed_gives_the_money_back_once(simulator, database_name, when) -> None:
    payment = by_paypal(simulator)
    refund = ask(payment)
    environment = {
        **os.environ,
        "DATABASE_URL": on_database(os.environ["DATABASE_URL"], database_name),
        "APP_DATABASE_URL": on_database(os.environ["APP_DATABASE_URL"], database_name),
    }
    ended = subprocess.run(
        [sys.executable, "-m", "tests.killed_refund", str(refund.pk), when, simulator.url],
        env=environment, cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    assert ended.returncode == -9, ended.stderr[-2000:]
    refund.refresh_from_db()
    assert (refund.status, fresh(payment).refunding_minor) == ("created", 3_811)
    assert refund.started_at is not None
    Refund.objects.filter(pk=refund.pk).update(next_check_at=timezone.now())
    assert claim_due_refunds() == [refund.pk]
    assert send_refund(refund.pk).status == "succeeded"
    assert simulator.state()["paypal"]["orders"][payment.provider_ref]["refunded"] == "38.11"
    check_books()


def test_no_transaction_is_open_while_a_provider_is_asked(simulator, monkeypatch) -> None:
    from django.db import connection

    from billing import gateways

    payment = by_momo(simulator)
    provider = type(gateways.gateway("mtn_momo", payment.provider_base_url))
    original, seen = provider.refund, []

    def refund(self: Any, *args: Any, **kwargs: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(provider, "refund", refund)
    assert send_refund(ask(payment).pk).status == "succeeded"
    assert seen == [False]


def test_a_refund_that_is_let_go_twice_frees_its_money_once(settings) -> None:
    settings.REFUND_SECOND_APPROVER_ABOVE = {}
    payment = pay_by_transfer(make_order())
    refund = ask(payment)

    def act(_: int) -> bool:
        with transaction.atomic():
            order = type(payment.order).objects.select_for_update().get(pk=payment.order_id)
            return refund_steps.let_go(refund=refund, order=order, to="rejected", failure="")

    assert sorted(at_once(4, act)) == [False, False, False, True]
    assert fresh(payment).refunding_minor == 0
