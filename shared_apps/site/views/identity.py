"""Identity checks of platform accounts, in the back office."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.accounts.views.identity_desk import IdentityDesk
from shared_apps.site.views.backoffice import platform_admin, render_backoffice

_desk = IdentityDesk(render=render_backoffice, names="backoffice_identity")


@require_safe
@platform_admin
def queue(request: HttpRequest) -> HttpResponse:
    """Checks that wait, or those decided."""
    return _desk.queue(request)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def check(request: HttpRequest, id: UUID) -> HttpResponse:
    """One check and its verdict."""
    return _desk.check(request, id)


@require_safe
@platform_admin
def file(request: HttpRequest, id: UUID, kind: str) -> HttpResponseBase:
    """A picture of a check."""
    return _desk.file(request, id, kind)
