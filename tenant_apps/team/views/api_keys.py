"""Keys for programs: list, make, end."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from billing import quotas
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.api_key_forms import ApiKeyForm
from tenant_apps.team.forms import save_form
from tenant_apps.team.models import ApiKey
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace
from tenant_apps.team.selectors import ended_api_keys, open_api_keys
from tenant_apps.team.services.api_keys import FEATURE, create_api_key, revoke_api_key, scopes_of

MANAGE = "team.manage_api_keys"


@permission_required(MANAGE)
@require_safe
def api_keys(request: StaffRequest) -> HttpResponse:
    """All keys, the ended ones last."""
    context = {
        "keys": list(open_api_keys()),
        "ended": list(ended_api_keys()),
        "in_plan": FEATURE in request.tenant.features,
        "upgrade_url": quotas.upgrade_url(),
    }
    return render_workspace(request, "team/api_keys.html", context)


@permission_required(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def new_api_key(request: StaffRequest) -> HttpResponse:
    """Make a key, and show its text: on this one answer and nowhere else."""
    scopes = scopes_of(request.user)
    if request.method != "POST":
        form = ApiKeyForm(product=request.tenant.product, scopes=scopes)
        return render_workspace(request, "team/api_key_form.html", {"form": form})
    form = ApiKeyForm(request.POST, product=request.tenant.product, scopes=scopes)
    made = save_form(form, lambda: create_api_key(user=request.user, **form.values))
    if made is None:
        return render_workspace(request, "team/api_key_form.html", {"form": form}, status=UNPROCESSABLE)
    key, text = made
    return render_workspace(request, "team/api_key_made.html", {"key": key, "text": text})


@permission_required(MANAGE)
@require_http_methods(["GET", "HEAD", "POST"])
def end_api_key(request: StaffRequest, key_id: UUID) -> HttpResponse:
    """End a key, after a question."""
    key = ApiKey.objects.filter(pk=key_id).first()
    if key is None:
        raise Http404
    if request.method != "POST":
        return render_workspace(request, "team/end_api_key.html", {"key": key})
    revoke_api_key(key=key, user=request.user)
    messages.success(
        request, _("“%(name)s” was ended. Programs that use it are refused from now on.") % {"name": key.name}
    )
    return redirect("team:api_keys")
