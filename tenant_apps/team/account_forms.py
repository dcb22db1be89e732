"""Forms of the page about customers' accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import AccountRules, SignInProvider
from shared_apps.accounts.policies import SUGGESTED_AGE
from shared_apps.accounts.services.rules import OLDEST, YOUNGEST
from tenant_apps.team.forms import OneLineField, WorkspaceForm


class RulesForm(WorkspaceForm):
    """Who may get an account, and what is asked of them."""

    registration_open = forms.BooleanField(
        label=_("People may create an account themselves"),
        help_text=_("Accounts that exist stay open either way."),
        required=False,
    )
    ask_age = forms.BooleanField(
        label=_("Ask for a minimum age"),
        help_text=_("People give their date of birth; those who have an account are asked at their next log-in."),
        required=False,
    )
    minimum_age = forms.IntegerField(
        label=_("Minimum age"),
        required=False,
        min_value=YOUNGEST,
        max_value=OLDEST,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input-short"}),
    )
    languages_required = forms.BooleanField(
        label=_("Ask for languages"),
        help_text=_("At least one spoken from birth and one to practise, for language exchanges."),
        required=False,
    )

    @classmethod
    def of(cls, rules: AccountRules) -> RulesForm:
        """The form as it is now."""
        return cls(
            initial={
                "registration_open": rules.registration_open,
                "ask_age": rules.minimum_age is not None,
                "minimum_age": rules.minimum_age or SUGGESTED_AGE,
                "languages_required": rules.languages_required,
            }
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("ask_age") and "minimum_age" in data and data["minimum_age"] is None:
            self.add_error("minimum_age", _("Enter an age, or ask for none."))
        return data

    def values(self) -> dict[str, Any]:
        """What a valid form says, for the service."""
        data = self.cleaned_data
        return {
            "registration_open": data["registration_open"],
            "minimum_age": data["minimum_age"] if data["ask_age"] else None,
            "languages_required": data["languages_required"],
        }


class ProviderForm(WorkspaceForm):
    """The organisation's keys at a provider. The secret is never shown: an empty field keeps it."""

    client_id = OneLineField(
        label=_("Client ID"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    secret = OneLineField(
        label=_("Secret"),
        max_length=500,
        required=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password", "data-no-draft": True}),
    )
    is_active = forms.BooleanField(label=_("Offer it on the log-in page"), required=False)

    def __init__(self, *args: Any, row: SignInProvider | None, **kwargs: Any) -> None:
        initial = {"client_id": row.client_id, "is_active": row.is_active} if row else {"is_active": True}
        super().__init__(*args, **{**kwargs, "initial": initial})
        if row:
            self.fields["secret"].help_text = _("A secret is stored. Leave this empty to keep it.")
        else:
            self.fields["secret"].required = True
