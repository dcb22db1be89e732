"""The MTN client against the simulator: requests to pay, statuses, refunds, faults.

Failure cases (docs/failure-cases.md): Case 11.
"""

from __future__ import annotations

import json
import logging
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import UUID, uuid4, uuid5

import pytest
import requests

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    Flow,
    InvalidSignature,
    Outcome,
    ProviderRefused,
    ProviderUnavailable,
    Reversals,
)
from billing.providers.momo import MomoProvider, _code_of
from billing.providers.texts import plain_message
from billing.tests.providers.support import IMPATIENT, AttemptMaker, Listener, MomoMaker, started
from tests.simulators.payments.runner import SimulatorHandle


def settled(provider: MomoProvider, attempt: Attempt, seconds: float = 3) -> tuple[Outcome, str]:
    """Outcome and reason, once it is no longer pending."""
    deadline = time.monotonic() + seconds
    state = provider.fetch(attempt)
    while state.outcome is Outcome.PENDING and time.monotonic() < deadline:
        time.sleep(0.05)
        state = provider.fetch(attempt)
    return state.outcome, state.reason


def test_from_request_to_money(momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker) -> None:
    attempt = started(momo, make_attempt())
    assert attempt.provider_ref == str(attempt.idempotency_key)
    assert momo.fetch(attempt).outcome is Outcome.PENDING

    page = requests.get(f"{simulator.url}/phone/{attempt.phone}", timeout=5).text
    assert "25\u202f000\u00a0FCFA" in page
    requests.post(
        f"{simulator.url}/phone/{attempt.phone}",
        data={"reference": attempt.provider_ref, "action": "approve", "pin": "12345"},
        timeout=5,
    )
    state = momo.fetch(attempt)
    assert state.outcome is Outcome.SUCCEEDED
    assert state.amount == Money(25_000, "XAF")
    assert state.account == momo.account == "mtncameroon"
    assert state.reference == momo.reference_for(attempt) == str(attempt.id)
    assert state.transaction_ref.isdigit()
    assert momo.capture(attempt) == state
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "25000"}


def test_the_phone_may_refuse(momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker) -> None:
    attempt = started(momo, make_attempt())
    url = f"{simulator.url}/phone/{attempt.phone}"
    wrong = requests.post(
        url, data={"reference": attempt.provider_ref, "action": "approve", "pin": "1"}, timeout=5
    ).text
    assert "Le code PIN compte 4 ou 5 chiffres" in wrong
    assert momo.fetch(attempt).outcome is Outcome.PENDING
    requests.post(url, data={"reference": attempt.provider_ref, "action": "refuse"}, timeout=5)
    state = momo.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.FAILED, reasons.DECLINED_BY_PAYER)


