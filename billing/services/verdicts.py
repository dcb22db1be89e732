"""Verdicts on transfers, from when they are given until they count. What they are worth is decided in `resolve` alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.models import Order, Payment, StatementLine, TransferDecision
from billing.money import Money
from billing.providers import reasons
from billing.refunding import needs_second_person
from billing.selectors import is_on_payers_side
from billing.services.transfer_mail import tell_rejected, tell_team_second
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, NotAllowed

Kind, Status = TransferDecision.Kind, TransferDecision.Status
DECIDABLE = (*Payment.OPEN, Payment.Status.EXPIRED, Payment.Status.CANCELLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What an admin says of a transfer. `received` is None for a rejection."""

    kind: str
    received: Money | None = None
    reference: str = ""
    bank_reference: str = ""
    comment: str = ""
    line: StatementLine | None = None


def check_may_decide(order: Order, admin: Any) -> None:
    """Platform admins alone, and never about an order of their own or of their organisation. Raises NotAllowed."""
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may check transfers."))
    if is_on_payers_side(admin, order):
        raise NotAllowed("own_payment", _("Someone else must check your own payment."))


def give_verdict(*, payment: Payment, verdict: Verdict, admin: Any) -> TransferDecision:
    """Write a verdict down, to take effect later. In the caller's transaction, which holds the order's row.

    Guarded UPDATEs of the payment and of the statement's line. Raises Conflict when somebody decided since `payment` was
    read, or when the line has been used.
    """
    now = timezone.now()
    second = verdict.received is not None and _needs_second(payment, verdict.received)
    effective_at = None if second else now + timedelta(seconds=settings.TRANSFER_UNDO_SECONDS)
    status_before = _put_before(payment, verdict, effective_at)
    if verdict.line is not None:
        move_line(verdict.line, before=StatementLine.Status.OPEN, to=StatementLine.Status.TAKEN, actor=admin)
    received = verdict.received
    decision = TransferDecision.objects.create(
        payment=payment, line=verdict.line, kind=verdict.kind,
        status=Status.AWAITING_SECOND if second else Status.WAITING,
        received_minor=received.minor if received else None, received_currency=received.currency if received else "",
        reference=verdict.reference, bank_reference=verdict.bank_reference, comment=verdict.comment,
        admin=admin, decided_at=now, effective_at=effective_at, status_before=status_before,
    )  # fmt: skip
    _note(decision, "transfer.rejected" if verdict.kind == Kind.REJECT else "transfer.approved", actor=admin)
    if second:
        tell_team_second(decision, admin=admin)
    return decision


def _put_before(payment: Payment, verdict: Verdict, effective_at: datetime | None) -> str:
    """Have the poller look at the payment in time; the status it had before.

    Decided on what the admin saw: another decision or a new receipt in between makes this one void.
    """
    current = Payment.objects.get(pk=payment.pk)
    is_decided = payment.decisions.filter(status__in=TransferDecision.LIVE).exists()
    allowed = (Payment.Status.UNDER_REVIEW,) if verdict.kind == Kind.REJECT else DECIDABLE
    undecided = Payment.objects.filter(pk=payment.pk, status__in=allowed).exclude(decision_approved=True)
    seen = Q(decided_at=payment.decided_at) if payment.decided_at else Q(decided_at__isnull=True)
    # While it waits, its order must neither expire nor be cancelled.
    status = Payment.Status.UNDER_REVIEW if current.status in Payment.OPEN else current.status
    if is_decided or not undecided.filter(seen).update(status=status, next_check_at=effective_at):
        raise Conflict("already_decided", _("This transfer has already been decided. Refresh the page."))
    return current.status


def move_line(line: StatementLine, *, before: str, to: str, actor: Any, **values: Any) -> None:
    """A line of a statement is taken, set aside, or free again. Guarded UPDATE; raises Conflict when it is not as thought."""
    if not StatementLine.objects.filter(pk=line.pk, status=before).update(status=to, **values):
        raise Conflict("line_used", _("This movement has been used meanwhile. Refresh the page."))
    record(action=f"statement_line.{to}", category=AuditCategory.PAYMENT, resource=line, actor=actor,
           before={"status": before}, after={"status": to, "amount_minor": line.amount_minor, "currency": line.currency})  # fmt: skip


def second_verdict(*, decision: TransferDecision, admin: Any, agreed: bool, comment: str = "") -> None:
    """The second person agrees, or sends it back. In the caller's transaction, which holds the order's row.

    Guarded UPDATE. Raises NotAllowed or Conflict.
    """
    check_may_decide(decision.payment.order, admin)
    if decision.admin_id == admin.pk:
        raise NotAllowed("same_person", _("Somebody else must agree: you approved this transfer."))
    now = timezone.now()
    effective_at = now + timedelta(seconds=settings.TRANSFER_UNDO_SECONDS) if agreed else None
    moved = TransferDecision.objects.filter(pk=decision.pk, status=Status.AWAITING_SECOND).update(
        status=Status.WAITING if agreed else Status.SENT_BACK, second_admin=admin, second_at=now,
        second_comment=comment, effective_at=effective_at,
    )  # fmt: skip
    if not moved:
        raise Conflict("already_decided", _("This transfer has already been decided. Refresh the page."))
    decision.refresh_from_db()
    if agreed:
        Payment.objects.filter(pk=decision.payment_id).update(next_check_at=effective_at)
    else:
        _release(decision, actor=admin)
    _note(decision, "transfer.confirmed" if agreed else "transfer.sent_back", actor=admin)


