"""Forms of people who get an account on a tenant's host, and of what is asked of them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.languages import language_choices
from shared_apps.accounts.policies import Asked, Details
from shared_apps.core.context import platform_url
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.core.widgets import CodeInput

ADDRESS = {"autocomplete": "email", "inputmode": "email", "autocapitalize": "none", "spellcheck": "false"}
_FIRST_FIELD = {"native_languages": "native_1", "target_languages": "target_1"}


class AddressField(forms.EmailField):
    """An e-mail address, in lower case."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.EmailInput(attrs=dict(ADDRESS))
        super().__init__(**{"label": _("E-mail address"), "max_length": 254, "widget": widget, **kwargs})

    def to_python(self, value: Any) -> str:
        return str(super().to_python(value)).lower()


class _LanguageField(forms.ChoiceField):
    def __init__(self, *, label: Any, required: bool, help_text: Any = "") -> None:
        super().__init__(label=label, required=required, help_text=help_text, choices=self._choices_now)

    @staticmethod
    def _choices_now() -> list[tuple[str, Any]]:
        return [("", "—"), *language_choices()]


class DetailsForm(forms.Form):
    """What a tenant asks of its customers. Fields that are not asked for are not there."""

    date_of_birth = forms.DateField(
        label=_("Date of birth"),
        widget=forms.DateInput(attrs={"type": "date", "autocomplete": "bday"}, format="%Y-%m-%d"),
    )
    native_1 = _LanguageField(label=_("Language you speak from birth"), required=True)
    native_2 = _LanguageField(label=_("Another language from birth"), required=False)
    target_1 = _LanguageField(label=_("Language you want to practise"), required=True)
    target_2 = _LanguageField(label=_("Another language to practise"), required=False)

    def __init__(self, *args: Any, asked: Asked, details: Details | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {**_initial(details), **kwargs.get("initial", {})}})
        self.kept = details or Details()
        if asked.minimum_age is None:
            del self.fields["date_of_birth"]
        else:
            text = _("You must be at least %(age)s years old.") % {"age": asked.minimum_age}
            self.fields["date_of_birth"].help_text = text
        if not asked.languages:
            for name in ("native_1", "native_2", "target_1", "target_2"):
                del self.fields[name]

    def details(self) -> Details:
        """What was typed in a valid form; what was not asked for stays as it was."""
        data = self.cleaned_data
        if "native_1" not in self.fields:
            native, target = self.kept.native, self.kept.target
        else:
            native, target = self._chosen("native"), self._chosen("target")
        return Details(data.get("date_of_birth", self.kept.date_of_birth), native, target)

    def show_error(self, error: DomainError) -> None:
        """A service's answer, beside the first of the fields it is about."""
        show_error(self, error, field=_FIRST_FIELD.get(error.field, ""))

    def _chosen(self, kind: str) -> tuple[str, ...]:
        return tuple(code for number in (1, 2) if (code := self.cleaned_data[f"{kind}_{number}"]))


def _initial(details: Details | None) -> dict[str, str | date | None]:
    if details is None:
        return {}
    initial: dict[str, str | date | None] = {"date_of_birth": details.date_of_birth}
    for kind, codes in (("native", details.native), ("target", details.target)):
        initial |= {f"{kind}_{number}": code for number, code in enumerate(codes[:2], start=1)}
    return initial


class TermsForm(forms.Form):
    """What everybody agrees to who gets an account."""

    consent = forms.BooleanField(
        label=_("I accept the terms and the privacy notice"),
        widget=forms.CheckboxInput(attrs={"data-no-draft": True}),
        error_messages={"required": _("Please accept the terms to continue.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["consent"].help_text = format_html(
            '<a class="link-alone" href="{}" target="_blank">{}</a><br>'
            '<a class="link-alone" href="{}" target="_blank">{}</a>',
            platform_url("/terms/"),
            _("Read the terms"),
            platform_url("/privacy/"),
            _("Read the privacy notice"),
        )


class ConsentForm(TermsForm):
    """The same, and news for those who want them."""

    marketing = forms.BooleanField(label=_("Send me news and offers by e-mail"), required=False)


class AccountForm(TermsForm):
    """A new account. The password is shown again after an error (the page is never stored): nothing typed is lost."""

    taken = False  # the address has an account: the page leads to the log-in

    email = AddressField(help_text=_("We send a six-digit code to it."))
    password = forms.CharField(
        label=_("Password"),
        help_text=_("At least 10 characters. A short sentence is easy to remember."),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "new-password"}),
    )
    first_name = forms.CharField(
        label=_("First name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    field_order = ("email", "password", "first_name", "last_name", "consent")

    def show_error(self, error: DomainError) -> None:
        """A service's answer, beside its field."""
        show_error(self, error)


class SignupForm(DetailsForm, ConsentForm, AccountForm):
    """A new account on a tenant's host."""


class KnownAddressForm(forms.Form):
    """Asks for the address only where it is not known."""

    email = AddressField()

    def __init__(self, *args: Any, known_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known_email = known_email
        if known_email:
            del self.fields["email"]

    @property
    def address(self) -> str:
        return self.known_email or self.cleaned_data["email"]


class ProviderSignupForm(DetailsForm, ConsentForm, KnownAddressForm):
    """A new account of somebody Google or Facebook has named."""

    email = AddressField(help_text=_("We send a six-digit code to it."))
    first_name = forms.CharField(
        label=_("First name"), max_length=100, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "family-name"}),
    )
    field_order = ("email", "first_name", "last_name")


class ChosenPasswordForm(forms.Form):
    """Asks for the password where it is not known who made the account: a stranger may have registered the address."""

    password = forms.CharField(
        label=_("Password you chose"),
        max_length=200,
        strip=False,
        widget=forms.PasswordInput(render_value=True, attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, made_here: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if made_here:
            del self.fields["password"]

    @property
    def password_given(self) -> str | None:
        return self.cleaned_data.get("password")


class CodeForm(ChosenPasswordForm, KnownAddressForm):
    """The six digits. Where the address is not known, neither is who made the account."""

    code = forms.CharField(
        label=_("Six-digit code"),
        max_length=20,
        widget=CodeInput(attrs={"autofocus": True}),
        error_messages={"required": _("Enter the six digits of the code we sent.")},
    )
    field_order = ("email", "password", "code")

    def __init__(self, *args: Any, known_email: str = "", **kwargs: Any) -> None:
        super().__init__(*args, known_email=known_email, made_here=bool(known_email), **kwargs)


class AddressForm(forms.Form):
    """Where to send a new code, for whom the session does not know or who gave a wrong address."""

    email = AddressField()
