"""The pages of the stock, as staff use them."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import CountedPieces, Location, Movement, Product, StockCount, StockLevel, Variant
from tenant_apps.store.selectors import stock as selectors
from tenant_apps.store.services import VariantDetails, stock, stocktaking
from tenant_apps.store.tests.support import levels_of, make_place, make_product, make_variants
from tenant_apps.team.tests.support import customer_client, make_member, make_role
from tests.support.queries import queries_of
from tests.support.tenants import Browser, owner_of


def browser_of(tenant: Tenant, user: User | None = None) -> Client:
    """A browser of the owner, or of that account."""
    browser = Browser(tenant)
    browser.force_login(user or owner_of(tenant), backend="allauth.account.auth_backends.AuthenticationBackend")
    connection.set_tenant(tenant)
    return browser


@pytest.fixture
def staff(tenant: Tenant) -> Client:
    return browser_of(tenant)


def shop() -> Location:
    return Location.objects.order_by("position", "pk")[0]


def text_of(client: Client, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status
    return re.sub(r"\s+", " ", response.content.decode())


def page_of(variant: Variant, act: str = "") -> str:
    return f"/staff/stock/{variant.public_id}/{act}"


def received(**changes: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "location": shop().pk, "action": "save", **changes}


def test_the_list_of_products_says_what_can_be_sold_and_what_is_low(tenant: Tenant, staff: Client) -> None:
    staff.cookies["django_language"] = "en"
    pagne, robe, _jupe, bague = make_variants(9, "Pagne", "Robe", "Jupe", "Bague")
    Product.objects.filter(pk=bague.product_id).update(supply="always")
    stock.receive(variant=pagne, location=make_place(), quantity=4)
    stock.adjust(variant=robe, location=shop(), difference=-7, reason="Cassé")
    make_variants(0, "Veste")
    html = text_of(staff, "/staff/products/")
    cells = re.findall(r'<th scope="row".*?href="[^"]*">([^<]*)</a>.*?data-label="Can be sold">(.*?)</td>', html)
    told = {name: re.sub(r"<svg.*?</svg>|<[^>]*>", "", cell) for name, cell in cells}
    assert told == {"Pagne": "13", "Robe": "Low 2", "Jupe": "9", "Bague": "–", "Veste": "Out of stock 0"}


def test_a_product_of_several_variants_is_low_when_all_are(tenant: Tenant, django_assert_num_queries: Any) -> None:
    details = (VariantDetails(500, options=("S",)), VariantDetails(500, options=("M",)))
    product = make_product("Robe", option_names=("Taille",), variants=details)
    small, medium = product.variants.order_by("position")
    assert selectors.stock_of_products([product]) == {product.pk: selectors.ProductStock(0, "out")}
    stock.receive(variant=small, location=shop(), quantity=1)
    with django_assert_num_queries(1):
        assert selectors.stock_of_products([product]) == {product.pk: selectors.ProductStock(1, "low")}
    stock.receive(variant=medium, location=shop(), quantity=20)
    assert selectors.stock_of_products([product]) == {product.pk: selectors.ProductStock(21, "")}
    stock.sell_at(location=shop(), lines=[(small, 5)], reference="T 1", offline=True)
    assert selectors.stock_of_products([product])[product.pk].state == "overdrawn"


def test_who_may_not_see_the_stock_sees_none_among_the_products(tenant: Tenant) -> None:
    make_variants(9, "Pagne")
    person = make_member(make_role("store.view_products")).user
    browser = browser_of(tenant, person)
    browser.cookies["django_language"] = "en"
    html = text_of(browser, "/staff/products/")
    assert "Pagne" in html
    assert "Can be sold" not in html


def test_the_list_says_what_lies_where_and_what_needs_attention(tenant: Tenant, staff: Client) -> None:
    pagne, robe = make_variants(9, "Pagne", "Robe", sku="")
    Variant.objects.filter(pk=pagne.pk).update(cost_minor=1500)
    stock.receive(variant=pagne, location=make_place(), quantity=4)
    stock.sell_at(location=shop(), lines=[(robe, 11)], reference="T 1", offline=True)
    html = text_of(staff, "/staff/stock/")
    assert "Dépôt <b>4</b>" in html
    assert re.search("19.500.FCFA", html)
    assert "Vendu" in html or "Sold without being there" in html
    assert page_of(robe) in html
    low = text_of(staff, "/staff/stock/?show=low")
    assert page_of(robe) in low
    assert page_of(pagne) not in low.split("<table")[1]


@pytest.mark.parametrize("query", ["pagnes WAX", "p-1", "6001", "indigo"])
def test_articles_are_found_by_name_reference_and_barcode(tenant: Tenant, staff: Client, query: str) -> None:
    product = make_product("Pagnes wax", sku="P-1")
    Variant.objects.update(barcode="6001", name="Indigo")
    make_product("Robe", sku="R-1")
    html = text_of(staff, f"/staff/stock/?q={query}")
    assert html.count("<tbody")
    assert page_of(product.variants.get()) in html
    assert "Robe" not in html


JUNK = "show=x&q=%01&page=zz&place=abc&action=boo&since=never&until=9999-99-99&variant=1"


@pytest.mark.parametrize("path", ["/staff/stock/", "/staff/stock/history/", "/staff/stock/history.csv"])
def test_junk_in_addresses_is_answered_calmly(tenant: Tenant, staff: Client, path: str) -> None:
    make_variants(1)
    for query in (JUNK, "q=%25%27%22\\", "place=99999999999999999999", "since=0001-01-01&until=9999-12-31", "page=-1"):
        assert staff.get(f"{path}?{query}").status_code == 200


@pytest.mark.parametrize(
    "path", ["/staff/stock/", "/staff/stock/history/", "/staff/stock/places/", "/staff/stock/receive/?variant={}",
             "/staff/stock/{}/", "/staff/stock/counts/", "/staff/stock/counts/{count}/", "/staff/stock/counts/{count}/book/"],
)  # fmt: skip
def test_pages_cost_the_same_whatever_there_is(tenant: Tenant, staff: Client, path: str) -> None:
    [first] = make_variants(2)
    count = stocktaking.start_count(location=shop(), shows_expected=True)
    stocktaking.save_counted(count=count, counted={first.pk: 1})
    path = path.format(first.public_id, count=count.pk)
    queries_of(staff, path)
    few = queries_of(staff, path)
    variants = make_variants(3, *(f"Pagne {number}" for number in range(8)))
    depot = make_place()
    stock.receive_all(location=depot, pieces={one.pk: 2 for one in variants})
    stock.sell_at(location=depot, lines=[(one, 3) for one in variants], reference="T", offline=True)
    stocktaking.save_counted(count=count, counted={one.pk: 1 for one in variants})
    assert queries_of(staff, path) == few


def test_goods_are_received_by_search_and_barcode_in_one_go(tenant: Tenant, staff: Client) -> None:
    pagne, robe = make_variants(0, "Pagne", "Robe")
    Variant.objects.filter(pk=pagne.pk).update(barcode="6001")
    scanned = staff.post("/staff/stock/receive/", received(action="find", q="6001", reference="BL 7"))
    assert scanned.status_code == 200
    html = scanned.content.decode()
    assert f'name="pieces-{pagne.pk}" value="1"' in html
    assert 'value="BL 7"' in html
    again = staff.post("/staff/stock/receive/", received(action="find", q="6001", **{f"pieces-{pagne.pk}": "4"}))
    assert f'name="pieces-{pagne.pk}" value="5"' in again.content.decode()
    found = staff.post("/staff/stock/receive/", received(action="find", q="rob", **{f"pieces-{pagne.pk}": "5"}))
    assert f'name="add" value="{robe.pk}"' in found.content.decode()
    added = staff.post("/staff/stock/receive/", received(action="", add=robe.pk, **{f"pieces-{pagne.pk}": "5"}))
    assert f'name="pieces-{robe.pk}" value="1"' in added.content.decode()
    assert not Movement.objects.exists()
    data = received(reference="BL 7", **{f"pieces-{pagne.pk}": "5", f"pieces-{robe.pk}": "2"})
    assert staff.post("/staff/stock/receive/", data).status_code == 302
    assert (levels_of(pagne), levels_of(robe)) == ([(5, 0, 0)], [(2, 0, 0)])
    first = Movement.objects.order_by("pk")[0]
    assert (first.reference, first.actor) == ("BL 7", owner_of(tenant))


def test_a_form_sent_twice_books_once(tenant: Tenant, staff: Client) -> None:
    [pagne] = make_variants(5)
    depot = make_place()
    forms = {
        "/staff/stock/receive/": received(**{f"pieces-{pagne.pk}": "5"}),
        page_of(pagne, "adjust/"): received(direction="off", quantity="1", reason="Cassé"),
        page_of(pagne, "transfer/"): received(source=shop().pk, target=depot.pk, quantity="3"),
    }
    for path, data in forms.items():
        assert [staff.post(path, data).status_code for _ in range(2)] == [302, 302]
    assert levels_of(pagne) == [(6, 0, 0), (3, 0, 0)]


def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(tenant: Tenant, staff: Client) -> None:
    [pagne] = make_variants(2)
    wrong = staff.post("/staff/stock/receive/", received(reference="BL 7", **{f"pieces-{pagne.pk}": "douze"}))
    assert wrong.status_code == 422
    assert f'id="id_pieces-{pagne.pk}_error"' in wrong.content.decode()
    assert 'value="douze"' in wrong.content.decode()
    assert staff.post("/staff/stock/receive/", received()).status_code == 422
    assert staff.post("/staff/stock/receive/", {**received(), "pieces-999999": "3"}).status_code == 422
    data = received(direction="off", quantity="3", reason="Volé")
    refused = staff.post(page_of(pagne, "adjust/"), data)
    assert refused.status_code == 422
    assert 'value="Volé"' in refused.content.decode()
    moved = staff.post(page_of(pagne, "transfer/"), received(source=shop().pk, target=shop().pk, quantity="1"))
    assert moved.status_code == 422
    assert 'id="id_target_error"' in moved.content.decode()
    assert levels_of(pagne) == [(2, 0, 0)]


def test_a_variant_shows_its_places_and_last_movements(tenant: Tenant, staff: Client) -> None:
    [pagne] = make_variants(2, "Pagne", sku="P-1")
    stock.adjust(variant=pagne, location=shop(), difference=-1, reason="Mangé par les souris")
    html = text_of(staff, page_of(pagne))
    assert "Mangé par les souris" in html
    assert "2 → 1" in html
    assert "P-1" in html
    text_of(staff, f"/staff/stock/{uuid.uuid4()}/", 404)
    Product.objects.update(supply="always")
    text_of(staff, page_of(pagne), 404)


def test_the_history_is_filtered_by_article_place_kind_and_days(tenant: Tenant, staff: Client) -> None:
    pagne, robe = make_variants(5, "Pagne", "Robe")
    depot = make_place()
    stock.transfer(variant=pagne, source=shop(), target=depot, quantity=1)
    stock.sell_at(location=shop(), lines=[(robe, 1)], reference="T 99")
    path = "/staff/stock/history/"

    def rows(query: str) -> int:
        return text_of(staff, f"{path}?{query}").count('<tr role="row"> <th scope="row"')

    assert [rows(query) for query in ("", "q=pagne", "action=sold", f"place={depot.pk}")] == [5, 3, 1, 1]
    assert [rows(f"variant={robe.public_id}"), rows("since=2020-01-01&until=2020-01-02")] == [2, 0]
    Movement.objects.filter(action="sold").update(created_at="2020-01-01T23:30:00Z")
    # The shop's day, not Greenwich's: Douala is an hour ahead.
    assert [rows("until=2020-01-01"), rows("since=2020-01-02&until=2020-01-02")] == [0, 1]


def test_the_history_is_exported_as_filtered(tenant: Tenant, staff: Client) -> None:
    pagne, _robe = make_variants(5, "=Pagne", "Robe")
    stock.adjust(variant=pagne, location=shop(), difference=-2, reason="+1 cassé")
    response = staff.get("/staff/stock/history.csv?q=pagne&page=3")
    lines = b"".join(response.streaming_content).decode().strip().splitlines()
    assert response["Content-Disposition"].startswith("attachment; filename=")
    assert len(lines) == 3
    assert '"\'=Pagne"' in lines[1]
    assert '"-2";"5";"3";"\'+1 cassé"' in lines[1]


def test_an_export_that_is_too_long_says_so(tenant: Tenant, staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(selectors, "MOST_EXPORTED", 2)
    make_variants(5, "Pagne", "Robe", "Jupe")
    lines = b"".join(staff.get("/staff/stock/history.csv").streaming_content).decode().strip().splitlines()
    assert len(lines) == 4
    assert "2" in lines[3]


def test_a_place_is_counted_page_by_page_and_booked_after_a_look(
    tenant: Tenant, staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tenant_apps.store.selectors import stocktaking as sheets

    monkeypatch.setattr(sheets, "PER_PAGE", 2)
    pagne, robe, veste = make_variants(7, "Pagne", "Robe", "Veste")
    started = staff.post("/staff/stock/counts/", {"location": shop().pk})
    count = StockCount.objects.get()
    address = f"/staff/stock/counts/{count.pk}/"
    assert started["Location"] == address
    html = text_of(staff, address)
    assert "Veste" not in html
    assert not re.search(r"7 (attendu|expected)", html)
    data = {f"pieces-{pagne.pk}": "5", f"pieces-{robe.pk}": "", "action": "next"}
    assert staff.post(address, data)["Location"] == f"{address}?page=2"
    wrong = staff.post(f"{address}?page=2", {f"pieces-{veste.pk}": "-1"})
    assert wrong.status_code == 422
    assert (
        staff.post(f"{address}?page=2", {f"pieces-{veste.pk}": "7", "action": "book"})["Location"] == f"{address}book/"
    )
    assert 'value="5"' in text_of(staff, address)
    summary = text_of(staff, f"{address}book/")
    assert "Robe" in summary
    assert "-2" in summary
    assert not Movement.objects.filter(action="counted").exists()
    assert staff.post(f"{address}book/").status_code == 302
    assert (levels_of(pagne), levels_of(robe)) == ([(5, 0, 0)], [(7, 0, 0)])
    text_of(staff, address, 404)


def test_a_count_is_given_up_after_asking(tenant: Tenant, staff: Client) -> None:
    [pagne] = make_variants(7)
    staff.post("/staff/stock/counts/", {"location": shop().pk, "shows_expected": "on"})
    count = StockCount.objects.get()
    address = f"/staff/stock/counts/{count.pk}/"
    assert re.search(r"7 (attendu|expected)", text_of(staff, address))
    assert staff.post(f"{address}book/").status_code == 422
    staff.post(address, {f"pieces-{pagne.pk}": "1"})
    text_of(staff, f"{address}give-up/")
    assert CountedPieces.objects.count() == 1
    assert staff.post(f"{address}give-up/").status_code == 302
    assert not StockCount.objects.exists()
    assert staff.post("/staff/stock/counts/", {"location": "x"}).status_code == 422


def test_places_are_added_changed_moved_closed_and_opened(tenant: Tenant, staff: Client) -> None:
    make_variants(1)
    assert staff.post("/staff/stock/places/new/", {"name": "Dépôt", "sells_online": "on"}).status_code == 302
    depot = Location.objects.get(name="Dépôt")
    again = staff.post("/staff/stock/places/new/", {"name": "dépôt", "address": "Akwa"})
    assert again.status_code == 422
    assert 'value="Akwa"' in again.content.decode()
    staff.post(f"/staff/stock/places/{depot.pk}/edit/", {"name": "Dépôt 2"})
    staff.post(f"/staff/stock/places/{depot.pk}/move/", {"direction": "up"})
    assert shop() == depot
    assert (shop().name, shop().sells_online) == ("Dépôt 2", False)
    full = Location.objects.exclude(pk=depot.pk).get()
    refused = staff.post(f"/staff/stock/places/{full.pk}/close/")
    assert refused.status_code == 422
    assert "error-summary" in refused.content.decode()
    text_of(staff, f"/staff/stock/places/{depot.pk}/close/")
    assert Location.objects.get(pk=depot.pk).is_active
    staff.post(f"/staff/stock/places/{depot.pk}/close/")
    assert not Location.objects.get(pk=depot.pk).is_active
    assert "Dépôt 2" in text_of(staff, "/staff/stock/places/")
    staff.post(f"/staff/stock/places/{depot.pk}/open/")
    assert Location.objects.get(pk=depot.pk).is_active
    text_of(staff, "/staff/stock/places/999999/edit/", 404)
    text_of(staff, f"/staff/stock/places/{'9' * 30}/edit/", 404)


def test_who_may_only_look_changes_nothing(tenant: Tenant, staff: Client) -> None:
    [pagne] = make_variants(5)
    seller = browser_of(tenant, make_member("seller").user)
    assert "/staff/stock/receive/" not in text_of(seller, "/staff/stock/")
    text_of(seller, page_of(pagne))
    text_of(seller, "/staff/stock/history/")
    text_of(seller, "/staff/stock/places/")
    place = shop().pk
    for path, data in {
        "/staff/stock/receive/": received(**{f"pieces-{pagne.pk}": "5"}),
        page_of(pagne, "adjust/"): received(direction="off", quantity="1", reason="Cassé"),
        page_of(pagne, "transfer/"): received(source=place, target=place, quantity="3"),
        "/staff/stock/counts/": {"location": place},
        "/staff/stock/places/new/": {"name": "Dépôt"},
        f"/staff/stock/places/{place}/edit/": {"name": "Dépôt"},
        f"/staff/stock/places/{place}/close/": {},
    }.items():
        assert seller.post(path, data).status_code == 403, path
    assert levels_of(pagne) == [(5, 0, 0)]
    assert (Location.objects.count(), StockCount.objects.count()) == (1, 0)


def test_people_without_the_permission_and_customers_see_nothing(tenant: Tenant) -> None:
    make_variants(1)
    stranger = browser_of(tenant, make_member(make_role("store.view_products")).user)
    for client, status in ((stranger, 403), (customer_client(tenant), 403), (Client(HTTP_HOST=tenant.host), 302)):
        for path in ("/staff/stock/", "/staff/stock/history.csv", "/staff/stock/places/"):
            assert client.get(path).status_code == status
    connection.set_tenant(tenant)
    assert StockLevel.objects.count() == 1
