"""PayPal as its clients see it: OAuth, Orders v2, captures, refunds, and the check of webhook signatures."""

from __future__ import annotations

import json
import secrets
import string
import time
import uuid
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from flask import Blueprint, Response, request

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, basic_credentials, sender, settings, signer, state
from tests.simulators.payments.faults import Fault, operation
from tests.simulators.payments.paypal_http import (
    Refusal,
    check_token,
    json_body,
    recall,
    remember,
    request_id,
    unprocessable,
)
from tests.simulators.payments.settings import (
    PAYPAL_CLIENT_ID,
    PAYPAL_CLIENT_SECRET,
    PAYPAL_MERCHANT_ID,
    PAYPAL_WEBHOOK_ID,
)
from tests.simulators.payments.webhooks import AUTH_ALGORITHM, CERTIFICATE_ID, now_text

CURRENCY_DECIMALS = {
    **dict.fromkeys(("AUD", "CAD", "CHF", "CZK", "DKK", "EUR", "GBP", "HKD", "MXN", "NOK", "NZD"), 2),
    **dict.fromkeys(("PHP", "PLN", "SEK", "SGD", "THB", "USD", "ILS"), 2),
    **dict.fromkeys(("HUF", "JPY", "TWD"), 0),
}
CENT = Decimal("0.01")
ID_LETTERS = string.ascii_uppercase + string.digits

blueprint = Blueprint("paypal", __name__)
Document = dict[str, Any]


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """Every refusal of this blueprint."""
    return refusal.response()


def _refuse(fault: Fault) -> Response:
    if fault["kind"] == "issue":
        return unprocessable(fault["issue"]).response()
    return answer({"error": "invalid_token", "error_description": "Simulated: the token is not known."}, 401)


def _distort(fault: Fault, document: Document) -> None:
    """Make an order or capture untrue in the way the fault names."""
    for unit in document.get("purchase_units", []):
        captures = unit.get("payments", {}).get("captures", [])
        if fault["kind"] == "wrong_account":
            unit["payee"] = {**unit.get("payee", {}), "merchant_id": "SOMEBODYELSE1"}
        for holder in [unit, *captures]:
            _distort_money(fault["kind"], holder["amount"])
            if fault["kind"] == "wrong_reference":
                holder["custom_id"] = str(uuid.uuid4())
        if fault["kind"] == "unknown_status":
            for capture in captures:
                capture["status"] = "SOMETHING_NEW"
    if fault["kind"] == "unknown_status":
        document["status"] = "SOMETHING_NEW"


def _distort_money(kind: str, amount: Document) -> None:
    if kind == "wrong_amount":
        amount["value"] = str(Decimal(amount["value"]) - CENT)
    elif kind == "wrong_currency":
        amount["currency_code"] = "USD"
    elif kind == "padded_amount":
        amount["value"] += "0"


def call(name: str) -> Any:
    """A PayPal operation that is counted and can go wrong."""
    return operation("paypal", name, refuse=_refuse, distort=_distort)


def new_id(length: int = 17) -> str:
    """An id as PayPal makes them."""
    return "".join(secrets.choice(ID_LETTERS) for _ in range(length))


@blueprint.post("/v1/oauth2/token")
@call("token")
def token() -> Response:
    """Client credentials for an access token."""
    if basic_credentials(request.headers.get("Authorization")) != f"{PAYPAL_CLIENT_ID}:{PAYPAL_CLIENT_SECRET}":
        return answer({"error": "invalid_client", "error_description": "Client authentication failed"}, 401)
    if (
        request.mimetype != "application/x-www-form-urlencoded"
        or request.form.get("grant_type") != "client_credentials"
    ):
        return answer({"error": "unsupported_grant_type"}, 400)
    value, lifetime = f"A21AA{secrets.token_urlsafe(40)}", settings().token_lifetime
    state().put("token", value, {"product": "paypal", "ends_at": time.time() + lifetime})
    return answer({"access_token": value, "token_type": "Bearer", "app_id": "APP-SIMULATOR", "expires_in": lifetime})


@blueprint.post("/v2/checkout/orders")
@call("create_order")
def create_order() -> Response:
    """Make an order, or answer with the one the same key made."""
    check_token()
    body = json_body(schemas.PAYPAL_ORDER)
    key = request_id(required="payment_source" in body)
    check_charge(body["purchase_units"][0]["amount"])
    with state().lock:
        known = recall("create_order", key)
        if known:
            return _order_answer(_order(known), 200)
        unit = body["purchase_units"][0]
        _check_invoice_is_new(unit.get("invoice_id"))
        order = {
            "id": new_id(),
            "intent": body["intent"],
            "status": "PAYER_ACTION_REQUIRED" if "payment_source" in body else "CREATED",
            "unit": {"reference_id": "default", **unit, "payee": {"merchant_id": PAYPAL_MERCHANT_ID}},
            "experience": body.get("payment_source", {}).get("paypal", {}).get("experience_context", {}),
            "create_time": now_text(),
            "expires_at": time.time() + settings().paypal_order_lifetime,
            "capture_id": "",
            "captures_made": 0,
        }
        state().put("order", order["id"], order)
        remember("create_order", key, order["id"])
    return _order_answer(order, 201)


