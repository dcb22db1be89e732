"""Errors as pages (or JSON for API callers), each with a way out."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from shared_apps.core.context import platform_url
from shared_apps.core.errors import DomainError
from shared_apps.core.way_back import page_behind

_DETAILS = {
    "bad_request": _("The request cannot be understood."),
    "csrf": _("The form has expired. Go back and send it again: nothing is lost."),
    "forbidden": _("You may not do this."),
    "method_not_allowed": _("This address does not take that."),
    "not_found": _("There is nothing here."),
    "subscription_suspended": _(
        "Nothing was changed: this workspace can only be read until its subscription is renewed."
    ),
    "subscription_held": _("Nothing was changed: this workspace can only be read. Its owner can write to our team."),
    "workspace_closed": _("This site is closed for now."),
}


def wants_json(request: HttpRequest) -> bool:
    """API paths answer in JSON whatever they are asked for."""
    return request.path.startswith("/api/")


def render_domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """A DomainError that no form or API view has turned into something closer to its field."""
    if wants_json(request):
        return JsonResponse(error_body(error), status=error.status)
    return render(request, "errors/domain.html", {"error": error}, status=error.status)


def error_body(error: DomainError) -> dict[str, Any]:
    """The API's form of an error: a stable code, a text for people, and the fields concerned."""
    body: dict[str, Any] = {"code": error.code, "detail": str(error.message), **error.extra}
    if error.field:
        body["fields"] = {error.field: [str(error.message)]}
    return body


def render_unknown_host(request: HttpRequest) -> HttpResponse:
    """A host that leads nowhere: never says whether it once did."""
    return _plain(request, "errors/unknown_host.html", 404, {"platform_url": platform_url("/")}, "not_found")


def render_read_only(request: HttpRequest, *, standing: str, pay_url: str) -> HttpResponse:
    """Refuses a change in a workspace that can only be read: says why, that nothing is lost, and who opens it again.

    `pay_url` is empty for whoever cannot pay.
    """
    code = "subscription_held" if standing == "held" else "subscription_suspended"
    return _plain(request, "errors/suspended.html", 403, {"standing": standing, "pay_url": pay_url}, code)


def render_closed(request: HttpRequest) -> HttpResponse:
    """What customers see of a workspace that can only be read."""
    return _plain(request, "errors/closed.html", 403, {}, "workspace_closed")


def _plain(request: HttpRequest, template: str, status: int, context: dict[str, Any], code: str) -> HttpResponse:
    if wants_json(request):
        return JsonResponse({"code": code, "detail": str(_DETAILS[code])}, status=status)
    return render(request, template, context, status=status)


def render_method_not_allowed(request: HttpRequest, *, allowed: str) -> HttpResponse:
    """An address that only takes what a form sends, opened as a page, or the other way round."""
    response = _plain(request, "errors/405.html", 405, {}, "method_not_allowed")
    response["Allow"] = allowed
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """An expired form: nothing is lost, the page before still holds what was typed."""
    return _plain(request, "errors/csrf.html", 403, {"page": page_behind(request)}, "csrf")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "errors/404.html", 404, {}, "not_found")


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "errors/403.html", 403, {}, "forbidden")


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _plain(request, "errors/400.html", 400, {}, "bad_request")
