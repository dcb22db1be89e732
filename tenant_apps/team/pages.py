"""What the two page shells of a workspace need: `base_workspace.html` for staff, `base_tenant.html` for visitors."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from billing import quotas
from shared_apps.accounts.models import User
from tenant_apps.team.access import StaffRequest, TenantRequest, is_staff
from tenant_apps.team.navigation import links_for, open_groups
from tenant_apps.team.products import product_config
from tenant_apps.team.selectors import permissions_of
from tenant_apps.team.standing import banner_of

# A form that could not be taken: the page is shown again with what is wrong.
UNPROCESSABLE = 422
_DRAFT = "forget_draft"


def render_workspace(
    request: StaffRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page for staff, in the workspace's shell."""
    home = reverse(product_config(request.tenant.product).workspace_home)
    links = links_for(request)
    shell = {
        "organisation": {"name": request.tenant.name, "home_url": home},
        "nav": links,
        "nav_open": open_groups(links),
        "account": account_of(request.user, request.tenant.product),
        "forget_draft": request.session.pop(_DRAFT, ""),
        "permissions": permissions_of(request.user),
        "site_banner": banner_of(request),
        "usage": _nearly_reached(),
    }
    return render(request, template, {**shell, **(context or {})}, status=status)


def _nearly_reached() -> dict[str, Any] | None:
    """The limit of the plan that is nearest, once 90 % of it are used."""
    nearest = max(quotas.limits(), key=lambda use: use.percent, default=None)
    if nearest is None or not nearest.is_nearly_reached:
        return None
    return {
        "label": nearest.label,
        "used": nearest.percent,
        "limit": 100,
        "text": _("%(used)s of %(limit)s") % {"used": nearest.used_text, "limit": nearest.limit_text},
        "url": reverse("team:plan"),
        "high": True,
    }


def forget_draft(request: StaffRequest, name: str) -> None:
    """A form was saved: the next page tells the browser to drop what it kept of it (`<form data-draft="name">`)."""
    request.session[_DRAFT] = name


def render_public(
    request: TenantRequest,
    template: str,
    context: dict[str, Any],
    *,
    name: str,
    colour: str,
    logo_url: str = "",
    status: int = 200,
) -> HttpResponse:
    """A page for everybody, in the tenant's name, logo and colour ("#rrggbb", or empty for the platform's own)."""
    shell = {
        "organisation": {"name": name, "home_url": "/", "logo_url": logo_url},
        "theme_url": reverse("team:theme", args=[colour[1:]]) if colour else "",
        "footer_nav": _ways_in(request),
        "account": account_of(request.user, request.tenant.product)
        if request.user.is_authenticated
        else _visitor(request),
        "permissions": permissions_of(cast("User", request.user)) if is_staff(request) else frozenset(),
    }
    return render(request, template, {**shell, **context}, status=status)


def _ways_in(request: TenantRequest) -> list[dict[str, Any]]:
    """The way to the workspace, for its staff and for whoever may be one of them: not for customers."""
    if request.user.is_authenticated and not is_staff(request):
        return []
    return [{"url": reverse("team:home"), "label": _("Workspace") if is_staff(request) else _("Team log-in")}]


def _visitor(request: TenantRequest) -> dict[str, Any]:
    """The way in for somebody who is not logged in, and back to the page they are on."""
    here = urlencode({"next": request.get_full_path()})
    return {"signed_in": False, "login_url": f"{reverse('account_login')}?{here}"}


def account_of(user: User, product: str) -> dict[str, Any]:
    """The menu of the person who is logged in, with the product's own links."""
    links = [
        {"url": reverse(entry.url_name), "label": entry.label, "icon": entry.icon}
        for entry in product_config(product).account_links
    ]
    of_staff = [
        {"url": reverse("team:home"), "label": _("Workspace"), "icon": "layout-dashboard"},
        {"url": reverse("team:leave"), "label": _("Leave the team"), "icon": "door-open"},
    ]
    return {
        "signed_in": True,
        "name": user.get_full_name(),
        "email": user.email,
        "links": [*links, *of_staff] if user.is_staff else links,
        "logout_url": reverse("account_logout"),
    }
