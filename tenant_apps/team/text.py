"""Words without accents, and addresses made from names. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection

from django.utils.text import slugify

# Letters that have no decomposition in Unicode; several are of African languages.
LIGATURES = str.maketrans(
    {"œ": "oe", "æ": "ae", "ß": "ss", "ø": "o", "ł": "l", "đ": "d", "ɓ": "b", "ɗ": "d", "ŋ": "n", "ɛ": "e", "ɔ": "o"}
)
# Letters and digits of any script, which also makes them safe in a raw tsquery.
WORD = re.compile(r"[^\W_]+")
MAX_SLUG = 70


def fold(text: str) -> str:
    """Lower case without accents: "Téléphones Cœur" becomes "telephones coeur"."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(LIGATURES))
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def words_in(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return WORD.findall(fold(text))


def base_slug(text: str, *, fallback: str) -> str:
    """What an address made from this text begins with; `fallback` when nothing of it can be written in ASCII."""
    return slugify(fold(text))[:MAX_SLUG].strip("-") or fallback


def free_slug(base: str, *, taken: Collection[str]) -> str:
    """`base`, or `base-2`, `base-3`…: the first that is not taken."""
    if base not in taken:
        return base
    number = 2
    while f"{base}-{number}" in taken:
        number += 1
    return f"{base}-{number}"
