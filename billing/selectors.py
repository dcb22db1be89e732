"""Reads of billing."""

from __future__ import annotations

from itertools import islice
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Prefetch, Q, QuerySet

from billing.models import Order, Payment, PaymentMethod, Plan, PlanVersion, Price
from shared_apps.accounts.admins import is_platform_admin
from shared_apps.core.errors import NotFound
from shared_apps.organisations import subdomains
from shared_apps.organisations.models import Domain

MAX_SUGGESTIONS = 3


def plans_on_sale() -> QuerySet[Plan]:
    """Active plans with their current version and prices: three queries, however many plans there are."""
    versions = PlanVersion.objects.filter(is_current=True).prefetch_related("prices")
    return (
        Plan.objects.filter(is_active=True, versions__is_current=True)
        .prefetch_related(Prefetch("versions", versions, to_attr="current_versions"))
        .order_by("product", "position")
    )


def price_on_sale(*, product: str, plan: str, cycle: str, currency: str) -> Price | None:
    """The current price of an active plan, with its version and plan."""
    return (
        Price.objects.select_related("version__plan")
        .filter(
            version__is_current=True,
            version__plan__is_active=True,
            version__plan__product=product,
            version__plan__name=plan,
            cycle=cycle,
            currency=currency,
        )
        .first()
    )


def payment_methods() -> QuerySet[PaymentMethod]:
    """The ways to pay that are offered: switched on, and not hidden because the provider does not answer."""
    return PaymentMethod.objects.filter(is_active=True, health__hidden_since__isnull=True)


def access_order(user: Any, order_id: UUID | str) -> Order:
    """An order for the one who made it; anybody else is told that there is none."""
    order = (
        Order.objects.select_related("plan_version__plan", "organisation", "user", "coupon")
        .filter(pk=order_id, user_id=user.pk)
        .first()
    )
    if order is None:
        raise NotFound
    return order


def access_payment(user: Any, payment_id: UUID | str) -> Payment:
    """A payment for the one whose order it pays, or for a platform admin; anybody else is told that there is none."""
    payment = Payment.objects.select_related("order__user", "method").filter(pk=payment_id).first()
    if payment is None or (payment.order.user_id != user.pk and not is_platform_admin(user)):
        raise NotFound
    return payment


def latest_payment(order: Order) -> Payment | None:
    """The attempt the order page shows: the newest."""
    return order.payments.select_related("method").order_by("-created_at").first()


def is_subdomain_taken(name: str, *, ignoring: Order | None = None) -> bool:
    """Whether a well-formed name belongs to a workspace or is held by an order (or looks like one that is)."""
    seen = subdomains.skeleton(name)
    host = f"{name}.{settings.PLATFORM_HOST}"
    if Domain.objects.filter(Q(domain=host) | Q(skeleton=seen)).exists():
        return True
    held = Order.objects.filter(status__in=Order.HOLDS_NAME, subdomain_skeleton=seen)
    if ignoring:
        held = held.exclude(pk=ignoring.pk)
    return held.exists()


def free_subdomains(wanted: str) -> list[str]:
    """Up to three free names near the one wanted: two queries, whatever is taken."""
    candidates = list(islice(subdomains.suggestions(wanted), 40))
    skeletons = {subdomains.skeleton(name) for name in candidates}
    taken = set(Domain.objects.filter(skeleton__in=skeletons).values_list("skeleton", flat=True))
    taken |= set(
        Order.objects.filter(status__in=Order.HOLDS_NAME, subdomain_skeleton__in=skeletons).values_list(
            "subdomain_skeleton", flat=True
        )
    )
    return [name for name in candidates if subdomains.skeleton(name) not in taken][:MAX_SUGGESTIONS]
