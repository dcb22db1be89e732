"""How allauth fits in: accounts are made by our own services, its pages only sign people in and out."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through the platform's own steps; every link in a mail uses the configured host."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def save_user(self, request: HttpRequest, user: Any, form: Any, commit: bool = True) -> Any:
        user.email = user.email.lower()
        return super().save_user(request, user, form, commit)
