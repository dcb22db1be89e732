"""Paid time on the calendar. Pure functions; days are those of the given time zone."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, tzinfo


def add_months(start: datetime, months: int, *, anchor_day: int, zone: tzinfo) -> datetime:
    """The same time of day so many months later, on `anchor_day` or the month's last day.

    The anchor is the day of the month on which the first period began, so that 31 January, 28 February and 31 March follow
    one another. Takes and gives aware datetimes.
    """
    local = start.astimezone(zone)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    day = min(anchor_day, monthrange(year, month + 1)[1])
    return datetime(year, month + 1, day, local.hour, local.minute, local.second, local.microsecond, tzinfo=zone)


def day_of(moment: datetime, zone: tzinfo) -> date:
    """The calendar day of a moment."""
    return moment.astimezone(zone).date()


def days_between(start: datetime, end: datetime, zone: tzinfo) -> int:
    """How many calendar days lie between two moments: at least one for a period of any length."""
    return max(1, (day_of(end, zone) - day_of(start, zone)).days)
