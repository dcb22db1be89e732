"""Forms of the back office's page about revenue."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from shared_apps.core.widgets import Card, RadioCards

MOST_DAYS = 400


class ExportForm(forms.Form):
    """What is to be taken away, and of which days."""

    what = forms.ChoiceField(
        label=_("What"),
        choices=[
            ("payments", _("Payments")),
            ("invoices", _("Invoices and credit notes")),
            ("subscriptions", _("Subscriptions")),
            ("journal", _("Accounting journal")),
        ],
        widget=RadioCards(
            cards={
                "payments": Card(_("Every attempt that began in these days, and what came of it.")),
                "invoices": Card(_("Every document issued in these days, with tax; credit notes below zero.")),
                "subscriptions": Card(_("Those that began in these days, as they are now.")),
                "journal": Card(_("Every entry of these days, by the accounts of the SYSCOHADA.")),
            }
        ),
        error_messages={"required": _("Choose what to export.")},
    )
    since = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    until = forms.DateField(
        label=_("To"),
        help_text=_("This day included."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        today = timezone.localdate(timezone=timezone.get_default_timezone())
        self.initial.update(what="payments", since=today.replace(day=1), until=today)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day comes before the first one. Exchange the two."))
        elif since and until and (until - since).days > MOST_DAYS:
            self.add_error("until", _("Choose at most 400 days at once."))
        return data
