"""Finding products whatever the accents, the endings and the small typos."""

from __future__ import annotations

import pytest

from shared_apps.organisations.current import Tenant
from tenant_apps.store import selectors, services
from tenant_apps.store.selectors import search
from tenant_apps.store.tests.support import make_product, product_details

CATALOGUE = {
    "Téléphone Samsung Galaxy": {"category": "Téléphonie", "sku": "SM-A155F"},
    "Chaussures en cuir": {"category": "Mode", "description": "Cousues à la main à Maroua."},
    "Robe bogolan": {"category": "Mode"},
    "Riz parfumé 25 kg": {"category": "Épicerie"},
    "هاتف جديد": {},
}


@pytest.fixture
def catalogue(tenant: Tenant) -> None:
    for name, details in CATALOGUE.items():
        make_product(name, **details)


def found(query: str) -> tuple[set[str], bool]:
    listing = selectors.list_storefront(query=query, page=1)
    return {product.name for product in listing.page}, listing.guessed


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    ("query", "name", "guessed"),
    [
        ("téléphone", "Téléphone Samsung Galaxy", False),
        ("TELEPHONES", "Téléphone Samsung Galaxy", False),
        ("telep", "Téléphone Samsung Galaxy", False),
        ("telefone", "Téléphone Samsung Galaxy", True),
        ("samsnug", "Téléphone Samsung Galaxy", True),
        ("sm-a155f", "Téléphone Samsung Galaxy", False),
        ("des chaussures de cuir", "Chaussures en cuir", False),
        ("chausure cuir", "Chaussures en cuir", True),
        ("chaussure", "Chaussures en cuir", False),
        ("maroua", "Chaussures en cuir", False),
        ("épicerie", "Riz parfumé 25 kg", False),
        ("riz 25", "Riz parfumé 25 kg", False),
        ("هاتف", "هاتف جديد", False),
    ],
)
def test_people_find_what_they_mean(query: str, name: str, guessed: bool) -> None:
    assert found(query) == ({name}, guessed)


@pytest.mark.usefixtures("catalogue")
@pytest.mark.parametrize(
    "query",
    [
        "introuvable",
        "!!!",
        "' OR 1=1 --",
        "xa & !yb | (zc:*",
        "\\",
        "%",
        "x" * 5000,
        "<->",
        "telephone robe",
        "zz",
    ],
)
def test_what_is_not_there_is_not_found_and_breaks_nothing(query: str) -> None:
    assert found(query) == (set(), False)


@pytest.mark.usefixtures("catalogue")
def test_no_query_lists_everything_the_latest_first() -> None:
    listing = selectors.list_storefront(query="  ", page=1)
    assert [product.name for product in listing.page] == list(reversed(CATALOGUE))


@pytest.mark.usefixtures("catalogue")
def test_the_name_counts_more_than_the_description() -> None:
    make_product("Cirage", description="Pour chaussures")
    listing = selectors.list_storefront(query="chaussures", page=1)
    assert [product.name for product in listing.page] == ["Chaussures en cuir", "Cirage"]


def test_a_changed_product_is_found_by_its_new_words_only(tenant: Tenant) -> None:
    product = make_product("Robe rouge")
    services.update_product(product=product, details=product_details("Jupe verte", 1))
    assert found("robe") == (set(), False)
    assert found("jupe") == ({"Jupe verte"}, False)


def test_drafts_are_found_by_staff_only(tenant: Tenant) -> None:
    make_product("Robe secrète", publish=False)
    assert found("robe") == (set(), False)
    staff = selectors.list_for_staff(query="robe", status="draft", page=1)
    assert [product.name for product in staff.page] == ["Robe secrète"]
    assert not selectors.list_for_staff(query="robe", status="published", page=1).page.object_list


def test_only_stop_words_are_still_searched(tenant: Tenant) -> None:
    assert search.words_of("le la") == ["le", "la"]
    assert search.words_of("le riz") == ["riz"]


def test_pages_beyond_the_last_show_the_last(tenant: Tenant) -> None:
    for number in range(selectors.PER_PAGE + 1):
        make_product(f"Article {number}")
    assert len(selectors.list_storefront(query="article", page="99").page.object_list) == 1
    assert selectors.list_storefront(query="article", page="x").page.number == 1
