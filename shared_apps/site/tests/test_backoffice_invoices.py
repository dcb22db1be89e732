"""Invoices in the back office: found, downloaded, and asked about again at the tax office."""

from __future__ import annotations

import pytest
from django.test import Client

from billing.models import Invoice
from shared_apps.audit.models import AuditLog
from tests.support.factories import make_order, make_user, pay_by_transfer
from tests.support.portal import on_platform

pytestmark = pytest.mark.django_db

PATH = "/backoffice/invoices/"


@pytest.fixture
def invoice() -> Invoice:
    order = make_order(organisation_name="Épicerie Wouri")
    pay_by_transfer(order)
    return Invoice.objects.get(order=order)


@pytest.mark.parametrize("q", ["wouri", "F20", "number", "order"])
def test_an_invoice_is_found_by_number_order_or_customer(invoice: Invoice, admin: Client, q: str) -> None:
    q = {"number": invoice.number, "order": invoice.order.number}.get(q, q)
    assert invoice.number in admin.get(PATH, {"q": q}).content.decode()
    assert invoice.number not in admin.get(PATH, {"q": "nobody"}).content.decode()


@pytest.mark.parametrize("query", [{"q": "x" * 500}, {"show": "?"}, {"page": "-1"}])
def test_what_makes_no_sense_is_answered_all_the_same(admin: Client, query: dict[str, str]) -> None:
    assert admin.get(PATH, query).status_code == 200


def test_what_the_tax_office_refused_is_shown_and_asked_again(invoice: Invoice, admin: Client) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(fiscal_status="failed", fiscal_error="NIU inconnu")
    page = admin.get(PATH, {"show": "refused"}).content.decode()
    assert "NIU inconnu" in page
    assert admin.post(f"{PATH}{invoice.pk}/certify/").status_code == 302
    invoice.refresh_from_db()
    assert invoice.fiscal_status == "to_certify"
    assert AuditLog.objects.filter(action="invoice.certificate_retried", resource_id=str(invoice.pk)).exists()


def test_only_platform_admins_see_the_list(invoice: Invoice) -> None:
    assert on_platform(make_user()).get(PATH).status_code in (403, 404)
    assert on_platform(invoice.order.user).post(f"{PATH}{invoice.pk}/certify/").status_code in (403, 404)
