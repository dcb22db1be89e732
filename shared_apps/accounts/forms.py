"""The forms of the log-in pages: allauth's own, in our words."""

from __future__ import annotations

from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.utils.translation import gettext_lazy as _

_ADDRESS = {"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}


class LoginForm(allauth_forms.LoginForm):
    """Address and password. The page itself leads to a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _speak(self, address="login")
        self.fields["password"].help_text = ""


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """The address that a link to choose a new password is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _speak(self, address="email")


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    """The new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _speak(self)


def _speak(form: forms.Form, *, address: str = "") -> None:
    """Name the address as on every other page, and take away placeholders: they say the label a second time."""
    if address:
        form.fields[address].label = _("E-mail address")
        form.fields[address].widget.attrs.update(_ADDRESS)
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