def test_a_repeated_start_is_one_request(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt = make_attempt()
    with ThreadPoolExecutor(10) as pool:
        references = set(pool.map(lambda _: momo.start(attempt).provider_ref, range(10)))
    assert references == set(simulator.state()["momo"]["requests"]) == {str(attempt.idempotency_key)}


@pytest.mark.parametrize(
    ("ending", "outcome", "reason"),
    [
        ("50", Outcome.FAILED, reasons.INSUFFICIENT_FUNDS),
        ("51", Outcome.FAILED, reasons.DECLINED_BY_PAYER),
        ("52", Outcome.FAILED, reasons.APPROVAL_EXPIRED),
        ("54", Outcome.SUCCEEDED, ""),
        ("55", Outcome.FAILED, reasons.PAYER_NOT_FOUND),
        ("58", Outcome.FAILED, reasons.MISCONFIGURED),
        ("59", Outcome.FAILED, reasons.MISCONFIGURED),
        ("60", Outcome.FAILED, reasons.MISCONFIGURED),
        ("61", Outcome.FAILED, reasons.INSUFFICIENT_FUNDS),
        ("63", Outcome.FAILED, reasons.APPROVAL_EXPIRED),
        ("99", Outcome.SUCCEEDED, ""),
    ],
)
@pytest.mark.parametrize(("environment", "currency"), [("mtncameroon", "XAF"), ("sandbox", "EUR")])
def test_sandbox_numbers(
    make_momo: MomoMaker,
    make_attempt: AttemptMaker,
    environment: str,
    currency: str,
    ending: str,
    outcome: Outcome,
    reason: str,
) -> None:
    momo = make_momo(target_environment=environment, currency=currency)
    attempt = started(momo, make_attempt(phone=f"467331234{ending}", charge=Money(2500, currency)))
    assert settled(momo, attempt) == (outcome, reason)


def test_sandbox_numbers_that_wait(momo: MomoProvider, make_attempt: AttemptMaker) -> None:
    ongoing = started(momo, make_attempt(phone="46733123453"))
    delayed = started(momo, make_attempt(phone="46733123454"))
    state = momo.fetch(delayed)
    assert (state.outcome, state.reason) == (Outcome.PENDING, "")
    time.sleep(0.6)
    assert momo.fetch(delayed).outcome is Outcome.SUCCEEDED
    assert momo.fetch(ongoing).outcome is Outcome.PENDING


@pytest.mark.parametrize("status", ["FAILED", "REJECTED", "TIMEOUT", "EXPIRED", "CREATED", "ONGOING", "PENDING"])
def test_every_status(momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker, status: str) -> None:
    attempt = started(momo, make_attempt())
    simulator.decide_momo(attempt.provider_ref, status)
    state = momo.fetch(attempt)
    failed = status in ("FAILED", "REJECTED", "TIMEOUT", "EXPIRED")
    assert state.outcome is (Outcome.FAILED if failed else Outcome.PENDING)
    assert bool(state.reason) is failed
    simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL")  # too late is still money
    assert momo.fetch(attempt).outcome is Outcome.SUCCEEDED


def test_a_reason_is_text_or_an_object() -> None:
    assert _code_of("payer_limit_reached") == "PAYER_LIMIT_REACHED"
    assert _code_of({"code": "EXPIRED", "message": "..."}) == "EXPIRED"
    assert _code_of(None) == _code_of([]) == _code_of({"code": {}}) == ""


def test_an_unknown_status_is_pending_and_loud(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    attempt = started(momo, make_attempt())
    simulator.fault("momo", "get_request", "unknown_status")
    state = momo.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.UNKNOWN)
    assert [record.levelname for record in caplog.records if record.message == "unknown MTN status"] == ["ERROR"]


@pytest.mark.parametrize(
    ("kind", "amount"),
    [
        ("wrong_amount", Money(24_999, "XAF")),
        ("wrong_currency", Money(2_500_000, "EUR")),
        ("padded_amount", Money(25_000, "XAF")),
    ],
)
def test_what_mtn_says_is_what_is_told(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker, kind: str, amount: Money
) -> None:
    attempt = started(momo, make_attempt())
    simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL")
    simulator.fault("momo", "get_request", kind)
    state = momo.fetch(attempt)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, amount)
    simulator.fault("momo", "get_request", "wrong_reference")
    assert momo.fetch(attempt).reference != momo.reference_for(attempt)


def test_an_apostrophe_does_not_break_a_payment(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt = started(momo, make_attempt(description="Paiement d'abonnement : « Évènements » n° 1, cœur & âme " * 9))
    assert attempt.provider_ref in simulator.state()["momo"]["requests"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Paiement d'abonnement", "Paiement d abonnement"),
        ("Éléphant d’œuvre, ça va : 25\u202f000 F", "Elephant d oeuvre ca va 25 000 F"),
        ("日本 <b>", "b"),
        ("", ""),
    ],
)
def test_plain_messages(text: str, expected: str) -> None:
    assert plain_message(text) == expected
    long = plain_message(text * 500)
    assert len(long) <= 160
    assert re.fullmatch(r"[A-Za-z0-9 .-]*", long)


