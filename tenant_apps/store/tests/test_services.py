"""Writing the catalogue."""

from __future__ import annotations

import threading
import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from billing import quotas
from billing.quotas import QuotaReached
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.store import selectors, services
from tenant_apps.store.models import Category, DeliveryZone, Location, Product, ProductImage, Segment, Shop, Variant
from tenant_apps.store.services import ShopDetails, products
from tenant_apps.store.tests.support import files_of, make_photo, make_product, product_details
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import PENDING_FOR
from tests.support.tenants import ready_tenant


def test_a_new_shop_has_the_tenants_name_and_currency_and_defaults_are_made_once(tenant: Tenant) -> None:
    services.create_defaults(tenant=tenant, owner=User.objects.get(is_staff=True))
    shop = selectors.shop()
    assert (shop.name, shop.currency) == (tenant.name, tenant.currency)
    assert AuditLog.objects.filter(action="store.shop.created").count() == 1


@pytest.mark.parametrize(
    ("country", "paid_in", "currency"),
    [("SN", "EUR", "XOF"), ("CM", "XAF", "XAF"), ("GN", "XOF", "GNF"), ("CD", "EUR", "EUR"), ("", "XAF", "XAF")],
)
def test_a_new_shop_is_where_its_organisation_is_and_sells_in_the_money_of_the_country(
    tenant: Tenant, country: str, paid_in: str, currency: str
) -> None:
    for model in (Shop, Segment, DeliveryZone, Location):
        model.objects.all().delete()
    new = replace(tenant, country=country, currency=paid_in)
    services.create_defaults(tenant=new, owner=User.objects.get(is_staff=True))
    assert Shop.objects.values_list("country", "currency").get() == (country, currency)


def test_a_product_gets_a_variant_a_slug_and_an_audit_entry(tenant: Tenant) -> None:
    product = make_product("Pagne wax", sku="PW-1", category="Tissus", price_minor=15000)
    [variant] = product.variants.all()
    assert (variant.price_minor, variant.sku, variant.position) == (15000, "PW-1", 0)
    assert product.slug == "pagne-wax"
    assert product.published_at is not None
    entry = AuditLog.objects.get(action="store.product.created")
    assert entry.after["price_minor"] == 15000
    assert entry.resource_id == str(product.pk)


def test_the_same_form_sent_twice_makes_one_product(tenant: Tenant) -> None:
    key = uuid.uuid4()
    details = product_details("Riz", 1)
    first = services.create_product(public_id=key, details=details)
    assert services.create_product(public_id=key, details=details).pk == first.pk
    assert Product.objects.count() == 1


def test_slugs_are_unique_and_never_change(tenant: Tenant) -> None:
    first, second = make_product("Robe"), make_product("Robe")
    assert (first.slug, second.slug) == ("robe", "robe-2")
    changed = services.update_product(product=first, details=product_details("Jupe", 5))
    assert changed.slug == "robe"


def test_categories_are_found_again_whatever_the_case(tenant: Tenant) -> None:
    make_product("A", category="Épicerie")
    make_product("B", category="épicerie")
    assert [category.name for category in Category.objects.all()] == ["Épicerie"]


def test_a_category_below_another_is_not_taken_for_one_of_the_top(tenant: Tenant) -> None:
    top = make_product("A", category="Mode").category
    below = Category.objects.create(name="Robes", slug="robes", parent=top, position=7)
    made = make_product("B", category="robes").category
    assert made is not None
    assert made.pk != below.pk
    assert (made.parent, made.slug, made.position) == (None, "robes-2", 8)


def test_a_reference_is_used_once_whatever_the_case(tenant: Tenant) -> None:
    make_product("Robe", sku="R-1")
    with pytest.raises(DomainError) as caught:
        make_product("Jupe", sku="r-1")
    assert (caught.value.code, caught.value.field) == ("sku_taken", "sku")
    assert "Robe" in str(caught.value)
    assert not Product.objects.filter(name="Jupe").exists()
    make_product("Sans 1")
    make_product("Sans 2")


