"""Dates as each language writes them."""

from __future__ import annotations

import re
from datetime import date, datetime

from babel.dates import format_date, format_datetime

# The number of the day in a CLDR pattern, outside longer words of the same letter.
_DAY = re.compile(r"(?<!d)d(?!d)")


def written(value: date | datetime, pattern: str, *, locale: str) -> str:
    """A date or moment by a CLDR pattern. In French the first of a month is "1er" (Imprimerie nationale, « Dates »)."""
    if locale.startswith("fr") and value.day == 1:
        pattern = _DAY.sub("d'er'", pattern, count=1)
    if isinstance(value, datetime):
        return format_datetime(value, pattern, locale=locale)
    return format_date(value, pattern, locale=locale)
