"""The time a report is about, and the time it is compared with. Pure.

Days are those of the zone that `now` is in. A period that is still running is compared with as much of the one before as has
passed of it, so that a morning is not measured against a whole day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from shared_apps.core.errors import DomainError

MOST_DAYS = 731
DEFAULT = "30d"
BY_DAYS = 62  # a chart of more days than this shows months
OWN = "own"  # from one day to another
NAMES: dict[str, str | Promise] = {
    "today": gettext_lazy("Today"),
    "7d": gettext_lazy("7 days"),
    "30d": gettext_lazy("30 days"),
    "month": gettext_lazy("This month"),
    "last-month": gettext_lazy("Last month"),
    "year": gettext_lazy("This year"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """From the first to the last day, both of them in it; `since` and `before_since` are in, `until` and `before_until` out."""

    key: str
    first: date
    last: date
    since: datetime
    until: datetime
    before_since: datetime
    before_until: datetime

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def bucket(self) -> str:
        """What a bar of the chart stands for: hour, day or month."""
        if self.days == 1:
            return "hour"
        return "day" if self.days <= BY_DAYS else "month"

    def buckets(self) -> list[datetime]:
        """The beginning of every bar, without gaps."""
        zone = self.since.tzinfo
        if self.bucket == "hour":
            return [datetime.combine(self.first, time(hour), tzinfo=zone) for hour in range(24)]
        days = [self.first + timedelta(days=number) for number in range(self.days)]
        if self.bucket == "month":
            days = sorted({day.replace(day=1) for day in days})
        return [datetime.combine(day, time.min, tzinfo=zone) for day in days]


def named_period(key: str, *, now: datetime) -> Period:
    """A period by its name; one that is not known is the usual one. `now` is in the shop's zone."""
    today = now.date()
    if key == "today":
        return _days("today", today, today, today - timedelta(days=1), now=now)
    if key == "7d":
        return _days("7d", today - timedelta(days=6), today, today - timedelta(days=13), now=now)
    if key == "month":
        first = today.replace(day=1)
        return _days("month", first, today, _month_before(first), now=now)
    if key == "last-month":
        first = _month_before(today.replace(day=1))
        return _days("last-month", first, today.replace(day=1) - timedelta(days=1), _month_before(first), now=now)
    if key == "year":
        first = date(today.year, 1, 1)
        return _days("year", first, today, date(today.year - 1, 1, 1), now=now)
    return _days(DEFAULT, today - timedelta(days=29), today, today - timedelta(days=59), now=now)


def own_period(first: date, last: date, *, now: datetime) -> Period:
    """From one day to another. Raises DomainError (`period_reversed`, `period_too_long`, `period_out_of_range`)."""
    if last < first:
        raise DomainError("period_reversed", _("The last day comes before the first one."), field="last")
    if (last - first).days >= MOST_DAYS:
        message = _("A report covers two years at most. Choose days that are nearer to one another.")
        raise DomainError("period_too_long", message, field="last")
    if first.year < 2000 or last.year > now.year + 1:
        raise DomainError("period_out_of_range", _("Choose days of this century, up to next year."), field="first")
    return _days(OWN, first, last, first - (last - first) - timedelta(days=1), now=now)


def _days(key: str, first: date, last: date, before: date, *, now: datetime) -> Period:
    zone = now.tzinfo
    since = datetime.combine(first, time.min, tzinfo=zone)
    until = datetime.combine(last + timedelta(days=1), time.min, tzinfo=zone)
    before_since = datetime.combine(before, time.min, tzinfo=zone)
    if now >= until:
        return Period(key, first, last, since, until, before_since, since)
    passed = max(now - since, timedelta(0))
    return Period(key, first, last, since, until, before_since, min(before_since + passed, since))


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)
