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
from tenant_apps.store.forms.checkout import CheckoutForm
from tenant_apps.store.models import Address, Cart, CartLine, DeliveryZone, Location, Order, Product, Shop, StockLevel
from tenant_apps.store.selectors.checkout import WayToPay
from tenant_apps.store.tests.selling import stocked, zone
from tenant_apps.store.tests.support import make_order
from tests.support.queries import queries_of
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


def saved(user: User, **changes: Any) -> Address:
    """An address that an account keeps."""
    said = {"name": "Mama Ndiaye", "phone": "+237699887766", "line1": "Rue 40", "city": "Edea", "zone": zone()}
    return Address.objects.create(user=user, **{**said, **changes})


def receiver(order: Order) -> tuple[str, ...]:
    return (order.name, order.phone, order.line1, order.line2, order.city)


MAMA = ("Mama Ndiaye", "+237699887766", "Rue 40", "", "Edea")


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
    kept = saved(awa, line2="Portail bleu", is_default=True)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    assert "Portail bleu" in her.get("/checkout/").content.decode()
    her.post("/checkout/", filled(her, saved=kept.pk))
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


@pytest.mark.parametrize(
    "why", ["cash is off", "not in this zone", "zone is closed", "cart is empty", "proof with staff"]
)
def test_cash_is_not_offered_instead_where_it_could_not_be_chosen(shop: Tenant, why: str) -> None:
    transfers()
    browser = chosen(shop)
    browser.post("/checkout/", filled(browser, method="bank_transfer"))
    if why == "cash is off":
        Method.objects.filter(pk="cash").update(is_active=False)
    elif why == "not in this zone":
        DeliveryZone.objects.update(takes_cash=False)
    elif why == "zone is closed":
        DeliveryZone.objects.update(is_active=False)
    elif why == "cart is empty":
        CartLine.objects.all().delete()
    else:
        Payment.objects.update(status="under_review")
    assert CASH_INSTEAD not in browser.get(f"/orders/{Order.objects.get().pk}/").content.decode()


def test_the_addresses_of_an_account_are_offered_the_default_first_and_another_last(
    shop: Tenant, her: Browser, awa: User
) -> None:
    other = saved(awa)
    first = saved(awa, name="Awa Ndiaye", line1="Rue 12", is_default=True)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    page = her.get("/checkout/")
    form, html = page.context["form"], page.content.decode()
    assert [key for key, _label in form.fields["saved"].choices] == [str(first.pk), str(other.pk), "another"]
    assert form["saved"].value() == str(first.pk)
    assert html.count('data-mark="saved"') == 2
    assert "Rue 40 · Edea · Douala centre · +237 6 99 88 77 66" in html
    assert html.count('name="phone"') == html.count('name="name"') == 1
    assert [name for name in form.fields if not form.fields[name].required and not hasattr(form.fields[name], "is_unmarked")] == [
        "total", "email", "line2", "note",
    ]  # fmt: skip


@pytest.mark.parametrize("signed_in", [True, False])
def test_who_keeps_no_address_sees_nothing_of_them(shop: Tenant, her: Browser, awa: User, signed_in: bool) -> None:
    saved(User.objects.create_user("binta@example.org", None), is_default=True)
    browser = her if signed_in else Browser(shop)
    browser.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    html = browser.get("/checkout/").content.decode()
    assert "Rue 40" not in html
    assert 'name="saved"' not in html
    assert html.index('name="name"') < html.index('name="email"')


def test_a_chosen_address_is_the_orders_whatever_is_typed_beside_it(shop: Tenant, her: Browser, awa: User) -> None:
    saved(awa, name="Awa Ndiaye", is_default=True)
    other = saved(awa)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    page = her.post("/checkout/", filled(her, saved=other.pk, name="", phone="12", city="", line1="x" * 200))
    assert page.status_code == 302, page.context["form"].errors
    assert receiver(Order.objects.get()) == MAMA


@pytest.mark.parametrize("choice", ["another", "", None])
def test_what_is_typed_counts_for_another_address(shop: Tenant, her: Browser, awa: User, choice: str | None) -> None:
    saved(awa, is_default=True)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    chosen = {} if choice is None else {"saved": choice}
    page = her.post("/checkout/", filled(her, **chosen, line1="", city=""))
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"line1", "city"})
    her.post("/checkout/", filled(her, **chosen))
    assert receiver(Order.objects.get()) == ("Awa Ndiaye", "+237671234567", "Rue 12", "", "Douala")


