"""Events as calendars read them (RFC 5545, RFC 7986), and links to calendars and maps. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import icalendar

from tenant_apps.events.models import Event

STATUS = {Event.Status.PUBLISHED: "CONFIRMED", Event.Status.CANCELLED: "CANCELLED", Event.Status.DRAFT: "TENTATIVE"}
REFRESH_EVERY = timedelta(hours=1)
# Google refuses very long addresses.
MAX_LINK_DETAILS = 800


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes the calendar: the tenant's id makes the events' ids unique in the world."""

    tenant_id: str
    name: str
    product_name: str
    base_url: str  # without a final slash

    def url_of(self, event: Event) -> str:
        return f"{self.base_url}/events/{event.slug}/"


def event_file(event: Event, *, publisher: Publisher) -> bytes:
    """One event as an .ics file."""
    return _calendar([event], publisher=publisher, is_feed=False).to_ical()


def feed_file(events: Iterable[Event], *, publisher: Publisher) -> bytes:
    """Many events as a feed that calendars come back to."""
    return _calendar(events, publisher=publisher, is_feed=True).to_ical()


def _calendar(events: Iterable[Event], *, publisher: Publisher, is_feed: bool) -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("prodid", f"-//{publisher.product_name}//Events//FR")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    if is_feed:
        calendar.add("name", publisher.name)
        calendar.add("x-wr-calname", publisher.name)
        calendar.add("refresh-interval", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", "PT1H")
    for event in events:
        calendar.add_component(_component(event, publisher=publisher))
    return calendar


def _component(event: Event, *, publisher: Publisher) -> icalendar.Event:
    """Times are in UTC, which needs no zone definition and means the same everywhere."""
    component = icalendar.Event()
    component.add("uid", f"{event.public_id}@{publisher.tenant_id}")
    component.add("sequence", event.sequence)
    component.add("dtstamp", _utc(event.updated_at))
    component.add("created", _utc(event.created_at))
    component.add("last-modified", _utc(event.updated_at))
    component.add("dtstart", _utc(event.starts_at))
    component.add("dtend", _utc(event.ends_at))
    component.add("summary", event.title)
    component.add("status", STATUS[Event.Status(event.status)])
    component.add("url", publisher.url_of(event))
    component.add("description", _details(event, publisher=publisher))
    place = place_text(event)
    if place:
        component.add("location", place)
    if event.latitude is not None and event.longitude is not None:
        component.add("geo", (float(event.latitude), float(event.longitude)))
    if event.category:
        component.add("categories", [event.category.name])
    return component


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)


def _details(event: Event, *, publisher: Publisher) -> str:
    parts = [event.summary, event.description, publisher.url_of(event)]
    return "\n\n".join(part.replace("\r\n", "\n") for part in parts if part)


def place_text(event: Event) -> str:
    """Where it is, on one line."""
    return ", ".join(part for part in (event.place_name, event.place_address) if part)


def google_calendar_url(event: Event, *, publisher: Publisher) -> str:
    """A link that opens Google Calendar with the event filled in."""
    times = f"{_utc(event.starts_at):%Y%m%dT%H%M%SZ}/{_utc(event.ends_at):%Y%m%dT%H%M%SZ}"
    query = {
        "action": "TEMPLATE",
        "text": event.title,
        "dates": times,
        "details": f"{(event.summary or event.description)[:MAX_LINK_DETAILS]}\n{publisher.url_of(event)}".strip(),
        "location": place_text(event),
    }
    return f"https://calendar.google.com/calendar/render?{urlencode(query)}"


def map_url(event: Event) -> str:
    """A link to the place on a map: by position, else by its address; empty when neither is known."""
    if event.latitude is not None and event.longitude is not None:
        position = {"mlat": str(event.latitude), "mlon": str(event.longitude)}
        anchor = f"#map=17/{event.latitude}/{event.longitude}"
        return f"https://www.openstreetmap.org/?{urlencode(position)}{anchor}"
    if event.place_address:
        return f"https://www.openstreetmap.org/search?{urlencode({'query': place_text(event)})}"
    return ""
