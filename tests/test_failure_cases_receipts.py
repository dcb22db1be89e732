"""Failure case 16, receipts: what people send as one, through the service, the page and the desk.

What a file holds is judged in `shared_apps/core/tests/test_uploads.py`: bombs, polyglots, PDFs that act or are locked,
the place where a photo was taken.
"""

from __future__ import annotations

import io
import re
from typing import Any

import pikepdf
import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from billing.models import Payment, TransferReceipt
from billing.services.payments import start_payment
from billing.services.transfers import upload_receipt
from shared_apps.core.errors import DomainError
from shared_apps.site.tests.helpers import logged_in
from tests.support.factories import make_admin, make_order

pytestmark = pytest.mark.django_db
# The test file of the anti-virus trade, in two parts so that this file is none.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def photo() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(out, "JPEG")
    return out.getvalue()


def paper() -> bytes:
    document, out = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.save(out)
    return out.getvalue()


def transfer() -> Payment:
    return start_payment(order_id=make_order().pk, method="bank_transfer")


def sent(content: bytes, name: str = "recu.jpg", payment: Payment | None = None) -> TransferReceipt:
    payment = payment or transfer()
    upload = SimpleUploadedFile("x", content)
    upload._name = name  # as somebody's own program may send it: Django would tidy it
    return upload_receipt(payment=payment, upload=upload, user=payment.order.user)


def kept(receipt: TransferReceipt) -> bytes:
    with receipt.file.open("rb") as file:
        return bytes(file.read())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("/var/www/shell.php", "shell.php"),
        ("recu\x00.php.jpg", "recu.php.jpg"),
        ("recu-\u202egpj.exe", "recu-gpj.exe"),
        ("\u202e\x07\n", "recu"),
        ("", "recu"),
        ("é" * 300 + ".jpg", "é" * 116 + ".jpg"),
    ],
)
def test_case_16_a_name_decides_nothing_and_hides_nothing(name: str, shown: str) -> None:
    receipt = sent(photo(), name)
    assert re.fullmatch(r"receipts/[0-9a-f]{32}\.jpg", receipt.file.name)
    assert TransferReceipt.objects.get(pk=receipt.pk).original_name == shown


def test_case_16_a_paper_that_calls_itself_a_program_is_a_paper_and_is_not_opened_in_the_browser() -> None:
    receipt = sent(paper(), "recu.pdf.exe")
    assert receipt.file.name.endswith(".pdf")
    answer = logged_in(make_admin()).get(f"/backoffice/receipts/{receipt.pk}/")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="receipt-{receipt.pk}.pdf"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recu.jpg", b"<html><script>1</script></html>"),
        ("recu.pdf", EICAR),
        ("recu.pdf.exe", b"MZ\x90\x00" + b"\0" * 99),
    ],
)
def test_case_16_what_only_calls_itself_a_receipt_is_refused_and_leaves_no_file(name: str, content: bytes) -> None:
    payment = transfer()
    with pytest.raises(DomainError) as refusal:
        sent(content, name, payment)
    assert (refusal.value.code, refusal.value.field) == ("receipt_not_a_receipt", "receipt")
    assert not default_storage.exists("receipts")
    assert Payment.objects.get(pk=payment.pk).status == Payment.Status.PENDING


def test_case_16_a_virus_behind_a_photo_is_not_kept() -> None:
    assert EICAR not in kept(sent(photo() + EICAR))


def test_case_16_twenty_five_megabytes_are_refused_beside_the_field() -> None:
    payment = transfer()
    huge = SimpleUploadedFile("recu.jpg", photo() + b"\0" * 25 * 1024 * 1024, "image/jpeg")
    answer: Any = logged_in(payment.order.user).post(f"/orders/{payment.order_id}/receipt/", {"receipt": huge})
    assert "receipt" in answer.context["receipt_form"].errors
    assert not payment.receipts.exists()


def test_case_16_the_same_file_for_two_orders_is_taken_and_flagged_and_for_one_order_refused() -> None:
    content, admin = photo(), logged_in(make_admin())
    one, other = sent(content), sent(content)
    assert one.sha256 == other.sha256
    assert one.file.name != other.file.name
    page = admin.get(f"/backoffice/transfers/{one.payment_id}/").content.decode()
    assert other.payment.order.number in page
    with pytest.raises(DomainError) as refusal:
        sent(content, payment=one.payment)
    assert refusal.value.code == "receipt_known"


def test_case_16_a_file_of_somebody_else_is_shown_to_no_customer() -> None:
    receipt, stranger = sent(photo()), logged_in()
    assert stranger.get(f"/backoffice/receipts/{receipt.pk}/").status_code == 403
    assert stranger.get(f"/orders/{receipt.payment.order_id}/").status_code == 404
    assert stranger.get(f"/media/{receipt.file.name}").status_code == 404
