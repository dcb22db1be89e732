"""The files of invoices and credit notes, made after they were issued: certified where the seller's country asks for it,
rendered, and kept once."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.documents.document import FiscalStatus
from billing.documents.fiscal import FiscalUnavailable, fiscal_service
from billing.documents.of_invoice import document_of
from billing.documents.of_payout import statement_of
from billing.documents.render import PdfUnavailable, render_pdf
from billing.models import Invoice, Payout
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from shared_apps.core.soon import send_soon

logger = structlog.get_logger(__name__)

Fiscal = Invoice.Fiscal

# The task of an invoice has this long before the sweeper looks for what it did not do.
HAS_ITS_CHANCE = timedelta(minutes=2)


class PdfNotReady(DomainError):
    """The file cannot be had now, and will be later."""

    status = 503


def on_invoice_issued(payload: dict[str, Any]) -> None:
    """Outbox handler: have the PDF made after commit."""
    from billing.tasks import make_invoice_pdf

    transaction.on_commit(lambda: send_soon(make_invoice_pdf, payload["invoice_id"]))


def make_pdf(*, invoice_id: UUID | str) -> bool:
    """Certify an invoice where that is asked for, and keep its PDF; False when it must wait. May be repeated.

    No transaction is open while the tax office is asked. Guarded UPDATEs, no lock.
    """
    invoice = _invoice(invoice_id)
    if invoice.pdf:
        return True
    if not _certify(invoice):
        return False
    try:
        _keep(invoice)
    except PdfUnavailable as error:
        logger.warning("invoice without a PDF", number=invoice.number, error=str(error))
        return False
    return True


def ensure_pdf(invoice: Invoice) -> Invoice:
    """The invoice with its PDF, made now for somebody who waits. Raises PdfNotReady; asks nobody else's server."""
    if invoice.pdf:
        return invoice
    if _waits_for_certificate(invoice):
        raise PdfNotReady(
            "certificate_awaited",
            _("The tax office has not certified this document yet. Come back a little later."),
        )
    try:
        return _keep(invoice)
    except PdfUnavailable as error:
        raise _not_now() from error


def payout_pdf(payout: Payout) -> bytes:
    """A payout statement as PDF, drawn of what is frozen in its row: nothing is kept. Raises PdfNotReady."""
    try:
        return render_pdf(statement_of(payout))
    except PdfUnavailable as error:
        raise _not_now() from error


def _not_now() -> PdfNotReady:
    text = _("The file cannot be made at the moment. Nothing is lost: come back a little later.")
    return PdfNotReady("pdf_unavailable", text)


def invoices_without_pdf(*, limit: int = 50) -> list[UUID]:
    """Invoices whose file was not made in time, oldest first; those that the tax office refused wait for a person."""
    late = Invoice.objects.filter(pdf="", issued_at__lte=timezone.now() - HAS_ITS_CHANCE)
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


def _invoice(invoice_id: UUID | str) -> Invoice:
    return Invoice.objects.select_related("order").get(pk=invoice_id)


def _waits_for_certificate(invoice: Invoice) -> bool:
    return fiscal_service().required and invoice.fiscal_status != Fiscal.CERTIFIED


def _certify(invoice: Invoice) -> bool:
    """Whether the document may be printed: it needs no certificate, or has it now."""
    if not _waits_for_certificate(invoice):
        return True
    if invoice.fiscal_status == Fiscal.FAILED:
        return False
    try:
        mark = fiscal_service().certify(document_of(invoice))
    except FiscalUnavailable as error:
        _note(invoice, fiscal_status=Fiscal.TO_CERTIFY, fiscal_error=str(error)[:300])
        return False
    refused = mark.status is not FiscalStatus.CERTIFIED
    _note(
        invoice,
        fiscal_status=Fiscal(mark.status.value),
        fiscal_number=mark.number,
        fiscal_qr=mark.qr_text,
        fiscal_error=invoice.fiscal_error if refused else "",
    )
    return not refused


def _note(invoice: Invoice, **values: Any) -> None:
    """Keep what the tax office said, unless it certified the document meanwhile."""
    Invoice.objects.filter(pk=invoice.pk).exclude(fiscal_status=Fiscal.CERTIFIED).update(**values)
    invoice.refresh_from_db(fields=["fiscal_status", "fiscal_number", "fiscal_qr", "fiscal_error"])


def _keep(invoice: Invoice) -> Invoice:
    """Render and store, once: who comes second throws its own file away. A file whose maker was killed stays unused, under
    the name that is taken by it."""
    content = render_pdf(document_of(invoice))
    name = default_storage.save(f"invoices/{invoice.year}/{invoice.number}.pdf", ContentFile(content))
    kept = Invoice.objects.filter(pk=invoice.pk, pdf="").update(
        pdf=name, pdf_sha256=hashlib.sha256(content).hexdigest()
    )
    if not kept:
        default_storage.delete(name)
    invoice.refresh_from_db(fields=["pdf", "pdf_sha256"])
    return invoice
