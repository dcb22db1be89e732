"""Pages of lists that may be long: nothing of them counts a whole table."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet

PER_PAGE = 24
# Nobody turns so many pages: whoever looks for more chooses by a filter or searches.
MAX_LISTED = 1_000


class CappedPaginator(Paginator):
    """Counts up to MAX_LISTED rows and one more, and pages through those: of a query, or of a list of `keys_of` one."""

    @cached_property
    def _found(self) -> int:
        rows: Any = self.object_list
        return len(rows) if isinstance(rows, list) else rows.order_by().values("pk")[: MAX_LISTED + 1].count()

    @cached_property
    def count(self) -> int:
        """How many rows can be paged through."""
        return min(self._found, MAX_LISTED)

    @property
    def is_capped(self) -> bool:
        """Whether there are more rows than can be paged through."""
        return self._found > MAX_LISTED


def page_of(rows: QuerySet[Any], number: str | int, *, per_page: int = PER_PAGE) -> Page:
    """A page, read now; the first for what is no number, the last for what is beyond it."""
    page = CappedPaginator(rows, per_page).get_page(number)
    page.object_list = list(page.object_list)
    return page


def keys_of(rows: QuerySet[Any]) -> list[int]:
    """The keys of all rows that can be paged through, and one more where there are more, in their order: one query that
    says how many there are, what is on the page, and what the list is made of."""
    return list(rows.values_list("pk", flat=True)[: MAX_LISTED + 1])


def page_of_keys(keys: list[int], rows: QuerySet[Any], number: str | int, *, per_page: int = PER_PAGE) -> Page:
    """A page of the `rows` with these keys, in the order of the keys."""
    page = CappedPaginator(keys, per_page).get_page(number)
    found = rows.in_bulk(list(page.object_list))
    page.object_list = [found[key] for key in page.object_list if key in found]
    return page
