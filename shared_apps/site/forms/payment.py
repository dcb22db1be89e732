"""Paying: the way to pay, the receipt of a transfer, and an admin's verdict on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import phonenumbers
from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from billing import gateways
from billing.method_names import method_name
from billing.models import Order, Payment, PaymentMethod
from billing.money import Money
from billing.providers.base import Capabilities
from billing.providers.fx import quote_in_eur
from billing.services.transfers import Declared
from shared_apps.core.numbers import reader_locale
from shared_apps.core.uploads import MAX_BYTES
from shared_apps.core.widgets import Card, FileDrop, MoneyInput, PhoneInput, RadioCards
from shared_apps.site.choices import currency_choices
from shared_apps.site.forms.amounts import parse_amount
from shared_apps.site.forms.signup import set_choices
from shared_apps.site.transfer_check import Differences, differences, mark_of, tidy_reference
from shared_apps.site.transfer_desk import WAITING

ICONS = {gateways.PAYPAL: "credit-card", gateways.MTN_MOMO: "smartphone", gateways.BANK_TRANSFER: "landmark"}


class PayForm(forms.Form):
    """A way to pay among those the order can be paid with; mobile money needs a number."""

    payment_method = forms.ChoiceField(
        label=gettext_lazy("How would you like to pay?"),
        widget=RadioCards,
        error_messages={
            "required": gettext_lazy("Choose one of the ways to pay."),
            # Hidden since the page was opened, say.
            "invalid_choice": gettext_lazy("This way to pay is not available at the moment. Choose another one."),
        },
    )
    phone_number = forms.CharField(
        label=gettext_lazy("Mobile money number"),
        help_text=gettext_lazy("A request to approve appears on this phone."),
        max_length=40,
        widget=PhoneInput(),
        error_messages={"required": gettext_lazy("Enter the mobile money number to charge.")},
    )

    def __init__(
        self,
        *args: Any,
        order: Order,
        methods: list[tuple[PaymentMethod, Capabilities]],
        latest: Payment | None,
        knows_payer: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        names = [method.name for method, _capabilities in methods]
        set_choices(self, "payment_method", [(name, method_name(name)) for name in names])
        self.fields["payment_method"].widget.cards = {name: _card(name, order) for name in names}
        tried = latest.method.name if latest else ""
        self.initial.setdefault("payment_method", tried if tried in names else (names[0] if names else ""))
        known = readable_phone(latest.phone) if latest and latest.phone else order.customer_phone
        self.initial.setdefault("phone_number", known if knows_payer else "")
        if gateways.MTN_MOMO not in names:
            del self.fields["phone_number"]
        elif self.is_bound and self.data.get("payment_method") != gateways.MTN_MOMO:
            self.fields["phone_number"].required = False


def readable_phone(digits: str) -> str:
    """A mobile money number (digits with country code) in groups, as people write it."""
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return digits
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def _card(name: str, order: Order) -> Card:
    description: Any = ""
    is_first = order.kind == Order.Kind.FIRST
    if name == gateways.MTN_MOMO:
        description = (
            _("You approve the payment with your PIN on your phone. Your workspace opens at once.")
            if is_first
            else _("You approve the payment with your PIN on your phone. It counts at once.")
        )
    elif name == gateways.BANK_TRANSFER:
        description = (
            _("We show you our bank details. Send us the receipt: your workspace opens when it is confirmed.")
            if is_first
            else _("We show you our bank details. Send us the receipt: it counts when it is confirmed.")
        )
    elif name == gateways.PAYPAL:
        description = _paypal_words(order)
    return Card(description=description, icon=ICONS.get(name, "wallet"))


def _paypal_words(order: Order) -> str:
    if order.currency == "EUR":
        return _("By card or PayPal account. You come back here afterwards.")
    locale = reader_locale()
    charged = quote_in_eur(order.due, at=timezone.now()).charged
    return _(
        "By card or PayPal account. PayPal will ask you for %(euros)s, which is %(francs)s at the fixed rate of 655.957."
    ) % {"euros": charged.display(locale), "francs": order.due.display(locale)}


class ReceiptForm(forms.Form):
    """The proof of a transfer. What the file is, is checked by what it holds."""

    receipt = forms.FileField(
        label=gettext_lazy("Receipt of your transfer"),
        allow_empty_file=True,
        widget=FileDrop(
            accept="image/jpeg,image/png,image/webp,application/pdf",
            hint=gettext_lazy("Photo or PDF, up to 5 MB"),
            max_bytes=MAX_BYTES,
        ),
        error_messages={
            "required": gettext_lazy("Choose the photo or PDF of your receipt."),
            "missing": gettext_lazy("Choose the photo or PDF of your receipt."),
        },
    )
    declared_amount = forms.CharField(
        label=gettext_lazy("Amount you sent"), required=False, max_length=20, widget=MoneyInput()
    )
    declared_on = forms.DateField(
        label=gettext_lazy("Date of the transfer"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )
    declared_reference = forms.CharField(
        label=gettext_lazy("The bank’s reference of the transfer"), required=False, max_length=60
    )

    def __init__(self, *args: Any, currency: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.currency = currency
        self.fields["declared_amount"].widget.suffix = ""

    def clean_declared_amount(self) -> Money | None:
        text = self.cleaned_data["declared_amount"]
        return parse_amount(text, self.currency) if text else None

    def clean_declared_on(self) -> date | None:
        day = self.cleaned_data["declared_on"]
        if day and not timedelta(0) <= timezone.localdate() - day <= timedelta(days=366):
            raise forms.ValidationError(_("Enter the day of the transfer: today or before."))
        return day

    @property
    def declared(self) -> Declared:
        """What the payer says of the transfer, once the form is valid."""
        data = self.cleaned_data
        return Declared(
            amount=data["declared_amount"], day=data["declared_on"], reference=data["declared_reference"]
        )  # fmt: skip


REJECTIONS = {
    "not_found": gettext_lazy("We cannot find a transfer with this reference on our account yet."),
    "unreadable": gettext_lazy("The receipt cannot be read. Please send a sharper photo, or the bank's PDF."),
    "other_account": gettext_lazy("The transfer on the receipt went to another account than ours."),
    "other_amount": gettext_lazy("The amount on the receipt is not the amount of the order."),
}


class QueueFilter(forms.Form):
    """What the queue of transfers shows, within one view."""

    q = forms.CharField(
        label=gettext_lazy("Order number, reference or name"), required=False, max_length=120, widget=forms.SearchInput
    )
    waiting = forms.ChoiceField(label=gettext_lazy("Waiting"), required=False)
    show = forms.CharField(required=False, max_length=20, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "waiting", [("", _("All")), *WAITING.items()])


class DecisionForm(forms.Form):
    """An admin's verdict: what the bank's statement shows, or why the receipt is refused."""

    received_amount = forms.CharField(label=gettext_lazy("Amount received"), max_length=20, widget=MoneyInput())
    received_currency = forms.ChoiceField(label=gettext_lazy("Currency received"), widget=forms.Select)
    reference = forms.CharField(
        label=gettext_lazy("Reference on the statement"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off"}),
    )
    bank_reference = forms.CharField(
        label=gettext_lazy("The bank’s own reference"),
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off"}),
    )
    template = forms.ChoiceField(label=gettext_lazy("Reason"), required=False)
    comment = forms.CharField(
        label=gettext_lazy("Your words to the payer"),
        help_text=gettext_lazy("Sent by e-mail when you reject. Left empty, the reason above is sent."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    # The mark of the differences that the admin says yes to; drawn by the page when there are some.
    confirmed = forms.CharField(max_length=64, required=False)
    unconfirmed = False

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.payment = payment
        with override(payment.order.locale):
            self.words = {key: str(text) for key, text in REJECTIONS.items()}
        set_choices(self, "template", [("", _("Choose a reason")), *self.words.items()])
        set_choices(self, "received_currency", currency_choices(payment.charge_currency))
        self.fields["received_amount"].widget.suffix = ""
        self.initial["received_amount"] = payment.charge.as_text()
        self.initial["received_currency"] = payment.charge_currency
        self.initial["reference"] = payment.order.number

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        text, currency = data.get("received_amount"), data.get("received_currency")
        if text and currency:
            data["received"] = self._money(text, currency)
        data["reference"] = tidy_reference(data.get("reference") or "", self.payment.order.number)
        data["comment"] = (data.get("comment") or "").strip() or self.words.get(data.get("template") or "", "")
        return data

    def differences(self) -> Differences:
        """What is not as expected in what is filled in, which must be valid, or not sent yet."""
        if not self.is_bound:
            return differences(self.payment, received=self.payment.charge, reference=self.payment.order.number)
        data = self.cleaned_data
        if not data.get("received") or not data.get("reference"):
            return Differences()
        return differences(self.payment, received=data["received"], reference=data["reference"])

    def obstacles(self) -> list[str]:
        """The same in words, to be confirmed."""
        return self.differences().words

    @property
    def goes_to_review(self) -> bool:
        """Whether approving opens nothing."""
        return bool(self.differences().review)

    def check_confirmed(self) -> bool:
        """Whether nothing differs, or the admin confirmed exactly these differences; if not, `unconfirmed` is set."""
        found = self.obstacles()
        self.unconfirmed = bool(found) and self.cleaned_data["confirmed"] != mark_of(found)
        return not self.unconfirmed

    def _money(self, text: str, currency: str) -> Money | None:
        try:
            return parse_amount(text, currency)
        except forms.ValidationError as error:
            self.add_error("received_amount", error)
        return None
