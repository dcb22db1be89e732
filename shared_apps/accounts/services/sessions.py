"""Ending what is open: browsers and log-ins over the API."""

from __future__ import annotations

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils import timezone

from shared_apps.accounts.models import ApiSession, User
from shared_apps.accounts.services.notices import tell_apps
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record


@transaction.atomic
def end_all_sessions(*, user: User, keep: str = "", actor: User | None = None) -> int:
    """End every session of a person, in browsers (but the one with the session key `keep`) and over the API.

    One transaction, locks nothing beforehand; returns how many were ended. Access tokens of ended sessions are worthless at once.
    Those in the workspaces that a platform account has entered end a moment later.
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
    tell_apps(user, what="on_sessions_ended")
    return len(browsers) + ended


@transaction.atomic
def end_browser_session(*, user: User, session_id: int) -> bool:
    """End one of a person's own browser sessions; whether it was there. One transaction."""
    session = UserSession.objects.filter(user=user, pk=session_id).first()
    if session is None:
        return False
    session.end()
    record(
        action="account.sessions_ended",
        category=AuditCategory.SECURITY,
        resource=user,
        actor=user,
        after={"browsers": 1, "api": 0},
    )
    return True


def note_browser(*, user: User, session_key: str, ip: str | None, user_agent: str, was: str = "") -> None:
    """Remember a browser that logged in, or that goes on under a new session key (`was` is the old). No lock."""
    if was:
        UserSession.objects.filter(session_key=was).delete()
    if ip and session_key:
        UserSession.objects.update_or_create(
            session_key=session_key,
            defaults={"user": user, "ip": ip, "user_agent": user_agent[:200], "last_seen_at": timezone.now()},
        )


def note_seen(*, session_key: str, ip: str | None) -> None:
    """A browser's session was used. A guarded UPDATE: an ended one stays ended."""
    changes = {"last_seen_at": timezone.now(), **({"ip": ip} if ip else {})}
    UserSession.objects.filter(session_key=session_key).update(**changes)
