"""The log of requests that change something or were refused. Bodies and query strings are never kept."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from shared_apps.audit.models import AuditCategory, AuditLog
from shared_apps.core.request_info import request_info
from shared_apps.core.throttle import caller, count_one

logger = structlog.get_logger(__name__)

OFF, UNSAFE, ALL = "off", "unsafe", "all"
SAFE_METHODS = ("GET", "HEAD", "OPTIONS", "TRACE")
# Deliveries of payment providers have an inbox of their own.
NOT_LOGGED = ("/hooks/",)
# Elsewhere a 404 is a mistyped address or a robot; here it may be somebody trying ids that are not theirs.
WATCHED_404 = ("/api/", "/staff/", "/backoffice/")
# So many refusals of strangers from one address are logged within ten minutes: a flood must not fill the log.
MOST_REFUSALS = 100
REFUSALS_WINDOW = 600
MASK = "•••"
_SECRET_ARGUMENTS = frozenset(["token", "key", "uidb36", "uidb64", "code", "secret", "signature", "signed"])
_PLAIN_SEGMENT = re.compile(r"[a-z0-9._-]{1,80}\Z")
_LONG_RANDOM = re.compile(r"(?=.*\d)[0-9a-z]{24,}\Z")


class HttpLogMiddleware:
    """Notes a request once its answer is made, in the schema of its host; a log that fails breaks no answer.

    Stands inside TenantMiddleware, so unknown hosts and health checks never come here. AUDIT_HTTP is off, unsafe
    (requests that may change something, refusals and failures) or all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        if is_logged(request, response.status_code):
            try:
                _note(request, response.status_code, milliseconds=round((time.perf_counter() - started) * 1000))
            except Exception:  # whatever is wrong with the log, the answer is made and must go out
                logger.exception("request not logged", status=response.status_code)
        return response


def is_logged(request: HttpRequest, status: int) -> bool:
    """Whether a request with this answer belongs into the log."""
    if settings.AUDIT_HTTP == OFF or request.path.startswith(NOT_LOGGED):
        return False
    if settings.AUDIT_HTTP == ALL or request.method not in SAFE_METHODS:
        return True
    return status in (401, 403, 429) or status >= 500 or (status == 404 and request.path.startswith(WATCHED_404))


def _note(request: HttpRequest, status: int, *, milliseconds: int) -> None:
    info = request_info()
    actor = info.actor or _signed_in(request)
    if actor is None and 400 <= status < 500:
        seen = count_one(action="http-log", who=caller(), seconds=REFUSALS_WINDOW)
        if seen > MOST_REFUSALS:
            return
    path = masked_path(request)
    AuditLog.objects.create(
        category=AuditCategory.HTTP,
        action="http.failed" if status >= 500 else "http.refused" if status >= 400 else "http.request",
        level=_level(status),
        actor_id=actor.pk if actor else None,
        actor_label=actor.email if actor else "",
        impersonator=info.impersonator,
        resource_type="http",
        resource_id=path[:64],
        after={"method": request.method, "path": path[:500], "status": status, "ms": milliseconds},
        ip=info.ip,
        user_agent=info.user_agent,
        request_id=info.request_id,
    )


def _signed_in(request: HttpRequest) -> Any:
    """Who is logged in, for requests that were answered before any view could say so."""
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None


def _level(status: int) -> str:
    if status >= 500:
        return AuditLog.Level.ERROR
    return AuditLog.Level.WARNING if status in (401, 403, 404, 429) else AuditLog.Level.INFO


def masked_path(request: HttpRequest) -> str:
    """The path without what opens doors: arguments of the address that are secrets, and whatever looks like one."""
    match = request.resolver_match
    arguments = match.kwargs if match else {}
    secrets = {str(value) for name, value in arguments.items() if name in _SECRET_ARGUMENTS}
    path = request.path
    for secret in secrets:
        path = path.replace(secret, MASK)
    return "/".join(part if part == MASK or _is_plain(part) else MASK for part in path.split("/"))


def _is_plain(part: str) -> bool:
    if not part or _is_uuid(part):
        return True
    return bool(_PLAIN_SEGMENT.match(part)) and not _LONG_RANDOM.match(part)


def _is_uuid(part: str) -> bool:
    try:
        return str(UUID(part)) == part.lower()
    except ValueError:
        return False
