"""The mark in a session by which a platform admin looks at a workspace as one of its people.

The session holds nothing but the impersonation's id: who, why, until when and whether read-only are read from the
platform's own row at every request, so that ending it there ends it here.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from shared_apps.accounts.models import User

_KEY = "impersonation"


def begin_session(request: HttpRequest, *, user: User, impersonation: str) -> None:
    """Sign in as somebody without it counting as their own log-in: no signal, no `last_login`, no attempt."""
    request.session.flush()
    request.session[SESSION_KEY] = str(user.pk)
    request.session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    request.session[_KEY] = impersonation
    # The browser forgets it when it closes; the platform's row ends it long before.
    request.session.set_expiry(0)
    rotate_token(request)
    request.user = user


def forget_session(request: HttpRequest) -> None:
    """Before somebody's own log-in: nothing of an impersonation reaches it."""
    if _KEY in request.session:
        request.session.flush()


def marked_impersonation(request: HttpRequest) -> uuid.UUID | None:
    """The impersonation this session belongs to. Looking for it does not make a page private."""
    was_accessed = request.session.accessed
    mark = request.session.get(_KEY)
    if mark is None:
        request.session.accessed = was_accessed
    return uuid.UUID(mark) if mark else None
