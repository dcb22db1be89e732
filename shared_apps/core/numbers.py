"""Numbers as people read them."""

from __future__ import annotations

from decimal import Decimal

from babel.numbers import format_decimal
from django.conf import settings
from django.utils.translation import get_language, to_locale


def reader_locale() -> str:
    """The locale of the language that pages are shown in, as Babel calls it."""
    return to_locale(get_language() or settings.LANGUAGE_CODE)


def number_text(number: int | float | Decimal, pattern: str | None = None) -> str:
    """A number in the reader's language, its thousands apart: "1 500", "2,5". `pattern` is of CLDR, as Babel takes it."""
    return str(format_decimal(number, pattern, locale=reader_locale()))
