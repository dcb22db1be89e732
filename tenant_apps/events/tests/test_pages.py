"""The calendar's pages, as staff and visitors use them."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.organisations.current import Tenant
from tenant_apps.events import services
from tenant_apps.events.models import Event
from tenant_apps.events.services import CalendarDetails
from tenant_apps.events.tests.support import SOON, make_event
from tenant_apps.team.models import Member, Role
from tenant_apps.team.tests.support import upload
from tests.support.factories import make_user
from tests.support.queries import queries_of
from tests.support.tenants import client_of, ready_tenant

pytestmark = pytest.mark.parametrize("tenant", ["events-a"], indirect=True)


def form_data(**changes: object) -> dict[str, object]:
    start = timezone.localtime() + timedelta(days=5)
    return {
        "key": str(uuid.uuid4()),
        "title": "Café polyglotte",
        "starts_at": f"{start:%Y-%m-%d}T18:00",
        "ends_at": f"{start:%Y-%m-%d}T20:00",
        "access": "free",
        "language": "fr",
        "action": "publish",
        **changes,
    }


def test_staff_publish_an_event_and_visitors_see_it(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    data = form_data(place_name="Institut", position="4.0511, 9.7679", capacity="30", category="Jeux", cover=upload())
    response = tenant_client.post("/staff/events/new/", data, follow=True)
    assert response.status_code == 200
    home = visitor.get("/").content.decode()
    assert "/events/cafe-polyglotte/" in home
    assert "18\u00a0h\u00a0–\u00a0".replace("\u00a0–\u00a0", "\u00a0– ") in home
    page = visitor.get("/events/cafe-polyglotte/").content.decode()
    assert "openstreetmap.org" in page
    assert "calendar.google.com" in page
    assert "/events/cafe-polyglotte.ics" in page
    assert visitor.get(re.search(r'src="(/media/[^"]+)"', page)[1]).status_code == 200


def test_whoever_may_not_publish_saves_a_draft(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        writer = make_user(is_staff=True)
        role = Role.objects.create(
            key="writer", name="Writer", permissions=["events.view_events", "events.change_events"]
        )
        Member.objects.create(user=writer, role=role)
        client = Client(HTTP_HOST=tenant.primary_host)
        client.force_login(writer, backend="allauth.account.auth_backends.AuthenticationBackend")
    assert 'value="publish"' not in client.get("/staff/events/new/").content.decode()
    assert client.post("/staff/events/new/", form_data()).status_code == 302
    assert "/events/cafe-polyglotte/" not in visitor.get("/").content.decode()
    with tenant_context(tenant):
        assert Event.objects.get().status == Event.Status.DRAFT


def test_times_are_typed_and_shown_in_the_calendars_zone(
    tenant: Tenant, tenant_client: Client, visitor: Client
) -> None:
    with tenant_context(tenant):
        services.save_calendar(details=CalendarDetails(name="C", time_zone="Africa/Nairobi"))
    tenant_client.post("/staff/events/new/", form_data())
    with tenant_context(tenant):
        assert Event.objects.get().starts_at.hour == 15
    assert "18\u00a0h" in visitor.get("/").content.decode()
    assert "T18:00" in tenant_client.get("/staff/events/cafe-polyglotte/edit/").content.decode()


def test_a_wrong_end_loses_nothing_and_keeps_the_cover(tenant: Tenant, tenant_client: Client) -> None:
    data = form_data(summary="Venez nombreux", cover=upload())
    data["ends_at"] = data["starts_at"]
    response = tenant_client.post("/staff/events/new/", data)
    html = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_ends_at_error"' in html
    assert "Venez nombreux" in html
    [pending] = re.findall(r'name="pending" value="([^"]+)"', html)
    again = form_data(key=data["key"], pending=pending)
    assert tenant_client.post("/staff/events/new/", again).status_code == 302
    with tenant_context(tenant):
        assert str(Event.objects.get().cover.public_id) == pending


@pytest.mark.parametrize(
    "wrong",
    [
        {"title": ""},
        {"title": "x" * 121},
        {"starts_at": "demain"},
        {"starts_at": ""},
        {"capacity": "0"},
        {"capacity": "-3"},
        {"position": "Douala"},
        {"access": "vip"},
        {"language": "xx"},
        {"key": "x"},
        {"title": "a\x00b"},
    ],
)
def test_bad_input_is_refused_with_the_form(tenant: Tenant, tenant_client: Client, wrong: dict) -> None:
    response = tenant_client.post("/staff/events/new/", form_data(**wrong))
    assert response.status_code == 422
    with tenant_context(tenant):
        assert not Event.objects.exists()


def test_a_refused_publication_keeps_the_draft_and_says_why(
    tenant: Tenant, tenant_client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Tenant, "quota", lambda self, name: 0)
    response = tenant_client.post("/staff/events/new/", form_data(), follow=True)
    assert response.redirect_chain == [("/staff/events/cafe-polyglotte/edit/", 302)]
    assert tenant.plan_name in response.content.decode()
    with tenant_context(tenant):
        assert Event.objects.get().status == Event.Status.DRAFT


def test_drafts_are_seen_by_staff_only(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    with tenant_context(tenant):
        make_event("Secret", publish=False)
    assert visitor.get("/events/secret/").status_code == 404
    assert "Secret" not in visitor.get("/").content.decode()
    assert tenant_client.get("/events/secret/").status_code == 200
    assert tenant_client.post("/staff/events/secret/publish/").status_code == 302
    assert visitor.get("/events/secret/").status_code == 200


def test_cancelling_asks_first_and_visitors_are_told(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    with tenant_context(tenant):
        event = make_event("Fête")
    assert tenant_client.get("/staff/events/fete/cancel/").status_code == 200
    with tenant_context(tenant):
        event.refresh_from_db()
        assert event.status == Event.Status.PUBLISHED
    tenant_client.post("/staff/events/fete/cancel/")
    page = visitor.get("/events/fete/").content.decode()
    assert "alert-danger" in page
    assert "calendar.google.com" not in page
    assert tenant_client.get("/staff/events/fete/edit/").status_code == 302
    assert tenant_client.post("/staff/events/fete/delete/").status_code == 409


def test_past_events_have_a_page_of_their_own(tenant: Tenant, visitor: Client) -> None:
    with tenant_context(tenant):
        event = make_event("Fête")
        Event.objects.filter(pk=event.pk).update(
            starts_at=SOON - timedelta(days=30), ends_at=SOON - timedelta(days=30, hours=-1)
        )
    assert "/events/fete/" not in visitor.get("/").content.decode()
    assert "/events/fete/" in visitor.get("/?when=past").content.decode()
    assert "calendar.google.com" not in visitor.get("/events/fete/").content.decode()


def test_another_tenant_never_shows_this_tenants_events(tenant: Tenant) -> None:
    with tenant_context(tenant):
        make_event("Fête")
    other = client_of(ready_tenant("events-b"), as_owner=True)
    for path in ("/events/fete/", "/staff/events/fete/edit/"):
        assert other.get(path).status_code == 404
    for path in ("/", "/staff/events/"):
        assert "Fête" not in other.get(path).content.decode()


def test_empty_pages_name_the_first_action(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    for path in ("/staff/events/", "/"):
        assert "/staff/events/new/" in tenant_client.get(path).content.decode()
    assert "/staff/" in visitor.get("/").content.decode()
    assert "/staff/events/new/" not in visitor.get("/").content.decode()


def test_the_calendar_form_checks_what_it_is_given(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    good = {"name": "Club", "time_zone": "Africa/Dakar", "contact_email": "a@example.org", "brand_colour": "#224488"}
    for wrong in ({"time_zone": "Mars/Base"}, {"contact_email": "x"}, {"name": ""}, {"brand_colour": "blue"}):
        assert tenant_client.post("/staff/settings/", {**good, **wrong}).status_code == 422
    assert tenant_client.post("/staff/settings/", good).status_code == 302
    home = visitor.get("/").content.decode()
    assert "/theme-224488.css" in home
    assert "a@example.org" in home


@pytest.mark.parametrize("path", ["/", "/staff/events/", "/calendar.ics"])
def test_lists_cost_the_same_whatever_their_length(tenant: Tenant, tenant_client: Client, path: str) -> None:
    with tenant_context(tenant):
        make_event("Fête 0", category="A")
    tenant_client.get(path)
    few = queries_of(tenant_client, path)
    with tenant_context(tenant):
        for number in range(1, 15):
            make_event(f"Fête {number}", publish=False, category=f"C{number}")
        Event.objects.update(status="published", published_at=timezone.now())
    assert queries_of(tenant_client, path) == few
    assert few <= 12


def test_text_is_escaped_everywhere(tenant: Tenant, tenant_client: Client, visitor: Client) -> None:
    evil = '<script>alert(1)</script>"'
    with tenant_context(tenant):
        event = make_event(evil, summary=evil, description=evil, category=evil, place_name=evil, place_address=evil)
    for client, path in [
        (visitor, "/"),
        (visitor, f"/events/{event.slug}/"),
        (tenant_client, "/staff/events/"),
        (tenant_client, f"/staff/events/{event.slug}/edit/"),
        (tenant_client, f"/staff/events/{event.slug}/cancel/"),
    ]:
        response = client.get(path)
        assert response.status_code == 200, path
        assert "<script>alert" not in response.content.decode()
