"""Monthly revenue and what moves it, from histories made by hand; nothing of it depends on today."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.utils import timezone

from billing.models import Order, PaidPeriod, Plan, Subscription
from billing.money import Money
from billing.pricing import monthly_value
from billing.reports.figures import Flow, Month, months_of, period_of
from billing.reports.selectors import movements, plans_now
from billing.services.renewals import order_change, preview_change
from billing.tests.reports.books import at, nobody, paid, subscriber
from tests.support.factories import make_order, pay_by_transfer, price_of
from tests.support.subscriptions import paid_for_days, ready_subscription

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_alone")]
NOW = "2026-04-15 12:00"


@pytest.fixture
def _alone(db: None) -> None:
    nobody()


def months(count: int = 4, *, now: str = NOW, currency: str = "XAF") -> list[Month]:
    """January to April, unless told otherwise. Every month must add up."""
    period = period_of(at(now), months=count, zone=timezone.get_default_timezone())
    found = months_of(movements(period), months=count)
    for one in (month for of_currency in found.values() for month in of_currency):
        moved = (one.new, one.back, one.up, one.down, one.lost)
        assert one.opening.minor + sum(flow.minor for flow in moved) == one.closing.minor
        assert one.opening.number + one.new.number + one.back.number - one.lost.number == one.closing.number
    return found.get(currency, [])


def closings(found: list[Month]) -> list[int]:
    return [month.closing.minor for month in found]


def test_a_paid_month_counts_from_the_month_in_which_it_began() -> None:
    paid(subscriber(("2026-02-10 09:00", "active")), "2026-02-10 09:00", 25_000)
    found = months()
    assert closings(found) == [0, 25_000, 25_000, 25_000]
    assert [month.new for month in found] == [Flow(), Flow(1, 25_000), Flow(), Flow()]


def test_the_last_second_of_a_month_belongs_to_it_where_the_platform_is() -> None:
    paid(subscriber(("2026-01-31 23:59:59", "active")), "2026-01-31 23:59:59", 10)
    paid(subscriber(("2026-02-01 00:00:00", "active")), "2026-02-01 00:00:00", 7)  # in UTC it is January
    assert closings(months())[:2] == [10, 17]


def test_grace_goes_on_counting_and_a_suspension_ends_it() -> None:
    moves = [
        ("2026-01-05 09:00", "active"), ("2026-02-05 09:00", "past_due"), ("2026-03-12 09:00", "suspended"),
    ]  # fmt: skip
    paid(subscriber(*moves), "2026-01-05 09:00", 10)
    found = months()
    assert closings(found) == [10, 10, 0, 0]
    assert [month.lost for month in found] == [Flow(), Flow(), Flow(1, -10), Flow()]


@pytest.mark.parametrize("end", ["suspended", "cancelled"])
def test_who_pays_again_after_a_suspension_or_a_cancellation_came_back(end: str) -> None:
    moves = [("2026-01-05 09:00", "active"), ("2026-02-12 09:00", end), ("2026-04-01 09:00", "active")]
    subscription = subscriber(*moves)
    paid(subscription, "2026-01-05 09:00", 10)
    paid(subscription, "2026-04-01 09:00", 12)
    found = months()
    assert [month.lost.number for month in found] == [0, 1, 0, 0]
    assert [month.back for month in found] == [Flow(), Flow(), Flow(), Flow(1, 12)]
    assert sum(month.new.number for month in found) == 1


def test_a_hold_within_paid_time_takes_it_out_and_its_end_brings_it_back() -> None:
    moves = [("2026-01-05 09:00", "active"), ("2026-02-12 09:00", "suspended"), ("2026-03-02 09:00", "active")]
    paid(subscriber(*moves), "2026-01-05 09:00", 10, end="2027-01-05 09:00")
    assert closings(months()) == [10, 0, 10, 10]


def test_a_trial_counts_once_it_is_paid() -> None:
    subscription = subscriber(("2026-01-05 09:00", "trialing"), ("2026-02-05 09:00", "active"))
    paid(subscription, "2026-01-05 09:00", 0)
    paid(subscription, "2026-02-05 09:00", 10)
    found = months()
    assert closings(found) == [0, 10, 10, 10]
    assert [month.new.number for month in found] == [0, 1, 0, 0]


def test_renewals_at_another_price_are_more_or_less() -> None:
    subscription = subscriber(("2026-01-05 09:00", "active"))
    for start, total in (("2026-01-05 09:00", 100), ("2026-02-05 09:00", 150), ("2026-03-05 09:00", 120)):
        paid(subscription, start, total)
    found = months()
    assert [(month.up.minor, month.down.minor) for month in found] == [(0, 0), (50, 0), (0, -30), (0, 0)]


def test_a_renewal_that_is_paid_ahead_counts_when_it_begins() -> None:
    subscription = subscriber(("2026-01-05 09:00", "active"))
    paid(subscription, "2026-01-05 09:00", 100)
    paid(subscription, "2026-05-05 09:00", 900)
    assert closings(months())[-1] == 100


def test_a_plan_change_counts_from_its_day_and_what_it_replaced_no_more() -> None:
    subscription = subscriber(("2026-01-05 09:00", "active"))
    paid(subscription, "2026-01-05 09:00", 100, end="2026-02-20 09:00")
    paid(subscription, "2026-03-05 09:00", 99_999, end="2026-03-05 09:00")  # paid ahead, and replaced before it began
    paid(subscription, "2026-02-20 09:00", 300)
    found = months()
    assert closings(found) == [100, 300, 300, 300]
    assert found[1].up == Flow(1, 200)


def test_days_that_we_give_count_like_the_period_before_them() -> None:
    subscription = subscriber(("2026-01-05 09:00", "active"))
    paid(subscription, "2026-01-05 09:00", 100)
    PaidPeriod.objects.create(subscription=subscription, plan_version=subscription.plan_version, cycle="monthly", full_days=30,
                              value_minor=0, currency="XAF", starts_at=at("2026-02-04 09:00"), ends_at=at("2026-06-01 09:00"))  # fmt: skip
    assert closings(months()) == [100] * 4


def test_paid_time_that_was_given_back_is_lost() -> None:
    subscription = subscriber(("2026-01-05 09:00", "active"), ("2026-01-20 09:00", "suspended"))
    paid(subscription, "2026-01-05 09:00", 100, end="2026-01-20 09:00")
    assert closings(months()) == [0] * 4 or months() == []


def test_currencies_stand_each_for_itself() -> None:
    paid(subscriber(("2026-01-05 09:00", "active")), "2026-01-05 09:00", 100)
    paid(subscriber(("2026-01-05 09:00", "active"), currency="EUR"), "2026-01-05 09:00", 3_811)
    paid(subscriber(("2026-03-05 09:00", "active"), currency="XOF"), "2026-03-05 09:00", 50)
    assert closings(months()) == [100] * 4
    assert closings(months(currency="EUR")) == [3_811] * 4
    assert closings(months(currency="XOF")) == [0, 0, 50, 50]


def test_who_was_there_long_before_is_neither_new_nor_back() -> None:
    subscription = subscriber(("2024-01-05 09:00", "active"))
    paid(subscription, "2024-01-05 09:00", 100, end="2025-01-05 09:00")
    paid(subscription, "2025-01-05 09:00", 100, end="2026-01-05 09:00")
    found = months()
    assert closings(found) == [100] * 4
    assert sum(month.new.number + month.back.number for month in found) == 0


def test_now_says_the_same_as_the_last_month_and_tells_plans_apart() -> None:
    running = subscriber(("2026-01-05 09:00", "active"), paid_until="2026-05-15 11:59")
    paid(running, "2026-01-05 09:00", 10)
    in_grace = subscriber(
        ("2026-01-05 09:00", "active"), ("2026-04-05 09:00", "past_due"), paid_until="2026-04-05 09:00"
    )
    paid(in_grace, "2026-03-05 09:00", 70)
    ending = subscriber(("2026-01-05 09:00", "active"), paid_until="2026-04-20 09:00")
    paid(ending, "2026-03-20 09:00", 5)
    Subscription.objects.filter(pk=ending.pk).update(cancel_at_period_end=True)
    paid(subscriber(("2026-01-05 09:00", "active"), ("2026-04-01 09:00", "suspended")), "2026-01-05 09:00", 9_999)
    trying = subscriber(("2026-04-10 09:00", "trialing"), paid_until="2026-05-15 12:00")  # a moment too late
    paid(trying, "2026-04-10 09:00", 0)
    [row] = plans_now(at(NOW))
    assert (row.product, row.currency, row.monthly_minor) == ("store", "XAF", 10 + 70 + 5)
    assert row.monthly_minor == closings(months())[-1]
    assert (row.paying, row.trialing, row.in_grace) == (3, 1, 1)
    assert (row.due, row.due_minor) == (1, price_of().amount_minor)


class TestWhatAPeriodKeeps:
    """The services note what a month of a period costs."""

    def kept(self, order: Order) -> int:
        return PaidPeriod.objects.get(order=order).monthly_minor

    @pytest.mark.parametrize(("cycle", "months"), [("monthly", 1), ("quarterly", 3), ("yearly", 12)])
    def test_a_first_period_costs_its_price_by_its_months(self, cycle: str, months: int) -> None:
        order = make_order(cycle=cycle, currency="EUR")
        pay_by_transfer(order)
        exact = Decimal(order.total_minor - order.tax_minor) / months
        assert self.kept(order) == int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP)) > 0

    def test_neither_tax_nor_a_reduction_is_in_it(self) -> None:
        order = make_order()
        Order.objects.filter(pk=order.pk).update(
            discount_minor=1_000, total_minor=order.subtotal_minor - 1_000, tax_minor=3_000, tax_included=True
        )
        order.refresh_from_db()
        pay_by_transfer(order)
        assert self.kept(order) == order.subtotal_minor - 4_000

    def test_a_better_plan_keeps_its_list_price_though_only_the_rest_of_a_month_is_paid(self) -> None:
        subscription = paid_for_days(_with_a_period(), total=30, left=10)
        wanted = Plan.objects.get(product="store", name="gold")
        preview = preview_change(subscription=subscription, plan=wanted)
        order = order_change(subscription_id=subscription.pk, plan=wanted, expected_due=preview.due, actor=None)
        pay_by_transfer(order)
        price = preview.version.prices.get(cycle=subscription.cycle, currency=subscription.currency)
        order.refresh_from_db()
        included = order.tax_percent if order.tax_included else 0
        assert order.total_minor < price.amount_minor
        assert self.kept(order) == int(
            (price.amount_minor * 100 / (100 + included)).quantize(Decimal(1), ROUND_HALF_UP)
        )


def _with_a_period() -> Subscription:
    """A ready tenant's subscription as if it had just been bought."""
    subscription = ready_subscription("store-a")
    order = subscription.orders.earliest("created_at")
    moment = timezone.now()
    PaidPeriod.objects.create(
        subscription=subscription, order=order, plan_version=subscription.plan_version, cycle=subscription.cycle,
        starts_at=moment, ends_at=moment, full_days=30, value_minor=order.total_minor, currency=subscription.currency,
    )  # fmt: skip
    Subscription.objects.filter(pk=subscription.pk).update(
        status="active", started_at=moment, anchor_day=1, paid_until=moment
    )
    subscription.refresh_from_db()
    return subscription


@pytest.mark.parametrize(
    ("minor", "cycle", "included", "month"),
    [(100, "monthly", "0", 100), (100, "quarterly", "0", 33), (6, "yearly", "0", 1), (11_925, "monthly", "19.25", 10_000),
     (0, "yearly", "19.25", 0)],
)  # fmt: skip
def test_a_months_worth_is_rounded_half_up_once(minor: int, cycle: str, included: str, month: int) -> None:
    assert monthly_value(Money(minor, "XAF"), cycle=cycle, tax_included=Decimal(included)) == Money(month, "XAF")
