"""New webhooks are looked at by whoever is woken, once each; an admin has any of them looked at once more."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import tasks
from billing.models import Payment, PaymentMethod, ProviderHealth, WebhookEvent
from billing.services import webhooks
from billing.services.payments import start_payment
from billing.services.webhooks import process_new_webhooks, replay_stuck, replay_webhook, store_webhook
from billing.signing import callback_token
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import NotAllowed, NotFound
from tests.support.factories import make_admin, make_order, make_user

pytestmark = pytest.mark.django_db
Status = WebhookEvent.Status


@pytest.fixture
def payment(simulator) -> Payment:
    return start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670000000")


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """The tasks that were sent."""
    sent: list[str] = []
    monkeypatch.setattr(webhooks, "send_soon", lambda task, *_args, **_options: sent.append(task.name))
    return sent


def callback(payment: Payment, number: int = 0) -> int:
    body = json.dumps({"status": "PENDING", "number": number}).encode()
    return store_webhook(provider="mtn_momo", headers={}, body=body, remote_ip=None, payment_id=payment.pk).pk


def event(event_id: int) -> WebhookEvent:
    return WebhookEvent.objects.get(pk=event_id)


class Clock:
    """Time that passes only while somebody sleeps."""

    now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class TestKeeping:
    def test_a_delivery_is_one_statement(self, payment) -> None:
        client = Client(HTTP_HOST="localhost")
        path = f"/hooks/momo/{payment.pk}/{callback_token(payment.pk)}/"
        with CaptureQueriesContext(connection) as queries:
            assert client.put(path, b"{}", content_type="application/json").status_code == 200
        [statement] = [query["sql"] for query in queries if not query["sql"].startswith("SET ")]
        assert "INSERT INTO billing_webhookevent" in statement

    def test_of_a_payment_that_is_another_providers_nothing_is_kept(self, payment) -> None:
        for provider, payment_id in (("paypal", payment.pk), ("mtn_momo", "5a0b8e0e-1111-4222-8333-444455556666")):
            with pytest.raises(NotFound):
                store_webhook(provider=provider, headers={}, body=b"{}", remote_ip=None, payment_id=payment_id)
        assert not WebhookEvent.objects.exists()

    def test_many_wake_one_worker_until_it_begins(self, payment, woken, django_capture_on_commit_callbacks) -> None:
        with django_capture_on_commit_callbacks(execute=True):
            for number in range(5):
                callback(payment, number)
        assert woken == [tasks.process_new_webhooks.name]
        assert process_new_webhooks() == 5
        with django_capture_on_commit_callbacks(execute=True):
            callback(payment, 5)
        assert len(woken) == 2

    def test_without_redis_nobody_is_woken_and_the_sweeper_finds_it(
        self, payment, settings, tmp_path, django_capture_on_commit_callbacks
    ) -> None:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": f"unix://{tmp_path}/nobody.sock"}}
        with django_capture_on_commit_callbacks(execute=True):
            kept = callback(payment)
        WebhookEvent.objects.update(received_at=timezone.now() - timedelta(minutes=2))
        assert webhooks.waiting_webhooks() == [kept]


class TestLooking:
    def test_each_is_looked_at_once(self, payment) -> None:
        ids = [callback(payment, number) for number in range(3)]
        assert process_new_webhooks() == 3
        assert process_new_webhooks() == 0
        assert {(event(one).status, event(one).attempts) for one in ids} == {(Status.PROCESSED, 1)}
        assert ProviderHealth.objects.get(method=payment.method).last_callback_at

    def test_after_so_many_the_worker_gives_way_and_another_is_woken(
        self, payment, woken, monkeypatch, django_capture_on_commit_callbacks
    ) -> None:
        monkeypatch.setattr(webhooks, "MOST_AT_A_TIME", 2)
        for number in range(3):
            callback(payment, number)
        with django_capture_on_commit_callbacks(execute=True):
            assert process_new_webhooks() == 2
        assert woken == [tasks.process_new_webhooks.name]
        assert process_new_webhooks() == 1

    def test_a_flood_is_handed_on_to_the_providers_at_a_steady_pace(self, payment, monkeypatch) -> None:
        clock = Clock()
        monkeypatch.setattr(webhooks, "time", clock)
        for number in range(webhooks.AT_ONCE + 5):
            callback(payment, number)
        assert process_new_webhooks() == webhooks.AT_ONCE + 5
        assert clock.now == pytest.approx(5 / webhooks.PER_SECOND)

    def test_one_whose_worker_died_is_swept(self, payment, monkeypatch) -> None:
        kept = callback(payment)

        def die(_payment: Payment) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr(webhooks, "resolve_row", die)
        with pytest.raises(KeyboardInterrupt):
            process_new_webhooks()
        monkeypatch.undo()
        assert process_new_webhooks() == 0
        WebhookEvent.objects.update(received_at=timezone.now() - timedelta(minutes=2))
        assert webhooks.waiting_webhooks() == [kept]
        assert tasks.process_webhook.run(kept) == Status.PROCESSED


class TestReplay:
    @pytest.mark.parametrize("status", [Status.PROCESSED, Status.REJECTED, Status.IGNORED])
    def test_whatever_was_made_of_it_it_is_looked_at_again(self, payment, simulator, status) -> None:
        kept = callback(payment)
        WebhookEvent.objects.update(status=status, attempts=20, error="x", processed_at=timezone.now())
        replay_webhook(event=event(kept), actor=make_admin())
        assert (event(kept).status, event(kept).attempts, event(kept).error) == (Status.RECEIVED, 0, "")
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert process_new_webhooks() == 1
        assert Payment.objects.get(pk=payment.pk).status == Payment.Status.SUCCEEDED

    def test_a_double_click_replays_once(self, payment) -> None:
        kept, admin = callback(payment), make_admin()
        process_new_webhooks()
        for _ in range(2):
            replay_webhook(event=event(kept), actor=admin)
        entry = AuditLog.objects.get(action="webhook.replayed")
        assert (entry.actor_id, entry.before["status"]) == (admin.pk, "processed")

    def test_a_forged_one_stays_forged_and_money_is_counted_once(self, payment, simulator) -> None:
        forged = store_webhook(provider="paypal", headers={}, body=b"{}", remote_ip=None).pk
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        honest = callback(payment)
        for _ in range(2):
            process_new_webhooks()
            for one in (forged, honest):
                replay_webhook(event=event(one), actor=make_admin())
        process_new_webhooks()
        assert (event(forged).status, event(honest).status) == (Status.REJECTED, Status.PROCESSED)
        assert AuditLog.objects.filter(action="payment.succeeded", resource_id=str(payment.pk)).count() == 1

    def test_all_that_are_stuck_get_their_tries_back(self, payment) -> None:
        stuck, fresh = callback(payment, 1), callback(payment, 2)
        WebhookEvent.objects.filter(pk=stuck).update(
            received_at=timezone.now() - timedelta(hours=1), attempts=20, error="away"
        )
        WebhookEvent.objects.filter(pk=fresh).update(attempts=1)
        assert webhooks.waiting_webhooks() == [], "given up"
        assert replay_stuck(provider="mtn_momo", actor=make_admin()) == 1
        assert replay_stuck(provider="paypal", actor=make_admin()) == 0
        assert process_new_webhooks() == 1
        assert event(stuck).status == Status.PROCESSED
        entry = AuditLog.objects.get(action="webhook.replayed")
        assert entry.resource_id == str(PaymentMethod.objects.get(name="mtn_momo").pk)

    def test_only_admins_replay(self, payment) -> None:
        kept, somebody = event(callback(payment)), make_user()
        with pytest.raises(NotAllowed):
            replay_webhook(event=kept, actor=somebody)
        with pytest.raises(NotAllowed):
            replay_stuck(provider="mtn_momo", actor=somebody)
