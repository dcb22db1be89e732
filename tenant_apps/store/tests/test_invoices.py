"""The shop's invoices and credit notes: numbered without a gap, never changed, exact to the unit."""

from __future__ import annotations

import ast
from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from billing.money import Money
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import DomainError
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, InvoiceCounter, Order, Shop
from tenant_apps.store.models.invoices import NeverChanged
from tenant_apps.store.rules import invoicing
from tenant_apps.store.rules.invoicing import Paid
from tenant_apps.store.services import invoices
from tenant_apps.store.services.invoices import issue_credit_note, issue_invoice
from tenant_apps.store.tests.sales import WAX, make_sale
from tests.support.databases import ROOT
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def credit(order: Order, key: str, **what: Any) -> Invoice | None:
    return issue_credit_note(order=order, reason="Retour", key=key, **what)


def test_an_invoice_keeps_the_shop_the_customer_the_lines_and_the_tax(tenant: Tenant) -> None:
    Shop.objects.update(
        name="Chez Awa", address="Marché Sandaga\nDakar", country="SN", tax_number="00123", tax_name="TVA"
    )
    order = make_sale(locale="en", status="delivered", delivered_at=NOON)
    invoice = issue_invoice(order=order, now=NOON)
    assert (invoice.number, str(invoice.issued_on), invoice.currency) == ("F2026-000001", "2026-11-21", "XAF")
    assert (invoice.subtotal_minor, invoice.reduction_minor, invoice.total_minor) == (21_500, 0, 21_500)
    assert (invoice.tax_name, invoice.tax_rate_bp, invoice.tax_minor) == ("TVA", 1_800, 3_280)
    assert invoice.seller["address"] == ["Marché Sandaga", "Dakar"]
    assert invoice.customer["address"] == ["12 rue Carnot", "Dakar"]
    assert [(line["what"], line["amount_minor"]) for line in invoice.lines] == [
        ("goods", 16_000), ("goods", 4_000), ("delivery", 1_500),
    ]  # fmt: skip
    assert invoice.settlements == [{"method": "Cash", "amount_minor": 21_500, "on": "2026-11-21", "reference": ""}]
    entry = AuditLog.objects.get(action="store.invoice.issued")
    assert entry.after == {
        "number": "F2026-000001", "order": order.number, "total_minor": 21_500, "currency": "XAF",
    }  # fmt: skip


def test_an_order_is_invoiced_once_and_what_changes_later_is_not_in_it(tenant: Tenant) -> None:
    order = make_sale()
    first = issue_invoice(order=order)
    Shop.objects.update(name="Another name")
    Order.objects.update(name="Another person")
    again = issue_invoice(order=order)
    assert (again.pk, again.seller, again.customer) == (first.pk, first.seller, first.customer)
    assert InvoiceCounter.objects.get().last == 1


@pytest.mark.parametrize(
    ("values", "is_invoiced"),
    [
        ({"status": "pending", "confirmed_at": None}, False),
        ({"status": "cancelled"}, False),
        ({"paid_minor": 21_499}, False),
        ({"paid_minor": 0, "status": "shipped"}, False),
        ({"refunded_minor": 1}, False),
        ({"paid_minor": 0, "status": "delivered"}, True),
        ({"paid_minor": 30_000}, True),
    ],
)
def test_only_a_sale_that_stands_is_invoiced(tenant: Tenant, values: dict[str, Any], is_invoiced: bool) -> None:
    order = make_sale(**values)
    if is_invoiced:
        assert issue_invoice(order=order).total_minor == 21_500
        return
    with pytest.raises(DomainError) as refused:
        issue_invoice(order=order)
    assert refused.value.code == "not_to_be_invoiced"
    assert not Invoice.objects.exists()
    assert not InvoiceCounter.objects.exists()


def test_payments_that_are_named_stand_in_it_as_they_were_made(tenant: Tenant) -> None:
    paid = [
        Paid("Orange Money", Money(20_000, "XAF"), NOON.date(), "MP26"),
        Paid("Espèces", Money(1_500, "XAF"), NOON.date()),
    ]
    kept = issue_invoice(order=make_sale(), payments=paid).settlements
    assert [Paid.of(one, "XAF") for one in kept] == paid


