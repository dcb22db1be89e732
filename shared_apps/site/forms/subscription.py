"""The end of a subscription: why, and whether it is really meant. And what admins do to one."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.services.cancelling import MAX_COMMENT
from billing.services.subscriptions_admin import MOST_DAYS
from shared_apps.core.widgets import RadioCards

REASONS = {
    "too_expensive": _("It is too expensive"),
    "missing": _("Something is missing"),
    "unused": _("We do not use it enough"),
    "other_tool": _("We use another tool"),
    "stopped": _("The activity has stopped"),
    "other": _("Another reason"),
}


class CancelForm(forms.Form):
    """Why somebody leaves, so that we learn from it."""

    reason = forms.ChoiceField(
        label=_("Why are you leaving?"),
        choices=list(REASONS.items()),
        widget=RadioCards,
        error_messages={"required": _("Choose a reason."), "invalid_choice": _("Choose a reason.")},
    )
    comment = forms.CharField(
        label=_("What could we have done better?"),
        required=False,
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class DeleteForm(forms.Form):
    """The name of the organisation, typed by who really means it."""

    name = forms.CharField(
        label=_("Name of the organisation"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("Type the name of the organisation to confirm.")},
    )

    def __init__(self, *args: Any, organisation_name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.organisation_name = organisation_name
        self.fields["name"].help_text = _("Type “%(name)s” to confirm.") % {"name": organisation_name}

    def clean_name(self) -> str:
        typed = " ".join(self.cleaned_data["name"].split())
        if typed.casefold() != " ".join(self.organisation_name.split()).casefold():
            raise forms.ValidationError(_("This is not the name of the organisation."))
        return typed


class ReasonForm(forms.Form):
    """An admin's reason."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=300,
        help_text=_("It stays in the history of the subscription."),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("Say why: it stays in the history.")},
    )


class ExtendForm(ReasonForm):
    """Free days."""

    days = forms.IntegerField(
        label=_("Days"),
        min_value=1,
        max_value=MOST_DAYS,
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
        error_messages={
            "required": _("Give between 1 and 366 days."), "invalid": _("Give between 1 and 366 days."),
            "min_value": _("Give between 1 and 366 days."), "max_value": _("Give between 1 and 366 days."),
        },
    )  # fmt: skip
    field_order = ("days", "reason")
