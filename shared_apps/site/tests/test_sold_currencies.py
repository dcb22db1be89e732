"""The currencies that people choose from are those the platform sells in, not all that amounts may be in."""

from __future__ import annotations

import pytest
from django import forms

from billing.api.coupons import CouponInputSerializer
from billing.api.orders import OrderInputSerializer
from billing.models import Coupon
from billing.services.payments import start_payment
from shared_apps.site import plan_texts
from shared_apps.site.choices import read_choice
from shared_apps.site.forms.coupons import CouponForm
from shared_apps.site.forms.payment import DecisionForm
from shared_apps.site.forms.plans import PlanForm
from shared_apps.site.forms.refunds import ReviewForm
from shared_apps.site.forms.statements import StatementForm
from shared_apps.site.tests.helpers import order_data, text_of, visitor
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def codes_of(form: forms.Form, name: str) -> list[str]:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)
    return [code for code, _label in field.choices if code]


def test_each_that_may_be_sold_in_has_its_words(settings) -> None:
    assert set(settings.SOLD_CURRENCIES) == set(plan_texts.CURRENCIES) == set(plan_texts.CURRENCY_PARTS)


def test_the_api_takes_no_other(settings) -> None:
    for serializer in (OrderInputSerializer(), CouponInputSerializer()):
        field = serializer.fields["currency"]
        assert (set(field.choices), field.default) == (set(settings.SOLD_CURRENCIES), "XAF")


class TestOnlyEurosAndWestAfricanFrancs:
    @pytest.fixture(autouse=True)
    def sold(self, settings) -> None:
        settings.SOLD_CURRENCIES = ("XOF", "EUR")

    def test_pages_offer_these(self) -> None:
        page = text_of(visitor().get("/pricing/"))
        assert "currency=EUR" in page
        assert "currency=XAF" not in page
        assert read_choice(order_data(currency="XAF")).currency == "XOF"

    def test_plans_have_prices_in_these(self) -> None:
        form = PlanForm({}, product="store")
        assert len(form.price_groups()) == 2
        assert "price_monthly_XOF" in form.errors  # at least one price
        assert {name[-3:] for name in form.fields if name.startswith("price_")} == {"XOF", "EUR"}

    def test_statements_and_new_coupons_are_in_these(self) -> None:
        assert codes_of(StatementForm(), "currency") == ["XOF", "EUR"]
        assert codes_of(CouponForm(), "currency") == ["XOF", "EUR"]

    def test_what_was_made_in_another_before_keeps_it(self, settings) -> None:
        """An order, and a coupon, of the days when the Central African franc was sold."""
        payment = start_payment(order_id=make_order().pk, method="bank_transfer")
        coupon = Coupon.objects.create(code="OLD", amount_minor=1_000, currency="XAF")
        assert codes_of(DecisionForm(payment=payment), "received_currency") == ["XOF", "EUR", "XAF"]
        assert codes_of(ReviewForm(payment=payment, cards={}), "received_currency") == ["XOF", "EUR", "XAF"]
        assert codes_of(CouponForm(coupon=coupon), "currency") == ["XOF", "EUR", "XAF"]
