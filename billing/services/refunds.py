"""Giving money back: asked for by one admin, above a limit allowed by another, sent by the provider or by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import gateways
from billing.messages import NOT_SENT
from billing.models import Dispute, Order, Payment, Refund
from billing.money import Money
from billing.refunding import CreditUsed, Standing, Taken, needs_second_person, take, window_is_over
from billing.selectors import is_on_payers_side
from billing.services import refund_steps as steps
from billing.services.locks import lock_order_of
from billing.services.refund_mail import tell_team_waiting
from billing.services.subscriptions import lock_subscription
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.errors import Conflict, DomainError, NotAllowed
from shared_apps.core.numbers import reader_locale
from shared_apps.core.soon import send_soon

Status = Refund.Status


def request_refund(
    *,
    payment: Payment,
    amount: Money | None = None,
    reason: str,
    ends_access: bool = False,
    to_credit: bool = False,
    actor: Any,
) -> Refund:
    """Give a payment back, all that is left of it or an `amount` in the currency received; `to_credit` keeps it for orders
    to come instead. `ends_access` ends the time its order paid for.

    One transaction: locks the order's row, then the subscription's; a guarded UPDATE of the payment's. The provider is
    called after it. Raises NotAllowed, Conflict, and DomainError on `amount`, `reason`, `ends_access` or `to_credit`.
    """
    check_may_refund(payment, actor)
    words = reason.strip()[:300]
    if not words:
        raise DomainError("reason_required", _("Say why: the customer reads it."), field="reason")
    with transaction.atomic():
        order = lock_order_of(payment.pk)
        lock_subscription(order.subscription_id)
        payment = Payment.objects.select_related("method", "order").get(pk=payment.pk)
        plan = plan_refund(payment=payment, order=order, amount=amount, ends_access=ends_access, to_credit=to_credit)
        refund = Refund(
            payment=payment,
            amount_minor=plan.amount.minor,
            currency=plan.amount.currency,
            reason=words,
            ends_access=ends_access,
            to_credit=to_credit,
            requested_by=actor,
            status=Status.AWAITING_APPROVAL if plan.needs_second_person else Status.CREATED,
            is_manual=plan.is_manual,
        )
        if not steps.reserve(refund=refund, order=order, taken=plan.taken):
            raise _too_much_of(plan.left)
        asked = "refund.credit_requested" if to_credit else "refund.requested"
        steps.note(refund, asked, actor=actor, after=refund.status)
        _go_on(refund, order, actor)
    return refund


@dataclass(frozen=True, slots=True)
class Plan:
    """What a refund would do: the page says it before the button, and the same function decides what is done."""

    amount: Money
    left: Money
    taken: Taken
    origin: str
    needs_second_person: bool
    is_manual: bool


def plan_refund(
    *, payment: Payment, order: Order, amount: Money | None = None, ends_access: bool = False, to_credit: bool = False
) -> Plan:
    """What giving back all that is left, or an `amount`, would do. Reads only; raises as `request_refund`."""
    standing = _check_refundable(payment, to_credit=to_credit)
    wanted = _check_amount(standing.refundable if amount is None else amount, standing)
    if ends_access:
        _check_ends(order)
    if to_credit:
        _check_credit(payment, order)
    return Plan(
        amount=wanted,
        left=standing.refundable,
        taken=_take(wanted, standing, payment, to_credit=to_credit),
        origin=steps.origin_of(payment, order),
        needs_second_person=_needs_second_person(payment, wanted),
        is_manual=not to_credit and not gateways.gateway(payment.method.name).capabilities.refunds,
    )


def approve_refund(*, refund: Refund, admin: Any) -> Refund:
    """The second person agrees. One transaction: locks the order's row, guarded UPDATE. Raises NotAllowed or Conflict."""
    check_may_refund(refund.payment, admin)
    if refund.requested_by_id == admin.pk:
        raise NotAllowed("same_person", _("Somebody else must agree: you asked for this refund."))
    with transaction.atomic():
        order = lock_order_of(refund.payment_id)
        waiting = Refund.objects.filter(pk=refund.pk, status=Status.AWAITING_APPROVAL)
        if not waiting.update(status=Status.CREATED, approved_by=admin):
            raise _decided()
        refund = _load(refund.pk)
        steps.note(refund, "refund.approved", actor=admin, before=Status.AWAITING_APPROVAL, after=Status.CREATED)
        _go_on(refund, order, admin)
    return refund


def reject_refund(*, refund: Refund, admin: Any) -> Refund:
    """The second person does not agree, or the first one thinks again. One transaction: locks the order's row, then the
    subscription's. Raises NotAllowed or Conflict."""
    check_may_refund(refund.payment, admin)
    with transaction.atomic():
        order = lock_order_of(refund.payment_id)
        refund = _load(refund.pk)
        if refund.status != Status.AWAITING_APPROVAL:
            raise _decided()
        steps.let_go(refund=refund, order=order, to=Status.REJECTED, failure="", actor=admin)
    return _load(refund.pk)


def mark_refund_sent(*, refund: Refund, admin: Any, reference: str) -> Refund:
    """Money that a person sent back has left our account, under this reference of the bank or operator.

    One transaction: locks the order's row, then as `finish`. Raises NotAllowed, Conflict, DomainError on `reference`.
    """
    check_may_refund(refund.payment, admin)
    words = " ".join(reference.split())[:60]
    if not words:
        raise DomainError("reference_required", _("Enter the reference of the transfer."), field="reference")
    with transaction.atomic():
        order, refund = _lock_manual(refund)
        steps.finish(refund=refund, order=order, actor=admin, manual_reference=words)
    return _load(refund.pk)


