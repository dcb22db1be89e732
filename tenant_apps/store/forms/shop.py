"""What staff type about the shop and its delivery."""

from __future__ import annotations

from typing import Any

import phonenumbers
from babel import Locale
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.money import Money
from shared_apps.core.money_field import MoneyField
from shared_apps.core.numbers import reader_locale
from tenant_apps.store.forms.prices import PercentField
from tenant_apps.store.models import DeliveryZone, Location, Shop
from tenant_apps.store.services import ShopDetails
from tenant_apps.store.services.delivery import ZoneDetails
from tenant_apps.team.forms import ColourField, OneLineField, PhoneField, PhotoField, WorkspaceForm

# Where the franc CFA is used: most of the shops.
FRANC_COUNTRIES = ("BF", "BJ", "CF", "CG", "CI", "CM", "GA", "GQ", "GW", "ML", "NE", "SN", "TD", "TG")


def country_choices() -> list[Any]:
    """Countries with telephone numbers by their names in the reader's language, those of the franc CFA first."""
    names = Locale.parse(reader_locale()).territories
    regions = {code: names[code] for code in phonenumbers.SUPPORTED_REGIONS if code in names}
    near = sorted(((code, regions[code]) for code in FRANC_COUNTRIES), key=lambda pair: pair[1])
    others = sorted(
        ((code, name) for code, name in regions.items() if code not in FRANC_COUNTRIES), key=lambda pair: pair[1]
    )
    return [("", _("Choose a country")), (_("Franc CFA"), near), (_("Other countries"), others)]


def _text_field(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 4}), help_text=help_text
    )


