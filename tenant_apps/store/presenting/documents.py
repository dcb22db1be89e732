"""The document of an issued invoice or credit note of the shop: its snapshot in the words of its own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.money import MINUS, Money
from shared_apps.accounts.phones import show_phone
from shared_apps.documents.document import Document, Kind, Line, Party, Settlement, TaxLine
from shared_apps.documents.files import Desk, mark_of
from shared_apps.documents.fiscal import fiscal_service_in
from shared_apps.documents.render import Letterhead
from tenant_apps.store.models import Invoice, Shop
from tenant_apps.store.rules.invoicing import Paid, percent_of_points

LOGO_WIDTH = 640  # pixels; enough for 45 mm on paper


def document_of(invoice: Invoice) -> Document:
    """What is printed of a document. Reads what is frozen in it, and the numbers of its order and of what it credits."""
    with translation.override(invoice.locale):
        return Document(
            kind=Kind.CREDIT_NOTE if invoice.is_credit_note else Kind.INVOICE,
            number=invoice.number,
            issued_on=invoice.issued_on,
            seller=party_of(invoice.seller),
            customer=party_of(invoice.customer),
            lines=tuple(_line(line, invoice) for line in invoice.lines),
            subtotal=Money(invoice.subtotal_minor, invoice.currency),
            discount=Money(invoice.reduction_minor, invoice.currency) if invoice.reduction_minor else None,
            discount_label=_("taken off already") if invoice.is_credit_note else "",
            total=invoice.total,
            taxes=_taxes(invoice),
            settlements=tuple(_settlement(kept, invoice.currency) for kept in invoice.settlements),
            credited_number=invoice.original.number if invoice.original else "",
            references=((pgettext("document", "Order"), invoice.order.number),),
            notes=(_("Reason: %(reason)s") % {"reason": invoice.reason},) if invoice.reason else (),
            fiscal=mark_of(invoice),
            locale=invoice.locale,
        )


def letterhead_of(invoice: Invoice) -> Letterhead:
    """The shop's paper: the name it had, in the colour and with the logo it has."""
    shop = Shop.objects.select_related("logo").get()
    return Letterhead(invoice.seller["name"], shop.brand_colour or settings.DOCUMENT_COLOUR, _logo(shop))


DESK = Desk(
    document_of=document_of,
    service_of=lambda invoice: fiscal_service_in(invoice.seller["country"]),
    head_of=letterhead_of,
    path_of=lambda invoice: f"invoices/{invoice.year}/{invoice.number}.pdf",
)


def party_of(kept: Mapping[str, Any]) -> Party:
    """A shop or a customer as they are frozen in a document's row. In the language of now."""
    number = kept.get("tax_number", "")
    return Party(
        name=kept["name"] or _("Customer at the counter"),
        address=tuple(kept["address"]),
        country=kept.get("country", ""),
        email=kept["email"],
        phone=show_phone(kept["phone"]),
        tax_numbers=((pgettext("document", "Tax number"), number),) if number else (),
    )


def name_of(line: Mapping[str, Any]) -> str:
    """What a line is about: the goods with their variant, or the delivery. In the language of now."""
    if line["what"] == "delivery":
        return _("Delivery: %(place)s") % {"place": line["name"]} if line["name"] else _("Delivery")
    return f"{line['name']}, {line['variant']}" if line["variant"] else str(line["name"])


def _line(line: Mapping[str, Any], invoice: Invoice) -> Line:
    amount = Money(line["amount_minor"], invoice.currency)
    if line["what"] == "credit":
        number = invoice.original.number if invoice.original else ""
        return Line(_("Credit on invoice %(number)s") % {"number": number}, amount)
    if line["what"] == "delivery":
        return Line(name_of(line), amount)
    unit = Money(line["unit_minor"], invoice.currency)
    return Line(name_of(line), amount, _detail(line, invoice), line["quantity"], unit)


def _detail(line: Mapping[str, Any], invoice: Invoice) -> str:
    """Its reference, and how a price below the list's came about: "Ref. K-12 · Price 20 000 FCFA · Promotion −2 000 FCFA"."""
    parts = [_("Ref. %(sku)s") % {"sku": line["sku"]}] if line["sku"] else []
    less = line["list_minor"] - line["unit_minor"]
    if less:
        price = Money(line["list_minor"], invoice.currency).display(invoice.locale)
        parts.append(_("Price %(price)s") % {"price": price})
        # What made it less, by name, where that explains all of it.
        told = [(rebate.get("name", ""), rebate["minor"]) for rebate in line["discounts"]]
        if sum(minor for _name, minor in told) != less:
            told = [("", less)]
        parts += [
            f"{name or pgettext('document', 'Discount')} {MINUS}{Money(minor, invoice.currency).display(invoice.locale)}"
            for name, minor in told
        ]
    return " · ".join(parts)


def _taxes(invoice: Invoice) -> tuple[TaxLine, ...]:
    if not invoice.tax_rate_bp:
        return ()
    name = invoice.tax_name or pgettext("document", "VAT")
    base = invoice.total - invoice.tax
    return (TaxLine(name, percent_of_points(invoice.tax_rate_bp), base, invoice.tax, included=True),)


def _settlement(kept: Mapping[str, Any], currency: str) -> Settlement:
    paid = Paid.of(kept, currency)
    return Settlement(paid.method, paid.on, paid.amount, paid.reference)


def _logo(shop: Shop) -> bytes:
    """The shop's logo as JPEG; nothing where it has none, or its file is gone: a document does not wait for it."""
    if shop.logo is None:
        return b""
    fitting = next((width for width in shop.logo.widths if width >= LOGO_WIDTH), shop.logo.width)
    try:
        with default_storage.open(shop.logo.file_name(fitting, "jpg")) as file:
            content: bytes = file.read()
    except FileNotFoundError:
        return b""
    return content
