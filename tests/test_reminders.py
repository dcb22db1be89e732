"""Renewals are made ahead, and people are told of them on set days: once each, in their language, with the way to pay."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone, translation

from billing.models import Order, Payment, PaymentMethod, Reminder, Subscription
from billing.money import Money
from billing.reminding import DELETION_DAYS, RENEWAL_DAYS, day_to_remind
from billing.services.cancelling import cancel_subscription, request_deletion, undo_cancellation
from billing.services.life import advance_subscriptions
from billing.services.payments import start_payment
from billing.services.reminders import prepare_renewals
from billing.services.renewals import open_renewal
from billing.services.subscriptions import add_credit
from billing.services.subscriptions_admin import give_days
from billing.services.transfers import decide_transfer
from billing.transitions import DELETED_AFTER
from shared_apps.core.templatetags.ui import day
from shared_apps.notifications.models import Delivery
from shared_apps.notifications.services import render_sms, send_due_emails
from shared_apps.notifications.sms import _GSM, gsm_safe
from shared_apps.organisations.models import Organisation
from tests.support.factories import make_admin
from tests.support.subscriptions import ended, order_gold, paid_for_days, ready_subscription

pytestmark = pytest.mark.django_db


def ends_in(days: float, name: str = "store-a") -> Subscription:
    """A month that was paid, with so many days to come; the others' is far away."""
    far = timezone.now() + timedelta(days=300)
    Subscription.objects.update(paid_until=far)
    subscription = ready_subscription(name)
    end = timezone.now() + timedelta(days=days)
    subscription.periods.update(starts_at=end - timedelta(days=31), ends_at=end)
    Subscription.objects.filter(pk=subscription.pk).update(paid_until=end)
    subscription.refresh_from_db()
    return subscription


def told(template: str = "subscription_reminder") -> list[Delivery]:
    return list(Delivery.objects.filter(template=template, channel="email").order_by("created_at", "key"))


def orders_of(subscription: Subscription) -> list[Order]:
    return list(subscription.orders.exclude(kind="first"))


class TestTheDay:
    @pytest.mark.parametrize(
        ("left", "day"),
        [(16, None), (15, -15), (12, -15), (7, -7), (3, -3), (2, -3), (1, -1), (0, 0), (-1, 1), (-2, 1), (-3, 3),
         (-7, 7), (-14, 7), (-15, 15), (-40, 15)],
    )  # fmt: skip
    def test_the_latest_that_has_come(self, left: int, day: int | None) -> None:
        end = timezone.localdate()
        assert day_to_remind(end - timedelta(days=left), end=end, days=RENEWAL_DAYS) == day

    def test_a_short_period_does_not_begin_with_a_reminder_of_its_end(self) -> None:
        today = timezone.localdate()
        end = today + timedelta(days=14)
        assert day_to_remind(today, end=end, days=RENEWAL_DAYS, not_before=today) is None
        assert day_to_remind(end - timedelta(days=7), end=end, days=RENEWAL_DAYS, not_before=today) == -7

    def test_the_deletion_is_told_of_three_times(self) -> None:
        end = timezone.localdate()
        days = [day_to_remind(end - timedelta(days=left), end=end, days=DELETION_DAYS) for left in (31, 30, 8, 7, 2, 1)]
        assert days == [None, -30, -30, -7, -7, -1]


class TestRenewals:
    def test_one_is_made_fifteen_days_before_and_not_sooner(self) -> None:
        subscription = ends_in(15.5)
        prepare_renewals()
        assert orders_of(subscription) == []
        prepare_renewals(now=timezone.now() + timedelta(days=1))
        prepare_renewals(now=timezone.now() + timedelta(days=1))
        [order] = orders_of(subscription)
        assert (order.kind, order.period_start) == ("renewal", subscription.paid_until)

    def test_the_one_that_was_made_for_a_year_stays(self) -> None:
        subscription = ends_in(10)
        yearly = open_renewal(subscription_id=subscription.pk, cycle="yearly")
        prepare_renewals()
        assert orders_of(subscription) == [yearly]

    def test_while_a_better_plan_is_about_to_be_paid_it_waits(self) -> None:
        subscription = paid_for_days(ready_subscription("store-a"), total=30, left=10)
        change = order_gold(subscription)
        prepare_renewals()
        assert orders_of(subscription) == [change]
        assert told() == []

    def test_credit_renews_by_itself_and_nobody_is_asked_for_money(self) -> None:
        subscription = ends_in(10)
        with transaction.atomic():
            add_credit(subscription_id=subscription.pk, amount=Money(40_000, "XAF"))
        prepare_renewals()
        before, subscription = subscription.paid_until, Subscription.objects.get(pk=subscription.pk)
        assert subscription.paid_until > before + timedelta(days=27)
        assert told() == []

    def test_one_without_a_price_keeps_nobody_else_waiting(self) -> None:
        priceless = ends_in(10)
        sound = ready_subscription("store-b")
        Subscription.objects.filter(pk=sound.pk).update(paid_until=timezone.now() + timedelta(days=11))
        Subscription.objects.filter(pk=priceless.pk).update(currency="USD")
        prepare_renewals()
        assert orders_of(priceless) == []
        assert len(orders_of(sound)) == 1