class ShopForm(WorkspaceForm):
    """What customers read about the shop, and what counts for all of its products."""

    name = OneLineField(label=gettext_lazy("Name of the shop"), max_length=120)
    description = OneLineField(
        label=gettext_lazy("What you sell, in a sentence"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    logo = PhotoField(label=gettext_lazy("Logo"))
    brand_colour = ColourField(label=gettext_lazy("Colour of your storefront"))
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), required=False,
        help_text=gettext_lazy("Telephone numbers without a country code are read as its own, and times are its time."),
    )  # fmt: skip
    phone = PhoneField(
        label=gettext_lazy("WhatsApp number"), required=False,
        help_text=gettext_lazy("With the country code, for example +237 6 71 23 45 67. Customers can write to it."),
    )  # fmt: skip
    email = forms.EmailField(
        label=gettext_lazy("E-mail address"), max_length=254, required=False,
        help_text=gettext_lazy("Customers can write to it, and new orders are announced there."),
    )  # fmt: skip
    address = OneLineField(
        label=gettext_lazy("Address"), max_length=300, required=False,
        help_text=gettext_lazy("Printed on invoices and shown to customers."),
    )  # fmt: skip
    tax_rate = PercentField(
        label=gettext_lazy("Tax within your prices"), required=False,
        help_text=gettext_lazy("Your prices are what customers pay. This much of them is tax; 0 if you charge none."),
    )  # fmt: skip
    tax_name = OneLineField(
        label=gettext_lazy("Name of the tax"), max_length=20, required=False,
        help_text=gettext_lazy("As invoices write it, for example VAT."),
        widget=forms.TextInput(attrs={"class": "input-short"}),
    )  # fmt: skip
    tax_number = OneLineField(
        label=gettext_lazy("Tax number"), max_length=60, required=False,
        help_text=gettext_lazy("Printed on invoices."), widget=forms.TextInput(attrs={"class": "input-medium"}),
    )  # fmt: skip
    delivery_text = _text_field(
        gettext_lazy("About delivery"), gettext_lazy("How and when you deliver. Customers read it before they order.")
    )
    returns_text = _text_field(
        gettext_lazy("About returns"), gettext_lazy("Until when goods may come back, and how the money is given back.")
    )
    low_stock_at = forms.IntegerField(
        label=gettext_lazy("Low stock from"), min_value=0, max_value=1_000_000, required=False,
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
        help_text=gettext_lazy("You are told at so many pieces or fewer, unless a product says otherwise."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = country_choices()  # type: ignore[attr-defined]  # a ChoiceField
        chosen = str(self.data.get("country", "") if self.is_bound else self.initial.get("country", ""))
        if chosen in phonenumbers.SUPPORTED_REGIONS:
            self.fields["phone"].region = chosen  # type: ignore[attr-defined]  # a PhoneField

    @classmethod
    def values_of(cls, shop: Shop) -> dict[str, Any]:
        """The shop as it goes into the form."""
        names = (
            "name", "description", "brand_colour", "country", "phone", "email", "address", "tax_name", "tax_number",
            "delivery_text", "returns_text", "low_stock_at",
        )  # fmt: skip
        return {**{name: getattr(shop, name) for name in names}, "tax_rate": shop.tax_rate_bp}

    def clean_tax_rate(self) -> int:
        rate: int = self.cleaned_data["tax_rate"] or 0
        if rate >= 10_000:
            raise forms.ValidationError(_("A tax within the price is less than the price."))
        return rate

    def clean_low_stock_at(self) -> int:
        number = self.cleaned_data["low_stock_at"]
        return Shop._meta.get_field("low_stock_at").default if number is None else number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("tax_rate") and not data.get("tax_name"):
            self.add_error("tax_name", _("Name the tax, for example VAT."))
        return data

    @property
    def details(self) -> ShopDetails:
        data = {name: value for name, value in self.cleaned_data.items() if name != "logo"}
        for name in ("delivery_text", "returns_text"):
            data[name] = data[name].strip()
        return ShopDetails(tax_rate_bp=data.pop("tax_rate"), **data)


class ZoneForm(WorkspaceForm):
    """A delivery zone, or a place where customers come for their goods."""

    name = OneLineField(
        label=gettext_lazy("Name"),
        max_length=80,
        help_text=gettext_lazy("As customers choose it, for example “Dakar Plateau”."),
    )
    delay = OneLineField(
        label=gettext_lazy("How long it takes"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("For example “within 48 h”."),
    )
    takes_cash = forms.BooleanField(
        label=gettext_lazy("Customers may pay when they receive their goods"), required=False, initial=True
    )
    is_active = forms.BooleanField(label=gettext_lazy("Customers can choose it"), required=False, initial=True)

    def __init__(self, *args: Any, shop: Shop, locations: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["fee"] = MoneyField(
            currency=shop.currency, label=_("Fee"), required=False, help_text=_("Left empty or 0, delivery is free.")
        )
        self.fields["free_from"] = MoneyField(
            currency=shop.currency, label=_("Free from"), required=False,
            help_text=_("Orders of this amount or more are delivered for nothing."),
        )  # fmt: skip
        self.locations = {str(one.pk): one for one in locations}
        self.fields["pickup"] = forms.ChoiceField(
            label=_("Collected at"), required=False,
            choices=[("", _("It is delivered")), *((key, one.name) for key, one in self.locations.items())],
            help_text=_("Choose a place, and customers come for their goods."),
        )  # fmt: skip
        self.order_fields(["name", "pickup", "fee", "free_from", "delay", "takes_cash", "is_active"])

    @classmethod
    def values_of(cls, zone: DeliveryZone, *, currency: str) -> dict[str, Any]:
        """A zone as it goes into the form."""
        return {
            "name": zone.name,
            "delay": zone.delay,
            "fee": Money(zone.fee_minor, currency),
            "free_from": None if zone.free_from_minor is None else Money(zone.free_from_minor, currency),
            "pickup": str(zone.pickup_id or ""),
            "takes_cash": zone.takes_cash,
            "is_active": zone.is_active,
        }

    def clean_free_from(self) -> int | None:
        """Nothing and zero are the same: a zone without a fee is free already."""
        amount = self.cleaned_data["free_from"]
        return amount.minor or None if amount else None

    @property
    def details(self) -> ZoneDetails:
        data = self.cleaned_data
        return ZoneDetails(
            name=data["name"], fee_minor=data["fee"].minor if data["fee"] else 0, free_from_minor=data["free_from"],
            delay=data["delay"], pickup=self.locations.get(data["pickup"]), takes_cash=data["takes_cash"],
            is_active=data["is_active"],
        )  # fmt: skip
