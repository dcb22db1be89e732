"""What is printed around the figures of a document, in the active language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from babel import Locale
from babel.numbers import format_decimal, format_percent
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from billing.money import MINUS, Money
from shared_apps.core.dates import written
from shared_apps.documents.document import Document, FiscalStatus, Kind, Party, TaxLine
from shared_apps.documents.words import amount_in_words


def title(document: Document) -> str:
    return {
        Kind.INVOICE: pgettext("document", "Invoice"),
        Kind.CREDIT_NOTE: pgettext("document", "Credit note"),
        Kind.PROFORMA: pgettext("document", "Pro forma invoice"),
        Kind.PAYOUT: pgettext("document", "Payout statement"),
    }[document.kind]


def customer_label(document: Document) -> str:
    return {
        Kind.INVOICE: pgettext("document", "Billed to"),
        Kind.CREDIT_NOTE: pgettext("document", "Credited to"),
        Kind.PROFORMA: pgettext("document", "Prepared for"),
        Kind.PAYOUT: pgettext("document", "Paid to"),
    }[document.kind]


def facts(document: Document) -> list[tuple[str, str]]:
    """Label and value of what identifies the document."""
    found = [(pgettext("document", "Number"), document.number)]
    if document.credited_number:
        found.append((pgettext("document", "Credits invoice"), document.credited_number))
    found.append((pgettext("document", "Date of issue"), day(document.issued_on, document.locale)))
    if document.due_on:
        label = (
            pgettext("document", "Valid until")
            if document.kind is Kind.PROFORMA
            else pgettext("document", "Payment due")
        )
        found.append((label, day(document.due_on, document.locale)))
    if document.period:
        found.append((pgettext("document", "Period"), document.period))
    return [*found, *document.references]


def state(document: Document) -> tuple[Money, str]:
    """The amount a reader looks for first, and what has become of it."""
    last = max((settlement.paid_on for settlement in document.settlements), default=None)
    if last and not document.due:
        text = {
            Kind.CREDIT_NOTE: _("Refunded on %(date)s"),
            Kind.PAYOUT: _("Paid out on %(date)s"),
        }.get(document.kind, _("Paid on %(date)s"))
        return document.total, text % {"date": day(last, document.locale)}
    if document.kind is Kind.CREDIT_NOTE:
        return document.due, _("In your favour")
    if document.kind is Kind.PAYOUT:
        return document.due, _("To be paid out") if document.due.minor > 0 else _("Carried over to the next statement")
    if document.due.minor <= 0:
        return document.total, _("Nothing to pay")
    if document.settled:
        return document.due, _("Still to pay, of %(total)s") % {"total": document.total.display(document.locale)}
    if document.due_on and document.kind is Kind.INVOICE:
        return document.due, _("To pay by %(date)s") % {"date": day(document.due_on, document.locale)}
    return document.due, _("To pay")


def columns(document: Document) -> tuple[str, str]:
    """What the columns of the unit price and of the amount are called: they say whether tax is in them."""
    included = {tax.included for tax in document.taxes}
    if included == {True}:
        return pgettext("document", "Unit price incl. tax"), pgettext("document", "Amount incl. tax")
    if included == {False}:
        return pgettext("document", "Unit price excl. tax"), pgettext("document", "Amount excl. tax")
    return pgettext("document", "Unit price"), pgettext("document", "Amount")


def sums(document: Document) -> list[tuple[str, Money, bool]]:
    """The rows under the table: label, amount, and whether it is the total."""
    rows: list[tuple[str, Money, bool]] = []
    if document.discount or document.proration:
        rows.append((pgettext("document", "Subtotal"), document.subtotal, False))
    if document.discount:
        label = pgettext("document", "Discount")
        if document.discount_label:
            label = f"{label} ({document.discount_label})"
        rows.append((label, Money(0, document.currency) - document.discount, False))
    if document.proration:
        rows.append((pgettext("document", "Proration"), document.proration, False))
    if not document.taxes:
        payout = document.kind is Kind.PAYOUT
        return [
            *rows,
            (pgettext("document", "Net amount") if payout else pgettext("document", "Total"), document.total, True),
        ]
    rows.append((pgettext("document", "Total excl. tax"), document.net, False))
    rows += [(_tax(tax, document), tax.amount, False) for tax in document.taxes]
    return [*rows, (pgettext("document", "Total incl. tax"), document.total, True)]


def balance(document: Document) -> list[tuple[str, Money]]:
    """The rows under the total: what was received, and what is left."""
    if not document.settlements:
        return []
    settled, left = {
        Kind.CREDIT_NOTE: (pgettext("document", "Refunded"), pgettext("document", "Left to refund")),
        Kind.PAYOUT: (pgettext("document", "Paid out"), pgettext("document", "Left to pay out")),
    }.get(document.kind, (pgettext("document", "Paid"), pgettext("document", "Left to pay")))
    return [(settled, document.settled), (left, document.due)]


def _tax(tax: TaxLine, document: Document) -> str:
    """ "TVA 19,25 %", with its base where that is not the whole net amount."""
    label = f"{tax.name} {percent(tax.rate, document.locale)}"
    if tax.base == document.net:
        return label
    return _("%(tax)s of %(base)s") % {"tax": label, "base": tax.base.display(document.locale)}


def sentence(document: Document) -> str:
    """The total in words, which a document of the OHADA states ends with."""
    words = amount_in_words(document.total, document.locale)
    if document.taxes:
        words = _("%(words)s, all taxes included") % {"words": words}
    text = {
        Kind.INVOICE: _("This invoice amounts to: %(words)s."),
        Kind.CREDIT_NOTE: _("This credit note amounts to: %(words)s."),
        Kind.PROFORMA: _("This pro forma invoice amounts to: %(words)s."),
        Kind.PAYOUT: _("This statement amounts to: %(words)s."),
    }[document.kind]
    return text % {"words": words}


def exemption(document: Document) -> str:
    """Why there is no tax; empty where there is some, or where none is owed by nature (a payout)."""
    if document.taxes or document.kind is Kind.PAYOUT:
        return ""
    return document.exemption or _("Not subject to value added tax.")


def certification(document: Document) -> str:
    """Where the tax office's certificate is awaited; empty when there is one, or none is needed."""
    if document.fiscal and document.fiscal.status in (FiscalStatus.TO_CERTIFY, FiscalStatus.FAILED):
        return _("The tax office has not certified this document yet.")
    return ""


def details(party: Party, locale: str) -> list[str]:
    """The lines under a party's name, with its country written out."""
    country = Locale.parse(locale).territories.get(party.country, party.country)
    numbers = [f"{label}\u00a0{number}" for label, number in party.tax_numbers]
    return [line for line in (party.legal, *party.address, country, party.email, party.phone, *numbers) if line]


def day(value: date, locale: str) -> str:
    """A date written out: "21 novembre 2026"."""
    return written(value, "d MMMM y", locale=locale)


def percent(rate: Decimal, locale: str) -> str:
    """A rate in per cent as it is written: "19,25 %"."""
    return format_percent(rate / 100, "#,##0.####\u202f%" if locale == "fr" else "#,##0.####%", locale=locale)


def quantity(value: Decimal | int, locale: str) -> str:
    """A count or measure, with as many decimals as it has."""
    return format_decimal(value, "#,##0.######", locale=locale).replace("-", MINUS)
