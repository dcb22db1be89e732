"""How the providers do, switching ways to pay, and what the nightly questions found."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from billing import gateways
from billing.messages import explain
from billing.models import PaymentMethod, ReconciliationFinding, ReconciliationRun
from billing.providers import reasons
from billing.providers.turns import turn_to_call
from billing.services.health import check_method, set_breaker, set_method_active
from shared_apps.core.errors import DomainError, NotFound
from shared_apps.core.throttle import check_rate
from shared_apps.site import provider_cards as desk
from shared_apps.site.forms.desk import PAYMENT_STATES
from shared_apps.site.views.backoffice import platform_admin, render_backoffice, room_tabs

PAGE = 50
# Seconds a click waits for its turn to ask a provider.
PATIENCE = 2.0
FINDINGS: dict[str, tuple[str | Promise, str]] = {
    ReconciliationFinding.Kind.LATE_SUCCESS: (gettext_lazy("Came late"), "success"),
    ReconciliationFinding.Kind.REVERSAL: (gettext_lazy("Taken back"), "warning"),
    ReconciliationFinding.Kind.DISAGREEMENT: (gettext_lazy("Does not agree"), "danger"),
}


@require_safe
@platform_admin
def providers(request: HttpRequest) -> HttpResponse:
    """Every way to pay: whether it is offered, what its provider last said, what became of its payments."""
    context = {"cards": desk.cards(), "now": timezone.now(), **rooms("providers")}
    return render_backoffice(request, "providers.html", context)


@require_POST
@platform_admin
def check(request: HttpRequest, name: str) -> HttpResponse:
    """Ask a provider now whether it would take our payments."""
    method = _method(name)
    shown = method
    try:
        check_rate(action="check-provider", who=name, limit=10, seconds=60)
    except DomainError as error:
        messages.warning(request, str(error))
        return redirect("backoffice_providers")
    with turn_to_call(patience=PATIENCE) as may_call:
        trouble = check_method(method=method) if may_call else None
    if not may_call:
        messages.warning(request, _("Others are waiting for a provider at the moment. Try again."))
    elif trouble is None:
        messages.success(request, _("%(method)s answers, and takes payments for us.") % {"method": shown})
    elif trouble.reason == reasons.MISCONFIGURED:
        text = _("%(method)s refuses our account: check its keys, rights and addresses. (%(detail)s)")
        messages.error(request, text % {"method": shown, "detail": trouble.detail[:100]})
    else:
        messages.error(request, _("%(method)s does not answer. (%(detail)s)") % {"method": shown, "detail": trouble.detail[:100]})  # fmt: skip
    return redirect("backoffice_providers")


@require_POST
@platform_admin
def switch(request: HttpRequest, name: str) -> HttpResponse:
    """Offer a way to pay, or not."""
    method, active = _method(name), request.POST.get("to") == "on"
    shown = {"method": method}
    try:
        set_method_active(method=method, active=active, admin=request.user)
    except DomainError as error:
        messages.warning(request, str(error))
    else:
        text = (
            _("%(method)s is offered again.") if active else _("%(method)s is no longer offered. Open payments go on.")
        )
        messages.success(request, text % shown)
    return redirect("backoffice_providers")


@require_POST
@platform_admin
def breaker(request: HttpRequest, name: str) -> HttpResponse:
    """Let a way to pay be hidden when its provider fails, or never."""
    method, on = _method(name), request.POST.get("to") == "on"
    set_breaker(method=method, on=on, admin=request.user)
    text = (
        _("%(method)s is hidden when it fails.") if on else _("%(method)s stays offered, whatever its provider says.")
    )
    messages.success(request, text % {"method": method})
    return redirect("backoffice_providers")


@require_safe
@platform_admin
def reconciliation(request: HttpRequest) -> HttpResponse:
    """The nights, and how many payments were asked about in each."""
    return render_backoffice(request, "reconciliation.html", {"runs": desk.runs(), **rooms("reconciliation")})


@require_safe
@platform_admin
def night(request: HttpRequest, id: int) -> HttpResponse:
    """One night: what was asked by method, and each payment of which the provider said something else."""
    run = ReconciliationRun.objects.prefetch_related("tallies__method").filter(pk=id).first()
    if run is None:
        raise NotFound
    findings = run.findings.select_related("payment__order__user", "payment__method")
    page = Paginator(findings, PAGE).get_page(request.GET.get("page"))
    context = {"run": run, "page": page, "rows": [_finding(one) for one in page.object_list]}
    return render_backoffice(request, "reconciliation_night.html", context)


def rooms(current: str) -> dict[str, Any]:
    """The rooms of providers."""
    labels = {"providers": _("Ways to pay"), "webhooks": _("Messages"), "reconciliation": _("Asked at night")}
    return {"tabs": room_tabs(labels, current=current)}


def _method(name: str) -> PaymentMethod:
    method = PaymentMethod.objects.select_related("health").filter(name=name).first()
    if method is None or name not in gateways.NAMES:
        raise NotFound
    return method


def _finding(finding: ReconciliationFinding) -> dict[str, Any]:
    words, tone = FINDINGS[finding.kind]
    return {
        "finding": finding,
        "words": words,
        "tone": tone,
        "before": PAYMENT_STATES.get(finding.before, finding.before),
        "after": PAYMENT_STATES.get(finding.after, finding.after),
        "why": explain(finding.reason).what if finding.reason else "",
    }
