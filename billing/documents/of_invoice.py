"""The document of an issued invoice or credit note: its snapshot in the words of its own language."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.method_names import method_name
from billing.models import Invoice
from billing.money import Money
from shared_apps.documents import wording
from shared_apps.documents.document import Document, Kind, Line, Party, Settlement, TaxLine
from shared_apps.documents.files import mark_of


def document_of(invoice: Invoice) -> Document:
    """What is printed of an invoice. Reads what is frozen in it, and of its order the credit that was used."""
    with translation.override(invoice.locale):
        is_note = invoice.kind == Invoice.Kind.CREDIT_NOTE
        first = invoice.lines[0]
        discount = Money(first.get("discount_minor", 0), invoice.currency)
        unused = Money(first.get("proration_minor", 0), invoice.currency)
        return Document(
            kind=Kind.CREDIT_NOTE if is_note else Kind.INVOICE,
            number=invoice.number,
            issued_on=_day(invoice.issued_at),
            seller=Party.of(invoice.seller),
            customer=customer_party(invoice.customer),
            lines=tuple(_line(one, invoice) for one in invoice.lines),
            subtotal=Money(invoice.subtotal_minor, invoice.currency),
            discount=discount or None,
            discount_label=first.get("coupon", ""),
            proration=(Money(0, invoice.currency) - unused) if unused else None,
            taxes=_taxes(invoice),
            total=invoice.total,
            settlements=_settlements(invoice),
            credited_number=first["invoice"] if is_note else "",
            exemption="" if invoice.tax_percent else invoice.tax_note,
            notes=(invoice.tax_note,) if invoice.tax_note and invoice.tax_percent else (),
            fiscal=mark_of(invoice),
            locale=invoice.locale,
        )


def _line(line: dict[str, Any], invoice: Invoice) -> Line:
    amount = Money(line["amount_minor"], invoice.currency)
    if line["what"] == "credit":
        text = _("Credit on invoice %(number)s") % {"number": line["invoice"]}
        return Line(f"{text}{_colon()}{line['reason']}" if line.get("reason") else text, amount)
    product = _products().get(line["product"], line["product"])
    plan = f"{product} {line['plan']}"
    text = {
        "first": _("%(plan)s, subscription"),
        "renewal": _("%(plan)s, renewal"),
        "change": _("Change to %(plan)s, for the time that is paid"),
    }[line["what"]] % {"plan": plan}
    dates = [
        wording.day(_day(datetime.fromisoformat(line[name])), invoice.locale)
        for name in ("period_start", "period_end")
        if line.get(name)
    ]
    return Line(text, amount, " – ".join(dates))


def _colon() -> str:
    return pgettext("document", ": ")


def _products() -> dict[str, str]:
    return {"store": _("Store"), "events": _("Events"), "esxi": _("ESXi backup")}


def customer_party(customer: dict[str, str]) -> Party:
    """A customer as they are frozen in a document's row. In the language of now."""
    name = customer.get("organisation") or customer.get("name", "")
    person = customer.get("name", "")
    number = customer.get("tax_number", "")
    return Party(
        name=name,
        address=tuple(part for part in (person if person != name else "", customer.get("address", "")) if part),
        country=customer.get("country", ""),
        email=customer.get("email", ""),
        phone=customer.get("phone", ""),
        tax_numbers=((pgettext("document", "Tax number"), number),) if number else (),
    )


def _taxes(invoice: Invoice) -> tuple[TaxLine, ...]:
    if not invoice.tax_percent:
        return ()
    tax = Money(invoice.tax_minor, invoice.currency)
    name = pgettext("document", "VAT") if invoice.tax_name in ("TVA", "VAT") else invoice.tax_name
    return (TaxLine(name, invoice.tax_percent, invoice.total - tax, tax, included=invoice.tax_included),)


def _settlements(invoice: Invoice) -> tuple[Settlement, ...]:
    """How an invoice was paid, by credit that was there and by money; or how what a credit note takes back was sent."""
    issued_on, is_note = _day(invoice.issued_at), invoice.kind == Invoice.Kind.CREDIT_NOTE
    credit = Money(0, invoice.currency) if is_note else invoice.order.credit
    found = [Settlement(pgettext("document", "Credit"), issued_on, credit)] if credit else []
    for one in invoice.settlements:
        on = date.fromisoformat(one["on"]) if "on" in one else issued_on
        amount = Money(one["amount_minor"], invoice.currency)
        found.append(Settlement(_way(one, invoice.locale), on, amount, invoice.order.number))
    return tuple(found)


def _way(settlement: dict[str, Any], locale: str) -> str:
    """A way to pay in the language of now, with what was charged where that was in another currency."""
    name = method_name(settlement["method"])
    if "charged_minor" not in settlement:
        return name
    return f"{name} ({Money(settlement['charged_minor'], settlement['charged_currency']).display(locale)})"


def _day(moment: datetime) -> date:
    """The platform's own day: what a document is dated by, whoever reads it."""
    return timezone.localdate(moment, timezone.get_default_timezone())