def test_a_number_that_cannot_pay(momo: MomoProvider, simulator: SimulatorHandle) -> None:
    assert momo.check_active("237670000001") is True
    simulator.set_momo_account("237670000001", active=False)
    assert momo.check_active("237670000001") is False
    assert momo.check_active("../balance") is False
    simulator.fault("momo", "active", "http_503")
    with pytest.raises(ProviderUnavailable):
        momo.check_active("237670000002")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"charge": Money(2500, "XOF")}, reasons.NOT_TAKEN),
        ({"charge": Money(0, "XAF")}, reasons.MISCONFIGURED),
        ({"phone": "+237670000001"}, reasons.PAYER_NOT_FOUND),
        ({"phone": ""}, reasons.PAYER_NOT_FOUND),
        ({"idempotency_key": uuid5(UUID(int=1), "x")}, reasons.MISCONFIGURED),
    ],
)
def test_what_mtn_would_refuse_is_not_sent(
    momo: MomoProvider,
    simulator: SimulatorHandle,
    make_attempt: AttemptMaker,
    changes: dict[str, object],
    reason: str,
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        momo.start(make_attempt(**changes))
    assert refused.value.reason == reason
    assert simulator.state()["calls"] == {}


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("http_500", {}, ProviderUnavailable),
        ("http_503", {}, ProviderUnavailable),
        ("http_429", {}, ProviderUnavailable),
        ("issue", {"issue": "INVALID_CALLBACK_URL_HOST"}, ProviderUnavailable),
        ("issue", {"issue": "PAYER_NOT_FOUND", "status": 400}, ProviderRefused),
        ("issue", {"issue": "VALIDATION_ERROR", "status": 400}, ProviderRefused),
        ("html", {"status": 403}, ProviderRefused),
        ("html", {"status": 502}, ProviderUnavailable),
    ],
)
def test_answers_to_a_request(
    momo: MomoProvider,
    simulator: SimulatorHandle,
    make_attempt: AttemptMaker,
    kind: str,
    options: dict[str, object],
    expected: type[Exception],
) -> None:
    simulator.fault("momo", "request_to_pay", kind, **options)
    with pytest.raises(expected) as trouble:
        momo.start(make_attempt())
    assert trouble.type is expected
    if options.get("issue") == "INVALID_CALLBACK_URL_HOST":
        assert trouble.value.reason == reasons.MISCONFIGURED  # pending, but an operator can see why


@pytest.mark.parametrize("kind", ["http_500", "http_503", "http_429", "html", "truncated", "http_500_after"])
def test_a_provider_in_trouble_decides_nothing(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker, kind: str
) -> None:
    attempt = started(momo, make_attempt())
    simulator.fault("momo", "get_request", kind)
    with pytest.raises(ProviderUnavailable):
        momo.fetch(attempt)
    simulator.fault("momo", "get_request", "html", status=403)
    with pytest.raises(ProviderUnavailable) as unknown:
        momo.fetch(attempt)
    assert unknown.value.reason == reasons.MISCONFIGURED
    assert momo.fetch(attempt).outcome is Outcome.PENDING


