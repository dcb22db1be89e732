"""Finding payments, giving money back, and deciding about money in review."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from billing import gateways
from billing.method_names import method_name
from billing.models import Order, Payment, Refund
from billing.money import Money
from billing.providers.base import Flow
from billing.services.reviews import Decision, order_for, takes_credit, worth_of
from shared_apps.core.widgets import Card, MoneyInput, RadioCards
from shared_apps.site.choices import currency_choices
from shared_apps.site.forms.amounts import amount_text, parse_amount
from shared_apps.site.forms.desk import PAYMENT_STATES
from shared_apps.site.forms.signup import set_choices

REFUND_STATES: dict[str, tuple[str | Promise, str]] = {
    Refund.Status.AWAITING_APPROVAL: (_("Waits for a second person"), "warning"),
    Refund.Status.CREATED: (pgettext_lazy("refund", "Being sent"), "info"),
    Refund.Status.PENDING: (_("Under way"), "info"),
    Refund.Status.SUCCEEDED: (_("Given back"), "success"),
    Refund.Status.FAILED: (_("Failed"), "danger"),
    Refund.Status.REJECTED: (_("Rejected"), "neutral"),
}
DISPUTE_STATES: dict[str, tuple[str | Promise, str]] = {
    "open": (_("Open dispute"), "warning"),
    "won": (_("Dispute won"), "success"),
    "lost": (_("Dispute lost"), "danger"),
}
# What became of a payment that was received.
MORE_STATES: dict[str, str | Promise] = {
    "refunded": _("Given back"),
    "kept": _("Kept as credit"),
    "disputed": _("Disputed"),
    "lost": _("Dispute lost"),
}


class PaymentFilter(forms.Form):
    """What the list of payments shows."""

    q = forms.CharField(
        label=_("Order, customer, reference, phone"),
        required=False,
        max_length=120,
        widget=forms.SearchInput,
    )
    payment_method = forms.ChoiceField(label=_("Method"), required=False)
    status = forms.ChoiceField(label=_("State"), required=False)
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "payment_method", [("", _("All")), *((name, method_name(name)) for name in gateways.NAMES)])
        set_choices(self, "status", [("", _("All")), *PAYMENT_STATES.items(), *MORE_STATES.items()])

    def chosen(self) -> dict[str, Any]:
        """What was filled in well; the rest filters nothing."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in self.fields}


class RefundForm(forms.Form):
    """How much is given back, why, and what that ends. What it would do is shown before it is done."""

    amount = forms.CharField(label=_("Amount to give back"), max_length=20, widget=MoneyInput())
    reason = forms.CharField(
        label=_("Reason"),
        help_text=_("The customer reads it, in the mail and on the credit note."),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Say why: the customer reads it.")},
    )
    ends_access = forms.BooleanField(label=_("End the time this order paid for"), required=False)
    to_credit = forms.BooleanField(label=_("Keep it as credit for orders to come, send nothing"), required=False)
    # The mark of the effects that the admin has read and says yes to.
    confirmed = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, payment: Payment, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        left = payment.refundable or payment.charge
        self.currency = left.currency
        self.fields["amount"].widget.suffix = "FCFA" if left.currency in ("XAF", "XOF") else left.currency
        self.initial["amount"] = amount_text(left)
        paid = payment.order.status in (Order.Status.PAID, Order.Status.FULFILLED)
        if not paid:
            del self.fields["to_credit"]
        if not paid or payment.order.kind == Order.Kind.CHANGE:
            del self.fields["ends_access"]

    def clean_amount(self) -> Money:
        return parse_amount(self.cleaned_data["amount"], self.currency)


class SentForm(forms.Form):
    """Money that somebody sent back by hand."""

    reference = forms.CharField(
        label=_("Reference of the transfer"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off"}),
        error_messages={"required": _("Enter the reference of the transfer.")},
    )


class ReviewForm(forms.Form):
    """What becomes of money in review. Only what is possible is offered."""

    decision = forms.ChoiceField(
        label=_("What becomes of the money?"),
        widget=RadioCards,
        error_messages={
            "required": _("Choose what becomes of the money."),
            "invalid_choice": _("This is not possible any more. Choose again."),
        },
    )
    received_amount = forms.CharField(label=_("Amount received"), max_length=20, widget=MoneyInput())
    received_currency = forms.ChoiceField(label=_("Currency received"), widget=forms.Select)
    comment = forms.CharField(
        label=_("Your words"),
        help_text=_("Needed when you give the money back, or say that it never came: the payer reads them."),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, payment: Payment, cards: dict[str, Card], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "decision", [(name, DECISIONS[name]) for name in cards])
        self.fields["decision"].widget.cards = cards
        self.fields["received_amount"].widget.suffix = ""
        shown = payment.received or payment.charge
        set_choices(self, "received_currency", currency_choices(payment.charge_currency, shown.currency))
        self.initial.update(received_amount=amount_text(shown), received_currency=shown.currency)
        by_hand = gateways.gateway(payment.method.name).capabilities.flow is Flow.MANUAL
        if payment.received and not by_hand:  # the provider knows better
            del self.fields["received_amount"], self.fields["received_currency"]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        text, currency = data.get("received_amount"), data.get("received_currency")
        if text and currency:
            try:
                data["received"] = parse_amount(text, currency)
            except forms.ValidationError as error:
                self.add_error("received_amount", error)
        return data


DECISIONS: dict[str, str | Promise] = {
    Decision.APPLY: _("Pay the order with it"),
    Decision.CREDIT: _("Keep it as credit"),
    Decision.REFUND: _("Give it back"),
    Decision.DISMISS: _("It never came"),
}


def possible_decisions(payment: Payment) -> list[str]:
    """What may become of money in review, the likeliest first. A handful of queries."""
    returned = payment.refunded_minor or payment.refunding_minor
    worth = worth_of(payment, payment.received or payment.charge)
    able = worth is not None and not returned
    found = [Decision.APPLY] if able and order_for(payment) else []
    if able and takes_credit(payment):
        found.append(Decision.CREDIT)
    found.append(Decision.REFUND)
    return [*found, *([] if returned else [Decision.DISMISS])]
