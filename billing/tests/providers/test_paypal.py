"""The PayPal client against the simulator: orders, captures, refunds, faults."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
import requests

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Attempt, Flow, Outcome, ProviderRefused, ProviderUnavailable
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.tests.providers.support import IMPATIENT, AttemptMaker, started
from tests.simulators.payments.runner import SimulatorHandle


def paid(provider: PayPalProvider, simulator: SimulatorHandle, attempt: Attempt) -> Attempt:
    """The attempt, approved by the payer and captured."""
    attempt = started(provider, attempt)
    simulator.approve_paypal(attempt.provider_ref)
    assert provider.capture(attempt).outcome is Outcome.SUCCEEDED
    return attempt


def test_from_order_to_money(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    start = paypal.start(euros)
    assert start.redirect_url == f"{simulator.url}/checkoutnow?token={start.provider_ref}"
    attempt = replace(euros, provider_ref=start.provider_ref)
    waiting = paypal.fetch(attempt)
    assert (waiting.outcome, waiting.reason, waiting.awaiting_capture) == (Outcome.PENDING, "", False)

    page = requests.post(
        f"{simulator.url}/checkoutnow",
        data={"token": start.provider_ref, "action": "pay"},
        allow_redirects=False,
        timeout=5,
    )
    back = f"http://localhost:8000/orders/42/return/?from=paypal&token={start.provider_ref}&PayerID=SIMPAYER00001"
    assert page.headers["Location"] == back
    approved = paypal.fetch(attempt)
    assert (approved.outcome, approved.reason, approved.awaiting_capture) == (Outcome.PENDING, "", True)

    state = paypal.capture(attempt)
    assert state.outcome is Outcome.SUCCEEDED
    assert state.amount == Money(3811, "EUR")
    assert state.account == paypal.account == "DEMOMERCHANT1"
    assert state.reference == paypal.reference_for(attempt) == str(attempt.id)
    assert state.provider_ref == attempt.provider_ref
    assert state.transaction_ref
    assert state.fee == Money(165, "EUR")  # 3.4 % and 0.35 €
    assert state.awaiting_capture is False
    assert paypal.fetch(attempt) == state


def test_the_payer_may_cancel(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    attempt = started(paypal, euros)
    page = requests.post(
        f"{simulator.url}/checkoutnow", data={"token": attempt.provider_ref}, allow_redirects=False, timeout=5
    )
    assert page.headers["Location"] == f"{attempt.cancel_url}?token={attempt.provider_ref}"
    assert paypal.fetch(attempt).outcome is Outcome.PENDING


def test_a_repeated_start_is_one_order(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    with ThreadPoolExecutor(8) as pool:
        starts = set(pool.map(lambda _: paypal.start(euros).provider_ref, range(8)))
    assert len(starts) == len(simulator.state()["paypal"]["orders"]) == 1
    simulator.approve_paypal(starts.pop())
    assert paypal.start(euros).redirect_url == ""  # nothing left to do for the payer


@pytest.mark.parametrize(("locale", "expected"), [("fr", "fr-FR"), ("en", "en-US"), ("en-gb", "en-US"), ("", "fr-FR")])
def test_the_page_speaks_the_payers_language(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt, locale: str, expected: str
) -> None:
    attempt = started(paypal, replace(euros, locale=locale))
    assert simulator.state()["paypal"]["orders"][attempt.provider_ref]["locale"] == expected


def test_captures_at_once_take_the_money_once(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.approve_paypal(attempt.provider_ref)
    with ThreadPoolExecutor(20) as pool:
        states = list(pool.map(lambda _: paypal.capture(attempt), range(20)))
    assert {state.outcome for state in states} == {Outcome.SUCCEEDED}
    assert len({state.transaction_ref for state in states}) == 1
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "38.11"}


def test_already_captured_is_success(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    """As after six hours, when PayPal has forgotten the key."""
    attempt = paid(paypal, simulator, euros)
    simulator.fault("paypal", "capture", "issue", issue="ORDER_ALREADY_CAPTURED")
    state = paypal.capture(attempt)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, Money(3811, "EUR"))


def test_not_approved_is_pending(paypal: PayPalProvider, euros: Attempt) -> None:
    assert paypal.capture(started(paypal, euros)).outcome is Outcome.PENDING


@pytest.mark.parametrize(
    ("issue", "outcome", "reason"),
    [
        ("PAYER_ACTION_REQUIRED", Outcome.PENDING, ""),
        ("ORDER_COMPLETION_IN_PROGRESS", Outcome.PENDING, ""),
        ("INSTRUMENT_DECLINED", Outcome.PENDING, reasons.INSTRUMENT_DECLINED),
        ("MAX_NUMBER_OF_PAYMENT_ATTEMPTS_EXCEEDED", Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
        ("COMPLIANCE_VIOLATION", Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
        ("PAYEE_BLOCKED_TRANSACTION", Outcome.FAILED, reasons.MISCONFIGURED),
    ],
)
def test_refused_captures(
    paypal: PayPalProvider,
    simulator: SimulatorHandle,
    euros: Attempt,
    issue: str,
    outcome: Outcome,
    reason: str,
) -> None:
    attempt = started(paypal, euros)
    simulator.approve_paypal(attempt.provider_ref)
    simulator.fault("paypal", "capture", "issue", issue=issue)
    state = paypal.capture(attempt)
    assert (state.outcome, state.reason) == (outcome, reason)
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "0"}


def test_an_unknown_refusal_of_a_capture_decides_nothing(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.fault("paypal", "capture", "issue", issue="SOMETHING_ELSE")
    with pytest.raises(ProviderUnavailable):
        paypal.capture(attempt)


@pytest.mark.parametrize(
    ("status", "outcome", "reason"),
    [
        ("PENDING", Outcome.PENDING, reasons.BEING_REVIEWED),
        ("DECLINED", Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
        ("FAILED", Outcome.FAILED, reasons.INSTRUMENT_DECLINED),
    ],
)
def test_a_completed_order_is_not_yet_paid(
    paypal: PayPalProvider,
    simulator: SimulatorHandle,
    euros: Attempt,
    status: str,
    outcome: Outcome,
    reason: str,
) -> None:
    attempt = started(paypal, euros)
    simulator.approve_paypal(attempt.provider_ref)
    simulator.fault("paypal", "capture", "capture_status", status=status)
    paypal.capture(attempt)
    state = paypal.fetch(attempt)
    assert (state.outcome, state.reason, state.fee) == (outcome, reason, None)
    simulator.settle_paypal_capture(attempt.provider_ref, "COMPLETED")
    assert paypal.fetch(attempt).outcome is Outcome.SUCCEEDED


def test_a_payment_that_was_given_back_opens_nothing(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = paid(paypal, simulator, euros)
    capture_id = paypal.fetch(attempt).transaction_ref
    paypal.refund(attempt, transaction_ref=capture_id, amount=Money(3811, "EUR"), key=uuid4())
    state = paypal.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.BEING_REVIEWED)


def test_orders_paypal_does_not_know(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    assert paypal.fetch(euros).outcome is Outcome.NOT_FOUND
    assert paypal.capture(euros).outcome is Outcome.NOT_FOUND
    assert simulator.state()["calls"] == {}
    lost = replace(euros, provider_ref="../../v1/oauth2/token")
    assert paypal.fetch(lost).outcome is Outcome.NOT_FOUND
    attempt = started(paypal, euros)
    simulator.expire_paypal(attempt.provider_ref)
    assert paypal.fetch(attempt).outcome is Outcome.NOT_FOUND
    assert paypal.capture(attempt).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("wrong_amount", "amount", Money(3810, "EUR")),
        ("wrong_currency", "amount", Money(3811, "USD")),
        ("wrong_account", "account", "SOMEBODYELSE1"),
        ("padded_amount", "amount", Money(3811, "EUR")),
    ],
)
def test_what_paypal_says_is_what_is_told(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt, kind: str, field: str, value: object
) -> None:
    attempt = paid(paypal, simulator, euros)
    simulator.fault("paypal", "get_order", kind)
    state = paypal.fetch(attempt)
    assert state.outcome is Outcome.SUCCEEDED
    assert getattr(state, field) == value


def test_another_reference_and_an_unknown_status(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = paid(paypal, simulator, euros)
    simulator.fault("paypal", "get_order", "wrong_reference")
    assert paypal.fetch(attempt).reference != paypal.reference_for(attempt)
    simulator.fault("paypal", "get_order", "unknown_status")
    state = paypal.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.UNKNOWN)


@pytest.mark.parametrize("kind", ["http_500", "http_503", "http_429", "html", "truncated", "http_500_after"])
def test_a_provider_in_trouble_decides_nothing(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt, kind: str
) -> None:
    simulator.fault("paypal", "create_order", kind)
    with pytest.raises(ProviderUnavailable):
        paypal.start(euros)
    attempt = started(paypal, euros)
    assert len(simulator.state()["paypal"]["orders"]) == 1
    simulator.approve_paypal(attempt.provider_ref)
    simulator.fault("paypal", "capture", kind)
    with pytest.raises(ProviderUnavailable):
        paypal.capture(attempt)
    simulator.fault("paypal", "get_order", kind)
    with pytest.raises(ProviderUnavailable):
        paypal.fetch(attempt)
    assert paypal.capture(attempt).outcome is Outcome.SUCCEEDED
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "38.11"}


def test_a_time_out_after_the_charge(
    paypal: PayPalProvider, paypal_config: PayPalConfig, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.approve_paypal(attempt.provider_ref)
    impatient = PayPalProvider(replace(paypal_config, **IMPATIENT))
    simulator.fault("paypal", "capture", "timeout_after", seconds=1)
    with pytest.raises(ProviderUnavailable):
        impatient.capture(attempt)
    assert paypal.fetch(attempt).outcome is Outcome.SUCCEEDED
    assert paypal.capture(attempt).outcome is Outcome.SUCCEEDED
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "38.11"}


def test_a_time_out_while_creating_is_found_again(
    paypal: PayPalProvider, paypal_config: PayPalConfig, simulator: SimulatorHandle, euros: Attempt
) -> None:
    impatient = PayPalProvider(replace(paypal_config, **IMPATIENT))
    simulator.fault("paypal", "create_order", "timeout_after", seconds=1)
    with pytest.raises(ProviderUnavailable):
        impatient.start(euros)
    (order_id,) = simulator.state()["paypal"]["orders"]
    assert paypal.start(euros).provider_ref == order_id


def test_a_slow_answer_is_an_answer(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    simulator.fault("paypal", "create_order", "slow", seconds=0.5)
    assert paypal.start(euros).provider_ref


def test_a_hundred_threads_ask_for_one_token(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    simulator.fault("paypal", "token", "slow", seconds=0.3)
    attempt = replace(euros, provider_ref="5O190127TN364715T")
    with ThreadPoolExecutor(100) as pool:
        outcomes = set(pool.map(lambda _: paypal.fetch(attempt).outcome, range(100)))
    assert outcomes == {Outcome.NOT_FOUND}
    assert simulator.calls("paypal.token") == 1
    assert simulator.calls("paypal.get_order") == 100


def test_a_token_that_ended_early_is_renewed_once(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    paypal.start(euros)
    simulator.fault("paypal", "create_order", "token_401")
    assert paypal.start(euros).provider_ref
    assert simulator.calls("paypal.token") == 2
    assert simulator.calls("paypal.create_order") == 3


def test_401_for_ever_ends(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    """The package itself called PayPal 1946 times before Python stopped it."""
    attempt = started(paypal, euros)
    for operation in ("get_order", "create_order"):  # while the token call goes well
        simulator.fault("paypal", operation, "token_401", times=100)
    before = sum(simulator.state()["calls"].values())
    with pytest.raises(ProviderUnavailable) as unknown:
        paypal.fetch(attempt)
    assert unknown.value.reason == reasons.MISCONFIGURED
    with pytest.raises(ProviderRefused):
        paypal.start(euros)
    assert sum(simulator.state()["calls"].values()) - before == 6


def test_wrong_credentials(paypal_config: PayPalConfig, simulator: SimulatorHandle, euros: Attempt) -> None:
    wrong = PayPalProvider(replace(paypal_config, client_secret="wrong"))
    with pytest.raises(ProviderRefused) as refused:
        wrong.start(euros)
    assert refused.value.reason == reasons.MISCONFIGURED
    with pytest.raises(ProviderRefused):
        wrong.check_health()
    with pytest.raises(ProviderUnavailable):  # it says nothing of money that may have moved before
        wrong.fetch(replace(euros, provider_ref="5O190127TN364715T"))
    assert simulator.calls("paypal.create_order") == 0


def test_health(paypal: PayPalProvider, simulator: SimulatorHandle) -> None:
    paypal.check_health()
    simulator.fault("paypal", "token", "http_503")
    with pytest.raises(ProviderUnavailable):
        paypal.check_health()


def test_headers_of_a_call_do_not_reach_the_token_call(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    paypal.start(euros)
    names = simulator.state()["header_names"]
    assert "paypal-request-id" in names["paypal.create_order"]
    assert "prefer" in names["paypal.create_order"]
    assert not {"paypal-request-id", "prefer"} & set(names["paypal.token"])
    assert {agent for agents in simulator.state()["user_agents"].values() for agent in agents} == {"Baobab/1.0"}


def test_an_approve_link_elsewhere_is_refused(
    paypal: PayPalProvider, paypal_config: PayPalConfig, euros: Attempt
) -> None:
    order = {"links": [{"rel": "payer-action", "href": "http://127.0.0.1:1/checkoutnow?token=X"}]}
    with pytest.raises(ProviderRefused):
        paypal._approve_url(order)
    real = PayPalProvider(replace(paypal_config, base_url="https://api-m.paypal.com"))
    good = "https://www.paypal.com/checkoutnow?token=X"
    assert real._approve_url({"links": [{"rel": "approve", "href": good}]}) == good
    for bad in (
        "http://www.paypal.com/checkoutnow",
        "https://www.paypal.com.evil.example/",
        "https://evilpaypal.com/",
        "https://user@www.paypal.com/",
        "https://evil.example\\.paypal.com/",
        "https://www.paypal.com:8443/",
        "javascript:alert(1)//.paypal.com",
    ):
        with pytest.raises(ProviderRefused):
            real._approve_url({"links": [{"rel": "approve", "href": bad}]})


def test_only_currencies_paypal_takes(
    paypal: PayPalProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        paypal.start(make_attempt())
    assert refused.value.reason == reasons.NOT_TAKEN
    assert simulator.state()["calls"] == {}
    assert paypal.capabilities.flow is Flow.REDIRECT
    assert paypal.capabilities.minimum["XAF"] == 500


def test_refunds_in_parts(paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt) -> None:
    attempt = paid(paypal, simulator, euros)
    capture_id, key = paypal.fetch(attempt).transaction_ref, uuid4()
    first = paypal.refund(attempt, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    assert (first.outcome, first.amount) == (Outcome.SUCCEEDED, Money(1000, "EUR"))
    assert paypal.refund(attempt, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key) == first
    with pytest.raises(ProviderRefused) as too_much:
        paypal.refund(attempt, transaction_ref=capture_id, amount=Money(2812, "EUR"), key=uuid4())
    assert (too_much.value.reason, too_much.value.detail) == (reasons.AMOUNT_MISMATCH, "REFUND_AMOUNT_EXCEEDED")
    with pytest.raises(ProviderRefused) as currency:
        paypal.refund(attempt, transaction_ref=capture_id, amount=Money(100, "USD"), key=uuid4())
    assert currency.value.reason == reasons.CURRENCY_MISMATCH
    paypal.refund(attempt, transaction_ref=capture_id, amount=Money(2811, "EUR"), key=uuid4())
    assert simulator.state()["paypal"]["orders"][attempt.provider_ref]["refunded"] == "38.11"
    with pytest.raises(ProviderRefused):
        paypal.refund(attempt, transaction_ref=capture_id, amount=Money(1, "EUR"), key=uuid4())
    with pytest.raises(ProviderRefused):
        paypal.refund(attempt, transaction_ref="UNKNOWN", amount=Money(1, "EUR"), key=uuid4())


def test_a_refund_that_timed_out_is_made_once(
    paypal: PayPalProvider, paypal_config: PayPalConfig, simulator: SimulatorHandle, euros: Attempt
) -> None:
    attempt = paid(paypal, simulator, euros)
    capture_id, key = paypal.fetch(attempt).transaction_ref, uuid4()
    impatient = PayPalProvider(replace(paypal_config, **IMPATIENT))
    simulator.fault("paypal", "refund", "timeout_after", seconds=1)
    with pytest.raises(ProviderUnavailable):
        impatient.refund(attempt, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    paypal.refund(attempt, transaction_ref=capture_id, amount=Money(1000, "EUR"), key=key)
    assert simulator.state()["paypal"]["orders"][attempt.provider_ref]["refunded"] == "10.00"


def test_an_invoice_that_was_paid_before_is_not_a_failure(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt
) -> None:
    """Another key for the same attempt: its first order may hold the money."""
    paid(paypal, simulator, euros)
    with pytest.raises(ProviderUnavailable):
        paypal.start(replace(euros, idempotency_key=uuid4()))


def test_logs_hold_no_secret(
    paypal: PayPalProvider, simulator: SimulatorHandle, euros: Attempt, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    paid(paypal, simulator, euros)
    simulator.fault("paypal", "*", "token_401", times=2)
    with pytest.raises(ProviderUnavailable):
        paypal.fetch(replace(euros, provider_ref="5O190127TN364715T"))
    assert caplog.records
    text = "\n".join(str(vars(record)) for record in caplog.records)
    for secret in ("demo-secret", "Bearer", "Basic", "A21AA", "38.11", str(euros.id)):
        assert secret not in text
    assert "demo-secret" not in repr(paypal.config)
