"""The storefront: shelves, brands, filters, product pages, and what search engines read."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.organisations.current import Tenant
from tenant_apps.store import selectors, services
from tenant_apps.store.models import Location, Product, Shop, StockLevel, Variant
from tenant_apps.store.presenting import sitemaps
from tenant_apps.store.selectors import pages
from tenant_apps.store.services import ShelfDetails, VariantDetails
from tenant_apps.store.tests.support import make_photo, make_product
from tests.support.queries import queries_of
from tests.support.tenants import Browser

NBSP = "\u202f"


def html_of(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def names_in(html: str) -> list[str]:
    return re.findall(r'class="product-name"><a href="[^"]+">([^<]+)</a>', html)


@pytest.fixture
def visitor(tenant: Tenant) -> Client:
    return Browser(tenant)


@pytest.fixture
def catalogue(tenant: Tenant) -> None:
    """Two shelves on one, three brands' goods, one attribute to choose by and one not."""
    with tenant_context(tenant):
        top = services.add_shelf(details=ShelfDetails("Mode", "Cousu ici."), photo=make_photo())
        dresses = services.add_shelf(details=ShelfDetails("Robes", parent_id=top.pk))
        services.add_attribute(name="Matière", is_filter=True)
        common: dict[str, Any] = {"supply": "always"}
        make_product(
            "Robe",
            price_minor=20_000,
            category_id=dresses.pk,
            brand="Ndolo",
            specifications=(("Matière", "Coton"),),
            **common,
        )
        make_product(
            "Pagne",
            price_minor=9_000,
            category_id=top.pk,
            brand="Wouri",
            specifications=(("Matière", "Soie"), ("Pays", "Togo")),
            **common,
        )
        make_product("Savon", price_minor=500, supply="none")
        make_product("Brouillon", category_id=top.pk, publish=False)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/", ["Savon", "Pagne", "Robe"]),
        ("/c/mode/", ["Pagne", "Robe"]),
        ("/c/robes/", ["Robe"]),
        ("/brands/wouri/", ["Pagne"]),
        ("/?shelf=robes", ["Robe"]),
        ("/?brand=ndolo&brand=wouri", ["Pagne", "Robe"]),
        ("/?from=9000&to=10%20000", ["Pagne"]),
        ("/?available=1", ["Pagne", "Robe"]),
        ("/?s-matiere=coton", ["Robe"]),
        ("/?s-matiere=coton&s-matiere=soie&brand=wouri", ["Pagne"]),
        ("/?sort=cheapest", ["Savon", "Pagne", "Robe"]),
        ("/?sort=dearest", ["Robe", "Pagne", "Savon"]),
        ("/?q=ndolo", ["Robe"]),
        ("/?q=soie", ["Pagne"]),
        ("/?q=robe&from=90000", []),
    ],
)
def test_products_are_found_by_shelf_brand_price_availability_and_specification(
    visitor: Client, path: str, names: list[str]
) -> None:
    assert names_in(html_of(visitor, path)) == names


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    "path",
    [
        "/?shelf=nothing&brand=nobody&s-nothing=x&s-pays=togo&sort=DROP",
        "/?from=abc&to=&available=perhaps&page=-3",
        "/?s-=1&s-matiere=never&brand=%3Cscript%3E",
        "/?page=99999999999999999999",
        "/?from=-1&to=99999999999999999",
    ],
)
def test_junk_in_the_address_is_ignored(visitor: Client, path: str) -> None:
    html = html_of(visitor, path)
    assert names_in(html) == ["Savon", "Pagne", "Robe"]
    assert "filter-chips" not in html


@pytest.mark.usefixtures("catalogue")
def test_best_rated_does_not_let_one_enthusiast_win(tenant: Tenant, visitor: Client) -> None:
    Product.objects.filter(name="Savon").update(rating_sum=5, rating_count=1)
    Product.objects.filter(name="Robe").update(rating_sum=4 * 300 + 300 - 60, rating_count=300)
    assert names_in(html_of(visitor, "/?sort=rated")) == ["Robe", "Savon", "Pagne"]


@pytest.mark.usefixtures("catalogue")
def test_each_chosen_filter_can_be_taken_away_alone_and_pages_keep_them(visitor: Client) -> None:
    html = html_of(visitor, "/?brand=ndolo&brand=wouri&s-matiere=soie&from=1000&sort=cheapest")
    chips = re.findall(r'class="chip" href="\?([^"]*)"', html)
    assert chips == [
        "brand=wouri&amp;from=1000&amp;s-matiere=soie&amp;sort=cheapest",
        "brand=ndolo&amp;from=1000&amp;s-matiere=soie&amp;sort=cheapest",
        "brand=ndolo&amp;brand=wouri&amp;s-matiere=soie&amp;sort=cheapest",
        "brand=ndolo&amp;brand=wouri&amp;from=1000&amp;sort=cheapest",
        "sort=cheapest",
    ]
    assert 'name="robots" content="noindex' in html
    assert 'rel="canonical"' not in html


