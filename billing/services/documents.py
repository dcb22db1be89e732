"""The files of the platform's invoices and credit notes (`shared_apps.documents.files` makes them), and of payouts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from billing.documents.of_invoice import document_of
from billing.documents.of_payout import statement_of
from billing.models import Invoice, Payout
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.soon import send_soon
from shared_apps.documents import files
from shared_apps.documents.fiscal import fiscal_service
from shared_apps.documents.render import PdfUnavailable, render_pdf

Fiscal = Invoice.Fiscal

DESK = files.Desk(
    document_of=document_of,
    service_of=lambda invoice: fiscal_service(),
    head_of=lambda invoice: None,
    path_of=lambda invoice: f"invoices/{invoice.year}/{invoice.number}.pdf",
)


def on_invoice_issued(payload: dict[str, Any]) -> None:
    """Outbox handler: have the PDF made after commit."""
    from billing.tasks import make_invoice_pdf

    transaction.on_commit(lambda: send_soon(make_invoice_pdf, payload["invoice_id"]))


def make_pdf(*, invoice_id: UUID | str) -> bool:
    """Certify an invoice where that is asked for, and keep its PDF; False when it must wait. May be repeated.

    No transaction is open while the tax office is asked. Guarded UPDATEs, no lock.
    """
    return files.make_file(Invoice.objects.select_related("order").get(pk=invoice_id), DESK)


def payout_pdf(payout: Payout) -> bytes:
    """A payout statement as PDF, drawn of what is frozen in its row: nothing is kept. Raises PdfNotReady."""
    try:
        return render_pdf(statement_of(payout))
    except PdfUnavailable as error:
        raise files.not_now() from error


def invoices_without_pdf(*, limit: int = 50) -> list[UUID]:
    """Invoices whose file was not made in time, oldest first; those that the tax office refused wait for a person."""
    late = Invoice.objects.filter(pdf="", issued_at__lte=timezone.now() - files.HAS_ITS_CHANCE)
    waiting = late.exclude(fiscal_status=Fiscal.FAILED).order_by("issued_at")
    return list(waiting.values_list("pk", flat=True)[:limit])


def try_certificate_again(*, invoice: Invoice, admin: Any) -> None:
    """Ask the tax office again about a document that it refused. Guarded UPDATE in a transaction of its own."""
    with transaction.atomic():
        moved = Invoice.objects.filter(pk=invoice.pk, fiscal_status=Fiscal.FAILED).update(
            fiscal_status=Fiscal.TO_CERTIFY
        )
        if moved:
            record(action="invoice.certificate_retried", category=AuditCategory.PAYMENT, resource=invoice, actor=admin,
                   before={"fiscal_status": Fiscal.FAILED.value}, after={"fiscal_status": Fiscal.TO_CERTIFY.value})  # fmt: skip
    if moved:
        on_invoice_issued({"invoice_id": str(invoice.pk)})
