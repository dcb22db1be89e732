"""The shop's pages in a real browser: no barrier that axe knows of, nothing wider than a phone, and few bytes."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from shared_apps.accounts.models import User
from tenant_apps.store import services
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.services import ShelfDetails, VariantDetails
from tenant_apps.store.tests.selling import cart_with, ordered, stocked, with_stock, zone
from tenant_apps.store.tests.support import make_photo, make_product
from tenant_apps.store.tests.till_support import make_register, make_session
from tenant_apps.store.views.shell import CART_COOKIE
from tenant_apps.team.images import process_image
from tenant_apps.team.services import photos
from tests.support.chromium import CHROMIUM, FLAGS, MARKS
from tests.support.shown import ShownPages
from tests.support.tenants import Browser

if TYPE_CHECKING:
    from playwright.sync_api import Page

pytestmark = [pytest.mark.django_db, *MARKS]
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}
FIRST_LOAD = 150_000
ALL_RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
LOOKS = ("color-contrast", "scrollable-region-focusable")
STAFF = (
    "home/", "orders/", "tills/", "tills/tasks/", "tills/registers/", "customers/", "reviews/", "products/", "products/new/",
    "products/shelves/", "products/brands/", "products/attributes/", "stock/", "stock/receive/", "stock/history/",
    "stock/places/", "prices/promotions/", "prices/promotions/new/", "prices/partners/", "prices/segments/", "delivery/",
    "delivery/new/", "payments/", "documents/", "ways-to-pay/", "settings/", "till/",
)  # fmt: skip


@pytest.fixture(scope="module")
def a_photo() -> Any:
    """What a phone's camera gives: shapes and noise, 10 kB in the smallest size, as a busy photo of goods has."""
    draw_from = random.Random(7)
    picture = Image.new("RGB", (900, 900), "#cfc3ae")
    draw = ImageDraw.Draw(picture)
    for _ in range(60):
        x, y, size = draw_from.randrange(900), draw_from.randrange(900), draw_from.randrange(20, 160)
        draw.ellipse((x - size, y - size, x + size, y + size), fill=tuple(draw_from.randrange(256) for _ in range(3)))
    noise = Image.effect_noise(picture.size, 60).convert("RGB").filter(ImageFilter.GaussianBlur(1))
    out = io.BytesIO()
    Image.blend(picture.filter(ImageFilter.GaussianBlur(2)), noise, 0.3).save(out, "JPEG", quality=90)
    return process_image(out, size=out.tell())


@pytest.fixture
def goods(owner: Browser, a_photo: Any, monkeypatch: pytest.MonkeyPatch) -> list[Product]:
    """A full page of products with photos, on a shelf that has one too."""
    monkeypatch.setattr(photos, "process_image", lambda *_args, **_kwargs: a_photo)
    Shop.objects.update(
        country="CM",
        phone="+237670123456",
        email="bonjour@example.org",
        address="Marché central",
        brand_colour="#ffe08a",
        description="Produits d’ici.",
        delivery_text="À moto, le jour même.",
        returns_text="Sous 7 jours.",
    )
    shelf = services.add_shelf(details=ShelfDetails("Épicerie"), photo=make_photo())
    made = [
        make_product(
            f"Café de l’Ouest {number}", category_id=shelf.pk, brand="Torréfaction Bafoussam", photos=[make_photo()],
            description="Torréfaction lente, notes de cacao.", option_names=("Poids",),
            variants=tuple(VariantDetails(2_500, options=(weight,), promo_minor=2_000) for weight in ("250 g", "1 kg")),
        )
        for number in range(24)
    ]  # fmt: skip
    with_stock(made[-1], pieces=8)
    return made


@pytest.fixture
def page() -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser.new_page(viewport=PHONE, device_scale_factor=3, locale="fr-FR", service_workers="block")
        browser.close()


