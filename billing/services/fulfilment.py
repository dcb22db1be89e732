"""An order is paid: what it bought is given, invoiced and booked, all in the transaction that believes the money.

Locks are taken in one order: order, subscription, organisation, invoice counter.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone

from billing import ledger
from billing.models import Journal, Order, Payment
from billing.money import Money
from billing.selectors import free_subdomains, is_subdomain_taken
from billing.services.coupons import count_late_use
from billing.services.invoices import issue_invoice
from billing.services.ledger import post
from billing.services.subscriptions import (
    add_credit,
    change_plan,
    extend_subscription,
    lock_subscription,
    start_subscription,
)
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.locking import lock_one
from shared_apps.organisations import subdomains
from shared_apps.outbox.services import publish


def apply_payment(*, payment: Payment, worth: Money, source: str, as_credit: bool = False) -> None:
    """Put money that is ours to the order: what it still needs pays it, the rest is credit for later (`as_credit`: all).

    In the caller's transaction, which holds the order's row and has just moved the payment to succeeded. `worth` is in the
    order's currency; `source` is the ledger account the money is on. An order that is paid in full is fulfilled.
    """
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    wanted = order.due if order.status in Order.PAYABLE and not as_credit else Money(0, order.currency)
    applied = min(worth, wanted)
    credited = worth - applied
    Payment.objects.filter(pk=payment.pk).update(applied_minor=applied.minor, credited_minor=credited.minor)
    Order.objects.filter(pk=order.pk).update(received_minor=F("received_minor") + applied.minor)
    received = payment.received or payment.charge
    entries = ledger.payment_received(
        source, received=received, applied=applied, credited=credited, rate=payment.fx_rate,
        subscription_id=order.subscription_id,
    )  # fmt: skip
    post(kind="payment", source=f"payment:{payment.pk}", document=order.number, entries=entries)
    book_fee(payment, order)
    add_credit(subscription_id=order.subscription_id, amount=credited)
    record(action="payment.applied", category=AuditCategory.PAYMENT, resource=payment,
           after={"applied_minor": applied.minor, "credited_minor": credited.minor, "currency": order.currency})  # fmt: skip
    if applied == wanted and not as_credit:
        mark_paid(order_id=order.pk)


def book_fee(payment: Payment, order: Order) -> None:
    """What the provider kept of a payment, once, whatever becomes of the rest. In the caller's transaction."""
    if payment.fee_minor and not Journal.objects.filter(source=f"fee:{payment.pk}").exists():
        fee = Money(payment.fee_minor, payment.received_currency)
        entries = ledger.fee_taken(payment.method.name, fee)
        post(kind="fee", source=f"fee:{payment.pk}", document=order.number, entries=entries)


def mark_paid(*, order_id: UUID, actor: Any = None) -> bool:
    """The order is paid: give what it bought, and issue the invoice (none for a trial). In the caller's transaction, which holds the order's row.

    False when it was paid before or cannot be paid any more. A first order leaves word for provisioning; the others are
    fulfilled at once.
    """
    order = lock_one(Order.objects.select_related("plan_version__plan", "coupon", "subscription"), order_id)
    if order.status not in Order.PAYABLE:
        return False
    before, now = order.status, timezone.now()
    if order.kind == Order.Kind.FIRST:
        _take_name(order)
        publish(topic="order.paid", key=str(order_id), payload={"order_id": str(order_id)})
    else:
        Order.objects.filter(pk=order_id, status__in=Order.PAYABLE).update(
            status=Order.Status.FULFILLED, paid_at=now, fulfilled_at=now
        )
    order.refresh_from_db(fields=["status", "paid_at", "fulfilled_at", "subdomain", "subdomain_skeleton"])
    if before == Order.Status.EXPIRED:
        count_late_use(order=order)
    subscription = lock_subscription(order.subscription_id)
    order.subscription = subscription
    _GIVE[Order.Kind(order.kind)](subscription=subscription, order=order, at=now)
    record(action="order.paid", category=AuditCategory.ORDER, resource=order, actor=actor, before={"status": before},
           after={"status": order.status, **({"subdomain": order.subdomain} if order.subdomain else {})})  # fmt: skip
    if not order.trial_days:
        issue_invoice(order=order)
    return True


_GIVE: dict[Order.Kind, Any] = {
    Order.Kind.FIRST: start_subscription,
    Order.Kind.RENEWAL: extend_subscription,
    Order.Kind.CHANGE: change_plan,
}


def _take_name(order: Order) -> None:
    """A first order is paid under its own name, or under the nearest free one where money came late and that has gone.

    It keeps the price it was shown, though its coupon may have been used by somebody else since.
    """
    for name in (order.subdomain, *free_subdomains(order.subdomain)):
        try:
            with transaction.atomic():
                Order.objects.filter(pk=order.pk, status__in=Order.PAYABLE).update(
                    status=Order.Status.PAID,
                    paid_at=timezone.now(),
                    subdomain=name,
                    subdomain_skeleton=subdomains.skeleton(name),
                )
                # The constraint knows what orders hold; a name that lives on as a workspace is known here.
                if is_subdomain_taken(name, ignoring=order):
                    raise _NameGone
        except _NameGone:
            continue
        except IntegrityError as error:
            if "order_holds_subdomain" not in str(error):
                raise
            continue
        return
    raise RuntimeError(f"no free name near {order.subdomain!r}")


class _NameGone(Exception):
    """A workspace lives under the name."""


def mark_fulfilled(*, order_id: UUID) -> bool:
    """The workspace is live. Guarded UPDATE in the caller's transaction; False when it was fulfilled before."""
    moved = Order.objects.filter(pk=order_id, status=Order.Status.PAID).update(
        status=Order.Status.FULFILLED, fulfilled_at=timezone.now()
    )
    if moved:
        record(action="order.fulfilled", category=AuditCategory.ORDER, resource=Order(pk=order_id),
               before={"status": "paid"}, after={"status": "fulfilled"})  # fmt: skip
    return bool(moved)
