"""Pages that are kept for visitors, and when they are made anew."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from redis.exceptions import RedisError

from shared_apps.organisations.current import Tenant
from tenant_apps.store import kept, services
from tenant_apps.store.models import Product, Promotion, Shop, StockLevel, Variant
from tenant_apps.store.services.prices import refresh_prices
from tenant_apps.store.tests.selling import stocked
from tenant_apps.store.tests.support import make_product
from tenant_apps.store.views import storefront
from tests.support.tenants import Browser, ready_tenant

COUNT = re.compile(r'<span class="count dot">(\d+)</span>')
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


def commit() -> None:
    """What the end of a transaction does to kept pages, within the one of a test."""
    for entry in [one for one in connection.run_on_commit if isinstance(one[1], kept._Drop)]:
        connection.run_on_commit.remove(entry)
        entry[1]()


@pytest.fixture
def goods(tenant: Tenant) -> Product:
    product = make_product("Pagne", price_minor=9_000, supply="always")
    commit()
    return product


def html(tenant: Tenant, path: str = "/", browser: Browser | None = None) -> str:
    answer = (browser or Browser(tenant)).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def reads(tenant: Tenant, path: str) -> int:
    """How often a page reads of the shop's tables."""
    with CaptureQueriesContext(connection) as queries:
        html(tenant, path)
    return sum("store_" in query["sql"] for query in queries)


@pytest.mark.usefixtures("goods")
@pytest.mark.parametrize(
    ("path", "still"), [("/", 0), ("/?q=pagne", 0), ("/?sort=cheapest", 0), ("/products/pagne/", 1)]
)
def test_a_page_is_made_once_for_all_visitors(tenant: Tenant, path: str, still: int) -> None:
    made, again = reads(tenant, path), reads(tenant, path)
    assert made > 5
    assert again == still  # a product's page looks what there is of it


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [(50, 40, None), (50, 3, "Plus que 3"), (4, 3, "Plus que 3"), (3, 0, "rupture de stock"), (1, 2, "Plus que 2")],
)
def test_a_product_says_what_there_is_of_it(tenant: Tenant, before: int, after: int, said: str | None) -> None:
    stocked("Savon", pieces=before)
    commit()
    made = reads(tenant, "/products/savon/")
    StockLevel.objects.update(quantity=after)
    assert reads(tenant, "/products/savon/") == (made if said else 1)
    assert (said or "Disponible") in html(tenant, "/products/savon/")


def test_what_is_shown_is_what_was_committed_last(tenant: Tenant, goods: Product) -> None:
    assert "Pagne" in html(tenant)
    Product.objects.filter(pk=goods.pk).update(name="Boubou")
    commit()
    assert "Boubou" in html(tenant)
    Variant.objects.bulk_update([Variant(pk=goods.variants.get().pk, price_minor=7_777)], ["price_minor"])
    commit()
    assert "7\u202f777" in html(tenant, "/products/pagne/")
    goods.name = "Sac"
    goods.save()
    commit()
    assert "Sac" in html(tenant)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE store_shop SET name = %s", ["Chez Awa"])
    commit()
    assert "Chez Awa" in html(tenant)
    services.add_shelf(details=services.ShelfDetails("Mode"))
    commit()
    assert "/c/mode/" in html(tenant)


def test_a_transaction_sees_what_it_wrote_and_keeps_none_of_it(tenant: Tenant, goods: Product) -> None:
    before = html(tenant)
    Product.objects.filter(pk=goods.pk).update(name="Boubou")
    assert "Boubou" in html(tenant)
    connection.run_on_commit.clear()  # as when it is rolled back
    Product.objects.filter(pk=goods.pk).update(name="Pagne")
    connection.run_on_commit.clear()
    assert TOKEN.sub("", html(tenant)) == TOKEN.sub("", before)


def test_a_page_made_from_older_rows_than_a_change_is_never_shown(tenant: Tenant) -> None:
    connection.set_tenant(tenant)
    kept.Kept("page").keep("nothing was marked yet", seconds=60)
    page = kept.Kept("page")
    kept.drop_pages()
    page.keep("old", seconds=60)
    assert kept.Kept("page").html is None
    kept.Kept("page").keep("new", seconds=60)
    assert kept.Kept("page").html == "new"


@pytest.mark.usefixtures("goods")
def test_every_visitor_has_their_own_cart_and_token(tenant: Tenant) -> None:
    variant = stocked("Savon")
    commit()
    buyer, other = Browser(tenant), Browser(tenant)
    buyer.post("/cart/add/", {"variant": variant.public_id, "quantity": 3})
    buyer.get("/cart/")  # which says what was put there
    first, second = html(tenant, browser=other), html(tenant, browser=buyer)
    assert (COUNT.findall(first), COUNT.findall(second)) == ([], ["3"])
    assert COUNT.findall(html(tenant, browser=Browser(tenant))) == []
    tokens = TOKEN.findall(html(tenant, "/products/savon/")), TOKEN.findall(html(tenant, "/products/savon/"))
    assert len(set(tokens[0])) == len(set(tokens[1])) == 1
    assert tokens[0][0] != tokens[1][0]


