"""Providers that fail: noted at every call, hidden from payers, checked by ourselves, offered again.

Failure cases (docs/failure-cases.md): Case 12.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from baobab import celery_settings
from billing import tasks
from billing.models import Payment, PaymentMethod, ProviderHealth
from billing.providers.breaker import BREAKS_AFTER
from billing.selectors import payment_methods
from billing.services import health
from billing.services.payments import methods_for, start_payment
from billing.services.resolve import resolve_payment
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, NotAllowed
from shared_apps.notifications.models import Delivery
from shared_apps.site.tests.helpers import logged_in
from tests.support.factories import make_admin, make_order, make_user

pytestmark = pytest.mark.django_db
PHONE = "237670123456"


def method(name: str = "mtn_momo") -> PaymentMethod:
    return PaymentMethod.objects.get(name=name)


def health_of(name: str = "mtn_momo") -> ProviderHealth:
    return ProviderHealth.objects.get(method__name=name)


def hide(name: str = "mtn_momo") -> None:
    for _ in range(BREAKS_AFTER):
        health.note_failure(method(name), health.Failure.AWAY, reason="provider_unavailable")


def names(order: Any) -> set[str]:
    return {one.name for one, _capabilities in methods_for(order)}


def due_now() -> None:
    past = timezone.now() - timedelta(minutes=1)
    ProviderHealth.objects.filter(hidden_since__isnull=False).update(hidden_until=past)
    ProviderHealth.objects.update(checked_at=None)


class TestNoting:
    def test_an_answer_is_noted_and_in_good_times_hardly_ever_written(self, simulator) -> None:
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE)
        assert health_of().last_success_at
        with CaptureQueriesContext(connection) as queries:
            for _ in range(5):
                resolve_payment(payment.pk)
        assert not [one for one in queries if "UPDATE" in one["sql"] and "providerhealth" in one["sql"]]

    def test_after_half_a_minute_it_is_written_again(self) -> None:
        health.note_success(method())
        ProviderHealth.objects.update(last_success_at=timezone.now() - timedelta(seconds=31))
        health.note_success(method())
        assert timezone.now() - health_of().last_success_at < timedelta(seconds=5)

    @pytest.mark.parametrize("fault", ["http_503", "html", "truncated", "http_429"])
    def test_a_provider_in_trouble_is_counted_at_each_question(self, simulator, fault) -> None:
        payment = start_payment(order_id=make_order().pk, method="paypal")
        simulator.fault("paypal", "*", fault, times=50)
        for _ in range(3):
            resolve_payment(payment.pk)
        found = health_of("paypal")
        assert (found.consecutive_failures, found.last_failure_reason) == (3, "provider_unavailable")
        simulator.end_faults()
        resolve_payment(payment.pk)
        assert health_of("paypal").consecutive_failures == 0

    def test_a_payer_who_is_refused_says_nothing_of_the_provider(self, simulator) -> None:
        simulator.fault("momo", "request_to_pay", "issue", issue="PAYER_NOT_FOUND", status=400)
        assert start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE).status == "failed"
        assert health_of().consecutive_failures == 0

    def test_transfers_have_no_provider_that_could_fail(self) -> None:
        start_payment(order_id=make_order().pk, method="bank_transfer")
        assert health_of("bank_transfer").last_success_at is None

    def test_a_callback_is_noted_once_in_half_a_minute(self) -> None:
        now = timezone.now()
        for seconds in (0, 10, 29):
            health.note_callback("mtn_momo", at=now + timedelta(seconds=seconds))
        assert health_of().last_callback_at == now
        health.note_callback("mtn_momo", at=now + timedelta(seconds=31))
        health.note_callback("mtn_momo", at=now)
        assert health_of().last_callback_at == now + timedelta(seconds=31)


class TestHiding:
    def test_a_silent_provider_is_hidden_from_payers_and_the_team_is_told_once(self, simulator) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="paypal")
        assert names(order) == {"paypal", "mtn_momo", "bank_transfer"}
        simulator.fault("paypal", "*", "http_503", times=50)
        for _ in range(BREAKS_AFTER + 3):
            resolve_payment(payment.pk)
        assert names(order) == {"mtn_momo", "bank_transfer"}
        assert "paypal" not in payment_methods().values_list("name", flat=True)
        assert Delivery.objects.filter(template="method_hidden").count() == 1
        assert AuditLog.objects.filter(action="method.hidden").count() == 1

    def test_starting_by_a_hidden_method_is_refused_with_the_other_ways(self) -> None:
        hide()
        order = make_order()
        with pytest.raises(Conflict) as refusal:
            start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)
        assert (refusal.value.code, refusal.value.field) == ("method_hidden", "payment_method")
        assert "PayPal" in str(refusal.value)
        assert "MTN Mobile Money" in str(refusal.value)
        assert not order.payments.exists()

    def test_an_open_attempt_goes_on_and_its_money_is_taken(self, simulator) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE)
        hide()
        assert start_payment(order_id=order.pk, method="mtn_momo", phone=PHONE).pk == payment.pk
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
        assert health_of().hidden_since, "a payer is no check"

    def test_with_every_provider_away_the_transfer_stays(self) -> None:
        hide("paypal")
        hide("mtn_momo")
        order = make_order()
        assert names(order) == {"bank_transfer"}
        assert start_payment(order_id=order.pk, method="bank_transfer").status == Payment.Status.PENDING

    def test_a_page_that_was_opened_before_says_so_and_begins_nothing(self) -> None:
        order = make_order()
        visitor = logged_in(order.user)
        visitor.cookies["django_language"] = "en"
        hide()
        answer = visitor.post(f"/orders/{order.pk}/pay/", {"payment_method": "mtn_momo", "phone_number": PHONE})
        page = answer.content.decode()
        assert "not available at the moment" in page
        assert not order.payments.exists()

    def test_the_api_says_so_too(self, public_client) -> None:
        hide()
        listed = public_client.get("/api/tenants/payment-methods/")
        assert "mtn_momo" not in [one["name"] for one in listed.json()]


class TestChecks:
    def test_a_refused_account_is_hidden_by_our_own_check(self, simulator) -> None:
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone=PHONE)
        simulator.fault("momo", "*", "token_401", times=100)
        for _ in range(BREAKS_AFTER * 2):
            resolve_payment(payment.pk)
        assert health_of().hidden_since is None, "what a payer typed may have been refused"
        assert health.claim_due_checks() == [method().pk]
        assert tasks.check_provider.run(method().pk) is False
        assert health_of().hidden_since
        mail = Delivery.objects.get(template="method_hidden")
        assert mail.context["is_refused"] is True

    def test_what_answers_again_is_offered_again(self, simulator) -> None:
        hide()
        assert health.claim_due_checks() == [], "not before its time"
        due_now()
        assert tasks.check_due_providers.run() == 1
        assert tasks.check_provider.run(method().pk) is True
        assert health_of().hidden_since is None
        assert AuditLog.objects.filter(action="method.offered_again").count() == 1

    def test_what_stays_silent_stays_hidden_and_nobody_is_told_again(self, simulator) -> None:
        hide()
        simulator.fault("momo", "*", "http_503", times=50)
        for _ in range(3):
            due_now()
            assert tasks.check_provider.run(method().pk) is False
        assert health_of().hidden_until > timezone.now()
        assert Delivery.objects.filter(template="method_hidden").count() == 1

    def test_a_method_that_is_switched_off_is_not_checked(self) -> None:
        hide()
        due_now()
        PaymentMethod.objects.filter(name="mtn_momo").update(is_active=False)
        assert health.claim_due_checks() == []

    def test_beat_starts_them(self) -> None:
        entries: list[dict[str, Any]] = list(celery_settings.beat_schedule.values())
        assert tasks.check_due_providers.name in [entry["task"] for entry in entries]


class TestSwitches:
    def test_with_the_breaker_off_a_method_is_offered_whatever_happens(self) -> None:
        hide()
        health.set_breaker(method=method(), on=False, admin=make_admin())
        assert health_of().hidden_since is None
        hide()
        assert health_of().hidden_since is None
        entry = AuditLog.objects.get(action="method.breaker_changed")
        assert (entry.before, entry.after) == ({"breaker": True}, {"breaker": False})

    def test_a_method_is_switched_off_and_on_with_an_entry_each(self) -> None:
        admin = make_admin()
        for active in (False, False, True):
            health.set_method_active(method=method(), active=active, admin=admin)
        assert method().is_active
        assert list(AuditLog.objects.filter(action__startswith="method.switched").values_list("action", flat=True)) == [
            "method.switched_off",
            "method.switched_on",
        ]

    def test_only_admins_switch(self) -> None:
        for switch in (
            lambda: health.set_breaker(method=method(), on=False, admin=make_user()),
            lambda: health.set_method_active(method=method(), active=False, admin=make_user()),
        ):
            with pytest.raises(NotAllowed):
                switch()