def test_pages_keep_the_filters(tenant: Tenant, visitor: Client) -> None:
    for number in range(selectors.PER_PAGE + 1):
        make_product(f"Article {number}", brand="Ndolo", supply="always")
    html = html_of(visitor, "/?brand=ndolo&available=1")
    assert 'rel="next" href="?brand=ndolo&amp;available=1&amp;page=2"' in html
    assert len(names_in(html_of(visitor, "/?brand=ndolo&available=1&page=2"))) == 1


@pytest.mark.usefixtures("catalogue")
def test_only_values_of_this_list_are_offered_and_only_of_attributes_to_choose_by(visitor: Client) -> None:
    html = html_of(visitor, "/c/robes/")
    assert 'name="s-matiere" value="coton"' in html
    assert 'value="soie"' not in html
    assert 'value="wouri"' not in html
    assert "s-pays" not in html_of(visitor, "/c/mode/")


@pytest.mark.usefixtures("catalogue")
def test_a_shelf_shows_the_way_up_and_the_shelves_on_it(visitor: Client) -> None:
    home = html_of(visitor, "/")
    assert 'class="shelf-tile" href="/c/mode/"' in home
    assert 'class="shelf-tile" href="/c/robes/"' not in home
    mode = html_of(visitor, "/c/mode/")
    assert 'class="shelf-tile" href="/c/robes/"' in mode
    assert "Cousu ici." in mode
    [crumbs] = data_in(html_of(visitor, "/c/robes/"))
    assert [each["name"] for each in crumbs["itemListElement"]][1:] == ["Mode", "Robes"]
    assert visitor.get("/c/nowhere/").status_code == 404
    assert visitor.get("/brands/nobody/").status_code == 404


def data_in(html: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)]


def shirt(**options: Any) -> Product:
    return make_product(
        "Chemise",
        brand="Ndolo",
        option_names=("Taille", "Couleur"),
        supply="always",
        variants=(
            VariantDetails(9_000, options=("S", "Vert"), sku="C-SV", promo_minor=7_500),
            VariantDetails(9_000, options=("M", "Vert")),
            VariantDetails(12_000, options=("M", "Bleu"), sku="C-MB"),
            VariantDetails(1, options=("L", "Bleu"), is_active=False),
        ),
        **options,
    )


def test_a_variant_is_chosen_by_a_link_and_junk_shows_the_first(tenant: Tenant, visitor: Client) -> None:
    product = shirt()
    blue = product.variants.get(sku="C-MB")
    html = html_of(visitor, "/products/chemise/")
    assert f"7{NBSP}500" in html
    assert '<s class="offer-list">' in html
    assert html.count('aria-current="true"') == 2
    assert ">L<" not in html
    chosen = html_of(visitor, f"/products/chemise/?v={blue.public_id}")
    assert f"12{NBSP}000" in chosen
    assert "C-MB" in chosen
    for junk in ("x", "0" * 400, "%3Cscript%3E", str(product.public_id)):
        assert f"7{NBSP}500" in html_of(visitor, f"/products/chemise/?v={junk}")
    listed = html_of(visitor, "/")
    assert "price-from" in listed
    assert f"7{NBSP}500" in listed


def test_search_engines_read_offers_brand_rating_and_place(tenant: Tenant, visitor: Client) -> None:
    product = shirt(summary="Coupe </script> droite.", photos=[make_photo()])
    Product.objects.filter(pk=product.pk).update(rating_sum=9, rating_count=2)
    crumbs, data = data_in(html_of(visitor, "/products/chemise/"))
    assert crumbs["@type"] == "BreadcrumbList"
    assert (data["@type"], data["name"], data["description"]) == ("Product", "Chemise", "Coupe </script> droite.")
    assert data["brand"] == {"@type": "Brand", "name": "Ndolo"}
    assert data["aggregateRating"]["ratingValue"] == "4.5"
    assert [(each["price"], each["availability"]) for each in data["offers"]] == [
        ("7500", "https://schema.org/InStock"),
        ("9000", "https://schema.org/InStock"),
        ("12000", "https://schema.org/InStock"),
    ]
    assert data["offers"][0]["priceCurrency"] == tenant.currency
    assert data["image"][0].startswith("http")
    Product.objects.update(rating_sum=0, rating_count=0)
    assert "aggregateRating" not in data_in(html_of(visitor, "/products/chemise/"))[1]


def test_availability_is_told_in_words(tenant: Tenant, visitor: Client) -> None:
    visitor.cookies["django_language"] = "en"
    make_product("Pagne")
    variant = Variant.objects.get()
    assert "Out of stock" in html_of(visitor, "/products/pagne/")
    StockLevel.objects.create(variant=variant, location=Location.objects.get(), quantity=5, reserved=3)
    assert "Only 2 left" in html_of(visitor, "/products/pagne/")
    StockLevel.objects.update(quantity=50)
    assert "Available" in html_of(visitor, "/products/pagne/")
    Location.objects.update(sells_online=False)
    assert "Out of stock" in html_of(visitor, "/products/pagne/")
    soon = date.today() + timedelta(days=5)  # noqa: DTZ011 — any day will do
    make_product("Lampe", supply="preorder", preorder_from=soon)
    assert "Pre-order, expected on" in html_of(visitor, "/products/lampe/")
    make_product("Verre", supply="none")
    assert "Not for sale now" in html_of(visitor, "/products/verre/")


