"""The tests' own door: reset, faults, decisions, webhooks at will, and what was counted."""

from __future__ import annotations

from concurrent.futures import Future
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, request

from tests.simulators.payments import paypal
from tests.simulators.payments.context import answer, faults, sender, settings, state
from tests.simulators.payments.momo import requests_to_pay
from tests.simulators.payments.momo_requests import represent

MAX_COPIES = 500
WAIT_SECONDS = 60
# In this order a payer's approval and the payment happen; `reorder` sends them the other way round.
PAYPAL_SEQUENCE = ("CHECKOUT.ORDER.APPROVED", "PAYMENT.CAPTURE.COMPLETED")

blueprint = Blueprint("control", __name__, url_prefix="/_control")
Document = dict[str, Any]


def body() -> Document:
    """The request's JSON, {} when there is none."""
    return request.get_json(silent=True) or {}


@blueprint.get("/health")
def health() -> Response:
    """The simulator is up."""
    return answer({"ok": True})


@blueprint.post("/reset")
def reset() -> Response:
    """Forget orders, requests, tokens, counts and faults."""
    faults().clear()
    state().reset()
    return answer({"ok": True})


@blueprint.post("/faults/end")
def end_faults() -> Response:
    """From now on everything works; what happened stays."""
    faults().clear()
    return answer({})


@blueprint.post("/faults")
def plan_faults() -> Response:
    """Plan a list of faults; see `faults.py` for what can be."""
    try:
        for fault in request.get_json():
            faults().plan(fault)
    except ValueError as error:
        return answer({"error": str(error)}, 400)
    return answer({"ok": True})


@blueprint.post("/webhooks")
def set_webhook() -> Response:
    """Where a provider sends webhooks: {provider, url, webhook_id?}, or the host MTN has registered: {callback_host}."""
    asked = body()
    if "callback_host" in asked:
        settings().momo_callback_host = asked["callback_host"]
    else:
        target = {"url": asked["url"], "webhook_id": asked.get("webhook_id", "")}
        state().put("webhook_target", asked["provider"], target)
    return answer({"ok": True})


@blueprint.post("/paypal/<order_id>/approve")
def approve(order_id: str) -> Response:
    """The payer agrees, without a browser."""
    order = paypal.approve(order_id)
    return answer({"status": order["status"]}) if order else answer({"error": "not open"}, 404)


@blueprint.post("/paypal/<order_id>/expire")
def expire(order_id: str) -> Response:
    """PayPal forgets an order that was not paid in time."""
    order = state().get("order", order_id)
    if order is None:
        return answer({"error": "not known"}, 404)
    state().put("order", order_id, {**order, "expires_at": 0})
    return answer({"ok": True})


@blueprint.post("/paypal/<order_id>/capture")
def settle_capture(order_id: str) -> Response:
    """PayPal decides on a capture it held back: {status}."""
    with state().lock:
        order = state().get("order", order_id) or {}
        capture = state().get("capture", order.get("capture_id", ""))
        if capture is None:
            return answer({"error": "not captured"}, 404)
        state().put("capture", capture["id"], {**capture, "status": body()["status"]})
    sender().paypal(paypal.event_of(order, f"PAYMENT.CAPTURE.{body()['status']}"))
    return answer({"ok": True})


@blueprint.post("/momo/<reference>/decide")
def decide(reference: str) -> Response:
    """What becomes of a request to pay: {status, reason?}, at any time, also too late."""
    document = requests_to_pay().decide(reference, body()["status"], body().get("reason", ""))
    return answer({"status": document["status"]}) if document else answer({"error": "not known"}, 404)


@blueprint.post("/momo/accounts")
def set_account() -> Response:
    """Switch a number's wallet on or off: {msisdn, active}."""
    state().put("momo_account", body()["msisdn"], {"active": bool(body()["active"])})
    return answer({"ok": True})


