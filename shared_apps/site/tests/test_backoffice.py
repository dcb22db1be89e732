"""The transfer desk and the other pages of platform admins."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.utils import timezone, translation
from PIL import Image

from billing.models import Order, Payment
from billing.services.payments import start_payment
from billing.services.transfers import decide_transfer, upload_receipt
from provisioning.models import ProvisioningJob
from shared_apps.audit.models import AuditLog
from shared_apps.notifications.services import send_due_emails
from shared_apps.site.templatetags.waiting import waiting_since
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer

pytestmark = pytest.mark.django_db
NOWHERE = "5a0b8e0e-1111-4222-8333-444455556666"


def noise() -> bytes:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(out, "PNG")
    return out.getvalue()


def transfer(content: bytes | None = None, **options: Any) -> Payment:
    """A transfer whose receipt waits for an admin."""
    order = make_order(**options)
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    upload = SimpleUploadedFile("recu.png", content or noise(), "image/png")
    upload_receipt(payment=payment, upload=upload, user=order.user)
    payment.refresh_from_db()
    return payment


def page_of(payment: Payment) -> str:
    return f"/backoffice/transfers/{payment.pk}/"


def verdict(client: Any, payment: Payment, decision: str, **changes: Any) -> Any:
    form = client.get(page_of(payment)).context["form"]
    data = {name: form[name].value() or "" for name in form.fields}
    return client.post(page_of(payment), {**data, "decision": decision, **changes})


def confirmed_verdict(client: Any, payment: Payment, **changes: Any) -> Any:
    """Approve, and say yes to the differences that the page then shows."""
    asked = verdict(client, payment, "approve", **changes)
    assert asked.status_code == 200
    return verdict(client, payment, "approve", **changes, confirmed=asked.context["mark"])


class TestDoor:
    PATHS = (
        "/backoffice/",
        "/backoffice/transfers/",
        f"/backoffice/transfers/{NOWHERE}/",
        f"/backoffice/receipts/{NOWHERE}/",
        f"/backoffice/provisioning/{NOWHERE}/restart/",
    )

    @pytest.mark.parametrize("path", PATHS)
    def test_only_platform_admins_enter(self, path) -> None:
        for answer in (visitor().get(path), visitor().post(path)):
            assert answer.status_code in (302, 405)
        customer = logged_in()
        for answer in (customer.get(path), customer.post(path)):
            assert answer.status_code in (403, 405)

    def test_a_receipt_is_for_admins_only(self) -> None:
        receipt = transfer().receipts.get()
        path = f"/backoffice/receipts/{receipt.pk}/"
        assert logged_in(receipt.uploaded_by).get(path).status_code == 403
        assert visitor().get(path).status_code == 302


class TestQueue:
    def test_the_longest_waiting_comes_first_with_what_matters(self, admin) -> None:
        first, second = transfer(), transfer()
        page = text_of(admin.get("/backoffice/transfers/"))
        assert page.index(first.order.number) < page.index(second.order.number)
        assert first.order.user.email in page

    def test_waiting_for_a_moment_is_said_in_words(self) -> None:
        now = timezone.now()
        with translation.override("en"):
            assert waiting_since(now - timedelta(seconds=59)) == "less than a minute"
            assert waiting_since(now + timedelta(seconds=5)) == "less than a minute"
            assert waiting_since(now - timedelta(seconds=90)) == "1\xa0minute"

    def test_the_same_file_elsewhere_is_flagged(self, admin) -> None:
        content = noise()
        one, other, alone = transfer(content), transfer(content), transfer()
        rows = {payment.pk: payment.is_copied for payment in admin.get("/backoffice/transfers/").context["page"]}
        assert rows == {one.pk: True, other.pk: True, alone.pk: False}
        assert other.order.number in text_of(admin.get(page_of(one)))

    @pytest.mark.parametrize(
        "query",
        ["show=waiting", "show=review", "show=announced", "show=decided", "show=everything", "page=x", "page=-5"],
    )
    def test_every_filter_and_garbage(self, admin, query) -> None:
        assert admin.get(f"/backoffice/transfers/?{query}").status_code == 200

    def test_constant_queries(self, admin, django_assert_num_queries) -> None:
        transfer()
        admin.get("/backoffice/transfers/")
        with django_assert_num_queries(6):
            admin.get("/backoffice/transfers/")
        for _ in range(6):
            transfer()
        with django_assert_num_queries(6):
            admin.get("/backoffice/transfers/")


class TestVerdict:
    def test_approving_pays_the_order(self, admin) -> None:
        payment = transfer()
        answer = verdict(admin, payment, "approve")
        assert answer.headers["Location"] == "/backoffice/transfers/"
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID
        assert AuditLog.objects.filter(action="transfer.approved", actor_id=admin.user.pk).exists()

    def test_another_amount_that_is_confirmed_pays_part_of_the_order(self, admin) -> None:
        payment = transfer()
        confirmed_verdict(admin, payment, received_amount="24 000")
        order = Order.objects.get(pk=payment.order_id)
        assert (order.status, order.due.minor) == (Order.Status.AWAITING_PAYMENT, 1_000)

    def test_another_currency_opens_nothing_and_is_shown(self, admin) -> None:
        payment = transfer()
        confirmed_verdict(admin, payment, received_currency="EUR", received_amount="38")
        payment.refresh_from_db()
        assert payment.status == Payment.Status.NEEDS_REVIEW
        assert payment.order.number in text_of(admin.get("/backoffice/"))
        assert "alert-warning" in text_of(admin.get(page_of(payment)))

    @pytest.mark.parametrize(
        "change",
        [{"received_currency": "EUR", "received_amount": "38"}, {"reference": "BA-XXXX-XXXX"}],
    )
    def test_another_currency_or_reference_too(self, admin, change) -> None:
        payment = transfer()
        confirmed_verdict(admin, payment, **change)
        payment.refresh_from_db()
        assert payment.status == Payment.Status.NEEDS_REVIEW

    @pytest.mark.parametrize(
        "change",
        [{"received_amount": "24 000"}, {"received_currency": "XOF"}, {"reference": "BA-XXXX-XXXX"}],
    )
    def test_nothing_is_decided_before_the_difference_is_confirmed(self, admin, change) -> None:
        payment = transfer()
        answer = verdict(admin, payment, "approve", **change)
        payment.refresh_from_db()
        assert (payment.status, payment.decided_at) == (Payment.Status.UNDER_REVIEW, None)
        page = text_of(answer)
        assert len(answer.context["obstacles"]) == 1
        assert answer.context["obstacles"][0] in page
        assert 'name="confirmed"' in page
        assert not AuditLog.objects.filter(action="transfer.approved", resource_id=str(payment.pk)).exists()

    def test_another_difference_is_confirmed_anew(self, admin) -> None:
        payment = transfer()
        asked = verdict(admin, payment, "approve", received_amount="24 000")
        verdict(admin, payment, "approve", received_amount="2 400", confirmed=asked.context["mark"])
        payment.refresh_from_db()
        assert payment.status == Payment.Status.UNDER_REVIEW

    def test_what_is_put_right_needs_no_confirmation(self, admin) -> None:
        payment = transfer()
        verdict(admin, payment, "approve", received_amount="24 000")
        verdict(admin, payment, "approve")
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID

    def test_the_same_reference_in_other_letters_is_no_difference(self, admin) -> None:
        payment = transfer()
        verdict(admin, payment, "approve", reference=payment.order.number.lower().replace("-", " "))
        payment.refresh_from_db()
        assert (payment.status, payment.decision_reference) == ("succeeded", payment.order.number)

    def test_an_account_that_is_no_longer_ours_is_said_at_once(self, admin) -> None:
        payment = transfer()
        Payment.objects.filter(pk=payment.pk).update(provider_account="CM9999999999")
        page = admin.get(page_of(payment))
        assert len(page.context["obstacles"]) == 1
        assert 'name="confirmed"' in text_of(page)
        assert "data-desk" not in text_of(page)
        confirmed_verdict(admin, payment)
        payment.refresh_from_db()
        assert (payment.status, payment.reason) == ("needs_review", "account_mismatch")

    @pytest.mark.parametrize("status", [Order.Status.PAID, Order.Status.CANCELLED])
    def test_an_order_that_wants_no_money_any_more(self, admin, status) -> None:
        payment = transfer()
        paid = (
            {"paid_at": payment.created_at, "received_minor": F("total_minor")} if status == Order.Status.PAID else {}
        )
        Order.objects.filter(pk=payment.order_id).update(status=status, **paid)
        assert len(admin.get(page_of(payment)).context["obstacles"]) == 1
        confirmed_verdict(admin, payment)
        payment.refresh_from_db()
        assert payment.status == Payment.Status.NEEDS_REVIEW

    def test_a_rejection_asks_for_no_confirmation(self, admin) -> None:
        payment = transfer()
        verdict(admin, payment, "reject", received_amount="24 000", template="other_amount")
        payment.refresh_from_db()
        assert payment.status == Payment.Status.PENDING

    def test_what_is_said_before_is_what_happens(self, admin) -> None:
        """The page compares as `judge` does: nothing to confirm means that approving opens."""
        payment = transfer()
        page = admin.get(page_of(payment))
        assert page.context["obstacles"] == []
        assert 'name="confirmed"' not in text_of(page)
        verdict(admin, payment, "approve")
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.PAID

    @pytest.mark.parametrize("amount", ["", "abc", "-5", "0", "1e400", "NaN", "12.5", "9" * 30])
    def test_an_amount_that_is_none(self, admin, amount) -> None:
        payment = transfer()
        answer = verdict(admin, payment, "approve", received_amount=amount)
        assert "received_amount" in answer.context["form"].errors
        payment.refresh_from_db()
        assert payment.status == Payment.Status.UNDER_REVIEW

    def test_rejecting_needs_a_reason(self, admin) -> None:
        payment = transfer()
        assert "comment" in verdict(admin, payment, "reject").context["form"].errors

    def test_a_reason_from_the_list_reaches_the_payer_in_their_language(self, admin) -> None:
        payment = transfer()
        verdict(admin, payment, "reject", template="unreadable")
        payment.refresh_from_db()
        assert payment.status == Payment.Status.PENDING
        assert payment.comment
        send_due_emails()
        assert payment.comment in mail.outbox[-1].body
        page = text_of(logged_in(payment.order.user).get(f"/orders/{payment.order_id}/"))
        assert 'data-state="transfer"' in page

    def test_own_words_win_over_the_list(self, admin) -> None:
        payment = transfer()
        verdict(admin, payment, "reject", template="unreadable", comment="Photo floue")
        payment.refresh_from_db()
        assert payment.comment == "Photo floue"

    def test_no_verdict_at_all(self, admin) -> None:
        assert admin.post(page_of(transfer()), {}).status_code == 200

    def test_two_admins_at_once(self, admin) -> None:
        payment = transfer()
        form = admin.get(page_of(payment)).context["form"]
        data = {name: form[name].value() or "" for name in form.fields}
        decide_transfer(payment=payment, admin=make_admin(), approved=False, comment="Pas reçu")
        answer = admin.post(page_of(payment), {**data, "decision": "approve"}, follow=True)
        assert "alert-warning" in text_of(answer)
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.AWAITING_PAYMENT

    def test_the_same_verdict_twice(self, admin) -> None:
        payment = transfer()
        form = admin.get(page_of(payment)).context["form"]
        data = {**{name: form[name].value() or "" for name in form.fields}, "decision": "approve"}
        admin.post(page_of(payment), data)
        answer = admin.post(page_of(payment), data, follow=True)
        assert answer.status_code == 200
        assert "alert-warning" in text_of(answer)
        assert Payment.objects.filter(order=payment.order, status="succeeded").count() == 1

    def test_nobody_checks_their_own_payment(self) -> None:
        user = make_admin()
        payment = transfer(user=user)
        answer = verdict(logged_in(user), payment, "approve")
        assert answer.status_code == 200
        assert Order.objects.get(pk=payment.order_id).status == Order.Status.AWAITING_PAYMENT

    def test_the_page_after_the_verdict(self, admin) -> None:
        payment = pay_by_transfer(make_order())
        page = text_of(admin.get(page_of(payment)))
        assert 'name="decision"' not in page
        assert "timeline" in page

    def test_a_payment_that_is_no_transfer(self, admin, simulator) -> None:
        payment = start_payment(order_id=make_order().pk, method="paypal")
        assert admin.get(page_of(payment)).status_code == 404


def test_a_receipt_can_do_nothing_in_the_browser(admin) -> None:
    answer = admin.get(f"/backoffice/receipts/{transfer().receipts.get().pk}/")
    assert answer.headers["Content-Type"] == "image/jpeg"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert b"".join(answer.streaming_content)[:2] == b"\xff\xd8"


def test_a_stuck_workspace_is_started_again_once(admin) -> None:
    order = make_order(user=make_user())
    pay_by_transfer(order)
    job = ProvisioningJob.objects.create(order=order, status="stuck", attempts=12, last_error="boom")
    assert "boom" in text_of(admin.get("/backoffice/"))
    path = f"/backoffice/provisioning/{job.pk}/restart/"
    for _ in range(2):
        assert admin.post(path, follow=True).status_code == 200
    job.refresh_from_db()
    assert (job.status, job.attempts) == ("queued", 0)
    assert AuditLog.objects.filter(action="provisioning.restarted").count() == 1
