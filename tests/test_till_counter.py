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


def open_menu(till: Device, entry: str) -> None:
    till.page.locator(".till-menu summary").click()
    till.page.locator(f".till-menu [data-open={entry}]").click()


def said_above(till: Device, field: str) -> bool:
    """Whether the message that is shown stands above this field, in its box, and is told with it."""
    told = """(field) => {
      const said = [...document.querySelectorAll("dialog[open] [data-error]")].find((one) => !one.hidden);
      return said?.closest(".field") === field.closest(".field") && field.getAttribute("aria-invalid") === "true"
        && field.getAttribute("aria-describedby").split(" ").includes(said.id);
    }"""
    return bool(till.page.locator(field).evaluate(told)) and f"#{focused(till)}" == field


def test_more_than_is_in_stock_is_said_before_anybody_pays(till: Device) -> None:
    page = till.page
    short = page.locator("[data-lines] .till-line-short")
    stock = page.evaluate("window.baobabTill.catalogue.variants[0].stock")
    type_quantity(till, str(stock))
    assert short.count() == 0
    page.locator("[data-open=pay]").click()
    assert page.locator("[data-short]").is_hidden()
    page.locator("#pay [data-close-dialog]").first.click()
    page.locator("[data-lines] .till-line-tools button").nth(1).click()
    assert str(stock) in short.inner_text()
    page.locator("[data-open=pay]").click()
    assert all(str(pieces) in page.locator("[data-short-lines] > li").inner_text() for pieces in (stock, stock + 1))

    page.locator("[data-take]").click()  # the device only warns: the server decides
    refusal = page.locator("#pay [data-error]")
    refusal.wait_for()
    assert refusal.evaluate(
        "(said) => said === said.closest('form').firstElementChild && said === document.activeElement"
    )
    assert page.locator("#pay [aria-invalid=true]").count() == 0
    assert page.input_value(QUANTITY) == str(stock + 1)


def test_each_message_stands_at_its_own_field(till: Device) -> None:
    page = till.page
    page.locator(".till-actions [data-open=discount]").click()
    page.fill("#discount-amount", "100")
    page.locator("#discount button.button-primary").click()
    assert said_above(till, "#discount-reason")
    page.fill("#discount-amount", "9 999 999")
    page.locator("#discount button.button-primary").click()
    assert said_above(till, "#discount-amount")
    assert page.locator("#discount-reason").get_attribute("aria-invalid") is None
    page.locator("#discount [data-none]").click()

    page.locator("[data-hide-cart]").click()
    open_menu(till, "move")
    page.fill("#move-amount", "500")
    page.locator("#move form > button").click()
    assert said_above(till, "#move-reason")
    page.fill("#move-reason", "banque")
    page.locator("#move form > button").click()  # the drawer is empty, as the server knows
    page.locator("#move-amount[aria-invalid=true]").wait_for()
    assert said_above(till, "#move-amount")
    page.locator("#move [data-close-dialog]").first.click()

    open_menu(till, "return")
    page.fill("#return-q", "0000")
    page.locator("[data-find] button").click()
    page.locator("#return-q[aria-invalid=true]").wait_for()
    assert said_above(till, "#return-q")


def test_what_should_be_in_the_drawer_can_be_followed(till: Device) -> None:
    page = till.page
    for method in ("cash", "wave"):
        if method == "wave":
            page.locator("[data-variant]").first.click()
            page.locator("[data-show-cart]").click()
        page.locator("[data-open=pay]").click()
        page.locator(f"[name=method][value={method}]").check()
        page.locator("[data-take]").click()
        page.locator("#receipt .button-primary[data-close-dialog]").click()
    for way, amount in (("in", "700"), ("out", "200")):
        open_menu(till, "move")
        page.locator(f"[name=direction][value={way}]").check()
        page.fill("#move-amount", amount)
        page.fill("#move-reason", "monnaie")
        page.locator("#move form > button").click()
        page.locator("#move").wait_for(state="hidden")
    open_menu(till, "close")
    page.fill("#close-amount", "2 000")
    page.locator("[data-check]").click()
    page.locator("[data-close-pairs] dd").first.wait_for()
    assert amounts(till, "[data-close-pairs]") == [0, 1_500, 700, -200, 2_000]
    assert amounts(till, "[data-other-pairs]") == [1_500]


def amounts(till: Device, pairs: str) -> list[int]:
    texts = till.page.locator(f"{pairs} dd").all_inner_texts()
    return [int("".join(letter for letter in text.replace("\u2212", "-") if letter in "-0123456789")) for text in texts]


def test_who_may_not_is_told_who_may(till: Device) -> None:
    page = till.page
    notes = [page.locator(f"[data-no-{what}]") for what in ("return", "discount")]
    page.locator("[data-hide-cart]").click()
    page.locator(".till-menu summary").click()
    assert [note.is_visible() for note in notes] == [False, False]
    told = page.evaluate("fetch('/staff/till/api/session/').then((answer) => answer.json())")
    seller = {**told, "user": {**told["user"], "may_return": False, "may_discount": False}}
    page.route("**/staff/till/api/session/", lambda route: route.fulfill(json=seller))
    page.evaluate("window.baobabTill.lookUp()")
    notes[0].wait_for()
    assert [note.is_visible() for note in notes] == [True, True]
    page.keyboard.press("Escape")
    page.locator("body").press("F4")
    page.locator("[data-toasts] .toast", has_text=notes[1].text_content()).wait_for()
    assert page.locator("#discount").is_hidden()


def printed_edges(till: Device, paper: str) -> tuple[int, int]:
    """How far a printed paper, on a roll of 80 mm, is from the left edge, and its text from both."""
    told = """(paper) => {
      const box = paper.getBoundingClientRect();
      const style = getComputedStyle(paper);
      return [box.left, document.body.getBoundingClientRect().right - box.right, parseFloat(style.paddingLeft), parseFloat(style.paddingRight)].map(Math.round);
    }"""
    till.page.set_viewport_size({"width": 302, "height": 800})
    till.page.emulate_media(media="print")
    left, right, *margins = till.page.locator(paper).evaluate(told)
    till.page.emulate_media(media="screen")
    assert margins == [11, 11]  # 3 mm
    return left, right


def test_what_is_printed_is_as_wide_as_the_roll(till: Device) -> None:
    page = till.page
    page.locator("[data-open=pay]").click()
    page.locator("[data-take]").click()
    page.locator("#receipt [data-receipt] h3").wait_for()
    assert printed_edges(till, ".till-paper") == (0, 0)
    session = page.evaluate("window.baobabTill.session.id")
    number = page.evaluate("window.baobabTill.db.getAll('sales').then(([sale]) => sale.answer.number)")
    for path in (f"tills/{session}/report", f"orders/{number}/receipt"):
        page.goto(f"{till.address}/staff/{path}/")
        assert printed_edges(till, ".till-receipt") == (0, 0)
