"""The part of the table about selling: carts, orders, stock, prices, customers, reviews and figures of a shop."""

from __future__ import annotations

from tests.security.rules import ANYBODY, SIGNED_IN, Methods, act, form, page

_STOCK = {
    **{name: page("store.view_stock") for name in ("stock", "variant_stock", "stock_history", "stock_export")},
    **{name: form("store.change_stock") for name in (
        "stock_receive", "stock_adjust", "stock_transfer", "counts", "count", "book_count", "give_up_count",
    )},
    "places": page("store.view_stock"),
    **{name: form("store.change_stock") for name in ("new_place", "edit_place", "close_place")},
    **{name: act("store.change_stock") for name in ("open_place", "move_place")},
}  # fmt: skip
_PRICES = {
    **{name: page("store.change_prices") for name in ("promotions", "segments", "partners")},
    **{name: form("store.change_prices") for name in (
        "new_promotion", "edit_promotion", "delete_promotion", "new_segment", "edit_segment", "delete_segment",
        "new_partner", "partner", "edit_partner", "delete_partner",
    )},
    **{name: act("store.change_prices") for name in ("pause_promotion", "remove_member")},
}  # fmt: skip
_ORDERS = {
    **{name: page("store.view_orders") for name in ("orders", "order")},
    **{name: act("store.change_orders") for name in ("prepare", "settle", "deliver", "cash")},
    **{name: form("store.change_orders") for name in ("ship", "cancel", "cancel_pieces")},
    "take_back": form("store.refund_orders"),
}
_IMPORTS = {
    "imports": form("store.change_products"),
    **{
        name: page("store.change_products")
        for name in ("import", "follow_import", "import_problems", "export_products")
    },
    **{name: act("store.change_products") for name in ("confirm_import", "drop_import")},
}
_OTHERS = {
    "home": page("store.view_orders"),  # or the reports, or the stock
    "export": page("store.view_reports"),
    "close_setup": act("store.change_shop"),
    "reviews": page("store.moderate_reviews"),
    "review": page("store.moderate_reviews"),
    **{f"{act_}_review": act("store.moderate_reviews") for act_ in ("publish", "reject", "reply")},
    "customers": page("store.view_customers"),
    "customer": {**page("store.view_customers"), **act("store.change_customers")},
    "zones": page("store.change_shop"),
    **{name: form("store.change_shop") for name in ("new_zone", "edit_zone", "delete_zone")},
    "move_zone": act("store.change_shop"),
}
SHOP: dict[str, Methods] = {
    **{f"store:staff_{name}": rules for name, rules in {**_STOCK, **_PRICES, **_ORDERS, **_IMPORTS, **_OTHERS}.items()},
    **{f"store:{name}": page(ANYBODY) for name in ("cart", "order", "product_reviews")},
    **{f"store:{name}": act(ANYBODY) for name in ("cart_add", "cart_change", "cancel_my_order")},
    "store:checkout": form(ANYBODY),
    "store:my_orders": page(SIGNED_IN),
    "store:addresses": page(SIGNED_IN),
    "store:new_address": form(SIGNED_IN),
    # Of somebody else: not there.
    **{f"store:{name}": form(SIGNED_IN, answers={404}) for name in ("edit_address", "delete_address")},
    "store:default_address": act(SIGNED_IN, answers={404}),
    **{f"store:{name}": form(SIGNED_IN) for name in ("write_review", "delete_my_review")},
}
