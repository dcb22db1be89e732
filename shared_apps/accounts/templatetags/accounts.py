"""What log-in pages ask of this schema."""

from __future__ import annotations

from django import template

from shared_apps.accounts import selectors
from shared_apps.accounts.models import SignInProvider

register = template.Library()


@register.simple_tag
def registration_open() -> bool:
    """`{% registration_open as open %}`: whether people may get an account here."""
    return selectors.account_rules().registration_open


@register.simple_tag
def sign_in_providers() -> list[SignInProvider]:
    """`{% sign_in_providers as providers %}`: the ways in besides a password."""
    return selectors.sign_in_providers(active=True)
