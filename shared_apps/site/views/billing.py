"""An organisation's bills, for those who pay them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from billing.services.renewals import credit_at_hand
from shared_apps.core.csv_export import csv_response
from shared_apps.organisations.models import Membership
from shared_apps.organisations.services.billing_details import change_billing_details
from shared_apps.site import billing_page
from shared_apps.site.forms.billing import BillingForm
from shared_apps.site.portal import render_portal
from shared_apps.site.views.plan import UNPROCESSABLE, access_to_pay

PER_PAGE = 20


@never_cache
@require_safe
def invoices(request: HttpRequest, id: UUID) -> HttpResponse:
    """What is to be paid now, and every invoice and credit note."""
    place, subscription = access_to_pay(request, id)
    page = _page(request, billing_page.invoices_of(subscription))
    rows = list(billing_page.invoice_rows(page.object_list))
    context = {"page": page, "rows": rows, **billing_page.open_order(subscription)}
    return _render(request, place, "organisation_billing", "billing.html", context)


@never_cache
@require_safe
def orders(request: HttpRequest, id: UUID) -> HttpResponse:
    """Every order with its payments."""
    place, subscription = access_to_pay(request, id)
    page = _page(request, billing_page.orders_of(subscription))
    rows = list(billing_page.order_rows(page.object_list))
    return _render(request, place, "organisation_orders", "billing_orders.html", {"page": page, "rows": rows})


@never_cache
@require_safe
def credit(request: HttpRequest, id: UUID) -> HttpResponse:
    """What we owe the organisation, and how it came to that."""
    place, subscription = access_to_pay(request, id)
    page = _page(request, billing_page.movements_of(subscription))
    at_hand = credit_at_hand(subscription)
    context = {
        "page": page,
        "rows": list(billing_page.movement_rows(page.object_list)),
        "balance": at_hand,
        "aside": at_hand - subscription.credit,
    }
    return _render(request, place, "organisation_credit", "billing_credit.html", context)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def details(request: HttpRequest, id: UUID) -> HttpResponse:
    """To whom the next orders are billed."""
    place, _subscription = access_to_pay(request, id)
    form = BillingForm(request.POST if request.method == "POST" else None, organisation=place.organisation)
    if request.method == "POST" and form.is_valid():
        if change_billing_details(organisation_id=id, details=form.details(), actor=request.user):
            messages.success(request, _("Saved. Your next orders and invoices name these details."))
        return redirect("organisation_billing_details", id=id)
    return _render(request, place, "organisation_billing_details", "billing_details.html", {"form": form},
                   status=UNPROCESSABLE if form.errors else 200)  # fmt: skip


@require_safe
def export(request: HttpRequest, id: UUID) -> HttpResponseBase:
    """The invoices and credit notes as CSV; credit notes below zero, amounts as decimal numbers."""
    _place, subscription = access_to_pay(request, id)
    header = [_("Number"), _("Date"), _("Document"), _("What"), _("Before tax"), _("Tax"), _("Total"), _("Currency")]
    rows = (
        [one.number, timezone.localtime(one.issued_at).date().isoformat(), str(billing_page.DOCUMENTS[one.kind]),
         billing_page.what_of(one), *(amount.as_decimal() for amount in one.booked), one.currency]
        for one in billing_page.invoices_of(subscription).iterator(chunk_size=500)
    )  # fmt: skip
    name = f"{pgettext('file name', 'invoices')}-{timezone.localdate():%Y-%m-%d}.csv"
    return csv_response(filename=name, header=header, rows=rows)


def _page(request: HttpRequest, rows: QuerySet[Any]) -> Page[Any]:
    return Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))


def _render(
    request: HttpRequest, place: Membership, name: str, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    frame = {"sections": billing_page.tabs_of(place, name)}
    return render_portal(request, place, template, {**frame, **context}, status=status)
