"""Invoices and credit notes as files."""

from __future__ import annotations

from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from billing.models import Invoice
from billing.selectors import access_invoice
from billing.services.documents import ensure_pdf
from shared_apps.core.errors import NotFound
from shared_apps.core.throttle import check_rate


@require_safe
def invoice(request: HttpRequest, id: UUID) -> FileResponse:
    """The PDF, for who may see it; made now where that was not done yet."""
    return download(request, access_invoice(request.user, id))


def download(request: HttpRequest, found: Invoice) -> FileResponse:
    """The file as a download: never run, never framed, kept by nobody on the way. Raises PdfNotReady, TooManyAttempts."""
    if not found.pdf:
        check_rate(action="invoice-pdf", who=str(request.user.pk), limit=10, seconds=60)
        found = ensure_pdf(found)
    try:
        content = default_storage.open(str(found.pdf.name))
    except FileNotFoundError:
        raise NotFound from None
    return FileResponse(
        content,
        content_type="application/pdf",
        as_attachment=True,
        filename=f"{found.number}.pdf",
        headers={
            "X-Content-Type-Options": "nosniff",
            "Content-Security-Policy": "sandbox; default-src 'none'",
            "Cache-Control": "private, no-store",
        },
    )