@blueprint.get("/v2/checkout/orders/<order_id>")
@call("get_order")
def get_order(order_id: str) -> Response:
    """An order as it stands."""
    check_token()
    return answer(represent(_order(order_id)))


@blueprint.post("/v2/checkout/orders/<order_id>/capture")
@call("capture")
def capture_order(order_id: str, forced_status: str = "COMPLETED") -> Response:
    """Take the money of an approved order, once."""
    check_token()
    json_body(schemas.PAYPAL_CAPTURE, may_be_empty=True)
    key = request_id(required=True)
    with state().lock:
        order = _order(order_id)
        if recall("capture", key):
            return _order_answer(order, 200)
        if order["capture_id"]:
            raise unprocessable("ORDER_ALREADY_CAPTURED")
        if order["status"] != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        _check_invoice_is_new(order["unit"].get("invoice_id"))
        capture = _new_capture(order, forced_status)
        order = {**order, "status": "COMPLETED", "capture_id": capture["id"]}
        order["captures_made"] += forced_status == "COMPLETED"
        state().put("capture", capture["id"], capture)
        state().put("order", order_id, order)
        remember("capture", key, capture["id"])
    sender().paypal(event_of(order, f"PAYMENT.CAPTURE.{capture['status']}"))
    return _order_answer(order, 201)


@blueprint.get("/v1/notifications/certs/<certificate_id>")
@call("cert")
def certificate(certificate_id: str) -> Response:
    """The certificate that webhooks are signed with."""
    if certificate_id != CERTIFICATE_ID:
        raise Refusal(404, "RESOURCE_NOT_FOUND")
    return Response(signer().certificate, mimetype="application/x-pem-file")


@blueprint.post("/v1/notifications/verify-webhook-signature")
@call("verify_webhook")
def verify_webhook() -> Response:
    """Say whether this simulator signed exactly the event's bytes, for the webhook that is set."""
    check_token()
    body = json_body(schemas.PAYPAL_VERIFY)
    target = state().get("webhook_target", "paypal") or {}
    genuine = (
        body["webhook_id"] == (target.get("webhook_id") or PAYPAL_WEBHOOK_ID)
        and body["auth_algo"] == AUTH_ALGORITHM
        and body["cert_url"] == f"{settings().public_url}/v1/notifications/certs/{CERTIFICATE_ID}"
        and signer().is_signed(
            signature=body["transmission_sig"],
            transmission_id=body["transmission_id"],
            sent_at=body["transmission_time"],
            webhook_id=body["webhook_id"],
            body=raw_member(request.get_data(as_text=True), "webhook_event").encode(),
        )
    )
    return answer({"verification_status": "SUCCESS" if genuine else "FAILURE"})


def raw_member(text: str, name: str) -> str:
    """A member of a JSON object as it was written, to the byte; "" when there is none."""
    decoder, position = json.JSONDecoder(), text.index("{") + 1
    while True:
        key, position = decoder.raw_decode(text, _skip(text, position, " \t\r\n,"))
        start = _skip(text, position, " \t\r\n:")
        _, position = decoder.raw_decode(text, start)
        if key == name:
            return text[start:position]
        if text[_skip(text, position, " \t\r\n")] == "}":
            return ""


def _skip(text: str, position: int, characters: str) -> int:
    while text[position] in characters:
        position += 1
    return position


def represent(order: Document) -> Document:
    """An order as PayPal shows it."""
    unit = dict(order["unit"])
    capture = state().get("capture", order["capture_id"]) if order["capture_id"] else None
    if capture:
        refunds = [refund for _, refund in state().all("refund") if refund["capture_id"] == capture["id"]]
        unit["payments"] = {"captures": [capture], **({"refunds": refunds} if refunds else {})}
    document = {
        "id": order["id"],
        "intent": order["intent"],
        "status": order["status"],
        "purchase_units": [unit],
        "create_time": order["create_time"],
        "links": _links(order),
    }
    if order["status"] in ("APPROVED", "COMPLETED"):
        document["payer"] = {"payer_id": "SIMPAYER00001", "email_address": "payer@simulator.example"}
    return document


