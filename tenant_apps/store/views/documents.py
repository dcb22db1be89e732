"""Invoices, credit notes and receipts, for customers and for staff."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from billing.money import Money
from shared_apps.accounts.phones import show_phone
from shared_apps.core.context import own_url
from shared_apps.core.csv_export import csv_response
from shared_apps.core.downloads import SEALED
from shared_apps.core.qr import qr_svg
from shared_apps.documents.files import download
from tenant_apps.store import selectors
from tenant_apps.store.models import Invoice, Order
from tenant_apps.store.presenting import receipts
from tenant_apps.store.presenting.documents import DESK
from tenant_apps.store.rules.invoicing import percent_of_points
from tenant_apps.store.rules.months import Month
from tenant_apps.store.selectors import documents as found
from tenant_apps.store.selectors.orders import due_of, owed_of
from tenant_apps.store.services.invoices import note_journal_export
from tenant_apps.store.views.staff_orders import order_or_404
from tenant_apps.team.access import StaffRequest, TenantRequest, may, permission_required
from tenant_apps.team.pages import render_workspace

JOURNAL = (
    gettext_lazy("Date"), gettext_lazy("Document"), gettext_lazy("Number"), gettext_lazy("Order"),
    pgettext_lazy("document", "Credits invoice"), gettext_lazy("Customer"), pgettext_lazy("document", "Total excl. tax"), gettext_lazy("Tax"),
    gettext_lazy("Rate in %"), gettext_lazy("Tax amount"), pgettext_lazy("document", "Total incl. tax"), gettext_lazy("Currency"),
)  # fmt: skip
KINDS = {
    Invoice.Kind.INVOICE: gettext_lazy("Invoice"),
    Invoice.Kind.CREDIT_NOTE: gettext_lazy("Credit note"),
}


@login_not_required
@never_cache
@require_safe
def order_invoice(request: TenantRequest, order_id: UUID) -> FileResponse:
    """The invoice of an order, for whoever has its secret link."""
    invoice = found.invoice_of(order_id)
    if invoice is None:
        raise Http404
    return download(invoice, DESK, who=str(order_id))


@login_not_required
@never_cache
@require_safe
def order_document(request: TenantRequest, order_id: UUID, number: str) -> FileResponse:
    """The invoice or a credit note of an order, for whoever has its secret link."""
    one = found.document_by_number(number)
    if one is None or one.order_id != order_id:
        raise Http404
    return download(one, DESK, who=str(order_id))


@permission_required("store.view_orders")
@require_safe
def documents(request: StaffRequest) -> HttpResponse:
    """Every invoice and credit note, by month, kind and number."""
    month = Month.parse(request.GET.get("month", ""))
    kind, query = request.GET.get("kind", ""), request.GET.get("q", "").strip()[:30]
    months = found.months_with_documents()
    page = found.documents_page(month=month, kind=kind, query=query, page=request.GET.get("page", "1"))
    context = {
        "page": page,
        "rows": [{"it": one, "kind": KINDS[Invoice.Kind(one.kind)], "total": one.booked[2]} for one in page],
        "months": [{"value": str(one), "first": one.first, "chosen": one == month} for one in months],
        "kinds": [{"value": value, "label": label, "chosen": value == kind} for value, label in KINDS.items()],
        "journal_month": (month or months[0]) if may(request, "store.view_reports") else None,
        "query": query,
        "is_empty": not page.object_list and not (month or query or kind in Invoice.Kind.values),
    }
    return render_workspace(request, "store/staff/documents.html", context)


@permission_required("store.view_reports")
@require_safe
def sales_journal(request: StaffRequest) -> HttpResponseBase:
    """A month's invoices and credit notes (else the last one's) as a table for the accountant; credit notes are below zero.
    Customers are named to those who may see orders."""
    month = Month.parse(request.GET.get("month", "")) or found.months_with_documents()[0]
    if request.method == "GET":
        note_journal_export(month=str(month), by=request.user)
    filename = f"{pgettext('file name', 'sales')}-{month}.csv"
    return csv_response(
        filename=filename, header=JOURNAL, rows=_journal_rows(month, with_people=may(request, "store.view_orders"))
    )


def _journal_rows(month: Month, *, with_people: bool) -> Iterator[list[Any]]:
    for one in found.journal(month):
        net, tax, total = one.booked
        rate = percent_of_points(one.tax_rate_bp)
        yield [
            one.issued_on.isoformat(), str(KINDS[Invoice.Kind(one.kind)]), one.number, one.order.number,
            one.original.number if one.original else "", one.customer["name"] if with_people else "", net.as_decimal(), one.tax_name, rate,
            tax.as_decimal(), total.as_decimal(), one.currency,
        ]  # fmt: skip


@permission_required("store.view_orders")
@require_safe
def document(request: StaffRequest, number: str) -> FileResponse:
    """The file of an invoice or a credit note."""
    one = found.document_by_number(number)
    if one is None:
        raise Http404
    return download(one, DESK, who=str(request.user.pk))


@permission_required("store.view_orders")
@require_safe
def receipt(request: StaffRequest, number: str) -> HttpResponse:
    """An order's receipt, to be printed on paper of 80 mm by the browser."""
    order = order_or_404(number)
    told = _receipt_of(order)
    context = {
        "order": order,
        "receipt": told,
        "qr": mark_safe(qr_svg(told.url)),  # noqa: S308  # drawn by us: paths and numbers only
        "crumbs": [
            {"url": reverse("store:staff_orders"), "label": _("Orders")},
            {"url": reverse("store:staff_order", args=[order.number]), "label": order.number},
            {"label": _("Receipt")},
        ],
    }
    return render(request, "store/staff/receipt.html", context)


@permission_required("store.view_orders")
@require_safe
def receipt_bytes(request: StaffRequest, number: str) -> HttpResponse:
    """An order's receipt as a thermal printer takes it (ESC/POS)."""
    order = order_or_404(number)
    headers = {**SEALED, "Content-Disposition": f'attachment; filename="{order.number}.bin"'}
    return HttpResponse(
        receipts.escpos_bytes(_receipt_of(order)), content_type="application/octet-stream", headers=headers
    )


def _receipt_of(order: Order) -> receipts.Receipt:
    shop = selectors.shop()
    return receipts.receipt_of(
        order=order,
        lines=order.lines.all(),
        shop=shop,
        phone=show_phone(shop.phone),
        moment=timezone.localtime(order.confirmed_at or order.created_at),
        payments=found.payments_of(order),
        due=Money(due_of(order), order.currency),
        owed=Money(owed_of(order), order.currency),
        given=found.cash_handed_over(order),
        url=own_url(f"{reverse('store:home')}orders/{order.pk}/"),
    )
