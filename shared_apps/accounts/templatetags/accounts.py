"""What log-in pages ask of this schema."""

from __future__ import annotations

from urllib.parse import urlencode

from django import template

from shared_apps.accounts import selectors
from shared_apps.accounts.models import SignInProvider
from shared_apps.core.context import platform_url
from shared_apps.organisations.current import Tenant

register = template.Library()


@register.simple_tag
def registration_open() -> bool:
    """`{% registration_open as open %}`: whether people may get an account here."""
    return selectors.account_rules().registration_open


@register.simple_tag
def sign_in_providers() -> list[SignInProvider]:
    """`{% sign_in_providers as providers %}`: the ways in besides a password."""
    return selectors.sign_in_providers(active=True)


@register.simple_tag
def owners_way_in(tenant: Tenant, path: str | None) -> str:
    """`{% owners_way_in tenant next as url %}`: where somebody whose account is the platform's gets into the workspace at that
    path; empty for pages of customers."""
    if not path or not path.startswith("/staff/"):
        return ""
    return f"{platform_url(f'/organisations/{tenant.pk}/enter/')}?{urlencode({'next': path})}"
