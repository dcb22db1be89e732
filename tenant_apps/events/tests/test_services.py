"""Writing the calendar."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from billing import quotas
from billing.quotas import QuotaReached
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.current import Tenant
from shared_apps.usage.models import UsageCounter
from tenant_apps.events import selectors, services
from tenant_apps.events.models import Calendar, Category, Event
from tenant_apps.events.services import CalendarDetails
from tenant_apps.events.tests.support import SOON, details, make_event
from tenant_apps.team.models import Photo
from tenant_apps.team.services.photos import keep_photo
from tenant_apps.team.tests.support import upload

pytestmark = pytest.mark.parametrize("tenant", ["events-a"], indirect=True)


def make_photo() -> Photo:
    file = upload()
    return keep_photo(file=file, size=file.size or 0, user=User.objects.get(is_staff=True))


def allow(monkeypatch: pytest.MonkeyPatch, limit: int | None) -> None:
    monkeypatch.setattr(Tenant, "quota", lambda self, name: limit)


def test_a_new_calendar_has_the_tenants_name_and_defaults_are_made_once(tenant: Tenant) -> None:
    services.create_defaults(tenant=tenant, owner=User.objects.get(is_staff=True))
    assert selectors.calendar().name == tenant.name
    assert selectors.calendar().contact_email == ""  # nobody's address is published unasked
    assert AuditLog.objects.filter(action="events.calendar.created").count() == 1


def test_an_event_is_a_draft_until_it_is_published(tenant: Tenant) -> None:
    event = make_event(publish=False, category="Jeux", capacity=30)
    assert (event.status, event.published_at, event.sequence) == ("draft", None, 0)
    assert Category.objects.get().name == "Jeux"
    published = services.publish_event(event=event)
    assert published.published_at is not None
    assert services.publish_event(event=event).published_at == published.published_at
    assert list(AuditLog.objects.filter(resource_type="events.event").values_list("action", flat=True)) == [
        "events.event.created",
        "events.event.published",
    ]


def test_the_same_form_sent_twice_makes_one_event(tenant: Tenant) -> None:
    key = uuid.uuid4()
    first = services.create_event(public_id=key, details=details())
    assert services.create_event(public_id=key, details=details()).pk == first.pk
    assert make_event().slug == "cafe-polyglotte-2"


def test_the_end_is_after_the_start_in_the_service_and_in_the_database(tenant: Tenant) -> None:
    with pytest.raises(DomainError) as caught:
        make_event(ends_at=SOON)
    assert caught.value.field == "ends_at"
    event = make_event()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(ends_at=event.starts_at)


@pytest.mark.parametrize(
    "change",
    [
        {"status": "gone"},
        {"access": "vip"},
        {"capacity": 0},
        {"latitude": 91, "longitude": 0},
        {"latitude": 1, "longitude": None},
        {"language": "FR"},
        {"published_at": None},
        {"status": "cancelled"},
    ],
)
def test_the_database_refuses_what_the_services_would(tenant: Tenant, change: dict) -> None:
    event = make_event()
    with pytest.raises(IntegrityError), transaction.atomic():
        Event.objects.filter(pk=event.pk).update(**change)


def test_the_plan_limits_publications_and_keeps_the_draft(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, 1)
    make_event("Un")
    draft = make_event("Deux", publish=False)
    with pytest.raises(QuotaReached) as caught:
        services.publish_event(event=draft)
    assert caught.value.extra["limit"] == 1
    assert tenant.plan_name in str(caught.value)
    draft.refresh_from_db()
    assert draft.status == Event.Status.DRAFT
    allow(monkeypatch, None)
    assert services.publish_event(event=draft).status == Event.Status.PUBLISHED


def test_a_month_is_the_calendars_own(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Douala is an hour ahead: 23 h 30 UTC on the 31st is already the next month there."""
    allow(monkeypatch, 1)
    new_year = datetime(2026, 12, 31, 23, 30, tzinfo=UTC)
    far = new_year + timedelta(days=90)
    services.save_calendar(details=CalendarDetails(name="C", time_zone="Africa/Douala"))
    first, second, third = (make_event(name, publish=False, starts_at=far) for name in "abc")
    services.publish_event(event=first, now=new_year - timedelta(hours=1))
    services.publish_event(event=second, now=new_year)
    with pytest.raises(QuotaReached):
        services.publish_event(event=third, now=new_year + timedelta(days=30))
    assert UsageCounter.objects.get(period="2026-12").used == 1
    assert UsageCounter.objects.get(period="2027-01").used == 1
    # An hour further west, the second one too was published in December: it has two, and January has room.
    services.save_calendar(details=CalendarDetails(name="C", time_zone="Africa/Abidjan"))
    services.publish_event(event=third, now=new_year + timedelta(days=30))
    assert UsageCounter.objects.get(period="2027-01").used == 1
    assert selectors.COUNTED["events_per_month"].truth(new_year) == 2


def test_cancelling_frees_nothing_and_is_final(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    allow(monkeypatch, 1)
    event = make_event()
    cancelled = services.cancel_event(event=event)
    assert (cancelled.status, cancelled.sequence) == ("cancelled", 1)
    assert services.cancel_event(event=event).cancelled_at == cancelled.cancelled_at
    for refused in (services.publish_event, services.delete_draft):
        with pytest.raises(Conflict):
            refused(event=event)
    with pytest.raises(Conflict):
        services.update_event(event=event, details=details("Autre"))
    with pytest.raises(QuotaReached):
        make_event("Autre")


def test_what_is_over_cannot_be_published(tenant: Tenant) -> None:
    event = make_event(publish=False, starts_at=SOON - timedelta(days=30))
    with pytest.raises(DomainError) as caught:
        services.publish_event(event=event)
    assert (caught.value.code, caught.value.field) == ("event_over", "starts_at")


def test_drafts_are_deleted_whole_and_never_cancelled(tenant: Tenant) -> None:
    event = services.create_event(public_id=uuid.uuid4(), details=details(), cover=make_photo())
    with pytest.raises(Conflict):
        services.cancel_event(event=event)
    services.delete_draft(event=event)
    assert not Event.objects.exists()
    assert not Photo.objects.exists()
    with pytest.raises(DomainError) as caught:
        services.delete_draft(event=event)
    assert caught.value.code == "event_gone"


def test_a_cover_replaces_the_one_before(tenant: Tenant) -> None:
    first, second = make_photo(), make_photo()
    event = services.create_event(public_id=uuid.uuid4(), details=details(), cover=first)
    event = services.update_event(event=event, details=details(), cover=second)
    assert (event.cover_id, list(Photo.objects.all())) == (second.pk, [second])
    # The same form sent again names a photo that is the cover already: nothing is lost.
    event = services.update_event(event=event, details=details(), cover=second)
    assert (event.cover_id, list(Photo.objects.all())) == (second.pk, [second])
    event = services.update_event(event=event, details=details(), remove_cover=True)
    assert (event.cover_id, Photo.objects.count()) == (None, 0)


def test_usage_names_the_plans_quotas(tenant: Tenant) -> None:
    make_event("Un")
    make_event("Deux", publish=False)
    assert quotas.usage() == {"events_per_month": 1, "users": 1, "storage_gb": 0}
    assert [use.name for use in quotas.limits()] == ["events_per_month", "users"]


def test_there_is_one_calendar(tenant: Tenant) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Calendar.objects.create(pk=2, name="x", time_zone="UTC")
