"""The tests' own door to refunds and disputes: made at the provider's site, decided, won and lost."""

from __future__ import annotations

from flask import Blueprint, Response

from tests.simulators.payments import momo, paypal_reversals
from tests.simulators.payments.context import answer
from tests.simulators.payments.control import body
from tests.simulators.payments.paypal_http import Refusal

blueprint = Blueprint("control_reversals", __name__, url_prefix="/_control")


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """What the provider itself would refuse."""
    return refusal.response()


@blueprint.post("/paypal/captures/<capture_id>/refund")
def refund_outside(capture_id: str) -> Response:
    """The seller gives money back on PayPal's own pages: {amount?, status?}."""
    asked = body()
    return answer(paypal_reversals.give_back(capture_id, asked.get("amount"), asked.get("status", "COMPLETED")))


@blueprint.post("/paypal/refunds/<refund_id>")
def settle_refund(refund_id: str) -> Response:
    """PayPal decides on a pending refund: {status}."""
    paypal_reversals.settle_refund(refund_id, body()["status"])
    return answer({"ok": True})


@blueprint.post("/paypal/captures/<capture_id>/dispute")
def open_dispute(capture_id: str) -> Response:
    """The payer complains: {amount?, reason?}."""
    asked = body()
    reason = asked.get("reason", "MERCHANDISE_OR_SERVICE_NOT_RECEIVED")
    return answer(paypal_reversals.open_dispute(capture_id, asked.get("amount"), reason))


@blueprint.post("/paypal/disputes/<dispute_id>")
def end_dispute(dispute_id: str) -> Response:
    """PayPal decides on a dispute: {outcome}."""
    paypal_reversals.end_dispute(dispute_id, body()["outcome"])
    return answer({"ok": True})


@blueprint.post("/momo/refunds/<reference>")
def settle_momo_refund(reference: str) -> Response:
    """MTN decides on a pending refund: {status, reason?}."""
    asked = body()
    known = momo.settle_refund(reference, asked["status"], asked.get("reason", ""))
    return answer({"ok": True}) if known else answer({"error": "not known"}, 404)
