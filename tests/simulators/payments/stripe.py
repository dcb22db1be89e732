"""Stripe as its clients see it: Checkout Sessions, payments, refunds, disputes."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import Future
from typing import Any

from flask import Blueprint, Response, request

from tests.simulators.payments import schemas
from tests.simulators.payments.context import answer, sender, settings, state
from tests.simulators.payments.faults import Fault, operation
from tests.simulators.payments.stripe_http import Refusal, check_key, form_body, new_id, once

# Minor units per currency and the smallest charge; dinars end in 0 (docs.stripe.com/currencies).
MINIMUM = {"xaf": 1, "xof": 1, "gnf": 1, "jpy": 50, "eur": 50, "usd": 50, "huf": 17_500, "twd": 1, "tnd": 10}
DAY = 24 * 3600
LOST, NEEDS_RESPONSE = "lost", "needs_response"

blueprint = Blueprint("stripe", __name__, url_prefix="/stripe")
Document = dict[str, Any]


@blueprint.errorhandler(Refusal)
def refused(refusal: Refusal) -> Response:
    """Every refusal of this blueprint."""
    return refusal.response()


def _refuse(fault: Fault) -> Response:
    if fault["kind"] == "issue":
        return Refusal(int(fault.get("status", 400)), fault["issue"]).response()
    return Refusal(401).response()


def _distort(fault: Fault, document: Document) -> None:
    """Make a session or a refund untrue in the way the fault names."""
    kind, amount = fault["kind"], "amount_total" if "amount_total" in document else "amount"
    if kind == "wrong_amount":
        document[amount] -= 1
    elif kind == "padded_amount":
        document[amount] = f"{document[amount]}.0"
    elif kind == "wrong_currency":
        document["currency"] = "usd" if document["currency"] != "usd" else "eur"
    elif kind == "wrong_account":
        document["livemode"] = True
    elif kind == "wrong_reference":
        document["client_reference_id"] = str(uuid.uuid4())
    elif kind == "unknown_status":
        document |= {"status": "something_new", "payment_status": "something_new"}


def call(name: str) -> Any:
    """A Stripe operation that is counted and can go wrong."""
    return operation("stripe", name, refuse=_refuse, distort=_distort)


@blueprint.post("/v1/checkout/sessions")
@call("create_session")
def create_session() -> Response:
    """Make a session, or answer as the same key was answered before."""
    check_key()
    return once(lambda: _new_session(form_body(schemas.STRIPE_SESSION)))


@blueprint.get("/v1/checkout/sessions")
@call("list_sessions")
def list_sessions() -> Response:
    """The newest sessions."""
    check_key()
    sessions = [session_id for session_id, _ in state().all("stripe_session")]
    limit = int(request.args.get("limit", 10))
    return answer({"object": "list", "data": [represent(session_id) for session_id in sessions[-limit:]]})


@blueprint.get("/v1/checkout/sessions/<session_id>")
@call("get_session")
def get_session(session_id: str) -> Response:
    """A session as it stands, with as much of its payment as was asked for."""
    check_key()
    _known("stripe_session", session_id)
    expand = max((name.count(".") + 1 for name in request.args.getlist("expand[0]")), default=0)
    return answer(represent(session_id, expand=expand))


@blueprint.get("/v1/payment_intents/<intent_id>")
@call("get_payment")
def get_payment(intent_id: str) -> Response:
    """A payment, with its charge in full."""
    check_key()
    return answer(_intent(_known("stripe_intent", intent_id), expand=1))


@blueprint.post("/v1/refunds")
@call("refund")
def create_refund(forced_status: str = "succeeded") -> Response:
    """Give back a part, or all that remains."""
    check_key()
    body = form_body(schemas.STRIPE_REFUND)

    def make() -> Document:
        units = int(body["amount"]) if "amount" in body else None
        return give_back(body["payment_intent"], units, forced_status, body.get("metadata", {}))

    return once(make)


@blueprint.get("/v1/refunds")
@call("list_refunds")
def list_refunds() -> Response:
    """The refunds of a payment."""
    check_key()
    return _page("stripe_refund")


@blueprint.get("/v1/refunds/<refund_id>")
@call("get_refund")
def get_refund(refund_id: str) -> Response:
    """A refund as it stands."""
    check_key()
    return answer(_known("stripe_refund", refund_id))


@blueprint.get("/v1/disputes")
@call("disputes")
def list_disputes() -> Response:
    """The disputes of a payment."""
    check_key()
    return _page("stripe_dispute")


def represent(session_id: str, *, expand: int = 0) -> Document:
    """A session as Stripe shows it. `expand` counts how deep: payment, charge, balance transaction."""
    session = _aged(session_id)
    intent = state().get("stripe_intent", session["payment_intent"]) if session["payment_intent"] else None
    shown = _intent(intent, expand=expand - 1) if intent and expand else session["payment_intent"] or None
    return {**session, "payment_intent": shown}


def pay(session_id: str) -> Document | None:
    """The payer pays on Stripe's page; None when that is over."""
    with state().lock:
        session = _aged(session_id) if state().get("stripe_session", session_id) else None
        if session is None or session["status"] != "open":
            return None
        intent = _new_intent(session)
        state().put("stripe_intent", intent["id"], intent)
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"], "url": None}
        state().put("stripe_session", session_id, session)
    tell("checkout.session.completed", represent(session_id))
    return session


