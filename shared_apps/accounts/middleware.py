"""When a browser was last seen, for the list of sessions."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from shared_apps.accounts.services.sessions import note_seen
from shared_apps.core.request_info import request_info

SEEN_AT = "seen_at"
EVERY_SECONDS = 600


class LastSeenMiddleware:
    """Notes it every ten minutes at most, and only where the page looked at the session anyway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        session = request.session
        key = session.session_key
        if session.accessed and key and time.time() - session.get(SEEN_AT, time.time()) > EVERY_SECONDS:
            session[SEEN_AT] = time.time()
            note_seen(session_key=key, ip=request_info().ip)
        return response
