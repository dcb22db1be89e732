"""The plan of an organisation in the portal: what is shown is what is charged, to those who pay.

Failure cases (docs/failure-cases.md): Case 20, Case 22.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from billing.models import Coupon, Invoice, Order, Payment, PlanVersion, Subscription
from billing.money import Money
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from shared_apps.site.plan_changes import compare
from shared_apps.usage.names import QuotaUse
from tests.support.factories import make_user, pay_by_transfer
from tests.support.portal import member_of, on_platform
from tests.support.subscriptions import paid_for_days, ready_subscription
from tests.test_renewals import plan

pytestmark = pytest.mark.django_db

ROLES = ("owner", "admin", "billing", "member")


@pytest.fixture
def subscription() -> Subscription:
    """Thirty days of Premium, ten of them to come."""
    return paid_for_days(ready_subscription("store-a"), total=30, left=10)


@pytest.fixture
def payer(subscription: Subscription) -> Client:
    return on_platform(member_of(organisation_of(subscription), "billing"))


def organisation_of(subscription: Subscription) -> Any:
    assert subscription.organisation
    return subscription.organisation


def address(subscription: Subscription, page: str = "plan/") -> str:
    return f"/organisations/{subscription.organisation_id}/{page}"


def text(answer: Any) -> str:
    """What the page says, with plain spaces."""
    return re.sub(r"[\u00a0\u202f\s]+", " ", answer.content.decode())


def shown(answer: Any) -> dict[str, str]:
    """The hidden fields of the confirmation, as a browser sends them."""
    return dict(re.findall(r'<input type="hidden" name="(now|expected)" value="([^"]*)"', answer.content.decode()))


def test_everybody_sees_plan_and_usage_and_only_those_who_pay_see_amounts(subscription: Subscription) -> None:
    pages = {}
    for role in ROLES:
        answer = on_platform(member_of(organisation_of(subscription), role)).get(address(subscription))
        assert answer.status_code == 200
        pages[role] = text(answer)
    assert all("Premium" in page and "<progress" in page for page in pages.values())
    assert [role for role in ROLES if "25 000 FCFA" in pages[role]] == ["owner", "admin", "billing"]


@pytest.mark.parametrize("page", ["plan/", "renew/", "plan/change/gold/"])
def test_strangers_find_no_such_organisation(subscription: Subscription, page: str) -> None:
    stranger, other = make_user(), organisation_of(ready_subscription("store-b")).owner
    assert [on_platform(user).get(address(subscription, page)).status_code for user in (stranger, other)] == [404, 404]


@pytest.mark.parametrize("page", ["renew/", "plan/change/gold/", "plan/keep/"])
def test_members_neither_renew_nor_change(subscription: Subscription, page: str) -> None:
    member = on_platform(member_of(organisation_of(subscription)))
    assert member.post(address(subscription, page), {"cycle": "monthly", "expected": "0"}).status_code == 403
    assert not Order.objects.filter(subscription=subscription, status="awaiting_payment").exists()


def test_a_use_of_nine_tenths_is_told_in_words(subscription: Subscription, payer: Client) -> None:
    assert "progress-high" not in text(payer.get(address(subscription)))
    version = subscription.plan_version
    PlanVersion.objects.filter(pk=version.pk).update(quotas={**version.quotas, "users": 1})
    assert "progress-high" in text(payer.get(address(subscription)))


def test_each_cycle_shows_what_its_order_then_costs(subscription: Subscription, payer: Client) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(5_000, "XAF"))
    page = text(payer.get(address(subscription, "renew/")))
    assert "20 000 FCFA" in page
    assert "245 000 FCFA" in page
    answer = payer.post(address(subscription, "renew/"), {"cycle": "yearly", "coupon_code": ""})
    order = Order.objects.get(subscription=subscription, status="awaiting_payment")
    assert answer.headers["Location"] == f"/orders/{order.pk}/"
    assert (order.due.minor, order.cycle) == (245_000, "yearly")


def test_the_choice_of_another_cycle_replaces_the_open_renewal_with_its_credit(
    subscription: Subscription, payer: Client
) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(5_000, "XAF"))
    waiting = open_renewal(subscription_id=subscription.pk)
    assert payer.get(address(subscription, "renew/")).headers["Location"] == f"/orders/{waiting.pk}/"
    assert "245 000 FCFA" in text(payer.get(address(subscription, "renew/?choose")))
    payer.post(address(subscription, "renew/?choose"), {"cycle": "yearly"})
    assert Order.objects.get(subscription=subscription, status="awaiting_payment").due.minor == 245_000


def test_a_coupon_that_is_not_known_is_said_beside_its_field_and_nothing_typed_is_lost(
    subscription: Subscription, payer: Client
) -> None:
    answer = payer.post(address(subscription, "renew/"), {"cycle": "yearly", "coupon_code": "NADA"})
    assert answer.status_code == 422
    assert 'value="NADA"' in text(answer)
    assert re.search(r'value="yearly"[^>]*checked', text(answer))


def test_a_coupon_reduces_the_renewal(subscription: Subscription, payer: Client) -> None:
    Coupon.objects.create(code="TIERS20", percent=20)
    payer.post(address(subscription, "renew/"), {"cycle": "monthly", "coupon_code": "tiers20"})
    assert Order.objects.get(subscription=subscription, status="awaiting_payment").due.minor == 20_000


@pytest.mark.parametrize(
    "data", [{}, {"cycle": "daily"}, {"cycle": "\x00"}, {"cycle": "monthly", "coupon_code": "x" * 99}]
)
def test_what_makes_no_sense_is_answered_with_the_form(
    subscription: Subscription, payer: Client, data: dict[str, str]
) -> None:
    assert payer.post(address(subscription, "renew/"), data).status_code == 422


def test_an_upgrade_is_charged_and_invoiced_at_the_amount_on_the_button(
    subscription: Subscription, payer: Client
) -> None:
    page = payer.get(address(subscription, "plan/change/gold/"))
    assert text(page).count("11 667 FCFA") == 2
    answer = payer.post(address(subscription, "plan/change/gold/"), shown(page))
    order = Order.objects.get(subscription=subscription, status="awaiting_payment")
    assert answer.headers["Location"] == f"/orders/{order.pk}/"
    pay_by_transfer(order)
    assert Invoice.objects.get(order=order).total_minor == 11_667
    assert "Gold" in text(payer.get(address(subscription)))


def test_an_amount_that_has_changed_is_shown_anew_and_not_charged(subscription: Subscription, payer: Client) -> None:
    seen = shown(payer.get(address(subscription, "plan/change/gold/")))
    paid_for_days(subscription, total=30, left=9)
    answer = payer.post(address(subscription, "plan/change/gold/"), seen)
    assert answer.status_code == 409
    assert "10 500 FCFA" in text(answer)
    assert not Order.objects.filter(subscription=subscription, status="awaiting_payment").exists()
    assert payer.post(address(subscription, "plan/change/gold/"), shown(answer)).status_code == 302


def test_credit_that_an_open_renewal_has_set_aside_counts_for_the_upgrade_that_replaces_it(
    subscription: Subscription, payer: Client
) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(3_000, "XAF"))
    renewal = open_renewal(subscription_id=subscription.pk)
    page = payer.get(address(subscription, "plan/change/gold/"))
    assert renewal.number in text(page)
    assert payer.post(address(subscription, "plan/change/gold/"), shown(page)).status_code == 302
    assert Order.objects.get(subscription=subscription, status="awaiting_payment").due.minor == 8_667


def test_an_upgrade_that_credit_pays_holds_at_once(subscription: Subscription, payer: Client) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(20_000, "XAF"))
    page = payer.get(address(subscription, "plan/change/gold/"))
    payer.post(address(subscription, "plan/change/gold/"), shown(page))
    subscription.refresh_from_db()
    assert subscription.plan_version.plan.name == "gold"


def test_a_smaller_plan_is_planned_for_the_next_period_and_can_be_undone(
    subscription: Subscription, payer: Client
) -> None:
    page = payer.get(address(subscription, "plan/change/standard/"))
    assert shown(page) == {"expected": "0"}
    payer.post(address(subscription, "plan/change/standard/"), {**shown(page), "cycle": "yearly"})
    subscription.refresh_from_db()
    assert (subscription.next_plan, subscription.next_cycle) == (plan("store", "standard"), "yearly")
    assert "/plan/keep/" in text(payer.get(address(subscription)))
    payer.post(address(subscription, "plan/keep/"))
    subscription.refresh_from_db()
    assert (subscription.next_plan, subscription.next_cycle) == (None, "")


def test_while_money_is_on_its_way_nothing_changes_and_the_order_is_named(
    subscription: Subscription, payer: Client
) -> None:
    order = open_renewal(subscription_id=subscription.pk)
    Payment.objects.create(
        order=order, method_id=3, status="under_review", amount_minor=order.due.minor, currency="XAF",
        charge_minor=order.due.minor, charge_currency="XAF", expires_at=timezone.now() + timedelta(days=1),
    )  # fmt: skip
    answer = payer.post(
        address(subscription, "plan/change/gold/"), shown(payer.get(address(subscription, "plan/change/gold/")))
    )
    assert answer.status_code == 409
    assert f"/orders/{order.pk}/" in text(answer)


@pytest.mark.parametrize("name", ["nothing", "silver", "premium"])
def test_only_another_plan_of_the_same_product_can_be_chosen(
    subscription: Subscription, payer: Client, name: str
) -> None:
    assert payer.get(address(subscription, f"plan/change/{name}/")).status_code == (302 if name == "premium" else 404)


@pytest.mark.parametrize(
    "data",
    [
        {"now": "1"},
        {"now": "1", "expected": "x"},
        {"now": "1", "expected": "9" * 40},
        {"expected": "0", "cycle": "daily"},
    ],
)
def test_a_confirmation_that_cannot_be_read_changes_nothing(
    subscription: Subscription, payer: Client, data: dict[str, str]
) -> None:
    assert payer.post(address(subscription, "plan/change/gold/"), data).status_code == 409
    subscription.refresh_from_db()
    assert (subscription.next_plan, subscription.orders.filter(status="awaiting_payment").count()) == (None, 0)


def test_the_page_takes_the_same_queries_however_many_orders_there_are(
    subscription: Subscription, payer: Client, django_assert_max_num_queries
) -> None:
    with django_assert_max_num_queries(26):
        payer.get(address(subscription))


def test_what_is_over_the_smaller_plans_limit_is_said() -> None:
    big, small = (PlanVersion.objects.get(plan=plan("store", name), is_current=True) for name in ("gold", "standard"))
    limit = small.quotas["products"]
    uses = [QuotaUse("products", None, limit + 1), QuotaUse("users", 99, 1)]
    difference = compare(big, small, uses)
    assert len(difference.over) == 1
    assert str(limit) in difference.over[0]
    assert difference.lost
    assert not difference.gained
    assert not compare(small, big, uses).over
