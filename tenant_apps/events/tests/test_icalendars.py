"""Events as calendars read them: the files are parsed again with another program's eyes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import icalendar
import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.organisations.current import Tenant
from tenant_apps.events import services
from tenant_apps.events.icalendars import Publisher, google_calendar_url, map_url
from tenant_apps.events.models import Event
from tenant_apps.events.tests.support import SOON, details, make_event
from tests.support.tenants import client_of, ready_tenant

pytestmark = pytest.mark.parametrize("tenant", ["events-a"], indirect=True)

AWKWARD = "Rires, jeux; \\ et « thé »\nDeuxième ligne, très longue: " + "é" * 120


def parsed(content: bytes) -> list[icalendar.Event]:
    calendar = icalendar.Calendar.from_ical(content)
    assert calendar.errors == []
    events = list(calendar.walk("VEVENT"))
    assert all(event.errors == [] for event in events)
    return events


def test_a_file_has_the_times_in_utc_and_the_texts_as_typed(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        event = make_event(
            "Soirée, jeux; & thé", description=AWKWARD, place_name="Institut, salle 2", category="Jeux",
            latitude=Decimal("4.0511"), longitude=Decimal("9.7679"),
        )  # fmt: skip
    response = visitor.get(f"/events/{event.slug}.ics")
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{event.slug}.ics"'
    assert all(len(line) <= 75 for line in response.content.split(b"\r\n"))
    assert f"DTSTART:{SOON.astimezone(UTC):%Y%m%dT%H%M%SZ}".encode() in response.content
    [found] = parsed(response.content)
    assert found["SUMMARY"] == event.title
    assert AWKWARD in found["DESCRIPTION"]
    assert found["LOCATION"] == "Institut, salle 2"
    assert found["UID"] == f"{event.public_id}@{tenant.pk}"
    assert found["SEQUENCE"] == 0
    assert found["STATUS"] == "CONFIRMED"
    assert found.decoded("DTEND") - found.decoded("DTSTART") == timedelta(hours=2)
    assert found["URL"].endswith(f"/events/{event.slug}/")


def test_a_change_keeps_the_id_and_raises_the_sequence(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        event = make_event()
    path = f"/events/{event.slug}.ics"
    [before] = parsed(visitor.get(path).content)
    with tenant_context(tenant):
        services.update_event(event=event, details=details("Autre titre", starts_at=SOON + timedelta(days=1)))
        services.cancel_event(event=event)
    [after] = parsed(visitor.get(path).content)
    assert (after["UID"], int(after["SEQUENCE"])) == (before["UID"], 2)
    assert after["STATUS"] == "CANCELLED"
    assert after.decoded("DTSTAMP") >= before.decoded("DTSTAMP")


def test_texts_cannot_add_lines_of_their_own(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        event = make_event("Fête", description="x\r\nEND:VEVENT\r\nBEGIN:VEVENT\nSUMMARY:autre")
    [found] = parsed(visitor.get(f"/events/{event.slug}.ics").content)
    assert found["SUMMARY"] == "Fête"


def test_the_feed_carries_what_visitors_may_see(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        make_event("À venir")
        make_event("Brouillon", publish=False)
        services.cancel_event(event=make_event("Annulé"))
        old = make_event("Ancien")
        long_ago = timezone.now() - timedelta(days=120)
        Event.objects.filter(pk=old.pk).update(starts_at=long_ago, ends_at=long_ago + timedelta(hours=1))
    response = visitor.get("/calendar.ics")
    assert {event["SUMMARY"]: event["STATUS"] for event in parsed(response.content)} == {
        "À venir": "CONFIRMED",
        "Annulé": "CANCELLED",
    }
    assert "max-age=300" in response["Cache-Control"]


def test_drafts_have_no_file_and_another_tenants_events_neither(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        make_event("Secret", publish=False)
        make_event("Public")
    assert visitor.get("/events/secret.ics").status_code == 404
    other = client_of(ready_tenant("events-b"))
    assert other.get("/events/public.ics").status_code == 404
    assert parsed(other.get("/calendar.ics").content) == []


def test_links_to_calendars_and_maps_carry_the_event(tenant: Tenant) -> None:
    event = Event(
        title="Fête & thé", slug="fete", summary="Venez", place_name="Ici", place_address="Rue 1, Douala",
        starts_at=datetime(2026, 12, 1, 17, tzinfo=UTC), ends_at=datetime(2026, 12, 1, 19, tzinfo=UTC),
    )  # fmt: skip
    publisher = Publisher(tenant_id="t", name="n", product_name="p", base_url="https://club.example.org")
    query = parse_qs(urlsplit(google_calendar_url(event, publisher=publisher)).query)
    assert query["dates"] == ["20261201T170000Z/20261201T190000Z"]
    assert query["text"] == ["Fête & thé"]
    assert query["details"] == ["Venez\nhttps://club.example.org/events/fete/"]
    assert parse_qs(urlsplit(map_url(event)).query)["query"] == ["Ici, Rue 1, Douala"]
    event.latitude, event.longitude = Decimal("4.0511"), Decimal("9.7679")
    assert map_url(event) == "https://www.openstreetmap.org/?mlat=4.0511&mlon=9.7679#map=17/4.0511/9.7679"
    event.latitude = event.longitude = None
    event.place_address = ""
    assert map_url(event) == ""
