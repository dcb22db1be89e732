"""What customers type into the cart and the checkout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.accounts.phones import show_phone
from shared_apps.core.forms import PlainForm, unmarked
from shared_apps.core.widgets import Card, RadioCards
from tenant_apps.store.models import Address, DeliveryZone, Shop
from tenant_apps.store.rules.typed_prices import price_text
from tenant_apps.store.selectors.checkout import CASH, WayToPay
from tenant_apps.store.services.carts import MAX_PIECES
from tenant_apps.store.services.placing import CheckoutDetails
from tenant_apps.store.texts.addresses import address_lines
from tenant_apps.team.forms import OneLineField, PhoneField, WorkspaceForm, key_field

# What the stylesheet knows zones by whose goods are collected: they need no address.
PICKUP = "pickup"
SAVED = "saved"  # and the addresses of an account, with which nothing needs to be typed
ANOTHER = "another"
NEEDED = gettext_lazy("We need this to deliver to you.")


class AddForm(PlainForm):
    """A variant and how many of it."""

    variant = forms.UUIDField(error_messages={"required": gettext_lazy("Choose what you would like first.")})
    quantity = forms.IntegerField(
        initial=1,
        min_value=1,
        max_value=MAX_PIECES,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )

    def clean_quantity(self) -> int:
        return self.cleaned_data["quantity"] or 1


class CheckoutForm(WorkspaceForm):
    """Everything on one page: who, where to, and how it is paid. `details_in` says it once the form is valid.

    An account that keeps addresses chooses one of them, which then says who receives and where, whatever is typed beside it;
    what is typed counts for another address, and for who collects.
    """

    RECEIVER: ClassVar = ("name", "phone")
    PLACE: ClassVar = ("city", "line1", "line2")

    key = key_field()
    total = forms.IntegerField(required=False, widget=forms.HiddenInput)  # what the customer saw, in minor units
    name = OneLineField(
        label=gettext_lazy("Your name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField(label=gettext_lazy("Your phone number"), help_text=gettext_lazy("For the delivery."))
    email = forms.EmailField(
        label=gettext_lazy("E-mail"), max_length=254, required=False,
        help_text=gettext_lazy("Your order and its receipt are sent there."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    zone = forms.ChoiceField(label=gettext_lazy("Where to"), widget=RadioCards)
    saved = forms.ChoiceField(
        label=gettext_lazy("To which address"), required=False, widget=RadioCards,
        error_messages={"invalid_choice": gettext_lazy("This address is no longer there. Choose another.")},
    )  # fmt: skip
    city = OneLineField(
        label=gettext_lazy("Town and quarter"), max_length=80, error_messages={"required": NEEDED},
        widget=forms.TextInput(attrs={"autocomplete": "address-level2"}),
    )  # fmt: skip
    line1 = OneLineField(
        label=gettext_lazy("Address"), max_length=150, error_messages={"required": NEEDED},
        help_text=gettext_lazy("Street and number, or how to find you."),
        widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
    )  # fmt: skip
    line2 = OneLineField(
        label=gettext_lazy("Landmark, floor, door"), max_length=150, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )  # fmt: skip
    note = forms.CharField(
        label=gettext_lazy("A word to the shop"), max_length=500, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    method = forms.ChoiceField(label=gettext_lazy("How do you want to pay?"), widget=RadioCards)
    wallet = PhoneField(
        label=gettext_lazy("Number of the wallet"), required=False,
        help_text=gettext_lazy("Where it is another than your phone number above."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        shop: Shop,
        zones: Sequence[DeliveryZone],
        ways: Sequence[WayToPay],
        addresses: Sequence[Address] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.zones = {str(zone.pk): zone for zone in zones}
        self.ways = {way.name: way for way in ways}
        for name in ("phone", "wallet"):
            cast("PhoneField", self.fields[name]).region = shop.country
        self._offer("zone", {key: (zone.name, _zone_card(zone, shop.currency)) for key, zone in self.zones.items()})
        self._offer(
            "method",
            {way.name: (way.label, Card(way.description, icon=way.icon, disabled=bool(way.why_not))) for way in ways},
        )
        self.addresses = {str(address.pk): address for address in addresses}
        self._offer_addresses()
        for field in (self.fields[name] for name in self._not_needed()):
            if field.required:  # it is not called optional: who chooses otherwise must fill it in
                unmarked(field).required = False
        if not any(way.needs_phone for way in ways):
            del self.fields["wallet"]

    def _offer(self, name: str, options: dict[str, tuple[str, Card]]) -> None:
        field = cast("forms.ChoiceField", self.fields[name])
        field.choices = [(key, label) for key, (label, _card) in options.items()]
        cast("RadioCards", field.widget).cards = {key: card for key, (_label, card) in options.items()}
        if len(options) == 1 and not next(iter(options.values()))[1].disabled:
            field.initial = next(iter(options))

    def _offer_addresses(self) -> None:
        """Those of the account, then another one; guests, and who keeps none, type theirs."""
        if not self.addresses:
            del self.fields["saved"]
            return
        options = {key: (address.name, _address_card(address)) for key, address in self.addresses.items()}
        self._offer("saved", {**options, ANOTHER: (_("Another address"), Card(icon="plus"))})
        unmarked(self.fields["saved"])

    def _not_needed(self) -> tuple[str, ...]:
        """What need not be typed: no place where goods are collected, and nothing of an address that is saved."""
        if self._is_pickup:
            return self.PLACE
        return (*self.RECEIVER, *self.PLACE) if self._takes_saved else ()

    @property
    def _is_pickup(self) -> bool:
        zone = self.chosen_zone
        return zone is not None and zone.pickup_id is not None

    @property
    def _takes_saved(self) -> bool:
        """Whether a saved address is asked for, be it there or not: then nothing that is typed takes its place."""
        chosen = self.data.get("saved") if self.is_bound else self.initial.get("saved")
        return bool(self.addresses) and chosen not in (None, "", ANOTHER)

    @classmethod
    def values_of(cls, addresses: Sequence[Address], *, name: str, phone: str, email: str) -> dict[str, Any]:
        """What is known of a customer, as it goes into the form: of the addresses the first, which is the default. The wallet
        is the customer's own, whoever receives."""
        if not addresses:
            return {"name": name, "phone": phone, "email": email}
        first = addresses[0]
        return {
            "name": first.name, "phone": first.phone, "email": email, "zone": str(first.zone_id or ""),
            "saved": str(first.pk), "wallet": phone or first.phone,
        }  # fmt: skip

    @property
    def chosen_zone(self) -> DeliveryZone | None:
        """The zone that is chosen as far as the form is filled in; the only one where there is but one."""
        if len(self.zones) == 1:
            return next(iter(self.zones.values()))
        chosen = self.data.get("zone") if self.is_bound else self.initial.get("zone")
        return self.zones.get(str(chosen))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self._is_pickup:
            self.errors.pop("saved", None)
        elif self._takes_saved:
            self._take_saved(data)
        way = self.ways.get(data.get("method", ""))
        if way and way.why_not:
            self.add_error("method", way.why_not)
        zone = self.zones.get(data.get("zone", ""))
        if zone and data.get("method") == CASH and not zone.takes_cash:
            self.add_error("method", _("Orders to this place are paid before they leave. Choose another way to pay."))
        return data

    def _take_saved(self, data: dict[str, Any]) -> None:
        """The chosen address instead of what is typed, which the page hides: nothing is wrong with that."""
        address = self.addresses.get(data.get("saved", ""))
        for name in (*self.RECEIVER, *self.PLACE):
            self.errors.pop(name, None)
            data[name] = getattr(address, name, "")
        lies_in = self.zones.get(str(address.zone_id)) if address else None
        if lies_in and lies_in != self.chosen_zone:
            text = _("The address you chose lies in “%(zone)s”. Choose that, or another address.")
            self.add_error("zone", text % {"zone": lies_in.name})

    def details_in(self, locale: str) -> CheckoutDetails:
        """What a valid form says; the customer is written to in the language `locale`."""
        data = self.cleaned_data
        return CheckoutDetails(
            name=data["name"], phone=data["phone"], email=data["email"], zone=self.zones[data["zone"]],
            line1=data["line1"], line2=data["line2"], city=data["city"], note=data["note"].strip(), method=data["method"], locale=locale,
        )  # fmt: skip

    @property
    def wallet_number(self) -> str:
        """The number that pays, in E.164; empty where the chosen way needs none."""
        way = self.ways[self.cleaned_data["method"]]
        return (self.cleaned_data.get("wallet") or self.cleaned_data["phone"]) if way.needs_phone else ""


def _address_card(address: Address) -> Card:
    return Card(" · ".join([*address_lines(address), show_phone(address.phone)]), icon="map-pin", mark=SAVED)


def _zone_card(zone: DeliveryZone, currency: str) -> Card:
    fee = price_text(zone.fee_minor, currency=currency) if zone.fee_minor else _("Free")
    told = [zone.delay] if zone.delay else []
    if zone.pickup and zone.pickup.address:
        told.append(zone.pickup.address)
    if zone.fee_minor and zone.free_from_minor:
        told.append(_("free from %(amount)s") % {"amount": price_text(zone.free_from_minor, currency=currency)})
    return Card(
        " · ".join(told),
        aside=fee,
        icon="store" if zone.pickup_id else "truck",
        mark=PICKUP if zone.pickup_id else "",
    )
