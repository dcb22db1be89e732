"""The Orange client against the simulator: one page per order_id, status, the one notice."""

from __future__ import annotations

import json
from dataclasses import replace
from uuid import UUID, uuid4

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
    Started,
)
from billing.providers.orange_money import OrangeMoneyProvider
from billing.tests.providers.support import AttemptMaker, Listener, started
from tests.simulators.payments.runner import SimulatorHandle


def test_from_page_to_money(orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    start = orange.start(francs)
    attempt = replace(francs, provider_ref=start.provider_ref)
    page = requests.get(start.redirect_url, timeout=5).text
    for text in ("Payer avec Orange Money", "25\u202f000\u00a0FCFA", "Baobab"):
        assert text in page
    simulator.decide("orange", start.provider_ref, status="PENDING")
    assert orange.fetch(attempt).outcome is Outcome.PENDING
    back = requests.post(start.redirect_url, data={"action": "pay"}, allow_redirects=False, timeout=5)
    assert back.headers["Location"] == attempt.return_url
    state = orange.fetch(attempt)
    assert (state.outcome, state.amount, state.account) == (Outcome.SUCCEEDED, Money(25_000, "XOF"), "ci")
    assert state.reference == orange.reference_for(attempt)
    assert state.transaction_ref.startswith("MP")
    assert orange.capabilities.flow is Flow.REDIRECT


@pytest.mark.parametrize(("status", "reason"), [("FAILED", reasons.UNKNOWN), ("EXPIRED", reasons.APPROVAL_EXPIRED)])
def test_ends_without_money(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt, status: str, reason: str
) -> None:
    attempt = started(orange, francs)
    simulator.decide("orange", attempt.provider_ref, status=status)
    state = orange.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.FAILED, reason)


def test_the_reference_fits_and_is_the_attempts_own(orange: OrangeMoneyProvider, make_attempt: AttemptMaker) -> None:
    """Orange takes 30 characters; a UUID has 32."""
    highest = make_attempt(id=UUID(int=2**128 - 1))
    assert len(orange.reference_for(highest)) == 26
    assert orange.reference_for(highest) != orange.reference_for(make_attempt())


def test_an_order_id_that_was_used_is_looked_at_and_not_paid_twice(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    """A repeat is a 403: with a known token it counts as started, and the status says the rest."""
    attempt = started(orange, francs)
    assert orange.start(attempt) == Started(provider_ref=attempt.provider_ref)
    simulator.decide("orange", attempt.provider_ref, status="SUCCESS")
    assert orange.start(attempt).provider_ref == attempt.provider_ref
    assert orange.fetch(attempt).outcome is Outcome.SUCCEEDED


def test_a_lost_page_stays_open_until_it_is_over(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    simulator.fault("orange", "webpayment", "http_500_after")
    for _ in range(2):  # the answer that was lost, then the 403
        with pytest.raises(ProviderUnavailable) as unsure:
            orange.start(francs)
    assert unsure.value.reason == reasons.BEING_REVIEWED
    assert orange.fetch(francs).outcome is Outcome.NOT_FOUND
    assert len(simulator.tenants()["orange"]) == 1


def test_the_sandbox_has_a_currency_of_its_own(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    sandbox = OrangeMoneyProvider(replace(orange.config, country="dev"))
    attempt = started(sandbox, francs)
    (payment,) = simulator.tenants()["orange"].values()
    assert (payment["currency"], payment["amount"]) == ("OUV", 25_000)
    simulator.decide("orange", attempt.provider_ref, status="SUCCESS")
    assert sandbox.fetch(attempt).amount == Money(25_000, "XOF")


def test_an_amount_with_a_fraction_of_nothing_is_the_same_amount(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    attempt = started(orange, francs)
    simulator.fault("orange", "status", "padded_amount")  # 25000.0, a number and not a text
    assert orange.fetch(attempt).amount == Money(25_000, "XOF")


def test_what_orange_would_refuse_is_not_sent(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        orange.start(replace(francs, return_url="http://localhost:8000/" + "x" * 120))
    assert refused.value.reason == reasons.MISCONFIGURED
    assert simulator.state()["calls"] == {}


def test_statuses_of_others_are_not_told(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    attempt = started(orange, francs)
    simulator.decide("orange", attempt.provider_ref, status="SUCCESS")
    cheaper = replace(attempt, charge=Money(24_999, "XOF"))
    other = replace(attempt, id=uuid4())
    unknown = replace(attempt, provider_ref="f5720dd906203c62033ffe64ed756614")
    for stranger in (cheaper, other, unknown):
        assert orange.fetch(stranger).outcome is Outcome.NOT_FOUND


def test_a_page_elsewhere_is_refused(orange: OrangeMoneyProvider, francs: Attempt) -> None:
    other = replace(orange.config, base_url=orange.config.base_url.replace("127.0.0.1", "localhost"))
    with pytest.raises(ProviderRefused):
        OrangeMoneyProvider(other).start(francs)


def test_wrong_keys(orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    wrong = OrangeMoneyProvider(replace(orange.config, client_secret="wrong"))
    with pytest.raises(ProviderRefused) as refused:
        wrong.start(francs)
    assert refused.value.reason == reasons.MISCONFIGURED
    with pytest.raises(ProviderUnavailable):  # it says nothing of money that may have moved before
        wrong.fetch(replace(francs, provider_ref="token"))
    with pytest.raises(ProviderRefused):
        OrangeMoneyProvider(replace(orange.config, merchant_key="wrong")).start(francs)
    assert simulator.tenants()["orange"] == {}


def test_the_notice_shows_the_token_of_its_payment(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt, listener: Listener
) -> None:
    attempt = started(orange, replace(francs, callback_url=listener.url))
    assert attempt.notification_secret
    simulator.decide("orange", attempt.provider_ref, status="SUCCESS")
    (message,) = listener.wait_for(1)
    ref = orange.verify_webhook(headers=message.headers, body=message.body, attempt=attempt)
    assert (ref.event_type, ref.kind) == ("payment.success", EventKind.PAYMENT)
    assert (ref.attempt_id, ref.provider_ref) == (attempt.id, attempt.provider_ref)
    assert ref.transaction_ref == orange.fetch(attempt).transaction_ref


def test_a_notice_with_another_token_is_forged(
    orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt, listener: Listener
) -> None:
    attempt = started(orange, replace(francs, callback_url=listener.url))
    simulator.tell("orange", attempt.provider_ref, forged=True)
    (message,) = listener.wait_for(1)
    assert json.loads(message.body)["status"] == "SUCCESS"
    nameless = replace(attempt, notification_secret="")
    empty = json.dumps({"status": "SUCCESS", "notif_token": ""}).encode()
    for about, body in ((attempt, message.body), (None, message.body), (nameless, message.body), (nameless, empty)):
        with pytest.raises(InvalidSignature):
            orange.verify_webhook(headers=message.headers, body=body, attempt=about)
    assert orange.fetch(attempt).outcome is Outcome.PENDING


def test_people_give_money_back(orange: OrangeMoneyProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    assert not orange.capabilities.refunds
    key = uuid4()
    refund = orange.refund(francs, transaction_ref="", amount=Money(5, "XOF"), key=key)
    assert (refund.outcome, refund.refund_ref) == (Outcome.PENDING, str(key))
    assert orange.fetch_refund(francs, refund_ref="", key=key).outcome is Outcome.PENDING
    assert orange.fetch_reversals(francs, transaction_ref="") == Reversals()
    assert simulator.state()["calls"] == {}
