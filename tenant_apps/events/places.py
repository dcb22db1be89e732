"""Positions and languages as people type and read them. Pure."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Decimal

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from shared_apps.core.errors import DomainError

# "4.0511, 9.7679", as maps copy it; "4,0511 ; 9,7679", as the French write it.
POSITION = re.compile(
    r"\(?\s*(-?\d{1,3}(?:[.,]\d{1,15})?)\s*°?\s*[,;\s]\s*(-?\d{1,3}(?:[.,]\d{1,15})?)\s*°?\s*\)?", re.ASCII
)
MICRODEGREE = Decimal("0.000001")

# ISO 639-1: spoken where the platform is used, then the most learned ones.
LANGUAGES = (
    "fr", "en", "ar", "bm", "ee", "ff", "ha", "ig", "kg", "ln", "lu", "mg", "rn", "rw", "sg", "sn", "so", "sw", "tn", "ts",
    "tw", "wo", "xh", "yo", "zu", "am", "de", "es", "hi", "it", "ja", "ko", "nl", "pl", "pt", "ru", "tr", "zh",
)  # fmt: skip
# Languages Babel has no French or English name for.
OTHER_NAMES = {"sg": "Sango", "lu": "Kiluba", "tw": "Twi"}


class BadPosition(DomainError):
    """What was typed is not a place on Earth."""


def parse_position(text: str, *, field: str = "position") -> tuple[Decimal, Decimal] | None:
    """Latitude and longitude in degrees to six decimals (11 cm), or None for an empty text; raises BadPosition."""
    if not text.strip():
        return None
    match = POSITION.fullmatch(text.strip())
    if match is None:
        message = _("Type the latitude, a comma and the longitude, for example 4.0511, 9.7679.")
        raise BadPosition("position_unreadable", message, field=field)
    latitude, longitude = (
        Decimal(part.replace(",", ".")).quantize(MICRODEGREE, rounding=ROUND_HALF_EVEN) for part in match.groups()
    )
    if abs(latitude) > 90 or abs(longitude) > 180:
        message = _("The latitude is between -90 and 90, the longitude between -180 and 180.")
        raise BadPosition("position_range", message, field=field)
    return latitude, longitude


def position_as_typed(latitude: Decimal | None, longitude: Decimal | None) -> str:
    """A stored position as it goes back into the form."""
    if latitude is None or longitude is None:
        return ""
    return f"{latitude.normalize():f}, {longitude.normalize():f}"


def language_name(code: str) -> str:
    """A language's name in the language of the page, with a capital."""
    locale = Locale.parse((get_language() or "fr").replace("-", "_"))
    name = locale.languages.get(code) or OTHER_NAMES.get(code) or code
    return name[:1].upper() + name[1:]


def language_choices() -> list[tuple[str, str]]:
    """The languages an event may be in: French and English first, then by name."""
    first = [(code, language_name(code)) for code in LANGUAGES[:2]]
    return first + sorted(((code, language_name(code)) for code in LANGUAGES[2:]), key=lambda choice: choice[1])
