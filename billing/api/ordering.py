"""Placing an order for a caller who may leave the name of the workspace to us."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _

from billing.models import Order
from billing.selectors import free_subdomains
from billing.services.orders import NewOrder, create_order
from shared_apps.core.errors import DomainError

# Somebody else may take the name we chose before we do.
NAME_TRIES = 3


def place_order(*, user: Any, new: NewOrder, idempotency_key: str | None) -> Order:
    """Make the order by `create_order`; without a subdomain, take a free one near the organisation's name.

    Locks and transaction are `create_order`'s, and so is what it raises.
    """
    if new.subdomain:
        return create_order(user=user, new=new, idempotency_key=idempotency_key)
    for _try in range(NAME_TRIES):
        named = replace(new, subdomain=_free_name(new.organisation_name))
        try:
            return create_order(user=user, new=named, idempotency_key=idempotency_key)
        except DomainError as problem:
            if problem.code != "subdomain_taken":
                raise
            taken = problem
    raise taken


def _free_name(organisation_name: str) -> str:
    names = free_subdomains(organisation_name)
    if not names:
        raise DomainError("subdomain_required", _("Choose an address for your workspace."), field="subdomain")
    return names[0]
