"""What staff choose about a key for programs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field
from tenant_apps.team.products import product_config


class ApiKeyForm(WorkspaceForm):
    """A key: who uses it, what it may do, until when."""

    LIFETIMES = (("30", _("30 days")), ("90", _("90 days")), ("365", _("One year")), ("", _("No end")))

    key = key_field()
    name = OneLineField(
        label=_("Name"), max_length=80, help_text=_("Who or what uses the key, for example “Accounting”.")
    )
    scopes = forms.MultipleChoiceField(
        label=_("What it may do"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Choose as little as the program needs. Only what you may do yourself can be chosen."),
    )
    lifetime = forms.ChoiceField(label=_("Valid for"), choices=LIFETIMES, initial="365", required=False)

    def __init__(self, *args: Any, product: str, scopes: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        held = [one for one in product_config(product).all_permissions() if one.code in scopes]
        self.fields["scopes"].choices = [(one.code, one.label) for one in held]  # type: ignore[attr-defined]  # a ChoiceField

    @property
    def values(self) -> dict[str, Any]:
        """What `create_api_key` takes of a valid form."""
        given = self.cleaned_data
        days = given["lifetime"]
        return {
            "key_id": given["key"],
            "name": given["name"],
            "scopes": given["scopes"],
            "expires_at": timezone.now() + timedelta(days=int(days)) if days else None,
        }
