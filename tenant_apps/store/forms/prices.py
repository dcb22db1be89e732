"""What staff type about promotions, segments and partners."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.money import Money
from shared_apps.core.money_field import MoneyField
from shared_apps.core.widgets import AffixInput, RadioCards
from tenant_apps.store.models import Partner, Promotion, Segment, Shop
from tenant_apps.store.selectors.promotions import category_choices
from tenant_apps.store.services.people import PartnerDetails, SegmentDetails
from tenant_apps.store.services.promotions import PromotionDetails
from tenant_apps.store.texts.people import partner_kinds, segment_name
from tenant_apps.store.texts.prices import percent_typed
from tenant_apps.team.forms import OneLineField, PhoneField, WorkspaceForm, parse_ids

LOCAL_TIME = "%Y-%m-%dT%H:%M"
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
_PERCENT = re.compile(r"(\d{1,3})(?:[.,](\d{1,2}))?", re.ASCII)
_BETWEEN = re.compile(r"[\s,;]+")
MAX_LINE_ERRORS = 10


class PercentField(forms.CharField):
    """A share between 0 and 100 %, typed "7,5"; cleaned to hundredths of a per cent, or None where it may be left empty."""

    def __init__(self, **options: Any) -> None:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "input-medium input-amount"}
        options.setdefault("widget", AffixInput(attrs, suffix="%"))
        super().__init__(max_length=10, **options)

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").replace("%", "").strip()
        if not text:
            return None
        found = _PERCENT.fullmatch(text)
        bp = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else -1
        if not 0 <= bp <= 10_000:
            raise forms.ValidationError(_("Type a number between 0 and 100, for example 7.5."))
        return bp

    def run_validators(self, value: Any) -> None:
        """The pattern has said all about its length."""

    def prepare_value(self, value: Any) -> Any:
        return percent_typed(value) if isinstance(value, int) else value


class IdsField(forms.Field):
    """Public ids of ticked boxes, which the page shows itself. What is no id is left out."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> tuple[UUID, ...]:
        return tuple(dict.fromkeys(parse_ids(value or [])))


