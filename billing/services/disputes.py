"""Disputes: the money a payer asks the provider for over our head, and the access meanwhile."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from billing import ledger
from billing.models import Dispute, Journal, Order, Payment, Subscription
from billing.money import Money
from billing.providers import reasons
from billing.providers.base import DisputeState
from billing.services import refund_steps as steps
from billing.services.ledger import post
from billing.services.locks import lock_order_of
from billing.services.refund_mail import tell_team_of_dispute
from billing.services.subscriptions import lock_subscription, move_subscription
from billing.transitions import status_without_hold
from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.audit.services import record

Status = Dispute.Status
Hold = Subscription.Hold
# Where disputed money counts on the payment: reserved while nobody knows, given back once it is lost.
_COLUMN = {Status.OPEN: "refunding_minor", Status.LOST: "refunded_minor"}


def note_dispute(*, payment_id: UUID, state: DisputeState) -> Dispute:
    """Record what a provider says of a dispute, once: its money, the books, the access, and word to the team.

    One transaction: locks the rows of order, subscription and organisation. Any state may follow any other, as chargebacks
    are appealed; while a dispute is open nothing of the payment is sent back by us.
    """
    with transaction.atomic():
        order = lock_order_of(payment_id)
        payment = Payment.objects.select_related("order__user", "method").get(pk=payment_id)
        dispute, is_new = _get_or_make(payment, state)
        before = "" if is_new else dispute.status
        if is_new:
            steps.let_unsent_go(payment=payment, order=order, failure=reasons.DISPUTED)
        changed = _settle_money(dispute, payment, order, before=before, state=state)
        if before != dispute.status:
            _note(dispute, payment, before=before)
            _follow_with_access(dispute, payment, order)
        elif changed:
            _note(dispute, payment, before=before)
        return dispute


def _get_or_make(payment: Payment, state: DisputeState) -> tuple[Dispute, bool]:
    known = payment.disputes.filter(provider_ref=state.dispute_ref).first()
    if known:
        return known, False
    amount = state.amount or payment.received or payment.charge
    return (
        Dispute(
            payment=payment,
            provider_ref=state.dispute_ref,
            amount_minor=amount.minor,
            currency=amount.currency,
            reason=state.reason[:80],
        ),
        True,
    )


def _settle_money(dispute: Dispute, payment: Payment, order: Order, *, before: str, state: DisputeState) -> bool:
    """Move the dispute to its state and its money with it: what is reserved on the payment, and the ledger."""
    held_before, after = dispute.held, str(state.status)
    counted_before = held_before if before in _COLUMN else Money(0, held_before.currency)
    held = _held(dispute, payment, state, counted_before)
    if (before, held_before) == (after, held):
        return False
    dispute.status, dispute.held_minor = after, held.minor
    dispute.closed_at = None if after == Status.OPEN else timezone.now()
    dispute.save()
    columns: dict[str, Any] = {}
    for status, amount in ((before, -counted_before.minor), (after, held.minor)):
        column = _COLUMN.get(Status(status)) if status else None
        if column:
            columns[column] = columns.get(column, F(column)) + amount
    if columns:
        Payment.objects.filter(pk=payment.pk).update(**columns)
    method, loss = payment.method.name, _loss(payment)
    entries = ledger.reversed_entries(ledger.disputed(method, status=before, held=counted_before, loss=loss))
    entries += ledger.disputed(method, status=after, held=held, loss=loss)
    post(kind="dispute", source=_source(dispute), document=order.number, entries=ledger.net(entries))
    return True


def _held(dispute: Dispute, payment: Payment, state: DisputeState, counted_before: Money) -> Money:
    """What of the dispute's amount is ours to lose: not what was given back before."""
    claimed = state.amount if state.amount and state.amount.currency == dispute.currency else dispute.amount
    if state.status == Status.WON:
        return dispute.held
    payment.refresh_from_db()
    if payment.refundable is None or payment.refundable.currency != dispute.currency:
        return Money(0, dispute.currency)
    return min(claimed, dispute.amount, payment.refundable + counted_before)


def _loss(payment: Payment) -> str:
    """Where money goes that a dispute took: money that nobody had explained was never ours."""
    explained = payment.applied_minor or payment.credited_minor
    return ledger.LOSSES if explained else ledger.unapplied(payment.pk)


def _source(dispute: Dispute) -> str:
    source = f"dispute:{dispute.pk}"
    return f"{source}:{Journal.objects.filter(source__startswith=f'{source}:').count() + 1}"


def _note(dispute: Dispute, payment: Payment, *, before: str) -> None:
    level = AuditLog.Level.INFO if dispute.status == Status.WON else AuditLog.Level.ERROR
    record(action=f"dispute.{dispute.status}", category=AuditCategory.PAYMENT, resource=payment, level=level,
           before={"status": before} if before else None,
           after={"status": dispute.status, "amount_minor": dispute.held_minor, "currency": dispute.currency})  # fmt: skip
    if before != dispute.status:
        tell_team_of_dispute(dispute, payment)


def _follow_with_access(dispute: Dispute, payment: Payment, order: Order) -> None:
    """An open dispute suspends what was bought with the money; winning it gives the access back, losing it does not."""
    if payment.applied_minor == 0 or order.status not in (Order.Status.PAID, Order.Status.FULFILLED):
        return
    subscription = lock_subscription(order.subscription_id)
    if dispute.status == Status.OPEN:
        _suspend(subscription, order)
    elif dispute.status == Status.WON:
        _lift(subscription, order)


def _suspend(subscription: Subscription, order: Order) -> None:
    unpaid = subscription.status == Subscription.Status.SUSPENDED and subscription.hold == Hold.UNPAID
    if settings.DISPUTE_SUSPENDS and (subscription.has_access or unpaid):
        move_subscription(
            subscription=subscription,
            to=Subscription.Status.SUSPENDED,
            action="subscription.disputed",
            order=order,
            hold=Hold.DISPUTE,
        )


def _lift(subscription: Subscription, order: Order) -> None:
    """Back to what time alone makes of it, unless another dispute or an admin holds it."""
    others = Dispute.objects.filter(payment__order__subscription_id=subscription.pk).exclude(status=Status.WON)
    if subscription.hold != Hold.DISPUTE or others.exists():
        return
    to = status_without_hold(subscription, now=timezone.now())
    hold = Hold.UNPAID if to == Subscription.Status.SUSPENDED else ""
    move_subscription(subscription=subscription, to=to, action="subscription.dispute_won", order=order, hold=hold)
