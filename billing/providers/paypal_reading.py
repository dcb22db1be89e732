"""What PayPal's documents say: orders, captures, refunds, disputes and events. Pure reading, no calls.

Amounts, accounts and references come from PayPal's answer alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace
from typing import Any
from urllib.parse import unquote, urlsplit

from billing.money import EXPONENTS, Money
from billing.providers import reasons
from billing.providers.base import (
    DisputeState,
    DisputeStatus,
    EventKind,
    EventRef,
    InvalidSignature,
    Outcome,
    ProviderRefused,
    ProviderState,
    RefundState,
)
from billing.providers.parsing import member, money_of, text_of, uuid_of

# Of the currencies that amounts may be in, those PayPal takes, with PayPal's own decimals: the forint and the Taiwan
# dollar have none there, and any decimal of theirs is refused (developer.paypal.com, currency codes).
DECIMALS = {"EUR": 2, "USD": 2, "JPY": 0, "HUF": 0, "TWD": 0}
REFUND_OUTCOMES = {"COMPLETED": Outcome.SUCCEEDED, "CANCELLED": Outcome.FAILED, "FAILED": Outcome.FAILED}
REFUND_EVENTS = frozenset({"PAYMENT.CAPTURE.REFUNDED", "PAYMENT.CAPTURE.REVERSED"})
OPEN_DISPUTES = frozenset(
    {"OPEN", "WAITING_FOR_BUYER_RESPONSE", "WAITING_FOR_SELLER_RESPONSE", "UNDER_REVIEW", "OTHER"}
)
# How PayPal ends a dispute, seen from the seller: lost is what the seller pays for (Disputes v1, outcome codes).
DISPUTE_OUTCOMES = {
    "RESOLVED_BUYER_FAVOUR": DisputeStatus.LOST,
    "ACCEPTED": DisputeStatus.LOST,
    "RESOLVED_SELLER_FAVOUR": DisputeStatus.WON,
    "RESOLVED_WITH_PAYOUT": DisputeStatus.WON,
    "CANCELED_BY_BUYER": DisputeStatus.WON,
    "DENIED": DisputeStatus.WON,
    "NONE": DisputeStatus.WON,
}

logger = logging.getLogger("billing.providers.paypal")


def amount_of(money: Money) -> dict[str, str]:
    """An amount in PayPal's form and decimals. Raises ProviderRefused when PayPal could not take it to the unit."""
    decimals = DECIMALS.get(money.currency)
    if decimals is None:
        raise ProviderRefused(reasons.NOT_TAKEN, f"PayPal does not take {money.currency}")
    whole, rest = divmod(money.minor, 10 ** (EXPONENTS[money.currency] - decimals))
    if rest:
        raise ProviderRefused(reasons.NOT_TAKEN, f"PayPal takes {money.currency} without decimals")
    return {"currency_code": money.currency, "value": _with_decimals(whole, decimals)}


def _with_decimals(minor: int, decimals: int) -> str:
    whole, part = divmod(minor, 10**decimals)
    return f"{whole}.{part:0{decimals}d}" if decimals else str(whole)


def _money(amount: object) -> Money | None:
    return money_of(member(amount, "value"), member(amount, "currency_code"))


def state_of_order(order: dict[str, Any]) -> ProviderState:
    """An order as a state. Amount and account come from PayPal's answer alone."""
    unit = member(order, "purchase_units", 0)
    status = text_of(order.get("status"))
    captures = member(unit, "payments", "captures")
    capture = _deciding_capture(captures if isinstance(captures, list) else [], status)
    outcome, reason = _outcome_of_order(status) if capture is None else _outcome_of_capture(capture)
    return ProviderState(
        outcome=outcome,
        amount=_money(member(capture, "amount")),
        account=text_of(member(unit, "payee", "merchant_id")),
        reference=text_of(member(capture, "custom_id") or member(unit, "custom_id")),
        provider_ref=text_of(order.get("id")),
        transaction_ref=text_of(member(capture, "id")),
        reason=reason,
        fee=_money(member(capture, "seller_receivable_breakdown", "paypal_fee")),
        awaiting_capture=capture is None and status == "APPROVED",
    )


def _deciding_capture(captures: list[Any], order_status: str) -> dict[str, Any] | None:
    """The capture that counts: a completed one if any, else the last.

    A refused capture does not count while the order is open, as the payer may choose another card.
    """
    known = [capture for capture in captures if isinstance(capture, dict)]
    for capture in known:
        if capture.get("status") == "COMPLETED":
            return capture
    if not known or (order_status != "COMPLETED" and known[-1].get("status") in ("DECLINED", "FAILED")):
        return None
    return known[-1]


