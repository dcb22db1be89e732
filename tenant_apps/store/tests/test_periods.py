"""The time a report is about, and the time it is compared with."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenant_apps.store.rules.periods import MOST_DAYS, NAMES, Period, named_period, own_period
from tenant_apps.team.tests.support import refused

ZONE = ZoneInfo("Africa/Douala")
NOW = datetime(2026, 11, 22, 15, 30, tzinfo=ZONE)


def at(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("key", "first", "last", "before", "compared_until"),
    [
        ("today", date(2026, 11, 22), date(2026, 11, 22), at(2026, 11, 21), at(2026, 11, 21, 15, 30)),
        ("7d", date(2026, 11, 16), date(2026, 11, 22), at(2026, 11, 9), at(2026, 11, 15, 15, 30)),
        ("30d", date(2026, 10, 24), date(2026, 11, 22), at(2026, 9, 24), at(2026, 10, 23, 15, 30)),
        ("month", date(2026, 11, 1), date(2026, 11, 22), at(2026, 10, 1), at(2026, 10, 22, 15, 30)),
        ("last-month", date(2026, 10, 1), date(2026, 10, 31), at(2026, 9, 1), at(2026, 10, 1)),
        ("year", date(2026, 1, 1), date(2026, 11, 22), at(2025, 1, 1), at(2025, 11, 22, 15, 30)),
    ],
)
def test_a_running_period_is_compared_with_as_much_of_the_one_before(
    key: str, first: date, last: date, before: datetime, compared_until: datetime
) -> None:
    period = named_period(key, now=NOW)
    assert (period.key, period.first, period.last) == (key, first, last)
    assert (period.since, period.until) == (at(*first.timetuple()[:3]), at(*(last + timedelta(days=1)).timetuple()[:3]))
    assert (period.before_since, period.before_until) == (before, compared_until)


def test_the_end_of_a_long_month_is_compared_with_the_whole_short_one_before() -> None:
    period = named_period("month", now=at(2026, 3, 31, 12))
    assert (period.before_since, period.before_until) == (at(2026, 2, 1), at(2026, 3, 1))


@pytest.mark.parametrize("key", ["", "x", "own", "1'; drop"])
def test_a_name_that_is_not_known_is_the_usual_period(key: str) -> None:
    assert named_period(key, now=NOW) == named_period("30d", now=NOW)


def test_own_days_are_compared_with_as_many_before() -> None:
    period = own_period(date(2026, 3, 1), date(2026, 3, 10), now=NOW)
    assert (period.days, period.before_since, period.before_until) == (10, at(2026, 2, 19), at(2026, 3, 1))


@pytest.mark.parametrize(
    ("first", "last", "code"),
    [
        (date(2026, 3, 2), date(2026, 3, 1), "period_reversed"),
        (date(2024, 1, 1), date(2024, 1, 1) + timedelta(days=MOST_DAYS), "period_too_long"),
        (date(1, 1, 1), date(1, 1, 2), "period_out_of_range"),
        (date(9999, 12, 30), date(9999, 12, 31), "period_out_of_range"),
    ],
)
def test_days_that_make_no_report_are_refused(first: date, last: date, code: str) -> None:
    with refused(code):
        own_period(first, last, now=NOW)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from([*NAMES, "own"]), st.integers(0, 89 * 365 * 24),
    st.integers(0, MOST_DAYS - 1), st.integers(0, 300),
)  # fmt: skip
def test_bars_cover_the_period_without_gap_and_it_never_meets_the_one_before(
    key: str, hours: int, days: int, ago: int
) -> None:
    now = at(2001, 1, 1) + timedelta(hours=hours)
    period = _period(key, now, days, ago)
    assert period.before_since <= period.before_until <= period.since < period.until
    bars = period.buckets()
    assert bars == sorted(set(bars))
    assert bars[-1] < period.until
    assert bars[0] == (period.since.replace(day=1) if period.bucket == "month" else period.since)
    assert len(bars) <= 62


def _period(key: str, now: datetime, days: int, ago: int) -> Period:
    if key != "own":
        return named_period(key, now=now)
    last = now.date() - timedelta(days=ago)
    first = max(last - timedelta(days=days), date(2000, 1, 1))
    return own_period(min(first, max(last, date(2000, 1, 1))), max(last, date(2000, 1, 1)), now=now)
