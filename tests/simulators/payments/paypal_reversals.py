"""What is taken back at the simulated PayPal: refunds, asked for or made at its site, and disputes with their outcome."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, sender, settings, state
from tests.simulators.payments.paypal import call, check_charge, event, new_id, refused
from tests.simulators.payments.paypal_http import (
    Refusal,
    check_token,
    json_body,
    recall,
    remember,
    request_id,
    unprocessable,
)
from tests.simulators.payments.webhooks import now_text

ENDED = "RESOLVED"

blueprint = Blueprint("paypal_reversals", __name__)
blueprint.register_error_handler(Refusal, refused)
Document = dict[str, Any]


@blueprint.get("/v2/payments/captures/<capture_id>")
@call("get_capture")
def get_capture(capture_id: str) -> Response:
    """A capture as it stands."""
    check_token()
    return answer(_known("capture", capture_id))


@blueprint.post("/v2/payments/captures/<capture_id>/refund")
@call("refund")
def refund_capture(capture_id: str, forced_status: str = "COMPLETED") -> Response:
    """Give back a part, or all that remains."""
    check_token()
    body = json_body(schemas.PAYPAL_REFUND, may_be_empty=True)
    key = request_id(required=False)
    with state().lock:
        known = recall("refund", key)
        if known:
            return answer(state().get("refund", known))
        refund = give_back(capture_id, body.get("amount"), forced_status)
        remember("refund", key, refund["id"])
    return answer(refund, 201)


@blueprint.get("/v2/payments/refunds/<refund_id>")
@call("get_refund")
def get_refund(refund_id: str) -> Response:
    """A refund as it stands."""
    check_token()
    return answer(_known("refund", refund_id))


@blueprint.get("/v1/customer/disputes")
@call("disputes")
def list_disputes() -> Response:
    """The disputes about a transaction; as at PayPal, without their outcomes."""
    check_token()
    capture_id = request.args.get("disputed_transaction_id", "")
    if not capture_id:
        raise Refusal(400, "INVALID_REQUEST", "MISSING_REQUIRED_PARAMETER", field="disputed_transaction_id")
    about = [dispute for _, dispute in state().all("dispute") if dispute["capture_id"] == capture_id]
    shown = ("dispute_id", "status", "reason", "dispute_amount", "create_time")
    return answer({"items": [{name: dispute[name] for name in shown} for dispute in about]})


@blueprint.get("/v1/customer/disputes/<dispute_id>")
@call("get_dispute")
def get_dispute(dispute_id: str) -> Response:
    """A dispute in full."""
    check_token()
    return answer(_known("dispute", dispute_id))


def give_back(capture_id: str, asked: Document | None, status: str) -> Document:
    """Make a refund and tell of it; raises Refusal when nothing so large is left."""
    with state().lock:
        capture = _known("capture", capture_id)
        amount = _refundable(capture, asked)
        currency = capture["amount"]["currency_code"]
        refund = {
            "id": new_id(),
            "status": status,
            "amount": {"currency_code": currency, "value": str(amount)},
            "custom_id": capture["custom_id"],
            "links": [_link(f"/v2/payments/captures/{capture_id}", "up")],
            "create_time": now_text(),
            "capture_id": capture_id,
        }
        state().put("refund", refund["id"], refund)
        _add_up(capture_id)
    sender().paypal(event("PAYMENT.CAPTURE.REFUNDED", "refund", refund))
    return refund


def settle_refund(refund_id: str, status: str) -> None:
    """PayPal decides on a refund that was pending."""
    with state().lock:
        refund = {**_known("refund", refund_id), "status": status}
        state().put("refund", refund_id, refund)
        _add_up(refund["capture_id"])
    sender().paypal(event(f"PAYMENT.REFUND.{status}", "refund", refund))


def open_dispute(capture_id: str, amount: Document | None, reason: str) -> Document:
    """The payer complains of a payment."""
    capture = _known("capture", capture_id)
    dispute = {
        "dispute_id": f"PP-D-{new_id(6)}",
        "status": "WAITING_FOR_SELLER_RESPONSE",
        "reason": reason,
        "dispute_amount": amount or capture["amount"],
        "disputed_transactions": [{"seller_transaction_id": capture_id, "custom": capture["custom_id"]}],
        "create_time": now_text(),
        "capture_id": capture_id,
    }
    state().put("dispute", dispute["dispute_id"], dispute)
    sender().paypal(event("CUSTOMER.DISPUTE.CREATED", "dispute", dispute))
    return dispute


def end_dispute(dispute_id: str, outcome: str) -> None:
    """PayPal decides on a dispute."""
    dispute = _known("dispute", dispute_id)
    dispute |= {"status": ENDED, "dispute_outcome": {"outcome_code": outcome}}
    if outcome == "RESOLVED_BUYER_FAVOUR":
        dispute["dispute_outcome"]["amount_refunded"] = dispute["dispute_amount"]
    state().put("dispute", dispute_id, dispute)
    sender().paypal(event("CUSTOMER.DISPUTE.RESOLVED", "dispute", dispute))


def _known(kind: str, id: str) -> Document:
    document = state().get(kind, id)
    if document is None:
        raise Refusal(404, "RESOURCE_NOT_FOUND", "INVALID_RESOURCE_ID")
    return document


def _refundable(capture: Document, asked: Document | None) -> Decimal:
    if capture["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"):
        raise unprocessable("PENDING_CAPTURE")
    taken = _given_back(capture["id"], ("COMPLETED", "PENDING"))
    remaining = Decimal(capture["amount"]["value"]) - taken
    if remaining == 0:
        raise unprocessable("CAPTURE_FULLY_REFUNDED")
    if asked is None:
        return remaining
    if asked["currency_code"] != capture["amount"]["currency_code"]:
        raise unprocessable("REFUND_CAPTURE_CURRENCY_MISMATCH")
    check_charge(asked)
    if Decimal(asked["value"]) > remaining:
        raise unprocessable("REFUND_AMOUNT_EXCEEDED")
    return Decimal(asked["value"])


def _given_back(capture_id: str, statuses: tuple[str, ...]) -> Decimal:
    refunds = [refund for _, refund in state().all("refund") if refund["capture_id"] == capture_id]
    amounts = [Decimal(refund["amount"]["value"]) for refund in refunds if refund["status"] in statuses]
    return sum(amounts, Decimal(0))


def _add_up(capture_id: str) -> None:
    """Bring a capture in step with its refunds, as every refund shows their total."""
    capture = _known("capture", capture_id)
    total = _given_back(capture_id, ("COMPLETED",))
    status = "COMPLETED" if not total else "PARTIALLY_REFUNDED"
    status = "REFUNDED" if total == Decimal(capture["amount"]["value"]) else status
    state().put("capture", capture_id, {**capture, "status": status, "refunded": str(total)})
    shown = {"currency_code": capture["amount"]["currency_code"], "value": str(total)}
    for refund_id, refund in state().all("refund"):
        if refund["capture_id"] == capture_id:
            breakdown = {"seller_payable_breakdown": {"total_refunded_amount": shown}}
            state().put("refund", refund_id, {**refund, **breakdown})


def _link(path: str, rel: str) -> Document:
    return {"href": f"{settings().public_url}{path}", "rel": rel, "method": "GET"}
