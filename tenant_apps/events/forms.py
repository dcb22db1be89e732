"""What staff type about events and the calendar."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.errors import DomainError
from shared_apps.core.widgets import Card, RadioCards
from tenant_apps.events.models import Calendar, Event
from tenant_apps.events.places import language_choices, parse_position, position_as_typed
from tenant_apps.events.services import CalendarDetails, EventDetails
from tenant_apps.team.forms import ColourField, OneLineField, PhotoField, WorkspaceForm, category_field, key_field

LOCAL_TIME = "%Y-%m-%dT%H:%M"
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
MAX_CAPACITY = 1_000_000


@cache
def zone_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Time zones by continent, Africa first."""
    continents: dict[str, list[tuple[str, str]]] = {}
    for zone in sorted(available_timezones()):
        continent, separator, city = zone.partition("/")
        if separator and continent in (
            "Africa",
            "America",
            "Asia",
            "Atlantic",
            "Australia",
            "Europe",
            "Indian",
            "Pacific",
        ):
            continents.setdefault(continent, []).append((zone, city.replace("_", " ").replace("/", ", ")))
    return sorted(continents.items(), key=lambda group: (group[0] != "Africa", group[0] != "Europe", group[0]))


def check_year(moment: datetime) -> None:
    """A year that a calendar can hold; a slip of the finger makes 0026 or 20266."""
    if not EARLIEST_YEAR <= moment.year <= LATEST_YEAR:
        raise forms.ValidationError(_("Check the year."))


def time_field(label: Any) -> forms.DateTimeField:
    """A moment in the calendar's zone."""
    return forms.DateTimeField(
        label=label,
        input_formats=[LOCAL_TIME],
        widget=forms.DateTimeInput(format=LOCAL_TIME, attrs={"type": "datetime-local", "class": "input-medium"}),
        error_messages={"invalid": gettext_lazy("Choose a day and a time.")},
        validators=[check_year],
    )


class EventForm(WorkspaceForm):
    """An event. `details` is there once the form is valid."""

    key = key_field()
    title = OneLineField(label=gettext_lazy("Title"), max_length=120)
    starts_at = time_field(gettext_lazy("Starts"))
    ends_at = time_field(gettext_lazy("Ends"))
    summary = OneLineField(
        label=gettext_lazy("In a sentence"), max_length=200, required=False,
        help_text=gettext_lazy("Shown in the calendar."),
    )  # fmt: skip
    description = forms.CharField(
        label=gettext_lazy("Description"), max_length=10_000, required=False, widget=forms.Textarea(attrs={"rows": 6})
    )
    category = category_field()
    place_name = OneLineField(label=gettext_lazy("Name of the place"), max_length=120, required=False)
    place_address = OneLineField(label=gettext_lazy("Address"), max_length=300, required=False)
    position = forms.CharField(
        label=gettext_lazy("Position on the map"), max_length=60, required=False,
        help_text=gettext_lazy("Latitude and longitude, as your map app copies them: 4.0511, 9.7679"),
        widget=forms.TextInput(attrs={"class": "input-medium", "autocomplete": "off"}),
    )  # fmt: skip
    access = forms.ChoiceField(
        label=gettext_lazy("Who may come"), choices=Event.Access.choices, initial=Event.Access.FREE, widget=RadioCards
    )
    capacity = forms.IntegerField(
        label=gettext_lazy("Number of places"), min_value=1, max_value=MAX_CAPACITY, required=False,
        help_text=gettext_lazy("Leave empty if there is no limit."),
        widget=forms.NumberInput(attrs={"class": "input-short", "inputmode": "numeric"}),
    )  # fmt: skip
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=language_choices)
    cover = PhotoField(label=gettext_lazy("Cover picture"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["access"].widget.cards = {
            Event.Access.FREE: Card(description=_("Everybody is welcome, nothing to pay.")),
            Event.Access.PAID: Card(description=_("Visitors read that a ticket is needed.")),
            Event.Access.INVITATION: Card(description=_("Visitors read that they must be invited.")),
        }

    @classmethod
    def values_of(cls, event: Event) -> dict[str, Any]:
        """An event as it goes into the form."""
        same = ("title", "starts_at", "ends_at", "summary", "description", "place_name", "place_address", "access",
                "capacity", "language")  # fmt: skip
        return {name: getattr(event, name) for name in same} | {
            "key": event.public_id,
            "category": event.category.name if event.category else "",
            "position": position_as_typed(event.latitude, event.longitude),
        }

    def clean_position(self) -> Any:
        try:
            return parse_position(self.cleaned_data["position"])
        except DomainError as error:
            raise forms.ValidationError(str(error.message)) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        starts_at, ends_at = data.get("starts_at"), data.get("ends_at")
        if starts_at and ends_at and ends_at <= starts_at:
            self.add_error("ends_at", _("The end must be after the start."))
        return data

    @property
    def details(self) -> EventDetails:
        data = {name: value for name, value in self.cleaned_data.items() if name not in ("key", "position", "cover")}
        latitude, longitude = self.cleaned_data["position"] or (None, None)
        data["description"] = data["description"].strip()
        return EventDetails(**data, latitude=latitude, longitude=longitude)


class CalendarForm(WorkspaceForm):
    """What visitors read about the organiser."""

    name = OneLineField(label=gettext_lazy("Name of the calendar"), max_length=120)
    description = OneLineField(
        label=gettext_lazy("Who you are, in a sentence"), max_length=300, required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )  # fmt: skip
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"), choices=zone_choices,
        help_text=gettext_lazy("The times you type and visitors read are in this zone."),
    )  # fmt: skip
    contact_email = forms.EmailField(
        label=gettext_lazy("Contact e-mail"), max_length=254, required=False,
        help_text=gettext_lazy("Everybody who opens the calendar can read it. Leave empty to show none."),
    )  # fmt: skip
    brand_colour = ColourField(label=gettext_lazy("Colour of your calendar"))

    @classmethod
    def values_of(cls, calendar: Calendar) -> dict[str, Any]:
        """The calendar as it goes into the form."""
        return {name: getattr(calendar, name) for name in cls.base_fields}

    @property
    def details(self) -> CalendarDetails:
        return CalendarDetails(**self.cleaned_data)


def suggested_start() -> dict[str, Any]:
    """Times an empty form begins with: tomorrow from 18 h to 20 h in the current zone."""
    day = timezone.localtime() + timedelta(days=1)
    start = day.replace(hour=18, minute=0, second=0, microsecond=0)
    return {"starts_at": start, "ends_at": start.replace(hour=20)}
