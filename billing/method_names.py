"""What payers know ways to pay by: names of their own, but for the words among them."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

NAMES: dict[str, str | Promise] = {
    "mtn_momo": "MTN Mobile Money",
    "paypal": "PayPal",
    "bank_transfer": _("Bank transfer"),
    "orange_money": "Orange Money",
    "wave": "Wave",
    "moov": "Moov Money",
    "stripe": "Stripe",
}


def method_name(name: str, *, locale: str | None = None) -> str:
    """A way to pay in a language, or in that of now; by its own short name where it is not one of the platform's."""
    if locale is None:
        return str(NAMES.get(name, name))
    with override(locale):
        return method_name(name)
