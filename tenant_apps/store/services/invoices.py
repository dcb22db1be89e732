"""Issuing the shop's invoices and credit notes, and having their files made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.accounts.models import User
from shared_apps.audit.models import AuditCategory
from shared_apps.audit.services import record
from shared_apps.core.errors import DomainError
from shared_apps.core.soon import send_soon
from shared_apps.documents import files
from shared_apps.documents.numbers import next_number
from tenant_apps.store.models import Invoice, InvoiceCounter, Order, Shop
from tenant_apps.store.presenting.documents import DESK
from tenant_apps.store.rules import invoicing
from tenant_apps.store.rules.invoicing import Buyer, Paid
from tenant_apps.store.selectors.documents import settlements_of

Kind = Invoice.Kind


@transaction.atomic
def issue_invoice(
    *,
    order: Order,
    by: User | None = None,
    payments: Sequence[Paid] | None = None,
    buyer: Buyer | None = None,
    now: datetime | None = None,
) -> Invoice:
    """The invoice of an order that is paid whole or handed over; the one there is, if it was issued before.

    Joins the caller's transaction or opens one; locks the order, and the year's counter until the end: it comes last. The
    PDF follows after commit. `payments` is what paid it, where the caller knows better than the order's row; `buyer` who it is made out to, where that is not who ordered.

    Raises:
        DomainError: the order is neither paid nor handed over, or was cancelled.
    """
    order = _locked(order)
    known = Invoice.objects.filter(order=order, kind=Kind.INVOICE).first()
    if known:
        return known
    if not invoicing.is_to_be_invoiced(order):
        text = _("An order is invoiced once it is paid whole or handed over.")
        raise DomainError("not_to_be_invoiced", text)
    shop = Shop.objects.get()
    lines = invoicing.lines_of(order, order.lines.all())
    paid = settlements_of(order) if payments is None else payments
    return _issue(
        Invoice(
            kind=Kind.INVOICE,
            order=order,
            source=f"order:{order.pk}",
            locale=_printed_in(order.locale),
            currency=order.currency,
            seller=invoicing.seller_of(shop),
            customer=buyer.as_kept() if buyer else invoicing.customer_of(order),
            lines=lines,
            subtotal_minor=invoicing.sum_of(lines),
            reduction_minor=invoicing.sum_of(lines) - order.total_minor,
            total_minor=order.total_minor,
            tax_name=shop.tax_name if order.tax_rate_bp else "",
            tax_rate_bp=order.tax_rate_bp,
            tax_minor=order.tax_minor,
            settlements=[one.as_kept() for one in paid],
        ),
        action="store.invoice.issued",
        by=by,
        now=now or timezone.now(),
    )


@transaction.atomic
def issue_credit_note(
    *,
    order: Order,
    reason: str,
    key: str,
    pieces: Mapping[int, int] | None = None,
    amount: Money | None = None,
    paid_back: Sequence[Paid] = (),
    by: User | None = None,
    now: datetime | None = None,
) -> Invoice | None:
    """Take back, of an order's invoice, pieces of its lines (by their ids), an amount, or with neither all that is left: at
    most that. `paid_back` is what went back to the customer already; without it they have it in their favour.

    Once per `key` of the order; None where there is no invoice, or nothing is left of it. Joins the caller's transaction or
    opens one; locks the order, and the year's counter until the end.

    Raises:
        DomainError: more pieces of a line than are left.
    """
    order = _locked(order)
    source = f"credit:{order.pk}:{key}"
    known = Invoice.objects.filter(source=source).first()
    if known:
        return known
    invoice = Invoice.objects.filter(order=order, kind=Kind.INVOICE).first()
    if invoice is None:
        return None
    left = invoicing.left_of(invoice, list(invoice.credit_notes.all()))
    credit = invoicing.credit_of(invoice, left, pieces=pieces, amount=amount)
    if credit is None:
        return None
    return _issue(
        Invoice(
            kind=Kind.CREDIT_NOTE,
            original=invoice,
            order=order,
            source=source,
            reason=reason,
            locale=invoice.locale,
            currency=invoice.currency,
            seller=invoice.seller,
            customer=invoice.customer,
            lines=credit.lines,
            subtotal_minor=credit.subtotal_minor,
            reduction_minor=credit.reduction_minor,
            total_minor=credit.total_minor,
            tax_name=invoice.tax_name,
            tax_rate_bp=invoice.tax_rate_bp,
            tax_minor=credit.tax_minor,
            settlements=[one.as_kept() for one in paid_back],
        ),
        action="store.credit_note.issued",
        by=by,
        now=now or timezone.now(),
    )


def make_pdf(*, invoice_id: UUID | str) -> bool:
    """Certify a document where the shop's country asks for that, and keep its PDF; False when it must wait. May be repeated.

    No transaction is open while the tax office is asked. Guarded UPDATEs, no lock.
    """
    return files.make_file(Invoice.objects.select_related("original", "order").get(pk=invoice_id), DESK)


def note_journal_export(*, month: str, by: User) -> None:
    """Note that somebody takes a month's sales journal away. Its own statement; takes no lock."""
    record(action="store.journal.exported", category=AuditCategory.ORDER, resource=by, actor=by, after={"month": month})


def _locked(order: Order) -> Order:
    locked: Order = Order.objects.select_for_update().get(pk=order.pk)
    return locked


def _issue(invoice: Invoice, *, action: str, by: User | None, now: datetime) -> Invoice:
    """Give the number of the shop's year and keep the document; in the caller's transaction, last."""
    invoice.issued_at = now
    invoice.issued_on = timezone.localdate(now)
    invoice.year = invoice.issued_on.year
    invoice.series = Invoice.SERIES[Kind(invoice.kind)]
    invoice.sequence, invoice.number = next_number(InvoiceCounter, series=invoice.series, year=invoice.year)
    invoice.save(force_insert=True)
    record(action=action, category=AuditCategory.ORDER, resource=invoice, actor=by, after=_facts(invoice))
    transaction.on_commit(lambda: _have_it_printed(invoice.pk))
    return invoice


def _facts(invoice: Invoice) -> dict[str, Any]:
    facts = {
        "number": invoice.number,
        "order": invoice.order.number,
        "total_minor": invoice.total_minor,
        "currency": invoice.currency,
    }
    return {**facts, "reason": invoice.reason} if invoice.reason else facts


def _have_it_printed(invoice_id: UUID) -> None:
    from tenant_apps.store.tasks import make_invoice_pdf

    send_soon(make_invoice_pdf, str(invoice_id))


def _printed_in(locale: str) -> str:
    """The language of a document: English for who reads English, else French."""
    return "en" if locale.startswith("en") else "fr"
