"""Making and changing a coupon."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.models import Coupon, Plan
from billing.money import Money
from billing.services.coupon_desk import LIMITS, CouponTerms
from shared_apps.core.money_field import read_money, typed_money, why_not_money
from shared_apps.core.widgets import AffixInput, RadioCards
from shared_apps.site.choices import currency_choices
from shared_apps.site.coupons import STATES
from shared_apps.site.forms.signup import set_choices
from shared_apps.site.plan_texts import CURRENCIES, PRODUCTS

# Fields that say what buyers were promised, and stay once an order was made.
PROMISED = (
    "code", "kind", "percent", "amount", "currency", "lasts", "periods", "plans", "first_purchase_only",
)  # fmt: skip
_SHORT = {"class": "input-medium", "inputmode": "numeric", "autocomplete": "off"}


def _day_input() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date", "class": "input-medium"}, format="%Y-%m-%d")


def _number(label: Any, help_text: Any = "", *, smallest: int = 1, largest: int = 1_000_000) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=help_text, required=False, min_value=smallest, max_value=largest,
        widget=forms.TextInput(attrs=_SHORT),
    )  # fmt: skip


class CouponFilter(forms.Form):
    """What the list of coupons shows."""

    q = forms.CharField(label=_("Code"), required=False, max_length=30, widget=forms.SearchInput)
    state = forms.ChoiceField(label=_("State"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        set_choices(self, "state", [("", _("All")), *((key, words) for key, (words, _tone) in STATES.items())])


class CouponForm(forms.Form):
    """What a coupon takes off, for how long, for whom and how often."""

    code = forms.CharField(
        label=_("Code"),
        help_text=_(
            "3 to 30 letters without accents, digits and hyphens. Capitals or not, buyers may type it as they like."
        ),
        max_length=30,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "autocapitalize": "characters", "class": "input-medium mono"}
        ),
    )
    kind = forms.ChoiceField(
        label=_("It takes off"),
        initial="percent",
        choices=[("percent", _("A percentage")), ("amount", _("A fixed amount"))],
        widget=RadioCards,
    )
    percent = forms.IntegerField(
        label=_("Percentage"),
        help_text=_("With 100 % nothing is left to pay."),
        required=False,
        min_value=1,
        max_value=100,
        widget=AffixInput(attrs=_SHORT, suffix="%"),
    )
    amount = forms.CharField(
        label=_("Amount"),
        required=False,
        max_length=30,
        widget=forms.TextInput(attrs={**_SHORT, "inputmode": "decimal"}),
    )
    currency = forms.ChoiceField(
        label=_("Currency"),
        required=False,
    )
    lasts = forms.ChoiceField(
        label=_("For how long"),
        initial="once",
        choices=[
            ("once", _("One payment")),
            ("several", _("Several periods")),
            ("always", _("Every period")),
        ],
        widget=RadioCards,
    )
    periods = _number(_("Number of periods"), _("The first payment counts."), smallest=2, largest=120)
    first_day = forms.DateField(
        label=_("First day"), help_text=_("Empty: at once."), required=False, widget=_day_input()
    )
    last_day = forms.DateField(
        label=_("Last day"), help_text=_("Empty: until you switch it off."), required=False, widget=_day_input()
    )
    plans = forms.MultipleChoiceField(
        label=_("Plans"), help_text=_("None ticked: all of them."), required=False, widget=forms.CheckboxSelectMultiple
    )
    first_purchase_only = forms.BooleanField(label=_("Only for a first purchase"), required=False)
    max_uses = _number(_("Uses in all"), _("Empty: no limit."))
    max_uses_per_organisation = _number(_("Uses for each organisation"), _("Empty: no limit."))

    def __init__(self, *args: Any, coupon: Coupon | None = None, is_promised: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.coupon = coupon
        set_choices(self, "plans", _plan_choices())
        codes = currency_choices(coupon.currency if coupon else "")
        set_choices(self, "currency", [(code, CURRENCIES[code]) for code, _name in codes])
        if coupon:
            self.initial = {**_initial(coupon), **self.initial}
        for name in PROMISED if is_promised else ():
            # What is sent for such a field is not looked at.
            self.fields[name].disabled = True

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        is_percent = data.get("kind") == "percent"
        if is_percent and data.get("percent") is None and "percent" not in self.errors:
            self.add_error("percent", _("Enter a percentage from 1 to 100."))
        if data.get("kind") == "amount" and not data.get("currency") and "currency" not in self.errors:
            self.add_error("currency", _("Choose a currency."))
        data["money"] = None if is_percent else self._money(data.get("amount") or "", data.get("currency") or "")
        if data.get("lasts") == "several" and data.get("periods") is None and "periods" not in self.errors:
            self.add_error("periods", _("Enter for how many periods, 2 or more."))
        return data

    def terms(self) -> CouponTerms:
        """What a valid form asks for."""
        data = self.cleaned_data
        is_percent = data["kind"] == "percent"
        return CouponTerms(
            code=data["code"],
            percent=data["percent"] if is_percent else None,
            amount=data["money"],
            plan_ids=tuple(sorted(int(pk) for pk in data["plans"])),
            first_purchase_only=data["first_purchase_only"],
            periods={"once": 1, "several": data["periods"], "always": None}[data["lasts"]],
            valid_from=self._moment("first_day", "valid_from", _start_of),
            valid_until=self._moment("last_day", "valid_until", _end_of),
            **{name: data[name] for name in LIMITS},
        )

    def _money(self, text: str, currency: str) -> Money | None:
        if not currency:
            return None
        try:
            return read_money(text, currency)
        except ValueError as error:
            self.add_error("amount", why_not_money(error, currency))
            return None

    def _moment(self, field: str, column: str, convert: Any) -> datetime | None:
        """The day's beginning or end; a day that was not touched keeps its moment."""
        if self.coupon and field not in self.changed_data:
            kept: datetime | None = getattr(self.coupon, column)
            return kept
        day: date | None = self.cleaned_data[field]
        return convert(day) if day else None


def _plan_choices() -> list[tuple[Any, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {key: [] for key in PRODUCTS}
    for plan in Plan.objects.order_by("product", "position"):
        groups[plan.product].append((str(plan.pk), plan.display_name))
    return [(PRODUCTS[product].name, plans) for product, plans in groups.items() if plans]


def _initial(coupon: Coupon) -> dict[str, Any]:
    zone = timezone.get_default_timezone()
    last = coupon.valid_until and coupon.valid_until - timedelta(microseconds=1)
    amount = Money(coupon.amount_minor, coupon.currency) if coupon.amount_minor else None
    return {
        "code": coupon.code,
        "kind": "percent" if coupon.percent else "amount",
        "percent": coupon.percent,
        "amount": typed_money(amount) if amount else "",
        "currency": coupon.currency,
        "lasts": {1: "once", None: "always"}.get(coupon.periods, "several"),
        "periods": coupon.periods if coupon.periods and coupon.periods > 1 else None,
        "first_day": coupon.valid_from and timezone.localtime(coupon.valid_from, zone).date(),
        "last_day": last and timezone.localtime(last, zone).date(),
        "plans": [str(pk) for pk in coupon.plans.values_list("pk", flat=True)],
        "first_purchase_only": coupon.first_purchase_only,
        **{name: getattr(coupon, name) for name in LIMITS},
    }


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_default_timezone())


def _end_of(day: date) -> datetime:
    return _start_of(day + timedelta(days=1))
