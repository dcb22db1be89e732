"""The workspace's activity log."""

from __future__ import annotations

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.audit import views
from shared_apps.organisations.current import current_tenant
from tenant_apps.team.access import StaffRequest, may, permission_required
from tenant_apps.team.pages import render_workspace
from tenant_apps.team.products import product_config


def _role_names() -> dict[str, str | Promise]:
    product = current_tenant().product
    return {role.key: role.label for role in product_config(product).all_roles()}


FRAME = views.Frame(
    render=render_workspace,
    base="team:audit",
    roles=_role_names,
    may_change=lambda request: may(request, "team.manage_audit"),
)


@permission_required("team.view_audit")
@require_safe
def log(request: StaffRequest) -> HttpResponse:
    """What happened here."""
    return views.log(request, FRAME)


@permission_required("team.view_audit")
@require_safe
def entry(request: StaffRequest, entry_id: int) -> HttpResponse:
    """One entry."""
    return views.entry(request, FRAME, entry_id)


@permission_required("team.view_audit")
@require_safe
def statistics(request: StaffRequest) -> HttpResponse:
    """The log in figures."""
    return views.statistics(request, FRAME)


@permission_required("team.view_audit")
@require_safe
def export(request: StaffRequest) -> HttpResponseBase:
    """What the list shows, as CSV."""
    return views.export(request, FRAME)


@permission_required("team.view_audit")
@require_http_methods(["GET", "HEAD", "POST"])
def retention(request: StaffRequest) -> HttpResponse:
    """How long entries are kept; changing it needs a permission of its own."""
    return views.retention(request, FRAME)
