"""Reads of the back office about coupons, and coupons in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import pgettext_lazy

from billing.models import Coupon, Order
from billing.money import Money
from shared_apps.core.errors import NotFound
from shared_apps.core.templatetags.ui import day

Text = str | Promise
STATES: dict[str, tuple[Text, str]] = {
    "on": (pgettext_lazy("coupon", "Can be used"), "success"),
    "planned": (pgettext_lazy("coupon", "Not begun"), "info"),
    "over": (pgettext_lazy("coupon", "Over"), "neutral"),
    "used_up": (pgettext_lazy("coupon", "Used up"), "neutral"),
    "off": (pgettext_lazy("coupon", "Switched off"), "warning"),
}


@dataclass(frozen=True, slots=True)
class Saving:
    """What a coupon's paid orders saved in one currency."""

    amount: Money
    orders: int


def find_coupons(*, state: str = "", search: str = "") -> QuerySet[Coupon]:
    """Coupons of one state, whose code holds a text; the newest first."""
    found = Coupon.objects.prefetch_related("plans").order_by("-pk")
    if state in STATES:
        found = found.filter(_conditions(timezone.now())[state])
    return found.filter(code__contains=search.strip().upper()) if search.strip() else found


def get_coupon(coupon_id: int) -> Coupon:
    """A coupon with its plans; raises NotFound."""
    coupon = Coupon.objects.prefetch_related("plans").filter(pk=coupon_id).first()
    if coupon is None:
        raise NotFound
    return coupon


def orders_with(coupon: Coupon) -> QuerySet[Order]:
    """Every order that was made with a coupon, those of later periods too; the newest first."""
    return coupon.orders.select_related("user", "organisation", "plan_version__plan").order_by("-created_at", "pk")


def savings(coupon: Coupon) -> list[Saving]:
    """What its paid orders saved, by currency. One query."""
    paid = coupon.orders.filter(status__in=[Order.Status.PAID, Order.Status.FULFILLED])
    sums = paid.values("currency").annotate(minor=Sum("discount_minor"), count=Count("pk")).order_by("currency")
    return [Saving(Money(int(row["minor"]), row["currency"]), row["count"]) for row in sums]


def row_of(coupon: Coupon, locale: str) -> dict[str, Any]:
    """A coupon as the list shows it."""
    state, tone = STATES[state_of(coupon, timezone.now())]
    return {
        "coupon": coupon,
        "gives": gives(coupon, locale),
        "lasts": lasts(coupon),
        "dates": dates(coupon),
        "state": state,
        "tone": tone,
    }


def state_of(coupon: Coupon, now: datetime) -> str:
    """The key of its state; what ends it for good comes first."""
    if not coupon.is_active:
        return "off"
    if coupon.valid_until and coupon.valid_until <= now:
        return "over"
    if coupon.max_uses is not None and coupon.used >= coupon.max_uses:
        return "used_up"
    return "planned" if coupon.valid_from and coupon.valid_from > now else "on"


def gives(coupon: Coupon, locale: str) -> str:
    """What it takes off: "20 %", "5 000 FCFA"."""
    if coupon.percent is not None:
        return _("%(percent)d %%") % {"percent": coupon.percent}
    return Money(coupon.amount_minor or 0, coupon.currency).display(locale)


def lasts(coupon: Coupon) -> str:
    """For how many payments."""
    if coupon.periods is None:
        return _("every period")
    if coupon.periods == 1:
        return _("one payment")
    return _("%(count)d periods") % {"count": coupon.periods}


def dates(coupon: Coupon) -> str:
    """When it can be used, by days of the platform."""
    zone = timezone.get_default_timezone()
    first = coupon.valid_from and day(timezone.localtime(coupon.valid_from, zone).date())
    last_moment = coupon.valid_until and coupon.valid_until - timedelta(microseconds=1)
    last = last_moment and day(timezone.localtime(last_moment, zone).date())
    if first and last:
        return _("%(first)s to %(last)s") % {"first": first, "last": last}
    if first:
        return _("from %(first)s") % {"first": first}
    return _("until %(last)s") % {"last": last} if last else _("no end")


def _conditions(now: datetime) -> dict[str, Q]:
    """`state_of` for the database."""
    over = Q(valid_until__isnull=False, valid_until__lte=now)
    used_up = Q(max_uses__isnull=False, used__gte=F("max_uses"))
    planned = Q(valid_from__isnull=False, valid_from__gt=now)
    active = Q(is_active=True)
    return {
        "on": active & ~over & ~used_up & ~planned,
        "planned": active & ~over & ~used_up & planned,
        "over": active & over,
        "used_up": active & ~over & used_up,
        "off": ~active,
    }
