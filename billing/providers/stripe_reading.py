"""What Stripe's documents say: sessions, refunds, disputes and events. Pure reading, no calls.

Stripe counts money in the minor units that `billing.money` has, for every currency known here: francs and yen have
none, euros two, dinars three (docs.stripe.com/currencies). The dinar's last digit must be 0.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import Any
from uuid import UUID

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
from billing.providers.parsing import member, text_of, uuid_of

CHARGED_IN = frozenset({"XAF", "XOF", "GNF", "JPY", "EUR", "USD", "HUF", "TWD", "TND"})
TENS_ONLY = frozenset({"TND"})
REFUND_OUTCOMES = {"succeeded": Outcome.SUCCEEDED, "failed": Outcome.FAILED, "canceled": Outcome.FAILED}
# A payment after which the payer could not pay, once the session is over.
FAILED_INTENTS = frozenset({"requires_payment_method", "canceled"})
ENDED_DISPUTES = {
    "lost": DisputeStatus.LOST,
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
}
OPEN_DISPUTES = frozenset({"warning_needs_response", "warning_under_review", "needs_response", "under_review"})

logger = logging.getLogger("billing.providers.stripe")


def units_of(money: Money) -> int:
    """An amount as Stripe counts it. Raises ProviderRefused when Stripe could not take it to the unit."""
    if money.currency not in CHARGED_IN:
        raise ProviderRefused(reasons.NOT_TAKEN, f"Stripe does not take {money.currency}")
    if money.minor <= 0:
        raise ProviderRefused(reasons.MISCONFIGURED, "nothing to move")
    if money.currency in TENS_ONLY and money.minor % 10:
        raise ProviderRefused(reasons.NOT_TAKEN, f"the last digit of an amount in {money.currency} must be 0")
    return money.minor


def _money(units: object, currency: object) -> Money | None:
    """Stripe's count as an amount; None when it is none, or in a currency that is not known here."""
    code = text_of(currency, limit=3).upper()
    if isinstance(units, bool) or not isinstance(units, int) or code not in EXPONENTS:
        return None
    return Money(units, code)


def account_of(livemode: object) -> str:
    """What stands for the payee: Stripe's answers name no account, but say whether the money is real ("" if not)."""
    return "live" if livemode is True else "test" if livemode is False else ""


def state_of_session(session: dict[str, Any]) -> ProviderState:
    """A Checkout Session, with its payment in full, as a state. Paid is what `payment_status` says, nothing else."""
    intent = session.get("payment_intent")
    charge = member(intent, "latest_charge")
    outcome, reason = _outcome(session, intent, charge)
    settled = member(charge, "balance_transaction")
    return ProviderState(
        outcome=outcome,
        amount=_money(session.get("amount_total"), session.get("currency")),
        account=account_of(session.get("livemode")),
        reference=text_of(session.get("client_reference_id")),
        provider_ref=text_of(session.get("id")),
        transaction_ref=intent_of(session),
        reason=reason,
        fee=_money(member(settled, "fee"), member(settled, "currency")),
    )


def intent_of(session: dict[str, Any]) -> str:
    """The id of a session's payment, which comes alone or in full; "" before the payer tried."""
    intent = session.get("payment_intent")
    return text_of(member(intent, "id") if isinstance(intent, dict) else intent)


def _outcome(session: dict[str, Any], intent: object, charge: object) -> tuple[Outcome, str]:
    status, payment_status = text_of(session.get("status")), text_of(session.get("payment_status"))
    if payment_status == "paid":
        # A refund or a dispute that overtook the payment must not open anything: a person looks at it.
        if member(charge, "amount_refunded") or member(charge, "disputed"):
            return Outcome.PENDING, reasons.BEING_REVIEWED
        return Outcome.SUCCEEDED, ""
    if payment_status == "unpaid" and status == "open":
        return Outcome.PENDING, ""
    if payment_status == "unpaid" and status == "expired":
        return Outcome.FAILED, reasons.APPROVAL_EXPIRED
    if payment_status == "unpaid" and status == "complete":  # a bank debit that takes days
        failed = member(intent, "status") in FAILED_INTENTS
        return (Outcome.FAILED, reasons.INSTRUMENT_DECLINED) if failed else (Outcome.PENDING, reasons.BEING_REVIEWED)
    logger.error(
        "unknown session status",
        extra={"provider": "stripe", "session_status": status[:40], "payment_status": payment_status[:40]},
    )
    return Outcome.PENDING, reasons.UNKNOWN


def refund_state_of(refund: dict[str, Any]) -> RefundState:
    """A refund as a state."""
    outcome = REFUND_OUTCOMES.get(text_of(refund.get("status")), Outcome.PENDING)
    return RefundState(
        outcome=outcome,
        refund_ref=text_of(refund.get("id")),
        amount=_money(refund.get("amount"), refund.get("currency")),
        reason=reasons.UNKNOWN if outcome is Outcome.FAILED else "",
    )


def refunded_of(intent: dict[str, Any]) -> Money | None:
    """What was given back of a payment, read with its charge; None when its charge does not say."""
    charge = intent.get("latest_charge")
    return _money(member(charge, "amount_refunded"), member(charge, "currency"))


def dispute_of(dispute: dict[str, Any]) -> DisputeState:
    """A dispute. A status that we do not know counts as open."""
    status = text_of(dispute.get("status"))
    if status not in ENDED_DISPUTES and status not in OPEN_DISPUTES:
        logger.error("unknown dispute", extra={"provider": "stripe", "dispute": status[:40]})
    return DisputeState(
        dispute_ref=text_of(dispute.get("id")),
        status=ENDED_DISPUTES.get(status, DisputeStatus.OPEN),
        amount=_money(dispute.get("amount"), dispute.get("currency")),
        reason=text_of(dispute.get("reason"), limit=80),
    )


def event_ref(event: dict[str, Any]) -> EventRef:
    """What a webhook is about. Raises InvalidSignature for one without id or type."""
    event_id, event_type = text_of(event.get("id")), text_of(event.get("type"))
    if not event_id or not event_type:
        raise InvalidSignature(reasons.BAD_SIGNATURE, "an event without id or type")
    bare, subject = EventRef(event_id, event_type), member(event, "data", "object")
    kind, own_id = text_of(member(subject, "object")), text_of(member(subject, "id"))
    if kind == "checkout.session":
        return replace(
            bare,
            provider_ref=own_id,
            attempt_id=uuid_of(member(subject, "client_reference_id")),
            transaction_ref=intent_of(subject),
        )
    found = replace(bare, attempt_id=_attempt_id(subject), transaction_ref=text_of(member(subject, "payment_intent")))
    if kind == "dispute":
        return replace(found, kind=EventKind.DISPUTE)
    if kind == "refund" or event_type == "charge.refunded":
        return replace(found, kind=EventKind.REFUND)
    return replace(found, transaction_ref=own_id) if kind == "payment_intent" else found


def _attempt_id(subject: object) -> UUID | None:
    """The attempt as we wrote it on the payment; charges carry a copy."""
    return uuid_of(member(subject, "metadata", "attempt_id"))
