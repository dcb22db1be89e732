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

from shared_apps.core.qr import qr_svg
from shared_apps.documents import wording
from shared_apps.documents.document import Document, FiscalStatus, Line

_HERE = Path(__file__).parent
_TEMPLATE = "documents/document.html"
_LOGO = "document:logo"
# Pango's fonts are not safe between threads, and Python does most of the work: taking turns costs no time.
_TURN = Lock()


class PdfUnavailable(Exception):
    """PDFs cannot be made on this machine now: WeasyPrint's system libraries, a font or the logo are missing.

    Nothing is wrong with the document; it can be rendered later.
    """


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose paper it is: a name, a colour as "#rrggbb", and a picture (SVG, PNG or JPEG), or none."""

    name: str
    colour: str
    logo: bytes = b""


def platform_letterhead() -> Letterhead:
    """The platform's own paper, of the settings. Raises PdfUnavailable where its logo is missing."""
    try:
        logo = Path(settings.DOCUMENT_LOGO).read_bytes()
    except OSError as error:
        raise PdfUnavailable(str(error)) from error
    return Letterhead(settings.PLATFORM_NAME, settings.DOCUMENT_COLOUR, logo)


def render_html(document: Document, head: Letterhead | None = None) -> str:
    """The page that the PDF is made of, in the document's language, on the platform's paper unless another is given. It
    names no address but those of our own assets."""
    with translation.override(document.locale):
        return render_to_string(_TEMPLATE, _context(document, head or platform_letterhead()))


def render_pdf(document: Document, head: Letterhead | None = None) -> bytes:
    """The document as PDF/A-3b, on the platform's paper unless another is given.

    Raises:
        PdfUnavailable: it cannot be done here and now.
    """
    head = head or platform_letterhead()
    html = render_html(document, head)
    with _TURN:
        return _press().print(html, head.logo)


def _context(document: Document, head: Letterhead) -> dict[str, Any]:
    locale = document.locale
    amount, state = wording.state(document)
    unit_label, amount_label = wording.columns(document)
    return {
        "document": document,
        "head": head,
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
        "detail": line.detail,
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

    def print(self, html: str, logo: bytes) -> bytes:
        fetcher = _only({_LOGO: logo} if logo else {}, self.weasyprint)
        page = self.weasyprint.HTML(string=html, url_fetcher=fetcher)
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
        fonts = {f"document:{name.lower()}": _font(name) for name in ("Regular", "SemiBold")}
    except OSError as error:
        raise PdfUnavailable(str(error)) from error
    known = weasyprint.text.fonts.FontConfiguration()
    sheet = (_HERE / "print.css").read_text()
    style = weasyprint.CSS(string=sheet, font_config=known, url_fetcher=_only(fonts, weasyprint))
    return _Press(weasyprint, known, style)


def _font(name: str) -> bytes:
    return (_HERE / "fonts" / f"Inter-{name}.woff2").read_bytes()


def _only(assets: dict[str, bytes], weasyprint: ModuleType) -> Any:
    """A fetcher that knows our assets by name and refuses every other address: servers, local files, data."""

    class OnlyAssets(weasyprint.urls.URLFetcher):  # type: ignore[misc, name-defined]  # imported only where it is used
        def fetch(self, url: str, headers: dict[str, str] | None = None) -> Any:
            if url not in assets:
                raise ValueError(f"documents fetch nothing: {url}")
            return weasyprint.urls.URLFetcherResponse(url, assets[url])

    return OnlyAssets()
