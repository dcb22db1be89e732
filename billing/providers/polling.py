"""When to ask a provider again. Pure decisions.

MTN's approval window is about 5 minutes, its callbacks may never come, and a late approval is real money: so often at
first, then ever more rarely for a day (Kill Bill's Janitor defaults inspired the tail). Where the provider did not answer,
or not clearly, once a day for five days more. The nightly reconciliation asks beyond that.
"""

from __future__ import annotations

from datetime import datetime, timedelta

_FIRST = (5, 10, 15)
_TAIL = (60, 300, 900, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600)
_DAILY = tuple(day * 24 * 3600 for day in range(2, 7))
FREQUENT_FOR = timedelta(minutes=6)


def next_check(*, started_at: datetime, now: datetime, checks: int, is_unknown: bool = False) -> datetime | None:
    """The time of the next question after `checks` of them; None when a day of clear answers has passed.

    `is_unknown`: the last question was not answered, or not clearly; None then comes after six days.
    """
    if checks < len(_FIRST):
        return now + timedelta(seconds=_FIRST[checks])
    age = now - started_at
    if age < FREQUENT_FOR:
        return now + timedelta(seconds=15)
    for seconds in (*_TAIL, *_DAILY) if is_unknown else _TAIL:
        due = started_at + FREQUENT_FOR + timedelta(seconds=seconds)
        if due > now:
            return due
    return None


def next_look(*, started_at: datetime, now: datetime) -> datetime | None:
    """When to ask a provider again what became of a refund: often at first, daily for a month (a bank's refund takes days),
    then never: a person has to. Well within the 45 days for which PayPal knows the key."""
    age = now - started_at
    for until, pause in _PAUSES:
        if age < until:
            return now + pause
    return None


_PAUSES = (
    (timedelta(minutes=10), timedelta(minutes=1)),
    (timedelta(hours=2), timedelta(minutes=15)),
    (timedelta(days=1), timedelta(hours=2)),
    (timedelta(days=30), timedelta(days=1)),
)
