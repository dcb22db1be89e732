"""Where staff set up the ways to pay."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from billing.providers.base import ProviderRefused
from shared_apps.core.context import own_url
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import here
from shared_apps.core.throttle import check_rate
from tenant_apps.payments import demo, selectors
from tenant_apps.payments.forms import MethodForm
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.keys import SETUPS
from tenant_apps.payments.models import Method
from tenant_apps.payments.permissions import MANAGE_METHODS
from tenant_apps.payments.services.methods import move_method, save_method, switch_method
from tenant_apps.payments.services.methods import test_connection as ask_provider
from tenant_apps.payments.texts import CURRENCY_TEXTS, explain_failure
from tenant_apps.team.access import StaffRequest, permission_required
from tenant_apps.team.forms import save_form
from tenant_apps.team.pages import UNPROCESSABLE, render_workspace

HERE = "payments:staff_methods"
FEW = 3


@permission_required(MANAGE_METHODS)
@require_safe
def methods(request: StaffRequest) -> HttpResponse:
    """Every way to pay: those set up, in the order customers see them, then the others."""
    rows = selectors.method_rows()
    ready = [_shown(name, row) for name, row in rows.items()]
    others = [_shown(name, None) for name in SETUPS if name not in rows]
    hidden = [row for row in rows.values() if row.is_active and row.is_hidden]
    context = {"ready": ready, "others": others, "hidden": hidden}
    return render_workspace(request, "payments/staff/methods.html", context)


@permission_required(MANAGE_METHODS)
@require_http_methods(["GET", "HEAD", "POST"])
def method(request: StaffRequest, name: str) -> HttpResponse:
    """The keys of one way to pay."""
    if name not in SETUPS:
        raise Http404
    row = Method.objects.filter(pk=name).first()
    form = MethodForm(_typed(request, name) if request.method == "POST" else None, name=name, row=row)
    if request.method == "POST":
        saved = save_form(form, lambda: save_method(name=name, by=request.user, **form.values()))
        if saved is not None:
            messages.success(request, _("Saved. Secrets are sealed and are not shown again."))
            return redirect("payments:staff_method", name)
    context = {
        **_shown(name, row),
        "form": form,
        "can_try": demo.can_try(name),
        "webhook": own_url(reverse("payments:hook", args=[name])) if SETUPS[name].has_webhook else "",
        "crumbs": [{"url": reverse(HERE), "label": _("Ways to pay")}, {"label": Method.Name(name).label}],
    }
    status = UNPROCESSABLE if form.errors else 200
    return render_workspace(request, "payments/staff/method.html", context, status=status)


def _typed(request: StaffRequest, name: str) -> Any:
    """What was sent, with the simulator's keys in place of what was typed where that was asked for."""
    if "demonstration" not in request.POST or not demo.can_try(name):
        return request.POST
    data = request.POST.copy()
    for key, text in demo.typed_keys(name).items():
        data[key] = text
    return data


@permission_required(MANAGE_METHODS)
@require_POST
def switch(request: StaffRequest, name: str) -> HttpResponse:
    """Offer a way to pay, or stop offering it."""
    if name not in SETUPS:
        raise Http404
    try:
        changed = switch_method(name=name, is_active=request.POST.get("active") == "1", by=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect("payments:staff_method", name)
    text = _("Customers can now pay by: %(name)s.") if changed.is_active else _("No longer offered: %(name)s.")
    messages.success(request, text % {"name": changed})
    return redirect(HERE)


@permission_required(MANAGE_METHODS)
@require_POST
def move(request: StaffRequest, name: str) -> HttpResponse:
    """Show it earlier or later."""
    move_method(name=name, up=request.POST.get("up") == "1", by=request.user)
    return redirect(HERE)


@permission_required(MANAGE_METHODS)
@require_POST
def check(request: StaffRequest, name: str) -> HttpResponse:
    """Ask the provider whether the keys are good."""
    row = Method.objects.filter(pk=name).first()
    if row is None or name == Method.Name.CASH:
        raise Http404
    try:
        check_rate(action="check-keys", who=here(name), limit=10, seconds=300)
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect("payments:staff_method", name)
    found = ask_provider(name=name, by=request.user)
    if found.check_error:
        messages.warning(request, str(explain_failure(found.check_error)))
    else:
        messages.success(request, _("The provider knows these keys: payments can be taken."))
    return redirect("payments:staff_method", name)


def _few_currencies(row: Method) -> str:
    """The currencies of a way that takes few: in others customers do not see it, which an owner may wonder about."""
    try:
        taken = gateway(row).capabilities.currencies
    except ProviderRefused:
        return ""
    return ", ".join(str(CURRENCY_TEXTS.get(one, one)) for one in sorted(taken)) if len(taken) <= FEW else ""


def _shown(name: str, row: Method | None) -> dict[str, Any]:
    setup = SETUPS[name]
    return {
        "name": name,
        "label": Method.Name(name).label,
        "setup": setup,
        "row": row,
        "currencies": _few_currencies(row) if row else "",
        "can_check": bool(row) and name not in (Method.Name.CASH, Method.Name.BANK_TRANSFER),
        "check_text": explain_failure(row.check_error) if row and row.check_error else "",
    }
