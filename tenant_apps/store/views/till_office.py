"""What staff keep of the tills: registers, sessions with their counts, and what sales left to look at."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from tenant_apps.store.forms.till import RegisterForm
from tenant_apps.store.models import Register, TillSession, TillTask
from tenant_apps.store.presenting.till_report import drawer_part, report_paper
from tenant_apps.store.selectors import shop as the_shop
from tenant_apps.store.selectors import till as selectors
from tenant_apps.store.selectors.drawer import drawer_of
from tenant_apps.store.selectors.till_report import report_of
from tenant_apps.store.services import till as services
from tenant_apps.store.texts.till import METHODS, TASKS
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace


@permission_required("store.change_orders")
@require_safe
def sessions(request: StaffRequest) -> HttpResponse:
    """All sessions, with what was counted and what was missing."""
    page = selectors.list_sessions(page=request.GET.get("page", "1"))
    context = {"currency": the_shop().currency, "page": page, "has_registers": Register.objects.exists()}
    return _page(request, "sessions", context)


@permission_required("store.change_orders")
@require_safe
def session(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """One session: its money and its sales."""
    found = get_object_or_404(TillSession.objects.select_related("register", "opened_by", "closed_by"), pk=session_id)
    drawer, currency = drawer_of(found), the_shop().currency
    context = {
        "currency": currency,
        "session": found,
        "drawer": drawer_part(found, drawer, currency),
        "other_ways": [(METHODS[way.method], way.net_minor) for way in drawer.other_ways],
        "moves": found.moves.select_related("actor")[:200],
        "page": selectors.sales_of(found, page=request.GET.get("page", "1")),
    }
    return _page(request, "session", context)


@permission_required("store.change_orders")
@require_safe
def report(request: StaffRequest, session_id: UUID) -> HttpResponse:
    """The close-of-day report of a session, to be printed on paper of 80 mm, or on any other, by the browser."""
    found = get_object_or_404(TillSession.objects.select_related("register", "opened_by", "closed_by"), pk=session_id)
    shop = the_shop()
    context = {"session": found, "shop": shop, "report": report_paper(found, report_of(found), shop)}
    return render(request, "store/till/report.html", context)


@permission_required("store.change_orders")
@require_safe
def tasks(request: StaffRequest) -> HttpResponse:
    """What sales at the till left to look at."""
    done = request.GET.get("status") == "done"
    page = selectors.list_tasks(done=done, page=request.GET.get("page", "1"))
    for task in page.object_list:
        task.words = TASKS[task.kind]
        task.payload_text = json.dumps(task.sale.payload, indent=1, ensure_ascii=False)[:20_000]
    return _page(request, "tasks", {"currency": the_shop().currency, "page": page, "done": done})


@permission_required("store.change_orders")
@require_POST
def settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Somebody has looked at a task."""
    task = get_object_or_404(TillTask, pk=pk)
    services.settle_task(task=task, note=request.POST.get("note", "").replace("\x00", ""), by=request.user)
    messages.success(request, _("The task is settled."))
    return redirect("store:till_tasks")


@permission_required("store.change_shop")
@require_safe
def registers(request: StaffRequest) -> HttpResponse:
    """The tills of the shop."""
    return _page(request, "registers", {"registers": selectors.all_registers()})


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def new_register(request: StaffRequest) -> HttpResponse:
    """Add a till."""
    form = RegisterForm(request.POST or None)
    if request.method == "POST":
        made = save_form(form, lambda: services.create_register(details=form.details))
        if made is not None:
            messages.success(request, _("“%(name)s” was added.") % {"name": made.name})
            return redirect("store:till_registers")
    return _page(request, "register_form", {"form": form}, status=UNPROCESSABLE if request.method == "POST" else 200)


@permission_required("store.change_shop")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_register(request: StaffRequest, pk: int) -> HttpResponse:
    """Change a till, or put it away."""
    register = get_object_or_404(Register, pk=pk)
    if request.method != "POST":
        return _page(request, "register_form", {"form": RegisterForm.of(register), "register": register})
    form = RegisterForm(request.POST)
    changed = save_form(form, lambda: services.change_register(register=register, details=form.details))
    if changed is None:
        return _page(request, "register_form", {"form": form, "register": register}, status=UNPROCESSABLE)
    messages.success(request, _("“%(name)s” was saved.") % {"name": changed.name})
    return redirect("store:till_registers")


def _page(request: StaffRequest, name: str, context: dict[str, Any], *, status: int = 200) -> HttpResponse:
    shell = {"task_count": selectors.open_task_count(), "tab": name}
    return render_workspace(request, f"store/till/{name}.html", {**shell, **context}, status=status)
