"""The seam for services that certify invoices: FNE in Côte d'Ivoire, e-MECeF in Benin.

The settings name them by dotted paths: FISCAL_SERVICE for the platform, TENANT_FISCAL_SERVICES by country. A document is
issued whatever the service says: its mark starts as
`to_certify`, and is asked for again until the service answers.
"""

from __future__ import annotations

from typing import Protocol, cast

from django.conf import settings
from django.utils.module_loading import import_string

from shared_apps.documents.document import Document, FiscalMark, FiscalStatus


class FiscalUnavailable(Exception):
    """The service did not answer; the document stays `to_certify` and it may be asked again."""


class FiscalService(Protocol):
    """What certifies documents. Each call speaks to somebody else's server: never inside a transaction."""

    required: bool  # whether a document of this seller needs a mark at all

    def certify(self, document: Document) -> FiscalMark:
        """Have one document certified, once: asked again about the same number, the service gives the same mark.

        The mark is `certified`, or `failed` if the service refuses the document for good.

        Raises:
            FiscalUnavailable: nobody knows yet; ask again later.
        """


class NoFiscalService:
    """The seller's country asks for no certificate."""

    required = False

    def certify(self, document: Document) -> FiscalMark:
        return FiscalMark(FiscalStatus.NOT_REQUIRED)


def fiscal_service() -> FiscalService:
    """The service for the platform's own documents, of the settings."""
    return _service(settings.FISCAL_SERVICE)


def fiscal_service_in(country: str) -> FiscalService:
    """The service for documents of a tenant in this country (ISO 3166-1), of the settings; none where none is named."""
    return _service(settings.TENANT_FISCAL_SERVICES.get(country) or f"{__name__}.NoFiscalService")


def _service(path: str) -> FiscalService:
    return cast("FiscalService", import_string(path)())
