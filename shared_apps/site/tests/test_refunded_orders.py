"""What customers and admins read of an order whose money went back, was kept as credit, or was lost in a dispute."""

from __future__ import annotations

import csv
import io
import re
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.utils import timezone, translation
from django.utils.html import strip_tags

from billing.models import Dispute, Invoice, Order, Payment, Refund
from billing.money import Money
from billing.services.payments import start_payment
from billing.services.refunds import mark_refund_sent, request_refund
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from billing.services.transfers import decide_transfer
from billing.signing import pay_token
from shared_apps.audit.models import AuditLog
from shared_apps.organisations.models import Organisation
from shared_apps.site.order_page import State, load_order_page
from shared_apps.site.tests.helpers import visitor
from tests.support.factories import make_admin, make_order, pay_by_transfer
from tests.support.portal import on_platform
from tests.support.queries import queries_of
from tests.support.subscriptions import ended, ready_subscription

pytestmark = pytest.mark.django_db
PAID = 25_000


def first_payment(name: str = "store-a") -> Payment:
    """Of the order that made a ready tenant's workspace."""
    subscription = ready_subscription(name)
    return Payment.objects.get(order__subscription=subscription, order__kind="first", status="succeeded")


def give_back(payment: Payment, minor: int = PAID, **options: Any) -> Refund:
    refund = request_refund(payment=payment, amount=Money(minor, "XAF"), reason="Geste", actor=make_admin(), **options)
    if options.get("to_credit"):
        return refund
    return mark_refund_sent(refund=refund, admin=make_admin(), reference="VIR-1")


def customer(payment: Payment, language: str = "en") -> Client:
    client = on_platform(payment.order.user)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def admin(language: str = "en") -> Client:
    client = on_platform(make_admin())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language
    return client


def page_of(order: Order) -> State:
    return load_order_page(Order.objects.select_related("subscription").get(pk=order.pk)).state


def words(text: Any) -> str:
    with translation.override("en"):
        return str(text)


def state_in(client: Client, path: str, order: Order) -> str:
    return next(words(row["state"]) for row in client.get(path).context["rows"] if row["order"] == order)


def lists_of(payment: Payment) -> set[str]:
    """What "My orders" and the portal's orders call the payment's order."""
    client, order = customer(payment), payment.order
    portal = f"/organisations/{order.organisation_id}/billing/orders/"
    return {state_in(client, path, order) for path in ("/orders/", portal)}


def exported(payment: Payment) -> dict[str, str]:
    """The payment's row in the payments' export."""
    day = timezone.localdate(payment.created_at, timezone.get_default_timezone()).isoformat()
    answer: Any = admin().get("/backoffice/revenue/export/", {"what": "payments", "since": day, "until": day})
    text = b"".join(answer.streaming_content).decode().removeprefix("\ufeff")
    [row] = [row for row in csv.DictReader(io.StringIO(text)) if row["Order"] == payment.order.number]
    return row


