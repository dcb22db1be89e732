"""The Wave client against the simulator: sessions, their end, whole refunds, webhooks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
import requests

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    EventKind,
    Flow,
    InvalidSignature,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reversals,
)
from billing.providers.wave import WaveProvider
from billing.tests.providers.support import Listener, RawServer, started
from tests.simulators.payments.runner import SimulatorHandle


@pytest.fixture
def paid(wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt) -> Attempt:
    attempt = started(wave, francs)
    simulator.decide("wave", attempt.provider_ref, action="pay")
    return attempt


def test_from_session_to_money(wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    start = wave.start(francs)
    attempt = replace(francs, provider_ref=start.provider_ref)
    page = requests.get(start.redirect_url, timeout=5).text
    for text in ("Payer avec Wave", "25\u202f000\u00a0FCFA", "Boutique simulée"):
        assert text in page
    back = requests.post(start.redirect_url, data={"action": "pay"}, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == attempt.return_url
    state = wave.fetch(attempt)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, Money(25_000, "XOF"))
    assert state.reference == wave.reference_for(attempt) == str(attempt.id)
    assert state.transaction_ref.startswith("T_")
    assert wave.capabilities.flow is Flow.REDIRECT


def test_a_refused_payment_may_be_tried_again(wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    start = wave.start(francs)
    attempt = replace(francs, provider_ref=start.provider_ref)
    back = requests.post(start.redirect_url, data={"action": "refuse"}, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == attempt.cancel_url
    assert wave.fetch(attempt).outcome is Outcome.PENDING
    simulator.decide("wave", attempt.provider_ref, action="pay")
    assert wave.fetch(attempt).outcome is Outcome.SUCCEEDED


@pytest.mark.parametrize(
    ("fields", "outcome", "reason"),
    [
        ({"checkout_status": "expired", "payment_status": "cancelled"}, Outcome.FAILED, reasons.APPROVAL_EXPIRED),
        ({"checkout_status": "complete", "payment_status": "cancelled"}, Outcome.FAILED, reasons.CANCELLED),
        ({"checkout_status": "complete", "payment_status": "processing"}, Outcome.PENDING, ""),
        ({"checkout_status": "expired", "payment_status": "processing"}, Outcome.PENDING, ""),
        ({"checkout_status": "expired", "payment_status": "succeeded"}, Outcome.SUCCEEDED, ""),
        ({"checkout_status": "complete", "payment_status": "new"}, Outcome.PENDING, reasons.UNKNOWN),
        ({"checkout_status": "new", "payment_status": "cancelled"}, Outcome.PENDING, reasons.UNKNOWN),
    ],
)
def test_every_end_of_a_session(
    wave: WaveProvider,
    simulator: SimulatorHandle,
    francs: Attempt,
    fields: dict[str, str],
    outcome: Outcome,
    reason: str,
) -> None:
    attempt = started(wave, francs)
    simulator.decide("wave", attempt.provider_ref, action="change", fields=fields)
    state = wave.fetch(attempt)
    assert (state.outcome, state.reason) == (outcome, reason)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("insufficient-funds", reasons.INSUFFICIENT_FUNDS),
        ("blocked-account", reasons.PAYER_INACTIVE),
        ("payer-mobile-mismatch", reasons.DECLINED_BY_PAYER),
        ("kyb-limits-exceeded", reasons.MISCONFIGURED),
        ("something-new", reasons.CANCELLED),
    ],
)
def test_why_a_payment_failed(
    wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt, code: str, reason: str
) -> None:
    attempt = started(wave, francs)
    simulator.decide("wave", attempt.provider_ref, action="fail", code=code, over=True)
    state = wave.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.FAILED, reason)


def test_a_session_whose_id_was_lost_is_found_by_our_reference(
    wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    simulator.fault("wave", "create_session", "http_500_after")
    with pytest.raises(ProviderUnavailable):
        wave.start(francs)
    (session_id,) = simulator.tenants()["wave"]
    assert wave.fetch(francs).provider_ref == session_id
    again = replace(francs, started_at=datetime.now(UTC), idempotency_key=uuid4())  # as when Wave forgot the key
    assert wave.start(again).provider_ref == session_id
    simulator.decide("wave", session_id, action="pay")
    assert wave.fetch(francs).outcome is Outcome.SUCCEEDED
    refunded = wave.refund(francs, transaction_ref="", amount=francs.charge, key=uuid4())
    assert refunded.refund_ref == session_id


def test_sessions_wave_does_not_know(wave: WaveProvider, francs: Attempt) -> None:
    for ref in ("", "cos-unknown", "../../x"):
        assert wave.fetch(replace(francs, provider_ref=ref)).outcome is Outcome.NOT_FOUND
    with pytest.raises(ProviderRefused):
        wave.refund(francs, transaction_ref="", amount=francs.charge, key=uuid4())


def test_a_key_that_came_with_something_else_is_no_failure(wave: WaveProvider, francs: Attempt) -> None:
    wave.start(francs)
    with pytest.raises(ProviderUnavailable) as clash:
        wave.start(replace(francs, charge=Money(1, "XOF")))
    assert clash.value.reason == reasons.BEING_REVIEWED


def test_a_page_elsewhere_is_refused(wave: WaveProvider, francs: Attempt) -> None:
    other = replace(wave.config, base_url=wave.config.base_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ProviderRefused):
        WaveProvider(other).start(francs)


def test_a_session_is_closed_so_that_nobody_pays_it(
    wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    attempt = started(wave, francs)
    assert wave.expire(attempt).outcome is Outcome.FAILED
    assert wave.expire(attempt).outcome is Outcome.FAILED  # it was over already
    simulator.decide("wave", attempt.provider_ref, action="pay")
    assert wave.fetch(attempt).outcome is Outcome.FAILED


def test_a_session_that_was_paid_before_it_could_be_closed_is_paid(wave: WaveProvider, paid: Attempt) -> None:
    assert wave.expire(paid).outcome is Outcome.SUCCEEDED


def test_a_whole_payment_is_given_back_once(wave: WaveProvider, simulator: SimulatorHandle, paid: Attempt) -> None:
    key = uuid4()
    assert wave.fetch_refund(paid, refund_ref="", key=key).outcome is Outcome.NOT_FOUND
    assert wave.fetch_reversals(paid, transaction_ref="") == Reversals(refunded=None)
    with pytest.raises(ProviderRefused) as part:
        wave.refund(paid, transaction_ref="", amount=Money(10_000, "XOF"), key=key)
    assert part.value.reason == reasons.AMOUNT_MISMATCH
    assert simulator.calls("wave.refund") == 0
    done = wave.refund(paid, transaction_ref="", amount=Money(25_000, "XOF"), key=key)
    assert (done.outcome, done.amount) == (Outcome.SUCCEEDED, Money(25_000, "XOF"))
    assert wave.refund(paid, transaction_ref="", amount=Money(25_000, "XOF"), key=key) == done
    assert wave.fetch_refund(paid, refund_ref=done.refund_ref, key=key) == done
    assert wave.fetch_reversals(paid, transaction_ref="") == Reversals(refunded=Money(25_000, "XOF"))
    assert wave.fetch(paid).reason == reasons.BEING_REVIEWED  # opens nothing any more


def test_what_was_not_paid_is_not_given_back(wave: WaveProvider, francs: Attempt) -> None:
    attempt = started(wave, francs)
    with pytest.raises(ProviderRefused) as refused:
        wave.refund(attempt, transaction_ref="", amount=francs.charge, key=uuid4())
    assert refused.value.detail == "checkout-refund-failed"


@pytest.mark.parametrize("error", ['{"code": "disabled-wallet"}', '{"error": {"code": "disabled-wallet"}}'])
def test_waves_two_ways_to_word_a_refusal(
    wave: WaveProvider, raw_server: RawServer, francs: Attempt, error: str
) -> None:
    raw_server.pieces = [b"HTTP/1.1 403 No\r\nContent-Length: %d\r\n\r\n%s" % (len(error), error.encode())]
    with pytest.raises(ProviderRefused) as refused:
        WaveProvider(replace(wave.config, base_url=raw_server.url)).start(francs)
    assert refused.value.detail == "disabled-wallet"


def test_webhooks(wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt, listener: Listener) -> None:
    """Signed with the secret of before and the one of now, as while a secret is being changed."""
    simulator.set_webhook("wave", listener.url)
    attempt = started(wave, francs)
    simulator.decide("wave", attempt.provider_ref, action="pay")
    (message,) = listener.wait_for(1)
    assert message.headers["Wave-Signature"].count("v1=") == 2
    ref = wave.verify_webhook(headers=message.headers, body=message.body)
    assert (ref.event_type, ref.kind) == ("checkout.session.completed", EventKind.PAYMENT)
    assert (ref.provider_ref, ref.attempt_id) == (attempt.provider_ref, attempt.id)
    assert ref.transaction_ref == wave.fetch(attempt).transaction_ref


def test_forged_old_and_changed_webhooks(
    wave: WaveProvider, simulator: SimulatorHandle, francs: Attempt, listener: Listener
) -> None:
    simulator.set_webhook("wave", listener.url)
    attempt = started(wave, francs)
    for options in ({}, {"forged": True}, {"age": 400}):
        simulator.tell("wave", attempt.provider_ref, "checkout.session.payment_failed", **options)
    genuine, forged, old = listener.wait_for(3)
    assert wave.verify_webhook(headers=genuine.headers, body=genuine.body).attempt_id == attempt.id
    for message, body in ((forged, forged.body), (old, old.body), (genuine, genuine.body + b" ")):
        with pytest.raises(InvalidSignature):
            wave.verify_webhook(headers=message.headers, body=body)
    came_at = datetime.now(UTC) - timedelta(seconds=350)
    assert wave.verify_webhook(headers=old.headers, body=old.body, received_at=came_at).attempt_id == attempt.id
