"""The frame of an organisation's own pages in the portal."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from shared_apps.organisations.models import Membership
from shared_apps.organisations.policies import may_pay
from shared_apps.site.pages import render_page


def render_portal(
    request: HttpRequest,
    membership: Membership,
    template: str,
    context: dict[str, Any] | None = None,
    *,
    status: int = 200,
) -> HttpResponse:
    """A page of one organisation, with its navigation."""
    organisation = membership.organisation
    home = reverse("organisation", args=[organisation.pk])
    entries = (
        (home, _("Overview"), "", "layout-dashboard", request.path == home),
        (
            reverse("organisation_members", args=[organisation.pk]),
            _("Members"),
            "",
            "users",
            "/members/" in request.path,
        ),
        (
            reverse("organisation_plan", args=[organisation.pk]),
            pgettext("navigation", "Plan"),
            "",
            "layers",
            "/plan/" in request.path or "/renew/" in request.path,
        ),
        *_billing(request, membership),
        (reverse("organisations"), _("My organisations"), pgettext("navigation", "Others"), "building-2", False),
    )
    frame = {
        "organisation": {"name": organisation.name, "home_url": home},
        "nav": [
            {"url": url, "label": label, "short": short, "icon": icon, "current": current}
            for url, label, short, icon, current in entries
        ],
        "place": membership,
    }
    return render_page(request, f"portal/{template}", {**frame, **(context or {})}, status=status)


def _billing(request: HttpRequest, membership: Membership) -> list[tuple[str, str, str, str, bool]]:
    """The entry of the bills, for those who pay them."""
    if not may_pay(membership.role):
        return []
    home = reverse("organisation_billing", args=[membership.organisation_id])
    rooms = (home, reverse("organisation_payouts", args=[membership.organisation_id]))
    return [(home, _("Billing"), _("Invoices"), "receipt", request.path.startswith(rooms))]
