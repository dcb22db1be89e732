"""Reading the calendar. Every list costs the same number of queries, whatever its length."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.paginator import Page, Paginator
from django.db.models import OuterRef, QuerySet
from django.utils import timezone

from shared_apps.usage.counted import Counted, Monthly
from tenant_apps.events.models import Calendar, Category, Event
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import TEAM_COUNTED, unused_photos

PER_PAGE = 20
# What calendars that follow the feed are told: nobody needs last year's events in a phone.
FEED_KEEPS_PAST = timedelta(days=90)
FEED_LIMIT = 500
PUBLIC = (Event.Status.PUBLISHED, Event.Status.CANCELLED)


def calendar() -> Calendar:
    """The calendar of this tenant."""
    return Calendar.objects.get()


def category_names() -> list[str]:
    """What the event form suggests."""
    return list(Category.objects.order_by("name").values_list("name", flat=True)[:200])


def public_events() -> QuerySet[Event]:
    return Event.objects.filter(status__in=PUBLIC).select_related("category", "cover")


def list_upcoming(*, page: str | int, now: datetime | None = None) -> Page:
    """What has not ended yet, the next first."""
    events = public_events().filter(ends_at__gt=now or timezone.now()).order_by("starts_at", "id")
    return _page(events, page)


def list_past(*, page: str | int, now: datetime | None = None) -> Page:
    """What is over, the latest first."""
    events = public_events().filter(ends_at__lte=now or timezone.now()).order_by("-starts_at", "-id")
    return _page(events, page)


def list_for_staff(*, when: str, page: str | int, now: datetime | None = None) -> Page:
    """Every event: those to come and running with the next first, or (`when="past"`) those that are over."""
    now = now or timezone.now()
    events = Event.objects.select_related("category", "cover")
    if when == "past":
        return _page(events.filter(ends_at__lte=now).order_by("-starts_at", "-id"), page)
    return _page(events.filter(ends_at__gt=now).order_by("starts_at", "id"), page)


def _page(events: QuerySet[Event], number: str | int) -> Page:
    return Paginator(events, PER_PAGE).get_page(number)


def has_events() -> bool:
    return Event.objects.exists()


def has_past_events(*, now: datetime | None = None) -> bool:
    return public_events().filter(ends_at__lte=now or timezone.now()).exists()


def event_by_slug(slug: str, *, only_public: bool) -> Event | None:
    events = public_events() if only_public else Event.objects.select_related("category", "cover")
    return events.filter(slug=slug).first()


def feed_events(*, now: datetime | None = None) -> list[Event]:
    """What the calendar feed carries."""
    since = (now or timezone.now()) - FEED_KEEPS_PAST
    return list(public_events().filter(ends_at__gt=since).order_by("starts_at", "id")[:FEED_LIMIT])


def is_cover_public(photo: Photo) -> bool:
    """Whether a photo is the cover of an event that visitors may see."""
    return Event.objects.filter(cover=photo, status__in=PUBLIC).exists()


def is_cover(photo: Photo) -> bool:
    return Event.objects.filter(cover=photo).exists()


def abandoned_photos() -> list[Photo]:
    """Some photos that were sent for an event nobody saved."""
    return unused_photos(used=Event.objects.filter(cover=OuterRef("pk")))


def first_published(since: datetime, until: datetime) -> int:
    """How many events were published for the first time from one moment up to another; cancelled ones count too."""
    return Event.objects.filter(published_at__gte=since, published_at__lt=until).count()


# A month of the plan is one of the calendar's own zone.
COUNTED: dict[str, Counted] = {
    "events_per_month": Monthly(first_published, zone=lambda: calendar().zone),
    **TEAM_COUNTED,
}
