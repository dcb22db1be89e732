"""The order page in every state, through the real clients against the payment simulator."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image

from billing.models import Order, Payment, PaymentMethod
from billing.services.payments import start_payment
from billing.services.resolve import resolve_payment
from provisioning.models import ProvisioningJob, ProvisioningStep
from shared_apps.site.order_page import State, load_order_page
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_order, make_user, pay_by_transfer

pytestmark = pytest.mark.django_db
PHONE = "670123456"


@pytest.fixture
def order() -> Order:
    return make_order()


@pytest.fixture
def client(order: Order) -> Any:
    return logged_in(order.user)


def url(order: Order, end: str = "") -> str:
    return f"/orders/{order.pk}/{end}"


def state_of(order: Order) -> State:
    return load_order_page(Order.objects.select_related("plan_version__plan").get(pk=order.pk)).state


def picture(name: str = "recu.png") -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(out, "PNG")
    return SimpleUploadedFile(name, out.getvalue(), "image/png")


def second_payment(order: Order) -> Payment:
    """Money that came by mobile money for an order that was paid."""
    return Payment.objects.create(
        order=order, method=PaymentMethod.objects.get(name="mtn_momo"), status="needs_review", reason="second_success",
        amount_minor=25_000, currency="XAF", charge_minor=25_000, charge_currency="XAF", received_minor=25_000,
        received_currency="XAF", provider_account="x", expires_at=timezone.now(),
    )  # fmt: skip


def second_payment_words(answer: Any) -> list[str]:
    """The amounts of the notices that a second payment arrived, as they stand on the page."""
    amounts = [news.amount.display("fr") for news, _by in answer.context["page"].told]
    assert all(amount in part for amount, part in zip(amounts, text_of(answer).split("alert-info")[1:], strict=True))
    return amounts


class TestChoosing:
    def test_every_way_to_pay_is_offered_with_what_it_costs(self, client, order) -> None:
        page = text_of(client.get(url(order)))
        for method in ("paypal", "mtn_momo", "bank_transfer"):
            assert f'value="{method}"' in page
        assert "38,11\xa0€" in page  # PayPal's amount, before leaving
        assert order.number in page

    def test_the_number_is_asked_for_under_mobile_money(self, client, order) -> None:
        page = text_of(client.get(url(order)))
        places = [page.index(text) for text in ('value="mtn_momo"', 'name="phone_number"', 'value="paypal"')]
        assert places == sorted(places)

    def test_no_method_and_an_unknown_one(self, client, order) -> None:
        for data in ({}, {"payment_method": "bitcoin"}, {"payment_method": "\x00"}):
            answer = client.post(url(order, "pay/"), data)
            assert "payment_method" in answer.context["pay_form"].errors

    @pytest.mark.parametrize("phone", ["", "12", "abc", "0" * 60, "+33 1 23 45 67 89", "\x00"])
    def test_a_wrong_phone_is_said_beside_its_field_and_kept(self, client, order, phone) -> None:
        answer = client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": phone})
        assert "phone_number" in answer.context["pay_form"].errors
        assert not order.payments.exists()

    def test_the_phone_is_not_asked_for_other_methods(self, client, order) -> None:
        answer = client.post(url(order, "pay/"), {"payment_method": "bank_transfer", "phone_number": ""})
        assert answer.status_code == 302

    def test_only_what_takes_the_currency_is_offered(self) -> None:
        order = make_order(currency="XOF")
        assert 'value="mtn_momo"' not in text_of(logged_in(order.user).get(url(order)))


class TestMobileMoney:
    def test_waiting_then_ready_to_be_provisioned(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        page = text_of(client.get(url(order)))
        assert 'data-state="momo"' in page
        assert "*126#" in page
        assert 'http-equiv="refresh"' in page
        payment = order.payments.get()
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        client.post(url(order, "check/"))
        assert state_of(order) is State.PROVISIONING

    def test_a_second_request_is_warned_about_while_the_first_may_be_approved(self, client, order, simulator) -> None:
        assert not client.get(url(order)).context["page"].request_open
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        for method in ("", "bank_transfer"):
            if method:
                client.post(url(order, "pay/"), {"payment_method": method})
            page = text_of(client.get(url(order)))
            assert "alert-warning" in page[page.index('class="disclosure"') :]

    def test_a_refusal_is_explained_and_may_be_tried_again(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        payment = order.payments.get()
        simulator.decide_momo(payment.provider_ref, "FAILED", "APPROVAL_REJECTED")
        client.post(url(order, "check/"))
        page = text_of(client.get(url(order)))
        assert 'data-state="choose"' in page
        assert "alert-warning" in page
        client.post(url(order, "pay/"), {"payment_method": "bank_transfer"})
        assert state_of(order) is State.TRANSFER

    def test_checking_too_often_is_answered_calmly(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        for _ in range(9):
            assert client.post(url(order, "check/")).status_code == 302

    def test_a_silent_provider_is_waiting_and_not_failure(self, client, order, settings) -> None:
        from billing import gateways

        settings.MOMO = {**settings.MOMO, "base_url": "http://127.0.0.1:9", "connect_timeout": 1, "read_timeout": 1}
        gateways.forget_clients()
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        page = text_of(client.get(url(order)))
        gateways.forget_clients()
        assert 'data-state="momo"' in page
        assert "alert-info" in page


class TestPayPal:
    def test_there_and_back(self, client, order, simulator) -> None:
        answer = client.post(url(order, "pay/"), {"payment_method": "paypal"})
        payment = order.payments.get()
        assert answer.headers["Location"] == payment.redirect_url
        assert 'data-state="paypal"' in text_of(client.get(url(order)))
        simulator.approve_paypal(payment.provider_ref)
        # Back in a browser that is not logged in: the money is taken all the same.
        answer = visitor().get(url(order, f"return/?token={payment.provider_ref}&PayerID=X"))
        assert answer.headers["Location"] == url(order)
        assert state_of(order) is State.PROVISIONING

    @pytest.mark.parametrize(("currency", "times"), [("EUR", 1), ("XAF", 2)])
    def test_an_amount_in_euros_is_said_once(self, simulator, currency, times) -> None:
        order = make_order(currency=currency)
        client = logged_in(order.user)
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        waiting = text_of(client.get(url(order))).split('id="waiting-title"')[1].split("<a ")[0]
        assert waiting.count('class="money') == times

    @pytest.mark.parametrize("query", ["", "?token=", "?token=unknown", "?token=" + "x" * 3000])
    def test_a_return_that_proves_nothing_changes_nothing(self, client, order, simulator, query) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        assert visitor().get(url(order, f"return/{query}")).headers["Location"] == url(order)
        assert state_of(order) is State.PAYPAL

    def test_anothers_payment_is_not_resolved_by_a_return(self, client, order, simulator) -> None:
        other = make_order()
        payment = start_payment(order_id=other.pk, method="paypal")
        simulator.approve_paypal(payment.provider_ref)
        visitor().get(url(order, f"return/?token={payment.provider_ref}"))
        payment.refresh_from_db()
        assert payment.status == Payment.Status.PENDING

    def test_coming_back_without_paying_leads_to_the_order_and_every_way_to_pay(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        assert client.get(url(order, "cancelled/?token=x")).headers["Location"] == url(order)
        answer = client.get(url(order))
        page = text_of(answer)
        assert 'data-state="choose"' in page
        assert "alert-info" in page
        assert "#cancel-order" in page
        # Following the page keeps saying so, and asks PayPal on the way.
        seen = answer.context["page"].fingerprint
        assert client.get(url(order, f"status/?seen={seen}")).status_code == 204

    def test_another_browser_may_go_on_with_what_this_one_left(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        client.get(url(order, "cancelled/"))
        assert 'data-state="paypal"' in text_of(logged_in(order.user).get(url(order)))

    def test_coming_back_without_paying_from_a_payment_that_was_made_all_the_same(
        self, client, order, simulator
    ) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        simulator.approve_paypal(order.payments.get().provider_ref)
        client.get(url(order, "cancelled/"))
        assert state_of(order) is State.PROVISIONING
        assert 'data-state="provisioning"' in text_of(client.get(url(order)))

    def test_what_was_left_does_not_keep_the_order_open(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        client.get(url(order, "cancelled/"))
        client.post(url(order, "pay/"), {"payment_method": "bank_transfer"})
        page = text_of(client.get(url(order)))
        assert 'data-state="transfer"' in page
        assert "#cancel-order" in page

    def test_approved_after_having_been_left(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        client.get(url(order, "cancelled/"))
        payment = order.payments.get()
        again = client.post(url(order, "pay/"), {"payment_method": "paypal"})
        assert again.headers["Location"] == payment.redirect_url
        assert 'data-state="paypal"' in text_of(client.get(url(order)))
        simulator.approve_paypal(payment.provider_ref)
        client.get(url(order, f"return/?token={payment.provider_ref}"))
        assert state_of(order) is State.PROVISIONING

    def test_a_cancelled_address_of_a_paid_order_leads_to_the_order(self, client, order) -> None:
        pay_by_transfer(order)
        assert client.get(url(order, "cancelled/")).headers["Location"] == url(order)


class TestTransfer:
    @pytest.fixture
    def waiting(self, client, order) -> Payment:
        client.post(url(order, "pay/"), {"payment_method": "bank_transfer"})
        return order.payments.get()

    def test_the_bank_details_can_be_copied(self, client, order, waiting) -> None:
        page = text_of(client.get(url(order)))
        assert f'data-copy="{order.number}"' in page
        assert 'data-copy="CM2110005000010123456789018"' in page

    def test_a_receipt_is_put_before_the_admins(self, client, order, waiting) -> None:
        assert client.post(url(order, "receipt/"), {"receipt": picture()}).headers["Location"] == url(order)
        assert state_of(order) is State.RECEIPT
        page = text_of(client.get(url(order)))
        assert "recu.png" in page
        assert 'hx-trigger="every 6s"' in page
        assert 'http-equiv="refresh" content="60"' in page

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"MZ not a picture",
            b"GIF89a<script>",
            b"\x89PNG\r\n\x1a\nbroken",
            b"x" * (5 * 1024 * 1024 + 1),
            b"%PDF-1.7 broken",
        ],
        ids=["empty", "program", "polyglot", "broken", "too big", "broken pdf"],
    )
    def test_a_bad_receipt_is_said_beside_its_field(self, client, order, waiting, content) -> None:
        answer = client.post(url(order, "receipt/"), {"receipt": SimpleUploadedFile("recu.png", content, "image/png")})
        assert "receipt" in answer.context["receipt_form"].errors
        assert state_of(order) is State.TRANSFER

    def test_no_file_at_all(self, client, order, waiting) -> None:
        assert "receipt" in client.post(url(order, "receipt/")).context["receipt_form"].errors

    def test_the_same_file_twice(self, client, order, waiting) -> None:
        upload = picture()
        content = upload.read()
        for _ in range(2):
            answer = client.post(url(order, "receipt/"), {"receipt": SimpleUploadedFile("r.png", content, "image/png")})
        assert "receipt" in answer.context["receipt_form"].errors

    def test_without_a_transfer_there_is_nothing_to_prove(self, client, order) -> None:
        assert client.post(url(order, "receipt/"), {"receipt": picture()}).headers["Location"] == url(order)


class TestLater:
    def test_steps_then_ready(self, client, order) -> None:
        pay_by_transfer(order)
        job = ProvisioningJob.objects.create(order=order)
        now = timezone.now()
        for name in ("organisation", "schema"):
            ProvisioningStep.objects.create(job=job, name=name, started_at=now, finished_at=now)
        page = text_of(client.get(url(order)))
        assert page.count("step-done") >= 2
        assert 'hx-trigger="every 1s"' in page

    def test_stuck(self, client, order) -> None:
        pay_by_transfer(order)
        ProvisioningJob.objects.create(order=order, status="stuck", last_error="Secret: traceback")
        page = text_of(client.get(url(order)))
        assert 'data-state="stuck"' in page
        assert "traceback" not in page

    def test_expired_may_be_ordered_again(self, client, order) -> None:
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() - timedelta(hours=1))
        page = text_of(client.get(url(order)))
        assert f"/signup/organisation/?order={order.pk}" in page
        assert "hx-get" not in page
        answer = client.post(url(order, "pay/"), {"payment_method": "bank_transfer"})
        assert answer.status_code == 200
        assert not order.payments.exists()

    def test_cancelling(self, client, order) -> None:
        client.post(url(order, "cancel/"))
        assert state_of(order) is State.CANCELLED
        assert client.post(url(order, "cancel/")).status_code == 302

    def test_no_cancelling_of_what_is_partly_paid_and_the_page_says_what_to_do(self, client, order) -> None:
        Order.objects.filter(pk=order.pk).update(received_minor=1_000)
        page = client.get(url(order))
        assert "#cancel-order" not in text_of(page)
        assert "écrivez-nous" in page.context["page"].kept_open

    def test_no_cancelling_while_money_may_still_move(self, client, order, simulator) -> None:
        link = "#cancel-order"
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        assert link not in text_of(client.get(url(order)))
        # Nor when another way was chosen since, until the request is refused.
        client.post(url(order, "pay/"), {"payment_method": "bank_transfer"})
        assert link not in text_of(client.get(url(order)))
        momo = order.payments.get(method__name="mtn_momo")
        simulator.decide_momo(momo.provider_ref, "FAILED", "APPROVAL_REJECTED")
        resolve_payment(momo.pk)
        assert link in text_of(client.get(url(order)))
        client.post(url(order, "receipt/"), {"receipt": picture()})
        page = client.get(url(order))
        assert link not in text_of(page)
        assert page.context["page"].kept_open

    def test_a_paypal_payment_that_is_open_keeps_the_order_open(self, client, order, simulator) -> None:
        client.post(url(order, "pay/"), {"payment_method": "paypal"})
        page = client.get(url(order))
        assert "#cancel-order" not in text_of(page)
        assert page.context["page"].kept_open

    def test_the_time_to_pay_is_a_date_and_minutes_at_the_end_only(self, client, order) -> None:
        assert "data-countdown-to" not in text_of(client.get(url(order)))
        Order.objects.filter(pk=order.pk).update(expires_at=timezone.now() + timedelta(minutes=50))
        assert "data-countdown-to" in text_of(client.get(url(order)))

    def test_review(self, client, order) -> None:
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        Payment.objects.filter(pk=payment.pk).update(
            status="needs_review", reason="amount_mismatch", received_minor=1, received_currency="XAF"
        )
        page = text_of(client.get(url(order)))
        assert 'data-state="review"' in page
        assert 'name="payment_method"' not in page


class TestPaidTwice:
    @pytest.fixture
    def second(self, order) -> Payment:
        pay_by_transfer(order)
        return second_payment(order)

    @pytest.mark.parametrize(("job", "state"), [("queued", State.PROVISIONING), ("stuck", State.STUCK)])
    def test_it_is_said_that_the_second_payment_is_given_back(self, client, order, second, job, state) -> None:
        ProvisioningJob.objects.create(order=order, status=job)
        answer = client.get(url(order))
        assert answer.context["page"].state is state
        assert second_payment_words(answer) == ["25\u202f000\xa0FCFA"]

    def test_so_it_is_when_the_workspace_is_ready(self) -> None:
        order = Order.objects.get(organisation__domains__domain="store-a.localhost")
        second_payment(order)
        answer = logged_in(order.user).get(url(order))
        assert answer.context["page"].state is State.READY
        assert second_payment_words(answer) == ["25\u202f000\xa0FCFA"]

    def test_it_changes_what_a_page_that_is_open_shows(self, client, order, second) -> None:
        seen = client.get(url(order)).context["page"].fingerprint
        assert client.get(url(order, f"status/?seen={seen}")).status_code == 204
        Payment.objects.filter(pk=second.pk).update(status="failed")
        assert client.get(url(order, f"status/?seen={seen}")).status_code == 200

    def test_one_payment_is_not_two(self, client, order) -> None:
        pay_by_transfer(order)
        assert second_payment_words(client.get(url(order))) == []

    def test_an_order_that_awaits_payment_says_what_arrived(self, client, order) -> None:
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        Payment.objects.filter(pk=payment.pk).update(
            status="needs_review", reason="amount_mismatch", received_minor=700, received_currency="XAF"
        )
        assert "700\xa0FCFA" in text_of(client.get(url(order)))


class TestFollowing:
    def test_nothing_new_is_answered_with_nothing(self, client, order) -> None:
        seen = load_order_page(Order.objects.select_related("plan_version__plan").get(pk=order.pk)).fingerprint
        assert client.get(url(order, f"status/?seen={seen}")).status_code == 204
        fragment = client.get(url(order, "status/?seen=old"))
        assert fragment.status_code == 200
        assert "<html" not in text_of(fragment)
        assert 'id="order-live"' in text_of(fragment)

    def test_the_title_of_the_page_comes_with_its_live_part(self, client, order) -> None:
        title = re.compile(r"<title>\s*(.*?)\s*</title>")
        fragment = text_of(client.get(url(order, "status/?seen=old")))
        page = text_of(client.get(url(order)))
        assert title.findall(fragment) == title.findall(page)
        assert fragment.index("<title>") < fragment.index("<div")  # htmx looks for it outside of what it swaps
        assert len(title.findall(page)) == 1

    def test_following_asks_the_provider_in_the_background_and_not_too_often(
        self, client, order, simulator, monkeypatch
    ) -> None:
        client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
        sent: list[str] = []
        monkeypatch.setattr("shared_apps.site.views.paying.send_soon", lambda _task, key: sent.append(key))
        for _ in range(5):
            client.get(url(order, "status/"))
        assert sent == [str(order.payments.get().pk)]

    def test_a_session_that_ended_sends_the_page_to_the_log_in(self, order) -> None:
        answer = visitor().get(url(order, "status/"))
        assert answer.status_code == 204
        assert answer.headers["HX-Redirect"] == url(order)

    def test_constant_queries(self, client, order, django_assert_max_num_queries) -> None:
        for _ in range(3):
            payment = start_payment(order_id=order.pk, method="bank_transfer")
            Payment.objects.filter(pk=payment.pk).update(
                status="failed", provider_ref="", created_at=timezone.now() - timedelta(hours=1)
            )
        with django_assert_max_num_queries(8):
            client.get(url(order))
        with django_assert_max_num_queries(7):
            client.get(url(order, "status/"))


class TestWhoseOrder:
    ENDS = ("", "status/", "pay/", "check/", "cancelled/", "receipt/", "cancel/")

    @pytest.mark.parametrize("end", ENDS)
    def test_anothers_order_does_not_exist(self, order, end) -> None:
        stranger = logged_in(make_user(is_staff=True))
        for answer in (stranger.get(url(order, end)), stranger.post(url(order, end))):
            assert answer.status_code in (404, 405)
        order.refresh_from_db()
        assert order.status == Order.Status.AWAITING_PAYMENT

    @pytest.mark.parametrize("end", [end for end in ENDS if end != "status/"])
    def test_strangers_are_asked_to_log_in(self, order, end) -> None:
        for answer in (visitor().get(url(order, end)), visitor().post(url(order, end))):
            assert answer.status_code in (302, 405)

    @pytest.mark.parametrize("key", ["x", "1", "5a0b8e0e-1111-4222-8333-444455556666", "../admin"])
    def test_keys_that_are_none(self, key) -> None:
        assert logged_in().get(f"/orders/{key}/").status_code == 404

    @pytest.mark.parametrize("page", ["", "x", "-1", "99999999999999999999"])
    def test_pages_that_are_none(self, page, client) -> None:
        assert client.get("/orders/", {"page": page}).status_code == 200


def test_resolving_is_never_done_by_looking(client, order, simulator) -> None:
    client.post(url(order, "pay/"), {"payment_method": "mtn_momo", "phone_number": PHONE})
    payment = order.payments.get()
    simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
    client.get(url(order, "status/"))
    payment.refresh_from_db()
    assert payment.status == Payment.Status.PENDING
    assert resolve_payment(payment.pk).status == Payment.Status.SUCCEEDED
