"""Invoices and credit notes as files."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from billing.api.invoices import pdf_response
from billing.selectors import access_invoice


@require_safe
def invoice(request: HttpRequest, id: UUID) -> FileResponse:
    """The PDF, for who may see it."""
    return pdf_response(access_invoice(request.user, id), who=str(request.user.pk))
