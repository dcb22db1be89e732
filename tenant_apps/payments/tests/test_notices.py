"""Webhooks: kept as they came, never believed by themselves, and nothing of one tenant touches another."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_tenants.utils import tenant_context

from shared_apps.core.context import own_path
from tenant_apps.payments.models import Notice, Payment
from tenant_apps.payments.sealing import callback_token, open_token
from tenant_apps.payments.services.notices import delete_old_notices, look_at_notice
from tenant_apps.payments.tests.support import FakePayee, approve, begin, set_up
from tests.simulators.payments import settings as simulated
from tests.support.tenants import Browser, ready_tenant

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
N = Notice.Status


def wave_event(payment: Payment, *, secret: str = simulated.WAVE_WEBHOOK_SECRET, ident: str = "EV_1") -> dict[str, Any]:
    """What Wave sends of a session, signed."""
    data = {"id": payment.provider_ref, "client_reference": str(payment.pk)}
    body = json.dumps({"id": ident, "type": "checkout.session.completed", "data": data}).encode()
    now = str(int(time.time()))
    signature = hmac.new(secret.encode(), now.encode() + body, hashlib.sha256).hexdigest()
    return {"data": body, "content_type": "application/json", "HTTP_WAVE_SIGNATURE": f"t={now},v1={signature}"}


def send(tenant: Any, path: str, message: dict[str, Any]) -> int:
    return int(Browser(tenant).post(path, **message).status_code)


def look() -> list[Notice]:
    return [look_at_notice(pk) for pk in Notice.objects.order_by("pk").values_list("pk", flat=True)]


def test_a_signed_webhook_has_the_provider_asked(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    assert send(tenant, "/hooks/wave/", wave_event(payment)) == 200
    assert payee.took == []  # kept, answered, looked at afterwards
    [notice] = look()
    assert (notice.status, notice.payment_id, notice.event_type) == (
        N.PROCESSED,
        payment.pk,
        "checkout.session.completed",
    )
    assert len(payee.took) == 1


def test_a_webhook_that_comes_twice_pays_once(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    event = wave_event(payment)
    for _ in range(2):
        assert send(tenant, "/hooks/wave/", event) == 200
    assert Notice.objects.get().copies == 2
    send(tenant, "/hooks/wave/", wave_event(payment, ident="EV_2"))
    look()
    look()
    assert len(payee.took) == 1


def test_a_webhook_is_never_believed_by_itself(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    payment = begin("wave", payee, simulator)
    send(tenant, "/hooks/wave/", wave_event(payment))
    assert look()[0].status == N.PROCESSED
    payment.refresh_from_db()
    assert (payment.status, payee.took) == (Payment.Status.PENDING, [])


def test_a_forged_webhook_is_rejected_and_the_real_one_after_it_is_not(
    tenant: Any, payee: FakePayee, simulator: Any
) -> None:
    payment = begin("wave", payee, simulator)
    approve(payment, simulator)
    send(tenant, "/hooks/wave/", wave_event(payment, secret="guessed"))
    send(tenant, "/hooks/wave/", wave_event(payment))
    assert [notice.status for notice in look()] == [N.REJECTED, N.PROCESSED]
    assert len(payee.took) == 1


def test_oranges_notice_is_known_by_its_address_and_its_token(tenant: Any, payee: FakePayee, simulator: Any) -> None:
    payment = begin("orange_money", payee, simulator)
    approve(payment, simulator)
    path = own_path("payments:hook_payment", "orange_money", payment.pk, callback_token(payment))

    def notice(token: str) -> dict[str, Any]:
        body = {"status": "SUCCESS", "notif_token": token, "txnid": "MP1"}
        return {"data": json.dumps(body), "content_type": "application/json"}

    assert send(tenant, path.replace(callback_token(payment), "0" * 24), notice(open_token(payment))) == 404
    assert send(tenant, path, notice("guessed")) == 200
    assert send(tenant, path, notice(open_token(payment))) == 200
    assert [one.status for one in look()] == [N.REJECTED, N.PROCESSED]
    assert len(payee.took) == 1


def test_another_tenants_webhook_touches_nothing_here(payee: FakePayee, simulator: Any) -> None:
    here, there = ready_tenant("store-a"), ready_tenant("store-b")
    with tenant_context(there):
        set_up("wave", simulator)
    with tenant_context(here):
        payment = begin("wave", payee, simulator)
        approve(payment, simulator)
    # The same keys even: what counts is the host it is sent to.
    assert send(there, "/hooks/wave/", wave_event(payment)) == 200
    with tenant_context(there):
        assert [notice.status for notice in look()] == [N.IGNORED]
    with tenant_context(here):
        payment.refresh_from_db()
        path = own_path("payments:hook_payment", "wave", payment.pk, callback_token(payment))
        assert (payment.status, Notice.objects.count()) == (Payment.Status.PENDING, 0)
    assert payee.took == []
    assert send(there, path, wave_event(payment)) == 404


@pytest.mark.parametrize("path", ["/hooks/wave/", "/hooks/cash/", "/hooks/nothing/", "/hooks/moov/"])
def test_what_was_never_set_up_has_no_address(tenant: Any, path: str) -> None:
    assert send(tenant, path, {"data": "{}", "content_type": "application/json"}) == 404


def test_a_body_that_is_too_big_is_not_kept(tenant: Any, simulator: Any) -> None:
    set_up("wave", simulator)
    assert send(tenant, "/hooks/wave/", {"data": b"x" * 300_000, "content_type": "application/json"}) == 413
    assert not Notice.objects.exists()


def test_junk_is_rejected_and_breaks_nothing(tenant: Any, simulator: Any) -> None:
    set_up("wave", simulator)
    for body in (b"", b"\xff\xfe", b"[]", b'{"id": NaN}'):
        assert send(tenant, "/hooks/wave/", {"data": body, "content_type": "application/json"}) == 200
    assert {notice.status for notice in look()} == {N.REJECTED}


@pytest.mark.parametrize(
    ("status", "age", "attempts", "goes"),
    [
        ("processed", 89, 1, False), ("processed", 91, 1, True), ("ignored", 91, 1, True), ("rejected", 6, 1, False),
        ("rejected", 8, 1, True), ("received", 400, 1, False), ("received", 91, 20, True),
    ],
)  # fmt: skip
def test_notices_go_when_they_have_been_kept_long_enough(status: str, age: int, attempts: int, goes: bool) -> None:
    old = timezone.now() - timedelta(days=age)
    Notice.objects.create(method="wave", dedupe_key="k", body=b"", status=status, attempts=attempts, received_at=old)
    assert delete_old_notices() == int(goes)
    assert Notice.objects.exists() is not goes