class TestReminders:
    def test_each_day_tells_once_however_often_it_is_looked_at(self) -> None:
        subscription = ends_in(15)
        start = timezone.now()
        for hours in range(0, 40 * 24, 12):
            moment = start + timedelta(hours=hours)
            advance_subscriptions(now=moment)
            prepare_renewals(now=moment)
        days = list(subscription.reminders.order_by("pk").values_list("day", flat=True))
        assert days == list(RENEWAL_DAYS)
        assert len(told()) == len(RENEWAL_DAYS)

    def test_missed_days_are_not_made_up_for_one_by_one(self) -> None:
        subscription = ends_in(0.5)
        prepare_renewals()
        assert len(told()) == 1
        assert list(subscription.reminders.values_list("day", flat=True)) in ([-1], [0])

    def test_nothing_is_sent_once_it_is_paid(self) -> None:
        subscription = ends_in(7)
        order = open_renewal(subscription_id=subscription.pk)
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        prepare_renewals()
        assert told() == []

    def test_nothing_is_sent_once_it_is_cancelled(self) -> None:
        subscription = ends_in(7)
        cancel_subscription(subscription_id=subscription.pk, reason="unused", actor=None)
        prepare_renewals()
        assert told() == []
        assert orders_of(subscription) == []

    def test_a_cancellation_is_confirmed_each_time_with_what_follows_and_so_is_taking_it_back(self) -> None:
        subscription = ends_in(7)
        for _again in range(2):
            cancel_subscription(subscription_id=subscription.pk, reason="unused", actor=None)
            cancel_subscription(subscription_id=subscription.pk, reason="unused", actor=None)
            undo_cancellation(subscription_id=subscription.pk, actor=None)
        assert (len(told("subscription_cancelled")), len(told("subscription_goes_on"))) == (2, 2)
        with translation.override("fr"):
            days = [day(subscription.paid_until), day(subscription.paid_until + DELETED_AFTER)]
        send_due_emails()
        cancelled, goes_on = mail.outbox[-2:]
        assert [one in cancelled.body for one in days] == [True, True]
        assert days[0] in goes_on.body

    def test_what_is_cancelled_while_nobody_paid_says_how_long_it_can_be_read(self) -> None:
        subscription = ended(days=30)
        advance_subscriptions()
        cancel_subscription(subscription_id=subscription.pk, reason="unused", actor=None)
        subscription.refresh_from_db()
        send_due_emails()
        with translation.override("fr"):
            assert f"jusqu’au {day(subscription.delete_after)}" in mail.outbox[-1].body

    def test_nobody_is_asked_for_money_that_is_on_its_way(self) -> None:
        subscription = ends_in(3)
        order = open_renewal(subscription_id=subscription.pk)
        Payment.objects.create(
            order=order, method=PaymentMethod.objects.get(name="bank_transfer"), status="under_review", amount_minor=1,
            currency="XAF", charge_minor=1, charge_currency="XAF", expires_at=order.expires_at,
        )  # fmt: skip
        prepare_renewals()
        assert told() == []

    def test_free_days_given_since_do_not_remind_of_what_was_told(self) -> None:
        subscription = ends_in(1)
        prepare_renewals()
        give_days(subscription_id=subscription.pk, days=3, reason="panne", admin=make_admin())
        prepare_renewals()
        assert len(told()) == 1

    def test_the_next_period_is_told_of_anew(self) -> None:
        subscription = ends_in(1)
        prepare_renewals()
        [order] = orders_of(subscription)
        payment = start_payment(order_id=order.pk, method="bank_transfer")
        decide_transfer(payment=payment, admin=make_admin(), approved=True)
        subscription.refresh_from_db()
        prepare_renewals(now=subscription.paid_until - timedelta(days=7))
        assert [one.day for one in Reminder.objects.order_by("pk")][1:] == [-7]


def last_mails() -> list[mail.EmailMessage]:
    mail.outbox = []
    send_due_emails()
    return [one for one in mail.outbox if "/pay/" in one.body]


