"""The nightly questions: money that came after all is honoured, money taken back is recorded, and a killed run goes on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings
from django.utils import timezone

from baobab import celery_settings
from billing import tasks
from billing.models import Order, Payment, ReconciliationFinding, ReconciliationRun, ReconciliationTally, Refund
from billing.services import reconciliation
from billing.services.payments import start_payment
from billing.services.reconciliation import reconcile
from billing.services.resolve import resolve_payment
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
PHONE = "237670123456"


@pytest.fixture(autouse=True)
def _at_full_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "PER_SECOND", 10_000)


def tonight(hour: int = 3) -> datetime:
    """An hour of the morning of tomorrow, where the platform is."""
    here = timezone.localtime(timezone.now(), ZoneInfo(settings.TIME_ZONE)) + timedelta(days=1)
    return here.replace(hour=hour, minute=0)


def run_all() -> ReconciliationRun:
    while reconcile(now=tonight()):
        pass
    return ReconciliationRun.objects.get()


def given_up(simulator: Any, status: str = "expired") -> Payment:
    """A request to a phone that we no longer follow."""
    payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE)
    Payment.objects.filter(pk=payment.pk).update(status=status, next_check_at=None)
    payment.refresh_from_db()
    return payment


def paid(simulator: Any) -> Payment:
    payment = start_payment(order_id=make_order().pk, method="paypal")
    simulator.approve_paypal(payment.provider_ref)
    return resolve_payment(payment.pk)


def counts(method: str) -> dict[str, int]:
    names = ("asked", "agreed", "late_successes", "reversals", "disagreements", "unreachable")
    tally = ReconciliationTally.objects.get(method__name=method)
    return {name: getattr(tally, name) for name in names if getattr(tally, name)}


class TestFindings:
    @pytest.mark.parametrize("status", ["failed", "expired", "cancelled"])
    def test_money_that_came_after_all_pays_its_order(self, simulator, status) -> None:
        payment = given_up(simulator, status)
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        run = run_all()
        payment.refresh_from_db()
        assert (payment.status, payment.is_late) == ("succeeded", True)
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID
        finding = ReconciliationFinding.objects.get()
        assert (finding.kind, finding.before, finding.after) == ("late_success", status, "succeeded")
        assert run.stage == "done"
        assert run.finished_at

    def test_what_stays_unpaid_is_agreed_upon(self, simulator) -> None:
        given_up(simulator)
        run_all()
        assert counts("mtn_momo") == {"asked": 1, "agreed": 1}
        assert not ReconciliationFinding.objects.exists()

    def test_a_phone_that_rang_without_our_hearing_of_it_is_asked_about(self, simulator) -> None:
        simulator.fault("momo", "request_to_pay", "timeout_after", times=1, seconds=2)
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE)
        assert payment.provider_ref == ""
        simulator.decide_momo(str(payment.idempotency_key), "SUCCESSFUL")
        Payment.objects.filter(pk=payment.pk).update(status="expired", next_check_at=None)
        run_all()
        payment.refresh_from_db()
        assert payment.status == "succeeded"

    def test_a_refund_made_at_the_provider_is_recorded(self, simulator) -> None:
        payment = paid(simulator)
        simulator.refund_outside(payment.transaction_ref, "5.00")
        run_all()
        assert Refund.objects.get(payment=payment).is_external
        assert counts("paypal") == {"asked": 1, "reversals": 1}
        assert ReconciliationFinding.objects.get().kind == "reversal"

    def test_a_provider_that_says_another_amount_than_it_said_is_a_persons_matter(self, simulator) -> None:
        payment = paid(simulator)
        simulator.fault("paypal", "get_order", "wrong_amount", times=10)
        run_all()
        assert counts("paypal") == {"asked": 1, "disagreements": 1}
        finding = ReconciliationFinding.objects.get()
        assert (finding.payment_id, finding.kind, finding.reason) == (payment.pk, "disagreement", "amount_mismatch")

    def test_a_provider_that_is_away_is_counted_and_nothing_changes(self, simulator) -> None:
        payment = given_up(simulator)
        simulator.fault("momo", "*", "http_503", times=50)
        run_all()
        assert counts("mtn_momo") == {"asked": 1, "unreachable": 1}
        payment.refresh_from_db()
        assert payment.status == "expired"

    def test_transfers_and_what_is_long_ago_are_left_alone(self, simulator) -> None:
        transfer = start_payment(order_id=make_order().pk, method="bank_transfer")
        Payment.objects.filter(pk=transfer.pk).update(status="expired")
        old = given_up(simulator)
        Payment.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=8))
        run_all()
        assert not ReconciliationTally.objects.exists()


class TestRuns:
    def test_there_is_one_a_night_and_none_before_its_hour(self, simulator) -> None:
        assert reconcile(now=tonight(hour=1)) is False
        assert not ReconciliationRun.objects.exists()
        for _ in range(3):
            reconcile(now=tonight())
        assert ReconciliationRun.objects.count() == 1

    def test_one_that_was_killed_goes_on_where_it_was(self, simulator, monkeypatch) -> None:
        payments = [given_up(simulator) for _ in range(4)]
        for payment in payments:
            simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        real, asked = reconciliation.ask_about, []

        def killed_at_the_third(payment: Payment) -> Any:
            asked.append(payment.pk)
            if len(asked) == 3:
                raise KeyboardInterrupt
            return real(payment)

        monkeypatch.setattr(reconciliation, "ask_about", killed_at_the_third)
        with pytest.raises(KeyboardInterrupt):
            reconcile(now=tonight())
        assert reconcile(now=tonight()) is False, "it is still held by the worker that died"
        ReconciliationRun.objects.update(held_until=timezone.now() - timedelta(seconds=1))
        assert reconcile(now=tonight()) is False
        assert asked == sorted([*(payment.pk for payment in payments), asked[2]])
        assert Payment.objects.filter(pk__in=asked, status="succeeded").count() == 4
        assert counts("mtn_momo")["late_successes"] == 4
        assert ReconciliationRun.objects.get().stage == "done"

    def test_a_long_night_is_worked_off_in_slices(self, simulator, monkeypatch) -> None:
        for _ in range(3):
            given_up(simulator)
        monkeypatch.setattr(reconciliation, "SLICE", timedelta(0))
        slices = [reconcile(now=tonight()) for _ in range(4)]
        assert slices == [True, True, True, False]
        assert counts("mtn_momo") == {"asked": 3, "agreed": 3}

    def test_a_worker_that_was_away_for_too_long_writes_nothing_more(self, simulator, monkeypatch) -> None:
        given_up(simulator)
        real = reconciliation.ask_about

        def slow(payment: Payment) -> Any:
            ReconciliationRun.objects.update(held_until=timezone.now() + timedelta(minutes=4))  # by somebody else
            return real(payment)

        monkeypatch.setattr(reconciliation, "ask_about", slow)
        assert reconcile(now=tonight()) is False
        assert not ReconciliationTally.objects.exists()
        assert ReconciliationRun.objects.get().stage == "closed"

    def test_questions_keep_a_distance(self, simulator, monkeypatch) -> None:
        pauses: list[float] = []
        monkeypatch.setattr(reconciliation, "PER_SECOND", 0.5)
        monkeypatch.setattr(reconciliation.time, "sleep", pauses.append)
        for _ in range(2):
            given_up(simulator)
        run_all()
        assert len(pauses) == 2
        assert all(0 < pause <= 2 for pause in pauses)

    def test_old_ones_are_deleted(self) -> None:
        today = timezone.localdate()
        for days in (401, 399):
            ReconciliationRun.objects.create(night=today - timedelta(days=days))
        assert tasks.delete_old_reconciliations.run() == 1

    def test_beat_starts_it(self) -> None:
        entries: list[dict[str, Any]] = list(celery_settings.beat_schedule.values())
        assert {tasks.reconcile.name, tasks.delete_old_reconciliations.name} <= {entry["task"] for entry in entries}
