"""Every write of the calendar. All of them lock the calendar's one row first, so they cannot deadlock."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import quotas
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.organisations.current import Tenant
from tenant_apps.events.models import Calendar, Category, Event
from tenant_apps.events.selectors import abandoned_photos, is_cover
from tenant_apps.team.models import Photo
from tenant_apps.team.selectors import free_slug_in
from tenant_apps.team.services.photos import category_named, discard_photos

TOO_MANY_EVENTS = gettext_lazy(
    "Your plan %(plan)s includes %(limit)s published events a month, and they are all used. "
    "The event is kept as a draft: publish it next month, or move to a larger plan."
)


@dataclass(frozen=True, slots=True)
class EventDetails:
    """What staff type about an event. Times are aware; the position is complete or missing."""

    title: str
    starts_at: datetime
    ends_at: datetime
    summary: str = ""
    description: str = ""
    category: str = ""
    place_name: str = ""
    place_address: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None
    capacity: int | None = None
    access: str = Event.Access.FREE
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class CalendarDetails:
    """What staff type about the calendar. The zone is an IANA name, the colour "#rrggbb" or empty."""

    name: str
    time_zone: str
    description: str = ""
    contact_email: str = ""
    brand_colour: str = ""


def create_defaults(*, tenant: Tenant, owner: User) -> None:
    """Give a new tenant its calendar. Called inside its schema; doing it again changes nothing.

    One transaction; the primary key decides between two calls at once.
    """
    with transaction.atomic():
        calendar, created = Calendar.objects.get_or_create(
            pk=Calendar.ONLY,
            defaults={"name": tenant.name, "time_zone": settings.TIME_ZONE},
        )
        if created:
            record(
                action="events.calendar.created", category=AuditCategory.EVENT, resource=calendar, actor=owner,
                after=_calendar_facts(calendar),
            )  # fmt: skip


def lock_calendar() -> Calendar:
    """Lock the calendar's row until the end of the transaction: slugs and categories are checked under it."""
    return Calendar.objects.select_for_update().get()


@transaction.atomic
def save_calendar(*, details: CalendarDetails) -> Calendar:
    """Change what the calendar says about itself. Locks the calendar; one transaction."""
    calendar = lock_calendar()
    before = _calendar_facts(calendar)
    for name, value in asdict(details).items():
        setattr(calendar, name, value)
    calendar.save()
    if calendar.time_zone != before["time_zone"]:
        quotas.count_anew("events_per_month")  # its months begin at other moments now
    record(
        action="events.calendar.changed", category=AuditCategory.EVENT, resource=calendar, before=before,
        after=_calendar_facts(calendar),
    )  # fmt: skip
    return calendar


@transaction.atomic
def create_event(*, public_id: UUID, details: EventDetails, cover: Photo | None = None) -> Event:
    """Add an event as a draft. Locks the calendar; one transaction.

    The same `public_id` again returns the event already made, so a form sent twice adds one event.
    """
    lock_calendar()
    existing = Event.objects.filter(public_id=public_id).first()
    if existing:
        return existing
    event = Event(public_id=public_id, slug=free_slug_in(Event.objects.all(), details.title, fallback="event"))
    _apply(event, details)
    _set_cover(event, cover)
    event.save()
    discard_photos(photos=abandoned_photos())
    record(action="events.event.created", category=AuditCategory.EVENT, resource=event, after=_facts(event))
    return event


@transaction.atomic
def update_event(
    *, event: Event, details: EventDetails, cover: Photo | None = None, remove_cover: bool = False
) -> Event:
    """Change an event; `cover` replaces the one there is. Locks the calendar; one transaction.

    What visitors may have put in their own calendar gets a higher sequence number. Raises Conflict when cancelled.
    """
    lock_calendar()
    event = _again(event)
    if event.status == Event.Status.CANCELLED:
        raise Conflict("event_cancelled", _("This event is cancelled and can no longer be changed."))
    before = _facts(event)
    _apply(event, details)
    if cover and cover.pk == event.cover_id:
        cover = None  # the form was sent twice
    old = event.cover if cover or remove_cover else None
    if old:
        event.cover = None
    _set_cover(event, cover)
    if event.is_public:
        event.sequence += 1
    event.save()
    discard_photos(photos=([old] if old else []) + abandoned_photos())
    record(
        action="events.event.changed", category=AuditCategory.EVENT, resource=event, before=before, after=_facts(event)
    )
    return event


