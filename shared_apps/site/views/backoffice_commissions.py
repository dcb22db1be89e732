"""The back office's pages of tenants' sales: what we owe, the statements, and paying them out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_safe

from billing.models import Payout
from billing.services.commissions import note_export
from billing.services.payouts import approve_payout, confirm_payout, mark_payout_paid, send_back_payout
from shared_apps.audit.texts import timeline
from shared_apps.core.csv_export import csv_response
from shared_apps.core.errors import DomainError
from shared_apps.core.forms import show_error
from shared_apps.organisations.models import Organisation
from shared_apps.site import commissions_desk as desk
from shared_apps.site.backoffice import history_of_resource
from shared_apps.site.forms.payouts import PaidForm, month_of
from shared_apps.site.views.backoffice import platform_admin, render_backoffice, room_tabs

PAGE = 25
UNPROCESSABLE = 422
_DECIDE: dict[str, Callable[..., Payout]] = {
    "approve": approve_payout,
    "confirm": confirm_payout,
    "send_back": send_back_payout,
}


@require_safe
@platform_admin
def balances(request: HttpRequest) -> HttpResponse:
    """What we owe each organisation of what it sold."""
    page = Paginator(desk.places(), PAGE).get_page(request.GET.get("page"))
    rows = desk.balance_rows(page.object_list)
    return render_backoffice(request, "commissions.html", {"page": page, "rows": rows, **_rooms("commissions")})


@require_safe
@platform_admin
def sales(request: HttpRequest, id: UUID) -> HttpResponse:
    """The sales of one organisation, with our commission on each."""
    organisation = get_object_or_404(Organisation, pk=id)
    page = Paginator(desk.commissions(organisation_id=id), PAGE).get_page(request.GET.get("page"))
    rows = list(desk.commission_rows(page.object_list))
    context = {"seller": organisation, "page": page, "rows": rows, "sums": desk.open_sums(organisation)}
    return render_backoffice(request, "commission_sales.html", {**context, "nav_current": "backoffice_commissions"})


@require_safe
@platform_admin
def export(request: HttpRequest) -> HttpResponseBase:
    """Sales as CSV, of one month (`?month=2026-11`) or all."""
    month = month_of(request.GET.get("month", ""))
    label = f"{month:%Y-%m}" if month else ""
    note_export(admin=request.user, month=label)
    header = [
        _("Date"), _("Organisation"), _("Reference"), _("What"), _("Held by"), _("Method"), _("Amount"), _("Rate (%)"),
        _("Commission"), _("Currency"), _("Statement"),
    ]  # fmt: skip
    rows = (desk.csv_row(one) for one in desk.commissions(month=month).iterator(chunk_size=500))
    name = f"commissions-{label or pgettext('file name', 'all')}.csv"
    return csv_response(filename=name, header=header, rows=rows)


@require_safe
@platform_admin
def payouts(request: HttpRequest) -> HttpResponse:
    """Statements, by what they wait for."""
    context = _rooms("payouts")
    shown, counts = request.GET.get("show", ""), context["counts"]
    if shown not in desk.STATES:
        shown = next((one for one in desk.STATES if counts.get(one)), Payout.Status.DRAFT)
    page = Paginator(desk.payouts(shown), PAGE).get_page(request.GET.get("page"))
    filters = [
        {"url": f"?show={key}", "label": label, "current": key == shown, "count": counts.get(key, 0)}
        for key, (label, _tone) in desk.STATES.items()
    ]
    rows = desk.payout_rows(page.object_list)
    return render_backoffice(request, "payouts.html", {**context, "page": page, "rows": rows, "filters": filters})


@require_http_methods(["GET", "HEAD", "POST"])
@platform_admin
def payout(request: HttpRequest, id: UUID) -> HttpResponse:
    """One statement: approve it, agree to it, hold it back, or say that it was paid."""
    found = desk.get_payout(id)
    form = PaidForm(request.POST if request.POST.get("decision") == "paid" else None)
    if request.method == "POST":
        answer = _decide(request, found, form)
        if answer:
            return answer
    page = Paginator(desk.commissions().filter(payout=found), PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        **desk.payout_rows([found])[0],
        "form": form,
        "page": page,
        "rows": list(desk.commission_rows(page.object_list)),
        "events": timeline(history_of_resource(found)),
        "is_mine": found.approved_by_id == request.user.pk,
        "nav_current": "backoffice_commissions",
    }
    return render_backoffice(request, "payout.html", context, status=UNPROCESSABLE if form.errors else 200)


def _decide(request: HttpRequest, found: Payout, form: PaidForm) -> HttpResponse | None:
    decision = request.POST.get("decision", "")
    try:
        if decision == "paid":
            if not form.is_valid():
                return None
            data = form.cleaned_data
            made = mark_payout_paid(
                payout=found, admin=request.user, method=data["payout_method"], reference=data["reference"]
            )
        elif decision in _DECIDE:
            made = _DECIDE[decision](payout=found, admin=request.user)
        else:
            messages.warning(request, _("Choose what becomes of the statement."))
            return redirect("backoffice_payout", id=found.pk)
    except DomainError as error:
        if error.field in form.fields and form.is_bound:
            show_error(form, error)
            return None
        messages.warning(request, str(error))
        return redirect("backoffice_payout", id=found.pk)
    state = desk.STATES[made.status][0]
    messages.success(request, _("%(number)s · %(state)s") % {"number": made.number, "state": state})
    return redirect("backoffice_payouts")


def _rooms(current: str) -> dict[str, Any]:
    """The rooms of commissions, with how many statements wait."""
    counts = desk.waiting_counts()
    labels = {"commissions": _("Balances"), "payouts": _("Statements")}
    return {
        "counts": counts,
        "tabs": room_tabs(labels, current=current, counts={"payouts": sum(counts.values())}),
    }
