"""Addresses that forge webhooks, and webhooks that are old."""

from __future__ import annotations

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from baobab import celery_settings
from billing import tasks
from billing.models import WebhookEvent
from billing.services import webhooks
from billing.services.payments import start_payment
from billing.services.webhooks import MAX_FORGERIES, process_webhook, sends_too_much, store_webhook
from billing.signing import callback_token
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
PAYPAL = "/hooks/paypal/"
FORGER, STRANGER = "192.0.2.66", "192.0.2.7"
Status = WebhookEvent.Status


def deliver(number: int, *, sender: str = FORGER) -> int:
    """Send PayPal's hook something unsigned; the status of the answer."""
    client = Client(HTTP_HOST="localhost", REMOTE_ADDR=sender)
    return client.post(PAYPAL, json.dumps({"id": number}), content_type="application/json").status_code


def find_all_forged() -> None:
    for event_id in WebhookEvent.objects.filter(status=Status.RECEIVED).values_list("pk", flat=True):
        assert process_webhook(event_id).status == Status.REJECTED


def forge(count: int, *, sender: str = FORGER) -> None:
    """Deliveries of one address that were looked at and found forged."""
    for number in range(count):
        deliver(number, sender=sender)
    find_all_forged()


def keep(status: str, *, days: float) -> int:
    """A webhook of that state that came so many days ago; its id."""
    number = WebhookEvent.objects.count()
    event = WebhookEvent.objects.create(provider="paypal", dedupe_key=str(number), body=b"{}", status=status)
    WebhookEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(days=days))
    return event.pk


class TestForgeries:
    def test_an_address_that_forges_on_is_not_kept_any_more(self) -> None:
        forge(MAX_FORGERIES)
        assert deliver(-1) == 200
        find_all_forged()
        before = WebhookEvent.objects.count()
        answer = Client(HTTP_HOST="localhost", REMOTE_ADDR=FORGER).post(PAYPAL, b"{}", content_type="application/json")
        assert (answer.status_code, answer["Retry-After"]) == (429, "600")
        assert WebhookEvent.objects.count() == before

    def test_others_are_kept_all_the_same(self) -> None:
        forge(MAX_FORGERIES + 1)
        assert deliver(-1, sender=STRANGER) == 200

    def test_its_callbacks_are_not_kept_either(self, simulator) -> None:
        forge(MAX_FORGERIES + 1)
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670000000")
        path = f"/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/"
        assert Client(HTTP_HOST="localhost", REMOTE_ADDR=FORGER).put(path, b"{}").status_code == 429

    def test_a_burst_of_what_nobody_has_looked_at_yet_is_kept_whole(self) -> None:
        assert {deliver(number) for number in range(2 * MAX_FORGERIES)} == {200}
        assert WebhookEvent.objects.count() == 2 * MAX_FORGERIES

    def test_what_the_provider_says_it_sent_counts_nothing(self, simulator, monkeypatch) -> None:
        monkeypatch.setattr(webhooks, "MAX_FORGERIES", 0)
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670000000")
        event = store_webhook(provider="mtn_momo", headers={}, body=b"{}", remote_ip=STRANGER, payment_id=payment.pk)
        assert process_webhook(event.pk).status == Status.PROCESSED
        assert not sends_too_much(STRANGER)

    def test_what_the_provider_could_not_be_asked_about_counts_nothing(self, simulator, monkeypatch) -> None:
        monkeypatch.setattr(webhooks, "MAX_FORGERIES", 0)
        signed = {
            "paypal-transmission-id": "x",
            "paypal-transmission-time": "2026-11-21T00:00:00Z",
            "paypal-transmission-sig": "eA==",
            "paypal-cert-url": f"{simulator.url}/v1/notifications/certs/x",
            "paypal-auth-algo": "SHA256withRSA",
        }
        simulator.fault("paypal", "*", "http_503", times=5)
        event = store_webhook(provider="paypal", headers=signed, body=b"{}", remote_ip=STRANGER)
        assert process_webhook(event.pk).status == Status.RECEIVED
        assert not sends_too_much(STRANGER)

    def test_a_copy_of_a_forgery_is_one_more(self) -> None:
        forge(1)
        for _ in range(MAX_FORGERIES):
            assert deliver(0) == 200
        assert deliver(0) == 429
        assert WebhookEvent.objects.get().copies == MAX_FORGERIES + 1

    def test_an_unknown_address_may_be_the_provider_and_is_heard(self, monkeypatch) -> None:
        monkeypatch.setattr(webhooks, "MAX_FORGERIES", 0)
        event = store_webhook(provider="paypal", headers={}, body=b"{}", remote_ip=None)
        process_webhook(event.pk)
        assert not sends_too_much(None)

    def test_the_window_ends(self, monkeypatch) -> None:
        monkeypatch.setattr(webhooks, "WINDOW_SECONDS", 1)
        monkeypatch.setattr(webhooks, "MAX_FORGERIES", 0)
        forge(1)
        assert deliver(1) == 429
        time.sleep(1.1)
        assert deliver(1) == 200

    def test_without_redis_everything_is_kept(self, settings, tmp_path) -> None:
        away = {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}
        settings.CACHES = {"default": away}
        forge(MAX_FORGERIES + 1)
        assert deliver(-1) == 200


class TestRetention:
    def test_what_is_finished_with_goes_after_its_time_and_nothing_else(self) -> None:
        old = [
            keep(Status.PROCESSED, days=90.1),
            keep(Status.IGNORED, days=90.1),
            keep(Status.REJECTED, days=7.1),
        ]
        kept = [
            keep(Status.PROCESSED, days=89.9),
            keep(Status.IGNORED, days=89.9),
            keep(Status.REJECTED, days=6.9),
            keep(Status.RECEIVED, days=1000),
        ]
        assert webhooks.delete_old_webhooks() == len(old)
        assert sorted(WebhookEvent.objects.values_list("pk", flat=True)) == kept
        assert webhooks.delete_old_webhooks() == 0

    def test_it_goes_in_batches_the_oldest_first(self, monkeypatch, django_assert_num_queries) -> None:
        monkeypatch.setattr(webhooks, "DELETE_BATCH", 2)
        for _ in range(5):
            keep(Status.PROCESSED, days=100)
        with django_assert_num_queries(4):  # 2, 2, 1, and none
            assert webhooks.delete_old_webhooks() == 5

    def test_beat_starts_it(self) -> None:
        entries: list[dict[str, Any]] = list(celery_settings.beat_schedule.values())
        assert tasks.delete_old_webhooks.name in [entry["task"] for entry in entries]
        keep(Status.REJECTED, days=8)
        assert tasks.delete_old_webhooks.run() == 1
