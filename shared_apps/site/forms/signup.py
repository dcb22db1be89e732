"""Sign-up: account, code, organisation and plan."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from django import forms
from django.conf import settings
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from billing.models import Order
from billing.services.orders import Customer
from shared_apps.core.context import host_with_port
from shared_apps.core.numbers import reader_locale
from shared_apps.core.widgets import Card, PhoneInput, RadioCards, SubdomainInput
from shared_apps.site import plan_texts
from shared_apps.site.catalogue import PlanOffer, ProductOffer, currencies_on_sale, find_product, sold_currency
from shared_apps.site.choices import Choice
from shared_apps.site.countries import CODES, country_choices
from shared_apps.site.forms.phones import check_phone


def set_choices(form: forms.Form, name: str, choices: Any) -> None:
    """Give a choice field what can be chosen."""
    field = form.fields[name]
    if not isinstance(field, forms.ChoiceField):
        raise TypeError(f"{name} offers no choice")
    field.choices = choices


class OrganisationForm(forms.Form):
    """Step 3: the organisation, its address, what it buys, and who pays."""

    # What the page shows besides an error.
    suggestions: Sequence[str] = ()
    own_order: Order | None = None
    too_many = False

    organisation_name = forms.CharField(
        label=_("Name of your organisation"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "organization", "data-names-subdomain": "#id_subdomain"}),
    )
    subdomain = forms.CharField(
        label=_("Address of your workspace"),
        help_text=_("Letters without accents, digits and hyphens."),
        max_length=63,
        widget=SubdomainInput(),
        error_messages={"required": _("Choose an address for your workspace.")},
    )
    product = forms.ChoiceField(label=_("Product"), widget=forms.RadioSelect)
    plan = forms.ChoiceField(
        label=_("Plan"),
        widget=RadioCards,
        error_messages={"required": _("Choose a plan."), "invalid_choice": _("Choose a plan.")},
    )
    cycle = forms.ChoiceField(label=_("You pay"), choices=list(plan_texts.CYCLES.items()), widget=RadioCards)
    currency = forms.ChoiceField(
        label=_("Currency"),
        widget=forms.Select,
        error_messages={"invalid_choice": _("Nothing is sold in this currency. Choose another one.")},
    )
    coupon_code = forms.CharField(
        label=_("Discount code"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "input-medium"}),
    )
    customer_name = forms.CharField(
        label=_("Name on the invoice"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    country = forms.ChoiceField(label=_("Country"), widget=forms.Select(attrs={"autocomplete": "country"}))
    city = forms.CharField(
        label=_("City"), max_length=80, required=False, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    address = forms.CharField(
        label=_("Street or district"),
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "street-address"}),
    )
    phone = forms.CharField(label=_("Phone"), max_length=20, required=False, widget=PhoneInput())
    tax_number = forms.CharField(
        label=_("Tax number"),
        help_text=_("Only if it must stand on your invoice."),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "input-medium"}),
    )
    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, catalogue: list[ProductOffer], choice: Choice, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.catalogue = catalogue
        self.choice = complete_choice(catalogue, choice)
        self.product_offer = find_product(catalogue, self.choice.product)
        self.fields["subdomain"].widget.suffix = f".{host_with_port(settings.PLATFORM_HOST)}"
        set_choices(self, "product", [(product.key, product.text.name) for product in catalogue if product.plans])
        set_choices(self, "country", [("", _("Choose a country")), *country_choices()])
        self._offer_plans()

    def _offer_plans(self) -> None:
        plans = self.product_offer.plans if self.product_offer else []
        choice = self.choice
        currencies = currencies_on_sale([self.product_offer] if self.product_offer else [])
        set_choices(self, "currency", [(code, plan_texts.CURRENCIES[code]) for code in currencies])
        set_choices(self, "plan", [(plan.name, plan.display_name) for plan in plans])
        self.fields["plan"].widget.cards = {plan.name: self._plan_card(plan) for plan in plans}
        chosen = self.offer
        self.fields["cycle"].widget.cards = {
            cycle: self._cycle_card(chosen, cycle) for cycle in plan_texts.CYCLES if chosen is not None
        }
        for name, value in choice.as_dict().items():
            self.initial[name] = value

    def _plan_card(self, plan: PlanOffer) -> Card:
        price = plan.price(self.choice.cycle, self.choice.currency)
        return Card(
            description=plan.in_short,
            aside=format_html('<span class="money">{}</span>', price.display(reader_locale())) if price else "",
            badge=_("Recommended") if plan.is_recommended else "",
        )

    def _cycle_card(self, plan: PlanOffer, cycle: str) -> Card:
        price, saving = plan.price(cycle, self.choice.currency), plan.saving(cycle, self.choice.currency)
        return Card(
            aside=format_html('<span class="money">{}</span>', price.display(reader_locale())) if price else "",
            badge=_("You save %(percent)d %%") % {"percent": saving} if saving else "",
        )

    @property
    def offer(self) -> PlanOffer | None:
        """The plan that is chosen now."""
        return self.product_offer.plan(self.choice.plan) if self.product_offer else None

    def clean_phone(self) -> str:
        return check_phone(self.cleaned_data["phone"])

    def clean_country(self) -> str:
        country = self.cleaned_data["country"]
        if country not in CODES:
            raise forms.ValidationError(_("Choose a country."))
        return country

    def customer(self, email: str) -> Customer:
        """Who the order is billed to."""
        data = self.cleaned_data
        return Customer(
            name=data["customer_name"],
            email=email,
            country=data["country"],
            phone=data["phone"],
            address=", ".join(part for part in (data["address"], data["city"]) if part),
            tax_number=data["tax_number"],
        )

    def clean_idempotency_key(self) -> str:
        return str(self.cleaned_data["idempotency_key"] or uuid.uuid4())


def complete_choice(catalogue: list[ProductOffer], choice: Choice) -> Choice:
    """A choice whose product, plan and currency are on sale: what is missing becomes the recommended plan."""
    product = find_product(catalogue, choice.product)
    if product is None or not product.plans:
        product = next((one for one in catalogue if one.plans), None)
    if product is None:
        return choice
    plan = product.plan(choice.plan) or product.recommended
    currency = sold_currency([product], choice.currency)
    return Choice(product=product.key, plan=plan.name if plan else "", cycle=choice.cycle, currency=currency)


def initial_from_order(order: Order) -> dict[str, str]:
    """What an earlier order says, to order again."""
    return {
        "product": order.plan_version.plan.product,
        "plan": order.plan_version.plan.name,
        "cycle": order.cycle,
        "currency": order.currency,
        "organisation_name": order.organisation_name,
        "subdomain": order.subdomain,
        "customer_name": order.customer_name,
        "country": order.customer_country,
        "address": order.customer_address,
        "phone": order.customer_phone,
        "tax_number": order.tax_number,
    }