def give_up_refund(*, refund: Refund, admin: Any) -> Refund:
    """Money that a person was to send back could not be sent: it is free to be given back otherwise. As above."""
    check_may_refund(refund.payment, admin)
    with transaction.atomic():
        order, refund = _lock_manual(refund)
        steps.let_go(refund=refund, order=order, to=Status.FAILED, failure=NOT_SENT, actor=admin)
    return _load(refund.pk)


def check_may_refund(payment: Payment, admin: Any) -> None:
    """Platform admins give money back, and none of them to themselves or their organisation. Raises NotAllowed."""
    if not is_platform_admin(admin):
        raise NotAllowed("admins_only", _("Only platform admins may give money back."))
    if is_on_payers_side(admin, payment.order):
        raise NotAllowed("own_payment", _("Someone else must decide about your own payment."))


def _go_on(refund: Refund, order: Order, actor: Any) -> None:
    """After it was asked for or allowed: it becomes credit now, is sent soon, or waits for a person."""
    if refund.status == Status.CREATED and refund.to_credit:
        steps.finish(refund=refund, order=order, actor=actor)
    elif refund.status == Status.CREATED and not refund.is_manual:
        # Should this process end now, the poller sends it.
        Refund.objects.filter(pk=refund.pk).update(next_check_at=timezone.now())
        _send_after_commit(refund.pk)
    else:
        tell_team_waiting(refund, order)
    refund.refresh_from_db()


def _send_after_commit(refund_id: UUID) -> None:
    from billing.tasks import send_refund

    transaction.on_commit(lambda: send_soon(send_refund, str(refund_id)))


def _check_refundable(payment: Payment, *, to_credit: bool) -> Standing:
    standing = steps.standing_of(payment) if payment.status == Payment.Status.SUCCEEDED else None
    if standing is None:
        raise Conflict("not_received", _("This payment was not received: there is nothing to give back."))
    if payment.disputes.filter(status=Dispute.Status.OPEN).exists():
        raise Conflict("disputed", _("This payment is disputed. Answer the dispute at the provider first."))
    if not to_credit and window_is_over(payment.method.name, paid_at=payment.created_at, now=timezone.now()):
        raise DomainError(
            "too_late",
            _("%(method)s gives nothing back after so long. Keep it as credit instead.") % {"method": payment.method},
            field="to_credit",
        )
    return standing


def _check_amount(amount: Money, standing: Standing) -> Money:
    if amount.currency != standing.refundable.currency:
        raise DomainError("other_currency", _("Give it back in the currency that was received."), field="amount")
    if amount.minor <= 0:
        raise DomainError("nothing_left", _("Nothing of this payment is left to give back."), field="amount")
    if standing.refundable < amount:
        raise _too_much_of(standing.refundable)
    return amount


def _check_ends(order: Order) -> None:
    if order.status not in (Order.Status.PAID, Order.Status.FULFILLED):
        raise DomainError("nothing_to_end", _("This order is not paid: there is no time to end."), field="ends_access")
    if order.kind == Order.Kind.CHANGE:
        raise DomainError(
            "change_keeps_time",
            _("This order only changed the plan. To end the access, give back the order that paid for the time."),
            field="ends_access",
        )


def _check_credit(payment: Payment, order: Order) -> None:
    if steps.origin_of(payment, order) != Refund.Origin.INVOICE:
        raise DomainError(
            "credit_needs_order", _("Only money of a paid order becomes credit this way."), field="to_credit"
        )


def _take(wanted: Money, standing: Standing, payment: Payment, *, to_credit: bool) -> Taken:
    try:
        return take(wanted, standing, rate=payment.fx_rate, from_credit=not to_credit)
    except CreditUsed as used:
        raise DomainError(
            "credit_used",
            _("Part of this payment became credit, which has been used since. At most %(amount)s can be given back.")
            % {"amount": used.possible.display(reader_locale())},
            field="amount",
        ) from None


def _needs_second_person(payment: Payment, amount: Money) -> bool:
    alone = payment.refunds.filter(status__in=Refund.LIVE, is_external=False, approved_by__isnull=True)
    before = alone.aggregate(total=Sum("amount_minor"))["total"] or 0
    return needs_second_person(amount, alone_before=before, limits=settings.REFUND_SECOND_APPROVER_ABOVE)


def _lock_manual(refund: Refund) -> tuple[Order, Refund]:
    order = lock_order_of(refund.payment_id)
    refund = _load(refund.pk)
    if refund.status != Status.CREATED or not refund.is_manual:
        raise _decided()
    return order, refund


def _load(refund_id: UUID) -> Refund:
    return Refund.objects.select_related("payment__order__user", "payment__method").get(pk=refund_id)


def _too_much_of(left: Money) -> Conflict:
    return Conflict(
        "too_much",
        _("At most %(amount)s of this payment is left to give back.") % {"amount": left.display(reader_locale())},
        field="amount",
    )


def _decided() -> Conflict:
    return Conflict("already_decided", DECIDED)


DECIDED = gettext_lazy("This refund has already been decided. Refresh the page.")
