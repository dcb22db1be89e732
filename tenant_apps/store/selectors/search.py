"""Finding products whatever the accents, the endings and the small typos.

Words are folded in Python (case and accents), stemmed by PostgreSQL's French dictionary, and kept in
`Product.search_vector`; `Product.search_text` holds the same words for the trigram index, which finds typos.
"""

from __future__ import annotations

from django.contrib.postgres.search import SearchQuery, SearchRank, SearchVector, TrigramWordSimilarity
from django.db import connection
from django.db.models import F, QuerySet, Value
from django.db.models.expressions import Combinable

from tenant_apps.store.models import Product
from tenant_apps.team.text import fold, words_in

CONFIG = "french"
MAX_QUERY = 100
MAX_WORDS = 8
# A word this similar is a typo of the other ("samsnug" and "samsung" are 0.5). The default of pg_trgm is 0.6.
SIMILAR = 0.45
MIN_TYPO_LENGTH = 4
# Words that say nothing about a product. PostgreSQL drops them too, but not next to a trigram condition.
STOP_WORDS = frozenset({
    "a", "au", "aux", "avec", "ce", "ces", "dans", "de", "des", "du", "en", "et", "for", "in", "la", "le", "les",
    "leur", "mais", "ne", "nos", "notre", "of", "ou", "par", "pas", "pour", "que", "qui", "sa", "se", "ses", "son",
    "sur", "the", "un", "une", "vos", "votre",
})  # fmt: skip


def words_of(query: str) -> list[str]:
    """The words of a search, folded; letters and digits only, so they are safe in a raw tsquery."""
    words = list(dict.fromkeys(words_in(query[:MAX_QUERY])))
    telling = [word for word in words if word not in STOP_WORDS]
    return (telling or words)[:MAX_WORDS]


def search_fields(
    *, name: str, brand: str, category: str, skus: list[str], values: list[str], description: str
) -> dict[str, str | Combinable]:
    """Values for a product's two search columns. Names and brands weigh more than categories, those more than the values of
    specifications and options, and those more than texts."""
    title, shelf, details = fold(" ".join([name, brand, *skus])), fold(category), fold(" ".join(values))
    vector = (
        SearchVector(Value(title), weight="A", config=CONFIG)
        + SearchVector(Value(shelf), weight="B", config=CONFIG)
        + SearchVector(Value(details), weight="C", config=CONFIG)
        + SearchVector(Value(fold(description)), weight="D", config=CONFIG)
    )
    return {"search_text": " ".join(words_in(f"{title} {shelf} {details}")), "search_vector": vector}


def exact_matches(products: QuerySet[Product], words: list[str]) -> QuerySet[Product]:
    """Products that contain every word or its beginning, best first: whole words before beginnings."""
    query = SearchQuery(" & ".join(f"{word}:*" for word in words), config=CONFIG, search_type="raw")
    whole = SearchQuery(" & ".join(words), config=CONFIG, search_type="raw")
    rank = SearchRank(F("search_vector"), query) + SearchRank(F("search_vector"), whole)
    return products.filter(search_vector=query).annotate(rank=rank).order_by("-rank", "-published_at", "-id")


def similar_matches(products: QuerySet[Product], words: list[str]) -> QuerySet[Product]:
    """Products with a word similar to each of the words, best first. Needs `allow_typos` in the same transaction."""
    telling = [word for word in words if len(word) >= MIN_TYPO_LENGTH]
    if not telling:
        return products.none()
    for word in telling:
        products = products.filter(search_text__trigram_word_similar=word)
    rank = TrigramWordSimilarity(" ".join(telling), "search_text")
    return products.annotate(rank=rank).order_by("-rank", "-published_at", "-id")


def allow_typos() -> None:
    """Lower the threshold of the trigram index until the end of the current transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pg_trgm.word_similarity_threshold', %s, true)", [str(SIMILAR)])
