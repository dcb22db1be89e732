"""Pages every workspace has."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from shared_apps.core.colour import theme_css
from tenant_apps.team.access import StaffRequest, TenantRequest, staff_required
from tenant_apps.team.navigation import links_for
from tenant_apps.team.pages import render_workspace
from tenant_apps.team.products import product_config


@staff_required
@require_safe
def home(request: StaffRequest) -> HttpResponse:
    """The product's first page, or the first one this person may open."""
    home_url = reverse(product_config(request.tenant.product).workspace_home)
    mine = [link.url for link in links_for(request)]
    if not mine:
        return render_workspace(request, "team/nothing_yet.html")
    return redirect(home_url if home_url in mine else mine[0])


@login_not_required
@require_safe
def theme(request: TenantRequest, colour: str) -> HttpResponse:
    """The stylesheet of a colour. Its address holds the colour, so it never changes and asks no database."""
    response = HttpResponse(theme_css(f"#{colour}"), content_type="text/css; charset=utf-8")
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    return response
