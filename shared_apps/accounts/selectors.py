"""Reads about one's own account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from shared_apps.accounts.agents import device_name
from shared_apps.accounts.models import ApiSession, LoginAttempt, User


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A browser or a program that is logged in."""

    id: str
    device: str
    ip: str | None
    since: datetime
    seen_at: datetime
    is_current: bool = False


def open_browsers(user: User, *, current: str) -> list[OpenSession]:
    """The browsers that are logged in, the one with the session key `current` first. One query."""
    alive = Session.objects.filter(expire_date__gt=timezone.now()).values("session_key")
    rows = UserSession.objects.filter(user=user, session_key__in=alive).order_by("-last_seen_at")
    listed = [
        OpenSession(
            str(row.pk),
            device_name(row.user_agent),
            row.ip,
            row.created_at,
            row.last_seen_at,
            row.session_key == current,
        )
        for row in rows
    ]
    return sorted(listed, key=lambda one: not one.is_current)


def open_api_sessions(user: User) -> list[OpenSession]:
    """The programs that are logged in over the API. One query."""
    return [
        OpenSession(str(row.pk), device_name(row.user_agent), row.ip, row.created_at, row.refreshed_at)
        for row in open_sessions_of(user)
    ]


def latest_attempts(user: User, *, limit: int = 10) -> list[LoginAttempt]:
    """The last tries to log in to an account, newest first. One query."""
    return list(user.login_attempts.order_by("-at", "-pk")[:limit])


def open_sessions_of(user: User) -> QuerySet[ApiSession]:
    """A person's log-ins over the API that are open, the one used last first."""
    return ApiSession.objects.filter(user=user, ended_at__isnull=True, expires_at__gt=timezone.now()).order_by(
        "-refreshed_at", "pk"
    )
