"""Doing the same thing for every live tenant, one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from structlog.contextvars import bound_contextvars

from shared_apps.organisations.current import as_tenant, inside
from shared_apps.organisations.models import Organisation

logger = structlog.get_logger(__name__)

# In these states there is a workspace with data.
ALIVE = (Organisation.Status.ACTIVE, Organisation.Status.SUSPENDED)


def live_organisations(*, product: str = "") -> list[Organisation]:
    """Every organisation with a workspace (of one product), in one query. On the public schema."""
    alive = Organisation.objects.filter(status__in=ALIVE).select_related("plan_version__plan", "subscription")
    if product:
        alive = alive.filter(product=product)
    return list(alive.order_by("created_at", "pk"))


def in_every_tenant(act: Callable[[], int], *, what: str, product: str = "") -> int:
    """Call `act` inside every live tenant (of one product) and add up what it returns; call it on the public schema.

    One tenant's failure is logged and stops none of the others.
    """
    total = 0
    for organisation in live_organisations(product=product):
        with surviving(organisation, what), inside(as_tenant(organisation)):
            total += act()
    return total


@contextmanager
def surviving(organisation: Organisation, what: str) -> Iterator[None]:
    """Log what goes wrong with one tenant and go on with the next."""
    with bound_contextvars(tenant=organisation.schema_name):
        try:
            yield
        except Exception:  # whatever is wrong with one tenant, the next one's turn comes
            logger.exception("tenant left out", what=what)