@transaction.atomic
def publish_event(*, event: Event, now: datetime | None = None) -> Event:
    """Show an event to everybody. Locks the calendar; one transaction. Doing it again changes nothing.

    Only the first publication counts in the plan's month. Raises QuotaReached (`events_per_month`), Conflict when
    cancelled, and DomainError `event_over` when it has ended already.
    """
    lock_calendar()
    event = _again(event)
    now = now or timezone.now()
    if event.status == Event.Status.PUBLISHED:
        return event
    if event.status == Event.Status.CANCELLED:
        raise Conflict("event_cancelled", _("This event is cancelled and can no longer be published."))
    if event.is_over(at=now):
        raise DomainError("event_over", _("This event is already over. Change its date first."), field="starts_at")
    if event.published_at is None:
        quotas.reserve("events_per_month", message=TOO_MANY_EVENTS, at=now)
        event.published_at = now
    event.status = Event.Status.PUBLISHED
    event.save(update_fields=["status", "published_at", "updated_at"])
    _record_status(event, "events.event.published", before=Event.Status.DRAFT)
    return event


@transaction.atomic
def cancel_event(*, event: Event, now: datetime | None = None) -> Event:
    """Call a published event off for good. Locks the calendar; one transaction. Doing it again changes nothing.

    Raises Conflict for a draft, which nobody has seen.
    """
    lock_calendar()
    event = _again(event)
    if event.status == Event.Status.CANCELLED:
        return event
    if event.status == Event.Status.DRAFT:
        raise Conflict("event_draft", _("This event was never published. Delete it instead."))
    event.status = Event.Status.CANCELLED
    event.cancelled_at = now or timezone.now()
    event.sequence += 1
    event.save(update_fields=["status", "cancelled_at", "sequence", "updated_at"])
    _record_status(event, "events.event.cancelled", before=Event.Status.PUBLISHED)
    return event


@transaction.atomic
def delete_draft(*, event: Event) -> None:
    """Delete an event nobody has seen, and its cover. Locks the calendar; one transaction. Raises Conflict."""
    lock_calendar()
    event = _again(event)
    if event.is_public:
        raise Conflict("event_public", _("This event was published. Cancel it instead, so that people know."))
    record(action="events.event.deleted", category=AuditCategory.EVENT, resource=event, before=_facts(event))
    cover = event.cover
    event.delete()
    discard_photos(photos=[cover] if cover else [])


def _again(event: Event) -> Event:
    """The event as it is now that the lock is held."""
    current = Event.objects.select_related("category", "cover").filter(pk=event.pk).first()
    if current is None:
        raise DomainError("event_gone", _("This event was deleted in the meantime."), status=404)
    return current


def _apply(event: Event, details: EventDetails) -> None:
    """Copy the details onto the event. Needs the calendar's lock (categories are made on the way)."""
    if details.ends_at <= details.starts_at:
        raise DomainError("ends_before_start", _("The end must be after the start."), field="ends_at")
    for name, value in asdict(details).items():
        if name != "category":
            setattr(event, name, value)
    event.category = category_named(details.category, shelf=Category.objects.all(), audit_category=AuditCategory.EVENT)


def _set_cover(event: Event, cover: Photo | None) -> None:
    if cover and not is_cover(cover):
        event.cover = cover


def _record_status(event: Event, action: str, *, before: str) -> None:
    record(
        action=action,
        category=AuditCategory.EVENT,
        resource=event,
        before={"status": before},
        after={"status": event.status},
    )


def _facts(event: Event) -> dict[str, Any]:
    """An event as the audit log keeps it."""
    return {
        "title": event.title,
        "slug": event.slug,
        "status": event.status,
        "summary": event.summary,
        "description": event.description,
        "category": event.category.name if event.category else "",
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "place": [event.place_name, event.place_address, _text(event.latitude), _text(event.longitude)],
        "capacity": event.capacity,
        "access": event.access,
        "language": event.language,
        "cover": str(event.cover.public_id) if event.cover else "",
        "sequence": event.sequence,
    }


def _text(number: Decimal | None) -> str:
    return "" if number is None else str(number)


def _calendar_facts(calendar: Calendar) -> dict[str, Any]:
    return {
        "name": calendar.name,
        "description": calendar.description,
        "time_zone": calendar.time_zone,
        "contact_email": calendar.contact_email,
        "brand_colour": calendar.brand_colour,
    }
