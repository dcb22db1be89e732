"""From an issued invoice to its file: certified where asked for, made once, and given to those whose it is."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.core import mail
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from billing.documents.of_invoice import document_of
from billing.models import Invoice, Order, Payment, PaymentMethod
from billing.money import Money
from billing.services import documents
from billing.services.invoices import issue_credit_note
from billing.services.payments import start_payment
from billing.services.refund_sending import send_refund
from billing.services.refunds import request_refund
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from billing.services.transfers import decide_transfer
from shared_apps.documents import files
from shared_apps.documents.document import Document, FiscalMark, FiscalStatus
from shared_apps.documents.fiscal import FiscalUnavailable
from shared_apps.documents.render import PdfUnavailable
from shared_apps.notifications.services import send_due_emails
from shared_apps.outbox.services import drain
from tests.books import by_paypal
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer
from tests.support.pdf import NEEDS_PDF, page_texts
from tests.support.portal import member_of, on_platform
from tests.support.subscriptions import order_gold, paid_for_days, ready_subscription
from tests.support.threads import at_once

pytestmark = pytest.mark.django_db


def paid_invoice(**options: Any) -> Invoice:
    order = make_order(**options)
    pay_by_transfer(order)
    return Invoice.objects.select_related("order").get(order=order)


def upgraded() -> Invoice:
    """The invoice of a change from Premium to Gold with ten days to come."""
    subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
    order = order_gold(subscription)
    pay_by_transfer(order)
    return Invoice.objects.select_related("order").get(order=order)


class TaxOffice:
    """A tax office that answers what it is told to."""

    required = True
    answers: list[Any] = []
    asked: list[str] = []

    def certify(self, document: Document) -> FiscalMark:
        self.asked.append(document.number)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@pytest.fixture
def tax_office(settings: Any) -> type[TaxOffice]:
    settings.FISCAL_SERVICE = "tests.test_invoice_files.TaxOffice"
    TaxOffice.answers, TaxOffice.asked = [], []
    return TaxOffice


def test_the_document_says_what_the_invoice_says_in_the_invoices_language() -> None:
    french, english = document_of(paid_invoice()), document_of(paid_invoice(locale="en"))
    assert (french.total, french.taxes[0].amount, french.due) == (
        Money(25_000, "XAF"),
        Money(4_036, "XAF"),
        Money(0, "XAF"),
    )
    assert (english.lines[0].text, english.taxes[0].name) == ("Store Premium, subscription", "VAT")
    assert [one.settlements[0].method for one in (french, english)] == ["Virement bancaire", "Bank transfer"]


def test_a_change_shows_the_rest_of_the_new_plan_less_what_is_unused_of_the_old_one() -> None:
    document = document_of(upgraded())
    assert (document.subtotal.minor, document.proration and document.proration.minor, document.total.minor) == (
        20_000,
        -8_333,
        11_667,
    )
    assert "Gold" in document.lines[0].text


def test_credit_and_money_are_both_told_and_make_the_total() -> None:
    subscription = ready_subscription("store-a")
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(10_000, "XAF"))
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    document = document_of(Invoice.objects.select_related("order").get(order=order))
    assert [one.amount.minor for one in document.settlements] == [10_000, 15_000]
    assert document.due == Money(0, "XAF")


def test_each_payment_is_told_with_its_day() -> None:
    order = make_order()
    for minor in (10_000, 15_000):
        part = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(payment=part, admin=make_admin(), approved=True, received=Money(minor, "XAF"), as_received=True)
    document = document_of(Invoice.objects.select_related("order").get(order=order))
    assert [(one.method, one.amount.minor) for one in document.settlements] == [
        ("Virement bancaire", 10_000), ("Virement bancaire", 15_000)
    ]  # fmt: skip
    assert document.due == Money(0, "XAF")


def test_what_was_charged_in_another_currency_stands_beside_its_way(simulator: Any) -> None:
    payment = by_paypal(simulator)
    invoice = Invoice.objects.select_related("order").get(order_id=payment.order_id)
    [paid] = document_of(invoice).settlements
    assert (paid.method, paid.amount) == ("PayPal (38,11\xa0€)", Money(25_000, "XAF"))
    refund = request_refund(payment=payment, amount=Money(1_000, "EUR"), reason="Geste", actor=make_admin())
    send_refund(refund.pk)
    note = Invoice.objects.select_related("order").get(order_id=payment.order_id, kind="credit_note")
    [back] = document_of(note).settlements
    assert (back.method, back.amount) == ("PayPal (10,00\xa0€)", Money(6_560, "XAF"))


def test_two_ways_to_pay_each_tell_what_they_paid(simulator: Any) -> None:
    order = make_order()
    part = start_payment(order_id=order.pk, method="bank_transfer")
    decide_transfer(payment=part, admin=make_admin(), approved=True, received=Money(10_000, "XAF"), as_received=True)
    by_paypal(simulator, order)
    document = document_of(Invoice.objects.select_related("order").get(order=order))
    assert [(one.method, one.amount.minor) for one in document.settlements] == [
        ("Virement bancaire", 10_000), ("PayPal (22,87\xa0€)", 15_000)
    ]  # fmt: skip


def test_of_a_payment_that_went_back_in_part_only_its_worth_is_told() -> None:
    order = make_order()
    now = timezone.now()
    Payment.objects.create(
        order=order, method=PaymentMethod.objects.get(name="paypal"), status="succeeded", succeeded_at=now,
        amount_minor=25_000, currency="XAF", charge_minor=3_811, charge_currency="EUR", received_minor=3_811,
        received_currency="EUR", refunded_minor=1_000, applied_minor=18_440, provider_account="x", expires_at=now,
    )  # fmt: skip
    Order.objects.filter(pk=order.pk).update(received_minor=18_440)
    pay_by_transfer(order)
    document = document_of(Invoice.objects.select_related("order").get(order=order))
    assert [(one.method, one.amount.minor) for one in document.settlements] == [
        ("PayPal", 18_440), ("Virement bancaire", 6_560)
    ]  # fmt: skip
    assert document.due == Money(0, "XAF")


def test_a_credit_note_names_the_invoice_that_it_takes_back() -> None:
    invoice = paid_invoice()
    with transaction.atomic():
        note = issue_credit_note(
            invoice=invoice,
            amount=Money(5_000, "XAF"),
            source="test:1",
            to=f"credit:{invoice.subscription_id}",
            reason="Geste",
        )
    assert note
    document = document_of(note)
    assert (document.kind, document.credited_number, document.total.minor) == ("credit_note", invoice.number, 5_000)
    assert document.lines[0].text.endswith("Geste")


@NEEDS_PDF
def test_the_file_is_made_once_and_kept_with_its_hash() -> None:
    invoice = paid_invoice()
    assert documents.make_pdf(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    content = default_storage.open(invoice.pdf.name).read()
    assert invoice.pdf.name == f"invoices/{invoice.year}/{invoice.number}.pdf"
    assert invoice.pdf_sha256 == hashlib.sha256(content).hexdigest()
    assert "25\u202f000" in page_texts(content)[0]
    assert documents.make_pdf(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert invoice.pdf_sha256 == hashlib.sha256(content).hexdigest()


@NEEDS_PDF
@pytest.mark.usefixtures("committed_db")
def test_made_by_several_at_once_there_is_one_file() -> None:
    invoice = Invoice.objects.filter(pdf="")[0]
    assert at_once(4, lambda _: documents.make_pdf(invoice_id=invoice.pk)) == [True] * 4
    invoice.refresh_from_db()
    _directories, files = default_storage.listdir(f"invoices/{invoice.year}")
    assert files == [invoice.pdf.name.rpartition("/")[2]]


def test_an_issued_invoice_asks_for_its_file_after_commit(monkeypatch, django_capture_on_commit_callbacks) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(documents, "send_soon", lambda task, *args: sent.append((task.name, *args)))
    invoice = paid_invoice()
    with django_capture_on_commit_callbacks(execute=True):
        drain()
        assert not sent
    assert ("billing.tasks.make_invoice_pdf", str(invoice.pk)) in sent


def test_without_the_libraries_the_invoice_waits_and_the_sweeper_finds_it(monkeypatch) -> None:
    def broken(*_: Any) -> bytes:
        raise PdfUnavailable("no pango")

    monkeypatch.setattr(files, "render_pdf", broken)
    monkeypatch.setattr(files, "HAS_ITS_CHANCE", -files.HAS_ITS_CHANCE)
    invoice = paid_invoice()
    assert not documents.make_pdf(invoice_id=invoice.pk)
    assert invoice.pk in documents.invoices_without_pdf()
    answer = on_platform(invoice.order.user).get(f"/invoices/{invoice.pk}/")
    assert answer.status_code == 503


def test_the_file_waits_for_the_tax_office_and_carries_its_mark(tax_office, monkeypatch) -> None:
    printed: list[Document] = []
    monkeypatch.setattr(files, "render_pdf", lambda document, _head: printed.append(document) or b"%PDF-")
    certified = FiscalMark(FiscalStatus.CERTIFIED, "2601234A26", "https://tax.example/v/1")
    tax_office.answers = [FiscalUnavailable("away"), certified]
    invoice = paid_invoice()
    assert not documents.make_pdf(invoice_id=invoice.pk)
    invoice.refresh_from_db()
    assert (invoice.fiscal_status, invoice.fiscal_error, printed) == ("to_certify", "away", [])
    assert on_platform(invoice.order.user).get(f"/invoices/{invoice.pk}/").status_code == 503
    assert documents.make_pdf(invoice_id=invoice.pk)
    assert [one.fiscal and one.fiscal.number for one in printed] == ["2601234A26"]
    assert tax_office.asked == [invoice.number] * 2


def test_what_the_tax_office_refuses_is_asked_again_only_by_a_person(tax_office, monkeypatch) -> None:
    monkeypatch.setattr(files, "HAS_ITS_CHANCE", -files.HAS_ITS_CHANCE)
    tax_office.answers = [FiscalMark(FiscalStatus.FAILED)]
    invoice = paid_invoice()
    assert not documents.make_pdf(invoice_id=invoice.pk)
    assert not documents.make_pdf(invoice_id=invoice.pk)
    assert len(tax_office.asked) == 1
    assert invoice.pk not in documents.invoices_without_pdf()
    documents.try_certificate_again(invoice=invoice, admin=make_admin())
    assert invoice.pk in documents.invoices_without_pdf()


@NEEDS_PDF
def test_those_who_pay_the_buyer_and_admins_download_it_and_nobody_else() -> None:
    subscription = ready_subscription("store-a")
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    invoice = Invoice.objects.get(order=order)
    organisation = subscription.organisation
    assert organisation
    allowed = [member_of(organisation, role) for role in ("owner", "admin", "billing")] + [make_admin()]
    refused = [member_of(organisation, "member"), make_user(), ready_subscription("store-b").organisation.owner]
    address = f"/invoices/{invoice.pk}/"
    assert [on_platform(user).get(address).status_code for user in allowed] == [200] * 4
    assert [on_platform(user).get(address).status_code for user in refused] == [404] * 3
    first = paid_invoice()
    assert on_platform(first.order.user).get(f"/invoices/{first.pk}/").status_code == 200


@NEEDS_PDF
def test_the_download_is_a_private_attachment() -> None:
    invoice = paid_invoice()
    answer = on_platform(invoice.order.user).get(f"/invoices/{invoice.pk}/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    assert (answer.headers["X-Content-Type-Options"], answer.headers["Cache-Control"]) == (
        "nosniff",
        "private, no-store",
    )
    assert b"".join(answer.streaming_content).startswith(b"%PDF-1.7")


def test_the_mail_about_the_payment_names_the_invoice_and_leads_to_it() -> None:
    invoice = paid_invoice()
    send_due_emails()
    text = next(str(one.body) for one in mail.outbox if f"/invoices/{invoice.pk}/" in str(one.body))
    assert invoice.number in text