def test_a_request_that_never_landed(
    make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt, momo = make_attempt(), make_momo()
    simulator.fault("momo", "request_to_pay", "timeout_before", seconds=1)
    with pytest.raises(ProviderUnavailable):
        make_momo(**IMPATIENT).start(attempt)
    assert momo.fetch(attempt).outcome is Outcome.NOT_FOUND
    momo.start(attempt)
    assert momo.fetch(attempt).outcome is Outcome.PENDING


def test_a_time_out_after_the_charge(
    make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt, momo = make_attempt(phone="46733123499"), make_momo()
    simulator.fault("momo", "request_to_pay", "timeout_after", seconds=1)
    with pytest.raises(ProviderUnavailable):
        make_momo(**IMPATIENT).start(attempt)
    assert settled(momo, attempt)[0] is Outcome.SUCCEEDED  # found by its key, without an answer
    momo.start(attempt)
    assert simulator.state()["charged_by_reference"] == {str(attempt.id): "25000"}


def test_a_hundred_threads_ask_for_one_token(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    simulator.fault("momo", "token", "slow", seconds=0.3)
    attempt = make_attempt()
    with ThreadPoolExecutor(100) as pool:
        outcomes = set(pool.map(lambda _: momo.fetch(attempt).outcome, range(100)))
    assert outcomes == {Outcome.NOT_FOUND}
    assert simulator.calls("momo.token") == 1


def test_a_token_that_ended_early_is_renewed_once(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt = started(momo, make_attempt())
    simulator.fault("momo", "get_request", "token_401")
    assert momo.fetch(attempt).outcome is Outcome.PENDING
    assert simulator.calls("momo.token") == 2


def test_401_for_ever_ends(momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker) -> None:
    attempt = started(momo, make_attempt())
    for operation in ("get_request", "request_to_pay"):  # while the token call goes well
        simulator.fault("momo", operation, "token_401", times=100)
    before = sum(simulator.state()["calls"].values())
    with pytest.raises(ProviderUnavailable):
        momo.fetch(attempt)
    with pytest.raises(ProviderRefused):
        momo.start(make_attempt())
    assert sum(simulator.state()["calls"].values()) - before == 6


def test_wrong_keys(make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker) -> None:
    for wrong in (make_momo(api_key="wrong"), make_momo(subscription_key="wrong")):
        with pytest.raises(ProviderRefused):
            wrong.start(make_attempt())
        with pytest.raises(ProviderUnavailable):
            wrong.fetch(make_attempt())
        with pytest.raises(ProviderRefused):
            wrong.check_health()
    with pytest.raises(ProviderUnavailable):  # MTN says this with a 500
        make_momo(target_environment="mtnnowhere").start(make_attempt())
    assert simulator.calls("momo.request_to_pay") == 0


def test_health(momo: MomoProvider, simulator: SimulatorHandle) -> None:
    momo.check_health()
    assert simulator.calls("momo.balance") == 1
    simulator.fault("momo", "balance", "http_503")
    with pytest.raises(ProviderUnavailable):
        momo.check_health()


def test_capabilities(momo: MomoProvider) -> None:
    assert momo.capabilities.flow is Flow.PUSH
    assert momo.capabilities.currencies == {"XAF"}
    assert momo.capabilities.needs_phone


def test_callbacks_are_sent_only_where_asked(
    make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker, listener: Listener
) -> None:
    attempt = make_attempt(callback_url=listener.url)
    quiet = started(make_momo(), attempt)
    assert simulator.state()["momo"]["requests"][quiet.provider_ref]["callback_url"] == ""

    momo = make_momo(callback_enabled=True)
    attempt = started(momo, make_attempt(callback_url=listener.url))
    simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL")
    (message,) = listener.wait_for(1)
    assert message.method == "PUT"
    ref = momo.verify_webhook(headers=message.headers, body=message.body)
    assert (ref.attempt_id, ref.provider_ref, ref.event_type) == (attempt.id, "", "requesttopay.successful")
    assert len(ref.event_id) == 64

    simulator.set_momo_callback_host("baobab.example")
    with pytest.raises(ProviderUnavailable):
        momo.start(make_attempt(callback_url=listener.url))


def test_a_forged_callback_changes_nothing(
    make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker, listener: Listener
) -> None:
    momo = make_momo(callback_enabled=True)
    attempt = started(momo, make_attempt(callback_url=listener.url))
    simulator.send_webhooks("momo", ref=attempt.provider_ref, forged=True)
    (message,) = listener.wait_for(1)
    assert json.loads(message.body)["status"] == "SUCCESSFUL"
    assert momo.verify_webhook(headers=message.headers, body=message.body).attempt_id == attempt.id
    assert momo.fetch(attempt).outcome is Outcome.PENDING


def test_what_a_callback_may_hold(momo: MomoProvider) -> None:
    reference = uuid4()
    body = json.dumps({"referenceId": str(reference), "status": {"a": 1}, "externalId": "42; DROP"}).encode()
    ref = momo.verify_webhook(headers={}, body=body)
    assert (ref.provider_ref, ref.attempt_id, ref.event_type) == (str(reference), None, "requesttopay.unknown")
    assert momo.verify_webhook(headers={"X-Reference-Id": str(reference)}, body=b"{}").provider_ref == str(reference)
    for nonsense in (b"", b"[]", b"<xml/>", b"{" + b" " * 300_000 + b"}"):
        with pytest.raises(InvalidSignature):
            momo.verify_webhook(headers={}, body=nonsense)


def test_refunds(
    momo: MomoProvider, make_momo: MomoMaker, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt, key = started(momo, make_attempt()), uuid4()
    simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL")
    state = momo.refund(attempt, transaction_ref="1", amount=Money(10_000, "XAF"), key=key)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, Money(10_000, "XAF"))
    assert momo.refund(attempt, transaction_ref="1", amount=Money(10_000, "XAF"), key=key) == state
    too_much = momo.refund(attempt, transaction_ref="1", amount=Money(15_001, "XAF"), key=uuid4())
    assert too_much.outcome is Outcome.FAILED
    assert simulator.state()["momo"]["requests"][attempt.provider_ref]["refunded"] == "10000"
    simulator.fault("momo", "get_refund", "http_503")
    doubtful = momo.refund(attempt, transaction_ref="1", amount=Money(15_000, "XAF"), key=uuid4())
    assert doubtful.outcome is Outcome.PENDING
    with pytest.raises(ProviderRefused):
        make_momo(disbursement_subscription_key="").refund(
            attempt, transaction_ref="1", amount=Money(1, "XAF"), key=uuid4()
        )


def test_a_pending_refund_may_fail(momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker) -> None:
    attempt, key = started(momo, make_attempt()), uuid4()
    simulator.decide_momo(attempt.provider_ref, "SUCCESSFUL")
    assert momo.fetch_refund(attempt, refund_ref="", key=key).outcome is Outcome.NOT_FOUND
    simulator.fault("momo", "refund", "capture_status", status="PENDING")
    pending = momo.refund(attempt, transaction_ref="1", amount=Money(10_000, "XAF"), key=key)
    assert (pending.outcome, pending.refund_ref) == (Outcome.PENDING, str(key))
    simulator.settle_refund("momo", str(key), "FAILED", "PAYEE_LIMIT_REACHED")
    failed = momo.fetch_refund(attempt, refund_ref="", key=key)  # found by its key alone
    assert (failed.outcome, failed.reason) == (Outcome.FAILED, reasons.LIMIT_REACHED)
    assert simulator.state()["momo"]["requests"][attempt.provider_ref]["refunded"] == "0"


def test_a_refund_that_mtn_accepted_and_does_not_show_yet_is_pending(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    attempt, key = started(momo, make_attempt()), uuid4()
    simulator.fault("momo", "get_refund", "issue", issue="RESOURCE_NOT_FOUND", status=404)
    assert momo.refund(attempt, transaction_ref="1", amount=Money(1, "XAF"), key=key).outcome is Outcome.PENDING
    for kind in ("http_503", "html", "truncated"):
        simulator.fault("momo", "get_refund", kind)
        with pytest.raises(ProviderUnavailable):
            momo.fetch_refund(attempt, refund_ref=str(key), key=key)


def test_mtn_says_nothing_of_reversals(momo: MomoProvider, make_attempt: AttemptMaker) -> None:
    assert momo.fetch_reversals(make_attempt(), transaction_ref="1") == Reversals(refunded=None, disputes=())


def test_logs_hold_no_secret_and_no_number(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    attempt = started(momo, make_attempt())
    momo.check_active(attempt.phone)
    simulator.fault("momo", "request_to_pay", "issue", issue="VALIDATION_ERROR", status=400)
    with pytest.raises(ProviderRefused):
        momo.start(make_attempt())
    assert caplog.records
    text = "\n".join(str(vars(record)) for record in caplog.records)
    for secret in ("demo-api-key", "demo-collection-key", "Bearer", "Basic", attempt.phone):
        assert secret not in text
    assert "237***01" in text
    assert "demo-api-key" not in repr(momo.config)


def test_an_answer_cannot_pass_for_another_attempt(
    momo: MomoProvider, simulator: SimulatorHandle, make_attempt: AttemptMaker
) -> None:
    first, second = started(momo, make_attempt()), make_attempt()
    simulator.decide_momo(first.provider_ref, "SUCCESSFUL")
    stolen = replace(second, provider_ref=first.provider_ref)
    assert momo.fetch(stolen).reference != momo.reference_for(stolen)
