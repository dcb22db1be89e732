"""The pricing page: what it shows, what it costs to make, and what it lets through."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test.utils import override_settings

from billing.models import Plan
from billing.services.catalogue import Offer, publish_offer
from shared_apps.site.choices import read_choice
from shared_apps.site.tests.helpers import text_of, visitor

pytestmark = pytest.mark.django_db
MAX_FIRST_LOAD = 100_000
# Plans, versions and prices; whether tax is in them; and the statement that sets role and search path.
QUERIES = 3 + 1 + 1


def publish(number: int) -> None:
    for index in range(number):
        publish_offer(
            offer=Offer(
                product="store",
                name=f"extra-{index}",
                display_name=f"Extra {index}",
                position=10 + index,
                prices={(cycle, "XAF"): 1_000 * (index + 1) for cycle in ("monthly", "quarterly", "yearly")},
                quotas={"products": index + 1, "users": None},
                features=("storefront",),
                retention={},
            )
        )


def test_every_plan_of_the_three_products_is_shown_with_its_price() -> None:
    page = text_of(visitor().get("/pricing/?cycle=yearly&currency=XAF", headers={"Accept-Language": "en"}))
    for product in ("store", "events", "esxi"):
        assert f'id="{product}"' in page
    for plan in ("Bronze", "Silver", "Gold", "Standard", "Premium"):
        assert plan in page
    assert "250\u202f000\xa0FCFA" in page  # Bronze, and Store Premium, by the year


@pytest.mark.parametrize("path", ["/", "/pricing/"])
def test_a_constant_number_of_queries_with_few_plans_and_with_sixty(path: str, django_assert_num_queries) -> None:
    client = visitor()
    Plan.objects.exclude(product="esxi").update(is_active=False)
    with django_assert_num_queries(QUERIES):
        client.get(path)
    Plan.objects.update(is_active=True)
    publish(60)
    with django_assert_num_queries(QUERIES):
        assert "Extra 59" in text_of(client.get(path))


def test_a_price_per_month_that_is_rounded_says_so() -> None:
    def notes(query: str) -> list[str]:
        page = text_of(visitor().get(f"/pricing/?{query}", headers={"Cookie": "django_language=en"}))
        return re.findall(r"<span>(about )?<span class=\"money\">([^<]+)</span> a month</span>", page)

    assert ("about ", "8,333\xa0FCFA") in notes("cycle=yearly")
    assert ("", "50,000\xa0FCFA") in notes("cycle=yearly")
    assert notes("cycle=monthly") == []


def test_currencies_are_named_as_people_call_them() -> None:
    page = text_of(visitor().get("/pricing/"))
    switch = page[page.index("pricing-switches") : page.index('id="store"')]
    assert re.findall(r"<span>(\w+)</span>", switch)[-3:] == ["FCFA", "FCFA", "Euro"]
    assert ">XAF<" not in switch


@override_settings(LANGUAGE_CODE="fr")
def test_the_first_load_stays_below_100_kb() -> None:
    """The page itself uncompressed, and its files as browsers receive them."""
    import gzip

    page = visitor().get("/").content
    files = ["css/app.css", "js/app.js", "js/site-pricing.js", "img/favicon.svg"]
    packed = sum(len(gzip.compress((Path(settings.BASE_DIR) / "static" / name).read_bytes())) for name in files)
    assert len(page) + packed < MAX_FIRST_LOAD, (len(page), packed)


def test_a_choice_leads_to_sign_up_and_is_carried_in_its_form() -> None:
    page = text_of(visitor().get("/pricing/?cycle=quarterly&currency=XOF"))
    assert "/signup/?product=events&amp;plan=premium&amp;cycle=quarterly&amp;currency=XOF" in page
    form = text_of(visitor().get("/signup/?product=events&plan=premium&cycle=quarterly&currency=XOF"))
    for name, value in (("product", "events"), ("plan", "premium"), ("cycle", "quarterly"), ("currency", "XOF")):
        assert f'<input type="hidden" name="{name}" value="{value}">' in form


@pytest.mark.parametrize(
    "query",
    ["cycle=weekly&currency=GBP", "cycle=&currency=", "product=x&plan=../etc", "currency=xof", "plan=" + "x" * 5000],
)
def test_garbage_in_the_address_becomes_the_default(query: str) -> None:
    assert visitor().get(f"/pricing/?{query}").status_code == 200
    assert visitor().get(f"/signup/?{query}").status_code == 200


def test_a_choice_is_read_strictly() -> None:
    choice = read_choice({"product": "store", "plan": "<script>", "cycle": "yearly", "currency": "eur"})
    assert (choice.product, choice.plan, choice.cycle, choice.currency) == ("store", "", "yearly", "EUR")
    assert read_choice({"product": "bank", "plan": "gold"}).plan == ""


def test_a_plan_without_a_price_in_the_currency_says_so() -> None:
    publish(1)
    page = text_of(visitor().get("/pricing/?currency=EUR"))
    assert "Extra 0" in page
    assert "plan=extra-0" not in page


@pytest.mark.parametrize("path", ["/terms/", "/privacy/", "/robots.txt"])
def test_small_pages(path: str, django_assert_num_queries) -> None:
    with django_assert_num_queries(0):
        assert visitor().get(path).status_code == 200


@pytest.mark.parametrize("path", ["/pricing/", "/signup/", "/signup/subdomain/", "/orders/"])
def test_a_null_character_in_the_address_is_never_a_500(path: str) -> None:
    for query in ("?product=%00", "?name=%00", "?page=%00"):
        assert visitor().get(path + query).status_code in (200, 302, 400)
