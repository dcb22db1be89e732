"""Amounts in words, as a document states them beside the figures: "vingt-cinq mille francs CFA"."""

from __future__ import annotations

from dataclasses import dataclass

from num2words import num2words

from billing.money import Money, exponent_of

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Unit:
    """What a currency is called: one and several of its unit, and of the hundredth or thousandth it is divided into."""

    one: str
    many: str
    one_minor: str = ""
    many_minor: str = ""


_FRENCH = {
    "XAF": _Unit("franc CFA", "francs CFA"),
    "XOF": _Unit("franc CFA", "francs CFA"),
    "GNF": _Unit("franc guinéen", "francs guinéens"),
    "EUR": _Unit("euro", "euros", "centime", "centimes"),
    "USD": _Unit("dollar américain", "dollars américains", "cent", "cents"),
    "JPY": _Unit("yen", "yens"),
    "TND": _Unit("dinar tunisien", "dinars tunisiens", "millime", "millimes"),
    "HUF": _Unit("forint", "forints", "fillér", "fillérs"),
    "TWD": _Unit("dollar taïwanais", "dollars taïwanais", "cent", "cents"),
}
_ENGLISH = {
    "XAF": _Unit("CFA franc", "CFA francs"),
    "XOF": _Unit("CFA franc", "CFA francs"),
    "GNF": _Unit("Guinean franc", "Guinean francs"),
    "EUR": _Unit("euro", "euros", "cent", "cents"),
    "USD": _Unit("US dollar", "US dollars", "cent", "cents"),
    "JPY": _Unit("yen", "yen"),
    "TND": _Unit("Tunisian dinar", "Tunisian dinars", "millime", "millimes"),
    "HUF": _Unit("forint", "forints", "fillér", "fillér"),
    "TWD": _Unit("Taiwan dollar", "Taiwan dollars", "cent", "cents"),
}


def amount_in_words(amount: Money, locale: str) -> str:
    """The amount written out in French ("fr…") or in English (any other locale), every minor unit of it.

    Raises:
        KeyError: the currency has no name here.
    """
    french = locale.startswith("fr")
    unit = (_FRENCH if french else _ENGLISH)[amount.currency]
    count = _french if french else _english
    whole, part = divmod(abs(amount.minor), 10 ** exponent_of(amount.currency))
    parts = [count(whole, unit.one, unit.many)] if whole or not part else []
    if part:
        parts.append(count(part, unit.one_minor, unit.many_minor))
    text = (" et " if french else " and ").join(parts)
    if amount.minor < 0:
        return f"moins {text}" if french else f"minus {text}"
    return text


def _french(count: int, one: str, many: str) -> str:
    """A count of things in French, where zero is singular and "million" is a noun: "un million de francs", "d’euros"."""
    name = one if count < 2 else many
    if count and count % MILLION == 0:
        name = f"d’{name}" if name[0] in "aeiou" else f"de {name}"
    return f"{num2words(count, lang='fr')} {name}"


def _english(count: int, one: str, many: str) -> str:
    name = one if count == 1 else many
    return f"{num2words(count, lang='en').replace(',', '')} {name}"
