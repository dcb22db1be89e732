"""Pages of the backup workspace. All of them are for staff."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from shared_apps.core.errors import DomainError
from tenant_apps.esxi import selectors, services
from tenant_apps.esxi.forms import RemoveForm, ServerForm
from tenant_apps.esxi.models import Server
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form, show_error
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("esxi.view_servers")
@require_safe
def dashboard(request: StaffRequest) -> HttpResponse:
    """What is protected, at a glance."""
    servers = list(selectors.servers())
    context = {
        "servers": servers,
        "limit": request.tenant.quota("esxi_servers"),
        "unreachable": [server for server in servers if server.status == Server.Status.UNREACHABLE],
    }
    return render_workspace(request, "esxi/dashboard.html", context)


@permission_required("esxi.view_servers")
@require_safe
def servers(request: StaffRequest) -> HttpResponse:
    """All servers."""
    context = {"servers": list(selectors.servers()), "limit": request.tenant.quota("esxi_servers")}
    return render_workspace(request, "esxi/servers.html", context)


@sensitive_post_parameters("password")
@permission_required("esxi.change_servers")
@require_http_methods(["GET", "HEAD", "POST"])
def new_server(request: StaffRequest) -> HttpResponse:
    """Add a server."""
    if request.method != "POST":
        return render_workspace(request, "esxi/server_form.html", {"form": ServerForm()})
    form = ServerForm(request.POST)
    server = save_form(form, lambda: services.add_server(server_id=form.cleaned_data["key"], details=form.details))
    if server is None:
        return render_workspace(request, "esxi/server_form.html", {"form": form}, status=UNPROCESSABLE)
    messages.success(request, _("“%(name)s” was added. Its password is stored encrypted.") % {"name": server.name})
    return redirect("esxi:servers")


@sensitive_post_parameters("password")
@permission_required("esxi.change_servers")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_server(request: StaffRequest, server_id: UUID) -> HttpResponse:
    """Change a server."""
    server = _server_or_404(server_id)
    if request.method != "POST":
        form = ServerForm(initial=ServerForm.values_of(server), server=server)
        return render_workspace(request, "esxi/server_form.html", {"form": form, "server": server})
    form = ServerForm(request.POST, server=server)
    changed = save_form(form, lambda: services.change_server(server=server, details=form.details))
    if changed is None:
        context = {"form": form, "server": server}
        return render_workspace(request, "esxi/server_form.html", context, status=UNPROCESSABLE)
    messages.success(request, _("“%(name)s” was saved.") % {"name": changed.name})
    return redirect("esxi:servers")


@permission_required("esxi.change_servers")
@require_http_methods(["GET", "HEAD", "POST"])
def remove_server(request: StaffRequest, server_id: UUID) -> HttpResponse:
    """Forget a server, after its name was typed."""
    server = _server_or_404(server_id)
    if request.method != "POST":
        return render_workspace(request, "esxi/remove_server.html", {"form": RemoveForm(), "server": server})
    form = RemoveForm(request.POST)
    if form.is_valid():
        try:
            services.remove_server(server=server, typed_name=form.cleaned_data["name"])
        except DomainError as error:
            show_error(form, error)
        else:
            messages.success(request, _("“%(name)s” was removed.") % {"name": server.name})
            return redirect("esxi:servers")
    return render_workspace(request, "esxi/remove_server.html", {"form": form, "server": server}, status=UNPROCESSABLE)


def _server_or_404(server_id: UUID) -> Server:
    server = selectors.server_by_id(server_id)
    if server is None:
        raise Http404
    return server
