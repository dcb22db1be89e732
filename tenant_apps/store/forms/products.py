"""What staff type about a product: the product itself, its variants and its specifications, each a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from billing.money import Money
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import unmarked
from shared_apps.core.money_field import currency_sign, typed_money
from shared_apps.core.widgets import Card, MoneyInput, RadioCards
from tenant_apps.store.models import Product, Shop
from tenant_apps.store.rules.typed_prices import parse_price
from tenant_apps.store.selectors import Shelves
from tenant_apps.store.services import ProductDetails, VariantDetails
from tenant_apps.store.services.details import MAX_OPTIONS, MAX_SPECIFICATIONS, MAX_VARIANTS
from tenant_apps.team.forms import OneLineField, PhotoField, WorkspaceForm, key_field

LOCAL_TIME = "%Y-%m-%dT%H:%M"
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
MAX_PIECES = 1_000_000
EMPTY_ROWS = 3
_MORE = {"more_variants": "variants", "more_specifications": "specifications"}
_CODE = {"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}

SUPPLY_LABELS = {
    Product.Supply.STOCK: gettext_lazy("As long as there is stock"),
    Product.Supply.ALWAYS: gettext_lazy("Always"),
    Product.Supply.PREORDER: gettext_lazy("Before it arrives (pre-order)"),
    Product.Supply.NONE: gettext_lazy("Not now"),
}
BADGE_LABELS = {
    Product.Badge.NEW: pgettext_lazy("product", "New"),
    Product.Badge.POPULAR: gettext_lazy("Popular"),
    Product.Badge.STUDENT: gettext_lazy("For students"),
    Product.Badge.PRO: gettext_lazy("For professionals"),
}


class PriceField(forms.CharField):
    """An amount in the shop's currency; cleaned to minor units, or None where it may be left empty."""

    def __init__(self, *, currency: str, **options: Any) -> None:
        self.currency = currency
        options.setdefault("widget", MoneyInput(currency=currency_sign(currency)))
        super().__init__(**options)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, int):
            return value
        text = super().to_python(value)
        if not text:
            return None
        try:
            return parse_price(text, currency=self.currency).minor
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None

    def run_validators(self, value: Any) -> None:
        """`parse_price` has said all about its length."""

    def prepare_value(self, value: Any) -> Any:
        return typed_money(Money(value, self.currency)) if isinstance(value, int) else value


def _check_year(value: Any) -> None:
    if not EARLIEST_YEAR <= value.year <= LATEST_YEAR:
        raise forms.ValidationError(_("Check the year."))


def _moment_field(label: Any) -> forms.DateTimeField:
    return forms.DateTimeField(
        label=label,
        required=False,
        input_formats=[LOCAL_TIME],
        widget=forms.DateTimeInput(format=LOCAL_TIME, attrs={"type": "datetime-local", "class": "input-medium"}),
        error_messages={"invalid": gettext_lazy("Choose a day and a time.")},
        validators=[_check_year],
    )


def _pieces_field() -> forms.IntegerField:
    return forms.IntegerField(
        label=_("Pieces in stock"), min_value=0, max_value=MAX_PIECES, required=False,
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
        error_messages={"invalid": gettext_lazy("Type a whole number of pieces, for example 12.")},
    )  # fmt: skip


def _code_field(label: Any) -> OneLineField:
    return OneLineField(label=label, max_length=40, required=False, widget=forms.TextInput(attrs=_CODE))


