"""Buying, in a browser without scripts."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.contrib.sessions.models import Session

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Method, Payment
from tenant_apps.store.models import Address, Cart, DeliveryZone, Location, Order, Product, Shop, StockLevel
from tenant_apps.store.tests.selling import stocked, zone
from tenant_apps.store.tests.support import make_order
from tests.support.tenants import Browser


@pytest.fixture
def shop(tenant: Tenant) -> Tenant:
    Shop.objects.update(country="CM")
    Method.objects.update_or_create(name="cash", defaults={"is_active": True})
    return tenant


def hidden(page: Any, name: str) -> str:
    """The value of a hidden field, as a browser would send it back."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.content.decode())
    assert found, name
    return found[1]


def chosen(tenant: Tenant, *, pieces: int = 10, quantity: int = 2, price_minor: int = 9_000) -> Browser:
    """A visitor with something in the cart."""
    browser, variant = Browser(tenant), stocked(pieces=pieces, price_minor=price_minor)
    browser.post("/cart/add/", {"variant": variant.public_id, "quantity": quantity})
    return browser


def filled(browser: Browser, **changes: Any) -> dict[str, Any]:
    """The checkout as somebody fills it in, with the total of the zone they chose."""
    place = zone()
    said = {
        "name": "Awa Ndiaye", "phone": "6 71 23 45 67", "email": "", "zone": place.pk, "city": "Douala", "line1": "Rue 12",
        "note": "", "method": "cash", "key": uuid.uuid4(), **changes,
    }  # fmt: skip
    page = browser.post("/checkout/", {**said, "update": "1"})
    return {**said, "total": hidden(page, "total")}


def transfers() -> None:
    settings = {"bank_name": "Afriland", "account_name": "Boutique", "account_number": "10005 00001 0123"}
    Method.objects.create(name="bank_transfer", is_active=True, settings=settings)


def test_a_guest_buys_by_phone_number_and_pays_on_delivery(shop: Tenant) -> None:
    browser = chosen(shop)
    assert "18 000" in browser.get("/cart/").content.decode().replace("\u202f", " ").replace("\xa0", " ")
    answer = browser.post("/checkout/", filled(browser))
    order = Order.objects.get()
    assert answer.url == f"/orders/{order.pk}/"
    assert (order.phone, order.name, order.total_minor, order.status) == (
        "+237671234567",
        "Awa Ndiaye",
        19_500,
        "confirmed",
    )
    page = browser.get(answer.url)
    assert page["X-Robots-Tag"] == "noindex"
    assert order.number in page.content.decode()
    assert not Cart.objects.get().lines.exists()


def test_the_cart_says_what_was_put_in_without_a_session_for_every_visitor(shop: Tenant) -> None:
    browser, variant = Browser(shop), stocked("Pagne & Cie")
    answer = browser.post("/cart/add/", {"variant": variant.public_id, "quantity": 1})
    assert answer.url == f"/cart/?added={variant.public_id}"
    assert "Pagne &amp; Cie » est dans votre panier." in browser.get(answer.url).content.decode().replace("\xa0", " ")
    assert "est dans votre panier" not in browser.get("/cart/?added=nonsense").content.decode()
    assert not Session.objects.exists()


def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(shop: Tenant) -> None:
    browser = chosen(shop)
    sent = filled(browser, phone="12", line1="", name="Awa & Cie")
    page = browser.post("/checkout/", sent)
    assert page.status_code == 422
    assert set(page.context["form"].errors) == {"phone", "line1"}
    assert "Awa &amp; Cie" in page.content.decode()
    assert not Order.objects.exists()


def test_a_total_that_changed_is_shown_before_anything_is_ordered(shop: Tenant) -> None:
    browser = chosen(shop)
    sent = filled(browser)
    Product.objects.get().variants.update(price_minor=9_500)
    page = browser.post("/checkout/", sent)
    assert (page.status_code, Order.objects.count()) == (422, 0)
    again = {**sent, "total": hidden(page, "total")}
    assert again["total"] == "20500"
    assert browser.post("/checkout/", again).status_code == 302


def test_goods_that_were_sold_meanwhile_lead_back_to_the_cart(shop: Tenant) -> None:
    browser = chosen(shop, pieces=2)
    sent = filled(browser)
    StockLevel.objects.update(quantity=1)
    answer = browser.post("/checkout/", sent)
    assert (answer.status_code, answer.url, Order.objects.count()) == (302, "/cart/", 0)
    assert "1" in browser.get("/cart/").content.decode()


def test_places_that_are_paid_ahead_take_no_cash(shop: Tenant) -> None:
    browser = chosen(shop)
    far = zone("Garoua", takes_cash=False)
    page = browser.post("/checkout/", filled(browser, zone=far.pk))
    assert set(page.context["form"].errors) == {"method"}


