"""The first page of staff: who sees what, and what can be taken away."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone, translation
from openpyxl import load_workbook

from shared_apps.audit.models import AuditLog
from shared_apps.core.context import own_url
from shared_apps.organisations.current import Tenant
from tenant_apps.payments.models import Method
from tenant_apps.store.models import DeliveryZone, Location, Product, Shop, StockLevel
from tenant_apps.store.presenting import report_rows
from tenant_apps.store.presenting.report_rows import EXPORTS
from tenant_apps.store.selectors import reports, setup, shop
from tenant_apps.store.selectors.stock import stock_value
from tenant_apps.store.services import ShopDetails, save_shop
from tenant_apps.store.services.reports import close_setup
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.sold import make_order
from tenant_apps.store.tests.support import make_product, make_variants
from tenant_apps.store.tests.till_support import make_session, sell, sold_line
from tenant_apps.store.texts import reports as texts
from tenant_apps.team.tests.support import client_for, make_member, make_role, owner
from tests.support.queries import queries_of

HOME = "/staff/home/"
EXPORT = f"{HOME}export/"


@pytest.fixture(autouse=True)
def _stay_in_the_tenant(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests leave the connection on the platform: after each, back to the tenant, so that tests can look at its rows."""
    request = Client.request

    def and_back(client: Client, **environ: Any) -> Any:
        try:
            return request(client, **environ)
        finally:
            connection.set_tenant(tenant)

    monkeypatch.setattr(Client, "request", and_back)


def page(client: Client, path: str = HOME, *, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.content.decode()


def sold(name: str = "Robe", /, *, quantity: int = 1, **fields: Any) -> Product:
    product = make_product(name, price_minor=15_000)
    make_order({"variant": product.variants.get(), "quantity": quantity}, **fields)
    return product


def content_of(answer: Any) -> bytes:
    assert answer.status_code == 200
    return b"".join(answer.streaming_content)


def csv_rows(answer: Any) -> list[list[str]]:
    text = content_of(answer).decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text), delimiter=";"))


def test_managers_see_sales_margin_and_best_sellers(tenant: Tenant) -> None:
    sold("Robe", quantity=2, method="wave")
    html = page(client_for(make_member("manager").user, tenant))
    assert "30\u202f000\u00a0FCFA" in html
    assert 'href="/products/robe/"' in html
    assert "Wave" in html
    assert 'class="chart"' in html


def test_sellers_see_what_is_to_do_and_no_money(tenant: Tenant) -> None:
    sold("Robe", quantity=2)
    seller = client_for(make_member("seller").user, tenant)
    html = page(seller)
    assert 'class="task-number">1<' in html
    assert "FCFA" not in html
    assert "export" not in html
    for what in EXPORTS:
        assert seller.get(f"{EXPORT}{what}.csv").status_code == 403
    assert not AuditLog.objects.filter(action="store.report.exported").exists()


@pytest.mark.parametrize(
    ("code", "status"), [("store.view_stock", 200), ("store.view_reports", 200), ("store.view_products", 403)]
)
def test_the_page_is_for_those_it_tells_something(tenant: Tenant, code: str, status: int) -> None:
    client = client_for(make_member(make_role(code)).user, tenant)
    assert client.get(HOME).status_code == status
    assert client.get("/staff/")["Location"] == (HOME if status == 200 else "/staff/products/")


@pytest.mark.parametrize("key", ["today", "7d", "30d", "month", "last-month", "year"])
def test_every_period_has_its_page_and_its_chart(tenant: Tenant, tenant_client: Client, key: str) -> None:
    first = timezone.localtime().replace(day=1)
    sold(confirmed_at=first - timedelta(days=3) if key == "last-month" else timezone.now())
    html = page(tenant_client, f"{HOME}?period={key}")
    assert f'href="?period={key}" aria-current="true"' in html
    assert 'class="chart"' in html