def _outcome_of_capture(capture: dict[str, Any]) -> tuple[Outcome, str]:
    status = text_of(capture.get("status"))
    if status == "COMPLETED":
        return Outcome.SUCCEEDED, ""
    if status in ("DECLINED", "FAILED"):
        return Outcome.FAILED, reasons.INSTRUMENT_DECLINED
    # A refund that overtook the payment must not open anything either: a person looks at it.
    if status in ("PENDING", "REFUNDED", "PARTIALLY_REFUNDED"):
        return Outcome.PENDING, reasons.BEING_REVIEWED
    logger.error("unknown capture status", extra={"provider": "paypal", "capture_status": status[:40]})
    return Outcome.PENDING, reasons.UNKNOWN


def _outcome_of_order(status: str) -> tuple[Outcome, str]:
    if status in ("CREATED", "SAVED", "APPROVED", "PAYER_ACTION_REQUIRED"):
        return Outcome.PENDING, ""
    if status == "VOIDED":
        return Outcome.FAILED, reasons.CANCELLED
    logger.error("unknown order status", extra={"provider": "paypal", "order_status": status[:40]})
    return Outcome.PENDING, reasons.UNKNOWN


def refund_state_of(refund: dict[str, Any]) -> RefundState:
    """A refund as a state."""
    outcome = REFUND_OUTCOMES.get(text_of(refund.get("status")), Outcome.PENDING)
    return RefundState(
        outcome=outcome,
        refund_ref=text_of(refund.get("id")),
        amount=_money(refund.get("amount")),
        reason=reasons.UNKNOWN if outcome is Outcome.FAILED else "",
    )


def refunded_of(capture: dict[str, Any], refunds: Iterable[object]) -> Money | None:
    """What of a capture was given back, by its order's refunds; None when they do not say it to the unit."""
    captured, total, listed = _money(capture.get("amount")), 0, False
    if captured is None:
        return None
    for refund in refunds:
        above = _capture_above(refund)
        if above and above != text_of(capture.get("id")):
            continue
        listed = True
        if text_of(member(refund, "status")) == "COMPLETED":
            amount = _money(member(refund, "amount"))
            if amount is None or amount.currency != captured.currency:
                return None
            total += amount.minor
    status = text_of(capture.get("status"))
    if not listed and status == "REFUNDED":
        return captured
    return None if not listed and status == "PARTIALLY_REFUNDED" else Money(total, captured.currency)


def dispute_of(dispute: dict[str, Any]) -> DisputeState:
    """A dispute, with its outcome if it is read in full. One that ended in a way we do not know counts as open."""
    status = text_of(dispute.get("status"))
    outcome = text_of(member(dispute, "dispute_outcome", "outcome_code"))
    ended = DISPUTE_OUTCOMES.get(outcome) if status == "RESOLVED" else None
    if ended is None and status not in OPEN_DISPUTES:
        logger.error("unknown dispute", extra={"provider": "paypal", "dispute": status[:40], "outcome": outcome[:40]})
    lost = _money(member(dispute, "dispute_outcome", "amount_refunded")) if ended is DisputeStatus.LOST else None
    return DisputeState(
        dispute_ref=text_of(dispute.get("dispute_id")),
        status=ended or DisputeStatus.OPEN,
        amount=lost or _money(dispute.get("dispute_amount")),
        reason=text_of(dispute.get("reason"), limit=80),
    )


def event_ref(event: dict[str, Any]) -> EventRef:
    """What a webhook is about. Raises InvalidSignature for one without id or type."""
    event_id, event_type = text_of(event.get("id")), text_of(event.get("event_type"))
    if not event_id or not event_type:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "an event without id or type")
    bare, resource = EventRef(event_id, event_type), event.get("resource")
    own_id = text_of(member(resource, "id"))
    if event_type.startswith("CUSTOMER.DISPUTE."):
        disputed = member(resource, "disputed_transactions", 0)
        return replace(
            bare,
            kind=EventKind.DISPUTE,
            transaction_ref=text_of(member(disputed, "seller_transaction_id")),
            attempt_id=uuid_of(member(disputed, "custom")),
        )
    if event.get("resource_type") == "checkout-order":
        custom_id = member(resource, "purchase_units", 0, "custom_id")
        return replace(bare, provider_ref=own_id, attempt_id=uuid_of(custom_id))
    order_id = text_of(member(resource, "supplementary_data", "related_ids", "order_id"))
    found = replace(bare, provider_ref=order_id, attempt_id=uuid_of(member(resource, "custom_id")))
    capture_id = _capture_above(resource)
    if event.get("resource_type") == "refund" or capture_id:
        return replace(found, kind=EventKind.REFUND, transaction_ref=capture_id)
    kind = EventKind.REFUND if event_type in REFUND_EVENTS else EventKind.PAYMENT
    return replace(found, kind=kind, transaction_ref=own_id)


def _capture_above(refund: object) -> str:
    """The capture that a refund's link "up" leads to; "" where there is none."""
    links = member(refund, "links")
    for link in links if isinstance(links, list) else []:
        steps = urlsplit(text_of(member(link, "href"), limit=2000)).path.split("/")
        if member(link, "rel") == "up" and len(steps) > 1 and steps[-2] == "captures":
            return unquote(steps[-1])[:255]
    return ""
