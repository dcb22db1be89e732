"""Saying that a payout was sent."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from billing import gateways
from billing.method_names import method_name
from shared_apps.site.forms.signup import set_choices

_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])")


class PaidForm(forms.Form):
    """How a payout was sent, and under which reference."""

    payout_method = forms.ChoiceField(label=_("Sent by"))
    reference = forms.CharField(
        label=_("Reference of the transfer"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off"}),
        error_messages={"required": _("Enter the reference of the transfer.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "payout_method", [(name, method_name(name)) for name in gateways.NAMES])
        self.initial.setdefault("payout_method", gateways.BANK_TRANSFER)


def month_of(text: str) -> date | None:
    """The first day of a month that a browser sends ("2026-11"); None for anything else."""
    found = _MONTH.fullmatch(text)
    return date(int(found[1]), int(found[2]), 1) if found else None