class VariantRow(WorkspaceForm):
    """One of several variants. An empty price, promotional price or cost is that of the product above. `counts`: its first pieces
    are typed here."""

    public_id = forms.UUIDField(widget=forms.HiddenInput, required=False)
    option1 = OneLineField(max_length=40, required=False)
    option2 = OneLineField(max_length=40, required=False)
    option3 = OneLineField(max_length=40, required=False)
    sku = _code_field(gettext_lazy("Reference"))
    barcode = _code_field(gettext_lazy("Barcode"))
    is_active = forms.BooleanField(label=gettext_lazy("On sale"), required=False, initial=True)
    remove = forms.BooleanField(label=gettext_lazy("Remove"), required=False)

    def __init__(
        self, *args: Any, currency: str, option_labels: dict[int, str], counts: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        if counts:
            self.fields["pieces"] = _pieces_field()
        self.option_labels = option_labels
        for number, label in option_labels.items():
            self.fields[f"option{number}"].label = label
        for name, label in (("price", _("Price")), ("promo", _("Promotional price")), ("cost", _("Cost"))):
            self.fields[name] = PriceField(currency=currency, label=label, required=False, max_length=30)

    @property
    def option_fields(self) -> list[forms.BoundField]:
        """The options that have a name."""
        return [self[f"option{number}"] for number in self.option_labels]

    @property
    def options(self) -> list[str]:
        """What is typed for each option."""
        return [self.cleaned_data.get(f"option{number}", "") for number in range(1, MAX_OPTIONS + 1)]

    @property
    def is_wanted(self) -> bool:
        """Whether somebody typed a variant here, and did not take it away again."""
        data = self.cleaned_data
        typed = [data.get(name) for name in ("price", "promo", "cost", "sku", "barcode", "pieces")]
        return not data.get("remove") and (any(self.options) or any(value not in (None, "") for value in typed))


class SpecificationRow(WorkspaceForm):
    """An attribute of the product with its value; an empty row says nothing."""

    name = OneLineField(
        label=gettext_lazy("Attribute"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"list": "attribute-names", "autocomplete": "off"}),
    )  # fmt: skip
    value = OneLineField(label=gettext_lazy("Value"), max_length=120, required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, value = data.get("name"), data.get("value")
        if value and not name and "name" not in self.errors:
            self.add_error("name", _("Name what this is, for example Material."))
        return data


VariantRows = forms.formset_factory(VariantRow, extra=0, max_num=MAX_VARIANTS, absolute_max=MAX_VARIANTS)
SpecificationRows = forms.formset_factory(
    SpecificationRow, extra=0, max_num=MAX_SPECIFICATIONS, absolute_max=MAX_SPECIFICATIONS
)


class ProductForm(WorkspaceForm):
    """A product with the rows of its variants and specifications. `details` is there once the form is valid."""

    key = key_field()
    name = OneLineField(label=gettext_lazy("Name"), max_length=120)
    photo = PhotoField(label=gettext_lazy("Photos"), several=True)
    summary = OneLineField(
        label=gettext_lazy("In a sentence"), max_length=300, required=False,
        help_text=gettext_lazy("Shown below the name, and when the page is shared."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=5000, required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip
    shelf = forms.ChoiceField(label=gettext_lazy("Shelf"), required=False)
    category = OneLineField(
        label=gettext_lazy("New shelf"), max_length=80, required=False,
        help_text=gettext_lazy("Only if the right one is not in the list. It is added at the top."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    brand = OneLineField(
        label=gettext_lazy("Brand"), max_length=80, required=False,
        help_text=gettext_lazy("Choose one, or type a new one."),
        widget=forms.TextInput(attrs={"list": "brand-names", "autocomplete": "off"}),
    )  # fmt: skip
    promo_starts_at = _moment_field(gettext_lazy("Promotion starts"))
    promo_ends_at = _moment_field(gettext_lazy("Promotion ends"))
    sku = _code_field(gettext_lazy("Reference"))
    barcode = _code_field(gettext_lazy("Barcode"))
    low_stock_at = forms.IntegerField(
        label=gettext_lazy("Low stock at"), min_value=0, max_value=MAX_PIECES, required=False,
        help_text=gettext_lazy("So many pieces or fewer are few. Empty: as the shop says."),
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
    )  # fmt: skip
    supply = forms.ChoiceField(
        label=gettext_lazy("Can be ordered"), choices=list(SUPPLY_LABELS.items()), required=False,
        initial=Product.Supply.STOCK, widget=RadioCards,
    )  # fmt: skip
    preorder_from = forms.DateField(
        label=gettext_lazy("Expected on"), required=False, input_formats=["%Y-%m-%d"], validators=[_check_year],
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "class": "input-medium"}),
        help_text=gettext_lazy("Only for pre-orders."),
        error_messages={"invalid": gettext_lazy("Choose a day.")},
    )  # fmt: skip
    badges = forms.MultipleChoiceField(
        label=gettext_lazy("Badges"), choices=list(BADGE_LABELS.items()), required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    meta_title = OneLineField(
        label=gettext_lazy("Title for search engines"), max_length=60, required=False,
        help_text=gettext_lazy("Empty: the name."),
    )  # fmt: skip
    meta_description = OneLineField(
        label=gettext_lazy("Text for search engines"), max_length=160, required=False,
        help_text=gettext_lazy("Empty: the sentence above."), widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    option1 = OneLineField(
        label=gettext_lazy("Variants differ by"), max_length=40, required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    option2 = OneLineField(label=gettext_lazy("and by"), max_length=40, required=False)
    option3 = OneLineField(label=gettext_lazy("and by"), max_length=40, required=False)

    def __init__(
        self,
        data: Any = None,
        files: Any = None,
        *,
        shop: Shop,
        tree: Shelves,
        initial: Any = None,
        counts: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(data, files, initial=initial, **kwargs)
        self.currency = shop.currency
        if counts:
            self.fields["pieces"] = unmarked(_pieces_field())
            self.fields["pieces"].help_text = _(
                "How many lie in your shop now. With several variants, type them there."
            )
        self._add_prices()
        shelves = [(str(one.pk), tree.full_name(one)) for one in tree.all]
        self.fields["shelf"].choices = [("", _("None")), *shelves]  # type: ignore[attr-defined]  # a ChoiceField
        self.fields["supply"].widget.cards = {
            Product.Supply.STOCK: Card(description=_("Pieces are counted, and never sold twice.")),
            Product.Supply.ALWAYS: Card(description=_("Made to order, a service, or not counted.")),
            Product.Supply.PREORDER: Card(description=_("Customers read when it should be there.")),
            Product.Supply.NONE: Card(description=_("It is shown, and nobody can order it.")),
        }
        rows = initial or {}
        labels = self._option_labels()
        row_options = {"currency": self.currency, "option_labels": labels, "counts": counts}
        self.variants: Any = VariantRows(
            _with_rows(data, "variants"), prefix="variants", form_kwargs=row_options,
            initial=[*rows.get("variants", []), *[{}] * EMPTY_ROWS],
        )  # fmt: skip
        self.specifications: Any = SpecificationRows(
            _with_rows(data, "specifications"), prefix="specifications",
            initial=[*rows.get("specifications", []), *[{}] * EMPTY_ROWS],
        )  # fmt: skip

    def _add_prices(self) -> None:
        for name, label, required in (
            ("price", _("Price"), True),
            ("promo", _("Promotional price"), False),
            ("cost", _("Cost of a piece"), False),
        ):
            self.fields[name] = PriceField(currency=self.currency, label=label, required=required, max_length=30)
        self.order_fields(["key", "name", "price", "promo", "promo_starts_at", "promo_ends_at", "photo"])
        self.fields["cost"].help_text = _("What you pay for it. Customers never see it.")

    def _option_labels(self) -> dict[int, str]:
        """What the options of the rows are called; as long as none has a name, all of them by their number."""
        typed = [str(self[f"option{number}"].value() or "").strip()[:40] for number in range(1, MAX_OPTIONS + 1)]
        named = {number: text for number, text in enumerate(typed, start=1) if text}
        return named or {number: _("Option %(number)s") % {"number": number} for number in range(1, MAX_OPTIONS + 1)}

    @property
    def has_options(self) -> bool:
        """Whether the rows of variants should be open."""
        return any(self[f"option{number}"].value() for number in range(1, MAX_OPTIONS + 1)) or "option1" in self.errors

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["supply"] = data.get("supply") or Product.Supply.ALWAYS
        data["rows"] = self._clean_rows(self.variants, _("Variant %(number)s"))
        data["specifications"] = self._clean_rows(self.specifications, _("Specification %(number)s"))
        names = [data.get(f"option{number}", "") for number in range(1, MAX_OPTIONS + 1)]
        data["option_names"] = tuple(name for name in names if name)
        if data["option_names"]:
            self._check_rows(data, names)
        elif any(any(row.options) for row in data["rows"] if row.is_wanted):
            self.add_error("option1", _("Say what the variants differ by, for example Size."))
        self._check_pieces(data)
        return data

    def _check_pieces(self, data: dict[str, Any]) -> None:
        """What is counted needs a number, where the page asks for it: without one nobody could order it."""
        if data["supply"] != Product.Supply.STOCK or "pieces" not in self.data or "pieces" in self.errors:
            return
        if "pieces" in self.fields and data.get("pieces") is None and not data["option_names"]:
            text = _(
                "Type how many pieces there are: 0 if they are still to come. What is not counted can always be ordered."
            )
            self.add_error("pieces", text)

    def _clean_rows(self, rows: Any, label: str) -> list[Any]:
        """The rows of a table; what is wrong in one is also said on top of the form, by its number."""
        if not rows.is_valid():
            for error in rows.non_form_errors():
                self.add_error(None, error)
        if not rows.management_form.is_valid():
            return []
        for number, row in enumerate(rows.forms, start=1):
            for name, errors in row.errors.items():
                where = f"{label % {'number': number}}, {row.fields[name].label}" if name in row.fields else label
                self.add_error(None, [f"{where}: {error}" for error in errors])
        return [row for row in rows.forms if row.is_valid()]

    def _check_rows(self, data: dict[str, Any], names: list[str]) -> None:
        wanted = [row for row in data["rows"] if row.is_wanted]
        if not wanted and not self.errors:
            self.add_error("option1", _("Fill in at least one variant below, or leave this empty."))
        for number, row in enumerate(self.variants.forms, start=1):
            if row in wanted and any(bool(name) != bool(value) for name, value in zip(names, row.options, strict=True)):
                self.add_error(None, _("Variant %(number)s: give it a value for each option.") % {"number": number})

    def forget_errors(self, *, but: str) -> None:
        """Say nothing of what is wrong yet, but of one field: the form was only sent to get more rows."""
        for name in [name for name in self.errors if name != but]:
            del self.errors[name]
        for row in [*self.variants.forms, *self.specifications.forms]:
            row.errors.clear()

    @property
    def details(self) -> ProductDetails:
        data = self.cleaned_data
        same = ("name", "summary", "category", "brand", "supply", "preorder_from", "option_names", "meta_title",
                "meta_description")  # fmt: skip
        return ProductDetails(
            variants=tuple(self._variants()),
            description=data["description"].strip(),
            category_id=int(data["shelf"]) if data["shelf"] else None,
            badges=tuple(data["badges"]),
            specifications=tuple(
                (row.cleaned_data["name"], row.cleaned_data["value"])
                for row in data["specifications"]
                if row.cleaned_data.get("value")
            ),
            **{name: data[name] for name in same},
        )

    @property
    def pieces(self) -> dict[int, int]:
        """The first pieces of a new product, by the place of their variant in `details`; nothing where none are counted."""
        data = self.cleaned_data
        if data["supply"] != Product.Supply.STOCK:
            return {}
        if not data["option_names"]:
            typed = [data.get("pieces")]
        else:
            typed = [row.cleaned_data.get("pieces") for row in data["rows"] if row.is_wanted]
        return {place: number for place, number in enumerate(typed) if number}

    def _variants(self) -> list[VariantDetails]:
        data = self.cleaned_data
        rows = data["rows"]
        if not data["option_names"]:
            known = rows[0].cleaned_data.get("public_id") if rows else None
            return [self._variant(public_id=known, sku=data["sku"], barcode=data["barcode"])]
        wanted = [row for row in rows if row.is_wanted]
        return [self._row_variant(row, is_first=number == 0) for number, row in enumerate(wanted)]

    def _row_variant(self, row: VariantRow, *, is_first: bool) -> VariantDetails:
        """A row, with the prices of the product where it has none; the product's codes are the first row's."""
        data, row_data = self.cleaned_data, row.cleaned_data
        return self._variant(
            public_id=row_data["public_id"],
            options=tuple(value for value in row.options if value),
            price=row_data["price"],
            promo=row_data["promo"],
            cost=row_data["cost"],
            sku=row_data["sku"] or (data["sku"] if is_first else ""),
            barcode=row_data["barcode"] or (data["barcode"] if is_first else ""),
            is_active=row_data["is_active"],
        )

    def _variant(
        self, *, price: int | None = None, promo: int | None = None, cost: int | None = None, **own: Any
    ) -> VariantDetails:
        data = self.cleaned_data
        return VariantDetails(
            price_minor=data["price"] if price is None else price,
            promo_minor=data["promo"] if promo is None else promo,
            promo_starts_at=data["promo_starts_at"],
            promo_ends_at=data["promo_ends_at"],
            cost_minor=data["cost"] if cost is None else cost,
            low_stock_at=data["low_stock_at"],
            **own,
        )


def wants_more_rows(data: Mapping[str, Any]) -> bool:
    """Whether the form was sent to get more empty rows."""
    return data.get("action") in _MORE


def with_more_rows(data: Any) -> Any:
    """What was sent, with more empty rows in the table that was asked for."""
    prefix = _MORE[data["action"]]
    changed = data.copy()
    try:
        total = int(data.get(f"{prefix}-TOTAL_FORMS", "0"))
    except ValueError:
        total = 0
    changed[f"{prefix}-TOTAL_FORMS"] = str(max(0, total) + EMPTY_ROWS)
    # A row that is new is on sale, as it is in an empty form.
    for number in range(max(0, total), max(0, total) + EMPTY_ROWS):
        changed[f"variants-{number}-is_active"] = "on"
    return changed


def _with_rows(data: Any, prefix: str) -> Any:
    """What was sent; a form that came without the table has no rows."""
    if data is None or f"{prefix}-TOTAL_FORMS" in data:
        return data
    changed = data.copy()
    changed.update({f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"})
    return changed