def test_days_of_ones_own_are_kept_with_what_is_wrong_about_them(tenant: Tenant, tenant_client: Client) -> None:
    sold()
    assert 'value="2026-01-01"' in page(tenant_client, f"{HOME}?first=2026-01-01&last=2026-01-31")
    html = page(tenant_client, f"{HOME}?first=2026-02-01&last=2026-01-31", status=422)
    assert 'id="id_last_error"' in html
    assert 'value="2026-02-01"' in html
    for junk in ("first=x&last=2026-01-01", "first=&last=", "last=9999-12-31&first=0001-01-01", "first=2026-01-01"):
        page(tenant_client, f"{HOME}?{junk}", status=422)
    for junk in ("period=x", "period[]=1", "page=-1"):
        page(tenant_client, f"{HOME}?{junk}")


def test_a_shop_that_has_sold_nothing_is_told_what_to_do(tenant: Tenant, tenant_client: Client) -> None:
    html = page(tenant_client)
    assert 'class="empty"' in html
    assert 'href="/staff/products/new/"' in html
    assert 'class="segments"' not in html


def test_the_first_steps_are_ticked_as_they_are_done(tenant: Tenant) -> None:
    def done() -> list[bool]:
        return [step.is_done for step in setup.first_steps(shop())]

    assert done() == [False] * 6
    save_shop(details=ShopDetails(name="Awa", description="Robes", phone="+237670123456"))
    product = make_product()
    assert done() == [True, True, False, False, False, False]
    StockLevel.objects.create(variant=product.variants.get(), location=Location.objects.get(), quantity=1)
    DeliveryZone.objects.create(name="Akwa", fee_minor=1_000)
    save_shop(details=ShopDetails(name="Awa", description="Robes", phone="+237670123456", brand_colour="#aa3300"))
    Method.objects.create(name=Method.Name.WAVE, is_active=True)
    assert done() == [True] * 6


def ready_to_sell() -> None:
    """A shop of which all first steps are done."""
    save_shop(details=ShopDetails(name="Chez Awa", description="Robes", phone="+237670123456", brand_colour="#aa3300"))
    variant = make_product().variants.get()
    StockLevel.objects.create(variant=variant, location=Location.objects.get(), quantity=1)
    DeliveryZone.objects.create(name="Akwa", fee_minor=1_000)
    Method.objects.create(name=Method.Name.WAVE, is_active=True)


def test_once_all_is_set_up_the_address_can_be_shared_until_it_is_put_away(
    tenant: Tenant, tenant_client: Client
) -> None:
    assert "https://wa.me/" not in page(tenant_client)
    ready_to_sell()
    html, address = page(tenant_client), own_url("/")
    assert 'class="first-steps"' not in html
    assert f'data-copy="{address}"' in html
    shared = parse_qs(urlsplit(re.search(r'href="(https://wa\.me/[^"]*)"', html)[1]).query)["text"]  # type: ignore[index]
    assert "Chez Awa" in shared[0]
    assert shared[0].endswith(address)
    assert "https://wa.me/" not in page(client_for(make_member("seller").user, tenant))
    tenant_client.post(f"{HOME}setup/close/")
    assert "https://wa.me/" not in page(tenant_client)


def test_a_stock_whose_cost_nobody_knows_is_not_said_to_be_worth_nothing(tenant: Tenant, tenant_client: Client) -> None:
    tenant_client.cookies["django_language"] = "en"
    product = sold("Robe")
    variant = product.variants.get()
    StockLevel.objects.create(variant=variant, location=Location.objects.get(), quantity=3)
    for path in (HOME, "/staff/stock/"):
        html = page(tenant_client, path)
        assert "No cost is known." in html
        assert ">0 FCFA<" not in html.replace("\xa0", " ")
    variant.cost_minor = 2_000
    variant.save()
    StockLevel.objects.create(variant=make_product("Jupe").variants.get(), location=Location.objects.get(), quantity=1)
    for path in (HOME, "/staff/stock/"):
        html = page(tenant_client, path)
        assert "1 piece without a cost" in html
        assert "6,000 FCFA" in html.replace("\xa0", " ")