@pytest.mark.usefixtures("committed_db")
def test_thirty_at_once_with_roll_backs_over_a_new_year_leave_no_gap() -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    orders = [make_sale(f"20311231{n:04}") for n in range(30)]
    moments = [datetime(2031, 12, 31, 22, 59, tzinfo=UTC), datetime(2031, 12, 31, 23, 1, tzinfo=UTC)]  # Douala: UTC+1

    def issue(n: int) -> None:
        connection.set_tenant(tenant)
        with transaction.atomic():
            issue_invoice(order=orders[n], now=moments[n % 2])
            if n % 7 == 3:
                raise RuntimeError("rolled back")

    met = at_once(30, issue)
    connection.set_tenant(tenant)
    assert [str(error) for error in met if error] == ["rolled back"] * 4
    for year, count in ((2031, 15 - 2), (2032, 15 - 2)):
        numbers = sorted(Invoice.objects.filter(year=year).values_list("sequence", flat=True))
        assert numbers == list(range(1, count + 1))
        assert Invoice.objects.filter(number=f"F{year}-000001").count() == 1
    assert set(InvoiceCounter.objects.values_list("series", "year", "last")) == {("F", 2031, 13), ("F", 2032, 13)}


@pytest.mark.usefixtures("committed_db")
def test_one_order_invoiced_by_ten_at_once_has_one_invoice_and_without_the_lock_they_collide(monkeypatch: Any) -> None:
    tenant = ready_tenant("store-a")
    connection.set_tenant(tenant)
    order, other = make_sale(), make_sale("202611210002")

    def issue(of: Order) -> Any:
        connection.set_tenant(tenant)
        return issue_invoice(order=of).number

    assert set(at_once(10, lambda _: issue(order))) == {f"F{datetime.now(UTC).year}-000001"}
    monkeypatch.setattr(invoices, "_locked", lambda order: order)
    assert any(isinstance(met, IntegrityError) for met in at_once(10, lambda _: issue(other)))
    connection.set_tenant(tenant)
    assert Invoice.objects.count() == 2  # the database refuses what the lock prevents
    assert InvoiceCounter.objects.get().last == 2


def test_an_issued_document_is_never_saved_changed_or_deleted_but_for_its_file(tenant: Tenant) -> None:
    invoice = issue_invoice(order=make_sale())
    for change in ({"total_minor": 1}, {"customer": {}}, {"number": "F2000-000001", "pdf": "x"}):
        with pytest.raises(NeverChanged):
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    for act in (invoice.save, invoice.delete, Invoice.objects.all().delete, invoice.order.invoices.all().delete):
        with pytest.raises(NeverChanged):
            act()
    invoice.reason = "changed"
    with pytest.raises(NeverChanged), transaction.atomic():
        Invoice.objects.bulk_update([invoice], ["reason"])
    assert Invoice.objects.filter(pk=invoice.pk).update(pdf="a.pdf", fiscal_number="1") == 1


def test_no_code_of_the_shop_writes_documents_past_that() -> None:
    """Raw SQL and Django's private ways would: none names the table, or the manager's own queryset."""
    for path in (ROOT / "tenant_apps/store").rglob("*.py"):
        if "tests" in path.parts or "migrations" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                assert "store_invoice " not in f"{node.value} ", path
            assert not (isinstance(node, ast.Attribute) and node.attr in ("_update", "_raw_delete")), path


