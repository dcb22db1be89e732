"""Using a coupon, never more often than it allows."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Coupon, CouponUse, Order, Plan
from billing.money import Money
from billing.pricing import Reduction
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError


def check_coupon(*, code: str, plan: Plan, currency: str, at: datetime | None = None) -> Coupon:
    """The coupon if it can be used for this plan and currency now; raises DomainError on the field `coupon_code`."""
    coupon = Coupon.objects.filter(code=code.strip().upper(), is_active=True).first()
    now = at or timezone.now()
    if coupon is None:
        raise _refused("coupon_unknown", _("We do not know this code. Check it, or leave the field empty."))
    if (coupon.valid_from and now < coupon.valid_from) or (coupon.valid_until and now >= coupon.valid_until):
        raise _refused("coupon_expired", _("This code is no longer valid. Leave the field empty to continue."))
    if coupon.currency and coupon.currency != currency:
        raise _refused("coupon_currency", _("This code cannot be used in this currency."))
    if coupon.plans.exists() and not coupon.plans.filter(pk=plan.pk).exists():
        raise _refused("coupon_plan", _("This code does not apply to this plan."))
    if coupon.max_uses is not None and coupon.used >= coupon.max_uses:
        raise _refused("coupon_used_up", _("This code has been used up. Leave the field empty to continue."))
    return coupon


def reduction_of(coupon: Coupon) -> Reduction:
    """What the coupon takes off, as the pricing function needs it."""
    if coupon.percent is not None:
        return Reduction(percent=coupon.percent)
    return Reduction(amount=Money(coupon.amount_minor or 0, coupon.currency))


def use_coupon(*, coupon: Coupon, order: Order) -> None:
    """Count one use, in the caller's transaction, by a guarded UPDATE; raises DomainError when the last is gone."""
    used = Coupon.objects.filter(Q(max_uses__isnull=True) | Q(used__lt=F("max_uses")), pk=coupon.pk).update(
        used=F("used") + 1
    )
    if not used:
        raise _refused("coupon_used_up", _("This code has been used up. Leave the field empty to continue."))
    CouponUse.objects.create(coupon=coupon, order=order)
    record(action="coupon.used", category=AuditCategory.ORDER, resource=coupon, after={"order": order.number})


def give_coupon_back(*, order: Order) -> None:
    """Undo the order's use of a coupon, in the caller's transaction."""
    deleted, _by_model = CouponUse.objects.filter(order=order).delete()
    if deleted and order.coupon:
        Coupon.objects.filter(pk=order.coupon.pk).update(used=F("used") - 1)
        record(
            action="coupon.given_back",
            category=AuditCategory.ORDER,
            resource=order.coupon,
            after={"order": order.number},
        )


def _refused(code: str, message: object) -> DomainError:
    return DomainError(code, message, field="coupon_code")  # type: ignore[arg-type]  # lazy text
