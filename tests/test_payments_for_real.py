"""With real commits: no transaction is open while a provider is asked, and everything at once is still once."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from billing import gateways
from billing.models import Order, Payment
from billing.services.payments import start_payment
from billing.services.resolve import resolve_payment
from shared_apps.outbox.models import OutboxMessage
from tests.support.factories import make_order
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def by_paypal(order: Order) -> Payment:
    return start_payment(order_id=order.pk, method="paypal")


def test_no_transaction_is_open_while_a_provider_is_asked(simulator, monkeypatch) -> None:
    provider = gateways.gateway("paypal", simulator.url)
    seen: list[bool] = []
    for name in ("start", "fetch", "capture"):
        real = getattr(provider, name)

        def watched(*args: Any, _real: Any = real, **kwargs: Any) -> Any:
            seen.append(connection.in_atomic_block)
            return _real(*args, **kwargs)

        monkeypatch.setattr(provider, name, watched)
    payment = by_paypal(make_order())
    simulator.approve_paypal(payment.provider_ref)
    assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
    assert seen == [False, False, False]


def test_return_webhook_and_poll_at_once_capture_once_and_open_once(simulator) -> None:
    order = make_order()
    payment = by_paypal(order)
    simulator.approve_paypal(payment.provider_ref)
    results = at_once(20, lambda _: resolve_payment(payment.pk).status)
    assert not [result for result in results if isinstance(result, Exception)]
    assert Payment.objects.get(pk=payment.pk).status == Payment.Status.SUCCEEDED
    assert simulator.state()["charged_by_reference"] == {str(payment.pk): "38.11"}
    assert OutboxMessage.objects.filter(topic="order.paid", key=str(order.pk)).count() == 1


def test_a_double_click_on_paypal_makes_one_order_there(simulator) -> None:
    order = make_order()
    at_once(8, lambda _: by_paypal(order).pk)
    assert Payment.objects.filter(order=order).count() == 1
    assert len(simulator.state()["paypal"]["orders"]) == 1
