"""Placing an order for a caller who may leave the name to us, and may send the same request twice."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.models import Order, Price
from billing.selectors import free_subdomains
from billing.services.orders import Customer, create_order
from shared_apps.core.errors import DomainError

# Somebody else may take the name we chose before we do.
NAME_TRIES = 3


def place_order(
    *,
    user: Any,
    price: Price,
    organisation_name: str,
    subdomain: str,
    customer: Customer,
    locale: str,
    coupon_code: str,
    idempotency_key: str | None,
) -> Order:
    """Make the order by `create_order`; without a subdomain, take a free one near the organisation's name.

    Locks and transaction are `create_order`'s. Raises DomainError, and Conflict when a key comes with another request.
    """
    for tries_left in range(NAME_TRIES if not subdomain else 1, 0, -1):
        try:
            return create_order(
                user=user,
                price=price,
                organisation_name=organisation_name,
                subdomain=subdomain or _free_name(organisation_name),
                customer=customer,
                locale=locale,
                coupon_code=coupon_code,
                idempotency_key=idempotency_key,
            )
        except DomainError as problem:
            if tries_left > 1 and problem.code == "subdomain_taken":
                continue
            raise
    raise AssertionError("the last try returns or raises")


def _free_name(organisation_name: str) -> str:
    names = free_subdomains(organisation_name)
    if not names:
        raise DomainError("subdomain_required", _("Choose an address for your workspace."), field="subdomain")
    return names[0]
