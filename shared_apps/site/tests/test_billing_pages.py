"""Bills in the portal: documents, orders, credit and details, for those who pay and nobody else."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from billing.models import Invoice, Subscription
from billing.money import Money
from billing.services.invoices import issue_credit_note
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from shared_apps.audit.models import AuditLog
from tests.support.factories import make_user, pay_by_transfer
from tests.support.portal import member_of, on_platform
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db

PAGES = ("billing/", "billing/export/", "billing/orders/", "billing/credit/", "billing/details/")
DETAILS = {
    "billing_name": "Marché Élégant SARL",
    "billing_email": "compta@example.org",
    "billing_phone": "+237 6 70 12 34 56",
    "billing_address": "BP 1, Douala",
    "billing_country": "CM",
    "tax_number": "M0123",
}


@pytest.fixture
def subscription() -> Subscription:
    return ready_subscription("store-a")


@pytest.fixture
def payer(subscription: Subscription) -> Client:
    return on_platform(member_of(organisation_of(subscription), "billing"))


def organisation_of(subscription: Subscription) -> Any:
    assert subscription.organisation
    return subscription.organisation


def address(subscription: Subscription, page: str) -> str:
    return f"/organisations/{subscription.organisation_id}/{page}"


def paid_renewal(subscription: Subscription) -> Invoice:
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    return Invoice.objects.get(order=order)


@pytest.mark.parametrize("page", PAGES)
def test_only_those_who_pay_see_bills(subscription: Subscription, page: str) -> None:
    organisation, url = organisation_of(subscription), address(subscription, page)
    answers = {
        role: on_platform(member_of(organisation, role)).get(url) for role in ("owner", "admin", "billing", "member")
    }
    assert {role: answer.status_code for role, answer in answers.items()} == {
        "owner": 200, "admin": 200, "billing": 200, "member": 403
    }  # fmt: skip
    strangers = [make_user(), organisation_of(ready_subscription("store-b")).owner]
    assert [on_platform(one).get(url).status_code for one in strangers] == [404, 404]


def test_the_navigation_shows_bills_only_to_those_who_pay(subscription: Subscription) -> None:
    organisation = organisation_of(subscription)
    for role, shown in (("billing", True), ("member", False)):
        page = on_platform(member_of(organisation, role)).get(address(subscription, "")).content.decode()
        assert (address(subscription, "billing/") in page) is shown
        assert address(subscription, "plan/") in page


def test_invoices_and_credit_notes_are_listed_with_their_files_and_in_the_csv(
    subscription: Subscription, payer: Client
) -> None:
    invoice = paid_renewal(subscription)
    with transaction.atomic():
        note = issue_credit_note(
            invoice=invoice, amount=Money(5_000, "XAF"), source="test:1", to=f"credit:{subscription.pk}", reason="Geste"
        )
    assert note
    page = payer.get(address(subscription, "billing/")).content.decode()
    assert [one.number in page and f"/invoices/{one.pk}/" in page for one in (invoice, note)] == [True, True]
    answer = payer.get(address(subscription, "billing/export/"))
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert f'"{invoice.number}"' in lines[2]
    assert '"20964";"4036";"25000";"XAF"' in lines[2]
    assert '"-4193";"-807";"-5000";"XAF"' in lines[1]


def test_other_organisations_documents_are_not_in_the_list(subscription: Subscription, payer: Client) -> None:
    other = paid_renewal(ready_subscription("store-b"))
    pages = "".join(payer.get(address(subscription, page)).content.decode() for page in ("billing/", "billing/orders/"))
    assert other.number not in pages
    assert other.order.number not in pages


def test_the_open_order_can_be_paid_and_its_link_shared(subscription: Subscription, payer: Client) -> None:
    order = open_renewal(subscription_id=subscription.pk)
    page = payer.get(address(subscription, "billing/")).content.decode()
    assert f'href="/orders/{order.pk}/"' in page
    assert f"/pay/{order.pk}/" in page


def test_orders_name_what_was_paid_for_them(subscription: Subscription, payer: Client) -> None:
    invoice = paid_renewal(subscription)
    page = payer.get(address(subscription, "billing/orders/")).content.decode()
    assert invoice.order.number in page
    assert page.count("25\u202f000") >= 2


def test_credit_shows_what_is_set_aside_too(subscription: Subscription, payer: Client) -> None:
    invoice = paid_renewal(subscription)
    with transaction.atomic():
        issue_credit_note(
            invoice=invoice, amount=Money(5_000, "XAF"), source="test:1", to=f"credit:{subscription.pk}", reason="Geste"
        )
        add_credit(subscription_id=subscription.pk, amount=Money(5_000, "XAF"))
    open_renewal(subscription_id=subscription.pk)
    page = payer.get(address(subscription, "billing/credit/")).content.decode()
    assert page.count("5\u202f000") == 3  # the balance, what is set aside of it, and the credit note


def test_details_hold_for_the_next_order_and_are_recorded(subscription: Subscription, payer: Client) -> None:
    before = open_renewal(subscription_id=subscription.pk)
    assert payer.post(address(subscription, "billing/details/"), DETAILS).status_code == 302
    after = open_renewal(subscription_id=subscription.pk, cycle="yearly")
    assert (after.customer_name, after.tax_number) == ("Marché Élégant SARL", "M0123")
    before.refresh_from_db()
    assert before.customer_name != after.customer_name
    entry = AuditLog.objects.filter(action="organisation.billing_changed").latest("created_at")
    assert entry.after["tax_number"] == "M0123"


@pytest.mark.parametrize(
    "wrong",
    [
        {"billing_email": "x"},
        {"billing_country": "ZZ"},
        {"billing_phone": "abc"},
        {"billing_name": ""},
        {"tax_number": "\x00"},
    ],
)
def test_wrong_details_are_said_beside_their_field_and_nothing_typed_is_lost(
    subscription: Subscription, payer: Client, wrong: dict[str, str]
) -> None:
    answer = payer.post(address(subscription, "billing/details/"), {**DETAILS, **wrong})
    assert answer.status_code == 422
    assert "BP 1, Douala" in answer.content.decode()
    assert answer.context["form"].errors.keys() == wrong.keys()


@pytest.mark.parametrize("page", ["billing/", "billing/orders/", "billing/credit/"])
def test_pages_take_the_same_queries_however_much_there_is(
    subscription: Subscription, payer: Client, page: str, django_assert_num_queries
) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    paid_renewal(subscription)
    with CaptureQueriesContext(connection) as before:
        payer.get(address(subscription, page))
    for _ in range(3):
        paid_renewal(subscription)
    with django_assert_num_queries(len(before)):
        payer.get(address(subscription, page))


def test_what_credit_paid_is_not_called_money_that_came(subscription: Subscription, payer: Client) -> None:
    with transaction.atomic():
        add_credit(subscription_id=subscription.pk, amount=Money(10_000, "XAF"))
    order = open_renewal(subscription_id=subscription.pk)
    pay_by_transfer(order)
    page = re.sub("<[^>]*>|[\u202f\xa0]", " ", payer.get(f"/orders/{order.pk}/").content.decode())
    assert re.search(r"Merci\. +15 000 +FCFA", page)
    assert len(re.findall(r"25 000 +FCFA", page)) == 1, "the price"
