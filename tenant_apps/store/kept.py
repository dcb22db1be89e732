"""What visitors' pages look like is kept for a short while, until anything they show is changed.

Whoever writes need not know of it: every statement of this process's connections passes `_watch`, and one that changes a table
such pages are made from drops the tenant's pages when it is committed. A page is kept with the mark that was valid before it was
made, so one that read older rows than a change is never shown after it. Without Redis nothing is kept.
"""

from __future__ import annotations

import re
import time
import uuid
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.db import transaction
from redis.exceptions import RedisError

from shared_apps.core.tenancy import connection

# What stock there is changes with every order: a page that tells it is kept under what it tells (`views.kept`).
WATCHED = frozenset({
    "store_shop", "store_category", "store_brand", "store_product", "store_variant", "store_productimage", "store_attribute",
    "store_specification", "store_promotion", "store_promotion_products", "store_promotion_categories",
    "store_promotion_segments", "store_review", "store_location", "team_photo",
})  # fmt: skip
_WRITES = re.compile(r'\s*(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM)\s+(?:ONLY\s+)?"?(\w+)"?', re.IGNORECASE)
# So many new pages a minute of one tenant: whoever asks for ever new addresses fills nobody's memory.
MOST_PAGES = 500
# Longer than any page is kept, so that a page never outlives the mark it was kept with.
_MARK_SECONDS = 3_600


@dataclass(frozen=True, slots=True)
class _Drop:
    """Called on commit: the pages of one tenant are worth nothing any more."""

    schema: str

    def __call__(self) -> None:
        try:
            cache.set(_mark_of(self.schema), uuid.uuid4().hex, _MARK_SECONDS)
        except RedisError:
            return  # a page is kept for a minute at most


def watch_writes(connection: Any, **_: Any) -> None:
    """Receiver of `connection_created`."""
    if _watch not in connection.execute_wrappers:
        connection.execute_wrappers.append(_watch)


def _watch(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: dict[str, Any]) -> Any:
    result = execute(sql, params, many, context)
    if isinstance(sql, str) and (written := _WRITES.match(sql)) and written[1].lower() in WATCHED:
        _drop_on_commit(context["connection"])
    return result


def _drop_on_commit(connection: Any) -> None:
    drop = _Drop(connection.schema_name)
    if not any(entry[1] == drop for entry in connection.run_on_commit):
        transaction.on_commit(drop)


def drop_pages() -> None:
    """Let all pages of the current tenant be made anew."""
    _Drop(connection.schema_name)()


def _mark_of(schema: str) -> str:
    return f"shared:store-pages:{schema}"


class Kept:
    """One page: `html` if it is there and still true; `keep` puts a new one there. It is named within the tenant."""

    def __init__(self, name: str) -> None:
        self.html: str | None = None
        self._key = f"store-page:{name}"
        self._mark: str | None = None
        if any(isinstance(entry[1], _Drop) for entry in connection.run_on_commit):
            return  # this transaction sees what it wrote, and nobody else does yet
        try:
            self._read(_mark_of(connection.schema_name))
        except RedisError:
            return

    def _read(self, mark_key: str) -> None:
        found = cache.get_many([mark_key, self._key])
        self._mark = found.get(mark_key)
        if self._mark is None:
            # Whoever is first; a mark that ran out is never given again, so nothing kept with it comes back.
            self._mark = cache.get_or_set(mark_key, uuid.uuid4().hex, _MARK_SECONDS)
            return
        mark, html = found.get(self._key, ("", b""))
        self.html = zlib.decompress(html).decode() if mark == self._mark else None

    def keep(self, html: str, *, seconds: int) -> None:
        """Keep this page for so many seconds at most, unless the tenant has kept too many in this minute."""
        if self._mark is None or seconds < 1:
            return
        try:
            if _counted_this_minute() <= MOST_PAGES:
                cache.set(self._key, (self._mark, zlib.compress(html.encode(), 1)), seconds)
        except RedisError:
            return


def _counted_this_minute() -> int:
    """How many pages the current tenant has kept in this minute, this one among them."""
    key = f"store-pages-of-minute:{int(time.time() // 60)}"
    cache.add(key, 0, 120)
    return int(cache.incr(key))