def test_the_tills_say_what_was_given_back_where_something_was(tenant: Tenant, tenant_client: Client) -> None:
    tenant_client.cookies["django_language"] = "en"
    [variant] = make_variants(5, price_minor=1_500)
    session = make_session()
    order = sell(session, sold_line(variant, 2)).order
    assert order is not None

    def heads() -> list[str]:
        html = page(tenant_client)
        table = html[html.index("<h3>At the tills</h3>") :]
        return re.findall(r'<th scope="col"[^>]*>([^<]*)</th>', table[: table.index("</thead>")])

    assert heads() == ["Way", "Amount"]
    take_back_at_till(
        session_id=session.pk, key=uuid.uuid4(), order_id=order.pk, pieces={order.lines.get().pk: 1}, method="cash",
        reason="Taille", restock=True, by=owner().user,
    )  # fmt: skip
    assert heads() == ["Way", "Given back", "Amount"]


def test_a_shop_without_stock_has_none_of_unknown_cost(tenant: Tenant) -> None:
    make_product()
    assert not stock_value().knows_no_cost


def test_what_needs_no_stock_asks_for_none(tenant: Tenant) -> None:
    product = make_product()
    Product.objects.filter(pk=product.pk).update(supply="always")
    assert setup.first_steps(shop())[2].is_done


def test_the_list_of_first_steps_can_be_put_away_by_who_keeps_the_shop(tenant: Tenant, tenant_client: Client) -> None:
    seller = client_for(make_member("seller").user, tenant)
    assert 'class="first-steps"' in page(tenant_client)
    assert 'class="first-steps"' not in page(seller)
    assert seller.post(f"{HOME}setup/close/").status_code == 403
    assert Shop.objects.get().setup_closed_at is None
    assert tenant_client.get(f"{HOME}setup/close/").status_code == 405
    assert tenant_client.post(f"{HOME}setup/close/").status_code == 302
    close_setup(by=owner().user)
    assert 'class="first-steps"' not in page(tenant_client)
    assert AuditLog.objects.filter(action="store.shop.setup_closed").count() == 1


def test_orders_are_taken_away_with_names_for_those_who_may_see_them(tenant: Tenant) -> None:
    sold("Robe", quantity=2, number="202611220001", name="=HYPERLINK(1)", phone="+237670123456", city="Douala", method="cash",
         delivery_minor=1_000, paid_minor=31_000, refunded_minor=500)  # fmt: skip
    sold("Annulée", status="cancelled")
    manager = client_for(make_member("manager").user, tenant)
    [header, row] = csv_rows(manager.get(f"{EXPORT}orders.csv"))
    assert len(header) == len(row)
    assert row[0] == "202611220001"
    assert row[4] == "'=HYPERLINK(1)"
    assert row[8:15] == ["30000", "0", "1000", "31000", "0", "31000", "500"]
    accountant = client_for(make_member(make_role("store.view_reports")).user, tenant)
    [_header, row] = csv_rows(accountant.get(f"{EXPORT}orders.csv"))
    assert (row[4], row[5]) == ("", "")


def test_a_sale_paid_in_two_ways_names_both(tenant: Tenant, tenant_client: Client) -> None:
    [cloth] = make_variants(5, price_minor=1_000)
    paid = [{"method": method, "amount_minor": 1_000} for method in ("wave", "cash")]
    sell(make_session(), sold_line(cloth, 2), payments=paid)
    [_header, row] = csv_rows(tenant_client.get(f"{EXPORT}orders.csv"))
    assert row[-1] == "Espèces + Wave"


