"""A payment changes its status: once, guarded, and recorded."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Q

from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record
from tenant_apps.payments.models import Payment


@transaction.atomic
def move_payment(
    *,
    payment: Payment,
    to: str,
    allowed: Collection[str] = Payment.OPEN,
    where: Q | None = None,
    actor: Any = None,
    **values: Any,
) -> bool:
    """Give a payment another status, with other `values`; False when it is in none of the `allowed` ones any more, or `where`
    does not hold.

    One guarded UPDATE and its entry in one transaction (the caller's, if there is one); takes no lock beforehand.
    """
    moved = Payment.objects.filter(where or Q(), pk=payment.pk, status__in=allowed).update(status=to, **values)
    if moved:
        reason = {"reason": values["reason"]} if values.get("reason") else {}
        level = AuditLog.Level.ERROR if to == Payment.Status.NEEDS_REVIEW else AuditLog.Level.INFO
        record(
            action=f"payment.{to}", category=AuditCategory.PAYMENT, resource=payment, actor=actor, level=level,
            before={"status": payment.status}, after={"status": to, "number": payment.subject_number, **reason},
        )  # fmt: skip
    return bool(moved)


def set_others_aside(*, payment: Payment) -> None:
    """The other open attempts to pay the same are not wanted any more; they stay watched, for the payer may approve them all
    the same. A transfer whose proof is there stays before staff: its money may have left already, and only they can see it
    come. In the caller's transaction, which has locked the payee."""
    others = Payment.objects.filter(purpose=payment.purpose, subject=payment.subject, status__in=Payment.UNPROVEN)
    for other in others.exclude(pk=payment.pk):
        move_payment(payment=other, to=Payment.Status.CANCELLED, allowed=Payment.UNPROVEN, reason="cancelled")
