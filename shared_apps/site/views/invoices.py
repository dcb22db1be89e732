"""Invoices and credit notes as files."""

from __future__ import annotations

from uuid import UUID

from django.http import FileResponse, HttpRequest
from django.views.decorators.http import require_safe

from billing.selectors import access_invoice
from billing.services.documents import DESK
from shared_apps.documents.files import download


@require_safe
def invoice(request: HttpRequest, id: UUID) -> FileResponse:
    """The PDF, for who may see it."""
    return download(access_invoice(request.user, id), DESK, who=str(request.user.pk))
