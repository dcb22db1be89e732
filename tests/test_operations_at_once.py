"""Operations, many at once: one incident is one incident, and what is claimed is claimed once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import PaymentMethod, ProviderHealth
from billing.policies import BREAKS_AFTER
from billing.services import health
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict
from shared_apps.notifications.models import Delivery
from tests.support.factories import make_admin
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
