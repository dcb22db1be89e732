"""Orders that nobody paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from shared_apps.accounts.models import User
from shared_apps.core.errors import Conflict
from tenant_apps.payments.models import Payment
from tenant_apps.store.models import Cart, Order
from tenant_apps.store.selectors.carts import payments_with_staff
from tenant_apps.store.services.cancelling import cancel_order
from tenant_apps.store.services.holds import lock_levels_to_exchange

# So long an order waits for its payment; as long as an attempt is open, a transfer for example, it waits on.
WAITS_FOR = timedelta(days=3)


def lock_unpaid_orders(*, cart: Cart) -> list[Order]:
    """What was ordered of a cart and has got no money yet, the rows locked in the order of their ids. In the caller's
    transaction, which holds the cart's lock."""
    orders = Order.objects.select_for_update().filter(cart_id=cart.pk, status=Order.Status.PENDING, paid_minor=0)
    return list(orders.order_by("pk"))


def with_staff(orders: Iterable[Order]) -> set[UUID]:
    """Those of some orders whose payment staff have to decide about. One query; what it says stays so while the orders' rows
    are locked."""
    return set(
        payments_with_staff().filter(subject__in=[order.pk for order in orders]).values_list("subject", flat=True)
    )


def replace_unpaid_orders(*, orders: Iterable[Order], variants: Iterable[int], by: User | None) -> None:
    """Cancel what `lock_unpaid_orders` found, for these variants (by their ids) are ordered anew: its own goods must not stand
    in the way. What staff have to decide about is left. Money that still comes for one is kept in sight, to be given back.

    In the caller's transaction, which makes the new order; locks the levels of both by id, then their products.
    """
    unpaid = list(orders)
    decided_by_staff = with_staff(unpaid) if unpaid else set()
    replaced = [order for order in unpaid if order.pk not in decided_by_staff]
    if not replaced:
        return
    lock_levels_to_exchange(orders=replaced, variants=variants)
    for order in replaced:
        cancel_order(order_id=order.pk, reason="", by=by, kind="replaced", only_unpaid=True)


def cancel_unpaid_orders(*, limit: int = 100) -> int:
    """Cancel orders that were not paid in time; how many. One transaction an order. For beat."""
    attempts = Payment.objects.filter(
        purpose="store.order", subject=OuterRef("pk"), status__in=[*Payment.OPEN, Payment.Status.NEEDS_REVIEW]
    )
    due = Order.objects.filter(
        ~Exists(attempts), status=Order.Status.PENDING, paid_minor=0, created_at__lt=timezone.now() - WAITS_FOR
    )
    return sum(_cancel(pk) for pk in due.order_by("created_at").values_list("pk", flat=True)[:limit])


def _cancel(order_id: UUID) -> bool:
    """Cancel one, unless money came for it meanwhile."""
    try:
        cancel_order(order_id=order_id, reason="", by=None, kind="expired", only_unpaid=True)
    except Conflict:
        return False
    return True
