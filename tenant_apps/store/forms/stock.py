"""What staff type about stock and its places."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from shared_apps.core.widgets import RadioCards
from tenant_apps.store.models import Location, Variant
from tenant_apps.store.selectors.stock import MovementFilter
from tenant_apps.store.services.places import PlaceDetails
from tenant_apps.store.services.stock import MOST_PIECES
from tenant_apps.store.texts.stock import ACTIONS
from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field

MOST_LINES = 200
_PIECES = re.compile(r"pieces-(\d{1,18})", re.ASCII)


def pieces_field(*, least: int = 1, **options: Any) -> forms.IntegerField:
    """A number of pieces."""
    attrs = {"class": "input-short", "inputmode": "numeric", "autocomplete": "off"}
    options.setdefault("label", gettext_lazy("Pieces"))
    return forms.IntegerField(min_value=least, max_value=MOST_PIECES, widget=forms.TextInput(attrs=attrs), **options)


class PlaceField(forms.ChoiceField):
    """One of the places it is given; cleaned to the Location."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.places: dict[str, Location] = {}

    def offer(self, places: Sequence[Location]) -> None:
        """What can be chosen. A single place is chosen already."""
        self.places = {str(place.pk): place for place in places}
        empty = [] if len(places) == 1 else [("", _("Choose a place"))]
        self.choices = [*empty, *((pk, place.name) for pk, place in self.places.items())]

    def clean(self, value: Any) -> Any:
        return self.places[super().clean(value)]


class ReceiveForm(WorkspaceForm):
    """Goods that arrived: a field of pieces for each of the variants it is given. `pieces` is there once it is valid."""

    key = key_field()
    location = PlaceField(label=gettext_lazy("Place"))
    reference = OneLineField(
        label=gettext_lazy("Delivery note"), max_length=60, required=False,
        help_text=gettext_lazy("The number on the supplier's paper."),
    )  # fmt: skip
    reason = OneLineField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, places: Sequence[Location], variants: Mapping[int, Variant], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].offer(places)  # type: ignore[attr-defined]  # a PlaceField
        self.variants = variants
        for pk, variant in variants.items():
            self.fields[f"pieces-{pk}"] = pieces_field(least=0, label=variant.full_name, required=False)

    @property
    def lines(self) -> list[tuple[Variant, forms.BoundField]]:
        """Each variant with its field."""
        return [(variant, self[f"pieces-{pk}"]) for pk, variant in self.variants.items()]

    @property
    def pieces(self) -> dict[int, int]:
        """How many pieces of which variants arrived; lines left empty are none."""
        typed = {pk: self.cleaned_data.get(f"pieces-{pk}") for pk in self.variants}
        return {pk: number for pk, number in typed.items() if number}

    def clean(self) -> dict[str, Any]:
        if not self.errors and not self.pieces:
            raise forms.ValidationError(_("Add an article, and how many pieces of it arrived."))
        return self.cleaned_data


def variants_in(names: Iterable[str]) -> list[int]:
    """The ids of variants that a sent form has a field of pieces for, in its order; at most MOST_LINES."""
    found = [match[1] for match in map(_PIECES.fullmatch, names) if match]
    return list(dict.fromkeys(int(number) for number in found))[:MOST_LINES]


class AdjustForm(WorkspaceForm):
    """A correction of one level. `difference` is there once it is valid."""

    key = key_field()
    location = PlaceField(label=gettext_lazy("Place"))
    direction = forms.ChoiceField(
        label=gettext_lazy("What happened"), widget=RadioCards,
        choices=[("off", gettext_lazy("Pieces are gone")), ("on", gettext_lazy("Pieces were found"))],
    )  # fmt: skip
    quantity = pieces_field()
    reason = OneLineField(
        label=gettext_lazy("Reason"), max_length=200,
        help_text=gettext_lazy("For example broken, lost, given away. It stands in the history."),
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].offer(places)  # type: ignore[attr-defined]  # a PlaceField

    @property
    def difference(self) -> int:
        number: int = self.cleaned_data["quantity"]
        return number if self.cleaned_data["direction"] == "on" else -number


