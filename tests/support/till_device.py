"""A phone or tablet at the counter: a browser of its own that runs a shop's till. A module imports the fixtures it wants."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.chromium import CHROMIUM, FLAGS
from tests.support.factories import PASSWORD
from tests.support.stack import Stack

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page, Playwright


@pytest.fixture(scope="module", name="playwright")
def live_playwright() -> Iterator[Playwright]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as started:
        yield started


class Device:
    """A phone at the counter: a browser with a profile of its own, which may be killed and started again."""

    def __init__(self, playwright: Playwright, profile: Path, address: str) -> None:
        self.playwright, self.profile, self.address = playwright, profile, address
        self.context: BrowserContext
        self.page: Page

    def start(self) -> None:
        self.context = self.playwright.chromium.launch_persistent_context(
            self.profile, executable_path=CHROMIUM, args=FLAGS, viewport={"width": 360, "height": 740}, locale="fr-FR"
        )
        self.context.set_default_timeout(30_000)
        self.page = self.context.pages[0]

    def kill(self) -> None:
        """As when the battery is taken out."""
        mark = f"--user-data-dir={self.profile}".encode()
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "cmdline").read_bytes():
                    os.kill(int(entry.name), signal.SIGKILL)
        with suppress(Exception):
            self.context.close()
        for lock in self.profile.glob("Singleton*"):
            lock.unlink(missing_ok=True)

    def log_in(self, email: str) -> None:
        self.page.fill("[name=login]", email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.locator("main form button.button-primary").first.click()
        self.page.wait_for_url(f"{self.address}/staff/till/")

    def open_till(self) -> None:
        self.page.goto(f"{self.address}/staff/till/")

    def ready(self) -> None:
        self.page.locator("[data-sell]").wait_for()
        self.page.locator("[data-variant]").first.wait_for()

    def sell_one(self) -> None:
        """By hand: tap an article, take the exact amount in cash."""
        self.page.locator("[data-variant]").first.click()
        self.page.locator("[data-show-cart]").click()
        self.page.locator("[data-open=pay]").click()
        self.page.locator("[data-take]").click()
        self.page.locator("#receipt [data-receipt] h3").wait_for()
        self.page.locator("#receipt .button-primary[data-close-dialog]").click()

    def unsent(self) -> int:
        counting = "import('/static/store/till/db.js').then((db) => db.unsentCount(window.baobabTill.db))"
        return int(self.page.evaluate(counting))

    def is_kept(self) -> bool:
        """Whether the device can start without a server."""
        return bool(self.page.evaluate("navigator.serviceWorker.ready.then((found) => found.active !== null)"))


@pytest.fixture(name="device")
def counter_device(playwright: Playwright, stack: Stack, tmp_path: Path) -> Iterator[tuple[Device, Any]]:
    shop = stack.run("till", tmp_path.name[-20:])
    device = Device(playwright, tmp_path / "profile", stack.address(shop["host"]))
    device.start()
    yield device, shop
    device.kill()


def open_session(till: Device, shop: Any) -> None:
    """Log in, choose the register and open it with an empty drawer."""
    till.open_till()
    till.log_in(shop["email"])
    till.page.locator(f"[data-register-id='{shop['register']}']").click()
    till.page.locator("#open-amount").wait_for()
    till.page.locator("[data-start-card] form button").click()
    till.ready()
