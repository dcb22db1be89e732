"""Forms of the sections about one's data and one's identity."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import IdentityCheck
from shared_apps.accounts.services.identity import DEFAULT_MONTHS, MAX_MONTHS
from shared_apps.core.uploads import MAX_BYTES
from shared_apps.core.widgets import FileDrop

DOCUMENT_NAMES = {
    IdentityCheck.DocumentType.ID_CARD: _("Identity card"),
    IdentityCheck.DocumentType.PASSPORT: _("Passport"),
    IdentityCheck.DocumentType.DRIVING_LICENCE: _("Driving licence"),
    IdentityCheck.DocumentType.RESIDENCE_PERMIT: _("Residence permit"),
}


class ErasureForm(forms.Form):
    """The address of the account, typed: nobody does this by a slip."""

    typed = forms.CharField(
        label=_("Type your e-mail address to confirm"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )


class IdentityForm(forms.Form):
    """A document and a selfie."""

    document_type = forms.ChoiceField(
        label=_("Document"), choices=[(key.value, name) for key, name in DOCUMENT_NAMES.items()]
    )
    document = forms.FileField(
        label=_("Photo or PDF of the document"),
        help_text=_("The whole page, sharp and readable."),
        widget=FileDrop(
            accept="image/jpeg,image/png,image/webp,application/pdf",
            hint=_("JPEG, PNG, WebP or PDF, at most 5 MB."),
            max_bytes=MAX_BYTES,
        ),
        error_messages={"required": _("Choose a photo of your document.")},
    )
    selfie = forms.FileField(
        label=_("Photo of yourself"),
        help_text=_("Your face from the front, the document beside it."),
        widget=FileDrop(
            accept="image/jpeg,image/png,image/webp", hint=_("JPEG, PNG or WebP, at most 5 MB."), max_bytes=MAX_BYTES
        ),
        error_messages={"required": _("Choose a photo of yourself.")},
    )


class DecisionForm(forms.Form):
    """The verdict of a reviewer: the button says which."""

    months = forms.IntegerField(
        label=_("Valid for, in months"),
        initial=DEFAULT_MONTHS,
        min_value=1,
        max_value=MAX_MONTHS,
        required=False,
        widget=forms.NumberInput(attrs={"inputmode": "numeric", "class": "input-short"}),
    )
    comment = forms.CharField(
        label=_("Comment"),
        help_text=_("The person reads it. Needed to reject."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
