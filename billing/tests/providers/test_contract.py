"""What holds for every provider, whatever it is called: asked once, believed only when sure, bounded, and silent.

Failure cases (docs/failure-cases.md): Case 12, Case 13, Case 24.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import (
    Attempt,
    InvalidSignature,
    Outcome,
    Provider,
    ProviderError,
    ProviderRefused,
    ProviderUnavailable,
    Reversals,
    Started,
)
from billing.providers.judging import Expected, Judgement, Verdict, judge
from billing.providers.paypal import SIGNATURE_HEADERS, PayPalConfig, PayPalProvider
from billing.tests.providers.rails import BANK, HTTP_RAILS, PHONE, Rail, decided
from billing.tests.providers.support import IMPATIENT, MomoMaker, RawServer, started
from tests.simulators.payments.runner import SimulatorHandle

over_http = pytest.mark.parametrize("rail", HTTP_RAILS, ids=lambda rail: rail.name)
everywhere = pytest.mark.parametrize("rail", [*HTTP_RAILS, BANK], ids=lambda rail: rail.name)
with_token = pytest.mark.parametrize("rail", [rail for rail in HTTP_RAILS if rail.token], ids=lambda rail: rail.name)


def judged(provider: Provider, attempt: Attempt) -> Judgement:
    """What the platform makes of the provider's answer."""
    expected = Expected(attempt.charge, provider.account, provider.reference_for(attempt))
    return judge(expected, provider.fetch(attempt))


def paid(rail: Rail, simulator: SimulatorHandle, provider: Provider) -> Attempt:
    attempt = started(provider, rail.attempt())
    rail.pay(simulator, provider, attempt)
    return decided(rail, attempt)


@everywhere
def test_a_payment_from_start_to_money(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    attempt = started(provider, rail.attempt())
    assert judged(provider, attempt).verdict is Verdict.WAIT
    rail.pay(simulator, provider, attempt)
    attempt = decided(rail, attempt)
    assert judged(provider, attempt) == Judgement(Verdict.SUCCEED)
    assert provider.capture(attempt) == provider.fetch(attempt)


@everywhere
def test_a_start_is_one_request_however_often_it_is_made(rail: Rail, simulator: SimulatorHandle) -> None:
    provider, attempt = rail.make(simulator), rail.attempt()
    first = started(provider, attempt)
    assert started(provider, replace(first)).provider_ref == first.provider_ref
    assert rail.asked(simulator) == 1


@everywhere
def test_starts_at_once_are_one_request(rail: Rail, simulator: SimulatorHandle) -> None:
    """Those that come second get the same reference, or are told that nothing is sure."""
    provider, attempt = rail.make(simulator), rail.attempt()

    def start(_: int) -> Started | ProviderUnavailable:
        try:
            return provider.start(attempt)
        except ProviderUnavailable as error:
            return error

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(start, range(8)))
    references = {result.provider_ref for result in results if isinstance(result, Started)}
    assert len(references) == rail.asked(simulator) == 1


@over_http
@pytest.mark.parametrize(
    "kind", ["timeout_before", "timeout_after", "http_500", "http_500_after", "http_503", "http_429"]
)
def test_a_start_without_an_answer_is_no_failure(rail: Rail, simulator: SimulatorHandle, kind: str) -> None:
    attempt = rail.attempt()
    simulator.fault(rail.name, rail.operations[0], kind, seconds=1)
    with pytest.raises(ProviderUnavailable):
        rail.make(simulator, **IMPATIENT).start(attempt)
    provider = rail.make(simulator)
    assert provider.fetch(attempt).outcome in (Outcome.PENDING, Outcome.NOT_FOUND)
    try:
        provider.start(attempt)
    except ProviderUnavailable:
        assert rail.name == "orange"  # its order_id is used up: see OrangeMoneyProvider.start
    assert rail.asked(simulator) == 1


@over_http
@pytest.mark.parametrize("kind", ["timeout_before", "http_500", "http_503", "http_429", "html", "truncated"])
def test_a_question_without_an_answer_says_nothing(rail: Rail, simulator: SimulatorHandle, kind: str) -> None:
    attempt = paid(rail, simulator, rail.make(simulator))
    simulator.fault(rail.name, rail.operations[1], kind, seconds=1)
    with pytest.raises(ProviderUnavailable):
        rail.make(simulator, **IMPATIENT).fetch(attempt)
    assert rail.make(simulator).fetch(attempt).outcome is Outcome.SUCCEEDED


