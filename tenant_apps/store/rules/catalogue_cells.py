"""Cells of a catalogue's file: what was typed as a value, and a value as it is written. Pure.

What is written is read back as the same value, whatever it holds.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from billing.money import Money
from shared_apps.core.errors import DomainError
from tenant_apps.store.rules.catalogue_columns import AMOUNTS, value_said, word_for, words_for
from tenant_apps.store.rules.typed_prices import parse_price

MAX_PIECES = 1_000_000
EARLIEST_YEAR, LATEST_YEAR = 2000, 2200
LENGTHS = {
    "slug": 80, "name": 120, "brand": 80, "summary": 300, "meta_title": 60, "meta_description": 160, "sku": 40, "barcode": 40,
    "description": 5000, "shelf": 400,
}  # fmt: skip
MAX_NAME, MAX_VALUE, MAX_OPTION, MAX_SHELF = 40, 120, 40, 80
Pairs = tuple[tuple[str, str], ...]

_CURRENCY = re.compile(r"(?:f\s*\.?\s*cfa|fcfa|cfa|xaf|xof|gnf|eur|usd|francs?|[€$])\.?\s*$", re.IGNORECASE)
_SHORTENED = re.compile(r"\d[.,]?\d*e\+?\d+", re.IGNORECASE)
_NO_RESULT = frozenset(
    {"#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#VALEUR!", "#NOM?", "#NOMBRE!"}
)
_MOMENT = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{1,2})[/.](\d{1,2})[/.](\d{4}))(?:[ T]+(\d{1,2})[:h](\d{2})(?::\d{2})?)?",
    re.IGNORECASE,
)
_GUARD = re.compile(r"""(\A|[;,\t\r\n])'(?='*[ \u00a0"]*[=+\-@＝＋－＠])""")


class BadCell(DomainError):
    """What stands in a cell cannot be meant; the message says what to type."""


def read_cell(column: str, typed: str, *, currency: str) -> Any:
    """What was typed in a column as its value; an empty cell as the column's empty value. Raises BadCell."""
    text = unguarded(typed)
    if text.upper() in _NO_RESULT:
        raise BadCell("no_result", _("The formula here has no result. Type the value."))
    if column in AMOUNTS:
        return _amount(text, currency)
    reader = _READERS.get(column)
    if reader is not None:
        return reader(column, text)
    return _line(column, text)


def unguarded(text: str) -> str:
    """A text without the apostrophes that keep spreadsheets from calculating it (`shared_apps.core.csv_export`)."""
    return _GUARD.sub(r"\1", text)


def guarded(text: str) -> str:
    """A text whose own apostrophes there are doubled, so that `unguarded` gives it back."""
    return _GUARD.sub(r"\1''", text)


def _line(column: str, text: str) -> str:
    line = " ".join(text.split())
    if column in ("sku", "barcode") and _SHORTENED.fullmatch(line):
        raise BadCell(
            "shortened", _("The spreadsheet shortened this number. Format the column as text, and type it again.")
        )
    return _short_enough(column, line)


def _text(column: str, text: str) -> str:
    return _short_enough(column, text.strip())


def _short_enough(column: str, text: str) -> str:
    if len(text) > LENGTHS[column]:
        message = _("At most %(most)s characters; here are %(there)s.")
        raise BadCell("too_long", message % {"most": LENGTHS[column], "there": len(text)})
    return text


def _amount(text: str, currency: str) -> int | None:
    bare = _CURRENCY.sub("", text.strip()).strip()
    if not bare:
        return None
    return parse_price(bare, currency=currency).minor


def _pieces(_column: str, text: str) -> int | None:
    bare = re.sub(r"[\s\u00a0\u202f]", "", text)
    if not bare:
        return None
    if not re.fullmatch(r"\d{1,9}(?:[.,]0+)?", bare, re.ASCII) or int(re.split("[.,]", bare)[0]) > MAX_PIECES:
        raise BadCell("pieces", _("Type a whole number of pieces, for example 12."))
    return int(re.split("[.,]", bare)[0])


def _word(column: str, text: str) -> object | None:
    if not text:
        return None
    value = value_said(column, text)
    if value is None:
        raise BadCell("unknown_word", _("Type one of these: %(words)s.") % {"words": words_for(column)})
    return value


def _badges(column: str, text: str) -> tuple[object, ...]:
    said = [part for part in re.split(r"[;,\n]", text) if part.strip()]
    return tuple(dict.fromkeys(_word(column, part.strip()) for part in said))


def _day(_column: str, text: str) -> date | None:
    moment = _moment_of(text)
    return None if moment is None else moment[0]


def _moment(column: str, text: str) -> datetime | None:
    """A day without a time begins, or ends, with it."""
    moment = _moment_of(text)
    if moment is None:
        return None
    day, at = moment
    whole = time(23, 59) if column == "promo_ends_at" else time()
    return timezone.make_aware(datetime.combine(day, whole if at is None else at))


