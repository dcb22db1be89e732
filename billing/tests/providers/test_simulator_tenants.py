"""The simulated Stripe, Wave, Orange and Moov refuse what the real ones would: a client cannot pass by mistake."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import requests

from tests.simulators.payments.runner import SimulatorHandle

HERE = "http://localhost:8000/"
STRIPE = {
    "mode": "payment",
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "xaf",
    "line_items[0][price_data][unit_amount]": "5000",
    "line_items[0][price_data][product_data][name]": "Abonnement",
    "success_url": HERE,
}
WAVE = {"amount": "5000", "currency": "XOF", "success_url": HERE, "error_url": HERE}
ORANGE = {
    "merchant_key": "orange-merchant-key",
    "currency": "XOF",
    "order_id": "ORDER1",
    "amount": 5000,
    "return_url": HERE,
    "cancel_url": HERE,
    "notif_url": HERE,
    "lang": "fr",
}
MOOV = """<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" xmlns:a="http://api.merchant.tlc.com/"><s:Body>
<a:PushWithPending><token>moov-opaque-token</token><msisdn>+2290197000001</msisdn><message>m</message>
<amount>5000</amount><externaldata1>ref</externaldata1><externaldata2/><fee>0</fee></a:PushWithPending>
</s:Body></s:Envelope>"""


def without(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """A copy with some members changed, or removed for None."""
    return {name: value for name, value in {**document, **changes}.items() if value is not None}


def to_stripe(simulator: SimulatorHandle, changes: dict[str, Any], **headers: str | None) -> requests.Response:
    own = {
        "Authorization": f"Bearer {simulator.stripe_settings()['secret_key']}",
        "Stripe-Version": "2026-10-28.endive",
        "Idempotency-Key": str(uuid4()),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = f"{simulator.url}/stripe/v1/checkout/sessions"
    return requests.post(url, data=without(STRIPE, changes), headers=own, timeout=5)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"mode": None}, "parameter_missing"),
        ({"mode": "subscription"}, "parameter_invalid"),
        ({"success_url": "/back"}, "parameter_invalid"),
        ({"line_items[0][price_data][currency]": "XAF"}, "parameter_invalid"),
        ({"line_items[0][price_data][currency]": "zzz"}, "currency_not_supported"),
        ({"line_items[0][price_data][unit_amount]": "50.00"}, "parameter_invalid"),
        ({"line_items[0][price_data][unit_amount]": "0"}, "parameter_invalid"),
        (
            {"line_items[0][price_data][currency]": "eur", "line_items[0][price_data][unit_amount]": "49"},
            "amount_too_small",
        ),
        (
            {"line_items[0][price_data][currency]": "tnd", "line_items[0][price_data][unit_amount]": "12345"},
            "parameter_invalid_integer",
        ),
        ({"surprise": "1"}, "parameter_invalid"),
    ],
)
def test_stripe_refuses_wrong_sessions(simulator: SimulatorHandle, changes: dict[str, Any], code: str) -> None:
    answer = to_stripe(simulator, changes)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, code)


def test_stripe_refuses_wrong_headers(simulator: SimulatorHandle) -> None:
    assert to_stripe(simulator, {}).status_code == 200
    assert to_stripe(simulator, {}, Authorization="Bearer sk_test_other").status_code == 401
    assert to_stripe(simulator, {}, Stripe_Version=None).status_code == 400
    assert to_stripe(simulator, {}, Idempotency_Key=None).status_code == 400
    key = str(uuid4())
    first, again = (to_stripe(simulator, {}, Idempotency_Key=key) for _ in range(2))
    assert first.json() == again.json()
    other = to_stripe(simulator, {"success_url": f"{HERE}?other"}, Idempotency_Key=key)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")


def to_wave(simulator: SimulatorHandle, changes: dict[str, Any], **headers: str | None) -> requests.Response:
    own = {
        "Authorization": f"Bearer {simulator.wave_settings()['api_key']}",
        "Idempotency-Key": str(uuid4()),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    url = f"{simulator.url}/wave/v1/checkout/sessions"
    return requests.post(url, json=without(WAVE, changes), headers=own, timeout=5)


@pytest.mark.parametrize(
    "changes",
    [
        {"amount": None},
        {"amount": 5000},
        {"amount": "5000.50"},
        {"amount": "0"},
        {"currency": "XAF"},
        {"success_url": "http://shop.example/"},
        {"error_url": None},
        {"client_reference": "x" * 256},
        {"restrict_payer_mobile": "0197000001"},
        {"surprise": "1"},
    ],
)
def test_wave_refuses_wrong_sessions(simulator: SimulatorHandle, changes: dict[str, Any]) -> None:
    answer = to_wave(simulator, changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "request-validation-error")


def test_wave_refuses_wrong_headers(simulator: SimulatorHandle) -> None:
    assert to_wave(simulator, {}).status_code == 200
    assert to_wave(simulator, {}, Authorization=None).json()["code"] == "missing-auth-header"
    assert to_wave(simulator, {}, Authorization="Bearer other").json()["code"] == "no-matching-api-key"
    assert to_wave(simulator, {}, Idempotency_Key=None).status_code == 400
    assert to_wave(simulator, {}, Content_Type="text/plain").status_code == 415


class Orange:
    """Orange by hand."""

    def __init__(self, simulator: SimulatorHandle) -> None:
        keys = simulator.orange_settings()
        self.url = keys["base_url"]
        answer = requests.post(
            f"{self.url}/oauth/v3/token",
            data={"grant_type": "client_credentials"},
            auth=(keys["client_id"], keys["client_secret"]),
            timeout=5,
        )
        self.bearer = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def pay(self, changes: dict[str, Any], *, country: str = "ci", **headers: str) -> requests.Response:
        url = f"{self.url}/orange-money-webpay/{country}/v1/webpayment"
        return requests.post(url, json=without(ORANGE, changes), headers={**self.bearer, **headers}, timeout=5)


@pytest.mark.parametrize(
    ("changes", "country"),
    [
        ({"amount": "5000"}, "ci"),
        ({"amount": 5000.5}, "ci"),
        ({"amount": 0}, "ci"),
        ({"order_id": "x" * 31}, "ci"),
        ({"order_id": None}, "ci"),
        ({"reference": "x" * 31}, "ci"),
        ({"notif_url": HERE + "x" * 120}, "ci"),
        ({"lang": "de"}, "ci"),
        ({"merchant_key": "other"}, "ci"),
        ({"surprise": 1}, "ci"),
        ({}, "dev"),
        ({}, "cm"),
        ({}, "zz"),
    ],
)
def test_orange_refuses_wrong_payments(simulator: SimulatorHandle, changes: dict[str, Any], country: str) -> None:
    assert Orange(simulator).pay(changes, country=country).status_code == 400


def test_orange_takes_an_order_id_once(simulator: SimulatorHandle) -> None:
    caller = Orange(simulator)
    assert caller.pay({}).status_code == 201
    assert caller.pay({}).status_code == 403
    assert caller.pay({"order_id": "ORDER2"}, Authorization="Bearer other").json()["code"] == 42
    assert requests.post(f"{caller.url}/oauth/v3/token", auth=("a", "b"), timeout=5).status_code == 401


def to_moov(simulator: SimulatorHandle, body: str, **headers: str) -> requests.Response:
    own = {"Content-Type": "text/xml; charset=UTF-8", "SOAPAction": '""', **headers}
    return requests.post(simulator.moov_settings()["base_url"], data=body.encode(), headers=own, timeout=5)


def test_moov_takes_a_right_push(simulator: SimulatorHandle) -> None:
    answer = to_moov(simulator, MOOV)
    assert (answer.status_code, "<status>100</status>" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        ("+229", "229", "3"),
        ("+2290197000001", "+237670000001", "3"),
        ("moov-opaque-token", "other", "98"),
    ],
)
def test_moov_refuses_by_code(simulator: SimulatorHandle, old: str, new: str, status: str) -> None:
    answer = to_moov(simulator, MOOV.replace(old, new))
    assert (answer.status_code, f"<status>{status}</status>" in answer.text) == (200, True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("<amount>5000<", "<amount>5000.5<"),
        ("<amount>5000<", "<amount>0<"),
        ("http://api.merchant.tlc.com/", "http://api.checktransaction.tlc.com/"),
        ("PushWithPending>", "Push>"),
        ("<fee>0</fee>", ""),
        ("</s:Envelope>", ""),
        ("<s:Envelope", '<!DOCTYPE x [<!ENTITY e "e">]><s:Envelope'),
    ],
)
def test_moov_faults_on_what_it_cannot_read(simulator: SimulatorHandle, old: str, new: str) -> None:
    answer = to_moov(simulator, MOOV.replace(old, new))
    assert answer.status_code == 500
    assert "Fault" in answer.text


def test_moov_faults_on_what_is_not_soap(simulator: SimulatorHandle) -> None:
    assert to_moov(simulator, MOOV, **{"Content-Type": "application/json"}).status_code == 500
