"""Operations, many at once: one incident is one incident, and what is claimed is claimed once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Payment, PaymentMethod, ProviderHealth, ReconciliationTally, WebhookEvent
from billing.providers.breaker import BREAKS_AFTER
from billing.services import health, reconciliation, webhooks
from billing.services.payments import start_payment
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_admin, make_order
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def fail(method: PaymentMethod) -> None:
    health.note_failure(method, health.Failure.AWAY, reason="provider_unavailable")


def test_fifty_failures_at_once_are_one_incident() -> None:
    momo = PaymentMethod.objects.get(name="mtn_momo")
    results = at_once(50, lambda _: fail(momo))
    assert results == [None] * 50
    assert ProviderHealth.objects.get(method=momo).hidden_since
    assert Delivery.objects.filter(template="method_hidden").count() == 1
    assert AuditLog.objects.filter(action="method.hidden").count() == 1


def test_a_check_is_claimed_once() -> None:
    momo = PaymentMethod.objects.get(name="mtn_momo")
    for _ in range(BREAKS_AFTER):
        fail(momo)
    ProviderHealth.objects.filter(method=momo).update(hidden_until=timezone.now() - timedelta(minutes=1))
    claims = at_once(10, lambda _: health.claim_due_checks())
    assert sorted(map(len, claims)) == [0] * 9 + [1]


def test_one_way_to_pay_always_stays() -> None:
    admin = make_admin()
    methods = list(PaymentMethod.objects.all())
    results = at_once(
        len(methods), lambda number: health.set_method_active(method=methods[number], active=False, admin=admin)
    )
    assert [type(result) for result in results if result is not None] == [Conflict]
    assert PaymentMethod.objects.filter(is_active=True).count() == 1


def keep(count: int) -> None:
    """So many callbacks that have come and that nobody has looked at."""
    for number in range(count):
        WebhookEvent.objects.create(provider="paypal", dedupe_key=str(number), body=b"{}")


def looks(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Which events were looked at, as they are looked at."""
    seen: list[int] = []
    real = webhooks._look_at

    def note(event: WebhookEvent) -> WebhookEvent:
        seen.append(event.pk)
        return real(event)

    monkeypatch.setattr(webhooks, "_look_at", note)
    return seen


def test_workers_share_new_webhooks_and_each_is_looked_at_once(monkeypatch) -> None:
    keep(40)
    seen = looks(monkeypatch)
    assert sum(at_once(8, lambda _: webhooks.process_new_webhooks())) == 40
    assert len(seen) == len(set(seen)) == 40
    assert not WebhookEvent.objects.filter(status="received").exists()


def test_without_the_claim_the_same_webhooks_are_looked_at_twice(monkeypatch) -> None:
    """The race that the test above would miss if it could not happen here."""
    keep(40)
    seen = looks(monkeypatch)

    def unclaimed() -> WebhookEvent | None:
        return WebhookEvent.objects.filter(status="received", attempts=0).order_by("pk").first()

    monkeypatch.setattr(webhooks, "_claim_new", unclaimed)
    at_once(8, lambda _: webhooks.process_new_webhooks())
    assert len(seen) > 40


def given_up(count: int) -> list[Payment]:
    payments = [start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670123456") for _ in range(count)]
    Payment.objects.filter(pk__in=[one.pk for one in payments]).update(status="expired", next_check_at=None)
    return payments


def night_of(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    monkeypatch.setattr(reconciliation, "PER_SECOND", 10_000)
    tomorrow = (timezone.localtime() + timedelta(days=1)).replace(hour=3)
    results = at_once(6, lambda _: reconciliation.reconcile(now=tomorrow))
    assert set(results) == {False}, results
    return ReconciliationTally.objects.values("asked", "late_successes", "agreed").get(method__name="mtn_momo")


def test_a_night_is_worked_off_by_one_worker_and_late_money_counts_once(simulator, monkeypatch) -> None:
    payments = given_up(5)
    for payment in payments:
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    assert night_of(monkeypatch) == {"asked": 5, "late_successes": 5, "agreed": 0}
    assert AuditLog.objects.filter(
        action="payment.succeeded", resource_id__in=[str(one.pk) for one in payments]
    ).count() == 5  # fmt: skip


def test_without_holding_the_night_its_payments_are_asked_about_more_than_once(simulator, monkeypatch) -> None:
    """The race that the test above would miss if it could not happen here."""
    given_up(5)
    asked: list[object] = []
    real = reconciliation.ask_about
    monkeypatch.setattr(reconciliation, "ask_about", lambda payment: (asked.append(payment.pk), real(payment))[1])
    monkeypatch.setattr(reconciliation, "_hold", lambda run: timezone.now())
    monkeypatch.setattr(reconciliation, "_note", lambda *_args, held, **_rest: held)
    monkeypatch.setattr(reconciliation, "PER_SECOND", 10_000)
    at_once(3, lambda _: reconciliation.reconcile(now=(timezone.localtime() + timedelta(days=1)).replace(hour=3)))
    assert len(asked) > 5


def test_no_transaction_is_open_while_providers_are_asked_at_night_or_checked(simulator, monkeypatch) -> None:
    from django.db import connection

    from billing import gateways

    seen: list[bool] = []
    provider = gateways.gateway("mtn_momo")
    for name in ("fetch", "check_health"):
        real = getattr(provider, name)
        monkeypatch.setattr(
            provider, name, lambda *args, _real=real: (seen.append(connection.in_atomic_block), _real(*args))[1]
        )
    given_up(2)
    monkeypatch.setattr(reconciliation, "PER_SECOND", 10_000)
    reconciliation.reconcile(now=(timezone.localtime() + timedelta(days=1)).replace(hour=3))
    health.check_method(method=PaymentMethod.objects.get(name="mtn_momo"))
    assert seen == [False] * 3
