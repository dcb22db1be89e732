"""Wave as its clients see it: checkout sessions, their search, end and refund."""

from __future__ import annotations

import hashlib
import json
import secrets
import time
import uuid
from concurrent.futures import Future
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, sender, settings, state
from tests.simulators.payments.faults import Fault, operation
from tests.simulators.payments.settings import WAVE_API_KEY

CURRENCY = "XOF"
LIFETIME = 30 * 60

blueprint = Blueprint("wave", __name__, url_prefix="/wave")
Document = dict[str, Any]


class Refusal(Exception):
    """An error answer with Wave's code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code

    def response(self) -> Response:
        """Wave's format."""
        return answer({"code": self.code, "message": "Simulated refusal."}, self.status)


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """Every refusal of this blueprint."""
    return refusal.response()


def _refuse(fault: Fault) -> Response:
    if fault["kind"] == "issue":
        return Refusal(int(fault.get("status", 400)), fault["issue"]).response()
    return Refusal(401, "no-matching-api-key").response()


def _distort(fault: Fault, document: Document) -> None:
    """Make a session untrue in the way the fault names."""
    kind = fault["kind"]
    if kind == "wrong_amount":
        document["amount"] = str(Decimal(document["amount"]) - 1)
    elif kind == "padded_amount":
        document["amount"] += ".0"
    elif kind == "wrong_currency":
        document["currency"] = "EUR"
    elif kind in ("wrong_account", "wrong_reference"):  # Wave names no account: only the reference can differ
        document["client_reference"] = str(uuid.uuid4())
    elif kind == "unknown_status":
        document |= {"checkout_status": "something-new", "payment_status": "something-new"}


def call(name: str) -> Any:
    """A Wave operation that is counted and can go wrong."""
    return operation("wave", name, refuse=_refuse, distort=_distort)


def check_key() -> None:
    """Raise unless the wallet's key came along."""
    given = request.headers.get("Authorization")
    if given != f"Bearer {WAVE_API_KEY}":
        raise Refusal(401, "no-matching-api-key" if given else "missing-auth-header")


@blueprint.post("/v1/checkout/sessions")
@call("create_session")
def create_session() -> Response:
    """Make a session, or answer with the one that the same key made."""
    check_key()
    key, body = request.headers.get("Idempotency-Key", ""), _json_body()
    if not key:
        raise Refusal(400, "request-validation-error")
    fingerprint = hashlib.sha256(request.get_data()).hexdigest()
    with state().lock:
        earlier = state().get("wave_key", key)
        if earlier and earlier["fingerprint"] != fingerprint:
            raise Refusal(409, "idempotency-mismatch")
        if earlier:
            return answer(represent(earlier["session"]))
        session_id = _new_session(body)
        state().put("wave_key", key, {"fingerprint": fingerprint, "session": session_id})
    return answer(represent(session_id))


@blueprint.get("/v1/checkout/sessions/search")
@call("search")
def search() -> Response:
    """The sessions that carry a reference."""
    check_key()
    reference = request.args.get("client_reference", "")
    if not reference:
        raise Refusal(400, "request-validation-error")
    found = [id for id, session in state().all("wave_session") if session["client_reference"] == reference]
    return answer({"result": [represent(session_id) for session_id in found]})


@blueprint.get("/v1/checkout/sessions/<session_id>")
@call("get_session")
def get_session(session_id: str) -> Response:
    """A session as it stands."""
    check_key()
    return answer(represent(session_id))


@blueprint.post("/v1/checkout/sessions/<session_id>/expire")
@call("expire")
def expire_session(session_id: str) -> Response:
    """Close an open session."""
    check_key()
    with state().lock:
        if represent(session_id)["checkout_status"] != "open":
            raise Refusal(409, "checkout-session-not-open")
        change(session_id, checkout_status="expired", payment_status="cancelled")
    return Response(status=200)


@blueprint.post("/v1/checkout/sessions/<session_id>/refund")
@call("refund")
def refund_session(session_id: str) -> Response:
    """Give a whole payment back, once."""
    check_key()
    with state().lock:
        session = represent(session_id)
        if session["payment_status"] != "succeeded":
            raise Refusal(400, "checkout-refund-failed")
        if not session["when_refunded"]:
            change(session_id, when_refunded=_now())
    return Response(status=200)


def represent(session_id: str) -> Document:
    """A session as Wave shows it."""
    session = state().get("wave_session", session_id)
    if session is None:
        raise Refusal(404, "checkout-session-not-found")
    if session["checkout_status"] == "open" and session["expires_at"] < time.time():
        session |= {"checkout_status": "expired", "payment_status": "cancelled"}
    return {name: value for name, value in session.items() if name != "expires_at"}


def change(session_id: str, **fields: object) -> None:
    """What became of a session."""
    session = state().get("wave_session", session_id)
    if session is None:
        raise Refusal(404, "checkout-session-not-found")
    state().put("wave_session", session_id, {**session, **fields})


def pay(session_id: str) -> Document | None:
    """The payer approves in Wave's app; None when that is over."""
    with state().lock:
        if not state().get("wave_session", session_id) or represent(session_id)["checkout_status"] != "open":
            return None
        change(
            session_id,
            checkout_status="complete",
            payment_status="succeeded",
            when_completed=_now(),
            transaction_id=f"T_{secrets.token_hex(6).upper()}",
        )
    tell("checkout.session.completed", session_id)
    return represent(session_id)


def fail(session_id: str, code: str, *, over: bool) -> None:
    """The payment does not go through; the session stays open unless it is `over`."""
    ended = {"checkout_status": "complete", "payment_status": "cancelled"} if over else {}
    change(session_id, last_payment_error={"code": code, "message": "Simulé"}, **ended)
    tell("checkout.session.payment_failed", session_id)


def tell(event_type: str, session_id: str, **options: Any) -> Future[int] | None:
    """Send an event (forged, or signed `age` seconds ago)."""
    event = {"id": f"EV_{secrets.token_hex(8)}", "type": event_type, "data": represent(session_id)}
    return sender().timed("wave", event, **options)


def _new_session(body: Document) -> str:
    session_id = f"cos-{secrets.token_hex(8)}"
    session = {
        "id": session_id,
        "amount": body["amount"],
        "currency": body["currency"],
        "client_reference": body.get("client_reference"),
        "success_url": body["success_url"],
        "error_url": body["error_url"],
        "business_name": "Boutique simulée",
        "checkout_status": "open",
        "payment_status": "processing",
        "last_payment_error": None,
        "transaction_id": None,
        "when_completed": None,
        "when_refunded": None,
        "when_created": _now(),
        "wave_launch_url": f"{settings().public_url}/pay/wave/{session_id}",
        "expires_at": time.time() + LIFETIME,
    }
    state().put("wave_session", session_id, session)
    return session_id


def _json_body() -> Document:
    if request.mimetype != "application/json":
        raise Refusal(415, "unsupported-media-type")
    try:
        body = json.loads(request.get_data(as_text=True))
    except ValueError:
        raise Refusal(400, "request-validation-error") from None
    if schemas.first_violation(schemas.WAVE_SESSION, body):
        raise Refusal(400, "request-validation-error")
    if body["currency"] != CURRENCY or "." in body["amount"] or int(body["amount"]) < 1:
        raise Refusal(400, "request-validation-error")
    return body


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
