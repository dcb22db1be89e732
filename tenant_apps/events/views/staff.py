"""Pages of the organiser's staff."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.events import selectors, services
from tenant_apps.events.forms import CalendarForm, EventForm, suggested_start
from tenant_apps.events.models import Calendar, Event
from tenant_apps.events.views.zone import with_calendar
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.forms import collect_photos, save_form
from tenant_apps.team.models import Photo
from tenant_apps.team.pages import UNPROCESSABLE, forget_draft, render_workspace


@permission_required("events.view_events")
@require_safe
@with_calendar
def events(request: StaffRequest, calendar: Calendar) -> HttpResponse:
    """All events, to find, publish, change and cancel them."""
    when = "past" if request.GET.get("when") == "past" else ""
    page = selectors.list_for_staff(when=when, page=request.GET.get("page", "1"))
    is_empty = not page.object_list and not selectors.has_events()
    context = {"calendar": calendar, "page": page, "when": when, "is_empty": is_empty}
    return render_workspace(request, "events/staff/events.html", context)


@permission_required("events.change_events")
@require_http_methods(["GET", "HEAD", "POST"])
@with_calendar
def new_event(request: StaffRequest, calendar: Calendar) -> HttpResponse:
    """Add an event."""
    if request.method != "POST":
        initial = {"language": request.tenant.locale, **suggested_start()}
        return _event_page(request, calendar, EventForm(initial=initial))
    form = EventForm(request.POST, request.FILES)
    photos = collect_photos(request, form, field="cover")
    event = save_form(
        form,
        lambda: services.create_event(public_id=form.cleaned_data["key"], details=form.details, cover=_last(photos)),
    )
    if event is None:
        return _event_page(request, calendar, form, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, "event-new")
    return _saved(request, event)


@permission_required("events.change_events")
@require_http_methods(["GET", "HEAD", "POST"])
@with_calendar
def edit_event(request: StaffRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """Change an event."""
    event = _event_or_404(slug)
    if event.status == Event.Status.CANCELLED:
        messages.info(request, _("This event is cancelled and can no longer be changed."))
        return redirect("events:staff_events")
    if request.method != "POST":
        return _event_page(request, calendar, EventForm(initial=EventForm.values_of(event)), event=event)
    form = EventForm(request.POST, request.FILES)
    photos = collect_photos(request, form, field="cover")
    changed = save_form(
        form,
        lambda: services.update_event(
            event=event, details=form.details, cover=_last(photos), remove_cover=_wants(request, "remove_cover")
        ),
    )
    if changed is None:
        return _event_page(request, calendar, form, event=event, pending=photos, status=UNPROCESSABLE)
    forget_draft(request, f"event-{changed.public_id}")
    return _saved(request, changed)


@permission_required("events.publish_events")
@require_POST
@with_calendar
def publish_event(request: StaffRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """Show an event to everybody."""
    return _publish(request, _event_or_404(slug))


@permission_required("events.cancel_events")
@require_http_methods(["GET", "HEAD", "POST"])
@with_calendar
def cancel_event(request: StaffRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """Call an event off, after asking."""
    event = _event_or_404(slug)
    if request.method != "POST":
        return render_workspace(request, "events/staff/cancel_event.html", {"calendar": calendar, "event": event})
    services.cancel_event(event=event)
    messages.success(request, _("“%(title)s” is cancelled. Its page says so.") % {"title": event.title})
    return redirect("events:staff_events")


@permission_required("events.cancel_events")
@require_http_methods(["GET", "HEAD", "POST"])
@with_calendar
def delete_draft(request: StaffRequest, calendar: Calendar, slug: str) -> HttpResponse:
    """Delete an event nobody has seen, after asking."""
    event = _event_or_404(slug)
    if request.method != "POST":
        return render_workspace(request, "events/staff/delete_draft.html", {"calendar": calendar, "event": event})
    services.delete_draft(event=event)
    messages.success(request, _("“%(title)s” was deleted.") % {"title": event.title})
    return redirect("events:staff_events")


@permission_required("events.change_calendar")
@require_http_methods(["GET", "HEAD", "POST"])
@with_calendar
def settings(request: StaffRequest, calendar: Calendar) -> HttpResponse:
    """What visitors read about the organiser."""
    if request.method != "POST":
        form = CalendarForm(initial=CalendarForm.values_of(calendar))
        return render_workspace(request, "events/staff/settings.html", {"form": form, "calendar": calendar})
    form = CalendarForm(request.POST)
    if not form.is_valid():
        context = {"form": form, "calendar": calendar}
        return render_workspace(request, "events/staff/settings.html", context, status=UNPROCESSABLE)
    services.save_calendar(details=form.details)
    forget_draft(request, "calendar")
    messages.success(request, _("Your calendar was saved."))
    return redirect("events:staff_settings")


def _event_or_404(slug: str) -> Event:
    event = selectors.event_by_slug(slug, only_public=False)
    if event is None:
        raise Http404
    return event


def _wants(request: StaffRequest, name: str) -> bool:
    return request.POST.get(name) == "on"


def _last(photos: list[Photo]) -> Photo | None:
    """The photo sent last is the one meant."""
    return photos[-1] if photos else None


def _saved(request: StaffRequest, event: Event) -> HttpResponse:
    if request.POST.get("action") == "publish" and may(request, "events.publish_events"):
        return _publish(request, event)
    if event.is_public:
        text = _("“%(title)s” was saved. The calendar shows it as it is now.")
    else:
        text = _("“%(title)s” was saved as a draft. Visitors do not see it yet.")
    messages.success(request, text % {"title": event.title})
    return redirect("events:staff_events")


def _publish(request: StaffRequest, event: Event) -> HttpResponse:
    """Publish a saved event. When that is refused it stays a draft, and nothing typed is lost."""
    try:
        services.publish_event(event=event)
    except DomainError as error:
        messages.error(request, str(error.message))
        return redirect("events:staff_edit_event", slug=event.slug)
    messages.success(request, _("“%(title)s” is now in the calendar.") % {"title": event.title})
    return redirect("events:staff_events")


def _event_page(
    request: StaffRequest,
    calendar: Calendar,
    form: EventForm,
    *,
    event: Event | None = None,
    pending: list[Photo] | None = None,
    status: int = 200,
) -> HttpResponse:
    context: dict[str, Any] = {
        "calendar": calendar,
        "form": form,
        "event": event,
        "pending": pending[-1:] if pending else [],
        "removing": _wants(request, "remove_cover"),
        "category_names": selectors.category_names(),
    }
    return render_workspace(request, "events/staff/event_form.html", context, status=status)
