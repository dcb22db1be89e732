"""Invoices over the API: for those whose bills they are, with their files."""

from __future__ import annotations

from typing import Any

import pytest

from billing.models import Invoice
from billing.services.renewals import open_renewal
from billing.tests.api.conftest import client_for
from tests.support.factories import make_user, pay_by_transfer
from tests.support.pdf import NEEDS_PDF
from tests.support.portal import member_of
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db

PATH = "/api/tenants/invoices/"


@pytest.fixture
def invoice() -> Invoice:
    order = open_renewal(subscription_id=ready_subscription("store-a").pk)
    pay_by_transfer(order)
    return Invoice.objects.get(order=order)


def organisation_of(invoice: Invoice) -> Any:
    return invoice.order.organisation


def test_who_looks_after_the_bills_sees_the_invoices_and_the_orders(invoice: Invoice) -> None:
    client = client_for(member_of(organisation_of(invoice), "billing"))
    newest = client.get(PATH).json()["results"][0]
    assert (newest["number"], newest["total_minor"], newest["tax_amount"]) == (invoice.number, 25_000, "4036")
    assert client.get(f"{PATH}{invoice.pk}/").json()["order_id"] == str(invoice.order_id)
    orders = client.get("/api/tenants/orders/").json()["results"]
    assert [(one["kind"], one["due_minor"], one["period_end"] is not None) for one in orders] == [("renewal", 0, True)]


@pytest.mark.parametrize("page", ["", "download/"])
def test_everybody_else_is_told_that_there_is_none(invoice: Invoice, page: str) -> None:
    other = ready_subscription("store-b").organisation
    assert other
    for user in (make_user(), member_of(organisation_of(invoice)), other.owner):
        client = client_for(user)
        assert client.get(f"{PATH}{invoice.pk}/{page}").status_code == 404
        assert invoice.number not in client.get(PATH).content.decode()


@NEEDS_PDF
def test_the_file_is_made_when_it_is_asked_for(invoice: Invoice) -> None:
    client = client_for(member_of(organisation_of(invoice), "billing"))
    answer = client.get(f"{PATH}{invoice.pk}/download/")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert client.get(f"{PATH}{invoice.pk}/").json()["has_file"] is True
