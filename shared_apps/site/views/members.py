"""The people of an organisation: who belongs to it, who is invited, and who owns it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from shared_apps.accounts.confirm import ask_confirmation, confirmation_required, is_confirmed
from shared_apps.core.errors import DomainError, NotAllowed, NotFound
from shared_apps.core.forms import show_error
from shared_apps.organisations.models import Membership
from shared_apps.organisations.policies import invitable_roles, manageable_roles, may_manage
from shared_apps.organisations.selectors import access_membership, members_of, open_invitations_of
from shared_apps.organisations.services import invitations, members
from shared_apps.organisations.services.locks import not_yours
from shared_apps.site.forms.members import ROLES, InviteForm, RoleForm, TransferForm
from shared_apps.site.portal import render_portal

UNPROCESSABLE = 422


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, id: UUID) -> HttpResponse:
    """Everybody in the organisation, the open invitations, and the form that sends one."""
    place = access_membership(request.user, id)
    roles = invitable_roles(place.role)
    if request.method != "POST":
        return _people_page(request, place, InviteForm(roles=roles, initial={"role": Membership.Role.MEMBER}))
    if not roles:
        raise not_yours()
    form = InviteForm(request.POST, roles=roles)
    if form.is_valid():
        try:
            sent = invitations.invite(organisation_id=id, by=request.user, **form.cleaned_data)
        except NotAllowed:
            raise
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("An invitation is on its way to %(email)s.") % {"email": sent.email})
            return redirect("organisation_members", id=id)
    return _people_page(request, place, form, status=UNPROCESSABLE)


def _people_page(request: HttpRequest, place: Membership, form: InviteForm, *, status: int = 200) -> HttpResponse:
    people = list(members_of(place.organisation))
    rows = [
        {
            "member": one,
            "role": ROLES[one.role],
            "is_me": one.pk == place.pk,
            "can_change": one.pk != place.pk and may_manage(place.role, one.role),
        }
        for one in people
    ]
    senders: dict[UUID | None, str] = {one.user_id: one.role for one in people if one.user.is_active}
    waiting = [
        {
            "invitation": one,
            "role": ROLES[one.role],
            "has_ended": one.has_expired or not may_manage(senders.get(one.invited_by_id, ""), one.role),
            "can_change": may_manage(place.role, one.role),
        }
        for one in open_invitations_of(place.organisation)
    ]
    context = {
        "rows": rows,
        "waiting": waiting,
        "form": form if invitable_roles(place.role) else None,
        "can_transfer": place.role == Membership.Role.OWNER and len(rows) > 1,
    }
    return render_portal(request, place, "members.html", context, status=status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def person(request: HttpRequest, id: UUID, member: int) -> HttpResponse:
    """One member: another role, or the end of their place."""
    place = access_membership(request.user, id)
    shown = _access_member(place, member)
    if shown.pk == place.pk or not may_manage(place.role, shown.role):
        raise not_yours()
    roles = manageable_roles(place.role)
    form = RoleForm(request.POST or None, roles=roles, initial={"role": request.GET.get("role", shown.role)})
    if request.method == "POST" and form.is_valid():
        if form.cleaned_data["role"] == Membership.Role.OWNER and not is_confirmed(request):
            return ask_confirmation(request, role=Membership.Role.OWNER)
        try:
            members.change_role(organisation_id=id, member_id=member, by=request.user, **form.cleaned_data)
        except NotAllowed:
            raise
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The role is changed. It holds at once."))
            return redirect("organisation_members", id=id)
    status = UNPROCESSABLE if form.errors else 200
    return render_portal(request, place, "member.html", {"member": shown, "form": form}, status=status)


@require_POST
def remove(request: HttpRequest, id: UUID, member: int) -> HttpResponse:
    """End somebody's place."""
    shown = _access_member(access_membership(request.user, id), member)
    members.remove_member(organisation_id=id, member_id=member, by=request.user)
    messages.success(request, _("%(name)s no longer belongs to the organisation.") % {"name": shown.user})
    return redirect("organisation_members", id=id)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: HttpRequest, id: UUID) -> HttpResponse:
    """Give up one's own place, after a page that says what that means."""
    place = access_membership(request.user, id)
    if request.method != "POST":
        return render_portal(request, place, "leave.html")
    members.leave(organisation_id=id, user=request.user)
    messages.success(request, _("You have left %(name)s.") % {"name": place.organisation.name})
    return redirect("organisations")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def transfer(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """Hand the organisation over to another member. Strangers are turned away before they are asked who they are."""
    place = access_membership(request.user, id)
    if place.role != Membership.Role.OWNER:
        raise not_yours()
    return _transfer(request, place)


@confirmation_required
def _transfer(request: HttpRequest, place: Membership) -> HttpResponse:
    others = members_of(place.organisation).exclude(pk=place.pk)
    form = TransferForm(request.POST or None, members=others, organisation_name=place.organisation.name)
    if request.method == "POST" and form.is_valid():
        try:
            members.transfer_ownership(
                organisation_id=place.organisation_id, member_id=int(form.cleaned_data["member"]), by=request.user
            )
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("The organisation has a new owner. You are an administrator now."))
            return redirect("organisation", id=place.organisation_id)
    context: dict[str, Any] = {"form": form, "others": others}
    return render_portal(request, place, "transfer.html", context, status=UNPROCESSABLE if form.errors else 200)


@require_POST
def resend(request: HttpRequest, id: UUID, invitation: UUID) -> HttpResponse:
    """Send an invitation again."""
    access_membership(request.user, id)
    try:
        sent = invitations.resend_invitation(organisation_id=id, invitation_id=invitation, by=request.user)
    except NotAllowed:
        raise
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("A new link is on its way to %(email)s.") % {"email": sent.email})
    return redirect("organisation_members", id=id)


@require_POST
def revoke(request: HttpRequest, id: UUID, invitation: UUID) -> HttpResponse:
    """Take an invitation back."""
    access_membership(request.user, id)
    invitations.revoke_invitation(organisation_id=id, invitation_id=invitation, by=request.user)
    messages.success(request, _("The invitation is taken back. Its link no longer works."))
    return redirect("organisation_members", id=id)


def _access_member(place: Membership, member_id: int) -> Membership:
    member = members_of(place.organisation).filter(pk=member_id).first()
    if member is None:
        raise NotFound
    return member
