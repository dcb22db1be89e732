"""Orange Money WebPay as its clients see it: token, page to pay on, status, one notice without a signature."""

from __future__ import annotations

import json
import secrets
import time
from typing import Any

from flask import Blueprint, Response, request
from openapi_schema_validator import OAS30Validator

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, basic_credentials, sender, settings, state
from tests.simulators.payments.faults import Fault, operation
from tests.simulators.payments.settings import ORANGE_CLIENT_ID, ORANGE_CLIENT_SECRET, ORANGE_MERCHANT_KEY

CURRENCIES = {"dev": "OUV", "ci": "XOF", "sn": "XOF", "ml": "XOF", "bf": "XOF", "cm": "XAF"}
FINAL = frozenset({"SUCCESS", "FAILED", "EXPIRED"})
LIFETIME = 10 * 60

blueprint = Blueprint("orange", __name__, url_prefix="/orange")
Document = dict[str, Any]


class Refusal(Exception):
    """An error answer with Orange's number."""

    def __init__(self, status: int, code: int | str, message: str = "Simulated refusal.") -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def response(self) -> Response:
        """Orange's format."""
        return answer({"code": self.code, "message": self.message, "description": self.message}, self.status)


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """Every refusal of this blueprint."""
    return refusal.response()


def _refuse(fault: Fault) -> Response:
    if fault["kind"] == "issue":
        return Refusal(int(fault.get("status", 400)), fault["issue"]).response()
    return Refusal(401, 42, "Expired credentials").response()


def _distort(fault: Fault, document: Document) -> None:
    """Make a status untrue in the way the fault names."""
    kind, asked = fault["kind"], json.loads(request.get_data())
    if kind == "wrong_amount":
        document["amount"] = asked["amount"] - 1
    elif kind == "padded_amount":
        document["amount"] = float(asked["amount"])
    elif kind == "wrong_currency":
        document |= {"amount": asked["amount"], "currency": "EUR"}
    elif kind in ("wrong_account", "wrong_reference"):  # Orange names no account: only the reference can differ
        document["order_id"] = "SOMETHINGELSE"
    elif kind == "unknown_status":
        document["status"] = "SOMETHING_NEW"


def call(name: str) -> Any:
    """An Orange operation that is counted and can go wrong."""
    return operation("orange", name, refuse=_refuse, distort=_distort)


@blueprint.post("/oauth/v3/token")
@call("token")
def token() -> Response:
    """Client credentials for an access token."""
    if basic_credentials(request.headers.get("Authorization")) != f"{ORANGE_CLIENT_ID}:{ORANGE_CLIENT_SECRET}":
        raise Refusal(401, 41, "Invalid credentials")
    if (
        request.mimetype != "application/x-www-form-urlencoded"
        or request.form.get("grant_type") != "client_credentials"
    ):
        raise Refusal(400, 22, "Invalid body")
    value, lifetime = secrets.token_urlsafe(30), settings().token_lifetime
    state().put("token", value, {"product": "orange", "ends_at": time.time() + lifetime})
    return answer({"token_type": "Bearer", "access_token": value, "expires_in": lifetime})


@blueprint.post("/orange-money-webpay/<country>/v1/webpayment")
@call("webpayment")
def webpayment(country: str) -> Response:
    """Make a page to pay on, once for each order_id."""
    check_token()
    body = _json_body(schemas.ORANGE_PAY)
    if body["merchant_key"] != ORANGE_MERCHANT_KEY or body["currency"] != CURRENCIES.get(country):
        raise Refusal(400, 21, "Invalid merchant or currency")
    with state().lock:
        if state().get("orange_order", body["order_id"]):
            raise Refusal(403, 50, "order_id already used")
        pay_token = secrets.token_hex(32)
        payment = {
            **body,
            "status": "INITIATED",
            "notif_token": secrets.token_hex(16),
            "txnid": "",
            "expires_at": time.time() + LIFETIME,
        }
        state().put("orange_payment", pay_token, payment)
        state().put("orange_order", body["order_id"], {"pay_token": pay_token})
    made = {
        "status": 201,
        "message": "OK",
        "pay_token": pay_token,
        "payment_url": f"{settings().public_url}/pay/orange/{pay_token}",
        "notif_token": payment["notif_token"],
    }
    return answer(made, 201)


@blueprint.post("/orange-money-webpay/<country>/v1/transactionstatus")
@call("status")
def transaction_status(country: str) -> Response:
    """What became of an order: only for its own amount and token."""
    check_token()
    body = _json_body(schemas.ORANGE_STATUS)
    payment = find(body["pay_token"])
    if payment is None or (payment["order_id"], payment["amount"]) != (body["order_id"], body["amount"]):
        raise Refusal(404, 60, "Resource not found")
    return answer({"status": payment["status"], "order_id": payment["order_id"], "txnid": payment["txnid"]})


def find(pay_token: str) -> Document | None:
    """A payment as it stands now."""
    payment = state().get("orange_payment", pay_token)
    if payment and payment["status"] not in FINAL and payment["expires_at"] < time.time():
        payment["status"] = "EXPIRED"
    return payment


def decide(pay_token: str, status: str) -> Document | None:
    """What becomes of a payment, and the one notice of it; None when it is not known or over."""
    with state().lock:
        payment = find(pay_token)
        if payment is None or payment["status"] in FINAL:
            return None
        txnid = f"MP{secrets.token_hex(6).upper()}" if status == "SUCCESS" else ""
        payment |= {"status": status, "txnid": txnid}
        state().put("orange_payment", pay_token, payment)
    if status in FINAL:
        notify(pay_token)
    return payment


def notify(pay_token: str, *, forged: bool = False) -> None:
    """Tell the merchant; a forged notice claims success and guesses the token."""
    payment = state().get("orange_payment", pay_token) or {}
    notice = {"status": payment["status"], "notif_token": payment["notif_token"], "txnid": payment["txnid"]}
    if forged:
        notice |= {"status": "SUCCESS", "notif_token": secrets.token_hex(16)}
    sender().callback(payment["notif_url"], notice, reference=pay_token, method="POST")


def check_token() -> None:
    """Raise unless the request carries a token that is still good."""
    kind, _, value = request.headers.get("Authorization", "").partition(" ")
    known = state().get("token", value) if kind == "Bearer" else None
    if known is None or known["product"] != "orange" or known["ends_at"] < time.time():
        raise Refusal(401, 42, "Expired credentials")


def _json_body(validator: OAS30Validator) -> Document:
    if request.mimetype != "application/json":
        raise Refusal(415, 23)
    try:
        body = json.loads(request.get_data(as_text=True))
    except ValueError:
        raise Refusal(400, 22, "Invalid body") from None
    violation = schemas.first_violation(validator, body)
    if violation:
        raise Refusal(400, 24, f"{violation.field}: {violation.description}")
    return body
