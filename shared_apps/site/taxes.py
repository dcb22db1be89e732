"""Reads of the back office about tax rates, and what a rate makes of a price."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing.models import TaxRate
from billing.money import Money
from billing.pricing import Amounts, price_order
from billing.services.taxes import tax_of_rate, today_here
from shared_apps.core.errors import NotFound
from shared_apps.site.countries import country_name
from shared_apps.site.tax_texts import tax_label

# What the pages price to show what a rate does: a plan everybody knows.
SAMPLE = Money(25_000, "XAF")
STATES: dict[str, tuple[str | Promise, str]] = {
    "planned": (pgettext_lazy("tax rate", "Planned"), "info"),
    "in_force": (pgettext_lazy("tax rate", "In force"), "success"),
    "over": (pgettext_lazy("tax rate", "Over"), "neutral"),
}


@dataclass(frozen=True, slots=True)
class Example:
    """What a customer pays for a list price."""

    who: str | Promise
    amounts: Amounts


def rates_by_country() -> list[dict[str, Any]]:
    """Every rate with its state, grouped by country, by the countries' names. One query."""
    today = today_here()
    groups: dict[str, list[dict[str, Any]]] = {}
    for rate in TaxRate.objects.order_by("country", "-valid_from"):
        groups.setdefault(rate.country, []).append(row_of(rate, today))
    named = [{"country": country_name(code), "code": code, "rates": rates} for code, rates in groups.items()]
    return sorted(named, key=lambda group: str(group["country"]))


def get_rate(rate_id: int) -> TaxRate:
    """A rate; raises NotFound."""
    rate = TaxRate.objects.filter(pk=rate_id).first()
    if rate is None:
        raise NotFound
    return rate


def row_of(rate: TaxRate, today: date) -> dict[str, Any]:
    """A rate as the list shows it."""
    state = state_of(rate, today)
    label, tone = STATES[state]
    return {
        "rate": rate,
        "label": tax_label(rate.name, rate.percent),
        "state": state,
        "state_label": label,
        "tone": tone,
        "examples": examples(rate),
    }


def state_of(rate: TaxRate, today: date) -> str:
    """The key of its state on a day."""
    if rate.valid_from > today:
        return "planned"
    return "over" if rate.valid_until and rate.valid_until < today else "in_force"


def examples(rate: TaxRate) -> list[Example]:
    """What the sample price becomes; twice where a tax number makes a difference."""
    everybody = Example(_("Customer"), price_order(SAMPLE, tax=tax_of_rate(rate)))
    if not rate.reverse_charge:
        return [everybody]
    with_number = price_order(SAMPLE, tax=tax_of_rate(rate, tax_number="1"))
    return [Example(_("Without a tax number"), everybody.amounts), Example(_("With a tax number"), with_number)]


def rate_that_ends(new: TaxRate) -> TaxRate | None:
    """The rate that a new one would end."""
    return (
        TaxRate.objects.filter(country=new.country, valid_from__lt=new.valid_from)
        .exclude(valid_until__lt=new.valid_from)
        .first()
    )