@over_http
@pytest.mark.parametrize("status", [400, 403, 405, 418])
def test_a_refused_question_says_nothing(rail: Rail, simulator: SimulatorHandle, status: int) -> None:
    provider = rail.make(simulator)
    attempt = paid(rail, simulator, provider)
    simulator.fault(rail.name, rail.operations[1], "html", status=status)
    with pytest.raises(ProviderUnavailable) as unknown:
        provider.fetch(attempt)
    assert unknown.value.reason == reasons.MISCONFIGURED


@over_http
@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("wrong_amount", reasons.AMOUNT_MISMATCH),
        ("wrong_currency", reasons.CURRENCY_MISMATCH),
        ("wrong_reference", reasons.REFERENCE_MISMATCH),
    ],
)
def test_money_that_is_not_what_was_asked_for_is_seen(
    rail: Rail, simulator: SimulatorHandle, kind: str, reason: str
) -> None:
    provider = rail.make(simulator)
    attempt = paid(rail, simulator, provider)
    simulator.fault(rail.name, rail.operations[1], kind)
    assert judged(provider, attempt) == Judgement(Verdict.REVIEW, reason)
    assert judged(provider, attempt) == Judgement(Verdict.SUCCEED)


@over_http
def test_an_unknown_status_is_pending_and_loud(
    rail: Rail, simulator: SimulatorHandle, caplog: pytest.LogCaptureFixture
) -> None:
    provider = rail.make(simulator)
    attempt = paid(rail, simulator, provider)
    simulator.fault(rail.name, rail.operations[1], "unknown_status")
    state = provider.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.PENDING, reasons.UNKNOWN)
    assert [record for record in caplog.records if record.levelname == "ERROR" and "unknown" in record.message]


