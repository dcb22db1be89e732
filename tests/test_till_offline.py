"""The till in a real browser whose server goes away, whose tabs are two, and which is killed: each sale arrives once."""

from __future__ import annotations

from typing import Any

from tests.support.chromium import MARKS
from tests.support.live import keep_state, live_simulator, live_stack  # noqa: F401 — fixtures
from tests.support.stack import Stack, eventually
from tests.support.till_device import Device, counter_device, live_playwright, open_session  # noqa: F401 — fixtures

pytestmark = MARKS
OFFLINE = 500
BY_HAND = 3
PRICE = 1_500

# Sales through the till's own function, as fast as the browser writes them down.
SELL_MANY = """async (times) => {
  const { sellCart } = await import("/static/store/till/paying.js");
  const till = window.baobabTill;
  for (let n = 0; n < times; n += 1) {
    const variant = till.catalogue.variants[n % 2];
    await till.cart.add(variant);
    const total = till.cart.now.lines[0].unit_minor;
    await sellCart(till, [{ method: "cash", amount_minor: total, tendered_minor: total, reference: "" }]);
  }
}"""
# What a scanner types: all at once, however slow the machine is.
SCAN = """(code) => {
  for (const key of [...code, "Enter"]) {
    document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
  }
}"""
# All that waits, posted by hand twice, while the till itself sends it too.
SEND_TWICE = """async () => {
  const { someUnsent } = await import("/static/store/till/db.js");
  const { standing, call } = await import("/static/store/till/api.js");
  await standing();
  const waiting = await someUnsent(window.baobabTill.db, 40);
  const sales = waiting.map((sale) => ({ ...sale.payload, uuid: sale.uuid }));
  const body = { register: window.baobabTill.register, clock: new Date().toISOString(), sales };
  if (!sales.length) return 0;
  await Promise.all([1, 2].map(() => call("/staff/till/api/sales/", { body, timeout: 60000 })));
  return sales.length;
}"""


def test_five_hundred_offline_sales_arrive_exactly_once(device: tuple[Device, Any], stack: Stack) -> None:
    till, shop = device
    open_session(till, shop)
    till.sell_one()
    assert stack.run("takings")["orders"] == 1
    eventually(till.is_kept, seconds=30, what="the page is kept on the device")

    stack.kill("web")
    till.page.reload()
    till.ready()
    for _sale in range(BY_HAND):
        till.sell_one()
    assert till.page.locator(".till-state").get_attribute("data-state") == "offline"
    till.page.evaluate(SELL_MANY, OFFLINE - BY_HAND)
    assert till.unsent() == OFFLINE

    second = till.context.new_page()
    second.goto(f"{till.address}/staff/till/")
    take_over = second.locator("[data-start-card] button.button-primary")
    take_over.click()
    second.locator("[data-variant]").first.wait_for()
    assert till.page.locator("[data-sell]").is_hidden()

    till.kill()
    till.start()
    till.open_till()
    till.ready()
    assert till.unsent() == OFFLINE

    stack.start("web")
    eventually(lambda: stack.status("/healthz") == 200, seconds=60, what="the server is back")
    till.open_till()
    till.page.locator(".till-state:is([data-state=online], [data-state=logged-out])").wait_for()
    if till.page.locator("[data-state=logged-out]").count():
        till.page.goto(f"{till.address}/accounts/login/?next=/staff/till/")
        till.log_in(shop["email"])
    till.ready()
    till.page.evaluate(SEND_TWICE)
    eventually(lambda: till.unsent() == 0, seconds=120, what="all sales are acknowledged")
    till.page.locator(".till-state[data-state=online][data-unsent='0']").wait_for()

    assert stack.run("takings") == {
        "orders": OFFLINE + 1, "numbered": OFFLINE + 1, "sales": OFFLINE + 1, "offline": OFFLINE, "tasks": 0,
        "money": PRICE * (OFFLINE + 1), "totals": PRICE * (OFFLINE + 1), "pieces": OFFLINE + 1, "sold": OFFLINE + 1,
    }  # fmt: skip


def test_a_scanned_article_with_a_discount_is_paid_in_two_ways_and_the_drawer_is_counted(
    device: tuple[Device, Any], stack: Stack
) -> None:
    till, shop = device
    before = stack.run("takings")
    open_session(till, shop)
    page = till.page
    page.evaluate(SCAN, shop["codes"][0])
    page.locator("[data-show-cart]").click()
    page.locator("[data-lines] li").wait_for()
    page.locator("[data-lines] .till-line-tools button").nth(1).click()
    page.locator("[data-open=discount]").click()
    page.fill("#discount-amount", "1 000")
    page.locator("#discount button.button-primary").click()
    assert page.locator("#discount [data-error]").is_visible()  # it needs a reason
    page.fill("#discount-reason", "fidèle")
    page.locator("#discount button.button-primary").click()

    page.locator("[data-open=pay]").click()
    page.locator("[name=method][value=orange_money]").check()
    page.fill("#pay-amount", "1 500")
    page.locator("[data-take]").click()
    page.locator("[data-parts] li").wait_for()
    page.fill("#pay-amount", "1 000")
    assert page.locator("[data-change]").inner_text().startswith("500")
    page.locator("[data-take]").click()
    receipt = page.locator("#receipt [data-receipt]")
    receipt.locator("h3").wait_for()
    assert till.unsent() == 0
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert wide <= 0
    page.locator("#receipt .button-primary[data-close-dialog]").click()

    page.locator(".till-menu summary").click()
    page.locator("[data-open=close]").click()
    page.fill("#close-amount", "400")
    page.locator("[data-check]").click()
    page.locator("[data-close-now]").wait_for()
    assert "100" in page.locator("[data-difference]").inner_text()
    page.locator("[data-close-now]").click()
    page.locator("#open-amount").wait_for()

    after = stack.run("takings")
    names = ("orders", "money", "totals", "pieces", "sold", "tasks")
    assert [after[name] - (before[name] or 0) for name in names] == [1, 2000, 2000, 2, 2, 0]
