"""Invoices that customers ask for at the counter."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from shared_apps.core.errors import DomainError
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.current import Tenant
from tenant_apps.store.models import Invoice, Order
from tenant_apps.store.presenting.documents import document_of
from tenant_apps.store.rules.invoicing import Buyer
from tenant_apps.store.selectors.documents import cash_handed_over, payments_of
from tenant_apps.store.services.till_invoices import issue_till_invoice
from tenant_apps.store.services.till_returns import take_back_at_till
from tenant_apps.store.tests.support import make_order, make_variants
from tenant_apps.store.tests.till_support import make_session, owner, sell, seller, sold_line
from tests.support.tenants import Browser

pytestmark = pytest.mark.django_db
API = "/staff/till/api/invoice/"
COMPANY = {
    "name": "Awa Ndiaye", "company": "Ndiaye SARL", "tax_number": "M0123", "address": "Rue 1, Douala",
    "phone": "+237670000001", "email": "awa@example.org",
}  # fmt: skip


def split_sale() -> Order:
    [cloth] = make_variants(9, price_minor=1000)
    paid = [
        {"method": "cash", "amount_minor": 1200, "tendered_minor": 2000},
        {"method": "orange_money", "amount_minor": 1800, "reference": "OM-1"},
    ]
    order = sell(make_session(), sold_line(cloth, 3), payments=paid).order
    assert order is not None
    return order


@pytest.fixture
def device(tenant: Tenant) -> Browser:
    browser = Browser(tenant)
    browser.force_login(seller(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return browser


def ask(device: Browser, **body: Any) -> tuple[int, dict[str, Any]]:
    answer = device.post(API, json.dumps(body), content_type="application/json")
    return answer.status_code, answer.json()


def test_an_invoice_names_the_company_and_says_how_it_was_paid(tenant: Tenant, device: Browser) -> None:
    order = split_sale()
    status, told = ask(device, order=str(order.pk), **COMPANY)
    invoice = Invoice.objects.get()
    assert (status, told["invoice"]["number"], told["invoice"]["to"]) == (200, invoice.number, "Ndiaye SARL")
    assert invoice.customer == {
        "name": "Ndiaye SARL", "address": ["Awa Ndiaye", "Rue 1, Douala"], "email": "awa@example.org",
        "phone": "+237670000001", "tax_number": "M0123",
    }  # fmt: skip
    assert [(one["method"], one["amount_minor"], one["reference"]) for one in invoice.settlements] == [
        ("Orange Money", 1800, "OM-1"), ("Espèces", 1200, ""),
    ]  # fmt: skip
    assert document_of(invoice).customer.tax_numbers[0][1] == "M0123"
    order.refresh_from_db()
    assert (order.name, order.phone, order.email) == ("Awa Ndiaye", "+237670000001", "awa@example.org")
    file = Browser(tenant).get(told["invoice"]["url"])
    assert (file.status_code, file["Content-Type"]) == (200, "application/pdf")


def test_asked_for_twice_it_is_one_invoice_and_one_mail_an_address(tenant: Tenant, device: Browser) -> None:
    order = split_sale()
    first = ask(device, order=str(order.pk), **COMPANY)
    assert ask(device, order=str(order.pk), **{**COMPANY, "company": "Autre"}) == first
    ask(device, order=str(order.pk), **{**COMPANY, "email": "compta@example.org"})
    assert Invoice.objects.count() == 1
    mails = Delivery.objects.filter(template="store_till_invoice").order_by("recipient")
    assert [mail.recipient for mail in mails] == ["awa@example.org", "compta@example.org"]
    assert mails[0].context["url"].endswith(f"/orders/{order.pk}/invoice/")


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"name": " ", "company": ""}, "name_missing", "name"),
        ({"email": "awa@"}, "email_invalid", "email"),
        ({"phone": "12"}, "", "phone"),
        ({"name": 5}, "unreadable", "name"),
        ({"order": "x"}, "unreadable", "order"),
        ({"order": str(uuid.UUID(int=5))}, "sale_unknown", "order"),
    ],
)
def test_what_cannot_be_right_is_refused_with_its_field(
    tenant: Tenant, device: Browser, changes: dict[str, Any], code: str, field: str
) -> None:
    order = split_sale()
    status, told = ask(device, **{"order": str(order.pk), **COMPANY, **changes})
    assert 400 <= status < 500
    assert told["field"] == field
    assert not code or told["code"] == code
    assert not Invoice.objects.exists()


def test_an_order_of_the_storefront_is_invoiced_on_its_page_alone(tenant: Tenant) -> None:
    [cloth] = make_variants(9)
    order = make_order((cloth, 1))
    with pytest.raises(DomainError) as caught:
        issue_till_invoice(order_id=order.pk, buyer=Buyer("Awa"), by=owner())
    assert caught.value.code == "not_a_till_sale"


def test_what_came_back_before_is_credited_with_the_invoice(tenant: Tenant) -> None:
    order = split_sale()
    [line] = order.lines.all()
    session = order.till_sale.session
    back = {
        "session_id": session.pk,
        "order_id": order.pk,
        "method": "cash",
        "reason": "trou",
        "restock": True,
        "by": owner(),
    }
    take_back_at_till(key=uuid.uuid4(), pieces={line.pk: 1}, **back)
    issue_till_invoice(order_id=order.pk, buyer=Buyer("Awa"), by=owner())
    totals = list(Invoice.objects.order_by("kind").values_list("kind", "total_minor"))
    assert totals == [("credit_note", 1000), ("invoice", 3000)]
    take_back_at_till(key=uuid.uuid4(), pieces={line.pk: 2}, **back)
    assert sum(one.booked[2].minor for one in Invoice.objects.all()) == 0


def test_a_sale_that_was_given_back_whole_has_nothing_to_invoice(tenant: Tenant) -> None:
    order = split_sale()
    take_back_at_till(
        session_id=order.till_sale.session_id, key=uuid.uuid4(), order_id=order.pk, pieces={order.lines.get().pk: 3},
        method="cash", reason="trou", restock=True, by=owner(),
    )  # fmt: skip
    with pytest.raises(DomainError) as caught:
        issue_till_invoice(order_id=order.pk, buyer=Buyer("Awa"), by=owner())
    assert caught.value.code == "all_given_back"


def test_a_tills_receipt_says_that_it_is_paid_and_what_was_handed_over(tenant: Tenant, device: Browser) -> None:
    order = split_sale()
    assert [one.amount.minor for one in payments_of(order)] == [1800, 1200]
    given = cash_handed_over(order)
    assert given is not None
    assert given.minor == 2000
    printed = device.get(f"/staff/orders/{order.number}/receipt.bin").content
    for text in (b"Orange Money", b"1 800 FCFA", b"1 200 FCFA", b"2 000 FCFA", b"         800 FCFA"):
        assert text in printed
    assert "Reste à payer".encode("cp858") not in printed
    assert "Orange Money" in device.get(f"/staff/orders/{order.number}/receipt/").content.decode()


def test_a_company_with_a_long_name_is_named_on_the_order_as_far_as_it_goes(tenant: Tenant, device: Browser) -> None:
    order = split_sale()
    company = "Société " + "a" * 112
    status, told = ask(device, order=str(order.pk), company=company)
    order.refresh_from_db()
    assert (status, told["invoice"]["to"], order.name) == (200, company, company[:100])
