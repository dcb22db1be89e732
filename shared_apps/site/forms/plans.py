"""Editing a plan: every price, limit and feature of the version that is published next."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Plan, PlanVersion
from billing.models.catalogue import Cycle
from billing.money import Money
from billing.services.catalogue import Offer
from shared_apps.core.money_field import MoneyField
from shared_apps.core.widgets import AffixInput
from shared_apps.site import plan_texts
from shared_apps.site.forms.signup import set_choices

_NUMBER = {"inputmode": "numeric", "autocomplete": "off", "class": "input-medium"}
_LARGEST_QUOTA = 10**9
_UNLIMITED = {"", "unlimited", "illimité", "illimite", "∞"}


class QuotaField(forms.CharField):
    """A whole number, or nothing for unlimited."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=20, required=False, widget=forms.TextInput(attrs=_NUMBER), **options)

    def to_python(self, value: Any) -> Any:
        text = "".join(str(value if value is not None else "").split()).lower()
        if text in _UNLIMITED:
            return None
        if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > _LARGEST_QUOTA:
            raise forms.ValidationError(_("Enter a whole number, or leave the field empty for unlimited."))
        return int(text)

    def run_validators(self, value: Any) -> None:
        """`to_python` has said all."""


class CommissionField(forms.CharField):
    """Per cent with up to two decimals, kept as hundredths of a per cent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            max_length=10, widget=AffixInput(attrs={**_NUMBER, "inputmode": "decimal"}, suffix="%"), **options
        )

    def to_python(self, value: Any) -> Any:
        text = str(super().to_python(value)).replace(",", ".")
        if not text:
            return ""
        if not re.fullmatch(r"[0-9]{1,2}(\.[0-9]{1,2})?", text):
            raise forms.ValidationError(_("Enter a percentage below 100, for example 3.5."))
        return int(Decimal(text) * 100)

    def run_validators(self, value: Any) -> None:
        """`to_python` has said all."""

    def prepare_value(self, value: Any) -> Any:
        return plan_texts.number_text(Decimal(value) / 100) if isinstance(value, int) else value


def _days(label: Any, help_text: Any = "", *, smallest: int = 0, largest: int = 3650) -> forms.IntegerField:
    widget = AffixInput(attrs=_NUMBER, suffix=gettext_lazy("days"))
    return forms.IntegerField(label=label, help_text=help_text, min_value=smallest, max_value=largest, widget=widget)


class PlanForm(forms.Form):
    """A plan of one product. `plan` and `current` are what is there; both None for a plan that is new."""

    name = forms.RegexField(
        regex=r"^[a-z0-9-]{1,30}$",
        label=gettext_lazy("Short name"),
        help_text=gettext_lazy("Small letters without accents, digits, hyphens. It stands in addresses and in the API, and never changes."),
        error_messages={"invalid": gettext_lazy("Use up to 30 small letters without accents, digits and hyphens.")},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "class": "input-medium mono"}),
    )  # fmt: skip
    display_name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    position = forms.IntegerField(
        label=gettext_lazy("Position"),
        help_text=gettext_lazy("The smallest comes first."),
        min_value=0,
        max_value=1000,
        widget=forms.TextInput(attrs=_NUMBER),
    )
    is_recommended = forms.BooleanField(
        label=gettext_lazy("Recommended"),
        help_text=gettext_lazy("One plan of a product is: ticking this one takes it from the other."),
        required=False,
    )
    features = forms.MultipleChoiceField(
        label=gettext_lazy("Features"), required=False, widget=forms.CheckboxSelectMultiple
    )
    grace_days = _days(
        gettext_lazy("Grace"), gettext_lazy("Use after the end of a period that is not paid yet."), largest=90
    )
    trial_days = _days(gettext_lazy("Trial"), gettext_lazy("Free use before the first payment. 0: none."), largest=90)
    based_on = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def __init__(
        self, *args: Any, product: str, plan: Plan | None = None, current: PlanVersion | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.product, self.plan, self.current = product, plan, current
        self.quota_names = _names(plan_texts.QUOTAS_OF[product], current.quotas if current else {})
        self.retention_names = _names(plan_texts.RETENTION_OF[product], current.retention if current else {})
        own = [*(current.features if current else []), *_features_of(product)]
        self.feature_names = list(dict.fromkeys([*own, *plan_texts.FEATURES]))
        set_choices(self, "features", _feature_choices(self.feature_names, own=set(own)))
        if plan:
            del self.fields["name"]
        self._add_fields()
        self.initial = {**_initial(plan, current), **self.initial}

    def _add_fields(self) -> None:
        for currency in settings.SOLD_CURRENCIES:
            for cycle in plan_texts.CYCLES:
                label = plan_texts.price_label(cycle, currency)
                self.fields[price_field(cycle, currency)] = MoneyField(currency=currency, label=label, required=False)
        for name in self.quota_names:
            kind = CommissionField if name == "commission_bp" else QuotaField
            self.fields[f"quota_{name}"] = kind(label=plan_texts.quota_label(name))
        for name in self.retention_names:
            self.fields[f"retention_{name}"] = _days(plan_texts.retention_label(name), smallest=1)

    def price_groups(self) -> list[dict[str, Any]]:
        """The fields of the prices, by currency."""
        return [
            {
                "label": plan_texts.CURRENCIES[currency],
                "fields": [
                    {"label": label, "field": self[price_field(cycle, currency)]}
                    for cycle, label in plan_texts.CYCLES.items()
                ],
            }
            for currency in settings.SOLD_CURRENCIES
        ]

    def quota_fields(self) -> list[forms.BoundField]:
        return [self[f"quota_{name}"] for name in self.quota_names]

    def retention_fields(self) -> list[forms.BoundField]:
        return [self[f"retention_{name}"] for name in self.retention_names]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Plan.objects.filter(product=self.product, name=name).exists():
            raise forms.ValidationError(_("This product has a plan of this name. Choose another one."))
        return name

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        prices = [name for name in self.fields if name.startswith("price_")]
        if not any(data.get(name) is not None or name in self.errors for name in prices):
            self.add_error(price_field("monthly", settings.SOLD_CURRENCIES[0]), _("Enter at least one price."))
        return data

    def offer(self) -> Offer:
        """What a valid form puts on sale."""
        data = self.cleaned_data
        ticked = set(data["features"])
        return Offer(
            product=self.product,
            name=self.plan.name if self.plan else data["name"],
            display_name=data["display_name"],
            position=data["position"],
            is_recommended=data["is_recommended"],
            prices=self._prices(),
            quotas=self._quotas(),
            features=tuple(name for name in self.feature_names if name in ticked),
            retention={name: data[f"retention_{name}"] for name in self.retention_names},
            grace_days=data["grace_days"],
            trial_days=data["trial_days"],
        )

    def _prices(self) -> dict[tuple[str, str], int]:
        fields = {
            (cycle.value, currency): price_field(cycle, currency)
            for currency in settings.SOLD_CURRENCIES
            for cycle in Cycle
        }
        typed = {key: self.cleaned_data[name] for key, name in fields.items()}
        return {key: amount.minor for key, amount in typed.items() if amount is not None}

    def _quotas(self) -> dict[str, int | None]:
        """By name; one that the version does not limit and nobody limits now stays away from it."""
        kept = self.current.quotas if self.current else dict.fromkeys(self.quota_names)
        typed = {name: self.cleaned_data[f"quota_{name}"] for name in self.quota_names}
        return {name: value for name, value in typed.items() if value is not None or name in kept}


def price_field(cycle: str, currency: str) -> str:
    """The name of a price's field."""
    return f"price_{cycle}_{currency}"


