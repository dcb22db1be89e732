"""The steps of a refund, whoever began it: reserved on its payment, booked once, or let go."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from billing.money import Money, convert
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.models import Payment, Refund
from tenant_apps.payments.services.believing import tell_platform_of_refund
from tenant_apps.payments.services.letters import tell_payer

Status, Origin = Refund.Status, Refund.Origin
_BEGUN = {Origin.STAFF: "refund.requested", Origin.PROVIDER: "refund.external", Origin.DISPUTE: "refund.disputed"}


def too_much(left: Money) -> Conflict:
    """More was to be given back than is left of the payment."""
    return Conflict(
        "over_refund",
        _("Only %(left)s is left of this payment. Give back less.") % {"left": left.display(get_language() or "fr")},
        field="amount",
    )


def worth_of(payment: Payment, amount: Money) -> int:
    """What an amount of a payment is in the bill's currency. The last one is exactly what is left, so that both end at zero."""
    given = payment.refunds.exclude(status=Status.FAILED).aggregate(total=Sum("bill_minor"))["total"] or 0
    left = payment.worth.minor - given
    if amount == payment.refundable:
        return left
    if amount.currency == payment.currency:
        return amount.minor
    return min(convert(amount, rate=payment.fx_rate, currency=payment.currency).minor, left)


def reserve(refund: Refund) -> None:
    """Set aside what a new refund gives back, and keep it. In the caller's transaction, which holds the payee's row; guarded
    UPDATE. Raises Conflict for more than is left."""
    room = Payment.objects.filter(
        pk=refund.payment_id,
        status=Payment.Status.SUCCEEDED,
        received_minor__gte=F("refunded_minor") + F("refunding_minor") + refund.amount_minor,
    )
    if not room.update(refunding_minor=F("refunding_minor") + refund.amount_minor):
        left = refund.payment.refundable
        raise too_much(left or Money(0, refund.currency))
    refund.save(force_insert=True)
    note(refund, _BEGUN[Origin(refund.origin)], actor=refund.requested_by, after={"reason": refund.reason})


def finish(refund: Refund, *, actor: User | None = None, **values: Any) -> bool:
    """The money has left: book it, once. In the caller's transaction; locks the payee's row. False when it was over before."""
    payment = refund.payment
    payee = payee_for(payment.purpose)
    payee.lock(payment.subject)
    moved = Refund.objects.filter(pk=refund.pk, status__in=Refund.OPEN).update(
        status=Status.SUCCEEDED, finished_at=timezone.now(), next_check_at=None, failure="", finished_by=actor, **values
    )
    if not moved:
        return False
    Payment.objects.filter(pk=refund.payment_id).update(
        refunded_minor=F("refunded_minor") + refund.amount_minor,
        refunding_minor=F("refunding_minor") - refund.amount_minor,
    )
    note(refund, "refund.succeeded", actor=actor)
    refund.refresh_from_db()
    tell_platform_of_refund(refund)
    is_told = payee.refunded(refund, amount=Money(refund.bill_minor, payment.currency))
    if not is_told and refund.origin != Origin.DISPUTE:
        tell_payer(payment, "refunded", amount=refund.amount, occasion=str(refund.pk), reason=refund.reason)
    return True


def let_go(
    refund: Refund, failure: str, *, actor: User | None = None, only_unsent: bool = False, **values: Any
) -> bool:
    """A refund that is not made: what was set aside is free again. One transaction that locks the payee's row.

    `only_unsent`: not where its provider may have heard of it. Whether it was let go.
    """
    with transaction.atomic():
        payee_for(refund.payment.purpose).lock(refund.payment.subject)
        still = Refund.objects.filter(pk=refund.pk, status__in=Refund.OPEN)
        moved = (still.filter(started_at__isnull=True) if only_unsent else still).update(
            status=Status.FAILED, failure=failure, finished_at=timezone.now(), next_check_at=None, finished_by=actor,
            **values,
        )  # fmt: skip
        if moved:
            Payment.objects.filter(pk=refund.payment_id).update(
                refunding_minor=F("refunding_minor") - refund.amount_minor
            )
            action = "refund.dispute_won" if refund.origin == Origin.DISPUTE else "refund.failed"
            note(refund, action, actor=actor, level=AuditLog.Level.ERROR, after={"reason": failure})
    return bool(moved)


def note(
    refund: Refund, action: str, *, actor: Any, level: str = AuditLog.Level.INFO, after: dict[str, Any] | None = None
) -> None:
    """Record what happens to a refund, at its payment. In the transaction of what it tells."""
    amount = {"amount_minor": refund.amount_minor, "currency": refund.currency, "number": refund.payment.subject_number}
    record(action=action, category=AuditCategory.PAYMENT, resource=refund.payment, actor=actor, level=level,
           after={**amount, **(after or {})})  # fmt: skip
