"""What time does to subscriptions: each row that is due goes where the clock says, and its history says since when."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils import timezone

from billing.models import Order, PaidPeriod, Payment, Subscription
from billing.services.deletion import delete_subscription
from billing.services.orders import attempts_worth_waiting_for
from billing.services.subscriptions import begin_plan, lock_subscription, move_subscription
from billing.transitions import CANCELLED_AFTER, PROVISIONAL, Step, clock_of, steps_by_time

logger = structlog.get_logger(__name__)

Status = Subscription.Status
Hold = Subscription.Hold


def advance_subscriptions(*, now: datetime | None = None, limit: int = 500) -> int:
    """Move every subscription whose time has come, at most `limit` of them; returns how many moved.

    Each in a transaction of its own under its row's lock, and only if it is still due then: two workers, a kill or a
    payment at the same moment lose and double nothing. What fails is logged, and stops none of the others.
    """
    moment = now or timezone.now()
    due = _due(moment).order_by("paid_until", "pk").values_list("pk", "status")[:limit]
    return sum(_advance(subscription_id, status, moment) for subscription_id, status in list(due))


def waits_for_money(subscription: Subscription) -> bool:
    """Whether money for the next period is on its way: a receipt that is being checked, a request on a phone."""
    return _money_under_way().filter(order__subscription=subscription).exists()


def _advance(subscription_id: UUID, status: str, now: datetime) -> bool:
    try:
        if status == Status.CANCELLED:
            return delete_subscription(subscription_id=subscription_id, now=now)
        return _follow_time(subscription_id, now)
    except Exception:  # whatever is wrong with one subscription, the next one's turn comes
        logger.exception("subscription left where it is", subscription=str(subscription_id))
        return False


def _follow_time(subscription_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        began = begin_plan(subscription=subscription, at=now)
        waits = subscription.has_access and waits_for_money(subscription)
        steps = steps_by_time(clock_of(subscription), now=now, waits=waits)
        for step in steps:
            if step.to != Status.DELETED:
                _take(subscription, step)
        return began or bool(steps)


def _take(subscription: Subscription, step: Step) -> None:
    move_subscription(
        subscription=subscription,
        to=step.to,
        action=(
            "subscription.grace_began"
            if step.to == Status.PAST_DUE
            else "subscription.suspended"
            if step.to == Status.SUSPENDED
            else "subscription.ended"
        ),
        hold=Hold.UNPAID if step.to == Status.SUSPENDED else None,
        at=step.due,
        details={"due": step.due.isoformat()},
    )


def _due(now: datetime) -> QuerySet[Subscription]:
    """What the clock would move. A first order that is still being prepared has no time to lose yet."""
    grace = ExpressionWrapper(
        F("paid_until") + F("plan_version__grace_days") * timedelta(days=1), output_field=DateTimeField()
    )
    other_plan = PaidPeriod.objects.filter(
        ~Q(plan_version=OuterRef("plan_version")), subscription=OuterRef("pk"), starts_at__lte=now, ends_at__gt=now
    )
    under_way = Exists(_money_under_way().filter(order__subscription=OuterRef("pk")))
    return (
        Subscription.objects.filter(organisation__isnull=False)
        .annotate(grace_ends_at=grace)
        .filter(
            Q(status__in=[Status.TRIALING, Status.ACTIVE], paid_until__lte=now)
            | Q(status=Status.PAST_DUE, grace_ends_at__lte=now) & (~under_way | Q(grace_ends_at__lte=now - PROVISIONAL))
            | Q(status=Status.SUSPENDED, hold=Hold.UNPAID, suspended_at__lte=now - CANCELLED_AFTER)
            | Q(status=Status.CANCELLED, delete_after__lte=now)
            | Q(Exists(other_plan), status__in=Subscription.HAS_ACCESS)
        )
    )


def _money_under_way() -> QuerySet[Payment]:
    return attempts_worth_waiting_for().filter(
        order__status=Order.Status.AWAITING_PAYMENT, order__kind=Order.Kind.RENEWAL
    )
