"""Catalogue imports in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from billing.money import Money
from shared_apps.core.numbers import number_text
from tenant_apps.store.models import CatalogueImport, ImportedProduct
from tenant_apps.store.rules.catalogue_columns import AMOUNTS, BY_KEY
from tenant_apps.store.rules.typed_prices import price_text

Status = CatalogueImport.Status
STATUSES: dict[str, str | Promise] = {
    Status.READING: gettext_lazy("Being read"),
    Status.READY: gettext_lazy("Waits for you"),
    Status.APPLYING: gettext_lazy("Being applied"),
    Status.APPLIED: gettext_lazy("Applied"),
    Status.DROPPED: gettext_lazy("Not applied"),
    Status.FAILED: gettext_lazy("Stopped"),
}
TONES = {Status.APPLIED: "success", Status.FAILED: "danger", Status.READY: "warning", Status.DROPPED: "neutral"}
KINDS: dict[str, str | Promise] = {
    ImportedProduct.Kind.NEW: gettext_lazy("New products"),
    ImportedProduct.Kind.CHANGED: gettext_lazy("Changed products"),
    ImportedProduct.Kind.UNCHANGED: gettext_lazy("As they are"),
    ImportedProduct.Kind.WRONG: gettext_lazy("To correct"),
}


def column_text(key: str) -> str:
    """A column's heading; a row's problem as a whole has none."""
    return BY_KEY[key].heading if key in BY_KEY else _("The row")


def cell_text(column: str, value: str, *, currency: str) -> str:
    """What a cell would say, as pages show it: amounts with their sign, anything else as it stands in the file."""
    if column not in AMOUNTS or not value:
        return value
    return price_text(Money.from_decimal(value, currency).minor, currency=currency)


def told(problem: Mapping[str, Any]) -> str:
    """A problem on one line, for the file that is sent back."""
    text = _("Row %(row)s, %(column)s: %(text)s")
    return text % {
        "row": number_text(problem["row"]),
        "column": column_text(problem["column"]),
        "text": problem["text"],
    }


def room_text(beyond: int) -> str:
    """How many new products the plan has no room for; nothing where it has."""
    if not beyond:
        return ""
    return ngettext(
        "Your plan has no room for %(number)s of the new products. It is left out unless you move to a larger plan first.",
        "Your plan has no room for %(number)s of the new products. They are left out unless you move to a larger plan first.",
        beyond,
    ) % {"number": number_text(beyond)}


def save_text(*, saved: int, wanted: int) -> str:
    """The button that has a file applied: how many of its products that saves, and of how many where some are left out."""
    numbers = {"saved": number_text(saved), "wanted": number_text(wanted)}
    if saved < wanted:
        # Both forms: French counts those that are saved.
        words = ngettext("Save %(saved)s of %(wanted)s products", "Save %(saved)s of %(wanted)s products", saved)
        return words % numbers
    return ngettext("Save %(saved)s product", "Save %(saved)s products", saved) % numbers


def rows_text(*, number: int, row: int, column: str) -> str:
    """Of which rows a reason is said: of one, or of how many and the first of them. One of the row as a whole is of a product."""
    if number == 1:
        return _("Row %(number)s") % {"number": number_text(row)}
    words = {"number": number_text(number), "row": number_text(row)}
    if not column:
        return _("%(number)s products, the first in row %(row)s") % words
    return _("%(number)s rows, the first is row %(row)s") % words