class TestWords:
    def test_it_says_how_much_for_what_until_when_and_what_happens_next(self) -> None:
        subscription = ends_in(7)
        Organisation.objects.filter(pk=subscription.organisation_id).update(billing_email="compta@example.org")
        prepare_renewals()
        [order] = orders_of(subscription)
        mails = last_mails()
        assert {one.to[0] for one in mails} == {"compta@example.org", subscription.organisation.owner.email}
        text = mails[0].body
        assert order.total.display("fr") in text
        assert order.number in text
        assert re.search(rf"localhost(:\d+)?/pay/{order.pk}/", text)
        for days in (0, subscription.plan_version.grace_days):
            date = timezone.localtime(subscription.paid_until + timedelta(days=days))
            assert f"{date.day} " in text

    def test_our_account_can_be_read_in_fours(self, settings) -> None:
        settings.BANK = {**settings.BANK, "account_name": "Baobab SAS", "iban": "CM2110005000010123456789018"}
        ends_in(7)
        prepare_renewals()
        assert "IBAN : CM21 1000 5000 0101 2345 6789 018" in last_mails()[0].body.replace("\xa0", " ")

    def test_who_pays_and_owns_gets_one(self) -> None:
        subscription = ends_in(7)
        owner = subscription.organisation.owner
        Organisation.objects.filter(pk=subscription.organisation_id).update(billing_email=owner.email.upper())
        prepare_renewals()
        assert len(last_mails()) == 1

    @pytest.mark.parametrize("locale", ["fr", "en"])
    @pytest.mark.parametrize(("days", "phase"), [(7, "ahead"), (-1, "grace"), (-9, "read_only")])
    def test_every_phase_in_both_languages_is_whole(self, locale: str, days: int, phase: str) -> None:
        subscription = ends_in(days)
        Organisation.objects.filter(pk=subscription.organisation_id).update(locale=locale)
        advance_subscriptions()
        prepare_renewals()
        assert told()[0].context["phase"] == phase
        message = last_mails()[0]
        assert "None" not in message.body
        assert "{{" not in message.body + message.subject
        assert "\n\n\n\n" not in message.body

    def test_the_link_opens_without_a_log_in(self, public_client) -> None:
        ends_in(7)
        prepare_renewals()
        link = re.search(r"(/pay/\S+)", last_mails()[0].body)
        assert link
        assert public_client.get(link[1]).status_code == 200


class TestTextMessages:
    @pytest.fixture(autouse=True)
    def _sms(self, settings) -> None:
        settings.SMS_PROVIDER = "shared_apps.notifications.sms.FileSms"
        settings.PLATFORM_HOST = "baobab.example"
        settings.PLATFORM_SCHEME = "https"
        settings.PLATFORM_PORT = ""

    def text(self, name: str, locale: str = "fr", days: int = 7) -> str:
        subscription = ends_in(days)
        Organisation.objects.filter(pk=subscription.organisation_id).update(
            name=name, locale=locale, billing_phone="+237670123456", billing_country="CM"
        )
        advance_subscriptions()
        prepare_renewals()
        one = Delivery.objects.get(channel="sms")
        assert one.recipient == "+237670123456"
        return render_sms(template=one.template, locale=one.locale, context=one.context)

    @pytest.mark.parametrize("locale", ["fr", "en"])
    @pytest.mark.parametrize("days", [7, -1])
    @pytest.mark.parametrize("name", ["Marché", "L’Œuvre des Élèves de l’Ouest — 中文 " * 3, "x" * 120])
    def test_it_fits_into_one_message_of_the_basic_alphabet(self, name: str, locale: str, days: int) -> None:
        text = self.text(name, locale, days)
        assert len(text) <= 160, text
        assert set(text) <= _GSM
        assert "https://baobab.example/pay/" in text
        assert "25" in text

    def test_without_a_number_that_can_be_dialled_none_is_sent(self) -> None:
        subscription = ends_in(7)
        Organisation.objects.filter(pk=subscription.organisation_id).update(billing_phone="12")
        prepare_renewals()
        assert not Delivery.objects.filter(channel="sms").exists()

    @pytest.mark.parametrize(
        ("text", "safe"), [("L’été à Noël", "L'été à Noel"), ("25\u202f000\xa0F", "25 000 F"), ("çâ œ 中", "ca oe ?")]
    )
    def test_other_letters_become_plain(self, text: str, safe: str) -> None:
        assert gsm_safe(text) == safe


class TestDeletion:
    def test_it_is_told_of_thirty_seven_and_one_days_before(self) -> None:
        subscription = ended(days=100)
        advance_subscriptions()
        subscription.refresh_from_db()
        for days in range(62):
            prepare_renewals(now=timezone.now() + timedelta(days=days))
        assert list(Reminder.objects.filter(kind="deletion").order_by("pk").values_list("day", flat=True)) == [
            -30,
            -7,
            -1,
        ]

    def test_who_asks_for_it_is_told_at_once(self) -> None:
        subscription = ends_in(20)
        request_deletion(subscription_id=subscription.pk, actor=None)
        prepare_renewals()
        assert (len(told("deletion_reminder")), told("subscription_cancelled")) == (1, [])
        send_due_emails()
        assert f"/organisations/{subscription.organisation_id}/" in mail.outbox[-1].body
