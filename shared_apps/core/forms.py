"""What the forms of all rooms share."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core import validators
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from shared_apps.core.errors import DomainError
from shared_apps.core.numbers import number_text


def show_error(form: forms.Form, error: DomainError, *, field: str = "") -> None:
    """Put a service's answer beside its field (or the given one), or on top of the form when it has none here."""
    wanted = field or error.field
    form.add_error(wanted if wanted in form.fields else None, str(error))


class PlainForm(forms.Form):
    """A form that says limits as people do: "At most 3." What a field says of its own stays."""

    def add_error(self, field: str | None, error: Any) -> None:
        """As Django's, with its own words for limits replaced."""
        for one in getattr(error, "error_list", ()):
            _say_plainly(one)
        super().add_error(field, error)


def _say_plainly(error: ValidationError) -> None:
    """Give an error of Django's validators of limits its plain words; any other is left as it is."""
    limit = (getattr(error, "params", None) or {}).get("limit_value")
    if isinstance(limit, bool) or not isinstance(limit, (int, float, Decimal)):
        return
    shown = {"limit": number_text(limit)}
    if error.message is validators.MaxValueValidator.message:
        error.message = _("At most %(limit)s.")
    elif error.message is validators.MinValueValidator.message:
        error.message = _("At least %(limit)s.")
    elif error.message is validators.MaxLengthValidator.message:
        error.message = ngettext("At most %(limit)s character.", "At most %(limit)s characters.", int(limit))
    elif error.message is validators.MinLengthValidator.message:
        error.message = ngettext("At least %(limit)s character.", "At least %(limit)s characters.", int(limit))
    else:
        return
    error.params = shown


def unmarked(field: forms.Field) -> forms.Field:
    """A field that may be left empty and is not called optional: what empty means is told by its hint, or decided elsewhere."""
    field.is_unmarked = True  # type: ignore[attr-defined]  # read by `django/forms/field.html`
    return field


class RetypedNameField(forms.CharField):
    """The name of an organisation, typed to be sure. Case and spaces do not count."""

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(
            label=_("Name of the organisation"),
            max_length=200,
            widget=forms.TextInput(attrs={"autocomplete": "off"}),
            help_text=_("Type “%(name)s” to confirm.") % {"name": name},
        )

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and _folded(value) != _folded(self.name):
            raise forms.ValidationError(_("This is not the name. Type “%(name)s”.") % {"name": self.name})


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
