"""What the till says to whoever sells, in a real browser: each word where it belongs, and nothing lost without a word."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.chromium import MARKS
from tests.support.live import keep_state, live_simulator, live_stack  # noqa: F401 — fixtures
from tests.support.till_device import Device, counter_device, live_playwright, open_session  # noqa: F401 — fixtures

pytestmark = MARKS
QUANTITY = "[data-lines] .till-quantity"


@pytest.fixture
def till(device: tuple[Device, Any]) -> Device:
    """A till that is open, with one piece of an article in the sale."""
    till, shop = device
    open_session(till, shop)
    till.page.locator("[data-variant]").first.click()
    till.page.locator("[data-show-cart]").click()
    return till


def type_quantity(till: Device, text: str) -> None:
    till.page.fill(QUANTITY, text)
    till.page.locator(QUANTITY).press("Enter")


def focused(till: Device) -> str:
    return str(till.page.evaluate("document.activeElement.dataset.key?.split(' ').at(-1) ?? document.activeElement.id"))


def test_what_is_no_quantity_leaves_the_line_as_it_was_and_says_so(till: Device) -> None:
    page = till.page
    wrong = page.locator("[data-lines] .field-error")
    type_quantity(till, "3")
    for text in ("abc", "-2", "", "2.5", "10001"):
        type_quantity(till, text)
        assert wrong.is_visible()
        assert (page.input_value(QUANTITY), focused(till)) == ("3", "quantity")
        assert "3" in wrong.inner_text()
    page.locator("[data-open=pay]").click()
    assert page.locator("#pay").is_hidden()  # whoever typed something else looks at it first
    page.locator("[data-open=pay]").click()
    page.locator("#pay [data-close-dialog]").first.click()
    type_quantity(till, "4")
    assert (page.input_value(QUANTITY), wrong.is_visible()) == ("4", False)
    type_quantity(till, "0")
    assert page.locator("[data-lines] > li").count() == 0