def test_every_report_is_taken_away_in_both_kinds_and_noted(tenant: Tenant, tenant_client: Client) -> None:
    product = make_product("=1+1\x07", price_minor=500)
    make_order({"variant": product.variants.get(), "quantity": 3, "returned": 1, "cost_minor": 200})
    for what in EXPORTS:
        rows = csv_rows(tenant_client.get(f"{EXPORT}{what}.csv?period=7d"))
        answer = tenant_client.get(f"{EXPORT}{what}.xlsx?period=7d")
        assert answer["Content-Disposition"].startswith("attachment; filename=")
        sheet = load_workbook(io.BytesIO(content_of(answer))).active
        assert (sheet.max_row, sheet.max_column) == (len(rows), len(rows[0])) == (2, len(EXPORTS[what].header))
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    best = load_workbook(io.BytesIO(content_of(tenant_client.get(f"{EXPORT}best-sellers.xlsx")))).active
    assert [cell.value for cell in best[2]] == ["=1+1", 2, 1_000]
    entries = AuditLog.objects.filter(action="store.report.exported")
    assert entries.count() == 2 * len(EXPORTS) + 1
    assert entries.earliest("pk").after["kind"] == "orders"


@pytest.mark.parametrize("path", ["orders.pdf", "rien.csv", "orders.csv.csv"])
def test_what_is_no_report_is_not_found(tenant: Tenant, tenant_client: Client, path: str) -> None:
    assert tenant_client.get(f"{EXPORT}{path}").status_code == 404


def test_days_that_make_no_report_lead_back_to_the_form(tenant: Tenant, tenant_client: Client) -> None:
    answer = tenant_client.get(f"{EXPORT}orders.csv?first=2026-02-01&last=2026-01-01")
    assert (answer.status_code, answer["Location"]) == (302, f"{HOME}?first=2026-02-01&last=2026-01-01")


def test_long_reports_are_read_in_pieces_and_end_with_a_note(
    tenant: Tenant, tenant_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    product = make_product()
    moment = timezone.now()
    for number in range(7):
        make_order({"variant": product.variants.get()}, number=f"n{number}", confirmed_at=moment)
    monkeypatch.setattr(report_rows, "PIECE", 3)
    rows = csv_rows(tenant_client.get(f"{EXPORT}orders.csv"))
    assert sorted(row[0] for row in rows[1:]) == [f"n{number}" for number in range(7)]
    monkeypatch.setattr(report_rows, "MOST_ROWS", 5)
    rows = csv_rows(tenant_client.get(f"{EXPORT}orders.csv"))
    assert (len(rows), len(rows[-1])) == (7, 1)
    assert "5" in rows[-1][0]


def test_the_page_costs_the_same_whatever_was_sold(tenant: Tenant, tenant_client: Client) -> None:
    sold("Premier")
    tenant_client.get(HOME)
    few = queries_of(tenant_client, HOME)
    for number in range(12):
        sold(f"Produit {number}", method=f"m{number}")
    assert queries_of(tenant_client, HOME) == few
    assert few <= 22


@pytest.mark.parametrize(
    ("now", "before", "shown"),
    [
        (112, 100, "+12%"),
        (50, 100, "\u221250%"),
        (100, 100, ""),
        (5, 0, ""),
        (5, -3, ""),
        (1005, 1000, "+1%"),
        (1004, 1000, ""),
    ],
)
def test_changes_are_in_whole_per_cent(now: int, before: int, shown: str) -> None:
    with translation.override("en"):
        assert texts.change_text(now, before) == shown


def test_a_shortened_list_of_low_stock_leads_to_the_whole_one(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    make_variants(1, "Rare", supply="stock")
    make_variants(1, "Aussi rare", supply="stock")
    Shop.objects.update(low_stock_at=3)
    keeper = client_for(make_member(make_role("store.view_stock")).user, tenant)
    rest = re.compile(r'<p><a href="(/staff/stock/\?show=low)">')
    assert not rest.search(page(keeper))
    monkeypatch.setattr(reports, "LISTED", 1)
    [address] = rest.findall(page(keeper))
    whole = page(keeper, address)
    assert ("Rare" in whole, "Aussi rare" in whole) == (True, True)