def visitor_with(browser: Browser, *products: Product) -> None:
    """Put a piece of each into the browser's cart, as its button does."""
    for product in products:
        variant = product.variants.order_by("position")[0]
        answer = browser.post("/cart/add/", {"variant": str(variant.public_id), "quantity": "1"})
        assert answer.status_code == 302
    assert CART_COOKIE in browser.cookies or "_auth_user_id" in browser.session


def pages_of_customers(shown: ShownPages, tenant: Any, her: Browser, awa: User, product: Product) -> list[str]:
    order = ordered(cart_with((stocked(), 1)), user=awa, line2="Portail bleu")
    visitor = Browser(tenant)
    paths = ["/", "/?q=cafe&available=1", "/?q=rien-de-tel", "/c/epicerie/", f"/products/{product.slug}/", "/cart/"]
    kept = [shown.keep(visitor, path) for path in (*paths, "/accounts/login/")]
    visitor_with(visitor, product)
    kept += [shown.keep(visitor, path) for path in ("/cart/", "/checkout/")]
    of_hers = ["/orders/", f"/orders/{order.pk}/", f"/pay/store.order/{order.pk}/", "/addresses/", "/addresses/new/"]
    return [*kept, *(shown.keep(her, path) for path in (*of_hers, f"/products/{product.slug}/review/"))]


def pages_of_staff(shown: ShownPages, owner: Browser, awa: User, product: Product) -> list[str]:
    make_session(make_register())
    order = ordered(cart_with((stocked("Riz"), 2)), user=awa, zone=zone(), note="Appelez avant de venir.")
    paths = [f"/staff/{path}" for path in STAFF]
    paths += [f"/staff/orders/{order.number}/", f"/staff/orders/{order.number}/ship/", f"/staff/customers/{awa.pk}/"]
    return [shown.keep(owner, path) for path in (*paths, f"/staff/products/{product.slug}/edit/")]


def problems_of(page: Page, axe: Any, *rules: str) -> list[str]:
    """What axe finds, and what is wider than the screen."""
    options = {"runOnly": list(rules), "resultTypes": ["violations"]}
    found = axe.run(page, options=options).response["violations"]
    problems = [f"{one['id']}: {[node['target'] for node in one['nodes']][:3]}" for one in found]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    problems += [f"{wide} px too wide"] if wide > 0 else []
    stuck = page.locator(".empty:not(:has(a, button))").count()
    return [*problems, "nothing here, and no way on"] if stuck else problems


def test_no_page_has_a_barrier_that_axe_finds_on_a_phone_or_in_the_dark_on_a_desktop(
    tenant: Any, goods: list[Product], owner: Browser, her: Browser, awa: User, request: pytest.FixtureRequest
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    shown, axe = ShownPages(), Axe()
    addresses = pages_of_customers(shown, tenant, her, awa, goods[-1]) + pages_of_staff(shown, owner, awa, goods[-1])
    page = request.getfixturevalue("page")
    page.route("**/*", shown.serve)
    problems = []
    for address in addresses:
        page.set_viewport_size(PHONE)
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.goto(address)
        problems += [f"{address}: {problem}" for problem in problems_of(page, axe, *ALL_RULES)]
        # The structure is the same; what can differ is what is seen.
        page.set_viewport_size(DESKTOP)
        page.emulate_media(color_scheme="dark")
        problems += [f"{address} in the dark: {problem}" for problem in problems_of(page, axe, *LOOKS)]
    assert problems == []


@pytest.mark.parametrize("path", ["/", "/c/epicerie/", "/products/cafe-de-louest-23/"])
def test_a_first_visit_on_a_phone_costs_less_than_150_kilobytes(
    tenant: Any, goods: list[Product], path: str, request: pytest.FixtureRequest
) -> None:
    shown = ShownPages()
    address = shown.keep(Browser(tenant), path)
    page = request.getfixturevalue("page")
    page.route("**/*", shown.serve)
    page.goto(address, wait_until="networkidle")
    pictures = [asked for asked in shown.asked if asked.startswith("/media/")]
    assert pictures
    assert sum(shown.asked.values()) < FIRST_LOAD, shown.asked
