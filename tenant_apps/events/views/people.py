"""Somebody who works here, as everybody sees them."""

from __future__ import annotations

from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from shared_apps.accounts.selectors import follow_of, public_person
from tenant_apps.events import selectors
from tenant_apps.events.models import Calendar
from tenant_apps.events.views.zone import with_calendar
from tenant_apps.team.access import TenantRequest
from tenant_apps.team.pages import render_public


@login_not_required
@require_safe
@with_calendar
def person(request: TenantRequest, calendar: Calendar, person_id: UUID) -> HttpResponse:
    """Their name, what is on here next, and the button to follow them."""
    found = public_person(person_id)
    if found is None or not found.get_full_name():
        raise Http404
    user = request.user if request.user.is_authenticated else None
    context = {
        "person": found,
        "page": selectors.list_upcoming(page="1"),
        "is_self": user is not None and user.pk == found.pk,
        "follow": follow_of(follower=user, followed=found) if user else None,
    }
    return render_public(request, "events/person.html", context, name=calendar.name, colour=calendar.brand_colour)
