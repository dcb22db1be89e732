"""The frame of the pages about one's own account, on the platform and on every tenant's host."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shared_apps.accounts.models import User


class AccountRequest(HttpRequest):
    """A request of somebody who is logged in (for types only; LoginRequiredMiddleware sees to it)."""

    user: User


@dataclass(frozen=True, slots=True)
class Section:
    """One page of "My account"."""

    url_name: str
    label: str | Promise
    icon: str
    hint: str | Promise
    # On hosts of these products only; empty: everywhere.
    products: tuple[str, ...] = ()


# In the order they are listed. Each slice of the account pages adds its own.
SECTIONS: tuple[Section, ...] = (
    Section("account_home", _("Profile"), "user", _("Name, address, phone")),
    Section("account_security", _("Security"), "shield-check", _("Password, second factor, sessions")),
    Section("account_privacy", _("Privacy"), "lock", _("What you agreed to, a copy of your data, erasing it")),
    Section("socialaccount_connections", _("Ways to log in"), "link", _("Google, Facebook")),
    Section("account_identity", _("Identity"), "shield-check", _("Confirm who you are")),
    Section("account_following", _("Following"), "heart", _("The people you follow"), products=("events",)),
)


def render_account(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """A page of "My account", with the list of its sections."""
    product = getattr(getattr(request, "tenant", None), "product", "")
    urls = {reverse(one.url_name): one for one in SECTIONS if not one.products or product in one.products}
    # The deepest section that the page is in: a password is changed in Security, an address in Profile.
    current = max((url for url in urls if request.path.startswith(url)), key=len, default="")
    sections = [
        {"url": url, "label": one.label, "icon": one.icon, "hint": one.hint, "current": url == current}
        for url, one in urls.items()
    ]
    return render(request, f"account/{template}", {"sections": sections, **(context or {})}, status=status)
