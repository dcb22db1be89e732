"""Times on every page of the calendar are in the calendar's own zone."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponse
from django.utils import timezone

from tenant_apps.events.selectors import calendar
from tenant_apps.team.access import TenantRequest

View = Callable[..., HttpResponse]


def with_calendar(view: View) -> View:
    """Give the view the tenant's calendar and turn the clock to its zone."""

    @wraps(view)
    def wrapped(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        chosen = calendar()
        with timezone.override(chosen.zone):
            return view(request, chosen, *args, **kwargs)

    return wrapped
