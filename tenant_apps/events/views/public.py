"""What visitors see."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from shared_apps.core.context import host_with_port, tenant_url
from tenant_apps.events import selectors
from tenant_apps.events.icalendars import Publisher, event_file, feed_file, google_calendar_url, map_url
from tenant_apps.events.models import Calendar
from tenant_apps.events.places import language_name
from tenant_apps.events.views.zone import with_calendar
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.pages import render_public

CALENDAR_TYPE = "text/calendar; charset=utf-8"
# Calendars come back often; five minutes late is early enough.
FEED_CACHE = "public, max-age=300"


@login_not_required
@require_safe
@with_calendar
def home(request: TenantRequest, calendar: Calendar) -> HttpResponse:
    """Events to come, or those that are over."""
    past = request.GET.get("when") == "past"
    number = request.GET.get("page", "1")
    page = selectors.list_past(page=number) if past else selectors.list_upcoming(page=number)
    context = {
        "page": page,
        "past": past,
        "show_past": past or selectors.has_past_events(),
        "feed_url": tenant_url(request.tenant.primary_host, reverse("events:feed")),
        "webcal_url": f"webcal://{host_with_port(request.tenant.primary_host)}{reverse('events:feed')}",
    }
    return _page(request, calendar, "events/home.html", context)


@login_not_required
@require_safe
@with_calendar
def event(request: TenantRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """One event. Staff see drafts too, to look before they publish."""
    found = selectors.event_by_slug(slug, only_public=not request.user.is_staff)
    if found is None:
        raise Http404
    publisher = _publisher(request, calendar)
    context = {
        "event": found,
        "is_over": found.is_over(),
        "language": language_name(found.language),
        "google_url": google_calendar_url(found, publisher=publisher),
        "map_url": map_url(found),
        "share": {
            "title": found.title,
            "text": found.summary,
            "url": publisher.url_of(found),
            "image": tenant_url(request.tenant.primary_host, found.cover.share_url) if found.cover else "",
        },
    }
    return _page(request, calendar, "events/event.html", context)


@login_not_required
@require_safe
@with_calendar
def event_ics(request: TenantRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """One event as a file for any calendar."""
    found = selectors.event_by_slug(slug, only_public=True)
    if found is None:
        raise Http404
    response = HttpResponse(event_file(found, publisher=_publisher(request, calendar)), content_type=CALENDAR_TYPE)
    response["Content-Disposition"] = f'attachment; filename="{found.slug}.ics"'
    response["Cache-Control"] = FEED_CACHE
    return response


@login_not_required
@require_safe
@with_calendar
def feed(request: TenantRequest, calendar: Calendar) -> HttpResponse:
    """The calendar as a feed to follow."""
    body = feed_file(selectors.feed_events(), publisher=_publisher(request, calendar))
    response = HttpResponse(body, content_type=CALENDAR_TYPE)
    response["Cache-Control"] = FEED_CACHE
    return response


def _page(request: TenantRequest, calendar: Calendar, template: str, context: dict[str, Any]) -> HttpResponse:
    shown = {"calendar": calendar, **context}
    return render_public(request, template, shown, name=calendar.name, colour=calendar.brand_colour)


def _publisher(request: TenantRequest, calendar: Calendar) -> Publisher:
    return Publisher(
        tenant_id=str(request.tenant.pk),
        name=calendar.name,
        product_name=settings.PLATFORM_NAME,
        base_url=tenant_url(request.tenant.primary_host, ""),
    )
