"""A document as HTML and as PDF/A-3b (ISO 19005-3), with its fonts embedded. Nothing is fetched from anywhere.

The same document always gives the same bytes on one release of the platform and of WeasyPrint.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from PIL import ImageFile

from billing.documents import wording
from billing.documents.document import Document, FiscalStatus, Line
from shared_apps.core.qr import qr_svg

_HERE = Path(__file__).parent
_TEMPLATE = "billing/documents/document.html"
# Pango's fonts are not safe between threads, and Python does most of the work: taking turns costs no time.
_TURN = Lock()


class PdfUnavailable(Exception):
    """PDFs cannot be made on this machine now: WeasyPrint's system libraries, a font or the logo are missing.

    Nothing is wrong with the document; it can be rendered later.
    """


def render_html(document: Document) -> str:
    """The page that the PDF is made of, in the document's language. It names no address but those of our own assets."""
    with translation.override(document.locale):
        return render_to_string(_TEMPLATE, _context(document))


def render_pdf(document: Document) -> bytes:
    """The document as PDF/A-3b.

    Raises:
        PdfUnavailable: it cannot be done here and now.
    """
    html = render_html(document)
    with _TURN:
        return _press().print(html)


def _context(document: Document) -> dict[str, Any]:
    locale = document.locale
    amount, state = wording.state(document)
    unit_label, amount_label = wording.columns(document)
    return {
        "document": document,
        "brand": settings.PLATFORM_NAME,
        "colour": settings.DOCUMENT_COLOUR,
        "title": wording.title(document),
        "facts": wording.facts(document),
        "parties": [
            (label, party.name, "\n".join(wording.details(party, locale)))
            for label, party in (
                (pgettext("document", "From"), document.seller),
                (wording.customer_label(document), document.customer),
            )
        ],
        "amount": amount.display(locale),
        "state": state,
        "priced": any(line.quantity is not None for line in document.lines),
        "unit_label": unit_label,
        "amount_label": amount_label,
        "rows": [_row(line, locale) for line in document.lines],
        "sums": [(label, value.display(locale), total) for label, value, total in wording.sums(document)],
        "balance": [(label, value.display(locale)) for label, value in wording.balance(document)],
        "settlements": [
            (paid.method, wording.day(paid.paid_on, locale), paid.reference, paid.amount.display(locale))
            for paid in document.settlements
        ],
        "sentence": wording.sentence(document),
        "mentions": [text for text in (wording.exemption(document), *document.notes) if text],
        "certification": wording.certification(document),
        "qr": _qr(document),
        "page": _page_of_pages(),
    }


def _row(line: Line, locale: str) -> dict[str, str]:
    return {
        "text": line.text,
        "period": line.period,
        "quantity": "" if line.quantity is None else wording.quantity(Decimal(line.quantity), locale),
        "unit": "" if line.unit_amount is None else line.unit_amount.display(locale),
        "amount": line.amount.display(locale),
    }


def _qr(document: Document) -> SafeString:
    """The QR code of a certified document; empty for any other."""
    if not document.fiscal or document.fiscal.status is not FiscalStatus.CERTIFIED or not document.fiscal.qr_text:
        return mark_safe("")
    return mark_safe(qr_svg(document.fiscal.qr_text))  # noqa: S308 — drawn by us: paths and numbers only


def _page_of_pages() -> SafeString:
    """ "Page 1 sur 2", whose figures the style sheet counts."""
    return format_html(
        _("Page %(page)s of %(pages)s") % {"page": "{}", "pages": "{}"},
        mark_safe('<span class="page-number"></span>'),
        mark_safe('<span class="page-count"></span>'),
    )


@dataclass(frozen=True, slots=True)
class _Press:
    """WeasyPrint with what is costly to make, made once a process: the fonts and the parsed style sheet."""

    weasyprint: ModuleType
    fonts: Any
    style: Any
    fetcher: Any

    def print(self, html: str) -> bytes:
        page = self.weasyprint.HTML(string=html, url_fetcher=self.fetcher)
        result: bytes = page.write_pdf(
            font_config=self.fonts, stylesheets=[self.style], pdf_variant="pdf/a-3b", pdf_tags=True
        )
        return result


@cache
def _press() -> _Press:
    try:
        import weasyprint  # loads Pango, which may not be installed

        # WeasyPrint has Pillow take half a picture for a whole one, in the whole process: uploads are not to.
        ImageFile.LOAD_TRUNCATED_IMAGES = False
        assets = {url: path.read_bytes() for url, path in _assets().items()}
    except OSError as error:
        raise PdfUnavailable(str(error)) from error
    fonts, fetcher = weasyprint.text.fonts.FontConfiguration(), _only(assets, weasyprint)
    style = weasyprint.CSS(string=(_HERE / "print.css").read_text(), font_config=fonts, url_fetcher=fetcher)
    return _Press(weasyprint, fonts, style, fetcher)


def _assets() -> dict[str, Path]:
    return {
        "document:regular": _HERE / "fonts" / "Inter-Regular.woff2",
        "document:semibold": _HERE / "fonts" / "Inter-SemiBold.woff2",
        "document:logo": Path(settings.DOCUMENT_LOGO),
    }


def _only(assets: dict[str, bytes], weasyprint: ModuleType) -> Any:
    """A fetcher that knows our assets by name and refuses every other address: servers, local files, data."""

    class OnlyAssets(weasyprint.urls.URLFetcher):  # type: ignore[misc, name-defined]  # imported only where it is used
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url not in assets:
                raise ValueError(f"documents fetch nothing: {url}")
            return weasyprint.urls.URLFetcherResponse(url, assets[url])

    return OnlyAssets()
