"""What a customer chooses a list by, as it stands in the address of a page. Pure: whatever cannot be read is not chosen."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from shared_apps.core.errors import DomainError
from tenant_apps.store.rules.typed_prices import parse_price, price_as_typed

SORTS = ("newest", "cheapest", "dearest", "rated")
MAX_QUERY = 100
MAX_CHOSEN = 20
SPEC_PREFIX = "s-"


@dataclass(frozen=True, slots=True)
class Filters:
    """Chosen brands by slug, specifications as (attribute's slug, value's key) pairs, prices in minor units. Values of one
    attribute are alternatives, different attributes all count. `sort` is empty for the list's own order."""

    query: str = ""
    shelf: str = ""
    brands: tuple[str, ...] = ()
    price_from: int | None = None
    price_to: int | None = None
    available: bool = False
    specifications: tuple[tuple[str, str], ...] = ()
    sort: str = ""

    @property
    def narrows(self) -> bool:
        """Whether anything but a search and an order is chosen."""
        return self != replace(Filters(), query=self.query, sort=self.sort)

    @property
    def asks_prices(self) -> bool:
        """Whether what somebody pays decides which products come, or in which order."""
        return self.price_from is not None or self.price_to is not None or self.sort in ("cheapest", "dearest")

    def by_attribute(self) -> dict[str, list[str]]:
        """The chosen values of each attribute."""
        found: dict[str, list[str]] = {}
        for attribute, value in self.specifications:
            found.setdefault(attribute, []).append(value)
        return found

    def as_query(self, *, currency: str) -> str:
        """These filters as the query of an address, always in the same order."""
        pairs: list[tuple[str, Any]] = [("q", self.query), ("shelf", self.shelf)]
        pairs += [("brand", brand) for brand in self.brands]
        pairs += [("from", _typed(self.price_from, currency)), ("to", _typed(self.price_to, currency))]
        pairs += [("available", "1" if self.available else "")]
        pairs += [(f"{SPEC_PREFIX}{attribute}", value) for attribute, value in self.specifications]
        pairs += [("sort", self.sort)]
        return urlencode([(name, value) for name, value in pairs if value != ""])


def read_filters(data: QueryDict, *, currency: str) -> Filters:
    """The filters of a request. Prices the wrong way round are turned."""
    low, high = _price(data.get("from", ""), currency), _price(data.get("to", ""), currency)
    if low is not None and high is not None and high < low:
        low, high = high, low
    specifications = [
        (name.removeprefix(SPEC_PREFIX), value)
        for name in data
        if name.startswith(SPEC_PREFIX)
        for value in data.getlist(name)
    ]
    sort = data.get("sort", "")
    return Filters(
        query=data.get("q", "")[:MAX_QUERY].strip(),
        shelf=data.get("shelf", ""),
        brands=tuple(_some(data.getlist("brand"))),
        price_from=low,
        price_to=high,
        available=data.get("available") == "1",
        specifications=tuple((attribute, value) for attribute, value in dict.fromkeys(specifications) if value)[
            :MAX_CHOSEN
        ],
        sort=sort if sort in SORTS else "",
    )


def _price(text: str, currency: str) -> int | None:
    try:
        return parse_price(text, currency=currency).minor if text else None
    except DomainError:
        return None


def _some(texts: list[str]) -> list[str]:
    return [text for text in dict.fromkeys(texts) if text][:MAX_CHOSEN]


def _typed(minor: int | None, currency: str) -> str:
    return "" if minor is None else price_as_typed(minor, currency=currency)
