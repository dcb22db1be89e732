"""Webhooks as PayPal signs them, and everything that only looks like one.

Failure cases (docs/failure-cases.md): Case 3.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from billing.providers import reasons
from billing.providers.base import Attempt, InvalidSignature, ProviderUnavailable
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.tests.providers.support import Listener, Received, started
from tests.simulators.payments.runner import SimulatorHandle


def received_for(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, attempt: Attempt, **options: object
) -> tuple[Attempt, Received]:
    """A started attempt and one webhook about it, caught before anybody looked at it."""
    attempt = started(paypal, attempt)
    simulator.set_webhook("paypal", listener.url)
    simulator.send_webhooks("paypal", order=attempt.provider_ref, **options)
    return attempt, listener.wait_for(1)[0]


def test_a_payment_tells_twice(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.set_webhook("paypal", listener.url)
    simulator.approve_paypal(attempt.provider_ref)
    listener.wait_for(1)
    paypal.capture(attempt)
    messages = listener.wait_for(2)
    refs = [paypal.verify_webhook(headers=message.headers, body=message.body) for message in messages]
    assert [ref.event_type for ref in refs] == ["CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED"]
    assert {ref.provider_ref for ref in refs} == {attempt.provider_ref}
    assert {ref.attempt_id for ref in refs} == {attempt.id}
    assert len({ref.event_id for ref in refs}) == 2


def test_copies_have_one_id(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.set_webhook("paypal", listener.url)
    assert simulator.send_webhooks("paypal", order=attempt.provider_ref, copies=50) == [200] * 50
    messages = listener.wait_for(50)
    assert len({json.loads(message.body)["id"] for message in messages}) == 1


def test_webhooks_in_the_wrong_order(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.set_webhook("paypal", listener.url)
    simulator.send_webhooks("paypal", order=attempt.provider_ref, reorder=True)
    types = [json.loads(message.body)["event_type"] for message in listener.wait_for(2)]
    assert types == ["PAYMENT.CAPTURE.COMPLETED", "CHECKOUT.ORDER.APPROVED"]


def test_a_refused_webhook_comes_again(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    attempt = started(paypal, euros)
    simulator.set_webhook("paypal", listener.url)
    listener.answers = [503]
    simulator.approve_paypal(attempt.provider_ref)
    first, second = listener.wait_for(2)
    assert first.body == second.body


def test_a_forged_webhook_is_refused(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    _, message = received_for(paypal, simulator, listener, euros, forged=True)
    with pytest.raises(InvalidSignature) as forged:
        paypal.verify_webhook(headers=message.headers, body=message.body)
    assert forged.value.reason == reasons.BAD_SIGNATURE


def test_a_changed_body_is_refused(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    """Down to its bytes: the same document written anew is not what was signed."""
    _, message = received_for(paypal, simulator, listener, euros)
    assert paypal.verify_webhook(headers=message.headers, body=message.body)
    document = json.loads(message.body)
    assert "é".encode() in message.body
    for body in (json.dumps(document).encode(), message.body.replace(b"38.11", b"38.12")):
        with pytest.raises(InvalidSignature):
            paypal.verify_webhook(headers=message.headers, body=body)


def test_another_webhook_id_is_refused(
    paypal_config: PayPalConfig, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    ours = PayPalProvider(paypal_config)
    _, message = received_for(ours, simulator, listener, euros)
    other = PayPalProvider(replace(paypal_config, webhook_id="WH-OTHER"))
    with pytest.raises(InvalidSignature):
        other.verify_webhook(headers=message.headers, body=message.body)
    none = PayPalProvider(replace(paypal_config, webhook_id=""))
    with pytest.raises(ProviderUnavailable):
        none.verify_webhook(headers=message.headers, body=message.body)


@pytest.mark.parametrize(
    "cert_url",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://evil.paypal.com.attacker.example/cert",
        "https://paypal.com.attacker.example/cert",
        "file:///etc/passwd",
        "",
    ],
)
def test_a_certificate_elsewhere_is_refused_and_nobody_is_asked(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt, cert_url: str
) -> None:
    _, message = received_for(paypal, simulator, listener, euros)
    simulator.reset()
    headers = {name.lower(): value for name, value in message.headers.items()} | {"paypal-cert-url": cert_url}
    with pytest.raises(InvalidSignature):
        paypal.verify_webhook(headers=headers, body=message.body)
    assert simulator.state()["calls"] == {}


def test_a_certificate_on_this_machine_is_not_fetched(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    _, message = received_for(paypal, simulator, listener, euros)
    heard = len(listener.received)
    headers = {name.lower(): value for name, value in message.headers.items()} | {"paypal-cert-url": listener.url}
    with pytest.raises(InvalidSignature):
        paypal.verify_webhook(headers=headers, body=message.body)
    assert len(listener.received) == heard


@pytest.mark.parametrize("name", ["auth-algo", "cert-url", "transmission-id", "transmission-sig", "transmission-time"])
def test_every_signature_header_is_needed(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt, name: str
) -> None:
    _, message = received_for(paypal, simulator, listener, euros)
    headers = {key.lower(): value for key, value in message.headers.items()}
    for value in ("", "x" * 3000, "line\nbreak"):
        with pytest.raises(InvalidSignature):
            paypal.verify_webhook(headers={**headers, f"paypal-{name}": value}, body=message.body)
    assert simulator.calls("paypal.verify_webhook") == 0


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"nonsense", b"\xff\xfe", b'{"id": NaN}', b'{"a":1}, "webhook_id": "X", "b": {"c":2}', b"[" * 100_000],
)
def test_a_body_that_is_no_event_is_refused(paypal: PayPalProvider, simulator: SimulatorHandle, body: bytes) -> None:
    with pytest.raises(InvalidSignature):
        paypal.verify_webhook(headers={}, body=body)
    with pytest.raises(InvalidSignature):
        paypal.verify_webhook(headers={}, body=b'{"a": "' + b"x" * 300_000 + b'"}')
    assert simulator.state()["calls"] == {}


def test_paypal_away_is_not_a_forgery(
    paypal: PayPalProvider, simulator: SimulatorHandle, listener: Listener, euros: Attempt
) -> None:
    _, message = received_for(paypal, simulator, listener, euros)
    for kind in ("http_503", "html", "truncated"):
        simulator.fault("paypal", "verify_webhook", kind)
        with pytest.raises(ProviderUnavailable):
            paypal.verify_webhook(headers=message.headers, body=message.body)
    assert paypal.verify_webhook(headers=message.headers, body=message.body).attempt_id
