"""Forms of the payments room."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from billing.money import Money
from shared_apps.core.forms import PlainForm
from shared_apps.core.money_field import MoneyField
from shared_apps.core.uploads import MAX_BYTES
from shared_apps.core.widgets import Card, FileDrop, PhoneInput, RadioCards
from tenant_apps.payments.keys import SETUPS, Key, Setup
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.selectors import Offered
from tenant_apps.payments.texts import away_text
from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field


class MethodForm(WorkspaceForm):
    """A tenant's settings and keys of one way to pay. Secrets are never shown: an empty field keeps them."""

    def __init__(self, *args: Any, name: str, row: Method | None, **kwargs: Any) -> None:
        self.setup: Setup = SETUPS[name]
        stored = dict(row.settings) if row else {}
        has_secrets = bool(row and row.secrets_ciphertext)
        is_test = row.is_test if row and row.secrets_ciphertext else self.setup.has_test
        initial = {**stored, "is_active": row.is_active if row else True, "is_test": is_test}
        super().__init__(*args, **{**kwargs, "initial": initial})
        for key in self.setup.keys:
            self.fields[key.name] = _secret_field(key, has_secrets) if key.is_secret else _open_field(key)
        if self.setup.has_test:
            self.fields["is_test"] = forms.BooleanField(
                label=_("Test mode"), required=False, help_text=str(self.setup.test_help)
            )
        self.fields["is_active"] = forms.BooleanField(label=_("Offer it to customers"), required=False)

    def values(self) -> dict[str, Any]:
        """What a valid form says, for the service."""
        data = self.cleaned_data
        return {
            "values": {key.name: data.get(key.name, "") for key in self.setup.keys},
            "is_active": data["is_active"],
            "is_test": data.get("is_test", False),
        }


def _secret_field(key: Key, is_stored: bool) -> forms.Field:
    widget = forms.PasswordInput(attrs={"autocomplete": "new-password", "data-no-draft": True, "spellcheck": "false"})
    kept = _("Stored and sealed. Leave this empty to keep it.")
    return OneLineField(
        label=str(key.label), max_length=500, required=key.required and not is_stored, widget=widget,
        help_text=kept if is_stored else str(key.help_text),
    )  # fmt: skip


def _open_field(key: Key) -> forms.Field:
    if key.choices:
        return forms.ChoiceField(
            label=str(key.label), choices=key.choices, help_text=str(key.help_text), required=key.required
        )
    return OneLineField(
        label=str(key.label), max_length=120, required=key.required, help_text=str(key.help_text),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip


class ChooseForm(PlainForm):
    """How a customer pays a bill: one of the ways offered, and a number where one is charged."""

    method = forms.ChoiceField(label=_("How do you want to pay?"), widget=RadioCards)
    phone = forms.CharField(
        label=_("Mobile money number"),
        max_length=40,
        required=False,
        widget=PhoneInput,
        help_text=_("For MTN and Moov: the number that pays. A request appears on that phone."),
    )

    def __init__(
        self, *args: Any, offered: list[Offered], charged_in_euros: SafeString | str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["method"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(one.method.name, str(one.method)) for one in offered]
        field.error_messages |= {
            "required": _("Choose one of the ways to pay."),
            "invalid_choice": _("Choose one of the ways to pay."),
        }
        field.widget.cards = {one.method.name: _card(one, charged_in_euros) for one in offered}
        self.away = {one.method.name: away_text(one.method) for one in offered if one.is_away}
        self.with_phone = frozenset(one.method.name for one in offered if one.capabilities.needs_phone)
        if len(offered) == 1 and not self.away:
            field.initial = offered[0].method.name
        if not self.with_phone:
            del self.fields["phone"]
        else:
            names = ", ".join(str(one.method) for one in offered if one.capabilities.needs_phone)
            self.fields["phone"].help_text = _("Only for %(names)s: a request appears on that phone.") % {
                "names": names
            }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("method") in self.away:
            self.add_error("method", self.away[data["method"]])
        elif data.get("method") in self.with_phone and not data.get("phone") and "phone" not in self.errors:
            self.add_error("phone", _("Enter the mobile money number to charge."))
        return data


_ABOUT: dict[str, Any] = {
    Method.Name.ORANGE_MONEY: _("You confirm on Orange’s page."),
    Method.Name.WAVE: _("You confirm in the Wave app."),
    Method.Name.MTN_MOMO: _("You confirm on your phone with your PIN."),
    Method.Name.MOOV: _("You confirm on your phone with your PIN."),
    Method.Name.STRIPE: _("You pay on Stripe’s page."),
    Method.Name.PAYPAL: _("You pay on PayPal’s page."),
    Method.Name.BANK_TRANSFER: _("You send the money from your bank, then the proof. Takes one to three days."),
}


def _card(one: Offered, charged_in_euros: SafeString | str) -> Card:
    name = one.method.name
    if one.is_away:
        return Card(description=away_text(one.method), icon=SETUPS[name].icon, disabled=True)
    aside = charged_in_euros if name == Method.Name.PAYPAL else ""
    badge = _("Test") if one.method.is_test else ""
    return Card(description=_ABOUT.get(name, ""), aside=aside, icon=SETUPS[name].icon, badge=badge)


class ReceiptForm(PlainForm):
    """The proof of a transfer."""

    receipt = forms.FileField(
        label=_("Proof of the transfer"),
        widget=FileDrop(
            accept="image/jpeg,image/png,image/webp,application/pdf",
            hint=_("A photo or a PDF, at most 5 MB."),
            max_bytes=MAX_BYTES,
        ),
        error_messages={"required": _("Choose the photo or PDF of your receipt.")},
    )


class DecideForm(WorkspaceForm):
    """What staff found on the account."""

    received = forms.CharField()
    reference = OneLineField(
        label=_("The bank’s reference"),
        max_length=60,
        required=False,
        help_text=_("From the statement. It counts for one payment only."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"received": payment.charge}})
        self.fields["received"] = MoneyField(
            label=_("Amount received"),
            currency=payment.charge_currency,
            help_text=_("As the statement says it: a part or more is kept as such."),
        )


class ReasonForm(WorkspaceForm):
    """Words that go with a decision."""

    reason = OneLineField(label=_("Why"), max_length=300, widget=forms.TextInput(attrs={"autocomplete": "off"}))


class RefundForm(WorkspaceForm):
    """How much of a payment goes back, and why."""

    key = key_field()
    amount = forms.CharField()
    reason = OneLineField(
        label=_("Why"), max_length=300, help_text=_("The customer may read it."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    by_hand = forms.BooleanField(
        label=_("I send it by hand"),
        required=False,
        help_text=_("In cash or by a transfer, without the provider."),
    )

    def __init__(self, *args: Any, proposed: Money, provider_sends: bool, **kwargs: Any) -> None:
        super().__init__(*args, **{**kwargs, "initial": {"amount": proposed}})
        self.fields["amount"] = MoneyField(label=_("Amount to give back"), currency=proposed.currency)
        if not provider_sends:
            del self.fields["by_hand"]


class DoneForm(WorkspaceForm):
    """Money was given back by hand."""

    reference = OneLineField(
        label=_("Reference"), max_length=60, required=False,
        help_text=_("Of the transfer or the mobile payment, or the name of who took the cash."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
