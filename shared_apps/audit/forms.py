"""What people ask of the log, and how long it is to be kept."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.audit.models import AuditCategory
from shared_apps.audit.retention import DEFAULT_DAYS, LONGEST, SHORTEST, days_kept
from shared_apps.audit.selectors import ORDERS, Wanted
from shared_apps.audit.texts import LEVELS, actions_here

_BASIC = ("search", "category", "level")
_ORDER_LABELS = {
    "-created_at": _("Newest first"),
    "created_at": _("Oldest first"),
    "actor": _("By person"),
    "action": _("By action"),
    "category": _("By category"),
}


class DateInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


def _check_day(day: date) -> None:
    """Pass for days that others can be counted from: the calendar ends at the year 9999."""
    if not 2000 <= day.year <= 2200:
        raise forms.ValidationError(_("Choose a day between the years 2000 and 2200."))


class FilterForm(forms.Form):
    """The filters of the log. Fields that are wrong are shown with their error and filter nothing."""

    search = forms.CharField(label=_("Search"), required=False, max_length=100, widget=forms.SearchInput)
    category = forms.ChoiceField(label=_("Category"), required=False)
    level = forms.ChoiceField(label=_("Level"), required=False)
    action = forms.ChoiceField(label=_("Action"), required=False)
    actor = forms.CharField(label=_("Person"), required=False, max_length=254)
    resource = forms.CharField(label=_("Resource"), required=False, max_length=130)
    since = forms.DateField(label=_("From"), required=False, widget=DateInput, validators=[_check_day])
    until = forms.DateField(label=_("To"), required=False, widget=DateInput, validators=[_check_day])
    order = forms.ChoiceField(label=_("Order"), required=False, choices=list(_ORDER_LABELS.items()))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everything = [("", _("All"))]
        known = actions_here().items()
        actions = sorted(((code, str(words.title)) for code, words in known), key=lambda choice: choice[1].casefold())
        self._choices("category", everything + list(AuditCategory.choices))
        self._choices("level", everything + [(key, words.title) for key, words in LEVELS.items()])
        self._choices("action", everything + actions)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        since, until = cleaned.get("since"), cleaned.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return cleaned

    @property
    def basic(self) -> list[forms.BoundField]:
        """The filters that are always in sight."""
        return [self[name] for name in _BASIC]

    @property
    def more(self) -> list[forms.BoundField]:
        """The others."""
        return [self[name] for name in self.fields if name not in _BASIC]

    @property
    def uses_more(self) -> bool:
        """Whether one of the others is filled in."""
        return bool(set(self.changed_data) - set(_BASIC))

    @property
    def wanted(self) -> Wanted:
        """What is looked for, from the fields that are right."""
        self.is_valid()
        kept = {name: value for name, value in self.cleaned_data.items() if value and name != "order"}
        return Wanted(**kept)

    @property
    def chosen_order(self) -> str:
        """One of selectors.ORDERS."""
        self.is_valid()
        order = self.cleaned_data.get("order") or "-created_at"
        return order if order in ORDERS else "-created_at"

    def _choices(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices


class RetentionForm(forms.Form):
    """Days for each category."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for category, days in days_kept().items():
            self.fields[category] = forms.IntegerField(
                label=AuditCategory(category).label,
                help_text=_("Days, from %(shortest)d to %(longest)d. Normally %(default)d.")
                % {"shortest": SHORTEST, "longest": LONGEST, "default": DEFAULT_DAYS[category]},
                min_value=SHORTEST,
                max_value=LONGEST,
                initial=days,
            )
