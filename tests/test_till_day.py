"""A day at the till in a real browser, with and without a server: every sum is right to the franc in the evening."""

from __future__ import annotations

from typing import Any

from tests.support.chromium import MARKS
from tests.support.live import keep_state, live_simulator, live_stack  # noqa: F401 — fixtures
from tests.support.stack import Stack, eventually
from tests.support.till_device import Device, counter_device, live_playwright, open_session  # noqa: F401 — fixtures

pytestmark = MARKS
PRICE = 1_500
# A scanner types into whatever has the focus, as fast as it can: here, into the field named.
SCAN_INTO = """([selector, code]) => {
  const field = document.querySelector(selector);
  field.focus();
  for (const key of [...code, "Enter"]) {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
    if (field.dispatchEvent(event) && key.length === 1) field.value += key;
  }
}"""
# A picture of an EAN-13, a little askew and noisy, read as the camera's pictures are where the browser cannot read codes.
READ_DRAWN = """async (code) => {
  const { greyOf } = await import("/static/store/till/scan.js");
  const { readCode } = await import("/static/store/till/vendor/zxing.js");
  const left = ["0001101","0011001","0010011","0111101","0100011","0110001","0101111","0111011","0110111","0001011"];
  const parity = ["LLLLLL","LLGLGG","LLGGLG","LLGGGL","LGLLGG","LGGLLG","LGGGLL","LGLGLG","LGLGGL","LGGLGL"][code[0]];
  const turned = (bits) => [...bits].map((bit) => (bit === "1" ? "0" : "1")).join("");
  const half = (digit, kind) => (kind === "L" ? left[digit] : [...turned(left[digit])].reverse().join(""));
  const bits = "101" + [...code.slice(1, 7)].map((digit, at) => half(digit, parity[at])).join("") + "01010"
    + [...code.slice(7)].map((digit) => turned(left[digit])).join("") + "101";
  const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
  const context = canvas.getContext("2d");
  context.fillStyle = "#e8e4da";
  context.fillRect(0, 0, 640, 360);
  context.translate(320, 180);
  context.rotate(0.06);
  context.fillStyle = "#222";
  [...bits].forEach((bit, at) => bit === "1" && context.fillRect((at - bits.length / 2) * 4, -80, 4, 160));
  const picture = context.getImageData(0, 0, 640, 360);
  for (let at = 0; at < picture.data.length; at += 1) picture.data[at] += (at * 7919) % 23 - 11;
  return [readCode(greyOf(picture), 640, 360), readCode(new Uint8ClampedArray(640 * 360).fill(200), 640, 360)];
}"""
STOCK = "() => window.baobabTill.catalogue.variants.map((one) => one.stock)"
# One moment on the receipts of two shops.
MOMENTS = """async () => {
  const { momentOf } = await import("/static/store/till/receipt.js");
  return ["Africa/Douala", "Africa/Dakar"].map((zone) => momentOf(Date.UTC(2026, 1, 28, 23, 30), zone));
}"""
SHOWN_INVOICES = """async () => {
  const sales = await window.baobabTill.db.getAll("sales");
  return sales.filter((sale) => sale.invoice_state === "made").map((sale) => sale.invoice.number).sort();
}"""


def choose(till: Device, pieces: int = 1) -> None:
    till.page.locator("[data-variant]").first.click()
    till.page.locator("[data-show-cart]").click()
    for _more in range(pieces - 1):
        till.page.locator("[data-lines] .till-line-tools button").nth(1).click()


def discount(till: Device, amount: str) -> None:
    till.page.locator("[data-open=discount]").click()
    till.page.fill("#discount-amount", amount)
    till.page.fill("#discount-reason", "fidèle")
    till.page.locator("#discount button.button-primary").click()


def name_customer(till: Device, name: str) -> None:
    till.page.locator(".till-cart-head [data-open=customer]").click()
    till.page.fill("#customer-phone", "+237670000001")
    till.page.fill("#customer-name", name)
    till.page.locator("#customer button.button-primary").click()


def pay(till: Device, *parts: tuple[str, str]) -> None:
    """By these ways, the amounts as they are typed; the receipt stays open."""
    till.page.locator("[data-open=pay]").click()
    for method, amount in parts:
        till.page.locator(f"[name=method][value={method}]").check()
        till.page.fill("#pay-amount", amount)
        till.page.locator("[data-take]").click()
    till.page.locator("#receipt [data-receipt] h3").wait_for()


def done(till: Device) -> None:
    till.page.locator("#receipt .button-primary[data-close-dialog]").click()


def ask_for_invoice(till: Device, company: str) -> None:
    till.page.locator("[data-invoice]").click()
    till.page.fill("#invoice-name", "")
    till.page.locator("#invoice form button").click()
    assert till.page.locator("#invoice [data-error]").is_visible()  # it is for nobody yet
    till.page.fill("#invoice-company", company)
    till.page.locator("#invoice form button").click()
    till.page.locator("#invoice").wait_for(state="hidden")


def sell_online(till: Device, code: str) -> str:
    """Five sales; the number of the one that was invoiced."""
    page = till.page
    choose(till)
    page.evaluate(SCAN_INTO, ["[data-lines] .till-quantity", code])  # the same article once more
    assert page.input_value("[data-lines] .till-quantity") == "2"
    pay(till, ("orange_money", "1 000"), ("cash", "2 000"))
    page.evaluate(SCAN_INTO, ["#receipt button", code])  # the next customer's goods, while the receipt is still shown
    page.locator("#receipt").wait_for(state="hidden")
    page.locator("[data-show-cart]").click()
    pay(till, ("cash", "1 500"))
    done(till)
    choose(till)
    name_customer(till, "Awa Ndiaye")
    pay(till, ("cash", "5 000"))
    assert page.locator("[data-receipt-change] strong").inner_text().startswith("3")
    ask_for_invoice(till, "Ndiaye SARL")
    page.locator("[data-invoice-link]").wait_for()
    number = page.evaluate(
        "window.baobabTill.db.getAll('sales').then((all) => all.find((one) => one.invoice).answer.number)"
    )
    done(till)
    choose(till)
    discount(till, "500")
    pay(till, ("cash", "1 000"))
    done(till)
    choose(till)
    pay(till, ("wave", "1 500"))
    done(till)
    return str(number)


