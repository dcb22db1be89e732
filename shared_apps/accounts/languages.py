"""The languages of the world by their ISO 639-1 codes, named in the reader's own."""

from __future__ import annotations

import re
import unicodedata

from babel import Locale

from shared_apps.core.numbers import reader_locale

LANGUAGES = frozenset(
    re.findall(
        "[a-z]{2}",
        """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
    es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka kg
    ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn
    no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw ta
    te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """,
    )
)


def language_name(code: str) -> str:
    """A language in the language of the page, with a capital; the code where nobody has named it."""
    name = Locale.parse(reader_locale()).languages.get(code) or code
    return name[:1].upper() + name[1:]


def language_choices() -> list[tuple[str, str]]:
    """Every language, by name as the reader's dictionary would have them."""
    return sorted(((code, language_name(code)) for code in LANGUAGES), key=lambda one: _folded(one[1]))


def _folded(name: str) -> str:
    return "".join(char for char in unicodedata.normalize("NFKD", name.lower()) if not unicodedata.combining(char))
