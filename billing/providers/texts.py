"""Texts fit for the small screens and narrow alphabets of mobile money."""

from __future__ import annotations

import re
import unicodedata

MESSAGE_LIMIT = 160
LIGATURES = str.maketrans({"œ": "oe", "Œ": "OE", "æ": "ae", "Æ": "AE", "ß": "ss", "ø": "o", "Ø": "O"})


def plain_message(text: str) -> str:
    """`text` in the letters MTN takes, `[A-Za-z0-9 .-]`, and at most 160 of them: an apostrophe is a 400 there."""
    decomposed = unicodedata.normalize("NFKD", text.translate(LIGATURES))
    unaccented = "".join(character for character in decomposed if not unicodedata.combining(character))
    spaced = re.sub(r"[^A-Za-z0-9 .-]+", " ", unaccented)
    return re.sub(r" {2,}", " ", spaced).strip()[:MESSAGE_LIMIT].strip()
