"""The Stripe client against the simulator: sessions, test keys, refunds, disputes, webhooks."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    DisputeStatus,
    EventKind,
    Flow,
    InvalidSignature,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reversals,
)
from billing.providers.stripe import LiveKeyRefused, StripeConfig, StripeProvider
from billing.tests.providers.support import AttemptMaker, Listener, started
from tests.simulators.payments.runner import SimulatorHandle


@pytest.fixture
def euros(make_attempt: AttemptMaker) -> Attempt:
    return make_attempt(charge=Money(3811, "EUR"))


@pytest.fixture
def paid(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt) -> Attempt:
    attempt = started(stripe, euros)
    simulator.decide("stripe", attempt.provider_ref, action="pay")
    return attempt


def test_from_session_to_money(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    start = stripe.start(euros)
    assert start.redirect_url == f"{simulator.url}/pay/stripe/{start.provider_ref}"
    attempt = replace(euros, provider_ref=start.provider_ref)
    assert (stripe.fetch(attempt).outcome, stripe.fetch(attempt).transaction_ref) == (Outcome.PENDING, "")

    page = requests.get(start.redirect_url, timeout=5).text
    for text in ("Payer avec Stripe", "38,11\u00a0€", "Abonnement Pro, un mois"):
        assert text in page
    declined = requests.post(start.redirect_url, data={"action": "refuse"}, timeout=5).text
    assert "La carte a été refusée" in declined
    assert stripe.fetch(attempt).outcome is Outcome.PENDING  # another card may follow
    back = requests.post(start.redirect_url, data={"action": "pay"}, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == attempt.return_url
    assert "Ce paiement est terminé" in requests.get(start.redirect_url, timeout=5).text

    state = stripe.fetch(attempt)
    assert (state.outcome, state.amount, state.reason) == (Outcome.SUCCEEDED, Money(3811, "EUR"), "")
    assert state.account == stripe.account == "test"
    assert state.reference == stripe.reference_for(attempt) == str(attempt.id)
    assert state.transaction_ref.startswith("pi_")
    assert state.fee == Money(111, "EUR")  # 2.9 %
    assert stripe.capabilities.flow is Flow.REDIRECT


def test_the_payer_may_go_back(stripe: StripeProvider, euros: Attempt) -> None:
    start = stripe.start(euros)
    back = requests.post(start.redirect_url, data={"action": "cancel"}, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == euros.cancel_url
    assert stripe.fetch(replace(euros, provider_ref=start.provider_ref)).outcome is Outcome.PENDING


@pytest.mark.parametrize("key", ["sk_live_0123", "rk_live_0123"])
def test_a_live_key_needs_a_word(key: str) -> None:
    with pytest.raises(LiveKeyRefused) as refused:
        StripeConfig(secret_key=key)
    assert key not in str(refused.value)
    assert "allow_live" in str(refused.value)
    live = StripeProvider(StripeConfig(secret_key=key, allow_live=True))
    assert live.account == "live"


@pytest.mark.parametrize("key", ["", "pk_test_0123", "0123", "sk_test", " sk_test_0123"])
def test_what_is_no_secret_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a secret key") as refused:
        StripeConfig(secret_key=key, allow_live=True)
    assert "0123" not in str(refused.value)


def test_test_money_does_not_pass_for_real_money(
    stripe: StripeProvider, simulator: SimulatorHandle, paid: Attempt
) -> None:
    simulator.fault("stripe", "get_session", "wrong_account")  # livemode turned round
    assert stripe.fetch(paid).account == "live" != stripe.account


@pytest.mark.parametrize(
    ("decision", "outcome", "reason"),
    [
        ({"action": "expire"}, Outcome.FAILED, reasons.APPROVAL_EXPIRED),
        ({"action": "delay", "intent_status": "processing"}, Outcome.PENDING, reasons.BEING_REVIEWED),
        ({"action": "delay", "intent_status": "requires_payment_method"}, Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
        ({"action": "delay", "intent_status": "canceled"}, Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
        ({"action": "delay", "intent_status": "something_new"}, Outcome.PENDING, reasons.BEING_REVIEWED),
    ],
)
def test_ends_without_money(
    stripe: StripeProvider,
    simulator: SimulatorHandle,
    euros: Attempt,
    decision: dict[str, str],
    outcome: Outcome,
    reason: str,
) -> None:
    attempt = started(stripe, euros)
    simulator.decide("stripe", attempt.provider_ref, **decision)
    state = stripe.fetch(attempt)
    assert (state.outcome, state.reason) == (outcome, reason)


def test_sessions_stripe_does_not_know(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    assert stripe.fetch(euros).outcome is Outcome.NOT_FOUND
    assert simulator.state()["calls"] == {}
    for ref in ("cs_test_unknown", "../../v1/balance"):
        assert stripe.fetch(replace(euros, provider_ref=ref)).outcome is Outcome.NOT_FOUND


def test_a_lost_session_is_found_by_its_key(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    simulator.fault("stripe", "create_session", "http_500_after")
    with pytest.raises(ProviderUnavailable):
        stripe.start(euros)
    (session_id,) = simulator.tenants()["stripe"]
    later = replace(euros, started_at=datetime(2026, 11, 21, tzinfo=UTC))
    assert stripe.start(later).provider_ref == session_id


def test_a_key_that_came_with_something_else_is_no_failure(stripe: StripeProvider, euros: Attempt) -> None:
    stripe.start(euros)
    with pytest.raises(ProviderUnavailable) as clash:
        stripe.start(replace(euros, charge=Money(3812, "EUR")))
    assert clash.value.reason == reasons.BEING_REVIEWED


@pytest.mark.parametrize(
    ("issue", "status", "expected"),
    [
        ("parameter_missing", 400, ProviderRefused),
        ("amount_too_small", 400, ProviderRefused),
        ("", 403, ProviderRefused),
        ("lock_timeout", 409, ProviderUnavailable),
        ("idempotency_key_in_use", 409, ProviderUnavailable),
        ("rate_limit", 429, ProviderUnavailable),
    ],
)
def test_answers_to_a_start(
    stripe: StripeProvider,
    simulator: SimulatorHandle,
    euros: Attempt,
    issue: str,
    status: int,
    expected: type[Exception],
) -> None:
    simulator.fault("stripe", "create_session", "issue", issue=issue, status=status)
    with pytest.raises(expected) as trouble:
        stripe.start(euros)
    assert trouble.type is expected


def test_a_page_elsewhere_is_refused(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    """As when the answer, or who stands between, has been tampered with."""
    other = replace(stripe.config, base_url=stripe.config.base_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ProviderRefused) as refused:
        StripeProvider(other).start(euros)
    assert refused.value.reason == reasons.MISCONFIGURED


def test_the_library_tells_stripe_and_the_log_nothing_of_its_own(
    stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt, caplog: pytest.LogCaptureFixture
) -> None:
    """Left alone it logs URLs and bodies, and sends the platform and a fingerprint of this machine."""
    caplog.set_level(logging.DEBUG)
    stripe.fetch(started(stripe, euros))
    assert {record.name for record in caplog.records if "stripe" in record.name} == set()
    names = {name for names in simulator.state()["header_names"].values() for name in names}
    assert {name for name in names if "stripe" in name} == {"stripe-version"}
    assert "idempotency-key" in names


def test_refunds_in_parts(stripe: StripeProvider, simulator: SimulatorHandle, paid: Attempt) -> None:
    payment, key = stripe.fetch(paid).transaction_ref, uuid4()
    first = stripe.refund(paid, transaction_ref=payment, amount=Money(1000, "EUR"), key=key)
    assert (first.outcome, first.amount) == (Outcome.SUCCEEDED, Money(1000, "EUR"))
    assert stripe.refund(paid, transaction_ref=payment, amount=Money(1000, "EUR"), key=key) == first
    assert stripe.fetch_refund(paid, refund_ref=first.refund_ref, key=key) == first
    assert stripe.fetch_refund(paid, refund_ref="", key=key) == first  # by the key that it carries
    for ref in ("", "re_unknown"):
        assert stripe.fetch_refund(paid, refund_ref=ref, key=uuid4()).outcome is Outcome.NOT_FOUND
    with pytest.raises(ProviderRefused) as too_much:
        stripe.refund(paid, transaction_ref=payment, amount=Money(2812, "EUR"), key=uuid4())
    assert too_much.value.reason == reasons.AMOUNT_MISMATCH
    stripe.refund(paid, transaction_ref=payment, amount=Money(2811, "EUR"), key=uuid4())
    assert stripe.fetch_reversals(paid, transaction_ref=payment) == Reversals(refunded=Money(3811, "EUR"))
    with pytest.raises(ProviderRefused):
        stripe.refund(paid, transaction_ref=payment, amount=Money(1, "EUR"), key=uuid4())
    state = stripe.fetch(paid)
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.BEING_REVIEWED)  # opens nothing any more


def test_a_refund_is_made_once_even_when_stripe_has_forgotten_its_key(
    stripe: StripeProvider, simulator: SimulatorHandle, paid: Attempt
) -> None:
    payment, key = stripe.fetch(paid).transaction_ref, uuid4()
    simulator.fault("stripe", "refund", "http_500_after")
    with pytest.raises(ProviderUnavailable):
        stripe.refund(paid, transaction_ref=payment, amount=Money(1000, "EUR"), key=key)
    calls = simulator.calls("stripe.refund")
    stripe.refund(paid, transaction_ref=payment, amount=Money(1000, "EUR"), key=key)
    assert simulator.calls("stripe.refund") == calls  # it was found, and not asked for again
    assert len(simulator.tenants()["stripe_refunds"]) == 1


def test_a_pending_refund_may_fail(stripe: StripeProvider, simulator: SimulatorHandle, paid: Attempt) -> None:
    payment, key = stripe.fetch(paid).transaction_ref, uuid4()
    simulator.fault("stripe", "refund", "capture_status", status="pending")
    pending = stripe.refund(paid, transaction_ref=payment, amount=Money(1000, "EUR"), key=key)
    assert pending.outcome is Outcome.PENDING
    simulator.settle_refund("stripe", pending.refund_ref, "failed")
    assert stripe.fetch_refund(paid, refund_ref=pending.refund_ref, key=key).outcome is Outcome.FAILED
    assert stripe.fetch_reversals(paid, transaction_ref=payment).refunded == Money(0, "EUR")


@pytest.mark.parametrize(
    ("ended", "status"),
    [
        ("lost", DisputeStatus.LOST),
        ("won", DisputeStatus.WON),
        ("warning_closed", DisputeStatus.WON),
        ("prevented", DisputeStatus.WON),
        ("something_new", DisputeStatus.OPEN),
    ],
)
def test_disputes(
    stripe: StripeProvider, simulator: SimulatorHandle, paid: Attempt, ended: str, status: DisputeStatus
) -> None:
    payment = stripe.fetch(paid).transaction_ref
    simulator.stripe_dispute(payment, "needs_response")
    (opened,) = stripe.fetch_reversals(paid, transaction_ref=payment).disputes
    assert (opened.status, opened.amount, opened.reason) == (DisputeStatus.OPEN, Money(3811, "EUR"), "fraudulent")
    assert stripe.fetch(paid).reason == reasons.BEING_REVIEWED
    with pytest.raises(ProviderRefused) as refused:
        stripe.refund(paid, transaction_ref=payment, amount=Money(1, "EUR"), key=uuid4())
    assert refused.value.reason == reasons.BEING_REVIEWED
    simulator.stripe_dispute(payment, ended)
    (closed,) = stripe.fetch_reversals(paid, transaction_ref=payment).disputes
    assert closed.status is status


def test_webhooks(stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt, listener: Listener) -> None:
    simulator.set_webhook("stripe", listener.url)
    attempt = started(stripe, euros)
    simulator.decide("stripe", attempt.provider_ref, action="pay")
    payment = stripe.fetch(attempt).transaction_ref
    refund_ref = simulator.stripe_refund_outside(payment, 100)
    simulator.settle_refund("stripe", refund_ref, "failed")
    simulator.stripe_dispute(payment, "needs_response")
    refs = {
        ref.event_type: ref
        for message in listener.wait_for(4)
        for ref in [stripe.verify_webhook(headers=message.headers, body=message.body)]
    }
    done = refs["checkout.session.completed"]
    assert (done.kind, done.provider_ref, done.transaction_ref) == (EventKind.PAYMENT, attempt.provider_ref, payment)
    assert refs["charge.refunded"].kind is refs["refund.failed"].kind is EventKind.REFUND
    assert refs["charge.dispute.created"].kind is EventKind.DISPUTE
    assert {ref.transaction_ref for ref in refs.values()} == {payment}
    assert {refs[name].attempt_id for name in ("checkout.session.completed", "charge.refunded")} == {attempt.id}
    assert len({ref.event_id for ref in refs.values()}) == 4


def test_forged_old_and_changed_webhooks(
    stripe: StripeProvider, simulator: SimulatorHandle, euros: Attempt, listener: Listener
) -> None:
    simulator.set_webhook("stripe", listener.url)
    attempt = started(stripe, euros)
    for options in ({}, {"forged": True}, {"age": 400}):
        simulator.tell("stripe", attempt.provider_ref, "checkout.session.completed", **options)
    genuine, forged, old = listener.wait_for(3)
    assert stripe.verify_webhook(headers=genuine.headers, body=genuine.body).attempt_id == attempt.id
    for message, body in ((forged, forged.body), (old, old.body), (genuine, genuine.body + b" ")):
        with pytest.raises(InvalidSignature):
            stripe.verify_webhook(headers=message.headers, body=body)
    came_at = datetime.now(UTC) - timedelta(seconds=350)  # it was stored then, and is looked at now
    assert stripe.verify_webhook(headers=old.headers, body=old.body, received_at=came_at).attempt_id == attempt.id
    deaf = StripeProvider(replace(stripe.config, webhook_secret=""))
    with pytest.raises(InvalidSignature):
        deaf.verify_webhook(headers=genuine.headers, body=genuine.body)
