"""Reads of the public site that belong to no other room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from billing.models import Order
from billing.selectors import payable_by
from shared_apps.organisations.selectors import memberships_of
from shared_apps.organisations.subdomains import normalise, skeleton


def own_order(user: Any, order_id: str) -> Order | None:
    """An order that this person may pay, or None for anything else."""
    try:
        key = UUID(order_id)
    except ValueError:
        return None
    return Order.objects.select_related("plan_version__plan").filter(payable_by(user), pk=key).first()


def own_unpaid_order_at(user: Any, subdomain: str) -> Order | None:
    """The unpaid order of this person that holds the name (or one that looks like it)."""
    return Order.objects.filter(
        user_id=user.pk, status=Order.Status.AWAITING_PAYMENT, subdomain_skeleton=skeleton(normalise(subdomain))
    ).first()


def orders_of(user: Any) -> QuerySet[Order]:
    """The orders that a person made or may pay, newest first."""
    return Order.objects.filter(payable_by(user)).select_related("plan_version__plan", "organisation")


def only_thing_to_do(user: Any) -> str:
    """The address of what waits for a person who has just logged in. Two queries."""
    if memberships_of(user).exists():
        return reverse("organisations")
    if user.is_staff:
        return reverse("backoffice")
    open_orders = list(
        Order.objects.filter(user_id=user.pk, status__in=Order.HOLDS_NAME).values_list("pk", flat=True)[:2]
    )
    if len(open_orders) == 1:
        return reverse("order", args=open_orders)
    return reverse("orders") if open_orders else reverse("signup_organisation")


def first_orders_of(organisation_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """The order that made each organisation, by its id. One query."""
    orders = Order.objects.filter(kind=Order.Kind.FIRST, organisation_id__in=organisation_ids)
    return dict(orders.values_list("organisation_id", "pk"))


def open_orders_of(user: Any) -> list[Order]:
    """A person's orders that are not live yet: to pay, or being prepared."""
    return list(orders_of(user).filter(status__in=Order.HOLDS_NAME)[:20])
