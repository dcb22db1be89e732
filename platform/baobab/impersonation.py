"""What a session of an impersonation may do on a tenant's host."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import replace

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST
from django_tenants.utils import schema_context

from shared_apps.accounts.admins import is_platform_admin
from shared_apps.accounts.impersonation import marked_impersonation
from shared_apps.core.context import platform_url
from shared_apps.core.request_info import request_info, set_request_info
from shared_apps.organisations.models import Impersonation
from shared_apps.organisations.services.impersonation import end_impersonation

GetResponse = Callable[[HttpRequest], HttpResponse]

END = "/impersonation/end/"
LOG_OUT = "/accounts/logout/"
ALWAYS = (END, LOG_OUT, "/i18n/setlang/")
# A person's own affairs, customers' identity papers, and what would outlast the visit: password, factors, keys.
NEVER = ("/accounts/", "/enter/", "/staff/identity/", "/staff/api-keys/")
# May be looked at: who works here, how people log in, and what was done. A change would outlast the visit, too.
LOOK_ONLY = ("/staff/team/", "/staff/accounts/", "/staff/audit/")
SAFE = ("GET", "HEAD", "OPTIONS")


class ImpersonationMiddleware:
    """Reads the platform's row at every request of such a session, and refuses what the visit does not include.

    An ended or expired one loses its session at once. `request.impersonation` is what the banner shows; audit entries
    name the admin.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        impersonation_id = marked_impersonation(request) if request.tenant else None
        if impersonation_id is None:
            return self.get_response(request)
        visit = _open_visit(impersonation_id, request.tenant.pk)
        if visit is None:
            request.session.flush()
            return render(
                request, "impersonation/ended.html", {"platform_url": platform_url("/backoffice/")}, status=403
            )
        request.impersonation = visit
        set_request_info(replace(request_info(), impersonator=visit.admin.email))
        refusal = _refusal(request, visit)
        if refusal:
            return render(request, "impersonation/refused.html", {"why": refusal}, status=403)
        response = self.get_response(request)
        if request.path == LOG_OUT and request.method == "POST":
            end_visit(impersonation_id)
        return response


def _open_visit(impersonation_id: uuid.UUID, tenant_id: uuid.UUID) -> Impersonation | None:
    with schema_context("public"):
        visit = (
            Impersonation.objects.select_related("admin")
            .filter(
                pk=impersonation_id,
                organisation_id=tenant_id,
                ended_at__isnull=True,
                expires_at__gt=timezone.now(),
                admin__is_active=True,
            )
            .first()
        )
        return visit if visit and is_platform_admin(visit.admin) else None


def end_visit(impersonation_id: uuid.UUID) -> None:
    """End it on the platform, from a tenant's host."""
    with schema_context("public"):
        end_impersonation(impersonation_id=impersonation_id)


@login_not_required
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """The "End" button of the banner. Nothing to end is no error."""
    impersonation_id = marked_impersonation(request)
    if impersonation_id is None:
        return redirect("/")
    end_visit(impersonation_id)
    del request.impersonation
    return _over(request)


def _over(request: HttpRequest, *, status: int = 200) -> HttpResponse:
    # A page with a link: browsers refuse a form that leads to another host.
    request.session.flush()
    back = platform_url(f"/backoffice/organisations/{request.tenant.pk}/")
    return render(request, "impersonation/ended.html", {"back_office_url": back}, status=status)


def _refusal(request: HttpRequest, visit: Impersonation) -> str:
    """Why this request is not part of the visit: "private", "outlasts", "read_only", or "" when it is."""
    if request.path in ALWAYS:
        return ""
    if request.path.startswith(NEVER):
        return "private"
    if request.path.startswith(LOOK_ONLY) and request.method not in SAFE:
        return "outlasts"
    return "read_only" if visit.read_only and request.method not in SAFE else ""
