"""The back office's pages about payments, refunds and money in review."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from billing.models import Payment, Refund
from billing.money import Money
from billing.services.payments import start_payment
from billing.services.refunds import request_refund
from billing.services.transfers import decide_transfer
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order, make_user, pay_by_transfer
from tests.support.portal import on_platform

pytestmark = pytest.mark.django_db
NOWHERE = "5a0b8e0e-1111-4222-8333-444455556666"


@pytest.fixture
def admin(db: None) -> Client:
    """A platform admin who has just given their password."""
    return on_platform(make_admin())


def in_review(minor: int = 24_000) -> Payment:
    payment = start_payment(order_id=make_order().pk, method="bank_transfer")
    return decide_transfer(payment=payment, admin=make_admin(), approved=True, received=Money(minor, "XAF"))


def ask(payment: Payment, **options: Any) -> Refund:
    return request_refund(payment=payment, reason="Geste", actor=make_admin(), **options)


def refund_page(payment: Payment) -> str:
    return f"/backoffice/payments/{payment.pk}/refund/"


@pytest.mark.parametrize(
    "path",
    [
        "/backoffice/payments/",
        f"/backoffice/payments/{NOWHERE}/",
        f"/backoffice/payments/{NOWHERE}/ask/",
        f"/backoffice/payments/{NOWHERE}/refund/",
        f"/backoffice/payments/{NOWHERE}/decide/",
        "/backoffice/review/",
        "/backoffice/refunds/",
        f"/backoffice/refunds/{NOWHERE}/",
    ],
)
def test_only_platform_admins_enter(path, admin) -> None:
    for answer in (visitor().get(path), visitor().post(path)):
        assert answer.status_code in (302, 405)
    for answer in (logged_in().get(path), logged_in().post(path)):
        assert answer.status_code in (403, 405)
    assert admin.get(path).status_code in (200, 404, 405)


class TestList:
    def test_finds_by_order_customer_reference_and_end_of_the_phone(self, admin, simulator) -> None:
        mine = start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670987654")
        other = pay_by_transfer(make_order(organisation_name="Librairie Akwa"))
        for wanted in (mine.order.number[3:7], mine.order.user.email[:8], mine.provider_ref, "7654"):
            page = text_of(admin.get("/backoffice/payments/", {"q": wanted}))
            assert mine.order.number in page
            assert other.order.number not in page
        assert other.order.number in text_of(admin.get("/backoffice/payments/?q=librairie"))

    @pytest.mark.parametrize(
        "query",
        [
            "status=refunded", "status=disputed", "status=succeeded", "status=x", "payment_method=paypal", "since=2026-01-01",
            "until=x", "page=x", "page=-1", "q=%00",
        ],
    )  # fmt: skip
    def test_every_filter_and_garbage(self, admin, query) -> None:
        assert admin.get(f"/backoffice/payments/?{query}").status_code in (200, 400)

    def test_filters_by_what_was_given_back(self, admin) -> None:
        payment = pay_by_transfer(make_order())
        Payment.objects.filter(pk=payment.pk).update(refunded_minor=1_000)
        assert payment.order.number in text_of(admin.get("/backoffice/payments/?status=refunded"))
        assert payment.order.number not in text_of(admin.get("/backoffice/payments/?status=disputed"))

    def test_constant_queries(self, admin, django_assert_num_queries) -> None:
        pay_by_transfer(make_order())
        with django_assert_num_queries(7):
            admin.get("/backoffice/payments/")
        for _ in range(4):
            in_review()
        with django_assert_num_queries(7):
            admin.get("/backoffice/payments/")


class TestOne:
    def test_shows_the_money_the_books_and_what_may_be_done(self, admin) -> None:
        payment = pay_by_transfer(make_order())
        page = text_of(admin.get(f"/backoffice/payments/{payment.pk}/"))
        assert refund_page(payment) in page
        assert payment.order.invoices.get().number in page
        assert "timeline" in page

    def test_constant_queries(self, admin, django_assert_max_num_queries) -> None:
        payment = pay_by_transfer(make_order())
        for _ in range(4):
            ask(payment, amount=Money(1_000, "XAF"))
        with django_assert_max_num_queries(17):
            admin.get(f"/backoffice/payments/{payment.pk}/")

    def test_asks_the_provider_again(self, admin, simulator) -> None:
        payment = start_payment(order_id=make_order().pk, method="mtn_momo", phone="237670123456")
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        assert admin.post(f"/backoffice/payments/{payment.pk}/ask/").status_code == 302
        payment.refresh_from_db()
        assert payment.status == "succeeded"

    def test_says_so_when_the_provider_is_away(self, admin, simulator) -> None:
        payment = start_payment(order_id=make_order().pk, method="paypal")
        simulator.approve_paypal(payment.provider_ref)
        admin.post(f"/backoffice/payments/{payment.pk}/ask/")
        simulator.fault("paypal", "*", "http_500", times=20)
        answer = admin.post(f"/backoffice/payments/{payment.pk}/ask/", follow=True)
        assert answer.status_code == 200
        assert "alert-warning" in text_of(answer)


class TestRefund:
    def test_the_effects_are_read_before_anything_is_done(self, admin) -> None:
        payment = pay_by_transfer(make_order())
        data = {"amount": "10 000", "reason": "Geste", "ends_access": "on"}
        asked = admin.post(refund_page(payment), data)
        assert asked.status_code == 200
        assert len(asked.context["effects"]) == 3
        assert not payment.refunds.exists()
        done = admin.post(refund_page(payment), {**data, "confirmed": asked.context["mark"]})
        assert done.headers["Location"] == f"/backoffice/payments/{payment.pk}/"
        refund = payment.refunds.get()
        assert (refund.amount_minor, refund.ends_access, refund.reason) == (10_000, True, "Geste")

    def test_what_was_changed_since_is_read_anew(self, admin) -> None:
        payment = pay_by_transfer(make_order())
        asked = admin.post(refund_page(payment), {"amount": "10 000", "reason": "Geste"})
        again = admin.post(
            refund_page(payment), {"amount": "20 000", "reason": "Geste", "confirmed": asked.context["mark"]}
        )
        assert again.context["mark"] != asked.context["mark"]
        assert not payment.refunds.exists()

    @pytest.mark.parametrize("amount", ["", "abc", "-5", "0", "12,5", "25 001", "1e9", "NaN"])
    def test_an_amount_that_is_none_is_said_beside_its_field(self, admin, amount) -> None:
        payment = pay_by_transfer(make_order())
        answer = admin.post(refund_page(payment), {"amount": amount, "reason": "Geste"})
        assert answer.status_code == 422
        assert "amount" in answer.context["form"].errors
        assert "Geste" in text_of(answer)

    def test_it_needs_a_fresh_proof_of_who_asks(self) -> None:
        payment = pay_by_transfer(make_order())
        client = on_platform(make_admin(), confirmed=False)
        assert client.get(refund_page(payment)).headers["Location"].startswith("/accounts/confirm/")

    def test_nothing_is_offered_where_nothing_is_left(self, admin) -> None:
        payment = in_review()
        assert admin.get(refund_page(payment)).status_code == 302


class TestReview:
    def test_the_queue_shows_what_was_expected_and_what_came(self, admin) -> None:
        payment = in_review()
        page = text_of(admin.get("/backoffice/review/"))
        assert payment.order.number in page
        assert "24\u202f000" in page

    def test_only_what_is_possible_is_offered(self, admin) -> None:
        payment = in_review()
        page = admin.get(f"/backoffice/payments/{payment.pk}/decide/")
        offered = [value for value, _label in page.context["form"].fields["decision"].choices]
        assert offered == ["apply", "refund", "dismiss"]

    def test_deciding_leads_back_to_the_queue(self, admin) -> None:
        payment = in_review()
        data = {"decision": "apply", "received_amount": "24 000", "received_currency": "XAF"}
        answer = admin.post(f"/backoffice/payments/{payment.pk}/decide/", data)
        assert answer.headers["Location"] == "/backoffice/review/"
        payment.refresh_from_db()
        assert (payment.status, payment.applied_minor) == ("succeeded", 24_000)
        assert admin.get(f"/backoffice/payments/{payment.pk}/decide/").status_code == 302

    @pytest.mark.parametrize(
        "change", [{"decision": "burn"}, {"decision": ""}, {"received_amount": "x"}, {"decision": "dismiss"}]
    )
    def test_what_is_missing_is_said(self, admin, change) -> None:
        payment = in_review()
        data = {"decision": "apply", "received_amount": "24 000", "received_currency": "XAF", **change}
        assert admin.post(f"/backoffice/payments/{payment.pk}/decide/", data).status_code == 422
        payment.refresh_from_db()
        assert payment.status == "needs_review"

    def test_nobody_decides_about_their_own(self) -> None:
        me = make_admin()
        payment = start_payment(order_id=make_order(user=me).pk, method="bank_transfer")
        decide_transfer(payment=payment, admin=make_admin(), approved=True, received=Money(1_000, "XAF"))
        data = {"decision": "apply", "received_amount": "1 000", "received_currency": "XAF"}
        assert on_platform(me).post(f"/backoffice/payments/{payment.pk}/decide/", data).status_code == 422


class TestRefunds:
    @pytest.mark.parametrize("show", ["", "second", "by_hand", "under_way", "failed", "done", "x"])
    def test_every_filter(self, admin, show) -> None:
        assert admin.get(f"/backoffice/refunds/?show={show}").status_code == 200

    def test_constant_queries(self, admin, django_assert_num_queries) -> None:
        ask(pay_by_transfer(make_order()))
        with django_assert_num_queries(7):
            admin.get("/backoffice/refunds/?show=by_hand")
        for _ in range(3):
            ask(pay_by_transfer(make_order()))
        with django_assert_num_queries(7):
            admin.get("/backoffice/refunds/?show=by_hand")

    def test_the_second_person_agrees_and_the_first_may_not(self, settings) -> None:
        settings.REFUND_SECOND_APPROVER_ABOVE = {}
        me = make_admin()
        refund = request_refund(payment=pay_by_transfer(make_order()), reason="Geste", actor=me)
        path = f"/backoffice/refunds/{refund.pk}/"
        on_platform(me).post(path, {"decision": "approve"})
        refund.refresh_from_db()
        assert refund.status == "awaiting_approval"
        assert 'value="approve"' not in text_of(on_platform(me).get(path))
        on_platform(make_admin()).post(path, {"decision": "approve"})
        refund.refresh_from_db()
        assert refund.status == "created"

    def test_one_sent_by_hand_gets_its_reference(self, admin) -> None:
        refund = ask(pay_by_transfer(make_order()))
        path = f"/backoffice/refunds/{refund.pk}/"
        assert admin.post(path, {"decision": "sent", "reference": ""}).status_code == 422
        assert admin.post(path, {"decision": "sent", "reference": "VIR 77"}).status_code == 302
        refund.refresh_from_db()
        assert (refund.status, refund.manual_reference) == ("succeeded", "VIR 77")
        assert "VIR 77" in text_of(admin.get(f"/backoffice/payments/{refund.payment_id}/"))

    @pytest.mark.parametrize("decision", ["", "burn", "approve", "give_up"])
    def test_decisions_that_do_not_fit_change_nothing_but_what_they_say(self, admin, decision) -> None:
        refund = ask(pay_by_transfer(make_order()))
        assert admin.post(f"/backoffice/refunds/{refund.pk}/", {"decision": decision}).status_code == 302
        refund.refresh_from_db()
        assert refund.status == ("failed" if decision == "give_up" else "created")


def test_customers_are_told_on_the_order_page_that_money_went_back(admin) -> None:
    user = make_user()
    refund = ask(pay_by_transfer(make_order(user=user)), amount=Money(5_000, "XAF"))
    page = text_of(logged_in(user).get(f"/orders/{refund.payment.order_id}/"))
    assert "5\u202f000" in page
