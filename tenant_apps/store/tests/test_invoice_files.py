"""What the shop's invoices say, and their files."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import override_settings

from billing.money import Money
from shared_apps.core.tenancy import connection
from shared_apps.documents import files
from shared_apps.documents.document import FiscalMark, FiscalStatus
from shared_apps.documents.fiscal import FiscalUnavailable
from shared_apps.documents.render import PdfUnavailable, render_pdf
from shared_apps.organisations.current import Tenant
from tenant_apps.store import tasks
from tenant_apps.store.models import Invoice, Shop
from tenant_apps.store.presenting.documents import document_of, letterhead_of
from tenant_apps.store.rules.invoicing import Paid
from tenant_apps.store.selectors.documents import without_pdf
from tenant_apps.store.services import invoices
from tenant_apps.store.services.invoices import issue_credit_note, issue_invoice
from tenant_apps.store.tests.sales import make_sale
from tenant_apps.store.tests.support import make_photo
from tests.support.pdf import NEEDS_PDF, page_texts
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
PAID = Paid("Orange Money", Money(21_500, "XAF"), date(2026, 11, 21), "MP26.1")


def a_shop(**values: Any) -> None:
    Shop.objects.update(
        **{"name": "Chez Awa", "address": "Marché Sandaga\nDakar", "country": "SN", "phone": "+221338210000",
           "tax_number": "00123 2A2", "tax_name": "TVA", **values}
    )  # fmt: skip


@NEEDS_PDF
def test_a_french_invoice_says_all_that_it_must_with_its_own_spaces(tenant: Tenant) -> None:
    a_shop()
    invoice = issue_invoice(order=make_sale(), payments=[PAID], now=NOON)
    [page] = page_texts(render_pdf(document_of(invoice), letterhead_of(invoice)))
    text = " ".join(page.replace("\n", " ").split(" "))
    for part in (
        "Facture", "F2026-000001", "202611210001", "21 novembre 2026", "Chez Awa", "Marché Sandaga", "Sénégal",
        "+221 33 821 00 00", "00123 2A2", "Awa Diop", "12 rue Carnot", "+221 77 123 45 67",
        "Pagne wax, 6 yards, Bleu", "9\u202f000\u00a0FCFA", "Fêtes −1\u202f000\u00a0FCFA", "8\u202f000\u00a0FCFA",
        "16\u202f000\u00a0FCFA", "Miel d’Oku, 350 g", "Dakar Plateau", "1\u202f500\u00a0FCFA", "Montant TTC",
        "Total HT 18\u202f220\u00a0FCFA", "TVA 18\u202f% 3\u202f280\u00a0FCFA", "Total TTC 21\u202f500\u00a0FCFA",
        "vingt et un mille cinq cents francs CFA, toutes taxes comprises", "Payée le 21 novembre 2026", "Orange Money",
        "MP26.1",
    ):  # fmt: skip
        assert part in text, part


@NEEDS_PDF
def test_an_english_credit_note_names_its_invoice_its_order_and_why(tenant: Tenant) -> None:
    a_shop(tax_name="VAT")
    order = make_sale(locale="en", currency="EUR")
    issue_invoice(order=order, now=NOON)
    note = issue_credit_note(
        order=order, reason="A piece was torn", key="1", pieces={order.lines.last().pk: 1}, now=NOON
    )
    assert note
    text = page_texts(render_pdf(document_of(note), letterhead_of(note)))[0]
    for part in (
        "Credit note", "A2026-000001", "F2026-000001", "202611210001", "Reason: A piece was torn", "In your favour",
        "VAT 18% €6.10", "Total incl. tax €40.00", "forty euros, all taxes included",
    ):  # fmt: skip
        assert part in text, part


def test_a_discount_nobody_explained_is_told_as_what_it_is(tenant: Tenant) -> None:
    rebates = [{"kind": "promo", "name": "Fêtes", "minor": 400}]
    order = make_sale(lines=[("Pagne", "", "", 1, 1_000, 500, rebates)], delivery_minor=0, locale="en")
    [line] = document_of(issue_invoice(order=order)).lines
    assert line.detail == "Price 1,000\u00a0FCFA · Discount −500\u00a0FCFA"


def test_a_sale_to_somebody_without_a_name_is_to_a_customer_at_the_counter(tenant: Tenant) -> None:
    order = make_sale(name="", phone="", line1="", city="", delivery_minor=0, tax_rate_bp=0, locale="en")
    document = document_of(issue_invoice(order=order))
    assert (document.customer.name, document.customer.address, document.taxes) == ("Customer at the counter", (), ())


@NEEDS_PDF
def test_it_is_on_the_shops_paper_with_its_logo_and_without_one_too(tenant: Tenant) -> None:
    a_shop(brand_colour="#123456", logo=make_photo())
    invoice = issue_invoice(order=make_sale())
    head = letterhead_of(invoice)
    assert (head.name, head.colour, head.logo[:2]) == ("Chez Awa", "#123456", b"\xff\xd8")
    with_logo = render_pdf(document_of(invoice), head)
    for name in Shop.objects.get().logo.widths:
        default_storage.delete(Shop.objects.get().logo.file_name(name, "jpg"))
    assert letterhead_of(invoice).logo == b""
    assert len(render_pdf(document_of(invoice), letterhead_of(invoice))) < len(with_logo)


@NEEDS_PDF
def test_the_file_is_made_once_and_kept_with_its_hash(tenant: Tenant) -> None:
    invoice = issue_invoice(order=make_sale())
    assert invoices.make_pdf(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    content = default_storage.open(invoice.pdf.name).read()
    assert invoice.pdf.name == f"invoices/{invoice.year}/{invoice.number}.pdf"
    assert invoice.pdf_sha256 == hashlib.sha256(content).hexdigest()
    assert invoices.make_pdf(invoice_id=invoice.pk)
    assert default_storage.listdir(f"invoices/{invoice.year}")[1] == [f"{invoice.number}.pdf"]


@NEEDS_PDF
@pytest.mark.usefixtures("committed_db")
def test_made_by_several_at_once_there_is_one_file() -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    invoice = issue_invoice(order=make_sale())

    def make(_: int) -> bool:
        connection.set_tenant(tenant)
        return invoices.make_pdf(invoice_id=invoice.pk)

    assert at_once(4, make) == [True] * 4
    connection.set_tenant(tenant)
    invoice.refresh_from_db()
    assert default_storage.listdir(f"invoices/{invoice.year}")[1] == [invoice.pdf.name.rpartition("/")[2]]


def test_it_is_asked_for_after_commit_and_the_sweeper_finds_what_was_lost(
    tenant: Tenant, monkeypatch: Any, django_capture_on_commit_callbacks: Any
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(invoices, "send_soon", lambda task, *args: sent.append((task.name, *args)))
    with django_capture_on_commit_callbacks(execute=True):
        invoice = issue_invoice(order=make_sale())
        assert not sent
    assert sent == [("tenant_apps.store.tasks.make_invoice_pdf", str(invoice.pk))]
    assert without_pdf() == []
    monkeypatch.setattr(files, "HAS_ITS_CHANCE", -files.HAS_ITS_CHANCE)
    assert without_pdf() == [invoice.pk]
    again: list[Any] = []
    monkeypatch.setattr(tasks, "send_soon", lambda task, *args, expires: again.append(args))
    connection.set_schema_to_public()
    assert tasks.sweep_invoices.run() == 1
    assert again == [(str(invoice.pk),)]


def test_without_the_libraries_the_document_waits(tenant: Tenant, monkeypatch: Any) -> None:
    def broken(*_: Any) -> bytes:
        raise PdfUnavailable("no pango")

    monkeypatch.setattr(files, "render_pdf", broken)
    invoice = issue_invoice(order=make_sale())
    assert not invoices.make_pdf(invoice_id=invoice.pk)
    assert Invoice.objects.get().pdf == ""


class TaxOffice:
    """A tax office that answers what it is told to."""

    required = True
    answers: list[Any] = []

    def certify(self, document: Any) -> FiscalMark:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@override_settings(TENANT_FISCAL_SERVICES={"CI": f"{__name__}.TaxOffice"})
def test_where_the_country_certifies_invoices_the_file_waits_for_the_mark(tenant: Tenant, monkeypatch: Any) -> None:
    printed: list[Any] = []
    monkeypatch.setattr(files, "render_pdf", lambda document, _head: printed.append(document.fiscal) or b"%PDF-")
    a_shop(country="CI")
    mark = FiscalMark(FiscalStatus.CERTIFIED, "2601234A26", "https://tax.example/v/1")
    TaxOffice.answers = [FiscalUnavailable("away"), mark]
    invoice = issue_invoice(order=make_sale())
    assert not invoices.make_pdf(invoice_id=invoice.pk)
    assert (Invoice.objects.get().fiscal_error, printed) == ("away", [])
    assert invoices.make_pdf(invoice_id=invoice.pk)
    assert [one.number for one in printed] == ["2601234A26"]
    a_shop(country="CM")
    assert invoices.make_pdf(invoice_id=issue_invoice(order=make_sale("2")).pk)  # no such service there
