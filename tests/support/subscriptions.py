"""Subscriptions of the ready tenants, and moving them in time."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from billing.models import Subscription
from tests.support.tenants import ready_tenant


def ready_subscription(name: str) -> Subscription:
    """The subscription of one of the ready tenants, seen from the public schema."""
    organisation = ready_tenant(name).pk
    return Subscription.objects.select_related("plan_version__plan", "organisation__plan_version__plan").get(
        organisation_id=organisation
    )


def paid_for_days(subscription: Subscription, *, total: int, left: int) -> Subscription:
    """Put the one paid period so that it has so many days, and so many of them to come, today included."""
    start = timezone.now() - timedelta(days=total - left)
    period = subscription.periods.get()
    period.starts_at, period.ends_at, period.full_days = start, start + timedelta(days=total), total
    period.save()
    Subscription.objects.filter(pk=subscription.pk).update(started_at=start, paid_until=period.ends_at)
    subscription.refresh_from_db()
    return subscription
