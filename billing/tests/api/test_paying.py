"""Paying over the API, through the real clients, against the payment simulator.

Failure cases (docs/failure-cases.md): Case 23.
"""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from billing.models import Order, Payment, PaymentMethod
from tests.support.factories import pay_by_transfer

pytestmark = pytest.mark.django_db


def pay(caller, order: Order, **body: object):
    return caller.post(f"/api/tenants/orders/{order.pk}/initiate_payment/", body, format="json")


def verify(caller, order: Order) -> dict:
    answer = caller.post(f"/api/tenants/orders/{order.pk}/verify_payment/")
    assert answer.status_code == 200
    return answer.json()


def method_id(name: str) -> int:
    return PaymentMethod.objects.get(name=name).pk


def test_paypal_as_the_seed_does_it(client, ordered, simulator, settings) -> None:
    settings.PLATFORM_PORT = "8000"
    order = ordered()
    answer = pay(
        client,
        order,
        order_id=str(order.pk),
        payment_method_id=method_id("paypal"),
        return_url="http://localhost/payment/success",
        cancel_url="http://localhost:8000/payment/cancel",
    )
    started = answer.json()
    assert (answer.status_code, started["success"], started["status"]) == (200, True, "pending")
    assert started["redirect_url"].startswith(simulator.url)
    payment = Payment.objects.get(pk=started["payment_id"])
    assert payment.return_url == "http://localhost/payment/success"

    waiting = verify(client, order)
    assert (waiting["success"], waiting["status"], waiting["organization"]) == (False, "pending", None)
    simulator.approve_paypal(payment.provider_ref)
    cache.clear()
    Payment.objects.update(checked_at=None)
    paid = verify(client, order)
    assert (paid["success"], paid["status"], paid["order_status"]) == (False, "paid", "paid")
    assert paid["payment_status"] == "succeeded"


def test_mobile_money_as_the_seed_does_it(client, ordered, simulator) -> None:
    order = ordered()
    started = pay(client, order, payment_method_id=method_id("mtn_momo"), phone_number="237670000000").json()
    assert (started["success"], started["status"]) == (True, "pending")
    assert started["message"]
    assert "redirect_url" not in started
    payment = Payment.objects.get(pk=started["payment_id"])
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    assert verify(client, order)["status"] == "paid"


def test_a_transfer_shows_the_account_and_the_reference_each_time(client, ordered) -> None:
    order = ordered()
    first, again = (pay(client, order, payment_method="bank_transfer").json() for _ in range(2))
    assert first == again
    details = first["bank_details"]
    assert details["reference"] == order.number
    assert (details["amount"], details["currency"]) == ("50000", "XAF")
    assert details["bank_name"]
    assert verify(client, order)["status"] == "pending"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "payment_method"),
        ({"payment_method": "gold"}, "payment_method"),
        ({"payment_method": ["paypal"]}, "payment_method"),
        ({"payment_method_id": 999_999}, "payment_method_id"),
        ({"payment_method_id": 10**30}, "payment_method_id"),
        ({"payment_method_id": "x"}, "payment_method_id"),
        ({"payment_method": "mtn_momo"}, "phone_number"),
        ({"payment_method": "mtn_momo", "phone_number": "12"}, "phone_number"),
        ({"payment_method": "mtn_momo", "phone_number": "abc"}, "phone_number"),
        ({"payment_method": "mtn_momo", "phone_number": "6\x0070000000"}, "phone_number"),
        ({"payment_method": "mtn_momo", "phone_number": {}}, "phone_number"),
        ({"payment_method": "paypal", "return_url": "https://myapp.com/x"}, "return_url"),
        ({"payment_method": "paypal", "return_url": "//localhost/x"}, "return_url"),
        ({"payment_method": "paypal", "return_url": "/x"}, "return_url"),
        ({"payment_method": "paypal", "return_url": "http://localhost@evil.example/"}, "return_url"),
        ({"payment_method": "paypal", "return_url": "http://localhost.evil.example/"}, "return_url"),
        ({"payment_method": "paypal", "return_url": "http:\\\\evil.example"}, "return_url"),
        ({"payment_method": "paypal", "cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"payment_method": "paypal", "cancel_url": "ftp://localhost/x"}, "cancel_url"),
        ({"payment_method": "paypal", "cancel_url": "http://localhost/" + "x" * 1000}, "cancel_url"),
        ({"payment_method": "paypal", "cancel_url": 7}, "cancel_url"),
    ],
)
def test_bad_values_name_their_field_and_start_nothing(client, ordered, body, field) -> None:
    answer = pay(client, ordered(), **body)
    assert answer.status_code == 400
    assert list(answer.json()["fields"]) == [field]
    assert not Payment.objects.filter(order__organisation_name="Entreprise XYZ").exists()


