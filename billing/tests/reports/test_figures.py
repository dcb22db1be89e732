"""The sums behind the revenue page, without a database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from billing.money import Money
from billing.reports.figures import Flow, Total, age_of, by_age, in_francs, months_of, per_mille, period_of, total_of

DOUALA = ZoneInfo("Africa/Douala")  # an hour before UTC all year


def test_months_begin_at_midnight_where_the_platform_is() -> None:
    now = datetime(2026, 2, 28, 23, 30, tzinfo=UTC)  # half past midnight of the first of March in Douala
    period = period_of(now, months=3, zone=DOUALA)
    assert [one.astimezone(UTC) for one in period.starts] == [
        datetime(2025, 12, 31, 23, tzinfo=UTC),
        datetime(2026, 1, 31, 23, tzinfo=UTC),
        datetime(2026, 2, 28, 23, tzinfo=UTC),
    ]
    assert period.points[-1] == now
    assert period_of(now - timedelta(hours=1), months=1, zone=DOUALA).begin == datetime(2026, 1, 31, 23, tzinfo=UTC)


def test_months_keep_their_midnight_over_the_change_to_summer_time() -> None:
    period = period_of(datetime(2026, 4, 15, 12, tzinfo=UTC), months=2, zone=ZoneInfo("Europe/Paris"))
    assert [one.utcoffset() for one in period.starts] == [timedelta(hours=1), timedelta(hours=2)]


def test_each_month_opens_as_the_one_before_closed() -> None:
    rows = [(1, "XAF", "standing", 2, 300), (2, "XAF", "new", 1, 150), (3, "XAF", "lost", 1, -150),
            (3, "XAF", "up", 1, 100), (2, "EUR", "back", 1, 7)]  # fmt: skip
    found = months_of(rows, months=2)
    assert list(found) == ["EUR", "XAF"]
    first, second = found["XAF"]
    assert (first.opening, first.new, first.closing) == (Flow(2, 300), Flow(1, 150), Flow(3, 450))
    assert (second.opening, second.gained, second.given_up) == (Flow(3, 450), 100, 150)
    assert (found["EUR"][0].opening, found["EUR"][0].back, found["EUR"][1].closing) == (Flow(), Flow(1, 7), Flow(1, 7))


def test_only_currencies_with_a_fixed_parity_are_put_together() -> None:
    assert in_francs(Money(100, "EUR")) == Money(656, "XAF")
    assert in_francs(Money(500, "XOF")) == Money(500, "XAF")
    assert in_francs(Money(100, "USD")) is None
    amounts = [Money(1, "EUR"), Money(1, "EUR"), Money(10, "XOF"), Money(5, "XAF"), Money(7, "USD"), Money(0, "JPY")]
    assert total_of(amounts) == Total(Money(10 + 5 + 13, "XAF"), (Money(7, "USD"),))
    assert total_of([]) == Total(Money(0, "XAF"))


@pytest.mark.parametrize(
    ("days", "age"), [(-1, 0), (0, 0), (7, 0), (8, 1), (30, 1), (31, 2), (60, 2), (61, 3), (900, 3)]
)
def test_what_is_unpaid_is_as_old_as_its_days(days: int, age: int) -> None:
    assert age_of(days) == age


def test_ages_add_up_each_currency_for_itself() -> None:
    rows = [(0, "XAF", 1, 10), (7, "XAF", 2, 20), (7, "EUR", 1, 3), (45, "XAF", 1, 4)]
    assert by_age(rows) == [{"XAF": Flow(3, 30), "EUR": Flow(1, 3)}, {}, {"XAF": Flow(1, 4)}, {}]


@pytest.mark.parametrize(("part", "whole", "share"), [(1, 3, 333), (2, 3, 667), (1, 2000, 1), (0, 5, 0), (5, 5, 1000)])
def test_shares_are_rounded_half_up(part: int, whole: int, share: int) -> None:
    assert per_mille(part, whole) == share


def test_there_is_no_share_of_nothing() -> None:
    assert per_mille(0, 0) is None
