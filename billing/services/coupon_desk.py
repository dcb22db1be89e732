"""Making coupons, and changing what may still change once somebody counts on one."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from billing.models import Coupon, Order
from billing.money import Money
from billing.services.orders import NUMBER_ALPHABET
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import changes, record
from shared_apps.core.errors import Conflict, DomainError

_CODE = re.compile(r"[A-Z0-9_-]{3,30}")
# What buyers were promised: it stays as it is from the first order on.
PROMISED = ("code", "percent", "amount_minor", "currency", "plans", "first_purchase_only", "periods")
LIMITS = ("max_uses", "max_uses_per_organisation")


@dataclass(frozen=True, slots=True, kw_only=True)
class CouponTerms:
    """What a coupon takes off, for whom, how long and how often. Either `percent` (1 to 100) or `amount`."""

    code: str
    percent: int | None = None
    amount: Money | None = None
    plan_ids: tuple[int, ...] = ()  # none: every plan
    first_purchase_only: bool = False
    periods: int | None = 1  # None: every period
    valid_from: datetime | None = None
    valid_until: datetime | None = None  # the first moment it is no longer valid
    max_uses: int | None = None
    max_uses_per_organisation: int | None = None

    def columns(self) -> dict[str, Any]:
        """As the model keeps it, without the plans."""
        return {
            "code": self.code.strip().upper(),
            "percent": self.percent,
            "amount_minor": self.amount.minor if self.amount else None,
            "currency": self.amount.currency if self.amount else "",
            "first_purchase_only": self.first_purchase_only,
            "periods": self.periods,
            "valid_from": self.valid_from,
            "valid_until": self.valid_until,
            "max_uses": self.max_uses,
            "max_uses_per_organisation": self.max_uses_per_organisation,
        }


def new_code() -> str:
    """A code that nobody guesses and everybody can read aloud: 40 bits."""
    return "".join(secrets.choice(NUMBER_ALPHABET) for _ in range(8))


def create_coupon(*, terms: CouponTerms, actor: Any) -> Coupon:
    """Make a coupon. One transaction; the code is unique by constraint. Raises DomainError on the field that is wrong."""
    _check_terms(terms)
    try:
        with transaction.atomic():
            coupon = Coupon.objects.create(**terms.columns())
            coupon.plans.set(terms.plan_ids)
            record(action="coupon.created", category=AuditCategory.SETTINGS, resource=coupon, actor=actor,
                   after=_facts(coupon, terms.plan_ids))  # fmt: skip
    except IntegrityError as error:
        raise _code_taken(error) from None
    return coupon


def change_coupon(*, coupon_id: int, terms: CouponTerms, actor: Any) -> Coupon:
    """Give a coupon other terms. Once an order was made with it, what buyers were promised stays, and limits only go up.

    One transaction; locks the coupon's row. Raises DomainError on the field that is wrong.
    """
    _check_terms(terms)
    try:
        with transaction.atomic():
            coupon = Coupon.objects.select_for_update().get(pk=coupon_id)
            before = _facts(coupon, coupon.plans.values_list("pk", flat=True))
            for name, value in terms.columns().items():
                setattr(coupon, name, value)
            after = _facts(coupon, terms.plan_ids)
            if before == after:
                return coupon
            if is_promised(coupon):
                _check_promise(before, after)
            coupon.save()
            coupon.plans.set(terms.plan_ids)
            changed = changes(before, after)
            record(action="coupon.changed", category=AuditCategory.SETTINGS, resource=coupon, actor=actor,
                   before=changed["before"], after=changed["after"])  # fmt: skip
    except IntegrityError as error:
        raise _code_taken(error) from None
    return coupon


def set_coupon_active(*, coupon_id: int, is_active: bool, actor: Any) -> bool:
    """Let a coupon be used, or not any more; who has it keeps it. A guarded UPDATE; False when it was so already."""
    with transaction.atomic():
        moved = Coupon.objects.filter(pk=coupon_id, is_active=not is_active).update(is_active=is_active)
        if moved:
            action = "coupon.activated" if is_active else "coupon.deactivated"
            record(action=action, category=AuditCategory.SETTINGS, resource=Coupon(pk=coupon_id), actor=actor,
                   before={"is_active": not is_active}, after={"is_active": is_active})  # fmt: skip
    return bool(moved)


def is_promised(coupon: Coupon) -> bool:
    """Whether an order was ever made with it."""
    return Order.objects.filter(coupon=coupon).exists()


def _check_terms(terms: CouponTerms) -> None:
    if not _CODE.fullmatch(terms.code.strip().upper()):
        raise DomainError("code_invalid", _("Use 3 to 30 letters without accents, digits, hyphens."), field="code")
    if terms.percent is None and terms.amount is None:
        raise DomainError("nothing_off", _("Say how much the coupon takes off."), field="percent")
    if terms.percent is not None and not 1 <= terms.percent <= 100:
        raise DomainError("percent_invalid", _("Enter a percentage from 1 to 100."), field="percent")
    if terms.amount is not None and terms.amount.minor < 1:
        raise DomainError("amount_invalid", _("Enter an amount above 0."), field="amount")
    if terms.valid_from and terms.valid_until and terms.valid_until <= terms.valid_from:
        raise DomainError("dates_crossed", _("The last day is before the first."), field="last_day")


def _check_promise(before: dict[str, Any], after: dict[str, Any]) -> None:
    for name in PROMISED:
        if before[name] != after[name]:
            raise Conflict(
                "coupon_promised",
                _("Orders were made with this coupon: what it gives stays. Switch it off and make another one."),
                field=name,
            )
    for name in LIMITS:
        if after[name] is not None and (before[name] is None or after[name] < before[name]):
            raise Conflict(
                "limit_lowered",
                _(
                    "Orders were made with this coupon: a limit can be raised or lifted, not lowered. Switch it off to end it."
                ),
                field=name,
            )


def _facts(coupon: Coupon, plan_ids: Any) -> dict[str, Any]:
    names = [name for name in (*PROMISED, *LIMITS, "valid_from", "valid_until") if name != "plans"]
    return {**{name: getattr(coupon, name) for name in names}, "plans": sorted(plan_ids)}


def _code_taken(error: IntegrityError) -> Exception:
    if "billing_coupon_code" not in str(error):
        return error
    return Conflict("code_taken", _("There is a coupon with this code already. Choose another one."), field="code")
