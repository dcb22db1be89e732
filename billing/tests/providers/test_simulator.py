"""The simulator is strict where the providers are, remembers through a restart, and imports nothing of the product."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests

from billing.providers.base import Attempt, Outcome
from billing.providers.momo import MomoConfig, MomoProvider
from billing.providers.paypal import PayPalConfig, PayPalProvider
from billing.tests.providers.support import AttemptMaker, started
from tests.simulators.payments.runner import ROOT, SimulatorHandle, start_simulator

ORDER = {
    "intent": "CAPTURE",
    "purchase_units": [{"custom_id": "a", "amount": {"currency_code": "EUR", "value": "19.06"}}],
    "payment_source": {
        "paypal": {"experience_context": {"return_url": "http://localhost/r", "cancel_url": "http://localhost/c"}}
    },
}
REQUEST = {
    "amount": "5000",
    "currency": "XAF",
    "externalId": "a",
    "payer": {"partyIdType": "MSISDN", "partyId": "237670000001"},
    "payerMessage": "Paiement",
    "payeeNote": "",
}


def changed(document: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    """A deep copy with one member set, or removed for None."""
    copy = json.loads(json.dumps(document))
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    holder = copy
    for step in steps:
        holder = holder[step]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return copy


class PayPalCaller:
    """PayPal by hand."""

    def __init__(self, simulator: SimulatorHandle) -> None:
        self.url = simulator.url
        credentials = simulator.paypal_settings()
        answer = requests.post(
            f"{self.url}/v1/oauth2/token",
            data={"grant_type": "client_credentials"},
            auth=(credentials["client_id"], credentials["client_secret"]),
            timeout=5,
        )
        self.headers = {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def order(self, body: object, **headers: str) -> requests.Response:
        names = {"PayPal-Request-Id": str(uuid4())} | {name.replace("_", "-"): text for name, text in headers.items()}
        return requests.post(f"{self.url}/v2/checkout/orders", json=body, headers={**self.headers, **names}, timeout=5)


@pytest.mark.parametrize(
    ("path", "value", "status", "issue"),
    [
        ("intent", None, 400, "MISSING_REQUIRED_PARAMETER"),
        ("intent", "PAY", 400, "INVALID_PARAMETER_VALUE"),
        ("purchase_units", [], 400, "INVALID_ARRAY_MIN_ITEMS"),
        ("purchase_units.0.amount.value", "abc", 400, "INVALID_PARAMETER_SYNTAX"),
        ("purchase_units.0.amount.value", 19.06, 400, "INVALID_PARAMETER_SYNTAX"),
        ("purchase_units.0.amount.currency_code", "EURO", 400, "INVALID_STRING_MAX_LENGTH"),
        ("purchase_units.0.custom_id", "x" * 128, 400, "INVALID_STRING_MAX_LENGTH"),
        ("purchase_units.0.amount.currency_code", "XAF", 422, "CURRENCY_NOT_SUPPORTED"),
        ("purchase_units.0.amount.value", "19.065", 422, "DECIMAL_PRECISION"),
        ("purchase_units.0.amount.value", "0.00", 422, "CANNOT_BE_ZERO_OR_NEGATIVE"),
        ("payment_source.paypal.experience_context.return_url", "/r", 400, "INVALID_PARAMETER_SYNTAX"),
        ("surprise", 1, 400, "INVALID_PARAMETER_SYNTAX"),
    ],
)
def test_paypal_refuses_wrong_orders(
    simulator: SimulatorHandle, path: str, value: object, status: int, issue: str
) -> None:
    answer = PayPalCaller(simulator).order(changed(ORDER, path, value))
    assert (answer.status_code, answer.json()["details"][0]["issue"]) == (status, issue)


def test_paypal_refuses_wrong_headers(simulator: SimulatorHandle) -> None:
    caller = PayPalCaller(simulator)
    assert caller.order(ORDER).status_code == 201
    assert caller.order(ORDER, Authorization="Bearer wrong").status_code == 401
    assert caller.order(ORDER, Content_Type="text/plain").status_code == 415
    assert caller.order(ORDER, PayPal_Request_Id="x" * 109).status_code == 400
    missing = caller.order(ORDER, PayPal_Request_Id="")
    assert missing.json()["details"][0]["issue"] == "PAYPAL_REQUEST_ID_REQUIRED"
    assert requests.post(f"{simulator.url}/v1/oauth2/token", auth=("a", "b"), timeout=5).status_code == 401


def test_a_paypal_key_makes_one_order_of_one_body(simulator: SimulatorHandle) -> None:
    caller, key = PayPalCaller(simulator), str(uuid4())
    first = caller.order(ORDER, PayPal_Request_Id=key, Prefer="return=representation")
    again = caller.order(ORDER, PayPal_Request_Id=key)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["id"] == again.json()["id"]
    assert "purchase_units" in first.json()
    assert "purchase_units" not in again.json()
    other = caller.order(changed(ORDER, "purchase_units.0.amount.value", "20.00"), PayPal_Request_Id=key)
    assert other.json()["details"][0]["issue"] == "DUPLICATE_REQUEST_ID"


class MomoCaller:
    """MTN by hand."""

    def __init__(self, simulator: SimulatorHandle) -> None:
        self.url, credentials = simulator.url, simulator.momo_settings()
        self.common = {
            "Ocp-Apim-Subscription-Key": credentials["subscription_key"],
            "X-Target-Environment": "mtncameroon",
            "User-Agent": "Test/1.0",
        }
        self.auth = (credentials["user_id"], credentials["api_key"])
        self.bearer = {"Authorization": f"Bearer {self.token().json()['access_token']}"}

    def token(self, **changes: str | None) -> requests.Response:
        headers = {**self.common, **{name.replace("_", "-"): value for name, value in changes.items()}}
        return requests.post(f"{self.url}/collection/token/", headers=headers, auth=self.auth, timeout=5)

    def pay(self, body: object, **changes: str | None) -> requests.Response:
        headers = {**self.common, **self.bearer, "X-Reference-Id": str(uuid4())}
        headers |= {name.replace("_", "-"): value for name, value in changes.items()}
        return requests.post(f"{self.url}/collection/v1_0/requesttopay", json=body, headers=headers, timeout=5)


def test_mtn_refuses_wrong_token_calls(simulator: SimulatorHandle) -> None:
    caller = MomoCaller(simulator)
    assert caller.token(X_Target_Environment=None).status_code == 400
    assert caller.token(Ocp_Apim_Subscription_Key="wrong").status_code == 401
    gate = caller.token(User_Agent="python-requests/2.34.2")
    assert (gate.status_code, gate.headers["Content-Type"]) == (403, "text/html; charset=utf-8")
    assert requests.post(f"{caller.url}/collection/token", timeout=5).status_code in (308, 404, 403)


@pytest.mark.parametrize(
    ("path", "value", "status", "code"),
    [
        ("amount", "5000.50", 400, "VALIDATION_ERROR"),
        ("amount", 5000, 400, "VALIDATION_ERROR"),
        ("amount", "-5", 400, "VALIDATION_ERROR"),
        ("amount", "0", 400, "VALIDATION_ERROR"),
        ("payerMessage", "Paiement d'abonnement", 400, "VALIDATION_ERROR"),
        ("payerMessage", "x" * 161, 400, "VALIDATION_ERROR"),
        ("payer.partyId", "+237670000001", 400, "VALIDATION_ERROR"),
        ("externalId", "a b", 400, "VALIDATION_ERROR"),
        ("externalId", None, 400, "VALIDATION_ERROR"),
        ("currency", "EUR", 500, "INVALID_CURRENCY"),
        ("surprise", "1", 400, "VALIDATION_ERROR"),
    ],
)
def test_mtn_refuses_wrong_requests(
    simulator: SimulatorHandle, path: str, value: object, status: int, code: str
) -> None:
    answer = MomoCaller(simulator).pay(changed(REQUEST, path, value))
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_mtn_refuses_wrong_headers(simulator: SimulatorHandle) -> None:
    caller, reference = MomoCaller(simulator), str(uuid4())
    assert caller.pay(REQUEST, X_Reference_Id=reference).status_code == 202
    assert caller.pay(REQUEST, X_Reference_Id=reference).status_code == 409
    for wrong in ("", "5", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"):
        assert caller.pay(REQUEST, X_Reference_Id=wrong).status_code == 400
    assert caller.pay(REQUEST, Authorization="Bearer wrong").status_code == 401
    assert caller.pay(REQUEST, X_Target_Environment="mtnnowhere").status_code == 500
    assert caller.pay(REQUEST, X_Target_Environment="mtnbenin").json()["code"] == "INVALID_CURRENCY"
    elsewhere = caller.pay(REQUEST, X_Callback_Url="https://elsewhere.example/hook")
    assert elsewhere.json()["code"] == "INVALID_CALLBACK_URL_HOST"


def test_unknown_faults_are_refused(simulator: SimulatorHandle) -> None:
    with pytest.raises(RuntimeError):
        simulator.fault("paypal", "capture", "explode")


def test_pages_say_where_they_lead(simulator: SimulatorHandle, euros: Attempt, paypal: PayPalProvider) -> None:
    index = requests.get(simulator.url, timeout=5)
    assert "aucun argent réel" in index.text
    assert 'href="/phone/"' in index.text
    start = paypal.start(euros)
    page = requests.get(start.redirect_url, timeout=5).text
    for text in ("38,11\u00a0€", "Baobab", "Annuler"):
        assert text in page
    assert requests.get(f"{simulator.url}/checkoutnow?token=NONE", timeout=5).status_code == 404


def test_a_restart_forgets_nothing(tmp_path: Path, euros: Attempt, make_attempt: AttemptMaker) -> None:
    file = tmp_path / "simulator.sqlite"
    first = start_simulator(state=file)
    paypal = PayPalProvider(PayPalConfig(**first.paypal_settings()))
    momo = MomoProvider(MomoConfig(**first.momo_settings(), target_environment="mtncameroon", currency="XAF"))
    order, request = started(paypal, euros), started(momo, make_attempt())
    first.approve_paypal(order.provider_ref)
    first.process.kill()
    first.process.wait(5)

    second = start_simulator(state=file, port=first.port, arguments=("--momo-auto", "0"))
    try:
        assert paypal.capture(order).outcome is Outcome.SUCCEEDED
        deadline = time.monotonic() + 3
        while momo.fetch(request).outcome is Outcome.PENDING and time.monotonic() < deadline:
            time.sleep(0.05)
        assert momo.fetch(request).outcome is Outcome.SUCCEEDED
        assert second.calls("paypal.token") == 1  # the token of before is still good
    finally:
        second.stop()
        first.stop()


def test_the_simulator_knows_nothing_of_the_product() -> None:
    code = (
        "import sys, tests.simulators.payments.app, tests.simulators.payments.runner;"
        "print([name for name in sys.modules if name.split('.')[0] in"
        " ('billing', 'baobab', 'provisioning', 'shared_apps', 'tenant_apps', 'django', 'paypalrestsdk')])"
    )
    found = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_it_ends_with_the_process_that_started_it() -> None:
    code = (
        "from tests.simulators.payments.runner import start_simulator;"
        "import os; print(start_simulator().url, flush=True); os._exit(0)"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True, timeout=30)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            requests.get(f"{run.stdout.strip()}/_control/health", timeout=1)
        except requests.ConnectionError:
            return
        time.sleep(0.05)
    pytest.fail("the simulator outlived the process that started it")
