"""Making coupons, and what may still change once somebody counts on one."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from billing.models import Coupon, Plan
from billing.money import Money
from billing.services.coupon_desk import CouponTerms, change_coupon, create_coupon, new_code, set_coupon_active
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from tests.support.factories import make_admin, make_order

pytestmark = pytest.mark.django_db
TERMS = CouponTerms(code="bonus", percent=20, max_uses=10)


def make(**changes: Any) -> Coupon:
    return create_coupon(terms=replace(TERMS, **changes), actor=None)


def refused_field(act: Any, **options: Any) -> str:
    with pytest.raises(DomainError) as refused:
        act(**options)
    return refused.value.field


def test_a_coupon_is_made_as_asked_and_noted() -> None:
    admin = make_admin()
    gold = tuple(Plan.objects.filter(name="gold").values_list("pk", flat=True))
    coupon = create_coupon(terms=replace(TERMS, plan_ids=gold, periods=3), actor=admin)
    assert (coupon.code, coupon.percent, coupon.periods, coupon.plans.count()) == ("BONUS", 20, 3, 3)
    entry = AuditLog.objects.get(action="coupon.created")
    assert (entry.actor_label, entry.after["percent"], entry.after["plans"]) == (admin.email, 20, sorted(gold))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"code": "é"}, "code"),
        ({"code": "AB"}, "code"),
        ({"percent": None}, "percent"),
        ({"percent": 0}, "percent"),
        ({"percent": 101}, "percent"),
        ({"percent": None, "amount": Money(0, "XAF")}, "amount"),
        ({"valid_from": timezone.now(), "valid_until": timezone.now() - timedelta(days=1)}, "last_day"),
    ],
)
def test_terms_that_make_no_sense_name_their_field(changes: dict[str, Any], field: str) -> None:
    assert refused_field(make, **changes) == field


def test_a_code_is_there_once() -> None:
    make()
    assert refused_field(make, code="Bonus") == "code"
    other = make(code="AUTRE")
    assert refused_field(change_coupon, coupon_id=other.pk, terms=TERMS, actor=None) == "code"


def test_before_the_first_order_everything_may_change() -> None:
    coupon = make()
    terms = CouponTerms(code="SOLDE", amount=Money(5_000, "XAF"), periods=None, max_uses=2)
    changed = change_coupon(coupon_id=coupon.pk, terms=terms, actor=None)
    changed.refresh_from_db()
    assert (changed.code, changed.percent, changed.amount_minor, changed.periods) == ("SOLDE", None, 5_000, None)
    entry = AuditLog.objects.get(action="coupon.changed")
    assert (entry.before["percent"], entry.after["amount_minor"]) == (20, 5_000)
    assert "first_purchase_only" not in entry.before


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"percent": 10}, "percent"),
        ({"percent": None, "amount": Money(1, "XAF")}, "percent"),
        ({"periods": 2}, "periods"),
        ({"code": "AUTRE"}, "code"),
        ({"first_purchase_only": True}, "first_purchase_only"),
        ({"max_uses": 9}, "max_uses"),
        ({"max_uses_per_organisation": 1}, "max_uses_per_organisation"),
    ],
)
def test_once_an_order_was_made_its_promise_stays(changes: dict[str, Any], field: str) -> None:
    coupon = make()
    make_order(coupon_code="BONUS")
    assert refused_field(change_coupon, coupon_id=coupon.pk, terms=replace(TERMS, **changes), actor=None) == field
    coupon.refresh_from_db()
    assert (coupon.percent, coupon.max_uses) == (20, 10)


@pytest.mark.parametrize("max_uses", [11, None])
def test_limits_go_up_and_dates_move(max_uses: int | None) -> None:
    coupon = make()
    make_order(coupon_code="BONUS")
    ended = timezone.now()
    change_coupon(coupon_id=coupon.pk, terms=replace(TERMS, max_uses=max_uses, valid_until=ended), actor=None)
    coupon.refresh_from_db()
    assert (coupon.max_uses, coupon.valid_until, coupon.used) == (max_uses, ended, 1)


def test_switching_off_and_on_is_noted_once() -> None:
    coupon = make()
    assert set_coupon_active(coupon_id=coupon.pk, is_active=False, actor=None)
    assert not set_coupon_active(coupon_id=coupon.pk, is_active=False, actor=None)
    assert set_coupon_active(coupon_id=coupon.pk, is_active=True, actor=None)
    actions = AuditLog.objects.filter(resource_type="billing.coupon").order_by("pk").values_list("action", flat=True)
    assert list(actions) == ["coupon.created", "coupon.deactivated", "coupon.activated"]


def test_codes_that_are_made_up_can_be_read_aloud() -> None:
    codes = {new_code() for _ in range(200)}
    assert len(codes) == 200
    assert not set("".join(codes)) & set("01OILU")
