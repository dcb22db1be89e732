"""What staff type about products and the shop."""

from __future__ import annotations

from typing import Any

import phonenumbers
from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.errors import DomainError
from shared_apps.core.widgets import MoneyInput, PhoneInput
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.pricing import parse_price, price_as_typed
from tenant_apps.store.services import ProductDetails, ShopDetails
from tenant_apps.team.forms import ColourField, OneLineField, PhotoField, WorkspaceForm, category_field, key_field

CURRENCY_SIGNS = {"XAF": "FCFA", "XOF": "FCFA", "EUR": "€", "USD": "$"}


class ProductForm(WorkspaceForm):
    """A product with its one variant. `details` is there once the form is valid."""

    key = key_field()
    name = OneLineField(label=gettext_lazy("Name"), max_length=120)
    price = forms.CharField(label=gettext_lazy("Price"), max_length=30)
    photo = PhotoField(label=gettext_lazy("Photos"), several=True)
    category = category_field()
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=5000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    sku = OneLineField(
        label=gettext_lazy("Reference"), max_length=40, required=False,
        help_text=gettext_lazy("Your own code or the barcode."),
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off", "autocapitalize": "characters"}),
    )  # fmt: skip

    def __init__(self, *args: Any, shop: Shop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = shop.currency
        self.fields["price"].widget = MoneyInput(currency=CURRENCY_SIGNS.get(shop.currency, shop.currency))

    @classmethod
    def values_of(cls, product: Product, *, currency: str) -> dict[str, Any]:
        """A product as it goes into the form."""
        variant = product.variants.all()[0]
        return {
            "key": product.public_id,
            "name": product.name,
            "price": price_as_typed(variant.price_minor, currency=currency),
            "category": product.category.name if product.category else "",
            "description": product.description,
            "sku": variant.sku or "",
        }

    def clean_price(self) -> int:
        try:
            return parse_price(self.cleaned_data["price"], currency=self.currency).minor
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None

    @property
    def details(self) -> ProductDetails:
        data = self.cleaned_data
        return ProductDetails(
            name=data["name"], price_minor=data["price"], description=data["description"].strip(),
            category=data["category"], sku=data["sku"],
        )  # fmt: skip


class ShopForm(WorkspaceForm):
    """What customers read about the shop."""

    name = OneLineField(label=gettext_lazy("Name of the shop"), max_length=120)
    description = OneLineField(
        label=gettext_lazy("What you sell, in a sentence"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    phone = forms.CharField(
        label=gettext_lazy("WhatsApp number"), max_length=30, required=False, widget=PhoneInput,
        help_text=gettext_lazy("With the country code, for example +237 6 71 23 45 67. Customers can write to it."),
    )  # fmt: skip
    brand_colour = ColourField(label=gettext_lazy("Colour of your storefront"))

    @classmethod
    def values_of(cls, shop: Shop) -> dict[str, Any]:
        """The shop as it goes into the form."""
        return {
            "name": shop.name,
            "description": shop.description,
            "phone": _readable_phone(shop.phone),
            "brand_colour": shop.brand_colour,
        }

    def clean_phone(self) -> str:
        typed = self.cleaned_data["phone"].strip()
        if not typed:
            return ""
        try:
            number = phonenumbers.parse(typed, None)
        except phonenumbers.NumberParseException:
            raise forms.ValidationError(_("Start with the country code, for example +237 6 71 23 45 67.")) from None
        if not phonenumbers.is_valid_number(number):
            raise forms.ValidationError(_("This number does not exist in this country. Check its digits."))
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    @property
    def details(self) -> ShopDetails:
        return ShopDetails(
            **{name: self.cleaned_data[name] for name in ("name", "description", "phone", "brand_colour")}
        )


def _readable_phone(phone: str) -> str:
    if not phone:
        return ""
    number = phonenumbers.parse(phone, None)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
