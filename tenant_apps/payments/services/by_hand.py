"""Money that staff vouch for: cash at the counter or on delivery, and payments that did not match."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from billing.providers import reasons
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from tenant_apps.payments.bills import payee_for
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services.believing import believe
from tenant_apps.payments.services.letters import tell_payer
from tenant_apps.payments.services.moves import move_payment

Status = Payment.Status


def record_cash(
    *, purpose: str, subject: UUID, amount: Money, by: User, key: UUID, must_be_due: bool = False
) -> Payment:
    """Cash was received: a payment that has succeeded at once. The same `key` counts once, whoever sends it how often.

    One transaction that locks the payee's row. Raises DomainError on `amount`, Conflict where a key was used for something
    else or, where it `must_be_due`, something else is due by now, and Http404. Cash need not be offered to customers for it: what was taken was taken.
    """
    payee = payee_for(purpose)
    with transaction.atomic():
        payee.lock(subject)
        known: Payment | None = Payment.objects.filter(idempotency_key=key).first()
        if known is not None:
            return _same(known, purpose, subject, amount)
        bill = payee.bill_of(subject)
        if amount.minor <= 0 or amount.currency != bill.due.currency:
            raise DomainError("cash_amount", _("Enter the amount you received."), field="amount")
        if must_be_due and not (bill.payable and amount == bill.due):
            raise Conflict("due_changed", _("Something else is due by now. Nothing was saved: look again."))
        now = timezone.now()
        payment: Payment = Payment.objects.create(
            purpose=purpose, subject=subject, subject_number=bill.number, description=bill.description[:150],
            locale=bill.locale[:5], method=Method.Name.CASH, amount_minor=amount.minor, currency=amount.currency,
            charge_minor=amount.minor, charge_currency=amount.currency, idempotency_key=key, return_path=bill.return_path,
            status=Status.CREATED, expires_at=now + timedelta(days=1), decided_by=by, decided_at=now,
        )  # fmt: skip
        record(action="payment.created", category=AuditCategory.PAYMENT, resource=payment, actor=by,
               after={"payment_method": Method.Name.CASH, "amount_minor": amount.minor, "number": bill.number})  # fmt: skip
        believe(payment=payment, payee=payee, actor=by, received_minor=amount.minor, received_currency=amount.currency)
    return payment


def _same(known: Payment, purpose: str, subject: UUID, amount: Money) -> Payment:
    if (known.purpose, known.subject, known.method, known.amount) != (purpose, subject, Method.Name.CASH, amount):
        raise Conflict(
            "key_used", _("This was sent before with something else. Refresh the page, then enter it again.")
        )
    return known


def decide_review(*, payment: Payment, by: User, accepted: bool, reason: str) -> Payment:
    """Money that did not match is taken for what it is (`accepted`), or it never came: the payment has failed.

    One transaction that locks the payee's row; guarded UPDATE. Raises DomainError on `reason`, and Conflict.
    """
    words = " ".join(reason.split())[:300]
    if not words:
        raise DomainError("reason_required", _("Say why: it stays with the payment."), field="reason")
    if accepted and not _can_be_taken(payment):
        raise DomainError(
            "review_amount", _("Nobody said how much came, or in a currency that cannot be counted here. Give it back.")
        )
    payee = payee_for(payment.purpose)
    with transaction.atomic():
        payee.lock(payment.subject)
        action = "payment_review.accepted" if accepted else "payment_review.dismissed"
        record(action=action, category=AuditCategory.PAYMENT, resource=payment, actor=by,
               before={"reason": payment.reason}, after={"comment": words, "number": payment.subject_number})  # fmt: skip
        waiting = (Status.NEEDS_REVIEW,)
        if accepted:
            moved = believe(payment=payment, payee=payee, allowed=waiting, actor=by, comment=words)
        else:
            moved = move_payment(payment=payment, to=Status.FAILED, allowed=waiting, actor=by, comment=words,
                                 reason=reasons.UNKNOWN, next_check_at=None)  # fmt: skip
        if moved and not accepted:
            tell_payer(payment, "dismissed", amount=payment.received or payment.charge)
        if not moved:
            raise Conflict("decided", _("Somebody has decided about this payment already. Look at it again."))
    payment.refresh_from_db()
    return payment


def _can_be_taken(payment: Payment) -> bool:
    received = payment.received
    return bool(received) and received.currency in (payment.currency, payment.charge_currency)  # type: ignore[union-attr]