@pytest.mark.usefixtures("goods")
def test_the_token_of_a_kept_page_is_taken(tenant: Tenant) -> None:
    variant = stocked("Savon")
    commit()
    html(tenant, "/products/savon/")
    browser = Browser(tenant)
    browser.handler.enforce_csrf_checks = True
    token = TOKEN.findall(html(tenant, "/products/savon/", browser))[0]
    form = {"variant": variant.public_id, "quantity": 1}
    assert browser.post("/cart/add/", form).status_code == 403
    assert browser.post("/cart/add/", {**form, "csrfmiddlewaretoken": token}).status_code == 302


@pytest.mark.usefixtures("goods")
def test_messages_and_accounts_are_nobody_elses(tenant: Tenant, her: Browser) -> None:
    connection.run_on_commit.clear()
    browser = Browser(tenant)
    browser.post("/cart/add/", {"variant": "junk"})
    assert "messages-public" in html(tenant, browser=browser)
    assert "messages-public" not in html(tenant)
    assert "awa@example.org" in html(tenant, browser=her)
    assert "awa@example.org" not in html(tenant)


@pytest.mark.usefixtures("goods")
def test_no_tenant_is_shown_anothers_page(tenant: Tenant) -> None:
    assert "Pagne" in html(tenant)
    other = ready_tenant("store-b")
    connection.set_tenant(other)
    assert other.pk != tenant.pk
    assert "Pagne" not in html(other)


@pytest.mark.parametrize(("hours", "is_kept"), [(-1, False), (1, True)])
def test_pages_are_kept_only_as_long_as_prices_hold(tenant: Tenant, goods: Product, hours: int, is_kept: bool) -> None:
    Shop.objects.update(prices_valid_until=timezone.now() + timedelta(hours=hours))
    commit()
    html(tenant)
    assert (reads(tenant, "/") == 0) is is_kept


def test_a_promotion_that_begins_is_seen_when_it_does(tenant: Tenant, goods: Product, monkeypatch: Any) -> None:
    said: list[int] = []
    keep = kept.Kept.keep
    monkeypatch.setattr(
        kept.Kept, "keep", lambda self, text, *, seconds: (said.append(seconds), keep(self, text, seconds=seconds))
    )
    now = timezone.now()
    Promotion.objects.create(
        name="Soldes",
        kind="percent",
        percent_bp=1_000,
        starts_at=now + timedelta(seconds=20),
        ends_at=now + timedelta(days=1),
    )
    refresh_prices()
    commit()
    html(tenant)
    assert 15 <= said[0] <= 20


@pytest.mark.usefixtures("goods")
def test_languages_have_pages_of_their_own(tenant: Tenant) -> None:
    french, english = Browser(tenant), Browser(tenant)
    english.cookies["django_language"] = "en"
    assert 'lang="fr"' in html(tenant, browser=french)
    assert 'lang="en"' in html(tenant, browser=english)
    assert 'lang="fr"' in html(tenant)


@pytest.mark.usefixtures("goods")
def test_without_redis_pages_are_made_anew(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise RedisError

    for name in ("get_many", "set", "get_or_set"):
        monkeypatch.setattr(cache, name, away)
    assert "Pagne" in html(tenant)
    Product.objects.update(name="Boubou")
    commit()
    assert "Boubou" in html(tenant)


def test_every_table_that_is_watched_is_there(tenant: Tenant) -> None:
    connection.set_tenant(tenant)
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = %s", [tenant.schema_name])
        tables = {row[0] for row in cursor.fetchall()}
    assert tables >= kept.WATCHED


@pytest.mark.usefixtures("goods")
def test_a_page_that_sets_a_cookie_is_kept_for_nobody(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    render = storefront.render_store

    def with_cookie(*args: Any, **kwargs: Any) -> Any:
        response = render(*args, **kwargs)
        response.set_cookie("seen", "this visitor's")
        return response

    monkeypatch.setattr(storefront, "render_store", with_cookie)
    made = reads(tenant, "/")
    assert reads(tenant, "/") == made
    assert "@@" not in html(tenant)


@pytest.mark.usefixtures("goods")
def test_ever_new_addresses_fill_nobodys_memory(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST_PAGES", 2)
    addresses = [f"/?q=pagne{number}" for number in range(3)]
    for address in addresses:
        html(tenant, address)
    assert [reads(tenant, address) > 0 for address in addresses] == [False, False, True]


def test_what_is_not_there_is_not_kept(tenant: Tenant) -> None:
    answer = Browser(tenant).get("/products/nothing/")
    assert answer.status_code == 404
    assert "@@" not in answer.content.decode()
