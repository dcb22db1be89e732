"""What came, what is unpaid, what went back and how attempts ended, counted exactly; nothing of it depends on today."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from billing.models import Dispute, Order, Payment, Refund
from billing.reports import selectors
from billing.reports.figures import Period, period_of
from billing.tests.reports.books import at, attempt, nobody, order_of, subscriber
from shared_apps.organisations.models import Organisation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_alone")]
NOW = "2026-03-15 12:00"


@pytest.fixture
def _alone(db: None) -> None:
    nobody()


def period(months: int = 2) -> Period:
    """February and March."""
    return period_of(at(NOW), months=months, zone=timezone.get_default_timezone())


def unpaid(end: str, *, due: int = 100, currency: str = "XAF", status: str = "past_due", **values: Any) -> Order:
    subscription = subscriber(("2026-01-05 09:00", "active"), (end, status), currency=currency, paid_until=end)
    organisation = Organisation.objects.earliest("created_at")
    return order_of(subscription, total=due, organisation_id=organisation.pk, **values)


class TestUnpaid:
    def test_days_are_those_of_the_platform_not_hours(self) -> None:
        unpaid("2026-03-14 23:30", due=1)  # half past ten in UTC, twelve and a half hours ago
        unpaid("2026-03-15 00:30", due=2)  # the day before in UTC
        unpaid("2026-02-13 12:00", due=4)
        assert selectors.unpaid_by_day(at(NOW)) == [(0, "XAF", 1, 2), (1, "XAF", 1, 1), (30, "XAF", 1, 4)]

    def test_only_what_is_still_lacking_of_open_renewals_counts(self) -> None:
        unpaid("2026-03-10 12:00", due=100, received_minor=40, credit_minor=10)
        unpaid("2026-03-10 12:00", due=7, currency="EUR", status="suspended")
        unpaid("2026-03-10 12:00", status="suspended").delete()
        unpaid("2026-03-16 12:00", due=9_999, status="active")  # not over yet
        unpaid("2026-03-10 12:00", due=9_999, kind="change")
        for status in ("expired", "cancelled"):
            order = unpaid("2026-03-10 12:00", due=9_999)
            Order.objects.filter(pk=order.pk).update(status=status)
        assert selectors.unpaid_by_day(at(NOW)) == [(5, "EUR", 1, 7), (5, "XAF", 1, 50)]

    def test_who_waits_the_longest_comes_first(self) -> None:
        orders = [unpaid(f"2026-0{month}-10 12:00", due=month) for month in (3, 1, 2)]
        found = selectors.longest_unpaid(at(NOW), limit=2)
        assert [(one.number, one.days, one.due_minor) for one in found] == [
            (orders[1].number, 64, 1),
            (orders[2].number, 33, 2),
        ]
        assert found[0].organisation_id == orders[1].organisation_id


class TestReceived:
    def test_money_belongs_to_the_month_in_which_it_came_where_the_platform_is(self) -> None:
        for moment, amount in (("2026-01-31 23:59:59", 1), ("2026-02-01 00:00:00", 2), ("2026-02-28 23:59:59", 4), ("2026-03-01 00:00:00", 8)):  # fmt: skip
            attempt("mtn_momo", began="2026-01-20 12:00", status="succeeded", received=amount, succeeded=moment)
        assert selectors.collected(period()) == [(0, "mtn_momo", "XAF", 2, 6), (1, "mtn_momo", "XAF", 1, 8)]

    def test_methods_and_currencies_stand_each_for_itself(self) -> None:
        moment = "2026-03-02 12:00"
        attempt("paypal", began=moment, status="succeeded", received=3_811, currency="EUR", succeeded=moment)
        attempt("mtn_momo", began=moment, status="succeeded", received=100, succeeded=moment)
        attempt("mtn_momo", began=moment, status="succeeded", received=50, currency="XOF", succeeded=moment)
        attempt("mtn_momo", began=moment)
        found = selectors.collected(period())
        assert sorted(found) == [
            (1, "mtn_momo", "XAF", 1, 100),
            (1, "mtn_momo", "XOF", 1, 50),
            (1, "paypal", "EUR", 1, 3_811),
        ]

    def test_a_refund_takes_nothing_off_what_came_and_is_told_apart(self) -> None:
        came = attempt(
            "mtn_momo", began="2026-02-02 12:00", status="succeeded", received=100, succeeded="2026-02-02 12:00"
        )
        for number, (moment, amount, to_credit, status) in enumerate([
            ("2026-03-01 00:00:00", 30, False, "succeeded"), ("2026-02-28 23:59:59", 20, False, "succeeded"),
            ("2026-03-02 09:00", 10, True, "succeeded"), ("2026-03-02 09:00", 5, False, "failed"),
        ]):  # fmt: skip
            Refund.objects.create(payment=came, status=status, amount_minor=amount, currency="XAF", origin="invoice",
                                  order_minor=amount, order_currency="XAF", reason="x", to_credit=to_credit,
                                  provider_ref=f"R{number}", finished_at=at(moment))  # fmt: skip
        assert selectors.collected(period()) == [(0, "mtn_momo", "XAF", 1, 100)]
        assert selectors.given_back(period()) == [
            (0, "XAF", False, 1, 20),
            (1, "XAF", False, 1, 30),
            (1, "XAF", True, 1, 10),
        ]

    def test_disputes_count_from_the_day_they_were_opened(self) -> None:
        came = attempt(
            "paypal",
            began="2026-02-02 12:00",
            status="succeeded",
            received=100,
            currency="EUR",
            succeeded="2026-02-02 12:00",
        )
        for number, (moment, status) in enumerate(
            [("2026-01-31 23:59", "lost"), ("2026-02-01 00:00", "lost"), ("2026-03-02 09:00", "open")]
        ):
            Dispute.objects.create(payment=came, provider_ref=f"D{number}", status=status, amount_minor=40 + number,
                                   currency="EUR", opened_at=at(moment))  # fmt: skip
        assert selectors.disputed(period()) == [("lost", "EUR", 1, 41), ("open", "EUR", 1, 42)]


class TestAttempts:
    def test_attempts_are_counted_by_method_how_they_ended_and_why(self) -> None:
        for moment in ("2026-02-01 00:00:00", "2026-03-15 11:59:59"):
            attempt("mtn_momo", began=moment, reason="insufficient_funds")
        attempt("mtn_momo", began="2026-03-02 09:00", status="expired", reason="approval_expired")
        attempt("mtn_momo", began="2026-03-02 09:00", status="succeeded", received=1, succeeded="2026-04-02 09:00")
        attempt("paypal", began="2026-03-02 09:00", status="cancelled")
        for outside in ("2026-01-31 23:59:59", NOW):
            attempt("paypal", began=outside)
        Payment.objects.filter(status="under_review").update(created_at=at("2020-01-01 00:00"))
        assert sorted(selectors.attempts(period())) == [
            ("mtn_momo", "expired", "approval_expired", 1),
            ("mtn_momo", "failed", "insufficient_funds", 2),
            ("mtn_momo", "succeeded", "", 1),
            ("paypal", "cancelled", "", 1),
        ]
