"""The shop's pages, as staff and customers use them."""

from __future__ import annotations

import re
import uuid
from io import BytesIO

import pytest
from django.test import Client
from django_tenants.utils import tenant_context
from PIL import Image

from shared_apps.organisations.current import Tenant
from tenant_apps.store import services
from tenant_apps.store.models import Product
from tenant_apps.store.services import ShopDetails
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.team.models import Photo
from tenant_apps.team.tests.support import customer_client, upload
from tests.support.queries import queries_of
from tests.support.tenants import client_of, owner_of, ready_tenant


def form_data(**changes: object) -> dict[str, object]:
    return {"key": str(uuid.uuid4()), "name": "Pagne wax", "price": "15 000", "action": "publish", **changes}


def test_staff_add_a_product_with_photo_and_price_and_customers_find_it(
    tenant: Tenant, tenant_client: Client, visitor: Client
) -> None:
    data = form_data(category="Tissus", description="Six yards.", photo=[upload(), upload()])
    response = tenant_client.post("/staff/products/new/", data, follow=True)
    assert response.status_code == 200
    assert "Pagne wax" in response.content.decode()

    home = visitor.get("/?q=pagnes").content.decode()
    assert "/products/pagne-wax/" in home
    assert "15\u202f000\u00a0FCFA" in home
    page = visitor.get("/products/pagne-wax/").content.decode()
    assert "Six yards." in page
    assert "https://wa.me/?text=Pagne+wax" in page
    sources = set(re.findall(r'src="(/media/[^"]+)"', page))
    assert len(sources) == 2
    for source in sources:
        image = visitor.get(source)
        assert image["Content-Type"] == "image/webp"
        assert image["Cache-Control"] == "public, max-age=31536000, immutable"
        assert image["X-Content-Type-Options"] == "nosniff"
        assert Image.open(BytesIO(b"".join(image.streaming_content))).format == "WEBP"


def test_a_wrong_price_loses_nothing_and_keeps_the_photo(tenant: Tenant, tenant_client: Client) -> None:
    data = form_data(price="12,5", description="Six yards.", photo=[upload()])
    response = tenant_client.post("/staff/products/new/", data)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'value="Pagne wax"' in html
    assert "Six yards." in html
    assert 'id="id_price_error"' in html
    [pending] = re.findall(r'name="pending" value="([^"]+)"', html)
    assert tenant_client.get(re.search(r'src="(/media/[^"]+)"', html)[1]).status_code == 200

    again = form_data(key=data["key"], pending=pending)
    assert tenant_client.post("/staff/products/new/", again).status_code == 302
    with tenant_context(tenant):
        product = Product.objects.get()
        assert str(product.images.get().photo.public_id) == pending


def test_a_bad_photo_is_named_beside_its_field_and_the_good_one_is_kept(tenant: Tenant, tenant_client: Client) -> None:
    response = tenant_client.post("/staff/products/new/", form_data(photo=[upload(), upload(b"no photo")]))
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_photo_error"' in html
    assert html.count('name="pending"') == 1
    with tenant_context(tenant):
        assert not Product.objects.exists()


def test_a_pending_photo_can_be_dropped_and_others_photos_cannot_be_taken(
    tenant: Tenant, tenant_client: Client
) -> None:
    with tenant_context(tenant):
        mine = make_photo()
        theirs = make_photo()
        Photo.objects.filter(pk=theirs.pk).update(uploaded_by=None)
    pending = [str(mine.public_id), str(theirs.public_id), "no-id"]
    data = form_data(pending=pending, drop=[str(mine.public_id)])
    assert tenant_client.post("/staff/products/new/", data).status_code == 302
    with tenant_context(tenant):
        assert not Product.objects.get().images.exists()


def test_a_form_sent_twice_makes_one_product(tenant: Tenant, tenant_client: Client) -> None:
    data = form_data()
    for _ in range(2):
        assert tenant_client.post("/staff/products/new/", data).status_code == 302
    with tenant_context(tenant):
        assert Product.objects.count() == 1


