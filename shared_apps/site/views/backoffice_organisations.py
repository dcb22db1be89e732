"""The back office's pages about organisations, and visits to their workspaces."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from shared_apps.accounts.confirm import confirmation_required
from shared_apps.audit.texts import timeline
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.forms import show_error
from shared_apps.organisations.models import Impersonation, Organisation
from shared_apps.organisations.selectors import primary_host
from shared_apps.organisations.services.impersonation import (
    end_impersonation,
    open_impersonations,
    staff_of,
    start_impersonation,
    visit_url,
)
from shared_apps.site import clients as desk
from shared_apps.site.forms.desk import JOB_STATES, STATES, ClientFilter, VisitForm
from shared_apps.site.forms.members import ROLES
from shared_apps.site.payment_rows import payment_row
from shared_apps.site.plan_texts import PRODUCTS
from shared_apps.site.views.backoffice import platform_admin, render_backoffice
from shared_apps.site.views.backoffice_subscriptions import card_of

UNPROCESSABLE = 422


@require_safe
@platform_admin
def organisations(request: HttpRequest) -> HttpResponse:
    """Every organisation, by search, state and product."""
    form = ClientFilter(request.GET)
    chosen = form.cleaned_data if form.is_valid() else {"q": "", "status": "", "product": ""}
    found = desk.clients(search=chosen["q"], status=chosen["status"], product=chosen["product"])
    page = Paginator(found, 25).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "rows": [_row(one) for one in page.object_list]}
    return render_backoffice(request, "organisations.html", context)


def _row(organisation: Organisation) -> dict[str, Any]:
    state, tone = STATES[Organisation.Status(organisation.status)]
    return {
        "subject": organisation,
        "host": primary_host(organisation),
        "product": PRODUCTS[organisation.product].name,
        "plan": organisation.plan_version.plan.display_name,
        "state": state,
        "tone": tone,
    }


@require_safe
@platform_admin
def organisation(request: HttpRequest, id: UUID) -> HttpResponse:
    """One organisation: people, addresses, money, workspace, and what happened."""
    found = desk.get_organisation(id)
    shown = desk.client(found)
    context = {
        **_row(found),
        "client": shown,
        "card": card_of(shown.subscription),
        "members": [{"member": one, "role": ROLES[one.role]} for one in shown.members],
        "payments": [payment_row(one) for one in shown.payments],
        "jobs": [{"job": one, "state": JOB_STATES[one.status]} for one in shown.jobs],
        "open_visits": open_impersonations(found),
        "events": timeline(shown.entries),
        "is_open": found.status == Organisation.Status.ACTIVE,
    }
    return render_backoffice(request, "organisation.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
@confirmation_required
def visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Look at a workspace as one of its people, with a reason; read-only unless chosen otherwise."""
    found = desk.get_organisation(id)
    if found.status != Organisation.Status.ACTIVE:
        messages.warning(request, _("This workspace is not open at the moment."))
        return redirect("backoffice_organisation", id=id)
    form = VisitForm(request.POST or None, people=staff_of(found))
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            start_impersonation(
                organisation=found,
                person_id=UUID(data["person"]),
                admin=request.user,
                reason=data["reason"],
                read_only=data["mode"] == "read",
            )
        except DomainError as error:
            show_error(form, error)
        else:
            # Not straight into the workspace: browsers refuse a form that leads to another host.
            messages.success(request, _("The visit has begun. Open the workspace below."))
            return redirect("backoffice_organisation", id=id)
    status = UNPROCESSABLE if form.errors else 200
    context = {**_row(found), "form": form, "minutes": int(Impersonation.LONGEST.total_seconds() // 60)}
    return render_backoffice(request, "visit.html", context, status=status)


@require_safe
@platform_admin
def open_visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """Into the workspace, for the admin who began the visit, while it goes on."""
    row = (
        Impersonation.objects.select_related("organisation__plan_version__plan")
        .filter(pk=id, admin_id=request.user.pk)
        .first()
    )
    if row is None or not row.is_open:
        raise NotFound
    return HttpResponseRedirect(visit_url(row))


@require_POST
@platform_admin
def end_visit(request: HttpRequest, id: UUID) -> HttpResponse:
    """End a visit at once, whoever began it."""
    row = Impersonation.objects.filter(pk=id).first()
    if row is None:
        raise NotFound
    if end_impersonation(impersonation_id=row.pk, by=request.user):
        messages.success(request, _("The visit is over."))
    return redirect("backoffice_organisation", id=row.organisation_id)