class TestOrderPage:
    def test_time_taken_back_with_its_money_is_not_a_ready_workspace(self) -> None:
        payment = first_payment()
        assert page_of(payment.order) is State.READY
        give_back(payment, ends_access=True)
        page = customer(payment).get(f"/orders/{payment.order_id}/").content.decode()
        assert page_of(payment.order) is State.REFUNDED
        assert "This order was refunded" in page
        assert f"/organisations/{payment.order.organisation_id}/enter/" not in page

    def test_money_kept_as_credit_with_the_time_it_paid_is_no_refund(self) -> None:
        payment = first_payment()
        give_back(payment, ends_access=True, to_credit=True)
        page = customer(payment).get(f"/orders/{payment.order_id}/").content.decode()
        assert "This order was turned into credit" in page
        assert "This order was refunded" not in page

    def test_its_documents_are_named_with_what_they_take_off(self) -> None:
        payment = first_payment()
        give_back(payment, 4_000)
        answer = customer(payment).get(f"/orders/{payment.order_id}/")
        page = answer.content.decode()
        for one in Invoice.objects.filter(order=payment.order):
            assert f"/invoices/{one.pk}/" in page
        note = Invoice.objects.get(order=payment.order, kind="credit_note")
        assert f"Credit note {note.number} (PDF)" in page
        assert page_of(payment.order) is State.READY, "the access stays"

    def test_a_first_order_whose_workspace_is_closed_does_not_say_that_it_is_ready(self) -> None:
        order = first_payment().order
        ended(days=20, status="suspended", hold="unpaid", suspended_at=timezone.now())
        assert page_of(order) is State.ENDED
        page = customer(first_payment()).get(f"/orders/{order.pk}/").content.decode()
        assert f'href="/organisations/{order.organisation_id}/"' in page

    def test_who_has_only_the_link_learns_nothing_of_the_workspace(self) -> None:
        order = first_payment().order
        ended(days=20, status="suspended", hold="unpaid", suspended_at=timezone.now())
        answer = visitor().get(f"/pay/{order.pk}/{pay_token(order.pk)}/", headers={"Cookie": "django_language=en"})
        page = answer.content.decode()
        assert "This order is complete" in page
        assert "not open" not in page
        assert "/invoices/" not in page

    def test_a_trial_that_is_over_was_not_paid(self) -> None:
        order = first_payment().order
        Order.objects.filter(pk=order.pk).update(trial_days=14, subtotal_minor=0, total_minor=0, tax_minor=0,
                                                 received_minor=0)  # fmt: skip
        assert lists_of(first_payment()) == {"Trial"}
        ended(days=20, status="suspended", hold="unpaid", suspended_at=timezone.now())
        page = customer(first_payment()).get(f"/orders/{order.pk}/").content.decode()
        assert "The trial that it began is over." in page

    def test_one_whose_workspace_was_deleted_leads_nowhere(self) -> None:
        payment = first_payment()
        ended(days=20, status="deleted")
        Organisation.objects.filter(pk=payment.order.organisation_id).update(status="closed")
        page = customer(payment).get(f"/orders/{payment.order_id}/").content.decode()
        assert "Its workspace was deleted." in page
        assert f'href="/organisations/{payment.order.organisation_id}/"' not in page

    def test_the_documents_of_one_that_is_being_prepared_are_on_its_page(self) -> None:
        payment = pay_by_transfer(make_order())
        give_back(payment, 4_000)
        page = customer(payment).get(f"/orders/{payment.order_id}/").content.decode()
        note = Invoice.objects.get(order=payment.order, kind="credit_note")
        assert page_of(payment.order) is State.PROVISIONING
        assert f"/invoices/{note.pk}/" in page

    def test_credit_that_a_second_person_has_not_agreed_to_is_not_told(self, settings: Any) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {"XAF": 1_000}
        payment = first_payment()
        assert give_back(payment, to_credit=True).status == "awaiting_approval"
        assert load_order_page(Order.objects.select_related("subscription").get(pk=payment.order_id)).news == []

    def test_a_renewal_given_back_whole_whose_time_goes_on(self) -> None:
        order = open_renewal(subscription_id=ready_subscription("store-a").pk)
        payment = pay_by_transfer(order)
        give_back(payment, PAID - 1_000)
        assert page_of(order) is State.PAID
        give_back(payment, 1_000)
        page = customer(payment).get(f"/orders/{order.pk}/").content.decode()
        assert "This order was refunded" in page
        assert "The time that it paid for goes on." in page

    def test_a_renewal_that_was_taken_back(self) -> None:
        order = open_renewal(subscription_id=ready_subscription("store-a").pk)
        payment = pay_by_transfer(order)
        assert page_of(order) is State.PAID
        give_back(payment, ends_access=True)
        assert page_of(order) is State.REFUNDED


class TestLists:
    def test_an_order_given_back_whole_is_not_paid_any_more(self) -> None:
        payment = first_payment()
        assert lists_of(payment) == {"Paid"}
        give_back(payment, 4_000, to_credit=True)
        assert lists_of(payment) == {"Paid"}, "a part is no refund of the order"
        give_back(payment, PAID - 4_000)
        assert lists_of(payment) == {"Refunded"}

    def test_money_beside_credit_is_not_the_whole_order(self) -> None:
        subscription = ready_subscription("store-a")
        with transaction.atomic():
            add_credit(subscription_id=subscription.pk, amount=Money(20_000, "XAF"))
        payment = pay_by_transfer(open_renewal(subscription_id=subscription.pk))
        give_back(payment, 5_000)
        assert lists_of(payment) == {"Paid"}, "20 000 of it are paid still"

    def test_part_of_the_money_with_all_of_the_time_is_the_whole_order(self) -> None:
        payment = first_payment()
        give_back(payment, 5_000, ends_access=True)
        assert lists_of(payment) == {"Refunded"}

    def test_what_a_dispute_took_is_not_paid(self) -> None:
        payment = first_payment()
        Dispute.objects.create(
            payment=payment, provider_ref="D-1", status="lost", amount_minor=500, held_minor=500, currency="XAF"
        )
        assert lists_of(payment) == {"Lost in a dispute"}

    def test_an_order_kept_whole_as_credit_was_not_refunded(self) -> None:
        payment = first_payment()
        give_back(payment, to_credit=True)
        assert lists_of(payment) == {"Turned into credit"}

    def test_the_portal_says_what_of_a_payment_went_where(self) -> None:
        payment = first_payment()
        give_back(payment, 4_000)
        give_back(payment, 1_000, to_credit=True)
        path = f"/organisations/{payment.order.organisation_id}/billing/orders/"
        page = strip_tags(customer(payment).get(path).content.decode()).replace("\xa0", " ")
        assert re.search(r"4,000 FCFA given back, \d", page)
        assert re.search(r"1,000 FCFA kept as credit, \d", page)

    def test_what_came_is_told_not_what_was_asked_for(self) -> None:
        order = open_renewal(subscription_id=ready_subscription("store-a").pk)
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(
            payment=payment, admin=make_admin(), approved=True, received=Money(10_000, "XAF"), as_received=True
        )
        client, path = customer(first_payment()), f"/organisations/{order.organisation_id}/billing/orders/"
        [row] = [row for row in client.get(path).context["rows"] if row["order"] == order]
        assert [one["amount"] for one in row["payments"]] == [Money(10_000, "XAF")]
        shown = admin().get(f"/backoffice/organisations/{order.organisation_id}/").context["payments"]
        assert Money(10_000, "XAF") in [one["amount"] for one in shown]

    def test_as_many_queries_however_much_was_given_back(self) -> None:
        payment = first_payment()
        paths = ("/orders/", f"/organisations/{payment.order.organisation_id}/billing/orders/")
        client = customer(payment)
        before = [queries_of(client, path) for path in paths]
        for _ in range(3):
            give_back(payment, 1_000)
        assert [queries_of(client, path) for path in paths] == before


