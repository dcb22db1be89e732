"""What payers are written: once, in their language, after commit, and never beside what the product writes itself."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction

from billing.money import Money
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_email
from tenant_apps.payments.models import Payment
from tenant_apps.payments.services.by_hand import decide_review, record_cash
from tenant_apps.payments.services.refunds import finish_by_hand, request_refund
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.transfers import decide_transfer, send_receipt
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, owner
from tenant_apps.team.tests.support import photo_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
PRICE = Money(25_000, "XAF")


class Undone(Exception):
    """The end of a transaction that comes to nothing."""


def plain(text: Any) -> str:
    return str(text).replace("\u202f", " ").replace("\xa0", " ")


def letters() -> list[str]:
    """What was queued for customers, by name."""
    found = Delivery.objects.filter(template__startswith="customer_payment").order_by("template")
    return [one.template.removeprefix("customer_payment_") for one in found]


def read(what: str) -> tuple[str, str]:
    """Subject and body of the one letter of a kind, in English."""
    mail = Delivery.objects.get(template=f"customer_payment_{what}")
    assert (mail.recipient, mail.locale) == ("awa@example.org", "fr")
    built = render_email(template=mail.template, recipient=mail.recipient, locale="en", context=mail.context)
    return plain(built.subject), plain(built.body)


def proof(colour: str = "#447744") -> SimpleUploadedFile:
    return SimpleUploadedFile("recu.jpg", photo_bytes(colour=colour), content_type="image/jpeg")


@pytest.fixture(autouse=True)
def product_says_nothing(payee: FakePayee) -> None:
    payee.tells = False


def test_money_that_came_is_confirmed_once_with_what_is_left(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    payee.things[payment.subject].due = Money(40_000, "XOF")  # it became dearer meanwhile
    approve(payment, simulator)
    for _ in range(2):
        resolve_payment(payment.pk)
    assert letters() == ["received"]
    subject, body = read("received")
    assert subject == "25 000 FCFA received for order 202611220001"
    assert "Wouri Mode has received your payment of 25 000 FCFA (Wave)" in body
    assert "15 000 FCFA is left to pay" in body
    assert f"/pay/{PURPOSE}/{payment.subject}/" in body


def test_what_the_product_says_itself_is_not_said_twice(payee: FakePayee, simulator: Any) -> None:
    payee.tells = True
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    resolve_payment(payment.pk)
    assert letters() == []


def test_nobody_is_written_to_whose_address_is_not_known(payee: FakePayee, simulator: Any) -> None:
    payee.email = ""
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
    assert letters() == []


def test_cash_is_not_confirmed_by_mail(payee: FakePayee) -> None:
    record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
    assert letters() == []


def test_money_that_does_not_match_is_being_checked_and_then_decided(payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    simulator.decide("wave", payment.provider_ref, action="change", fields={"amount": "24999"})
    approve(payment, simulator)
    payment = resolve_payment(payment.pk)
    subject, body = read("review")
    assert subject == "Your payment for order 202611220001 is being checked"
    assert "A payment of 24 999 FCFA (Wave)" in body
    assert "Please do not pay again" in body
    decide_review(payment=payment, by=owner(), accepted=False, reason="Rien sur le compte")
    subject, body = read("dismissed")
    assert subject == "Your payment for order 202611220001 did not arrive"
    assert f"/pay/{PURPOSE}/{payment.subject}/" in body
    assert "Rien sur le compte" not in body, "that is for staff"


def test_a_transfer_is_followed_by_letters(payee: FakePayee) -> None:
    payment = begin("bank_transfer", payee)
    send_receipt(payment=payment, upload=proof())
    send_receipt(payment=payment, upload=proof("#112233"))
    assert letters() == ["proof"], "two pictures of one transfer"
    subject, _body = read("proof")
    assert subject == "Your proof for order 202611220001 has arrived"
    decide_transfer(payment=payment, by=owner(), approved=False, reason="La référence manque")
    subject, body = read("rejected")
    assert subject == "Your transfer for order 202611220001 could not be confirmed"
    assert "The answer: La référence manque" in body
    assert f"/pay/{payment.pk}/" in body
    assert f"/pay/{PURPOSE}/{payment.subject}/" in body
    send_receipt(payment=payment, upload=proof("#aa2233"))
    decide_transfer(payment=payment, by=owner(), approved=True, received=Money(20_000, "XAF"), reference="V1")
    assert letters() == ["proof", "proof", "received", "rejected"]
    assert "5 000 FCFA is left to pay" in read("received")[1]


def test_a_rejected_transfer_that_is_needed_no_more_asks_for_nothing(payee: FakePayee) -> None:
    payment = begin("bank_transfer", payee)
    send_receipt(payment=payment, upload=proof())
    payee.things[payment.subject].payable = False
    decide_transfer(payment=payment, by=owner(), approved=False, reason="Rien sur le compte")
    body = read("rejected")[1]
    assert "C’est déjà payé." in body
    assert "You have nothing to do." in body
    assert "/pay/" not in body


def test_money_given_back_is_told_when_it_has_left(payee: FakePayee) -> None:
    cash = record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
    refund = request_refund(payment=cash, amount=Money(5_000, "XAF"), reason="Retour", by=owner(), key=uuid4())
    assert letters() == []
    finish_by_hand(refund=refund, by=owner())
    subject, body = read("refunded")
    assert subject == "5 000 FCFA given back for order 202611220001"
    assert "Reason: Retour" in body


def test_nothing_is_sent_of_what_is_rolled_back(payee: FakePayee) -> None:
    payment = begin("bank_transfer", payee)

    def undone() -> None:
        with transaction.atomic():
            decide_transfer(payment=payment, by=owner(), approved=False, reason="Rien sur le compte")
            assert letters() == ["rejected"]
            raise Undone

    with pytest.raises(Undone):
        undone()
    assert letters() == []
