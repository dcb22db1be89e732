"""How allauth fits in: accounts are made by our own services, its pages only sign people in and out."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.db import transaction
from django.http import HttpRequest
from django.shortcuts import redirect
from django.urls import reverse

from shared_apps.accounts.pending import remember_pending
from shared_apps.accounts.services.registration import is_verified
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.context import platform_url, tenant_url


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up goes through the platform's own steps; every link in a mail uses the configured host."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> Any:
        """Somebody whose address is not proved yet goes on where sign-up stopped."""
        response = super().pre_login(request, user, **kwargs)
        if response is None and not is_verified(user):
            remember_pending(request, user)
            return redirect(platform_url("/signup/code/"))
        return response

    @transaction.atomic
    def set_password(self, user: Any, password: str) -> None:
        """A password chosen by a link or on the account's own page, and its entry. One transaction."""
        super().set_password(user, password)
        record(action="account.password_changed", category=AuditCategory.SECURITY, resource=user, actor=user)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The link of the reset mail, on the configured host of this tenant or of the platform."""
        path = reverse(
            "account_reset_password_from_key", kwargs=dict(zip(("uidb36", "key"), key.split("-", 1), strict=True))
        )
        tenant = getattr(self.request, "tenant", None)
        return tenant_url(tenant.primary_host, path) if tenant else platform_url(path)
