"""Failure cases of what providers tell us, numbered as in the project's list; see docs/failure-cases.md."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from billing import gateways
from billing.models import WebhookEvent
from billing.providers.base import Attempt, EventRef, InvalidSignature, Provider
from billing.providers.stripe import StripeConfig, StripeProvider
from billing.providers.wave import WaveConfig, WaveProvider
from billing.services import webhooks
from billing.services.payments import start_payment
from billing.tests.providers.conftest import listener  # noqa: F401 — a fixture
from billing.tests.providers.rails import HTTP_RAILS
from billing.tests.providers.support import started
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db
DAY = 86_400
EVENTS = {"stripe": "checkout.session.completed", "wave": "checkout.session.payment_failed"}
RAILS = {rail.name: rail for rail in HTTP_RAILS}
Hear = Callable[..., WebhookEvent]


@pytest.fixture
def hear(simulator, listener, monkeypatch) -> Hear:  # noqa: F811 — the fixture
    """Have a provider of tenants sign an event so many seconds ago, and keep it as if it had come `late` after that."""
    clients: dict[str, Provider] = {
        "stripe": StripeProvider(StripeConfig(**simulator.stripe_settings())),
        "wave": WaveProvider(WaveConfig(**simulator.wave_settings())),
    }
    for name, client in clients.items():
        monkeypatch.setitem(gateways._BUILDERS, name, lambda _, client=client: client)
    gateways.forget_clients()

    def hear(name: str, *, age: int, late: int, **options: Any) -> WebhookEvent:
        simulator.set_webhook(name, listener.url)
        attempt = started(clients[name], RAILS[name].attempt())
        before = len(listener.received)
        simulator.tell(name, attempt.provider_ref, EVENTS[name], age=age, **options)
        message = listener.wait_for(before + 1)[before]
        kept = webhooks.store_webhook(provider=name, headers=message.headers, body=message.body, remote_ip=None)
        came_at = timezone.now() - timedelta(seconds=age - late)
        WebhookEvent.objects.filter(pk=kept.pk).update(received_at=came_at)
        return WebhookEvent.objects.get(pk=kept.pk)

    yield hear
    gateways.forget_clients()


def looked_at(event: WebhookEvent) -> tuple[str, str]:
    """What was made of it, "ignored" being the provider's own word about nothing of ours."""
    event = webhooks.process_webhook(event.pk)
    return event.status, re.sub(r"\d+", "N", event.error)


@pytest.mark.parametrize("name", EVENTS)
def test_case_21_what_came_more_than_five_minutes_after_it_was_signed_is_refused(hear, name) -> None:
    assert looked_at(hear(name, age=400, late=400)) == ("rejected", "bad_signature: signed N s before it came")
    assert looked_at(hear(name, age=DAY, late=310))[0] == "rejected"
    assert looked_at(hear(name, age=0, late=-310))[0] == "rejected", "signed in the future"


@pytest.mark.parametrize("name", EVENTS)
def test_case_21_what_came_in_time_is_good_however_late_it_is_looked_at_or_replayed(hear, name) -> None:
    event = hear(name, age=DAY, late=2)
    assert looked_at(event) == ("ignored", "")
    WebhookEvent.objects.filter(pk=event.pk).update(**webhooks._AS_NEW)
    assert looked_at(event) == ("ignored", "")
    assert looked_at(hear(name, age=DAY, late=2, forged=True)) == (
        "rejected",
        "bad_signature: somebody else's signature",
    )


@pytest.mark.parametrize("name", EVENTS)
def test_case_21_a_forged_copy_of_a_real_event_does_not_pass_for_its_duplicate(hear, name) -> None:
    event = hear(name, age=0, late=0)
    header = f"{name}-signature"
    headers = {**event.headers, header: event.headers[header].replace("v1=", "v1=0", 1)}
    forged = webhooks.store_webhook(provider=name, headers=headers, body=bytes(event.body), remote_ip=None)
    assert (forged.pk != event.pk, forged.copies) == (True, 1)


def test_a_provider_is_told_which_attempt_an_address_named_and_when_the_message_came(simulator, monkeypatch) -> None:
    """Orange's notices show only a token that was given to their attempt, the address says which."""
    payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670123456")
    told: list[Any] = []

    def verify(*, attempt: Attempt | None, received_at: Any, **_: Any) -> EventRef:
        told.append((attempt and attempt.id, received_at))
        raise InvalidSignature("bad_signature")

    monkeypatch.setattr(gateways.gateway("mtn_momo"), "verify_webhook", verify)
    kept = webhooks.store_webhook(
        provider="mtn_momo", headers={}, body=uuid4().bytes, remote_ip=None, payment_id=payment.pk
    )
    webhooks.process_new_webhooks()
    assert told == [(payment.pk, WebhookEvent.objects.get(pk=kept.pk).received_at)]
