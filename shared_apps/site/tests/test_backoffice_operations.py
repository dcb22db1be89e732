"""The back office's pages about providers, their messages, and the nightly questions."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone, translation

from billing.models import (
    Payment,
    PaymentMethod,
    ProviderHealth,
    ReconciliationFinding,
    ReconciliationRun,
    ReconciliationTally,
    WebhookEvent,
)
from billing.providers.breaker import BREAKS_AFTER
from billing.services import health
from billing.services.payments import start_payment
from shared_apps.audit.models import AuditLog
from shared_apps.site import webhook_inbox
from shared_apps.site.templatetags.waiting import how_long
from shared_apps.site.tests.helpers import logged_in, text_of, visitor
from tests.support.factories import make_admin, make_order
from tests.support.queries import queries_of

pytestmark = pytest.mark.django_db
PROVIDERS, INBOX, NIGHTS = "/backoffice/providers/", "/backoffice/webhooks/", "/backoffice/reconciliation/"


@pytest.fixture
def admin(settings: Any) -> Any:
    client = logged_in(make_admin())
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def keep(number: int = 0, *, provider: str = "mtn_momo", body: bytes = b"{}", **values: Any) -> WebhookEvent:
    made = WebhookEvent.objects.create(provider=provider, dedupe_key=f"{provider}{number}", body=body, **values)
    made.refresh_from_db()
    return made


def momo() -> PaymentMethod:
    return PaymentMethod.objects.get(name="mtn_momo")


class TestDoor:
    PATHS = (
        PROVIDERS, INBOX, NIGHTS, f"{INBOX}1/", f"{INBOX}1/replay/", f"{INBOX}replay/", f"{NIGHTS}1/",
        f"{PROVIDERS}mtn_momo/check/", f"{PROVIDERS}mtn_momo/switch/", f"{PROVIDERS}mtn_momo/breaker/",
    )  # fmt: skip

    @pytest.mark.parametrize("path", PATHS)
    def test_only_platform_admins_enter(self, path) -> None:
        for answer in (visitor().get(path), visitor().post(path)):
            assert answer.status_code in (302, 405)
        customer = logged_in()
        for answer in (customer.get(path), customer.post(path)):
            assert answer.status_code in (403, 405)

    @pytest.mark.parametrize("path", PATHS[3:7])
    def test_what_is_not_there_is_not_found(self, admin, path) -> None:
        answers = {admin.get(path).status_code, admin.post(path, {"provider": "nobody"}).status_code}
        assert answers <= {404, 405}


class TestInbox:
    def test_messages_are_filtered_and_counted(self, admin) -> None:
        keep(1, status="processed", event_type="requesttopay.successful")
        keep(2, provider="paypal", status="rejected", event_type="PAYMENT.CAPTURE.COMPLETED")
        stuck = keep(3, provider="paypal")
        WebhookEvent.objects.filter(pk=stuck.pk).update(received_at=timezone.now() - timedelta(minutes=5))
        page = admin.get(INBOX)
        assert [tab["count"] for tab in page.context["states"]] == [3, 1, 1, 1, 0, 1]
        assert [name for name, _label, _number in page.context["stuck"]] == ["paypal"]

        def shown(query: str) -> set[str]:
            return {row["event"].dedupe_key for row in admin.get(f"{INBOX}?{query}").context["rows"]}

        assert shown("provider=paypal") == {"paypal2", "paypal3"}
        assert shown("state=stuck") == {"paypal3"}
        assert shown("state=processed&provider=paypal") == set()
        assert shown("q=capture") == {"paypal2"}
        assert shown("state=nonsense&provider=nonsense") == {"mtn_momo1", "paypal2", "paypal3"}

    def test_it_is_found_by_its_order(self, admin) -> None:
        order = make_order()
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        keep(1, payment=payment)
        keep(2)
        for query in (order.number, str(payment.pk)):
            assert len(admin.get(f"{INBOX}?q={query}").context["rows"]) == 1

    def test_the_list_costs_the_same_however_much_is_in_it(self, admin) -> None:
        payment = start_payment(order_id=make_order().pk, method="bank_transfer")
        keep(0, payment=payment)
        few = queries_of(admin, INBOX)
        for number in range(1, 60):
            keep(number, payment=payment, provider=("paypal", "mtn_momo")[number % 2])
        assert queries_of(admin, INBOX) == few
        assert admin.get(f"{INBOX}?page=2").context["page"].number == 2

    def test_a_message_is_shown_and_never_run(self, admin) -> None:
        evil = keep(1, body=json.dumps({"a": "<script>alert(1)</script>"}).encode(), headers={"user-agent": "<b>x</b>"})
        page = text_of(admin.get(f"{INBOX}{evil.pk}/"))
        assert "&lt;script&gt;alert(1)" in page
        assert "<script>alert" not in page
        assert "<b>x</b>" not in page

    @pytest.mark.parametrize(
        ("body", "hidden", "shown"),
        [
            (b'{"payer": {"partyIdType": "MSISDN", "partyId": "237670123456"}}', "237670123456", "237***56"),
            (b'{"phone_number": {"national_number": "670123456"}}', "670123456", "670***56"),
            (b'{"note": "+237670123456"}', "+237670123456", "***"),
            (b'{"payer": {"email_address": "awa.ndiaye@example.org"}}', "awa.ndiaye", "a***@example.org"),
            (b"msisdn=237670123456&mail=awa@example.org", "237670123456", "237***56"),
        ],
    )
    def test_numbers_and_addresses_of_people_are_masked(self, admin, body, hidden, shown) -> None:
        page = text_of(admin.get(f"{INBOX}{keep(1, body=body).pk}/"))
        assert hidden not in page
        assert shown in page

    def test_what_is_no_persons_is_readable(self) -> None:
        body = webhook_inbox.body_of(keep(1, body=b'{"financialTransactionId": "1234567890", "amount": "25000"}'))
        assert body.is_json
        assert '"financialTransactionId": "1234567890"' in body.text

    @pytest.mark.parametrize("body", [b"", b"\xff\x00\xfe", b"[" * 100_000, b"{" * 5, b'"' + b"x" * 30_000 + b'"'])
    def test_whatever_came_can_be_looked_at(self, admin, body) -> None:
        page = admin.get(f"{INBOX}{keep(1, body=body).pk}/")
        assert page.status_code == 200
        assert len(page.context["body"].text) <= webhook_inbox.MOST_SHOWN

    def test_replaying_one_and_all_that_are_stuck(self, admin) -> None:
        done, stuck = keep(1, status="processed"), keep(2, attempts=20)
        WebhookEvent.objects.filter(pk=stuck.pk).update(received_at=timezone.now() - timedelta(minutes=5))
        assert admin.post(f"{INBOX}{done.pk}/replay/").headers["Location"] == f"{INBOX}{done.pk}/"
        assert admin.post(f"{INBOX}replay/", {"provider": "mtn_momo"}).status_code == 302
        assert set(WebhookEvent.objects.values_list("status", "attempts")) == {("received", 0)}
        assert AuditLog.objects.filter(action="webhook.replayed").count() == 2


class TestProviders:
    def test_each_way_to_pay_says_how_it_does(self, admin) -> None:
        for _ in range(BREAKS_AFTER):
            health.note_failure(momo(), health.Failure.AWAY, reason="provider_unavailable")
        health.note_success(PaymentMethod.objects.get(name="paypal"))
        cards = admin.get(PROVIDERS).context["cards"]
        with translation.override("en"):
            states = {card.method.name: str(card.state.words) for card in cards}
        assert states == {
            "mtn_momo": "Hidden: does not answer",
            "paypal": "Answers",
            "bank_transfer": "Checked by us",
        }

    def test_figures_come_from_the_payments(self, admin) -> None:
        made = [start_payment(order_id=make_order().pk, method="bank_transfer") for _ in range(4)]
        Payment.objects.filter(pk__in=[one.pk for one in made]).update(method=momo())
        now = timezone.now()
        paid = {"status": "succeeded", "received_minor": 1, "received_currency": "XAF"}
        for payment, seconds in zip(made[:2], (30, 50), strict=True):
            Payment.objects.filter(pk=payment.pk).update(
                created_at=now - timedelta(days=2), succeeded_at=now - timedelta(days=2, seconds=-seconds), **paid
            )
        Payment.objects.filter(pk=made[2].pk).update(status="failed")
        [card] = [one for one in admin.get(PROVIDERS).context["cards"] if one.method.name == "mtn_momo"]
        assert (card.failed_in_hour, card.failed_in_day) == (1, 1)
        day, week = card.windows
        assert (day.success, day.median) == (0, None)
        assert (week.success, week.median) == (67, timedelta(seconds=40))
        assert card.open == 1

    def test_it_costs_the_same_however_many_payments_there_are(self, admin) -> None:
        few = queries_of(admin, PROVIDERS)
        for _ in range(5):
            start_payment(order_id=make_order().pk, method="bank_transfer")
        assert queries_of(admin, PROVIDERS) == few

    def test_trying_now_says_what_came_of_it(self, admin, simulator) -> None:
        path = f"{PROVIDERS}mtn_momo/check/"
        assert "answers, and takes payments" in text_of(admin.post(path, follow=True))
        simulator.fault("momo", "*", "http_503", times=5)
        assert "does not answer" in text_of(admin.post(path, follow=True))
        simulator.end_faults()
        simulator.fault("momo", "*", "token_401", times=9)
        assert "refuses our account" in text_of(admin.post(path, follow=True))
        assert ProviderHealth.objects.get(method=momo()).hidden_since

    def test_a_transfer_account_that_is_incomplete_hides_nothing(self, admin, settings) -> None:
        from billing import gateways

        settings.BANK = {**settings.BANK, "bank_name": ""}
        gateways.forget_clients()
        assert "refuses our account" in text_of(admin.post(f"{PROVIDERS}bank_transfer/check/", follow=True))
        gateways.forget_clients()
        assert ProviderHealth.objects.get(method__name="bank_transfer").hidden_since is None

    def test_switching_a_way_to_pay_and_its_breaker(self, admin) -> None:
        for where, field in (("switch", "is_active"), ("breaker", "health__breaker_is_on")):
            for to, wanted in (("off", False), ("on", True)):
                assert admin.post(f"{PROVIDERS}mtn_momo/{where}/", {"to": to}).status_code == 302
                assert PaymentMethod.objects.filter(name="mtn_momo", **{field: wanted}).exists()

    def test_the_last_way_to_pay_stays(self, admin) -> None:
        PaymentMethod.objects.exclude(name="mtn_momo").update(is_active=False)
        page = text_of(admin.post(f"{PROVIDERS}mtn_momo/switch/", {"to": "off"}, follow=True))
        assert "only way to pay left" in page
        assert momo().is_active


class TestNights:
    def test_what_was_found_leads_to_the_payment(self, admin) -> None:
        payment = start_payment(order_id=make_order().pk, method="bank_transfer")
        run = ReconciliationRun.objects.create(night=timezone.localdate(), stage="done", finished_at=timezone.now())
        ReconciliationTally.objects.create(run=run, method=payment.method, asked=3, agreed=2, late_successes=1)
        ReconciliationFinding.objects.create(
            run=run, payment=payment, kind="late_success", before="expired", after="succeeded"
        )
        assert f"{NIGHTS}{run.pk}/" in text_of(admin.get(NIGHTS))
        page = text_of(admin.get(f"{NIGHTS}{run.pk}/"))
        assert f"/backoffice/payments/{payment.pk}/" in page
        assert payment.order.number in page

    def test_the_list_costs_the_same_however_many_nights_there_were(self, admin) -> None:
        def night(days: int) -> None:
            run = ReconciliationRun.objects.create(night=timezone.localdate() - timedelta(days=days))
            for method in PaymentMethod.objects.all():
                ReconciliationTally.objects.create(run=run, method=method)

        night(0)
        few = queries_of(admin, NIGHTS)
        for days in range(1, 5):
            night(days)
        assert queries_of(admin, NIGHTS) == few


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (89, "89 s"), (90, "2 min"), (600, "10 min"), (7200, "2 hours")]
)
def test_a_stretch_of_time_in_words(seconds, words) -> None:
    with translation.override("en"):
        assert how_long(timedelta(seconds=seconds)).replace("\xa0", " ") == words
