"""Reading accounts and what belongs to them."""

from __future__ import annotations

from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.accounts.models import ApiSession, User


def open_sessions_of(user: User) -> QuerySet[ApiSession]:
    """A person's log-ins over the API that are open, the one used last first."""
    return ApiSession.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=timezone.now()).order_by(
        "-refreshed_at", "pk"
    )
