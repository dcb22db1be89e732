"""Plans and ways to pay, open to everybody."""

from __future__ import annotations

import pytest

from billing.models import PaymentMethod, Plan

pytestmark = pytest.mark.django_db


def test_plans_are_a_plain_list_with_every_price(anybody) -> None:
    answer = anybody.get("/api/tenants/plans/")
    assert answer.status_code == 200
    plans = answer.json()
    assert len(plans) == 9
    [silver] = [plan for plan in plans if (plan["product"], plan["name"]) == ("esxi", "silver")]
    assert silver["display_name"] == "Silver"
    assert silver["prices"]["monthly"]["XAF"] == {"amount_minor": 50000, "amount": "50000"}
    assert silver["prices"]["yearly"]["EUR"] == {"amount_minor": 77000, "amount": "770.00"}
    assert (silver["monthly_price"], silver["yearly_price"]) == (50000, 500000)
    assert silver["quotas"]["esxi_servers"] == 5
    assert "replication" in silver["features"]
    assert silver["retention"] == {"snapshot_days": 14, "backup_days": 60}


def test_plans_of_one_product(anybody) -> None:
    plans = anybody.get("/api/tenants/plans/?product=store").json()
    assert {plan["product"] for plan in plans} == {"store"}
    refused = anybody.get("/api/tenants/plans/?product=cars")
    assert refused.status_code == 400
    assert "product" in refused.json()["fields"]


def test_the_number_of_queries_does_not_grow_with_plans(anybody, django_assert_num_queries) -> None:
    with django_assert_num_queries(4):  # one of them chooses role and schema
        anybody.get("/api/tenants/plans/")


def test_one_plan_and_its_features(anybody) -> None:
    plan = Plan.objects.get(product="events", name="gold")
    assert anybody.get(f"/api/tenants/plans/{plan.pk}/").json()["quotas"]["events_per_month"] is None
    features = anybody.get(f"/api/tenants/plans/{plan.pk}/features/").json()
    assert features["id"] == plan.pk
    assert "analytics" in features["features"]


@pytest.mark.parametrize("plan", ["999999", "9" * 40, "0"])
@pytest.mark.parametrize("below", ["", "features/"])
def test_a_plan_that_is_not_there(anybody, plan, below) -> None:
    answer = anybody.get(f"/api/tenants/plans/{plan}/{below}")
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
    assert answer.json()["detail"]


def test_a_plan_that_is_no_longer_sold(anybody) -> None:
    plan = Plan.objects.get(product="store", name="gold")
    Plan.objects.filter(pk=plan.pk).update(is_active=False)
    assert anybody.get(f"/api/tenants/plans/{plan.pk}/").status_code == 404


def test_ways_to_pay(anybody) -> None:
    methods = anybody.get("/api/tenants/payment-methods/").json()
    assert {method["name"]: method["is_automatic"] for method in methods} == {
        "paypal": True,
        "mtn_momo": True,
        "bank_transfer": False,
    }
    assert all(set(method) == {"id", "name", "display_name", "is_automatic", "is_active"} for method in methods)
    PaymentMethod.objects.filter(name="paypal").update(is_active=False)
    assert "paypal" not in [method["name"] for method in anybody.get("/api/tenants/payment-methods/").json()]


def test_a_stale_token_is_in_nobodys_way_where_none_is_needed(anybody) -> None:
    anybody.credentials(HTTP_AUTHORIZATION="Bearer stale")
    assert anybody.get("/api/tenants/plans/").status_code == 200


def test_errors_speak_the_callers_language(anybody) -> None:
    german = anybody.get("/api/tenants/plans/?product=x", headers={"Accept-Language": "de"})
    english = anybody.get("/api/tenants/plans/?product=x", headers={"Accept-Language": "en"})
    assert (german["Content-Language"], english["Content-Language"]) == ("fr", "en")
    assert german.json()["detail"] != english.json()["detail"]
