"""Money taken back at the provider's own site: seen, booked once, told to the product, and shown to staff."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.money import Money
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.reversing import ASKED_FOR, DAILY_FOR, DAY, WEEK, first_question, next_question
from tenant_apps.payments.services import watching
from tenant_apps.payments.services.notices import look_at_notice
from tenant_apps.payments.services.refunds import send_refund
from tenant_apps.payments.services.reversals import sync_reversals
from tenant_apps.payments.tests.support import FakePayee, owner
from tenant_apps.payments.tests.test_pages import text_of
from tenant_apps.payments.tests.test_refunds import ask, paid
from tests.simulators.payments import settings as simulated
from tests.support.tenants import Browser

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
R, Origin = Refund.Status, Refund.Origin
PART = Money(10_000, "XAF")


def give_back_outside(payment: Payment, simulator: Any, part: str = "") -> None:
    """The seller gives money back on the provider's own pages."""
    if payment.method == "stripe":
        simulator.stripe_refund_outside(payment.transaction_ref, int(part) if part else None)
    elif payment.method == "paypal":
        simulator.refund_outside(payment.transaction_ref, part)
    else:
        when = datetime.now(UTC).isoformat()
        simulator.decide("wave", payment.provider_ref, action="change", fields={"when_refunded": when})


@pytest.mark.parametrize("name", ["stripe", "paypal", "wave"])
def test_what_was_given_back_there_is_booked_once_and_told(name: str, payee: FakePayee, simulator: Any) -> None:
    payment = paid(name, payee, simulator)
    assert sync_reversals(payment.pk) == 0
    give_back_outside(payment, simulator)
    assert sync_reversals(payment.pk) == 1
    assert sync_reversals(payment.pk) == 0
    refund = Refund.objects.get()
    assert (refund.origin, refund.status, refund.amount) == (Origin.PROVIDER, R.SUCCEEDED, payment.received)
    assert payee.gave == [(refund.pk, payment.amount)]
    payment.refresh_from_db()
    assert (payment.refunded_minor, payment.refunding_minor) == (payment.received_minor, 0)
    assert AuditLog.objects.filter(action="refund.external", resource_id=str(payment.pk)).count() == 1


