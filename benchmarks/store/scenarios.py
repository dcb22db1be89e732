"""What visitors do in a shop, as a browser does it. A shop is a JSON object that its side wrote: `host`, `shelf`, `sorted`,
`searches`, and `products`, each with its `path` and how it is put into the basket (`add`, `form`)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from itertools import count, cycle
from typing import Any

from benchmarks.store.browser import Browser

Visit = Callable[[], object]
Scenario = Callable[["Shop", int], Iterator[Visit]]

STAYS = 3  # so many things go into a basket before somebody new comes
ORDERS = 8  # of a visitor in one slice
_numbers = count(1)


class Shop:
    """One of the two shops, as its visitors know it."""

    def __init__(self, known: dict[str, Any], address: str) -> None:
        self.known = known
        self.address = address

    def visitor(self) -> Browser:
        return Browser(self.address, self.known["host"], next(_numbers))

    def product(self, number: int) -> dict[str, Any]:
        return self.known["products"][number % len(self.known["products"])]


def shelf(shop: Shop, number: int) -> Iterator[Visit]:
    """Page 1 of a shelf, with what it can be narrowed by."""
    return _pages(shop, [shop.known["shelf"]], number)


def sorted_shelf(shop: Shop, number: int) -> Iterator[Visit]:
    """The same, the cheapest first."""
    return _pages(shop, [shop.known["sorted"]], number)


def search(shop: Shop, number: int) -> Iterator[Visit]:
    """Some words, others each time."""
    return _pages(shop, shop.known["searches"], number)


def product(shop: Shop, number: int) -> Iterator[Visit]:
    """A product, another each time."""
    return _pages(shop, [one["path"] for one in shop.known["products"]], number)


def shelf_anew(shop: Shop, number: int) -> Iterator[Visit]:
    """The shelf at an address that nobody has asked for before."""
    return _pages(shop, [shop.known["shelf"]], number, anew=True)


def product_anew(shop: Shop, number: int) -> Iterator[Visit]:
    """A product at an address that nobody has asked for before."""
    return _pages(shop, [one["path"] for one in shop.known["products"]], number, anew=True)


def add(shop: Shop, number: int) -> Iterator[Visit]:
    """Put something into the basket, and read the page that answers; somebody new after some."""
    browser = shop.visitor()
    for round_ in count():
        one = shop.product(number * 37 + round_ // STAYS)
        if round_ % STAYS == 0:
            browser.stroll()
            browser.page = browser.page if "csrfmiddlewaretoken" in browser.page else browser.get(one["path"])
        yield lambda one=one: browser.post(one["add"], one["form"])  # type: ignore[misc]


def checkout(shop: Shop, number: int) -> Iterator[Visit]:
    """From a full basket to the page of the order that was placed. The baskets are filled before."""
    order = _order_at_ours if shop.known["name"] == "ours" else _order_at_oscars
    browsers = []
    for round_ in range(ORDERS):
        browser = shop.visitor()
        for step in range(2):
            one = shop.product(number * 37 + round_ * 2 + step)
            browser.get(one["path"])
            browser.post(one["add"], one["form"])
        browsers.append(browser)
    return iter([lambda browser=browser: order(browser) for browser in browsers])  # type: ignore[misc]


def _pages(shop: Shop, paths: list[str], number: int, *, anew: bool = False) -> Iterator[Visit]:
    browser = shop.visitor()
    paths = paths[number % len(paths) :] + paths[: number % len(paths)]

    def visit(path: str) -> None:
        browser.cookies.clear()
        browser.get(f"{path}?n={next(_numbers)}" if anew else path)

    return ((lambda path=path: visit(path)) for path in cycle(paths))  # type: ignore[misc]


def _order_at_ours(browser: Browser) -> None:
    """One page: who, where to and how to pay; then the order's own page."""
    browser.get("/checkout/")
    said = {
        "name": "Awa Ndiaye", "phone": "6 71 23 45 67", "email": "awa@example.org", "city": "Douala", "line1": "Rue 12",
        "note": "", "method": "cash", "key": str(uuid.uuid4()),
        "zone": browser.page.split('name="zone" value="')[1].split('"')[0],
    }  # fmt: skip
    browser.post("/checkout/", {**said, "total": browser.hidden("total")})
    assert browser.path.startswith("/orders/"), browser.path


def _order_at_oscars(browser: Browser) -> None:
    """Who, where to, how to pay, a last look, then the order's own page: its shipped checkout for guests."""
    browser.get("/checkout/")
    browser.post("/checkout/", {"username": "awa@example.org", "options": "anonymous"})
    browser.post(
        browser.path,
        {"first_name": "Awa", "last_name": "Ndiaye", "line1": "Rue 12", "line4": "Douala", "phone_number": "+237671234567",
         "notes": ""},
    )  # fmt: skip
    assert browser.path == "/checkout/payment-details/", browser.path
    browser.get("/checkout/preview/")
    browser.post("/checkout/preview/", {"action": "place_order"})
    assert browser.path == "/checkout/thank-you/", browser.path


SCENARIOS: dict[str, Scenario] = {
    "shelf": shelf, "sorted": sorted_shelf, "search": search, "product": product, "add": add, "checkout": checkout,
    "shelf_anew": shelf_anew, "product_anew": product_anew,
}  # fmt: skip
