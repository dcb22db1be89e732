"""What PayPal gives back or takes back: refunds of all kinds, disputes, and the webhooks that tell of them."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    DisputeStatus,
    EventKind,
    EventRef,
    Outcome,
    ProviderUnavailable,
    RefundState,
)
from billing.providers.paypal import PayPalProvider
from billing.providers.paypal_reading import refunded_of
from billing.tests.providers.support import Listener, started
from tests.simulators.payments.runner import SimulatorHandle


@pytest.fixture
def paid(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> Attempt:
    """An attempt of 38,11 € that was approved and captured."""
    attempt = started(paypal, euros)
    simulator.approve_paypal(attempt.provider_ref)
    assert paypal.capture(attempt).outcome is Outcome.SUCCEEDED
    return attempt


@pytest.fixture
def capture_id(paypal: PayPalProvider, paid: Attempt) -> str:
    return paypal.fetch(paid).transaction_ref


def test_a_refund_is_read_back(paypal: PayPalProvider, paid: Attempt, capture_id: str) -> None:
    key = uuid4()
    made = paypal.refund(paid, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    assert made.refund_ref
    assert paypal.fetch_refund(paid, refund_ref=made.refund_ref, key=key) == made
    assert made == RefundState(Outcome.SUCCEEDED, made.refund_ref, Money(1000, "EUR"))


def test_a_refund_whose_answer_was_lost_is_found_by_its_key(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str
) -> None:
    key = uuid4()
    simulator.fault("paypal", "refund", "http_500_after")
    with pytest.raises(ProviderUnavailable):
        paypal.refund(paid, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    assert paypal.fetch_refund(paid, refund_ref="", key=key).outcome is Outcome.NOT_FOUND
    assert paypal.fetch_refund(paid, refund_ref="UNKNOWN", key=key).outcome is Outcome.NOT_FOUND
    found = paypal.refund(paid, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    assert found.outcome is Outcome.SUCCEEDED
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(1000, "EUR")


def test_a_pending_refund_may_fail_and_then_nothing_was_given_back(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str
) -> None:
    simulator.fault("paypal", "refund", "capture_status", status="PENDING")
    key = uuid4()
    pending = paypal.refund(paid, transaction_ref=capture_id, amount=Money(3811, "EUR"), key=key)
    assert pending.outcome is Outcome.PENDING
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(0, "EUR")
    simulator.settle_refund("paypal", pending.refund_ref, "FAILED")
    failed = paypal.fetch_refund(paid, refund_ref=pending.refund_ref, key=key)
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, reasons.UNKNOWN)
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(0, "EUR")
    assert paypal.fetch(paid).outcome is Outcome.SUCCEEDED


def test_refunds_made_at_paypals_own_site_are_seen(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str
) -> None:
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(0, "EUR")
    paypal.refund(paid, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=uuid4())
    simulator.refund_outside(capture_id, "5.50")
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(1550, "EUR")
    simulator.refund_outside(capture_id)
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).refunded == Money(3811, "EUR")


def test_an_order_that_paypal_has_forgotten_leaves_the_capture(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str
) -> None:
    """Its status says nothing, everything, or that the sum cannot be said."""
    forgotten = replace(paid, provider_ref="")
    assert paypal.fetch_reversals(forgotten, transaction_ref=capture_id).refunded == Money(0, "EUR")
    simulator.refund_outside(capture_id, "1.00")
    assert paypal.fetch_reversals(forgotten, transaction_ref=capture_id).refunded is None
    simulator.refund_outside(capture_id)
    assert paypal.fetch_reversals(forgotten, transaction_ref=capture_id).refunded == Money(3811, "EUR")
    assert paypal.fetch_reversals(forgotten, transaction_ref="UNKNOWN").refunded is None


@pytest.mark.parametrize(
    "refund",
    [
        {"status": "COMPLETED", "amount": {"value": "1.00", "currency_code": "USD"}},
        {"status": "COMPLETED", "amount": {"value": "1.001", "currency_code": "EUR"}},
        {"status": "COMPLETED"},
    ],
)
def test_a_sum_that_cannot_be_told_to_the_unit_is_not_told(refund: dict[str, object]) -> None:
    capture = {"id": "C", "status": "PARTIALLY_REFUNDED", "amount": {"value": "38.11", "currency_code": "EUR"}}
    assert refunded_of(capture, [refund]) is None


@pytest.mark.parametrize(
    ("outcome", "status"),
    [
        ("RESOLVED_BUYER_FAVOUR", DisputeStatus.LOST),
        ("ACCEPTED", DisputeStatus.LOST),
        ("RESOLVED_SELLER_FAVOUR", DisputeStatus.WON),
        ("RESOLVED_WITH_PAYOUT", DisputeStatus.WON),
        ("CANCELED_BY_BUYER", DisputeStatus.WON),
        ("DENIED", DisputeStatus.WON),
        ("SOMETHING_NEW", DisputeStatus.OPEN),  # and an operator is told
    ],
)
def test_a_dispute_is_opened_and_decided(
    paypal: PayPalProvider,
    simulator: SimulatorHandle,
    paid: Attempt,
    capture_id: str,
    caplog: pytest.LogCaptureFixture,
    outcome: str,
    status: DisputeStatus,
) -> None:
    assert paypal.fetch_reversals(paid, transaction_ref=capture_id).disputes == ()
    dispute_ref = simulator.open_dispute(capture_id)
    (opened,) = paypal.fetch_reversals(paid, transaction_ref=capture_id).disputes
    assert (opened.dispute_ref, opened.status) == (dispute_ref, DisputeStatus.OPEN)
    assert (opened.amount, opened.reason) == (Money(3811, "EUR"), "MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    simulator.end_dispute(dispute_ref, outcome)
    (ended,) = paypal.fetch_reversals(paid, transaction_ref=capture_id).disputes
    assert (ended.status, ended.amount) == (status, Money(3811, "EUR"))
    errors = [record for record in caplog.records if record.message == "unknown dispute"]
    assert bool(errors) is (outcome == "SOMETHING_NEW")


def test_a_dispute_about_a_part(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str
) -> None:
    part = {"value": "10.00", "currency_code": "EUR"}
    simulator.end_dispute(simulator.open_dispute(capture_id, amount=part), "RESOLVED_BUYER_FAVOUR")
    reversals = paypal.fetch_reversals(paid, transaction_ref=capture_id)
    assert [dispute.amount for dispute in reversals.disputes] == [Money(1000, "EUR")]
    assert reversals.refunded == Money(0, "EUR")  # what a dispute took is no refund


@pytest.mark.parametrize("operation", ["get_order", "disputes", "get_dispute"])
@pytest.mark.parametrize("kind", ["http_503", "html", "truncated", "token_401"])
def test_a_question_without_an_answer_says_nothing_of_reversals(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str, operation: str, kind: str
) -> None:
    simulator.end_dispute(simulator.open_dispute(capture_id), "DENIED")
    simulator.fault("paypal", operation, kind, times=2)
    with pytest.raises(ProviderUnavailable):
        paypal.fetch_reversals(paid, transaction_ref=capture_id)


def heard(paypal: PayPalProvider, listener: Listener, count: int) -> list[EventRef]:
    """The last messages, as verified."""
    messages = listener.wait_for(count)
    return [paypal.verify_webhook(headers=message.headers, body=message.body) for message in messages]


def test_webhooks_of_refunds_and_disputes_lead_to_the_payment(
    paypal: PayPalProvider, simulator: SimulatorHandle, paid: Attempt, capture_id: str, listener: Listener
) -> None:
    simulator.set_webhook("paypal", listener.url)
    simulator.refund_outside(capture_id, "1.00")
    (refund,) = heard(paypal, listener, 1)
    assert (refund.event_type, refund.kind) == ("PAYMENT.CAPTURE.REFUNDED", EventKind.REFUND)
    assert refund.transaction_ref == capture_id
    assert refund.attempt_id == paid.id
    dispute_ref = simulator.open_dispute(capture_id)
    simulator.end_dispute(dispute_ref, "DENIED")
    for dispute in heard(paypal, listener, 3)[1:]:
        assert dispute.event_type.startswith("CUSTOMER.DISPUTE.")
        assert dispute.kind is EventKind.DISPUTE
        assert (dispute.transaction_ref, dispute.attempt_id) == (capture_id, paid.id)
    simulator.send_webhooks("paypal", order=paid.provider_ref, event_type="PAYMENT.CAPTURE.REVERSED")
    reversed_one = heard(paypal, listener, 4)[-1]
    assert (reversed_one.kind, reversed_one.transaction_ref) == (EventKind.REFUND, capture_id)
    simulator.send_webhooks("paypal", order=paid.provider_ref, event_type="PAYMENT.CAPTURE.COMPLETED")
    captured = heard(paypal, listener, 5)[-1]
    assert (captured.kind, captured.transaction_ref) == (EventKind.PAYMENT, capture_id)
    assert captured.provider_ref == paid.provider_ref
