"""Payments, refunds and disputes as the back office's tables show them."""

from __future__ import annotations

from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.messages import explain, explain_refund
from billing.method_names import method_name
from billing.models import Dispute, Journal, Payment, Refund, WebhookEvent
from billing.money import Money
from billing.reports.journal import KINDS
from shared_apps.site.forms.desk import PAYMENT_STATES
from shared_apps.site.forms.refunds import DISPUTE_STATES, MORE_STATES, REFUND_STATES

Status = Payment.Status
_TONES = {
    Status.SUCCEEDED: "success",
    Status.NEEDS_REVIEW: "warning",
    Status.UNDER_REVIEW: "warning",
    Status.FAILED: "danger",
    Status.PENDING: "info",
}
# What an account's first word means.
_ACCOUNTS: dict[str, str | Promise] = {
    "ar": _("The customer owes us"),
    "credit": _("Credit of the customer"),
    "unapplied": _("Money nobody has explained"),
    "revenue": _("Income"),
    "vat_payable": _("Tax"),
    "psp_fees": _("Fees of providers"),
    "fx": _("Exchange"),
    "fx_rounding": _("Rounding of the exchange"),
    "disputes": _("Disputed money"),
    "dispute_losses": _("Lost in disputes"),
}
_MESSAGES: dict[str, str | Promise] = {
    WebhookEvent.Status.RECEIVED: _("Waiting"),
    WebhookEvent.Status.PROCESSED: pgettext_lazy("message", "Dealt with"),
    WebhookEvent.Status.IGNORED: pgettext_lazy("message", "Not about us"),
    WebhookEvent.Status.REJECTED: pgettext_lazy("message", "Forged"),
}


def payment_row(payment: Payment) -> dict[str, Any]:
    """A payment with its state in words; money given back or disputed is said first."""
    state, tone = PAYMENT_STATES[payment.status], _TONES.get(Status(payment.status), "neutral")
    if getattr(payment, "is_disputed", False):
        state, tone = MORE_STATES["disputed"], "warning"
    elif payment.refunded_minor and payment.refunded_minor == payment.received_minor:
        state, tone = MORE_STATES["refunded"], "neutral"
    return {
        "payment": payment,
        "method": str(payment.method),
        "state": state,
        "tone": tone,
    }


def review_row(payment: Payment) -> dict[str, Any]:
    """Money in review, with why it does not fit."""
    return {**payment_row(payment), "why": explain(payment.reason).what}


def refund_row(refund: Refund) -> dict[str, Any]:
    """A refund with its state in words."""
    state, tone = REFUND_STATES[refund.status]
    return {
        "refund": refund,
        "state": state,
        "tone": tone,
        "method": str(refund.payment.method),
        "why": explain_refund(refund.failure) if refund.failure else "",
        "waits_for_second": refund.status == Refund.Status.AWAITING_APPROVAL,
        "waits_for_hand": refund.status == Refund.Status.CREATED and refund.is_manual,
    }


def dispute_row(dispute: Dispute) -> dict[str, Any]:
    """A dispute with its state in words."""
    state, tone = DISPUTE_STATES[dispute.status]
    return {"dispute": dispute, "state": state, "tone": tone}


def journal_row(journal: Journal) -> dict[str, Any]:
    """One movement of money in the books, account by account."""
    lines = [
        {
            "account": _account(entry.account, entry.currency),
            "debit": entry.amount if entry.amount_minor > 0 else None,
            "credit": Money(-entry.amount_minor, entry.currency) if entry.amount_minor < 0 else None,
        }
        for entry in journal.entries.all()
    ]
    return {"journal": journal, "kind": KINDS.get(journal.kind, journal.kind), "lines": lines}


def message_row(event: WebhookEvent) -> dict[str, Any]:
    """What a provider told us."""
    return {"event": event, "state": _MESSAGES[event.status]}


def _account(account: str, currency: str) -> str:
    kind, _colon, name = account.partition(":")
    if kind == "psp":
        return method_name(name)
    words = str(_ACCOUNTS.get(kind, kind))
    return f"{words} ({currency})" if kind == "fx" else words