def test_collecting_needs_no_address(shop: Tenant) -> None:
    browser = chosen(shop)
    pickup = zone("Boutique", fee_minor=0, pickup=Location.objects.get())
    browser.post("/checkout/", filled(browser, zone=pickup.pk, city="", line1=""))
    assert Order.objects.get().is_pickup


def test_a_transfer_leads_to_its_payment_and_the_order_waits(shop: Tenant) -> None:
    transfers()
    browser = chosen(shop)
    answer = browser.post("/checkout/", filled(browser, method="bank_transfer"))
    order, payment = Order.objects.get(), Payment.objects.get()
    assert (order.status, payment.subject, payment.amount_minor) == ("pending", order.pk, 19_500)
    assert answer.url == f"/pay/{payment.pk}/"
    assert Cart.objects.get().lines.exists()


def test_a_form_that_is_sent_again_corrected_orders_what_it_says_now_even_the_last_piece(shop: Tenant) -> None:
    transfers()
    browser = chosen(shop, pieces=2)
    sent = filled(browser, method="bank_transfer")
    first = browser.post("/checkout/", sent).url
    assert browser.post("/checkout/", sent).url == first  # twice the same
    second = browser.post("/checkout/", {**sent, "line1": "Rue 13"}).url
    assert browser.post("/checkout/", {**sent, "line1": "Rue 13"}).url == second != first
    assert set(Order.objects.values_list("status", "line1")) == {("cancelled", "Rue 12"), ("pending", "Rue 13")}
    assert StockLevel.objects.get().reserved == 2


def test_a_form_that_is_sent_again_when_its_order_is_confirmed_leads_to_it(shop: Tenant) -> None:
    browser = chosen(shop)
    sent = filled(browser)
    answer = browser.post("/checkout/", sent)
    assert not Cart.objects.get().lines.exists()
    for again in (sent, {**sent, "line1": "Rue 13"}):
        assert browser.post("/checkout/", again).url == answer.url
    assert Order.objects.get().line1 == "Rue 12"
    for key in ("", "nonsense", str(uuid.uuid4())):
        assert browser.post("/checkout/", {**sent, "key": key}).url == "/cart/"


def test_an_order_that_is_refused_leaves_the_one_there_was(shop: Tenant) -> None:
    transfers()
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser, method="bank_transfer"))
    sent = filled(browser, method="bank_transfer")
    Product.objects.get().variants.update(price_minor=9_500)
    page = browser.post("/checkout/", sent)
    order = Order.objects.get()
    assert (page.status_code, order.status, order.events.count()) == (422, "pending", 1)
    assert StockLevel.objects.get().reserved == 2


def test_an_empty_cart_has_no_checkout(shop: Tenant) -> None:
    assert Browser(shop).get("/checkout/").url == "/cart/"


def test_the_cart_of_one_browser_is_not_anothers(shop: Tenant) -> None:
    chosen(shop)
    other = Browser(shop)
    other.cookies["cart"] = Cart.objects.get().pk.hex
    assert not other.get("/cart/").context["basket"].lines


def test_what_was_chosen_before_logging_in_is_in_the_accounts_cart(shop: Tenant) -> None:
    browser = chosen(shop)
    user = User.objects.create_user(email="client@example.com", password=None)
    browser.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert browser.get("/cart/").context["basket"].lines[0].quantity == 2
    assert Cart.objects.get().user == user
    assert browser.cookies["cart"].value == ""


@pytest.mark.parametrize(
    "junk", [{}, {"variant": "x"}, {"variant": str(uuid.uuid4())}, {"variant": "", "quantity": "-5"}]
)
def test_junk_in_the_cart_is_answered_calmly(shop: Tenant, junk: dict[str, str]) -> None:
    browser = chosen(shop)
    assert browser.post("/cart/add/", junk).status_code == 302
    assert browser.post(f"/cart/{uuid.uuid4()}/", {"quantity": "1"}).status_code == 404
    variant = Cart.objects.get().lines.get().variant
    assert browser.post(f"/cart/{variant.public_id}/", {"quantity": "abc"}).status_code == 302


def test_an_order_is_only_seen_by_its_link(shop: Tenant) -> None:
    assert Browser(shop).get(f"/orders/{uuid.uuid4()}/").status_code == 404
    assert "/accounts/" in Browser(shop).get("/orders/").url


def test_a_customer_gives_up_an_unpaid_order(shop: Tenant) -> None:
    Method.objects.create(
        name="bank_transfer", is_active=True, settings={"bank_name": "A", "account_name": "B", "account_number": "1"}
    )
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser, method="bank_transfer"))
    order = Order.objects.get()
    browser.post(f"/orders/{order.pk}/cancel/")
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert StockLevel.objects.get().reserved == 0