class TestBackOffice:
    def test_what_was_kept_is_nowhere_called_given_back(self) -> None:
        payment = first_payment()
        refund = give_back(payment, 10_000, to_credit=True)
        client = admin()
        rows = client.get("/backoffice/refunds/?show=done").context["rows"]
        answer = client.get(f"/backoffice/payments/{payment.pk}/")
        assert [words(row["state"]) for row in rows if row["refund"] == refund] == ["Kept as credit"]
        assert (answer.context["returned"], answer.context["kept"]) == (None, Money(10_000, "XAF"))
        assert {words(row["kind"]) for row in answer.context["journals"]} & {"Refund", "Kept as credit"} == {
            "Kept as credit"
        }
        assert AuditLog.objects.filter(action="refund.kept").count() == 1
        assert not AuditLog.objects.filter(action="refund.succeeded").exists()

    def test_a_payment_gone_whole_says_how(self) -> None:
        states = {}
        for name, to_credit in (("store-a", False), ("store-b", True)):
            payment = first_payment(name)
            give_back(payment, to_credit=to_credit)
            states[name] = words(admin().get(f"/backoffice/payments/{payment.pk}/").context["state"])
        assert states == {"store-a": "Given back", "store-b": "Kept as credit"}

    def test_the_export_tells_what_was_sent_kept_and_lost_apart(self) -> None:
        payment = first_payment()
        give_back(payment, 4_000)
        give_back(payment, 1_000, to_credit=True)
        Dispute.objects.create(
            payment=payment, provider_ref="D-1", status="lost", amount_minor=500, held_minor=500, currency="XAF"
        )
        Payment.objects.filter(pk=payment.pk).update(refunded_minor=5_500)
        row = exported(payment)
        assert (row["Given back"], row["Kept as credit"], row["Lost in disputes"]) == ("4000", "1000", "500")
        assert row["State"] == "Received"

    def test_the_export_counts_what_an_order_did_not_need_as_credit(self) -> None:
        order = open_renewal(subscription_id=ready_subscription("store-a").pk)
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(
            payment=payment, admin=make_admin(), approved=True, received=Money(27_000, "XAF"), as_received=True
        )
        assert exported(payment)["Kept as credit"] == "2000"

    def test_the_export_says_that_a_payment_is_disputed(self) -> None:
        payment = first_payment()
        Dispute.objects.create(payment=payment, provider_ref="D-1", amount_minor=500, currency="XAF")
        assert exported(payment)["State"] == "Disputed"

    @pytest.mark.parametrize("name", ["refunded", "kept", "lost", "disputed"])
    def test_each_filter_finds_its_own(self, name: str) -> None:
        payments = {"refunded": first_payment("store-a"), "kept": first_payment("store-b")}
        give_back(payments["refunded"], 1_000)
        give_back(payments["kept"], 1_000, to_credit=True)
        for number, status in enumerate(("lost", "open")):
            order = open_renewal(subscription_id=ready_subscription(("events-a", "esxi-a")[number]).pk)
            payment = start_payment(order_id=order.pk, method="bank_transfer")
            decide_transfer(payment=payment, admin=make_admin(), approved=True)
            Dispute.objects.create(
                payment=payment, provider_ref=f"D-{number}", status=status, amount_minor=500, held_minor=500,
                currency="XAF",
            )  # fmt: skip
            Payment.objects.filter(pk=payment.pk).update(refunded_minor=500 if status == "lost" else 0)
            payments["disputed" if status == "open" else "lost"] = payment
        rows = admin().get(f"/backoffice/payments/?status={name}").context["rows"]
        found = {name, "lost"} if name == "disputed" else {name}  # a dispute that is over was one
        assert {row["payment"].pk for row in rows} == {payments[one].pk for one in found}

    def test_the_papers_of_a_payment_lead_to_their_files(self) -> None:
        payment = first_payment()
        give_back(payment, 1_000)
        page = admin().get(f"/backoffice/payments/{payment.pk}/").content.decode()
        papers = list(Invoice.objects.filter(order=payment.order))
        assert len(papers) == 2
        assert all(f'href="/invoices/{one.pk}/"' in page for one in papers)
