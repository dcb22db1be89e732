"""What an admin should look at before believing a transfer, in words. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Payment, TransferDecision
from billing.money import Money
from billing.statements.matching import named_alike
from shared_apps.core.numbers import reader_locale
from shared_apps.site.transfer_check import of_order
from shared_apps.site.transfer_desk import same_reference

Kind, Status = TransferDecision.Kind, TransferDecision.Status
KINDS: dict[str, str | Promise] = {
    Kind.APPROVE: gettext_lazy("Approved"),
    Kind.PARTIAL: gettext_lazy("Approved as part of the order"),
    Kind.OVER: gettext_lazy("Approved, the rest as credit"),
    Kind.CREDIT: gettext_lazy("Approved as credit"),
    Kind.REJECT: gettext_lazy("Rejected"),
}
STATES: dict[str, tuple[str | Promise, str]] = {
    Status.AWAITING_SECOND: (gettext_lazy("Waits for a second person"), "warning"),
    Status.WAITING: (gettext_lazy("About to count"), "info"),
    Status.DONE: (gettext_lazy("Counts"), "success"),
    Status.UNDONE: (gettext_lazy("Undone"), "neutral"),
    Status.SENT_BACK: (gettext_lazy("Sent back"), "danger"),
}


@dataclass(frozen=True, slots=True)
class Flag:
    """One thing to look at. `payment_id` is another transfer that has to do with it."""

    icon: str
    words: str
    payment_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict as a page shows it to one admin."""

    decision: TransferDecision
    kind: str | Promise
    state: str | Promise
    tone: str
    until: datetime | None
    may_undo: bool
    may_confirm: bool


def judged(decision: TransferDecision, admin: Any) -> Judged:
    """A verdict, and what this admin may do with it."""
    state, tone = STATES[decision.status]
    is_mine = admin.pk in (decision.admin_id, decision.second_admin_id)
    is_live = decision.is_live
    may_confirm = (
        decision.status == Status.AWAITING_SECOND and not is_mine and decision.payment.order.user_id != admin.pk
    )
    return Judged(
        decision, KINDS[decision.kind], state, tone, decision.effective_at if is_live else None,
        is_live and is_mine, may_confirm,
    )  # fmt: skip


def flags_of(payment: Payment, decisions: list[TransferDecision]) -> list[Flag]:
    """What does not fit. Needs the receipts; one query."""
    is_over = payment.status == Payment.Status.SUCCEEDED  # it may be what paid the order
    flags = [] if is_over else [Flag("circle-alert", text) for text in of_order(payment.order)]
    flags += _declared(payment)
    references = {receipt.declared_reference for receipt in payment.receipts.all()}
    references |= {one.bank_reference for one in decisions}
    for other in same_reference(payment, references - {""}):
        words = _("The bank’s reference %(reference)s was used for %(number)s.")
        named = {"reference": other.bank_reference, "number": other.payment.order.number}
        flags.append(Flag("copy", words % named, other.payment_id))
    return flags + [flag for one in decisions if (flag := _other_name(payment, one))]


def _declared(payment: Payment) -> list[Flag]:
    """What the payer wrote beside the receipt, against what was asked for."""
    flags = []
    locale = reader_locale()
    for receipt in payment.receipts.all():
        if receipt.declared_minor and receipt.declared_minor != payment.charge_minor:
            said = Money(receipt.declared_minor, payment.charge_currency)
            flags.append(
                Flag(
                    "triangle-alert", _("The payer says that they sent %(amount)s.") % {"amount": said.display(locale)}
                )
            )
        if receipt.declared_on and receipt.declared_on < payment.order.created_at.date():
            flags.append(Flag("calendar", _("The payer dates the transfer before the order.")))
    return flags


def _other_name(payment: Payment, decision: TransferDecision) -> Flag | None:
    """A movement from somebody else than the customer."""
    line = decision.line
    order = payment.order
    if line is None or not line.counterparty_name:
        return None
    if named_alike(line.entry, (order.customer_name, order.organisation_name)):
        return None
    return Flag("user", _("The money came from %(name)s.") % {"name": line.counterparty_name})