def _links(order: Document) -> list[Document]:
    own = f"{settings().public_url}/v2/checkout/orders/{order['id']}"
    links = [{"href": own, "rel": "self", "method": "GET"}]
    if order["status"] in ("PAYER_ACTION_REQUIRED", "CREATED"):
        rel = "payer-action" if order["status"] == "PAYER_ACTION_REQUIRED" else "approve"
        page = f"{settings().public_url}/checkoutnow?token={order['id']}"
        links.append({"href": page, "rel": rel, "method": "GET"})
    if order["status"] == "APPROVED":
        links.append({"href": f"{own}/capture", "rel": "capture", "method": "POST"})
    return links


def _order_answer(order: Document, status: int) -> Response:
    document = represent(order)
    if request.headers.get("Prefer") != "return=representation":
        document = {key: document[key] for key in ("id", "status", "links")}
    return answer(document, status)


def find_order(order_id: str) -> Document | None:
    """An order that still lives."""
    order = state().get("order", order_id)
    if order and not order["capture_id"] and order["expires_at"] < time.time():
        return None
    return order


def _order(order_id: str) -> Document:
    order = find_order(order_id)
    if order is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    return order


def approve(order_id: str) -> Document | None:
    """The payer agrees; None when the order is not there to be approved."""
    with state().lock:
        order = find_order(order_id)
        if order is None or order["status"] not in ("PAYER_ACTION_REQUIRED", "CREATED", "APPROVED"):
            return None
        first = order["status"] != "APPROVED"
        order = {**order, "status": "APPROVED"}
        state().put("order", order_id, order)
    if first:
        sender().paypal(event_of(order, "CHECKOUT.ORDER.APPROVED"))
    return order


def event(event_type: str, resource_type: str, resource: Document) -> Document:
    """PayPal's envelope."""
    return {
        "id": f"WH-{new_id()}-{new_id()}",
        "event_version": "1.0",
        "create_time": now_text(),
        "resource_type": resource_type,
        "event_type": event_type,
        "summary": "Événement simulé",  # not ASCII on purpose: the signature covers bytes
        "resource": resource,
    }


def event_of(order: Document, event_type: str) -> Document:
    """An event of an order, or of its capture for the PAYMENT.CAPTURE family (a made-up one where there is none)."""
    if not event_type.startswith("PAYMENT.CAPTURE."):
        return event(event_type, "checkout-order", represent(order))
    capture = state().get("capture", order["capture_id"]) if order["capture_id"] else None
    return event(event_type, "capture", capture or _new_capture(order, "COMPLETED"))


def check_charge(amount: Document) -> None:
    decimals = CURRENCY_DECIMALS.get(amount["currency_code"])
    if decimals is None:
        raise unprocessable("CURRENCY_NOT_SUPPORTED", amount["currency_code"])
    value = Decimal(amount["value"])
    if value <= 0:
        raise unprocessable("CANNOT_BE_ZERO_OR_NEGATIVE")
    if value != value.quantize(Decimal(1).scaleb(-decimals)):
        raise unprocessable("DECIMAL_PRECISION" if decimals else "DECIMALS_NOT_SUPPORTED")


def _check_invoice_is_new(invoice_id: str | None) -> None:
    for _, capture in state().all("capture"):
        if invoice_id and capture["invoice_id"] == invoice_id and capture["status"] != "DECLINED":
            raise unprocessable("DUPLICATE_INVOICE_ID")


def _new_capture(order: Document, status: str) -> Document:
    unit, amount = order["unit"], order["unit"]["amount"]
    capture: Document = {
        "id": new_id(),
        "status": status,
        "amount": amount,
        "final_capture": True,
        "custom_id": unit.get("custom_id", ""),
        "invoice_id": unit.get("invoice_id", ""),
        "create_time": now_text(),
        "supplementary_data": {"related_ids": {"order_id": order["id"]}},
        "links": [{"href": f"{settings().public_url}/v2/checkout/orders/{order['id']}", "rel": "up", "method": "GET"}],
        "refunded": "0",
    }
    if status == "COMPLETED":
        gross = Decimal(amount["value"])
        fee = (gross * Decimal("0.034") + Decimal("0.35")).quantize(CENT, rounding=ROUND_HALF_UP)
        money = {"gross_amount": gross, "paypal_fee": fee, "net_amount": gross - fee}
        capture["seller_receivable_breakdown"] = {
            name: {"currency_code": amount["currency_code"], "value": str(value)} for name, value in money.items()
        }
    elif status == "PENDING":
        capture["status_details"] = {"reason": "PENDING_REVIEW"}
    return capture
