"""Pages about invitations: sending them, and accepting one."""

from __future__ import annotations

from uuid import UUID

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from billing import quotas
from shared_apps.accounts.confirm import ask_confirmation, is_confirmed
from shared_apps.accounts.models import User
from shared_apps.core.errors import DomainError
from tenant_apps.team import selectors
from tenant_apps.team.access import StaffRequest, TenantRequest, is_staff, permission_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.member_forms import InviteForm, JoinForm
from tenant_apps.team.models import Invitation, Role
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace
from tenant_apps.team.products import product_config
from tenant_apps.team.services import invitations as services


@permission_required("team.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: StaffRequest) -> HttpResponse:
    """Offer somebody a place."""
    form = InviteForm(
        request.POST if request.method == "POST" else None,
        initial={name: request.GET.get(name, "") for name in ("email", "role")},
        roles=selectors.roles_within(selectors.standing_of(request.user)),
        product=product_config(request.tenant.product),
    )
    if request.method == "POST":
        if form.is_valid() and form.chosen.key == Role.OWNER and not is_confirmed(request):
            return ask_confirmation(request, role=Role.OWNER, email=form.cleaned_data["email"])
        sent = save_form(
            form,
            lambda: services.invite(
                invitation_id=form.cleaned_data["key"],
                email=form.cleaned_data["email"],
                role=form.chosen,
                by=request.user,
            ),
        )
        if sent:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": sent.email})
            return redirect("team:members")
    limit = request.tenant.quota("users")
    is_full = limit is not None and selectors.staff_count() + selectors.promised_seats() >= limit
    context = {"form": form, "is_full": is_full, "limit": limit, "upgrade_url": quotas.upgrade_url()}
    return render_workspace(request, "team/invite.html", context, status=UNPROCESSABLE if form.errors else 200)


@permission_required("team.manage_members")
@require_POST
def change_invitation(request: StaffRequest, invitation_id: UUID) -> HttpResponse:
    """Send an invitation again, or take it back."""
    found = Invitation.objects.select_related("role").filter(pk=invitation_id).first()
    if found is None:
        raise Http404
    is_end = request.POST.get("action") == "revoke"
    if found.role.is_owner and not is_end and not is_confirmed(request):
        messages.info(request, _("Confirm who you are, then send the invitation again."))
        return ask_confirmation(request, back=reverse("team:members"))
    try:
        if is_end:
            services.revoke(invitation=found, by=request.user)
            text = _("The invitation of %(email)s was taken back.")
        else:
            services.resend(invitation=found, by=request.user)
            text = _("A new invitation is on its way to %(email)s.")
    except DomainError as error:
        messages.error(request, str(error.message))
    else:
        messages.success(request, text % {"email": found.email})
    return redirect("team:members")


@sensitive_post_parameters("password")
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: TenantRequest, token: str) -> HttpResponse:
    """Where the link of an invitation leads: join with one's account here, or with a new one."""
    try:
        found = services.access_invitation(token=token)
    except DomainError as error:
        if is_staff(request):
            return redirect("team:home")
        context = {"reason": error.message}
        return render(request, "team/invitation_over.html", context, status=error.status)
    if request.user.is_authenticated:
        return _join_as_oneself(request, request.user, found, token)
    if services.account_for(found):
        return render(request, "team/invitation.html", {"invitation": found, "must_log_in": True})
    return _join_as_new(request, found, token)


def _join_as_oneself(request: TenantRequest, user: User, found: Invitation, token: str) -> HttpResponse:
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        joined = save_form(form, lambda: services.accept(token=token, user=user))
        if joined:
            return _welcome(request)
    context = {"invitation": found, "form": form, "is_other": user.email != found.email}
    return render(request, "team/invitation.html", context, status=UNPROCESSABLE if form.errors else 200)


def _join_as_new(request: TenantRequest, found: Invitation, token: str) -> HttpResponse:
    form = JoinForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        joined = save_form(form, lambda: services.accept_as_new(token=token, **form.cleaned_data))
        if joined:
            perform_login(request, joined.user)
            return _welcome(request)
    context = {"invitation": found, "form": form, "is_new": True}
    return render(request, "team/invitation.html", context, status=UNPROCESSABLE if form.errors else 200)


def _welcome(request: TenantRequest) -> HttpResponse:
    messages.success(request, _("Welcome to the team of %(name)s.") % {"name": request.tenant.name})
    return redirect("team:home")
