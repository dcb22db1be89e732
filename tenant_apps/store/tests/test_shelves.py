"""Writing the tree of shelves, brands and attributes."""

from __future__ import annotations

import sys
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store import selectors, services
from tenant_apps.store.models import Attribute, Brand, Category, Specification
from tenant_apps.store.selectors.shelves import MAX_DEPTH
from tenant_apps.store.services import BrandDetails, ShelfDetails, shelves
from tenant_apps.store.tests.support import files_of, make_photo, make_product
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import PENDING_FOR
from tenant_apps.team.tests.support import refused
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once, interrupted

HERE = sys.modules[__name__]


def shelf(name: str, on: Category | None = None) -> Category:
    return services.add_shelf(details=ShelfDetails(name, parent_id=on.pk if on else None))


def put(what: Category, on: Category | None) -> Category:
    details = ShelfDetails(what.name, what.description, on.pk if on else None)
    return services.change_shelf(shelf=what, details=details)


def test_the_tree_is_read_in_order_with_paths(tenant: Tenant, django_assert_num_queries: Any) -> None:
    fashion, food = shelf("Mode"), shelf("Épicerie")
    dresses = shelf("Robes", fashion)
    with django_assert_num_queries(1):
        tree = selectors.read_shelves()
    assert [one.name for one in tree.all] == ["Mode", "Robes", "Épicerie"]
    assert tree.below(fashion) == [fashion.pk, dresses.pk]
    assert tree.full_name(dresses) == "Mode › Robes"
    assert [one.name for one in tree.children(None)] == ["Mode", "Épicerie"]
    assert (tree.height(fashion), tree.height(food)) == (2, 1)


def test_a_shelf_cannot_stand_on_itself_or_below(tenant: Tenant) -> None:
    top = shelf("Mode")
    below = shelf("Robes", top)
    for on in (top, below):
        with refused("shelf_in_itself") as caught:
            put(top, on)
        assert caught.value.field == "parent"
    assert Category.objects.get(pk=top.pk).parent_id is None


def test_shelves_go_four_levels_deep_also_when_a_branch_moves(tenant: Tenant) -> None:
    at: Category | None = None
    for number in range(MAX_DEPTH):
        at = shelf(f"Niveau {number}", at)
    with refused("shelf_too_deep"):
        shelf("Trop bas", at)
    branch = shelf("Branche")
    shelf("Feuille", branch)
    third = Category.objects.get(name="Niveau 2")
    with refused("shelf_too_deep"):
        put(branch, third)
    assert put(branch, Category.objects.get(name="Niveau 1")).parent.name == "Niveau 1"


def test_a_shop_has_only_so_many_shelves_however_they_are_added(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "MAX_SHELVES", 2)
    shelf("Mode")
    make_product("Thé", category="Épicerie")
    with refused("too_many_shelves"):
        shelf("Maison")
    with refused("too_many_shelves") as caught:
        make_product("Savon", category="Beauté")
    assert caught.value.field == "category"
    assert make_product("Robe", category="mode").category.name == "Mode"


def test_two_sisters_never_have_one_name_but_cousins_may(tenant: Tenant) -> None:
    women, men = shelf("Femmes"), shelf("Hommes")
    shelf("Chaussures", women)
    assert shelf("Chaussures", men).slug == "chaussures-2"
    with refused("shelf_taken") as caught:
        shelf("CHAUSSURES", women)
    assert caught.value.field == "name"


def test_sisters_change_places_and_the_first_stays_first(tenant: Tenant) -> None:
    one, two, three = shelf("Un"), shelf("Deux"), shelf("Trois")
    services.move_shelf(shelf=three, up=True)
    services.move_shelf(shelf=one, up=True)
    assert [each.name for each in selectors.read_shelves().all] == ["Un", "Trois", "Deux"]
    services.move_shelf(shelf=one, up=False)
    services.move_shelf(shelf=two, up=False)
    assert [each.name for each in selectors.read_shelves().all] == ["Trois", "Un", "Deux"]
    entry = AuditLog.objects.filter(action="store.category.moved").earliest("pk")
    assert entry.after == {"positions": ["Un", "Trois", "Deux"]}


def test_a_shelf_with_products_or_shelves_is_not_deleted(tenant: Tenant) -> None:
    top = shelf("Mode")
    below = shelf("Robes", top)
    make_product("Robe", category_id=below.pk)
    for one in (top, below):
        with refused("shelf_not_empty"):
            services.delete_shelf(shelf=one)
    empty = shelf("Vide")
    services.delete_shelf(shelf=empty)
    assert not Category.objects.filter(pk=empty.pk).exists()
    with refused("shelf_gone"):
        services.delete_shelf(shelf=empty)


def test_a_shelfs_photo_goes_when_another_takes_its_place(tenant: Tenant, django_capture_on_commit_callbacks) -> None:
    first, second = make_photo(), make_photo()
    with django_capture_on_commit_callbacks(execute=True):
        made = services.add_shelf(details=ShelfDetails("Mode"), photo=first)
        services.change_shelf(shelf=made, details=ShelfDetails("Mode"), photo=second)
    assert not any(files_of(first))
    assert all(files_of(second))
    services.change_shelf(shelf=made, details=ShelfDetails("Mode"), remove_photo=True)
    assert not Photo.objects.exists()


