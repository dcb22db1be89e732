"""What the pages about plans, coupons and tax rates share: one entry of the navigation, three tabs."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from shared_apps.site.views.backoffice import render_backoffice

UNPROCESSABLE = 422


def render_selling(request: HttpRequest, template: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    """A page of the back office under "Plans and prices"."""
    entries = (
        ("backoffice_plans", _("Plans")),
        ("backoffice_coupons", _("Coupons")),
        ("backoffice_taxes", _("Tax rates")),
    )
    tabs = [
        {"url": reverse(name), "label": label, "current": request.path.startswith(reverse(name))}
        for name, label in entries
    ]
    frame = {"sections": tabs, "nav_current": "backoffice_plans"}
    return render_backoffice(request, template, {**frame, **context}, status=status)
