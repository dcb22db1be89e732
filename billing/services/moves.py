"""A payment changes its status: once, guarded, and recorded."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction

from billing.models import Order, Payment
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


@transaction.atomic
def move_payment(
    *, payment: Payment, to: str, allowed: Collection[str] = Payment.OPEN, actor: Any = None, **values: Any
) -> bool:
    """Give a payment another status, with other `values`; False when it is in none of the `allowed` ones any more.

    One guarded UPDATE and its entry in one transaction (the caller's, if there is one); takes no lock beforehand.
    """
    moved = Payment.objects.filter(pk=payment.pk, status__in=allowed).update(status=to, **values)
    if moved:
        reason = {"reason": values["reason"]} if values.get("reason") else {}
        record(
            action=f"payment.{to}",
            category=AuditCategory.PAYMENT,
            resource=payment,
            actor=actor,
            before={"status": payment.status},
            after={"status": to, **reason},
        )
    return bool(moved)


def move_open_payments(*, order: Order, to: str, actor: Any = None, but: Payment | None = None, **values: Any) -> None:
    """The same for every open payment of an order, but one. In the caller's transaction, which holds the order's row."""
    for payment in list(order.payments.filter(status__in=Payment.OPEN)):
        if but is None or payment.pk != but.pk:
            move_payment(payment=payment, to=to, actor=actor, **values)
