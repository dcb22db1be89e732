"""Using a coupon, never more often than it allows.

An order reserves one use when it is made, and keeps the price it was shown; one that expires or is cancelled gives the use
back. A refund does not: the customer had the reduction. The periods after the first are not uses of their own, and go on
where a coupon is switched off or past its dates: those end new uses only.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Coupon, CouponUse, Order, Plan, Subscription
from billing.money import Money
from billing.pricing import Reduction
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError


def check_coupon(
    *,
    code: str,
    plan: Plan,
    currency: str,
    user: Any = None,
    subscription: Subscription | None = None,
    replacing: Order | None = None,
    at: datetime | None = None,
) -> Coupon:
    """The coupon if it can be used for this plan and currency now; raises DomainError on the field `coupon_code`.

    Also by this buyer, where `user` is given, or for this subscription's next period. `replacing` is an open order that
    lets go of its own use first. Reads only: `use_coupon` decides.
    """
    coupon = Coupon.objects.filter(code=code.strip().upper()).first()
    if coupon is None:
        raise _refused("coupon_unknown", _("We do not know this code. Check it, or leave the field empty."))
    freed = int(replacing is not None and CouponUse.objects.filter(coupon=coupon, order=replacing).exists())
    _check_open(coupon, at or timezone.now(), freed=freed)
    if coupon.currency and coupon.currency != currency:
        raise _refused("coupon_currency", _("This code cannot be used in this currency."))
    if not _applies_to(coupon, plan):
        raise _refused("coupon_plan", _("This code does not apply to this plan."))
    if user is not None or subscription is not None:
        _check_buyer(coupon, user=user, subscription=subscription, ignoring=replacing)
    return coupon


def reduction_of(coupon: Coupon) -> Reduction:
    """What the coupon takes off, as the pricing function needs it."""
    if coupon.percent is not None:
        return Reduction(percent=coupon.percent)
    return Reduction(amount=Money(coupon.amount_minor or 0, coupon.currency))


def running_coupon(*, subscription: Subscription, plan: Plan) -> Coupon | None:
    """The coupon that still reduces the subscription's next period on a plan: one for other plans only does not follow.

    At most one query where `subscription.coupon` is loaded.
    """
    coupon = subscription.coupon
    return coupon if coupon and _applies_to(coupon, plan) else None


def use_coupon(*, coupon: Coupon, order: Order) -> None:
    """Reserve one use for an order; raises DomainError when it may not be used (any more).

    In the caller's transaction, which holds the buyer's row or the subscription's. The guarded UPDATE locks the coupon's
    row until it ends, so that what is counted after it is exact.
    """
    now = timezone.now()
    if not _take_one(coupon, Q(is_active=True) & _runs_at(now)):
        _check_open(Coupon.objects.get(pk=coupon.pk), now)
        raise _used_up()
    subscription = None if order.kind == Order.Kind.FIRST else order.subscription
    _check_buyer(coupon, user=order.user, subscription=subscription, ignoring=order)
    _keep_use(coupon, order)


def give_coupon_back(*, order: Order) -> None:
    """Undo the order's use of a coupon, in the caller's transaction, which holds its row."""
    deleted, _by_model = CouponUse.objects.filter(order=order).delete()
    if deleted and order.coupon:
        Coupon.objects.filter(pk=order.coupon.pk).update(used=F("used") - 1)
        record(
            action="coupon.given_back",
            category=AuditCategory.ORDER,
            resource=order.coupon,
            after={"order": order.number},
        )


def count_late_use(*, order: Order) -> None:
    """A first order that had expired is paid after all: count its use again where one is left; its price stays anyway.

    In the caller's transaction, which holds its row.
    """
    coupon = order.coupon
    if coupon is None or order.kind != Order.Kind.FIRST or CouponUse.objects.filter(order=order).exists():
        return
    if _take_one(coupon, Q()):
        _keep_use(coupon, order)


def _take_one(coupon: Coupon, allowed: Q) -> bool:
    room = Q(max_uses__isnull=True) | Q(used__lt=F("max_uses"))
    return Coupon.objects.filter(allowed, room, pk=coupon.pk).update(used=F("used") + 1) == 1


def _keep_use(coupon: Coupon, order: Order) -> None:
    CouponUse.objects.create(coupon=coupon, order=order)
    record(action="coupon.used", category=AuditCategory.ORDER, resource=coupon, after={"order": order.number})


def _runs_at(now: datetime) -> Q:
    begun = Q(valid_from__isnull=True) | Q(valid_from__lte=now)
    return begun & (Q(valid_until__isnull=True) | Q(valid_until__gt=now))


def _check_open(coupon: Coupon, now: datetime, *, freed: int = 0) -> None:
    """What the coupon says by itself; an inactive one is told as one that never was."""
    if not coupon.is_active:
        raise _refused("coupon_unknown", _("We do not know this code. Check it, or leave the field empty."))
    if coupon.valid_from and now < coupon.valid_from:
        raise _refused("coupon_not_yet", _("This code is not valid yet. Leave the field empty to continue."))
    if coupon.valid_until and now >= coupon.valid_until:
        raise _refused("coupon_expired", _("This code is no longer valid. Leave the field empty to continue."))
    if coupon.max_uses is not None and coupon.used - freed >= coupon.max_uses:
        raise _used_up()


def _applies_to(coupon: Coupon, plan: Plan) -> bool:
    plans = set(coupon.plans.values_list("pk", flat=True))
    return not plans or plan.pk in plans


def _check_buyer(coupon: Coupon, *, user: Any, subscription: Subscription | None, ignoring: Order | None) -> None:
    """Whether this buyer may use it (again): one that is a customer already by subscription, a new one by account."""
    if coupon.first_purchase_only:
        _check_first_purchase(user, subscription, ignoring)
    if coupon.max_uses_per_organisation is None:
        return
    uses = CouponUse.objects.filter(coupon=coupon)
    own = uses.filter(order__subscription=subscription) if subscription else uses.filter(order__user=user)
    if (own.exclude(order=ignoring) if ignoring else own).count() >= coupon.max_uses_per_organisation:
        raise _refused(
            "coupon_used_before", _("You have used this code as often as it allows. Leave the field empty to continue.")
        )


def _check_first_purchase(user: Any, subscription: Subscription | None, ignoring: Order | None) -> None:
    """No order is paid (one to try a plan is no purchase), and no other open one counts on being the first."""
    mine = Q(subscription=subscription) if subscription else Q()
    own = Order.objects.filter((mine | Q(user=user)) if user is not None else mine)
    if ignoring:
        own = own.exclude(pk=ignoring.pk)
    if own.filter(status__in=[Order.Status.PAID, Order.Status.FULFILLED], trial_days=0).exists():
        raise _not_first()
    if own.filter(status=Order.Status.AWAITING_PAYMENT, coupon__first_purchase_only=True).exists():
        raise _refused(
            "coupon_in_open_order",
            _("You have an unpaid order with a code for a first purchase. Pay it or cancel it first."),
        )


def _not_first() -> DomainError:
    return _refused(
        "coupon_first_purchase", _("This code is for a first purchase only. Leave the field empty to continue.")
    )


def _used_up() -> DomainError:
    return _refused("coupon_used_up", _("This code has been used up. Leave the field empty to continue."))


def _refused(code: str, message: object) -> DomainError:
    return DomainError(code, message, field="coupon_code")  # type: ignore[arg-type]  # lazy text
