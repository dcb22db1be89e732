"""The form of a product, with and without variants."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client

from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.current import Tenant
from tenant_apps.store import selectors, services
from tenant_apps.store.forms.product_values import values_of
from tenant_apps.store.forms.products import ProductForm
from tenant_apps.store.models import Location, Product, StockLevel, Variant
from tenant_apps.store.services import ProductDetails, ShelfDetails, VariantDetails
from tenant_apps.store.services.details import check_details
from tenant_apps.store.tests.support import make_product, product_details
from tenant_apps.team.tests.support import BACKEND, make_member, make_role, refused, upload
from tests.support.tenants import Browser

NEW = "/staff/products/new/"


@pytest.fixture
def tenant_client(tenant: Tenant) -> Client:
    browser = Browser(tenant)
    browser.force_login(User.objects.get(is_staff=True), backend=BACKEND)
    return browser


def table(prefix: str, *rows: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": 0}
    for number, row in enumerate(rows):
        data |= {f"{prefix}-{number}-{name}": value for name, value in row.items()}
    return data


def sent(**changes: object) -> dict[str, object]:
    return {"key": str(uuid.uuid4()), "name": "Chemise", "price": "9 000", "action": "publish", **changes}


def row(option: str, **more: object) -> dict[str, object]:
    return {"option1": option, "is_active": "on", **more}


def save(client: Client, path: str, data: dict[str, object]) -> None:
    response = client.post(path, data)
    assert response.status_code == 302, re.findall(r"field-error[^>]*>.*?</div>", response.content.decode(), re.DOTALL)


def test_a_name_and_a_price_are_enough_and_can_be_ordered(tenant: Tenant, tenant_client: Client) -> None:
    save(tenant_client, NEW, sent())
    product = Product.objects.get()
    assert (product.supply, product.is_available, product.price_from_minor) == ("always", True, 9000)
    assert [(one.name, one.price_minor, one.is_active) for one in product.variants.all()] == [("", 9000, True)]


def test_everything_about_a_product_is_kept(tenant: Tenant, tenant_client: Client) -> None:
    shelf = services.add_shelf(details=ShelfDetails("Mode"))
    data = sent(
        summary="Coupe droite.", description="Longue.", shelf=shelf.pk, brand="Ndolo", badges=["new", "pro"],
        supply="preorder", preorder_from="2027-01-15", promo="7 500", promo_starts_at="2020-01-01T08:00",
        promo_ends_at="2199-01-01T08:00", cost="4000", sku="C-1", barcode="6001", low_stock_at="2",
        meta_title="Chemise wax", meta_description="En coton.",
        **table("specifications", {"name": "Matière", "value": "Coton"}, {"name": "", "value": ""}),
    )  # fmt: skip
    save(tenant_client, NEW, data)
    product = Product.objects.get()
    [variant] = product.variants.all()
    assert (product.category, product.brand.name, product.badges) == (shelf, "Ndolo", ["new", "pro"])
    assert (str(product.preorder_from), product.meta_title, product.summary) == (
        "2027-01-15",
        "Chemise wax",
        "Coupe droite.",
    )
    assert (variant.promo_minor, variant.cost_minor, variant.low_stock_at) == (7500, 4000, 2)
    assert (variant.sku, variant.barcode, product.price_from_minor) == ("C-1", "6001", 7500)
    assert [str(one) for one in selectors.specifications_of(product)] == ["Matière: Coton"]
    entry = AuditLog.objects.get(action="store.product.created")
    assert entry.after["variants"][0]["barcode"] == "6001"
    assert entry.after["specifications"] == ["Matière: Coton"]
    assert tenant_client.get("/staff/products/?q=6001").content.decode().count('class="with-photo"') == 1


def test_a_new_shelf_may_be_a_path_as_in_a_file(tenant: Tenant, tenant_client: Client) -> None:
    top = services.add_shelf(details=ShelfDetails("Mode"))
    save(tenant_client, NEW, sent(category="mode > Tissus"))
    shelf = Product.objects.get().category
    assert shelf is not None
    assert (shelf.name, shelf.parent) == ("Tissus", top)


def test_variants_take_the_prices_above_where_their_rows_have_none(tenant: Tenant, tenant_client: Client) -> None:
    rows = table("variants", row("S", sku="S-1"), row("M", price="12 000"), row(""), row("L", is_active=""))
    save(tenant_client, NEW, sent(option1="Taille", cost="4000", **rows))
    found = [(one.name, one.price_minor, one.cost_minor, one.is_active) for one in Variant.objects.all()]
    assert found == [("S", 9000, 4000, True), ("M", 12000, 4000, True), ("L", 9000, 4000, False)]
    assert Product.objects.get().option_names == ["Taille"]


def test_what_is_shown_in_the_form_and_sent_back_changes_nothing(tenant: Tenant) -> None:
    details = product_details(
        "Chemise", option_names=("Taille", "Couleur"), brand="Ndolo", badges=("new",), supply="preorder",
        specifications=(("Matière", "Coton"),),
        variants=(
            VariantDetails(9000, options=("S", "Vert"), promo_minor=8000, cost_minor=10, sku="A"),
            VariantDetails(9000, options=("M", "Vert"), cost_minor=10, barcode="60"),
            VariantDetails(12000, options=("M", "Bleu"), promo_minor=9000, cost_minor=20, is_active=False),
        ),
    )  # fmt: skip
    product = services.create_product(public_id=uuid.uuid4(), details=details)
    product = selectors.product_by_slug(product.slug, only_published=False)
    values = values_of(product, selectors.specifications_of(product))
    shown = ProductForm(shop=selectors.shop(), tree=selectors.read_shelves(), initial=values)
    form = ProductForm(as_sent(shown), shop=selectors.shop(), tree=selectors.read_shelves())
    assert form.is_valid(), form.errors
    ids = [one.public_id for one in product.variants.all()]
    assert [one.public_id for one in form.details.variants] == ids
    services.update_product(product=product, details=form.details)
    again = selectors.product_by_slug(product.slug, only_published=False)
    assert values_of(again, selectors.specifications_of(again)) == values


def as_sent(form: ProductForm) -> QueryDict:
    """What a browser sends of a form that nobody touched."""
    html = "".join(str(part) for part in (form, form.variants.management_form, form.specifications.management_form))
    html += "".join(str(each) for each in [*form.variants.forms, *form.specifications.forms])
    data = QueryDict(mutable=True)
    for tag in re.findall(r"<input[^>]*>", html):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        is_box = found.get("type") in ("checkbox", "radio")
        if "name" in found and found.get("type") != "file" and (not is_box or " checked" in tag):
            data.appendlist(found["name"], found.get("value", "on" if is_box else ""))
    for name, text in re.findall(r'<textarea name="([^"]+)"[^>]*>\s*(.*?)</textarea>', html, re.DOTALL):
        data[name] = text
    return data


def test_more_rows_come_without_javascript_and_lose_nothing(tenant: Tenant, tenant_client: Client) -> None:
    data = sent(
        action="more_variants", name="", option1="Taille", photo=[upload()], **table("variants", row("S", price="x"))
    )
    response = tenant_client.post(NEW, data)
    html = response.content.decode()
    assert response.status_code == 200
    assert html.count('class="variant-row"') == 4
    assert 'name="variants-0-option1" value="S"' in html
    assert 'name="variants-0-price" value="x"' in html
    assert "error-summary" not in html
    assert html.count('name="pending"') == 1
    assert not Product.objects.exists()


def test_each_wrong_row_is_named_on_top_and_beside_its_field(tenant: Tenant, tenant_client: Client) -> None:
    data = sent(option1="Taille", **table("variants", row("S", price="gratuit"), row("", price="500")))
    response = tenant_client.post(NEW, data)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_variants-0-price_error"' in html
    assert 'name="variants-0-price" value="gratuit"' in html
    assert not Product.objects.exists()


def test_photos_that_are_kept_are_not_asked_for_again(tenant: Tenant, tenant_client: Client) -> None:
    html = tenant_client.post(NEW, sent(price="gratuit", photo=[upload()])).content.decode()
    assert html.count('name="pending"') == 1
    assert "sont à choisir de nouveau" not in html


@pytest.mark.parametrize(
    "junk",
    [
        {"variants-TOTAL_FORMS": "x", "variants-INITIAL_FORMS": "y"},
        {"variants-TOTAL_FORMS": "99999999", "variants-INITIAL_FORMS": "0"},
        {"variants-TOTAL_FORMS": "-5", "variants-INITIAL_FORMS": "-5", "action": "more_variants"},
        {"variants-TOTAL_FORMS": "x", "action": "more_variants"},
        {"shelf": "999999"},
        {"shelf": "x"},
        {"badges": "gold"},
        {"supply": "never"},
        {"promo_starts_at": "yesterday", "promo": "5"},
        {"promo_ends_at": "20266-01-01T00:00", "promo": "5"},
        {"low_stock_at": "-1"},
        {"key": "no id"},
        {"option1": "Taille", "variants-TOTAL_FORMS": "1", "variants-INITIAL_FORMS": "1", "variants-0-public_id": "x"},
        {"name": "a\x00b"},
    ],
)
def test_junk_is_answered_calmly(tenant: Tenant, tenant_client: Client, junk: dict[str, object]) -> None:
    assert tenant_client.post(NEW, sent(**junk)).status_code in (200, 302, 400, 422)


def test_a_product_with_one_price_gets_options_and_keeps_its_variant(tenant: Tenant, tenant_client: Client) -> None:
    product = make_product("Chemise", sku="C-1", price_minor=9000)
    only = product.variants.get()
    html = tenant_client.get("/staff/products/chemise/edit/").content.decode()
    assert f'name="variants-0-public_id" value="{only.public_id}"' in html
    rows = table("variants", row("S", public_id=only.public_id), row("M"))
    save(tenant_client, "/staff/products/chemise/edit/", sent(option1="Taille", sku="C-1", **rows))
    assert [(one.pk == only.pk, one.name, one.sku) for one in product.variants.all()] == [
        (True, "S", "C-1"),
        (False, "M", None),
    ]


def variants(*names: str, **codes: str) -> tuple[VariantDetails, ...]:
    known = {one.name: one.public_id for one in Variant.objects.all()}
    return tuple(
        VariantDetails(100, public_id=known.get(name), options=(name,), sku=codes.get(name, "")) for name in names
    )


def with_variants(*names: str, **codes: str) -> ProductDetails:
    return product_details("Chemise", option_names=("Taille",), variants=variants(*names, **codes))


def test_a_variant_that_stock_knows_is_taken_off_sale_and_any_other_deleted(tenant: Tenant) -> None:
    product = services.create_product(public_id=uuid.uuid4(), details=with_variants("S", "M", "L", M="M-1"))
    kept = Variant.objects.get(name="M")
    StockLevel.objects.create(variant=kept, location=Location.objects.get())
    services.update_product(product=product, details=with_variants("L"))
    assert [(one.name, one.is_active, one.sku) for one in product.variants.all()] == [
        ("L", True, None),
        ("M", False, "M-1"),
    ]
    with refused("product_has_history"):
        services.delete_product(product=product)
    assert Product.objects.count() == 1


def test_references_may_change_places_between_variants(tenant: Tenant) -> None:
    product = services.create_product(public_id=uuid.uuid4(), details=with_variants("S", "M", S="A", M="B"))
    services.update_product(product=product, details=with_variants("M", "S", S="B", M="A"))
    assert [(one.name, one.sku) for one in product.variants.all()] == [("M", "A"), ("S", "B")]


def test_a_barcode_belongs_to_one_product(tenant: Tenant) -> None:
    make_product("A", variants=(VariantDetails(1, barcode="6001a"),))
    with refused("barcode_taken") as caught:
        make_product("B", variants=(VariantDetails(1, barcode="6001A"),))
    assert caught.value.field == "barcode"


ONE = VariantDetails(100)


@pytest.mark.parametrize(
    ("code", "details"),
    [
        ("options_unclear", {"option_names": ("A", "a")}),
        ("options_unclear", {"option_names": ("A", "B", "C", "D")}),
        ("options_missing", {"variants": (ONE, ONE)}),
        ("options_missing", {"variants": ()}),
        ("options_incomplete", {"option_names": ("A",)}),
        ("options_twice", {"option_names": ("A",), "variants": (VariantDetails(1, options=("s",)), VariantDetails(2, options=("S",)))}),
        ("no_active_variant", {"variants": (VariantDetails(1, is_active=False),)}),
        ("promo_too_high", {"variants": (VariantDetails(100, promo_minor=100),)}),
        ("attribute_twice", {"specifications": (("Poids", "1"), ("poids", "2"))}),
        ("sku_twice", {"option_names": ("A",), "variants": (VariantDetails(1, options=("s",), sku="x"), VariantDetails(2, options=("m",), sku="X"))}),
    ],
)  # fmt: skip
def test_what_makes_no_product_is_refused(code: str, details: dict[str, Any]) -> None:
    with refused(code):
        check_details(ProductDetails(**{"name": "A", "variants": (ONE,), **details}))


def test_the_first_pieces_of_a_new_product_are_received(tenant: Tenant, tenant_client: Client) -> None:
    data = sent(supply="stock", pieces="12")
    save(tenant_client, NEW, data)
    save(tenant_client, NEW, data)
    product = Product.objects.get()
    [level] = StockLevel.objects.filter(variant__product=product)
    [movement] = level.movements.all()
    assert (level.quantity, level.location, product.is_available) == (12, Location.objects.get(), True)
    assert (movement.action, movement.quantity, movement.actor) == ("received", 12, User.objects.get(is_staff=True))


def test_each_variant_of_a_new_product_has_pieces_of_its_own(tenant: Tenant, tenant_client: Client) -> None:
    rows = table("variants", row("M", pieces="3"), row("", remove="on"), row("L", pieces=""), row("XL", pieces="5"))
    save(tenant_client, NEW, sent(supply="stock", pieces="", option1="Taille", **rows))
    levels = StockLevel.objects.order_by("variant__position")
    assert [(one.variant.name, one.quantity) for one in levels] == [("M", 3), ("XL", 5)]


@pytest.mark.parametrize("typed", ["", "-1", "douze", "1000001", "1,5"])
def test_pieces_that_cannot_be_meant_are_told_beside_the_field(
    tenant: Tenant, tenant_client: Client, typed: str
) -> None:
    response = tenant_client.post(NEW, sent(supply="stock", pieces=typed))
    assert response.status_code == 422
    assert set(response.context["form"].errors) == {"pieces"}
    assert not Product.objects.exists()


def test_what_is_not_counted_has_no_pieces(tenant: Tenant, tenant_client: Client) -> None:
    save(tenant_client, NEW, sent(supply="always", pieces="12"))
    assert not StockLevel.objects.exists()


def test_pieces_are_only_typed_by_people_who_may_change_the_stock(tenant: Tenant) -> None:
    browser = Browser(tenant)
    role = make_role("store.change_products", "store.view_products")
    browser.force_login(make_member(role).user, backend=BACKEND)
    assert 'name="pieces"' not in browser.get(NEW).content.decode()
    save(browser, NEW, sent(supply="stock", pieces="12"))
    assert not StockLevel.objects.exists()


def test_a_product_that_is_there_shows_its_pieces_and_takes_none(tenant: Tenant, tenant_client: Client) -> None:
    save(tenant_client, NEW, sent(supply="stock", pieces="12"))
    product = Product.objects.get()
    page = tenant_client.get(f"/staff/products/{product.slug}/edit/").content.decode()
    assert f'href="/staff/stock/{product.variants.get().public_id}/"' in page
    assert 'name="pieces"' not in page
    save(
        tenant_client, f"/staff/products/{product.slug}/edit/", sent(key=product.public_id, supply="stock", pieces="99")
    )
    assert StockLevel.objects.get().quantity == 12


def test_an_empty_form_is_for_goods_that_are_counted(tenant: Tenant, tenant_client: Client) -> None:
    page = tenant_client.get(NEW)
    assert page.context["form"]["supply"].value() == "stock"
    assert 'name="pieces"' in page.content.decode()