@blueprint.post("/webhooks/send")
def send_webhooks() -> Response:
    """Send what a provider might, as often as asked.

    {provider, order | ref, event_type?, copies?, parallel?, delay?, forged?, reorder?, url?, wait?}. Answers with the
    statuses that came back, unless `wait` is false.
    """
    asked = body()
    copies = min(int(asked.get("copies", 1)), MAX_COPIES)
    send = _send_paypal if asked["provider"] == "paypal" else _send_momo
    statuses: list[int] = []
    waiting: list[Future[int]] = []
    for _ in range(copies):
        for future in send(asked):
            waiting.append(future)
            if not asked.get("parallel", True):
                statuses.append(future.result(WAIT_SECONDS))
    if asked.get("wait", True):
        statuses = [future.result(WAIT_SECONDS) for future in waiting]
    return answer({"sent": len(waiting), "statuses": statuses})


def _send_paypal(asked: Document) -> list[Future[int]]:
    """The same event for every copy: PayPal repeats ids."""
    events = asked.setdefault("_events", _paypal_events(asked))
    forged, delay = bool(asked.get("forged")), float(asked.get("delay", 0))
    futures = []
    for event in events:
        future = sender().paypal(event, forged=forged, retry=False, delay=delay)
        if future and asked.get("reorder"):
            future.result(WAIT_SECONDS)
        if future:
            futures.append(future)
    return futures


def _paypal_events(asked: Document) -> list[Document]:
    order = state().get("order", asked["order"])
    if order is None:
        return []
    types = reversed(PAYPAL_SEQUENCE) if asked.get("reorder") else (asked.get("event_type", PAYPAL_SEQUENCE[1]),)
    return [paypal.event_of(order, event_type) for event_type in types]


def _send_momo(asked: Document) -> list[Future[int]]:
    """The request's callback; a forged one claims that it was paid."""
    document = requests_to_pay().read(asked["ref"])
    if document is None:
        return []
    shown = represent(document, asked["ref"])
    if asked.get("forged"):
        shown |= {"status": "SUCCESSFUL", "financialTransactionId": "999999999"}
    url = asked.get("url") or document["callback_url"] or (state().get("webhook_target", "momo") or {}).get("url", "")
    future = sender().callback(url, shown, reference=asked["ref"], delay=float(asked.get("delay", 0)))
    return [future] if future else []


@blueprint.get("/state")
def show_state() -> Response:
    """Calls per operation, what was charged, and how deliveries went."""
    orders = {order_id: _order_summary(order) for order_id, order in state().all("order")}
    requests = {
        reference: {
            **{name: document[name] for name in ("status", "amount", "currency", "externalId", "msisdn", "charged")},
            "refunded": document["refunded"],
            "callback_url": document["callback_url"],
        }
        for reference, document in state().all("momo_request")
    }
    return answer(
        {
            "calls": {name: call["count"] for name, call in state().all("call")},
            "header_names": {name: call["header_names"] for name, call in state().all("call")},
            "user_agents": {name: call["user_agents"] for name, call in state().all("call")},
            "paypal": {"orders": orders},
            "momo": {"requests": requests},
            "charged_by_reference": _charged(orders, requests),
            "deliveries": [delivery for _, delivery in state().all("delivery")],
        }
    )


def _order_summary(order: Document) -> Document:
    capture = state().get("capture", order["capture_id"]) if order["capture_id"] else None
    return {
        "status": order["status"],
        "currency": order["unit"]["amount"]["currency_code"],
        "value": order["unit"]["amount"]["value"],
        "custom_id": order["unit"].get("custom_id", ""),
        "locale": order["experience"].get("locale", ""),
        "captures": order["captures_made"],
        "capture_id": order["capture_id"],
        "captured": capture["amount"]["value"] if capture and order["captures_made"] else "0",
        "refunded": capture["refunded"] if capture else "0",
    }


def _charged(orders: Document, requests: Document) -> dict[str, str]:
    """What was taken in all for each of the product's own references."""
    totals: dict[str, Decimal] = {}
    for order in orders.values():
        totals[order["custom_id"]] = totals.get(order["custom_id"], Decimal(0)) + Decimal(order["captured"])
    for document in requests.values():
        amount = Decimal(document["amount"]) * document["charged"]
        totals[document["externalId"]] = totals.get(document["externalId"], Decimal(0)) + amount
    return {reference: str(total) for reference, total in totals.items()}