@pytest.mark.parametrize(
    "wrong",
    [{"total_minor": 1}, {"tax_minor": 21_501}, {"original_id": "self"}, {"series": "A"}, {"fiscal_status": "x"}],
)  # fmt: skip
def test_the_database_refuses_a_document_that_contradicts_itself(tenant: Tenant, wrong: dict[str, Any]) -> None:
    good = issue_invoice(order=make_sale())
    values = {field.attname: getattr(good, field.attname) for field in Invoice._meta.concrete_fields}
    values |= {"id": None, "source": "x", "number": "F1", "sequence": 9, "order_id": make_sale("2").pk} | wrong
    if values["original_id"] == "self":
        values["original_id"] = good.pk
    del values["id"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Invoice(**values).save()


def test_partial_credit_notes_end_at_exactly_the_invoice(tenant: Tenant) -> None:
    order = make_sale()
    invoice = issue_invoice(order=order)
    notes = [credit(order, str(minor), amount=Money(minor, "XAF")) for minor in (7_333, 7_334, 20_000, 1)]
    assert [note and note.total_minor for note in notes] == [7_333, 7_334, 6_833, None]
    assert [note.tax_minor for note in notes if note] == [1_119, 1_119, 1_042]
    assert sum(note.tax_minor for note in notes if note) == invoice.tax_minor
    assert [note.number for note in notes if note] == [f"A{invoice.year}-00000{n}" for n in (1, 2, 3)]
    assert credit(order, "7333", amount=Money(1, "XAF")) == notes[0]


def test_goods_that_came_back_are_credited_piece_by_piece_and_never_more_than_were_sold(tenant: Tenant) -> None:
    order = make_sale()
    issue_invoice(order=order)
    wax, honey = order.lines.all()
    first = credit(order, "1", pieces={wax.pk: 1})
    assert first
    assert [(line["name"], line["quantity"], line["amount_minor"]) for line in first.lines] == [(WAX[0], 1, 8_000)]
    for too_many in ({wax.pk: 2}, {honey.pk: 2}, {honey.pk: -1}, {0: 1}):
        with pytest.raises(DomainError) as refused:
            credit(order, "2", pieces=too_many)
        assert (refused.value.code, refused.value.field) == ("too_many_pieces", "lines")
    second = credit(order, "2", pieces={wax.pk: 1, honey.pk: 1})
    third = credit(order, "3")
    assert second
    assert third
    assert (second.total_minor, third.total_minor) == (12_000, 1_500)  # the delivery is what is left
    assert credit(order, "4") is None


def test_an_order_that_is_cancelled_is_credited_whole_line_by_line(tenant: Tenant) -> None:
    order = make_sale()
    invoice = issue_invoice(order=order)
    note = credit(order, "cancelled")
    assert note
    assert (note.lines, note.total_minor, note.tax_minor) == (invoice.lines, invoice.total_minor, invoice.tax_minor)
    assert AuditLog.objects.get(action="store.credit_note.issued").after["reason"] == "Retour"


def test_goods_after_an_amount_are_credited_up_to_what_is_left(tenant: Tenant) -> None:
    order = make_sale(delivery_minor=0)
    issue_invoice(order=order)
    credit(order, "gesture", amount=Money(5_000, "XAF"))
    note = credit(order, "all", pieces={line.pk: line.quantity for line in order.lines.all()})
    assert note
    assert (note.subtotal_minor, note.reduction_minor, note.total_minor) == (20_000, 5_000, 15_000)


def test_a_discount_of_the_whole_order_is_taken_off_what_comes_back_in_proportion(tenant: Tenant) -> None:
    order = make_sale(items_minor=18_000, delivery_minor=0)
    invoice = issue_invoice(order=order)
    assert (invoice.subtotal_minor, invoice.reduction_minor, invoice.total_minor) == (20_000, 2_000, 18_000)
    note = credit(order, "1", pieces={order.lines.last().pk: 1})
    assert note
    assert (note.subtotal_minor, note.reduction_minor, note.total_minor) == (4_000, 400, 3_600)


def test_without_an_invoice_there_is_nothing_to_credit(tenant: Tenant) -> None:
    assert credit(make_sale(paid=False), "1") is None


@pytest.mark.parametrize(("currency", "tax"), [("XOF", 3_280), ("EUR", 3_280)])
def test_sums_are_exact_in_francs_and_in_cents(tenant: Tenant, currency: str, tax: int) -> None:
    invoice = issue_invoice(order=make_sale(currency=currency))
    assert (invoice.total, invoice.tax) == (Money(21_500, currency), Money(tax, currency))
    assert [one.as_text() for one in invoice.booked][2] == {"XOF": "21500", "EUR": "215.00"}[currency]
    note = credit(invoice.order, "all")
    assert note
    assert sum((one.booked[0].minor for one in (invoice, note)), 0) == 0


@given(
    total=st.integers(1, 10**9), rate=st.integers(0, 9_999), parts=st.lists(st.integers(1, 10**9), max_size=8)
)  # fmt: skip
def test_whatever_is_credited_in_whatever_parts_never_exceeds_the_invoice(
    total: int, rate: int, parts: list[int]
) -> None:
    tax = total - total * 10_000 // (10_000 + rate)
    lines = [{"what": "credit", "amount_minor": total}]
    invoice = Invoice(
        kind="invoice", currency="XOF", lines=lines, subtotal_minor=total, total_minor=total, tax_minor=tax
    )
    notes: list[Any] = []
    for part in [*parts, None]:
        left = invoicing.left_of(invoice, notes)
        amount = None if part is None else Money(part, "XOF")
        one = invoicing.credit_of(invoice, left, pieces=None, amount=amount)
        if one is None:
            continue
        assert 0 <= one.tax_minor <= one.total_minor
        assert one.subtotal_minor - one.reduction_minor == one.total_minor
        notes.append(Invoice(lines=[], total_minor=one.total_minor, tax_minor=one.tax_minor))
    assert sum(note.total_minor for note in notes) == total
    assert sum(note.tax_minor for note in notes) == tax
