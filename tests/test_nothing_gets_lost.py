"""Money and verdicts that fall between two steps: a lost answer, a killed process, a name that has moved on."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from billing import gateways
from billing.models import Order, Payment
from billing.providers.turns import AT_ONCE, turn_to_call
from billing.services import payments, transfers
from billing.services.expiry import expire_orders
from billing.services.orders import cancel_order
from billing.services.payments import MAX_NUMBERS, begin_at_provider, start_payment, transfer_instructions
from billing.services.polling import claim_due_payments
from billing.services.resolve import resolve_now_or_soon, resolve_payment
from billing.services.transfers import decide_transfer, upload_receipt
from shared_apps.core.errors import Conflict, TooManyAttempts
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Domain
from tests.support.factories import make_admin, make_order, make_user

pytestmark = pytest.mark.django_db
PHONE, OTHER_PHONE = "237670123456", "237670000001"


def by_momo(order: Order, phone: str = PHONE) -> Payment:
    return start_payment(order_id=order.pk, method="mtn_momo", phone=phone)


def let_order_expire(order: Order) -> None:
    Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(days=1))
    Payment.objects.filter(order=order, status=Payment.Status.PENDING).update(status=Payment.Status.EXPIRED)
    assert expire_orders() == 1


class TestAnAnswerOfMtnThatNeverCame:
    def lost(self, order: Order, simulator) -> Payment:
        simulator.fault("momo", "request_to_pay", "timeout_after", times=1, seconds=2)
        payment = by_momo(order)
        assert (payment.status, payment.provider_ref) == (Payment.Status.CREATED, "")
        return payment

    def test_its_money_is_seen_though_the_payer_went_on_with_another_number(self, simulator) -> None:
        order = make_order()
        first = self.lost(order, simulator)
        by_momo(order, OTHER_PHONE)
        simulator.decide_momo(str(first.idempotency_key), "SUCCESSFUL")
        first = resolve_payment(first.pk)
        assert (first.status, first.is_late) == (Payment.Status.SUCCEEDED, True)
        order.refresh_from_db()
        assert order.status == Order.Status.PAID

    def test_a_refusal_of_the_second_try_does_not_end_the_first(self, simulator) -> None:
        payment = self.lost(make_order(), simulator)
        simulator.fault("momo", "request_to_pay", "issue", status=400, issue="PAYER_NOT_FOUND", times=1)
        assert resolve_payment(payment.pk).status in Payment.OPEN
        simulator.decide_momo(str(payment.idempotency_key), "SUCCESSFUL")
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED


def test_what_a_silent_provider_left_to_say_goes_when_it_answers(simulator) -> None:
    payment = by_momo(make_order())
    simulator.fault("momo", "*", "http_503", times=20)
    assert resolve_payment(payment.pk).reason == "provider_unavailable"
    simulator.end_faults()
    assert resolve_payment(payment.pk).reason == ""


class TestNames:
    def test_late_money_never_takes_a_name_that_is_a_workspace_by_now(self, simulator) -> None:
        order = make_order(subdomain="tardif")
        payment = by_momo(order)
        let_order_expire(order)
        Domain.objects.filter(domain="store-a.localhost").update(domain="tardif.localhost", skeleton="tardif")
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        resolve_payment(payment.pk)
        order.refresh_from_db()
        assert order.status == Order.Status.PAID
        assert order.subdomain.startswith("tardif-")

    def test_nor_the_name_that_somebody_elses_unpaid_order_holds(self, simulator) -> None:
        order = make_order(subdomain="tardif")
        payment = by_momo(order)
        let_order_expire(order)
        Domain.objects.filter(domain="store-a.localhost").update(domain="tardif.localhost", skeleton="tardif")
        nearest = make_order(subdomain="tardif-app")
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        resolve_payment(payment.pk)
        order.refresh_from_db()
        assert order.subdomain not in ("tardif", nearest.subdomain)


class TestVerdicts:
    def test_a_verdict_whose_process_died_is_acted_upon_by_the_poller(self, monkeypatch) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        monkeypatch.setattr(transfers, "resolve_payment", lambda _pk: None)
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        assert claim_due_payments() == [payment.pk]
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
        assert claim_due_payments() == []

    def test_a_receipt_sent_meanwhile_does_not_undo_an_approval(self, monkeypatch) -> None:
        payment = start_payment(order_id=make_order().pk, method="bank_transfer")
        monkeypatch.setattr(transfers, "resolve_payment", lambda _pk: None)
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        photo = BytesIO()
        Image.new("RGB", (300, 400), "white").save(photo, "PNG")
        receipt = SimpleUploadedFile("recu.png", photo.getvalue())
        with pytest.raises(Conflict):
            upload_receipt(payment=payment, upload=receipt, user=payment.order.user)
        assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED


class TestARefusalBesideAnAcceptedCall:
    """Two calls for one attempt at once: MTN refuses one and takes the other."""

    def refused(self, order: Order, simulator) -> Payment:
        simulator.fault("momo", "request_to_pay", "issue", status=400, issue="PAYER_NOT_FOUND", times=1)
        payment = by_momo(order)
        assert (payment.status, payment.next_check_at) == (Payment.Status.FAILED, None)
        return payment

    def test_the_attempt_is_open_after_all(self, simulator) -> None:
        payment = begin_at_provider(self.refused(make_order(), simulator))
        assert payment.status == Payment.Status.PENDING
        assert payment.next_check_at is not None

    def test_it_is_watched_even_when_another_was_opened_since(self, simulator) -> None:
        order = make_order()
        first = self.refused(order, simulator)
        assert by_momo(order).status == Payment.Status.PENDING
        first = begin_at_provider(first)
        assert first.status == Payment.Status.FAILED
        assert first.next_check_at is not None
        simulator.decide_momo(first.provider_ref, "SUCCESSFUL")
        assert resolve_payment(first.pk).status == Payment.Status.SUCCEEDED


class TestAProviderThatKeepsManyWaiting:
    @pytest.fixture(autouse=True)
    def _all_turns_taken(self, monkeypatch):
        monkeypatch.setattr(payments, "PATIENCE", 0.01)
        with ExitStack() as turns:
            assert all(turns.enter_context(turn_to_call()) for _ in range(AT_ONCE))
            yield

    def test_is_not_called_from_one_more_request(self, simulator) -> None:
        payment = by_momo(make_order())
        assert payment.status == Payment.Status.CREATED
        assert simulator.calls("momo.request_to_pay") == 0
        assert resolve_payment(payment.pk).status == Payment.Status.PENDING, "a worker begins"

    def test_answers_from_what_is_known(self, simulator) -> None:
        payment = begin_at_provider(by_momo(make_order()))
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert resolve_now_or_soon(payment.pk).status == Payment.Status.PENDING


def test_whoever_pays_twice_is_told(simulator) -> None:
    order = make_order()
    first, second = by_momo(order), by_momo(order, OTHER_PHONE)
    for payment in (first, second):
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        resolve_payment(payment.pk)
    told = Delivery.objects.filter(template="payment_in_review", recipient=order.user.email)
    assert [delivery.context["number"] for delivery in told] == [order.number]


class TestMoneyThatDoesNotMatch:
    def reviewed(self, simulator) -> Payment:
        payment = start_payment(order_id=make_order().pk, method="paypal")
        simulator.approve_paypal(payment.provider_ref)
        simulator.fault("paypal", "*", "wrong_amount", times=10)
        payment = resolve_payment(payment.pk)
        assert payment.status == Payment.Status.NEEDS_REVIEW
        return payment

    def test_its_order_does_not_expire_before_somebody_has_looked(self, simulator) -> None:
        payment = self.reviewed(simulator)
        Order.objects.filter(pk=payment.order_id).update(expires_at=timezone.now() - timedelta(days=1))
        assert expire_orders() == 0

    def test_the_team_is_told_once(self, simulator, settings) -> None:
        payment = self.reviewed(simulator)
        resolve_payment(payment.pk)
        told = Delivery.objects.filter(template="payment_needs_review", recipient=settings.SUPPORT_EMAIL)
        assert [delivery.context["number"] for delivery in told] == [payment.order.number]


def test_one_account_cannot_ring_phone_after_phone(simulator) -> None:
    user = make_user()
    orders = [make_order(user=user), make_order(user=user)]
    for number in range(MAX_NUMBERS):
        by_momo(orders[number % 2], f"23767000000{number}")
    with pytest.raises(TooManyAttempts) as refusal:
        by_momo(orders[0], "237670000009")
    assert refusal.value.field == "phone_number"
    assert by_momo(orders[0], "237670000000").status == Payment.Status.PENDING, "a number that was tried already"


def test_an_order_is_not_cancelled_while_a_phone_may_still_pay_it(simulator) -> None:
    order = make_order()
    payment = by_momo(order)
    with pytest.raises(Conflict) as refusal:
        cancel_order(order=order, actor=order.user)
    assert refusal.value.code == "payment_under_way"
    simulator.decide_momo(payment.provider_ref, "FAILED", "APPROVAL_REJECTED")
    resolve_payment(payment.pk)
    cancel_order(order=order, actor=order.user)
    order.refresh_from_db()
    assert order.status == Order.Status.CANCELLED


def test_without_a_bank_account_a_transfer_has_no_instructions(settings, request) -> None:
    request.addfinalizer(gateways.forget_clients)
    payment = start_payment(order_id=make_order().pk, method="bank_transfer")
    assert transfer_instructions(payment)["reference"] == payment.order.number
    settings.BANK = dict.fromkeys(settings.BANK, "")
    gateways.forget_clients()
    assert transfer_instructions(payment) == {}


class TestAnOrderSentTwice:
    def test_is_one_order_though_the_name_is_spaced_otherwise(self) -> None:
        user, key = make_user(), str(uuid.uuid4())
        first = make_order(user=user, organisation_name="Marché  Central", idempotency_key=key)
        again = make_order(user=user, organisation_name=" Marché Central", idempotency_key=key)
        assert first.pk == again.pk
        assert Order.objects.filter(user=user).count() == 1

    def test_without_a_key_a_name_with_odd_spaces_is_ordered_all_the_same(self) -> None:
        assert make_order(organisation_name="L’Atelier\u00a0  Bleu").organisation_name == "L’Atelier Bleu"

    def test_a_key_of_another_order_is_refused(self) -> None:
        user, key = make_user(), str(uuid.uuid4())
        make_order(user=user, cycle="monthly", idempotency_key=key)
        with pytest.raises(Conflict) as refusal:
            make_order(user=user, cycle="yearly", idempotency_key=key)
        assert refusal.value.code == "idempotency_key_used"
