"""Identity checks of customers, for those who may review them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.accounts.views.identity_desk import IdentityDesk
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.pages import render_workspace

REVIEW = "team.review_identity"
_desk = IdentityDesk(
    render=lambda request, template, context: render_workspace(request, f"team/{template}", context),
    names="team:identity",
)


@permission_required(REVIEW)
@require_safe
def queue(request: StaffRequest) -> HttpResponse:
    """Checks that wait, or those decided."""
    return _desk.queue(request)


@permission_required(REVIEW)
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: StaffRequest, id: UUID) -> HttpResponse:
    """One check and its verdict."""
    return _desk.check(request, id)


@permission_required(REVIEW)
@require_safe
def file(request: StaffRequest, id: UUID, kind: str) -> HttpResponse:
    """A picture of a check."""
    return _desk.file(request, id, kind)
