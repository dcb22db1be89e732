"""Forms of the back office's pages about bank statements."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing.statements.detect import MAX_BYTES
from shared_apps.core.widgets import FileDrop
from shared_apps.site.choices import currency_choices
from shared_apps.site.forms.signup import set_choices


class StatementForm(forms.Form):
    """A file of our bank."""

    file = forms.FileField(
        label=_("Bank statement"),
        help_text=_("A CSV file names its columns in a line: the date, the text, and the amount or debit and credit."),
        allow_empty_file=True,
        max_length=None,
        widget=FileDrop(hint=_("CSV, MT940 or CAMT.053, up to 5 MB"), max_bytes=MAX_BYTES),
        error_messages={"required": _("Choose the file of your bank."), "missing": _("Choose the file of your bank.")},
    )
    currency = forms.ChoiceField(
        label=_("Currency of the account"),
        required=False,
        help_text=_("Most CSV files do not name it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "currency", [("", _("As the file says")), *currency_choices()])


class LineSearch(forms.Form):
    """What the list of movements looks for."""

    q = forms.CharField(label=_("Name, reference or words"), required=False, max_length=120, widget=forms.SearchInput)
    show = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)


class MatchSearch(forms.Form):
    """Which order or organisation a movement belongs to."""

    q = forms.CharField(
        label=_("Order number, name or e-mail address"), required=False, max_length=120, widget=forms.SearchInput
    )


class IgnoreForm(forms.Form):
    """Why a movement pays nothing of ours."""

    reason = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Say why, so that your colleagues know.")}
    )


class NoteForm(forms.Form):
    """What admins tell one another about a movement."""

    note = forms.CharField(label=_("Note"), max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 2}))
