"""Many at once: money is believed once and given back once, with real threads and real locks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from billing.money import Money
from billing.providers.breaker import BREAKS_AFTER, Failure
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from tenant_apps.payments.models import Method, Payment
from tenant_apps.payments.services import believing, moves
from tenant_apps.payments.services.by_hand import record_cash
from tenant_apps.payments.services.health import note_failure
from tenant_apps.payments.services.refunds import request_refund
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.reversals import sync_reversals
from tenant_apps.payments.services.starting import start_payment
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, owner, price_for, set_up
from tests.support.tenants import ready_tenant
from tests.support.threads import at_once

pytestmark = pytest.mark.usefixtures("committed_db")


def here(act: Callable[[], Any]) -> Callable[[int], Any]:
    """Something done in the tenant, by a thread of its own."""

    def run(_: int) -> Any:
        with tenant_context(ready_tenant("store-a")):
            return act()

    return run


def approved(payee: FakePayee, simulator: Any) -> Payment:
    with tenant_context(ready_tenant("store-a")):
        payment = begin("wave", payee, simulator)
        approve(payment, simulator)
        return payment


def test_two_who_resolve_at_once_pay_once(payee: FakePayee, simulator: Any) -> None:
    payment = approved(payee, simulator)
    payee.slow = 0.3
    at_once(4, here(lambda: resolve_payment(payment.pk).status))
    assert payee.took == [(payment.pk, price_for("wave"))]


def test_without_the_guard_they_would_pay_twice(
    payee: FakePayee, simulator: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = approved(payee, simulator)

    def unguarded(*, payment: Payment, to: str, allowed: Any = (), **options: Any) -> bool:
        everything = Payment.Status.values
        return moves.move_payment(payment=payment, to=to, allowed=everything, **options)

    monkeypatch.setattr(believing, "move_payment", unguarded)
    payee.slow = 0.3
    at_once(2, here(lambda: resolve_payment(payment.pk).status))
    assert len(payee.took) == 2


def test_a_click_many_times_at_once_makes_one_attempt(payee: FakePayee, simulator: Any) -> None:
    with tenant_context(ready_tenant("store-a")):
        set_up("wave", simulator)
        subject = payee.sell(price_for("wave"))
    found = at_once(4, here(lambda: start_payment(purpose=PURPOSE, subject=subject, method="wave").pk))
    assert len(set(found)) == 1, found
    assert len(payee.began) == 1


def test_without_the_lock_the_constraint_still_keeps_it_to_one(payee: FakePayee, simulator: Any) -> None:
    with tenant_context(ready_tenant("store-a")):
        set_up("wave", simulator)
        subject = payee.sell(price_for("wave"))
    payee.locks = False
    at_once(4, here(lambda: start_payment(purpose=PURPOSE, subject=subject, method="wave").pk))
    with tenant_context(ready_tenant("store-a")):
        assert Payment.objects.count() == 1


def test_cash_sent_twice_at_once_counts_once(payee: FakePayee) -> None:
    subject, key, amount = payee.sell(Money(9_000, "XAF")), uuid4(), Money(9_000, "XAF")

    def take() -> Any:
        return record_cash(purpose=PURPOSE, subject=subject, amount=amount, by=owner(), key=key).pk

    found = at_once(4, here(take))
    assert len(set(found)) == 1, found
    assert len(payee.took) == 1


def test_refunds_asked_for_at_once_never_exceed_what_came(payee: FakePayee) -> None:
    with tenant_context(ready_tenant("store-a")):
        subject = payee.sell(Money(9_000, "XAF"))
        cash = record_cash(purpose=PURPOSE, subject=subject, amount=Money(9_000, "XAF"), by=owner(), key=uuid4())

    def give_back() -> Any:
        payment = Payment.objects.get(pk=cash.pk)
        return request_refund(payment=payment, amount=Money(6_000, "XAF"), reason="Retour", by=owner(), key=uuid4())

    found = at_once(3, here(give_back))
    assert sum(isinstance(one, Conflict) for one in found) == 2
    with tenant_context(ready_tenant("store-a")):
        cash.refresh_from_db()
        assert cash.refunding_minor == 6_000


def test_a_refund_made_at_the_provider_is_booked_once_by_all_who_see_it(payee: FakePayee, simulator: Any) -> None:
    payment = approved(payee, simulator)
    with tenant_context(ready_tenant("store-a")):
        resolve_payment(payment.pk)
        changed = {"when_refunded": "2026-11-22T10:00:00Z"}
        simulator.decide("wave", payment.provider_ref, action="change", fields=changed)
    found = at_once(4, here(lambda: sync_reversals(payment.pk)))
    assert sorted(found) == [0, 0, 0, 1]
    assert [amount for _, amount in payee.gave] == [price_for("wave")]


def test_without_the_lock_its_key_still_books_it_once(payee: FakePayee, simulator: Any) -> None:
    payment = approved(payee, simulator)
    with tenant_context(ready_tenant("store-a")):
        resolve_payment(payment.pk)
        changed = {"when_refunded": "2026-11-22T10:00:00Z"}
        simulator.decide("wave", payment.provider_ref, action="change", fields=changed)
    payee.locks = False
    at_once(4, here(lambda: sync_reversals(payment.pk)))
    assert [amount for _, amount in payee.gave] == [price_for("wave")]


def test_failures_noted_at_once_are_all_counted_and_told_once(simulator: Any) -> None:
    with tenant_context(ready_tenant("store-a")):
        set_up("wave", simulator)
    now = timezone.now()
    at_once(8, here(lambda: note_failure("wave", Failure.AWAY, reason="provider_unavailable", now=now)))
    with tenant_context(ready_tenant("store-a")):
        assert Method.objects.get(pk="wave").failures == BREAKS_AFTER
        assert Delivery.objects.filter(template="payment_way_hidden").count() == 1
