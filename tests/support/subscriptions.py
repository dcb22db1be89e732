"""Subscriptions of the ready tenants, and moving them in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from billing.models import Order, Plan, Subscription
from billing.services.renewals import order_change, preview_change
from shared_apps.organisations.models import Organisation
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


def ended(name: str = "store-a", *, days: float, **values: Any) -> Subscription:
    """A ready tenant's subscription whose paid time ended so many days ago."""
    subscription = ready_subscription(name)
    end = timezone.now() - timedelta(days=days)
    subscription.periods.update(starts_at=end - timedelta(days=30), ends_at=end)
    Subscription.objects.filter(pk=subscription.pk).update(paid_until=end, **values)
    Organisation.objects.filter(pk=subscription.organisation_id).update(paid_until=end)
    subscription.refresh_from_db()
    return subscription


def order_gold(subscription: Subscription) -> Order:
    """The order of a change to the product's plan Gold, at the price that its preview shows."""
    gold = Plan.objects.get(product=subscription.plan_version.plan.product, name="gold")
    due = preview_change(subscription=subscription, plan=gold).due
    return order_change(subscription_id=subscription.pk, plan=gold, expected_due=due, actor=None)


def history(subscription: Subscription) -> list[tuple[str, str]]:
    """What happened to it since its workspace opened, and where each led."""
    return list(subscription.events.order_by("pk").values_list("action", "to_status"))[2:]
