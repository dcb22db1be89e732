"""Orders that nobody paid."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict
from tenant_apps.payments.models import Payment
from tenant_apps.store.models import Cart, Order
from tenant_apps.store.services.fulfilment import cancel_order

# So long an order waits for its payment; as long as an attempt is open, a transfer for example, it waits on.
WAITS_FOR = timedelta(days=3)


def replace_unpaid_orders(*, cart: Cart, key: UUID, by: User | None) -> int:
    """Cancel what was ordered of this cart before and not paid: it is ordered anew under `key`, and its own goods must not
    stand in the way. How many. One transaction an order (see `cancel_order`). Money that still comes for one is kept
    in sight, to be given back."""
    unpaid = Order.objects.filter(cart_id=cart.pk, status=Order.Status.PENDING, paid_minor=0).exclude(pk=key)
    return sum(_cancel(pk, kind="replaced", by=by) for pk in unpaid.values_list("pk", flat=True))


def cancel_unpaid_orders(*, limit: int = 100) -> int:
    """Cancel orders that were not paid in time; how many. One transaction an order. For beat."""
    attempts = Payment.objects.filter(
        purpose="store.order", subject=OuterRef("pk"), status__in=[*Payment.OPEN, Payment.Status.NEEDS_REVIEW]
    )
    due = Order.objects.filter(
        ~Exists(attempts), status=Order.Status.PENDING, paid_minor=0, created_at__lt=timezone.now() - WAITS_FOR
    )
    return sum(_cancel(pk, kind="expired") for pk in due.order_by("created_at").values_list("pk", flat=True)[:limit])


def _cancel(order_id: UUID, *, kind: str, by: User | None = None) -> bool:
    """Cancel one, unless money came for it meanwhile."""
    try:
        cancel_order(order_id=order_id, reason="", by=by, kind=kind, only_unpaid=True)
    except Conflict:
        return False
    return True
