"""Rendering the platform's own pages: what every frame needs besides the page's content."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _


def render_page(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of the public site, with its navigation and the signed-in person's menu."""
    return render(request, f"site/{template}", {**frame_of(request), **(context or {})}, status=status)


def frame_of(request: HttpRequest) -> dict[str, Any]:
    """What every frame of the platform shows: navigation, and the menu of who is signed in."""
    user = request.user
    account: dict[str, Any] = {
        "signed_in": user.is_authenticated,
        "home_url": reverse("organisations"),
        "login_url": reverse("account_login"),
        "signup_url": reverse("signup"),
        "logout_url": reverse("account_logout"),
    }
    if user.is_authenticated:
        account |= {"name": user.get_full_name(), "email": user.email, "links": _account_links(user)}
    pricing = reverse("pricing")
    return {
        "site_nav": [
            {"url": pricing, "label": _("Pricing"), "current": request.path in ("/", pricing)},
            {"url": f"{pricing}#faq", "label": _("Questions"), "current": False},
        ],
        "footer_nav": [
            {"url": pricing, "label": _("Pricing")},
            {"url": reverse("terms"), "label": _("Terms")},
            {"url": reverse("privacy"), "label": _("Privacy")},
            {"url": f"mailto:{settings.SUPPORT_EMAIL}", "label": _("Write to us")},
        ],
        "account": account,
    }


def _account_links(user: Any) -> list[dict[str, str]]:
    links = [
        {"url": reverse("organisations"), "label": _("My organisations"), "icon": "building-2"},
        {"url": reverse("orders"), "label": _("My orders"), "icon": "receipt"},
    ]
    if user.is_staff:
        links.append({"url": reverse("backoffice"), "label": _("Back office"), "icon": "shield-check"})
    return links


def signup_steps(current: int) -> dict[str, Any]:
    """The line of steps on top of sign-up and payment; `current` counts from 1."""
    labels = (_("Account"), _("E-mail"), _("Organisation"), _("Payment"))
    return {
        "steps": [
            {"label": label, "state": "done" if number < current else "current" if number == current else "todo"}
            for number, label in enumerate(labels, start=1)
        ],
        "steps_label": _("Steps to your workspace"),
    }
