"""What a buyer is shown before ordering is what is charged: tax, price, coupon and trial, with and without JavaScript.

Failure cases (docs/failure-cases.md): Case 22.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.core.signing import Signer
from django.test import Client

from billing.models import Coupon, Order, Plan, PlanVersion, TaxRate
from billing.offers import OFFERS
from billing.services.catalogue import publish_offer
from billing.services.taxes import set_tax_rate, today_here
from shared_apps.site.tests.helpers import logged_in, order_data, send_order, text_of, visitor
from tests.support.factories import make_order, pay_by_transfer

pytestmark = pytest.mark.django_db
URL = "/signup/organisation/"
PREMIUM = next(offer for offer in OFFERS if (offer.product, offer.name) == ("store", "premium"))
FRANCS = "{}\u202f{}\xa0FCFA"


def price_premium(minor: int, **changes: Any) -> None:
    prices = {**PREMIUM.prices, ("monthly", "XAF"): minor}
    publish_offer(offer=replace(PREMIUM, prices=prices, **changes))


def add_tax(country: str, percent: str = "18", **options: Any) -> TaxRate:
    return set_tax_rate(
        country=country, name="TVA", percent=Decimal(percent), valid_from=today_here(), is_included=False, **options
    )


def seen_by(client: Client, data: dict[str, Any]) -> str:
    quote: str = client.post("/signup/offer/", data).context["quote"]
    return quote


def summary_of(page: str) -> str:
    summary = page[page.index('id="summary"') :]
    return summary[: summary.index("</dl>")]


def lines_of(page: str) -> list[str]:
    """The amounts of the summary, from price to total."""
    return re.findall(r'<span class="money">([^<]+)</span>', summary_of(page))


class TestTaxBeforeOrdering:
    def test_a_tax_within_the_price_is_shown_as_a_part_of_it(self) -> None:
        page = text_of(logged_in().post("/signup/offer/", order_data()))
        assert lines_of(page) == [
            FRANCS.format(*a) for a in (("25", "000"), ("20", "964"), ("4", "036"), ("25", "000"))
        ]
        assert re.search(r"TVA \(19,25\s%\)", page)

    def test_a_tax_on_top_makes_another_total_when_the_country_is_chosen(self) -> None:
        add_tax("SN")
        client = logged_in()
        page = text_of(client.post("/signup/offer/", order_data(country="SN")))
        assert lines_of(page) == [
            FRANCS.format(*a) for a in (("25", "000"), ("25", "000"), ("4", "500"), ("29", "500"))
        ]
        send_order(client, country="SN")
        order = Order.objects.get(user=client.user)
        assert (order.net.minor, order.tax_minor, order.total_minor) == (25_000, 4_500, 29_500)
        shown = text_of(client.get(f"/orders/{order.pk}/"))
        for amount in (("25", "000"), ("4", "500"), ("29", "500")):
            assert FRANCS.format(*amount) in shown

    def test_a_tax_number_takes_the_tax_away_where_the_charge_is_reversed(self) -> None:
        add_tax("FR", "20", reverse_charge=True, note="Autoliquidation, article 283-2 du CGI")
        client = logged_in()
        consumer = client.post("/signup/offer/", order_data(country="FR", tax_number=""))
        business = client.post("/signup/offer/", order_data(country="FR", tax_number="FR 12 345"))
        assert consumer.context["amounts"].total.minor == 30_000
        assert business.context["amounts"].total.minor == 25_000
        assert "Autoliquidation" in text_of(business)
        assert "Autoliquidation" not in text_of(consumer)

    def test_where_no_tax_is_due_none_is_spoken_of(self) -> None:
        page = text_of(logged_in().post("/signup/offer/", order_data(country="JP")))
        assert lines_of(page) == [FRANCS.format("25", "000")] * 2

    @pytest.mark.parametrize(
        ("rates", "words"),
        [
            ([], "Prices include tax."),
            ([("CM", "19.25")], "Tax is added to these prices"),
            ([("SN", "18")], "In some countries tax is added"),
        ],
    )
    def test_the_pricing_page_says_how_it_is(self, rates: list[tuple[str, str]], words: str) -> None:
        for country, percent in rates:
            add_tax(country, percent)
        page = text_of(visitor().get("/pricing/", headers={"Cookie": "django_language=en"}))
        assert words in page

    def test_without_any_rate_the_price_shown_is_the_price(self) -> None:
        TaxRate.objects.all().delete()
        page = text_of(visitor().get("/pricing/", headers={"Cookie": "django_language=en"}))
        assert "The price shown is the price you pay." in page


class TestNothingElseIsCharged:
    def test_a_price_that_rose_since_the_page_was_made_is_shown_first(self) -> None:
        client, data = logged_in(), order_data(coupon_code="")
        seen = seen_by(client, data)
        price_premium(27_500)
        answer = client.post(URL, {**data, "quote": seen})
        page = text_of(answer)
        assert answer.status_code == 200
        assert FRANCS.format("27", "500") in page
        assert FRANCS.format("25", "000") in str(answer.context["form"].non_field_errors())
        for typed in ("Marché Élégant", "marche-elegant", "+237 6 70 12 34 56", "M0123", "Akwa"):
            assert typed in page
        assert not Order.objects.filter(user=client.user).exists()
        client.post(URL, {**data, "quote": answer.context["quote"]})
        assert Order.objects.get(user=client.user).total_minor == 27_500

    def test_a_plan_that_gives_something_else_for_the_same_price_is_shown_first(self) -> None:
        client, data = logged_in(), order_data()
        seen = seen_by(client, data)
        price_premium(25_000, quotas={"products": 1, "users": 1, "storage_gb": 1})
        assert client.post(URL, {**data, "quote": seen}).context["form"].non_field_errors()
        assert not Order.objects.filter(user=client.user).exists()

    @pytest.mark.parametrize(("change", "total"), [({"country": "SN"}, 29_500), ({"plan": "gold"}, 60_000)])
    def test_without_javascript_another_country_or_plan_shows_its_total_first(
        self, change: dict[str, str], total: int
    ) -> None:
        add_tax("SN")
        client = logged_in()
        answer = client.post(URL, order_data(quote=seen_by(client, order_data()), **change))
        assert answer.context["amounts"].total.minor == total
        assert not Order.objects.filter(user=client.user).exists()
        client.post(URL, order_data(quote=answer.context["quote"], **change))
        assert Order.objects.get(user=client.user).total_minor == total

    @pytest.mark.parametrize("quote", ["", "x", "WyIx", "\x00", Signer(salt="other").sign_object([1, 1, "XAF"])])
    def test_a_quote_that_nobody_gave_is_none(self, quote: str) -> None:
        client = logged_in()
        answer = client.post(URL, order_data(quote=quote))
        assert answer.status_code == 200
        assert answer.context["form"].non_field_errors()
        assert not Order.objects.filter(user=client.user).exists()

    def test_a_quote_of_less_buys_nothing_for_less(self) -> None:
        client = logged_in()
        Coupon.objects.create(code="CADEAU", percent=99)
        cheap = seen_by(client, order_data(coupon_code="CADEAU"))
        assert client.post(URL, order_data(quote=cheap, total="250", total_minor="250")).status_code == 200
        assert not Order.objects.filter(user=client.user).exists()

    def test_sent_twice_it_is_one_order_though_the_price_has_changed_between(self) -> None:
        client = logged_in()
        data = order_data(idempotency_key="5a0b8e0e-1111-4222-8333-444455556666")
        data["quote"] = seen_by(client, data)
        first = client.post(URL, data)
        price_premium(27_500)
        assert client.post(URL, data).headers["Location"] == first.headers["Location"]

    def test_a_coupon_used_up_since_the_page_was_made_is_said_beside_its_field(self) -> None:
        Coupon.objects.create(code="DERNIER", percent=20, max_uses=1)
        client, data = logged_in(), order_data(coupon_code="DERNIER")
        seen = seen_by(client, data)
        make_order(coupon_code="DERNIER")
        answer = client.post(URL, {**data, "quote": seen})
        assert "coupon_code" in answer.context["form"].errors
        assert answer.context["amounts"].total.minor == 25_000

    def test_a_first_purchase_code_of_a_customer_is_refused_on_the_page_already(self) -> None:
        Coupon.objects.create(code="WELCOME", percent=20, first_purchase_only=True)
        client = logged_in()
        pay_by_transfer(make_order(user=client.user))
        answer = client.post("/signup/offer/", order_data(coupon_code="welcome"))
        assert answer.context["coupon_error"]
        assert answer.context["amounts"].total.minor == 25_000


class TestTrial:
    def test_days_to_try_are_shown_for_what_they_cost(self) -> None:
        PlanVersion.objects.filter(plan__product="store", is_current=True).update(trial_days=14)
        Coupon.objects.create(code="BONUS", percent=20)
        client = logged_in()
        page = client.post("/signup/offer/", order_data(coupon_code="bonus"))
        assert (page.context["trial_days"], page.context["amounts"].total.minor) == (14, 0)
        assert page.context["coupon_ok"]
        send_order(client, coupon_code="bonus")
        order = Order.objects.get(user=client.user)
        assert (order.status, order.trial_days, order.total_minor) == ("paid", 14, 0)


class TestCurrencies:
    def test_the_switch_offers_what_has_prices(self) -> None:
        assert "currency=JPY" not in text_of(visitor().get("/pricing/"))
        prices = {**PREMIUM.prices, ("monthly", "JPY"): 6_000, ("monthly", "USD"): 4_199}
        publish_offer(offer=replace(PREMIUM, prices=prices))
        page = text_of(visitor().get("/pricing/?currency=JPY", headers={"Cookie": "django_language=en"}))
        assert "currency=USD" in page
        assert "¥6,000" in page
        assert "currency=GNF" not in page
        dollars = text_of(visitor().get("/pricing/?currency=USD", headers={"Cookie": "django_language=en"}))
        assert "$41.99" in dollars

    def test_one_that_nothing_is_sold_in_shows_another(self) -> None:
        page = text_of(visitor().get("/pricing/?currency=JPY"))
        assert FRANCS.format("25", "000") in page

    def test_an_order_in_yen_is_made_and_shown_in_yen(self) -> None:
        publish_offer(offer=replace(PREMIUM, prices={**PREMIUM.prices, ("monthly", "JPY"): 6_000}))
        client = logged_in()
        send_order(client, currency="JPY", country="JP")
        order = Order.objects.get(user=client.user)
        assert (order.total_minor, order.currency) == (6_000, "JPY")

    def test_a_currency_that_the_product_is_not_sold_in_is_said_beside_it(self) -> None:
        answer = send_order(logged_in(), currency="JPY")
        assert "currency" in answer.context["form"].errors

    def test_a_retired_plan_is_gone_at_once(self) -> None:
        assert "Bronze" in text_of(visitor().get("/pricing/"))
        Plan.objects.filter(name="bronze").update(is_active=False)
        assert "Bronze" not in text_of(visitor().get("/pricing/"))
