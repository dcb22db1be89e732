"""Terms, privacy, and what robots may read."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from shared_apps.core.context import platform_url
from shared_apps.site.pages import render_page

_PRIVATE = ("/accounts/", "/api/", "/backoffice/", "/orders/", "/organisations/", "/pay/", "/signup/", "/start/")


@login_not_required
@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """What we owe one another."""
    return render_page(request, "terms.html")


@login_not_required
@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What is stored, why, and for how long."""
    return render_page(request, "privacy.html")


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Robots may read what is for everybody."""
    lines = ["User-agent: *", *(f"Disallow: {path}" for path in _PRIVATE), f"# {platform_url('/pricing/')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
