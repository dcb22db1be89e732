"""Paying by the link that was sent: whoever has it pays, sees nobody, and nobody else gets in."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from django.utils import timezone
from PIL import Image

from billing.models import Order, Payment, Subscription
from billing.money import Money
from billing.services.life import advance_subscriptions
from billing.services.payments import start_payment
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from billing.services.transfers import decide_transfer
from billing.signing import pay_path, pay_token, pay_token_matches
from billing.tests.api.conftest import client_for
from shared_apps.notifications.models import Delivery
from shared_apps.organisations.models import Organisation
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order
from tests.support.portal import member_of
from tests.support.subscriptions import ended, order_gold, ready_subscription

pytestmark = pytest.mark.django_db
PERSON = {
    "customer_name": "Awa Secrète", "customer_email": "awa.secrete@example.org", "customer_phone": "+237699887766",
    "customer_address": "12 rue Cachée", "tax_number": "M9988",
}  # fmt: skip


@pytest.fixture
def subscription() -> Subscription:
    return ready_subscription("store-a")


@pytest.fixture
def order(subscription: Subscription) -> Order:
    order = open_renewal(subscription_id=subscription.pk)
    Order.objects.filter(pk=order.pk).update(**PERSON)
    order.refresh_from_db()
    return order


@pytest.fixture
def client() -> Client:
    return visitor()


def url(order: Order, end: str = "") -> str:
    return f"{pay_path(order.pk)}{end}"


def pay(order: Order) -> None:
    payment = start_payment(order_id=order.pk, method="bank_transfer")
    decide_transfer(payment=payment, admin=make_admin(), approved=True)


def picture() -> SimpleUploadedFile:
    out = io.BytesIO()
    Image.effect_noise((64, 64), 60).save(out, "PNG")
    return SimpleUploadedFile("recu-de-awa.png", out.getvalue(), "image/png")


class TestTheLink:
    def test_it_opens_without_a_log_in_and_says_what_is_paid(self, client, order) -> None:
        page = text_of(client.get(url(order)))
        for words in (order.number, order.organisation_name, order.due.display("fr"), "Premium"):
            assert words in page
        for method in ("paypal", "mtn_momo", "bank_transfer"):
            assert f'value="{method}"' in page

    @pytest.mark.parametrize("state", ["choose", "transfer", "paid", "cancelled"])
    def test_nobody_is_named_in_any_state(self, client, order, state: str) -> None:
        if state == "transfer":
            client.post(url(order, "start/"), {"payment_method": "bank_transfer"})
            client.post(url(order, "receipt/"), {"receipt": picture()})
        elif state == "paid":
            pay(order)
        elif state == "cancelled":
            Order.objects.filter(pk=order.pk).update(status="cancelled")
        page = text_of(client.get(url(order)))
        assert [value for value in (*PERSON.values(), order.user.email, "recu-de-awa") if value in page] == []

    def test_the_number_that_rings_is_shown_by_its_end(self, client, order, simulator) -> None:
        client.post(url(order, "start/"), {"payment_method": "mtn_momo", "phone_number": "670123456"})
        page = text_of(client.get(url(order)))
        assert 'data-state="momo"' in page
        assert "67 01" not in page.replace("\xa0", " ")
        assert "••• 56" in page

    def test_any_other_address_finds_nothing(self, client, order) -> None:
        other = make_order()
        wrong = [
            f"/pay/{order.pk}/{pay_token(other.pk)}/", f"/pay/{order.pk}/{'A' * 22}/", f"/pay/{order.pk}/é/",
            f"/pay/{order.pk}/{pay_token(order.pk)[:-1]}/", f"/pay/00000000-0000-4000-8000-000000000000/{'A' * 22}/",
        ]  # fmt: skip
        for path in wrong:
            for end in ("", "status/"):
                assert client.get(path + end).status_code == 404, path
            for end in ("start/", "check/", "receipt/", "renew/"):
                assert client.post(path + end).status_code == 404, path
        assert not order.payments.exists()

    def test_the_token_is_of_one_order_and_of_our_key(self, order, settings) -> None:
        token = pay_token(order.pk)
        assert len(token) == 22
        assert pay_token_matches(order.pk, token)
        settings.SECRET_KEY = "another"
        assert not pay_token_matches(order.pk, token)

    def test_who_tries_many_has_to_pause(self, client, order) -> None:
        answers = [client.get(f"/pay/{order.pk}/{'B' * 22}/").status_code for _ in range(40)]
        assert answers[0] == 404
        assert answers[-1] == 429

    def test_no_robot_keeps_it_and_no_other_site_learns_it(self, client, order) -> None:
        answer = client.get(url(order))
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert 'name="robots" content="noindex"' in text_of(answer)
        assert "no-store" in answer.headers["Cache-Control"]
        assert "https://*.paypal.com" in answer.headers["Content-Security-Policy"]
        assert "/pay/" in text_of(client.get("/robots.txt"))

    def test_the_organisations_language_unless_another_was_chosen(self, client, order) -> None:
        Order.objects.filter(pk=order.pk).update(locale="en")
        assert 'lang="en"' in text_of(client.get(url(order)))
        client.cookies["django_language"] = "fr"
        assert 'lang="fr"' in text_of(client.get(url(order)))

    def test_it_can_be_passed_on(self, client, order) -> None:
        page = text_of(client.get(url(order)))
        found = re.search(r'href="(https://wa\.me/\?text=[^"]+)" rel="noreferrer', page)
        assert found
        assert pay_token(order.pk) in found[1]

    def test_nothing_is_cancelled_by_it(self, client, order) -> None:
        assert "cancel" not in text_of(client.get(url(order)))
        assert client.post(url(order, "cancel/")).status_code == 404


class TestPaying:
    def test_by_transfer_with_a_receipt_that_nobody_signs(self, client, order) -> None:
        client.post(url(order, "start/"), {"payment_method": "bank_transfer"})
        assert order.number in text_of(client.get(url(order)))
        answer = client.post(url(order, "receipt/"), {"receipt": picture()})
        assert answer.headers["Location"] == url(order)
        payment = order.payments.get()
        assert payment.status == "under_review"
        assert payment.receipts.get().uploaded_by is None
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        page = text_of(client.get(url(order)))
        assert 'data-state="paid"' in page

    def test_by_mobile_money_which_it_follows(self, client, order, simulator) -> None:
        client.post(url(order, "start/"), {"payment_method": "mtn_momo", "phone_number": "670123456"})
        payment = order.payments.get()
        simulator.decide_momo(payment.provider_ref, "SUCCESSFUL")
        client.post(url(order, "check/"))
        part = client.get(url(order, "status/"))
        assert 'data-state="paid"' in text_of(part)
        assert client.get(url(order, "status/"), {"seen": part.context["page"].fingerprint}).status_code == 204

    def test_by_paypal_which_never_learns_the_link(self, client, order, simulator) -> None:
        answer = client.post(url(order, "start/"), {"payment_method": "paypal"})
        assert answer.status_code == 302
        payment = order.payments.get()
        assert pay_token(order.pk) not in payment.return_url + payment.cancel_url
        back = client.get(f"/orders/{order.pk}/return/", {"token": payment.provider_ref, "by": "link"})
        assert back.headers["Location"] == url(order)
        left = client.get(f"/orders/{order.pk}/cancelled/", {"token": payment.provider_ref, "by": "link"})
        assert left.headers["Location"] == url(order)

    def test_back_from_paypal_in_another_browser_there_is_a_word_and_no_log_in(self, client, order, simulator) -> None:
        client.post(url(order, "start/"), {"payment_method": "paypal"})
        reference = order.payments.get().provider_ref
        for end in ("return", "cancelled"):
            answer = visitor().get(f"/orders/{order.pk}/{end}/", {"token": reference, "by": "link"})
            assert answer.status_code == 200
            assert order.number not in text_of(answer)
            assert pay_token(order.pk) not in text_of(answer)

    def test_what_was_typed_is_kept_with_what_is_wrong(self, client, order) -> None:
        answer = client.post(url(order, "start/"), {"payment_method": "mtn_momo", "phone_number": "12"})
        assert "phone_number" in answer.context["pay_form"].errors
        assert 'value="12"' in text_of(answer)

    def test_many_receipts_are_too_many(self, client, order) -> None:
        client.post(url(order, "start/"), {"payment_method": "bank_transfer"})
        answers = [client.post(url(order, "receipt/"), {}).status_code for _ in range(12)]
        assert answers[0] == 200
        assert answers[-1] == 429


class TestThePeriod:
    def test_what_is_shown_after_suspension_is_what_the_payment_gives(self, client, subscription) -> None:
        order = open_renewal(subscription_id=subscription.pk)
        ended(days=12)
        advance_subscriptions()
        shown = client.get(url(order)).context["period"]
        assert timedelta(days=27) < shown[1] - shown[0] < timedelta(days=32)
        pay(order)
        order.refresh_from_db()
        assert [order.period_start.date(), order.period_end.date()] == [moment.date() for moment in shown]

    def test_a_renewal_made_after_suspension_is_for_a_whole_month(self, client, subscription) -> None:
        ended(days=12)
        advance_subscriptions()
        order = open_renewal(subscription_id=subscription.pk)
        assert timedelta(days=27) < order.period_end - order.period_start < timedelta(days=32)


class TestWhatIsOver:
    def test_a_replaced_renewal_leads_to_the_one_in_its_place(self, client, order, subscription) -> None:
        yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly")
        assert client.get(url(order)).headers["Location"] == url(yearly)
        pay(yearly)
        assert client.get(url(order)).headers["Location"] == url(yearly)

    def test_one_that_expired_is_made_anew_on_request(self, client, order, subscription) -> None:
        Order.objects.filter(pk=order.pk).update(status="expired", expires_at=timezone.now() - timedelta(days=1))
        page = text_of(client.get(url(order)))
        assert 'data-state="expired"' in page
        assert url(order, "renew/") in page
        answer = client.post(url(order, "renew/"))
        anew = subscription.orders.get(status="awaiting_payment")
        assert answer.headers["Location"] == url(anew)

    def test_no_open_order_gives_way_to_an_old_link(self, client, order, subscription) -> None:
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        change = order_gold(subscription)
        assert client.post(url(order, "renew/")).headers["Location"] == url(order)
        assert subscription.orders.get(status="awaiting_payment") == change

    @pytest.mark.parametrize("status", ["awaiting_payment", "fulfilled"])
    def test_nor_is_anything_made_by_the_link_of_one_that_is_not_over(self, client, subscription, status: str) -> None:
        yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly")
        if status == "fulfilled":
            pay(yearly)
        assert client.post(url(yearly, "renew/")).headers["Location"] == url(yearly)
        yearly.refresh_from_db()
        assert (yearly.status, subscription.orders.count()) == (status, 2)

    def test_no_credit_is_spent_by_a_link_alone(self, client, order, subscription) -> None:
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        with transaction.atomic():
            add_credit(subscription_id=subscription.pk, amount=Money(30_000, "XAF"))
        client.post(url(order, "renew/"))
        subscription.refresh_from_db()
        assert (subscription.credit_minor, subscription.orders.count()) == (30_000, 2)

    def test_one_of_a_deleted_subscription_only_says_so(self, client, order, subscription) -> None:
        Order.objects.filter(pk=order.pk).update(status="cancelled")
        Subscription.objects.filter(pk=subscription.pk).update(status="deleted")
        assert url(order, "renew/") not in text_of(client.get(url(order)))
        assert client.post(url(order, "renew/")).headers["Location"] == url(order)
        assert not subscription.orders.filter(status="awaiting_payment").exists()

    def test_money_for_a_replaced_one_that_is_looked_at_is_said_there(self, client, order, subscription) -> None:
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        open_renewal(subscription_id=subscription.pk, cycle="yearly")
        Payment.objects.filter(pk=payment.pk).update(status="needs_review", reason="order_closed")
        assert 'data-state="review"' in text_of(client.get(url(order)))

    def test_a_first_order_is_not_renewed(self, client) -> None:
        first = make_order()
        assert client.get(url(first)).status_code == 200
        assert client.post(url(first, "renew/")).status_code == 404


class TestWithAnAccount:
    @pytest.mark.parametrize(("role", "status"), [("admin", 200), ("billing", 200), ("member", 404)])
    def test_who_looks_after_the_money_opens_renewals(self, order, subscription, role: str, status: int) -> None:
        client = logged_in(member_of(subscription.organisation, role))
        assert client.get(f"/orders/{order.pk}/").status_code == status
        paid = client.post(f"/orders/{order.pk}/pay/", {"payment_method": "bank_transfer"}).status_code
        assert (paid == 404) is (status == 404)

    def test_who_owned_it_once_no_longer_does(self, order, subscription) -> None:
        owner = subscription.organisation.owner
        assert logged_in(owner).get(f"/orders/{order.pk}/").status_code == 200
        subscription.organisation.memberships.filter(user=owner).update(role="member")
        assert logged_in(owner).get(f"/orders/{order.pk}/").status_code == 404

    def test_nor_finds_it_in_any_list_nor_is_written_to(self, order, subscription) -> None:
        before, after = subscription.organisation.owner, member_of(subscription.organisation, "owner")
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        subscription.organisation.memberships.filter(user=before).delete()
        Organisation.objects.filter(pk=subscription.organisation_id).update(owner=after)
        for person, sees in ((before, False), (after, True)):
            assert (order.number in text_of(logged_in(person).get("/orders/"))) is sees
            listed = client_for(person).get("/api/tenants/payments/").json()["results"]
            assert (str(payment.pk) in {one["id"] for one in listed}) is sees
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        mails = Delivery.objects.filter(template="payment_received", context__number=order.number)
        assert [mail.recipient for mail in mails] == [after.email]

    def test_somebody_elses_first_order_stays_theirs(self, subscription) -> None:
        first = subscription.orders.get(kind="first")
        assert logged_in(member_of(subscription.organisation, "billing")).get(f"/orders/{first.pk}/").status_code == 404

    def test_the_page_is_the_same_one(self, order) -> None:
        client: Any = logged_in(order.user)
        mine, by_link = (text_of(client.get(path)) for path in (f"/orders/{order.pk}/", url(order)))
        for words in ('value="mtn_momo"', order.number, "wa.me"):
            assert words in mine
            assert words in by_link
        assert PERSON["customer_name"] in mine

    def test_constant_queries(self, client, order, django_assert_max_num_queries) -> None:
        client.get(url(order))
        with django_assert_max_num_queries(6):
            client.get(url(order))