def test_parts_there_and_here_add_up(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    send_refund(ask(payment, PART).pk)
    assert sync_reversals(payment.pk) == 0, "ours is known"
    give_back_outside(payment, simulator, "4000")
    give_back_outside(payment, simulator, "1000")
    assert sync_reversals(payment.pk) == 1
    given = Refund.objects.get(origin=Origin.PROVIDER)
    assert given.amount == Money(5_000, "XAF")
    assert [amount.minor for _, amount in payee.gave] == [10_000, 5_000]


def test_a_refund_that_waits_to_be_sent_by_hand_is_the_one_that_was_made_there(
    payee: FakePayee, simulator: Any
) -> None:
    payment = paid("stripe", payee, simulator)
    waiting = ask(payment, PART, by_hand=True)
    give_back_outside(payment, simulator, "10000")
    assert sync_reversals(payment.pk) == 1
    waiting.refresh_from_db()
    assert (waiting.status, waiting.reason) == (R.SUCCEEDED, "Article abîmé")
    assert Refund.objects.count() == 1


def test_what_only_waits_gives_way_to_what_has_happened(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    waiting = ask(payment, PART)  # no worker has begun it
    give_back_outside(payment, simulator)
    sync_reversals(payment.pk)
    waiting.refresh_from_db()
    assert (waiting.status, waiting.failure) == (R.FAILED, "external")
    assert send_refund(waiting.pk).status == R.FAILED
    assert simulator.calls("stripe.create_refund") == 0
    assert payee.gave == [(Refund.objects.get(origin=Origin.PROVIDER).pk, payment.amount)]


def test_the_payer_is_written_to_unless_the_product_does(payee: FakePayee, simulator: Any) -> None:
    payee.tells = False
    payment = paid("stripe", payee, simulator)
    give_back_outside(payment, simulator)
    sync_reversals(payment.pk)
    sync_reversals(payment.pk)
    mail = Delivery.objects.get(template="customer_payment_refunded")
    assert mail.recipient == "awa@example.org"


def test_a_dispute_holds_the_money_and_staff_are_told_once(
    tenant: Any, tenant_client: Any, payee: FakePayee, simulator: Any
) -> None:
    payment = paid("stripe", payee, simulator)
    simulator.stripe_dispute(payment.transaction_ref, "needs_response")
    for _ in range(2):
        sync_reversals(payment.pk)
    refund = Refund.objects.get()
    assert (refund.origin, refund.status, payee.gave) == (Origin.DISPUTE, R.PENDING, [])
    payment.refresh_from_db()
    with pytest.raises(Conflict) as refused:
        ask(payment, PART)
    assert refused.value.code == "over_refund"
    assert send_refund(refund.pk).status == R.PENDING, "it is not ours to send"
    mail = Delivery.objects.get(template="customer_payment_disputed")
    assert mail.recipient == owner().email
    tenant_client.cookies["django_language"] = "en"
    assert "1 payment is disputed" in text_of(tenant_client.get("/staff/payments/"))
    assert payment.subject_number in text_of(tenant_client.get("/staff/payments/?status=disputed"))
    assert "Disputed: answer at the provider" in text_of(tenant_client.get(f"/staff/payments/{payment.pk}/"))


@pytest.mark.parametrize(("end", "status", "gone"), [("lost", R.SUCCEEDED, 25_000), ("won", R.FAILED, 0)])
def test_a_dispute_ends_once(end: str, status: str, gone: int, payee: FakePayee, simulator: Any) -> None:
    payee.tells = False
    payment = paid("stripe", payee, simulator)
    simulator.stripe_dispute(payment.transaction_ref, "needs_response")
    sync_reversals(payment.pk)
    simulator.stripe_dispute(payment.transaction_ref, end)
    for _ in range(2):
        sync_reversals(payment.pk)
    payment.refresh_from_db()
    assert Refund.objects.get().status == status
    assert (payment.refunded_minor, payment.refunding_minor) == (gone, 0)
    assert sum(amount.minor for _, amount in payee.gave) == gone
    assert not Delivery.objects.filter(template="customer_payment_refunded").exists(), "the payer knows"


def test_a_dispute_that_was_won_before_it_was_seen_is_nothing(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    simulator.stripe_dispute(payment.transaction_ref, "won")
    assert sync_reversals(payment.pk) == 0
    assert not Refund.objects.exists()


def test_a_webhook_of_a_refund_has_the_provider_asked(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    give_back_outside(payment, simulator)
    charge = {"id": "ch_1", "object": "charge", "payment_intent": payment.transaction_ref}
    body = json.dumps({"id": "evt_1", "type": "charge.refunded", "data": {"object": charge}}).encode()
    now = str(int(time.time()))
    key = simulated.STRIPE_WEBHOOK_SECRET.encode()
    mark = hmac.new(key, now.encode() + b"." + body, hashlib.sha256).hexdigest()
    sent = Browser(tenant).post(
        "/hooks/stripe/", data=body, content_type="application/json", HTTP_STRIPE_SIGNATURE=f"t={now},v1={mark}"
    )
    assert sent.status_code == 200
    assert payee.gave == []
    notice = look_at_notice(payment.notices.model.objects.get().pk)
    assert notice.status == "processed"
    assert [amount for _, amount in payee.gave] == [payment.amount]


def test_the_poller_asks_a_day_after_the_money_came(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    assert payment.reversals_check_at is not None
    assert watching.claim_due_reversals() == []
    Payment.objects.filter(pk=payment.pk).update(reversals_check_at=timezone.now())
    assert watching.sweep_taking_money() == 1
    assert watching.poll_here() == 1
    give_back_outside(payment, simulator)
    sync_reversals(payment.pk)
    payment.refresh_from_db()
    assert payment.reversals_check_at > timezone.now() + DAY - timedelta(minutes=1)


def test_a_provider_that_is_away_is_asked_another_day(payee: FakePayee, simulator: Any) -> None:
    payment = paid("stripe", payee, simulator)
    simulator.fault("stripe", "*", "http_503", times=10)
    assert sync_reversals(payment.pk) == 0
    payment.refresh_from_db()
    assert payment.reversals_check_at > timezone.now()


def test_ways_that_cannot_say_are_not_asked(payee: FakePayee, simulator: Any) -> None:
    assert paid("mtn_momo", payee, simulator).reversals_check_at is None


NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "pause"),
    [(DAY, DAY), (DAILY_FOR - DAY, DAY), (DAILY_FOR, WEEK), (ASKED_FOR - DAY, WEEK), (ASKED_FOR, None)],
)
def test_the_questions_become_rarer_and_end(age: timedelta, pause: timedelta | None) -> None:
    expected = None if pause is None else NOW + pause
    assert next_question(succeeded_at=NOW - age, now=NOW) == expected
    assert first_question("cash", now=NOW) is None
