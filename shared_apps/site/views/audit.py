"""The platform's own activity log."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.audit import views
from shared_apps.site.forms.members import ROLES
from shared_apps.site.views.backoffice import platform_admin, render_in_backoffice

FRAME = views.Frame(render=render_in_backoffice, base="backoffice_audit", roles=lambda: ROLES)


@require_safe
@platform_admin
def log(request: HttpRequest) -> HttpResponse:
    """What happened on the platform."""
    return views.log(request, FRAME)


@require_safe
@platform_admin
def entry(request: HttpRequest, id: int) -> HttpResponse:
    """One entry."""
    return views.entry(request, FRAME, id)


@require_safe
@platform_admin
def statistics(request: HttpRequest) -> HttpResponse:
    """The log in figures."""
    return views.statistics(request, FRAME)


@require_safe
@platform_admin
def export(request: HttpRequest) -> HttpResponseBase:
    """What the list shows, as CSV."""
    return views.export(request, FRAME)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def retention(request: HttpRequest) -> HttpResponse:
    """How long the platform keeps its entries."""
    return views.retention(request, FRAME)
