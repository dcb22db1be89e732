"""The failure cases that payments must survive, numbered as in the project's list; through the whole product, with the
providers played by the simulator. Which test is each case's home: docs/failure-cases.md.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from billing import gateways
from billing.models import Invoice, Order, Payment, ProviderHealth, WebhookEvent
from billing.services import webhooks
from billing.services.payments import start_payment
from billing.services.polling import claim_due_payments
from billing.services.resolve import resolve_payment
from billing.signing import callback_token
from billing.tests.providers.conftest import listener  # noqa: F401 — a fixture
from provisioning.models import ProvisioningJob
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.models import Delivery
from shared_apps.outbox.models import OutboxMessage
from shared_apps.outbox.services import drain
from shared_apps.site.tests.helpers import logged_in
from tests.security.test_logs import lines  # noqa: F401 — a fixture
from tests.support.factories import make_order, make_user
from tests.support.threads import at_once

PHONE = "237670123456"
Status = Payment.Status
Tell = Callable[..., list[int]]


def by_paypal() -> Payment:
    return start_payment(order_id=make_order().pk, method="paypal")


def by_momo() -> Payment:
    return start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE)


def status_of(payment: Payment) -> str:
    return Payment.objects.get(pk=payment.pk).status


def post(headers: dict[str, str], body: bytes) -> int:
    client = Client(HTTP_HOST="localhost", headers=headers)
    return client.post("/hooks/paypal/", body, content_type="application/json").status_code


@pytest.fixture
def tell(simulator, listener) -> Tell:  # noqa: F811 — the fixture
    """Have PayPal send an event about a payment, catch it, and deliver it so many times; the ids of the events kept."""
    simulator.set_webhook("paypal", listener.url)

    def deliver(payment: Payment, event_type: str, **options: Any) -> list[int]:
        before, kept = len(listener.received), set(WebhookEvent.objects.values_list("pk", flat=True))
        simulator.send_webhooks("paypal", order=payment.provider_ref, event_type=event_type, **options)
        message = listener.wait_for(before + 1)[before]
        headers = {name: value for name, value in message.headers.items() if name.lower().startswith("paypal-")}
        assert post(headers, message.body) == 200
        return list(WebhookEvent.objects.exclude(pk__in=kept).values_list("pk", flat=True))

    return deliver


@pytest.mark.usefixtures("committed_db")
def test_case_01_the_same_webhook_fifty_times_at_once(simulator, listener) -> None:  # noqa: F811 — the fixture
    payment = by_paypal()
    simulator.set_webhook("paypal", listener.url)
    simulator.approve_paypal(payment.provider_ref)
    message = listener.wait_for(1)[0]
    headers = {name: value for name, value in message.headers.items() if name.lower().startswith("paypal-")}
    assert at_once(50, lambda _: post(headers, message.body)) == [200] * 50
    assert WebhookEvent.objects.get().copies == 50
    event_id = WebhookEvent.objects.get().pk
    at_once(10, lambda number: webhooks.process_webhook(event_id) if number % 2 else webhooks.process_new_webhooks())
    assert simulator.calls("paypal.capture") >= 1
    assert simulator.state()["charged_by_reference"] == {str(payment.pk): "38.11"}
    assert AuditLog.objects.filter(action="payment.succeeded", resource_id=str(payment.pk)).count() == 1
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(payment.order_id)).count() == 1
    assert Invoice.objects.filter(order_id=payment.order_id).count() == 1
    at_once(5, lambda _: drain())
    assert ProvisioningJob.objects.filter(order_id=payment.order_id).count() == 1


@pytest.mark.django_db
def test_case_02_events_in_the_wrong_order(simulator, tell) -> None:
    payment = by_paypal()
    tell(payment, "PAYMENT.CAPTURE.REFUNDED")
    webhooks.process_new_webhooks()
    assert status_of(payment) == Status.PENDING, "what the event says is not believed"
    simulator.set_webhook("paypal", "")
    simulator.approve_paypal(payment.provider_ref)
    resolve_payment(payment.pk)
    assert status_of(payment) == Status.SUCCEEDED


@pytest.mark.django_db
@pytest.mark.parametrize("late", ["PAYMENT.CAPTURE.PENDING", "PAYMENT.CAPTURE.DENIED", "CHECKOUT.ORDER.APPROVED"])
def test_case_02_what_comes_after_the_money_takes_nothing_back(simulator, tell, late) -> None:
    payment = by_paypal()
    simulator.approve_paypal(payment.provider_ref)
    resolve_payment(payment.pk)
    tell(payment, late)
    assert webhooks.process_new_webhooks() >= 1
    assert status_of(payment) == Status.SUCCEEDED
    assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID


@pytest.mark.django_db
@pytest.mark.parametrize("how", ["forged", "other_webhook"])
def test_case_03_a_signature_that_is_not_for_this_webhook(simulator, listener, tell, how) -> None:  # noqa: F811
    payment = by_paypal()
    if how == "other_webhook":
        simulator.set_webhook("paypal", listener.url, "WH-OTHER")
    [kept] = tell(payment, "PAYMENT.CAPTURE.COMPLETED", forged=how == "forged")
    webhooks.process_new_webhooks()
    assert WebhookEvent.objects.get(pk=kept).status == "rejected"
    assert status_of(payment) == Status.PENDING


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address",
    [
        "http://169.254.169.254/latest/meta-data/",
        "https://api.paypal.com.attacker.example/cert.pem",
        "https://evil.example/?x=.paypal.com",
        "file:///etc/passwd",
    ],
)
def test_case_03_a_certificate_from_elsewhere_is_not_even_asked_about(simulator, address) -> None:
    headers = {
        "PayPal-Transmission-Id": "x", "PayPal-Transmission-Time": "2026-11-21T00:00:00Z",
        "PayPal-Transmission-Sig": "eA==", "PayPal-Auth-Algo": "SHA256withRSA", "PayPal-Cert-Url": address,
    }  # fmt: skip
    before = simulator.state()["calls"]
    assert post(headers, b"{}") == 200
    assert webhooks.process_new_webhooks() == 1
    assert WebhookEvent.objects.get().status == "rejected"
    assert simulator.state()["calls"] == before


@pytest.mark.django_db
def test_case_04_a_forged_callback_of_success(simulator) -> None:
    payment = by_momo()
    body = {"status": "SUCCESSFUL", "externalId": str(payment.pk), "amount": "25000", "currency": "XAF"}
    path = f"/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/"
    assert Client(HTTP_HOST="localhost").put(path, body, content_type="application/json").status_code == 200
    assert webhooks.process_new_webhooks() == 1
    assert status_of(payment) == Status.PENDING
    assert not OutboxMessage.objects.filter(topic="order.paid", key=str(payment.order_id)).exists()


@pytest.mark.django_db
def test_case_05_a_callback_with_a_wrong_token_or_for_anothers_payment(simulator) -> None:
    mine, other = by_momo(), by_momo()
    for payment_id, token in (
        (mine.pk, "0" * 40),
        (mine.pk, callback_token(other.pk)),
        (uuid.uuid4(), callback_token(mine.pk)),
    ):
        answer = Client(HTTP_HOST="localhost").put(f"/hooks/momo/{payment_id}/{token}/", b"{}")
        assert answer.status_code == 404
    assert not WebhookEvent.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["paypal", "mtn_momo"])
def test_case_09_a_crash_after_the_provider_was_told(simulator, monkeypatch, method) -> None:
    provider = gateways.gateway(method)
    real = provider.start

    def crash(attempt: Any) -> None:
        real(attempt)
        raise KeyboardInterrupt

    order = make_order()
    monkeypatch.setattr(provider, "start", crash)
    with pytest.raises(KeyboardInterrupt):
        start_payment(order_id=order.pk, method=method, phone=PHONE if method == "mtn_momo" else "")
    monkeypatch.undo()
    payment = order.payments.get()
    assert (payment.status, payment.provider_ref) == (Status.CREATED, "")
    Payment.objects.filter(pk=payment.pk).update(next_check_at=timezone.now())
    assert claim_due_payments() == [payment.pk]
    payment = resolve_payment(payment.pk)
    assert payment.status == Status.PENDING
    if method == "paypal":
        simulator.approve_paypal(payment.provider_ref)
        assert len(simulator.state()["paypal"]["orders"]) == 1, "the same key is the same order"
    else:
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert len(simulator.state()["momo"]["requests"]) == 1, "the phone rang once"
    assert resolve_payment(payment.pk).status == Status.SUCCEEDED


@pytest.mark.usefixtures("committed_db")
def test_case_10_two_tabs_and_a_return_beside_the_webhook(simulator) -> None:
    order = make_order()
    clients = [logged_in(order.user) for _ in range(4)]
    answers = at_once(
        4, lambda n: clients[n].post(f"/orders/{order.pk}/pay/", {"payment_method": "paypal"}).status_code
    )
    assert set(answers) == {302}
    payment = order.payments.get()
    simulator.approve_paypal(payment.provider_ref)
    back = f"/orders/{order.pk}/return/?token={payment.provider_ref}"
    event = WebhookEvent.objects.create(provider="mtn_momo", dedupe_key="x", body=b"{}", payment=payment)
    at_once(9, lambda n: clients[n % 4].get(back) if n % 3 else webhooks.process_webhook(event.pk))
    resolve_payment(payment.pk)
    assert simulator.state()["charged_by_reference"] == {str(payment.pk): "38.11"}
    assert Order.objects.get(pk=order.pk).status == Order.Status.PAID


class TestCase11:
    """Odd answers of MTN."""

    pytestmark = pytest.mark.django_db

    def ask(self, simulator: Any, kind: str, *, operation: str = "get_request", **options: Any) -> Payment:
        payment = by_momo()
        simulator.fault("momo", operation, kind, **{"times": 20, **options})
        return resolve_payment(payment.pk)

    @pytest.mark.parametrize("status", ["PENDING", "CREATED", "ONGOING"])
    def test_case_11_what_is_not_final_is_asked_about_again(self, simulator, status) -> None:
        payment = by_momo()
        simulator.decide_momo(payment.provider_ref, status)
        payment = resolve_payment(payment.pk)
        assert (payment.status, payment.reason) == (Status.PENDING, "")
        assert payment.next_check_at

    def test_case_11_an_unknown_status_waits_and_the_team_is_told_once_a_day(self, simulator) -> None:
        for _ in range(2):
            payment = self.ask(simulator, "unknown_status")
            resolve_payment(payment.pk)
            assert (payment.status, payment.reason) == (Status.PENDING, "unclear")
            assert payment.next_check_at
        mail = Delivery.objects.get(template="unclear_answer")
        assert mail.context["method"] == "MTN Mobile Money"

    def test_case_11_a_payer_is_never_told_to_pay_again_while_the_answer_is_unclear(self, simulator) -> None:
        payment = self.ask(simulator, "unknown_status")
        client = logged_in(payment.order.user)
        client.cookies["django_language"] = "en"
        page = client.get(f"/orders/{payment.order_id}/").content.decode()
        assert "Do not pay a second time" in page
        assert "did not go through" not in page

    def test_case_11_not_found_within_a_minute_is_on_its_way_and_later_is_sent_again(self, simulator) -> None:
        payment = by_momo()
        simulator.reset()
        assert resolve_payment(payment.pk).status == Status.PENDING
        assert simulator.calls("momo.request_to_pay") == 0
        two_minutes_ago = timezone.now() - timedelta(minutes=2)
        Payment.objects.filter(pk=payment.pk).update(started_at=two_minutes_ago)
        assert resolve_payment(payment.pk).status == Status.PENDING
        assert list(simulator.state()["momo"]["requests"]) == [str(payment.idempotency_key)], "the same id"

    def test_case_11_a_token_that_is_refused_once_is_renewed(self, simulator) -> None:
        payment = self.ask(simulator, "token_401", times=1)
        assert (payment.status, payment.reason) == (Status.PENDING, "")

    def test_case_11_one_that_is_refused_for_ever_ends_and_leads_to_a_check_of_ours(self, simulator) -> None:
        payment = self.ask(simulator, "token_401", times=500)
        assert payment.status == Status.PENDING
        assert simulator.calls("momo.get_request") == 2
        assert ProviderHealth.objects.get(method__name="mtn_momo").consecutive_failures == 1

    @pytest.mark.parametrize(
        ("kind", "options"),
        [("issue", {"issue": "INVALID_CALLBACK_URL_HOST", "status": 500}), ("html", {"status": 403}), ("http_500", {})],
    )
    def test_case_11_a_refusal_to_answer_says_nothing_of_the_money(self, simulator, kind, options) -> None:
        payment = self.ask(simulator, kind, **options)
        assert payment.status == Status.PENDING
        simulator.end_faults()
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert resolve_payment(payment.pk).status == Status.SUCCEEDED

    @pytest.mark.parametrize("reason", ["NOT_ENOUGH_FUNDS", "APPROVAL_REJECTED", "PAYER_LIMIT_REACHED"])
    def test_case_11_a_reason_is_said_in_our_words(self, simulator, reason) -> None:
        payment = by_momo()
        simulator.decide_momo(payment.provider_ref, "FAILED", reason)
        payment = resolve_payment(payment.pk)
        assert payment.status == Status.FAILED
        assert payment.reason in ("insufficient_funds", "declined_by_payer", "limit_reached")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("http_503", {}), ("http_429", {}), ("truncated", {}), ("html", {}),
        ("timeout_before", {"seconds": 2}), ("timeout_after", {"seconds": 2}),
    ],
)  # fmt: skip
def test_case_12_a_provider_in_trouble_is_never_a_failure(simulator, kind, options) -> None:
    payment = by_momo()
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    simulator.fault("momo", "get_request", kind, times=1, **options)
    waiting = resolve_payment(payment.pk)
    assert (waiting.status, waiting.reason) == (Status.PENDING, "provider_unavailable")
    assert resolve_payment(payment.pk).status == Status.SUCCEEDED


@pytest.mark.usefixtures("committed_db")
def test_case_13_a_token_that_ends_while_many_ask_is_renewed_without_a_storm(simulator) -> None:
    payments = [by_momo() for _ in range(20)]
    gateways.forget_clients()
    before = simulator.calls("momo.token")
    simulator.fault("momo", "token", "slow", seconds=0.3)
    assert set(at_once(20, lambda n: resolve_payment(payments[n].pk).status)) == {Status.PENDING}
    assert simulator.calls("momo.token") - before == 1


@pytest.mark.django_db
def test_case_23_a_return_to_anothers_order_shows_nothing_of_it(simulator) -> None:
    payment = by_paypal()
    stranger = logged_in(make_user())
    for path in (f"/orders/{payment.order_id}/", f"/orders/{payment.order_id}/cancelled/?token={payment.provider_ref}"):
        assert stranger.get(path).status_code == 404
    simulator.approve_paypal(payment.provider_ref)
    answer = stranger.get(f"/orders/{payment.order_id}/return/?token={payment.provider_ref}&next=https://evil.example/")
    assert answer.headers["Location"] == f"/orders/{payment.order_id}/"
    assert stranger.get(answer.headers["Location"]).status_code == 404


@pytest.mark.django_db
def test_case_24_a_phone_number_is_in_no_line_of_the_log(simulator, lines) -> None:  # noqa: F811 — the fixture
    payment = by_momo()
    simulator.fault("momo", "*", "http_503", times=5)
    resolve_payment(payment.pk)
    body = json.dumps({"payer": {"partyId": PHONE}}).encode()
    webhooks.store_webhook(provider="mtn_momo", headers={}, body=body, remote_ip=None, payment_id=payment.pk)
    webhooks.process_new_webhooks()
    said = lines()
    assert "provider call" in said
    for secret in (PHONE, "demo-collection-key", "demo-api-key", "Bearer"):
        assert secret not in said
