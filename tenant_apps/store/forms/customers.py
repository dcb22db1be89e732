"""What staff type about customers, and customers about where they live."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenant_apps.store.models import Address, Customer, DeliveryZone, Segment, Shop
from tenant_apps.store.services.customers import AddressDetails, CustomerDetails
from tenant_apps.store.texts.people import segment_name
from tenant_apps.team.forms import OneLineField, PhoneField, WorkspaceForm


class CustomerForm(WorkspaceForm):
    """What staff keep of an account."""

    phone = PhoneField(label=gettext_lazy("Telephone"), required=False)
    note = forms.CharField(
        label=gettext_lazy("Note"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Your team alone sees it, and the customer when they ask for a copy of their data."),
    )  # fmt: skip

    def __init__(self, *args: Any, shop: Shop, segments: list[Segment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].region = shop.country  # type: ignore[attr-defined]  # a PhoneField
        self.segments = {str(one.pk): one for one in segments}
        names = [(key, segment_name(one.key, one.name)) for key, one in self.segments.items()]
        self.fields["segment"] = forms.ChoiceField(
            label=_("Segment"),
            required=False,
            choices=[("", _("No segment")), *names],
            help_text=_("Its discount counts at once."),
        )
        self.order_fields(["segment", "phone", "note"])

    @classmethod
    def values_of(cls, customer: Customer | None) -> dict[str, Any]:
        """What is kept, as it goes into the form."""
        if customer is None:
            return {}
        return {"phone": customer.phone, "note": customer.note, "segment": str(customer.segment_id or "")}

    @property
    def details(self) -> CustomerDetails:
        data = self.cleaned_data
        return CustomerDetails(
            phone=data["phone"], segment=self.segments.get(data["segment"]), note=data["note"].strip()
        )


class AddressForm(WorkspaceForm):
    """Where an account has things sent to."""

    name = OneLineField(
        label=gettext_lazy("Who receives"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    phone = PhoneField(
        label=gettext_lazy("Telephone"), help_text=gettext_lazy("The person who delivers calls this number.")
    )
    line1 = OneLineField(
        label=gettext_lazy("Address"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "address-line1"}),
        help_text=gettext_lazy("The street, or how to find the place."),
    )  # fmt: skip
    line2 = OneLineField(
        label=gettext_lazy("Landmark, floor, door"), max_length=150, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "address-line2"}),
    )  # fmt: skip
    city = OneLineField(
        label=gettext_lazy("Town"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "address-level2"})
    )
    is_default = forms.BooleanField(label=gettext_lazy("Send my orders here from now on"), required=False)

    def __init__(self, *args: Any, shop: Shop, zones: list[DeliveryZone], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["phone"].region = shop.country  # type: ignore[attr-defined]  # a PhoneField
        self.zones = {str(zone.pk): zone for zone in zones if zone.pickup_id is None}
        if self.zones:
            choices = [("", _("I do not know")), *((key, zone.name) for key, zone in self.zones.items())]
            self.fields["zone"] = forms.ChoiceField(label=_("Delivery zone"), required=False, choices=choices)
            self.order_fields(["name", "phone", "line1", "line2", "city", "zone", "is_default"])

    @classmethod
    def values_of(cls, address: Address) -> dict[str, Any]:
        """An address as it goes into the form."""
        names = ("name", "phone", "line1", "line2", "city", "is_default")
        return {**{name: getattr(address, name) for name in names}, "zone": str(address.zone_id or "")}

    @property
    def details(self) -> AddressDetails:
        data = dict(self.cleaned_data)
        zone = self.zones.get(data.pop("zone", ""))
        return AddressDetails(zone=zone, **data)