def sell_offline(till: Device) -> None:
    choose(till)
    pay(till, ("cash", "1 500"))
    done(till)
    choose(till)
    pay(till, ("wave", "500"), ("cash", "2 000"))
    done(till)
    choose(till, 2)
    name_customer(till, "Moussa")
    discount(till, "300")
    pay(till, ("cash", "2 700"))
    done(till)
    choose(till)
    pay(till, ("cash", "1 500"))
    ask_for_invoice(till, "Kamga et fils")
    till.page.locator("[data-invoice-state]").wait_for()
    done(till)
    choose(till)
    pay(till, ("mtn_momo", "1 500"))
    done(till)


def count_drawer(till: Device, amount: str) -> None:
    till.page.locator(".till-menu summary").click()
    till.page.locator("[data-open=close]").click()
    till.page.fill("#close-amount", amount)
    till.page.locator("[data-check]").click()


def take_one_back(till: Device, number: str) -> None:
    page = till.page
    page.locator(".till-menu summary").click()
    page.locator("[data-open=return]").click()
    page.fill("#return-q", number)
    page.locator("[data-find] button").click()
    page.fill("[data-back]", "1")
    page.fill("#return-reason", "taille")
    page.locator("[name=return-method][value=cash]").check()
    page.locator("[data-give]").click()
    page.locator("#return").wait_for(state="hidden")


def printed_again(till: Device, number: str) -> Any:
    """The receipt of a sale of the log, with what became of it since."""
    page = till.page
    page.locator(".till-menu summary").click()
    page.locator("[data-open=sales]").click()
    page.locator("[data-log] > li", has_text=number).locator("button").click()
    receipt = page.locator("#receipt [data-receipt]")
    receipt.locator("h3").wait_for()
    return receipt


def plain(place: Any) -> str:
    return str(place.inner_text()).replace("\u202f", " ").replace("\xa0", " ")


def test_a_day_with_and_without_a_server_adds_up(device: tuple[Device, Any], stack: Stack) -> None:
    till, shop = device
    page = till.page
    till.open_till()
    till.log_in(shop["email"])
    page.locator(f"[data-register-id='{shop['register']}']").click()
    page.fill("#open-amount", "5 000")
    page.locator("[data-start-card] form button").click()
    till.ready()
    invoiced = sell_online(till, shop["codes"][0])
    eventually(till.is_kept, seconds=30, what="the page is kept on the device")

    stack.kill("web")
    sell_offline(till)
    assert till.unsent() == 5
    left = page.evaluate(STOCK)
    page.reload()
    till.ready()
    assert page.evaluate(STOCK) == left
    count_drawer(till, "16 150")
    page.locator("#close [data-error]").wait_for()
    assert "5" in page.locator("#close [data-error]").inner_text()
    page.locator("#close [data-close-dialog]").first.click()

    stack.start("web")
    eventually(lambda: stack.status("/healthz") == 200, seconds=60, what="the server is back")
    page.evaluate("window.baobabTill.lookUp()")
    page.locator(".till-state[data-state=online][data-unsent='0']").wait_for()
    eventually(lambda: page.evaluate(STOCK) == left, seconds=30, what="the server says what is left")
    eventually(lambda: len(page.evaluate(SHOWN_INVOICES)) == 2, seconds=30, what="both invoices are made")

    take_one_back(till, invoiced)
    receipt = printed_again(till, invoiced)
    eventually(lambda: "\u22121 500" in plain(receipt), seconds=30, what="the receipt says what came back")
    assert plain(receipt).count("1 500") >= 3  # the price, what came back, what was given back
    done(till)
    page.locator("#sales [data-close-dialog]").first.click()
    assert page.evaluate(MOMENTS) == ["1er mars 2026, 0\u00a0h\u00a030", "28 février 2026, 23\u00a0h\u00a030"]
    count_drawer(till, "16 150")
    page.locator("[data-close-now]").wait_for()
    assert "50" in page.locator("[data-difference]").inner_text()
    page.locator("[data-close-now]").click()
    page.locator("#open-amount").wait_for()

    assert stack.run("till_day", str(shop["register"])) == {
        "numbered_as_made": True, "sales": 10, "offline": 5, "listed": 18_000, "discount": 800, "sold": 17_200, "returned": 1_500,
        "ways": [["cash", 12_700, 1_500], ["orange_money", 1_000, 0], ["wave", 2_000, 0], ["mtn_momo", 1_500, 0]],
        "cash": [5_000, 16_200, 16_150, -50], "reports": 15_700, "tasks": 0,
        "documents": [["credit_note", "Ndiaye SARL", 1_500], ["invoice", "Kamga et fils", 1_500],
                      ["invoice", "Ndiaye SARL", 1_500]],
    }  # fmt: skip


def test_a_code_before_the_camera_is_read_where_the_browser_cannot(device: tuple[Device, Any]) -> None:
    till, shop = device
    open_session(till, shop)
    assert till.page.evaluate(READ_DRAWN, "6190000000125") == ["6190000000125", None]
