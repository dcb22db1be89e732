"""Pages about what each role may do."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from tenant_apps.team import selectors
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import WorkspaceForm, save_form
from tenant_apps.team.member_forms import RoleForm
from tenant_apps.team.models import Role
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace
from tenant_apps.team.products import product_config
from tenant_apps.team.services import roles as services


@permission_required("team.manage_roles")
@require_safe
def roles(request: StaffRequest) -> HttpResponse:
    """All roles, and how many people have each."""
    total = len(product_config(request.tenant.product).all_permissions())
    rows = [(role, len(selectors.role_standing(role).codes)) for role in selectors.roles_with_counts()]
    return render_workspace(request, "team/roles.html", {"rows": rows, "total": total})


@permission_required("team.manage_roles")
@require_http_methods(["GET", "HEAD", "POST"])
def new_role(request: StaffRequest) -> HttpResponse:
    """Add a role."""
    form = _form(request, None)
    if request.method == "POST":
        made = save_form(
            form,
            lambda: services.create_role(
                role_id=form.cleaned_data["key"],
                name=form.cleaned_data["name"],
                permissions=form.wanted,
                by=request.user,
            ),
        )
        if made:
            messages.success(request, _("The role “%(name)s” was added.") % {"name": made})
            return redirect("team:roles")
    return render_workspace(request, "team/role_form.html", {"form": form}, status=_status(form))


@permission_required("team.manage_roles")
@require_http_methods(["GET", "HEAD", "POST"])
def role(request: StaffRequest, key: str) -> HttpResponse:
    """What a role may do, who has it, and both to change."""
    found = _role_or_404(key)
    form = _form(request, found)
    if request.method == "POST":
        saved = save_form(
            form,
            lambda: services.save_role(
                role=found, name=form.cleaned_data["name"], permissions=form.wanted, by=request.user
            ),
        )
        if saved:
            messages.success(request, _("The role “%(name)s” was saved.") % {"name": saved})
            return redirect("team:roles")
    context = {"form": form, "role": found, "holders": selectors.holders_of(found)}
    return render_workspace(request, "team/role_form.html", context, status=_status(form))


@permission_required("team.manage_roles")
@require_http_methods(["GET", "HEAD", "POST"])
def delete_role(request: StaffRequest, key: str) -> HttpResponse:
    """Delete a role, after asking."""
    found = _role_or_404(key)
    name = str(found)
    form = WorkspaceForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        save_form(form, lambda: services.delete_role(role=found, by=request.user))
        if not form.errors:
            messages.success(request, _("The role “%(name)s” was deleted.") % {"name": name})
            return redirect("team:roles")
    context = {"form": form, "role": found, "holders": selectors.holders_of(found)}
    return render_workspace(request, "team/delete_role.html", context, status=_status(form))


def _form(request: StaffRequest, found: Role | None) -> RoleForm:
    return RoleForm(
        request.POST if request.method == "POST" else None,
        role=found,
        product=product_config(request.tenant.product),
        mine=selectors.standing_of(request.user),
    )


def _role_or_404(key: str) -> Role:
    found = Role.objects.filter(key=key).first()
    if found is None:
        raise Http404
    return found


def _status(form: WorkspaceForm) -> int:
    return UNPROCESSABLE if form.errors else 200