def _moment_of(text: str) -> tuple[date, time | None] | None:
    if not text:
        return None
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        year, month, day, day_first, month_second, year_last, hour, minute = (
            int(part) if part else None for part in found.groups()
        )
        when = date(year or year_last or 0, month or month_second or 0, day or day_first or 0)
        if not EARLIEST_YEAR <= when.year <= LATEST_YEAR:
            raise ValueError(text)
        return when, None if hour is None else time(hour, minute or 0)
    except ValueError:
        raise BadCell(
            "date", _("Type a day as 31/12/2026 or 2026-12-31, with a time if needed: 31/12/2026 18:00.")
        ) from None


def _pairs(column: str, text: str) -> Pairs:
    longest = MAX_OPTION if column == "options" else MAX_VALUE
    pairs = []
    for part in _split(text):
        if not part.strip():
            continue
        name, value = _parted(part)
        if not name or not value:
            raise BadCell("pairs", _("Type names and values like this: Size=M; Colour=Blue."))
        if len(name) > MAX_NAME or len(value) > longest:
            message = _("“%(name)s” is too long: names have at most %(names)s characters here, values %(values)s.")
            raise BadCell("too_long", message % {"name": name[:30], "names": MAX_NAME, "values": longest})
        pairs.append((name, value))
    return tuple(pairs)


def _split(text: str) -> list[str]:
    """Parted at semicolons and line ends; one behind a backslash is part of a text."""
    return re.findall(r"(?:\\.|[^;\n])+", text)


def _parted(part: str) -> tuple[str, str]:
    found = re.match(r"((?:\\.|[^=\\])*)=(.*)", part) or re.match(r"((?:\\.|[^:\\])*):(.*)", part)
    return (_bare(found[1]), _bare(found[2])) if found else (_bare(part), "")


def _bare(text: str) -> str:
    return " ".join(re.sub(r"\\([\\;=])", r"\1", text).split())


def path_of(text: str) -> tuple[str, ...]:
    """ "Mode > Robes" as the names from the top down. Raises BadCell."""
    names = tuple(" ".join(name.split()) for name in re.split("[>›]", text) if name.strip())
    if any(len(name) > MAX_SHELF for name in names):
        raise BadCell("too_long", _("The name of a shelf has at most %(most)s characters.") % {"most": MAX_SHELF})
    return names


_READERS: Mapping[str, Callable[[str, str], Any]] = {
    "description": _text, "status": _word, "supply": _word, "is_active": _word, "badges": _badges, "stock": _pieces,
    "low_stock_at": _pieces, "preorder_from": _day, "promo_starts_at": _moment, "promo_ends_at": _moment,
    "specifications": _pairs, "options": _pairs,
}  # fmt: skip


# Written.


def written_pairs(pairs: Iterable[tuple[str, str]]) -> str:
    """ "Taille=M; Couleur=Bleu"; what would part them inside a text gets a backslash."""
    return "; ".join(f"{_escaped(name)}={_escaped(value)}" for name, value in pairs)


def _escaped(text: str) -> str:
    return re.sub(r"([\\;=])", r"\\\1", " ".join(text.split()))


def product_cells(values: Mapping[str, Any], *, slug: str, status: str, shelf: str) -> dict[str, Any]:
    """The cells that are the same for all variants; `values` are named as in `ProductDetails`."""
    day = values["preorder_from"]
    return {
        "slug": slug,
        "name": " ".join(values["name"].split()),
        "shelf": shelf,
        "brand": values["brand"],
        "summary": " ".join(values["summary"].split()),
        "description": values["description"].replace("\r\n", "\n").strip(),
        "status": word_for("status", status),
        "supply": word_for("supply", values["supply"]),
        "preorder_from": f"{day:%Y-%m-%d}" if day else "",
        "badges": "; ".join(word_for("badges", badge) for badge in values["badges"]),
        "specifications": written_pairs(values["specifications"]),
        "meta_title": values["meta_title"],
        "meta_description": values["meta_description"],
    }


def variant_cells(
    values: Mapping[str, Any], *, option_names: Sequence[str], currency: str, stock: int | None
) -> dict[str, Any]:
    """The cells of one variant; `values` are named as in `VariantDetails`, amounts are decimal numbers in major units."""
    return {
        "options": written_pairs(zip(option_names, values["options"], strict=True)),
        "sku": values["sku"] or "",
        "barcode": values["barcode"] or "",
        "price": _written_amount(values["price_minor"], currency),
        "promo": _written_amount(values["promo_minor"], currency),
        "promo_starts_at": _written_moment(values["promo_starts_at"]),
        "promo_ends_at": _written_moment(values["promo_ends_at"]),
        "cost": _written_amount(values["cost_minor"], currency),
        "low_stock_at": "" if values["low_stock_at"] is None else values["low_stock_at"],
        "is_active": word_for("is_active", values["is_active"]),
        "stock": "" if stock is None else stock,
    }


def _written_amount(minor: int | None, currency: str) -> Decimal | str:
    return "" if minor is None else Money(minor, currency).as_decimal()


def _written_moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment else ""