def _features_of(product: str) -> list[str]:
    """What the plans of a product have today, as FEATURES orders it. One query."""
    lists = PlanVersion.objects.filter(plan__product=product, is_current=True).values_list("features", flat=True)
    there = {name for features in lists for name in features}
    return [name for name in plan_texts.FEATURES if name in there]


def _feature_choices(names: list[str], *, own: set[str]) -> list[tuple[str, list[tuple[str, str]]]]:
    choices = [(name, plan_texts.feature_text(name)) for name in names]
    groups = [
        (_("Of this product"), [one for one in choices if one[0] in own]),
        (_("Of others"), [one for one in choices if one[0] not in own]),
    ]
    return [group for group in groups if group[1]]


def _names(known: tuple[str, ...], there: dict[str, Any]) -> list[str]:
    return list(dict.fromkeys([*known, *sorted(there)]))


def _initial(plan: Plan | None, current: PlanVersion | None) -> dict[str, Any]:
    if plan is None or current is None:
        return {"based_on": 0, "position": 10, "grace_days": 7, "trial_days": 0}
    prices = {
        price_field(one.cycle, one.currency): Money(one.amount_minor, one.currency) for one in current.prices.all()
    }
    return {
        "display_name": plan.display_name,
        "position": plan.position,
        "is_recommended": plan.is_recommended,
        "features": current.features,
        "grace_days": current.grace_days,
        "trial_days": current.trial_days,
        "based_on": current.number,
        **prices,
        **{f"quota_{name}": value for name, value in current.quotas.items()},
        **{f"retention_{name}": value for name, value in current.retention.items()},
    }
