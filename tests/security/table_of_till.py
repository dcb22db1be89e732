"""The part of the table about the till of a shop: its page, what its device asks, and what staff keep of it."""

from __future__ import annotations

from tests.security.rules import ANYBODY, Methods, act, form, page

TILL: dict[str, Methods] = {
    "store:till": page("store.use_till"),
    # Nothing in these two is about anybody.
    "store:till_worker": page(ANYBODY),
    "store:till_manifest": page(ANYBODY),
    "store:till_session_api": form("store.use_till"),
    "store:till_catalogue_api": page("store.use_till", answers={404}),  # of no register
    "store:till_sales_api": act("store.use_till"),
    "store:till_find_api": page("store.use_till", answers={404}),  # no number
    # Each asks for another permission too, in JSON.
    "store:till_customers_api": page("store.use_till", answers={403}),
    "store:till_prices_api": act("store.use_till"),
    "store:till_returns_api": act("store.use_till", answers={403}),
    "store:till_invoice_api": act("store.use_till", answers={404}),
    "store:till_sessions": page("store.change_orders"),
    "store:till_session": page("store.change_orders"),
    "store:till_report": page("store.change_orders"),
    "store:till_tasks": page("store.change_orders"),
    "store:till_settle": act("store.change_orders"),
    "store:till_registers": page("store.change_shop"),
    "store:till_new_register": form("store.change_shop"),
    "store:till_edit_register": form("store.change_shop"),
}
