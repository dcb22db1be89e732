"""Ending what is open: browsers and log-ins over the API."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from shared_apps.accounts.models import ApiSession, User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


@transaction.atomic
def end_all_sessions(*, user: User, keep: str = "", actor: User | None = None) -> int:
    """End every session of a person, in browsers (but the one with the session key `keep`) and over the API.

    One transaction, locks nothing beforehand; returns how many were ended. Access tokens of ended sessions are worthless at once.
    """
    browsers = [session for session in UserSession.objects.filter(user=user) if session.session_key != keep]
    for session in browsers:
        session.end()
    ended = ApiSession.objects.filter(user=user, ended_at__isnull=True).update(ended_at=timezone.now())
    record(
        action="account.sessions_ended",
        category=AuditCategory.SECURITY,
        resource=user,
        actor=actor,
        after={"browsers": len(browsers), "api": ended},
    )
    return len(browsers) + ended
