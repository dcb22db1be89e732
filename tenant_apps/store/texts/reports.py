"""Figures in words. Pure."""

from __future__ import annotations

from datetime import datetime

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing.money import Money
from shared_apps.core.dates import written
from shared_apps.core.numbers import number_text, reader_locale
from tenant_apps.store.texts.till import METHODS as TILL_METHODS

MINUS = "\u2212"
CHANNELS: dict[str, str | Promise] = {
    "online": pgettext_lazy("channel of sales", "Online"),
    "till": pgettext_lazy("channel of sales", "At the till"),
}
METHODS: dict[str, str | Promise] = {
    **TILL_METHODS,
    "": gettext_lazy("Not said"),
    "bank_transfer": gettext_lazy("Bank transfer"),
    "moov": "Moov Money",
    "paypal": "PayPal",
    "stripe": gettext_lazy("Bank card"),
}
STATUSES: dict[str, str | Promise] = {
    "confirmed": pgettext_lazy("status of an order", "Confirmed"),
    "preparing": pgettext_lazy("status of an order", "In preparation"),
    "shipped": pgettext_lazy("status of an order", "Shipped"),
    "delivered": pgettext_lazy("status of an order", "Delivered"),
}
DEFINITIONS: tuple[tuple[str | Promise, str | Promise], ...] = (
    (gettext_lazy("Sales"), gettext_lazy(
        "Totals of the orders confirmed in the period, delivery and tax included, less what was given back of them. "
        "Cancelled orders do not count.")),
    (gettext_lazy("Margin"), gettext_lazy(
        "Goods that customers kept, without tax and delivery, less what they cost you. Goods without a known cost are left "
        "out.")),
    (gettext_lazy("Best sellers and shelves"), gettext_lazy("Pieces that customers kept, at the price they paid for them.")),
    (gettext_lazy("Ways to pay"), gettext_lazy(
        "The same sales by the way that was chosen. Cash on delivery is among them from the order on, before it is there.")),
    (gettext_lazy("Compared with"), gettext_lazy(
        "The period before; while this one is running, only as much of it as has passed.")),
)  # fmt: skip


def scale_text(minor: float, currency: str) -> str:
    """An amount without its currency, for the scale of a chart whose title names it."""
    return number_text(Money(int(minor), currency).as_decimal())


def change_text(now: int, before: int) -> str:
    """How much more or less, in whole per cent rounded half up: "+12 %"; empty where nothing can be compared, or nothing moved."""
    if before <= 0 or now == before:
        return ""
    more = abs(now - before)
    share = (200 * more + before) // (2 * before)
    if not share:
        return ""
    sign = "+" if now > before else MINUS
    return _("%(sign)s%(share)s%%") % {"sign": sign, "share": number_text(share)}


def bucket_text(begin: datetime, bucket: str) -> str:
    """What stands below a bar: "14 h", "21 nov.", "nov. 2026"."""
    if bucket == "hour":
        return _("%(hour)s h") % {"hour": begin.hour}
    if bucket == "day":
        return written(begin.date(), "d MMM" if reader_locale().startswith("fr") else "MMM d", locale=reader_locale())
    return str(format_date(begin.date(), "LLL yyyy", locale=reader_locale()))


def method_text(key: str) -> str:
    """What a way to pay is called; one that is not known here, by its own key."""
    return str(METHODS.get(key, key))


def channel_text(key: str) -> str:
    """Where an order came from."""
    return str(CHANNELS.get(key, key))
