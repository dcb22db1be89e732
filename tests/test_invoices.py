"""Invoices: numbered without a gap, never changed, and booked to the unit.

Failure cases (docs/failure-cases.md): Case 18.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Sum

from billing import ledger
from billing.models import Invoice, InvoiceCounter, LedgerEntry, Order
from billing.money import Money
from billing.services import invoices
from billing.services.invoices import issue_credit_note, issue_invoice, next_number
from billing.services.ledger import balance, post
from tests.support.factories import make_order, pay_by_transfer
from tests.support.subscriptions import ready_subscription
from tests.support.threads import at_once


def paid_invoice(**options: object) -> Invoice:
    order = make_order(**options)  # type: ignore[arg-type]  # what make_order takes
    pay_by_transfer(order)
    return Invoice.objects.get(order=order)


@pytest.mark.usefixtures("committed_db")
def test_a_hundred_invoices_at_once_with_roll_backs_over_a_new_year_leave_no_gap(monkeypatch) -> None:
    order = Order.objects.filter(status="fulfilled").first()
    last = dict(InvoiceCounter.objects.values_list("year", "last"))
    moments = [datetime(2031, 12, 31, 22, 59, tzinfo=UTC), datetime(2031, 12, 31, 23, 1, tzinfo=UTC)]  # Douala: UTC+1

    def issue(number: int) -> None:
        with transaction.atomic():
            invoice = Invoice(kind="invoice", order=order, subscription_id=order.subscription_id, source=f"test:{number}",
                              locale="fr", currency="XAF", seller={}, customer={"country": "CM"}, lines=[],
                              subtotal_minor=1, total_minor=1)  # fmt: skip
            invoices._number(invoice, action="invoice.issued", now=moments[number % 2])
            if number % 7 == 3:
                raise RuntimeError("rolled back")

    at_once(50, issue)
    at_once(50, lambda number: issue(number + 50))
    for year in (2031, 2032):
        numbers = sorted(Invoice.objects.filter(year=year).values_list("sequence", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        assert len(numbers) > 30
    assert {year: n for year, n in InvoiceCounter.objects.values_list("year", "last") if year < 2031} == last


@pytest.mark.usefixtures("committed_db")
def test_without_the_counters_lock_numbers_would_be_given_twice() -> None:
    InvoiceCounter.objects.create(series="X", year=2031)

    def read_then_write(_: int) -> int:
        with transaction.atomic():
            counter = InvoiceCounter.objects.get(series="X", year=2031)
            InvoiceCounter.objects.filter(pk=counter.pk).update(last=counter.last + 1)
            return counter.last + 1

    assert len(set(at_once(30, read_then_write))) < 30
    assert len(set(at_once(30, lambda _: next_number(series="Y", year=2031)[0]))) == 30


@pytest.mark.django_db
def test_an_issued_invoice_is_never_changed_and_never_deleted() -> None:
    invoice = paid_invoice()
    for change in ({"total_minor": 1}, {"customer": {}}, {"number": "F2000-000001"}, {"issued_at": datetime.now(UTC)}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).delete()
    assert Invoice.objects.filter(pk=invoice.pk).update(pdf="invoices/a.pdf", pdf_sha256="0" * 64) == 1


@pytest.mark.django_db
def test_an_order_has_one_invoice_with_its_tax_in_the_books() -> None:
    invoice = paid_invoice()
    assert (invoice.total_minor, invoice.tax_minor, invoice.tax_percent) == (25_000, 4_036, Decimal("19.25"))
    entries = dict(
        LedgerEntry.objects.filter(journal__source=f"invoice:{invoice.pk}").values_list("account", "amount_minor")
    )
    assert entries == {
        ledger.receivable(invoice.subscription_id): 25_000,
        ledger.REVENUE: -20_964,
        ledger.vat("CM"): -4_036,
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        issue_invoice(order=invoice.order)


@pytest.mark.django_db
def test_partial_credit_notes_end_at_exactly_the_invoice() -> None:
    invoice = paid_invoice()
    to = ledger.receivable(invoice.subscription_id)
    with transaction.atomic():
        notes = [
            issue_credit_note(
                invoice=invoice, amount=Money(minor, "XAF"), source=f"test:{minor}", to=to, reason="geste"
            )
            for minor in (8_333, 8_334, 20_000, 1)
        ]
    assert [note and note.total_minor for note in notes] == [8_333, 8_334, 8_333, None]
    assert sum(note.tax_minor for note in notes if note) == invoice.tax_minor
    assert [note.number[:5] for note in notes if note] == [f"A{invoice.year}"] * 3
    assert issue_credit_note(invoice=invoice, amount=Money(1, "XAF"), source="test:8333", to=to, reason="x") == notes[0]


@pytest.mark.usefixtures("committed_db")
def test_the_database_refuses_a_journal_that_does_not_balance() -> None:
    with pytest.raises(IntegrityError, match="not balanced"), transaction.atomic():
        post(
            kind="test",
            source="test:1",
            entries=[ledger.debit("psp:x", Money(5, "XAF")), ledger.take("ar:y", Money(4, "XAF"))],
        )
    with pytest.raises(IntegrityError, match="not balanced"), transaction.atomic():
        post(
            kind="test",
            source="test:1",
            entries=[ledger.debit("psp:x", Money(5, "XAF")), ledger.take("ar:y", Money(5, "XOF"))],
        )
    assert balance("psp:x", "XAF").minor == 0


@pytest.mark.usefixtures("committed_db")
@pytest.mark.parametrize("change", ["UPDATE billing_ledgerentry SET amount_minor = 1", "DELETE FROM billing_ledgerentry",
                                    "UPDATE billing_journal SET kind = 'x'", "DELETE FROM billing_subscriptionevent"])  # fmt: skip
def test_the_ledger_and_the_history_are_only_added_to(change) -> None:
    from django.db import connection

    with pytest.raises(IntegrityError, match="only added to"), connection.cursor() as cursor:
        cursor.execute(change)


@pytest.mark.django_db
def test_money_in_euros_for_an_order_in_francs_books_the_rounding() -> None:
    entries = ledger.payment_received(
        "psp:paypal", received=Money(3_811, "EUR"), applied=Money(25_000, "XAF"), credited=Money(0, "XAF"),
        rate=Decimal("655.957"), subscription_id=ready_subscription("store-a").pk,
    )  # fmt: skip
    post(kind="test", source="test:fx", entries=entries)
    totals = (
        LedgerEntry.objects.filter(journal__source="test:fx").values("currency").annotate(total=Sum("amount_minor"))
    )
    assert {row["currency"]: row["total"] for row in totals} == {"EUR": 0, "XAF": 0}
    assert balance(ledger.FX_ROUNDING, "XAF").minor == 1  # 38.11 EUR are 24 998.52 F
