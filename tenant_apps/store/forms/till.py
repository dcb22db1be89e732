"""What staff type about a till."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenant_apps.store.models import Location, Register
from tenant_apps.store.services.till import RegisterDetails
from tenant_apps.team.forms import OneLineField, WorkspaceForm


class RegisterForm(WorkspaceForm):
    """A till and the place whose goods it sells."""

    name = OneLineField(label=_("Name of the till"), max_length=60, help_text=_("For example “Counter 1”."))
    location = forms.ModelChoiceField(label=_("Sells what lies in"), queryset=Location.objects.none(), empty_label=None)
    is_active = forms.BooleanField(label=_("In use"), required=False, initial=True)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        mine = (self.initial or {}).get("location")
        self.fields["location"].queryset = Location.objects.filter(Q(is_active=True) | Q(pk=mine))  # type: ignore[attr-defined]

    @classmethod
    def of(cls, register: Register) -> RegisterForm:
        """A till as it goes into the form."""
        return cls(initial={"name": register.name, "location": register.location_id, "is_active": register.is_active})

    @property
    def details(self) -> RegisterDetails:
        data = self.cleaned_data
        return RegisterDetails(name=data["name"], location=data["location"], is_active=data["is_active"])
