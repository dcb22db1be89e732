"""The pages of invoices and credit notes, for customers and for staff."""

from __future__ import annotations

import csv
import io
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.test import override_settings

from billing.money import Money
from shared_apps.audit.models import AuditLog
from shared_apps.core.tenancy import connection
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, Order
from tenant_apps.store.rules.months import Month, months_back
from tenant_apps.store.selectors.documents import documents_of
from tenant_apps.store.services.invoices import issue_credit_note, issue_invoice
from tenant_apps.store.tests.sales import make_sale
from tenant_apps.team.tests.support import BACKEND, customer_client, make_member, make_role
from tests.support.pdf import NEEDS_PDF
from tests.support.queries import queries_of
from tests.support.tenants import Browser, owner_of, ready_tenant

OCTOBER, NOVEMBER = (datetime(2026, month, 20, 12, tzinfo=UTC) for month in (10, 11))


@pytest.fixture
def visitor(tenant: Tenant) -> Browser:
    return Browser(tenant)


@pytest.fixture
def staff(tenant: Tenant) -> Browser:
    browser = Browser(tenant)
    browser.force_login(owner_of(tenant), backend=BACKEND)
    connection.set_tenant(tenant)
    return browser


def sold(number: int, *, now: datetime = NOVEMBER, **values: Any) -> Invoice:
    return issue_invoice(order=make_sale(f"20261120{number:04}", **values), now=now)


def credited(order: Order, minor: int) -> Invoice:
    note = issue_credit_note(
        order=order, reason="Geste", key="1", amount=Money(minor, "XAF"), now=NOVEMBER + timedelta(hours=1)
    )
    assert note
    return note


@NEEDS_PDF
def test_a_customer_downloads_the_invoice_by_the_orders_link_once_it_was_issued(
    tenant: Tenant, visitor: Browser
) -> None:
    order = make_sale()
    address = f"/orders/{order.pk}/invoice/"
    assert visitor.get(address).status_code == 404
    invoice = issue_invoice(order=order)
    answer = visitor.get(address)
    assert b"".join(answer.streaming_content).startswith(b"%PDF-1.7")
    assert answer["Content-Disposition"] == f'attachment; filename="{invoice.number}.pdf"'
    assert "no-store" in answer["Cache-Control"]
    assert visitor.get(f"/orders/{uuid.uuid4()}/invoice/").status_code == 404
    assert visitor.get("/orders/1/invoice/").status_code == 404
    assert Browser(ready_tenant("store-b")).get(address).status_code == 404


@NEEDS_PDF
def test_a_customer_downloads_each_document_of_the_order_and_of_no_other(tenant: Tenant, visitor: Browser) -> None:
    invoice, other = sold(1), sold(2)
    note = credited(invoice.order, 500)
    for one in (invoice, note):
        answer = visitor.get(f"/orders/{invoice.order.pk}/documents/{one.number}/")
        assert answer["Content-Disposition"] == f'attachment; filename="{one.number}.pdf"'
        assert "no-store" in answer["Cache-Control"]
    assert visitor.get(f"/orders/{invoice.order.pk}/documents/{other.number}/").status_code == 404


@NEEDS_PDF
def test_staff_download_any_document_by_its_number(tenant: Tenant, staff: Browser) -> None:
    invoice = sold(1)
    note = credited(invoice.order, 500)
    for one in (invoice, note):
        answer = staff.get(f"/staff/documents/{one.number}/")
        assert b"".join(answer.streaming_content).startswith(b"%PDF-1.7")
    assert staff.get("/staff/documents/F2026-999999/").status_code == 404


def test_only_those_who_may_see_orders_see_documents(tenant: Tenant, visitor: Browser) -> None:
    invoice = sold(1)
    pages = ("", "journal/", f"{invoice.number}/")
    addresses = [f"/staff/documents/{page}" for page in pages] + [
        f"/staff/orders/{invoice.order.number}/receipt{end}" for end in ("/", ".bin")
    ]
    assert [visitor.get(address).status_code for address in addresses] == [302] * 5
    customer = customer_client(tenant)
    assert [customer.get(address).status_code for address in addresses] == [403] * 5
    assert not AuditLog.objects.filter(action="store.journal.exported").exists()


def test_the_journal_is_for_those_who_may_see_sales(tenant: Tenant) -> None:
    invoice = sold(1, name="Awa Diop")
    asked = {}
    for code in ("store.view_orders", "store.view_reports"):
        browser = Browser(tenant)
        browser.force_login(make_member(make_role(code, name=code)).user, backend=BACKEND)
        asked[code] = browser
    orders, reports = asked.values()
    page = orders.get("/staff/documents/").content.decode()
    assert (invoice.number in page, "/staff/documents/journal/" in page) == (True, False)
    assert orders.get("/staff/documents/journal/").status_code == 403
    assert not AuditLog.objects.filter(action="store.journal.exported").exists()
    [link] = re.findall(r'href="(/staff/documents/journal/[^"]+)"', reports.get("/staff/home/").content.decode())
    text = b"".join(reports.get(link).streaming_content).decode()
    assert (invoice.number in text, "Awa Diop" in text) == (True, False)