def expire(session_id: str) -> None:
    """The payer let it go by."""
    session = _known("stripe_session", session_id)
    state().put("stripe_session", session_id, {**session, "status": "expired", "url": None})
    tell("checkout.session.expired", represent(session_id))


def delay(session_id: str, intent_status: str) -> None:
    """The payer chose a slow way to pay: the session is over, its payment is not."""
    session = _known("stripe_session", session_id)
    intent = _new_intent(session) | {"status": intent_status, "charge": None}
    state().put("stripe_intent", intent["id"], intent)
    state().put("stripe_session", session_id, {**session, "status": "complete", "payment_intent": intent["id"]})


def give_back(intent_id: str, units: int | None, status: str, metadata: Document) -> Document:
    """Make a refund and tell of it; raises Refusal when nothing so large is left."""
    with state().lock:
        intent = _known("stripe_intent", intent_id)
        if intent["charge"]["disputed"]:
            raise Refusal(400, "charge_disputed")
        remaining = intent["amount"] - _given_back(intent_id, ("succeeded", "pending"))
        if remaining == 0:
            raise Refusal(400, "charge_already_refunded")
        if (units or 0) > remaining:
            raise Refusal(400, "amount_too_large", param="amount")
        refund = {
            "id": new_id("re"),
            "object": "refund",
            "amount": units or remaining,
            "currency": intent["currency"],
            "payment_intent": intent_id,
            "status": status,
            "metadata": metadata,
        }
        state().put("stripe_refund", refund["id"], refund)
        _add_up(intent_id)
    tell("charge.refunded", _charge(_known("stripe_intent", intent_id), expand=0))
    return refund


def settle_refund(refund_id: str, status: str) -> None:
    """Stripe decides on a refund that was pending."""
    refund = {**_known("stripe_refund", refund_id), "status": status}
    state().put("stripe_refund", refund_id, refund)
    _add_up(refund["payment_intent"])
    tell("refund.failed" if status == "failed" else "refund.updated", refund)


def dispute(intent_id: str, status: str) -> str:
    """The payer's bank takes a payment back, or (with its status) ends that."""
    intent = _known("stripe_intent", intent_id)
    open_before = [known for _, known in state().all("stripe_dispute") if known["payment_intent"] == intent_id]
    document = open_before[0] if open_before else {"id": new_id("dp"), "object": "dispute", "reason": "fraudulent"}
    document |= {"payment_intent": intent_id, "amount": intent["amount"], "currency": intent["currency"]}
    document |= {"status": status, "metadata": {}}
    state().put("stripe_dispute", document["id"], document)
    state().put("stripe_intent", intent_id, {**intent, "charge": {**intent["charge"], "disputed": True}})
    over = status not in (NEEDS_RESPONSE, "under_review")
    tell(f"charge.dispute.{'closed' if over else 'created'}", document)
    return document["id"]


