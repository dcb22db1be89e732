"""A receipt that was sent before, saved anew, is found again; and what payers say of a transfer is kept.

Failure cases (docs/failure-cases.md): Case 16.
"""

from __future__ import annotations

import datetime
from random import Random

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from billing.models import Payment, ReceiptTwin, TransferReceipt
from billing.money import Money
from billing.services.payments import start_payment
from billing.services.receipts import compare_receipt, receipts_to_compare
from billing.services.transfers import Declared, upload_receipt
from billing.tests.receipts import SENT_ON, advice, details, jpeg, next_month
from tests.support.factories import make_order

pytestmark = pytest.mark.django_db


def sent(content: bytes, **options: object) -> TransferReceipt:
    payment = start_payment(order_id=make_order().pk, method="bank_transfer")
    upload = SimpleUploadedFile("recu.jpg", content, "image/jpeg")
    return upload_receipt(payment=payment, upload=upload, user=payment.order.user, **options)


def test_the_same_picture_saved_anew_is_found_for_both_orders() -> None:
    chance = Random(11)
    paid = details(chance)
    first = sent(jpeg(advice(paid)))
    again = sent(SENT_ON["by a messenger"](advice(paid)))
    other = sent(jpeg(advice(next_month(paid, chance))))
    waiting = receipts_to_compare()
    assert waiting == [first.pk, again.pk, other.pk]
    for receipt in waiting:
        compare_receipt(receipt)
    pairs = {(twin.receipt_id, twin.other_id) for twin in ReceiptTwin.objects.all()}
    assert pairs == {(first.pk, again.pk), (again.pk, first.pk)}
    assert other.pk not in {one for pair in pairs for one in pair}
    assert receipts_to_compare() == []
    assert compare_receipt(first.pk) == 1, "safe to repeat"
    assert ReceiptTwin.objects.count() == 2


def test_a_picture_whose_file_has_gone_is_no_trouble() -> None:
    receipt = sent(jpeg(advice(details(Random(12)))))
    receipt.file.storage.delete(receipt.file.name)
    assert compare_receipt(receipt.pk) == 0
    assert receipts_to_compare() == []


def test_what_the_payer_says_is_kept_beside_the_receipt_and_not_believed() -> None:
    declared = Declared(amount=Money(24_000, "XAF"), day=datetime.date(2026, 9, 1), reference=" vir-778 \x00")
    receipt = sent(jpeg(advice(details(Random(13)))), declared=declared)
    receipt.refresh_from_db()
    assert (receipt.declared_minor, receipt.declared_reference) == (24_000, "vir-778")
    assert Payment.objects.get(pk=receipt.payment_id).received is None