def test_the_list_is_filtered_by_month_kind_and_number(tenant: Tenant, staff: Browser) -> None:
    old, new = sold(1, now=OCTOBER), sold(2)
    note = credited(new.order, 500)
    known = {old.number, new.number, note.number}

    def shown(query: str) -> set[str]:
        html = staff.get(f"/staff/documents/?{query}").content.decode()
        return {number for number in known if f"/staff/documents/{number}/" in html}

    assert shown("") == known
    assert "/staff/documents/journal/" in staff.get("/staff/documents/").content.decode()
    assert shown("month=2026-10") == {old.number}
    assert shown("month=2026-11&kind=invoice") == {new.number}
    assert shown("kind=credit_note") == {note.number}
    assert shown(f"q={old.number.lower()}") == {old.number}
    assert shown(f"q={new.order.number}") == {new.number, note.number}
    assert shown("q=F9") == set()


@pytest.mark.parametrize(
    "junk", ["month=2026-13", "month=x", "month=٢٠٢٦-10", "kind=x", "page=x", "page=-1", "month=0000-01"]
)
def test_junk_in_the_address_is_calmly_ignored(tenant: Tenant, staff: Browser, junk: str) -> None:
    sold(1)
    assert staff.get(f"/staff/documents/?{junk}").status_code == 200
    assert staff.get(f"/staff/documents/journal/?{junk}").status_code == 200


def test_before_the_first_sale_the_list_says_what_it_is_for(tenant: Tenant, staff: Browser) -> None:
    answer = staff.get("/staff/documents/")
    assert answer.status_code == 200
    assert 'class="empty"' in answer.content.decode()


def test_a_credit_note_is_below_zero_in_the_list_and_in_the_journal(tenant: Tenant, staff: Browser) -> None:
    sold(1, now=OCTOBER)
    invoice = sold(2, name="=HYPERLINK(1)")
    note = credited(invoice.order, 1_500)
    assert "−1\u202f500\u00a0FCFA" in staff.get("/staff/documents/").content.decode()
    answer = staff.get("/staff/documents/journal/?month=2026-11")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    assert answer["Content-Disposition"].endswith('-2026-11.csv"')
    rows = list(csv.reader(io.StringIO(text), delimiter=";"))
    assert [row[2:6] for row in rows[1:]] == [
        [invoice.number, invoice.order.number, "", "'=HYPERLINK(1)"],
        [note.number, invoice.order.number, invoice.number, "'=HYPERLINK(1)"],
    ]
    assert [row[6:] for row in rows[1:]] == [
        ["18220", "", "18", "3280", "21500", "XAF"], ["-1271", "", "18", "-229", "-1500", "XAF"],
    ]  # fmt: skip
    entry = AuditLog.objects.get(action="store.journal.exported")
    assert (entry.after, entry.actor_label != "") == ({"month": "2026-11"}, True)


def test_the_lists_queries_do_not_grow_with_its_rows(tenant: Tenant, staff: Browser) -> None:
    sold(1)
    staff.get("/staff/documents/")

    def cost() -> int:
        return queries_of(staff, "/staff/documents/?kind=invoice")

    few = cost()
    for number in range(2, 12):
        sold(number)
    assert cost() == few


@override_settings(ROOT_URLCONF="baobab.urls_store")
def test_an_orders_page_names_its_documents(tenant: Tenant) -> None:
    invoice = sold(1)
    note = credited(invoice.order, 500)
    context = {"order": invoice.order, "documents": documents_of(invoice.order)}
    customers = render_to_string("store/documents_of_order.html", context)
    for one in (invoice, note):
        assert f'href="/orders/{invoice.order.pk}/documents/{one.number}/"' in customers
    assert "/staff/" not in customers
    staff = render_to_string("store/documents_of_order.html", {**context, "for_staff": True})
    for address in (
        f"documents/{invoice.number}",
        f"documents/{note.number}",
        f"orders/{invoice.order.number}/receipt",
    ):
        assert f'href="/staff/{address}/"' in staff
    nothing = render_to_string("store/documents_of_order.html", {"order": invoice.order, "documents": []})
    assert nothing.strip() == ""


def test_months_know_their_days_and_who_comes_before() -> None:
    assert (Month(2028, 2).first.isoformat(), Month(2028, 2).last.isoformat()) == ("2028-02-01", "2028-02-29")
    assert [str(one) for one in months_back(Month(2027, 1), Month(2026, 11), most=9)] == [
        "2027-01",
        "2026-12",
        "2026-11",
    ]
    assert len(months_back(Month(2027, 1), Month(2000, 1), most=9)) == 9
