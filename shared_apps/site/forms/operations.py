"""Finding messages of providers."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.method_names import method_name
from shared_apps.site.forms.signup import set_choices


class WebhookFilter(forms.Form):
    """What the inbox shows."""

    q = forms.CharField(
        label=_("Order, kind of message or payment id"), required=False, max_length=120, widget=forms.SearchInput
    )
    provider = forms.ChoiceField(label=_("Provider"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [name for name in gateways.NAMES if name != gateways.BANK_TRANSFER]
        set_choices(self, "provider", [("", _("All")), *((name, method_name(name)) for name in names)])

    def chosen(self) -> dict[str, str]:
        """What was filled in well; the rest filters nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}
