"""What the forms of all rooms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError


def show_error(form: forms.Form, error: DomainError, *, field: str = "") -> None:
    """Put a service's answer beside its field (or the given one), or on top of the form when it has none here."""
    wanted = field or error.field
    form.add_error(wanted if wanted in form.fields else None, str(error))


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
