"""To whom an organisation is billed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.core.widgets import PhoneInput
from shared_apps.organisations.models import Organisation
from shared_apps.organisations.services.billing_details import BillingDetails
from shared_apps.site.countries import CODES, country_choices
from shared_apps.site.forms.phones import check_phone

NAMES = tuple(BillingDetails.__dataclass_fields__)


class BillingForm(forms.Form):
    """The customer as the next orders name it."""

    billing_name = forms.CharField(
        label=_("Name on the invoice"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "organization"})
    )
    billing_email = forms.EmailField(
        label=_("E-mail for bills and reminders"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    billing_phone = forms.CharField(
        label=_("Phone"),
        max_length=20,
        required=False,
        help_text=_("Reminders reach it by text message."),
        widget=PhoneInput(),
    )
    billing_address = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    billing_country = forms.CharField(
        label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country", "class": "input-medium"})
    )
    tax_number = forms.CharField(
        label=_("Tax number"),
        max_length=40,
        required=False,
        help_text=_("It stands on your invoices, and may decide which tax you pay."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input-medium"}),
    )

    def __init__(self, *args: Any, organisation: Organisation, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {name: getattr(organisation, name) for name in NAMES})
        super().__init__(*args, **kwargs)
        self.fields["billing_country"].widget.choices = country_choices()  # type: ignore[attr-defined]

    def clean_billing_phone(self) -> str:
        return check_phone(self.cleaned_data["billing_phone"])

    def clean_billing_country(self) -> str:
        country = str(self.cleaned_data["billing_country"])
        if country not in CODES:
            raise forms.ValidationError(_("Choose a country."))
        return country

    def details(self) -> BillingDetails:
        """The details, once the form is valid."""
        return BillingDetails(**{name: self.cleaned_data[name] for name in NAMES})
