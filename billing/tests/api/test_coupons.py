"""Trying a coupon."""

from __future__ import annotations

from decimal import Decimal

import pytest

from billing.models import Coupon
from billing.services.taxes import set_tax_rate, today_here
from tests.support.factories import make_order, pay_by_transfer, price_of

pytestmark = pytest.mark.django_db
VALIDATE = "/api/tenants/coupons/validate/"


def body(code: object, **changes: object) -> dict[str, object]:
    return {"code": code, "plan_id": price_of(product="esxi").version.plan_id, **changes}


def test_a_coupon_that_can_be_used(client) -> None:
    Coupon.objects.create(code="PROMO2024", percent=20)
    assert client.post(VALIDATE, body("promo2024"), format="json").json() == {
        "valid": True,
        "currency": "XAF",
        "subtotal_minor": 50000,
        "subtotal": "50000",
        "discount_minor": 10000,
        "discount_amount": "10000",
        "net_minor": 33543,
        "net_amount": "33543",
        "tax_minor": 6457,
        "tax_amount": "6457",
        "tax_included": True,
        "total_minor": 40000,
        "total_amount": "40000",
    }
    assert Coupon.objects.get().used == 0


def test_the_customers_country_and_tax_number_decide_the_tax(client) -> None:
    Coupon.objects.create(code="PROMO2024", percent=20)
    set_tax_rate(
        country="FR", name="TVA", percent=Decimal(20), valid_from=today_here(), is_included=False, reverse_charge=True
    )
    consumer = client.post(VALIDATE, body("promo2024", country="FR"), format="json").json()
    business = client.post(VALIDATE, body("promo2024", country="FR", tax_number="FR12"), format="json").json()
    assert (consumer["net_minor"], consumer["tax_minor"], consumer["total_minor"]) == (40_000, 8_000, 48_000)
    assert (business["net_minor"], business["tax_minor"], business["total_minor"]) == (40_000, 0, 40_000)
    assert client.post(VALIDATE, body("promo2024", country="ZZ"), format="json").status_code == 400


def test_a_code_for_a_first_purchase_is_refused_to_a_customer(client, buyer) -> None:
    Coupon.objects.create(code="WELCOME", percent=20, first_purchase_only=True)
    pay_by_transfer(make_order(user=buyer))
    answer = client.post(VALIDATE, body("welcome"), format="json").json()
    assert (answer["valid"], answer["code"]) == (False, "coupon_first_purchase")


def test_coupons_that_cannot_be_used_say_why(client) -> None:
    Coupon.objects.create(code="EUROS", amount_minor=500, currency="EUR")
    Coupon.objects.create(code="GONE", percent=10, max_uses=1, used=1)
    for code, why in (("NOSUCH", "coupon_unknown"), ("EUROS", "coupon_currency"), ("GONE", "coupon_used_up")):
        answer = client.post(VALIDATE, body(code), format="json")
        assert answer.status_code == 200
        assert (answer.json()["valid"], answer.json()["code"]) == (False, why)
        assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("field", "value"), [("code", ""), ("code", None), ("code", "a\x00"), ("plan_id", 999_999), ("currency", "USD")]
)
def test_bad_values_name_their_field(client, field, value) -> None:
    answer = client.post(VALIDATE, body("PROMO", **{field: value}) if field != "code" else body(value), format="json")
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]


def test_guessing_is_slowed_down_and_needs_an_account(client, anybody) -> None:
    assert anybody.post(VALIDATE, body("X"), format="json").status_code == 401
    answers = [client.post(VALIDATE, body("NOSUCH"), format="json").status_code for _ in range(31)]
    assert answers == [200] * 30 + [429]