def test_photos_of_shelves_and_brands_are_for_everybody_and_not_taken_for_abandoned(tenant: Tenant) -> None:
    on_shelf, of_brand, abandoned = make_photo(), make_photo(), make_photo()
    services.add_shelf(details=ShelfDetails("Mode"), photo=on_shelf)
    services.add_brand(details=BrandDetails("Ndolo"), logo=of_brand)
    Photo.objects.update(created_at=timezone.now() - 3 * PENDING_FOR)
    make_product("Robe")
    assert set(Photo.objects.all()) == {on_shelf, of_brand}
    assert all(selectors.is_photo_published(photo) for photo in (on_shelf, of_brand))
    assert not selectors.is_photo_published(abandoned)


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("locked", [True, False])
def test_two_moves_at_once_cannot_make_a_circle(monkeypatch: pytest.MonkeyPatch, locked: bool) -> None:
    """Each would be right alone. Without the lock both are done, and the two stand on one another."""
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    one, two = shelf("Un"), shelf("Deux")
    if not locked:
        monkeypatch.setattr(shelves, "lock_shop", lambda: None)

    def move(what: Category, on: Category) -> Category:
        connection.set_tenant(tenant)
        return put(what, on)

    outcome = interrupted(
        monkeypatch, shelves, "_check_place", first=lambda: move(one, two), then=lambda: move(two, one)
    )
    connection.set_tenant(tenant)
    parents = [Category.objects.get(pk=each.pk).parent_id for each in (one, two)]
    if locked:
        assert parents == [two.pk, None]
        assert [getattr(each, "code", "") for each in outcome] == ["", "shelf_in_itself"]
    else:
        assert parents == [two.pk, one.pk]


@pytest.mark.usefixtures("committed_db")
def test_shelves_of_one_name_added_at_once_are_one_shelf_and_a_refusal() -> None:
    tenant = ready_tenant("store-a")

    def add(_number: int) -> Category:
        connection.set_tenant(tenant)
        return shelf("Mode")

    outcome = at_once(4, add)
    assert sorted(type(each).__name__ for each in outcome) == ["Category", *["DomainError"] * 3]


def test_a_brand_is_made_by_its_name_and_found_again_whatever_the_case(tenant: Tenant) -> None:
    make_product("A", brand="Atelier Ndolo")
    make_product("B", brand="ATELIER ndolo")
    [brand] = Brand.objects.all()
    assert (brand.name, brand.products.count()) == ("Atelier Ndolo", 2)
    with refused("brand_used"):
        services.delete_brand(brand=brand)
    with refused("brand_taken"):
        services.add_brand(details=BrandDetails("atelier ndolo"))


def test_a_brand_is_renamed_keeps_its_address_and_is_deleted_when_nobody_has_it(tenant: Tenant) -> None:
    logo = make_photo()
    brand = services.add_brand(details=BrandDetails("Ndolo"), logo=logo)
    changed = services.change_brand(brand=brand, details=BrandDetails("Maison Ndolo", "À Douala."))
    assert (changed.name, changed.slug, changed.logo) == ("Maison Ndolo", "ndolo", logo)
    services.delete_brand(brand=changed)
    assert not Brand.objects.exists()
    assert not Photo.objects.exists()


def test_products_are_found_by_the_new_name_of_their_shelf_and_brand(tenant: Tenant) -> None:
    top = shelf("Mode")
    product = make_product("Robe", category_id=top.pk, brand="Ndolo", specifications=(("Matière", "Coton"),))
    services.change_shelf(shelf=top, details=ShelfDetails("Couture"))
    services.change_brand(brand=product.brand, details=BrandDetails("Wouri"))
    for words, found in (("couture", 1), ("wouri", 1), ("coton robe", 1), ("ndolo", 0)):
        listing = selectors.list_storefront(query=words)
        assert (len(listing.page.object_list), listing.guessed) == (found, False), words


def test_attributes_are_made_by_name_and_their_values_compared_folded(tenant: Tenant) -> None:
    one = make_product("A", specifications=(("Mémoire", "16 Go"), ("Couleur", "Noir")))
    two = make_product("B", specifications=(("mémoire", "16 GO"),))
    assert sorted(Attribute.objects.values_list("name", flat=True)) == ["Couleur", "Mémoire"]
    assert {each.value_key for each in Specification.objects.filter(attribute__name="Mémoire")} == {"16-go"}
    assert [str(each) for each in selectors.specifications_of(one)] == ["Mémoire: 16 Go", "Couleur: Noir"]
    assert [each.value for each in selectors.specifications_of(two)] == ["16 GO"]


def test_an_attribute_that_products_have_is_not_deleted(tenant: Tenant) -> None:
    make_product("A", specifications=(("Matière", "Coton"),))
    used = Attribute.objects.get()
    with refused("attribute_used"):
        services.delete_attribute(attribute=used)
    with refused("attribute_taken"):
        services.add_attribute(name="matière", is_filter=True)
    assert services.change_attribute(attribute=used, name="Tissu", is_filter=True).is_filter
    unused = services.add_attribute(name="Poids", is_filter=False)
    services.delete_attribute(attribute=unused)
    assert [each.name for each in Attribute.objects.all()] == ["Tissu"]


def test_values_without_an_ascii_form_stay_apart(tenant: Tenant) -> None:
    make_product("A", specifications=(("لون", "أحمر"),))
    make_product("B", specifications=(("لون", "أزرق"),))
    keys = set(Specification.objects.values_list("value_key", flat=True))
    assert len(keys) == 2
    assert all(keys)


def test_an_unknown_shelf_is_refused_beside_its_field(tenant: Tenant) -> None:
    with pytest.raises(DomainError) as caught:
        make_product("A", category_id=999_999)
    assert (caught.value.code, caught.value.field) == ("shelf_gone", "shelf")