def test_staff_prepare_send_and_deliver(shop: Tenant) -> None:
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser))
    order = Order.objects.get()
    staff = Browser(shop)
    staff.force_login(User.objects.get(is_staff=True), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert order.number in staff.get("/staff/orders/").content.decode()
    page = staff.get(f"/staff/orders/{order.number}/")
    assert page.context["may"] == {"prepare", "ship", "cancel", "cancel_pieces", "cash"}
    staff.post(f"/staff/orders/{order.number}/prepare/")
    line = order.lines.get()
    staff.cookies["django_language"] = "en"
    form = staff.get(f"/staff/orders/{order.number}/ship/").content.decode()
    assert "At most 2. Left empty: none." in form
    assert form.count("(optional)") == 2  # who carries it, and the tracking number
    staff.post(f"/staff/orders/{order.number}/ship/", {"key": uuid.uuid4(), f"line-{line.pk}": "2", "carrier": "Yango"})
    staff.post(
        f"/staff/orders/{order.number}/cash/", {"key": page.context["cash_key"], "due": page.context["story"].due_minor}
    )
    assert "noted as received in cash" in staff.get(f"/staff/orders/{order.number}/").content.decode()
    assert order.events.get(kind="paid").actor == User.objects.get(is_staff=True)
    staff.post(f"/staff/orders/{order.number}/deliver/")
    order.refresh_from_db()
    assert (order.status, order.paid_minor) == ("delivered", 19_500)
    back = staff.get(f"/staff/orders/{order.number}/return/").content.decode()
    assert "(optional)" not in back
    assert f'name="line-{line.pk}" value="0"' in back


def test_the_second_line_of_an_address_comes_with_the_customer_and_goes_with_the_order(
    shop: Tenant, her: Browser, awa: User, owner: Browser
) -> None:
    Address.objects.create(
        user=awa, name="Awa Ndiaye", phone="+237671234567", line1="Rue 12", line2="Portail bleu", city="Douala",
        zone=zone(), is_default=True,
    )  # fmt: skip
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    assert 'value="Portail bleu"' in her.get("/checkout/").content.decode()
    her.post("/checkout/", filled(her, line2="Portail bleu"))
    order = Order.objects.get()
    assert order.line2 == "Portail bleu"
    assert "Portail bleu" in her.get(f"/orders/{order.pk}/").content.decode()
    assert "Portail bleu" in owner.get(f"/staff/orders/{order.number}/").content.decode()


def test_staff_read_what_was_written_at_the_till(shop: Tenant, owner: Browser) -> None:
    order = make_order((stocked(), 1), staff_note="Tél. du voisin : 99")
    assert "Tél. du voisin : 99" in owner.get(f"/staff/orders/{order.number}/").content.decode()
    assert "voisin" not in Browser(shop).get(f"/orders/{order.pk}/").content.decode()


def test_what_the_shop_says_of_delivery_and_how_to_reach_it_is_there_before_the_order(shop: Tenant) -> None:
    Shop.objects.update(delivery_text="À moto.", phone="+237670123456", email="bonjour@example.org", address="Akwa")
    browser = chosen(shop)
    product = Product.objects.get()
    for path in (f"/products/{product.slug}/", "/checkout/"):
        html = browser.get(path).content.decode()
        assert "À moto." in html
        for said in ("https://wa.me/237670123456", "mailto:bonjour@example.org", "Akwa"):
            assert said in html[html.index('class="site-contact"') :], (path, said)


def test_a_zone_where_goods_are_collected_is_known_to_the_stylesheet(shop: Tenant) -> None:
    zone()
    html = chosen(shop).get("/checkout/").content.decode()
    assert html.count('data-mark="pickup"') == 1


CASH_INSTEAD = '<a href="/checkout/">'


def test_an_unpaid_order_leads_back_to_the_checkout_to_be_paid_on_delivery(shop: Tenant) -> None:
    transfers()
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser, method="bank_transfer"))
    first = Order.objects.get()
    page = f"/orders/{first.pk}/"
    assert CASH_INSTEAD in browser.get(page).content.decode()
    assert CASH_INSTEAD not in Browser(shop).get(page).content.decode()  # not their cart
    browser.post("/checkout/", filled(browser, method="cash"))
    assert CASH_INSTEAD not in browser.get(page).content.decode()
    assert sorted(Order.objects.values_list("status", flat=True)) == ["cancelled", "confirmed"]


@pytest.mark.parametrize("why", ["cash is off", "not in this zone", "proof with staff"])
def test_cash_is_not_offered_instead_where_it_could_not_be_chosen(shop: Tenant, why: str) -> None:
    transfers()
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser, method="bank_transfer"))
    if why == "cash is off":
        Method.objects.filter(pk="cash").update(is_active=False)
    elif why == "not in this zone":
        DeliveryZone.objects.update(takes_cash=False)
    else:
        Payment.objects.update(status="under_review")
    assert CASH_INSTEAD not in browser.get(f"/orders/{Order.objects.get().pk}/").content.decode()
