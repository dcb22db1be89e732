"""Paid time that is taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from billing.models import Order, PaidPeriod, Payment, Subscription
from billing.services.expiry import make_part_credit
from billing.services.moves import move_open_payments
from billing.services.orders import let_go
from billing.services.subscriptions import lock_subscription, move_subscription, periods_to_come
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record

Status = Subscription.Status
Hold = Subscription.Hold


def end_paid_time(*, order: Order, at: datetime, actor: Any = None) -> None:
    """What is left of the time that an order bought ends now; time that was bought after it moves up.

    In the caller's transaction, which holds the order's row; locks an open order for another plan, which was priced for that
    time and is given up, then the subscription's row and the organisation's.
    """
    _give_up_open_change(order.subscription_id, actor)
    subscription = lock_subscription(order.subscription_id)
    until = _cut(subscription, order, at)
    if until > at:
        # Renewals follow the day of the month on which the last period ends.
        subscription.anchor_day = timezone.localtime(until, timezone.get_default_timezone()).day
    to, hold = _status_after(subscription, until, at)
    move_subscription(
        subscription=subscription,
        to=to,
        action="subscription.time_ended",
        order=order,
        actor=actor,
        paid_until=until,
        hold=hold,
    )


def bought_time(order: Order, at: datetime) -> list[PaidPeriod]:
    """The periods to come that an order paid for, also where a better plan has taken them over since. Two queries."""
    if order.period_start is None or order.period_end is None:
        return []
    periods = order.subscription.periods.select_related("order").filter(ends_at__gt=at)
    return [one for one in periods.order_by("starts_at", "pk") if _is_of(one, order)]


def _is_of(period: PaidPeriod, order: Order) -> bool:
    if period.order_id == order.pk:
        return True
    took_over = period.order is not None and period.order.kind == Order.Kind.CHANGE
    inside = order.period_start and order.period_end and order.period_start <= period.starts_at < order.period_end
    return bool(took_over and inside)


def _cut(subscription: Subscription, order: Order, at: datetime) -> datetime:
    """Shorten what the order bought and move up what follows; when the paid time ends then."""
    mine = {period.pk for period in bought_time(order, at)}
    removed, until = timedelta(), at
    for period in periods_to_come(subscription, at):
        length = period.ends_at - max(period.starts_at, at)
        if period.starts_at > at:
            period.starts_at -= removed
        period.ends_at -= removed
        if period.pk in mine:
            period.ends_at -= length
            removed += length
        else:
            until = max(until, period.ends_at)
        period.save(update_fields=["starts_at", "ends_at"])
    return until


def _status_after(subscription: Subscription, until: datetime, at: datetime) -> tuple[str, str | None]:
    """No grace after money was given back: without paid time the workspace is read-only, or ends where that was wanted."""
    if not subscription.has_access or until > at:
        return subscription.status, None
    return (Status.CANCELLED, None) if subscription.cancel_at_period_end else (Status.SUSPENDED, Hold.UNPAID)


def _give_up_open_change(subscription_id: UUID, actor: Any) -> None:
    change = (
        Order.objects.select_for_update()
        .filter(subscription_id=subscription_id, kind=Order.Kind.CHANGE, status=Order.Status.AWAITING_PAYMENT)
        .first()
    )
    if change is None:
        return
    make_part_credit(order=change)
    change.status = Order.Status.CANCELLED
    change.save(update_fields=["status"])
    move_open_payments(order=change, to=Payment.Status.CANCELLED, actor=actor)
    let_go(order=change)
    record(action="order.cancelled", category=AuditCategory.ORDER, resource=change, actor=actor,
           before={"status": "awaiting_payment"}, after={"status": "cancelled"})  # fmt: skip