def tell(event_type: str, subject: Document, **options: Any) -> Future[int] | None:
    """Send an event (forged, or signed `age` seconds ago)."""
    event = {"id": new_id("evt"), "object": "event", "type": event_type, "livemode": False, "data": {"object": subject}}
    return sender().timed("stripe", event, **options)


def _new_session(body: Document) -> Document:
    line = body["line_items"]["0"]
    price = line["price_data"]
    units, currency = int(price["unit_amount"]), price["currency"]
    if currency not in MINIMUM:
        raise Refusal(400, "currency_not_supported", param="currency")
    if units < MINIMUM[currency]:
        raise Refusal(400, "amount_too_small", param="unit_amount")
    if currency == "tnd" and units % 10:
        raise Refusal(400, "parameter_invalid_integer", param="unit_amount")
    session_id = f"cs_test_{new_id('a1')}"
    session = {
        "id": session_id,
        "object": "checkout.session",
        "amount_total": units * int(line["quantity"]),
        "currency": currency,
        "client_reference_id": body.get("client_reference_id"),
        "livemode": False,
        "mode": body["mode"],
        "status": "open",
        "payment_status": "unpaid",
        "payment_intent": None,
        "locale": body.get("locale"),
        "metadata": body.get("metadata", {}),
        "success_url": body["success_url"],
        "cancel_url": body.get("cancel_url", ""),
        "expires_at": time.time() + DAY,
        "name": price["product_data"]["name"],
        "carried": body.get("payment_intent_data", {}).get("metadata", {}),
        "url": f"{settings().public_url}/pay/stripe/{session_id}",
    }
    state().put("stripe_session", session_id, session)
    return session


def _new_intent(session: Document) -> Document:
    units = session["amount_total"]
    fee = (units * 29 + 500) // 1000
    settled = {"id": new_id("txn"), "fee": fee, "net": units - fee, "currency": session["currency"]}
    charge = {"id": new_id("ch"), "amount_refunded": 0, "disputed": False, "balance_transaction": settled}
    return {
        "id": new_id("pi"),
        "object": "payment_intent",
        "amount": units,
        "currency": session["currency"],
        "status": "succeeded",
        "metadata": session["carried"],
        "charge": charge,
    }


def _intent(intent: Document, *, expand: int) -> Document:
    charge = intent["charge"]
    shown = {name: value for name, value in intent.items() if name != "charge"}
    latest = charge and (_charge(intent, expand=expand - 1) if expand else charge["id"])
    return {**shown, "latest_charge": latest}


def _charge(intent: Document, *, expand: int) -> Document:
    charge = intent["charge"]
    return {
        **charge,
        "object": "charge",
        "amount": intent["amount"],
        "currency": intent["currency"],
        "payment_intent": intent["id"],
        "metadata": intent["metadata"],
        "balance_transaction": charge["balance_transaction"] if expand else charge["balance_transaction"]["id"],
    }


def _aged(session_id: str) -> Document:
    session = _known("stripe_session", session_id)
    if session["status"] == "open" and session["expires_at"] < time.time():
        session |= {"status": "expired", "url": None}
    return session


def _known(kind: str, id: str) -> Document:
    document = state().get(kind, id)
    if document is None:
        raise Refusal(404, "resource_missing", param="id")
    return document


def _page(kind: str) -> Response:
    intent_id = request.args.get("payment_intent", "")
    _known("stripe_intent", intent_id)
    found = [document for _, document in state().all(kind) if document["payment_intent"] == intent_id]
    return answer({"object": "list", "has_more": False, "data": found[: int(request.args.get("limit", 10))]})


def _given_back(intent_id: str, statuses: tuple[str, ...]) -> int:
    refunds = [refund for _, refund in state().all("stripe_refund") if refund["payment_intent"] == intent_id]
    return sum(refund["amount"] for refund in refunds if refund["status"] in statuses)


def _add_up(intent_id: str) -> None:
    intent = _known("stripe_intent", intent_id)
    total = _given_back(intent_id, ("succeeded", "pending"))
    state().put("stripe_intent", intent_id, {**intent, "charge": {**intent["charge"], "amount_refunded": total}})
