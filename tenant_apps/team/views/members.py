"""Pages about who works here."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import quotas
from shared_apps.accounts.confirm import ask_confirmation, confirmation_required, is_confirmed
from shared_apps.core.context import platform_url
from tenant_apps.team import selectors
from tenant_apps.team.access import StaffRequest, owner_required, permission_required, staff_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.member_forms import RoleChoiceForm, TransferForm
from tenant_apps.team.models import Member, Role
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace
from tenant_apps.team.products import product_config
from tenant_apps.team.services import members as services


@permission_required("team.view_members")
@require_safe
def members(request: StaffRequest) -> HttpResponse:
    """Who works here, and who was invited."""
    mine = selectors.standing_of(request.user)
    people = list(selectors.members())
    invitations = list(selectors.open_invitations())
    used = len(people) + sum(map(selectors.may_be_accepted, invitations))
    limit = request.tenant.quota("users")
    context = {
        "people": [
            (member, member.user_id != request.user.pk and mine.reaches(selectors.role_standing(member.role)))
            for member in people
        ],
        "invitations": [
            (
                invitation,
                not selectors.may_be_accepted(invitation),
                mine.reaches(selectors.role_standing(invitation.role)),
            )
            for invitation in invitations
        ],
        "used": used,
        "limit": limit,
        "is_full": limit is not None and used >= limit,
        "upgrade_url": quotas.upgrade_url(),
        "is_owner": mine.is_owner,
    }
    return render_workspace(request, "team/members.html", context)


@permission_required("team.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def member(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """One member: who they are, and another role for them."""
    found = _member_or_404(user_id)
    mine = selectors.standing_of(request.user)
    may_change = found.user_id != request.user.pk and mine.reaches(selectors.role_standing(found.role))
    form = RoleChoiceForm(
        request.POST if request.method == "POST" else None,
        initial={"role": request.GET.get("role", found.role.key)},
        roles=selectors.roles_within(mine),
        product=product_config(request.tenant.product),
    )
    if request.method == "POST":
        if form.is_valid() and form.chosen.key == Role.OWNER and not is_confirmed(request):
            return ask_confirmation(request, role=Role.OWNER)
        changed = save_form(form, lambda: services.change_role(member=found, role=form.chosen, by=request.user))
        if changed:
            text = _("%(name)s now has the role “%(role)s”.")
            messages.success(request, text % {"name": changed, "role": changed.role})
            return redirect("team:members")
    context = {"member": found, "form": form, "may_change": may_change, "is_me": found.user_id == request.user.pk}
    return render_workspace(request, "team/member.html", context, status=_status(form))


@permission_required("team.manage_members")
@require_http_methods(["GET", "HEAD", "POST"])
def remove_member(request: StaffRequest, user_id: UUID) -> HttpResponse:
    """Take somebody's place, after asking."""
    found = _member_or_404(user_id)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        save_form(form, lambda: services.remove_member(member=found, by=request.user))
        if not form.errors:
            messages.success(request, _("%(name)s no longer works here.") % {"name": found})
            return redirect("team:members")
    return render_workspace(request, "team/remove_member.html", {"member": found, "form": form}, status=_status(form))


@owner_required
@confirmation_required
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: StaffRequest) -> HttpResponse:
    """Hand the workspace over to another member."""
    others = list(selectors.members().filter(user__is_active=True).exclude(user=request.user))
    form = TransferForm(
        request.POST if request.method == "POST" else None, others=others, organisation=request.tenant.name
    )
    if request.method == "POST":
        save_form(form, lambda: services.transfer_ownership(to=form.chosen, by=request.user))
        if not form.errors:
            messages.success(request, _("%(name)s is the owner now. You are an administrator.") % {"name": form.chosen})
            return redirect("team:members")
    context = {
        "form": form,
        "others": others,
        "portal_url": platform_url("/organisations/"),
        "owns_organisation": services.owns_organisation(request.user),
    }
    return render_workspace(request, "team/transfer.html", context, status=_status(form))


@staff_required
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: StaffRequest) -> HttpResponse:
    """Give up one's own place, after being asked."""
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        save_form(form, lambda: services.leave(user=request.user))
        if not form.errors:
            logout(request)
            messages.success(request, _("You have left the team of %(name)s.") % {"name": request.tenant.name})
            return redirect("account_login")
    context = {"form": form, "is_owner": selectors.standing_of(request.user).is_owner}
    return render_workspace(request, "team/leave.html", context, status=_status(form))


def _member_or_404(user_id: UUID) -> Member:
    found = selectors.members().filter(user_id=user_id).first()
    if found is None:
        raise Http404
    return found


def _status(form: WorkspaceForm) -> int:
    return UNPROCESSABLE if form.errors else 200
