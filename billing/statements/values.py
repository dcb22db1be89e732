"""Dates and amounts as banks write them for people."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from billing.money import EXPONENTS
from billing.statements.entries import YEARS, BadStatement, plain

_NUMBERS_DATE = re.compile(r"(\d{1,2})[/.\- ](\d{1,2})[/.\- ](\d{4}|\d{2})(?!\d)", re.ASCII)
_ISO_DATE = re.compile(r"(\d{4})[/.\-]?(\d{2})[/.\-]?(\d{2})(?!\d)", re.ASCII)
_WORDS_DATE = re.compile(r"(\d{1,2})[/.\- ]*([A-Z]{3,9})\.?[/.\- ]*(\d{4}|\d{2})(?!\d)", re.ASCII)
# The first letters that tell the months apart, in French and in English.
_MONTHS = {
    "JAN": 1, "FEV": 2, "FEB": 2, "MAR": 3, "AVR": 4, "APR": 4, "MAI": 5, "MAY": 5, "JUIN": 6, "JUN": 6,
    "JUIL": 7, "JUL": 7, "AOU": 8, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11, "DEC": 12,
}  # fmt: skip
_CURRENCY_WORDS = {"FCFA": None, "F CFA": None, "CFA": None, "€": "EUR", "EUROS": "EUR", "EURO": "EUR", "$": "USD"}
_CURRENCY = re.compile(
    r"(?<![A-Z])(" + "|".join([*EXPONENTS, *map(re.escape, _CURRENCY_WORDS)]) + r"|F)(?![A-Z])",
)
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*", re.ASCII)


def read_date(text: str) -> date:
    """21/11/2026, 21.11.26, 2026-11-21, 20261121, 21-NOV-26, 21 novembre 2026, with or without a time after it.

    The day comes before the month, as everywhere but in the United States. Raises BadStatement(bad_date).
    """
    wanted = plain(text).strip()
    if match := _ISO_DATE.match(wanted):
        year, month, day = (int(part) for part in match.groups())
    elif match := _NUMBERS_DATE.match(wanted):
        day, month, year = (int(part) for part in match.groups())
    elif match := _WORDS_DATE.match(wanted):
        day, month, year = int(match[1]), _MONTHS.get(match[2][:4]) or _MONTHS.get(match[2][:3], 0), int(match[3])
    else:
        raise BadStatement("bad_date", text=text)
    try:
        found = date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        raise BadStatement("bad_date", text=text) from None
    if found.year not in YEARS:
        raise BadStatement("bad_date", text=text)
    return found


def currencies_in(text: str) -> set[str]:
    """The currencies a text names by their code or sign. FCFA names none: it may be XAF or XOF."""
    found = _CURRENCY.findall(plain(text))
    return {_CURRENCY_WORDS.get(word, word) or "" for word in found} & set(EXPONENTS)


def without_currency(text: str) -> str:
    """A text without the codes, signs and words of currencies."""
    return _CURRENCY.sub(" ", plain(text)).strip()


def read_amount(text: str) -> Decimal | None:
    """A signed number in French or English writing; None for an empty cell or a lone dash.

    "25 000", "25 000,00 FCFA", "1.234,56", "1,234.56", "(500)", "500-", "-1'000". A single point or comma before
    exactly three digits parts thousands: no currency here has three decimals. Raises BadStatement(bad_amount).
    """
    number = re.sub(r"\s+", " ", without_currency(text).replace("\u2212", "-").replace("\u2019", "'")).strip()
    if number in ("", "-"):
        return None
    negative = False
    if match := re.fullmatch(r"\((.*)\)", number):
        negative, number = True, match[1].strip()
    elif match := re.fullmatch(r"([+-]?) ?(.*?) ?([+-]?)", number):
        if match[1] and match[3]:
            raise BadStatement("bad_amount", text=text)
        negative, number = "-" in (match[1], match[3]), match[2]
    whole, fraction = _split(number)
    if not re.fullmatch(r"\d{1,15}", whole, re.ASCII) or not re.fullmatch(r"\d{0,6}", fraction, re.ASCII):
        raise BadStatement("bad_amount", text=text)
    value = Decimal(f"{whole}.{fraction or 0}")
    return -value if negative else value


def _split(number: str) -> tuple[str, str]:
    """The whole part without its separators, and the decimals."""
    if _GROUPED.fullmatch(number) and not number.startswith("0"):
        return re.sub(r"[.,' ]", "", number), ""
    cut = max(number.rfind("."), number.rfind(","))
    whole, mark, fraction = (number[:cut], number[cut], number[cut + 1 :]) if cut >= 0 else (number, "-", "")
    if whole.isdigit():
        return whole, fraction
    if _GROUPED.fullmatch(whole) and mark not in whole:
        return re.sub(r"[.,' ]", "", whole), fraction
    return "", number
