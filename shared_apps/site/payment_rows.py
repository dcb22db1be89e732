"""Payments, refunds and disputes as the back office's tables show them."""

from __future__ import annotations

from typing import Any

from django.db.models import BigIntegerField, Exists, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.messages import explain, explain_refund
from billing.method_names import method_name
from billing.models import Dispute, Journal, Payment, Refund, WebhookEvent
from billing.money import Money, share_of
from billing.reports.journal import kind_of
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


def told(payments: QuerySet[Payment]) -> QuerySet[Payment]:
    """Payments with what `payment_row` says of each: whether a dispute is open, and what of the money that is gone became
    credit or was lost in disputes (minor units of what was received)."""
    return payments.annotate(
        is_disputed=Exists(Dispute.objects.filter(payment_id=OuterRef("pk"), status=Dispute.Status.OPEN)),
        kept_minor=_sum_of(Refund.objects.filter(status=Refund.Status.SUCCEEDED, to_credit=True), "amount_minor"),
        lost_minor=_sum_of(Dispute.objects.filter(status=Dispute.Status.LOST), "held_minor"),
    )


def _sum_of(rows: QuerySet[Any], column: str) -> Coalesce:
    """A payment's sum of a column, counted by itself: a join would count the payment once for each row."""
    mine = rows.filter(payment_id=OuterRef("pk")).order_by().values("payment_id")
    return Coalesce(Subquery(mine.annotate(sum=Sum(column)).values("sum")), 0, output_field=BigIntegerField())


def payment_row(payment: Any) -> dict[str, Any]:
    """A payment of `told` with its state in words, what became of all of it first; and what of it left us, None where
    nothing did."""
    state, tone = PAYMENT_STATES[payment.status], _TONES.get(Status(payment.status), "neutral")
    if payment.is_disputed:
        state, tone = MORE_STATES["disputed"], "warning"
    elif payment.refunded_minor and payment.refunded_minor == payment.received_minor:
        state, tone = MORE_STATES[_what_took_most(payment)], "neutral"
    currency, returned, kept = payment.received_currency, _returned(payment), _kept(payment)
    return {
        "payment": payment,
        "method": str(payment.method),
        "amount": payment.received or payment.charge,
        "worth": _worth(payment),
        "state": state,
        "tone": tone,
        "returned": Money(returned, currency) if returned else None,
        "kept": Money(kept, currency) if kept else None,
        "lost": Money(payment.lost_minor, currency) if payment.lost_minor else None,
    }


def _what_took_most(payment: Any) -> str:
    """Of a payment that is gone whole: given back, kept as credit or lost; what was sent says more than the rest."""
    gone = {"refunded": _returned(payment), "kept": payment.kept_minor, "lost": payment.lost_minor}
    return max(gone, key=lambda name: gone[name])


def _returned(payment: Any) -> int:
    """What of a payment of `told` was sent back, in minor units of what was received."""
    return int(payment.refunded_minor - payment.kept_minor - payment.lost_minor)


def _kept(payment: Any) -> int:
    """What of a payment of `told` is credit, in minor units of what was received: kept by refunds, and what its order did not
    need or gave up (in that order's currency, so in proportion)."""
    if payment.received is None:
        return 0
    used = payment.applied_minor + payment.credited_minor
    return int(payment.kept_minor + share_of(payment.received, payment.credited_minor, used).minor)


def _worth(payment: Payment) -> Money | None:
    """What it is in its order's currency, where that is known."""
    used = payment.applied_minor + payment.credited_minor
    if used:
        return Money(used, payment.currency)
    return payment.amount if payment.received in (None, payment.charge) else None


def review_row(payment: Any) -> dict[str, Any]:
    """Money in review, with why it does not fit."""
    return {**payment_row(payment), "why": explain(payment.reason).what}


def refund_row(refund: Refund) -> dict[str, Any]:
    """A refund with its state in words."""
    is_kept = refund.to_credit and refund.status == Refund.Status.SUCCEEDED
    state, tone = (MORE_STATES["kept"], "success") if is_kept else REFUND_STATES[refund.status]
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
    return {"journal": journal, "kind": kind_of(journal), "lines": lines}


def message_row(event: WebhookEvent) -> dict[str, Any]:
    """What a provider told us."""
    return {"event": event, "state": _MESSAGES[event.status]}


def _account(account: str, currency: str) -> str:
    kind, _colon, name = account.partition(":")
    if kind == "psp":
        return method_name(name)
    words = str(_ACCOUNTS.get(kind, kind))
    return f"{words} ({currency})" if kind == "fx" else words
