"""What every request passes through: who it is, which tenant, which language, and how errors are shown."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware as DjangoLoginRequiredMiddleware
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone, translation
from redis.exceptions import RedisError

from baobab.products import PRODUCTS
from shared_apps.core.error_views import (
    render_domain_error,
    render_method_not_allowed,
    render_unknown_host,
    wants_json,
)
from shared_apps.core.errors import DomainError
from shared_apps.core.request_info import RequestInfo, request_info, reset_request_info, set_request_info
from shared_apps.core.way_back import ask_to_log_in
from shared_apps.organisations.current import normalise_host, tenant_of_host

GetResponse = Callable[[HttpRequest], HttpResponse]


class RequestContextMiddleware:
    """Gives each request an id, and logs and audit entries the means to name it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = str(uuid.uuid4())
        info = RequestInfo(
            request_id=request_id,
            ip=client_ip(request),
            user_agent=request.headers.get("User-Agent", "")[:300],
            country=client_country(request),
        )
        token = set_request_info(info)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                response = self.get_response(request)
            finally:
                reset_request_info(token)
        response["X-Request-ID"] = request_id
        return response


def client_ip(request: HttpRequest) -> str | None:
    """The caller's address: X-Forwarded-For is believed only as far as TRUSTED_PROXY_COUNT proxies wrote it."""
    proxies = settings.ALLAUTH_TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    if proxies and len(forwarded) >= proxies:
        return forwarded[-proxies]
    return request.META.get("REMOTE_ADDR") or None


def client_country(request: HttpRequest) -> str:
    """Where a proxy in front says the caller is: two letters in COUNTRY_HEADER, empty unless that is set."""
    said = request.headers.get(settings.COUNTRY_HEADER, "").upper() if settings.COUNTRY_HEADER else ""
    return said if re.fullmatch("[A-Z]{2}", said) else ""


class HeadersMiddleware:
    """What every answer says to browsers beyond Django's own headers, static files and errors too."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response


class HealthMiddleware:
    """`/healthz` (the process answers) and `/readyz` (the database too; the cache is only reported), on any host and without a session."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/healthz":
            return JsonResponse({"status": "ok"})
        if request.path == "/readyz":
            checks = {"database": _database_answers(), "cache": _cache_answers()}
            # Redis may be away: pages are served and transfers taken without it.
            ready = checks["database"]
            return JsonResponse({"status": "ok" if ready else "unavailable", **checks}, status=200 if ready else 503)
        return self.get_response(request)


def _database_answers() -> bool:
    try:
        connection.set_schema_to_public()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def _cache_answers() -> bool:
    try:
        cache.get("shared:ready")
    except RedisError:
        return False
    return True


class RefuseGarbageMiddleware:
    """Answers 400 to what no browser sends and no text column can hold, before anything reads it.

    NUL characters in path, query or cookies.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        garbage = (
            "\x00" in request.path
            or "%00" in request.META.get("QUERY_STRING", "")
            or any("\x00" in value for value in request.COOKIES.values())
        )
        if garbage:
            if wants_json(request):
                return JsonResponse({"code": "bad_request", "detail": "400 Bad Request"}, status=400)
            return HttpResponseBadRequest("400 Bad Request", content_type="text/plain")
        return self.get_response(request)


class TenantMiddleware:
    """Finds the tenant of the host and turns the connection, the URLconf and the clock to it; an unknown host gets a 404."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        connection.set_schema_to_public()
        host = normalise_host(request.META.get("HTTP_HOST", ""))
        request.tenant = None
        if host == settings.PLATFORM_HOST:
            request.urlconf = settings.ROOT_URLCONF
            return self.get_response(request)
        tenant = tenant_of_host(host)
        if tenant is None:
            with translation.override(settings.LANGUAGE_CODE):
                return render_unknown_host(request)
        request.tenant = tenant
        request.urlconf = PRODUCTS[tenant.product].urlconf
        connection.set_tenant(tenant)
        try:
            with structlog.contextvars.bound_contextvars(tenant=tenant.schema_name), timezone.override(tenant.zone):
                return self.get_response(request)
        finally:
            connection.set_schema_to_public()


class DeliveryMiddleware:
    """What providers deliver goes straight to its view: nothing further in has to do with it, and they wait."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.tenant is not None or not request.path.startswith("/hooks/"):
            return self.get_response(request)
        try:
            view, args, kwargs = resolve(request.path, settings.ROOT_URLCONF)
            return view(request, *args, **kwargs)
        except Resolver404:
            return self.get_response(request)
        except Http404:
            return HttpResponse(status=404)


class LanguageMiddleware:
    """French unless somebody chose otherwise: the choice is in a cookie, a tenant's own language is its default."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response
        self.known = {code for code, _ in settings.LANGUAGES}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        default = request.tenant.locale if request.tenant else settings.LANGUAGE_CODE
        language = chosen if chosen in self.known else default
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
        response.headers.setdefault("Content-Language", language)
        return response


class LoginRequiredMiddleware(DjangoLoginRequiredMiddleware):
    """Django's, but visitors come back to the page they were on, and read that what they sent was not taken."""

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:
        return ask_to_log_in(request)


class DomainErrorMiddleware:
    """Turns the one class of user-facing error, and a method that an address does not take, into a page or JSON; names the
    actor for the audit log."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 405 and not response.content:
            response = render_method_not_allowed(request, allowed=response["Allow"])
        if request.session.accessed and "_auth_user_id" in request.session:
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        set_request_info(replace(request_info(), user=getattr(request, "user", None)))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DomainError):
            return render_domain_error(request, exception)
        return None
