"""What staff type about orders."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from shared_apps.core.forms import unmarked
from tenant_apps.store.models import Location, OrderLine
from tenant_apps.team.forms import OneLineField, WorkspaceForm, key_field


class PiecesForm(WorkspaceForm):
    """How many pieces of each line of an order; all that is left, or none (`begins_with_all`), unless somebody says otherwise."""

    key = key_field()
    begins_with_all = False

    def __init__(self, *args: Any, lines: Sequence[tuple[OrderLine, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        for line, left in lines:
            pieces = forms.IntegerField(
                label=line.full_name, initial=left if self.begins_with_all else 0, min_value=0, max_value=left,
                required=False, help_text=_("At most %(left)s. Left empty: none.") % {"left": left},
                widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
            )  # fmt: skip
            self.fields[f"line-{line.pk}"] = unmarked(pieces)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        typed = [name for name in self.data if name.startswith("line-") and name not in self.fields]
        if any(self.data[name].strip() not in ("", "0") for name in typed):
            text = _("Somebody settled a line of this order meanwhile. Look at what is left, and send it again.")
            raise forms.ValidationError(text, code="line_settled")
        return data

    @property
    def line_fields(self) -> list[forms.BoundField]:
        return [self[f"line-{line.pk}"] for line, _left in self.lines]

    @property
    def pieces(self) -> dict[int, int]:
        """Pieces by the id of their line."""
        return {line.pk: self.cleaned_data.get(f"line-{line.pk}") or 0 for line, _left in self.lines}


class ShipForm(PiecesForm):
    """A parcel."""

    begins_with_all = True
    carrier = OneLineField(label=_("Carried by"), max_length=80, required=False)
    tracking = OneLineField(label=_("Tracking number"), max_length=120, required=False)


class ReturnForm(PiecesForm):
    """Goods that came back, and where they lie now."""

    reason = OneLineField(label=_("Why the goods came back"), max_length=300)
    place = forms.ChoiceField(label=_("Where are they put?"), required=False)

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.places = {str(place.pk): place for place in places}
        nowhere = ("", _("They cannot be sold again"))
        place = cast("forms.ChoiceField", unmarked(self.fields["place"]))
        place.choices = [*((key, place.name) for key, place in self.places.items()), nowhere]
        place.initial = next(iter(self.places), "")

    @property
    def put_at(self) -> Location | None:
        """The chosen place; None where they are not sold again."""
        return self.places.get(self.cleaned_data["place"])


class CancelPiecesForm(PiecesForm):
    """Pieces that will not be sent, and why."""

    reason = OneLineField(
        label=_("Why are they cancelled?"), max_length=300, help_text=_("The customer reads it."),
    )  # fmt: skip


class CancelForm(WorkspaceForm):
    """Why an order is cancelled."""

    reason = OneLineField(
        label=_("Why is it cancelled?"), max_length=300, help_text=_("The customer reads it."),
    )  # fmt: skip