@everywhere
def test_another_attempts_money_is_not_ours(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    stolen = replace(
        rail.attempt(order_number="BAO-2026-000043"), provider_ref=paid(rail, simulator, provider).provider_ref
    )
    if rail is BANK:
        stolen = replace(decided(rail, rail.attempt()), order_number=stolen.order_number)
    assert judged(provider, stolen).verdict in (Verdict.REVIEW, Verdict.WAIT)


CALLS: dict[str, Callable[[Provider, Attempt], object]] = {
    "start": lambda provider, attempt: provider.start(replace(attempt, provider_ref="")),
    "fetch": lambda provider, attempt: provider.fetch(attempt),
    "capture": lambda provider, attempt: provider.capture(attempt),
    "refund": lambda provider, attempt: provider.refund(
        attempt, transaction_ref="pi_1", amount=attempt.charge, key=uuid4()
    ),
    "fetch_refund": lambda provider, attempt: provider.fetch_refund(attempt, refund_ref="re_1", key=uuid4()),
    "fetch_reversals": lambda provider, attempt: provider.fetch_reversals(attempt, transaction_ref="pi_1"),
    "check_health": lambda provider, _: provider.check_health(),
}
# What asks nobody, because there is nobody to ask.
SILENT = {("momo", "fetch_reversals"), ("moov", "fetch_reversals")} | {
    ("orange", name) for name in ("refund", "fetch_refund", "fetch_reversals")
}


@over_http
@pytest.mark.parametrize("call", CALLS)
def test_every_call_ends_although_the_answer_drips(
    rail: Rail, simulator: SimulatorHandle, raw_server: RawServer, call: str
) -> None:
    """Each byte comes in time, the whole answer does not."""
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", *([b" "] * 200)]
    raw_server.pause = 0.1  # 20 s in all
    provider = rail.make(simulator, base_url=raw_server.url, connect_timeout=0.3, read_timeout=0.3)
    attempt, begun = rail.attempt(provider_ref="REF"), time.monotonic()
    if (rail.name, call) in SILENT:
        CALLS[call](provider, attempt)
        assert raw_server.requests == []
        return
    with pytest.raises(ProviderUnavailable):
        CALLS[call](provider, attempt)
    assert time.monotonic() - begun < 8  # 0.6 s on a machine that is free
    assert len(raw_server.requests) == 1


def test_paypals_word_on_a_signature_and_mtns_on_a_number_end_too(
    simulator: SimulatorHandle, make_momo: MomoMaker, raw_server: RawServer
) -> None:
    """The calls that only these two have."""
    raw_server.pieces = [b"HTTP/1.1 200 OK\r\nContent-Length: 200\r\n\r\n", *([b" "] * 200)]
    raw_server.pause = 0.1
    there = {"connect_timeout": 0.3, "read_timeout": 0.3}
    paypal = PayPalProvider(PayPalConfig(**{**simulator.paypal_settings(), **there, "base_url": raw_server.url}))
    momo = make_momo(**there, base_url=raw_server.url)
    headers = dict.fromkeys(SIGNATURE_HEADERS.values(), f"{raw_server.url}/cert")
    begun = time.monotonic()
    with pytest.raises(ProviderUnavailable):
        paypal.verify_webhook(headers=headers, body=b'{"id": "WH-1"}')
    with pytest.raises(ProviderUnavailable):
        momo.check_active(PHONE)
    assert time.monotonic() - begun < 8
    assert len(raw_server.requests) == 2


@over_http
def test_401_for_ever_ends(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    attempt = started(provider, rail.attempt())
    for operation in rail.operations:  # while the token call goes well
        simulator.fault(rail.name, operation, "token_401", times=100)
    before = sum(simulator.state()["calls"].values())
    with pytest.raises(ProviderUnavailable):
        provider.fetch(attempt)
    with pytest.raises(ProviderError):
        provider.start(rail.attempt())
    assert sum(simulator.state()["calls"].values()) - before <= 6


@with_token
def test_a_hundred_threads_fetch_one_token(rail: Rail, simulator: SimulatorHandle) -> None:
    provider, attempt = rail.make(simulator), rail.attempt(provider_ref="5O190127TN364715T")
    simulator.fault(rail.name, rail.token, "slow", seconds=0.3)
    with ThreadPoolExecutor(100) as pool:
        outcomes = set(pool.map(lambda _: provider.fetch(attempt).outcome, range(100)))
    assert outcomes == {Outcome.NOT_FOUND}
    assert simulator.calls(f"{rail.name}.{rail.token}") == 1


@over_http
def test_nothing_secret_is_logged_or_shown(
    rail: Rail, simulator: SimulatorHandle, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = rail.make(simulator)
    attempt = paid(rail, simulator, provider)
    provider.fetch(attempt)
    shown = [repr(attempt), repr(provider), repr(getattr(provider, "config", ""))]
    for kind in ("issue", "token_401", "http_500", "html"):
        simulator.fault(rail.name, "*", kind, issue="10", status=400, times=2)
        for call in CALLS.values():
            try:
                call(provider, attempt)
            except ProviderError as error:
                shown += [str(error), repr(error)]
        simulator.end_faults()
    assert caplog.records
    text = "\n".join([*shown, *(str(vars(record)) for record in caplog.records)])
    for secret in (*rail.secrets, PHONE, "Bearer ", "Basic ", attempt.notification_secret or "-no-secret-"):
        assert secret not in text
    assert {agent for agents in simulator.state()["user_agents"].values() for agent in agents} == {"Baobab/1.0"}


@everywhere
def test_what_is_no_message_of_the_provider_is_refused(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    for body in (b"", b"[]", b"<xml/>", b"\xff", b"{" + b" " * 300_000 + b"}"):
        with pytest.raises(InvalidSignature):
            provider.verify_webhook(headers={}, body=body)


@over_http
def test_nothing_is_asked_for_where_there_is_no_amount(rail: Rail, simulator: SimulatorHandle) -> None:
    with pytest.raises(ProviderRefused):
        rail.make(simulator).start(rail.attempt(charge=Money(0, rail.charge.currency)))
    assert rail.asked(simulator) == 0


@everywhere
def test_a_payment_that_was_not_given_back_says_so_or_nothing(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    attempt = paid(rail, simulator, provider)
    reversals = provider.fetch_reversals(attempt, transaction_ref=provider.fetch(attempt).transaction_ref)
    assert reversals in (Reversals(), Reversals(refunded=Money(0, rail.charge.currency)))


@over_http
def test_health(rail: Rail, simulator: SimulatorHandle) -> None:
    provider = rail.make(simulator)
    provider.check_health()
    simulator.fault(rail.name, "*", "http_503", times=5)
    with pytest.raises(ProviderUnavailable):
        provider.check_health()
    simulator.end_faults()
    simulator.fault(rail.name, "*", "token_401", times=5)
    with pytest.raises(ProviderRefused):
        provider.check_health()
