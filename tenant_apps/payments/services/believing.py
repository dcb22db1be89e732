"""Money is believed: the payment has succeeded, the product is told, and so is the platform for its commission."""

from __future__ import annotations

from typing import Any

from django.utils import timezone

from billing.money import Money
from shared_apps.organisations.current import current_tenant
from tenant_apps.payments.bills import Payee
from tenant_apps.payments.models import CommissionEvent, Method, Payment, Refund
from tenant_apps.payments.reversing import first_question
from tenant_apps.payments.services.letters import tell_payer
from tenant_apps.payments.services.moves import move_payment, set_others_aside
from tenant_apps.payments.services.takings import record_refund, record_taking
from tenant_apps.payments.services.watching import watch_reversals_after_commit


def believe(
    *,
    payment: Payment,
    payee: Payee,
    allowed: tuple[str, ...] = Payment.MAY_SUCCEED,
    actor: Any = None,
    **received: Any,
) -> bool:
    """Move a payment to succeeded and tell its payee, once: False when it was believed before.

    In the caller's transaction, which has called `payee.lock`. One guarded UPDATE; `received` are columns of the payment.
    """
    late = payment.status not in Payment.OPEN and payment.status != Payment.Status.NEEDS_REVIEW
    now = timezone.now()
    moved = move_payment(
        payment=payment, to=Payment.Status.SUCCEEDED, allowed=allowed, actor=actor, succeeded_at=now,
        is_late=late, reason="", next_check_at=None, reversals_check_at=first_question(payment.method, now=now),
        **received,
    )  # fmt: skip
    if not moved:
        return False
    payment.refresh_from_db()
    tell_platform(payment)
    watch_reversals_after_commit(payment)
    is_told = payee.paid(payment, amount=payment.worth)
    if not is_told and payment.method != Method.Name.CASH:  # who hands cash over knows
        tell_payer(payment, "received", amount=payment.received or payment.charge)
    if not payee.bill_of(payment.subject).payable:
        set_others_aside(payment=payment)
    return True


def tell_platform(payment: Payment) -> None:
    """A taking, where the tenant's plan has a commission; the money is on the tenant's own account. Test money is none."""
    if not payment.is_test and current_tenant().quota("commission_bp"):
        record_taking(
            source=_source(payment), gross=payment.worth, method=payment.method,
            held_by=CommissionEvent.HeldBy.TENANT, reference=payment.subject_number,
        )  # fmt: skip


def tell_platform_of_refund(refund: Refund) -> None:
    """What went back of a taking, if the payment was one. In the caller's transaction; locks the taking."""
    payment = refund.payment
    taken = CommissionEvent.objects.filter(source=_source(payment)).exists()
    if taken and refund.bill_minor:
        amount = Money(refund.bill_minor, payment.currency)
        record_refund(source=f"refund:{refund.pk}", taking=_source(payment), amount=amount)


def _source(payment: Payment) -> str:
    return f"payment:{payment.pk}"