def take_back(*, decision: TransferDecision, admin: Any) -> None:
    """Whoever gave a verdict, first or second, thinks again. In the caller's transaction, which holds the order's row.

    Guarded UPDATE. Raises NotAllowed, and Conflict once it has taken effect.
    """
    if admin.pk not in (decision.admin_id, decision.second_admin_id) or not is_platform_admin(admin):
        raise NotAllowed("not_yours", _("Only who decided may undo it."))
    moved = TransferDecision.objects.filter(pk=decision.pk, status__in=TransferDecision.LIVE).update(
        status=Status.UNDONE, undone_by=admin, undone_at=timezone.now()
    )
    if not moved:
        raise Conflict("in_effect", _("It is too late: this verdict has taken effect."))
    decision.refresh_from_db()
    _release(decision, actor=admin)
    _note(decision, "transfer.undone", actor=admin)


def carry_out(payment_id: Any) -> bool:
    """Let a verdict whose time has come take effect: the payment carries it from then on. False when there is none.

    One transaction: locks the order's row; guarded UPDATEs.
    """
    with transaction.atomic():
        Order.objects.select_for_update(of=("self",)).get(payments=payment_id)
        now = timezone.now()
        due = TransferDecision.objects.filter(payment_id=payment_id, status=Status.WAITING, effective_at__lte=now)
        decision = due.select_related("payment__order__user").first()
        if decision is None:
            return False
        TransferDecision.objects.filter(pk=decision.pk).update(status=Status.DONE)
        payments = Payment.objects.filter(pk=payment_id)
        given = {"decision_kind": decision.kind, "decided_by": decision.admin_id, "decided_at": now,
                 "comment": decision.comment}  # fmt: skip
        if decision.kind == Kind.REJECT:
            payments.update(decision_approved=False, decision_reference="", next_check_at=None, **given)
            payments.filter(status=Payment.Status.UNDER_REVIEW).update(
                status=Payment.Status.PENDING, reason=reasons.NOT_RECEIVED
            )
            tell_rejected(decision)
        else:
            payments.update(
                decision_approved=True, decision_reference=decision.reference,
                received_minor=decision.received_minor, received_currency=decision.received_currency, **given,
            )  # fmt: skip
        decision.status = Status.DONE
        _note(decision, "transfer.in_effect", actor=None)
    return True


def live_decision(payment_id: Any) -> TransferDecision | None:
    """The verdict that has been given and does not count yet. One query."""
    live = TransferDecision.objects.filter(payment_id=payment_id, status__in=TransferDecision.LIVE)
    return live.select_related("payment__order__user", "admin", "second_admin", "line").first()


def _release(decision: TransferDecision, *, actor: Any) -> None:
    """The payment stands where it stood, and the line may be used again."""
    payments = Payment.objects.filter(pk=decision.payment_id)
    payments.update(next_check_at=None)
    # One that was made for a movement is given up with it.
    back = {Payment.Status.PENDING: Payment.Status.PENDING, Payment.Status.CREATED: Payment.Status.CANCELLED}
    if decision.status_before in back:
        waiting = payments.filter(status=Payment.Status.UNDER_REVIEW, receipts__isnull=True)
        waiting.update(status=back[Payment.Status(decision.status_before)])
    if decision.line is not None:
        move_line(decision.line, before=StatementLine.Status.TAKEN, to=StatementLine.Status.OPEN, actor=actor)


def _needs_second(payment: Payment, received: Money) -> bool:
    """Whether another admin has to agree; what one person alone approved of the order before counts, so that parts do
    not go round the limit."""
    alone = TransferDecision.objects.filter(
        payment__order_id=payment.order_id, status__in=[Status.WAITING, Status.DONE], second_admin__isnull=True,
        received_currency=received.currency,
    )  # fmt: skip
    before = alone.aggregate(total=Sum("received_minor"))["total"] or 0
    return needs_second_person(received, alone_before=int(before), limits=settings.TRANSFER_SECOND_APPROVER_ABOVE)


def _note(decision: TransferDecision, action: str, *, actor: Any) -> None:
    record(
        action=action,
        category=AuditCategory.PAYMENT,
        resource=decision.payment,
        actor=actor,
        before={"status": decision.payment.status},
        after={
            "decision": decision.status, "kind": decision.kind, "received_minor": decision.received_minor,
            "currency": decision.received_currency, "comment": decision.second_comment or decision.comment,
        },
    )  # fmt: skip