def test_hosts_the_platform_allows(client, ordered, settings, simulator) -> None:
    settings.API_RETURN_HOSTS = ["myapp.com"]
    assert pay(client, ordered(), payment_method="paypal", return_url="https://myapp.com/ok").status_code == 200


def test_production_sends_payers_back_over_tls_only(client, ordered, settings) -> None:
    order = ordered()
    settings.PLATFORM_SCHEME = "https"
    answer = pay(client, order, payment_method="paypal", return_url="http://localhost/x")
    assert "return_url" in answer.json()["fields"]


def test_a_method_that_is_switched_off(client, ordered) -> None:
    PaymentMethod.objects.filter(name="paypal").update(is_active=False)
    assert pay(client, ordered(), payment_method="paypal").status_code == 400


def test_a_provider_that_refuses_says_so_in_words(client, ordered, simulator) -> None:
    order = ordered()
    simulator.fault("momo", "request_to_pay", "issue", status=400, issue="PAYER_NOT_FOUND")
    answer = pay(client, order, payment_method="mtn_momo", phone_number="670000001")
    body = answer.json()
    assert (answer.status_code, body["success"], body["status"]) == (400, False, "failed")
    assert body["code"] == "payer_not_found"
    assert body["detail"]
    assert "phone_number" in body["fields"]
    assert verify(client, order)["status"] == "failed"


def test_paypal_that_does_not_answer_can_be_tried_again(client, ordered, simulator) -> None:
    order = ordered()
    simulator.fault("paypal", "create_order", "http_503", times=3)
    answer = pay(client, order, payment_method="paypal")
    assert (answer.status_code, answer.json()["code"]) == (503, "provider_unavailable")
    simulator.reset()
    again = pay(client, order, payment_method="paypal").json()
    assert again["redirect_url"]
    assert again["payment_id"] == answer.json()["payment_id"]


def test_an_order_that_is_paid_or_expired_takes_no_payment(client, ordered) -> None:
    paid = ordered()
    pay_by_transfer(paid)
    answer = pay(client, paid, payment_method="bank_transfer")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_paid")
    late = ordered(subdomain="autre-nom")
    Order.objects.filter(pk=late.pk).update(expires_at=timezone.now() - timedelta(days=1))
    answer = pay(client, late, payment_method="bank_transfer")
    assert (answer.status_code, answer.json()["code"]) == (409, "order_expired")


def test_the_provider_is_asked_once_a_second_at_most(client, ordered, simulator) -> None:
    order = ordered()
    pay(client, order, payment_method="mtn_momo", phone_number="237670000000")
    before = simulator.calls("momo.get_request")
    for _ in range(5):
        assert verify(client, order)["status"] == "pending"
    assert simulator.calls("momo.get_request") == before + 1


def test_an_older_attempt_is_asked_about_too(client, ordered, simulator) -> None:
    """Paid with PayPal after having looked at the transfer's details."""
    order = ordered()
    started = pay(client, order, payment_method="paypal").json()
    pay(client, order, payment_method="bank_transfer")
    simulator.approve_paypal(Payment.objects.get(pk=started["payment_id"]).provider_ref)
    assert verify(client, order)["status"] == "paid"


def test_verifying_before_anything_was_paid(client, ordered) -> None:
    order = ordered()
    answer = verify(client, order)
    assert (answer["success"], answer["status"], answer["payment_status"]) == (False, "awaiting_payment", None)
    Order.objects.filter(pk=order.pk).update(status="expired")
    assert verify(client, order)["status"] == "expired"
