"""The files of issued documents, made after they were issued: certified where the seller's country asks for it, rendered,
and kept once. Rooms say by a `Desk` how theirs are made."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.http import FileResponse, Http404
from django.utils.translation import gettext_lazy as _

from shared_apps.core.downloads import SEALED
from shared_apps.core.errors import DomainError
from shared_apps.core.throttle import check_rate
from shared_apps.documents.document import Document, FiscalMark, FiscalStatus
from shared_apps.documents.filed import Filed
from shared_apps.documents.fiscal import FiscalService, FiscalUnavailable
from shared_apps.documents.render import Letterhead, PdfUnavailable, render_pdf

logger = structlog.get_logger(__name__)

Fiscal = Filed.Fiscal

# The task of a document has this long before the sweeper looks for what it did not do.
HAS_ITS_CHANCE = timedelta(minutes=2)


class PdfNotReady(DomainError):
    """The file cannot be had now, and will be later."""

    status = 503


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """How a room's rows become files: what each says, who certifies it, on whose paper (None: the platform's), and where
    its file is kept."""

    document_of: Callable[[Any], Document]
    service_of: Callable[[Any], FiscalService]
    head_of: Callable[[Any], Letterhead | None]
    path_of: Callable[[Any], str]


def make_file(row: Any, desk: Desk) -> bool:
    """Certify a document where that is asked for, and keep its PDF; False when it must wait. May be repeated.

    No transaction is open while the tax office is asked. Guarded UPDATEs, no lock.
    """
    if row.pdf:
        return True
    if not _certify(row, desk):
        return False
    try:
        _keep(row, desk)
    except PdfUnavailable as error:
        logger.warning("document without a PDF", number=row.number, error=str(error))
        return False
    return True


def ensure_file(row: Any, desk: Desk) -> None:
    """Have the PDF made now for somebody who waits. Raises PdfNotReady; asks nobody else's server. Guarded UPDATE."""
    if row.pdf:
        return
    if _waits_for_certificate(row, desk):
        raise PdfNotReady(
            "certificate_awaited",
            _("The tax office has not certified this document yet. Come back a little later."),
        )
    try:
        _keep(row, desk)
    except PdfUnavailable as error:
        raise not_now() from error


def not_now() -> PdfNotReady:
    """What somebody is told who waits for a PDF that this machine cannot make."""
    text = _("The file cannot be made at the moment. Nothing is lost: come back a little later.")
    return PdfNotReady("pdf_unavailable", text)


def download(row: Any, desk: Desk, *, who: str) -> FileResponse:
    """The file as a download: never run, never framed, kept by nobody on the way. Made now where that was not done yet, ten
    times a minute at most for `who`. Raises PdfNotReady, TooManyAttempts, Http404."""
    if not row.pdf:
        check_rate(action="invoice-pdf", who=who, limit=10, seconds=60)
        ensure_file(row, desk)
    try:
        content = default_storage.open(str(row.pdf.name))
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(
        content,
        content_type="application/pdf",
        as_attachment=True,
        filename=f"{row.number}.pdf",
        headers=SEALED,
    )


def mark_of(row: Filed) -> FiscalMark | None:
    """What is printed of the tax office's answer; None where there was nothing to ask."""
    if row.fiscal_status == Fiscal.NOT_REQUIRED:
        return None
    return FiscalMark(FiscalStatus(row.fiscal_status), row.fiscal_number, row.fiscal_qr)


def _waits_for_certificate(row: Any, desk: Desk) -> bool:
    return desk.service_of(row).required and row.fiscal_status != Fiscal.CERTIFIED


def _certify(row: Any, desk: Desk) -> bool:
    """Whether the document may be printed: it needs no certificate, or has it now."""
    if not _waits_for_certificate(row, desk):
        return True
    if row.fiscal_status == Fiscal.FAILED:
        return False
    try:
        mark = desk.service_of(row).certify(desk.document_of(row))
    except FiscalUnavailable as error:
        _note(row, fiscal_status=Fiscal.TO_CERTIFY, fiscal_error=str(error)[:300])
        return False
    refused = mark.status is not FiscalStatus.CERTIFIED
    _note(
        row,
        fiscal_status=Fiscal(mark.status.value),
        fiscal_number=mark.number,
        fiscal_qr=mark.qr_text,
        fiscal_error=row.fiscal_error if refused else "",
    )
    return not refused


def _note(row: Any, **values: Any) -> None:
    """Keep what the tax office said, unless it certified the document meanwhile."""
    type(row).objects.filter(pk=row.pk).exclude(fiscal_status=Fiscal.CERTIFIED).update(**values)
    row.refresh_from_db(fields=["fiscal_status", "fiscal_number", "fiscal_qr", "fiscal_error"])


def _keep(row: Any, desk: Desk) -> None:
    """Render and store, once: who comes second throws its own file away. A file whose maker was killed stays unused, under
    the name that is taken by it."""
    content = render_pdf(desk.document_of(row), desk.head_of(row))
    name = default_storage.save(desk.path_of(row), ContentFile(content))
    digest = hashlib.sha256(content).hexdigest()
    kept = type(row).objects.filter(pk=row.pk, pdf="").update(pdf=name, pdf_sha256=digest)
    if not kept:
        default_storage.delete(name)
    row.refresh_from_db(fields=["pdf", "pdf_sha256"])
