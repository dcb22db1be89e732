"""The forms of the log-in pages: allauth's own, in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from allauth.account import forms as allauth_forms
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.phones import parse_phone
from shared_apps.accounts.services.attempts import check_address_may_ask_for_link, check_address_may_log_in
from shared_apps.core.errors import DomainError, TooManyAttempts
from shared_apps.core.widgets import CodeInput, PhoneInput

_ADDRESS = {"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}


class LoginForm(allauth_forms.LoginForm):
    """Address and password. The page itself leads to a new password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _speak(self, address="login")
        self.fields["password"].help_text = ""

    def clean(self) -> Any:
        """Every form that is sent counts for its IP address, whatever it holds."""
        _count(check_address_may_log_in)
        return super().clean()


class ResetPasswordForm(allauth_forms.ResetPasswordForm):
    """The address that a link to choose a new password is sent to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _speak(self, address="email")

    def clean(self) -> Any:
        """Every form counts for its IP address: each may send somebody a mail."""
        _count(check_address_may_ask_for_link)
        return super().clean()


class ResetPasswordKeyForm(allauth_forms.ResetPasswordKeyForm):
    """The new password, twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_new_password(self)


def _count(check: Callable[[], None]) -> None:
    try:
        check()
    except TooManyAttempts as refusal:
        raise forms.ValidationError(str(refusal), code=refusal.code) from None


def _speak(form: forms.Form, *, address: str = "") -> None:
    """Name the address as on every other page, and take away placeholders: they say the label a second time."""
    if address:
        form.fields[address].label = _("E-mail address")
        form.fields[address].widget.attrs.update(_ADDRESS)
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


def _ask_new_password(form: forms.Form) -> None:
    """The same words wherever a password is changed."""
    form.fields["password1"].label = _("New password")
    form.fields["password1"].help_text = _("At least 10 characters. A short sentence is easy to remember.")
    form.fields["password2"].label = _("New password (again)")
    _speak(form)


class ProofForm(forms.Form):
    """One answer that proves who somebody is: a password or a code, by the way they chose."""

    def __init__(self, *args: Any, way: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["answer"] = forms.CharField(label=_ANSWERS[way], max_length=256, strip=way != "password")
        self.fields["answer"].widget = _answer_widget(way)


class NewPasswordForm(allauth_forms.SetPasswordForm):
    """The new password, twice, for somebody who has confirmed who they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _ask_new_password(self)


class EmailForm(forms.Form):
    email = forms.EmailField(label=_("New e-mail address"), max_length=254, widget=forms.EmailInput(_ADDRESS))


class PhoneForm(forms.Form):
    phone = forms.CharField(
        label=_("Phone number"), max_length=30, help_text=_("We send a code to it by SMS."), widget=PhoneInput()
    )

    def clean_phone(self) -> str:
        try:
            return parse_phone(self.cleaned_data["phone"])
        except DomainError as error:
            raise forms.ValidationError(str(error), code=error.code) from None


class CodeForm(forms.Form):
    code = forms.CharField(label=_("Code"), max_length=20, widget=CodeInput())


class ProfileForm(forms.Form):
    """Names are asked for as at sign-up. Only an account that came without one, from a provider or over the API, may stay so:
    it can change the language all the same."""

    first_name = forms.CharField(
        label=_("First name"), max_length=100, widget=forms.TextInput({"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=100, widget=forms.TextInput({"autocomplete": "family-name"})
    )
    locale = forms.ChoiceField(
        label=_("Language of our messages"), choices=settings.LANGUAGES, widget=forms.RadioSelect()
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first_name", "last_name"):
            self.fields[name].required = bool(self.initial.get(name))


_ANSWERS = {
    "password": _("Your password"),
    "totp": _("Code of the app"),
    "recovery": _("Recovery code"),
    "email": _("Code"),
    "sms": _("Code"),
}


def _answer_widget(way: str) -> forms.Widget:
    if way == "password":
        return forms.PasswordInput({"autocomplete": "current-password"})
    if way == "recovery":
        return forms.TextInput(
            {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false", "class": "input-medium mono"}
        )
    return CodeInput()
