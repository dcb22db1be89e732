"""Reminders: a renewal is made ahead of the end of what is paid, and people are told of it on set days, once each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.utils import timezone

from billing.models import Order, PaidPeriod, Reminder, Subscription
from billing.reminding import DELETION_DAYS, PREPARED_BEFORE, RENEWAL_DAYS, day_to_remind
from billing.services.orders import is_awaited
from billing.services.reminder_texts import tell_of_deletion, tell_of_renewal
from billing.services.renewals import open_renewal
from billing.services.subscriptions import lock_subscription
from shared_apps.core.errors import DomainError

logger = structlog.get_logger(__name__)

Status = Subscription.Status


def prepare_renewals(*, now: datetime | None = None, limit: int = 1000) -> int:
    """Make the renewals that are due soon, and send the reminders whose day has come; returns how many were sent.

    A renewal is made in one transaction, a reminder in another, which holds the subscription's row: it goes out once with
    any number of workers, and not at all once the period is paid or the subscription cancelled.
    """
    moment = now or timezone.now()
    soon = _renewing().filter(paid_until__lte=moment + PREPARED_BEFORE)
    to_prepare = [one.pk for one in soon if not one.has_order or _owed_day(one, RENEWAL_DAYS, moment) is not None]
    to_warn = [one.pk for one in _leaving() if _owed_day(one, DELETION_DAYS, moment) is not None]
    return _each(_attend_to, to_prepare[:limit], moment) + _each(_warn_of_deletion, to_warn[:limit], moment)


def open_renewal_of(subscription_id: UUID) -> Order | None:
    """The renewal that waits to be paid, if there is one."""
    return (
        Order.objects.select_related("plan_version__plan")
        .filter(subscription_id=subscription_id, kind=Order.Kind.RENEWAL, status=Order.Status.AWAITING_PAYMENT)
        .filter(expires_at__gt=timezone.now())
        .first()
    )


def _each(act: Callable[[UUID, datetime], bool], ids: list[UUID], now: datetime) -> int:
    done = 0
    for subscription_id in ids:
        try:
            done += act(subscription_id, now)
        except DomainError as problem:  # no price any more, say: the others' turn comes
            logger.warning("renewal not prepared", subscription=str(subscription_id), code=problem.code)
        except Exception:  # whatever is wrong with one subscription, the others are reminded
            logger.exception("not reminded", subscription=str(subscription_id))
    return done


def _attend_to(subscription_id: UUID, now: datetime) -> bool:
    """Make one subscription's renewal if there is none, and send its reminder if one is due."""
    change = Order.objects.filter(
        subscription_id=subscription_id, kind=Order.Kind.CHANGE, status=Order.Status.AWAITING_PAYMENT
    )
    if change.exists():
        return False  # somebody is about to pay for a better plan: the renewal comes after it, within days
    if open_renewal_of(subscription_id) is None:
        open_renewal(subscription_id=subscription_id)
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        watched = _renewing().filter(pk=subscription_id).first()
        order = open_renewal_of(subscription_id)
        day = _owed_day(watched, RENEWAL_DAYS, now) if watched else None
        if watched is None or day is None or order is None or is_awaited(order):
            return False
        _note(subscription, Reminder.Kind.RENEWAL, watched.end, day)
        tell_of_renewal(order=order, subscription=subscription, day=day, now=now)
        return True


def _warn_of_deletion(subscription_id: UUID, now: datetime) -> bool:
    with transaction.atomic():
        subscription = lock_subscription(subscription_id)
        watched = _leaving().filter(pk=subscription_id, delete_after__gt=now).first()
        day = _owed_day(watched, DELETION_DAYS, now) if watched else None
        if watched is None or day is None:
            return False
        _note(subscription, Reminder.Kind.DELETION, watched.end, day)
        tell_of_deletion(subscription=subscription, day=day)
        return True


def _note(subscription: Subscription, kind: str, end: datetime, day: int) -> None:
    """In the caller's transaction, which holds the subscription's row: the unique constraint is the belt to that brace."""
    Reminder.objects.create(subscription=subscription, kind=kind, period_end=end, day=day)


def _owed_day(watched: Any, days: tuple[int, ...], now: datetime) -> int | None:
    """The reminder that is to be sent about a subscription of `_renewing` or `_leaving`; None when it was, or none is due."""
    begun = watched.begun and _day(watched.begun)
    day = day_to_remind(_day(now), end=_day(watched.end), days=days, not_before=begun)
    return None if day is None or (watched.told is not None and watched.told >= day) else day


def _renewing() -> QuerySet[Any]:
    """What a payment would carry on: neither cancelled nor about to be, and held back by nobody."""
    going_on = Q(status__in=Subscription.HAS_ACCESS) | Q(status=Status.SUSPENDED, hold=Subscription.Hold.UNPAID)
    waiting = Order.objects.filter(
        subscription=OuterRef("pk"), status=Order.Status.AWAITING_PAYMENT, expires_at__gt=timezone.now()
    )
    last = PaidPeriod.objects.filter(subscription=OuterRef("pk")).order_by("-ends_at", "-pk")
    return (
        Subscription.objects.filter(going_on, organisation__isnull=False, cancel_at_period_end=False)
        .annotate(
            end=F("paid_until"),
            begun=Subquery(last.values("starts_at")[:1]),
            has_order=Exists(waiting),
            told=_last_told(Reminder.Kind.RENEWAL, "paid_until"),
        )
        .order_by("paid_until", "pk")
    )


def _leaving() -> QuerySet[Any]:
    """What is cancelled and waits to be deleted."""
    return (
        Subscription.objects.filter(status=Status.CANCELLED, organisation__isnull=False)
        .annotate(
            end=F("delete_after"),
            begun=Value(None, output_field=DateTimeField()),
            told=_last_told(Reminder.Kind.DELETION, "delete_after"),
        )
        .order_by("delete_after", "pk")
    )


def _last_told(kind: str, end: str) -> Subquery:
    sent = Reminder.objects.filter(subscription=OuterRef("pk"), kind=kind, period_end=OuterRef(end))
    return Subquery(sent.order_by("-day").values("day")[:1])


def _day(moment: datetime) -> date:
    return timezone.localtime(moment, timezone.get_default_timezone()).date()
