"""What a new shop still lacks before it can sell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from tenant_apps.payments.selectors import takes_more_than_cash
from tenant_apps.store.models import DeliveryZone, Product, Shop, StockLevel


@dataclass(frozen=True, slots=True)
class Step:
    """One of the first steps; `url_name` is where it is done."""

    label: str | Promise
    text: str | Promise
    is_done: bool
    url_name: str


def first_steps(shop: Shop) -> list[Step]:
    """The first steps of a shop, those that are done too. Two queries, whatever the shop holds."""
    found = _found()
    return [
        Step(_("Say who you are"), _("Name, what you sell, and the number customers write to."),
             bool(shop.name and shop.description and shop.phone), "store:staff_settings"),
        Step(_("Add your first product"), _("A photo, a name, a price and how many you have are enough."),
             found["has_product"], "store:staff_new_product"),
        Step(_("Enter your stock"), _("How many pieces you have. What is out of stock cannot be ordered."),
             found["has_stock"], "store:staff_stock_receive"),
        Step(_("Say where you deliver"), _("Districts or towns, each with its fee."),
             found["delivers"], "store:staff_zones"),
        Step(_("Choose how customers pay"), _("Mobile money, card or transfer. Cash is on from the start."),
             takes_more_than_cash(), "payments:staff_methods"),
        Step(_("Wear your colours"), _("Your logo, or the colour of your storefront."),
             bool(shop.logo_id or shop.brand_colour), "store:staff_settings"),
    ]  # fmt: skip


def _found() -> dict[str, Any]:
    needs_no_stock = Product.objects.filter(supply__in=[Product.Supply.ALWAYS, Product.Supply.PREORDER])
    found: dict[str, Any] = dict(
        Shop.objects.values(
            has_product=Exists(Product.objects.all()),
            has_stock=Q(Exists(StockLevel.objects.filter(quantity__gt=0))) | Q(Exists(needs_no_stock)),
            delivers=Exists(DeliveryZone.objects.filter(is_active=True, pickup=None)),
        ).get()
    )
    return found
