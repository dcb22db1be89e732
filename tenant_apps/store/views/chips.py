"""What is chosen in a list, as chips that take one choice away each, and the orders it can be in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from tenant_apps.store.rules.filters import Filters
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors import Shelves


def chips_of(filters: Filters, labels: dict[str, str], *, tree: Shelves, currency: str) -> list[dict[str, str]]:
    """A chip for each choice: {label, query}, where the query keeps all others."""
    without: list[tuple[str, Filters]] = []
    if filters.shelf:
        without.append((tree.by_slug[filters.shelf].name, replace(filters, shelf="")))
    for slug in filters.brands:
        rest = tuple(other for other in filters.brands if other != slug)
        without.append((labels[f"brand:{slug}"], replace(filters, brands=rest)))
    if filters.price_from is not None:
        text = _("From %(price)s") % {"price": price_text(filters.price_from, currency=currency)}
        without.append((text, replace(filters, price_from=None)))
    if filters.price_to is not None:
        text = _("Up to %(price)s") % {"price": price_text(filters.price_to, currency=currency)}
        without.append((text, replace(filters, price_to=None)))
    if filters.available:
        without.append((_("Available"), replace(filters, available=False)))
    for pair in filters.specifications:
        rest_of = tuple(other for other in filters.specifications if other != pair)
        without.append((labels[":".join(pair)], replace(filters, specifications=rest_of)))
    return [{"label": label, "query": left.as_query(currency=currency)} for label, left in without]


def sort_choices(filters: Filters) -> list[dict[str, Any]]:
    """The orders of a list: {key, label, chosen}. A search begins with the best match."""
    first = _("Best match first") if filters.query else pgettext("products", "Newest first")
    choices = [("", first)]
    if filters.query:
        choices.append(("newest", pgettext("products", "Newest first")))
    choices += [
        ("cheapest", _("Lowest price first")),
        ("dearest", _("Highest price first")),
        ("rated", _("Best rated first")),
    ]
    return [{"key": key, "label": label, "chosen": key == filters.sort} for key, label in choices]
