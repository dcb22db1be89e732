"""Orders that nobody paid, or not whole, in time."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from billing import ledger
from billing.models import Order, Payment
from billing.services.ledger import post
from billing.services.moves import move_open_payments
from billing.services.orders import attempts_worth_waiting_for, is_awaited, let_go
from billing.services.payment_mail import tell_part_credited
from billing.services.subscriptions import add_credit
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record

# A partly paid order gets more time before its page says that it has little.
GIVEN_BEFORE = timedelta(hours=2)


def expire_orders(*, limit: int = 200) -> int:
    """Expire unpaid orders whose time has passed, freeing their names and coupons; returns how many.

    One transaction an order, locking its row and, for credit, its subscription's. An order with an attempt that may still
    succeed soon or a receipt that nobody has looked at waits. One that is paid in part has its time again and again; a
    change of plan has not, as it is priced by the day: what came for it becomes credit.
    """
    now = timezone.now()
    awaiting = Order.objects.filter(status=Order.Status.AWAITING_PAYMENT)
    partly = awaiting.filter(received_minor__gt=0, expires_at__lt=now + GIVEN_BEFORE).exclude(kind=Order.Kind.CHANGE)
    for order_id in list(partly.values_list("pk", flat=True)[:limit]):
        _give_time(order_id)
    overdue = (
        awaiting.filter(Q(received_minor=0) | Q(kind=Order.Kind.CHANGE), expires_at__lt=now)
        .exclude(payments__in=attempts_worth_waiting_for())
        .values_list("pk", flat=True)[:limit]
    )
    return sum(_expire(order_id) for order_id in list(overdue))


def leave_open(order: Order, *, action: str) -> None:
    """Part of an order is paid: there is time for the rest, for a change as long as what it is for lasts. In the caller's
    transaction, which holds the order's row."""
    until = max(order.expires_at, timezone.now() + settings.ORDER_LIFETIME)
    if order.kind == Order.Kind.CHANGE and order.period_end:
        until = min(until, order.period_end)
    Order.objects.filter(pk=order.pk, status=Order.Status.AWAITING_PAYMENT).update(expires_at=until)
    record(action=action, category=AuditCategory.ORDER, resource=order,
           before={"expires_at": order.expires_at.isoformat()},
           after={"expires_at": until.isoformat(), "due_minor": order.due.minor})  # fmt: skip


def make_part_credit(*, order: Order) -> None:
    """What came for an order that is given up becomes credit, and its payer hears of it. In the caller's transaction, which
    holds the order's row; locks the subscription's."""
    part = order.received
    if not part:
        return
    for payment in list(order.payments.filter(applied_minor__gt=0)):
        Payment.objects.filter(pk=payment.pk).update(
            credited_minor=F("credited_minor") + F("applied_minor"), applied_minor=0
        )
        record(action="payment.credited", category=AuditCategory.PAYMENT, resource=payment,
               before={"applied_minor": payment.applied_minor},
               after={"applied_minor": 0, "credited_minor": payment.credited_minor + payment.applied_minor})  # fmt: skip
    order.received_minor = 0
    order.save(update_fields=["received_minor"])
    add_credit(subscription_id=order.subscription_id, amount=part)
    entries = ledger.made_credit(part, subscription_id=order.subscription_id)
    post(kind="refund", source=f"part:{order.pk}", document=order.number, entries=entries)
    tell_part_credited(order, part)


def _give_time(order_id: UUID) -> None:
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.status == Order.Status.AWAITING_PAYMENT and order.received_minor:
            leave_open(order, action="order.time_given")


def _expire(order_id: UUID) -> bool:
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=order_id)
        if order.status != Order.Status.AWAITING_PAYMENT or order.expires_at > timezone.now():
            return False
        may_be_kept = order.received_minor and order.kind != Order.Kind.CHANGE
        if may_be_kept or is_awaited(order):
            return False
        order.status = Order.Status.EXPIRED
        order.save(update_fields=["status"])
        move_open_payments(order=order, to=Payment.Status.EXPIRED, next_check_at=None)
        make_part_credit(order=order)
        let_go(order=order)
        record(action="order.expired", category=AuditCategory.ORDER, resource=order,
               before={"status": "awaiting_payment"}, after={"status": "expired"})  # fmt: skip
        return True
