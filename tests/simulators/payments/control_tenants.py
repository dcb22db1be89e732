"""The tests' own door to Stripe, Wave, Orange and Moov: what payers and providers decide, and what was asked for."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from tests.simulators.payments import moov, orange, stripe, stripe_http, wave
from tests.simulators.payments.context import answer, state
from tests.simulators.payments.control import WAIT_SECONDS, body

blueprint = Blueprint("control_tenants", __name__, url_prefix="/_control")
Document = dict[str, Any]


@blueprint.errorhandler(stripe_http.Refusal)
@blueprint.errorhandler(wave.Refusal)
def refused(refusal: stripe_http.Refusal | wave.Refusal) -> Response:
    """What the provider itself would refuse."""
    return refusal.response()


@blueprint.post("/decide/stripe/<ref>")
def decide_stripe(ref: str) -> Response:
    """Of a session: {action: pay | expire | delay, intent_status?}."""
    action = body()["action"]
    if action == "delay":
        stripe.delay(ref, body()["intent_status"])
    else:
        {"pay": stripe.pay, "expire": stripe.expire}[action](ref)
    return answer({"ok": True})


@blueprint.post("/decide/wave/<ref>")
def decide_wave(ref: str) -> Response:
    """Of a session: {action: pay | fail | change, code?, over?, fields?}; `change` sets any fields."""
    asked = body()
    if asked["action"] == "pay":
        wave.pay(ref)
    elif asked["action"] == "fail":
        wave.fail(ref, asked["code"], over=bool(asked.get("over")))
    else:
        wave.change(ref, **asked["fields"])
    return answer({"ok": True})


@blueprint.post("/decide/orange/<ref>")
def decide_orange(ref: str) -> Response:
    """Of a pay token: {status}."""
    done = orange.decide(ref, body()["status"])
    return answer({"ok": True}) if done else answer({"error": "not open"}, 404)


@blueprint.post("/decide/moov/<ref>")
def decide_moov(ref: str) -> Response:
    """Of a push or its reference: {status, description?}."""
    done = moov.decide(ref, body()["status"], body().get("description", ""))
    return answer({"ok": True}) if done else answer({"error": "not known"}, 404)


@blueprint.post("/stripe/payments/<intent_id>/refund")
def refund_outside(intent_id: str) -> Response:
    """The seller gives money back on Stripe's own pages: {amount?, status?}."""
    asked = body()
    return answer(stripe.give_back(intent_id, asked.get("amount"), asked.get("status", "succeeded"), {}))


@blueprint.post("/stripe/refunds/<refund_id>")
def settle_refund(refund_id: str) -> Response:
    """Stripe decides on a pending refund: {status}."""
    stripe.settle_refund(refund_id, body()["status"])
    return answer({"ok": True})


@blueprint.post("/stripe/payments/<intent_id>/dispute")
def dispute(intent_id: str) -> Response:
    """The payer's bank takes a payment back, or ends that: {status}."""
    return answer({"dispute_id": stripe.dispute(intent_id, body()["status"])})


@blueprint.post("/tell/<provider>/<ref>")
def tell(provider: str, ref: str) -> Response:
    """Send an event of a session, or Orange's notice: {event_type, forged?, age?}; the status that came back."""
    asked = body()
    forged = bool(asked.get("forged"))
    if provider == "orange":
        orange.notify(ref, forged=forged)
        return answer({"ok": True})
    options = {"forged": forged, "age": float(asked.get("age", 0))}
    if provider == "stripe":
        sent = stripe.tell(asked["event_type"], stripe.represent(ref), **options)
    else:
        sent = wave.tell(asked["event_type"], ref, **options)
    return answer({"status": sent.result(WAIT_SECONDS) if sent else 0})


@blueprint.get("/tenants")
def show() -> Response:
    """What each provider was asked for, with the amounts as they came, and what was given back."""
    names = {
        "stripe": ("stripe_session", ("client_reference_id", "amount_total", "currency", "payment_status")),
        "wave": ("wave_session", ("client_reference", "amount", "currency", "payment_status")),
        "orange": ("orange_payment", ("order_id", "amount", "currency", "status")),
        "moov": ("moov_push", ("externaldata1", "amount", "msisdn", "status")),
        "moov_transfers": ("moov_transfer", ("amount", "destination", "sent", "status")),
        "stripe_refunds": ("stripe_refund", ("payment_intent", "amount", "currency", "status")),
    }
    return answer(
        {
            name: {ref: {field: document[field] for field in fields} for ref, document in state().all(kind)}
            for name, (kind, fields) in names.items()
        }
    )
