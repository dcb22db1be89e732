"""The frame of the pages about one's own account, on the platform and on every tenant's host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True, slots=True)
class Section:
    """One page of "My account"."""

    url_name: str
    label: str | Promise
    icon: str
    hint: str | Promise


# In the order they are listed. Each slice of the account pages adds its own.
SECTIONS: tuple[Section, ...] = (
    Section("account_home", _("Profile"), "user", _("Name, address, phone")),
    Section("account_security", _("Security"), "shield-check", _("Password, second factor, sessions")),
)


def render_account(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of "My account", with the list of its sections."""
    sections = [
        {
            "url": reverse(one.url_name),
            "label": one.label,
            "icon": one.icon,
            "hint": one.hint,
            "current": request.path == reverse(one.url_name),
        }
        for one in SECTIONS
    ]
    return render(request, f"account/{template}", {"sections": sections, **(context or {})}, status=status)
