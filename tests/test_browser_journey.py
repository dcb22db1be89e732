"""In a real browser, on a phone and on a desktop: from the pricing page into the workspace, paid each way."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from tests.support.chromium import CHROMIUM, FLAGS, MARKS
from tests.support.factories import PASSWORD
from tests.support.live import keep_state, live_simulator, live_stack  # noqa: F401 — fixtures
from tests.support.stack import Stack, eventually

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = MARKS
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visitor:
    """Somebody at the browser; anything on its console that is an error fails the test."""

    def __init__(self, browser: Browser, stack: Stack, *, viewport: Any, javascript: bool = True) -> None:
        self.stack = stack
        self.javascript = javascript
        self.context = browser.new_context(viewport=viewport, locale="fr-FR", java_script_enabled=javascript)
        self.context.set_default_timeout(20_000)
        self.page: Page = self.context.new_page()
        self.errors: list[str] = []
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))

    def fits(self) -> None:
        """Nothing is wider than the screen."""
        wide = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{self.page.url} is {wide} px too wide"

    def sign_up(self, email: str) -> None:
        page = self.page
        page.fill("[name=email]", email)
        page.fill("[name=password]", PASSWORD)
        page.fill("[name=first_name]", "Awa")
        page.fill("[name=last_name]", "Ndiaye")
        page.check("[name=consent]")
        self.fits()
        page.click("main form button.button-primary")
        page.wait_for_url("**/signup/code/**")
        self.fits()
        eventually(lambda: bool(self.stack.mails_to(email)), seconds=30, what="the code is sent")
        code = re.search(r"\b(\d{6})\b", self.stack.mails_to(email)[-1])
        assert code
        page.fill("[name=code]", code[1])
        if not self.javascript:  # the sixth digit sends the form elsewhere
            page.click("main form button.button-primary")
        page.wait_for_url("**/signup/organisation/**")

    def order(self, subdomain: str) -> None:
        page = self.page
        page.fill("[name=organisation_name]", "Marché du Wouri")
        page.fill("[name=subdomain]", subdomain)
        if page.locator("[name=customer_name]").input_value() == "":
            page.fill("[name=customer_name]", "Awa Ndiaye")
        page.fill("[name=city]", "Douala")
        self.fits()
        page.click("main form button.button-primary[type=submit], main form button.button-primary:not([type])")
        page.wait_for_url("**/orders/*-*/**")
        self.fits()

    def pay(self, method: str) -> None:
        self.page.check(f"[name=payment_method][value={method}]", force=True)
        if method == "mtn_momo":
            self.page.fill("[name=phone_number]", "6 70 12 34 56")
        self.page.click("main form button.button-primary")

    def enter(self, subdomain: str) -> None:
        page = self.page
        link = page.locator("a[href*='/enter/']").first
        link.wait_for()
        self.fits()
        link.click()
        page.wait_for_url(f"http://{subdomain}.localhost:{self.stack.port}/**")
        self.fits()
        assert "Marché du Wouri" in page.content()
        assert self.errors == [], self.errors


def start(browser: Browser, stack: Stack, product: str, **options: Any) -> Visitor:
    visitor = Visitor(browser, stack, **options)
    visitor.page.goto(stack.address() + "/pricing/")
    visitor.fits()
    visitor.page.locator(f"a[href*='/signup/'][href*='product={product}']").first.click()
    visitor.page.wait_for_url("**/signup/**")
    return visitor


def test_a_store_on_a_phone_paid_by_mobile_money(browser, stack, simulator) -> None:
    visitor = start(browser, stack, "store", viewport=PHONE)
    visitor.sign_up("telephone@example.org")
    visitor.order("nav-store")
    visitor.pay("mtn_momo")
    eventually(lambda: bool(simulator.state()["momo"]["requests"]), seconds=20, what="MTN has the request")
    [reference] = simulator.state()["momo"]["requests"]
    visitor.page.locator("#waiting-title").wait_for()  # MTN may have the request before the browser has its answer
    visitor.fits()
    simulator.decide_momo(reference, "SUCCESSFUL")
    visitor.enter("nav-store")


def test_an_events_app_on_a_desktop_paid_by_paypal(browser, stack, simulator) -> None:
    visitor = start(browser, stack, "events", viewport=DESKTOP)
    visitor.sign_up("bureau@example.org")
    visitor.order("nav-events")
    visitor.pay("paypal")
    visitor.page.wait_for_url(f"{simulator.url}/**")
    visitor.page.get_by_role("button", name=re.compile("Payer")).click()
    visitor.page.wait_for_url("**/orders/**")
    visitor.enter("nav-events")


def test_an_esxi_backup_manager_paid_by_transfer_without_javascript(browser, stack) -> None:
    visitor = start(browser, stack, "esxi", viewport=PHONE, javascript=False)
    visitor.sign_up("sans-js@example.org")
    visitor.order("nav-esxi")
    visitor.pay("bank_transfer")
    photo = io.BytesIO()
    Image.new("RGB", (300, 400), "white").save(photo, "PNG")
    visitor.page.set_input_files(
        "[name=receipt]", {"name": "recu.png", "mimeType": "image/png", "buffer": photo.getvalue()}
    )
    visitor.page.locator("form:has([name=receipt]) button").first.click()
    order_url = visitor.page.url
    approve(browser, stack)
    eventually(lambda: reload_until_open(visitor, order_url), seconds=60, what="the workspace is open")
    visitor.enter("nav-esxi")


def approve(browser: Browser, stack: Stack) -> None:
    """A platform admin finds the transfer and approves it."""
    admin = Visitor(browser, stack, viewport=DESKTOP)
    admin.page.goto(stack.address() + "/backoffice/transfers/")
    admin.page.fill("[name=login]", stack.run("admin"))
    admin.page.fill("[name=password]", PASSWORD)
    admin.page.locator("main form button.button-primary").first.click()
    admin.page.wait_for_url(re.compile(r"(?<!next=)/backoffice/transfers/$"))
    admin.page.locator("main a[href*='/backoffice/transfers/']:not([href*='?'])").first.click()
    admin.page.wait_for_url(re.compile(r"/backoffice/transfers/[0-9a-f-]{36}/"))
    admin.fits()
    admin.page.locator("button[name=decision][value=approve], button[value=approve]").first.click()
    admin.page.wait_for_load_state()
    assert admin.errors == []


def reload_until_open(visitor: Visitor, order_url: str) -> bool:
    visitor.page.goto(order_url)
    return visitor.page.locator("a[href*='/enter/']").count() > 0
