"""Money that staff vouch for: transfers, cash, and payments that did not match."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from billing.money import Money
from billing.providers import reasons
from shared_apps.audit.models import AuditLog
from shared_apps.core.errors import Conflict, DomainError
from shared_apps.notifications.models import Delivery
from tenant_apps.payments import demo, selectors
from tenant_apps.payments.gateways import gateway
from tenant_apps.payments.models import CommissionEvent, Method, Payment
from tenant_apps.payments.services import resolve
from tenant_apps.payments.services.by_hand import decide_review, record_cash
from tenant_apps.payments.services.refunds import finish_by_hand, request_refund
from tenant_apps.payments.services.resolve import resolve_payment
from tenant_apps.payments.services.starting import transfer_instructions
from tenant_apps.payments.services.transfers import MAX_RECEIPTS, decide_transfer, send_receipt
from tenant_apps.payments.tests.support import PURPOSE, FakePayee, approve, begin, owner
from tenant_apps.team.tests.support import photo_bytes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("tenant")]
S = Payment.Status
PRICE = Money(25_000, "XAF")


def proof(shade: int = 0) -> SimpleUploadedFile:
    return SimpleUploadedFile("reçu ../de Awa.jpg", photo_bytes(colour=f"#{shade:02x}7878"), content_type="image/jpeg")


def decide(payment: Payment, **verdict: Any) -> Payment:
    return decide_transfer(payment=payment, by=owner(), **{"approved": True, **verdict})


def refreshed(payment: Payment) -> Payment:
    payment.refresh_from_db()
    return payment


class TestTransfers:
    def test_the_payer_is_told_where_to_send_the_money_and_what_to_write(self, payee: FakePayee) -> None:
        told = transfer_instructions(begin("bank_transfer", payee))
        assert told["iban"] == "CM21 1000 5000"
        assert (told["reference"], told["amount"], told["currency"]) == ("202611220001", "25000", "XAF")

    def test_a_proof_is_scrubbed_and_puts_the_payment_before_staff(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        receipt = send_receipt(payment=payment, upload=proof())
        assert refreshed(payment).status == S.UNDER_REVIEW
        assert (receipt.original_name, receipt.content_type) == ("de Awa.jpg", "image/jpeg")
        assert default_storage.exists(receipt.file.name)
        assert payee.took == []

    def test_the_same_file_is_taken_once_and_no_file_is_left_behind(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        send_receipt(payment=payment, upload=proof())
        before = default_storage.listdir("receipts")[1]
        with pytest.raises(Conflict) as refused:
            send_receipt(payment=payment, upload=proof())
        assert refused.value.code == "receipt_known"
        assert default_storage.listdir("receipts")[1] == before

    def test_files_are_few(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        for shade in range(MAX_RECEIPTS):
            send_receipt(payment=payment, upload=proof(shade * 40))
        with pytest.raises(DomainError) as refused:
            send_receipt(payment=payment, upload=proof(255))
        assert refused.value.code == "too_many_receipts"

    def test_what_is_no_receipt_is_refused_beside_the_field(self, payee: FakePayee) -> None:
        with pytest.raises(DomainError) as refused:
            send_receipt(payment=begin("bank_transfer", payee), upload=SimpleUploadedFile("a.pdf", b"hello"))
        assert (refused.value.code, refused.value.field) == ("receipt_not_a_receipt", "receipt")

    def test_an_approved_transfer_is_believed_once(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        send_receipt(payment=payment, upload=proof())
        done = decide(payment, reference="FT-7781")
        assert (done.status, done.received, done.decision_reference) == (S.SUCCEEDED, PRICE, "FT-7781")
        with pytest.raises(Conflict):
            decide(payment)
        resolve_payment(payment.pk)
        assert payee.took == [(payment.pk, PRICE)]

    @pytest.mark.parametrize("came", [10_000, 30_000])
    def test_a_part_or_more_counts_for_what_it_is(self, came: int, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        done = decide(payment, received=Money(came, "XAF"))
        assert (done.status, done.worth) == (S.SUCCEEDED, Money(came, "XAF"))
        assert payee.took == [(payment.pk, Money(came, "XAF"))]

    def test_the_rest_of_a_part_can_be_paid(self, payee: FakePayee) -> None:
        first = begin("bank_transfer", payee)
        decide(first, received=Money(10_000, "XAF"))
        rest = begin("bank_transfer", payee, subject=first.subject)
        assert rest.amount == Money(15_000, "XAF")
        decide(rest)
        assert [amount.minor for _, amount in payee.took] == [10_000, 15_000]

    def test_a_rejection_says_why_and_another_proof_may_follow(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        send_receipt(payment=payment, upload=proof())
        with pytest.raises(DomainError) as refused:
            decide(payment, approved=False)
        assert refused.value.field == "reason"
        rejected = decide(payment, approved=False, reason="Le reçu est illisible.")
        assert (rejected.status, rejected.reason, rejected.comment) == (
            S.PENDING,
            reasons.NOT_RECEIVED,
            "Le reçu est illisible.",
        )
        assert payee.took == []
        send_receipt(payment=payment, upload=proof(80))
        assert (refreshed(payment).status, payment.comment) == (S.UNDER_REVIEW, "")
        assert decide(payment).status == S.SUCCEEDED

    def test_whoever_is_asked_for_another_proof_has_three_days_for_it_and_no_more(
        self, payee: FakePayee, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        payment = begin("bank_transfer", payee)
        send_receipt(payment=payment, upload=proof())
        over = timezone.now() - timedelta(minutes=1)
        Payment.objects.filter(pk=payment.pk).update(expires_at=over, next_check_at=None)
        decide(refreshed(payment), approved=False, reason="Le reçu est illisible.")
        refreshed(payment)
        assert timedelta(days=2, hours=23) < payment.expires_at - timezone.now() <= timedelta(days=3)
        assert payment.next_check_at == payment.expires_at
        assert resolve_payment(payment.pk).status == S.PENDING
        Payment.objects.filter(pk=payment.pk).update(expires_at=over)
        assert resolve_payment(payment.pk).status == S.EXPIRED

    def test_a_movement_of_the_bank_pays_one_bill(self, payee: FakePayee) -> None:
        decide(begin("bank_transfer", payee), reference="FT-1")
        other = begin("bank_transfer", payee)
        with pytest.raises(Conflict) as refused:
            decide(other, reference=" FT-1 ")
        assert refused.value.field == "reference"
        assert refreshed(other).status == S.PENDING

    def test_a_transfer_that_came_after_its_time_is_believed_as_late(self, payee: FakePayee) -> None:
        payment = begin("bank_transfer", payee)
        Payment.objects.filter(pk=payment.pk).update(expires_at=timezone.now() - timedelta(days=1))
        assert resolve_payment(payment.pk).status == S.EXPIRED
        assert (decide(payment).is_late, len(payee.took)) == (True, 1)

    def test_another_currency_is_refused_beside_the_amount(self, payee: FakePayee) -> None:
        with pytest.raises(DomainError) as refused:
            decide(begin("bank_transfer", payee), received=Money(25_000, "XOF"))
        assert refused.value.field == "received"

    def _paid_by_card_meanwhile(self, payee: FakePayee, simulator: Any) -> Payment:
        """A transfer with its proof, whose payer did not wait."""
        transfer = begin("bank_transfer", payee)
        send_receipt(payment=transfer, upload=proof())
        card = begin("stripe", payee, simulator, subject=transfer.subject)
        approve(card, simulator)
        assert resolve_payment(card.pk).status == S.SUCCEEDED
        return transfer

    def test_a_proof_waits_for_staff_although_the_bill_was_paid_another_way(
        self, payee: FakePayee, simulator: Any
    ) -> None:
        transfer = self._paid_by_card_meanwhile(payee, simulator)
        assert refreshed(transfer).status == S.UNDER_REVIEW
        assert (list(selectors.transfers_to_check("1")), selectors.waiting_for_staff().transfers) == ([transfer], 1)
        assert decide(transfer).status == S.SUCCEEDED
        assert [amount for _, amount in payee.took] == [PRICE, PRICE]
        assert selectors.waiting_for_staff().transfers == 0

    def test_rejecting_a_proof_asks_for_nothing_more_once_the_bill_is_paid(
        self, payee: FakePayee, simulator: Any
    ) -> None:
        transfer = self._paid_by_card_meanwhile(payee, simulator)
        rejected = decide(transfer, approved=False, reason="Rien sur le compte.")
        assert (rejected.status, rejected.comment) == (S.CANCELLED, "Rien sur le compte.")
        assert len(payee.took) == 1
        assert selectors.waiting_for_staff().transfers == 0
        letter = Delivery.objects.get(template="customer_payment_rejected")
        assert (letter.context["due"], letter.context["why_not"]) == ("", "C’est déjà payé.")
        assert decide(rejected).status == S.SUCCEEDED  # it came after all

    def test_an_attempt_without_proof_is_set_aside_by_other_money(self, payee: FakePayee, simulator: Any) -> None:
        transfer = begin("bank_transfer", payee)
        card = begin("stripe", payee, simulator, subject=transfer.subject)
        approve(card, simulator)
        resolve_payment(card.pk)
        assert refreshed(transfer).status == S.CANCELLED

    def test_a_rejection_counts_once_until_another_proof_is_there(self, payee: FakePayee) -> None:
        transfer = begin("bank_transfer", payee)
        send_receipt(payment=transfer, upload=proof())
        decide(transfer, approved=False, reason="Rien sur le compte.")
        with pytest.raises(Conflict) as refused:
            decide(transfer, approved=False, reason="Toujours rien.")
        assert (refused.value.code, refreshed(transfer).comment) == ("decided", "Rien sur le compte.")
        assert Delivery.objects.filter(template="customer_payment_rejected").count() == 1

    @pytest.mark.parametrize("when", ["before", "after"])
    def test_a_rejection_at_the_moment_its_time_is_over_gives_three_days(
        self, when: str, payee: FakePayee, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        transfer = begin("bank_transfer", payee)
        send_receipt(payment=transfer, upload=proof())
        Payment.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
        move = resolve.move_payment

        def move_while_staff_reject(**said: Any) -> bool:
            if when == "before":
                decide(refreshed(transfer), approved=False, reason="Illisible.")
            moved = move(**said)
            if when == "after":
                decide(refreshed(transfer), approved=False, reason="Illisible.")
            return moved

        monkeypatch.setattr(resolve, "move_payment", move_while_staff_reject)
        resolve_payment(transfer.pk)
        transfer = refreshed(transfer)
        assert transfer.status == S.PENDING
        assert transfer.next_check_at == transfer.expires_at > timezone.now() + timedelta(days=2)

    @pytest.mark.parametrize(("what", "may_follow"), [("time", True), ("amount", False)])
    def test_choosing_transfer_again_leads_to_the_proof_that_is_being_checked(
        self, what: str, may_follow: bool, payee: FakePayee
    ) -> None:
        transfer = begin("bank_transfer", payee)
        send_receipt(payment=transfer, upload=proof())
        if what == "time":
            Payment.objects.update(expires_at=timezone.now() - timedelta(days=1))
        else:
            payee.things[transfer.subject].due = Money(10_000, "XAF")
        again = begin("bank_transfer", payee, subject=transfer.subject)
        assert (again.pk, again.status) == (transfer.pk, S.UNDER_REVIEW)
        decide(again, approved=False, reason="Rien sur le compte.")
        new = begin("bank_transfer", payee, subject=transfer.subject)
        # Another proof may follow of the transfer that was made; one of another amount has to be made anew.
        assert (new.pk == transfer.pk) is may_follow
        assert refreshed(transfer).is_open is may_follow


class TestCash:
    def test_cash_is_believed_at_once_and_once_a_key(self, payee: FakePayee) -> None:
        subject, key = payee.sell(PRICE), uuid4()
        for _ in range(2):
            payment = record_cash(purpose=PURPOSE, subject=subject, amount=PRICE, by=owner(), key=key)
        assert (payment.status, payment.received, payment.decided_by) == (S.SUCCEEDED, PRICE, owner())
        assert payee.took == [(payment.pk, PRICE)]
        assert AuditLog.objects.filter(action="payment.succeeded", resource_id=str(payment.pk)).count() == 1

    def test_a_key_that_stood_for_something_else_is_refused(self, payee: FakePayee) -> None:
        key = uuid4()
        record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=key)
        with pytest.raises(Conflict):
            record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=key)

    def test_parts_may_be_paid_in_cash(self, payee: FakePayee) -> None:
        subject = payee.sell(PRICE)
        for minor in (5_000, 20_000):
            record_cash(purpose=PURPOSE, subject=subject, amount=Money(minor, "XAF"), by=owner(), key=uuid4())
        assert payee.things[subject].payable is False

    @pytest.mark.parametrize("amount", [Money(0, "XAF"), Money(5, "EUR")])
    def test_what_is_no_amount_is_refused(self, amount: Money, payee: FakePayee) -> None:
        with pytest.raises(DomainError) as refused:
            record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=amount, by=owner(), key=uuid4())
        assert refused.value.field == "amount"


class TestReviews:
    def _in_review(self, payee: FakePayee, simulator: Any) -> Payment:
        payment = begin("wave", payee, simulator)
        simulator.decide("wave", payment.provider_ref, action="change", fields={"amount": "20000"})
        approve(payment, simulator)
        assert resolve_payment(payment.pk).status == S.NEEDS_REVIEW
        return refreshed(payment)

    def test_money_that_did_not_match_is_taken_for_what_it_is(self, payee: FakePayee, simulator: Any) -> None:
        payment = self._in_review(payee, simulator)
        done = decide_review(payment=payment, by=owner(), accepted=True, reason="Vu au relevé")
        assert (done.status, payee.took) == (S.SUCCEEDED, [(payment.pk, Money(20_000, "XOF"))])
        with pytest.raises(Conflict):
            decide_review(payment=payment, by=owner(), accepted=True, reason="Encore")
        assert len(payee.took) == 1

    def test_money_that_never_came_is_none(self, payee: FakePayee, simulator: Any) -> None:
        payment = self._in_review(payee, simulator)
        done = decide_review(payment=payment, by=owner(), accepted=False, reason="Rien au relevé")
        assert (done.status, payee.took) == (S.FAILED, [])


@pytest.mark.parametrize("tenant", ["events-a"], indirect=True)
def test_the_platform_is_told_of_takings_where_the_plan_has_a_commission(payee: FakePayee, simulator: Any) -> None:
    subject = payee.sell(PRICE)
    cash = record_cash(purpose=PURPOSE, subject=subject, amount=PRICE, by=owner(), key=uuid4())
    taken = CommissionEvent.objects.get()
    assert (taken.gross, taken.held_by, taken.reference) == (PRICE, "tenant", "202611220001")
    refund = request_refund(payment=cash, amount=Money(5_000, "XAF"), reason="Retour", by=owner(), key=uuid4())
    finish_by_hand(refund=refund, by=owner())
    assert CommissionEvent.objects.get(kind="refunded").gross == Money(5_000, "XAF")
    test = begin("stripe", payee, simulator)
    approve(test, simulator)
    assert resolve_payment(test.pk).status == S.SUCCEEDED
    assert CommissionEvent.objects.filter(kind="collected").count() == 1  # test money is none


def test_a_shop_without_commission_tells_nothing(payee: FakePayee) -> None:
    record_cash(purpose=PURPOSE, subject=payee.sell(PRICE), amount=PRICE, by=owner(), key=uuid4())
    assert not CommissionEvent.objects.exists()


@pytest.mark.parametrize(
    ("currency", "expected"),
    [
        ("XAF", {"mtn_momo", "orange_money", "stripe", "paypal", "bank_transfer", "cash"}),
        ("XOF", {"mtn_momo", "orange_money", "wave", "moov", "stripe", "paypal", "bank_transfer", "cash"}),
    ],
)
def test_a_demonstration_shop_has_the_ways_to_pay_of_its_currency(
    currency: str, expected: set[str], settings: Any
) -> None:
    from baobab.settings import local

    settings.TENANT_DEMO_KEYS = local.TENANT_DEMO_KEYS
    for _ in range(2):
        demo.load(owner=owner(), currency=currency)
    active = set(Method.objects.filter(is_active=True).values_list("name", flat=True))
    assert active == expected
    assert all(gateway(row) for row in Method.objects.exclude(pk="cash"))
