"""Countries to bill to, African ones first, in the reader's language (names from the Unicode CLDR through Babel)."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import normalize

from babel import Locale
from django.utils.translation import get_language
from django.utils.translation import gettext as _

# ISO 3166-1 alpha-2.
_AFRICA = (
    "DZ AO BJ BW BF BI CV CM CF TD KM CG CD CI DJ EG GQ ER SZ ET GA GM GH GN GW KE LS LR LY MG MW ML MR MU MA MZ NA "
    "NE NG RW ST SN SC SL SO ZA SS SD TZ TG TN UG ZM ZW"
)
_OTHERS = (
    "AD AE AF AG AL AM AR AT AU AZ BA BB BD BE BG BH BN BO BR BS BT BY BZ CA CH CL CN CO CR CU CY CZ DE DK DM DO EC "
    "EE ES FI FJ FM FR GB GD GE GR GT GY HN HR HT HU ID IE IL IN IQ IR IS IT JM JO JP KG KH KI KN KP KR KW KZ LA LB "
    "LC LI LK LT LU LV MC MD ME MH MK MM MN MT MV MX MY NI NL NO NP NR NZ OM PA PE PG PH PK PL PS PT PW PY QA RO RS "
    "RU SA SB SE SG SI SK SM SR SV SY TH TJ TL TM TO TR TT TV TW UA US UY UZ VA VC VE VN VU WS YE"
)
AFRICA, OTHERS = frozenset(_AFRICA.split()), frozenset(_OTHERS.split())
CODES = AFRICA | OTHERS
# Where a customer most likely is, by the currency chosen.
LIKELY = {"XAF": "CM", "XOF": "CI", "GNF": "GN", "JPY": "JP"}


def country_choices() -> list[tuple[str, list[tuple[str, str]]]]:
    """Choices in two groups for a select."""
    language = get_language() or "fr"
    return [(_("Africa"), _named(AFRICA, language)), (_("Other countries"), _named(OTHERS, language))]


@lru_cache(maxsize=8)
def _named(codes: frozenset[str], language: str) -> list[tuple[str, str]]:
    names = Locale.parse(language, sep="-").territories
    return sorted(((code, str(names.get(code, code))) for code in codes), key=lambda pair: _sort_key(pair[1]))


def country_name(code: str) -> str:
    """A country's name in the reader's language, or the code itself."""
    return str(Locale.parse(get_language() or "fr", sep="-").territories.get(code, code))


def _sort_key(name: str) -> str:
    return normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
