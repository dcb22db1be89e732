"""Pages every workspace has."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from shared_apps.core.colour import theme_css
from tenant_apps.team.access import StaffRequest, TenantRequest, permission_required, staff_required
from tenant_apps.team.pages import render_workspace
from tenant_apps.team.products import product_config
from tenant_apps.team.selectors import members as team_members


@staff_required
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """The workspace's first page is the product's own."""
    return redirect(product_config(request.tenant.product).workspace_home)


@permission_required("team.view_members")
@require_safe
def members(request: StaffRequest) -> HttpResponse:
    """Who works here."""
    people = [member.user for member in team_members()]
    limit = request.tenant.quota("users")
    return render_workspace(request, "team/members.html", {"people": people, "limit": limit})


@login_not_required
@require_safe
def theme(request: TenantRequest, colour: str) -> HttpResponse:
    """The stylesheet of a colour. Its address holds the colour, so it never changes and asks no database."""
    response = HttpResponse(theme_css(f"#{colour}"), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
