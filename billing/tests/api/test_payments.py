"""Payments: looking at them, receipts and the admin's verdict."""

from __future__ import annotations

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from billing.models import Order, Payment
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal
from billing.tests.api.conftest import client_for
from shared_apps.accounts.models import User
from shared_apps.accounts.services.factors import add_code_factor
from tests.support.factories import make_admin, make_order
from tests.support.portal import member_of
from tests.support.subscriptions import ready_subscription

pytestmark = pytest.mark.django_db
PAYMENTS = "/api/tenants/payments/"


def photo(name: str = "recu.png") -> SimpleUploadedFile:
    content = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue(), "image/png")


@pytest.fixture
def transfer(buyer) -> Payment:
    return start_payment(order_id=make_order(user=buyer).pk, method="bank_transfer")


def upload(caller, payment: Payment, file: object):
    return caller.post(f"{PAYMENTS}{payment.pk}/upload_receipt/", {"receipt": file}, format="multipart")


def decide(caller, payment: Payment, **body: object):
    return caller.post(f"{PAYMENTS}{payment.pk}/verify_bank_transfer/", body, format="json")


def test_a_receipt_and_its_approval(client, admin, transfer) -> None:
    sent = upload(client, transfer, photo())
    assert sent.status_code == 201
    assert sent.json()["status"] == "under_review"
    [receipt] = sent.json()["receipts"]
    assert (receipt["name"], receipt["content_type"]) == ("recu.png", "image/jpeg")
    decided = decide(admin, transfer, approved=True, comment="vu")
    assert (decided.status_code, decided.json()["status"]) == (200, "succeeded")
    assert Order.objects.get(pk=transfer.order_id).status == "paid"
    assert client.get(f"{PAYMENTS}{transfer.pk}/").json()["succeeded_at"]


def test_a_rejection_needs_a_reason_and_reaches_the_payer(client, admin, transfer) -> None:
    upload(client, transfer, photo())
    refused = decide(admin, transfer, approved=False)
    assert (refused.status_code, list(refused.json()["fields"])) == (400, ["comment"])
    assert decide(admin, transfer, approved=False, comment="Montant illisible").status_code == 200
    seen = client.get(f"{PAYMENTS}{transfer.pk}/").json()
    assert (seen["status"], seen["comment"]) == ("pending", "Montant illisible")
    assert seen["message"]
    again = decide(admin, transfer, approved=False, comment="encore")
    assert (again.status_code, again.json()["code"]) == (409, "already_decided")


def test_only_admins_decide_and_never_on_their_own_payment(client, stranger, anybody, transfer) -> None:
    assert decide(client, transfer, approved=True).json()["code"] == "admins_only"
    assert decide(client, transfer, approved=True).status_code == 403
    assert decide(stranger, transfer, approved=True).status_code == 404
    assert decide(anybody, transfer, approved=True).status_code == 401
    boss = make_admin()
    own = start_payment(order_id=make_order(user=boss).pk, method="bank_transfer")
    answer = decide(client_for(boss), own, approved=True)
    assert (answer.status_code, answer.json()["code"]) == (403, "own_payment")
    assert set(Payment.objects.filter(pk__in=[transfer.pk, own.pk]).values_list("status", flat=True)) == {"pending"}


def test_an_admin_without_a_second_factor_is_anybody(admin, transfer, settings) -> None:
    settings.ADMINS_NEED_SECOND_FACTOR = True
    assert admin.get(PAYMENTS).json()["count"] == 0
    assert admin.get(f"{PAYMENTS}{transfer.pk}/").status_code == 404
    assert decide(admin, transfer, approved=True).status_code == 404
    transfer.refresh_from_db()
    assert transfer.status == "pending"
    person = User.objects.filter(is_staff=True).latest("date_joined")
    add_code_factor(user=person, kind="email")
    assert client_for(person).get(f"{PAYMENTS}{transfer.pk}/").status_code == 200


