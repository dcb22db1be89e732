"""How dates are written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from shared_apps.core.dates import moment_in_words, written


@pytest.mark.parametrize(
    ("value", "pattern", "locale", "text"),
    [
        (date(2027, 1, 1), "d MMMM y", "fr", "1er janvier 2027"),
        (date(2027, 1, 11), "d MMMM y", "fr", "11 janvier 2027"),
        (date(2027, 1, 1), "EEEE d MMMM y", "fr", "vendredi 1er janvier 2027"),
        (datetime(2027, 2, 1, 9, 5, tzinfo=UTC), "d MMMM y, H'h'mm", "fr", "1er février 2027, 9h05"),
        (date(2027, 1, 1), "d MMMM y", "en", "1 January 2027"),
    ],
)
def test_the_first_of_a_month_is_premier_in_french(value, pattern, locale, text) -> None:
    assert written(value, pattern, locale=locale) == text


@pytest.mark.parametrize(
    ("locale", "text"), [("fr", "1er février 2027, 9\u00a0h\u00a005"), ("en", "1 February 2027, 09:05")]
)
def test_a_moment_is_written_as_people_of_the_language_do(locale: str, text: str) -> None:
    assert moment_in_words(datetime(2027, 2, 1, 9, 5, tzinfo=UTC), locale=locale) == text
