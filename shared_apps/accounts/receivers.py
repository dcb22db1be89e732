"""What happens at every log-in, whichever way it came."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from shared_apps.accounts.middleware import SEEN_AT
from shared_apps.accounts.models import User
from shared_apps.accounts.services.sessions import note_browser
from shared_apps.core.request_info import request_info


@receiver(user_logged_in)
def list_the_browser(sender: type, request: HttpRequest, user: User, **_: Any) -> None:
    """Also for hand-overs, of which allauth knows nothing: each session must be in the list, to be ended from there."""
    request.session[SEEN_AT] = time.time()
    if not request.session.session_key:
        request.session.save()
    info = request_info()
    note_browser(user=user, session_key=request.session.session_key or "", ip=info.ip, user_agent=info.user_agent)
