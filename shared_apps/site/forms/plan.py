"""Renewing a plan, and choosing another one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models.catalogue import MONTHS, Cycle
from billing.money import Money
from billing.pricing import saving_percent
from billing.services.renewals import RenewalPreview
from shared_apps.core.templatetags.ui import day, money_filter
from shared_apps.core.widgets import Card, RadioCards
from shared_apps.site.plan_texts import CYCLES


class RenewForm(forms.Form):
    """For how long, and with which coupon. Built from what each cycle would cost."""

    cycle = forms.ChoiceField(
        label=gettext_lazy("For how long?"),
        widget=RadioCards,
        error_messages={
            "required": gettext_lazy("Choose for how long."),
            "invalid_choice": gettext_lazy("Choose for how long."),
        },
    )
    coupon_code = forms.CharField(
        label=gettext_lazy("Coupon code"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, previews: Sequence[RenewalPreview], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cycles = self.fields["cycle"]
        assert isinstance(cycles, forms.ChoiceField)
        cycles.choices = [(one.price.cycle, CYCLES[one.price.cycle]) for one in previews]
        cycles.widget.cards = {one.price.cycle: _card(one, previews) for one in previews}  # type: ignore[attr-defined]


def _card(one: RenewalPreview, previews: Sequence[RenewalPreview]) -> Card:
    saved = _saving(one, previews)
    return Card(
        description=_("Paid until %(day)s") % {"day": day(one.end)},
        aside=money_filter(one.due),
        badge=_("%(percent)d %% less") % {"percent": saved} if saved else "",
    )


def _saving(one: RenewalPreview, previews: Sequence[RenewalPreview]) -> int:
    """Per cent saved against paying monthly, by the prices of the list."""
    monthly = next((other.price.amount for other in previews if other.price.cycle == Cycle.MONTHLY), None)
    if monthly is None or one.price.cycle == Cycle.MONTHLY:
        return 0
    return max(0, saving_percent(monthly=monthly, price=one.price.amount, months=MONTHS[Cycle(one.price.cycle)]))


class ChangeForm(forms.Form):
    """The confirmation of what a preview showed: now or later, the amount in minor units, and how often to pay later."""

    now = forms.BooleanField(required=False, widget=forms.HiddenInput)
    expected = forms.IntegerField(min_value=0, max_value=2**53, widget=forms.HiddenInput)
    cycle = forms.ChoiceField(label=gettext_lazy("How often do you want to pay?"), widget=RadioCards)

    def __init__(self, *args: Any, later: dict[str, Money], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cycle = self.fields["cycle"]
        assert isinstance(cycle, forms.ChoiceField)
        cycle.required = "now" not in self.data
        cycle.choices = [(name, label) for name, label in CYCLES.items() if name in later]
        cycle.widget.cards = {name: Card(aside=money_filter(later[name])) for name in later}  # type: ignore[attr-defined]
