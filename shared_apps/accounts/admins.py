"""Who runs the platform."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from shared_apps.accounts.services.factors import has_second_factor


def is_platform_admin(user: Any) -> bool:
    """Whether somebody may use the back office and what the API has for it; asked in the platform's schema only.

    With the setting ADMINS_NEED_SECOND_FACTOR, an account without a second factor is no admin's. At most one query.
    """
    if not (user and user.is_authenticated and user.is_staff):
        return False
    return not settings.ADMINS_NEED_SECOND_FACTOR or has_second_factor(user)
