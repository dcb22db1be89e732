"""A search engine that costs nothing: Whoosh, with every answer remembered.

Which search server an owner of a shop with 10,000 products would run is a matter of taste. None answers faster than at once.
"""

from __future__ import annotations

from typing import Any

from haystack.backends.whoosh_backend import WhooshEngine, WhooshSearchBackend

_answers: dict[str, Any] = {}


class InstantBackend(WhooshSearchBackend):
    """Searches once for each question of this process."""

    def search(self, query_string: str, **options: Any) -> Any:
        question = repr((query_string, sorted((name, repr(value)) for name, value in options.items())))
        if question not in _answers:
            _answers[question] = super().search(query_string, **options)
        return _answers[question]


class InstantEngine(WhooshEngine):
    backend = InstantBackend