def test_staff_change_hide_and_delete_a_product(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    with tenant_context(tenant):
        photo = make_photo()
        product = make_product("Robe", photos=[photo])
    edit = "/staff/products/robe/edit/"
    assert 'value="15\u202f000"' in tenant_client.get(edit).content.decode()
    data = form_data(key=product.public_id, name="Robe longue", price="20000", action="save", remove=[photo.public_id])
    assert tenant_client.post(edit, data).status_code == 302
    page = visitor.get("/products/robe/").content.decode()
    assert "Robe longue" in page
    assert "20\u202f000" in page
    assert "/media/" not in page

    tenant_client.post("/staff/products/robe/show/", {"action": "hide"})
    assert visitor.get("/products/robe/").status_code == 404
    assert tenant_client.get("/products/robe/").status_code == 200
    assert tenant_client.get("/staff/products/robe/show/").status_code == 405

    assert "Robe longue" in tenant_client.get("/staff/products/robe/delete/").content.decode()
    assert tenant_client.post("/staff/products/robe/delete/").status_code == 302
    assert tenant_client.get(edit).status_code == 404


def test_photos_of_drafts_are_for_staff_only(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    with tenant_context(tenant):
        photo = make_photo()
        product = make_product("Robe", publish=False, photos=[photo])
    url = photo.thumbnail_url
    customer = customer_client(tenant)
    for outsider in (visitor, customer):
        assert outsider.get(url).status_code == 404
    staff = tenant_client.get(url)
    assert staff.status_code == 200
    assert staff["Cache-Control"].startswith("private")
    with tenant_context(tenant):
        services.show_product(product=product, published=True)
    assert visitor.get(url).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "photos/../../etc/passwd",
        "../x",
        "photos/%2e%2e/1.jpg",
        "photos/" + "0" * 32 + "/320.webp",
        "photos/ID/999.webp",
        "photos/ID/200.png",
        "photos/ID/200.webp/",
        "",
    ],
)
def test_media_serves_photos_and_nothing_else(tenant: Tenant, tenant_client: Client, path: str) -> None:
    with tenant_context(tenant):
        photo = make_photo()
    assert tenant_client.get("/media/" + path.replace("ID", photo.public_id.hex)).status_code == 404


def test_another_tenant_never_serves_this_tenants_photos_and_products(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        photo = make_photo()
        make_product("Robe", photos=[photo])
    other = client_of(ready_tenant("store-b"), as_owner=True)
    for path in (photo.thumbnail_url, "/products/robe/", "/staff/products/robe/edit/"):
        assert other.get(path).status_code == 404
        assert "Robe" not in other.get("/?q=robe").content.decode()
    assert visitor.get(photo.thumbnail_url).status_code == 200


def test_empty_pages_name_the_first_action(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    assert "/staff/products/new/" in tenant_client.get("/staff/products/").content.decode()
    assert "/staff/products/new/" in tenant_client.get("/").content.decode()
    assert "/staff/products/new/" not in visitor.get("/").content.decode()


def test_the_shop_form_checks_the_phone_and_the_colour(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    good = {"name": "Chez Awa", "description": "Mode", "phone": "+221 77 123 45 67", "brand_colour": "#AA3300"}
    for wrong in ({"phone": "77 123 45 67"}, {"phone": "+221 1"}, {"brand_colour": "red"}, {"name": " "}):
        assert tenant_client.post("/staff/settings/", {**good, **wrong}).status_code == 422
    assert tenant_client.post("/staff/settings/", good).status_code == 302
    with tenant_context(tenant):
        make_product("Robe")
    page = visitor.get("/products/robe/").content.decode()
    assert "https://wa.me/221771234567?text=" in page
    assert "/theme-aa3300.css" in page
    assert "Chez Awa" in page


@pytest.mark.parametrize("path", ["/", "/?q=article", "/?q=artcle", "/staff/products/", "/staff/products/?q=article"])
def test_lists_cost_the_same_whatever_their_length(tenant: Tenant, tenant_client: Client, path: str) -> None:
    with tenant_context(tenant):
        make_product("Article 0", photos=[make_photo()], category="A")
    tenant_client.get(path)
    few = queries_of(tenant_client, path)
    with tenant_context(tenant):
        for number in range(1, 20):
            make_product(f"Article {number}", photos=[make_photo()], category=f"C{number}")
    assert queries_of(tenant_client, path) == few
    assert few <= 20


def test_text_is_escaped_everywhere(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    evil = '<script>alert(1)</script>"'
    with tenant_context(tenant):
        make_product(evil, description=evil, category=evil[:80], sku=evil[:40])
        services.save_shop(details=ShopDetails(name=evil, description=evil))
    slug = "scriptalert1script"
    for client, path in [
        (visitor, "/"),
        (visitor, f"/?q={evil}"),
        (visitor, f"/products/{slug}/"),
        (tenant_client, "/staff/products/"),
        (tenant_client, f"/staff/products/{slug}/edit/"),
        (tenant_client, "/staff/settings/"),
    ]:
        response = client.get(path)
        assert response.status_code == 200, path
        assert "<script>alert" not in response.content.decode()


def test_every_page_is_there_in_french_and_english(tenant: Tenant, tenant_client: Client) -> None:
    for language in ("fr", "en"):
        tenant_client.cookies["django_language"] = language
        for path in ("/", "/staff/products/", "/staff/products/new/", "/staff/settings/", "/staff/team/"):
            response = tenant_client.get(path)
            assert (response.status_code, response["Content-Language"]) == (200, language)


def test_the_owner_is_the_audited_actor(tenant: Tenant, tenant_client: Client) -> None:
    from shared_apps.audit.models import AuditLog

    tenant_client.post("/staff/products/new/", form_data())
    owner = owner_of(tenant)
    with tenant_context(tenant):
        assert AuditLog.objects.get(action="store.product.created").actor_id == owner.pk