def _check_year(moment: datetime) -> None:
    """A slip of the finger makes 0026 or 20266."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise forms.ValidationError(_("Check the year."))


def _moment_field(label: Any) -> forms.DateTimeField:
    """A moment in the current zone."""
    return forms.DateTimeField(
        label=label,
        input_formats=[LOCAL_TIME, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(format=LOCAL_TIME, attrs={"type": "datetime-local", "class": "input-medium"}),
        error_messages={"invalid": gettext_lazy("Choose a day and a time.")},
        validators=[_check_year],
    )


class PromotionForm(WorkspaceForm):
    """A promotion; its moments are in the current zone. `details` is there once the form is valid."""

    name = OneLineField(
        label=gettext_lazy("Name"), max_length=100,
        help_text=gettext_lazy("Customers read it beside the price, for example “Back to school”."),
    )  # fmt: skip
    kind = forms.ChoiceField(label=gettext_lazy("What the promotion gives"), widget=RadioCards)
    percent = PercentField(
        label=gettext_lazy("Per cent off"), required=False, help_text=gettext_lazy("For a discount in per cent.")
    )
    starts_at = _moment_field(gettext_lazy("Begins"))
    ends_at = _moment_field(gettext_lazy("Ends"))
    products = IdsField(label=gettext_lazy("Products"), required=False)
    product_query = OneLineField(label=gettext_lazy("Find products"), max_length=100, required=False)
    description = OneLineField(
        label=gettext_lazy("Description"), max_length=300, required=False, help_text=gettext_lazy("For yourself."),
    )  # fmt: skip

    def __init__(self, *args: Any, shop: Shop, segments: list[Segment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.fields["kind"]
        kind.choices = [  # type: ignore[attr-defined]  # a ChoiceField
            (Promotion.Kind.PERCENT.value, _("A discount in per cent")),
            (Promotion.Kind.FIXED.value, _("A fixed amount off each piece")),
            (Promotion.Kind.FREE_DELIVERY.value, _("Free delivery")),
        ]
        self.fields["amount"] = MoneyField(
            currency=shop.currency, label=_("Amount off each piece"), required=False, help_text=_("For a fixed amount.")
        )
        # The page shows the one that the chosen kind wants, and that one must be filled in.
        self.fields["percent"].required = self.data.get("kind") == Promotion.Kind.PERCENT if self.is_bound else True
        self.fields["amount"].required = self.data.get("kind") == Promotion.Kind.FIXED if self.is_bound else True
        shelves = category_choices()
        self.fields["categories"] = forms.TypedMultipleChoiceField(
            label=_("Categories"), required=False, coerce=int, choices=shelves, widget=forms.CheckboxSelectMultiple,
            help_text=_("With everything below them."),
        )  # fmt: skip
        self.fields["segments"] = forms.TypedMultipleChoiceField(
            label=_("Only for these customers"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple,
            choices=[(one.pk, segment_name(one.key, one.name)) for one in segments],
            help_text=_("Tick none, and it is for everybody."),
        )  # fmt: skip

    @classmethod
    def values_of(cls, promotion: Promotion, *, currency: str) -> dict[str, Any]:
        """A promotion as it goes into the form."""
        amount = promotion.amount_minor
        return {
            "name": promotion.name,
            "kind": promotion.kind,
            "percent": promotion.percent_bp,
            "amount": None if amount is None else Money(amount, currency),
            "starts_at": promotion.starts_at,
            "ends_at": promotion.ends_at,
            "description": promotion.description,
            "products": list(promotion.products.values_list("public_id", flat=True)),
            "categories": list(promotion.categories.values_list("pk", flat=True)),
            "segments": list(promotion.segments.values_list("pk", flat=True)),
        }

    @classmethod
    def as_typed(cls, data: QueryDict) -> dict[str, Any]:
        """What was sent, unjudged: for the same page with the products that were looked for."""
        several = ("products", "categories", "segments")
        return {name: data.getlist(name) if name in several else data.get(name, "") for name in data}

    @property
    def details(self) -> PromotionDetails:
        data = self.cleaned_data
        return PromotionDetails(
            name=data["name"], kind=data["kind"], starts_at=data["starts_at"], ends_at=data["ends_at"],
            description=data["description"], percent_bp=data["percent"],
            amount_minor=data["amount"].minor if data["amount"] else None,
            products=data["products"], categories=tuple(data["categories"]), segments=tuple(data["segments"]),
        )  # fmt: skip


class SegmentForm(WorkspaceForm):
    """A segment. That of students may keep the platform's own word."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=60)
    discount = PercentField(
        label=gettext_lazy("Discount"),
        help_text=gettext_lazy("Taken off every price, after promotional prices and a partner's discount."),
    )

    def __init__(self, *args: Any, segment: Segment | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if segment is not None and segment.key == Segment.STUDENT:
            self.fields["name"].required = False
            word = segment_name(segment.key, "")
            self.fields["name"].help_text = _("Left empty it is called “%(word)s”.") % {"word": word}

    @property
    def details(self) -> SegmentDetails:
        return SegmentDetails(name=self.cleaned_data["name"], discount_bp=self.cleaned_data["discount"])


class PartnerForm(WorkspaceForm):
    """A partner. `details` is there once the form is valid."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=120)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"))
    discount = PercentField(
        label=gettext_lazy("Discount"),
        help_text=gettext_lazy("For its people, on every price, after promotional prices."),
    )
    contact = OneLineField(label=gettext_lazy("Contact person"), max_length=120, required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254, required=False)
    phone = PhoneField(label=gettext_lazy("Telephone"), required=False)
    is_active = forms.BooleanField(
        label=gettext_lazy("The discount counts"), required=False, initial=True,
        help_text=gettext_lazy("Without the tick its people pay what everybody pays, and its list stays."),
    )  # fmt: skip

    def __init__(self, *args: Any, shop: Shop, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kind"].choices = partner_kinds()  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["phone"].region = shop.country  # type: ignore[attr-defined]  # a PhoneField

    @classmethod
    def values_of(cls, partner: Partner) -> dict[str, Any]:
        """A partner as it goes into the form."""
        names = ("name", "kind", "contact", "email", "phone", "is_active")
        return {**{name: getattr(partner, name) for name in names}, "discount": partner.discount_bp}

    @property
    def details(self) -> PartnerDetails:
        data = dict(self.cleaned_data)
        return PartnerDetails(discount_bp=data.pop("discount"), **data)


class MembersForm(WorkspaceForm):
    """Addresses to add to a partner: pasted, one a line, or with commas or semicolons between them."""

    emails = forms.CharField(
        label=gettext_lazy("E-mail addresses"),
        max_length=100_000,
        widget=forms.Textarea(attrs={"rows": 6, "autocapitalize": "none", "spellcheck": "false", "inputmode": "email"}),
        help_text=gettext_lazy(
            "One a line, or pasted from a spreadsheet. The discount counts once somebody has an account with that address "
            "and has proved it."
        ),
    )

    def clean_emails(self) -> list[str]:
        """The addresses in lower case; every line with something else is named."""
        found: list[str] = []
        wrong: list[str] = []
        for number, line in enumerate(self.cleaned_data["emails"].splitlines(), start=1):
            texts = [text for text in _BETWEEN.split(line) if text]
            bad = [text for text in texts if not _is_address(text)]
            found += [text.lower() for text in texts if text not in bad]
            if bad:
                shown = {"number": number, "text": " ".join(bad)[:80]}
                wrong.append(_("Line %(number)s: “%(text)s” is not an address.") % shown)
        if len(wrong) > MAX_LINE_ERRORS:
            more = len(wrong) - MAX_LINE_ERRORS
            wrong = [*wrong[:MAX_LINE_ERRORS], _("And %(number)s more.") % {"number": more}]
        if wrong:
            raise forms.ValidationError(wrong)
        return found


def _is_address(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
