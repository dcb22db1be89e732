"""Where providers call."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client

from billing.models import Payment, WebhookEvent
from billing.services.payments import start_payment
from billing.signing import callback_token
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
PAYPAL = "/hooks/paypal/"
JSON = "application/json"


@pytest.fixture
def provider() -> Client:
    return Client(HTTP_HOST="localhost", enforce_csrf_checks=True)


@pytest.fixture
def momo_payment(simulator) -> Payment:
    return start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670000000")


def callback(payment: Payment) -> str:
    return f"/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/"


def test_paypals_event_is_kept_word_for_word(provider) -> None:
    body = b'{"id": "WH-1",  "odd spacing": true}'
    answer = provider.post(PAYPAL, body, content_type=JSON, headers={"PayPal-Transmission-Sig": "s", "Cookie": "x=1"})
    assert answer.status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.provider, bytes(event.body), event.status) == ("paypal", body, "received")
    assert event.headers["paypal-transmission-sig"] == "s"
    assert "cookie" not in event.headers
    assert event.remote_ip == "127.0.0.1"


def test_a_copy_is_counted_and_a_forged_copy_hides_nothing(provider) -> None:
    for signature in ("forged", "real", "real"):
        provider.post(PAYPAL, b"{}", content_type=JSON, headers={"PayPal-Transmission-Sig": signature})
    assert sorted(WebhookEvent.objects.values_list("copies", flat=True)) == [1, 2]


@pytest.mark.parametrize("body", [b"", b"not json", b"\xff\x00\xfe", b"[" * 10_000])
def test_whatever_comes_is_kept_and_answered(provider, body) -> None:
    assert provider.post(PAYPAL, body, content_type=JSON).status_code == 200
    assert bytes(WebhookEvent.objects.get().body) == body


def test_a_body_that_is_too_large_is_not_kept(provider, momo_payment) -> None:
    limit = 256 * 1024
    assert provider.post(PAYPAL, b"x" * limit, content_type=JSON).status_code == 200
    assert provider.post(PAYPAL, b"x" * (limit + 1), content_type=JSON).status_code == 413
    assert provider.put(callback(momo_payment), b"x" * (limit + 1), content_type=JSON).status_code == 413
    assert WebhookEvent.objects.count() == 1


def test_no_provider_is_asked_while_a_webhook_is_answered(provider, simulator, momo_payment) -> None:
    before = simulator.state()["calls"]
    provider.post(PAYPAL, b"{}", content_type=JSON)
    provider.put(callback(momo_payment), b"{}", content_type=JSON)
    assert simulator.state()["calls"] == before


@pytest.mark.parametrize("method", ["put", "post"])
def test_mtns_callback_belongs_to_its_payment(provider, momo_payment, method) -> None:
    body = b'{"status": "SUCCESSFUL"}'
    assert getattr(provider, method)(callback(momo_payment), body, content_type=JSON).status_code == 200
    event = WebhookEvent.objects.get()
    assert (event.provider, event.payment_id) == ("mtn_momo", momo_payment.pk)
    assert Payment.objects.get(pk=momo_payment.pk).status == "pending"


def test_callbacks_that_are_not_ours(provider, momo_payment) -> None:
    unknown = uuid.uuid4()
    transfer = start_payment(order_id=make_order().pk, method="bank_transfer")
    for path in (
        f"/hooks/momo/{momo_payment.pk}/{'0' * 40}/",
        f"/hooks/momo/{momo_payment.pk}/é/",
        f"/hooks/momo/{momo_payment.pk}/{callback_token(unknown)}/",
        f"/hooks/momo/{unknown}/{callback_token(unknown)}/",
        f"/hooks/momo/{transfer.pk}/{callback_token(transfer.pk)}/",
        "/hooks/momo/x/y/",
    ):
        assert provider.put(path, b"{}", content_type=JSON).status_code == 404
    assert not WebhookEvent.objects.exists()


def test_only_the_methods_providers_use(provider, momo_payment) -> None:
    assert provider.get(PAYPAL).status_code == 405
    assert provider.put(PAYPAL, b"{}").status_code == 405
    assert provider.get(callback(momo_payment)).status_code == 405


def test_webhooks_are_not_on_a_tenants_host() -> None:
    assert Client(HTTP_HOST="store-a.localhost").post(PAYPAL, b"{}", content_type=JSON).status_code == 404
