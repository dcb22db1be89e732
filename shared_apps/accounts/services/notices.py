"""Telling people by mail that something about the safety of their account has changed."""

from __future__ import annotations

import uuid

from django.apps import apps
from django.conf import settings

from shared_apps.accounts.models import User
from shared_apps.core.context import own_url
from shared_apps.notifications.services import notify_by_email


def tell_apps(user: User, *, what: str = "on_account_changed") -> None:
    """Tell every app that follows accounts: closed, opened again, another address; or `on_sessions_ended`.

    Each is a method of AppConfig that takes the account. Call it inside the transaction of the change.
    """
    for config in apps.get_app_configs():
        follow = getattr(config, what, None)
        if follow is not None:
            follow(user)


def notify_of_change(*, user: User, event: str, recipient: str = "", detail: str = "") -> None:
    """Queue the notice `event` (a branch of templates/emails/security_notice.txt) in the current transaction."""
    notify_by_email(
        key=f"security-notice:{uuid.uuid4()}",
        template="security_notice",
        recipient=recipient or user.email,
        locale=user.locale,
        context={
            "name": user.get_short_name(),
            "event": event,
            "detail": detail,
            "host": own_url("/").split("/")[2],
            "url": own_url("/accounts/password/reset/"),
            # Whoever lost the address, or the account, is sent no link by us.
            "support": settings.SUPPORT_EMAIL,
        },
    )