def test_a_promotion_that_is_over_is_not_shown(tenant: Tenant, visitor: Client) -> None:
    past = timezone.now() - timedelta(days=1)
    make_product("Pagne", variants=(VariantDetails(9_000, promo_minor=5_000, promo_ends_at=past),))
    assert Product.objects.get().price_from_minor == 9_000
    assert f"5{NBSP}000" not in html_of(visitor, "/products/pagne/")


def test_the_sitemap_names_what_is_public_and_nothing_else(tenant: Tenant, visitor: Client) -> None:
    services.add_shelf(details=ShelfDetails("Mode"))
    make_product("Robe & jupe", brand="Ndolo")
    make_product("Brouillon", publish=False)
    response = visitor.get("/sitemap.xml")
    assert response["Content-Type"] == "application/xml; charset=utf-8"
    root = ElementTree.fromstring(response.content)
    found = [each.text.split(tenant.primary_host)[1].lstrip(":0123456789") for each in root.findall(".//{*}loc")]
    assert found == ["/", "/c/mode/", "/brands/ndolo/", "/products/robe-jupe/"]
    assert visitor.get("/sitemap-2.xml").status_code == 404
    robots = visitor.get("/robots.txt").content.decode()
    assert "Disallow: /staff/" in robots
    assert re.search(rf"^Sitemap: http.*{tenant.primary_host}.*/sitemap\.xml$", robots, re.MULTILINE)


def test_a_long_sitemap_is_in_parts_that_cost_the_same(
    tenant: Tenant, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemaps, "PER_PART", 3)
    for number in range(7):
        make_product(f"Article {number}")
    index = visitor.get("/sitemap.xml").content.decode()
    assert re.findall(r"/sitemap-\d\.xml", index) == ["/sitemap-1.xml", "/sitemap-2.xml", "/sitemap-3.xml"]
    last = visitor.get("/sitemap-3.xml").content.decode()
    assert re.findall(r"/products/[^/]+/", last) == ["/products/article-6/"]
    assert queries_of(visitor, "/sitemap-2.xml") <= 4
    for number in ("0", "4", "99999999999999999999"):
        assert visitor.get(f"/sitemap-{number}.xml").status_code == 404


def test_a_list_counts_no_further_than_it_shows(
    tenant: Tenant, visitor: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "MAX_LISTED", 3)
    visitor.cookies["django_language"] = "en"
    for number in range(5):
        make_product(f"Article {number}")
    html = html_of(visitor, "/")
    assert "More than 1,000 products" in html
    assert names_in(html) == ["Article 4", "Article 3", "Article 2"]
    assert "There are more. Narrow them" in html


PATHS = ["/", "/c/mode/", "/?brand=ndolo&s-matiere=coton&sort=rated", "/brands/ndolo/", "/products/article-0/"]


@pytest.mark.parametrize("path", PATHS)
def test_pages_cost_the_same_whatever_there_is(tenant: Tenant, visitor: Client, path: str) -> None:
    top = services.add_shelf(details=ShelfDetails("Mode"), photo=make_photo())
    services.add_attribute(name="Matière", is_filter=True)
    details: dict[str, Any] = {"category_id": top.pk, "brand": "Ndolo", "specifications": (("Matière", "Coton"),)}
    make_product("Article 0", photos=[make_photo()], **details)
    visitor.get(path)  # the first visit of a process looks the tenant up
    few = queries_of(visitor, path)
    for number in range(1, 12):
        below = services.add_shelf(details=ShelfDetails(f"Rayon {number}", parent_id=top.pk))
        make_product(f"Article {number}", **{**details, "category_id": below.pk, "brand": f"Marque {number}"})
        make_product(f"Autre {number}", photos=[make_photo()], **details)
    assert queries_of(visitor, path) == few
    assert few <= 16


def test_a_shared_list_shows_its_own_photo_else_the_logo_else_a_product(tenant: Tenant, visitor: Client) -> None:
    def shared(path: str) -> str:
        found = re.search(r'<meta property="og:image" content="([^"]*)"', html_of(visitor, path))
        return found[1] if found else ""

    assert shared("/") == ""
    photo, own, logo = make_photo(), make_photo(), make_photo()
    plain = services.add_shelf(details=ShelfDetails("Mode"))
    make_product("Robe", photos=[photo], category_id=plain.pk)
    services.add_shelf(details=ShelfDetails("Épicerie"), photo=own)
    assert shared("/").endswith(photo.share_url)
    Shop.objects.update(logo=logo)
    assert shared("/").endswith(logo.share_url)
    assert shared("/c/mode/").endswith(logo.share_url)
    assert shared("/c/epicerie/").endswith(own.share_url)