@pytest.mark.parametrize("whose", ["another's", "nobody's", "junk"])
def test_nobody_orders_to_the_address_of_another_account(shop: Tenant, her: Browser, awa: User, whose: str) -> None:
    saved(awa, is_default=True)
    theirs = saved(User.objects.create_user("binta@example.org", None), line1="Chez Binta", is_default=True)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    key = {"another's": theirs.pk, "nobody's": 10**30, "junk": "\x00'"}[whose]
    page = her.post("/checkout/", filled(her, saved=key))
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"saved"})
    assert "Chez Binta" not in page.content.decode()
    guest = chosen(shop)
    guest.post("/checkout/", filled(guest, saved=theirs.pk))
    assert Order.objects.get().line1 == "Rue 12"


def test_who_collects_is_asked_for_whichever_address_is_chosen(shop: Tenant, her: Browser, awa: User) -> None:
    kept = saved(awa, is_default=True)
    pickup = zone("Boutique", fee_minor=0, pickup=Location.objects.get())
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    page = her.post("/checkout/", filled(her, zone=pickup.pk, saved=kept.pk, name=""))
    assert set(page.context["form"].errors) == {"name"}
    her.post("/checkout/", filled(her, zone=pickup.pk, saved="gone", line1="", city=""))
    assert receiver(Order.objects.get()) == ("Awa Ndiaye", "+237671234567", "", "", "")


def test_the_total_follows_the_zone_and_keeps_the_address_that_was_chosen(
    shop: Tenant, her: Browser, awa: User
) -> None:
    saved(awa, is_default=True)
    other = saved(awa)
    far = zone("Garoua", fee_minor=4_000)
    her.post("/cart/add/", {"variant": stocked(price_minor=9_000).public_id, "quantity": 1})
    page = her.post("/checkout/", {"saved": other.pk, "zone": far.pk, "city": "Typed", "update": "1"})
    assert (page.status_code, hidden(page, "total")) == (200, "13000")
    assert page.context["form"]["saved"].value() == str(other.pk)
    assert 'value="Typed"' in page.content.decode()
    assert "aria-invalid" not in page.content.decode()


def test_the_checkout_costs_the_same_however_many_addresses_there_are(shop: Tenant, her: Browser, awa: User) -> None:
    saved(awa, is_default=True)
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    her.get("/checkout/")
    one = queries_of(her, "/checkout/")
    for _ in range(5):
        saved(awa)
    assert queries_of(her, "/checkout/") == one


def test_the_wallet_is_the_customers_own_whoever_receives(shop: Tenant, awa: User) -> None:
    kept = saved(awa)
    known = CheckoutForm.values_of([kept], name="Awa", phone="+237671234567", email="")
    way = WayToPay("momo", "MoMo", "", "smartphone", needs_phone=True)
    offered: dict[str, Any] = {"shop": Shop.objects.get(), "zones": [zone()], "ways": [way], "addresses": [kept]}
    data = {**known, "zone": str(zone().pk), "method": "momo", "key": str(uuid.uuid4()), "total": "1"}
    form = CheckoutForm(data, **offered)
    assert form.is_valid(), form.errors
    assert (form.details_in("fr").phone, form.wallet_number) == ("+237699887766", "+237671234567")


def test_a_chosen_address_is_delivered_to_where_it_lies(shop: Tenant, her: Browser, awa: User) -> None:
    far = saved(awa, zone=zone("Yaoundé", fee_minor=4_000))
    her.post("/cart/add/", {"variant": stocked().public_id, "quantity": 1})
    page = her.post("/checkout/", filled(her, saved=far.pk))
    assert (page.status_code, set(page.context["form"].errors)) == (422, {"zone"})
    assert "se trouve dans «\u00a0Yaoundé\u00a0»" in page.content.decode()
    her.post("/checkout/", filled(her, saved=far.pk, zone=far.zone_id))
    assert Order.objects.get().delivery_minor == 4_000
