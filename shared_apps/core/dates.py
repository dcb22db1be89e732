"""Dates as each language writes them."""

from __future__ import annotations

import re
from datetime import date, datetime

from babel.dates import format_date, format_datetime

# The number of the day in a CLDR pattern, outside longer words of the same letter.
_DAY = re.compile(r"(?<!d)d(?!d)")


def moment_in_words(value: datetime, *, locale: str) -> str:
    """A date and an hour, of the time they are given in: "21 novembre 2026, 14 h 30", "21 November 2026, 14:30"."""
    pattern = "d MMMM y, H\u00a0'h'\u00a0mm" if locale.startswith("fr") else "d MMMM y, HH:mm"
    return written(value, pattern, locale=locale)


def written(value: date | datetime, pattern: str, *, locale: str) -> str:
    """A date or moment by a CLDR pattern. In French the first of a month is "1er" (Imprimerie nationale, « Dates »)."""
    if locale.startswith("fr") and value.day == 1:
        pattern = _DAY.sub("d'er'", pattern, count=1)
    if isinstance(value, datetime):
        return format_datetime(value, pattern, locale=locale)
    return format_date(value, pattern, locale=locale)
