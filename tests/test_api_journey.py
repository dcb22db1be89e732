"""By API alone, on real processes: register, order, pay each way, and find the workspace open."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
import requests
from PIL import Image

from tests.simulators.payments.runner import SimulatorHandle
from tests.support.factories import PASSWORD
from tests.support.live import keep_state, live_simulator, live_stack  # noqa: F401 — fixtures
from tests.support.stack import Stack, eventually

pytestmark = pytest.mark.slow


class Caller:
    """Somebody who uses the API."""

    def __init__(self, stack: Stack) -> None:
        self.base = f"http://127.0.0.1:{stack.port}"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Host"] = "localhost"

    def get(self, path: str) -> Any:
        return self._answer(self.session.get(self.base + path, timeout=30))

    def post(self, path: str, body: object = None, **options: Any) -> Any:
        return self._answer(self.session.post(self.base + path, json=body, timeout=30, **options))

    def log_in(self, email: str) -> None:
        tokens = self.post("/api/auth/token/", {"email": email, "password": PASSWORD})
        self.session.headers["Authorization"] = f"Bearer {tokens['access']}"

    @staticmethod
    def _answer(response: requests.Response) -> Any:
        assert response.ok, f"{response.status_code} {response.text}"
        return response.json()


def registered(stack: Stack, email: str) -> Caller:
    caller = Caller(stack)
    caller.post("/api/auth/register/", {
        "email": email, "password": PASSWORD, "first_name": "Awa", "last_name": "Ndiaye", "consent": True,
    })  # fmt: skip
    eventually(lambda: bool(stack.mails_to(email)), seconds=30, what="the code is sent")
    code = re.search(r"\b(\d{6})\b", stack.mails_to(email)[-1])
    assert code
    caller.post("/api/auth/verify-email/", {"email": email, "code": code[1]})
    caller.log_in(email)
    return caller


def ordered(caller: Caller, product: str, subdomain: str) -> dict[str, Any]:
    plan = caller.get(f"/api/tenants/plans/?product={product}")[0]
    return caller.post("/api/tenants/orders/", {
        "plan_id": plan["id"], "billing_cycle": "monthly", "currency": "XAF", "organization_name": "Marché",
        "subdomain": subdomain, "customer_name": "Awa Ndiaye", "customer_email": "awa@example.org",
        "customer_phone": "237670123456",
    })  # fmt: skip


def initiate(caller: Caller, order: dict[str, Any], method: str, **more: str) -> dict[str, Any]:
    methods = {entry["name"]: entry["id"] for entry in caller.get("/api/tenants/payment-methods/")}
    return caller.post(
        f"/api/tenants/orders/{order['id']}/initiate_payment/", {"payment_method_id": methods[method], **more}
    )


def open_workspace(stack: Stack, caller: Caller, order: dict[str, Any], subdomain: str) -> None:
    path = f"/api/tenants/orders/{order['id']}/verify_payment/"
    eventually(lambda: caller.post(path)["success"], seconds=40, what="the workspace is open")
    organization = caller.post(path)["organization"]
    assert organization["url"] == f"http://{subdomain}.localhost:{stack.port}/"
    assert organization["status"] == "active"
    page = requests.get(f"http://127.0.0.1:{stack.port}/", headers={"Host": f"{subdomain}.localhost"}, timeout=30)
    assert page.status_code == 200


def test_a_store_paid_by_paypal(stack: Stack, simulator: SimulatorHandle) -> None:
    caller = registered(stack, "store@example.org")
    order = ordered(caller, "store", "api-store")
    payment = initiate(caller, order, "paypal")
    assert payment["redirect_url"].startswith(simulator.url)
    token = re.search(r"token=([\w-]+)", payment["redirect_url"])
    assert token
    simulator.approve_paypal(token[1])
    open_workspace(stack, caller, order, "api-store")


def test_an_events_app_paid_by_mobile_money(stack: Stack, simulator: SimulatorHandle) -> None:
    caller = registered(stack, "events@example.org")
    order = ordered(caller, "events", "api-events")
    payment = initiate(caller, order, "mtn_momo", phone_number="237670123456")
    [reference] = [
        reference
        for reference, request in simulator.state()["momo"]["requests"].items()
        if request["externalId"] == payment["payment_id"]
    ]
    assert caller.post(f"/api/tenants/orders/{order['id']}/verify_payment/")["success"] is False
    simulator.decide_momo(reference, "SUCCESSFUL")
    open_workspace(stack, caller, order, "api-events")


def test_an_esxi_backup_manager_paid_by_transfer(stack: Stack) -> None:
    caller = registered(stack, "esxi@example.org")
    order = ordered(caller, "esxi", "api-esxi")
    payment = initiate(caller, order, "bank_transfer")
    assert payment["bank_details"]["reference"] == order["order_number"]
    photo = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(photo, "PNG")
    path = f"/api/tenants/payments/{payment['payment_id']}"
    caller.post(f"{path}/upload_receipt/", files={"receipt": ("recu.png", photo.getvalue(), "image/png")})
    admin = Caller(stack)
    admin.log_in(stack.run("admin"))
    admin.post(f"{path}/verify_bank_transfer/", {"approved": True, "comment": "Reçu"})
    path = f"/api/tenants/orders/{order['id']}/verify_payment/"
    eventually(lambda: caller.post(path)["success"], seconds=40, what="the workspace is open")
