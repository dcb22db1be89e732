"""An order's page, as whom it belongs to sees it: the way it goes, its products, and what may be said of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import translation

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Order, Product, Variant
from tenant_apps.store.presenting.order_pages import story_of
from tenant_apps.store.services.reviews import ReviewDetails, has_bought, write_review
from tenant_apps.store.tests.selling import stocked
from tenant_apps.store.tests.sold import make_order
from tenant_apps.store.tests.test_cancelled_pieces import sent, two_goods
from tests.support.queries import queries_of
from tests.support.tenants import Browser


def delivered(*variants: Variant, **fields: Any) -> Order:
    return make_order(*({"variant": variant} for variant in variants), **{"status": Order.Status.DELIVERED, **fields})


def page_of(browser: Browser, order: Order) -> str:
    return browser.get(f"/orders/{order.pk}/").content.decode()


def review_link(product: Product) -> str:
    return f'href="/products/{product.slug}/review/"'


def test_products_are_linked_where_they_are_still_in_the_storefront(tenant: Tenant) -> None:
    there, hidden, gone = stocked("Robe"), stocked("Pagne"), stocked("Sac", pieces=0)
    order = delivered(there, hidden, gone, name="Awa")
    Product.objects.filter(pk=hidden.product_id).update(status=Product.Status.DRAFT)
    gone.delete()
    html = page_of(Browser(tenant), order)
    assert f'<a href="/products/{there.product.slug}/">Robe</a>' in html
    assert f"/products/{hidden.product.slug}/" not in html
    assert f"/products/{gone.product.slug}/" not in html
    assert "Pagne" in html
    assert "Sac" in html


def test_staff_are_not_led_to_the_storefront_nor_to_reviews(tenant: Tenant, owner: Browser) -> None:
    variant = stocked("Robe")
    order = delivered(variant, user=User.objects.get(is_staff=True))
    html = owner.get(f"/staff/orders/{order.number}/").content.decode()
    assert f"/products/{variant.product.slug}/" not in html


def test_who_got_a_product_is_led_to_its_review_once_and_then_to_changing_it(her: Browser, awa: User) -> None:
    robe, sac = stocked("Robe"), stocked("Sac")
    order = delivered(robe, robe, sac, user=awa)
    html = page_of(her, order)
    assert has_bought(awa, robe.product)
    assert html.count(review_link(robe.product)) == html.count(review_link(sac.product)) == 1
    assert (html.count("Donner mon avis"), html.count("Modifier mon avis")) == (2, 0)
    assert her.get(f"/products/{robe.product.slug}/review/").status_code == 200
    write_review(product=robe.product, by=awa, details=ReviewDetails(rating=4))
    html = page_of(her, order)
    assert (html.count("Donner mon avis"), html.count("Modifier mon avis")) == (1, 1)


@pytest.mark.parametrize("status", ["pending", "confirmed", "preparing", "shipped", "cancelled"])
def test_nothing_is_asked_of_goods_that_have_not_come(her: Browser, awa: User, status: str) -> None:
    order = delivered(stocked("Robe"), user=awa, status=status)
    assert "/review/" not in page_of(her, order)


def test_nothing_is_asked_of_goods_that_were_never_sent_or_are_gone(her: Browser, awa: User) -> None:
    kept_back, hidden, gone = stocked("Robe"), stocked("Pagne"), stocked("Sac", pieces=0)
    order = delivered(kept_back, hidden, gone, user=awa)
    order.lines.filter(variant=kept_back).update(shipped=0)
    Product.objects.filter(pk=hidden.product_id).update(status=Product.Status.DRAFT)
    gone.delete()
    assert "/review/" not in page_of(her, order)


def test_nobody_else_is_asked_not_even_with_the_link(tenant: Tenant, her: Browser) -> None:
    robe = stocked("Robe")
    other = User.objects.create_user("binta@example.org", None)
    for order in (delivered(robe, user=other), delivered(robe)):
        for browser in (her, Browser(tenant)):
            assert "/review/" not in page_of(browser, order)


def test_the_page_costs_the_same_however_many_products_an_order_has(her: Browser, awa: User) -> None:
    short = delivered(stocked("Robe"), user=awa)
    long = delivered(*(stocked(f"Robe {number}") for number in range(5)), user=awa)
    page_of(her, short)
    assert queries_of(her, f"/orders/{short.pk}/") == queries_of(her, f"/orders/{long.pk}/")


@pytest.mark.parametrize(
    ("fields", "first"),
    [
        ({"method": "cash"}, "Commande passée"),
        ({"method": "bank_transfer", "unit_minor": 0}, "Commande passée"),
        ({"method": "bank_transfer"}, "En attente de paiement"),
        ({"method": "cash", "status": "pending"}, "En attente de paiement"),
    ],
)
def test_the_way_of_an_order_starts_with_its_payment_where_it_is_paid_first(
    tenant: Tenant, fields: dict[str, Any], first: str
) -> None:
    line = {"variant": stocked("Robe"), "unit_minor": fields.pop("unit_minor", 9_000)}
    order = make_order(line, **fields)
    assert str(story_of(order, payments=[]).steps[0]["label"]) == first


def test_each_parcel_tells_how_many_pieces_it_has(tenant: Tenant) -> None:
    order = two_goods()
    sent(order, Riz=2)
    sent(order, Riz=1, Sel=2)
    with translation.override("en"):
        parcels = [one for one in story_of(order, payments=[]).events if one["icon"] == "truck"]
    assert [one["text"] for one in parcels] == ["3 pieces", "2 pieces"]