@pytest.mark.parametrize("approved", [None, "maybe", [], {}, 7, "\x00"])
def test_a_verdict_that_is_none(admin, transfer, approved) -> None:
    answer = decide(admin, transfer, approved=approved)
    assert (answer.status_code, list(answer.json()["fields"])) == (400, ["approved"])
    assert decide(admin, transfer).status_code == 400


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "receipt_empty"),
        (b"hello", "receipt_not_a_receipt"),
        (b"<svg/>", "receipt_not_a_receipt"),
        (b"%PDF-1.7 nothing", "receipt_damaged"),
    ],
)
def test_files_that_are_no_receipts(client, transfer, content, code) -> None:
    answer = upload(client, transfer, SimpleUploadedFile("x.png", content, "image/png"))
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert "receipt" in answer.json()["fields"]
    assert Payment.objects.get(pk=transfer.pk).status == "pending"


def test_a_file_that_is_too_big_is_refused_before_it_is_read(client, transfer) -> None:
    small = upload(client, transfer, SimpleUploadedFile("x.png", b"x" * (5 * 1024 * 1024 + 1)))
    assert (small.status_code, small.json()["code"]) == (400, "receipt_too_big")
    big = upload(client, transfer, SimpleUploadedFile("x.png", b"x" * (6 * 1024 * 1024)))
    assert (big.status_code, big.json()["code"]) == (413, "receipt_too_big")


def test_requests_without_a_file(client, transfer) -> None:
    path = f"{PAYMENTS}{transfer.pk}/upload_receipt/"
    for answer in (client.post(path, {"receipt": "text"}), client.post(path, {}, format="multipart")):
        assert (answer.status_code, list(answer.json()["fields"])) == (400, ["receipt"])
    assert client.post(path, {"receipt": "x"}, format="json").status_code == 415
    broken = client.generic("POST", path, b"--x\r\nnonsense", content_type="multipart/form-data; boundary=x")
    assert broken.status_code == 400
    many = b"".join(b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' for _ in range(1100)) + b"--x--\r\n"
    flooded = client.generic("POST", path, many, content_type="multipart/form-data; boundary=x")
    assert (flooded.status_code, set(flooded.json()) >= {"code", "detail"}) == (400, True)


@pytest.mark.parametrize(
    "name", ["a\x00b.png", "../../etc/passwd", "é" * 300 + ".png", '"<script>.png', "\u202egnp.png"]
)
def test_names_of_files_do_no_harm(client, transfer, name) -> None:
    answer = upload(client, transfer, photo(name))
    assert answer.status_code in (201, 400)


def test_only_the_payer_sends_receipts(stranger, admin, transfer) -> None:
    for caller in (stranger, admin):
        assert upload(caller, transfer, photo()).status_code == 404


def test_a_receipt_is_for_transfers_only(client, buyer, simulator) -> None:
    payment = start_payment(order_id=make_order(user=buyer).pk, method="paypal")
    answer = upload(client, payment, photo())
    assert (answer.status_code, answer.json()["code"]) == (400, "not_a_transfer")


def test_the_list_is_ones_own_and_everybodys_for_an_admin(client, stranger, admin, transfer) -> None:
    mine = client.get(PAYMENTS).json()
    assert [row["id"] for row in mine["results"]] == [str(transfer.pk)]
    row = mine["results"][0]
    assert row["order_id"] == str(transfer.order_id)
    assert row["payment_method"]["name"] == "bank_transfer"
    assert (row["amount_minor"], row["amount"], row["currency"]) == (25000, "25000", "XAF")
    assert stranger.get(PAYMENTS).json()["count"] == 0
    assert str(transfer.pk) in [row["id"] for row in admin.get(PAYMENTS).json()["results"]]
    assert admin.get(f"{PAYMENTS}{transfer.pk}/").status_code == 200
    assert stranger.get(f"{PAYMENTS}{transfer.pk}/").status_code == 404


def test_filters(client, transfer) -> None:
    assert client.get(f"{PAYMENTS}?order={transfer.order_id}&status=pending").json()["count"] == 1
    assert client.get(f"{PAYMENTS}?status=failed").json()["count"] == 0
    for query in ("order=x", "status=x", "order=%00"):
        assert client.get(f"{PAYMENTS}?{query}").status_code == 400


def test_who_looks_after_the_money_of_an_organisation_lists_its_payments_and_proves_them() -> None:
    subscription = ready_subscription("store-a")
    payment = start_payment(order_id=open_renewal(subscription_id=subscription.pk).pk, method="bank_transfer")
    accountant = client_for(member_of(subscription.organisation, "billing"))
    assert [one["id"] for one in accountant.get(PAYMENTS).json()["results"]] == [str(payment.pk)]
    assert upload(accountant, payment, photo()).status_code == 201
