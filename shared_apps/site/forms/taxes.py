"""Entering tax rates, and ending them."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.models import TaxRate
from billing.services.taxes import today_here
from shared_apps.core.widgets import AffixInput, Card, RadioCards
from shared_apps.site.countries import country_choices
from shared_apps.site.forms.signup import set_choices

_PERCENT = re.compile(r"[0-9]{1,2}([.,][0-9]{1,3})?")


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "input-medium"}, format="%Y-%m-%d")


class TaxRateForm(forms.Form):
    """The tax on what customers of a country buy, from a day on."""

    country = forms.ChoiceField(label=_("Country"), help_text=_("Of the customer."), widget=forms.Select)
    name = forms.CharField(
        label=_("Name of the tax"),
        help_text=_("As invoices print it."),
        max_length=30,
        initial="TVA",
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input-medium"}),
    )
    percent = forms.CharField(
        label=_("Rate"),
        max_length=10,
        widget=AffixInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "input-medium"}, suffix="%"),
    )
    way = forms.ChoiceField(
        label=_("Prices of the list"),
        initial="included",
        choices=[("included", _("Include this tax")), ("added", _("Do not: it is added to them"))],
        widget=RadioCards(
            cards={
                "included": Card(_("Customers pay the list price. The tax is a part of it.")),
                "added": Card(_("Customers pay the list price and the tax.")),
            }
        ),
    )
    reverse_charge = forms.BooleanField(
        label=_("Customers with a tax number pay no tax"),
        help_text=_("Reverse charge: they account for it themselves. The mention below stands on their documents."),
        required=False,
    )
    note = forms.CharField(
        label=_("Mention on documents"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    valid_from = forms.DateField(label=_("First day"), widget=_day_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "country", [("", _("Choose a country")), *country_choices()])
        self.initial.setdefault("valid_from", today_here())

    def clean_percent(self) -> Decimal:
        text = "".join(str(self.cleaned_data["percent"]).split())
        if not _PERCENT.fullmatch(text):
            raise forms.ValidationError(_("Enter a rate below 100 with up to three decimals, for example 19.25."))
        return Decimal(text.replace(",", "."))

    def rate(self) -> TaxRate:
        """What a valid form asks for, not kept."""
        values = {
            name: self.cleaned_data[name]
            for name in ("country", "name", "percent", "reverse_charge", "note", "valid_from")
        }
        return TaxRate(**values, is_included=self.cleaned_data["way"] == "included")


class TaxEndForm(forms.Form):
    """Until when a rate is valid."""

    last_day = forms.DateField(label=_("Last day"), widget=_day_input())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("last_day", today_here())