class TransferForm(WorkspaceForm):
    """Pieces brought from one place to another."""

    key = key_field()
    source = PlaceField(label=pgettext_lazy("place", "From"))
    target = PlaceField(label=pgettext_lazy("place", "To"))
    quantity = pieces_field()
    reason = OneLineField(label=gettext_lazy("Note"), max_length=200, required=False)

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("source", "target"):
            self.fields[name].offer(places)  # type: ignore[attr-defined]  # a PlaceField


class PlaceForm(WorkspaceForm):
    """A place for stock."""

    name = OneLineField(label=gettext_lazy("Name"), max_length=80)
    address = OneLineField(label=gettext_lazy("Address"), max_length=300, required=False)
    sells_online = forms.BooleanField(
        label=gettext_lazy("Sell online what is here"), required=False,
        help_text=gettext_lazy("Otherwise only the till sells it."),
    )  # fmt: skip

    @classmethod
    def values_of(cls, place: Location) -> dict[str, Any]:
        """A place as it goes into the form."""
        return {"name": place.name, "address": place.address, "sells_online": place.sells_online}

    @property
    def details(self) -> PlaceDetails:
        return PlaceDetails(**{name: self.cleaned_data[name] for name in ("name", "address", "sells_online")})


class StartCountForm(WorkspaceForm):
    """Where to count, and how."""

    location = PlaceField(label=gettext_lazy("Place"))
    shows_expected = forms.BooleanField(
        label=gettext_lazy("Show how many there should be"), required=False,
        help_text=gettext_lazy("Counts are truer without: people find the number they expect."),
    )  # fmt: skip

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].offer(places)  # type: ignore[attr-defined]  # a PlaceField


class CountForm(WorkspaceForm):
    """How many pieces were found of each variant on a page; empty: not counted yet."""

    def __init__(self, *args: Any, variants: Sequence[Variant], counted: Mapping[int, int], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.variants = variants
        for variant in variants:
            field = pieces_field(least=0, label=variant.full_name, required=False, initial=counted.get(variant.pk))
            self.fields[f"pieces-{variant.pk}"] = field

    @property
    def lines(self) -> list[tuple[Variant, forms.BoundField]]:
        """Each variant with its field."""
        return [(variant, self[f"pieces-{variant.pk}"]) for variant in self.variants]

    @property
    def counted(self) -> dict[int, int | None]:
        """What was typed for each variant of the page."""
        return {variant.pk: self.cleaned_data[f"pieces-{variant.pk}"] for variant in self.variants}


def day_field(**options: Any) -> forms.DateField:
    """A day that may be left out, within what clocks and databases can count to."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    within = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2999, 12, 31))]
    return forms.DateField(required=False, widget=widget, input_formats=["%Y-%m-%d"], validators=within, **options)


class HistoryForm(forms.Form):
    """What of the history to show. Junk is ignored: `wanted` says what could be understood."""

    q = forms.CharField(label=gettext_lazy("Article"), max_length=100, required=False, widget=forms.SearchInput)
    place = forms.TypedChoiceField(label=gettext_lazy("Place"), required=False, coerce=int, empty_value=None)
    action = forms.ChoiceField(label=gettext_lazy("Movement"), required=False)
    since = day_field(label=gettext_lazy("From"))
    until = day_field(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        anywhere = ("", _("All places"))
        self.fields["place"].choices = [anywhere, *((place.pk, place.name) for place in places)]  # type: ignore[attr-defined]  # a choice
        anything = ("", _("All movements"))
        self.fields["action"].choices = [anything, *((key, words.title) for key, words in ACTIONS.items())]  # type: ignore[attr-defined]  # a choice

    def wanted(self, *, variant: int | None = None) -> MovementFilter:
        """The filter of what could be understood; of one variant where it is given."""
        self.full_clean()
        data = self.cleaned_data
        return MovementFilter(
            query=data.get("q", "").replace("\x00", ""),
            variant=variant,
            place=data.get("place"),
            action=data.get("action", ""),
            since=data.get("since"),
            until=data.get("until"),
        )