def test_the_plan_limits_products_and_says_how_to_get_more(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    make_product("Un")
    monkeypatch.setattr(Tenant, "quota", lambda self, name: 1 if name == "products" else None)
    with pytest.raises(QuotaReached) as caught:
        make_product("Deux")
    assert "1" in str(caught.value)
    assert tenant.plan_name in str(caught.value)
    assert caught.value.extra["upgrade_url"].startswith("http")
    assert Product.objects.count() == 1
    assert not AuditLog.objects.filter(action="store.product.created", after__name="Deux").exists()


def test_photos_are_attached_in_order_and_only_once(tenant: Tenant) -> None:
    one, two, three = make_photo(), make_photo(), make_photo()
    product = make_product(photos=[one, two])
    details = product_details("Pagne", 1)
    services.update_product(product=product, details=details, photos=[two, three])
    images = ProductImage.objects.filter(product=product).order_by("position")
    assert [image.photo_id for image in images] == [one.pk, two.pk, three.pk]


def test_a_product_has_at_most_eight_photos(tenant: Tenant) -> None:
    with pytest.raises(DomainError) as caught:
        make_product(photos=[make_photo() for _ in range(products.MAX_PHOTOS + 1)])
    assert caught.value.field == "photo"
    assert not Product.objects.exists()


@pytest.mark.django_db
def test_removed_photos_go_with_their_files(tenant: Tenant, django_capture_on_commit_callbacks) -> None:
    keep, drop = make_photo(), make_photo()
    product = make_product(photos=[keep, drop])
    with django_capture_on_commit_callbacks(execute=True):
        services.update_product(product=product, details=product_details("P", 1), remove=[drop.public_id])
    assert not any(files_of(drop))
    assert all(files_of(keep))
    assert [photo.pk for photo in Photo.objects.all()] == [keep.pk]


def test_another_products_photo_cannot_be_removed_from_here(tenant: Tenant) -> None:
    other = make_photo()
    make_product("Autre", photos=[other])
    product = make_product("Robe")
    services.update_product(product=product, details=product_details("R", 1), remove=[other.public_id])
    assert Photo.objects.filter(pk=other.pk).exists()


def test_a_deleted_product_leaves_nothing_behind(tenant: Tenant, django_capture_on_commit_callbacks) -> None:
    photo = make_photo()
    product = make_product(photos=[photo])
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_product(product=product)
    assert not any(model.objects.exists() for model in (Product, Variant, ProductImage, Photo))
    assert not any(files_of(photo))
    assert AuditLog.objects.get(action="store.product.deleted").before["photos"] == 1
    with pytest.raises(DomainError) as caught:
        services.show_product(product=product, published=True)
    assert caught.value.code == "product_gone"


def test_abandoned_uploads_are_cleaned_up_on_the_way(tenant: Tenant) -> None:
    abandoned, fresh, used = make_photo(), make_photo(), make_photo()
    make_product("Avec photo", photos=[used])
    long_ago = timezone.now() - 3 * PENDING_FOR
    Photo.objects.filter(pk__in=[abandoned.pk, used.pk]).update(created_at=long_ago)
    Photo.objects.filter(pk=fresh.pk).update(created_at=timezone.now() - timedelta(minutes=1))
    make_product("Suivant")
    assert set(Photo.objects.values_list("pk", flat=True)) == {fresh.pk, used.pk}


def test_hiding_and_publishing_again_keeps_the_first_date(tenant: Tenant) -> None:
    product = make_product()
    hidden = services.show_product(product=product, published=False)
    assert hidden.status == Product.Status.DRAFT
    again = services.show_product(product=hidden, published=True)
    assert again.published_at == product.published_at
    services.show_product(product=again, published=True)
    actions = list(AuditLog.objects.filter(action__in=["store.product.published", "store.product.hidden"]))
    assert len(actions) == 2


def test_the_shop_keeps_before_and_after_in_the_audit_log(tenant: Tenant) -> None:
    services.save_shop(details=ShopDetails(name="Chez Awa", phone="+221771234567", brand_colour="#aa3300"))
    entry = AuditLog.objects.get(action="store.shop.changed")
    assert (entry.before["name"], entry.after["name"]) == (tenant.name, "Chez Awa")


@pytest.mark.parametrize(
    "change",
    [
        lambda p: Variant.objects.filter(product=p).update(price_minor=-1),
        lambda p: Variant.objects.filter(product=p).update(sku=""),
        lambda p: Product.objects.filter(pk=p.pk).update(status="gone"),
        lambda p: Product.objects.filter(pk=p.pk).update(published_at=None),
        lambda p: Variant.objects.create(product=p, price_minor=1, position=0),
        lambda p: Shop.objects.create(pk=2, name="x", currency="XAF"),
        lambda p: Shop.objects.update(brand_colour="red"),
    ],
)
def test_the_database_refuses_what_the_services_would(tenant: Tenant, change) -> None:
    product = make_product(sku="A")
    with pytest.raises(IntegrityError), transaction.atomic():
        change(product)


def test_usage_names_the_plans_quotas(tenant: Tenant) -> None:
    make_product(photos=[make_photo()])
    assert quotas.usage() == {"products": 1, "users": 1, "storage_gb": 0}
    assert set(quotas.usage()) == set(dict(tenant.quotas))


@pytest.mark.usefixtures("committed_db")
def test_people_adding_the_same_name_at_once_get_addresses_of_their_own() -> None:
    tenant = ready_tenant("store-a")
    threads_wanted = 6
    start = threading.Barrier(threads_wanted)
    slugs: list[str] = []

    def add() -> None:
        connection.set_tenant(tenant)
        try:
            start.wait()
            slugs.append(make_product("Robe", category="Mode").slug)
        finally:
            connection.set_schema_to_public()
            connection.close()

    threads = [threading.Thread(target=add) for _ in range(threads_wanted)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(slugs) == ["robe", *(f"robe-{number}" for number in range(2, threads_wanted + 1))]
    connection.set_tenant(tenant)
    assert Category.objects.count() == 1
