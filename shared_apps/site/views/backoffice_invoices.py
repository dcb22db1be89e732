"""The back office's list of invoices and credit notes, their files, and their certificates."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from billing.models import Invoice
from billing.services.documents import try_certificate_again
from shared_apps.core.errors import NotFound
from shared_apps.site.billing_page import DOCUMENTS, what_of
from shared_apps.site.views.backoffice import platform_admin, render_backoffice
from shared_apps.site.views.backoffice_payments import PAGE, rooms

SHOWN: dict[str, tuple[str | Promise, Q]] = {
    "all": (pgettext_lazy("invoices", "All"), Q()),
    "no_file": (gettext_lazy("Without a file"), Q(pdf="")),
    "refused": (gettext_lazy("Refused by the tax office"), Q(fiscal_status=Invoice.Fiscal.FAILED)),
}
_FISCAL: dict[str, tuple[str | Promise, str]] = {
    Invoice.Fiscal.TO_CERTIFY: (gettext_lazy("Certificate awaited"), "warning"),
    Invoice.Fiscal.CERTIFIED: (gettext_lazy("Certified"), "success"),
    Invoice.Fiscal.FAILED: (gettext_lazy("Certificate refused"), "danger"),
}


@require_safe
@platform_admin
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes, the latest first; `q` is part of a number, an order's number or a customer."""
    name = request.GET.get("show", "")
    name = name if name in SHOWN else "all"
    q = request.GET.get("q", "")[:100]
    page = Paginator(_found(q).filter(SHOWN[name][1]), PAGE).get_page(request.GET.get("page"))
    context = {
        **rooms("invoices"),
        "page": page,
        "rows": [_row(one) for one in page.object_list],
        "filters": [{"key": key, "label": label, "current": key == name} for key, (label, _which) in SHOWN.items()],
        "q": q,
        "shown": name,
    }
    return render_backoffice(request, "invoices.html", context)


@require_POST
@platform_admin
def certify(request: HttpRequest, id: UUID) -> HttpResponse:
    """Ask the tax office again about a document that it refused."""
    found = Invoice.objects.filter(pk=id).first()
    if found is None:
        raise NotFound
    try_certificate_again(invoice=found, admin=request.user)
    messages.success(request, _("The tax office is asked again. The file follows by itself."))
    return redirect("backoffice_invoices")


def _found(q: str) -> QuerySet[Invoice]:
    found = Invoice.objects.select_related("order").order_by("-issued_at", "-pk")
    for word in q.split():
        found = found.filter(
            Q(number__icontains=word)
            | Q(order__number__icontains=word)
            | Q(order__organisation_name__icontains=word)
            | Q(order__customer_name__icontains=word)
        )
    return found


def _row(invoice: Invoice) -> dict[str, object]:
    state, tone = _FISCAL.get(invoice.fiscal_status, ("", ""))
    return {
        "invoice": invoice,
        "kind": DOCUMENTS[invoice.kind],
        "what": what_of(invoice),
        "fiscal": state,
        "tone": tone,
        "refused": invoice.fiscal_status == Invoice.Fiscal.FAILED,
    }
