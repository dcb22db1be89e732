"""The Moov client against the simulator: pushes, codes, transfers back, XML that is not to be trusted."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import pytest
import requests
from defusedxml.ElementTree import fromstring

from billing.money import Money
from billing.providers import reasons
from billing.providers.base import Attempt, Flow, Outcome, ProviderRefused, ProviderUnavailable, Reversals
from billing.providers.moov import MoovConfig, MoovProvider
from billing.providers.moov_soap import MERCHANT, SOAP, answer_of, request_of
from billing.tests.providers.support import AttemptMaker, RawServer, started
from tests.simulators.payments.runner import SimulatorHandle


def test_from_push_to_money(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    attempt = started(moov, francs)
    assert attempt.provider_ref == str(attempt.idempotency_key)
    assert moov.fetch(attempt).outcome is Outcome.PENDING
    (push_id,) = simulator.tenants()["moov"]
    phone = f"{simulator.url}/phone/{attempt.phone}"
    page = requests.get(phone, timeout=5).text
    for text in ("25\u202f000\u00a0FCFA", "Moov Money", "Abonnement Pro un mois"):
        assert text in page
    requests.post(phone, data={"reference": push_id, "action": "approve", "pin": "1234"}, timeout=5)
    state = moov.fetch(attempt)
    assert (state.outcome, state.amount) == (Outcome.SUCCEEDED, Money(25_000, "XOF"))
    assert state.reference == moov.reference_for(attempt)
    assert state.transaction_ref.isdigit()
    assert moov.capabilities.flow is Flow.PUSH
    assert moov.capabilities.needs_phone


def test_the_phone_may_refuse(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    attempt = started(moov, francs)
    (push_id,) = simulator.tenants()["moov"]
    requests.post(f"{simulator.url}/phone/{attempt.phone}", data={"reference": push_id, "action": "refuse"}, timeout=5)
    state = moov.fetch(attempt)
    assert (state.outcome, state.reason) == (Outcome.FAILED, reasons.APPROVAL_EXPIRED)


@pytest.mark.parametrize(
    ("code", "words", "outcome", "reason"),
    [
        ("0", "SUCCESS", Outcome.SUCCEEDED, ""),
        ("100", "", Outcome.PENDING, ""),
        ("95", "Transaction is PENDING", Outcome.PENDING, ""),
        ("95", "Transaction failed", Outcome.FAILED, reasons.UNKNOWN),
        ("3", "", Outcome.FAILED, reasons.PAYER_NOT_FOUND),
        ("7", "", Outcome.FAILED, reasons.PAYER_INACTIVE),
        ("9", "", Outcome.FAILED, reasons.PAYER_INACTIVE),
        ("10", "", Outcome.FAILED, reasons.INSUFFICIENT_FUNDS),
        ("92", "", Outcome.FAILED, reasons.APPROVAL_EXPIRED),
        ("555", "", Outcome.FAILED, reasons.PAYER_NOT_FOUND),
        ("94", "", Outcome.NOT_FOUND, ""),
        ("8", "", Outcome.PENDING, reasons.UNKNOWN),
        ("99", "System busy", Outcome.PENDING, reasons.UNKNOWN),
        ("-1", "", Outcome.PENDING, reasons.UNKNOWN),
    ],
)
def test_every_code(
    moov: MoovProvider,
    simulator: SimulatorHandle,
    francs: Attempt,
    code: str,
    words: str,
    outcome: Outcome,
    reason: str,
) -> None:
    attempt = started(moov, francs)
    simulator.decide("moov", attempt.provider_ref, status=code, description=words)
    state = moov.fetch(attempt)
    assert (state.outcome, state.reason) == (outcome, reason)


def test_a_bad_token_says_nothing_of_a_payment(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    """98 fails a push, before anything moved; to a question it only says that our token is out of date."""
    attempt = started(moov, francs)
    stale = MoovProvider(replace(moov.config, token="stale"))
    with pytest.raises(ProviderUnavailable) as unknown:
        stale.fetch(attempt)
    assert unknown.value.reason == reasons.MISCONFIGURED
    with pytest.raises(ProviderRefused):
        stale.check_health()
    simulator.fault("moov", "push", "issue", issue="98")
    with pytest.raises(ProviderRefused) as refused:
        moov.start(replace(francs, idempotency_key=uuid4()))
    assert refused.value.reason == reasons.MISCONFIGURED


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("10", ProviderRefused),
        ("95", ProviderRefused),
        ("99", ProviderUnavailable),
        ("8", ProviderUnavailable),
        ("94", ProviderUnavailable),
        ("12345", ProviderUnavailable),
    ],
)
def test_answers_to_a_push(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt, code: str, expected: type[Exception]
) -> None:
    simulator.fault("moov", "push", "issue", issue=code)
    with pytest.raises(expected) as trouble:
        moov.start(francs)
    assert trouble.type is expected


@pytest.mark.parametrize("ended", ["0", "92", "100"])
def test_a_reference_that_moov_knows_is_not_pushed_again(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt, ended: str
) -> None:
    """The simulator, as Moov may, rings the phone a second time for it."""
    attempt = started(moov, francs)
    simulator.decide("moov", attempt.provider_ref, status=ended)
    moov.start(francs)
    assert simulator.calls("moov.push") == 1


def test_nothing_is_pushed_while_moov_cannot_be_asked(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    simulator.fault("moov", "status", "http_503")
    with pytest.raises(ProviderUnavailable):
        moov.start(francs)
    assert simulator.calls("moov.push") == 0
    moov.start(francs)  # and what was in the way is gone
    assert simulator.calls("moov.push") == 1


def test_a_push_that_blocked_too_long_is_found_by_its_reference(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    impatient = MoovProvider(replace(moov.config, read_timeout=0.5))
    simulator.fault("moov", "push", "timeout_after", seconds=1)
    with pytest.raises(ProviderUnavailable):
        impatient.start(francs)
    simulator.decide("moov", str(francs.idempotency_key), status="0")
    assert moov.fetch(francs).outcome is Outcome.SUCCEEDED
    moov.start(francs)
    assert simulator.calls("moov.push") == 1


def test_a_call_may_block_for_half_a_minute() -> None:
    assert MoovConfig(base_url="http://127.0.0.1:1/", token="t").read_timeout == 90


@pytest.mark.parametrize("phone", ["", "+2290197000001", "abc", "0"])
def test_a_number_that_cannot_be_pushed_is_not_sent(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt, phone: str
) -> None:
    with pytest.raises(ProviderRefused) as refused:
        moov.start(replace(francs, phone=phone))
    assert refused.value.reason == reasons.PAYER_NOT_FOUND
    assert simulator.state()["calls"] == {}


def test_money_goes_back_once(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    attempt, key = started(moov, francs), uuid4()
    assert moov.fetch_refund(attempt, refund_ref="", key=key).outcome is Outcome.NOT_FOUND
    done = moov.refund(attempt, transaction_ref="", amount=Money(10_000, "XOF"), key=key)
    assert (done.outcome, done.amount, done.refund_ref) == (Outcome.SUCCEEDED, Money(10_000, "XOF"), str(key))
    assert moov.refund(attempt, transaction_ref="", amount=Money(10_000, "XOF"), key=key).outcome is Outcome.SUCCEEDED
    assert moov.fetch_refund(attempt, refund_ref=str(key), key=key).outcome is Outcome.SUCCEEDED
    sent = simulator.tenants()["moov_transfers"][str(key)]
    assert sent == {"amount": "10000", "destination": "+2290197000001", "sent": 1, "status": "0"}
    assert moov.fetch_reversals(attempt, transaction_ref="") == Reversals()


def test_a_transfer_whose_answer_was_lost_is_not_sent_again(
    moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt
) -> None:
    key = uuid4()
    simulator.fault("moov", "transfer", "http_500_after")
    with pytest.raises(ProviderUnavailable):
        moov.refund(francs, transaction_ref="", amount=Money(10_000, "XOF"), key=key)
    assert moov.refund(francs, transaction_ref="", amount=Money(10_000, "XOF"), key=key).outcome is Outcome.SUCCEEDED
    assert simulator.tenants()["moov_transfers"][str(key)]["sent"] == 1


def test_transfers_at_once_are_one(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    key = uuid4()

    def refund(_: int) -> Outcome | None:
        try:
            return moov.refund(francs, transaction_ref="", amount=Money(10_000, "XOF"), key=key).outcome
        except ProviderUnavailable:
            return None

    with ThreadPoolExecutor(8) as pool:
        outcomes = set(pool.map(refund, range(8)))
    assert outcomes <= {Outcome.SUCCEEDED, None}
    assert simulator.tenants()["moov_transfers"][str(key)]["sent"] == 1


def test_a_refused_or_doubtful_transfer(moov: MoovProvider, simulator: SimulatorHandle, francs: Attempt) -> None:
    simulator.fault("moov", "transfer", "issue", issue="10")
    with pytest.raises(ProviderRefused) as refused:
        moov.refund(francs, transaction_ref="", amount=Money(1, "XOF"), key=uuid4())
    assert refused.value.reason == reasons.INSUFFICIENT_FUNDS
    simulator.fault("moov", "transfer", "issue", issue="99")
    doubtful = moov.refund(francs, transaction_ref="", amount=Money(1, "XOF"), key=uuid4())
    assert (doubtful.outcome, doubtful.reason) == (Outcome.PENDING, reasons.UNKNOWN)


def test_words_of_payers_cannot_leave_their_element(make_attempt: AttemptMaker) -> None:
    evil = "</message><amount>1</amount><message>&x; \u00e9 ]]>"
    envelope = fromstring(request_of("Push", {"token": evil, "request": {"message": evil}}), forbid_dtd=True)
    (body,) = envelope.findall(f"{{{SOAP}}}Body/{{{MERCHANT}}}Push")
    assert [(leaf.tag, leaf.text) for leaf in body.iter() if len(leaf) == 0] == [("token", evil), ("message", evil)]


def answered(inner: str, *, prolog: str = "") -> str:
    return f'{prolog}<s:Envelope xmlns:s="{SOAP}"><s:Body>{inner}</s:Body></s:Envelope>'


DTD = '<!DOCTYPE s [<!ENTITY a "0"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html>",
        "{}",
        "<a/>",
        answered("<r><status>0</status></r>")[:-5],
        answered("<r><status>&b;</status></r>", prolog=DTD),
        answered("<r><status>0</status></r>", prolog='<!DOCTYPE s SYSTEM "http://127.0.0.1:1/x.dtd">'),
        answered("<r><status>0</status></r>", prolog='<!DOCTYPE s [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        answered("<r><description>no status</description></r>"),
        answered("<s:Fault><faultcode>soap:Server</faultcode><status>0</status></s:Fault>"),
        '<x:Envelope xmlns:x="urn:other"><x:Body><status>0</status></x:Body></x:Envelope>',
        answered("<a>" * 5000 + "</a>" * 5000),
        "\x00",
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    with pytest.raises(ProviderUnavailable):
        answer_of(text)


def test_the_first_status_of_an_answer_counts() -> None:
    answer = answer_of(answered("<r><status> 100 </status><more><status>0</status></more></r>"))
    assert answer.status == "100"


@pytest.mark.parametrize("status", [b"200 OK", b"500 Error"])
def test_a_fault_decides_nothing(moov: MoovProvider, raw_server: RawServer, francs: Attempt, status: bytes) -> None:
    fault = answered("<s:Fault><faultcode>soap:Server</faultcode><status>0</status></s:Fault>").encode()
    raw_server.pieces = [b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(fault), fault)]
    with pytest.raises(ProviderUnavailable):
        MoovProvider(replace(moov.config, base_url=raw_server.url)).fetch(francs)
