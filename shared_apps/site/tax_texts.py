"""Tax in words: beside a list price, and on the lines of an order."""

from __future__ import annotations

from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.services.taxes import PriceTax
from shared_apps.core.numbers import number_text

# Under the title of the pricing page.
PRICES: dict[PriceTax, str | Promise] = {
    PriceTax.NONE: gettext_lazy("The price shown is the price you pay. No renewal without you, no hidden fee."),
    PriceTax.INCLUDED: gettext_lazy("Prices include tax. No renewal without you, no hidden fee."),
    PriceTax.ADDED: gettext_lazy(
        "Tax is added to these prices: you see the total before you order. No renewal without you."
    ),
    PriceTax.MIXED: gettext_lazy(
        "In some countries tax is added to these prices: you see the total before you order. No renewal without you."
    ),
}


def tax_label(name: str, percent: Decimal) -> str:
    """A tax as a line of an order calls it: "TVA (19,25 %)"."""
    return _("%(tax)s (%(percent)s %%)") % {"tax": name, "percent": number_text(percent.normalize())}
